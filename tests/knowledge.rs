//! What the search knows and says: why it tries what it tries, and what it takes over from another experiment.

use crate::cluster::Cluster;
use crate::harness::Place;
use crate::remote::Server;
use crate::server;
use serde_json::{Value as Json, json};

/// A valley with its lowest point at x = 3, y = -2.
fn valley(name: &str, rest: &str) -> String {
    format!(
        r#"
name: {name}
objective: {{ metric: loss, goal: minimize }}
parameters:
  x: {{ type: float, min: -10, max: 10 }}
  y: {{ type: float, min: -10, max: 10 }}
pipeline:
  measure:
    run: 'echo ${{{{ params.x }}}} ${{{{ params.y }}}} | awk "{{ l = (\$1-3)^2 + (\$2+2)^2; print \"loss=\" l, \"score=\" (-l) }}"'
{rest}"#
    )
}

fn known() -> String {
    valley(
        "known",
        "algorithm: sobol\nmax_trials: 40\nparallel_trials: 4\n",
    )
}

fn configurations(trials: &[Json]) -> Vec<String> {
    let parameters = trials.iter().map(|trial| trial["parameters"].to_string());
    parameters.collect()
}

fn first_loss(place: &Place, name: &str) -> f64 {
    place.trials(name)[0]["objective"]
        .as_f64()
        .expect("a number")
}

#[test]
fn every_trial_says_why_also_after_a_restart() {
    let place = Place::new();
    let algorithm = "algorithm: { name: auto, settings: {} }\n";
    place
        .run(&valley(
            "explained",
            &format!("{algorithm}max_trials: 12\n"),
        ))
        .success();
    let before = place.trials("explained");
    place
        .tune(&["resume", "explained", "--max-trials", "14"])
        .success();
    let trials = place.trials("explained");
    assert_eq!(trials[..12], before);
    for (number, trial) in trials.iter().enumerate() {
        let why = &trial["why"];
        assert_eq!(why["algorithm"], "gp", "{trial}");
        assert!(why["choice"].as_str().is_some_and(|it| !it.is_empty()));
        let reasons: &[&str] = match number {
            0..8 => &["startup"],
            _ => &["exploration", "exploitation"],
        };
        assert!(
            reasons.iter().any(|reason| why["reason"] == *reason),
            "{why}"
        );
        assert_eq!(why["mean"].is_number(), number >= 8, "{why}");
        assert_eq!(why["deviation"].is_number(), number >= 8);
        assert_eq!(why["acquisition"].is_number(), number >= 8);
    }
    let said = place.tune(&["show", "explained", "13"]).success();
    said.says(&[
        "suggested by gp",
        "auto chose gp",
        "expected loss",
        "give or take",
        "acquisition",
    ]);
}

#[test]
fn clients_are_told_why_and_users_that_it_was_theirs() {
    let place = Place::new();
    place.write(
        "asked.yaml",
        "name: asked\nobjective: { metric: loss, goal: minimize }\nalgorithm: tpe\nmax_trials: 5\nparameters: { x: { type: float, min: 0, max: 1 } }\n",
    );
    place.tune(&["create", "asked.yaml"]).success();
    let server = server::Server::start(&place);
    let at = |rest: &str| format!("/api/v1/experiments/asked/{rest}");
    let asked = server.post(&at("ask"), &json!({}));
    assert_eq!(asked["trials"][0]["why"]["reason"], "startup", "{asked}");
    let own = json!({"parameters": {"x": 0.5}});
    let arguments = [
        "-H",
        "content-type: application/json",
        "-d",
        &own.to_string(),
    ];
    assert_eq!(server.ask(&at("trials"), &arguments).0, 201);
    assert_eq!(server.get(&at("trials/1"))["why"], Json::Null);
    let shown = |number| place.tune(&["show", "asked", number]).success();
    shown("0").says(&["suggested by tpe", "too little was known"]);
    shown("1").says(&["your own: it was enqueued"]);
}

