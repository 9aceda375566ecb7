//! SQLite's own statements.

/// Waits for other writers at the beginning of a transaction instead of failing in its middle.
pub(in super::super) const BEGIN: &str = "BEGIN IMMEDIATE";

/// Whether the store has been migrated at all.
pub(in super::super) const COUNT_MIGRATION_TABLES: &str =
    "SELECT count(*) FROM sqlite_schema WHERE name = '_sqlx_migrations'";

/// A whole [`Changes`](super::super::Changes) as one statement: every statement that is sent by itself costs more than it does, and one
/// alone is atomic whatever becomes of the caller. `$1` experiment, `$2`–`$6` its update (`$2` NULL: none); then lists of rows as
/// JSON: `$7` trials, `$8` the values of their parameters and metrics, `$9` step runs, `$10` metrics, `$12` events; `$11` is the place of
/// the first metric in the order of arrival.
pub(in super::super) const COMMIT_CHANGES: &str = "\
INSERT INTO changes (experiment_id, state, reason, started_at, finished_at, active_seconds, trials, trial_values, step_runs, metrics,
                     first_seq, events)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
RETURNING (SELECT max(seq) FROM events WHERE experiment_id = $1)";

/// A real of a row, in the forms in which the encoder writes it.
macro_rules! real {
    ($column:literal) => {
        concat!(
            "CASE json_type(value, '$[",
            $column,
            "]') WHEN 'array' THEN ",
            "(value ->> '$[",
            $column,
            "][0]') * (value ->> '$[",
            $column,
            "][1]') * (value ->> '$[",
            $column,
            "][1]') * ",
            "(value ->> '$[",
            $column,
            "][1]') * (value ->> '$[",
            $column,
            "][1]') ELSE value ->> ",
            $column,
            " END"
        )
    };
}

/// `$1` experiment, `$2` the trials of another one that it starts from, as a list of rows.
pub(in super::super) const ADD_PRIOR: &str = concat!(
    "INSERT INTO prior_trials (experiment_id, place, parameters, objective, early_stopped) ",
    "SELECT $1, value ->> 0, value -> 1, ",
    real!("2"),
    ", value ->> 3 FROM jsonb_each($2)"
);

/// The trials of `$1` numbered from `$2` to before `$3` as one row: see [`blocks`](super::super::blocks). A real beyond `1e±30` would not
/// come back to the last bit from its text and is left to [`EXTREME_OBJECTIVES`].
pub(in super::super) const BLOCK: &str = "\
SELECT group_concat(number), group_concat(state),
       group_concat(CASE WHEN objective IS NULL THEN ''
                         WHEN objective = 0 OR abs(objective) BETWEEN 1e-30 AND 1e30 THEN format('%!.17g', objective)
                         ELSE '?' END),
       '[' || group_concat(parameters) || ']', group_concat(enqueued), group_concat(coalesce(finished_order, '')),
       group_concat(coalesce(started_at, '')), group_concat(coalesce(finished_at, ''))
  FROM (SELECT * FROM trials WHERE experiment_id = $1 AND number >= $2 AND number < $3 ORDER BY number)";

/// The objectives for which [`BLOCK`] has a `?`.
pub(in super::super) const EXTREME_OBJECTIVES: &str = "\
SELECT objective FROM trials
 WHERE experiment_id = $1 AND number >= $2 AND number < $3 AND objective <> 0 AND NOT abs(objective) BETWEEN 1e-30 AND 1e30
 ORDER BY number";

