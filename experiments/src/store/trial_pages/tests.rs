//! Pages put together are the whole list, and cost what they should.

use super::test::whole;
use super::*;
use crate::state::TrialState;
use crate::store::testing::{Kind, Place as StorePlace, at, commit, experiment, over_both, trial};
use crate::store::{Changes, Condition, Field, Operator, Sort};
use tune_algorithms::space::{Configuration, Value};

over_both! {
    pages_put_together_are_the_whole_list,
    a_page_is_of_what_was_there_when_others_are_added,
    a_cursor_of_another_list_is_refused,
}

/// Trials in which every field has equal values, absent ones, and several types of values.
async fn many(kind: Kind) -> (StorePlace, Store, ExperimentId) {
    let (place, store, id) = experiment(kind).await;
    let trials = (0..40).map(|number: u64| {
        let state = TrialState::ALL[number as usize % TrialState::ALL.len()];
        let seconds = number as i64 % 7;
        let reported =
            [f64::NAN, f64::NEG_INFINITY, -1.5, 0.0, 2.5, f64::INFINITY][number as usize % 6];
        let parameters = [
            Value::Bool(number.is_multiple_of(3)),
            Value::Int(number as i64 % 4),
            Value::Float(0.5),
            Value::Text(format!("t{}", number % 2)),
        ];
        let parameter = (!number.is_multiple_of(5))
            .then(|| ("p".to_owned(), parameters[number as usize % 4].clone()));
        TrialRecord {
            objective: (!number.is_multiple_of(4)).then_some((number % 3) as f64),
            started_at: (!number.is_multiple_of(6)).then_some(at(seconds)),
            finished_at: (!number.is_multiple_of(3)).then_some(at(seconds + number as i64 % 5)),
            metrics: (!number.is_multiple_of(7))
                .then(|| ("m".to_owned(), reported))
                .into_iter()
                .collect(),
            parameters: Configuration::from_iter(parameter),
            ..trial(number, state)
        }
    });
    let trials = trials.collect();
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
    (place, store, id)
}

fn fields() -> Vec<Field> {
    let (metric, parameter) = (
        Field::Metric("m".to_owned()),
        Field::Parameter("p".to_owned()),
    );
    let absent = Field::Metric("none".to_owned());
    vec![
        Field::Number,
        Field::Objective,
        Field::State,
        Field::Duration,
        Field::Started,
        metric,
        parameter,
        absent,
    ]
}

fn filters() -> Vec<(Vec<TrialState>, Vec<Condition>)> {
    let condition = |subject, operator, value| Condition {
        subject,
        operator,
        value,
    };
    let metric = || Field::Metric("m".to_owned());
    let parameter = || Field::Parameter("p".to_owned());
    vec![
        (Vec::new(), Vec::new()),
        (vec![TrialState::Succeeded, TrialState::Queued], Vec::new()),
        (
            Vec::new(),
            vec![condition(metric(), Operator::Ge, Value::Int(0))],
        ),
        (
            Vec::new(),
            vec![
                condition(parameter(), Operator::Ne, Value::Int(1)),
                condition(Field::Objective, Operator::Gt, Value::Float(0.5)),
            ],
        ),
        (
            vec![TrialState::EarlyStopped],
            vec![
                condition(Field::Number, Operator::Le, Value::Float(30.5)),
                condition(parameter(), Operator::Eq, Value::Text("t1".to_owned())),
            ],
        ),
    ]
}

async fn pages(store: &Store, id: ExperimentId, query: &TrialQuery) -> Vec<u64> {
    let mut numbers = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page = store
            .trials_page(id, query, after.as_deref())
            .await
            .unwrap();
        numbers.extend(page.items.iter().map(|trial| trial.number));
        after = page.next;
        if after.is_none() {
            return numbers;
        }
    }
}

