//! What trials report: taken, and read back.

use super::super::App;
use super::super::conditional::{hashed, json};
use super::super::failures::Failure;
use super::super::filter;
use super::super::input::{Asked, At, NoQuery, ToldMany};
use super::super::observe::of_trial;
use super::super::problem::{Kind, Problem};
use super::{experiment, id_of, trial};
use crate::wire;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(read, report))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ReadQuery {
    /// Only this metric.
    name: Option<String>,
    /// Only the report of the metric `name` at its highest level so far.
    #[serde(default)]
    #[param(default = false)]
    last: bool,
    /// How many at most.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, default = 100)]
    limit: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// What a trial reported, in the order of arrival.
#[utoipa::path(
    get,
    path = "/experiments/{name}/trials/{number}/metrics",
    operation_id = "list_metrics",
    tag = "trials",
    params(
        ("name" = String, Path, description = "Name of the experiment"),
        ("number" = u64, Path, description = "Number of the trial"),
        ReadQuery
    ),
    responses(
        (status = 200, description = "A page of it", body = wire::Metrics),
        (status = 304, description = "The client has it"),
        (status = 422, description = "The cursor is of no page, or `last` is asked for without `name` or with a cursor")
    )
)]
async fn read(
    State(app): State<App>,
    At((name, number)): At<(String, u64)>,
    Asked(query): Asked<ReadQuery>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let limit = query.limit.as_deref().map(filter::limit).transpose()?;
    let limit = limit.unwrap_or(filter::DEFAULT_LIMIT);
    let record = experiment(&app, &name).await?;
    trial(&app, &record, number).await?;
    if query.last {
        let metric = query.name.as_deref().filter(|_| query.cursor.is_none());
        let metric = metric.ok_or_else(one_alone)?;
        let last = app.store.latest_metric(record.id, number, metric).await?;
        return Ok(hashed(&headers, &wire::Metrics::page(last, None)));
    }
    let (metric, cursor) = (query.name.as_deref(), query.cursor.as_deref());
    let page = app
        .store
        .metrics_page(record.id, number, metric, cursor, limit)
        .await?;
    Ok(hashed(
        &headers,
        &wire::Metrics::page(page.items, page.next),
    ))
}

fn one_alone() -> Problem {
    let words = "`last` goes with `name`, and not with `cursor`";
    Problem::new(Kind::Invalid, words).hint("name the metric, as in name=loss&last=true")
}

/// Takes metrics of a running trial, all of them or none, and begins its lease anew. The answer says whether the trial should stop.
#[utoipa::path(
    post,
    path = "/experiments/{name}/trials/{number}/metrics",
    operation_id = "report_metrics",
    tag = "asking",
    params(
        ("name" = String, Path, description = "Name of the experiment"),
        ("number" = u64, Path, description = "Number of the trial")
    ),
    request_body = Vec<wire::MetricReport>,
    responses(
        (status = 200, description = "Whether to go on", body = wire::Stop),
        (status = 409, description = "The trial has ended, or was never handed out"),
        (status = 422, description = "It makes no sense for this experiment")
    )
)]
async fn report(
    State(app): State<App>,
    At((name, number)): At<(String, u64)>,
    _: Asked<NoQuery>,
    ToldMany(reports): ToldMany<wire::MetricReport>,
) -> Result<Response, Failure> {
    let id = id_of(&app, &name).await?;
    of_trial(number);
    let reports = reports.into_iter().map(Into::into).collect();
    let stop = app.service.report(id, number, reports).await?;
    Ok(json(&wire::Stop::from(stop)))
}
