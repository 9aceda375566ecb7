//! A query, understood: the order of the list, and what its trials must pass.

use super::order::Order;
use super::test::Test;
use crate::store::encode;
use crate::store::{ExperimentId, StoreError, TrialQuery};

/// A query, understood.
pub(super) struct List {
    pub(super) id: ExperimentId,
    pub(super) order: Order,
    pub(super) descending: bool,
    pub(super) tests: Vec<Test>,
    /// The test whose trials are gathered and sorted.
    pub(super) few: Option<usize>,
    /// Whether all that pass a test are noted first, instead of being looked up one by one.
    pub(super) is_noted: Vec<bool>,
}

impl List {
    pub(super) fn new(id: ExperimentId, query: &TrialQuery) -> Result<Self, StoreError> {
        let mut tests = Vec::new();
        if !query.states.is_empty() {
            tests.push(Test::States(query.states.clone()));
        }
        let tags = query.tags.iter();
        tests.extend(tags.map(|tag| Test::Tag(encode::text(tag).into_owned())));
        for condition in &query.conditions {
            tests.push(Test::new(condition)?);
        }
        let sort = query.sort.as_ref();
        Ok(Self {
            id,
            order: sort.map_or(Order::Number, |sort| Order::new(&sort.field)),
            descending: sort.is_some_and(|sort| sort.descending),
            is_noted: vec![false; tests.len()],
            tests,
            few: None,
        })
    }

    /// Whether there may be trials without what the list is sorted by. One that a test needs is there.
    pub(super) fn may_be_absent(&self) -> bool {
        self.order.may_be_absent() && !self.tests.iter().any(|test| test.is_of(&self.order))
    }

    /// The tests that may be met by few.
    pub(super) fn candidates(&self) -> impl Iterator<Item = usize> {
        let tests = self.tests.iter().enumerate();
        tests
            .filter(|(_, test)| !matches!(test, Test::Number(..)) && !test.is_of(&self.order))
            .map(|(index, _)| index)
    }
}
