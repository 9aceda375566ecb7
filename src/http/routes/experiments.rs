//! Experiments: submitted, listed, shown, given other limits, deleted.

use super::super::App;
use super::super::conditional::{Tag, hashed, json, tagged};
use super::super::failures::Failure;
use super::super::filter;
use super::super::input::{Asked, At, NoQuery, Told, from_json, media_type, read, unsupported};
use super::super::problem::{Kind, Problem};
use super::{experiment, spec_of};
use crate::wire;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::path::Path;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tune_experiments::controller::{SubmitError, Submitted};
use tune_experiments::service::ServiceError;
use tune_experiments::spec::{self, Action, Source, Submission};
use tune_experiments::state::ExperimentState;
use tune_experiments::store::{ExperimentQuery, ExperimentRecord, StoreError};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// A longer mark of a submission than this is refused.
const LONGEST_KEY: usize = 200;
/// What YAML is called.
const YAML: [&str; 4] = [
    "application/yaml",
    "application/x-yaml",
    "text/yaml",
    "text/x-yaml",
];

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, submit))
        .routes(routes!(show, change_limits, delete))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Only those in one of these states, separated by commas.
    #[param(example = "running,paused")]
    state: Option<String>,
    /// Only those with all of these tags, separated by commas.
    #[param(example = "baseline")]
    tag: Option<String>,
    /// How many at most.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, default = 100)]
    limit: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// Experiments, the newest first.
#[utoipa::path(
    get,
    path = "/experiments",
    operation_id = "list_experiments",
    tag = "experiments",
    params(ListQuery),
    responses(
        (status = 200, description = "A page of them", body = wire::Experiments),
        (status = 304, description = "The client has it"),
        (status = 422, description = "The cursor is of no page, or that is no tag")
    )
)]
async fn list(
    State(app): State<App>,
    Asked(query): Asked<ListQuery>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let limit = query.limit.as_deref().map(filter::limit).transpose()?;
    let query = ExperimentQuery {
        states: states(query.state.as_deref())?,
        tags: match query.tag.as_deref() {
            Some(tags) => filter::tags(tags)?,
            None => Vec::new(),
        },
        after: query.cursor,
        limit: limit.unwrap_or(filter::DEFAULT_LIMIT),
    };
    let page = app.store.experiments_page(&query).await?;
    Ok(hashed(
        &headers,
        &wire::Experiments::page(page.items, page.next),
    ))
}

fn states(words: Option<&str>) -> Result<Vec<ExperimentState>, Problem> {
    let Some(words) = words else {
        return Ok(Vec::new());
    };
    let state = |word: &str| {
        word.parse().map_err(|_| {
            let known = ExperimentState::ALL.iter().map(|state| state.as_str());
            let known: Vec<&str> = known.collect();
            Problem::new(Kind::BadRequest, format!("there is no state `{word}`"))
                .hint(format!("the states are {}", known.join(", ")))
        })
    };
    words.split(',').map(state).collect()
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct SubmitQuery {
    /// Only check it.
    #[serde(default)]
    #[param(default = false)]
    dry_run: bool,
    /// Where the experiment exists and the document says the same: go on where it was, or with the new limits, as `tune run` does. Else a
    /// name that is taken is refused.
    #[serde(default)]
    #[param(default = false)]
    go_on: bool,
}

/// Submits an experiment: the document that `tune run` takes, as JSON or YAML. Its files are those of the server.
#[utoipa::path(
    post,
    path = "/experiments",
    operation_id = "submit_experiment",
    tag = "experiments",
    params(
        SubmitQuery,
        ("idempotency-key" = Option<String>, Header, max_length = 200, description =
            "The client's own mark of this submission: sent again with the same mark, it is the same experiment")
    ),
    request_body(content(
        (
            Object = "application/json",
            example = json!({
                "name": "example",
                "objective": {"metric": "loss", "goal": "minimize"},
                "max_trials": 3,
                "parameters": {"rate": {"type": "float", "min": 0.001, "max": 1, "scale": "log"}}
            })
        ),
        (
            String = "application/yaml",
            example = json!("name: example\nobjective: { metric: loss, goal: minimize }\nmax_trials: 3\nparameters: { rate: { type: bool } }\n")
        )
    )),
    responses(
        (status = 201, description = "It is new", body = wire::Submitted, headers(("location" = String, description = "Where it is"))),
        (status = 200, description = "With `dry_run`: it is right; else: it was there already", content(
            (inline(SubmitAnswer) = "application/json")
        )),
        (status = 409, description = "The name is taken, or the mark belongs to another submission"),
        (status = 422, description = "The document has problems: all of them are listed")
    )
)]
async fn submit(
    State(app): State<App>,
    Asked(query): Asked<SubmitQuery>,
    request: Request,
) -> Result<Response, Failure> {
    let (parts, body) = request.into_parts();
    let key = key(&parts.headers)?;
    let kind = media_type(&parts.headers)?;
    let bytes = read(&parts.headers, body, app.limits.body).await?;
    let submission = checked(&app, kind, bytes).await?;
    if query.dry_run {
        app.service.try_out(&submission).await?;
        let spec = serde_json::json!(submission.experiment);
        return Ok(json(&wire::Validated { spec }));
    }
    let (directory, key) = (&app.directory, key.as_deref());
    let submitted = app.service.submit(&submission, directory, key, query.go_on);
    answer(&app, submitted.await.map_err(refused)?).await
}

