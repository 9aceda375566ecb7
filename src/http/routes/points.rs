//! The trials of an experiment as points of charts.

use super::super::App;
use super::super::conditional::{Tag, tagged};
use super::super::failures::Failure;
use super::super::input::{Asked, At};
use super::super::outlines::Outlines;
use super::super::problem::{Kind, Problem};
use super::{experiment, spec_of};
use crate::wire;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use tune_experiments::store::{ExperimentQuery, ExperimentRecord, Points};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// So many points unless the client says otherwise.
const DEFAULT_LIMIT: u32 = 5_000;
/// No screen shows more.
const LARGEST_LIMIT: u32 = 100_000;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(points))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PointsQuery {
    /// About how many at most.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100000, default = 5000)]
    limit: Option<String>,
}

/// Trials as points of charts: all of them, or about `limit`, evenly spread over their numbers; those that were the best when they
/// finished are always among them.
#[utoipa::path(
    get,
    path = "/experiments/{name}/points",
    operation_id = "points",
    tag = "answers",
    params(
        ("name" = String, Path, description = "Name of the experiment"),
        PointsQuery
    ),
    responses(
        (status = 200, description = "The points", body = wire::Points),
        (status = 304, description = "The client has it")
    )
)]
async fn points(
    State(app): State<App>,
    At(name): At<String>,
    Asked(query): Asked<PointsQuery>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let limit = limit(query.limit.as_deref())?;
    let record = experiment(&app, &name).await?;
    let last = app.store.last_event(record.id).await?;
    let tag = Tag::of(&[&record.id.0, &last, &limit]);
    if tag.is_known(&headers) {
        return Ok(tag.not_modified());
    }
    let spec = spec_of(&app, &record).await?;
    let found = sample(&app, &record, limit).await?;
    let names = spec.parameters.parameters().iter();
    let body = wire::Points::new(&found, names.map(|it| it.name.as_str()));
    Ok(tagged(&tag, &body))
}

/// From memory. Before everything is there, the database finds the few points sooner.
async fn sample(app: &App, record: &ExperimentRecord, limit: u32) -> Result<Points, Failure> {
    if app.outlines.is_kept(record.id) {
        let outline = app.outlines.of(&app.store, record).await?;
        return Ok(outline.sample(limit));
    }
    let found = app.store.points(record.id, record.goal, limit).await?;
    let parameters = found.points.iter().map(|it| it.trial.parameters.len());
    if Outlines::fit(found.total, parameters.max().unwrap_or_default()) {
        let (app, record) = (app.clone(), record.clone());
        // Whoever asks for the rest waits for it, and is told what goes wrong.
        tokio::spawn(async move { app.outlines.of(&app.store, &record).await.map(drop) });
    }
    Ok(found)
}

/// At start, what charts of so many experiments may be drawn from is read before anybody asks.
const AHEAD: u32 = 20;
/// And no more than this share of what is kept.
const SHARE_AHEAD: f64 = 0.5;
/// Larger ones are read when somebody asks: reading them takes memory that nobody may ever need.
const LARGEST_AHEAD: u64 = 20_000;

/// Reads the latest experiments, so that who opens one of many trials need not wait for it. What goes wrong is told to who asks.
pub async fn read_ahead(app: App) {
    let latest = ExperimentQuery {
        limit: AHEAD,
        ..ExperimentQuery::default()
    };
    let found = app.store.experiments_page(&latest).await;
    let mut room = SHARE_AHEAD;
    for summary in found.map_or_else(|_| Vec::new(), |page| page.items) {
        let record = summary.experiment;
        let Ok(spec) = spec_of(&app, &record).await else {
            continue;
        };
        let trials = summary.trials.values().sum();
        let share = Outlines::share(trials, spec.parameters.parameters().len());
        let fits = trials <= LARGEST_AHEAD && share <= room;
        if fits && app.outlines.of(&app.store, &record).await.is_ok() {
            room -= share;
        }
    }
}

fn limit(given: Option<&str>) -> Result<u32, Problem> {
    let Some(given) = given else {
        return Ok(DEFAULT_LIMIT);
    };
    let number = given.parse().ok();
    number
        .filter(|limit| (1..=LARGEST_LIMIT).contains(limit))
        .ok_or_else(|| {
            Problem::new(Kind::BadRequest, format!("`{given}` is no limit")).hint(format!(
                "a whole number from 1 to {LARGEST_LIMIT} is needed"
            ))
        })
}
