//! What a step printed: a file on this machine's disk, or, of a short step that went well, a text in the store.

use super::super::App;
use super::super::access::Pass;
use super::super::failures::{Failure, internal};
use super::super::input::{Asked, At};
use super::super::observe::of_trial;
use super::super::problem::{Kind, Problem};
use super::{experiment, unknown};
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use rustix::fs::OFlags;
use rustix::io::Errno;
use serde::Deserialize;
use std::io::{self, SeekFrom};
use std::mem;
use std::path::PathBuf;
use std::time::Duration;
use tokio::fs::{File, OpenOptions};
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tune_experiments::store::{ExperimentId, StepRecord, StoreError};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Between two looks at a log that is followed.
const PAUSE: Duration = Duration::from_millis(200);
/// Between two looks at whether the reader may still read.
const LOOK_EVERY: Duration = Duration::from_secs(15);
/// How many bytes are read at once.
const CHUNK: usize = 1 << 16;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(log))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct LogQuery {
    /// Number of the attempt; the last one by default.
    #[param(minimum = 1)]
    attempt: Option<u32>,
    /// Leave out so many bytes at the beginning.
    #[param(minimum = 0)]
    offset: Option<u64>,
    /// Only so many bytes at the end.
    #[param(minimum = 0)]
    tail: Option<u64>,
    /// Go on until the step has ended.
    #[serde(default)]
    #[param(default = false)]
    follow: bool,
}

/// What a step printed: both of its streams, as they came.
#[utoipa::path(
    get,
    path = "/experiments/{name}/trials/{number}/steps/{step}/log",
    operation_id = "step_log",
    tag = "trials",
    params(
        ("name" = String, Path, description = "Name of the experiment"),
        ("number" = u64, Path, description = "Number of the trial"),
        ("step" = String, Path, description = "Name of the step"),
        LogQuery
    ),
    responses(
        (status = 200, description = "The log", content_type = "text/plain", body = String),
        (status = 422, description = "`offset` and `tail` contradict each other")
    )
)]
async fn log(
    State(app): State<App>,
    At((name, number, step)): At<(String, u64, String)>,
    Asked(query): Asked<LogQuery>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    if query.offset.is_some() && query.tail.is_some() {
        let both = "`offset` and `tail` say different things";
        return Err(Problem::new(Kind::Invalid, both).into());
    }
    let record = experiment(&app, &name).await?;
    of_trial(number);
    let steps = app.store.steps(record.id, number).await?;
    let found = steps.iter().find(|found| found.step == step);
    let known = steps.iter().map(|step| step.step.as_str());
    let found = found.ok_or_else(|| unknown("step", &step, known))?;
    let attempt = attempt(&query, found)?;
    let of = Attempt {
        app: app.clone(),
        experiment: record.id,
        trial: number,
        step: found.step.clone(),
        attempt,
    };
    let mut log = Log {
        path: app.layout.log(record.id, number, &found.step, attempt),
        found: None,
        offset: query.offset.unwrap_or(0),
        tail: query.tail,
    };
    log.found = match of.stored_log().await? {
        Some(text) => Some(log.cut(text)),
        None => log.open().await.map_err(|error| internal(&error))?,
    };
    if log.found.is_none() && !of.has_begun() {
        return Err(of.no_log().into());
    }
    let pass = Pass::new(&app, &headers, LOOK_EVERY);
    let body = Body::from_stream(chunks(log, of, query.follow.then_some(pass)));
    Ok(([(CONTENT_TYPE, "text/plain; charset=utf-8")], body).into_response())
}

fn attempt(query: &LogQuery, step: &StepRecord) -> Result<u32, Problem> {
    let attempt = query.attempt.unwrap_or(step.attempt);
    if (1..=step.attempt).contains(&attempt) {
        return Ok(attempt);
    }
    let problem = Problem::missing("attempt", &attempt.to_string());
    Err(match step.attempt {
        0 => problem.hint("the step has not begun"),
        last => problem.hint(format!("the last attempt is {last}")),
    })
}

/// A log that is read as it grows. It can be found when the attempt has gone on for a moment, or has ended.
struct Log {
    path: PathBuf,
    found: Option<Found>,
    offset: u64,
    tail: Option<u64>,
}

/// Where a log is, and what of it has not been read.
enum Found {
    File(File),
    Text(Vec<u8>),
}

