//! Schemas of what the crates below know no OpenAPI of: the words of states and reasons, and the scalars of configurations.

use tune_algorithms::{algorithm, history};
use tune_experiments::{service, state, store};
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// Declares a type that stands for an enum of words in a schema.
macro_rules! words {
    ($($(#[$doc:meta])* $name:ident: $known:expr, $description:literal;)*) => {$(
        $(#[$doc])*
        pub enum $name {}

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                one_of(&$known, $description)
            }
        }

        impl ToSchema for $name {}
    )*};
}

words! {
    /// See [`state::ExperimentState`].
    ExperimentState: state::ExperimentState::ALL, "Where an experiment stands.";
    /// See [`state::ExperimentReason`].
    ExperimentReason: state::ExperimentReason::ALL, "Why an experiment is in its state.";
    /// See [`state::TrialState`].
    TrialState: state::TrialState::ALL, "Where a trial stands.";
    /// See [`state::TrialReason`].
    TrialReason: state::TrialReason::ALL, "Why a trial is in its state.";
    /// See [`state::StepState`].
    StepState: state::StepState::ALL, "Where a step run stands.";
    /// See [`history::Goal`].
    Goal: [history::Goal::Minimize, history::Goal::Maximize], "Whether small or large values are good.";
    /// See [`algorithm::Reason`].
    Reason: algorithm::Reason::ALL, "What a suggestion is for: `coverage`, by an algorithm that does not learn; `startup`, before one has learnt; `exploitation`, \
        it is expected to be good; `exploration`, little is known of it; `sample`, drawn from a distribution that good trials have shaped; `untried`, one of what is left.";
    /// See [`store::Request`].
    Request: [store::Request::Cancel, store::Request::Pause], "What was asked of the process that drives the experiment.";
    /// See [`store::EventKind`].
    EventKind: EVENT_KINDS, "What kind of change an event tells of.";
    /// See [`service::Wait`].
    Wait: service::Wait::ALL, "What keeps an experiment from doing more.";
    /// See [`store::Role`].
    Role: [store::Role::Viewer, store::Role::Editor, store::Role::Admin], "What the holder of a token may do, from little to much.";
}

const EVENT_KINDS: [store::EventKind; 5] = [
    store::EventKind::Experiment,
    store::EventKind::Limits,
    store::EventKind::Trial,
    store::EventKind::Step,
    store::EventKind::Notes,
];

/// The words are those that serde writes.
fn one_of<W: serde::Serialize>(words: &[W], description: &str) -> RefOr<Schema> {
    let words = words.iter().map(|word| serde_json::json!(word));
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(words))
        .description(Some(description))
        .into()
}

/// See [`tune_algorithms::space::Value`].
pub enum Scalar {}

impl PartialSchema for Scalar {
    fn schema() -> RefOr<Schema> {
        let kinds = scalars().description(Some("A value of a parameter."));
        kinds.into()
    }
}

impl ToSchema for Scalar {}

/// A [`Scalar`], or null for a parameter that is inactive.
pub enum ScalarOrNull {}

impl PartialSchema for ScalarOrNull {
    fn schema() -> RefOr<Schema> {
        let kinds = scalars().item(ObjectBuilder::new().schema_type(Type::Null));
        let about = "A value of a parameter; null: it is inactive.";
        kinds.description(Some(about)).into()
    }
}

impl ToSchema for ScalarOrNull {}

fn scalars() -> OneOfBuilder {
    let of = |kind| ObjectBuilder::new().schema_type(kind);
    OneOfBuilder::new()
        .item(of(Type::Boolean))
        .item(of(Type::Number))
        .item(of(Type::String))
}
