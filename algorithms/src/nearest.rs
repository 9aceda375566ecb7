//! "Did you mean …?": the known name that a mistyped one most resembles.

/// The candidate closest to `name`, if it is close enough to be what was meant.
pub(crate) fn nearest<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let tolerance = (name.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (strsim::osa_distance(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= tolerance)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The help for an unknown name: what was probably meant, or else all that would do.
pub(crate) fn help<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str> + Clone,
) -> Option<String> {
    if let Some(meant) = nearest(name, candidates.clone()) {
        return Some(format!("did you mean `{meant}`?"));
    }
    let known: Vec<String> = candidates
        .into_iter()
        .map(|known| format!("`{known}`"))
        .collect();
    match known.len() {
        0 => None,
        1..=20 => Some(format!("known: {}", known.join(", "))),
        count => Some(format!(
            "known: {} and {} more",
            known[..20].join(", "),
            count - 20
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_slip_of_the_keyboard_and_nothing_else() {
        let known = ["model", "max_depth", "learning_rate"];
        assert_eq!(nearest("modle", known), Some("model"));
        assert_eq!(nearest("learnin_rate", known), Some("learning_rate"));
        assert_eq!(nearest("dropout", known), None);
    }

    #[test]
    fn lists_what_is_known_when_nothing_is_close() {
        assert_eq!(
            help("x", ["alpha", "beta"]).unwrap(),
            "known: `alpha`, `beta`"
        );
        assert_eq!(help("x", []), None);
    }
}
