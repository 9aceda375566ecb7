//! Lists of trials: what can be asked, and whole answers. How the database finds them is in the folder `trial_pages`.

use super::trial_pages::Found;
use super::{ExperimentId, Store, StoreError, TrialRecord};
use crate::state::TrialState;
use tune_algorithms::space::Value;

/// Which trials, in which order. The default is all of them, by number.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrialQuery {
    /// In one of these states; empty for any.
    pub states: Vec<TrialState>,
    /// With all of these tags.
    pub tags: Vec<String>,
    /// For which all of these hold. One on something that a trial does not have does not hold.
    pub conditions: Vec<Condition>,
    /// Trials that do not have it come last in either direction; equal ones by number.
    pub sort: Option<Sort>,
    /// How many to leave out at the beginning.
    pub offset: u64,
    /// How many at most.
    pub limit: Option<u64>,
}

/// An order of trials.
#[derive(Clone, Debug, PartialEq)]
pub struct Sort {
    /// By what.
    pub field: Field,
    /// From large to small.
    pub descending: bool,
}

/// A comparison that a trial passes or not.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// What is compared.
    pub subject: Field,
    /// How.
    pub operator: Operator,
    /// With what. A parameter of another type than this is unequal, and neither smaller nor larger.
    pub value: Value,
}

/// A property of a trial.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// Its number.
    Number,
    /// Its objective.
    Objective,
    /// Its state, as a word.
    State,
    /// Seconds from its start to its end.
    Duration,
    /// When it started: compared with a time in RFC 3339.
    Started,
    /// The last value of a metric; NaN counts as absent.
    Metric(String),
    /// A parameter's value.
    Parameter(String),
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operator {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Less than.
    Lt,
    /// Less than or equal.
    Le,
    /// Greater than.
    Gt,
    /// Greater than or equal.
    Ge,
}

impl Operator {
    pub(super) fn sql(self) -> &'static str {
        match self {
            Self::Eq => " = ",
            Self::Ne => " <> ",
            Self::Lt => " < ",
            Self::Le => " <= ",
            Self::Gt => " > ",
            Self::Ge => " >= ",
        }
    }
}

impl Store {
    /// The trials that `query` asks for.
    ///
    /// # Errors
    /// [`StoreError::BadQuery`] when a value does not suit what it is compared with.
    pub async fn trials(
        &self,
        id: ExperimentId,
        query: &TrialQuery,
    ) -> Result<Vec<TrialRecord>, StoreError> {
        let end = query.offset.saturating_add(query.limit.unwrap_or(u64::MAX));
        let mut trials = Vec::new();
        let (mut passed, mut after) = (0, None);
        while passed < end {
            let limit = TOGETHER.min(end - passed);
            let part = self.part(id, query, after.as_ref(), limit).await?;
            after = part.last().map(Found::cursor);
            let is_last = (part.len() as u64) < limit;
            for found in part {
                if passed >= query.offset {
                    trials.push(found.trial);
                }
                passed += 1;
            }
            if is_last {
                break;
            }
        }
        Ok(trials)
    }
}

/// How many trials are read at once when a list is read to its end.
const TOGETHER: u64 = 5000;

#[cfg(test)]
mod tests {
    use super::super::Changes;
    use super::super::testing::{Kind, Place, at, commit, experiment, over_both, trial};
    use super::*;
    use indexmap::IndexMap;
    use tune_algorithms::space::Configuration;

    over_both! {
        trials_sort_by_a_metric_and_those_without_come_last,
        metrics_compare_as_numbers,
        parameters_compare_with_values_of_their_kind,
        any_name_can_be_asked_for,
        trials_are_filtered_by_state_number_objective_and_time,
        a_comparison_that_makes_no_sense_is_refused,
    }

    const NASTY: [&str; 8] = [
        "a\"b",
        "a'b",
        "a\\b",
        "$.a",
        "[0]",
        "100%",
        "x); DROP TABLE trials; --",
        "größe ☠ \u{1}",
    ];

