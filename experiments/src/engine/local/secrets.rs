//! The secrets of a step: variables of `tune`'s own environment that its process gets too, and what of them is masked in all that is kept
//! of the step. Artifacts are kept as the step wrote them.

use super::mask::Mask;
use std::env;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

/// The shortest text that is masked, in bytes: shorter ones are found everywhere, also where they are not meant.
const SHORTEST: usize = 4;

/// The secrets of one attempt, by name.
#[derive(Default)]
pub(super) struct Secrets {
    values: Vec<(String, OsString)>,
}

impl Secrets {
    /// Looks them up in the environment of this process.
    ///
    /// # Errors
    /// Which one a step must not be started with, and why.
    pub fn look_up(names: &[String]) -> Result<Self, String> {
        let values = names.iter().map(|name| Ok((name.clone(), value(name)?)));
        Ok(Self {
            values: values.collect::<Result<_, String>>()?,
        })
    }

    /// What goes into the environment of the process.
    pub fn variables(&self) -> impl Iterator<Item = (&String, &OsString)> {
        self.values.iter().map(|(name, value)| (name, value))
    }

    /// What keeps them out of everything else.
    pub fn mask(&self) -> Mask {
        let texts = self.values.iter();
        Mask::new(
            texts
                .flat_map(|(_, value)| texts_of(value.as_bytes()))
                .collect(),
        )
    }
}

fn value(name: &str) -> Result<OsString, String> {
    let Some(value) = env::var_os(name) else {
        return Err(format!(
            "secret `{name}` is not set in the environment of tune; set it before tune starts, or take it out of `secrets`"
        ));
    };
    if texts_of(value.as_bytes()).is_empty() {
        return Err(format!(
            "secret `{name}` has no line of {SHORTEST} characters or more and could not be masked; pass what is no secret with `env`"
        ));
    }
    Ok(value)
}

/// What is masked of a value: each line that is long enough.
fn texts_of(value: &[u8]) -> Vec<Vec<u8>> {
    let lines = value
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .filter(|line| line.len() >= SHORTEST);
    lines.map(<[u8]>::to_vec).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_long_line_is_masked_also_as_json() {
        let value = b"  -----BEGIN KEY-----\r\nabc\n\npa\"ss\\word\n";
        let texts: BTreeSet<Vec<u8>> = texts_of(value).into_iter().collect();
        let expected: [&[u8]; 2] = [b"-----BEGIN KEY-----", b"pa\"ss\\word"];
        assert!(texts.iter().eq(expected), "{texts:?}");
        let mask = Mask::new(texts_of(value));
        assert_eq!(
            &*mask.whole(br#"{"a": "pa\"ss\\word", "b": "pa"ss\word"}"#),
            br#"{"a": "***", "b": "***"}"#
        );
    }

    #[test]
    fn what_cannot_be_masked_is_refused() {
        assert!(texts_of(b"abc").is_empty());
        assert!(texts_of(b"").is_empty());
        assert!(texts_of(b"a\nbc\n \n").is_empty());
    }

    #[test]
    fn a_variable_that_is_not_set_is_named() {
        let missing = Secrets::look_up(&["NOT_SET_ANYWHERE".to_owned()]).err();
        let missing = missing.unwrap();
        assert!(
            missing.starts_with("secret `NOT_SET_ANYWHERE` is not set"),
            "{missing}"
        );
    }
}
