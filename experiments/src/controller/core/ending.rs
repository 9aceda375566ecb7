//! When the experiment ends, and how: limits, the account of time, the last state.

use super::Core;
use crate::controller::event::{Answer, Control};
use crate::state::{ExperimentReason, ExperimentState, TrialReason, TrialState};
use jiff::{SignedDuration, Timestamp};

/// The seconds under way are stored at least this often, so that a crash loses no more of the account.
const ACCOUNT_EVERY: SignedDuration = SignedDuration::from_secs(1);

impl Core {
    /// The first limit that is reached, in the order of their importance.
    pub(super) fn limit_reached(
        &self,
        now: Timestamp,
    ) -> Option<(ExperimentState, ExperimentReason)> {
        let limits = &self.plan.experiment.limits;
        let idle = self.trials.is_empty() && self.suggested.is_empty();
        let reached = |limit: Option<u64>, count| limit.is_some_and(|limit| count >= limit);
        if self
            .progress
            .target_reached(&self.plan.experiment.objective)
        {
            Some((ExperimentState::Succeeded, ExperimentReason::TargetReached))
        } else if reached(limits.max_failed_trials, self.progress.failed) {
            Some((ExperimentState::Failed, ExperimentReason::MaxFailedTrials))
        } else if limits
            .converged
            .is_some_and(|until| self.progress.has_converged(until))
            || (self.promises_little() && self.trials.is_empty())
        {
            Some((ExperimentState::Succeeded, ExperimentReason::Converged))
        } else if self.deadline().is_some_and(|deadline| now >= deadline) {
            Some((ExperimentState::Succeeded, ExperimentReason::MaxDuration))
        } else if reached(limits.max_trials, self.progress.created) && self.trials.is_empty() {
            Some((ExperimentState::Succeeded, ExperimentReason::MaxTrials))
        } else if self.exhausted && idle {
            Some((ExperimentState::Succeeded, ExperimentReason::SpaceExhausted))
        } else {
            None
        }
    }

    /// Whether less is to be gained by another trial than is worth waiting for: then there is none. Those under way were worth it.
    pub(super) fn promises_little(&self) -> bool {
        let (Some(until), Some(outlook)) = (self.plan.experiment.limits.converged, self.outlook)
        else {
            return false;
        };
        let is_below = |found: f64, least: Option<f64>| least.is_some_and(|least| found < least);
        let little = is_below(outlook.expected_improvement, until.expected_improvement)
            || is_below(outlook.regret, until.regret);
        // What another experiment has found is no result of this one.
        little && self.progress.succeeded > 0
    }

    /// When the time allowed is used up.
    pub(super) fn deadline(&self) -> Option<Timestamp> {
        if self.paused {
            return None;
        }
        let allowed = self.plan.experiment.limits.max_duration?;
        let left = allowed.as_secs_f64() - self.update.active_seconds;
        let left = SignedDuration::try_from_secs_f64(left.max(0.0)).unwrap_or(SignedDuration::MAX);
        Some(
            self.accounted
                .saturating_add(left)
                .unwrap_or(Timestamp::MAX),
        )
    }

    /// The experiment has come to its end: every trial that is still under way is cancelled.
    pub(super) fn wind_down(&mut self, now: Timestamp) {
        self.winding_down = true;
        let numbers = self.trials.keys().copied().collect::<Vec<_>>();
        for number in numbers {
            let why = "the experiment ended while the trial was under way".to_owned();
            self.condemn(
                now,
                number,
                TrialState::Cancelled,
                TrialReason::ExperimentEnded,
                why,
            );
            self.follow_verdict(now, number);
        }
    }

    /// Keeps the account of the seconds under way.
    pub(super) fn account(&mut self, now: Timestamp) {
        if !self.paused && now.duration_since(self.accounted) >= ACCOUNT_EVERY {
            self.settle_account(now);
            self.outbox.changes.experiment = Some(self.update.clone());
        }
    }

    pub(super) fn settle_account(&mut self, now: Timestamp) {
        let passed = now.duration_since(self.accounted).as_secs_f64();
        if !self.paused {
            self.update.active_seconds += passed.max(0.0);
        }
        self.accounted = now;
    }

    pub(super) fn close_when_quiet(&mut self, now: Timestamp) {
        if let Some((state, reason)) = self.end {
            if self.trials.is_empty() {
                let (state, reason) = self.verdict(state, reason);
                self.update.finished_at = Some(now);
                self.close(now, state, reason);
            }
        } else if self.control > Control::Run && self.running == 0 {
            match self.leaving || self.paused {
                true => self.close_as_it_is(now),
                false => self.close(now, ExperimentState::Paused, ExperimentReason::Interrupted),
            }
        }
    }

    fn close_as_it_is(&mut self, now: Timestamp) {
        self.settle_account(now);
        self.outbox.changes.experiment = Some(self.update.clone());
        self.closed = true;
    }

    /// An experiment without a single result has not succeeded.
    pub(super) fn verdict(
        &self,
        state: ExperimentState,
        reason: ExperimentReason,
    ) -> (ExperimentState, ExperimentReason) {
        match state {
            ExperimentState::Succeeded if self.progress.succeeded == 0 => {
                (ExperimentState::Failed, reason)
            }
            _ => (state, reason),
        }
    }

    pub(super) fn close(
        &mut self,
        now: Timestamp,
        state: ExperimentState,
        reason: ExperimentReason,
    ) {
        self.settle_account(now);
        self.enter(now, state, Some(reason));
        self.closed = true;
        for ticket in std::mem::take(&mut self.farewells) {
            self.answer(ticket, Answer::Done);
        }
    }

    pub(super) fn enter(
        &mut self,
        now: Timestamp,
        state: ExperimentState,
        reason: Option<ExperimentReason>,
    ) {
        self.update.state = state;
        self.update.reason = reason;
        self.outbox.experiment(now, &self.update);
    }
}
