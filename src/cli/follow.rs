//! Follows an experiment through its stored events and shows them as the user wants: a live view in a terminal, plain lines in a
//! pipe, JSON lines for programs. It only reads, so that whoever drives the experiment is never held up by a display.

use super::backend::Backend;
use super::context::Context;
use super::feed::Feed;
use super::signals::{KILLING, STOPPING};
use crate::error::Failure;
use crate::terminal::harmless;
use crate::terminal::live::Live;
use crate::terminal::messages::Holding;
use crate::terminal::number::count;
use crate::terminal::progress::{Best, News, Progress, Running};
use crate::terminal::style::{Role, Style};
use crate::terminal::{describe, frame, plain, result};
use anyhow::Result;
use console::Term;
use jiff::Timestamp;
use std::io::{self, Stderr, Write};
use std::time::Duration;
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep_until};
use tune_experiments::controller::Control;
use tune_experiments::spec::Experiment;
use tune_experiments::state::{ExperimentState, TrialState};
use tune_experiments::store::{EventKind, ExperimentRecord, StoredEvent, TrialQuery};

/// Between two looks at the store: as many frames a second as a terminal needs.
const PAUSE: Duration = Duration::from_millis(100);
/// Between two looks at the latest reports of running trials.
const REPORTS_PAUSE: Duration = Duration::from_millis(400);
/// Between two looks at whether a process runs the experiment.
const DRIVER_PAUSE: Duration = Duration::from_secs(2);
/// Running trials whose latest reports are read.
const REPORTED: usize = 8;
/// Failures that are shown above the live view; a long series of them would hide everything else.
const FAILURES_SHOWN: usize = 10;

/// How an experiment is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// Not at all.
    Quiet,
    /// One JSON line on standard output per event.
    Json,
    /// One line on standard error per finished trial.
    Plain,
    /// Drawn again and again at the bottom of the terminal.
    Live,
}

impl Mode {
    fn of(context: &Context, json: bool) -> Self {
        if json {
            Self::Json
        } else if context.quiet {
            Self::Quiet
        } else if context.error_style.width.is_some() && !context.logging {
            Self::Live
        } else {
            Self::Plain
        }
    }
}

/// Where following begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// With the first event of an experiment that has just been created: what has happened already is shown too.
    Beginning,
    /// With what happens from now on.
    Now,
}

/// Shows an experiment until it ends, or whoever shows it has had enough.
pub struct Follower {
    backend: Backend,
    record: ExperimentRecord,
    feed: Feed,
    mode: Mode,
    style: Style,
    progress: Progress,
    live: Live<Stderr>,
    /// Messages that would destroy the live view.
    messages: Option<Holding>,
    failures: usize,
    shown_at: Instant,
    reports_at: Instant,
    /// When to look whether a process runs it; none where this one does.
    driver_at: Option<Instant>,
    /// Why nothing happens, as the user was told last.
    standstill: Option<String>,
    /// How a suggested command begins.
    tune: String,
    told: Control,
}

impl Follower {
    /// Starts where `since` says; `news` tells of events where this process drives it.
    pub async fn new(
        backend: Backend,
        record: ExperimentRecord,
        experiment: Experiment,
        since: Since,
        news: Option<watch::Receiver<i64>>,
        context: &Context,
        json: bool,
    ) -> Result<Self> {
        let cursor = match since {
            Since::Beginning => 0,
            Since::Now => backend.last_event(&record).await?,
        };
        let driver_at = news.is_none().then(Instant::now);
        let mut follower = Self {
            feed: Feed::new(&backend, &record, cursor, news),
            backend,
            record,
            mode: Mode::of(context, json),
            style: context.error_style,
            progress: Progress::new(experiment),
            live: Live::new(io::stderr()),
            messages: None,
            failures: 0,
            shown_at: Instant::now(),
            reports_at: Instant::now(),
            driver_at,
            standstill: None,
            tune: context.tune.clone(),
            told: Control::Run,
        };
        if since == Since::Now {
            follower.catch_up().await?;
        }
        follower.introduce();
        Ok(follower)
    }

