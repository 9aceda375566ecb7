//! What people write about experiments and trials: tags and notes. Nothing of a search depends on them: whoever writes needs no lease.

use super::database::{Builder, Connection, Statement, Transaction};
use super::rows::Columns;
use super::submit::{add_event, hold};
use super::{EventKind, ExperimentId, Store, StoreError, encode};
use crate::notes::Notes;
use jiff::Timestamp;
use serde_json::json;
use std::collections::HashMap;

/// What stands for the experiment itself where a trial has its number.
const EXPERIMENT: i64 = -1;

const TAGS: &str = "SELECT tag FROM tags WHERE experiment_id = $1 AND trial = $2 ORDER BY tag";
const NOTE: &str = "SELECT note FROM notes WHERE experiment_id = $1 AND trial = $2";
const CLEAR_TAGS: &str = "DELETE FROM tags WHERE experiment_id = $1 AND trial = $2";
const CLEAR_NOTE: &str = "DELETE FROM notes WHERE experiment_id = $1 AND trial = $2";
const ADD_TAG: &str = "INSERT INTO tags (experiment_id, trial, tag) VALUES ($1, $2, $3)";
const ADD_NOTE: &str = "INSERT INTO notes (experiment_id, trial, note) VALUES ($1, $2, $3)";

impl Store {
    /// What was written about a trial, or about the experiment itself.
    pub async fn notes(&self, id: ExperimentId, trial: Option<u64>) -> Result<Notes, StoreError> {
        read(&mut self.reader().await?.on(), id, place(trial)).await
    }

    /// The tags of the experiment itself.
    pub(super) async fn tags(&self, id: ExperimentId) -> Result<Vec<String>, StoreError> {
        let tags = Statement::new(TAGS).bind(id.0).bind(EXPERIMENT);
        self.all(tags, |row| Columns::of(row).take()).await
    }

    /// The tags of these trials; those without one are absent.
    pub async fn tags_of(
        &self,
        id: ExperimentId,
        trials: impl IntoIterator<Item = u64>,
    ) -> Result<HashMap<u64, Vec<String>>, StoreError> {
        let mut query = Builder::new("SELECT trial, tag FROM tags WHERE experiment_id = ");
        // Never a trial: there may be none.
        query.bind(id.0).push(" AND trial IN (-2");
        for trial in trials {
            query.push(", ").bind(super::read::signed(trial));
        }
        query.push(") ORDER BY trial, tag");
        let found = self.all(query.build(), |row| {
            let mut columns = Columns::of(row);
            Ok((columns.count()?, columns.take()?))
        });
        let mut tags: HashMap<u64, Vec<String>> = HashMap::new();
        for (trial, tag) in found.await? {
            tags.entry(trial).or_default().push(tag);
        }
        Ok(tags)
    }

    /// Changes what is written, with an event that tells of it; what came of it. Nobody else changes it meanwhile. A change that changes
    /// nothing is no event.
    ///
    /// # Errors
    /// [`StoreError::NoSuchExperiment`]; those of `change`: nothing has changed then.
    pub async fn change_notes<E: From<StoreError>>(
        &self,
        id: ExperimentId,
        trial: Option<u64>,
        at: Timestamp,
        change: impl FnOnce(Notes) -> Result<Notes, E>,
    ) -> Result<Notes, E> {
        let mut writer = self.writer().await?;
        let mut transaction = writer.begin().await?;
        hold(&mut transaction, id).await?;
        let exists = Statement::new("SELECT id FROM experiments WHERE id = $1").bind(id.0);
        let exists = transaction.on().one(exists).await;
        if exists.map_err(StoreError::from)?.is_none() {
            return Err(StoreError::NoSuchExperiment(id).into());
        }
        let before = read(&mut transaction.on(), id, place(trial)).await?;
        let mut after = change(before.clone())?;
        after.note = encode::text(&after.note).into_owned();
        if after != before {
            write(&mut transaction, id, place(trial), &after).await?;
            // Not the note itself: it may be long, events are kept for ever, and who listens can ask for it.
            let data = json!({ "tags": after.tags, "noted": !after.note.is_empty() });
            let kind = EventKind::Notes;
            add_event(&mut transaction, id, at, kind, trial, &data).await?;
            transaction.commit().await?;
        }
        Ok(after)
    }
}

