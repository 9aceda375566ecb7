//! The answers people came for: the best trial, which value of a parameter is better, and which parameters matter.

use super::super::App;
use super::super::conditional::{Tag, tagged};
use super::super::failures::{Failure, internal};
use super::super::input::{Asked, At, NoQuery};
use super::super::outlines::Outline;
use super::super::problem::{Kind, Problem};
use super::{experiment, spec_of, unknown};
use crate::comparison::{Comparer, NONE_IS_NATURAL, choices, natural_parameter, suited};
use crate::importance::{self as answer, Question, Refused};
use crate::wire;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use tokio::task::spawn_blocking;
use tune_algorithms::history::Goal;
use tune_experiments::spec::Experiment;
use tune_experiments::store::ExperimentId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// More groups than this say nothing any more.
const MOST_GROUPS: usize = 12;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(best))
        .routes(routes!(compare))
        .routes(routes!(importance))
}

/// The best trial.
#[utoipa::path(
    get,
    path = "/experiments/{name}/best",
    operation_id = "best_trial",
    tag = "answers",
    params(("name" = String, Path, description = "Name of the experiment")),
    responses(
        (status = 200, description = "The trial", body = wire::Trial),
        (status = 304, description = "The client has it")
    )
)]
async fn best(
    State(app): State<App>,
    At(name): At<String>,
    _: Asked<NoQuery>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let record = experiment(&app, &name).await?;
    let last = app.store.last_event(record.id).await?;
    let tag = Tag::of(&[&record.id.0, &last]);
    if tag.is_known(&headers) {
        return Ok(tag.not_modified());
    }
    match app.store.best(record.id).await? {
        Some(best) => Ok(tagged(&tag, &wire::Trial::from(best))),
        None => Err(Problem::new(Kind::NotFound, "no trial has succeeded yet").into()),
    }
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct CompareQuery {
    /// The parameter; the first categorical one by default.
    by: Option<String>,
}

/// Compares the values of a parameter: which is better, and how sure that is.
#[utoipa::path(
    get,
    path = "/experiments/{name}/compare",
    operation_id = "compare_values",
    tag = "answers",
    params(
        ("name" = String, Path, description = "Name of the experiment"),
        CompareQuery
    ),
    responses(
        (status = 200, description = "The comparison", body = wire::Comparison),
        (status = 304, description = "The client has it"),
        (status = 422, description = "There is no such parameter, or it has too many values")
    )
)]
async fn compare(
    State(app): State<App>,
    At(name): At<String>,
    Asked(query): Asked<CompareQuery>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let record = experiment(&app, &name).await?;
    let spec = spec_of(&app, &record).await?;
    let parameter = parameter(query.by.as_deref(), &spec)?;
    let last = app.store.last_event(record.id).await?;
    let tag = Tag::of(&[&record.id.0, &last, &parameter]);
    if tag.is_known(&headers) {
        return Ok(tag.not_modified());
    }
    let outline = app.outlines.of(&app.store, &record).await?;
    let parameter = parameter.to_owned();
    let body = spawn_blocking(move || compared(&outline, &spec, &parameter)).await;
    Ok(tagged(&tag, &body.map_err(|error| internal(&error))??))
}