async fn pages_put_together_are_the_whole_list(kind: Kind) {
    let (_place, store, id) = many(kind).await;
    for (states, conditions) in filters() {
        let all = TrialQuery {
            states,
            conditions,
            ..TrialQuery::default()
        };
        let mut expected: Vec<_> = store
            .trials(id, &all)
            .await
            .unwrap()
            .iter()
            .map(|it| it.number)
            .collect();
        assert!(expected.is_sorted() && !expected.is_empty());
        for field in fields() {
            for descending in [false, true] {
                let sort = Some(Sort {
                    field: field.clone(),
                    descending,
                });
                let whole = TrialQuery {
                    sort,
                    ..all.clone()
                };
                let list: Vec<_> = store
                    .trials(id, &whole)
                    .await
                    .unwrap()
                    .iter()
                    .map(|it| it.number)
                    .collect();
                for limit in [3, 7] {
                    let query = TrialQuery {
                        limit: Some(limit),
                        ..whole.clone()
                    };
                    assert_eq!(pages(&store, id, &query).await, list, "{query:?}");
                }
                let mut sorted = list;
                sorted.sort_unstable();
                expected.sort_unstable();
                assert_eq!(sorted, expected, "{whole:?}");
            }
        }
    }
}

async fn a_page_is_of_what_was_there_when_others_are_added(kind: Kind) {
    let (_place, store, id) = many(kind).await;
    let sort = Some(Sort {
        field: Field::Metric("m".to_owned()),
        descending: true,
    });
    let query = TrialQuery {
        sort,
        limit: Some(5),
        ..TrialQuery::default()
    };
    let first = store.trials_page(id, &query, None).await.unwrap();
    let metrics = [("m".to_owned(), f64::INFINITY)].into_iter().collect();
    let trials = vec![TrialRecord {
        metrics,
        ..trial(99, TrialState::Running)
    }];
    let rest = async |after: Option<String>| {
        let query = TrialQuery {
            limit: Some(100),
            ..query.clone()
        };
        store
            .trials_page(id, &query, after.as_deref())
            .await
            .unwrap()
    };
    let before = rest(first.next.clone()).await;
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
    let mut after: Vec<_> = rest(first.next)
        .await
        .items
        .iter()
        .map(|it| it.number)
        .collect();
    after.retain(|number| *number != 99);
    assert_eq!(
        after,
        before.items.iter().map(|it| it.number).collect::<Vec<_>>()
    );
}

async fn a_cursor_of_another_list_is_refused(kind: Kind) {
    let (_place, store, id) = many(kind).await;
    let of = |field: Field| TrialQuery {
        sort: Some(Sort {
            field,
            descending: false,
        }),
        limit: Some(2),
        ..TrialQuery::default()
    };
    let cursor = store
        .trials_page(id, &of(Field::Objective), None)
        .await
        .unwrap()
        .next;
    for (query, cursor) in [
        (of(Field::Started), cursor.as_deref()),
        (of(Field::Objective), Some("7b7d")),
        (of(Field::Objective), Some("; DROP TABLE trials")),
    ] {
        let refused = store.trials_page(id, &query, cursor).await;
        assert!(
            matches!(refused, Err(StoreError::BadQuery(_))),
            "{query:?} {cursor:?}"
        );
    }
}

#[test]
fn whole_numbers_compare_with_a_fraction_as_it_compares() {
    for bound in [-1.5, -1.0, 0.0, 0.25, 2.0, 1e300] {
        for number in [-2i64, -1, 0, 1, 2, 3] {
            for (operator, holds) in [
                (Operator::Eq, number as f64 == bound),
                (Operator::Ne, number as f64 != bound),
                (Operator::Lt, (number as f64) < bound),
                (Operator::Le, number as f64 <= bound),
                (Operator::Gt, number as f64 > bound),
                (Operator::Ge, number as f64 >= bound),
            ] {
                let (operator, whole) = whole(operator, bound);
                let found = match operator {
                    Operator::Eq => number == whole,
                    Operator::Ne => number != whole,
                    Operator::Lt => number < whole,
                    Operator::Le => number <= whole,
                    Operator::Gt => number > whole,
                    Operator::Ge => number >= whole,
                };
                assert_eq!(found, holds, "{number} {operator:?} {bound}");
            }
        }
    }
}
