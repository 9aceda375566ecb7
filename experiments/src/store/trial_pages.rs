//! Pages of trials that cost about the same however many trials there are. A page comes from an index, never from all trials: either the one
//! of what the list is sorted by, read from where the last page ended, or that of a condition which few trials meet. Parameters and metrics
//! have theirs in `trial_values`.

use super::cursor::{self, Cursor, Key};
use super::database::{Argument, Builder, Row, Statement};
use super::encode::{self, METRIC, PARAMETER, Sortable};
use super::read::signed;
use super::rows::{self, Columns, trial_columns};
use super::{
    Condition, ExperimentId, Field, Operator, Page, Store, StoreError, TrialQuery, TrialRecord,
};
use crate::state::TrialState;
use jiff::Timestamp;
use tune_algorithms::space::Value;

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
        let list = ("trials", id, &query.states, &query.conditions, &query.sort);
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

/// What a list is sorted by; by number at the end.
#[derive(Clone, Debug, PartialEq)]
enum Order {
    Number,
    Column(Column),
    Value { kind: &'static str, name: String },
}

/// A column of trials that has an index.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Column {
    Objective,
    State,
    Started,
    Duration,
}

/// Where a page ended.
struct Place {
    keys: Option<Vec<Argument>>,
    number: i64,
}

/// What a trial must pass.
#[derive(Clone, Debug, PartialEq)]
enum Test {
    Number(Operator, i64),
    Column(Column, Operator, Argument),
    States(Vec<TrialState>),
    Value {
        kind: &'static str,
        name: String,
        operator: Operator,
        value: Sortable,
    },
}

/// A query, understood.
struct List {
    id: ExperimentId,
    order: Order,
    descending: bool,
    tests: Vec<Test>,
    /// The test whose trials are gathered and sorted.
    few: Option<usize>,
    /// Whether all that pass a test are noted first, instead of being looked up one by one.
    is_noted: Vec<bool>,
}

impl Column {
    /// As a part of the row `row`; as it is in the index.
    fn of(self, row: &str) -> String {
        match self {
            Self::Objective => format!("{row}.objective"),
            Self::State => format!("{row}.state"),
            Self::Started => format!("{row}.started_at"),
            Self::Duration => format!("({row}.finished_at - {row}.started_at)"),
        }
    }
}

impl Order {
    fn new(field: &Field) -> Self {
        match field {
            Field::Number => Self::Number,
            Field::Objective => Self::Column(Column::Objective),
            Field::State => Self::Column(Column::State),
            Field::Duration => Self::Column(Column::Duration),
            Field::Started => Self::Column(Column::Started),
            Field::Metric(name) => Self::value(METRIC, name),
            Field::Parameter(name) => Self::value(PARAMETER, name),
        }
    }

    fn value(kind: &'static str, name: &str) -> Self {
        let name = encode::text(name).into_owned();
        Self::Value { kind, name }
    }

    fn may_be_absent(&self) -> bool {
        !matches!(self, Self::Number | Self::Column(Column::State))
    }

    /// The keys of the row `v`.
    fn keys(&self) -> Vec<String> {
        match self {
            Self::Number => Vec::new(),
            Self::Column(column) => vec![column.of("v")],
            Self::Value { .. } => ["v.rank", "v.number", "v.text"].map(str::to_owned).into(),
        }
    }

    /// Whether the rows are those of `trial_values`.
    fn is_of_values(&self, present: bool) -> bool {
        present && matches!(self, Self::Value { .. })
    }

    fn found(&self, row: &Row, present: bool) -> Result<Found, StoreError> {
        let mut columns = Columns::of(row);
        let trial = rows::trial_of(&mut columns)?;
        let keys = match (self, present) {
            (Self::Number, _) => Some(Vec::new()),
            (_, false) => None,
            (Self::Column(Column::Objective), true) => Some(vec![real(&mut columns)?]),
            (Self::Column(Column::State), true) => Some(vec![Key::Text(columns.take()?)]),
            (Self::Column(_), true) => Some(vec![Key::Int(columns.take()?)]),
            (Self::Value { .. }, true) => Some(vec![
                Key::Int(columns.take()?),
                real(&mut columns)?,
                Key::Text(columns.take()?),
            ]),
        };
        Ok(Found { trial, keys })
    }