/// What [`COMMIT_CHANGES`] stands for, told to the connection that writes.
pub(in super::super) const PREPARE_TO_COMMIT: &str = concat!(
    "\
CREATE TEMP VIEW changes AS
SELECT NULL AS experiment_id, NULL AS state, NULL AS reason, NULL AS started_at, NULL AS finished_at, NULL AS active_seconds,
       NULL AS trials, NULL AS trial_values, NULL AS step_runs, NULL AS metrics, NULL AS first_seq, NULL AS events;

CREATE TEMP TRIGGER write_changes INSTEAD OF INSERT ON changes BEGIN

UPDATE experiments
   SET state = NEW.state, reason = NEW.reason, started_at = NEW.started_at, finished_at = NEW.finished_at,
       active_seconds = NEW.active_seconds,
       request = CASE WHEN NEW.state IN ('succeeded', 'failed', 'cancelled') THEN NULL
                      WHEN NEW.state = 'paused' AND request = 'pause' THEN NULL ELSE request END
 WHERE id = NEW.experiment_id AND NEW.state IS NOT NULL;

INSERT INTO trial_counts (experiment_id, state, trials)
SELECT NEW.experiment_id, state, sum(difference)
  FROM (SELECT value ->> 1 AS state, 1 AS difference FROM jsonb_each(NEW.trials)
        UNION ALL
        SELECT trials.state, -1 FROM jsonb_each(NEW.trials) AS given CROSS JOIN trials
         WHERE trials.experiment_id = NEW.experiment_id AND trials.number = given.value ->> 0)
 WHERE true GROUP BY state
    ON CONFLICT (experiment_id, state) DO UPDATE SET trials = trials + excluded.trials;

INSERT INTO trial_values (experiment_id, trial, kind, name, rank, number, text)
SELECT NEW.experiment_id, value ->> 0, value ->> 1, value ->> 2, value ->> 3, ", real!("4"), ", value ->> 5
  FROM jsonb_each(NEW.trial_values)
 WHERE value ->> 1 = 'm' OR NOT EXISTS (SELECT 1 FROM trials WHERE experiment_id = NEW.experiment_id AND number = value ->> 0)
    ON CONFLICT (experiment_id, kind, name, trial) DO UPDATE
   SET rank = excluded.rank, number = excluded.number, text = excluded.text;

INSERT INTO trials (experiment_id, number, state, reason, explanation, parameters, metrics, objective, created_at, started_at,
                    finished_at, finished_order, enqueued, handed_out, why)
SELECT NEW.experiment_id, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value -> 4, value -> 5, ", real!("6"), ", value ->> 7,
       value ->> 8, value ->> 9, value ->> 10, value ->> 11, value ->> 12, value ->> 13
  FROM jsonb_each(NEW.trials) WHERE true
    ON CONFLICT (experiment_id, number) DO UPDATE
   SET state = excluded.state, reason = excluded.reason, explanation = excluded.explanation,
       metrics = excluded.metrics, objective = excluded.objective, created_at = excluded.created_at,
       started_at = excluded.started_at, finished_at = excluded.finished_at, finished_order = excluded.finished_order,
       enqueued = excluded.enqueued, handed_out = excluded.handed_out;

INSERT INTO step_runs (experiment_id, trial, step, state, explanation, attempt, failures, exit_code, started_at, finished_at,
                       step_values, artifacts, log)
SELECT NEW.experiment_id, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
       value ->> 8, value -> 9, value -> 10, value ->> 11
  FROM jsonb_each(NEW.step_runs) WHERE true
    ON CONFLICT (experiment_id, trial, step) DO UPDATE
   SET state = excluded.state, explanation = excluded.explanation, attempt = excluded.attempt, failures = excluded.failures,
       exit_code = excluded.exit_code, started_at = excluded.started_at, finished_at = excluded.finished_at,
       step_values = excluded.step_values, artifacts = excluded.artifacts, log = excluded.log;

INSERT INTO metrics (experiment_id, trial, step, name, level, value, at, seq)
SELECT NEW.experiment_id, value ->> 0, value ->> 1, value ->> 2, ", real!("3"), ", ", real!("4"), ", value ->> 5, NEW.first_seq + key
  FROM jsonb_each(NEW.metrics) WHERE true
    ON CONFLICT (experiment_id, trial, step, name, level) DO UPDATE
   SET value = excluded.value, at = excluded.at, seq = excluded.seq;

INSERT INTO events (experiment_id, at, kind, trial, step, data)
SELECT NEW.experiment_id, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value -> 4
  FROM jsonb_each(NEW.events);

END;"
);
