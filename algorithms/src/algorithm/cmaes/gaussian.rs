//! The normal distribution that the numbers are drawn from, and how it follows a generation.
//!
//! Coordinates are those of the unit cube. A sample is `mean + σ · stretch · L z`, where `L` is the Cholesky factor of the
//! covariance: with it in place of the symmetric root the strategy does as well (Krause, Arbonès & Igel 2016).

use super::cholesky::Square;
use super::margin::Cells;
use super::rates::Rates;

/// What a step of the generation is measured in is never so small, nor so large.
const SIGMA: [f64; 2] = [1e-12, 1.0];

/// A distribution that is made of points is never narrower than this, and at least such a share of it is round.
const NARROWEST: f64 = 1e-5;
const LEAST_ROUND: f64 = 0.05;

/// A coordinate of the distribution.
#[derive(Clone, Debug)]
pub(super) enum Number {
    /// Any number in [0, 1].
    Continuous,
    /// Cells, the outer of which are open.
    Discrete(Cells),
}

/// The state of the search over numbers.
#[derive(Clone, Debug)]
pub(super) struct Gaussian {
    pub mean: Vec<f64>,
    pub sigma: f64,
    /// By how much the margin widens each coordinate.
    stretch: Vec<f64>,
    covariance: Square,
    factor: Square,
    /// The path that the mean has taken, in standard coordinates, and that in those of the covariance.
    path_sigma: Vec<f64>,
    path_c: Vec<f64>,
    generations: i32,
}

impl Gaussian {
    pub fn new(mean: Vec<f64>, sigma: f64) -> Self {
        let size = mean.len();
        Self {
            sigma,
            stretch: vec![1.0; size],
            covariance: Square::identity(size),
            factor: Square::identity(size),
            path_sigma: vec![0.0; size],
            path_c: vec![0.0; size],
            generations: 0,
            mean,
        }
    }

    /// The distribution of points, as those are the good ones of another search; where there are few for the number of coordinates it is
    /// rounder than theirs.
    pub fn of(points: &[Vec<f64>]) -> Self {
        let count = points.len().max(1) as f64;
        let mut mean = vec![0.0; points.first().map_or(0, Vec::len)];
        points
            .iter()
            .for_each(|point| add(&mut mean, 1.0 / count, point));
        let size = mean.len().max(1) as f64;
        let ways: Vec<Vec<f64>> = points
            .iter()
            .map(|point| difference(point, &mean))
            .collect();
        let squares = ways.iter().flatten().map(|way| way * way);
        let sigma = (squares.sum::<f64>() / (count * size))
            .sqrt()
            .clamp(NARROWEST, SIGMA[1]);
        let mut of = Self::new(mean, sigma);
        let rounder = (size / count).clamp(LEAST_ROUND, 1.0);
        of.covariance.scale(rounder);
        for way in &ways {
            of.covariance
                .add_square((1.0 - rounder) / (count * sigma * sigma), way);
        }
        match of.covariance.factor() {
            Some(factor) => of.factor = factor,
            None => of.covariance = Square::identity(of.mean.len()),
        }
        of
    }

    /// The sample that a standard normal vector leads to.
    pub fn at(&self, standard: &[f64]) -> Vec<f64> {
        let steps = self.factor.times(standard);
        (steps.iter().zip(&self.stretch).zip(&self.mean))
            .map(|((step, stretch), mean)| mean + self.sigma * stretch * step)
            .collect()
    }

    /// The standard deviation of each coordinate.
    pub fn deviations(&self) -> Vec<f64> {
        let variances = self.covariance.diagonal().zip(&self.stretch);
        variances
            .map(|(variance, stretch)| self.sigma * stretch * variance.sqrt())
            .collect()
    }

    /// How much longer the distribution is in one direction than in another, about.
    pub fn condition(&self) -> f64 {
        let (mut least, mut most) = (f64::INFINITY, 0.0_f64);
        for pivot in self.factor.diagonal() {
            (least, most) = (least.min(pivot), most.max(pivot));
        }
        (most / least) * (most / least)
    }

    /// Follows a generation: its points, and what each counts.
    pub fn learn(
        &mut self,
        rates: &Rates,
        points: &[Vec<f64>],
        weights: &[f64],
        numbers: &[Number],
    ) {
        if self.mean.is_empty() {
            return;
        }
        self.generations += 1;
        let steps: Vec<Step> = points.iter().map(|point| self.step(point)).collect();
        let mut move_by = vec![0.0; self.mean.len()];
        for (step, weight) in steps
            .iter()
            .zip(weights)
            .filter(|(_, weight)| **weight > 0.0)
        {
            add(&mut move_by, *weight, &step.way);
        }
        self.follow_paths(rates, &move_by);
        let moved = move_by.iter().zip(&self.stretch).zip(&mut self.mean);
        for ((step, stretch), mean) in moved {
            *mean = (*mean + self.sigma * stretch * step).clamp(0.0, 1.0);
        }
        self.adapt_covariance(rates, &steps, weights);
        self.adapt_sigma(rates);
        self.keep_margin(rates, numbers);
    }