    /// A place in this order, unless the cursor is of another.
    fn place(&self, cursor: &Cursor) -> Result<Place, StoreError> {
        let number = cursor.number;
        let keys = cursor.keys.as_deref();
        let keys = match (self, keys) {
            (Self::Number, Some([])) => Some(Vec::new()),
            (_, None) if self.may_be_absent() => None,
            (Self::Column(Column::Objective), Some([key @ Key::Real(_)]))
            | (Self::Column(Column::State), Some([key @ Key::Text(_)]))
            | (Self::Column(Column::Started | Column::Duration), Some([key @ Key::Int(_)])) => {
                Some(vec![argument(key)])
            }
            (Self::Value { .. }, Some(keys @ [Key::Int(_), Key::Real(_), Key::Text(_)])) => {
                Some(keys.iter().map(argument).collect())
            }
            _ => return Err(cursor::unknown()),
        };
        Ok(Place { keys, number })
    }
}

fn real(columns: &mut Columns<'_>) -> Result<Key, StoreError> {
    Ok(Key::Real(columns.take::<f64>()?.to_bits()))
}

fn argument(key: &Key) -> Argument {
    match key {
        Key::Int(value) => (*value).into(),
        Key::Real(bits) => f64::from_bits(*bits).into(),
        Key::Text(text) => text.clone().into(),
    }
}

impl Test {
    fn new(condition: &Condition) -> Result<Self, StoreError> {
        let Condition {
            subject,
            operator,
            value,
        } = condition;
        let operator = *operator;
        Ok(match (subject, value) {
            (Field::Parameter(name), value) => {
                Self::value(PARAMETER, name, operator, Sortable::of(value))
            }
            (Field::State, Value::Text(word)) => {
                let state: TrialState = word
                    .parse()
                    .map_err(|error| StoreError::BadQuery(format!("{error}")))?;
                Self::Column(Column::State, operator, state.as_str().into())
            }
            (Field::Started, Value::Text(time)) => {
                let time: Timestamp = time
                    .parse()
                    .map_err(|_| StoreError::BadQuery(format!("`{time}` is not a time")))?;
                Self::Column(Column::Started, operator, encode::micros(time).into())
            }
            (subject, Value::Int(_) | Value::Float(_)) => {
                Self::of_number(subject, operator, value)?
            }
            (subject, value) => return Err(senseless(subject, value)),
        })
    }

    fn of_number(subject: &Field, operator: Operator, value: &Value) -> Result<Self, StoreError> {
        let sortable = Sortable::of(value);
        Ok(match subject {
            Field::Number => {
                let (operator, number) = whole(operator, sortable.number);
                Self::Number(operator, number)
            }
            Field::Objective => Self::Column(Column::Objective, operator, sortable.number.into()),
            Field::Duration => {
                let (operator, micros) = whole(operator, micros(sortable.number));
                Self::Column(Column::Duration, operator, micros.into())
            }
            Field::Metric(name) => Self::value(METRIC, name, operator, sortable),
            _ => return Err(senseless(subject, value)),
        })
    }

    fn value(kind: &'static str, name: &str, operator: Operator, value: Sortable) -> Self {
        let name = encode::text(name).into_owned();
        Self::Value {
            kind,
            name,
            operator,
            value,
        }
    }

    /// Whether it is about what the list is sorted by.
    fn is_of(&self, order: &Order) -> bool {
        match (self, order) {
            (Self::Number(..), Order::Number) | (Self::States(_), Order::Column(Column::State)) => {
                true
            }
            (Self::Column(column, ..), Order::Column(other)) => column == other,
            (
                Self::Value { kind, name, .. },
                Order::Value {
                    kind: other_kind,
                    name: other,
                },
            ) => kind == other_kind && name == other,
            _ => false,
        }
    }

