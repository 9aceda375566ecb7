//! Ask-and-tell: clients ask for trials, evaluate them, and tell the result.

use super::super::App;
use super::super::conditional::json;
use super::super::failures::Failure;
use super::super::input::{Asked, At, NoQuery, Nothing, Told};
use super::super::observe::of_trial;
use super::super::problem::{Kind, Problem};
use super::id_of;
use crate::wire;
use axum::extract::State;
use axum::response::Response;
use tune_experiments::service::{self, MOST_AT_ONCE};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(ask))
        .routes(routes!(tell))
        .routes(routes!(heartbeat))
}

/// Asks for trials to evaluate. Each is yours for the time of its lease, which every report and every heartbeat begins anew.
#[utoipa::path(
    post,
    path = "/experiments/{name}/ask",
    operation_id = "ask",
    tag = "asking",
    params(("name" = String, Path, description = "Name of the experiment")),
    request_body = wire::Ask,
    responses(
        (status = 200, description = "Trials: fewer than wanted, or none, when there are no more right now or the experiment is paused", body = wire::Asked),
        (status = 409, description = "The experiment has a pipeline")
    )
)]
async fn ask(
    State(app): State<App>,
    At(name): At<String>,
    _: Asked<NoQuery>,
    Told(body): Told<wire::Ask>,
) -> Result<Response, Failure> {
    let count = body.count as usize;
    if !(1..=MOST_AT_ONCE).contains(&count) {
        let words = format!("count: {count} trials are not handed out at once");
        return Err(Problem::new(Kind::BadRequest, words)
            .hint(format!("a whole number from 1 to {MOST_AT_ONCE} is needed"))
            .into());
    }
    let id = id_of(&app, &name).await?;
    let asked = app.service.ask(id, count).await?;
    Ok(json(&wire::Asked::from(asked)))
}

/// Tells how a trial ended. The same result again is the same answer; a different one is refused.
#[utoipa::path(
    post,
    path = "/experiments/{name}/trials/{number}/tell",
    operation_id = "tell",
    tag = "asking",
    params(
        ("name" = String, Path, description = "Name of the experiment"),
        ("number" = u64, Path, description = "Number of the trial")
    ),
    request_body = wire::Tell,
    responses(
        (status = 200, description = "The trial, ended", body = wire::Trial),
        (status = 409, description = "Another result was told, or the trial has been lost or cancelled"),
        (status = 422, description = "It contradicts itself, or says nothing of the objective, which was not reported before either; the trial stays open")
    )
)]
async fn tell(
    State(app): State<App>,
    At((name, number)): At<(String, u64)>,
    _: Asked<NoQuery>,
    Told(body): Told<wire::Tell>,
) -> Result<Response, Failure> {
    let id = id_of(&app, &name).await?;
    of_trial(number);
    let told = body
        .read()
        .map_err(|words| Problem::new(Kind::Invalid, words))?;
    let told = match told {
        wire::Told::Failed(words) => service::Told::Failed(words.replace('\0', "\u{fffd}")),
        wire::Told::Succeeded(reports) => {
            service::Told::Succeeded(reports.into_iter().map(Into::into).collect())
        }
    };
    let trial = app.service.tell(id, number, told).await?;
    Ok(json(&wire::Trial::from(trial)))
}

/// Says that a trial is still being evaluated: its lease begins anew.
#[utoipa::path(
    post,
    path = "/experiments/{name}/trials/{number}/heartbeat",
    operation_id = "heartbeat",
    tag = "asking",
    params(
        ("name" = String, Path, description = "Name of the experiment"),
        ("number" = u64, Path, description = "Number of the trial")
    ),
    responses(
        (status = 200, description = "Whether to go on", body = wire::Stop),
        (status = 409, description = "The trial has ended, or was never handed out")
    )
)]
async fn heartbeat(
    State(app): State<App>,
    At((name, number)): At<(String, u64)>,
    _: Asked<NoQuery>,
    _: Nothing,
) -> Result<Response, Failure> {
    let id = id_of(&app, &name).await?;
    of_trial(number);
    let stop = app.service.heartbeat(id, number).await?;
    Ok(json(&wire::Stop::from(stop)))
}
