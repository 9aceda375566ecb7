//! The time of an experiment that is driven: that of day when the driving begins, and from then on what the machine's steady clock counts.
//! The time of day may be set, by hours and in both directions; no limit, lease or pause is to end early or late for that.

use jiff::Timestamp;
use std::time::{Duration, Instant};

/// See the head of this file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    begun_at: Timestamp,
    begun: Instant,
}

impl Clock {
    /// One that begins now.
    pub fn new() -> Self {
        Self {
            begun_at: Timestamp::now(),
            begun: Instant::now(),
        }
    }

    /// The time, as exact as it is stored: whoever reads an answer again finds the same.
    pub fn now(&self) -> Timestamp {
        self.after(self.begun.elapsed())
    }

    /// How long it is until that moment; nothing when it is over.
    pub fn until(&self, moment: Timestamp) -> Duration {
        let left = moment.duration_since(self.now());
        Duration::try_from(left).unwrap_or_default()
    }

    fn after(&self, passed: Duration) -> Timestamp {
        let now = self.begun_at.saturating_add(passed);
        let now = now.unwrap_or(self.begun_at);
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_counts_on_from_its_beginning_in_whole_microseconds() {
        let clock = Clock {
            begun_at: Timestamp::from_nanosecond(1_000_000_000_000_001_500).unwrap(),
            begun: Instant::now(),
        };
        let later = clock.after(Duration::from_nanos(3_000_700));
        assert_eq!(later.as_nanosecond(), 1_000_000_000_003_002_000);
        assert!(clock.now() <= clock.now());
    }

    #[test]
    fn nothing_is_left_until_a_moment_that_is_over() {
        let clock = Clock::new();
        assert_eq!(clock.until(Timestamp::MIN), Duration::ZERO);
        assert!(clock.until(Timestamp::MAX) > Duration::from_hours(1));
    }
}
