//! The states of experiments, trials and step runs, and the reasons they end for. Words only: what moves them is the controller's.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A word that is not one of the known ones.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown {kind} `{word}`")]
pub struct UnknownWord {
    kind: &'static str,
    word: String,
}

/// Declares an enum whose variants are written as fixed words in files, in the database and over HTTP.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident ($kind:literal) { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name { $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)* }

        impl $name {
            /// Every variant, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The word for it, as in files, the database and the HTTP interface.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;

            fn from_str(word: &str) -> Result<Self, UnknownWord> {
                match word {
                    $($word => Ok(Self::$variant),)*
                    _ => Err(UnknownWord { kind: $kind, word: word.to_owned() }),
                }
            }
        }
    };
}

words! {
    /// Where an experiment stands.
    ExperimentState ("experiment state") {
        /// Submitted, not begun.
        Pending = "pending",
        /// Trials run, or would if a `tune` process were there to drive it.
        Running = "running",
        /// Stopped by the user; goes on when resumed.
        Paused = "paused",
        /// Ended by a limit, its target, or an exhausted space.
        Succeeded = "succeeded",
        /// Ended because too many trials failed, or none succeeded.
        Failed = "failed",
        /// Ended by the user.
        Cancelled = "cancelled",
    }
}

words! {
    /// Why an experiment is in its state.
    ExperimentReason ("experiment reason") {
        /// The objective reached its target.
        TargetReached = "target_reached",
        /// As many trials as allowed have finished.
        MaxTrials = "max_trials",
        /// The time allowed is used up.
        MaxDuration = "max_duration",
        /// So many trials as were to be waited for have brought no improvement.
        Converged = "converged",
        /// Every configuration of a finite space has been tried.
        SpaceExhausted = "space_exhausted",
        /// As many trials failed as are tolerated.
        MaxFailedTrials = "max_failed_trials",
        /// The user stopped the process; the experiment can go on.
        Interrupted = "interrupted",
        /// The user paused it.
        Paused = "paused",
        /// The user cancelled it.
        Cancelled = "cancelled",
        /// The search algorithm, or tune itself, was not up to it; it can be tried again.
        Crashed = "crashed",
    }
}

words! {
    /// Where a trial stands.
    TrialState ("trial state") {
        /// Created, no step has begun.
        Queued = "queued",
        /// At least one step has begun.
        Running = "running",
        /// All steps ended well and the objective was reported.
        Succeeded = "succeeded",
        /// A stopper ended it.
        EarlyStopped = "early_stopped",
        /// A step failed, or the objective is missing or not finite.
        Failed = "failed",
        /// Ended because its experiment ended.
        Cancelled = "cancelled",
    }
}

words! {
    /// Why a trial is in its state.
    TrialReason ("trial reason") {
        /// A step failed in its last attempt.
        StepFailed = "step_failed",
        /// A step ran out of time in its last attempt.
        TimedOut = "timed_out",
        /// No step reported the objective metric.
        MetricMissing = "metric_missing",
        /// The objective is NaN or infinite.
        MetricNotFinite = "metric_not_finite",
        /// A stopper's rule held.
        EarlyStopping = "early_stopping",
        /// The client that it was handed out to was not heard of any more.
        Lost = "lost",
        /// The client that it was handed out to said so.
        Told = "told",
        /// The experiment ended while the trial was under way.
        ExperimentEnded = "experiment_ended",
    }
}

words! {
    /// Where a step run stands.
    StepState ("step state") {
        /// Steps it needs have not ended.
        Waiting = "waiting",
        /// It may start as soon as there is a free slot, or when the delay before its next attempt is over.
        Ready = "ready",
        /// Its process runs.
        Running = "running",
        /// It exited with 0 and left its artifacts.
        Succeeded = "succeeded",
        /// It was not run because the trial ended before.
        Skipped = "skipped",
        /// Its last attempt failed.
        Failed = "failed",
        /// It was killed because its trial or experiment ended.
        Cancelled = "cancelled",
        /// Its last attempt ran out of time.
        TimedOut = "timed_out",
    }
}

impl ExperimentState {
    /// Whether nothing more happens unless the user asks for it.
    pub fn is_finished(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }
}

impl TrialState {
    /// Whether the trial has come to its end.
    pub fn is_finished(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }
}

impl StepState {
    /// Whether the step run has come to its end.
    pub fn is_finished(self) -> bool {
        !matches!(self, Self::Waiting | Self::Ready | Self::Running)
    }
}