/// What a submission may be answered with when nothing was created.
struct SubmitAnswer;

impl utoipa::PartialSchema for SubmitAnswer {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        utoipa::openapi::schema::AnyOfBuilder::new()
            .item(utoipa::openapi::Ref::from_schema_name("Submitted"))
            .item(utoipa::openapi::Ref::from_schema_name("Validated"))
            .into()
    }
}

impl utoipa::ToSchema for SubmitAnswer {
    fn schemas(schemas: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)>) {
        let name = <wire::Validated as utoipa::ToSchema>::name().into_owned();
        schemas.push((name, <wire::Validated as utoipa::PartialSchema>::schema()));
    }
}

fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else {
        return Ok(None);
    };
    let text = value.to_str().ok();
    let text = text.filter(|text| (1..=LONGEST_KEY).contains(&text.len()));
    match text {
        Some(text) => Ok(Some(text.to_owned())),
        None => Err(Problem::new(
            Kind::BadRequest,
            format!("the header `idempotency-key` has 1 to {LONGEST_KEY} visible characters"),
        )),
    }
}

/// Large documents take seconds to read: one at a time, on a thread that may be held up.
static READING: Semaphore = Semaphore::const_new(1);

async fn checked(app: &App, kind: Option<String>, bytes: Bytes) -> Result<Submission, Problem> {
    let turn = READING.acquire().await;
    let app = app.clone();
    let reading = spawn_blocking(move || {
        // Also when the client has gone meanwhile.
        let _turn = turn;
        check(&app, kind.as_deref(), &bytes)
    });
    let broken = |_| Problem::new(Kind::Internal, "reading the document was broken off");
    reading.await.map_err(broken)?
}

/// Reads the document; everything that is wrong with it is told.
fn check(app: &App, kind: Option<&str>, bytes: &Bytes) -> Result<Submission, Problem> {
    match kind {
        // The reader of experiments takes YAML, of which JSON is a part: what is sent as JSON should be JSON.
        Some("application/json") => drop(from_json::<IgnoredAny>(bytes)?),
        Some(kind) if YAML.contains(&kind) => {}
        other => return Err(unsupported(other, "application/yaml` or `application/json")),
    }
    let invalid = |error: spec::SpecError| Problem::invalid_experiment(&error);
    let source = Source::from_bytes("the document", bytes.to_vec()).map_err(invalid)?;
    let submission = spec::read(&source, &[], &app.components).map_err(invalid)?;
    find_directories(&submission, &app.directory)?;
    Ok(submission)
}

/// The directories in which steps run are the server's: one that is not there would fail every trial.
fn find_directories(submission: &Submission, directory: &Path) -> Result<(), Problem> {
    for (name, step) in &submission.experiment.pipeline.steps {
        let named = step.working_directory.as_deref();
        let Some(named) = named.filter(|path| !path.contains("${{")) else {
            continue;
        };
        if matches!(step.action, Action::Component { .. }) || directory.join(named).is_dir() {
            continue;
        }
        return Err(Problem::new(
            Kind::InvalidExperiment,
            format!(
                "pipeline.{name}.working_directory: there is no directory `{named}` on the server"
            ),
        )
        .hint(format!(
            "the files of a pipeline are the server's; relative paths start from {}",
            directory.display()
        )));
    }
    Ok(())
}

fn refused(error: ServiceError) -> Failure {
    match error {
        ServiceError::Submit(SubmitError::Store(StoreError::NameTaken(name))) => {
            let words = format!("there is already an experiment `{name}`");
            let hint =
                "choose another name, or delete that experiment; `?go_on=true` goes on with it";
            Problem::new(Kind::NameTaken, words).hint(hint).into()
        }
        error => error.into(),
    }
}

