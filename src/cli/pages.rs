//! Trials in pages: an experiment may have more of them than fit into memory at once.

use super::backend::Backend;
use anyhow::Result;
use tune_algorithms::space::Value;
use tune_experiments::store::{
    Condition, ExperimentRecord, Field, Operator, TrialQuery, TrialRecord,
};

/// Trials that are read at once.
const PAGE: u64 = 2000;

/// Calls `each` for every trial of the experiment, by number.
pub async fn each_trial(
    backend: &Backend,
    record: &ExperimentRecord,
    mut each: impl FnMut(TrialRecord) -> Result<()>,
) -> Result<()> {
    let mut pages = Pages::new(backend, record);
    while let Some(page) = pages.next().await? {
        page.into_iter().try_for_each(&mut each)?;
    }
    Ok(())
}

/// Reads the trials of an experiment by number, page by page.
pub struct Pages<'a> {
    backend: &'a Backend,
    record: &'a ExperimentRecord,
    from: i64,
}

impl<'a> Pages<'a> {
    /// From the first trial on.
    pub fn new(backend: &'a Backend, record: &'a ExperimentRecord) -> Self {
        Self {
            backend,
            record,
            from: 0,
        }
    }

    /// The next page; `None` after the last.
    pub async fn next(&mut self) -> Result<Option<Vec<TrialRecord>>> {
        let query = TrialQuery {
            conditions: vec![Condition {
                subject: Field::Number,
                operator: Operator::Ge,
                value: Value::Int(self.from),
            }],
            limit: Some(PAGE),
            ..TrialQuery::default()
        };
        let page = self.backend.trials(self.record, &query).await?;
        let Some(last) = page.last() else {
            return Ok(None);
        };
        self.from = i64::try_from(last.number)? + 1;
        Ok(Some(page))
    }
}
