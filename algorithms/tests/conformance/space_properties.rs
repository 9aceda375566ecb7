//! Properties of any space: numbering, encoding, checking.

use crate::spaces::any_space;
use proptest::prelude::*;
use std::collections::HashSet;
use std::sync::Arc;
use tune_algorithms::space::{Configuration, Lattice, Space, Value};

/// Checks that ranks and configurations of a lattice are one to one.
fn check_numbering(space: &Space, lattice: &Lattice) {
    let mut seen = HashSet::new();
    for rank in 0..lattice.count() {
        let configuration = lattice.nth(rank).unwrap();
        assert_eq!(
            lattice.rank(&configuration),
            Some(rank),
            "{configuration:?}"
        );
        assert_eq!(space.check(&configuration).as_ref(), Ok(&configuration));
        assert!(seen.insert(configuration));
    }
    assert_eq!(lattice.nth(lattice.count()), None);
}

/// All configurations of a finite space, found by trying every value of every parameter wherever it is active.
fn brute_force(space: &Space) -> HashSet<Configuration> {
    let mut found = vec![Configuration::default()];
    // As many rounds as there are parameters reach the deepest nesting.
    for _ in 0..=space.parameters().len() {
        for parameter in space.parameters() {
            found = found
                .into_iter()
                .flat_map(|known| extensions(space, &known, &parameter.name))
                .collect();
        }
    }
    found.into_iter().collect()
}

/// The configuration with each value of a parameter that is active and not yet set, or as it is.
fn extensions(space: &Space, known: &Configuration, name: &str) -> Vec<Configuration> {
    let parameter = space
        .parameters()
        .iter()
        .find(|parameter| parameter.name == name)
        .unwrap();
    let active = parameter
        .when
        .iter()
        .flat_map(|when| &when.0)
        .all(|(parent, values)| {
            known
                .get(parent)
                .is_some_and(|value| values.iter().any(|accepted| accepted.matches(value)))
        });
    if !active || known.get(name).is_some() {
        return vec![known.clone()];
    }
    let count = parameter.domain.count().unwrap();
    let values: HashSet<Value> = (0..1000)
        .map(|i| parameter.domain.decode(f64::from(i) / 999.0))
        .collect();
    assert_eq!(values.len() as u128, count);
    let with = |value: Value| {
        let mut extended = known.clone();
        extended.insert(name, value);
        extended
    };
    values.into_iter().map(with).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_numbering_of_a_finite_space_is_one_to_one(space in any_space(false)) {
        prop_assume!(space.size().unwrap() < 5000);
        let lattice = Lattice::every(Arc::clone(&space));
        prop_assert_eq!(Some(lattice.count()), space.size());
        check_numbering(&space, &lattice);
    }

    #[test]
    fn the_numbering_of_a_grid_is_one_to_one(space in any_space(true), points in 2_u32..6) {
        let lattice = Lattice::grid(Arc::clone(&space), points);
        prop_assume!(lattice.count() < 5000);
        prop_assert_eq!(lattice.count(), space.grid_size(points));
        check_numbering(&space, &lattice);
    }

    #[test]
    fn the_size_is_the_number_of_configurations(space in any_space(false)) {
        prop_assume!(space.size().unwrap() < 1000);
        prop_assert_eq!(space.size().unwrap(), brute_force(&space).len() as u128);
    }

    #[test]
    fn decoding_undoes_encoding(space in any_space(true), point in prop::collection::vec(0.0..1.0, 7)) {
        let configuration = space.decode(&point);
        prop_assert_eq!(space.check(&configuration), Ok(configuration.clone()));
        let encoded = space.encode(&configuration);
        let filled: Vec<f64> = encoded.iter().map(|unit| unit.unwrap_or(0.5)).collect();
        let decoded = space.decode(&filled);
        prop_assert_eq!(decoded.len(), configuration.len());
        for (name, value) in configuration.iter() {
            match (decoded.get(name).unwrap(), value) {
                (Value::Float(a), Value::Float(b)) => prop_assert!((a / b - 1.0).abs() < 1e-9 || a == b),
                (a, b) => prop_assert_eq!(a, b),
            }
        }
    }

    #[test]
    fn json_gives_back_the_very_configuration(space in any_space(true), point in prop::collection::vec(0.0..1.0, 7)) {
        let configuration = space.decode(&point);
        let json = serde_json::to_string(&configuration).unwrap();
        let read: Configuration = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(read.fingerprint(), configuration.fingerprint());
        prop_assert_eq!(read, configuration);
    }

    #[test]
    fn a_configuration_with_one_mistake_is_refused(space in any_space(true), point in prop::collection::vec(0.0..1.0, 7)) {
        let configuration = space.decode(&point);
        let names: Vec<&str> = configuration.iter().map(|(name, _)| name).collect();
        for name in &names {
            let others = configuration.iter().filter(|(other, _)| other != name);
            let missing: Configuration =
                others.map(|(other, value)| (other.to_owned(), value.clone())).collect();
            prop_assert!(space.check(&missing).is_err());
            let mut wrong = configuration.clone();
            wrong.insert(*name, "no such value".into());
            prop_assert!(space.check(&wrong).is_err());
        }
        for inactive in space.parameters().iter().filter(|p| !names.contains(&p.name.as_str())) {
            let mut more = configuration.clone();
            more.insert(inactive.name.clone(), inactive.domain.decode(0.5));
            prop_assert!(space.check(&more).is_err());
        }
    }
}
