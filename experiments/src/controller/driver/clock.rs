//! The time of an experiment that is driven: that of day, never going back. Between two looks at it the machine's steady clock counts, and a
//! time of day that was set back is not followed. When it is found to have been put forward (somebody set it, or the machine slept), what is
//! stored from then on carries the new time, and the core is told by how much: no limit, lease or pause is to end early for that.

use jiff::{SignedDuration, Timestamp};
use std::time::{Duration, Instant};

/// Smaller differences are no leap: clocks are slewed all the time.
const LEAP: SignedDuration = SignedDuration::from_secs(1);

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

    /// Follows the time of day when that was put forward; by how much.
    pub fn catch_up(&mut self) -> Option<SignedDuration> {
        self.follow(Timestamp::now())
    }

    fn follow(&mut self, time_of_day: Timestamp) -> Option<SignedDuration> {
        let leap = time_of_day.duration_since(self.now());
        let leap = (leap >= LEAP).then_some(leap)?;
        self.begun_at = self.begun_at.saturating_add(leap).ok()?;
        Some(leap)
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
    }

    #[test]
    fn it_leaps_when_the_time_of_day_does_and_never_back() {
        let mut clock = Clock::new();
        let (begun, hours) = (clock.now(), SignedDuration::from_hours(8));
        let ahead = begun + hours;
        assert_eq!(clock.follow(begun - hours), None);
        assert!(clock.now() >= begun);
        let leap = clock.follow(ahead).unwrap();
        assert!(leap <= hours && clock.now() >= ahead, "{leap}");
        assert_eq!(clock.follow(ahead), None, "it is there");
        assert_eq!(clock.follow(begun), None);
        assert!(clock.now() >= ahead);
    }

    #[test]
    fn nothing_is_left_until_a_moment_that_is_over() {
        let clock = Clock::new();
        assert_eq!(clock.until(Timestamp::MIN), Duration::ZERO);
        assert!(clock.until(Timestamp::MAX) > Duration::from_hours(1));
    }
}
