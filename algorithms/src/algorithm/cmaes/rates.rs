//! The constants of the strategy, by dimensions and population (Hansen 2016, arXiv:1604.00772, table 1).

/// How fast it learns, and what each rank counts.
#[derive(Clone, Debug)]
pub(super) struct Rates {
    /// How many trials make a generation.
    pub population: usize,
    /// One for each rank, the best first: those of the better half are positive and add up to 1, the others negative.
    pub weights: Vec<f64>,
    /// How many equal weights would be as good as the positive ones.
    pub mu_eff: f64,
    /// Of the path that sets the step size.
    pub c_sigma: f64,
    /// Damps the step size.
    pub d_sigma: f64,
    /// Of the path that stretches the covariance.
    pub c_c: f64,
    /// How much of the covariance the path makes up.
    pub c_1: f64,
    /// How much of it the generation makes up.
    pub c_mu: f64,
    /// The length that a standard normal vector has on average.
    pub chi: f64,
}

/// The population that suits a number of parameters.
pub(super) fn population(parameters: usize) -> usize {
    4 + (3.0 * libm::log(parameters.max(1) as f64)) as usize
}

impl Rates {
    pub fn new(dimensions: usize, population: usize) -> Self {
        let n = dimensions.max(1) as f64;
        let lambda = population as f64;
        let raw: Vec<f64> = (1..=population)
            .map(|rank| libm::log((lambda + 1.0) / 2.0) - libm::log(rank as f64))
            .collect();
        let positive = effective(raw.iter().filter(|weight| **weight > 0.0));
        let negative = effective(raw.iter().filter(|weight| **weight < 0.0));
        let mu_eff = positive.count;
        let c_1 = 2.0 / ((n + 1.3) * (n + 1.3) + mu_eff);
        let c_mu = (2.0 * (0.25 + mu_eff - 2.0 + 1.0 / mu_eff) / ((n + 2.0) * (n + 2.0) + mu_eff))
            .min(1.0 - c_1);
        let least = (1.0 + c_1 / c_mu)
            .min(1.0 + 2.0 * negative.count / (mu_eff + 2.0))
            .min((1.0 - c_1 - c_mu) / (n * c_mu));
        let weight = |raw: &f64| {
            if *raw >= 0.0 {
                raw / positive.sum
            } else {
                -least * raw / negative.sum
            }
        };
        let c_sigma = (mu_eff + 2.0) / (n + mu_eff + 5.0);
        let beyond = ((mu_eff - 1.0) / (n + 1.0)).max(0.0).sqrt() - 1.0;
        Self {
            population,
            weights: raw.iter().map(weight).collect(),
            mu_eff,
            c_sigma,
            d_sigma: 1.0 + 2.0 * beyond.max(0.0) + c_sigma,
            c_c: (4.0 + mu_eff / n) / (n + 4.0 + 2.0 * mu_eff / n),
            c_1,
            c_mu,
            chi: n.sqrt() * (1.0 - 1.0 / (4.0 * n) + 1.0 / (21.0 * n * n)),
        }
    }
}

/// The sum of weights, and how many equal ones would be as good.
struct Effective {
    sum: f64,
    count: f64,
}

fn effective<'a>(weights: impl Iterator<Item = &'a f64>) -> Effective {
    let (mut sum, mut squares) = (0.0, 0.0);
    for weight in weights {
        sum += weight;
        squares += weight * weight;
    }
    Effective {
        sum,
        count: sum * sum / squares,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positive_weights_add_up_to_one_and_the_covariance_stays_positive() {
        for dimensions in [0, 1, 2, 5, 10, 40, 200] {
            for factor in [1, 2, 16] {
                let rates = Rates::new(dimensions, factor * population(dimensions));
                let positive: f64 = rates.weights.iter().filter(|w| **w > 0.0).sum();
                assert!((positive - 1.0).abs() < 1e-12);
                assert!(rates.weights.is_sorted_by(|a, b| a >= b));
                assert!(
                    rates.c_1 > 0.0 && rates.c_mu > 0.0 && rates.c_1 + rates.c_mu < 1.0 + 1e-12
                );
                let all: f64 = rates.weights.iter().sum();
                let kept = 1.0 - rates.c_1 - rates.c_mu * all;
                assert!(kept >= -1e-12, "{dimensions} {factor} {kept}");
            }
        }
        assert_eq!(population(10), 10);
    }
}
