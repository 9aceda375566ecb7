//! A whole [`Changes`](super::super::super::Changes) as one statement, so that it is atomic whatever becomes of the caller.
//!
//! Of its parts it has those for which a commit has something: a part without rows would cost as much as one with a few, and most commits
//! need few. Each such statement is planned once for each connection.
//!
//! The lease is held first, and all of the rest reads its row: a commit that is late writes nothing, and no row comes back when the lease
//! is another's, or this commit is there already. All parts see the database as it was before.
//!
//! It is planned when the store may still be empty, and the plan is kept: what is looked up of a trial is looked up by `LATERAL`, for a
//! join would read all trials of the experiment each time. A report of a trial that is not there has no experiment, which its column
//! refuses.

use std::fmt::Write;
use std::sync::LazyLock;

/// What a commit has something for.
#[derive(Clone, Copy, Debug, Default)]
pub(in super::super::super) struct Parts {
    pub experiment: bool,
    pub trials: bool,
    pub steps: bool,
    pub metrics: bool,
    pub events: bool,
    /// Whether there are so many metrics that finding out which of them are new pays.
    pub many: bool,
}

/// The statement with these parts. `$1` experiment, `$2` the token of the lease, `$3` what identifies this commit, `$4` the place of the
/// first metric in the order of arrival; then what each part needs, in the order in which [`Parts`] has them: five columns of the
/// experiment's update, and an array for each column of trials, of the values of their parameters and metrics, of step runs, of metrics
/// and of events.
pub(in super::super::super) fn commit_changes(parts: Parts) -> &'static str {
    static TEXTS: LazyLock<Vec<String>> =
        LazyLock::new(|| Parts::all().into_iter().map(put_together).collect());
    &TEXTS[parts.place()]
}

impl Parts {
    /// Every combination, each at its [`place`](Self::place).
    pub fn all() -> Vec<Self> {
        let with = |place: usize, part: usize| (place >> part) & 1 == 1;
        let parts = |place| Self {
            experiment: with(place, 0),
            trials: with(place, 1),
            steps: with(place, 2),
            metrics: with(place, 3),
            events: with(place, 4),
            many: with(place, 5),
        };
        (0..64).map(parts).collect()
    }

    fn place(self) -> usize {
        let parts = [
            self.experiment,
            self.trials,
            self.steps,
            self.metrics,
            self.events,
            self.many,
        ];
        let places = parts.into_iter().enumerate();
        places.map(|(part, has)| usize::from(has) << part).sum()
    }
}

fn put_together(parts: Parts) -> String {
    let reported = match parts.trials {
        true => GIVEN_OR_REPORTED,
        false => REPORTED,
    };
    let written_metrics = match parts.many {
        true => MANY_WRITTEN_METRICS,
        false => WRITTEN_METRICS,
    };
    let chosen = [
        (parts.experiment, 5, EXPERIMENT),
        (parts.trials, 20, TRIALS),
        (parts.steps, 12, STEPS),
        (parts.metrics, 6, GIVEN_METRICS),
        (parts.metrics, 0, reported),
        (parts.metrics, 0, written_metrics),
        (parts.events, 5, EVENTS),
    ];
    let (mut text, mut bound) = (LEASE.to_owned(), 4);
    for (_, arguments, part) in chosen.into_iter().filter(|(has, ..)| *has) {
        number(part, bound, &mut text);
        bound += arguments;
    }
    text + match parts.events {
        true => NEW_LAST_EVENT,
        false => OLD_LAST_EVENT,
    }
}

/// Adds a part, whose own arguments `#1`, `#2` … follow those that are bound before.
fn number(part: &str, bound: usize, text: &mut String) {
    let mut pieces = part.split('#');
    text.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let end = piece.find(|letter: char| !letter.is_ascii_digit());
        let (place, rest) = piece.split_at(end.unwrap_or(piece.len()));
        let place = bound + place.parse::<usize>().unwrap_or_default();
        // Writing to a string cannot fail.
        let _ = write!(text, "${place}{rest}");
    }
}

const LEASE: &str = "\
WITH lease AS MATERIALIZED (
    UPDATE leases SET last_commit = $3
     WHERE experiment_id = $1 AND token = $2 AND holder IS NOT NULL AND last_commit IS DISTINCT FROM $3
    RETURNING experiment_id
)";

const EXPERIMENT: &str = ", experiment AS (
    UPDATE experiments
       SET state = #1, reason = #2, started_at = #3, finished_at = #4, active_seconds = #5,
           request = CASE WHEN #1 IN ('succeeded', 'failed', 'cancelled') THEN NULL
                          WHEN #1 = 'paused' AND request = 'pause' THEN NULL ELSE request END
     WHERE id = $1 AND EXISTS (SELECT FROM lease)
)";

