-- Why the algorithm suggested a trial; and what an experiment knows of another one, from which it starts.

-- JSON; NULL: the user's own configuration, or a trial from before this column.
ALTER TABLE trials ADD COLUMN why TEXT;

-- Copied when the experiment is submitted: what becomes of the other one makes no difference to the search.
CREATE TABLE prior_trials (
    experiment_id  INTEGER NOT NULL REFERENCES experiments (id) ON DELETE CASCADE,
    -- The order in which they finished.
    place          INTEGER NOT NULL,
    parameters     TEXT NOT NULL,
    objective      REAL NOT NULL,
    early_stopped  INTEGER NOT NULL,
    PRIMARY KEY (experiment_id, place)
) STRICT, WITHOUT ROWID;

-- How many of these there are.
ALTER TABLE experiments ADD COLUMN prior_trials INTEGER NOT NULL DEFAULT 0;
