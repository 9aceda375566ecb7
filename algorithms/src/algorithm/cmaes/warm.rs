//! Where the search begins when it knows of another: around the best tenth of its trials (after Nomura, Watanabe, Akimoto, Ozaki & Onishi
//! 2021, arXiv:2012.06932).

use super::choices::Choices;
use super::gaussian::Gaussian;
use super::generation::{Loss, Member};
use super::layout::Layout;
use super::run::Options;

/// The share of the trials to begin around.
const BEST: f64 = 0.1;

/// Each trial stands for what lies around it: a standard deviation, as a share of each range.
const AROUND: f64 = 0.1;

/// The best tenth of trials, those that succeeded; the best first.
pub(super) fn best(mut trials: Vec<Member>) -> Vec<Member> {
    trials.retain(|member| matches!(member.loss, Loss::Succeeded(_)));
    // Values are finite: any two losses compare.
    trials.sort_by(|a, b| {
        let order = a.loss.partial_cmp(&b.loss);
        order.unwrap_or(std::cmp::Ordering::Equal)
    });
    trials.truncate((BEST * trials.len() as f64).ceil() as usize);
    trials
}

/// What to begin with when the other search was for something else: as wide as its best lie apart, and with one width for all coordinates;
/// `None` when no trial of it succeeded. `numbers` tells the coordinates of a trial.
pub(super) fn start(
    layout: &Layout,
    options: Options,
    prior: Vec<Member>,
    numbers: impl Fn(&Member) -> Vec<f64>,
) -> Option<(Gaussian, Choices)> {
    let prior = best(prior);
    if prior.is_empty() {
        return None;
    }
    let points: Vec<Vec<f64>> = prior.iter().map(numbers).collect();
    let mean = mean(&points, layout.numbers.len());
    let width = width(&points, &mean).min(options.initial_step);
    let choices: Vec<_> = prior.iter().map(|it| layout.choices(&it.units)).collect();
    Some((
        Gaussian::new(mean, width),
        Choices::of(&layout.counts, &choices),
    ))
}

fn mean(points: &[Vec<f64>], dimensions: usize) -> Vec<f64> {
    let count = points.len() as f64;
    let coordinate = |index: usize| points.iter().map(|point| point[index]).sum::<f64>() / count;
    (0..dimensions)
        .map(|index| coordinate(index).clamp(0.0, 1.0))
        .collect()
}

fn width(points: &[Vec<f64>], mean: &[f64]) -> f64 {
    let square = |point: &Vec<f64>| -> f64 {
        let apart = point.iter().zip(mean).map(|(x, mean)| x - mean);
        apart.map(|way| way * way).sum()
    };
    let count = (points.len() * mean.len()).max(1) as f64;
    (AROUND * AROUND + points.iter().map(square).sum::<f64>() / count).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_width_is_that_of_the_best_and_what_lies_around_them() {
        let points = [vec![0.2, 0.5], vec![0.4, 0.5]];
        let mean = mean(&points, 2);
        assert!((mean[0] - 0.3).abs() < 1e-12 && (mean[1] - 0.5).abs() < 1e-12);
        assert!((width(&points, &mean) - (0.01_f64 + 0.005).sqrt()).abs() < 1e-12);
        assert!((width(&points[..1], &points[0]) - AROUND).abs() < 1e-12);
    }
}