const TRIALS: &str = ", given AS MATERIALIZED (
    SELECT trial.*
      FROM lease CROSS JOIN unnest(#1::bigint[], #2::text[], #3::text[], #4::text[], #5::text[], #6::text[], #7::double precision[],
                                    #8::bigint[], #9::bigint[], #10::bigint[], #11::bigint[], #12::boolean[], #13::bigint[],
                                    #14::text[])
           AS trial (number, state, reason, explanation, parameters, metrics, objective, created_at, started_at, finished_at,
                     finished_order, enqueued, handed_out, why)
), given_values AS MATERIALIZED (
    SELECT value.*
      FROM lease CROSS JOIN unnest(#15::bigint[], #16::text[], #17::text[], #18::bigint[], #19::double precision[], #20::text[])
           AS value (trial, kind, name, rank, number, text)
), before AS MATERIALIZED (
    SELECT found.number, found.state
      FROM given CROSS JOIN LATERAL (SELECT number, state FROM trials WHERE experiment_id = $1 AND number = given.number OFFSET 0) AS found
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
)";

const STEPS: &str = ", written_steps AS (
    INSERT INTO step_runs (experiment_id, trial, step, state, explanation, attempt, failures, exit_code, started_at, finished_at,
                           step_values, artifacts, log)
    SELECT $1, run.trial, run.step, run.state, run.explanation, run.attempt, run.failures, run.exit_code, run.started_at, run.finished_at,
           run.step_values, run.artifacts, run.log
      FROM lease CROSS JOIN unnest(#1::bigint[], #2::text[], #3::text[], #4::text[], #5::bigint[], #6::bigint[], #7::bigint[],
                                    #8::bigint[], #9::bigint[], #10::text[], #11::text[], #12::text[])
           WITH ORDINALITY AS run (trial, step, state, explanation, attempt, failures, exit_code, started_at, finished_at, step_values,
                                   artifacts, log, place)
     ORDER BY place
        ON CONFLICT (experiment_id, trial, step) DO UPDATE
       SET state = excluded.state, explanation = excluded.explanation, attempt = excluded.attempt, failures = excluded.failures,
           exit_code = excluded.exit_code, started_at = excluded.started_at, finished_at = excluded.finished_at,
           step_values = excluded.step_values, artifacts = excluded.artifacts, log = excluded.log
)";

const GIVEN_METRICS: &str = ", given_metrics AS MATERIALIZED (
    SELECT trial, step, name, level, value, at, $4 + place - 1 AS seq
      FROM lease CROSS JOIN unnest(#1::bigint[], #2::text[], #3::text[], #4::double precision[], #5::double precision[], #6::bigint[])
           WITH ORDINALITY AS metric (trial, step, name, level, value, at, place)
)";

const REPORTED: &str = ", reported AS MATERIALIZED (
    SELECT found.number
      FROM (SELECT DISTINCT trial FROM given_metrics) AS metrics
           CROSS JOIN LATERAL (SELECT number FROM trials WHERE experiment_id = $1 AND number = metrics.trial OFFSET 0) AS found
)";

const GIVEN_OR_REPORTED: &str = ", reported AS MATERIALIZED (
    SELECT number FROM given UNION ALL
    SELECT found.number
      FROM (SELECT DISTINCT trial FROM given_metrics) AS metrics
           CROSS JOIN LATERAL (SELECT number FROM trials WHERE experiment_id = $1 AND number = metrics.trial OFFSET 0) AS found
)";

const WRITTEN_METRICS: &str = ", written_metrics AS (
    INSERT INTO metrics (experiment_id, trial, step, name, level, value, at, seq)
    SELECT CASE WHEN trial IN (SELECT number FROM reported) THEN $1 END, given_metrics.* FROM given_metrics
        ON CONFLICT (experiment_id, trial, step, name, level) DO UPDATE
       SET value = excluded.value, at = excluded.at, seq = excluded.seq
)";

/// Inserting a row that may be there takes half as long again as one that is not. What is there is known, and stays at its place, because a
/// driver sends one commit of an experiment after the other, and one that is sent again writes nothing.
const MANY_WRITTEN_METRICS: &str = ", known AS MATERIALIZED (
    SELECT given_metrics.seq, given_metrics.value, given_metrics.at, found.place
      FROM given_metrics
           CROSS JOIN LATERAL (SELECT metrics.ctid AS place FROM metrics
                                WHERE experiment_id = $1 AND trial = given_metrics.trial AND step = given_metrics.step
                                  AND name = given_metrics.name AND level = given_metrics.level OFFSET 0) AS found
), reported_again AS (
    UPDATE metrics SET value = known.value, at = known.at, seq = known.seq FROM known WHERE metrics.ctid = known.place
), written_metrics AS (
    INSERT INTO metrics (experiment_id, trial, step, name, level, value, at, seq)
    SELECT CASE WHEN trial IN (SELECT number FROM reported) THEN $1 END, given_metrics.* FROM given_metrics
     WHERE seq NOT IN (SELECT seq FROM known)
)";

const EVENTS: &str = concat!(
    ", written_events AS (
    INSERT INTO events (experiment_id, at, kind, trial, step, data)
    SELECT $1, event.at, event.kind, event.trial, event.step, event.data
      FROM (SELECT pg_advisory_xact_lock_shared(",
    events_lock!(),
    ") FROM lease) AS in_order
           CROSS JOIN unnest(#1::bigint[], #2::text[], #3::bigint[], #4::text[], #5::text[])
           WITH ORDINALITY AS event (at, kind, trial, step, data, place)
     ORDER BY place
    RETURNING seq
)"
);

const NEW_LAST_EVENT: &str = " SELECT (SELECT max(seq) FROM written_events) FROM lease";

const OLD_LAST_EVENT: &str =
    " SELECT coalesce((SELECT max(seq) FROM events WHERE experiment_id = $1), 0) FROM lease";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_combination_is_at_its_place() {
        for (place, parts) in Parts::all().into_iter().enumerate() {
            assert_eq!(parts.place(), place);
            let text = commit_changes(parts);
            assert_eq!(text.contains(" experiment AS ("), parts.experiment);
            assert_eq!(text.contains("written_trials"), parts.trials);
            assert_eq!(text.contains("written_steps"), parts.steps);
            assert_eq!(text.contains("written_metrics"), parts.metrics);
            assert_eq!(text.contains("written_events"), parts.events);
        }
    }

    #[test]
    fn arguments_of_a_part_follow_those_before() {
        let mut text = String::new();
        number("$1 = #1 AND #12::text[] = #2", 4, &mut text);
        assert_eq!(text, "$1 = $5 AND $16::text[] = $6");
    }
}
