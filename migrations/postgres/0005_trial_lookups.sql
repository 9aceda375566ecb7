-- One commit brings many reports of few trials: it looks itself whether these are there, once for each, not once for each report.
ALTER TABLE metrics DROP CONSTRAINT metrics_experiment_id_trial_fkey;

-- To a planner that has no statistics yet, the primary key and trials_by_state are equally quick to find one trial, though the latter is read
-- from end to end; of equals it takes the younger, and keeps to it for as long as a connection lives.
ALTER TABLE step_runs DROP CONSTRAINT step_runs_experiment_id_trial_fkey;
ALTER TABLE trials DROP CONSTRAINT trials_pkey, ADD PRIMARY KEY (experiment_id, number);
ALTER TABLE step_runs ADD FOREIGN KEY (experiment_id, trial) REFERENCES trials (experiment_id, number) ON DELETE CASCADE;
