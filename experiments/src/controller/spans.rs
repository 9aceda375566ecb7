//! A span for each trial under way, below that of its experiment and around those of its steps.

use crate::engine::Task;
use crate::state::TrialState;
use crate::store::TrialRecord;
use std::collections::HashMap;
use tracing::Span;
use tracing::field::Empty;

/// The trials under way, by number.
#[derive(Default)]
pub(super) struct TrialSpans {
    open: HashMap<u64, Span>,
}

impl TrialSpans {
    /// Trials begin.
    pub fn begin(&mut self, changed: &[TrialRecord]) {
        let begun = |trial: &&TrialRecord| trial.state == TrialState::Running;
        for trial in changed.iter().filter(begun) {
            self.of(trial.number);
        }
    }

    /// That of the task's trial, which may have begun in a process before this one.
    pub fn around(&mut self, task: &Task) -> Span {
        self.of(task.id.trial).clone()
    }

    /// Trials end; a step that is still about to end keeps the span of its trial open.
    pub fn end(&mut self, changed: &[TrialRecord]) {
        for trial in changed {
            if trial.state.is_finished()
                && let Some(span) = self.open.remove(&trial.number)
            {
                span.record("state", trial.state.as_str());
            }
        }
    }

    /// At the highest level, as those around and below it.
    fn of(&mut self, number: u64) -> &Span {
        let open = || tracing::error_span!("trial", trial = number, state = Empty);
        self.open.entry(number).or_insert_with(open)
    }
}