    /// The way from the mean to a point, in units of the step size. One that is longer than a sample would be, since it was made by an
    /// earlier distribution or by somebody else, is shortened to what a sample could be (Hansen 2011, arXiv:1110.4181).
    fn step(&self, point: &[f64]) -> Step {
        let mut way: Vec<f64> = (point.iter().zip(&self.mean).zip(&self.stretch))
            .map(|((x, mean), stretch)| (x - mean) / (self.sigma * stretch))
            .collect();
        let standard = self.factor.solve(&way);
        let mut square: f64 = standard.iter().map(|z| z * z).sum();
        let n = way.len() as f64;
        let most = n.sqrt() + 2.0 * n / (n + 2.0);
        if square > most * most {
            let shorten = most / square.sqrt();
            way.iter_mut().for_each(|x| *x *= shorten);
            square = most * most;
        }
        Step { way, square }
    }

    fn follow_paths(&mut self, rates: &Rates, move_by: &[f64]) {
        let standard = self.factor.solve(move_by);
        decay_and_add(
            &mut self.path_sigma,
            rates.c_sigma,
            rates.mu_eff,
            &standard,
            true,
        );
        let goes = self.is_steady(rates);
        decay_and_add(&mut self.path_c, rates.c_c, rates.mu_eff, move_by, goes);
    }

    /// Whether the path is not so long that the step size is about to grow anyway.
    fn is_steady(&self, rates: &Rates) -> bool {
        let seen = 1.0 - libm::pow(1.0 - rates.c_sigma, 2.0 * f64::from(self.generations));
        let n = self.mean.len() as f64;
        length(&self.path_sigma) / seen.sqrt() < (1.4 + 2.0 / (n + 1.0)) * rates.chi
    }

    fn adapt_covariance(&mut self, rates: &Rates, steps: &[Step], weights: &[f64]) {
        let n = self.mean.len() as f64;
        let sum: f64 = weights.iter().sum();
        let stalled = if self.is_steady(rates) {
            0.0
        } else {
            rates.c_1 * rates.c_c * (2.0 - rates.c_c)
        };
        let mut covariance = self.covariance.clone();
        covariance.scale((1.0 - rates.c_1 - rates.c_mu * sum + stalled).max(0.0));
        covariance.add_square(rates.c_1, &self.path_c);
        for (step, weight) in steps.iter().zip(weights) {
            // A bad step takes away as much as if it had the length of an average one.
            let scale = if *weight < 0.0 {
                n / step.square.max(1e-300)
            } else {
                1.0
            };
            covariance.add_square(rates.c_mu * weight * scale, &step.way);
        }
        // What rounding has spoilt is not taken over.
        if let Some(factor) = covariance.factor() {
            (self.covariance, self.factor) = (covariance, factor);
        }
    }

    fn adapt_sigma(&mut self, rates: &Rates) {
        let surprise = length(&self.path_sigma) / rates.chi - 1.0;
        let factor = libm::exp((rates.c_sigma / rates.d_sigma * surprise).min(1.0));
        self.sigma = (self.sigma * factor).clamp(SIGMA[0], SIGMA[1]);
    }

    fn keep_margin(&mut self, rates: &Rates, numbers: &[Number]) {
        let margin = 1.0 / (self.mean.len() * rates.population) as f64;
        let deviations = self.deviations();
        for (index, number) in numbers.iter().enumerate() {
            let Number::Discrete(cells) = number else {
                continue;
            };
            let (mean, deviation) = cells.keep_leaving(self.mean[index], deviations[index], margin);
            self.mean[index] = mean.clamp(0.0, 1.0);
            self.stretch[index] *= deviation / deviations[index];
        }
    }
}

/// The way from the mean to a member, and its squared length in standard coordinates.
struct Step {
    way: Vec<f64>,
    square: f64,
}

fn difference(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

/// Moves a path on: what it was fades at a rate, and the new step comes in if it `goes`.
fn decay_and_add(path: &mut [f64], rate: f64, mu_eff: f64, step: &[f64], goes: bool) {
    path.iter_mut().for_each(|x| *x *= 1.0 - rate);
    if goes {
        add(path, (rate * (2.0 - rate) * mu_eff).sqrt(), step);
    }
}

fn add(to: &mut [f64], weight: f64, step: &[f64]) {
    to.iter_mut()
        .zip(step)
        .for_each(|(x, step)| *x += weight * step);
}

fn length(vector: &[f64]) -> f64 {
    vector.iter().map(|x| x * x).sum::<f64>().sqrt()
}
