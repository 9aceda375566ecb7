//! The exit codes of `tune`: part of its interface, the same in every version. They are listed in the help and in the manual page.

/// Everything went well; an experiment that was run has succeeded.
pub const SUCCEEDED: u8 = 0;
/// The store, a file, or the machine refused.
pub const ERROR: u8 = 1;
/// The command line is wrong.
pub const USAGE: u8 = 2;
/// The experiment file is wrong.
pub const INVALID_FILE: u8 = 3;
/// The experiment failed.
pub const EXPERIMENT_FAILED: u8 = 4;
/// The experiment was cancelled.
pub const EXPERIMENT_CANCELLED: u8 = 5;
/// Another experiment has that name.
pub const NAME_TAKEN: u8 = 6;
/// Asked for a trial of an experiment that has come to its end.
pub const NOTHING_TO_ASK: u8 = 7;
/// Asked for the variables of a trial, and there is none now, although the experiment goes on.
pub const NOTHING_NOW: u8 = 8;
/// Stopped by a signal; the experiment can go on.
pub const INTERRUPTED: u8 = 130;

/// Every code with its meaning, in the order of the help.
pub const ALL: [(u8, &str); 10] = [
    (SUCCEEDED, "all went well; the experiment succeeded"),
    (ERROR, "the store, a file or the machine refused"),
    (USAGE, "the command line is wrong"),
    (INVALID_FILE, "the experiment file is wrong"),
    (EXPERIMENT_FAILED, "the experiment failed"),
    (EXPERIMENT_CANCELLED, "the experiment was cancelled"),
    (NAME_TAKEN, "another experiment has that name"),
    (
        NOTHING_TO_ASK,
        "the experiment has ended: there is nothing to ask for",
    ),
    (
        NOTHING_NOW,
        "`ask --format env` has no trial now; the experiment goes on",
    ),
    (INTERRUPTED, "interrupted; the experiment can go on"),
];

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn no_code_has_two_meanings() {
        for (index, (code, _)) in ALL.iter().enumerate() {
            assert!(ALL[..index].iter().all(|(earlier, _)| earlier != code));
        }
    }
}
