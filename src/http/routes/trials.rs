//! Trials: listed, shown, and added by the user.

use super::super::App;
use super::super::conditional::{hashed, json};
use super::super::failures::Failure;
use super::super::filter;
use super::super::input::{Asked, At, NoQuery, Told};
use super::{experiment, spec_of, trial};
use crate::wire;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, enqueue))
        .routes(routes!(show))
}

/// Trials of an experiment, filtered and sorted.
///
/// Beside the parameters below the query may hold comparisons of `number`, `objective`, `duration`, `started_at`, `param.NAME` and
/// `metric.NAME` with one of `=`, `!=`, `<`, `<=`, `>` and `>=`, as in `metric.accuracy>=0.9&param.model=svm`; the signs may be
/// percent-encoded. Trials for which all hold are listed.
#[utoipa::path(
    get,
    path = "/experiments/{name}/trials",
    operation_id = "list_trials",
    tag = "trials",
    params(
        ("name" = String, Path, description = "Name of the experiment"),
        ("state" = Option<String>, Query, description = "Only those in one of these states, separated by commas", example = "running,queued"),
        ("tag" = Option<String>, Query, description = "Only those with all of these tags, separated by commas", example = "baseline"),
        ("sort" = Option<String>, Query, description =
            "`number`, `objective`, `duration`, `started_at`, `param.NAME` or `metric.NAME`, with `-` before it from large to small", example = "-metric.accuracy"),
        ("limit" = Option<u32>, Query, description = "How many at most; 100 by default", minimum = 1, maximum = 1000),
        ("cursor" = Option<String>, Query, description = "`next` of the page before")
    ),
    responses(
        (status = 200, description = "A page of them", body = wire::Trials),
        (status = 304, description = "The client has it"),
        (status = 422, description = "There is no such parameter, it cannot be compared with that, or that is no tag")
    )
)]
async fn list(
    State(app): State<App>,
    At(name): At<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let record = experiment(&app, &name).await?;
    let spec = spec_of(&app, &record).await?;
    let wanted = filter::read(query.as_deref(), &spec)?;
    let page = app
        .store
        .trials_page(record.id, &wanted.query, wanted.cursor.as_deref())
        .await?;
    let numbers = page.items.iter().map(|trial| trial.number);
    let mut tags = app.store.tags_of(record.id, numbers).await?;
    let listed = page.items.into_iter().map(|trial| wire::ListedTrial {
        tags: tags.remove(&trial.number).unwrap_or_default(),
        trial: trial.into(),
    });
    Ok(hashed(&headers, &wire::Trials::page(listed, page.next)))
}

/// A trial with its steps.
#[utoipa::path(
    get,
    path = "/experiments/{name}/trials/{number}",
    operation_id = "show_trial",
    tag = "trials",
    params(
        ("name" = String, Path, description = "Name of the experiment"),
        ("number" = u64, Path, description = "Number of the trial")
    ),
    responses(
        (status = 200, description = "The trial", body = wire::TrialWithSteps),
        (status = 304, description = "The client has it")
    )
)]
async fn show(
    State(app): State<App>,
    At((name, number)): At<(String, u64)>,
    _: Asked<NoQuery>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let record = experiment(&app, &name).await?;
    let trial = trial(&app, &record, number).await?;
    let steps = app.store.steps(record.id, number).await?;
    let notes = app.store.notes(record.id, Some(number)).await?;
    let body = wire::TrialWithSteps {
        trial: trial.into(),
        steps: steps.into_iter().map(wire::Step::from).collect(),
        notes: notes.into(),
    };
    Ok(hashed(&headers, &body))
}

/// Adds a trial with a configuration of your own: a baseline, or one that is known to be good. It runs before any other that has not begun.
#[utoipa::path(
    post,
    path = "/experiments/{name}/trials",
    operation_id = "enqueue_trial",
    tag = "trials",
    params(("name" = String, Path, description = "Name of the experiment")),
    request_body = wire::Enqueue,
    responses(
        (status = 201, description = "The trial", body = wire::Trial),
        (status = 409, description = "The experiment has ended, or its limits allow no more"),
        (status = 422, description = "It is no configuration of this experiment")
    )
)]
async fn enqueue(
    State(app): State<App>,
    At(name): At<String>,
    _: Asked<NoQuery>,
    Told(body): Told<wire::Enqueue>,
) -> Result<Response, Failure> {
    let record = experiment(&app, &name).await?;
    let trial = app.service.enqueue(record.id, body.parameters).await?;
    let mut response = json(&wire::Trial::from(trial));
    *response.status_mut() = StatusCode::CREATED;
    Ok(response)
}
