//! Every point of a grid, each exactly once.

use super::batch::Batch;
use super::untried::Untried;
use super::{Algorithm, AlgorithmInfo, Reason, Why};
use crate::history::History;
use crate::setting::{Checked, Setting, SettingError, SettingKind};
use crate::space::{Configuration, Lattice, MAX_POINTS, Space};
use std::sync::Arc;

/// The most configurations that a grid may have.
pub const MAX_GRID_SIZE: u128 = 10_000_000;

/// What there is to know of `grid`.
pub(super) const INFO: AlgorithmInfo = AlgorithmInfo {
    name: "grid",
    summary: "every combination, each once; for small spaces that are to be covered completely",
    settings: &[
        Setting {
            name: "points",
            kind: SettingKind::Int {
                min: 2,
                max: MAX_POINTS as i64,
            },
            default: "10",
            doc: "how many values to take from a float that has neither `step` nor `points` of its own",
        },
        Setting {
            name: "order",
            kind: SettingKind::Choice(&["file", "shuffled"]),
            default: "file",
            doc: "`file`: the last parameter changes fastest; `shuffled`: an order that the seed decides, for a grid that may be cut short",
        },
    ],
};

/// Goes through the points in the order of [`Lattice`], or shuffled, and leaves out what was tried already.
pub(super) struct Grid {
    untried: Untried,
    why: Vec<Why>,
}

impl Grid {
    pub fn new(
        space: Arc<Space>,
        seed: u64,
        settings: &Checked,
    ) -> Result<Self, Vec<SettingError>> {
        // The setting's range fits.
        let lattice = Lattice::grid(space, settings.int("points") as u32);
        if lattice.count() > MAX_GRID_SIZE {
            return Err(vec![too_large(lattice.count())]);
        }
        let untried = match settings.choice("order") {
            "shuffled" => Untried::shuffled(lattice, seed),
            _ => Untried::in_order(lattice),
        };
        Ok(Self {
            untried,
            why: Vec::new(),
        })
    }
}

impl Algorithm for Grid {
    fn suggest(&mut self, history: &History, count: usize) -> Vec<Configuration> {
        self.untried.begin_batch();
        let suggested = Batch::fill(history, count, |batch| {
            Some((
                self.untried.next(batch)?,
                Why::new(INFO.name, Reason::Coverage),
            ))
        });
        self.why = suggested.1;
        suggested.0
    }

    fn learns(&self) -> bool {
        false
    }

    fn why(&self) -> &[Why] {
        &self.why
    }
}

fn too_large(size: u128) -> SettingError {
    let size = if size == u128::MAX {
        "far too many".to_owned()
    } else {
        size.to_string()
    };
    SettingError {
        key: String::new(),
        message: format!("the grid has {size} points; {MAX_GRID_SIZE} are allowed"),
        help: Some(
            "give parameters fewer values with `step` or `points`, or use `random` or `sobol`"
                .to_owned(),
        ),
    }
}