    /// What must hold of the row `row`, in a form that an index helps with.
    fn compare(&self, sql: &mut Builder, row: &str, number: &str) {
        match self {
            Self::Number(operator, value) => {
                sql.push(number).push(operator.sql()).bind(*value);
            }
            Self::Column(column, operator, value) => {
                sql.push(&column.of(row))
                    .push(operator.sql())
                    .bind(value.clone());
            }
            Self::States(states) => {
                sql.push(&Column::State.of(row));
                sql.one_of(states.iter().map(|state| state.as_str()));
            }
            Self::Value {
                operator, value, ..
            } => compare_value(sql, row, *operator, value),
        }
    }

    /// The trials that pass it, from its index.
    fn passed(&self, sql: &mut Builder, id: ExperimentId) {
        match self {
            Self::Value { kind, name, .. } => {
                sql.push("SELECT c.trial AS trial FROM trial_values AS c WHERE c.experiment_id = ");
                sql.bind(id.0).push(" AND c.kind = ").bind(*kind);
                sql.push(" AND c.name = ").bind(name.as_str());
            }
            _ => {
                sql.push("SELECT c.number AS trial FROM trials AS c WHERE c.experiment_id = ");
                sql.bind(id.0);
            }
        }
        sql.push(" AND ");
        self.compare(sql, "c", "c.number");
    }

    /// What must hold of the trial whose number is `number`, looked up by it.
    fn looked_up(&self, sql: &mut Builder, id: ExperimentId, number: &str) {
        sql.push("(SELECT ");
        self.compare(sql, "c", "c.number");
        match self {
            Self::Value { kind, name, .. } => {
                sql.push(" FROM trial_values AS c WHERE c.experiment_id = ")
                    .bind(id.0);
                sql.push(" AND c.kind = ").bind(*kind);
                sql.push(" AND c.name = ").bind(name.as_str());
                sql.push(" AND c.trial = ").push(number).push(")");
            }
            _ => {
                sql.push(" FROM trials AS c WHERE c.experiment_id = ")
                    .bind(id.0);
                sql.push(" AND c.number = ").push(number).push(")");
            }
        }
    }
}

/// Only values of the same kind are compared: those of others are unequal.
fn compare_value(sql: &mut Builder, row: &str, operator: Operator, value: &Sortable) {
    let is_text = value.rank == TEXT;
    let equal = |sql: &mut Builder| {
        sql.push(row).push(".rank = ").bind(value.rank);
        sql.push(" AND ")
            .push(row)
            .push(".number = ")
            .bind(value.number);
        sql.push(" AND ")
            .push(row)
            .push(".text = ")
            .bind(value.text.as_str());
    };
    match operator {
        Operator::Eq => equal(sql),
        Operator::Ne => {
            sql.push(row).push(".rank > 0 AND NOT (");
            equal(sql);
            sql.push(")");
        }
        _ if is_text => {
            sql.push(row).push(".rank = ").bind(value.rank);
            sql.push(" AND ").push(row).push(".number = 0.0 AND ");
            sql.push(row)
                .push(".text")
                .push(operator.sql())
                .bind(value.text.as_str());
        }
        _ => {
            sql.push(row).push(".rank = ").bind(value.rank);
            sql.push(" AND ").push(row).push(".number");
            sql.push(operator.sql()).bind(value.number);
        }
    }
}

/// The rank of texts among values.
const TEXT: i64 = 3;

