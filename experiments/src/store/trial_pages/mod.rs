//! Pages of trials that cost about the same however many trials there are. A page comes from an index, never from all trials: either the
//! one of what the list is sorted by, read from where the last page ended, or that of a condition which few trials meet. Parameters and
//! metrics have theirs in `trial_values`.

mod list;
mod order;
mod select;
mod test;
#[cfg(test)]
mod tests;

use super::cursor::{Cursor, Key};
use super::read::signed;
use super::rows::Columns;
use super::{ExperimentId, Page, Store, StoreError, TrialQuery, TrialRecord};
use list::List;
use order::Place;

/// So many trials are few: sorting them costs less than looking for them in the order of the list.
const FEW: i64 = 4_000;
/// So many are many: looking each up until a page is full costs less than noting them all.
const MANY: i64 = 40_000;
/// The size of a page when nobody says.
const PAGE: u64 = 100;

impl Store {
    /// A page of what `query` asks for (its `offset` is not used). Costs about the same however many trials there are, and however
    /// far along the list the page is; trials that are added meanwhile appear at most once.
    ///
    /// # Errors
    /// [`StoreError::BadQuery`] for a cursor that no page of this query gave, or a value that does not suit what it is compared with.
    pub async fn trials_page(
        &self,
        id: ExperimentId,
        query: &TrialQuery,
        after: Option<&str>,
    ) -> Result<Page<TrialRecord>, StoreError> {
        let (states, tags) = (&query.states, &query.tags);
        let list = ("trials", id, states, tags, &query.conditions, &query.sort);
        let after = after.map(|it| Cursor::read(it, &list)).transpose()?;
        let limit = query.limit.unwrap_or(PAGE);
        let found = self.part(id, query, after.as_ref(), limit).await?;
        let next = match found.last() {
            Some(last) if found.len() as u64 >= limit => {
                let number = signed(last.trial.number);
                Some(Cursor::new(&list, last.keys.clone(), number).write()?)
            }
            _ => None,
        };
        let items = found.into_iter().map(|found| found.trial).collect();
        Ok(Page { items, next })
    }

    /// At most `limit` trials of the list after a place in it.
    pub(super) async fn part(
        &self,
        id: ExperimentId,
        query: &TrialQuery,
        after: Option<&Cursor>,
        limit: u64,
    ) -> Result<Vec<Found>, StoreError> {
        let mut list = List::new(id, query)?;
        let place = after.map(|it| list.order.place(it)).transpose()?;
        self.estimate(&mut list).await?;
        let with_keys = !matches!(place, Some(Place { keys: None, .. }));
        let mut found = Vec::new();
        if with_keys {
            found = self.read_part(&list, true, place.as_ref(), limit).await?;
        }
        let left = limit.saturating_sub(found.len() as u64);
        if left > 0 && list.may_be_absent() {
            let place = place.filter(|_| !with_keys);
            found.extend(self.read_part(&list, false, place.as_ref(), left).await?);
        }
        Ok(found)
    }

    async fn read_part(
        &self,
        list: &List,
        present: bool,
        after: Option<&Place>,
        limit: u64,
    ) -> Result<Vec<Found>, StoreError> {
        let statement = list.select(present, after, limit);
        self.all(statement, |row| list.order.found(row, present))
            .await
    }

    /// How many trials pass each test, as far as it matters. A test on what the list is sorted by is met by the order itself.
    async fn estimate(&self, list: &mut List) -> Result<(), StoreError> {
        let candidates: Vec<_> = list.candidates().collect();
        if candidates.is_empty() {
            return Ok(());
        }
        let counts = self.one(list.count(&candidates), |row| {
            let mut columns = Columns::of(row);
            let counts = candidates.iter().map(|_| columns.take::<i64>());
            counts.collect::<Result<Vec<_>, _>>()
        });
        let counts = counts.await?.unwrap_or_default();
        let counted = candidates.into_iter().zip(counts);
        for (index, count) in counted.clone() {
            list.is_noted[index] = count <= MANY;
        }
        let fewest = counted.min_by_key(|(_, count)| *count);
        list.few = fewest.and_then(|(index, count)| (count <= FEW).then_some(index));
        Ok(())
    }
}

/// A trial of a list, with what it is sorted by.
pub(super) struct Found {
    pub trial: TrialRecord,
    keys: Option<Vec<Key>>,
}

impl Found {
    /// Its place in the list, for those who read on.
    pub fn cursor(&self) -> Cursor {
        Cursor::new(&"", self.keys.clone(), signed(self.trial.number))
    }
}
