//! The tokens themselves: 256 random bits, of which only a hash is kept.

use std::fmt::Write as _;

/// What every token begins with, so that it is recognised where it should not be.
const PREFIX: &str = "tune_";

/// A new token.
///
/// # Errors
/// When the system has no random numbers.
pub fn generate() -> Result<String, getrandom::Error> {
    let mut bits = [0; 32];
    getrandom::fill(&mut bits)?;
    let mut token = PREFIX.to_owned();
    for byte in bits {
        // Writing into a string cannot fail.
        let _ = write!(token, "{byte:02x}");
    }
    Ok(token)
}

/// What is kept of a token.
pub fn hash(token: &str) -> [u8; 32] {
    *blake3::hash(token.as_bytes()).as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_tokens_are_alike() {
        let (first, second) = (generate().unwrap(), generate().unwrap());
        assert_eq!(first.len(), PREFIX.len() + 64);
        assert_ne!(first, second);
        assert_ne!(hash(&first), hash(&second));
    }
}
