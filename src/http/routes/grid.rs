//! The grid of trials and steps.

use super::super::App;
use super::super::conditional::{Tag, tagged};
use super::super::failures::Failure;
use super::super::filter;
use super::super::input::{Asked, At};
use super::super::problem::{Kind, Problem};
use super::{experiment, spec_of};
use crate::wire;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// No trial has a larger number.
const LARGEST: u64 = (1 << 53) - 1;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(grid))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct GridQuery {
    /// The number of the first trial.
    #[param(value_type = Option<u64>, default = 0)]
    from: Option<String>,
    /// How many trials at most.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, default = 100)]
    limit: Option<String>,
}

/// Where every step of some neighbouring trials stands, by the numbers of the trials.
#[utoipa::path(
    get,
    path = "/experiments/{name}/grid",
    operation_id = "grid",
    tag = "answers",
    params(
        ("name" = String, Path, description = "Name of the experiment"),
        GridQuery
    ),
    responses(
        (status = 200, description = "The states", body = wire::Grid),
        (status = 304, description = "The client has it")
    )
)]
async fn grid(
    State(app): State<App>,
    At(name): At<String>,
    Asked(query): Asked<GridQuery>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let limit = query.limit.as_deref().map(filter::limit).transpose()?;
    let limit = limit.unwrap_or(filter::DEFAULT_LIMIT);
    let from = first(query.from.as_deref())?;
    let record = experiment(&app, &name).await?;
    let last = app.store.last_event(record.id).await?;
    let tag = Tag::of(&[&record.id.0, &last, &from, &limit]);
    if tag.is_known(&headers) {
        return Ok(tag.not_modified());
    }
    let spec = spec_of(&app, &record).await?;
    let trials = app.store.trial_steps(record.id, from, limit).await?;
    let steps = spec.pipeline.steps.keys().map(String::as_str);
    Ok(tagged(&tag, &wire::Grid::new(&trials, steps)))
}

fn first(given: Option<&str>) -> Result<u64, Problem> {
    let Some(given) = given else {
        return Ok(0);
    };
    let number = given.parse().ok().filter(|number| *number <= LARGEST);
    number.ok_or_else(|| {
        Problem::new(
            Kind::BadRequest,
            format!("`{given}` is no number of a trial"),
        )
        .hint("trials are numbered from 0")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_trial_is_a_number_that_a_browser_can_count_to() {
        assert_eq!(first(None).ok(), Some(0));
        assert_eq!(first(Some("9007199254740991")).ok(), Some(LARGEST));
        for wrong in ["9007199254740992", "-1", "one", ""] {
            assert!(first(Some(wrong)).is_err(), "{wrong}");
        }
    }
}
