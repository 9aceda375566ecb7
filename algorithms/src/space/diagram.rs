//! Counts the configurations of a space and numbers them, exactly, whatever the conditions between parameters.
//!
//! A decision diagram: parameters are decided one after the other (parents first); a node is a parameter to decide
//! together with the set of later parameters that earlier decisions have switched off. Prefixes that leave the same set
//! share a node, so that the diagram stays small although the space is huge. Each node knows how many configurations
//! its decisions can still lead to, and so a rank is taken apart into decisions as a number is into digits.

use super::conditions::Conditions;
use indexmap::IndexMap;
use std::collections::BTreeSet;

/// More states than this, and the conditions are refused as too entangled.
const MAX_STATES: usize = 100_000;

/// Later parameters that are already known to be inactive.
type Inactive = BTreeSet<usize>;

/// Configurations in order of rank, as decisions `(parameter, index of its value)`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Diagram {
    nodes: Vec<Node>,
    root: usize,
}

/// One decision. The node 0 is the end: nothing is left to decide.
#[derive(Clone, Debug, PartialEq)]
struct Node {
    parameter: usize,
    /// How many configurations can follow from here, saturating.
    count: u128,
    runs: Vec<Run>,
}

/// Neighbouring values of a parameter that lead to the same node.
#[derive(Clone, Debug, PartialEq)]
struct Run {
    /// Index of the first value.
    first: u128,
    /// How many values.
    length: u128,
    /// Where they lead.
    next: usize,
    /// How many configurations follow from each.
    each: u128,
    /// How many configurations follow from the values before the first.
    before: u128,
}

/// A `Run` while the nodes are not yet made.
struct Transition {
    first: u128,
    length: u128,
    /// Index of the state in the next layer.
    next: usize,
}

/// All states before one parameter is decided, with what each value leads to.
type Layer = IndexMap<Inactive, Vec<Transition>>;

const END: usize = 0;

impl Diagram {
    /// For parameters with `counts[i]` values each, where `accepted(child, parent)` are the indices, ascending, of the
    /// parent's values that the child accepts. `None` when the conditions are too entangled to count.
    pub fn new(
        conditions: &Conditions,
        counts: &[u128],
        accepted: impl Fn(usize, usize) -> Vec<u128>,
    ) -> Option<Self> {
        let mut layers: Vec<Layer> = Vec::new();
        let mut states: Vec<Inactive> = vec![Inactive::new()];
        let mut total = 0;
        for &parameter in &conditions.order {
            let children: Vec<(usize, Vec<u128>)> = conditions.children[parameter]
                .iter()
                .map(|c| (*c, accepted(*c, parameter)))
                .collect();
            let mut next: IndexMap<Inactive, ()> = IndexMap::new();
            let mut layer = Layer::new();
            for state in states {
                let transitions =
                    transitions(parameter, counts[parameter], &children, &state, &mut next);
                layer.insert(state, transitions);
                if total + layer.len() + next.len() > MAX_STATES {
                    return None;
                }
            }
            total += layer.len();
            states = next.into_keys().collect();
            layers.push(layer);
        }
        Some(Self::from_layers(&conditions.order, &layers))
    }

    fn from_layers(order: &[usize], layers: &[Layer]) -> Self {
        let mut nodes = vec![Node {
            parameter: usize::MAX,
            count: 1,
            runs: Vec::new(),
        }];
        let mut below = vec![END];
        for (&parameter, layer) in order.iter().zip(layers).rev() {
            below = layer
                .iter()
                .map(|(inactive, transitions)| match transitions.first() {
                    Some(only) if inactive.contains(&parameter) => below[only.next],
                    _ => {
                        let node = Node::new(parameter, transitions, &below, &nodes);
                        nodes.push(node);
                        nodes.len() - 1
                    }
                })
                .collect();
        }
        Self {
            nodes,
            root: below[0],
        }
    }

    /// How many configurations there are, saturating.
    pub fn count(&self) -> u128 {
        self.nodes[self.root].count
    }

    /// Whether some configuration has this parameter.
    pub fn reaches(&self, parameter: usize) -> bool {
        self.nodes.iter().any(|node| node.parameter == parameter)
    }

    /// The decisions of the configuration with this rank, which must be below the count.
    pub fn decisions(&self, mut rank: u128) -> Vec<(usize, u128)> {
        let mut decisions = Vec::new();
        let mut at = self.root;
        while at != END {
            let node = &self.nodes[at];
            let run = &node.runs[node.runs.partition_point(|run| run.before <= rank) - 1];
            rank -= run.before;
            decisions.push((node.parameter, run.first + rank / run.each));
            rank %= run.each;
            at = run.next;
        }
        decisions
    }

    /// The rank of a configuration, given the index of each active parameter's value. `None` when that is no
    /// configuration, or when the rank is too large a number.
    pub fn rank(&self, index_of: impl Fn(usize) -> Option<u128>) -> Option<u128> {
        let mut rank: u128 = 0;
        let mut at = self.root;
        while at != END {
            let node = &self.nodes[at];
            let index = index_of(node.parameter)?;
            let run = &node.runs[node.runs.partition_point(|run| run.first <= index) - 1];
            let offset = (index - run.first).checked_mul(run.each)?;
            rank = rank.checked_add(run.before)?.checked_add(offset)?;
            at = run.next;
        }
        Some(rank)
    }
}

impl Node {
    fn new(parameter: usize, transitions: &[Transition], below: &[usize], nodes: &[Node]) -> Self {
        let mut count: u128 = 0;
        let mut runs = Vec::with_capacity(transitions.len());
        for transition in transitions {
            let next = below[transition.next];
            let each = nodes[next].count;
            let Transition { first, length, .. } = *transition;
            runs.push(Run {
                first,
                length,
                next,
                each,
                before: count,
            });
            count = count.saturating_add(length.saturating_mul(each));
        }
        Self {
            parameter,
            count,
            runs,
        }
    }
}

/// What each value of a parameter leads to. An inactive parameter has one transition, which decides nothing.
fn transitions(
    parameter: usize,
    count: u128,
    children: &[(usize, Vec<u128>)],
    state: &Inactive,
    next: &mut IndexMap<Inactive, ()>,
) -> Vec<Transition> {
    let mut state_after = |accepting: &dyn Fn(&[u128]) -> bool| {
        let mut after = state.clone();
        after.remove(&parameter);
        after.extend(
            children
                .iter()
                .filter(|(_, values)| !accepting(values))
                .map(|(c, _)| *c),
        );
        next.insert_full(after, ()).0
    };
    if state.contains(&parameter) {
        return vec![Transition {
            first: 0,
            length: 1,
            next: state_after(&|_| false),
        }];
    }
    let special: BTreeSet<u128> = children
        .iter()
        .flat_map(|(_, values)| values)
        .copied()
        .collect();
    let mut found: Vec<Transition> = Vec::new();
    let mut add = |first: u128, end: u128, next: usize| match found.last_mut() {
        Some(last) if last.next == next => last.length += end - first,
        _ if end > first => found.push(Transition {
            first,
            length: end - first,
            next,
        }),
        _ => {}
    };
    let mut from = 0;
    for value in special {
        if value > from {
            add(from, value, state_after(&|_| false));
        }
        add(
            value,
            value + 1,
            state_after(&|values| values.binary_search(&value).is_ok()),
        );
        from = value + 1;
    }
    if from < count {
        add(from, count, state_after(&|_| false));
    }
    found
}
