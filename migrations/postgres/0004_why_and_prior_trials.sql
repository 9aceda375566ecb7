-- Why the algorithm suggested a trial; and what an experiment knows of another one, from which it starts.

-- JSON; NULL: the user's own configuration, or a trial from before this column.
ALTER TABLE trials ADD COLUMN why TEXT;

-- Copied when the experiment is submitted: what becomes of the other one makes no difference to the search.
CREATE TABLE prior_trials (
    experiment_id  BIGINT NOT NULL REFERENCES experiments (id) ON DELETE CASCADE,
    -- The order in which they finished.
    place          BIGINT NOT NULL,
    parameters     TEXT NOT NULL,
    objective      DOUBLE PRECISION NOT NULL,
    early_stopped  BOOLEAN NOT NULL,
    PRIMARY KEY (experiment_id, place)
);

-- How many of these there are.
ALTER TABLE experiments ADD COLUMN prior_trials BIGINT NOT NULL DEFAULT 0;
