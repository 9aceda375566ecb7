//! Statements that are written differently for other databases, or shared. Everything else stands where it is used, in the part of
//! SQL that SQLite and PostgreSQL agree on.

/// Whether the store has been migrated at all.
pub(super) const COUNT_MIGRATION_TABLES: &str =
    "SELECT count(*) FROM sqlite_schema WHERE name = '_sqlx_migrations'";

/// The number of the last migration.
pub(super) const SCHEMA: &str = "SELECT max(version) FROM _sqlx_migrations WHERE success";

/// Waits for other writers at the beginning of a transaction instead of failing in its middle.
pub(super) const BEGIN: &str = "BEGIN IMMEDIATE";

/// Ends a transaction that a failed [`COMMIT_CHANGES`] left open.
pub(super) const ROLLBACK: &str = "ROLLBACK";

/// A whole [`Changes`](super::Changes) in one go: every statement that is sent by itself costs more than it does.
///
/// `$1` experiment, `$2`–`$6` its update (`$2` NULL: none); then lists of rows as JSON: `$7` trials, `$8` step runs, `$9` metrics,
/// `$11` events; `$10` is the place in the order of arrival before the first metric. Reals come as numbers, or as text when infinite.
pub(super) const COMMIT_CHANGES: &str = "\
BEGIN IMMEDIATE;

UPDATE experiments
   SET state = $2, reason = $3, started_at = $4, finished_at = $5, active_seconds = $6,
       request = CASE WHEN $2 IN ('succeeded', 'failed', 'cancelled') THEN NULL ELSE request END
 WHERE id = $1 AND $2 IS NOT NULL;

INSERT INTO trials (experiment_id, number, state, reason, explanation, parameters, metrics, objective, created_at, started_at,
                    finished_at, finished_order)
SELECT $1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value -> 4, value -> 5, value ->> 6, value ->> 7, value ->> 8,
       value ->> 9, value ->> 10
  FROM json_each($7) WHERE true
    ON CONFLICT (experiment_id, number) DO UPDATE
   SET state = excluded.state, reason = excluded.reason, explanation = excluded.explanation, parameters = excluded.parameters,
       metrics = excluded.metrics, objective = excluded.objective, created_at = excluded.created_at,
       started_at = excluded.started_at, finished_at = excluded.finished_at, finished_order = excluded.finished_order;

INSERT INTO step_runs (experiment_id, trial, step, state, explanation, attempt, failures, exit_code, started_at, finished_at, step_values,
                       artifacts)
SELECT $1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8, value -> 9,
       value -> 10
  FROM json_each($8) WHERE true
    ON CONFLICT (experiment_id, trial, step) DO UPDATE
   SET state = excluded.state, explanation = excluded.explanation, attempt = excluded.attempt, failures = excluded.failures, exit_code = excluded.exit_code,
       started_at = excluded.started_at, finished_at = excluded.finished_at, step_values = excluded.step_values,
       artifacts = excluded.artifacts;

INSERT INTO metrics (experiment_id, trial, step, name, level, value, at, seq)
SELECT $1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, $10 + key
  FROM json_each($9) WHERE true
    ON CONFLICT (experiment_id, trial, step, name, level) DO UPDATE
   SET value = excluded.value, at = excluded.at, seq = excluded.seq;

INSERT INTO events (experiment_id, at, kind, trial, step, data)
SELECT $1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value -> 4
  FROM json_each($11);

COMMIT;";
