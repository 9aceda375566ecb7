//! In which order steps can run: each after those it needs.

use indexmap::IndexMap;

/// The names in an order in which each comes after those it needs; where that leaves a choice, as they were given. Needs that are not
/// keys themselves are ignored. Takes time linear in the number of names and needs (a depth-first search kept on
/// the heap).
///
/// # Errors
///
/// One cycle, as `[a, b, a]`: `a` needs `b`, which needs `a`.
pub fn order(needs: &IndexMap<String, Vec<String>>) -> Result<Vec<String>, Vec<String>> {
    let mut search = Search {
        needs,
        marks: vec![Mark::New; needs.len()],
        path: Vec::new(),
        order: Vec::with_capacity(needs.len()),
    };
    for start in 0..needs.len() {
        search.visit(start)?;
    }
    Ok(search.order)
}

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    New,
    OnPath,
    Done,
}

/// A depth-first search that follows needs.
struct Search<'a> {
    needs: &'a IndexMap<String, Vec<String>>,
    marks: Vec<Mark>,
    /// The names on the way from the start, and which of its needs each looks at next.
    path: Vec<(usize, usize)>,
    order: Vec<String>,
}

impl Search<'_> {
    fn visit(&mut self, start: usize) -> Result<(), Vec<String>> {
        self.enter(start)?;
        while let Some((name, next)) = self.path.last_mut() {
            let (index, position) = (*name, *next);
            *next += 1;
            match self.needs[index].get(position) {
                Some(need) => {
                    if let Some(need) = self.needs.get_index_of(need) {
                        self.enter(need)?;
                    }
                }
                None => self.leave(index),
            }
        }
        Ok(())
    }

    fn enter(&mut self, index: usize) -> Result<(), Vec<String>> {
        match self.marks[index] {
            Mark::Done => Ok(()),
            Mark::OnPath => Err(self.cycle(index)),
            Mark::New => {
                self.marks[index] = Mark::OnPath;
                self.path.push((index, 0));
                Ok(())
            }
        }
    }

    fn leave(&mut self, index: usize) {
        self.path.pop();
        self.marks[index] = Mark::Done;
        self.order.push(self.name(index));
    }

    fn cycle(&self, index: usize) -> Vec<String> {
        let on_cycle = self.path.iter().skip_while(|(name, _)| *name != index);
        let mut cycle: Vec<String> = on_cycle.map(|(name, _)| self.name(*name)).collect();
        cycle.push(self.name(index));
        cycle
    }

    fn name(&self, index: usize) -> String {
        self.needs
            .get_index(index)
            .map(|(name, _)| name.clone())
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn needs(edges: &[(&str, &[&str])]) -> IndexMap<String, Vec<String>> {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        edges
            .iter()
            .map(|(name, needs)| ((*name).to_owned(), owned(needs)))
            .collect()
    }

    #[test]
    fn each_comes_after_its_needs_and_otherwise_as_given() {
        let steps = needs(&[
            ("evaluate", &["train"]),
            ("train", &["prepare"]),
            ("report", &[]),
            ("prepare", &[]),
        ]);
        assert_eq!(
            order(&steps).unwrap(),
            ["prepare", "train", "evaluate", "report"]
        );
        let independent = needs(&[("c", &[]), ("a", &[]), ("b", &["unknown"])]);
        assert_eq!(order(&independent).unwrap(), ["c", "a", "b"]);
    }

    #[test]
    fn names_one_cycle() {
        let steps = needs(&[("start", &["a"]), ("a", &["b"]), ("b", &["a"])]);
        assert_eq!(order(&steps).unwrap_err(), ["a", "b", "a"]);
        assert_eq!(order(&needs(&[("a", &["a"])])).unwrap_err(), ["a", "a"]);
    }

    #[test]
    fn a_long_chain_does_not_overflow_the_stack() {
        let chain: IndexMap<String, Vec<String>> = (0..10_000)
            .map(|i| (format!("s{i}"), vec![format!("s{}", i + 1)]))
            .collect();
        assert_eq!(
            order(&chain).unwrap().first().map(String::as_str),
            Some("s9999")
        );
    }

    proptest! {
        #[test]
        fn any_order_is_sound_and_any_cycle_is_one(edges in prop::collection::vec(prop::collection::vec(0..12usize, 0..3), 12)) {
            let name = |i: &usize| format!("s{i}");
            let needs: IndexMap<String, Vec<String>> =
                edges.iter().enumerate().map(|(i, to)| (name(&i), to.iter().map(name).collect())).collect();
            match order(&needs) {
                Ok(order) => {
                    prop_assert_eq!(order.len(), needs.len());
                    for (at, step) in order.iter().enumerate() {
                        prop_assert!(needs[step].iter().all(|need| order[..at].contains(need)));
                    }
                }
                Err(cycle) => {
                    prop_assert_eq!(cycle.first(), cycle.last());
                    prop_assert!(cycle.windows(2).all(|pair| needs[&pair[0]].contains(&pair[1])));
                }
            }
        }
    }
}