#[test]
fn clients_are_told_where_their_trials_are_judged() {
    let place = Place::new();
    let parameters = "parameters: { epochs: { type: int, min: 1, max: 30 }, x: { type: float, min: 0, max: 1 } }\n";
    let rules = "algorithm: random\nmax_trials: 8\nearly_stopping: { name: asha, settings: { resource: epochs } }\n";
    let objective = "objective: { metric: loss, goal: minimize }\n";
    place.write(
        "judged.yaml",
        format!("name: judged\n{objective}{rules}{parameters}"),
    );
    place.tune(&["create", "judged.yaml"]).success();
    let variables = place.tune(&["ask", "judged", "--format", "env"]).success();
    variables.says(&["TUNE_RUNGS=1,3,9,27,30", "epochs=30"]);
    let server = server::Server::start(&place);
    let at = |rest: &str| format!("/api/v1/experiments/judged/{rest}");
    let report = |trial: u64, level: f64, loss: f64| {
        let reports = json!([{"name": "loss", "value": loss, "level": level}]);
        server.post(&at(&format!("trials/{trial}/metrics")), &reports)["stop"].clone()
    };
    // Your own may be shorter; that of the algorithm never is.
    let own = json!({"parameters": {"x": 0.5, "epochs": 7}}).to_string();
    let arguments = ["-H", "content-type: application/json", "-d", &own];
    assert_eq!(server.ask(&at("trials"), &arguments).0, 201);
    let asked = server.post(&at("ask"), &json!({"count": 2}));
    assert_eq!(asked["rungs"], json!([1, 3, 9, 27, 30]), "{asked}");
    assert_eq!(asked["trials"][0]["parameters"]["epochs"], 7);
    assert_eq!(asked["trials"][1]["parameters"]["epochs"], 30);
    for (trial, loss) in [(0, 0.5), (1, 0.4), (2, 0.9)] {
        assert_eq!(report(trial, 1.0, loss), false);
        assert_eq!(report(trial, 3.0, loss), trial == 2, "{trial}");
    }
}

#[test]
fn a_search_begins_where_another_was_good() {
    let place = Place::new();
    place.run(&known()).success();
    let median = {
        let trials = place.trials("known");
        let mut losses: Vec<f64> = trials
            .iter()
            .filter_map(|it| it["objective"].as_f64())
            .collect();
        losses.sort_by(f64::total_cmp);
        losses[losses.len() / 2]
    };
    for algorithm in ["tpe", "gp", "cmaes", "auto"] {
        let new = valley(
            algorithm,
            &format!("algorithm: {algorithm}\nmax_trials: 1\nstart_from: known\n"),
        );
        let said = place.run(&new).success();
        said.says(&[&format!("`{algorithm}` starts from 40 trials of `known`")]);
        let found = first_loss(&place, algorithm);
        // A sample of `cmaes` is not its best guess.
        let share = if algorithm == "cmaes" { 0.6 } else { 0.3 };
        assert!(
            found < share * median,
            "{algorithm}: {found} against {median}"
        );
        let experiment = place.experiment(algorithm);
        assert_eq!(experiment["prior_trials"], 40);
        assert_eq!(experiment["trials"]["total"], 1, "{}", experiment["trials"]);
        assert_eq!(experiment["best"]["number"], 0);
        assert_ne!(place.trials(algorithm)[0]["why"]["reason"], "startup");
        place
            .tune(&["show", algorithm])
            .success()
            .says(&["40 trials of known"]);
    }
}

/// What it has started from is its own: neither the end of the other experiment nor a restart makes a difference.
fn what_is_known_stays(place: &Place) {
    place.run(&known()).success();
    let new = |name, max| {
        valley(
            name,
            &format!("algorithm: {{ name: tpe, seed: 5 }}\nmax_trials: {max}\nstart_from: known\n"),
        )
    };
    place.run(&new("whole", 6)).success();
    place.run(&new("halves", 3)).success();
    place.tune(&["delete", "known", "--yes"]).success();
    place
        .run(&new("halves", 6))
        .success()
        .says(&["goes on with new limits"]);
    let [whole, halves] = ["whole", "halves"].map(|name| place.trials(name));
    assert_eq!(configurations(&whole), configurations(&halves));
    assert_eq!(whole[5]["why"], halves[5]["why"]);
    place
        .run(&new("other", 3))
        .exit(3)
        .says(&["there is no experiment"]);
}

#[test]
fn what_is_known_stays_in_a_file() {
    what_is_known_stays(&Place::new());
}

#[tokio::test]
async fn what_is_known_stays_in_postgres() {
    what_is_known_stays(&Place::in_postgres(&Cluster::shared()).await);
}

