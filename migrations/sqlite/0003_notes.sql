-- What people write about experiments and trials. The trial -1 stands for the experiment itself.

CREATE TABLE tags (
    experiment_id  INTEGER NOT NULL REFERENCES experiments (id) ON DELETE CASCADE,
    trial          INTEGER NOT NULL,
    tag            TEXT NOT NULL,
    PRIMARY KEY (experiment_id, trial, tag)
) STRICT, WITHOUT ROWID;

CREATE INDEX tags_by_tag ON tags (tag, experiment_id, trial);

CREATE TABLE notes (
    experiment_id  INTEGER NOT NULL REFERENCES experiments (id) ON DELETE CASCADE,
    trial          INTEGER NOT NULL,
    note           TEXT NOT NULL,
    PRIMARY KEY (experiment_id, trial)
) STRICT, WITHOUT ROWID;