    /// Trials 0, 1, 2 … with one metric and one parameter of that name; none for `None`.
    async fn trials_with(
        name: &str,
        metrics: &[Option<f64>],
        parameters: &[Option<Value>],
        kind: Kind,
    ) -> (Place, Store, ExperimentId) {
        let (place, store, id) = experiment(kind).await;
        let count = metrics.len().max(parameters.len());
        let trials = (0..count).map(|index| {
            let metric = metrics.get(index).copied().flatten();
            let parameter = parameters.get(index).cloned().flatten();
            TrialRecord {
                metrics: metric
                    .map(|value| (name.to_owned(), value))
                    .into_iter()
                    .collect(),
                parameters: parameter
                    .map(|value| (name.to_owned(), value))
                    .into_iter()
                    .collect(),
                ..trial(index as u64, TrialState::Queued)
            }
        });
        let changes = Changes {
            trials: trials.collect(),
            ..Changes::default()
        };
        commit(&store, id, changes).await.unwrap();
        (place, store, id)
    }

    async fn numbers(store: &Store, id: ExperimentId, query: &TrialQuery) -> Vec<u64> {
        let trials = store.trials(id, query).await.unwrap();
        trials.iter().map(|trial| trial.number).collect()
    }

    fn sorted(field: Field, descending: bool) -> TrialQuery {
        TrialQuery {
            sort: Some(Sort { field, descending }),
            ..TrialQuery::default()
        }
    }

    fn only(subject: Field, operator: Operator, value: Value) -> TrialQuery {
        let conditions = vec![Condition {
            subject,
            operator,
            value,
        }];
        TrialQuery {
            conditions,
            ..TrialQuery::default()
        }
    }

    async fn trials_sort_by_a_metric_and_those_without_come_last(kind: Kind) {
        let metrics = [
            Some(1.0),
            None,
            Some(f64::NEG_INFINITY),
            Some(f64::NAN),
            Some(f64::INFINITY),
            Some(1.0),
            Some(-2.5),
        ];
        let (_place, store, id) = trials_with("loss", &metrics, &[], kind).await;
        let field = Field::Metric("loss".to_owned());
        assert_eq!(
            numbers(&store, id, &sorted(field.clone(), false)).await,
            [2, 6, 0, 5, 4, 1, 3]
        );
        assert_eq!(
            numbers(&store, id, &sorted(field.clone(), true)).await,
            [4, 0, 5, 6, 2, 1, 3]
        );
        let page = TrialQuery {
            offset: 1,
            limit: Some(2),
            ..sorted(field, false)
        };
        assert_eq!(numbers(&store, id, &page).await, [6, 0]);
    }

    async fn metrics_compare_as_numbers(kind: Kind) {
        let metrics = [
            Some(1.0),
            None,
            Some(f64::NEG_INFINITY),
            Some(f64::NAN),
            Some(f64::INFINITY),
            Some(10.0),
        ];
        let (_place, store, id) = trials_with("loss", &metrics, &[], kind).await;
        for (operator, expected) in [
            (Operator::Eq, vec![0]),
            (Operator::Ne, vec![2, 4, 5]),
            (Operator::Lt, vec![2]),
            (Operator::Le, vec![0, 2]),
            (Operator::Gt, vec![4, 5]),
            (Operator::Ge, vec![0, 4, 5]),
        ] {
            let query = only(Field::Metric("loss".to_owned()), operator, Value::Int(1));
            assert_eq!(numbers(&store, id, &query).await, expected, "{operator:?}");
        }
    }

    async fn parameters_compare_with_values_of_their_kind(kind: Kind) {
        let text = |word: &str| Some(Value::Text(word.to_owned()));
        let values = [
            text("10"),
            Some(Value::Int(10)),
            Some(Value::Bool(true)),
            None,
            Some(Value::Float(10.0)),
            Some(Value::Int(1)),
            text("svm"),
        ];
        let (_place, store, id) = trials_with("x", &[], &values, kind).await;
        for (operator, value, expected) in [
            (Operator::Eq, Value::Int(10), vec![1, 4]),
            (Operator::Ne, Value::Int(10), vec![0, 2, 5, 6]),
            (Operator::Lt, Value::Float(10.5), vec![1, 4, 5]),
            (Operator::Eq, Value::Bool(true), vec![2]),
            (Operator::Ne, Value::Bool(true), vec![0, 1, 4, 5, 6]),
            (Operator::Eq, Value::Text("10".to_owned()), vec![0]),
            (
                Operator::Ne,
                Value::Text("svm".to_owned()),
                vec![0, 1, 2, 4, 5],
            ),
            (Operator::Gt, Value::Text("2".to_owned()), vec![6]),
        ] {
            let query = only(Field::Parameter("x".to_owned()), operator, value.clone());
            assert_eq!(
                numbers(&store, id, &query).await,
                expected,
                "{operator:?} {value:?}"
            );
        }
    }

