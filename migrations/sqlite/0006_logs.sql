-- What the last attempt of a step run printed, when it succeeded and that is a short text. NULL: what it printed is in a file.
ALTER TABLE step_runs ADD COLUMN log TEXT;
