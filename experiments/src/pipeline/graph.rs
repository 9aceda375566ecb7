//! The steps of a pipeline by index, and how they depend on each other: what the controller asks again and again.

use crate::spec::Pipeline;

/// Which step needs which, by position in the pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graph {
    needs: Vec<Vec<usize>>,
    dependents: Vec<Vec<usize>>,
}

impl Graph {
    /// The graph of a checked pipeline, whose steps come after those they need.
    pub fn new(pipeline: &Pipeline) -> Self {
        let index = |name: &String| pipeline.steps.get_index_of(name);
        let needs: Vec<Vec<usize>> = pipeline
            .steps
            .values()
            .map(|step| step.needs.iter().filter_map(index).collect())
            .collect();
        let mut dependents = vec![Vec::new(); needs.len()];
        for (step, needed) in needs.iter().enumerate() {
            for &need in needed {
                dependents[need].push(step);
            }
        }
        Self { needs, dependents }
    }

    /// How many steps there are.
    pub fn len(&self) -> usize {
        self.needs.len()
    }

    /// Whether there is no step.
    pub fn is_empty(&self) -> bool {
        self.needs.is_empty()
    }

    /// The steps that must have ended well before this one starts.
    pub fn needs(&self, step: usize) -> &[usize] {
        &self.needs[step]
    }

    /// The steps that need this one.
    pub fn dependents(&self, step: usize) -> &[usize] {
        &self.dependents[step]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{Action, Retries, Step};
    use indexmap::IndexMap;

    fn step(needs: &[&str]) -> Step {
        Step {
            action: Action::Shell { run: "true".into() },
            needs: needs.iter().map(|&name| name.to_owned()).collect(),
            env: IndexMap::new(),
            artifacts: IndexMap::new(),
            timeout: None,
            retries: Retries::default(),
            working_directory: None,
        }
    }

    #[test]
    fn knows_both_directions() {
        let steps = [
            ("a", step(&[])),
            ("b", step(&["a"])),
            ("c", step(&["a", "b"])),
        ];
        let pipeline = Pipeline {
            steps: steps
                .into_iter()
                .map(|(name, step)| (name.to_owned(), step))
                .collect(),
        };
        let graph = Graph::new(&pipeline);
        assert_eq!((graph.len(), graph.is_empty()), (3, false));
        assert_eq!(
            [graph.needs(0), graph.needs(1), graph.needs(2)],
            [&[][..], &[0], &[0, 1]]
        );
        assert_eq!(
            [
                graph.dependents(0),
                graph.dependents(1),
                graph.dependents(2)
            ],
            [&[1, 2][..], &[2], &[]]
        );
    }
}
