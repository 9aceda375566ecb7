//! Lists in pages, for readers that take one after the other while the lists grow; those of trials are in the folder `trial_pages`. And
//! what a service asks besides.

use super::cursor::Cursor;
use super::database::{Builder, Row, Statement};
use super::read::signed;
use super::rows::{self, Columns, metric_columns, select_experiments};
use super::submit::with_key;
use super::{
    ExperimentId, ExperimentRecord, ExperimentSummary, MetricRecord, Store, StoreError, connect,
    encode, open, room, sql,
};
use crate::state::ExperimentState;
use std::collections::HashSet;
use tokio::task::spawn_blocking;

/// Which experiments, newest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExperimentQuery {
    /// In one of these states; empty for any.
    pub states: Vec<ExperimentState>,
    /// With all of these tags.
    pub tags: Vec<String>,
    /// Where the last page ended.
    pub after: Option<String>,
    /// How many at most.
    pub limit: u32,
}

/// Part of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// In order.
    pub items: Vec<T>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<String>,
}

impl Store {
    /// A page of experiments, each with counts and best trial.
    ///
    /// # Errors
    /// [`StoreError::BadQuery`] for a cursor that no page gave.
    pub async fn experiments_page(
        &self,
        query: &ExperimentQuery,
    ) -> Result<Page<ExperimentSummary>, StoreError> {
        let list = ("experiments", &query.states, &query.tags);
        let before = match &query.after {
            Some(after) => Cursor::read(after, &list)?.number,
            None => i64::MAX,
        };
        let mut sql = Builder::new(select_experiments!("WHERE id < "));
        sql.bind(before);
        if !query.states.is_empty() {
            sql.push(" AND state")
                .one_of(query.states.iter().map(|state| state.as_str()));
        }
        for tag in &query.tags {
            sql.push(TAGGED).bind(&*encode::text(tag)).push(")");
        }
        sql.push(" ORDER BY id DESC LIMIT ").bind(query.limit);
        let experiments = self.all(sql.build(), rows::experiment).await?;
        let next = match experiments.last() {
            Some(last) if is_full(&experiments, query.limit) => {
                Some(Cursor::new(&list, None, last.id.0).write()?)
            }
            _ => None,
        };
        let items = self.summaries(experiments).await?;
        Ok(Page { items, next })
    }

