//! Parameters whose values have no order: each choice has a probability of its own, as in CatCMA (Hamano et al. 2024,
//! doi:10.1145/3638529.3654198).
//!
//! After each generation the probabilities follow the natural gradient, by a step whose length adapts to how steady its direction is (ASNG;
//! Akimoto et al. 2019, arXiv:1905.08537). None falls below a margin.

/// The most that the step may become shorter and longer.
const SPEED: [f64; 2] = [1e-3, 1.0];

/// How much of the signal may be noise.
const ALPHA: f64 = 1.5;

/// The probabilities of all choices of all such parameters.
#[derive(Clone, Debug)]
pub(super) struct Choices {
    probabilities: Vec<Vec<f64>>,
    /// The average of normalised gradients, and what its squared length would be if they were random.
    signal: Vec<Vec<f64>>,
    gamma: f64,
    /// The length of a step.
    speed: f64,
}

impl Choices {
    /// As many parameters as there are counts, every choice as likely as the others.
    pub fn new(counts: &[usize]) -> Self {
        let each = |count: &usize| vec![1.0 / *count as f64; *count];
        Self {
            probabilities: counts.iter().map(each).collect(),
            signal: counts.iter().map(|count| vec![0.0; *count]).collect(),
            gamma: 0.0,
            speed: SPEED[1],
        }
    }

    /// Each choice as likely as it is among these, and once more.
    pub fn of(counts: &[usize], points: &[Vec<Option<usize>>]) -> Self {
        let mut of = Self::new(counts);
        for (parameter, probabilities) in of.probabilities.iter_mut().enumerate() {
            let seen: Vec<usize> = points
                .iter()
                .filter_map(|choices| choices[parameter])
                .collect();
            let all = (seen.len() + probabilities.len()) as f64;
            for (choice, probability) in probabilities.iter_mut().enumerate() {
                let times = seen.iter().filter(|it| **it == choice).count();
                *probability = (times + 1) as f64 / all;
            }
        }
        of
    }

    /// The choice of one parameter at a place in [0, 1).
    pub fn at(&self, parameter: usize, mut place: f64) -> usize {
        let probabilities = &self.probabilities[parameter];
        for (choice, probability) in probabilities.iter().enumerate() {
            if place < *probability {
                return choice;
            }
            place -= probability;
        }
        probabilities.len() - 1
    }

    /// Follows a generation: for each member what it counts, and its choices, `None` where a parameter was not active.
    pub fn learn(&mut self, members: &[(f64, &[Option<usize>])]) {
        let gradient = self.gradient(members);
        let length = self.length(&gradient);
        if length < 1e-12 {
            return;
        }
        self.adapt_speed(&gradient, length);
        let margins = self.margins();
        let all = self.probabilities.iter_mut().zip(&gradient);
        for ((probabilities, gradient), margin) in all.zip(margins) {
            for (probability, slope) in probabilities.iter_mut().zip(gradient) {
                *probability += self.speed / length * slope;
            }
            keep_margin(probabilities, margin);
        }
    }

    fn gradient(&self, members: &[(f64, &[Option<usize>])]) -> Vec<Vec<f64>> {
        let mut gradient: Vec<Vec<f64>> =
            self.signal.iter().map(|of| vec![0.0; of.len()]).collect();
        for (weight, choices) in members {
            for (parameter, choice) in choices.iter().enumerate() {
                let Some(choice) = choice else { continue };
                let known = self.probabilities[parameter].iter();
                for (slope, probability) in gradient[parameter].iter_mut().zip(known) {
                    *slope -= weight * probability;
                }
                gradient[parameter][*choice] += weight;
            }
        }
        gradient
    }

    /// The length of a gradient in the metric of Fisher.
    fn length(&self, gradient: &[Vec<f64>]) -> f64 {
        let pairs = gradient
            .iter()
            .flatten()
            .zip(self.probabilities.iter().flatten());
        let square: f64 = pairs
            .map(|(slope, probability)| slope * slope / probability)
            .sum();
        square.sqrt()
    }

    /// Steps become longer as long as they go the same way.
    fn adapt_speed(&mut self, gradient: &[Vec<f64>], length: f64) {
        let freedoms: usize = self.signal.iter().map(|of| of.len() - 1).sum();
        let beta = (self.speed / (freedoms.max(1) as f64).sqrt()).min(1.0);
        let fresh = (beta * (2.0 - beta)).sqrt();
        let cells = gradient
            .iter()
            .flatten()
            .zip(self.probabilities.iter().flatten());
        let mut square = 0.0;
        for (signal, (slope, probability)) in self.signal.iter_mut().flatten().zip(cells) {
            *signal = (1.0 - beta) * *signal + fresh * slope / (probability.sqrt() * length);
            square += *signal * *signal;
        }
        self.gamma = (1.0 - beta) * (1.0 - beta) * self.gamma + fresh * fresh;
        let factor = libm::exp(beta * (square / ALPHA - self.gamma));
        self.speed = (self.speed * factor).clamp(SPEED[0], SPEED[1]);
    }

    /// The least probability of a choice of each parameter.
    fn margins(&self) -> Vec<f64> {
        let exponent = 1.0 / self.probabilities.len() as f64;
        let leave = 1.0 - libm::pow(0.73, exponent);
        let counts = self.probabilities.iter().map(Vec::len);
        counts.map(|count| leave / (count as f64 - 1.0)).collect()
    }
}

/// Raises what lies below the margin, and takes it from the others.
fn keep_margin(probabilities: &mut [f64], margin: f64) {
    probabilities
        .iter_mut()
        .for_each(|probability| *probability = probability.max(margin));
    let sum: f64 = probabilities.iter().sum();
    let room = sum - margin * probabilities.len() as f64;
    for probability in probabilities {
        *probability -= (sum - 1.0) * (*probability - margin) / room;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_good_becomes_likely_and_nothing_impossible() {
        let mut choices = Choices::new(&[4, 2]);
        for _ in 0..30 {
            let good = [Some(2), None];
            let better = [Some(2), Some(0)];
            choices.learn(&[(0.6, &better), (0.4, &good)]);
        }
        for probabilities in &choices.probabilities {
            assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            assert!(probabilities.iter().all(|p| *p > 0.04), "{probabilities:?}");
        }
        assert!(choices.probabilities[0][2] > 0.8);
        assert!(choices.probabilities[1][0] > 0.8);
    }

    #[test]
    fn places_are_shared_out_by_probability() {
        let mut choices = Choices::new(&[2]);
        choices.probabilities[0] = vec![0.25, 0.75];
        assert_eq!(
            [0.0, 0.24, 0.25, 0.999].map(|place| choices.at(0, place)),
            [0, 0, 1, 1]
        );
    }

    #[test]
    fn without_a_difference_nothing_changes() {
        let mut choices = Choices::new(&[3]);
        let before = choices.probabilities.clone();
        choices.learn(&[(0.5, &[None]), (0.5, &[None])]);
        assert_eq!(choices.probabilities, before);
    }
}
