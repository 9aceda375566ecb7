-- What a service needs: configurations of the user's own, trials handed out to clients, tokens, lists of trials that are quick however many
-- there are, and leases: several servers share one database.

ALTER TABLE trials ADD COLUMN enqueued BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE trials ADD COLUMN handed_out BIGINT NOT NULL DEFAULT 0;

ALTER TABLE experiments ADD COLUMN submission_key TEXT COLLATE "C";
CREATE UNIQUE INDEX experiments_by_submission_key ON experiments (submission_key) WHERE submission_key IS NOT NULL;

CREATE TABLE tokens (
    name           TEXT COLLATE "C" NOT NULL,
    role           TEXT NOT NULL,
    hash           BYTEA NOT NULL PRIMARY KEY,
    created_at     BIGINT NOT NULL,
    expires_at     BIGINT,
    -- Revoked tokens stay: that there once was one closes the service.
    revoked        BOOLEAN NOT NULL DEFAULT false
);

CREATE UNIQUE INDEX tokens_by_name ON tokens (name) WHERE NOT revoked;

-- Every parameter and every metric of trials.parameters and trials.metrics as a row of its own, to filter and sort by.
CREATE TABLE trial_values (
    experiment_id  BIGINT NOT NULL,
    -- 'p': a parameter; 'm': a metric.
    kind           TEXT COLLATE "C" NOT NULL,
    name           TEXT COLLATE "C" NOT NULL,
    trial          BIGINT NOT NULL,
    -- 0: NaN, 1: a truth value, 2: a number, 3: a text; the order among values of several types.
    rank           BIGINT NOT NULL,
    -- 0 and '' where the type has none.
    number         DOUBLE PRECISION NOT NULL,
    text           TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (experiment_id, kind, name, trial)
);

CREATE INDEX trial_values_in_order ON trial_values (experiment_id, kind, name, rank, number, text, trial);

INSERT INTO trial_values
SELECT experiment_id, 'p', value.key, trials.number,
       CASE json_typeof(value.value) WHEN 'string' THEN 3 WHEN 'boolean' THEN 1 ELSE 2 END,
       CASE json_typeof(value.value) WHEN 'string' THEN 0 WHEN 'boolean' THEN (value.value #>> '{}')::boolean::int
            ELSE (value.value #>> '{}')::double precision END,
       CASE json_typeof(value.value) WHEN 'string' THEN value.value #>> '{}' ELSE '' END
  FROM trials CROSS JOIN json_each(trials.parameters::json) AS value;

INSERT INTO trial_values
SELECT experiment_id, 'm', value.key, trials.number,
       CASE value.value WHEN 'NaN' THEN 0 ELSE 2 END,
       CASE value.value WHEN 'NaN' THEN 0 ELSE value.value::double precision END,
       ''
  FROM trials CROSS JOIN json_each_text(trials.metrics::json) AS value;

-- How many trials there are in each state, without counting them.
CREATE TABLE trial_counts (
    experiment_id  BIGINT NOT NULL,
    state          TEXT COLLATE "C" NOT NULL,
    trials         BIGINT NOT NULL,
    PRIMARY KEY (experiment_id, state)
);

INSERT INTO trial_counts SELECT experiment_id, state, count(*) FROM trials GROUP BY experiment_id, state;

-- The best trial, and lists in the order of the objective. Start and duration have no index: reading the trials is quick enough for that, and every
-- index costs every commit.
CREATE INDEX trials_by_objective ON trials (experiment_id, objective, state, number) WHERE objective IS NOT NULL;

-- Who drives an experiment. Every experiment has a row; whoever writes something of an experiment holds it until the end of the transaction, so
-- that an experiment's events are numbered in the order in which they are committed.
CREATE TABLE leases (
    experiment_id  BIGINT PRIMARY KEY REFERENCES experiments (id) ON DELETE CASCADE,
    -- Grows by one with every holder: who comes with an older one has been taken over.
    token          BIGINT NOT NULL DEFAULT 0,
    holder         TEXT,
    -- Where the holder can be asked for things.
    address        TEXT,
    -- By the database's clock: those of the holders' machines differ.
    expires_at     TIMESTAMPTZ,
    -- The engine's session of the holder, and of one before that did not release the lease itself.
    session        TEXT,
    left_behind    TEXT,
    -- The last commit: the same one again changes nothing.
    last_commit    BIGINT
);

INSERT INTO leases (experiment_id) SELECT id FROM experiments;
