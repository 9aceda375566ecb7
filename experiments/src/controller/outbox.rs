//! What events lead to: records and the events that tell of them, to be stored in one transaction, and commands.

use super::event::Command;
use super::trial::TrialRun;
use crate::engine::Task;
use crate::metrics::to_json;
use crate::state::{StepState, TrialState};
use crate::store::{Changes, EventKind, ExperimentUpdate, NewEvent};
use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};

/// How soon an outbox is to be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// It is empty.
    Never,
    /// There are so many reports, and nothing else: they can wait for company.
    Reports(usize),
    /// Something happened; nothing waits for it to be stored.
    Soon,
    /// Something or somebody waits for it to be stored.
    Now,
}

/// First store the changes, then carry out the rest.
#[derive(Clone, Debug, Default)]
pub struct Outbox {
    /// To be stored in one transaction.
    pub changes: Changes,
    /// Tasks to be started once the changes are stored.
    pub starts: Vec<Task>,
    /// To be carried out in order, once the changes are stored.
    pub commands: Vec<Command>,
}

impl Outbox {
    /// How soon it is to be stored.
    pub(super) fn urgency(&self) -> Urgency {
        let Changes {
            experiment,
            trials,
            steps,
            logs: _,
            metrics,
            events,
        } = &self.changes;
        let calm = |command: &Command| matches!(command, Command::Learn { .. });
        let nothing = trials.is_empty() && steps.is_empty() && events.is_empty();
        if experiment.is_some() || !self.starts.is_empty() || !self.commands.iter().all(calm) {
            Urgency::Now
        } else if !nothing || !self.commands.is_empty() {
            Urgency::Soon
        } else if metrics.is_empty() {
            Urgency::Never
        } else {
            Urgency::Reports(metrics.len())
        }
    }

    /// The experiment has entered the state of its row.
    pub(super) fn experiment(&mut self, at: Timestamp, update: &ExperimentUpdate) {
        self.changes.experiment = Some(update.clone());
        let data = json!({ "state": update.state, "reason": update.reason });
        self.changes.events.push(NewEvent {
            at,
            kind: EventKind::Experiment,
            trial: None,
            step: None,
            data,
        });
    }

    /// The trial has entered the state of its record.
    pub(super) fn trial(&mut self, at: Timestamp, trial: &TrialRun) {
        let record = &trial.record;
        let mut data = json!({ "state": record.state });
        if record.state == TrialState::Queued || record.handed_out > 0 {
            data["parameters"] = json!(record.parameters);
        }
        if record.enqueued {
            data["enqueued"] = json!(true);
        }
        if record.state.is_finished() || record.reason.is_some() {
            data["reason"] = json!(record.reason);
            data["explanation"] = json!(record.explanation);
        }
        if record.state.is_finished() {
            data["objective"] = json!(record.objective);
            data["metrics"] = record
                .metrics
                .iter()
                .map(|(name, value)| (name.clone(), to_json(*value)))
                .collect();
        }
        let event = NewEvent {
            at,
            kind: EventKind::Trial,
            trial: Some(record.number),
            step: None,
            data,
        };
        self.changes.trials.push(record.clone());
        self.changes.events.push(event);
    }

    /// The step run has entered the state of its record; `extra` is told with it.
    pub(super) fn step(
        &mut self,
        at: Timestamp,
        trial: &TrialRun,
        index: usize,
        extra: Map<String, Json>,
    ) {
        let record = &trial.steps[index].record;
        let mut data = json!({ "state": record.state, "attempt": record.attempt });
        if !matches!(record.state, StepState::Running | StepState::Succeeded) {
            data["explanation"] = json!(record.explanation);
            data["exit_code"] = json!(record.exit_code);
        }
        data.as_object_mut()
            .expect("made as an object above")
            .extend(extra);
        let step = Some(record.step.clone());
        self.changes.steps.push(record.clone());
        self.changes.events.push(NewEvent {
            at,
            kind: EventKind::Step,
            trial: Some(record.trial),
            step,
            data,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controller::event::Answer;
    use crate::controller::event::Ticket;
    use tune_algorithms::history::Outcome;

    fn told(command: Option<Command>) -> Urgency {
        let mut outbox = Outbox::default();
        outbox.changes.events.push(NewEvent {
            at: Timestamp::UNIX_EPOCH,
            kind: EventKind::Trial,
            trial: Some(0),
            step: None,
            data: Json::Null,
        });
        outbox.commands.extend(command);
        outbox.urgency()
    }

    #[test]
    fn only_what_somebody_waits_for_is_urgent() {
        assert_eq!(Outbox::default().urgency(), Urgency::Never);
        assert_eq!(told(None), Urgency::Soon);
        let outcome = Outcome::Failed;
        assert_eq!(
            told(Some(Command::Learn { trial: 0, outcome })),
            Urgency::Soon
        );
        assert_eq!(
            told(Some(Command::Suggest {
                round: 0,
                count: 1,
                outlook: false
            })),
            Urgency::Now
        );
        assert_eq!(
            told(Some(Command::Answer(Ticket(1), Answer::Done))),
            Urgency::Now
        );
    }
}