#[test]
fn another_goal_metric_and_space_take_over_what_fits() {
    let place = Place::new();
    place.run(&known()).success();
    let new = "
name: new
objective: { metric: score, goal: maximize }
algorithm: tpe
max_trials: 1
start_from: known
parameters: { x: { type: float, min: 0, max: 10 } }
";
    place.write("new.yaml", new);
    place
        .tune(&["create", "new.yaml"])
        .success()
        .says(&["starts from", "of `known`"]);
    let expected = place
        .trials("known")
        .iter()
        .filter(|it| it["parameters"]["x"].as_f64() >= Some(0.0))
        .count();
    assert_eq!(place.experiment("new")["prior_trials"], expected);
    assert!((15..25).contains(&expected));
}

#[test]
fn what_cannot_be_started_from_is_told_at_its_place() {
    let place = Place::new();
    place.run(&known()).success();
    place.write("empty.yaml", "name: empty\nobjective: { metric: loss, goal: minimize }\nmax_trials: 1\nparameters: { x: { type: bool } }\n");
    place.tune(&["create", "empty.yaml"]).success();
    let file = |start: &str, algorithm: &str, metric: &str, parameters: &str| {
        format!(
            "name: new\nmax_trials: 1\nalgorithm: {algorithm}\nstart_from: {start}\nobjective: {{ metric: {metric}, goal: minimize }}\nparameters: {parameters}\n"
        )
    };
    let x = "{ x: { type: float, min: 0, max: 1 } }";
    let server = Server::start(&place, "127.0.0.1:0");
    for (text, words) in [
        (
            file("knwon", "tpe", "loss", x),
            &["there is no experiment `knwon`", "did you mean `known`?"][..],
        ),
        (
            file("empty", "tpe", "loss", x),
            &["`empty` has no trial that succeeded"],
        ),
        (
            file("known", "tpe", "accuracy", x),
            &[
                "no trial of `known` has a value of `accuracy`",
                "`loss`, `score`",
            ],
        ),
        (
            file("known", "tpe", "loss", "{ z: { type: bool } }"),
            &["no trial of `known` fits", "z: its value is missing"],
        ),
        (
            file("known", "grid", "loss", x),
            &["`grid` does not learn", "`tpe`"],
        ),
        (file("new", "tpe", "loss", x), &["cannot start from itself"]),
    ] {
        place.write("new.yaml", &text);
        place
            .tune(&["create", "new.yaml"])
            .exit(3)
            .says(words)
            .says(&["new.yaml:4:13"]);
        let said = server.tune(&place, &["create", "new.yaml"]);
        assert_ne!(said.code, 0);
        said.says(words);
    }
    assert_eq!(place.tune(&["show", "new"]).code, 1);
}

#[test]
fn a_server_checks_what_to_start_from_and_needs_it_only_once() {
    let place = Place::new();
    place.run(&known()).success();
    let server = server::Server::start(&place);
    let new = |start: &str| {
        valley(
            "new",
            &format!("algorithm: tpe\nmax_trials: 2\nstart_from: {start}\n"),
        )
    };
    let submit = |query: &str, text: &str| {
        let yaml = [
            "-H",
            "content-type: application/yaml",
            "--data-binary",
            text,
        ];
        let (status, body) = server.ask(&format!("/api/v1/experiments{query}"), &yaml);
        (status, serde_json::from_str::<Json>(&body).expect("JSON"))
    };
    for query in ["?dry_run=true", ""] {
        let (status, problem) = submit(query, &new("knwon"));
        assert_eq!(status, 422, "{problem}");
        let found = &problem["problems"][0];
        assert_eq!(
            (&found["path"], &found["line"], &found["column"]),
            (&json!("start_from"), &json!(12), &json!(13))
        );
        assert_eq!(found["help"], "did you mean `known`?");
    }
    assert_eq!(submit("?dry_run=true", &new("known")).0, 200);
    let (status, created) = submit("", &new("known"));
    assert_eq!(status, 201, "{created}");
    assert_eq!(created["prior_trials"], 40, "{created}");
    assert_eq!(
        server.ask("/api/v1/experiments/known", &["-X", "DELETE"]).0,
        204
    );
    let (status, again) = submit("?go_on=true", &new("known"));
    assert_eq!(status, 200, "{again}");
    assert_eq!(submit("", &new("known")).0, 409);
}
