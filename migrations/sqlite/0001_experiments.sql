-- Experiments with their trials, step runs, metrics and events.
-- Times are microseconds since 1970 UTC; JSON is text.

-- AUTOINCREMENT: an id is never given out again, so that files of a deleted experiment are never taken for another's.
CREATE TABLE experiments (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    name           TEXT NOT NULL UNIQUE,
    goal           TEXT NOT NULL,
    document       TEXT NOT NULL,
    directory      TEXT NOT NULL,
    state          TEXT NOT NULL,
    reason         TEXT,
    request        TEXT,
    created_at     INTEGER NOT NULL,
    started_at     INTEGER,
    finished_at    INTEGER,
    active_seconds REAL NOT NULL
) STRICT;

CREATE TABLE trials (
    experiment_id  INTEGER NOT NULL REFERENCES experiments (id) ON DELETE CASCADE,
    number         INTEGER NOT NULL,
    state          TEXT NOT NULL,
    reason         TEXT,
    explanation    TEXT,
    parameters     TEXT NOT NULL,
    -- Last value of every metric; "NaN", "Infinity" and "-Infinity" as strings.
    metrics        TEXT NOT NULL,
    objective      REAL,
    created_at     INTEGER NOT NULL,
    started_at     INTEGER,
    finished_at    INTEGER,
    finished_order INTEGER,
    PRIMARY KEY (experiment_id, number)
) STRICT, WITHOUT ROWID;

-- Counts by state, without reading the trials.
CREATE INDEX trials_by_state ON trials (experiment_id, state);

-- The best trial, and how it improved over time.
CREATE INDEX trials_by_objective ON trials (experiment_id, objective, finished_order)
    WHERE state = 'succeeded' AND objective IS NOT NULL;

-- The id keeps the order in which a trial's step runs were first written: that of the pipeline.
CREATE TABLE step_runs (
    id             INTEGER PRIMARY KEY,
    experiment_id  INTEGER NOT NULL,
    trial          INTEGER NOT NULL,
    step           TEXT NOT NULL,
    state          TEXT NOT NULL,
    explanation    TEXT,
    attempt        INTEGER NOT NULL,
    failures       INTEGER NOT NULL,
    exit_code      INTEGER,
    started_at     INTEGER,
    finished_at    INTEGER,
    -- What it left for later steps.
    step_values    TEXT NOT NULL,
    artifacts      TEXT NOT NULL,
    UNIQUE (experiment_id, trial, step),
    FOREIGN KEY (experiment_id, trial) REFERENCES trials (experiment_id, number) ON DELETE CASCADE
) STRICT;

CREATE TABLE metrics (
    experiment_id  INTEGER NOT NULL,
    trial          INTEGER NOT NULL,
    step           TEXT NOT NULL,
    name           TEXT NOT NULL,
    level          REAL NOT NULL,
    -- Grows with every report of the experiment: the order of arrival.
    seq            INTEGER NOT NULL,
    -- NULL stands for NaN.
    value          REAL,
    at             INTEGER NOT NULL,
    PRIMARY KEY (experiment_id, trial, step, name, level),
    FOREIGN KEY (experiment_id, trial) REFERENCES trials (experiment_id, number) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- AUTOINCREMENT: a cursor once handed out never comes again, also when experiments are deleted.
CREATE TABLE events (
    seq            INTEGER PRIMARY KEY AUTOINCREMENT,
    experiment_id  INTEGER NOT NULL REFERENCES experiments (id) ON DELETE CASCADE,
    at             INTEGER NOT NULL,
    kind           TEXT NOT NULL,
    trial          INTEGER,
    step           TEXT,
    data           TEXT NOT NULL
) STRICT;

CREATE INDEX events_by_experiment ON events (experiment_id, seq);
