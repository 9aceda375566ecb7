//! PostgreSQL's own statements.

/// A transaction that sees one moment of the database.
pub(in super::super) const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Whether the store has been migrated at all, in the schema in use.
pub(in super::super) const COUNT_MIGRATION_TABLES: &str =
    "SELECT count(to_regclass('_sqlx_migrations'))";

/// The lock that stands for "an event has been numbered and not yet committed": writers share it, as the last one they take; a reader of
/// all events that holds it alone knows that there is none such.
macro_rules! events_lock {
    () => {
        "8863170023"
    };
}

pub(in super::super) const ADD_EVENT: &str = concat!(
    "INSERT INTO events (experiment_id, at, kind, trial, data) ",
    "SELECT $1, $2, $3, $4, $5 FROM (SELECT pg_advisory_xact_lock_shared(",
    events_lock!(),
    ")) AS in_order RETURNING seq"
);

/// Whether no event is on its way; if so, the lock is held until the end of the transaction.
pub(in super::super) const TRY_EVENTS: &str =
    concat!("SELECT pg_try_advisory_xact_lock(", events_lock!(), ")");

/// Waits until no event is on its way.
pub(in super::super) const WAIT_FOR_EVENTS: &str = concat!(
    "SELECT 1 FROM (SELECT pg_advisory_xact_lock(",
    events_lock!(),
    ")) AS held"
);

/// Writers queue behind a reader that waits: it must not wait long for one that hangs.
pub(in super::super) const WAIT_SHORTLY: &str = "SET LOCAL lock_timeout = '200ms'";

/// The largest number that an event can have so far.
pub(in super::super) const LAST_NUMBER: &str = "SELECT last_value FROM events_seq_seq";

/// Holds the experiment for the transaction: nobody else writes anything of it meanwhile.
pub(in super::super) const HOLD: &str =
    "SELECT token FROM leases WHERE experiment_id = $1 FOR UPDATE";

pub(in super::super) const ADD_LEASE: &str = "INSERT INTO leases (experiment_id) VALUES ($1)";

/// `$1` experiment, `$2` who, `$3` address, `$4` for how many seconds. Who asks again without having the lease has released it before, and
/// word of it has not arrived yet.
pub(in super::super) const TAKE_LEASE: &str = "\
UPDATE leases
   SET token = token + 1, holder = $2, address = $3, expires_at = clock_timestamp() + make_interval(secs => $4),
       left_behind = CASE WHEN holder = $2 THEN NULL ELSE coalesce(session, left_behind) END, session = NULL, last_commit = NULL
 WHERE experiment_id = $1 AND (holder IS NULL OR holder = $2 OR expires_at < clock_timestamp())
RETURNING token, left_behind";

/// One that has run out is renewed as long as nobody has taken it.
pub(in super::super) const RENEW_LEASE: &str = "\
UPDATE leases SET expires_at = clock_timestamp() + make_interval(secs => $3)
 WHERE experiment_id = $1 AND token = $2 AND holder IS NOT NULL";

pub(in super::super) const SIGN_LEASE: &str = "\
UPDATE leases SET session = $3, left_behind = NULL WHERE experiment_id = $1 AND token = $2 AND holder IS NOT NULL";

pub(in super::super) const RELEASE_LEASE: &str = "\
UPDATE leases SET holder = NULL, address = NULL, expires_at = NULL, session = NULL
 WHERE experiment_id = $1 AND token = $2";

pub(in super::super) const DRIVER: &str = "\
SELECT address FROM leases WHERE experiment_id = $1 AND holder IS NOT NULL AND expires_at >= clock_timestamp()";

/// What changes with every sign of life of the driver.
pub(in super::super) const PULSE: &str = "\
SELECT (extract(epoch FROM expires_at) * 1000000)::bigint FROM leases WHERE experiment_id = $1 AND holder IS NOT NULL";

/// The experiments that some process drives other than `$1`. What that one drives it knows itself: a lease of which it does not know is one
/// that it lost while the database was away.
pub(in super::super) const DRIVEN: &str = "\
SELECT experiment_id FROM leases WHERE holder <> $1 AND expires_at >= clock_timestamp()";

