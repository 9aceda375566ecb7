//! How long a trial belongs to the client that it was handed out to, and what becomes of it when that is not heard of any more.

use super::Core;
use crate::state::{TrialReason, TrialState};
use jiff::Timestamp;

impl Core {
    /// Leases begin anew when a process begins to drive, and when the store is back: nobody could renew them in between.
    pub(super) fn begin_leases(&mut self, now: Timestamp) {
        if !self.plan.evaluated_by_clients() {
            return;
        }
        let running = self.trials.values().map(|trial| &trial.record);
        let running = running.filter(|record| record.state == TrialState::Running);
        let numbers: Vec<u64> = running.map(|record| record.number).collect();
        for number in numbers {
            self.renew_lease(now, number);
        }
    }

    pub(super) fn renew_lease(&mut self, now: Timestamp, number: u64) {
        let lease = self.plan.experiment.leases.clone().unwrap_or_default();
        let until = now.saturating_add(lease.lease).unwrap_or(Timestamp::MAX);
        if let Some(trial) = self.trials.get_mut(&number) {
            if let Some(former) = trial.lease.replace(until) {
                self.leases.remove(&(former, number));
            }
            self.leases.insert((until, number));
        }
    }

    /// A client was heard of: its trial is under way, also when it had been given up.
    pub(super) fn revive(&mut self, now: Timestamp, number: u64) {
        self.renew_lease(now, number);
        self.forget_queued(number);
        if let Some(trial) = self.trials.get_mut(&number)
            && trial.record.state == TrialState::Queued
        {
            trial.record.state = TrialState::Running;
            self.record_trial(now, number);
        }
    }

    /// The trial waits for a client no more.
    pub(super) fn forget_queued(&mut self, number: u64) {
        if let Some(trial) = self.trials.get(&number) {
            self.queue.remove(&(trial.record.handed_out == 0, number));
        }
    }

    /// Trials that nobody was heard of in time wait for another client, or are lost.
    pub(super) fn expire_leases(&mut self, now: Timestamp) {
        while let Some(&(until, number)) = self.leases.first()
            && until <= now
        {
            self.leases.pop_first();
            let Some(trial) = self.trials.get_mut(&number) else {
                continue;
            };
            trial.lease = None;
            let handed_out = trial.record.handed_out;
            if handed_out > self.most_retries() {
                self.lose(now, number, handed_out);
            } else {
                self.take_back(now, number);
            }
        }
    }

    fn most_retries(&self) -> u32 {
        let leases = self.plan.experiment.leases.as_ref();
        leases.map_or(0, |leases| leases.max_retries)
    }

    fn lose(&mut self, now: Timestamp, number: u64, handed_out: u32) {
        let times = match handed_out {
            1 => "once".to_owned(),
            more => format!("{more} times"),
        };
        let why = format!("nothing was heard of its client in time; it was handed out {times}");
        self.condemn(now, number, TrialState::Failed, TrialReason::Lost, why);
        self.follow_verdict(now, number);
    }

    /// The trial waits for a client again.
    pub(super) fn take_back(&mut self, now: Timestamp, number: u64) {
        let Some(trial) = self.trials.get_mut(&number) else {
            return;
        };
        trial.record.state = TrialState::Queued;
        if let Some(until) = trial.lease.take() {
            self.leases.remove(&(until, number));
        }
        self.queue.insert((trial.record.handed_out == 0, number));
        self.record_trial(now, number);
    }
}
