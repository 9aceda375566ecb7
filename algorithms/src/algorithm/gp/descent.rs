//! The minimum of a smooth function in a box: L-BFGS on the coordinates that are free (Byrd, Lu, Nocedal & Zhu 1995,
//! doi:10.1137/0916069, without their subspace steps), with a line search that goes back until it is lower.

use std::collections::VecDeque;

/// How many steps the curvature is learnt from.
const MEMORY: usize = 8;

/// How much lower than where it came from a step must lead, as a share of what its slope promises.
const SUFFICIENT: f64 = 1e-4;

/// So often a step is shortened.
const SHORTENINGS: usize = 12;

/// When to stop.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// So many steps at most.
    pub steps: usize,
    /// When a step gains less than this.
    pub gain: f64,
    /// How long the first step is at most.
    pub first: f64,
}

/// Goes from `start` down to a lower point between `low` and `high`; `function` writes its gradient. Returns the point and its value. A
/// value that is not a number counts as high.
pub(super) fn descend(
    start: Vec<f64>,
    bounds: &[(f64, f64)],
    patience: Patience,
    mut function: impl FnMut(&[f64], &mut [f64]) -> f64,
) -> (Vec<f64>, f64) {
    let mut here = start;
    clamp(&mut here, bounds);
    let mut slope = vec![0.0; here.len()];
    let mut value = function(&here, &mut slope);
    let mut memory = Memory::default();
    for _ in 0..patience.steps {
        let free = free(&here, &slope, bounds);
        let direction = memory.direction(&slope, &free, patience.first);
        let Some(step) = search(&here, value, (&slope, &direction), bounds, &mut function) else {
            if memory.forget() {
                continue;
            }
            break;
        };
        let gained = value - step.value;
        memory.learn(&here, &slope, &step);
        (here, slope, value) = (step.point, step.slope, step.value);
        if gained < patience.gain {
            break;
        }
    }
    (here, value)
}

/// Where a step led.
struct Step {
    point: Vec<f64>,
    slope: Vec<f64>,
    value: f64,
}

/// Steps along a direction, the shorter the less they help.
fn search(
    here: &[f64],
    value: f64,
    (slope, direction): (&[f64], &[f64]),
    bounds: &[(f64, f64)],
    function: &mut impl FnMut(&[f64], &mut [f64]) -> f64,
) -> Option<Step> {
    let mut length = 1.0;
    let mut found = vec![0.0; here.len()];
    for _ in 0..SHORTENINGS {
        let ahead = here.iter().zip(direction);
        let mut point: Vec<f64> = ahead.map(|(x, towards)| x + length * towards).collect();
        clamp(&mut point, bounds);
        let moved = point.iter().zip(here).zip(slope);
        let promised: f64 = moved.map(|((new, old), slope)| (new - old) * slope).sum();
        let reached = function(&point, &mut found);
        if promised < 0.0 && reached <= value + SUFFICIENT * promised {
            return Some(Step {
                point,
                slope: found,
                value: reached,
            });
        }
        length *= shortened(value, reached, promised);
    }
    None
}

/// To the minimum of the parabola through what is known, but neither too far back nor hardly at all.
fn shortened(value: f64, reached: f64, promised: f64) -> f64 {
    let parabola = -promised / (2.0 * (reached - value - promised));
    if parabola.is_finite() {
        parabola.clamp(0.1, 0.5)
    } else {
        0.1
    }
}

fn clamp(point: &mut [f64], bounds: &[(f64, f64)]) {
    for (x, (low, high)) in point.iter_mut().zip(bounds) {
        *x = x.clamp(*low, *high);
    }
}

/// The coordinates that are not held by a bound towards which the function falls.
fn free(here: &[f64], slope: &[f64], bounds: &[(f64, f64)]) -> Vec<bool> {
    let coordinates = here.iter().zip(slope).zip(bounds);
    coordinates
        .map(|((x, slope), (low, high))| {
            !(*x <= *low && *slope > 0.0 || *x >= *high && *slope < 0.0)
        })
        .collect()
}

/// The last steps, and how the slope changed with each.
#[derive(Default)]
struct Memory(VecDeque<(Vec<f64>, Vec<f64>)>);

