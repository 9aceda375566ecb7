//! What becomes of all that waits for a moment when the time of day is put forward: it waits as long as it would have.

use super::Core;
use crate::controller::trial::Phase;
use jiff::{SignedDuration, Timestamp};

impl Core {
    /// The time that comes with the next event is so much later than what has passed since the last.
    pub fn leap(&mut self, by: SignedDuration) {
        self.accounted = later(self.accounted, by);
        self.leases = (self.leases.iter())
            .map(|(until, trial)| (later(*until, by), *trial))
            .collect();
        self.delayed = (self.delayed.iter())
            .map(|(until, trial, step)| (later(*until, by), *trial, *step))
            .collect();
        for trial in self.trials.values_mut() {
            trial.lease = trial.lease.map(|until| later(until, by));
            for run in &mut trial.steps {
                if let Phase::Delayed { until } = &mut run.phase {
                    *until = later(*until, by);
                }
            }
        }
    }
}

fn later(moment: Timestamp, by: SignedDuration) -> Timestamp {
    moment.saturating_add(by).unwrap_or(moment)
}
