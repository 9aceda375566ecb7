//! What steps left and is no longer here: artifacts and large values are files of one machine, and another one may have taken the
//! experiment over, or someone has tidied up. A step whose results are still needed then runs again.

use crate::artifacts::ArtifactStore;
use crate::state::StepState;
use crate::store::StepRecord;
use indexmap::IndexMap;
use std::collections::HashSet;

/// The names of the steps that each step needs.
type Needs = IndexMap<String, Vec<String>>;

/// Sends back to the start every step that went well, whose results are not here, and which another step of the trial that has not ended
/// needs. How they were on record: a trial that ends before they run again has not lost what they came to.
pub(super) fn redo_lost(
    steps: &mut [StepRecord],
    needs: &Needs,
    artifacts: &ArtifactStore,
) -> Vec<StepRecord> {
    let mut before = Vec::new();
    let mut lost: Vec<usize> = (0..steps.len())
        .filter(|at| is_lost(&steps[*at], artifacts))
        .collect();
    // One that runs again needs the results of others.
    while let Some(place) = lost
        .iter()
        .position(|at| is_needed(&steps[*at], steps, needs))
    {
        let step = &mut steps[lost.remove(place)];
        before.push(step.clone());
        redo(step);
    }
    before
}

fn is_lost(step: &StepRecord, artifacts: &ArtifactStore) -> bool {
    let mut files = step.artifacts.values();
    step.state == StepState::Succeeded
        && (files.any(|file| !artifacts.path(file).exists()) || !artifacts.has_values(&step.values))
}

fn is_needed(step: &StepRecord, steps: &[StepRecord], needs: &Needs) -> bool {
    let ended = steps.iter().filter(|step| step.state.is_finished());
    let ended: HashSet<&str> = ended.map(|step| step.step.as_str()).collect();
    let mut others = needs.iter();
    others.any(|(name, needed)| needed.contains(&step.step) && !ended.contains(name.as_str()))
}

fn redo(step: &mut StepRecord) {
    step.state = StepState::Waiting;
    step.explanation = Some("what it left is not on this machine".to_owned());
    step.finished_at = None;
    step.values.clear();
    step.artifacts.clear();
}

#[cfg(test)]
mod tests {
    use super::super::trial::StepRun;
    use super::*;
    use serde_json::json;
    use tempfile::TempDir;

    /// `a`, `b` and `c` need the one before and went well, each leaving a file; `d` needs `c` and runs.
    fn chain(store: &ArtifactStore) -> (Needs, Vec<StepRecord>) {
        let names = ["a", "b", "c", "d"];
        let needs = |at: usize| at.checked_sub(1).map(|before| names[before].to_owned());
        let needs = (0..4).map(|at| (names[at].to_owned(), needs(at).into_iter().collect()));
        let mut steps = names.map(|name| StepRun::new(1, name).record);
        for step in &mut steps[..3] {
            step.state = StepState::Succeeded;
            let left = store.keep_value(&step.step, &json!(step.step)).unwrap();
            step.values.insert("left".to_owned(), left);
        }
        (needs.collect(), steps.into())
    }

    fn redone(steps: &[StepRecord]) -> Vec<&str> {
        let again = steps.iter().filter(|step| step.explanation.is_some());
        again.map(|step| step.step.as_str()).collect()
    }

    #[test]
    fn what_is_lost_and_needed_runs_again_and_what_that_needs() {
        let directory = TempDir::new().unwrap();
        let store = ArtifactStore::new(directory.path());
        let (needs, steps) = chain(&store);
        for (lost, expected) in [
            (&[][..], &[][..]),
            (&["c"], &["c"]),
            (&["b"], &[]),
            (&["a", "c"], &["c"]),
            (&["b", "c"], &["b", "c"]),
        ] {
            let mut steps = steps.clone();
            for step in &mut steps {
                if lost.contains(&step.step.as_str()) {
                    step.values["left"]["$artifact"]["path"] = json!("gone");
                }
            }
            let known = steps.clone();
            let before = redo_lost(&mut steps, &needs, &store);
            assert_eq!(redone(&steps), expected, "{lost:?} lost");
            assert_eq!(before.len(), expected.len());
            assert!(before.iter().all(|step| known.contains(step)));
        }
    }
}