impl List {
    fn new(id: ExperimentId, query: &TrialQuery) -> Result<Self, StoreError> {
        let mut tests = Vec::new();
        if !query.states.is_empty() {
            tests.push(Test::States(query.states.clone()));
        }
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
    fn may_be_absent(&self) -> bool {
        self.order.may_be_absent() && !self.tests.iter().any(|test| test.is_of(&self.order))
    }

    /// The tests that may be met by few.
    fn candidates(&self) -> impl Iterator<Item = usize> {
        let tests = self.tests.iter().enumerate();
        tests
            .filter(|(_, test)| !matches!(test, Test::Number(..)) && !test.is_of(&self.order))
            .map(|(index, _)| index)
    }

    /// How many trials pass each of the tests; beyond what is few, it does not matter.
    fn count(&self, tests: &[usize]) -> Statement {
        let mut sql = Builder::new("SELECT ");
        for (place, index) in tests.iter().enumerate() {
            sql.push(if place == 0 { "" } else { ", " });
            sql.push("(SELECT count(*) FROM (");
            self.tests[*index].passed(&mut sql, self.id);
            sql.push(" LIMIT ").bind(MANY + 1).push(") AS passed)");
        }
        sql.build()
    }

    /// The trials of a page, each with its keys. Only numbers and keys are sorted and cut: whole trials would be moved about for nothing.
    fn select(&self, present: bool, after: Option<&Place>, limit: u64) -> Statement {
        let keys = match present {
            true => self.order.keys(),
            false => Vec::new(),
        };
        let number = match self.order.is_of_values(present) {
            true => "v.trial",
            false => "v.number",
        };
        let mut sql = Builder::new("WITH page AS MATERIALIZED (SELECT ");
        sql.push(number).push(" AS page_number");
        for (index, key) in keys.iter().enumerate() {
            sql.push(", ").push(key).push(&format!(" AS key{index}"));
        }
        self.from(&mut sql, present, number, after.is_some());
        self.filter(&mut sql, present, number);
        self.after(&mut sql, &keys, number, after);
        self.order_by(&mut sql, &keys, number);
        sql.push(" LIMIT ").bind(signed(limit)).push(") SELECT ");
        sql.push(trial_columns!());
        let names: Vec<_> = (0..keys.len()).map(|index| format!("key{index}")).collect();
        for name in &names {
            sql.push(", ").push(name);
        }
        sql.push(" FROM page CROSS JOIN trials WHERE trials.experiment_id = ")
            .bind(self.id.0);
        sql.push(" AND trials.number = page_number");
        self.order_by(&mut sql, &names, "page_number");
        sql.build()
    }

    /// The rows `v`, those that the list is made of.
    fn from(&self, sql: &mut Builder, present: bool, number: &str, goes_on: bool) {
        sql.push(" FROM ");
        if let Some(few) = self.few {
            sql.push("(");
            self.tests[few].passed(sql, self.id);
            sql.push(") AS few CROSS JOIN ");
        }
        match self.order.is_of_values(present) {
            true => sql.push("trial_values AS v"),
            false => sql.push("trials AS v"),
        };
        sql.push(" WHERE v.experiment_id = ").bind(self.id.0);
        if self.few.is_some() {
            sql.push(" AND ").push(number).push(" = few.trial");
        }
        match &self.order {
            Order::Number => {}
            Order::Column(column) => {
                sql.push(" AND ").push(&column.of("v"));
                sql.push(if present { " IS NOT NULL" } else { " IS NULL" });
            }
            Order::Value { kind, name } if present => {
                sql.push(" AND v.kind = ").bind(*kind);
                sql.push(" AND v.name = ").bind(name.as_str());
                // Whatever comes after a place has a rank; to say so would hide the place from SQLite.
                if self.descending || !goes_on {
                    sql.push(" AND v.rank > 0");
                }
            }
            Order::Value { kind, name } => self.without(sql, kind, name),
        }
    }

    /// The rows `v` are trials without the value: few are looked up, all are compared with those that have it, if there are fewer of those.
    fn without(&self, sql: &mut Builder, kind: &'static str, name: &str) {
        let with = |sql: &mut Builder, what: &str| {
            sql.push("(SELECT ").push(what);
            sql.push(" FROM trial_values AS c WHERE c.experiment_id = ")
                .bind(self.id.0);
            sql.push(" AND c.kind = ").bind(kind);
            sql.push(" AND c.name = ").bind(name);
            sql.push(" AND c.rank > 0");
        };
        if self.few.is_some() {
            sql.push(" AND NOT EXISTS ");
            with(sql, "1");
            sql.push(" AND c.trial = v.number)");
        } else {
            sql.push(" AND (SELECT sum(trials) FROM trial_counts WHERE experiment_id = ");
            sql.bind(self.id.0).push(") > ");
            with(sql, "count(*)");
            sql.push(") AND v.number NOT IN ");
            with(sql, "c.trial");
            sql.push(")");
        }
    }

    /// An index is used for what the list is sorted by; the other tests must not tempt the database to use theirs.
    fn filter(&self, sql: &mut Builder, present: bool, number: &str) {
        let of_values = self.order.is_of_values(present);
        for (index, test) in self.tests.iter().enumerate() {
            if self.few == Some(index) {
                continue;
            }
            sql.push(" AND ");
            let is_in_row = match test {
                Test::Number(..) => true,
                Test::Value { .. } => of_values && test.is_of(&self.order),
                _ => !of_values,
            };
            if test.is_of(&self.order) && is_in_row {
                test.compare(sql, "v", number);
            } else if is_in_row {
                sql.push("CASE WHEN ");
                test.compare(sql, "v", number);
                sql.push(" THEN true ELSE false END");
            } else if self.is_noted[index] && self.few.is_none() {
                sql.push("CASE WHEN ").push(number).push(" IN (");
                test.passed(sql, self.id);
                sql.push(") THEN true ELSE false END");
            } else {
                test.looked_up(sql, self.id, number);
            }
        }
    }

    /// Only what comes after the place. From large to small, what is equal to it still goes by number.
    fn after(&self, sql: &mut Builder, keys: &[String], number: &str, after: Option<&Place>) {
        let Some(place) = after else { return };
        let bound = place.keys.as_deref().unwrap_or_default();
        let descends = self.descending && (!keys.is_empty() || self.order == Order::Number);
        if keys.is_empty() {
            sql.push(" AND ")
                .push(number)
                .push(if descends { " < " } else { " > " });
            sql.bind(place.number);
        } else if !descends {
            sql.push(" AND (")
                .push(&keys.join(", "))
                .push(", ")
                .push(number)
                .push(") > (");
            bind_all(sql, bound).push(", ").bind(place.number).push(")");
        } else {
            let keys = keys.join(", ");
            sql.push(" AND (").push(&keys).push(") <= (");
            bind_all(sql, bound)
                .push(") AND NOT ((")
                .push(&keys)
                .push(") = (");
            bind_all(sql, bound)
                .push(") AND ")
                .push(number)
                .push(" <= ");
            sql.bind(place.number).push(")");
        }
    }

    fn order_by(&self, sql: &mut Builder, keys: &[String], number: &str) {
        sql.push(" ORDER BY ");
        let direction = if self.descending { " DESC" } else { "" };
        for key in keys {
            sql.push(key).push(direction).push(", ");
        }
        sql.push(number);
        if self.order == Order::Number {
            sql.push(direction);
        }
    }
}

fn bind_all<'b>(sql: &'b mut Builder, values: &[Argument]) -> &'b mut Builder {
    for (index, value) in values.iter().enumerate() {
        sql.push(if index == 0 { "" } else { ", " })
            .bind(value.clone());
    }
    sql
}

