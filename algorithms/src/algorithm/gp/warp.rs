//! Losses as the model sees them: standardised, with what is very bad brought near.

use super::observed::Valued;

/// The powers to which losses are raised, once they are written as multiples of one of the better of them above the best; 0 is the
/// logarithm.
pub(super) const POWERS: [f64; 3] = [1.0, 0.5, 0.0];

/// Which share of the losses is below the one that is the unit.
const UNIT: f64 = 0.3;

/// Losses as the model sees them, and the way back.
#[derive(Clone, Debug)]
pub(super) struct Warped {
    /// With mean 0 and variance 1.
    pub values: Vec<f64>,
    /// The logarithm of how much longer a small piece becomes, for each.
    pub log_slopes: Vec<f64>,
    power: f64,
    lowest: f64,
    unit: f64,
    mean: f64,
    deviation: f64,
}

/// Raises losses to a power. `None` when there are not two that differ.
pub(super) fn warp(valued: &[Valued], power: f64) -> Option<Warped> {
    let (losses, scale) = comparable(valued);
    let sorted = sorted(losses.iter().copied());
    let (lowest, highest) = (*sorted.first()?, *sorted.last()?);
    if lowest >= highest {
        return None;
    }
    let least = sorted[((sorted.len() - 1) as f64 * UNIT) as usize] - lowest;
    let mut gaps = sorted.iter().map(|loss| loss - lowest);
    let unit = gaps.find(|gap| *gap > 0.0 && *gap >= least)?;
    let multiples: Vec<f64> = (losses.iter().map(|loss| 1.0 + (loss - lowest) / unit)).collect();
    let raised: Vec<f64> = multiples
        .iter()
        .map(|multiple| raised(*multiple, power))
        .collect();
    let (mean, deviation) = moments(&raised);
    let constant = libm::log(unit * deviation);
    let log_slope = |multiple: &f64| (power - 1.0) * libm::log(*multiple) - constant;
    Some(Warped {
        values: raised
            .iter()
            .map(|value| (value - mean) / deviation)
            .collect(),
        log_slopes: multiples.iter().map(log_slope).collect(),
        power,
        lowest: lowest / scale,
        unit: unit / scale,
        mean,
        deviation,
    })
}

impl Warped {
    /// The loss that a value stands for.
    pub fn loss(&self, value: f64) -> f64 {
        let raised = self.mean + value * self.deviation;
        let multiple = match self.power {
            0.0 => libm::exp(raised),
            1.0 => 1.0 + raised,
            power => libm::pow((1.0 + power * raised).max(0.0), 1.0 / power),
        };
        self.lowest + self.unit * (multiple - 1.0)
    }
}

/// Box & Cox 1964, doi:10.1111/j.2517-6161.1964.tb00553.x.
fn raised(multiple: f64, power: f64) -> f64 {
    if power == 0.0 {
        libm::log(multiple)
    } else {
        (libm::pow(multiple, power) - 1.0) / power
    }
}

/// All losses times a number that keeps them from overflowing, and that number.
fn comparable(valued: &[Valued]) -> (Vec<f64>, f64) {
    let done = valued.iter().filter(|valued| !valued.stopped);
    let done = sorted(done.map(|valued| valued.loss));
    let median = done.get(done.len() / 2).copied();
    let sizes = valued.iter().map(|valued| valued.loss.abs());
    let largest = sizes.fold(0.0, f64::max);
    let scale = if largest > 1e100 { 1.0 / largest } else { 1.0 };
    let loss = |valued: &Valued| match median {
        Some(median) if valued.stopped => valued.loss.max(median),
        _ => valued.loss,
    };
    (
        valued.iter().map(|valued| scale * loss(valued)).collect(),
        scale,
    )
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}

/// Mean and deviation.
fn moments(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let square = values.iter().map(|value| (value - mean) * (value - mean));
    (mean, (square.sum::<f64>() / count).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn valued(losses: &[f64]) -> Vec<Valued> {
        let numbered = losses.iter().enumerate();
        numbered
            .map(|(number, loss)| Valued {
                number,
                loss: *loss,
                stopped: false,
            })
            .collect()
    }

    #[test]
    fn order_and_moments_are_kept_whatever_the_losses() {
        let spreads = [
            vec![1.0, 2.0, 4.0, 1000.0],
            vec![1.0, 1.0 + 1e-12, 1.0 + 2e-12, 1.0 + 5e-12],
            vec![-1e300, 0.0, 1.0, 1e300],
            vec![f64::MIN, -1e308, 1e308, f64::MAX],
            vec![0.0, 0.0, 0.0, 5e-324],
        ];
        for losses in spreads {
            for power in POWERS {
                let warped = warp(&valued(&losses), power).unwrap();
                assert!(warped.values.is_sorted(), "{losses:?} {power} {warped:?}");
                let (mean, deviation) = moments(&warped.values);
                assert!(
                    mean.abs() < 1e-9 && (deviation - 1.0).abs() < 1e-9,
                    "{warped:?}"
                );
                assert!(warped.values[0] < warped.values[3]);
            }
        }
    }

    #[test]
    fn losses_come_back() {
        let losses = [3.0, -2.0, 70.0, 0.5, 8.0];
        for power in POWERS {
            let warped = warp(&valued(&losses), power).unwrap();
            for (value, loss) in warped.values.iter().zip(losses) {
                assert!((warped.loss(*value) - loss).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn log_slopes_are_logarithms_of_derivatives() {
        for power in POWERS {
            let warped = warp(&valued(&[0.0, 1.0, 3.0, 9.0]), power).unwrap();
            let slope = 2e-6
                / (warped.loss(warped.values[2] + 1e-6) - warped.loss(warped.values[2] - 1e-6));
            assert!((libm::log(slope) - warped.log_slopes[2]).abs() < 1e-6);
        }
    }

    #[test]
    fn nothing_is_made_of_equal_losses() {
        assert!(warp(&valued(&[2.0, 2.0, 2.0]), 0.0).is_none());
        assert!(warp(&[], 0.0).is_none());
    }

    #[test]
    fn what_was_stopped_is_not_good() {
        let mut valued = valued(&[1.0, 2.0, 3.0, 0.0]);
        valued[3].stopped = true;
        let values = warp(&valued, 1.0).unwrap().values;
        assert!((values[3] - values[1]).abs() < 1e-12);
    }
}