    /// What was there before the first event that is followed.
    async fn catch_up(&mut self) -> Result<()> {
        self.progress.counts = self.backend.counts(&self.record).await?;
        self.progress.best = self.backend.best(&self.record).await?.and_then(|trial| {
            Some(Best {
                trial: trial.number,
                objective: trial.objective?,
                parameters: trial.parameters,
            })
        });
        let unfinished = TrialQuery {
            states: vec![TrialState::Queued, TrialState::Running],
            ..TrialQuery::default()
        };
        for trial in self.backend.trials(&self.record, &unfinished).await? {
            let running = Running {
                parameters: trial.parameters,
                since: trial.started_at,
                ..Running::default()
            };
            self.progress.running.insert(trial.number, running);
        }
        Ok(())
    }

    fn introduce(&self) {
        if !matches!(self.mode, Mode::Live | Mode::Plain) {
            return;
        }
        let experiment = &self.progress.experiment;
        let mut facts = describe::facts(experiment);
        match self.progress.finished() {
            0 => {}
            done => facts.push(format!("{} done before", count(done, "trial"))),
        }
        let mut lines = vec![self.style.strong(&experiment.name)];
        lines.extend(describe::wrapped(&facts, &self.style, 2));
        tell(&self.clean(&lines).collect::<Vec<_>>());
    }

    /// Shows what happens until `end` is given, or its sender gone, or the experiment comes to its end.
    ///
    /// # Errors
    /// When the store or the server refuses to tell more.
    pub async fn follow(
        mut self,
        mut control: watch::Receiver<Control>,
        mut end: oneshot::Receiver<()>,
    ) -> Result<()> {
        self.messages = (self.mode == Mode::Live).then(Holding::begin);
        loop {
            let told = self.wait(&mut control, &mut end).await;
            let mut lines = self.read().await?;
            let ended = told || self.progress.state.is_finished();
            lines.extend(self.messages.iter().flat_map(Holding::take));
            lines.extend(self.notice(*control.borrow()));
            self.show(&lines, ended);
            if ended {
                return Ok(());
            }
        }
    }

    /// Waits until there is something to show, and no less than the pause since the last time; true at the end.
    async fn wait(
        &mut self,
        control: &mut watch::Receiver<Control>,
        end: &mut oneshot::Receiver<()>,
    ) -> bool {
        let mut news = self.mode == Mode::Live;
        let until = self.shown_at + PAUSE;
        let (looks, look_at) = (self.driver_at.is_some(), self.driver_at.unwrap_or(until));
        loop {
            tokio::select! {
                _ = &mut *end => return true,
                // Once is enough: each further call would wake this thread for nothing.
                () = self.feed.changed(), if !news => news = true,
                () = sleep_until(look_at), if looks && !news => news = true,
                Ok(()) = control.changed() => news = true,
                () = sleep_until(until), if news => return false,
            }
        }
    }

    /// Takes in the new events; the answer is the lines that they are worth.
    async fn read(&mut self) -> Result<Vec<String>> {
        let mut lines = Vec::new();
        let news = self.feed.take().await?;
        for event in &news.events {
            lines.extend(self.take(event));
        }
        lines.extend(news.away.and_then(|away| self.server_went(away)));
        if let Some(error) = news.refused {
            self.show(&lines, true);
            return Err(error.into());
        }
        if self.driver_at.is_some_and(|at| at <= Instant::now()) {
            lines.extend(self.look_for_standstill().await?);
        }
        if self.mode == Mode::Live && self.reports_at.elapsed() >= REPORTS_PAUSE {
            self.read_reports().await?;
        }
        Ok(lines)
    }

    fn take(&mut self, event: &StoredEvent) -> Option<String> {
        if self.mode == Mode::Json {
            if event.kind == EventKind::Experiment {
                self.progress.apply(event);
            }
            return serde_json::to_string(event).ok();
        }
        let news = self.progress.apply(event)?;
        let objective = &self.progress.experiment.objective;
        match self.mode {
            Mode::Plain => plain::line(&news, objective, &self.style),
            Mode::Live => {
                let is_failure = matches!(&news, News::Retry { .. })
                    || matches!(&news, News::Ended(ended) if ended.state == TrialState::Failed);
                self.failures += usize::from(is_failure);
                match self.failures {
                    shown if !is_failure || shown <= FAILURES_SHOWN => {
                        plain::highlight(&news, objective, &self.style)
                    }
                    shown if shown == FAILURES_SHOWN + 1 => {
                        Some("more failures are only counted from here on".to_owned())
                    }
                    _ => None,
                }
            }
            Mode::Json | Mode::Quiet => None,
        }
    }

