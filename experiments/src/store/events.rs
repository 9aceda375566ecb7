//! Events, read by who follows along: after the last number that it has seen. In PostgreSQL an event may be committed after one with a larger
//! number, by another experiment's driver: a reader of all events must not pass over it.

use super::database::{Database, Statement, Transaction};
use super::rows::{self, Columns};
use super::{ExperimentId, Store, StoreError, StoredEvent, sql};

impl Store {
    /// At most `limit` events after the one with the number `seq`, in order: of one experiment, or of all. Whoever goes on after the last of
    /// them sees every event once.
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