fn compared(
    outline: &Outline,
    spec: &Experiment,
    parameter: &str,
) -> Result<wire::Comparison, Problem> {
    let mut comparer = Comparer::new(parameter, &spec.parameters, spec.objective.goal);
    let few = choices(&spec.parameters, parameter).is_some();
    for trial in outline.trials() {
        comparer.add(trial);
        if !few && comparer.groups() > MOST_GROUPS {
            return Err(too_many(parameter));
        }
    }
    Ok(wire::Comparison::new(comparer.finish(), &spec.objective))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ImportanceQuery {
    /// The metric that they are to matter for; the objective by default.
    target: Option<String>,
    /// Which values of it are good; as of the objective by default.
    #[param(value_type = Option<wire::schema::Goal>)]
    goal: Option<Goal>,
}

/// How much each parameter matters, for the objective or another metric. While an experiment of more than a thousand trials runs, the
/// answer may leave out the latest, up to a thousandth of them; `trials` says of how many it is.
#[utoipa::path(
    get,
    path = "/experiments/{name}/importance",
    operation_id = "importance",
    tag = "answers",
    params(
        ("name" = String, Path, description = "Name of the experiment"),
        ImportanceQuery
    ),
    responses(
        (status = 200, description = "The share of each parameter", body = wire::Importance),
        (status = 304, description = "The client has it"),
        (status = 409, description = "There are too few results so far"),
        (status = 422, description = "No trial has such a metric")
    )
)]
async fn importance(
    State(app): State<App>,
    At(name): At<String>,
    Asked(query): Asked<ImportanceQuery>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let record = experiment(&app, &name).await?;
    let spec = spec_of(&app, &record).await?;
    let last = app.store.last_event(record.id).await?;
    let question = Question {
        target: query.target,
        goal: query.goal,
    };
    let over = record.state.is_finished();
    let tag = importance_tag(record.id, over, last, &question);
    if tag.is_known(&headers) {
        return Ok(tag.not_modified());
    }
    let found = match question.is_about_the_objective(&spec) {
        true => {
            let outline = app.outlines.of(&app.store, &record).await?;
            let asked = move || important(&outline, over, &spec, &question);
            let found = spawn_blocking(asked).await;
            found.map_err(|error| internal(&error))?
        }
        false => answer::of_store(&app.store, record.id, &spec, &question).await,
    };
    Ok(tagged(&tag, &found.map_err(refusal)?))
}

/// Of an answer that is exact only where the experiment is known to be `over`: the event that ended it may have come after that was read.
fn importance_tag(id: ExperimentId, over: bool, last: i64, question: &Question) -> Tag {
    // A hash: the name of a metric may hold signs that separate tags.
    let asked = blake3::hash(format!("{question:?}").as_bytes()).to_hex();
    Tag::of(&[&id.0, &last, &over, &asked])
}

/// For the objective. While trials come by the thousand, a few less are as good.
fn important(
    outline: &Outline,
    over: bool,
    spec: &Experiment,
    question: &Question,
) -> Result<wire::Importance, Refused> {
    let goal = question.goal.unwrap_or(spec.objective.goal);
    let work = || answer::of_trials(outline.trials(), spec, question);
    outline.importance(goal, over, work)
}

fn refusal(refused: Refused) -> Failure {
    match refused {
        Refused::Store(error) => error.into(),
        Refused::TooFew(message, hint) => Problem::new(Kind::Conflict, message).hint(hint).into(),
        Refused::Unknown(message, hint) => Problem::new(Kind::Invalid, message).hint(hint).into(),
    }
}

fn parameter<'a>(by: Option<&str>, spec: &'a Experiment) -> Result<&'a str, Problem> {
    let known = || {
        spec.parameters
            .parameters()
            .iter()
            .map(|it| it.name.as_str())
    };
    match by {
        Some(name) => {
            let found = known().find(|known| *known == name);
            found.ok_or_else(|| unknown("parameter", name, known()).with_kind(Kind::Invalid))
        }
        None => natural_parameter(&spec.parameters).ok_or_else(|| {
            Problem::new(Kind::Invalid, NONE_IS_NATURAL).hint(suited(&spec.parameters, "`by`"))
        }),
    }
}

fn too_many(parameter: &str) -> Problem {
    Problem::new(
        Kind::Invalid,
        format!("`{parameter}` has more than {MOST_GROUPS} different values: almost every trial would be a group of its own"),
    )
    .hint("compare by a parameter with few values")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_may_be_a_little_old_is_not_taken_for_the_last_one() {
        let question = Question {
            target: None,
            goal: None,
        };
        let tag = |over, last| importance_tag(ExperimentId(1), over, last, &question);
        assert_eq!(tag(true, 7), tag(true, 7));
        assert_ne!(tag(false, 7), tag(true, 7));
        assert_ne!(tag(true, 6), tag(true, 7));
    }
}