    /// What the user is told when the server does not answer, and when it does again.
    fn server_went(&self, away: bool) -> Option<String> {
        let text = match away {
            true => "the server does not answer; waiting for it",
            false => "the server answers again",
        };
        (self.mode != Mode::Json).then(|| self.style.paint(Role::Cut, text))
    }

    /// What the user is told when nothing happens any more, and nobody else would ever say so.
    ///
    /// # Errors
    /// When the experiment has been deleted.
    async fn look_for_standstill(&mut self) -> Result<Option<String>> {
        self.driver_at = Some(Instant::now() + DRIVER_PAUSE);
        let (tune, name) = (&self.tune, self.record.name.as_str());
        // A server that is away is told of elsewhere.
        let Ok(now) = self.backend.experiment(name).await else {
            return Ok(None);
        };
        // Another one may have got its name.
        let Some(now) = now.filter(|now| now.created_at == self.record.created_at) else {
            return Err(Failure::new(format!("`{name}` has been deleted")).into());
        };
        let standstill = match now.state {
            ExperimentState::Paused => Some(result::paused(tune, name)),
            _ if self.backend.is_idle(&now).await.unwrap_or(false) => {
                Some(result::idle(tune, &[name]))
            }
            _ => None,
        };
        let news = standstill
            .clone()
            .filter(|_| self.mode != Mode::Json && standstill != self.standstill);
        self.standstill = standstill;
        Ok(news.map(|text| self.style.paint(Role::Cut, text)))
    }

    /// The latest reports of the objective, for the running trials that have room in the view.
    async fn read_reports(&mut self) -> Result<()> {
        self.reports_at = Instant::now();
        let metric = self.progress.experiment.objective.metric.clone();
        for (number, running) in self.progress.running.iter_mut().take(REPORTED) {
            // A server that is away is told of elsewhere.
            if let Ok(latest) = self
                .backend
                .latest_metric(&self.record, *number, &metric)
                .await
            {
                running.latest = latest.map(|report| (report.level, report.value));
            }
        }
        Ok(())
    }

    /// What the user is told when stopping begins, or gets harder.
    fn notice(&mut self, wanted: Control) -> Option<String> {
        if wanted == self.told || self.mode == Mode::Json {
            return None;
        }
        self.told = wanted;
        self.progress.stopping = true;
        let text = match wanted {
            Control::Run => return None,
            Control::Drain => STOPPING,
            Control::Kill => KILLING,
        };
        Some(self.style.paint(Role::Cut, text))
    }

    fn show(&mut self, lines: &[String], ended: bool) {
        self.shown_at = Instant::now();
        match self.mode {
            Mode::Live => self.draw(lines, ended),
            Mode::Plain | Mode::Quiet => tell(&self.clean(lines).collect::<Vec<_>>()),
            Mode::Json => print(lines),
        }
    }

    /// The lines, each of them one, whatever text of others stands in them.
    fn clean<'a>(&self, lines: &'a [String]) -> impl Iterator<Item = String> + 'a {
        let colors = self.style.colors;
        lines
            .iter()
            .map(move |line| harmless::painted(line, colors).replace(['\n', '\t'], " "))
    }

    fn draw(&mut self, lines: &[String], ended: bool) {
        let (rows, columns) = Term::stderr().size();
        let (rows, columns) = (usize::from(rows), usize::from(columns));
        // One column stays free: some terminals wrap a line that fills the last one.
        self.style.width = Some(columns.saturating_sub(1));
        let above: Vec<String> = self
            .clean(lines)
            .map(|line| self.style.fit(&line))
            .collect();
        let frame = match ended {
            true => Vec::new(),
            false => frame::lines(
                &self.progress,
                &self.style,
                rows.saturating_sub(1),
                Timestamp::now(),
            ),
        };
        let frame: Vec<String> = self.clean(&frame).collect();
        // A terminal that has gone away must not end the experiment.
        let _ = self.live.draw(&above, &frame, columns);
    }
}

/// Lines for people. If nobody reads them, the experiment goes on all the same.
fn tell(lines: &[String]) {
    if !lines.is_empty() {
        let _ = io::stderr().write_all((lines.join("\n") + "\n").as_bytes());
    }
}

/// Lines for programs; one that has read enough does not end the experiment either.
fn print(lines: &[String]) {
    if !lines.is_empty() {
        let mut out = io::stdout().lock();
        let _ = out.write_all((lines.join("\n") + "\n").as_bytes());
        let _ = out.flush();
    }
}
