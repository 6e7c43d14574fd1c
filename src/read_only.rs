//! `--read-only`, kept by the kernel: from then on no thread of this process can make, change,
//! rename or take away a file anywhere but where it is told that it may.
//!
//! Rights that were there before stay: what is open for writing can be written, so the terminal and
//! standard output can. Landlock does not cover what is only about a file: modes, owners, times.

use std::path::Path;

use thiserror::Error;

/// The kernel would not keep the promise.
#[derive(Debug, Error)]
#[error("--read-only: {0}; nothing was begun")]
pub struct Refused(String);

/// Takes the right to write from the calling thread, and from all that it starts. To be called
/// before there is another one. `writable`: a directory in which writing stays allowed, if it is
/// there.
///
/// # Errors
/// The kernel has no Landlock, or too old a one. Then nothing is taken.
#[cfg(target_os = "linux")]
pub fn enforce(writable: Option<&Path>) -> Result<(), Refused> {
    use landlock::{
        ABI, AccessFs, CompatLevel, Compatible as _, Ruleset, RulesetAttr as _,
        RulesetCreatedAttr as _, RulesetError, path_beneath_rules,
    };

    /// The first that covers `truncate`: Linux 6.2.
    const LEAST: ABI = ABI::V3;
    /// Opened for reading and writing by whoever asks a terminal for keys.
    const TERMINAL: &str = "/dev/tty";
    let restrict = || -> Result<(), RulesetError> {
        let writing = AccessFs::from_write(LEAST);
        Ruleset::default()
            .set_compatibility(CompatLevel::HardRequirement)
            .handle_access(writing)?
            .create()?
            .add_rules(path_beneath_rules([TERMINAL], AccessFs::WriteFile))?
            .add_rules(path_beneath_rules(writable, writing))?
            .restrict_self()?;
        Ok(())
    };
    restrict().map_err(|cause| {
        Refused(format!(
            "the kernel cannot keep that ({cause}): it needs Landlock, as of Linux 6.2"
        ))
    })
}

/// Never possible here.
///
/// # Errors
/// In any case.
#[cfg(not(target_os = "linux"))]
pub fn enforce(_writable: Option<&Path>) -> Result<(), Refused> {
    Err(Refused("only Linux can keep that".to_owned()))
}
