//! Counts the configurations of a space and numbers them, exactly, whatever the conditions between parameters.
//!
//! A decision diagram: parameters are decided one after the other (parents first); a node is a parameter to decide
//! together with the set of later parameters that earlier decisions have switched off. Prefixes that leave the same set
//! share a node, so that the diagram stays small although the space is huge. Each node knows how many configurations
//! its decisions can still lead to, and so a rank is taken apart into decisions as a number is into digits.

use super::conditions::Conditions;
use indexmap::IndexSet;
use std::collections::BTreeSet;
use std::ops::Range;

/// More states than this, and the conditions are refused as too entangled.
pub(super) const MAX_STATES: usize = 100_000;

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

/// What the values of one parameter lead to from one state.
enum Step {
    /// The parameter is inactive: to this state of the next layer, whatever its value would be.
    Skip(usize),
    /// The parameter is decided.
    Decide(Vec<Transition>),
}

/// The steps from all states before one parameter is decided.
type Layer = Vec<Step>;

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
        let mut states = vec![Inactive::new()];
        let mut total = 0;
        for &parameter in &conditions.order {
            let accepting: Vec<(usize, Vec<u128>)> = conditions.children[parameter]
                .iter()
                .map(|child| (*child, accepted(*child, parameter)))
                .collect();
            let mut next = IndexSet::new();
            let mut layer = Layer::new();
            for state in &states {
                layer.push(step(
                    parameter,
                    counts[parameter],
                    &accepting,
                    state,
                    &mut next,
                ));
                if total + layer.len() + next.len() > MAX_STATES {
                    return None;
                }
            }
            total += layer.len();
            layers.push(layer);
            states = next.into_iter().collect();
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
                .map(|step| match step {
                    Step::Skip(next) => below[*next],
                    Step::Decide(transitions) => {
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

/// What a parameter with `count` values leads to from a state, where `accepting` are its children with the indices of
/// the values that they accept.
fn step(
    parameter: usize,
    count: u128,
    accepting: &[(usize, Vec<u128>)],
    state: &Inactive,
    next: &mut IndexSet<Inactive>,
) -> Step {
    let mut state_after = |value: Option<u128>| {
        let refuses = |accepted: &[u128]| value.is_none_or(|v| accepted.binary_search(&v).is_err());
        let mut after = state.clone();
        after.remove(&parameter);
        after.extend(
            accepting
                .iter()
                .filter(|(_, values)| refuses(values))
                .map(|(child, _)| *child),
        );
        next.insert_full(after).0
    };
    if state.contains(&parameter) {
        return Step::Skip(state_after(None));
    }
    let special: BTreeSet<u128> = accepting
        .iter()
        .flat_map(|(_, values)| values)
        .copied()
        .collect();
    let mut transitions: Vec<Transition> = Vec::new();
    let mut from = 0;
    for value in special {
        if value > from {
            add(&mut transitions, from..value, state_after(None));
        }
        add(&mut transitions, value..value + 1, state_after(Some(value)));
        from = value + 1;
    }
    if from < count {
        add(&mut transitions, from..count, state_after(None));
    }
    Step::Decide(transitions)
}

/// Adds the next values, together with those before when they lead to the same state.
fn add(transitions: &mut Vec<Transition>, values: Range<u128>, next: usize) {
    let length = values.end - values.start;
    match transitions.last_mut() {
        Some(last) if last.next == next => last.length += length,
        _ => transitions.push(Transition {
            first: values.start,
            length,
            next,
        }),
    }
}