    /// A page of what a trial reported, in the order of arrival: of all metrics, or of one.
    ///
    /// # Errors
    /// [`StoreError::BadQuery`] for a cursor that no page of this list gave.
    pub async fn metrics_page(
        &self,
        id: ExperimentId,
        trial: u64,
        name: Option<&str>,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page<MetricRecord>, StoreError> {
        let list = ("metrics", id, trial, name);
        let after = match after {
            Some(after) => Cursor::read(after, &list)?.number,
            None => -1,
        };
        let statement = Statement::new(METRICS_PAGE)
            .bind(id.0)
            .bind(signed(trial))
            .bind(name)
            .bind(after)
            .bind(limit);
        let read = |row: &Row| {
            let mut columns = Columns::of(row);
            Ok((rows::metric_of(&mut columns)?, columns.take()?))
        };
        let found: Vec<(MetricRecord, i64)> = self.all(statement, read).await?;
        let next = match found.last() {
            Some((_, seq)) if is_full(&found, limit) => {
                Some(Cursor::new(&list, None, *seq).write()?)
            }
            _ => None,
        };
        let items = found.into_iter().map(|(metric, _)| metric).collect();
        Ok(Page { items, next })
    }

    /// Experiments that want to be driven (`pending` or `running`) and that no process drives, oldest first.
    pub async fn abandoned(&self) -> Result<Vec<ExperimentRecord>, StoreError> {
        let open = select_experiments!("WHERE state IN ('pending', 'running') ORDER BY id");
        let mut open = self.all(Statement::new(open), rows::experiment).await?;
        if self.is_shared() {
            let driven = Statement::new(sql::postgres::DRIVEN).bind(self.inner.leases.holder());
            let driven = self.all(driven, |row| Columns::of(row).take()).await?;
            let driven: HashSet<i64> = driven.into_iter().collect();
            let leases = &self.inner.leases;
            open.retain(|experiment| {
                !driven.contains(&experiment.id.0) && !leases.is_ours(experiment.id)
            });
        } else {
            open.retain(|experiment| !self.is_locked(experiment.id));
        }
        Ok(open)
    }

    /// The experiment that was submitted with this mark.
    pub async fn experiment_by_key(
        &self,
        key: &str,
    ) -> Result<Option<ExperimentRecord>, StoreError> {
        with_key(&mut self.reader().await?.on(), key).await
    }

    /// The experiment with that id.
    pub async fn experiment_by_id(
        &self,
        id: ExperimentId,
    ) -> Result<Option<ExperimentRecord>, StoreError> {
        let statement = Statement::new(select_experiments!("WHERE id = $1")).bind(id.0);
        self.one(statement, rows::experiment).await
    }

    /// Whether the database answers, its schema is the one this program knows, and there is room for files. Room for the rows of a shared
    /// database is its own affair: it tells with the first write.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::DiskFull`], or what [`open`](Store::open) says about a schema.
    pub async fn ready(&self) -> Result<(), StoreError> {
        let known = match self.is_shared() {
            true => connect::known_schema(),
            false => open::known_schema(),
        };
        let found = self.one(Statement::new(sql::SCHEMA), |row| {
            Columns::of(row).take::<Option<i64>>()
        });
        match found.await?.flatten().unwrap_or(0) {
            found if found > known => Err(StoreError::NewerSchema { found, known }),
            found if found < known => Err(StoreError::OlderSchema { found, known }),
            _ => self.has_room().await,
        }
    }

    async fn has_room(&self) -> Result<(), StoreError> {
        if self.is_read_only() {
            return Ok(());
        }
        let (directory, may_be_new) = (self.root().to_owned(), self.is_shared());
        let looking = spawn_blocking(move || room::look(&directory, may_be_new)).await;
        looking.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
    }
}

/// The beginning of a condition that the tag and a bracket end.
const TAGGED: &str = " AND id IN (SELECT experiment_id FROM tags WHERE trial = -1 AND tag = ";

/// Nothing but a trial's own reports is read, however many the experiment has.
const METRICS_PAGE: &str = concat!(
    "SELECT ",
    metric_columns!(),
    ", seq FROM metrics WHERE experiment_id = $1 AND trial = $2 AND (name = $3 OR $3 IS NULL) AND seq > $4 ORDER BY seq LIMIT $5"
);

/// Whether more may follow.
fn is_full<T>(items: &[T], limit: u32) -> bool {
    !items.is_empty() && items.len() >= limit as usize
}

#[cfg(test)]
mod tests {
    use super::super::testing::{
        Kind, commit, experiment, metric, new_experiment, over_both, store, succeeded, trial,
    };
    use super::super::{Changes, NewExperiment, Request};
    use super::*;
    use crate::state::TrialState;

    over_both! {
        experiments_come_in_pages_newest_first,
        reports_come_in_pages_in_the_order_of_arrival,
        a_submission_is_found_by_its_mark,
        a_pause_can_be_withdrawn_and_nothing_else,
        a_store_is_ready,
    }

