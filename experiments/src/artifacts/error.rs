//! Why something could not be stored, in words a user can act on.

use std::io;
use std::path::PathBuf;

/// Why an artifact could not be stored.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
    /// The step did not write it.
    #[error("artifact `{name}` is missing: nothing at $TUNE_ARTIFACTS/{path}")]
    Missing {
        /// Its declared name.
        name: String,
        /// Its declared path.
        path: String,
    },
    /// What the step wrote cannot be an artifact.
    #[error("artifact `{name}` cannot be stored: {problem}")]
    Unfit {
        /// Its declared name.
        name: String,
        /// What is wrong with it, and what would be right.
        problem: String,
    },
    /// The system refused.
    #[error("{} while storing artifact `{name}` ({}) in {}{}", reason(.source), readable(*.size), .root.display(), hint(.source))]
    Io {
        /// Its declared name.
        name: String,
        /// Bytes, as far as they had been counted.
        size: u64,
        /// The artifact store's root.
        root: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// The system's words as a lowercase fragment, without the error number that Rust appends.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut letters = text.chars();
    let Some(first) = letters.next() else {
        return "unknown error".to_owned();
    };
    first.to_lowercase().chain(letters).collect()
}

fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull => "; free some space there and run it again",
        io::ErrorKind::QuotaExceeded => "; your disk quota there is used up",
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => {
            "; the store needs a directory it may write to"
        }
        _ => "",
    }
}

fn readable(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} bytes");
    }
    let mut amount = bytes as f64 / 1000.0;
    let mut unit = 0;
    while amount >= 999.5 && unit + 1 < UNITS.len() {
        amount /= 1000.0;
        unit += 1;
    }
    format!("{amount:.0} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_with_what_and_where() {
        let error = ArtifactError::Io {
            name: "model".to_owned(),
            size: 12_345_678,
            root: PathBuf::from("/data/artifacts"),
            source: io::Error::from_raw_os_error(28),
        };
        assert_eq!(
            error.to_string(),
            "no space left on device while storing artifact `model` (12 MB) in /data/artifacts; \
             free some space there and run it again"
        );
    }

    #[test]
    fn sizes_are_short() {
        assert_eq!(readable(999), "999 bytes");
        assert_eq!(readable(1_500), "2 kB");
        assert_eq!(readable(999_900), "1 MB");
        assert_eq!(readable(3_000_000_000), "3 GB");
        assert_eq!(readable(u64::MAX), "18446744 TB");
    }
}