impl Log {
    /// What there is after what was read before.
    async fn read(&mut self) -> io::Result<Vec<u8>> {
        if self.found.is_none() {
            self.found = self.open().await?;
        }
        match &mut self.found {
            None => Ok(Vec::new()),
            Some(Found::Text(rest)) => Ok(mem::take(rest)),
            Some(Found::File(file)) => {
                let mut bytes = Vec::with_capacity(CHUNK);
                file.take(CHUNK as u64).read_to_end(&mut bytes).await?;
                Ok(bytes)
            }
        }
    }

    /// What is wanted of a text.
    fn cut(&self, text: String) -> Found {
        let start = self.start(text.len() as u64);
        let start = usize::try_from(start).map_or(text.len(), |start| start.min(text.len()));
        Found::Text(text.into_bytes().split_off(start))
    }

    /// Where what is wanted begins in a log of that length.
    fn start(&self, length: u64) -> u64 {
        match self.tail {
            Some(tail) => length.saturating_sub(tail),
            None => self.offset,
        }
    }

    async fn open(&self) -> io::Result<Option<Found>> {
        // The step may have put a pipe there, or a link to elsewhere: neither is waited for or shown.
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
        let mut options = OpenOptions::new();
        let opened = options.read(true).custom_flags(flags).open(&self.path);
        let mut file = match opened.await {
            Err(error) if is_no_log(&error) => return Ok(None),
            file => file?,
        };
        let found = file.metadata().await?;
        if !found.is_file() {
            return Ok(None);
        }
        let start = self.start(found.len()).min(i64::MAX as u64);
        file.seek(SeekFrom::Start(start)).await?;
        Ok(Some(Found::File(file)))
    }
}

/// Nothing is there, or a link or a socket.
fn is_no_log(error: &io::Error) -> bool {
    let other = [Errno::LOOP, Errno::NXIO].map(Errno::raw_os_error);
    error.kind() == io::ErrorKind::NotFound
        || error
            .raw_os_error()
            .is_some_and(|code| other.contains(&code))
}

/// One attempt of a step run.
struct Attempt {
    app: App,
    experiment: ExperimentId,
    trial: u64,
    step: String,
    attempt: u32,
}

impl Attempt {
    /// What it printed, if that is in the store.
    async fn stored_log(&self) -> Result<Option<String>, StoreError> {
        let store = &self.app.store;
        let log = store.log(self.experiment, self.trial, &self.step, self.attempt);
        log.await
    }

    /// Whether it began on this machine; if so, an absent log is an empty one.
    fn has_begun(&self) -> bool {
        let layout = &self.app.layout;
        layout.has_begun(self.experiment, self.trial, &self.step, self.attempt)
    }

    fn no_log(&self) -> Problem {
        Problem::new(
            Kind::NotFound,
            format!(
                "there is no log of attempt {} of `{}` here",
                self.attempt, self.step
            ),
        )
        .hint("it was deleted, or lies on the machine of another server")
    }

    /// Whether nothing more will be printed. A step of an experiment that nobody drives has no process, whatever is on record.
    async fn has_ended(&self) -> bool {
        if *self.app.closing.borrow() {
            return true;
        }
        let store = &self.app.store;
        let Ok(Some(_)) = store.driver(self.experiment).await else {
            return true;
        };
        let Ok(steps) = store.steps(self.experiment, self.trial).await else {
            return true;
        };
        let now = steps.iter().find(|step| step.step == self.step);
        now.is_none_or(|now| now.state.is_finished() || now.attempt > self.attempt)
    }
}

/// The log to its end; with `follow`, as it grows, until the attempt has ended or the reader may not read any more.
fn chunks(
    log: Log,
    of: Attempt,
    follow: Option<Pass>,
) -> impl futures_util::Stream<Item = io::Result<Bytes>> {
    stream::try_unfold(
        (log, of, follow, false),
        |(mut log, of, mut follow, ended)| async move {
            let mut ended = ended;
            loop {
                if let Some(pass) = &mut follow
                    && !pass.holds().await
                {
                    return Ok(None);
                }
                let bytes = log.read().await?;
                if !bytes.is_empty() {
                    return Ok(Some((Bytes::from(bytes), (log, of, follow, ended))));
                }
                if ended {
                    return Ok(None);
                }
                // The state first: whatever is printed before an end that we have seen is already in the file or in the store.
                ended = follow.is_none() || of.has_ended().await;
                if !ended {
                    tokio::time::sleep(PAUSE).await;
                } else if log.found.is_none() {
                    let text = of.stored_log().await.map_err(io::Error::other)?;
                    log.found = text.map(|text| log.cut(text));
                }
            }
        },
    )
}