    async fn experiments_come_in_pages_newest_first(kind: Kind) {
        let (_place, store) = store(kind).await;
        for name in ["a", "b", "c"] {
            let id = store.create(new_experiment(name)).await.unwrap().id;
            let trials = vec![succeeded(0, 0, 0.5), trial(1, TrialState::Failed)];
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
        }
        let mut query = ExperimentQuery {
            limit: 2,
            ..ExperimentQuery::default()
        };
        let first = store.experiments_page(&query).await.unwrap();
        let names = |page: &Page<ExperimentSummary>| -> Vec<String> {
            page.items
                .iter()
                .map(|it| it.experiment.name.clone())
                .collect()
        };
        assert_eq!(names(&first), ["c", "b"]);
        assert_eq!(first.items[0].best, Some((0, 0.5)));
        assert_eq!(first.items[0].trials[&TrialState::Failed], 1);
        query.after = first.next;
        let last = store.experiments_page(&query).await.unwrap();
        assert_eq!((names(&last), &last.next), (vec!["a".to_owned()], &None));
        query.states = vec![ExperimentState::Running];
        assert!(matches!(
            store.experiments_page(&query).await,
            Err(StoreError::BadQuery(_))
        ));
        query.after = None;
        assert!(
            store
                .experiments_page(&query)
                .await
                .unwrap()
                .items
                .is_empty()
        );
    }

    async fn reports_come_in_pages_in_the_order_of_arrival(kind: Kind) {
        let (_place, store, id) = experiment(kind).await;
        let reports = [("b", 2.0), ("a", 0.0), ("b", 1.0), ("a", 1.0), ("b", 0.0)];
        let changes = Changes {
            trials: vec![trial(0, TrialState::Running), trial(1, TrialState::Running)],
            metrics: reports
                .iter()
                .map(|(name, level)| metric(0, name, *level, 0.5))
                .collect(),
            ..Changes::default()
        };
        commit(&store, id, changes).await.unwrap();
        for (name, expected) in [
            (None, &reports[..]),
            (Some("b"), &[reports[0], reports[2], reports[4]]),
        ] {
            let (mut found, mut after) = (Vec::new(), None);
            loop {
                let page = store
                    .metrics_page(id, 0, name, after.as_deref(), 2)
                    .await
                    .unwrap();
                found.extend(page.items.into_iter().map(|it| (it.name, it.level)));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            let expected: Vec<_> = expected
                .iter()
                .map(|(name, level)| ((*name).to_owned(), *level))
                .collect();
            assert_eq!(found, expected);
        }
        let of_other = store.metrics_page(id, 0, None, None, 2).await.unwrap().next;
        let refused = store
            .metrics_page(id, 1, None, of_other.as_deref(), 2)
            .await;
        assert!(matches!(refused, Err(StoreError::BadQuery(_))));
    }

    async fn a_submission_is_found_by_its_mark(kind: Kind) {
        let (place, store) = store(kind).await;
        let new = NewExperiment {
            key: Some("k".to_owned()),
            ..new_experiment("a")
        };
        let other = place.open().await;
        let (one, two) = tokio::join!(store.create(new.clone()), other.create(new.clone()));
        let created = one.unwrap();
        assert_eq!(two.unwrap(), created);
        assert_eq!(store.experiments().await.unwrap().len(), 1);
        assert_eq!(
            store.experiment_by_key("k").await.unwrap().as_ref(),
            Some(&created)
        );
        assert_eq!(
            store.experiment_by_id(created.id).await.unwrap(),
            Some(created)
        );
        assert_eq!(store.experiment_by_key("none").await.unwrap(), None);
        let unmarked = store.create(NewExperiment { key: None, ..new }).await;
        assert!(matches!(unmarked, Err(StoreError::NameTaken(_))));
    }

    async fn a_pause_can_be_withdrawn_and_nothing_else(kind: Kind) {
        let (_place, store, id) = experiment(kind).await;
        store.request(id, Request::Pause).await.unwrap();
        store.withdraw_pause(id).await.unwrap();
        assert_eq!(store.requested(id).await.unwrap(), None);
        store.request(id, Request::Cancel).await.unwrap();
        store.withdraw_pause(id).await.unwrap();
        assert_eq!(store.requested(id).await.unwrap(), Some(Request::Cancel));
    }

    async fn a_store_is_ready(kind: Kind) {
        let (_place, store) = store(kind).await;
        store.ready().await.unwrap();
    }
}
