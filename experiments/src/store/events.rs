//! Events, read by who follows along: after the last number that it has seen. In PostgreSQL an event may be committed after one with a
//! larger number, by another experiment's driver: a reader of all events must not pass over it.

use super::database::{Statement, Transaction};
use super::rows::{self, Columns};
use super::{ExperimentId, Store, StoreError, StoredEvent, sql};

impl Store {
    /// At most `limit` events after the one with the number `seq`, in order: of one experiment, or of all. Whoever goes on after the last
    /// of them sees every event once.
    pub async fn events_after(
        &self,
        id: Option<ExperimentId>,
        seq: i64,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let statement = match id {
            Some(id) => Statement::new(events_after!("AND experiment_id = $3"))
                .bind(seq)
                .bind(limit)
                .bind(id.0),
            None => Statement::new(events_after!("")).bind(seq).bind(limit),
        };
        let events = self.all(statement.clone(), rows::event).await?;
        let whole = without_gap(&events, seq);
        if id.is_some() || !self.is_shared() || whole == events.len() {
            return Ok(events);
        }
        match self.numbered_until().await? {
            // What has been committed by now is all there will be up to that number.
            Some(last) => {
                let mut events = self.all(statement, rows::event).await?;
                events.retain(|event| event.seq <= last);
                Ok(events)
            }
            None => Ok(events.into_iter().take(whole).collect()),
        }
    }

    /// The number of the experiment's last event; 0 before the first.
    pub async fn last_event(&self, id: ExperimentId) -> Result<i64, StoreError> {
        let statement =
            Statement::new("SELECT coalesce(max(seq), 0) FROM events WHERE experiment_id = $1");
        let last = self.one(statement.bind(id.0), |row| Columns::of(row).take());
        Ok(last.await?.unwrap_or(0))
    }

    /// Whether the limits of the experiment have been changed since it entered its state.
    pub async fn has_new_limits(&self, id: ExperimentId) -> Result<bool, StoreError> {
        let last = Statement::new(
            "SELECT kind FROM events WHERE experiment_id = $1 AND kind IN ('experiment', 'limits') ORDER BY seq DESC LIMIT 1",
        );
        let last = self.one(last.bind(id.0), |row| Columns::of(row).take::<String>());
        Ok(last.await?.is_some_and(|kind| kind == "limits"))
    }

    /// The largest number of an event of any experiment; 0 before the first.
    pub async fn last_of_all_events(&self) -> Result<i64, StoreError> {
        let statement = Statement::new("SELECT coalesce(max(seq), 0) FROM events");
        let last = self.one(statement, |row| Columns::of(row).take());
        Ok(last.await?.unwrap_or(0))
    }

    /// A number up to which every event has been committed or never will be. None when somebody has an event on its way for too long.
    async fn numbered_until(&self) -> Result<Option<i64>, StoreError> {
        let mut writer = self.writer().await?;
        let mut transaction = writer.begin().await?;
        let tried = Statement::new(sql::postgres::TRY_EVENTS);
        let tried = transaction.on().one(tried).await?;
        let at_once = tried.is_some_and(|row| row.get(0).unwrap_or(false));
        if !at_once && !wait_for_events(&mut transaction).await? {
            return Ok(None);
        }
        let last = Statement::new(sql::postgres::LAST_NUMBER);
        let last = transaction.on().one(last).await?;
        transaction.commit().await?;
        last.map(|row| Columns::of(&row).take()).transpose()
    }
}

/// False when it would take too long.
async fn wait_for_events(transaction: &mut Transaction<'_>) -> Result<bool, StoreError> {
    let shortly = Statement::new(sql::postgres::WAIT_SHORTLY);
    transaction.on().execute(shortly).await?;
    let wait = Statement::new(sql::postgres::WAIT_FOR_EVENTS);
    match transaction.on().one(wait).await.map_err(StoreError::from) {
        Ok(_) => Ok(true),
        Err(StoreError::Busy) => Ok(false),
        Err(error) => Err(error),
    }
}

/// How many of the events follow `seq` and one another without a gap: nothing can be missing among them.
fn without_gap(events: &[StoredEvent], seq: i64) -> usize {
    let numbers = events.iter().map(|event| event.seq);
    let expected = seq.saturating_add(1)..;
    numbers.zip(expected).take_while(|(a, b)| a == b).count()
}

macro_rules! events_after {
    ($of:literal) => {
        concat!(
            "SELECT seq, name, at, kind, trial, step, data FROM events JOIN experiments ON experiments.id = experiment_id ",
            "WHERE seq > $1 ",
            $of,
            " ORDER BY seq LIMIT $2"
        )
    };
}
use events_after;

#[cfg(test)]
mod tests {
    use super::super::testing::{Kind, new_experiment, over_both, store, trial_event};
    use super::super::{Changes, EventKind};
    use super::*;
    use crate::state::TrialState;
    use std::collections::HashMap;

