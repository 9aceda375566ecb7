//! The steps of a pipeline by index, and how they depend on each other: what the controller asks again and again.

use indexmap::IndexMap;

/// Which step needs which, by position in the pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graph {
    needs: Vec<Vec<usize>>,
    dependents: Vec<Vec<usize>>,
}

impl Graph {
    /// The graph of these steps, by the names that each needs. A name that is no step is ignored.
    pub fn new(steps: &IndexMap<String, Vec<String>>) -> Self {
        let index = |name: &String| steps.get_index_of(name);
        let needs: Vec<Vec<usize>> = steps
            .values()
            .map(|needs| needs.iter().filter_map(index).collect())
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

    #[test]
    fn knows_both_directions() {
        let steps = [("a", &[][..]), ("b", &["a"]), ("c", &["a", "b"])];
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let steps = steps.map(|(name, needs)| (name.to_owned(), names(needs)));
        let graph = Graph::new(&IndexMap::from(steps));
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
