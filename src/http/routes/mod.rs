//! What can be asked of the server: one file per kind of thing. Handlers read the request, ask the service or the store, and answer;
//! nothing is decided here.

mod answers;
mod artifacts;
mod asking;
mod course;
mod events;
mod experiments;
mod export;
mod grid;
mod logs;
mod machines;
mod names;
mod notes;
mod points;
mod reports;
mod schema;
mod session;
mod system;
mod tokens;
mod trials;

pub use points::read_ahead;
pub use tokens::check_name as check_token_name;

use super::App;
use super::failures::Failure;
use super::observe;
use super::problem::Problem;
use crate::error::nearest;
use std::sync::Arc;
use tune_experiments::spec::Experiment;
use tune_experiments::store::{ExperimentId, ExperimentRecord, TrialRecord};
use utoipa_axum::router::OpenApiRouter;

/// Every route but those of the reference.
pub fn all() -> OpenApiRouter<App> {
    let api = OpenApiRouter::new()
        .merge(experiments::routes())
        .merge(course::routes())
        .merge(trials::routes())
        .merge(export::routes())
        .merge(asking::routes())
        .merge(reports::routes())
        .merge(names::routes())
        .merge(notes::routes())
        .merge(logs::routes())
        .merge(artifacts::routes())
        .merge(answers::routes())
        .merge(points::routes())
        .merge(grid::routes())
        .merge(schema::routes())
        .merge(events::routes())
        .merge(tokens::routes())
        .merge(session::routes())
        .merge(system::routes());
    OpenApiRouter::new()
        .nest("/api/v1", api)
        .merge(machines::routes())
}

/// The experiment of that name.
async fn experiment(app: &App, name: &str) -> Result<ExperimentRecord, Failure> {
    match app.store.experiment(name).await? {
        Some(record) => {
            observe::of_experiment(name);
            Ok(record)
        }
        None => Err(Problem::missing("experiment", name).into()),
    }
}

/// The id of the experiment of that name: for what only who drives it can do, and mostly knows without asking the store.
async fn id_of(app: &App, name: &str) -> Result<ExperimentId, Failure> {
    match app.service.driven(name) {
        Some(id) => {
            observe::of_experiment(name);
            Ok(id)
        }
        None => Ok(experiment(app, name).await?.id),
    }
}

/// What the user wrote, checked.
async fn spec_of(app: &App, record: &ExperimentRecord) -> Result<Arc<Experiment>, Failure> {
    app.specs.of(app, record).await
}

/// The trial of that number.
async fn trial(app: &App, record: &ExperimentRecord, number: u64) -> Result<TrialRecord, Failure> {
    observe::of_trial(number);
    match app.store.trial(record.id, number).await? {
        Some(trial) => Ok(trial),
        None => Err(Problem::missing("trial", &number.to_string()).into()),
    }
}

/// There is nothing of that kind and name; the known name that is most like it is the hint.
fn unknown<'a>(what: &str, name: &str, known: impl IntoIterator<Item = &'a str>) -> Problem {
    let problem = Problem::missing(what, name);
    match nearest(name, known) {
        Some(near) => problem.hint(format!("did you mean `{near}`?")),
        None => problem,
    }
}
