-- What a service needs: configurations of the user's own, trials handed out to clients, tokens, and lists of trials that are quick however many
-- there are.

ALTER TABLE trials ADD COLUMN enqueued INTEGER NOT NULL DEFAULT 0;
ALTER TABLE trials ADD COLUMN handed_out INTEGER NOT NULL DEFAULT 0;

ALTER TABLE experiments ADD COLUMN submission_key TEXT;
CREATE UNIQUE INDEX experiments_by_submission_key ON experiments (submission_key) WHERE submission_key IS NOT NULL;

CREATE TABLE tokens (
    name           TEXT NOT NULL,
    role           TEXT NOT NULL,
    hash           BLOB NOT NULL PRIMARY KEY,
    created_at     INTEGER NOT NULL,
    expires_at     INTEGER,
    -- Revoked tokens stay: that there once was one closes the service.
    revoked        INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX tokens_by_name ON tokens (name) WHERE NOT revoked;

-- Every parameter and every metric of trials.parameters and trials.metrics as a row of its own, to filter and sort by.
CREATE TABLE trial_values (
    experiment_id  INTEGER NOT NULL,
    -- 'p': a parameter; 'm': a metric.
    kind           TEXT NOT NULL,
    name           TEXT NOT NULL,
    trial          INTEGER NOT NULL,
    -- 0: NaN, 1: a truth value, 2: a number, 3: a text; the order among values of several types.
    rank           INTEGER NOT NULL,
    -- 0 and '' where the type has none.
    number         REAL NOT NULL,
    text           TEXT NOT NULL,
    PRIMARY KEY (experiment_id, kind, name, trial)
) STRICT, WITHOUT ROWID;

CREATE INDEX trial_values_in_order ON trial_values (experiment_id, kind, name, rank, number, text, trial);

INSERT INTO trial_values
SELECT experiment_id, 'p', value.key, trials.number,
       CASE value.type WHEN 'text' THEN 3 WHEN 'true' THEN 1 WHEN 'false' THEN 1 ELSE 2 END,
       CASE value.type WHEN 'text' THEN 0.0 ELSE value.atom END,
       CASE value.type WHEN 'text' THEN value.atom ELSE '' END
  FROM trials, json_each(trials.parameters) AS value;

INSERT INTO trial_values
SELECT experiment_id, 'm', value.key, trials.number,
       CASE value.atom WHEN 'NaN' THEN 0 ELSE 2 END,
       CASE value.atom WHEN 'NaN' THEN 0.0 WHEN 'Infinity' THEN 9e999 WHEN '-Infinity' THEN -9e999 ELSE value.atom END,
       ''
  FROM trials, json_each(trials.metrics) AS value;

-- How many trials there are in each state, without counting them.
CREATE TABLE trial_counts (
    experiment_id  INTEGER NOT NULL,
    state          TEXT NOT NULL,
    trials         INTEGER NOT NULL,
    PRIMARY KEY (experiment_id, state)
) STRICT, WITHOUT ROWID;

INSERT INTO trial_counts SELECT experiment_id, state, count(*) FROM trials GROUP BY experiment_id, state;

-- The best trial, and lists in the order of the objective. The number is part of the index. Start and duration have none: reading the trials is
-- quick enough for that, and every index costs every commit.
DROP INDEX trials_by_objective;
CREATE INDEX trials_by_objective ON trials (experiment_id, objective, state) WHERE objective IS NOT NULL;
