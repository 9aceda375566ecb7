//! Where a learning curve is heading, told by its shape: how much it gained lately, and how that compares with what it gained before.
//!
//! The reports are cut into three parts of equal numbers, whose means even out the noise. An exponential decay to some last value goes
//! through the three means (it is unique), and what it comes to at a later level is the answer. Real curves slow down more than exponential
//! ones do later on, so that this promises rather too little than too much; it is right about what matters: which of two curves still has
//! far to go.

use crate::history::Goal;

/// A level, and a loss there.
type Point = (f64, f64);

/// What a trial with these finite values, by ascending levels, may have got to by the level `reached`, if it goes on as it did; never worse
/// than its best value. `None` of fewer than two.
pub(super) fn heading(goal: Goal, reports: &[Point], reached: f64) -> Option<f64> {
    let sign = match goal {
        Goal::Minimize => 1.0,
        Goal::Maximize => -1.0,
    };
    let losses: Vec<Point> = (reports.iter())
        .map(|(level, value)| (*level, sign * value))
        .collect();
    let least = losses.iter().map(|(_, loss)| *loss).reduce(f64::min)?;
    let ahead = match losses[..] {
        [] | [_] => return None,
        // As much again.
        [(_, first), (_, last)] => last - (first - last),
        _ => extrapolated(thirds(&losses), reached),
    };
    let ahead = if ahead.is_finite() { ahead } else { least };
    Some(sign * ahead.min(least))
}

/// The means of the first, second and last third.
fn thirds(losses: &[Point]) -> [Point; 3] {
    let cuts = [0, 1, 2, 3].map(|part| part * losses.len() / 3);
    [0, 1, 2].map(|part| mean(&losses[cuts[part]..cuts[part + 1]]))
}

fn mean(points: &[Point]) -> Point {
    let count = points.len() as f64;
    let add = |sum: Point, point: &Point| (sum.0 + point.0 / count, sum.1 + point.1 / count);
    points.iter().fold((0.0, 0.0), add)
}

/// The loss at a later level, of a curve that slows down through three points as an exponential decay does, or goes straight on if it does
/// not slow down. What does not fall any more stays as it is.
fn extrapolated([(x1, y1), (x2, y2), (x3, y3)]: [Point; 3], reached: f64) -> f64 {
    let (before, lately, further) = (y1 - y2, y2 - y3, reached - x3);
    if lately <= 0.0 {
        return y3;
    }
    let (long, short) = (x2 - x1, x3 - x2);
    if before / long <= lately / short {
        return y3 - lately / short * further;
    }
    let rate = rate(long, short, before / lately);
    y3 - lately * libm::expm1(-rate * further) / -libm::expm1(rate * short)
}

/// The rate of the exponential decay that falls `ratio` times as much in a stretch of one length, `long`, as in the next, `short`. The
/// logarithm of that ratio, ln(1 - exp(-k long)) - ln(1 - exp(-k short)) + k long, grows with the rate k: halving finds it.
fn rate(long: f64, short: f64, ratio: f64) -> f64 {
    let fall = |length: f64| libm::log(-libm::expm1(-length));
    let wanted = libm::log(ratio);
    let (mut low, mut high) = (0.0, (wanted.max(0.0) + 50.0) / long.min(short));
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        let found = fall(middle * long) - fall(middle * short) + middle * long;
        if found < wanted {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decay(rest: f64, rate: f64, levels: &[f64]) -> Vec<Point> {
        let at = |level: &f64| (*level, rest + 2.0 * libm::exp(-rate * level));
        levels.iter().map(at).collect()
    }

    #[test]
    fn of_an_exponential_decay_it_is_the_truth() {
        for (rate, levels) in [
            (0.3, vec![1.0, 2.0, 3.0]),
            (0.05, vec![1.0, 3.0, 9.0]),
            (1.0, vec![0.5, 1.0, 4.0]),
        ] {
            let curve = decay(0.25, rate, &levels);
            let truth = 0.25 + 2.0 * libm::exp(-rate * 20.0);
            let found = heading(Goal::Minimize, &curve, 20.0).unwrap();
            assert!((found - truth).abs() < 1e-9, "{rate}: {found} {truth}");
            let rising: Vec<Point> = curve
                .iter()
                .map(|(level, value)| (*level, -value))
                .collect();
            assert_eq!(heading(Goal::Maximize, &rising, 20.0), Some(-found));
        }
    }

    #[test]
    fn many_reports_are_taken_by_thirds() {
        let levels: Vec<f64> = (1..=30).map(f64::from).collect();
        let noisy: Vec<Point> = (decay(0.25, 0.1, &levels).iter().enumerate())
            .map(|(i, (level, value))| (*level, value + if i % 2 == 0 { 0.01 } else { -0.01 }))
            .collect();
        let found = heading(Goal::Minimize, &noisy, 1e6).unwrap();
        assert!((found - 0.25).abs() < 0.01, "{found}");
    }

    #[test]
    fn what_does_not_slow_down_goes_straight_on_and_what_does_not_fall_stays() {
        let straight = [(1.0, 9.0), (2.0, 8.0), (3.0, 7.0)];
        assert_eq!(heading(Goal::Minimize, &straight, 5.0), Some(5.0));
        let faster = [(1.0, 9.0), (2.0, 8.5), (3.0, 7.0)];
        assert_eq!(heading(Goal::Minimize, &faster, 4.0), Some(5.5));
        let rising = [(1.0, 1.0), (2.0, 2.0), (3.0, 3.0)];
        assert_eq!(heading(Goal::Minimize, &rising, 9.0), Some(1.0));
    }

    #[test]
    fn two_reports_promise_as_much_again_and_one_nothing() {
        assert_eq!(
            heading(Goal::Minimize, &[(1.0, 5.0), (3.0, 3.0)], 9.0),
            Some(1.0)
        );
        assert_eq!(
            heading(Goal::Minimize, &[(1.0, 3.0), (3.0, 5.0)], 9.0),
            Some(3.0)
        );
        assert_eq!(heading(Goal::Minimize, &[(1.0, 5.0)], 9.0), None);
        assert_eq!(heading(Goal::Minimize, &[], 9.0), None);
    }

    proptest! {
        #[test]
        fn it_is_a_number_and_no_worse_than_the_best(
            values in prop::collection::vec(prop_oneof![-1.0..1.0, -1e300..1e300, Just(0.0), -1e-300..1e-300], 2..12),
            first in prop_oneof![Just(0.0), Just(1.0), -1e6..1e6],
            step in prop_oneof![Just(1.0), 1e-6..1e6],
        ) {
            let reports: Vec<Point> = (0..).zip(&values).map(|(i, value)| (first + step * f64::from(i), *value)).collect();
            let reached = reports[reports.len() - 1].0 + step * 9.0;
            let best = values.iter().copied().fold(f64::INFINITY, f64::min);
            let found = heading(Goal::Minimize, &reports, reached).unwrap();
            prop_assert!(found.is_finite() && found <= best, "{found} {best}");
        }
    }
}