/// A comparison of whole numbers that says the same as one with `bound`.
fn whole(operator: Operator, bound: f64) -> (Operator, i64) {
    #[expect(clippy::cast_possible_truncation, reason = "saturates")]
    let (below, above) = (bound.floor() as i64, bound.ceil() as i64);
    match operator {
        Operator::Lt | Operator::Ge => (operator, above),
        Operator::Gt | Operator::Le => (operator, below),
        // No number is the smallest of all.
        Operator::Eq | Operator::Ne if below != above => (operator, i64::MIN),
        Operator::Eq | Operator::Ne => (operator, below),
    }
}

/// Seconds in microseconds; what is one but for rounding is one.
fn micros(seconds: f64) -> f64 {
    let micros = seconds * 1e6;
    let rounded = micros.round();
    if (micros - rounded).abs() < 1e-3 {
        rounded
    } else {
        micros
    }
}

fn senseless(subject: &Field, value: &Value) -> StoreError {
    let subject = match subject {
        Field::Number => "the trial's number".to_owned(),
        Field::Objective => "the objective".to_owned(),
        Field::State => "the state".to_owned(),
        Field::Duration => "the duration".to_owned(),
        Field::Started => "the start".to_owned(),
        Field::Metric(name) => format!("metric `{name}`"),
        Field::Parameter(name) => format!("parameter `{name}`"),
    };
    StoreError::BadQuery(format!("{subject} cannot be compared with `{value}`"))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{
        Kind, Place as StorePlace, at, commit, experiment, over_both, trial,
    };
    use super::super::{Changes, Sort};
    use super::*;
    use tune_algorithms::space::Configuration;

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
}
