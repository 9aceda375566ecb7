//! Statements that are not the same for both databases, or that several methods share. Everything else stands where it is used, in the part
//! of SQL that SQLite and PostgreSQL agree on.

pub(super) mod postgres;
pub(super) mod sqlite;

/// The number of the last migration.
pub(super) const SCHEMA: &str = "SELECT max(version) FROM _sqlx_migrations WHERE success";

/// The names of all metrics of an experiment's trials, each found through the index after the one before.
pub(super) const METRIC_NAMES: &str = "\
WITH RECURSIVE names (name) AS (
    SELECT (SELECT min(name) FROM trial_values WHERE experiment_id = $1 AND kind = 'm')
     UNION ALL
    SELECT (SELECT min(name) FROM trial_values WHERE experiment_id = $1 AND kind = 'm' AND name > names.name)
      FROM names WHERE names.name IS NOT NULL)
SELECT name FROM names WHERE name IS NOT NULL";
