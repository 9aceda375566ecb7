//! The statements of a list: how many trials pass a test, and those of a page.

use super::MANY;
use super::list::List;
use super::order::{Column, Order, Place};
use super::test::Test;
use crate::store::database::{Argument, Builder, Statement};
use crate::store::encode::Sortable;
use crate::store::read::signed;
use crate::store::rows::trial_columns;
use crate::store::{ExperimentId, Operator};

impl List {
    /// How many trials pass each of the tests; beyond what is few, it does not matter.
    pub(super) fn count(&self, tests: &[usize]) -> Statement {
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
    pub(super) fn select(&self, present: bool, after: Option<&Place>, limit: u64) -> Statement {
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
                Test::Tag(_) => false,
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

impl Test {
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
            Self::Tag(tag) => {
                sql.push(row).push(".tag = ").bind(tag.as_str());
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
            Self::Tag(_) => {
                sql.push("SELECT c.trial AS trial FROM tags AS c WHERE c.experiment_id = ");
                sql.bind(id.0);
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
        if let Self::Tag(tag) = self {
            sql.push("EXISTS (SELECT 1 FROM tags AS c WHERE c.experiment_id = ")
                .bind(id.0);
            sql.push(" AND c.trial = ").push(number);
            sql.push(" AND c.tag = ").bind(tag.as_str()).push(")");
            return;
        }
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

fn bind_all<'b>(sql: &'b mut Builder, values: &[Argument]) -> &'b mut Builder {
    for (index, value) in values.iter().enumerate() {
        sql.push(if index == 0 { "" } else { ", " })
            .bind(value.clone());
    }
    sql
}