/// What keeps a commit from being written: token and last commit of the lease.
pub(in super::super) const LEASE: &str =
    "SELECT token, last_commit FROM leases WHERE experiment_id = $1";

/// `$1` experiment; then the trials of another one that it starts from: places, parameters, objectives, whether stopped early.
pub(in super::super) const ADD_PRIOR: &str = "\
INSERT INTO prior_trials (experiment_id, place, parameters, objective, early_stopped)
SELECT $1, * FROM unnest($2::bigint[], $3::text[], $4::double precision[], $5::boolean[])";

/// The trials of `$1` numbered from `$2` to before `$3` as one row: see [`blocks`](super::super::blocks).
pub(in super::super) const BLOCK: &str = "\
SELECT string_agg(number::text, ','), string_agg(state, ','), string_agg(coalesce(objective::text, ''), ','),
       '[' || string_agg(parameters, ',') || ']', string_agg(enqueued::int::text, ','), string_agg(coalesce(finished_order::text, ''), ','),
       string_agg(coalesce(started_at::text, ''), ','), string_agg(coalesce(finished_at::text, ''), ',')
  FROM (SELECT * FROM trials WHERE experiment_id = $1 AND number >= $2 AND number < $3 ORDER BY number) AS block";

/// A whole [`Changes`](super::super::Changes) as one statement, so that it is atomic whatever becomes of the caller. `$1` experiment,
/// `$2`–`$6` its update (`$2` NULL: none), `$7` the place of the first metric in the order of arrival, `$8` the token of the lease, `$9`
/// what identifies this commit; then an array for each column of trials, of the values of their parameters and metrics, of step runs,
/// metrics and events. No row comes back when the lease is another's, or this commit is there already.
///
/// The lease is held first, and all of the rest reads its row: a commit that is late writes nothing. The lock for events comes last, so
/// that nobody waits for anything while holding it. All parts see the database as it was before.
///
/// It is planned when the store may still be empty, and the plan is kept: what is looked up of a trial is looked up by `LATERAL`, for a
/// join would read all trials of the experiment each time. A report of a trial that is not there has no experiment, which its column
/// refuses.
pub(in super::super) const COMMIT_CHANGES: &str = concat!(
    "\
WITH lease AS MATERIALIZED (
    UPDATE leases SET last_commit = $9
     WHERE experiment_id = $1 AND token = $8 AND holder IS NOT NULL AND last_commit IS DISTINCT FROM $9
    RETURNING experiment_id
), given AS MATERIALIZED (
    SELECT trial.*
      FROM lease CROSS JOIN unnest($10::bigint[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[],
                                    $16::double precision[], $17::bigint[], $18::bigint[], $19::bigint[], $20::bigint[], $21::boolean[],
                                    $22::bigint[], $23::text[])
           AS trial (number, state, reason, explanation, parameters, metrics, objective, created_at, started_at, finished_at,
                     finished_order, enqueued, handed_out, why)
), given_values AS MATERIALIZED (
    SELECT value.*
      FROM lease CROSS JOIN unnest($24::bigint[], $25::text[], $26::text[], $27::bigint[], $28::double precision[], $29::text[])
           AS value (trial, kind, name, rank, number, text)
), before AS MATERIALIZED (
    SELECT found.number, found.state
      FROM given CROSS JOIN LATERAL (SELECT number, state FROM trials WHERE experiment_id = $1 AND number = given.number OFFSET 0) AS found
), given_metrics AS MATERIALIZED (
    SELECT trial, step, name, level, value, at, $7 + place - 1 AS seq
      FROM lease CROSS JOIN unnest($42::bigint[], $43::text[], $44::text[], $45::double precision[], $46::double precision[],
                                    $47::bigint[])
           WITH ORDINALITY AS metric (trial, step, name, level, value, at, place)
), reported AS MATERIALIZED (
    SELECT number FROM given UNION ALL
    SELECT found.number
      FROM (SELECT DISTINCT trial FROM given_metrics) AS metrics
           CROSS JOIN LATERAL (SELECT number FROM trials WHERE experiment_id = $1 AND number = metrics.trial OFFSET 0) AS found
), experiment AS (
    UPDATE experiments
       SET state = $2, reason = $3, started_at = $4, finished_at = $5, active_seconds = $6,
           request = CASE WHEN $2 IN ('succeeded', 'failed', 'cancelled') THEN NULL
                          WHEN $2 = 'paused' AND request = 'pause' THEN NULL ELSE request END
     WHERE id = $1 AND $2 IS NOT NULL AND EXISTS (SELECT FROM lease)
), counted AS (
    INSERT INTO trial_counts (experiment_id, state, trials)
    SELECT $1, state, sum(difference)
      FROM (SELECT state, 1 AS difference FROM given UNION ALL SELECT state, -1 FROM before) AS differences GROUP BY state
        ON CONFLICT (experiment_id, state) DO UPDATE SET trials = trial_counts.trials + excluded.trials
), written_trials AS (
    INSERT INTO trials (experiment_id, number, state, reason, explanation, parameters, metrics, objective, created_at, started_at,
                        finished_at, finished_order, enqueued, handed_out, why)
    SELECT $1, given.* FROM given
        ON CONFLICT (experiment_id, number) DO UPDATE
       SET state = excluded.state, reason = excluded.reason, explanation = excluded.explanation,
           metrics = excluded.metrics, objective = excluded.objective, created_at = excluded.created_at,
           started_at = excluded.started_at, finished_at = excluded.finished_at, finished_order = excluded.finished_order,
           enqueued = excluded.enqueued, handed_out = excluded.handed_out
), written_values AS (
    INSERT INTO trial_values (experiment_id, trial, kind, name, rank, number, text)
    SELECT $1, given_values.* FROM given_values
     WHERE kind = 'm' OR NOT EXISTS (SELECT FROM before WHERE before.number = given_values.trial)
        ON CONFLICT (experiment_id, kind, name, trial) DO UPDATE
       SET rank = excluded.rank, number = excluded.number, text = excluded.text
), written_steps AS (
    INSERT INTO step_runs (experiment_id, trial, step, state, explanation, attempt, failures, exit_code, started_at, finished_at,
                           step_values, artifacts, log)
    SELECT $1, run.trial, run.step, run.state, run.explanation, run.attempt, run.failures, run.exit_code, run.started_at, run.finished_at,
           run.step_values, run.artifacts, run.log
      FROM lease CROSS JOIN unnest($30::bigint[], $31::text[], $32::text[], $33::text[], $34::bigint[], $35::bigint[], $36::bigint[],
                                    $37::bigint[], $38::bigint[], $39::text[], $40::text[], $41::text[])
           WITH ORDINALITY AS run (trial, step, state, explanation, attempt, failures, exit_code, started_at, finished_at, step_values,
                                   artifacts, log, place)
     ORDER BY place
        ON CONFLICT (experiment_id, trial, step) DO UPDATE
       SET state = excluded.state, explanation = excluded.explanation, attempt = excluded.attempt, failures = excluded.failures,
           exit_code = excluded.exit_code, started_at = excluded.started_at, finished_at = excluded.finished_at,
           step_values = excluded.step_values, artifacts = excluded.artifacts, log = excluded.log
), written_metrics AS (
    INSERT INTO metrics (experiment_id, trial, step, name, level, value, at, seq)
    SELECT CASE WHEN trial IN (SELECT number FROM reported) THEN $1 END, given_metrics.* FROM given_metrics
        ON CONFLICT (experiment_id, trial, step, name, level) DO UPDATE
       SET value = excluded.value, at = excluded.at, seq = excluded.seq
), written_events AS (
    INSERT INTO events (experiment_id, at, kind, trial, step, data)
    SELECT $1, event.at, event.kind, event.trial, event.step, event.data
      FROM (SELECT pg_advisory_xact_lock_shared(",
    events_lock!(),
    ") FROM lease) AS in_order
           CROSS JOIN unnest($48::bigint[], $49::text[], $50::bigint[], $51::text[], $52::text[])
           WITH ORDINALITY AS event (at, kind, trial, step, data, place)
     ORDER BY place
    RETURNING seq
)
SELECT coalesce((SELECT max(seq) FROM written_events), (SELECT max(seq) FROM events WHERE experiment_id = $1), 0) FROM lease"
);
