//! Metrics of predicted classes and their probabilities.

use ndarray::Array2;
use serde_json::{Map, Value as Json, json};

use super::Scores;
use crate::data::sorted_classes;

/// Truth and predictions of the same rows, over all classes that either of them knows.
pub(crate) struct Classified {
    classes: Vec<String>,
    truth: Vec<usize>,
    predicted: Vec<usize>,
    /// rows × classes; zero for a class that the model has never seen
    probabilities: Array2<f64>,
    /// `confusion[truth][predicted]`
    confusion: Vec<Vec<usize>>,
}

/// Counts of one class against all others.
struct Counts {
    hits: usize,
    actual: usize,
    predicted: usize,
}

impl Classified {
    pub(crate) fn new(
        labels: &[usize],
        label_classes: &[String],
        model_classes: &[String],
        model_probabilities: &Array2<f64>,
    ) -> Self {
        let used = labels.iter().map(|&label| label_classes[label].as_str());
        let classes = sorted_classes(used.chain(model_classes.iter().map(String::as_str)));
        let position = |class: &String| classes.iter().position(|c| c == class);
        let of_label: Vec<_> = label_classes.iter().map(position).collect();
        let truth: Vec<usize> = labels.iter().filter_map(|&label| of_label[label]).collect();

        let mut probabilities = Array2::zeros((labels.len(), classes.len()));
        for (from, class) in model_classes.iter().enumerate() {
            if let Some(to) = position(class) {
                let column = model_probabilities.column(from);
                probabilities.column_mut(to).assign(&column);
            }
        }
        let predicted: Vec<usize> = probabilities
            .outer_iter()
            .map(|row| most_likely(row.iter().copied()))
            .collect();
        let mut confusion = vec![vec![0; classes.len()]; classes.len()];
        for (&truth, &predicted) in truth.iter().zip(&predicted) {
            confusion[truth][predicted] += 1;
        }
        Self {
            classes,
            truth,
            predicted,
            probabilities,
            confusion,
        }
    }

    pub(crate) fn scores(&self) -> Scores {
        let counts: Vec<Counts> = (0..self.classes.len()).map(|c| self.counts(c)).collect();
        // Classes that neither occur nor are predicted do not count, nor do absent ones in the balanced accuracy.
        let seen: Vec<&Counts> = counts
            .iter()
            .filter(|c| c.actual + c.predicted > 0)
            .collect();
        let present: Vec<&Counts> = counts.iter().filter(|c| c.actual > 0).collect();
        let metrics = vec![
            ("accuracy", self.accuracy()),
            (
                "balanced_accuracy",
                mean(present.iter().map(|c| c.recall())),
            ),
            ("precision", mean(seen.iter().map(|c| c.precision()))),
            ("recall", mean(seen.iter().map(|c| c.recall()))),
            ("f1", mean(seen.iter().map(|c| c.f1()))),
            ("log_loss", self.log_loss()),
            ("roc_auc", self.roc_auc()),
        ];
        Scores {
            metrics,
            details: self.details(&counts),
        }
    }

    fn details(&self, counts: &[Counts]) -> Map<String, Json> {
        let of_class = |(class, counts): (&String, &Counts)| {
            let figures = json!({
                "precision": counts.precision(),
                "recall": counts.recall(),
                "f1": counts.f1(),
                "rows": counts.actual,
            });
            (class.clone(), figures)
        };
        let per_class: Map<String, Json> = self.classes.iter().zip(counts).map(of_class).collect();
        let confusion = json!({ "classes": self.classes, "rows_by_truth": self.confusion });
        Map::from_iter([
            ("rows".to_owned(), json!(self.truth.len())),
            ("classes".to_owned(), Json::Object(per_class)),
            ("confusion_matrix".to_owned(), confusion),
        ])
    }

    fn counts(&self, class: usize) -> Counts {
        Counts {
            hits: self.confusion[class][class],
            actual: self.confusion[class].iter().sum(),
            predicted: self.confusion.iter().map(|row| row[class]).sum(),
        }
    }

    fn accuracy(&self) -> f64 {
        let pairs = self.truth.iter().zip(&self.predicted);
        ratio(
            pairs
                .filter(|(truth, predicted)| truth == predicted)
                .count(),
            self.truth.len(),
        )
    }

    /// Mean of −ln of the probability given to the true class, clipped to [ε, 1 − ε] with the machine's ε.
    fn log_loss(&self) -> f64 {
        let rows = self.truth.iter().zip(self.probabilities.outer_iter());
        let losses = rows.map(|(&truth, probabilities)| {
            let clipped = probabilities[truth].clamp(f64::EPSILON, 1.0 - f64::EPSILON);
            -clipped.ln()
        });
        mean(losses)
    }

    /// Mean area under the curve of each class against the rest. Classes that no row or every row has are left out; if
    /// none remains the area is undefined.
    fn roc_auc(&self) -> f64 {
        mean((0..self.classes.len()).filter_map(|class| self.area(class)))
    }

    /// The chance that a random row of the class has a higher probability for it than a random other row, by the rank
    /// sum (Mann–Whitney); ties count half.
    fn area(&self, class: usize) -> Option<f64> {
        let probabilities = self.probabilities.column(class);
        let mut order: Vec<usize> = (0..self.truth.len()).collect();
        order.sort_by(|&a, &b| probabilities[a].total_cmp(&probabilities[b]));
        let mut rank_sum = 0.0;
        let mut ranked = 0;
        for ties in order.chunk_by(|&a, &b| probabilities[a] == probabilities[b]) {
            let mean_rank = ranked as f64 + (ties.len() + 1) as f64 / 2.0;
            let members = ties.iter().filter(|&&row| self.truth[row] == class).count();
            rank_sum += mean_rank * members as f64;
            ranked += ties.len();
        }
        let inside = self.truth.iter().filter(|&&truth| truth == class).count();
        let outside = self.truth.len() - inside;
        if inside == 0 || outside == 0 {
            return None;
        }
        let least = (inside * (inside + 1)) as f64 / 2.0;
        Some((rank_sum - least) / (inside as f64 * outside as f64))
    }
}

impl Counts {
    fn precision(&self) -> f64 {
        ratio(self.hits, self.predicted)
    }

    fn recall(&self) -> f64 {
        ratio(self.hits, self.actual)
    }

    fn f1(&self) -> f64 {
        ratio(2 * self.hits, self.actual + self.predicted)
    }
}

/// Zero where there is nothing to divide by.
fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

/// Not a number for no values.
fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    sum / count
}

/// The position of the greatest, the first of equals.
pub(super) fn most_likely(probabilities: impl Iterator<Item = f64>) -> usize {
    let mut best = (0, f64::NEG_INFINITY);
    for (class, probability) in probabilities.enumerate() {
        if probability > best.1 {
            best = (class, probability);
        }
    }
    best.0
}
