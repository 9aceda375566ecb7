//! Which parameters are modelled together.

use crate::draws;
use crate::space::Space;
use rand_chacha::ChaCha8Rng;

/// Parameters that depend on each other, directly or through others, belong together: the families of a space.
pub(super) fn families(space: &Space) -> Vec<Vec<usize>> {
    let count = space.parameters().len();
    let mut family: Vec<usize> = (0..count).collect();
    for (child, parent) in space.dependences() {
        let (from, to) = (family[child], family[parent]);
        family
            .iter_mut()
            .filter(|known| **known == from)
            .for_each(|known| *known = to);
    }
    let members = (0..count).map(|id| (0..count).filter(|index| family[*index] == id).collect());
    members
        .filter(|members: &Vec<usize>| !members.is_empty())
        .collect()
}

/// Deals the families out, in random order, to as few blocks as have room for `most` parameters each. A family is never
/// divided, however large.
pub(super) fn blocks(
    families: &[Vec<usize>],
    most: usize,
    generator: &mut ChaCha8Rng,
) -> Vec<Vec<usize>> {
    let parameters: usize = families.iter().map(Vec::len).sum();
    let count = parameters.div_ceil(most).max(1);
    let mut blocks = vec![Vec::new(); count];
    let mut order: Vec<&Vec<usize>> = families.iter().collect();
    if count > 1 {
        shuffle(&mut order, generator);
    }
    for family in order {
        let smallest = (0..count)
            .min_by_key(|block| blocks[*block].len())
            .unwrap_or(0);
        blocks[smallest].extend(family);
    }
    blocks
}

/// Fisher & Yates.
fn shuffle<T>(items: &mut [T], generator: &mut ChaCha8Rng) {
    for last in (1..items.len()).rev() {
        let other = (draws::unit(generator) * (last + 1) as f64) as usize;
        items.swap(last, other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::{Domain, Parameter};

    fn flag(name: &str) -> Parameter {
        Parameter::new(name, Domain::Bool)
    }

    #[test]
    fn families_hold_what_depends_on_each_other() {
        let space = Space::new(vec![
            flag("a"),
            flag("lonely"),
            flag("b"),
            flag("c").when("a", [true.into()]).when("b", [true.into()]),
            flag("d").when("c", [true.into()]),
        ])
        .unwrap();
        assert_eq!(families(&space), [vec![1], vec![0, 2, 3, 4]]);
    }

    #[test]
    fn families_are_dealt_out_evenly_and_never_divided() {
        let families: Vec<Vec<usize>> = (0..23)
            .map(|index| vec![2 * index, 2 * index + 1])
            .collect();
        let mut generator = draws::generator(1, 1);
        let dealt = blocks(&families, 10, &mut generator);
        let sizes: Vec<usize> = dealt.iter().map(Vec::len).collect();
        assert_eq!(sizes, [10, 10, 10, 8, 8]);
        for block in &dealt {
            assert!(block.chunks(2).all(|pair| pair[0] + 1 == pair[1]));
        }
        assert_ne!(dealt, blocks(&families, 10, &mut generator));
        assert_eq!(blocks(&[], 10, &mut generator), [Vec::<usize>::new()]);
    }
}
