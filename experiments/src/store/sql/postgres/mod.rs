//! PostgreSQL's own statements.

/// A transaction that sees one moment of the database.
pub(in super::super) const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Whether the store has been migrated at all, in the schema in use.
pub(in super::super) const COUNT_MIGRATION_TABLES: &str =
    "SELECT count(to_regclass('_sqlx_migrations'))";

/// The lock that stands for "an event has been numbered and not yet committed": writers share it until they have committed, and wait for
/// nobody but the holder of their experiment's lease; a reader of all events that holds it alone knows that there is none such.
macro_rules! events_lock {
    () => {
        "8863170023"
    };
}

mod commit;

pub(in super::super) use commit::{Parts, commit_changes};

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
