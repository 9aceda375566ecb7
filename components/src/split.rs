//! Which rows go where: a train/test split and k folds, stratified or not. Pure functions of sizes, classes and a seed.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// Splits rows `0..groups.len()` into (train, test), each in ascending order.
///
/// `groups` names each row's class, or is all zeros where there is nothing to stratify by. The test part has
/// ⌈`fraction` · rows⌉ rows, as scikit-learn's has, shared among the classes by largest remainders; the training part
/// keeps at least one row of every class for as long as the sizes allow.
pub(crate) fn train_test(groups: &[usize], fraction: f64, seed: u64) -> (Vec<usize>, Vec<usize>) {
    let rows = groups.len();
    let wanted = ((fraction * rows as f64).ceil() as usize).clamp(1, rows.saturating_sub(1).max(1));
    let members = shuffled_members(groups, seed);
    let sizes: Vec<usize> = members.iter().map(Vec::len).collect();
    let mut test: Vec<usize> = members
        .iter()
        .zip(shares(&sizes, wanted))
        .flat_map(|(rows, share)| &rows[..share])
        .copied()
        .collect();
    test.sort_unstable();
    let train = complement(&test, rows);
    (train, test)
}

/// How many of each class go to the test part: largest remainders, ties to the earlier class.
fn shares(sizes: &[usize], wanted: usize) -> Vec<usize> {
    let total: usize = sizes.iter().sum();
    let exact = |size: usize| size as f64 * wanted as f64 / total as f64;
    let spare = |size: usize| size.saturating_sub(1);
    let mut shares: Vec<usize> = sizes
        .iter()
        .map(|&size| (exact(size) as usize).min(spare(size)))
        .collect();
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by(|&a, &b| {
        let rest = |i: usize| exact(sizes[i]) - shares[i] as f64;
        rest(b).total_cmp(&rest(a)).then(a.cmp(&b))
    });
    let mut missing = wanted.saturating_sub(shares.iter().sum());
    for keep_one in [true, false] {
        while missing > 0 {
            let before = missing;
            for &class in &order {
                let room = sizes[class] - shares[class] > usize::from(keep_one);
                if room && missing > 0 {
                    shares[class] += 1;
                    missing -= 1;
                }
            }
            if missing == before {
                break;
            }
        }
    }
    shares
}

/// Partitions the rows into `count` folds whose sizes differ by at most one, in total and within every class.
pub(crate) fn folds(groups: &[usize], count: usize, seed: u64) -> Vec<Vec<usize>> {
    let mut folds = vec![Vec::new(); count];
    let members = shuffled_members(groups, seed);
    for (dealt, row) in members.into_iter().flatten().enumerate() {
        folds[dealt % count].push(row);
    }
    for fold in &mut folds {
        fold.sort_unstable();
    }
    folds
}

/// All rows that are not in `chosen`, which is ascending.
pub(crate) fn complement(chosen: &[usize], rows: usize) -> Vec<usize> {
    let mut next = chosen.iter().peekable();
    (0..rows)
        .filter(|row| next.next_if(|chosen| *chosen == row).is_none())
        .collect()
}

/// The rows of each class, in random order.
fn shuffled_members(groups: &[usize], seed: u64) -> Vec<Vec<usize>> {
    let classes = groups.iter().max().map_or(0, |last| last + 1);
    let mut members = vec![Vec::new(); classes];
    for (row, &group) in groups.iter().enumerate() {
        members[group].push(row);
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for rows in &mut members {
        rows.shuffle(&mut rng);
    }
    members
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn count(rows: &[usize], groups: &[usize], class: usize) -> usize {
        rows.iter().filter(|&&row| groups[row] == class).count()
    }

    proptest! {
        #[test]
        fn a_split_keeps_every_row_once(
            groups in prop::collection::vec(0usize..5, 2..200),
            fraction in 0.01f64..0.99,
            seed: u64,
        ) {
            let (train, test) = train_test(&groups, fraction, seed);
            let mut all = [train.clone(), test.clone()].concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..groups.len()).collect::<Vec<_>>());
            prop_assert!(!train.is_empty() && !test.is_empty());
            let wanted = (fraction * groups.len() as f64).ceil() as usize;
            prop_assert_eq!(test.len(), wanted.clamp(1, groups.len() - 1));
        }

        #[test]
        fn a_stratified_split_keeps_the_proportions(
            sizes in prop::collection::vec(10usize..50, 1..5),
            fraction in 0.2f64..0.6,
            seed: u64,
        ) {
            let groups: Vec<usize> =
                sizes.iter().enumerate().flat_map(|(class, &size)| vec![class; size]).collect();
            let (train, test) = train_test(&groups, fraction, seed);
            for (class, &size) in sizes.iter().enumerate() {
                let share = count(&test, &groups, class) as f64;
                let exact = size as f64 * test.len() as f64 / groups.len() as f64;
                prop_assert!((share - exact).abs() <= 1.0, "class {}: {} of {}", class, share, exact);
                prop_assert!(count(&train, &groups, class) >= 1);
            }
        }

        #[test]
        fn folds_partition_the_rows_evenly(
            groups in prop::collection::vec(0usize..4, 10..200),
            count_of_folds in 2usize..10,
            seed: u64,
        ) {
            let folds = folds(&groups, count_of_folds, seed);
            let mut all = folds.concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..groups.len()).collect::<Vec<_>>());
            for class in 0..4 {
                let sizes = folds.iter().map(|fold| count(fold, &groups, class));
                prop_assert!(sizes.clone().max().unwrap() - sizes.min().unwrap() <= 1);
            }
            let sizes = folds.iter().map(Vec::len);
            prop_assert!(sizes.clone().max().unwrap() - sizes.min().unwrap() <= 1);
        }
    }

    #[test]
    fn the_seed_decides() {
        let groups = vec![0; 100];
        assert_eq!(train_test(&groups, 0.3, 1), train_test(&groups, 0.3, 1));
        assert_ne!(train_test(&groups, 0.3, 1), train_test(&groups, 0.3, 2));
        assert_ne!(folds(&groups, 5, 1), folds(&groups, 5, 2));
    }

    #[test]
    fn a_class_of_one_row_is_trained_on() {
        let mut groups = vec![0; 20];
        groups.push(1);
        for seed in 0..20 {
            let (train, _) = train_test(&groups, 0.5, seed);
            assert!(train.contains(&20));
        }
    }
}
