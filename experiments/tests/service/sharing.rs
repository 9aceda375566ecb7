//! Many experiments share the slots.

use crate::engine::Steps;
use crate::place::{Kind, Place, over_both, pipeline};
use tune_experiments::state::ExperimentState;

over_both! {
    many_experiments_run_to_their_ends_beside_each_other,
    a_long_experiment_does_not_starve_a_short_one,
}

async fn many_experiments_run_to_their_ends_beside_each_other(kind: Kind) {
    let place = Place::new(kind).await;
    let server = place.server(3, Steps::EndAtOnce);
    let mut ids = Vec::new();
    for number in 0..20 {
        let text = pipeline(&format!("e{number}"), "max_trials: 5\nparallel_trials: 3");
        ids.push(server.submit(&place, &text).await.id);
    }
    for id in ids {
        place.reaches(&server, id, ExperimentState::Succeeded).await;
    }
    assert_eq!(server.engine.started().len(), 100);
}

async fn a_long_experiment_does_not_starve_a_short_one(kind: Kind) {
    let place = Place::new(kind).await;
    let server = place.server(2, Steps::Hold);
    let long = pipeline("long", "max_trials: 100\nparallel_trials: 50");
    let long = server.submit(&place, &long).await.id;
    server.engine.has_started(2).await;
    let short = server
        .submit(&place, &pipeline("short", "max_trials: 1"))
        .await
        .id;
    place
        .reaches(&server, short, ExperimentState::Running)
        .await;
    while server.service.load().waiting < 49 {
        tokio::task::yield_now().await;
    }
    let running = server.engine.running();
    server.engine.finish(&running[0]).await;
    server.engine.has_started(3).await;
    assert_eq!(server.engine.started()[2].experiment, short);
    let load = server.service.load();
    assert_eq!((load.slots, load.in_use, load.driven), (2, 2, 2));
    server.service.cancel(long).await.unwrap();
}
