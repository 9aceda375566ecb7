// Made by `npm run types` from the description of the interface: do not edit.
export interface paths {
    "/api/docs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This description, to be read in a browser. */
        get: operations["reference"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/docs/{file}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A file that the page needs. */
        get: operations["reference_file"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Everything that happens in this store: a stream of server-sent events, which never ends by itself. A reader that is too slow is cut off,
         *     and goes on with the header `last-event-id`.
         */
        get: operations["all_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/experiments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Experiments, the newest first. */
        get: operations["list_experiments"];
        put?: never;
        /** Submits an experiment: the document that `tune run` takes, as JSON or YAML. Its files are those of the server. */
        post: operations["submit_experiment"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/experiments/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** An experiment: where it stands, how many trials it has, the best of them, and what was submitted. */
        get: operations["show_experiment"];
        put?: never;
        post?: never;
        /** Deletes an experiment with all its data. One that runs is refused. */
        delete: operations["delete_experiment"];
        options?: never;
        head?: never;
        /** Changes limits. A finished experiment whose budget is raised runs on. */
        patch: operations["change_limits"];
        trace?: never;
    };
    "/api/v1/experiments/{name}/ask": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Asks for trials to evaluate. Each is yours for the time of its lease, which every report and every heartbeat begins anew. */
        post: operations["ask"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/experiments/{name}/best": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The best trial. */
        get: operations["best_trial"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/experiments/{name}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ends an experiment; its running trials are stopped. One that has ended stays as it is. */
        post: operations["cancel_experiment"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/experiments/{name}/compare": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Compares the values of a parameter: which is better, and how sure that is. */
        get: operations["compare_values"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/experiments/{name}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Everything that happens to an experiment: a stream of server-sent events, which ends when the experiment is deleted. */
        get: operations["experiment_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/experiments/{name}/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All trials as CSV, by number: one line each, parameters as `parameters.NAME`, the last value of each metric as `metrics.NAME`. */
        get: operations["export_trials"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/experiments/{name}/grid": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where every step of some neighbouring trials stands, by the numbers of the trials. */
        get: operations["grid"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/experiments/{name}/importance": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How much each parameter matters, for the objective or another metric. While an experiment of more than a thousand trials runs, the
         *     answer may leave out the latest, up to a thousandth of them; `trials` says of how many it is.
         */
        get: operations["importance"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/experiments/{name}/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The names of all metrics that some trial has, sorted. */
        get: operations["metric_names"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/experiments/{name}/notes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What was written about an experiment: its tags, and a note. */
        get: operations["show_notes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Changes the tags of an experiment, or its note, at any time. The same change again changes nothing. */
        patch: operations["change_notes"];
        trace?: never;
    };
    "/api/v1/experiments/{name}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Lets running steps end and starts nothing new. One that is paused stays so. */
        post: operations["pause_experiment"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/experiments/{name}/points": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Trials as points of charts: all of them, or about `limit`, evenly spread over their numbers; those that were the best when they
         *     finished are always among them.
         */
        get: operations["points"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/experiments/{name}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Goes on with a paused experiment. */
        post: operations["resume_experiment"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/experiments/{name}/trials": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Trials of an experiment, filtered and sorted.
         * @description Beside the parameters below the query may hold comparisons of `number`, `objective`, `duration`, `started_at`, `param.NAME` and
         *     `metric.NAME` with one of `=`, `!=`, `<`, `<=`, `>` and `>=`, as in `metric.accuracy>=0.9&param.model=svm`; the signs may be
         *     percent-encoded. Trials for which all hold are listed.
         */
        get: operations["list_trials"];
        put?: never;
        /** Adds a trial with a configuration of your own: a baseline, or one that is known to be good. It runs before any other that has not begun. */
        post: operations["enqueue_trial"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/experiments/{name}/trials/{number}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A trial with its steps. */
        get: operations["show_trial"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/experiments/{name}/trials/{number}/artifacts/{step}/{artifact}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What a step handed on: a file, or the list of a folder's files. */
        get: operations["artifact"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/experiments/{name}/trials/{number}/heartbeat": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Says that a trial is still being evaluated: its lease begins anew. */
        post: operations["heartbeat"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/experiments/{name}/trials/{number}/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What a trial reported, in the order of arrival. */
        get: operations["list_metrics"];
        put?: never;
        /** Takes metrics of a running trial, all of them or none, and begins its lease anew. The answer says whether the trial should stop. */
        post: operations["report_metrics"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/experiments/{name}/trials/{number}/notes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What was written about a trial: its tags, and a note. */
        get: operations["show_trial_notes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Changes the tags of a trial, or its note, at any time. The same change again changes nothing. */
        patch: operations["change_trial_notes"];
        trace?: never;
    };
    "/api/v1/experiments/{name}/trials/{number}/steps/{step}/log": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What a step printed: both of its streams, as they came. */
        get: operations["step_log"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/experiments/{name}/trials/{number}/tell": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Tells how a trial ended. The same result again is the same answer; a different one is refused. */
        post: operations["tell"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This description. */
        get: operations["description"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/schema": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The JSON Schema of experiments' documents, as `tune schema` prints it. */
        get: operations["schema"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who is asking, and what they may do. Answers everybody, so that a page can find out whether it must ask for a token. */
        get: operations["show_session"];
        put?: never;
        /** Begins a session: the answer sets a cookie by which the browser is known until it leaves, is closed, or the token is no longer good. */
        post: operations["begin_session"];
        /** Ends the session of the browser that asks. */
        delete: operations["end_session"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/system": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the server is and has, and what the experiments wait for that have not come to their end. */
        get: operations["show_system"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All tokens that have not been revoked, by name. */
        get: operations["list_tokens"];
        put?: never;
        /** Makes a token. The answer is the only place where it is ever shown. From the first token on, every request needs one. */
        post: operations["create_token"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tokens/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Revokes a token: from now on it is refused. */
        delete: operations["revoke_token"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether the process lives. The only address that never asks for a token. */
        get: operations["alive"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Numbers for Prometheus. */
        get: operations["numbers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether the server takes work: the store can be reached, its schema is right, there is room for files, and the server is not about to end. */
        get: operations["ready"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description A file or directory that a step handed on. */
        Artifact: {
            /** @description BLAKE3 of its content, in hex; of a directory: of the sorted list of its files and their hashes. */
            hash: string;
            /** @description Where it is, relative to the artifacts of the store; ends with the name the step gave it. */
            path: string;
            /**
             * Format: int64
             * @description Bytes, of all files together.
             */
            size: number;
        };
        /** @description Asks for trials to evaluate. */
        Ask: {
            /**
             * Format: int32
             * @description How many at most.
             * @default 1
             */
            count: number;
        };
        /** @description What a client was given. */
        Asked: {
            /** @description The experiment after that: when it has finished, nobody has to ask again. */
            experiment: components["schemas"]["AskedExperiment"];
            /**
             * @description Where early stopping names the parameter that says how many levels a trial has: the levels at which to report, since trials are
             *     judged there, and the last.
             */
            rungs?: number[];
            /** @description The trials: fewer than wanted, or none, when the limits or the space allow no more right now. */
            trials: components["schemas"]["Trial"][];
        };
        /** @description Where the experiment stands. */
        AskedExperiment: {
            reason?: components["schemas"]["ExperimentReason"] | null;
            /** @description Its state. */
            state: components["schemas"]["ExperimentState"];
        };
        /** @description The best trial of a group. */
        BestOfGroup: {
            /**
             * Format: double
             * @description Its objective.
             */
            objective: number;
            /** @description Its configuration. */
            parameters: {
                [key: string]: components["schemas"]["Scalar"];
            };
            /**
             * Format: int64
             * @description Its number.
             */
            trial: number;
        };
        /** @description The best trial of a listed experiment. */
        BestTrial: {
            /** @description Its objective. */
            objective: components["schemas"]["Number"];
            /**
             * Format: int64
             * @description Its number.
             */
            trial: number;
        };
        /** @description Which value of a parameter is better, and how sure that is. */
        Comparison: {
            /** @description Whether small or large values of it are good. */
            goal: components["schemas"]["Goal"];
            /** @description The trials with each of its values, the best median first; values without results last. */
            groups: components["schemas"]["Group"][];
            /** @description The objective's metric. */
            metric: string;
            /** @description The parameter. */
            parameter: string;
            /** @description What follows from it. */
            result: components["schemas"]["Verdict"];
            test?: components["schemas"]["RankTest"] | null;
        };
        /** @description How many trials there are in each state, and in total. */
        Counts: {
            cancelled: number;
            early_stopped: number;
            failed: number;
            queued: number;
            running: number;
            succeeded: number;
            total: number;
        };
        /** @description One key in which two experiments differ. */
        Difference: {
            given?: components["schemas"]["Value"] | null;
            /** @description `parameters.x.max`. */
            path: string;
            stored?: components["schemas"]["Value"] | null;
        };
        /** @description Adds a trial with a configuration of the user's own. */
        Enqueue: {
            /** @description A value for every active parameter; inactive ones are absent or null. */
            parameters: {
                [key: string]: components["schemas"]["ScalarOrNull"];
            };
        };
        /** @description A change of state. */
        Event: {
            /**
             * Format: date-time
             * @description When.
             */
            at: string;
            /** @description What happened: `state`, and what goes with it. */
            data: Record<string, never>;
            /** @description The experiment's name. */
            experiment: string;
            /** @description What kind. */
            kind: components["schemas"]["EventKind"];
            /**
             * Format: int64
             * @description Grows through the whole store: what `Last-Event-ID` names.
             */
            seq: number;
            /** @description The step it is about. */
            step?: string;
            /**
             * Format: int64
             * @description The trial it is about.
             */
            trial?: number;
        };
        /**
         * @description What kind of change an event tells of.
         * @enum {string}
         */
        EventKind: "experiment" | "limits" | "trial" | "step" | "notes";
        /** @description An experiment in full. */
        Experiment: {
            /**
             * Format: double
             * @description Seconds it was driven, over all its runs.
             */
            active_seconds: number;
            best?: components["schemas"]["Trial"] | null;
            /**
             * Format: date-time
             * @description When it was submitted.
             */
            created_at: string;
            /** @description Where relative paths of its pipeline start from, on the machine that runs it. */
            directory: string;
            /** @description The document as it was submitted. */
            document: Record<string, never>;
            /** @description Whether a process drives it at the moment. */
            driven: boolean;
            /**
             * Format: date-time
             * @description When it came to its end.
             */
            finished_at?: string | null;
            /** @description Whether small or large values of it are good. */
            goal: components["schemas"]["Goal"];
            /**
             * Format: int64
             * @description Number within its store; another experiment that is later given the same name has another.
             */
            id: number;
            /**
             * Format: int64
             * @description Number of its last event: a stream of events that begins after it tells what happens from now on.
             */
            last_event: number;
            /** @description The objective's metric. */
            metric: string;
            /** @description Unique in its store at any time. */
            name: string;
            /** @description What people wrote about it; empty for nothing. */
            note?: string;
            /**
             * Format: int64
             * @description How many trials of the experiment that `start_from` names it has started from.
             */
            prior_trials?: number;
            reason?: components["schemas"]["ExperimentReason"] | null;
            request?: components["schemas"]["Request"] | null;
            /** @description What the document means: checked, with every default. */
            spec: Record<string, never>;
            /**
             * Format: date-time
             * @description When it first ran.
             */
            started_at?: string | null;
            /** @description Where it stands. */
            state: components["schemas"]["ExperimentState"];
            /** @description What people find it by, in alphabetical order. */
            tags?: string[];
            /** @description How many trials it has. */
            trials: components["schemas"]["Counts"];
        };
        /**
         * @description Why an experiment is in its state.
         * @enum {string}
         */
        ExperimentReason: "target_reached" | "max_trials" | "max_duration" | "converged" | "space_exhausted" | "max_failed_trials" | "interrupted" | "paused" | "cancelled" | "crashed";
        /**
         * @description Where an experiment stands.
         * @enum {string}
         */
        ExperimentState: "pending" | "running" | "paused" | "succeeded" | "failed" | "cancelled";
        /** @description A page of experiments. */
        Experiments: {
            /** @description In order. */
            experiments: components["schemas"]["Summary"][];
            /** @description What `cursor` takes for the next page; null at the end. */
            next?: string | null;
        };
        /** @description A file of a folder. */
        File: {
            /** @description Within the folder. */
            path: string;
            /**
             * Format: int64
             * @description Bytes.
             */
            size: number;
        };
        /** @description One thing that is wrong with an experiment file. */
        FileProblem: {
            /** @description In characters, from 1; 0 when it is in no line of the file. */
            column: number;
            /** @description What would be right. */
            help?: string | null;
            /** @description From 1; 0 when it is in no line of the file. */
            line: number;
            /** @description What is wrong. */
            message: string;
            /** @description The key it is about; empty when it is about the whole file. */
            path: string;
        };
        /** @description The files of a folder. */
        Files: {
            /** @description By path. */
            files: components["schemas"]["File"][];
        };
        /**
         * @description Whether small or large values are good.
         * @enum {string}
         */
        Goal: "minimize" | "maximize";
        /** @description Where the steps of neighbouring trials stand. The n-th entry of every list is of the same trial. */
        Grid: {
            /** @description Seconds that each took from its start to its end. */
            duration: (number | null)[];
            /** @description Their numbers, from small to large. */
            number: number[];
            /** @description Where each stands. */
            state: components["schemas"]["TrialState"][];
            /** @description Where every step of the pipeline stands in each; null where it has not been looked at yet. */
            steps: {
                [key: string]: (components["schemas"]["StepState"] | null)[];
            };
        };
        /** @description The trials with one value of the parameter. */
        Group: {
            best?: components["schemas"]["BestOfGroup"] | null;
            /**
             * Format: int64
             * @description How many of them were stopped early: they have no final result and are not compared.
             */
            early_stopped: number;
            /**
             * Format: int64
             * @description How many of them failed or were cancelled.
             */
            failed: number;
            /** @description Whether it has enough results to be tested. */
            judged: boolean;
            summary?: components["schemas"]["Spread"] | null;
            /**
             * Format: int64
             * @description How many trials have it and have ended.
             */
            trials: number;
            /** @description The value. */
            value: components["schemas"]["Scalar"];
        };
        /**
         * @description How much each parameter matters for a metric (PED-ANOVA): how differently its values are spread among the best tenth of the trials and
         *     among all.
         */
        Importance: {
            /** @description Whether small or large values of it are good. */
            goal: components["schemas"]["Goal"];
            /** @description The metric. */
            metric: string;
            /** @description All parameters, the most important first. */
            parameters: components["schemas"]["ParameterImportance"][];
            /**
             * Format: int64
             * @description How many trials have a value of it.
             */
            trials: number;
        };
        /** @description New limits: what is absent stays as it is, `null` takes a limit away. */
        LimitsPatch: {
            /**
             * Format: double
             * @description How many seconds to run at the most.
             */
            max_duration?: number | null;
            /**
             * Format: int64
             * @description With that many failed trials the experiment fails.
             */
            max_failed_trials?: number | null;
            /**
             * Format: int64
             * @description How many trials to run at the most.
             */
            max_trials?: number | null;
            /**
             * Format: int32
             * @description How many trials run at once.
             */
            parallel_trials?: number;
            /**
             * Format: int32
             * @description Slots are shared in proportion to this when experiments compete for them.
             */
            priority?: number;
        };
        /** @description A trial of a list. */
        ListedTrial: components["schemas"]["Trial"] & {
            /** @description What it is tagged with, in order. */
            tags?: string[];
        };
        /** @description A value that a trial reported. */
        Metric: {
            /**
             * Format: date-time
             * @description When it arrived.
             */
            at: string;
            /** @description Where in training. */
            level: components["schemas"]["Number"];
            /** @description The metric. */
            name: string;
            /** @description The step that reported it; empty where there are no steps. */
            step: string;
            /** @description The value. */
            value: components["schemas"]["Number"];
        };
        /** @description The names of an experiment's metrics. */
        MetricNames: {
            /** @description Sorted. */
            names: string[];
        };
        /** @description A value that a client reports. */
        MetricReport: {
            /**
             * Format: double
             * @description Where in training it belongs; absent: one above the highest level of that metric so far, 0 for the first.
             */
            level?: number | null;
            /** @description The metric. */
            name: string;
            /** @description The value. */
            value: components["schemas"]["Number"];
        };
        /** @description A page of what a trial reported. */
        Metrics: {
            /** @description In order. */
            metrics: components["schemas"]["Metric"][];
            /** @description What `cursor` takes for the next page; null at the end. */
            next?: string | null;
        };
        /** @description A token that was just made: the only time it is shown. */
        NewToken: components["schemas"]["Token"] & {
            /** @description The token itself. */
            token: string;
        };
        /** @description What people wrote about an experiment or a trial. */
        Notes: {
            /** @description Free text; empty for none. */
            note?: string;
            /** @description Short words, in alphabetical order. */
            tags?: string[];
        };
        /** @description What is to change: what is absent stays. */
        NotesPatch: {
            /** @description Tags to add. */
            add_tags?: string[];
            /** @description Another note; empty for none. */
            note?: string | null;
            /** @description Tags to take away; one that is not there is no mistake. */
            remove_tags?: string[];
            /** @description All tags, in place of those that are there: words of letters, digits, `-`, `_`, `.`, `:` and `/`; at most 30. */
            tags?: string[] | null;
        };
        /** @description A number, or the word for one that is not finite. */
        Number: number | ("NaN" | "Infinity" | "-Infinity");
        /**
         * @description What became of a submission.
         * @enum {string}
         */
        Outcome: "created" | "continues" | "limits_changed" | "finished";
        /** @description How much a parameter matters. */
        ParameterImportance: {
            /** @description Its name. */
            name: string;
            /**
             * Format: double
             * @description Its share of the importance of all, which add up to 1; all are 0 when nothing is known.
             */
            share: number;
        };
        /** @description Trials as points of charts. The n-th entry of every list is of the same trial. */
        Points: {
            /** @description When each ended, in seconds since 1970. */
            finished: (number | null)[];
            /** @description The position of each among the finished trials. */
            finished_order: (number | null)[];
            /** @description Their numbers, from small to large. */
            number: number[];
            /** @description The objective of those that have one. */
            objective: (components["schemas"]["Number"] | null)[];
            /** @description The values of every parameter; null where it is inactive. */
            parameters: {
                [key: string]: (components["schemas"]["Scalar"] | null)[];
            };
            /** @description When each started, in seconds since 1970. */
            started: (number | null)[];
            /** @description Where each stands. */
            state: components["schemas"]["TrialState"][];
            /**
             * Format: int64
             * @description How many trials the experiment has; there may be fewer points.
             */
            total: number;
        };
        /** @description A problem document. */
        Problem: {
            /** @description This one in words. */
            detail?: string;
            /** @description In what a submitted document differs from the experiment that has its name. */
            differences?: components["schemas"]["Difference"][];
            /** @description What can be done about it. */
            hints?: string[];
            /** @description What is wrong with a submitted document, all of it. */
            problems?: components["schemas"]["FileProblem"][];
            /**
             * Format: int32
             * @description The HTTP status.
             */
            status: number;
            /** @description The kind in words. */
            title: string;
            /** @description Which kind of problem: stable, the same for all problems of that kind. */
            type: string;
        };
        /** @description The answer of a rank test. */
        RankTest: {
            /**
             * Format: double
             * @description How likely a statistic at least as extreme would be if all groups were alike.
             */
            p_value: number;
            /**
             * Format: double
             * @description Its statistic: U of the first group, or H.
             */
            statistic: number;
            /** @description Which: `mann_whitney` for two groups, `kruskal_wallis` for more. */
            test: string;
        };
        /**
         * @description What a suggestion is for: `coverage`, by an algorithm that does not learn; `startup`, before one has learnt; `exploitation`, it is expected to be good; `exploration`, little is known of it; `sample`, drawn from a distribution that good trials have shaped; `untried`, one of what is left.
         * @enum {string}
         */
        Reason: "coverage" | "startup" | "exploitation" | "exploration" | "sample" | "untried";
        /**
         * @description What was asked of the process that drives the experiment.
         * @enum {string}
         */
        Request: "cancel" | "pause";
        /**
         * @description What the holder of a token may do, from little to much.
         * @enum {string}
         */
        Role: "viewer" | "editor" | "admin";
        /** @description A value of a parameter. */
        Scalar: boolean | number | string;
        /** @description A value of a parameter; null: it is inactive. */
        ScalarOrNull: boolean | number | string | null;
        /** @description One event of the stream. */
        ServerSentEvent: {
            /** @description An `Event` as JSON. */
            data: string;
            /** @description Its kind. */
            event: string;
            /** @description Its number: what `last-event-id` takes. */
            id: string;
        };
        /** @description Who is asking. */
        Session: {
            /**
             * Format: int64
             * @description Number of the last event of any experiment: a stream of events that begins after it tells what happens from now on.
             */
            last_event?: number | null;
            /** @description The name of the caller's token; null without one. */
            name?: string | null;
            role?: components["schemas"]["Role"] | null;
            /** @description Whether the server has tokens: then whoever has none is told nothing else. */
            tokens: boolean;
            /** @description The version of the server. */
            version?: string | null;
        };
        /** @description A token to begin a session with. */
        SessionWanted: {
            /** @description The token, as it was shown when it was made. */
            token: string;
        };
        /** @description What steps run on. */
        Slots: {
            /** @description How many run. */
            in_use: number;
            /** @description How many steps may run at once. */
            total: number;
            /** @description How many more wait for a slot. */
            waiting: number;
        };
        /** @description Where the results of a group lie. */
        Spread: {
            /** @description How many there are. */
            count: number;
            /**
             * Format: double
             * @description A quarter of them is below.
             */
            lower_quartile: number;
            /**
             * Format: double
             * @description The largest.
             */
            max: number;
            /**
             * Format: double
             * @description Half of them is below.
             */
            median: number;
            /**
             * Format: double
             * @description The smallest.
             */
            min: number;
            /**
             * Format: double
             * @description Three quarters of them are below.
             */
            upper_quartile: number;
        };
        /** @description A step run. */
        Step: {
            /** @description Artifacts for later steps. */
            artifacts: {
                [key: string]: components["schemas"]["Artifact"];
            };
            /**
             * Format: int32
             * @description The number of its current or last attempt; 0 before the first.
             */
            attempt: number;
            /**
             * Format: double
             * @description Seconds from its start to its end.
             */
            duration?: number | null;
            /**
             * Format: int32
             * @description Exit code of its last attempt.
             */
            exit_code?: number | null;
            /** @description Why it did not succeed, in words. */
            explanation?: string | null;
            /**
             * Format: int32
             * @description How many of its attempts failed; an interrupted attempt has not.
             */
            failures: number;
            /**
             * Format: date-time
             * @description When it came to its end.
             */
            finished_at?: string | null;
            /**
             * Format: date-time
             * @description When its first attempt began.
             */
            started_at?: string | null;
            /** @description Where it stands. */
            state: components["schemas"]["StepState"];
            /** @description The step's name. */
            step: string;
            /** @description Values for later steps. */
            values: Record<string, never>;
        };
        /**
         * @description Where a step run stands.
         * @enum {string}
         */
        StepState: "waiting" | "ready" | "running" | "succeeded" | "skipped" | "failed" | "cancelled" | "timed_out";
        /** @description What a report or a heartbeat is answered with. */
        Stop: {
            /** @description Why. */
            reason?: string | null;
            /** @description Whether the trial should stop. */
            stop: boolean;
        };
        /** @description Where everything is remembered. */
        StoreView: {
            /** @description `sqlite` or `postgres`. */
            kind: string;
            /** @description A directory, or the address of a database without its password. */
            place: string;
        };
        /** @description An experiment, and what the submission of its document came to. */
        Submitted: components["schemas"]["Experiment"] & {
            /** @description What became of it. */
            outcome: components["schemas"]["Outcome"];
        };
        /** @description An experiment as it is listed. */
        Summary: {
            /**
             * Format: double
             * @description Seconds it was driven, over all its runs.
             */
            active_seconds: number;
            best?: components["schemas"]["BestTrial"] | null;
            /**
             * Format: date-time
             * @description When it was submitted.
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When it came to its end.
             */
            finished_at?: string | null;
            /** @description Whether small or large values of it are good. */
            goal: components["schemas"]["Goal"];
            /**
             * Format: int64
             * @description Number within its store; another experiment that is later given the same name has another.
             */
            id: number;
            /** @description The objective's metric. */
            metric: string;
            /** @description Unique in its store at any time. */
            name: string;
            reason?: components["schemas"]["ExperimentReason"] | null;
            request?: components["schemas"]["Request"] | null;
            /**
             * Format: date-time
             * @description When it first ran.
             */
            started_at?: string | null;
            /** @description Where it stands. */
            state: components["schemas"]["ExperimentState"];
            /** @description What people find it by, in alphabetical order. */
            tags?: string[];
            /** @description How many trials it has. */
            trials: components["schemas"]["Counts"];
        };
        /** @description The server. */
        System: {
            /** @description How many experiments this process drives. */
            driven: number;
            /** @description The experiments that have not come to their end, the newest first. */
            experiments: components["schemas"]["Waiting"][];
            /** @description Whether it only shows what other processes do: nothing can be changed here. */
            looks_on: boolean;
            /** @description What steps run on. */
            slots: components["schemas"]["Slots"];
            /** @description Whether it takes no more work, because it is about to end. */
            stopping: boolean;
            /** @description Where everything is remembered. */
            store: components["schemas"]["StoreView"];
            /** @description Its version. */
            version: string;
        };
        /** @description How a trial ended: well, with its last metrics, or not. */
        Tell: {
            /** @description Its last metrics; may be left out when the objective was reported before. */
            metrics?: {
                [key: string]: components["schemas"]["Number"];
            } | null;
            /** @description Why it failed, in the client's words. */
            reason?: string | null;
            state?: components["schemas"]["TellState"] | null;
        };
        /**
         * @description The ends that can be told.
         * @enum {string}
         */
        TellState: "succeeded" | "failed";
        /** @description A token as it is listed. */
        Token: {
            /**
             * Format: date-time
             * @description When it was made.
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When it ceases to be good; null: never.
             */
            expires_at?: string | null;
            /** @description Its name. */
            name: string;
            /** @description What it allows. */
            role: components["schemas"]["Role"];
        };
        /** @description A token to be made. */
        TokenWanted: {
            /**
             * Format: int64
             * @description After how many seconds it ceases to be good; absent: never.
             */
            expires_in?: number;
            /** @description Unique among those that are not revoked. */
            name: string;
            /** @description What it allows. */
            role: components["schemas"]["Role"];
        };
        /** @description A page of tokens. */
        Tokens: {
            /** @description What `cursor` takes for the next page; null at the end. */
            next?: string | null;
            /** @description In order. */
            tokens: components["schemas"]["Token"][];
        };
        /** @description A trial. */
        Trial: {
            /**
             * Format: date-time
             * @description When it was created.
             */
            created_at: string;
            /**
             * Format: double
             * @description Seconds from its start to its end.
             */
            duration?: number | null;
            /** @description Whether the configuration is the user's own; else the algorithm suggested it. */
            enqueued?: boolean;
            /** @description The reason in words, with its numbers. */
            explanation?: string | null;
            /**
             * Format: date-time
             * @description When it ended.
             */
            finished_at?: string | null;
            /**
             * Format: int64
             * @description Its position among the finished trials (0, 1, 2 …), in the order in which they finished.
             */
            finished_order?: number | null;
            /**
             * Format: int32
             * @description How often it was handed out to a client that asked; 0 for a trial that runs through a pipeline.
             */
            handed_out?: number;
            /** @description The last value of every metric it reported. */
            metrics: {
                [key: string]: components["schemas"]["Number"];
            };
            /**
             * Format: int64
             * @description 0, 1, 2 … within its experiment.
             */
            number: number;
            objective?: components["schemas"]["Number"] | null;
            /** @description Its configuration: a value for every active parameter. */
            parameters: {
                [key: string]: components["schemas"]["Scalar"];
            };
            reason?: components["schemas"]["TrialReason"] | null;
            /**
             * Format: date-time
             * @description When its first step began, or it was handed out.
             */
            started_at?: string | null;
            /** @description Where it stands. */
            state: components["schemas"]["TrialState"];
            why?: components["schemas"]["Why"] | null;
        };
        /**
         * @description Why a trial is in its state.
         * @enum {string}
         */
        TrialReason: "step_failed" | "timed_out" | "metric_missing" | "metric_not_finite" | "early_stopping" | "lost" | "told" | "experiment_ended";
        /**
         * @description Where a trial stands.
         * @enum {string}
         */
        TrialState: "queued" | "running" | "succeeded" | "early_stopped" | "failed" | "cancelled";
        /** @description A trial with its step runs. */
        TrialWithSteps: components["schemas"]["Trial"] & components["schemas"]["Notes"] & {
            /** @description Its step runs, in the order in which they began. */
            steps: components["schemas"]["Step"][];
        };
        /** @description A page of trials. */
        Trials: {
            /** @description What `cursor` takes for the next page; null at the end. */
            next?: string | null;
            /** @description In order. */
            trials: components["schemas"]["ListedTrial"][];
        };
        /** @description A document that was only checked, and is right. */
        Validated: {
            /** @description What it means: with every default. */
            spec: Record<string, never>;
        };
        Value: unknown;
        /** @description What a comparison comes to. */
        Verdict: {
            /**
             * Format: double
             * @description For two groups: in which share of all pairs the winner's trial is better (ties count half).
             */
            share_of_pairs?: number | null;
            /** @enum {string} */
            verdict: "better";
            /** @description The value. */
            winner: components["schemas"]["Scalar"];
        } | {
            /** @enum {string} */
            verdict: "unclear";
        } | {
            /** @enum {string} */
            verdict: "too_few";
        };
        /**
         * @description What keeps an experiment from doing more.
         * @enum {string}
         */
        Wait: "paused" | "not_driven" | "driven_elsewhere" | "slots" | "max_trials" | "parallel_trials" | "clients";
        /** @description An experiment that has not come to its end, and what keeps it from doing more. */
        Waiting: {
            /**
             * Format: int64
             * @description How many trials it may have; null without a limit.
             */
            max_trials?: number | null;
            /** @description Its name. */
            name: string;
            /**
             * Format: int32
             * @description How many may run at once.
             */
            parallel_trials?: number | null;
            /**
             * Format: int32
             * @description Slots are shared in proportion to this.
             */
            priority?: number | null;
            /** @description How many slots it has. */
            slots: number;
            /** @description Where it stands. */
            state: components["schemas"]["ExperimentState"];
            /** @description How many trials it has. */
            trials: components["schemas"]["Counts"];
            /** @description How many of its steps wait for one. */
            waiting_steps: number;
            waits_for?: components["schemas"]["Wait"] | null;
        };
        /** @description Why the algorithm suggested a configuration. */
        Why: {
            /**
             * Format: double
             * @description What the algorithm compared it with others by, if it did; more is better. Of `gp` the logarithm of the expected improvement, in the
             *     units of its model; of `tpe` the logarithm of how much denser good trials are there than bad ones.
             */
            acquisition?: number | null;
            /** @description The algorithm that made it: where one chooses among others, the one that it chose. */
            algorithm: string;
            /** @description Where one chooses among others: why it chose this one, in words. */
            choice?: string | null;
            /**
             * Format: double
             * @description The standard deviation of that.
             */
            deviation?: number | null;
            /**
             * Format: double
             * @description The value of the objective that the algorithm expected of it, if it makes predictions.
             */
            mean?: number | null;
            /** @description What it was made for. */
            reason: components["schemas"]["Reason"];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    reference: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            /** @description The path, the query or the body is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are tokens, and the request has no valid one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token does not allow it; or, without tokens, the request comes from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after `Retry-After` seconds */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something failed */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store is away, the server is ending, or it took too long: try again after `Retry-After` seconds */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    reference_file: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description `script.js` or `style.css` */
                file: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/css": string;
                    "text/javascript": string;
                };
            };
            /** @description The path, the query or the body is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are tokens, and the request has no valid one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token does not allow it; or, without tokens, the request comes from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after `Retry-After` seconds */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something failed */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store is away, the server is ending, or it took too long: try again after `Retry-After` seconds */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    all_events: {
        parameters: {
            query?: {
                /** @description Only events after the one with this number; from the first one by default. The header `last-event-id` goes before it. */
                after?: number;
                /** @description Whether to wait for more when all that are stored have been sent. */
                follow?: boolean;
            };
            header?: {
                /** @description Number of the last event that was seen */
                "last-event-id"?: number;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Events; `data` of each is an `Event` */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": components["schemas"]["ServerSentEvent"];
                };
            };
            /** @description The path, the query or the body is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are tokens, and the request has no valid one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token does not allow it; or, without tokens, the request comes from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after `Retry-After` seconds */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something failed */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store is away, the server is ending, or it took too long: try again after `Retry-After` seconds */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_experiments: {
        parameters: {
            query?: {
                /**
                 * @description Only those in one of these states, separated by commas.
                 * @example running,paused
                 */
                state?: string;
                /**
                 * @description Only those with all of these tags, separated by commas.
                 * @example baseline
                 */
                tag?: string;
                /** @description How many at most. */
                limit?: number;
                /** @description `next` of the page before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of them */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Experiments"];
                };
            };
            /** @description The client has it */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The path, the query or the body is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are tokens, and the request has no valid one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token does not allow it; or, without tokens, the request comes from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The cursor is of no page, or that is no tag */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after `Retry-After` seconds */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something failed */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store is away, the server is ending, or it took too long: try again after `Retry-After` seconds */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    submit_experiment: {
        parameters: {
            query?: {
                /** @description Only check it. */
                dry_run?: boolean;
                /**
                 * @description Where the experiment exists and the document says the same: go on where it was, or with the new limits, as `tune run` does. Else a
                 *     name that is taken is refused.
                 */
                go_on?: boolean;
            };
            header?: {
                /** @description The client's own mark of this submission: sent again with the same mark, it is the same experiment */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "example",
                 *       "objective": {
                 *         "metric": "loss",
                 *         "goal": "minimize"
                 *       },
                 *       "max_trials": 3,
                 *       "parameters": {
                 *         "rate": {
                 *           "type": "float",
                 *           "min": 0.001,
                 *           "max": 1,
                 *           "scale": "log"
                 *         }
                 *       }
                 *     }
                 */
                "application/json": Record<string, never>;
                /**
                 * @example name: example
                 *     objective: { metric: loss, goal: minimize }
                 *     max_trials: 3
                 *     parameters: { rate: { type: bool } }
                 */
                "application/yaml": string;
            };
        };
        responses: {
            /** @description With `dry_run`: it is right; else: it was there already */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Submitted"] | components["schemas"]["Validated"];
                };
            };
            /** @description It is new */
            201: {
                headers: {
                    /** @description Where it is */
                    location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Submitted"];
                };
            };
            /** @description The path, the query or the body is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are tokens, and the request has no valid one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token does not allow it; or, without tokens, the request comes from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The name is taken, or the mark belongs to another submission */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is of another type than is read here */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The document has problems: all of them are listed */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after `Retry-After` seconds */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something failed */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store is away, the server is ending, or it took too long: try again after `Retry-After` seconds */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    show_experiment: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the experiment */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All about it */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Experiment"];
                };
            };
            /** @description The client has it */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The path, the query or the body is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are tokens, and the request has no valid one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token does not allow it; or, without tokens, the request comes from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after `Retry-After` seconds */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something failed */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store is away, the server is ending, or it took too long: try again after `Retry-After` seconds */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_experiment: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the experiment */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The path, the query or the body is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are tokens, and the request has no valid one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token does not allow it; or, without tokens, the request comes from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It is running */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after `Retry-After` seconds */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something failed */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store is away, the server is ending, or it took too long: try again after `Retry-After` seconds */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_limits: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the experiment */
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LimitsPatch"];
            };
        };
        responses: {
            /** @description The experiment, with its new limits */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Experiment"];
                };
            };
            /** @description The path, the query or the body is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are tokens, and the request has no valid one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token does not allow it; or, without tokens, the request comes from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It contradicts what is */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is of another type than is read here */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It makes no sense for this experiment */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after `Retry-After` seconds */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something failed */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store is away, the server is ending, or it took too long: try again after `Retry-After` seconds */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    ask: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the experiment */
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Ask"];
            };
        };
        responses: {
            /** @description Trials: fewer than wanted, or none, when there are no more right now or the experiment is paused */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Asked"];
                };
            };
            /** @description The path, the query or the body is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are tokens, and the request has no valid one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token does not allow it; or, without tokens, the request comes from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The experiment has a pipeline */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is of another type than is read here */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after `Retry-After` seconds */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something failed */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store is away, the server is ending, or it took too long: try again after `Retry-After` seconds */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    best_trial: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the experiment */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The trial */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Trial"];
                };
            };
            /** @description The client has it */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The path, the query or the body is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are tokens, and the request has no valid one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token does not allow it; or, without tokens, the request comes from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after `Retry-After` seconds */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something failed */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store is away, the server is ending, or it took too long: try again after `Retry-After` seconds */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancel_experiment: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the experiment */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The experiment */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Experiment"];
                };
            };
            /** @description The path, the query or the body is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are tokens, and the request has no valid one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token does not allow it; or, without tokens, the request comes from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It contradicts what is */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after `Retry-After` seconds */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something failed */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store is away, the server is ending, or it took too long: try again after `Retry-After` seconds */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    compare_values: {
        parameters: {
            query?: {
                /** @description The parameter; the first categorical one by default. */
                by?: string;
            };
            header?: never;
            path: {
                /** @description Name of the experiment */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The comparison */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Comparison"];
                };
            };
            /** @description The client has it */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The path, the query or the body is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are tokens, and the request has no valid one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token does not allow it; or, without tokens, the request comes from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such parameter, or it has too many values */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after `Retry-After` seconds */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something failed */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store is away, the server is ending, or it took too long: try again after `Retry-After` seconds */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    experiment_events: {
        parameters: {
            query?: {
                /** @description Only events after the one with this number; from the first one by default. The header `last-event-id` goes before it. */
                after?: number;
                /** @description Whether to wait for more when all that are stored have been sent. */
                follow?: boolean;
            };
            header?: {
                /** @description Number of the last event that was seen */
                "last-event-id"?: number;
            };
            path: {
                /** @description Name of the experiment */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Events; `data` of each is an `Event` */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": components["schemas"]["ServerSentEvent"];
                };
            };
            /** @description The path, the query or the body is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are tokens, and the request has no valid one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token does not allow it; or, without tokens, the request comes from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after `Retry-After` seconds */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something failed */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store is away, the server is ending, or it took too long: try again after `Retry-After` seconds */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    export_trials: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the experiment */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The table */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                };
            };
            /** @description The path, the query or the body is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are tokens, and the request has no valid one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token does not allow it; or, without tokens, the request comes from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after `Retry-After` seconds */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something failed */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store is away, the server is ending, or it took too long: try again after `Retry-After` seconds */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    grid: {
        parameters: {
            query?: {
                /** @description The number of the first trial. */
                from?: number;
                /** @description How many trials at most. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description Name of the experiment */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The states */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Grid"];
                };
            };
            /** @description The client has it */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The path, the query or the body is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are tokens, and the request has no valid one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token does not allow it; or, without tokens, the request comes from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after `Retry-After` seconds */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something failed */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store is away, the server is ending, or it took too long: try again after `Retry-After` seconds */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    importance: {
        parameters: {
            query?: {
                /** @description The metric that they are to matter for; the objective by default. */
                target?: string;
                /** @description Which values of it are good; as of the objective by default. */
                goal?: components["schemas"]["Goal"];
            };
            header?: never;
            path: {
                /** @description Name of the experiment */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The share of each parameter */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Importance"];
                };
            };
            /** @description The client has it */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The path, the query or the body is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are tokens, and the request has no valid one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token does not allow it; or, without tokens, the request comes from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are too few results so far */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No trial has such a metric */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after `Retry-After` seconds */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something failed */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store is away, the server is ending, or it took too long: try again after `Retry-After` seconds */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    metric_names: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the experiment */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The names */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MetricNames"];
                };
            };
            /** @description The client has it */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The path, the query or the body is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are tokens, and the request has no valid one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token does not allow it; or, without tokens, the request comes from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after `Retry-After` seconds */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something failed */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store is away, the server is ending, or it took too long: try again after `Retry-After` seconds */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    show_notes: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the experiment */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was written */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Notes"];
                };
            };
            /** @description The client has it */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The path, the query or the body is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are tokens, and the request has no valid one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token does not allow it; or, without tokens, the request comes from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after `Retry-After` seconds */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something failed */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store is away, the server is ending, or it took too long: try again after `Retry-After` seconds */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_notes: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the experiment */
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NotesPatch"];
            };
        };
        responses: {
            /** @description What is written now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Notes"];
                };
            };
            /** @description The path, the query or the body is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are tokens, and the request has no valid one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token does not allow it; or, without tokens, the request comes from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is of another type than is read here */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It is no tag, or too long */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after `Retry-After` seconds */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something failed */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store is away, the server is ending, or it took too long: try again after `Retry-After` seconds */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    pause_experiment: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the experiment */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The experiment */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Experiment"];
                };
            };
            /** @description The path, the query or the body is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are tokens, and the request has no valid one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token does not allow it; or, without tokens, the request comes from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It has ended */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after `Retry-After` seconds */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something failed */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store is away, the server is ending, or it took too long: try again after `Retry-After` seconds */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    points: {
        parameters: {
            query?: {
                /** @description About how many at most. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description Name of the experiment */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The points */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Points"];
                };
            };
            /** @description The client has it */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The path, the query or the body is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are tokens, and the request has no valid one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token does not allow it; or, without tokens, the request comes from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after `Retry-After` seconds */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something failed */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store is away, the server is ending, or it took too long: try again after `Retry-After` seconds */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    resume_experiment: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the experiment */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The experiment */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Experiment"];
                };
            };
            /** @description The path, the query or the body is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are tokens, and the request has no valid one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token does not allow it; or, without tokens, the request comes from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It has ended */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after `Retry-After` seconds */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something failed */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store is away, the server is ending, or it took too long: try again after `Retry-After` seconds */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_trials: {
        parameters: {
            query?: {
                /**
                 * @description Only those in one of these states, separated by commas
                 * @example running,queued
                 */
                state?: string;
                /**
                 * @description Only those with all of these tags, separated by commas
                 * @example baseline
                 */
                tag?: string;
                /**
                 * @description `number`, `objective`, `duration`, `started_at`, `param.NAME` or `metric.NAME`, with `-` before it from large to small
                 * @example -metric.accuracy
                 */
                sort?: string;
                /** @description How many at most; 100 by default */
                limit?: number;
                /** @description `next` of the page before */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description Name of the experiment */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of them */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Trials"];
                };
            };
            /** @description The client has it */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The path, the query or the body is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are tokens, and the request has no valid one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token does not allow it; or, without tokens, the request comes from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such parameter, it cannot be compared with that, or that is no tag */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after `Retry-After` seconds */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something failed */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store is away, the server is ending, or it took too long: try again after `Retry-After` seconds */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    enqueue_trial: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the experiment */
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Enqueue"];
            };
        };
        responses: {
            /** @description The trial */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Trial"];
                };
            };
            /** @description The path, the query or the body is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are tokens, and the request has no valid one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token does not allow it; or, without tokens, the request comes from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The experiment has ended, or its limits allow no more */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is of another type than is read here */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It is no configuration of this experiment */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after `Retry-After` seconds */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something failed */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store is away, the server is ending, or it took too long: try again after `Retry-After` seconds */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    show_trial: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the experiment */
                name: string;
                /** @description Number of the trial */
                number: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The trial */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrialWithSteps"];
                };
            };
            /** @description The client has it */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The path, the query or the body is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are tokens, and the request has no valid one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token does not allow it; or, without tokens, the request comes from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after `Retry-After` seconds */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something failed */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store is away, the server is ending, or it took too long: try again after `Retry-After` seconds */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    artifact: {
        parameters: {
            query?: {
                /** @description Of a folder: this file in it. */
                path?: string;
            };
            header?: never;
            path: {
                /** @description Name of the experiment */
                name: string;
                /** @description Number of the trial */
                number: number;
                /** @description Name of the step */
                step: string;
                /** @description Name of the artifact */
                artifact: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file, or the list of the folder's files */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": number[];
                    "application/json": components["schemas"]["Files"];
                };
            };
            /** @description The client has it */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The path, the query or the body is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are tokens, and the request has no valid one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token does not allow it; or, without tokens, the request comes from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after `Retry-After` seconds */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something failed */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store is away, the server is ending, or it took too long: try again after `Retry-After` seconds */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    heartbeat: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the experiment */
                name: string;
                /** @description Number of the trial */
                number: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Whether to go on */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Stop"];
                };
            };
            /** @description The path, the query or the body is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are tokens, and the request has no valid one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token does not allow it; or, without tokens, the request comes from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The trial has ended, or was never handed out */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after `Retry-After` seconds */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something failed */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store is away, the server is ending, or it took too long: try again after `Retry-After` seconds */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_metrics: {
        parameters: {
            query?: {
                /** @description Only this metric. */
                name?: string;
                /** @description Only the report of the metric `name` at its highest level so far. */
                last?: boolean;
                /** @description How many at most. */
                limit?: number;
                /** @description `next` of the page before. */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description Name of the experiment */
                name: string;
                /** @description Number of the trial */
                number: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of it */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Metrics"];
                };
            };
            /** @description The client has it */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The path, the query or the body is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are tokens, and the request has no valid one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token does not allow it; or, without tokens, the request comes from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The cursor is of no page, or `last` is asked for without `name` or with a cursor */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after `Retry-After` seconds */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something failed */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store is away, the server is ending, or it took too long: try again after `Retry-After` seconds */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    report_metrics: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the experiment */
                name: string;
                /** @description Number of the trial */
                number: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MetricReport"][];
            };
        };
        responses: {
            /** @description Whether to go on */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Stop"];
                };
            };
            /** @description The path, the query or the body is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are tokens, and the request has no valid one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token does not allow it; or, without tokens, the request comes from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The trial has ended, or was never handed out */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is of another type than is read here */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It makes no sense for this experiment */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after `Retry-After` seconds */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something failed */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store is away, the server is ending, or it took too long: try again after `Retry-After` seconds */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    show_trial_notes: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the experiment */
                name: string;
                /** @description Number of the trial */
                number: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was written */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Notes"];
                };
            };
            /** @description The client has it */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The path, the query or the body is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are tokens, and the request has no valid one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token does not allow it; or, without tokens, the request comes from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after `Retry-After` seconds */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something failed */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store is away, the server is ending, or it took too long: try again after `Retry-After` seconds */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_trial_notes: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the experiment */
                name: string;
                /** @description Number of the trial */
                number: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NotesPatch"];
            };
        };
        responses: {
            /** @description What is written now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Notes"];
                };
            };
            /** @description The path, the query or the body is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are tokens, and the request has no valid one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token does not allow it; or, without tokens, the request comes from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is of another type than is read here */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It is no tag, or too long */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after `Retry-After` seconds */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something failed */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store is away, the server is ending, or it took too long: try again after `Retry-After` seconds */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    step_log: {
        parameters: {
            query?: {
                /** @description Number of the attempt; the last one by default. */
                attempt?: number;
                /** @description Leave out so many bytes at the beginning. */
                offset?: number;
                /** @description Only so many bytes at the end. */
                tail?: number;
                /** @description Go on until the step has ended. */
                follow?: boolean;
            };
            header?: never;
            path: {
                /** @description Name of the experiment */
                name: string;
                /** @description Number of the trial */
                number: number;
                /** @description Name of the step */
                step: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The log */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description The path, the query or the body is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are tokens, and the request has no valid one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token does not allow it; or, without tokens, the request comes from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `offset` and `tail` contradict each other */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after `Retry-After` seconds */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something failed */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store is away, the server is ending, or it took too long: try again after `Retry-After` seconds */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    tell: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the experiment */
                name: string;
                /** @description Number of the trial */
                number: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Tell"];
            };
        };
        responses: {
            /** @description The trial, ended */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Trial"];
                };
            };
            /** @description The path, the query or the body is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are tokens, and the request has no valid one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token does not allow it; or, without tokens, the request comes from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Another result was told, or the trial has been lost or cancelled */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is of another type than is read here */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It contradicts itself, or says nothing of the objective, which was not reported before either; the trial stays open */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after `Retry-After` seconds */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something failed */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store is away, the server is ending, or it took too long: try again after `Retry-After` seconds */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    description: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OpenAPI 3.1 */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                };
            };
            /** @description The path, the query or the body is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are tokens, and the request has no valid one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token does not allow it; or, without tokens, the request comes from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after `Retry-After` seconds */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something failed */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store is away, the server is ending, or it took too long: try again after `Retry-After` seconds */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    schema: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The schema (draft 2020-12) */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            /** @description The client has it */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The path, the query or the body is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are tokens, and the request has no valid one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token does not allow it; or, without tokens, the request comes from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after `Retry-After` seconds */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something failed */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store is away, the server is ending, or it took too long: try again after `Retry-After` seconds */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    show_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Who is asking */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description The path, the query or the body is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are tokens, and the request has no valid one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token does not allow it; or, without tokens, the request comes from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after `Retry-After` seconds */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something failed */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store is away, the server is ending, or it took too long: try again after `Retry-After` seconds */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    begin_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SessionWanted"];
            };
        };
        responses: {
            /** @description Who is asking from now on */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description The path, the query or the body is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token is not good */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token does not allow it; or, without tokens, the request comes from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is of another type than is read here */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after `Retry-After` seconds */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something failed */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store is away, the server is ending, or it took too long: try again after `Retry-After` seconds */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    end_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The browser has no session */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The path, the query or the body is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are tokens, and the request has no valid one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token does not allow it; or, without tokens, the request comes from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after `Retry-After` seconds */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something failed */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store is away, the server is ending, or it took too long: try again after `Retry-After` seconds */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    show_system: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The server */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["System"];
                };
            };
            /** @description The client has it */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The path, the query or the body is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are tokens, and the request has no valid one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token does not allow it; or, without tokens, the request comes from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after `Retry-After` seconds */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something failed */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store is away, the server is ending, or it took too long: try again after `Retry-After` seconds */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_tokens: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All of them, on one page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tokens"];
                };
            };
            /** @description The path, the query or the body is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are tokens, and the request has no valid one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token does not allow it; or, without tokens, the request comes from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after `Retry-After` seconds */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something failed */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store is away, the server is ending, or it took too long: try again after `Retry-After` seconds */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_token: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TokenWanted"];
            };
        };
        responses: {
            /** @description The token */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewToken"];
                };
            };
            /** @description The path, the query or the body is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are tokens, and the request has no valid one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token does not allow it; or, without tokens, the request comes from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is a token of that name */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is of another type than is read here */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It cannot be the name of a token */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after `Retry-After` seconds */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something failed */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store is away, the server is ending, or it took too long: try again after `Retry-After` seconds */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    revoke_token: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the token */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is revoked */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The path, the query or the body is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are tokens, and the request has no valid one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token does not allow it; or, without tokens, the request comes from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after `Retry-After` seconds */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something failed */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store is away, the server is ending, or it took too long: try again after `Retry-After` seconds */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    alive: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It does */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
        };
    };
    numbers: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The numbers */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/openmetrics-text": string;
                };
            };
            /** @description The path, the query or the body is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are tokens, and the request has no valid one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token does not allow it; or, without tokens, the request comes from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after `Retry-After` seconds */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something failed */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store is away, the server is ending, or it took too long: try again after `Retry-After` seconds */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    ready: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It does */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description The path, the query or the body is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are tokens, and the request has no valid one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token does not allow it; or, without tokens, the request comes from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after `Retry-After` seconds */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something failed */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store is away, the server is ending, or it took too long: try again after `Retry-After` seconds */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