/// The tags that a new experiment brings.
pub(super) async fn begin(
    transaction: &mut Transaction<'_>,
    id: ExperimentId,
    tags: &[String],
) -> Result<(), StoreError> {
    let notes = Notes {
        tags: tags.to_vec(),
        note: String::new(),
    };
    match tags {
        [] => Ok(()),
        _ => write(transaction, id, EXPERIMENT, &notes).await,
    }
}

fn place(trial: Option<u64>) -> i64 {
    trial.map_or(EXPERIMENT, super::read::signed)
}

async fn read(
    connection: &mut Connection<'_>,
    id: ExperimentId,
    place: i64,
) -> Result<Notes, StoreError> {
    let tags = Statement::new(TAGS).bind(id.0).bind(place);
    let tags = connection.all(tags, text).await?;
    let note = Statement::new(NOTE).bind(id.0).bind(place);
    let note = connection.one(note).await?;
    Ok(Notes {
        tags: tags.into_iter().collect(),
        note: note.as_ref().map(text).transpose()?.unwrap_or_default(),
    })
}

fn text(row: &super::database::Row) -> Result<String, StoreError> {
    Columns::of(row).take()
}

async fn write(
    transaction: &mut Transaction<'_>,
    id: ExperimentId,
    place: i64,
    notes: &Notes,
) -> Result<(), StoreError> {
    for clear in [CLEAR_TAGS, CLEAR_NOTE] {
        let clear = Statement::new(clear).bind(id.0).bind(place);
        transaction.on().execute(clear).await?;
    }
    let tags = notes.tags.iter().map(|tag| (ADD_TAG, tag));
    let note = Some((ADD_NOTE, &notes.note)).filter(|_| !notes.note.is_empty());
    for (add, text) in tags.chain(note) {
        let add = Statement::new(add).bind(id.0).bind(place);
        let add = add.bind(text.as_str());
        transaction.on().execute(add).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{
        Kind, at, commit, experiment, new_experiment, over_both, store, succeeded,
    };
    use super::super::{
        Changes, ExperimentQuery, Field, NewExperiment, Sort, StoredEvent, TrialQuery,
    };
    use super::*;
    use crate::notes::NotesPatch;

    over_both! {
        what_is_written_comes_back_with_an_event,
        a_trial_has_notes_of_its_own,
        nothing_changes_without_a_reason,
        changes_at_once_all_count,
        experiments_are_found_by_their_tags,
        trials_are_found_by_their_tags,
        notes_go_with_their_experiment,
    }

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    async fn add(store: &Store, id: ExperimentId, trial: Option<u64>, tags: &[&str]) -> Notes {
        let patch = NotesPatch {
            add: words(tags),
            ..NotesPatch::default()
        };
        let change = |notes: Notes| Ok::<_, StoreError>(notes.changed(&patch).unwrap());
        store.change_notes(id, trial, at(1), change).await.unwrap()
    }

    async fn events(store: &Store, id: ExperimentId) -> Vec<StoredEvent> {
        store.events_after(Some(id), 0, 100).await.unwrap()
    }

    async fn what_is_written_comes_back_with_an_event(kind: Kind) {
        let (place, store, id) = experiment(kind).await;
        let notes = Notes {
            tags: words(&["a", "b"]),
            note: "what \u{1F600} \"people\" write\n".to_owned(),
        };
        let given = notes.clone();
        let written = store
            .change_notes(id, None, at(5), |_| Ok::<_, StoreError>(given))
            .await;
        assert_eq!(written.unwrap(), notes);
        assert_eq!(place.open().await.notes(id, None).await.unwrap(), notes);
        let last = events(&store, id).await.pop().unwrap();
        assert_eq!(
            (last.kind, last.at, last.trial, last.data),
            (
                EventKind::Notes,
                at(5),
                None,
                json!({ "tags": ["a", "b"], "noted": true })
            )
        );
    }

    async fn a_trial_has_notes_of_its_own(kind: Kind) {
        let (_place, store, id) = experiment(kind).await;
        add(&store, id, None, &["whole"]).await;
        add(&store, id, Some(0), &["zero"]).await;
        add(&store, id, Some(1), &["one"]).await;
        let tags = |trial| store.notes(id, trial);
        assert_eq!(tags(None).await.unwrap().tags, ["whole"]);
        assert_eq!(tags(Some(0)).await.unwrap().tags, ["zero"]);
        assert_eq!(tags(Some(7)).await.unwrap(), Notes::default());
        assert_eq!(events(&store, id).await.pop().unwrap().trial, Some(1));
    }

    async fn nothing_changes_without_a_reason(kind: Kind) {
        let (_place, store, id) = experiment(kind).await;
        add(&store, id, None, &["a"]).await;
        let before = events(&store, id).await;
        add(&store, id, None, &["a"]).await;
        let refuse = |_| Err(StoreError::Busy);
        let refused = store.change_notes(id, None, at(2), refuse).await;
        assert!(matches!(refused, Err(StoreError::Busy)));
        assert_eq!(events(&store, id).await, before);
        let nowhere = ExperimentId(id.0 + 1);
        let change = |notes| Ok::<_, StoreError>(notes);
        let refused = store.change_notes(nowhere, None, at(2), change).await;
        assert!(matches!(refused, Err(StoreError::NoSuchExperiment(_))));
    }

    async fn changes_at_once_all_count(kind: Kind) {
        let (place, store, id) = experiment(kind).await;
        let other = place.open().await;
        tokio::join!(
            add(&store, id, None, &["a"]),
            add(&other, id, None, &["b"]),
            add(&store, id, None, &["c"]),
            add(&other, id, None, &["d"]),
        );
        let notes = store.notes(id, None).await.unwrap();
        assert_eq!(notes.tags, ["a", "b", "c", "d"]);
    }

    async fn experiments_are_found_by_their_tags(kind: Kind) {
        let (_place, store) = store(kind).await;
        for (name, tags) in [("one", &["a"][..]), ("two", &["a", "b"]), ("three", &[])] {
            let new = NewExperiment {
                tags: words(tags),
                ..new_experiment(name)
            };
            let id = store.create(new).await.unwrap().id;
            // A trial's tags are not those of its experiment.
            add(&store, id, Some(0), &["c"]).await;
        }
        for (tags, expected) in [
            (&["a"][..], &["two", "one"][..]),
            (&["a", "b"], &["two"]),
            (&["c"], &[]),
            (&[], &["three", "two", "one"]),
        ] {
            let query = ExperimentQuery {
                tags: words(tags),
                limit: 10,
                ..ExperimentQuery::default()
            };
            let page = store.experiments_page(&query).await.unwrap();
            let names = page.items.iter().map(|it| it.experiment.name.as_str());
            assert_eq!(names.collect::<Vec<_>>(), expected);
            for it in page.items {
                let whole = store.notes(it.experiment.id, None).await.unwrap();
                assert_eq!(it.tags, whole.tags);
            }
        }
    }

    async fn trials_are_found_by_their_tags(kind: Kind) {
        let (_place, store, id) = experiment(kind).await;
        let trials = (0..5).map(|number| succeeded(number, number, number as f64));
        let changes = Changes {
            trials: trials.collect(),
            ..Changes::default()
        };
        commit(&store, id, changes).await.unwrap();
        add(&store, id, None, &["a"]).await;
        add(&store, id, Some(1), &["a"]).await;
        add(&store, id, Some(3), &["a", "b"]).await;
        let by_accuracy = Sort {
            field: Field::Metric("accuracy".to_owned()),
            descending: true,
        };
        for (tags, sort, expected) in [
            (&["a"][..], None, &[1, 3][..]),
            (&["a"], Some(by_accuracy), &[3, 1]),
            (&["a", "b"], None, &[3]),
            (&["c"], None, &[]),
        ] {
            let query = TrialQuery {
                tags: words(tags),
                sort,
                ..TrialQuery::default()
            };
            let page = store.trials_page(id, &query, None).await.unwrap();
            let numbers = page.items.iter().map(|trial| trial.number);
            assert_eq!(numbers.collect::<Vec<_>>(), expected);
        }
        let found = store.tags_of(id, [0, 1, 3]).await.unwrap();
        assert_eq!(
            found,
            HashMap::from([(1, words(&["a"])), (3, words(&["a", "b"]))])
        );
        assert_eq!(store.tags_of(id, []).await.unwrap(), HashMap::new());
    }

    async fn notes_go_with_their_experiment(kind: Kind) {
        let (_place, store, id) = experiment(kind).await;
        add(&store, id, None, &["a"]).await;
        add(&store, id, Some(0), &["b"]).await;
        store.delete(id).await.unwrap();
        for trial in [None, Some(0)] {
            assert_eq!(store.notes(id, trial).await.unwrap(), Notes::default());
        }
    }
}
