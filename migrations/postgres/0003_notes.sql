-- What people write about experiments and trials. The trial -1 stands for the experiment itself.

CREATE TABLE tags (
    experiment_id  BIGINT NOT NULL REFERENCES experiments (id) ON DELETE CASCADE,
    trial          BIGINT NOT NULL,
    tag            TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (experiment_id, trial, tag)
);

CREATE INDEX tags_by_tag ON tags (tag, experiment_id, trial);

CREATE TABLE notes (
    experiment_id  BIGINT NOT NULL REFERENCES experiments (id) ON DELETE CASCADE,
    trial          BIGINT NOT NULL,
    note           TEXT NOT NULL,
    PRIMARY KEY (experiment_id, trial)
);