    async fn any_name_can_be_asked_for(kind: Kind) {
        for name in NASTY {
            let (_place, store, id) = trials_with(
                name,
                &[Some(1.0), Some(2.0)],
                &[Some(Value::Int(2)), Some(Value::Int(1))],
                kind,
            )
            .await;
            let (metric, parameter) = (
                Field::Metric(name.to_owned()),
                Field::Parameter(name.to_owned()),
            );
            assert_eq!(
                numbers(&store, id, &sorted(metric.clone(), true)).await,
                [1, 0],
                "{name}"
            );
            assert_eq!(
                numbers(&store, id, &sorted(parameter.clone(), false)).await,
                [1, 0],
                "{name}"
            );
            assert_eq!(
                numbers(&store, id, &only(metric, Operator::Eq, Value::Int(2))).await,
                [1],
                "{name}"
            );
            assert_eq!(
                numbers(&store, id, &only(parameter, Operator::Eq, Value::Int(2))).await,
                [0],
                "{name}"
            );
            let other = Field::Metric(format!("{name}x"));
            assert!(
                numbers(&store, id, &only(other, Operator::Ne, Value::Int(0)))
                    .await
                    .is_empty(),
                "{name}"
            );
        }
    }

    async fn trials_are_filtered_by_state_number_objective_and_time(kind: Kind) {
        let (_place, store, id) = experiment(kind).await;
        let trials = vec![
            TrialRecord {
                objective: Some(0.5),
                started_at: Some(at(10)),
                finished_at: Some(at(12)),
                ..trial(0, TrialState::Succeeded)
            },
            TrialRecord {
                started_at: Some(at(20)),
                ..trial(1, TrialState::Running)
            },
            TrialRecord {
                started_at: Some(at(5)),
                finished_at: Some(at(15)),
                metrics: IndexMap::new(),
                parameters: Configuration::default(),
                ..trial(2, TrialState::Failed)
            },
        ];
        commit(
            &store,
            id,
            Changes {
                trials,
                ..Changes::default()
            },
        )
        .await
        .unwrap();
        let states = vec![TrialState::Running, TrialState::Failed];
        assert_eq!(
            numbers(
                &store,
                id,
                &TrialQuery {
                    states,
                    ..TrialQuery::default()
                }
            )
            .await,
            [1, 2]
        );
        let text = |word: String| Value::Text(word);
        for (query, expected) in [
            (
                only(Field::State, Operator::Ne, text("failed".to_owned())),
                vec![0, 1],
            ),
            (only(Field::Number, Operator::Ge, Value::Int(1)), vec![1, 2]),
            (
                only(Field::Objective, Operator::Ne, Value::Float(0.1)),
                vec![0],
            ),
            (
                only(Field::Duration, Operator::Lt, Value::Float(2.5)),
                vec![0],
            ),
            (only(Field::Duration, Operator::Eq, Value::Int(10)), vec![2]),
            (
                only(Field::Started, Operator::Gt, text(at(7).to_string())),
                vec![0, 1],
            ),
            (sorted(Field::Duration, true), vec![2, 0, 1]),
            (sorted(Field::Started, false), vec![2, 0, 1]),
            (sorted(Field::Number, true), vec![2, 1, 0]),
            (sorted(Field::State, false), vec![2, 1, 0]),
        ] {
            assert_eq!(numbers(&store, id, &query).await, expected, "{query:?}");
        }
    }

    async fn a_comparison_that_makes_no_sense_is_refused(kind: Kind) {
        let (_place, store, id) = experiment(kind).await;
        for (subject, value) in [
            (
                Field::Metric("loss".to_owned()),
                Value::Text("low".to_owned()),
            ),
            (Field::State, Value::Text("done".to_owned())),
            (Field::Started, Value::Text("yesterday".to_owned())),
            (Field::Number, Value::Bool(true)),
        ] {
            let refused = store.trials(id, &only(subject, Operator::Eq, value)).await;
            assert!(matches!(refused, Err(StoreError::BadQuery(_))));
        }
    }
}