    over_both! {
        a_reader_of_all_events_misses_none_while_many_write,
        the_last_event_of_all_is_that_of_whichever_experiment,
    }

    const WRITERS: u64 = 4;
    const COMMITS: u64 = 30;

    async fn the_last_event_of_all_is_that_of_whichever_experiment(kind: Kind) {
        let (_place, store) = store(kind).await;
        assert_eq!(store.last_of_all_events().await.unwrap(), 0);
        store.create(new_experiment("a")).await.unwrap();
        let id = store.create(new_experiment("b")).await.unwrap().id;
        let last = store.last_event(id).await.unwrap();
        assert_eq!(store.last_of_all_events().await.unwrap(), last);
    }

    async fn write(store: Store, name: String) {
        let id = store.create(new_experiment(&name)).await.unwrap().id;
        let driver = store.lock(id, None).await.unwrap();
        for number in 0..COMMITS {
            let events = vec![trial_event(number, TrialState::Queued); 2];
            store
                .commit(
                    id,
                    Changes {
                        events,
                        ..Changes::default()
                    },
                )
                .await
                .unwrap();
        }
        driver.release().await.unwrap();
    }

    async fn a_reader_of_all_events_misses_none_while_many_write(kind: Kind) {
        let (place, store) = store(kind).await;
        let mut writers = tokio::task::JoinSet::new();
        for number in 0..WRITERS {
            writers.spawn(write(place.open().await, format!("e{number}")));
        }
        let expected = WRITERS * (1 + 2 * COMMITS);
        let (mut seen, mut cursor) = (HashMap::<String, Vec<u64>>::new(), 0);
        let mut count = 0;
        while count < expected {
            let events = store.events_after(None, cursor, 7).await.unwrap();
            for event in events {
                assert!(event.seq > cursor);
                cursor = event.seq;
                count += 1;
                if event.kind == EventKind::Trial {
                    seen.entry(event.experiment)
                        .or_default()
                        .extend(event.trial);
                }
            }
            if let Some(written) = writers.try_join_next() {
                written.unwrap();
            }
            tokio::task::yield_now().await;
        }
        let each: Vec<_> = (0..COMMITS).flat_map(|number| [number, number]).collect();
        assert!(seen.values().all(|numbers| *numbers == each));
        assert!(
            store
                .events_after(None, cursor, 7)
                .await
                .unwrap()
                .is_empty()
        );
    }

    #[tokio::test]
    async fn an_event_that_is_committed_late_holds_back_those_after_it() {
        let (place, store) = store(Kind::Postgres).await;
        let created = store.create(new_experiment("a")).await.unwrap();
        let first = store.last_event(created.id).await.unwrap();
        let other = place.open().await;
        let late = store.create(new_experiment("late")).await.unwrap().id;
        let cursor = store.last_event(late).await.unwrap();
        let mut writer = other.writer().await.unwrap();
        let mut transaction = writer.begin().await.unwrap();
        let event = Statement::new(sql::postgres::ADD_EVENT);
        let event = event
            .bind(late.0)
            .bind(0i64)
            .bind("limits")
            .bind(None::<i64>)
            .bind("{}");
        transaction.on().one(event).await.unwrap();
        store
            .change_limits(created.id, created.created_at, |document| {
                Ok::<_, StoreError>((document, serde_json::json!({})))
            })
            .await
            .unwrap();
        assert!(
            store
                .events_after(None, cursor, 7)
                .await
                .unwrap()
                .is_empty()
        );
        assert_eq!(
            store
                .events_after(Some(created.id), first, 7)
                .await
                .unwrap()
                .len(),
            1
        );
        transaction.commit().await.unwrap();
        let events = store.events_after(None, cursor, 7).await.unwrap();
        assert_eq!(
            events
                .iter()
                .map(|it| it.experiment.as_str())
                .collect::<Vec<_>>(),
            ["late", "a"]
        );
    }

    #[tokio::test]
    async fn a_number_that_was_never_committed_holds_nobody_back() {
        let (_place, store) = store(Kind::Postgres).await;
        let id = store.create(new_experiment("a")).await.unwrap().id;
        let cursor = store.last_event(id).await.unwrap();
        let mut writer = store.writer().await.unwrap();
        let mut transaction = writer.begin().await.unwrap();
        let event = Statement::new(sql::postgres::ADD_EVENT);
        let event = event
            .bind(id.0)
            .bind(0i64)
            .bind("limits")
            .bind(None::<i64>)
            .bind("{}");
        transaction.on().one(event).await.unwrap();
        drop(transaction);
        drop(writer);
        store.create(new_experiment("b")).await.unwrap();
        assert_eq!(store.events_after(None, cursor, 7).await.unwrap().len(), 1);
    }
}