async fn answer(app: &App, submitted: Submitted) -> Result<Response, Failure> {
    let (outcome, record) = match submitted {
        Submitted::Created(record) => (wire::Outcome::Created, record),
        Submitted::Continues(record) => (wire::Outcome::Continues, record),
        Submitted::LimitsChanged(record) => (wire::Outcome::LimitsChanged, record),
        Submitted::Finished(record) => (wire::Outcome::Finished, record),
    };
    let location = location(&record.name);
    let experiment = in_full(app, record).await?;
    let mut response = json(&wire::Submitted {
        outcome,
        experiment,
    });
    if outcome == wire::Outcome::Created {
        *response.status_mut() = StatusCode::CREATED;
    }
    response.headers_mut().extend(location);
    Ok(response)
}

fn location(name: &str) -> Option<(HeaderName, HeaderValue)> {
    let path = format!(
        "/api/v1/experiments/{}",
        utf8_percent_encode(name, NON_ALPHANUMERIC)
    );
    Some((LOCATION, HeaderValue::from_str(&path).ok()?))
}

/// All about an experiment, as it is after an event that is read first: whoever follows from there misses nothing.
pub async fn in_full(app: &App, record: ExperimentRecord) -> Result<wire::Experiment, Failure> {
    let last_event = app.store.last_event(record.id).await?;
    let record = app.store.experiment_by_id(record.id).await?;
    let record = record.ok_or_else(|| Problem::new(Kind::NotFound, "it was deleted just now"))?;
    let spec = spec_of(app, &record).await?;
    let counts = app.store.counts(record.id).await?;
    let best = app.store.best(record.id).await?;
    let notes = app.store.notes(record.id, None).await?;
    let driven = app.store.driver(record.id).await?.is_some();
    Ok(wire::Experiment::new(
        record,
        wire::Counts(counts),
        best,
        driven,
        last_event,
        notes,
        &spec,
    ))
}

/// An experiment: where it stands, how many trials it has, the best of them, and what was submitted.
#[utoipa::path(
    get,
    path = "/experiments/{name}",
    operation_id = "show_experiment",
    tag = "experiments",
    params(("name" = String, Path, description = "Name of the experiment")),
    responses(
        (status = 200, description = "All about it", body = wire::Experiment),
        (status = 304, description = "The client has it")
    )
)]
async fn show(
    State(app): State<App>,
    At(name): At<String>,
    _: Asked<NoQuery>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let record = experiment(&app, &name).await?;
    let last = app.store.last_event(record.id).await?;
    let driven = app.store.driver(record.id).await?.is_some();
    let request = record.request.is_some();
    // The time that it is driven grows without an event.
    let active = record.active_seconds;
    let tag = Tag::of(&[&record.id.0, &last, &driven, &request, &active]);
    if tag.is_known(&headers) {
        return Ok(tag.not_modified());
    }
    Ok(tagged(&tag, &in_full(&app, record).await?))
}

/// Changes limits. A finished experiment whose budget is raised runs on.
#[utoipa::path(
    patch,
    path = "/experiments/{name}",
    operation_id = "change_limits",
    tag = "experiments",
    params(("name" = String, Path, description = "Name of the experiment")),
    request_body = wire::LimitsPatch,
    responses(
        (status = 200, description = "The experiment, with its new limits", body = wire::Experiment),
        (status = 409, description = "It contradicts what is"),
        (status = 422, description = "It makes no sense for this experiment")
    )
)]
async fn change_limits(
    State(app): State<App>,
    At(name): At<String>,
    _: Asked<NoQuery>,
    Told(patch): Told<wire::LimitsPatch>,
) -> Result<Response, Failure> {
    let record = experiment(&app, &name).await?;
    let patch = patch.try_into();
    let patch = patch.map_err(|words: String| Problem::new(Kind::Invalid, words))?;
    let record = app.service.change_limits(record.id, patch).await?;
    Ok(json(&in_full(&app, record).await?))
}

/// Deletes an experiment with all its data. One that runs is refused.
#[utoipa::path(
    delete,
    path = "/experiments/{name}",
    operation_id = "delete_experiment",
    tag = "experiments",
    params(("name" = String, Path, description = "Name of the experiment")),
    responses(
        (status = 204, description = "It is gone"),
        (status = 409, description = "It is running")
    )
)]
async fn delete(
    State(app): State<App>,
    At(name): At<String>,
    _: Asked<NoQuery>,
) -> Result<Response, Failure> {
    let record = experiment(&app, &name).await?;
    app.service.delete(record.id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
