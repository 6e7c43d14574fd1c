//! What a machine does not allow to be tested is said aloud, and what root may read is tested as
//! somebody else.

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use tempfile::TempDir;

/// How many tests said that they were skipped. Nothing is ordered by it.
static SKIPPED: AtomicUsize = AtomicUsize::new(0);

/// User and group `nobody` on Linux, where `setpriv` is.
const NOBODY: &str = "65534";

/// Says on standard error that a test could not run. It writes to the stream itself, because what
/// is printed by the macros is swallowed when a test passes.
pub(crate) fn skip(name: &str, why: &str) {
    SKIPPED.fetch_add(1, Ordering::Relaxed);
    // One write, so that lines of tests that run side by side stay whole.
    let line = format!("SKIPPED {name}: {why}\n");
    std::io::stderr()
        .write_all(line.as_bytes())
        .expect("write to standard error");
}

/// How many calls of [`skip`] there were in this process.
pub(crate) fn skipped() -> usize {
    SKIPPED.load(Ordering::Relaxed)
}

pub(crate) fn am_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A program and the words before it that make it run without root's powers.
#[derive(Debug)]
pub(crate) struct Unprivileged {
    words: Vec<OsString>,
    /// Holds the program's copy where the original is out of an ordinary user's reach.
    _copy: Option<TempDir>,
}

impl Unprivileged {
    /// What to start: the program itself, or what drops the privileges.
    pub(crate) fn program(&self) -> &Path {
        Path::new(&self.words[0])
    }

    /// The arguments for [`Unprivileged::program`] that give `arguments` to the program.
    pub(crate) fn arguments(
        &self,
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
    ) -> Vec<OsString> {
        let given = arguments
            .into_iter()
            .map(|argument| argument.as_ref().to_owned());
        self.words[1..].iter().cloned().chain(given).collect()
    }

    /// The same as a command without a terminal.
    pub(crate) fn command(
        &self,
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
    ) -> Command {
        let mut command = Command::new(self.program());
        command.args(self.arguments(arguments));
        command
    }
}

/// Calls `run` with a way to start `program` as an ordinary user: as it is for an ordinary user,
/// through `setpriv` for root. Where root has no `setpriv`, the test called `name` is skipped aloud
/// and the answer is `None`.
pub(crate) fn without_root<R>(
    name: &str,
    program: &Path,
    run: impl FnOnce(&Unprivileged) -> R,
) -> Option<R> {
    if !am_root() {
        return Some(run(&Unprivileged {
            words: vec![program.into()],
            _copy: None,
        }));
    }
    let Some(dropping) = dropping() else {
        skip(
            name,
            "run by root, and setpriv is missing or may not change the user",
        );
        return None;
    };
    let mut reachable = program.to_owned();
    let mut copy = None;
    if !succeeds(
        Command::new(&dropping[0])
            .args(&dropping[1..])
            .args(["test", "-x"])
            .arg(program),
    ) {
        let directory = tempfile::tempdir().expect("make a temporary directory");
        let readable = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(directory.path(), readable.clone())
            .expect("open the temporary directory");
        reachable = directory
            .path()
            .join(program.file_name().expect("a program has a name"));
        self::copy(program, &reachable);
        std::fs::set_permissions(&reachable, readable).expect("open the program's copy");
        copy = Some(directory);
    }
    let words = dropping
        .into_iter()
        .chain([reachable.into_os_string()])
        .collect();
    Some(run(&Unprivileged { words, _copy: copy }))
}

/// The words that drop root's powers from the command after them, proved by a try.
fn dropping() -> Option<Vec<OsString>> {
    let setpriv = find("setpriv")?;
    let (user, group) = (format!("--reuid={NOBODY}"), format!("--regid={NOBODY}"));
    let words = vec![
        setpriv.into_os_string(),
        user.into(),
        group.into(),
        "--clear-groups".into(),
    ];
    succeeds(Command::new(&words[0]).args(&words[1..]).arg("true")).then_some(words)
}

/// The first program of this name in the search path.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|directory| directory.join(name))
        .find(|path| path.is_file())
}

/// Copies a program in another process. Written by this one, it could not be started while a child
/// that another test has just forked still holds it open for writing (ETXTBSY).
pub(crate) fn copy(program: &Path, to: &Path) {
    assert!(
        succeeds(Command::new("cp").arg("-p").arg(program).arg(to)),
        "cannot copy {}",
        program.display()
    );
}

fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