impl Memory {
    fn learn(&mut self, here: &[f64], slope: &[f64], step: &Step) {
        let difference = |new: &[f64], old: &[f64]| -> Vec<f64> {
            new.iter().zip(old).map(|(new, old)| new - old).collect()
        };
        let (moved, turned) = (
            difference(&step.point, here),
            difference(&step.slope, slope),
        );
        if inner(&moved, &turned) > 1e-10 * inner(&turned, &turned) {
            if self.0.len() == MEMORY {
                self.0.pop_front();
            }
            self.0.push_back((moved, turned));
        }
    }

    /// Whether there was anything to forget.
    fn forget(&mut self) -> bool {
        let any = !self.0.is_empty();
        self.0.clear();
        any
    }

    /// Downwards, as the curvature has it, in the free coordinates.
    fn direction(&self, slope: &[f64], free: &[bool], first: f64) -> Vec<f64> {
        let masked = |vector: &[f64]| -> Vec<f64> {
            let coordinates = vector.iter().zip(free);
            coordinates
                .map(|(x, free)| if *free { *x } else { 0.0 })
                .collect()
        };
        let mut direction: Vec<f64> = masked(slope).iter().map(|x| -x).collect();
        let pairs: Vec<(Vec<f64>, Vec<f64>, f64)> = (self.0.iter())
            .map(|(moved, turned)| (masked(moved), masked(turned)))
            .map(|(moved, turned)| {
                let product = inner(&moved, &turned);
                (moved, turned, product)
            })
            .filter(|(_, _, product)| *product > 0.0)
            .collect();
        let Some((_, turned, product)) = pairs.last() else {
            // Not far: nothing is known of the curvature.
            let length = inner(&direction, &direction).sqrt();
            let factor = first / length.max(first);
            direction.iter_mut().for_each(|x| *x *= factor);
            return direction;
        };
        let scale = product / inner(turned, turned);
        let mut factors = Vec::with_capacity(pairs.len());
        for (moved, turned, product) in pairs.iter().rev() {
            let factor = inner(moved, &direction) / product;
            add(&mut direction, turned, -factor);
            factors.push(factor);
        }
        direction.iter_mut().for_each(|x| *x *= scale);
        for ((moved, turned, product), factor) in pairs.iter().zip(factors.iter().rev()) {
            let back = inner(turned, &direction) / product;
            add(&mut direction, moved, factor - back);
        }
        direction
    }
}

fn inner(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn add(to: &mut [f64], vector: &[f64], factor: f64) {
    for (x, y) in to.iter_mut().zip(vector) {
        *x += factor * y;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience {
        steps: 200,
        gain: 1e-14,
        first: 1.0,
    };

    fn rosenbrock(x: &[f64], slope: &mut [f64]) -> f64 {
        let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
        slope[0] = -2.0 * a - 400.0 * x[0] * b;
        slope[1] = 200.0 * b;
        a * a + 100.0 * b * b
    }

    #[test]
    fn a_bent_valley_is_followed_to_its_end() {
        let bounds = [(-5.0, 5.0); 2];
        let (point, value) = descend(vec![-1.2, 1.0], &bounds, PATIENCE, rosenbrock);
        assert!(value < 1e-10, "{point:?} {value}");
    }

    #[test]
    fn bounds_hold() {
        let bounds = [(-5.0, 0.5), (-5.0, 5.0)];
        let (point, _) = descend(vec![-1.2, 1.0], &bounds, PATIENCE, rosenbrock);
        assert!(
            point[0] == 0.5 && (point[1] - 0.25).abs() < 1e-6,
            "{point:?}"
        );
        let start = vec![9.0, 9.0];
        let (point, _) = descend(start, &[(1.0, 2.0); 2], PATIENCE, |x, slope| {
            slope.copy_from_slice(&[1.0, -1.0]);
            x[0] - x[1]
        });
        assert_eq!(point, [1.0, 2.0]);
    }

    #[test]
    fn what_is_not_a_number_is_avoided() {
        let (point, value) = descend(vec![1.0], &[(-9.0, 9.0)], PATIENCE, |x, slope| {
            slope[0] = 1.0;
            if x[0] < 0.25 { f64::NAN } else { x[0] }
        });
        assert!(
            (0.25..0.3).contains(&point[0]) && value == point[0],
            "{point:?}"
        );
    }
}
