//! Whether there is somebody who can let a stopped program go on: a shell with job control.

use nix::unistd::{Pid, getpgid, getpgrp, getppid, getsid};

/// Whether an ancestor of the same session is in another process group, as the kernel asks before it
/// heeds SIGTSTP. A program that is stopped where there is none is stopped for good.
pub(super) fn is_there() -> bool {
    let (session, group) = (getsid(None), Ok(getpgrp()));
    let mut ancestor = Some(getppid());
    // What is outside of this process's namespace has the number 0, as has its session.
    while let Some(process) = ancestor.filter(|process| process.as_raw() > 0) {
        if getsid(Some(process)) != session {
            return false;
        }
        if getpgid(Some(process)) != group {
            return true;
        }
        ancestor = parent(process);
    }
    false
}

/// The parent of another process, where the system tells.
fn parent(process: Pid) -> Option<Pid> {
    let stat = std::fs::read(format!("/proc/{process}/stat")).ok()?;
    // The name may hold anything, brackets too.
    let end = stat.iter().rposition(|byte| *byte == b')')?;
    let rest = std::str::from_utf8(&stat[end + 1..]).ok()?;
    let parent = rest.split_ascii_whitespace().nth(1)?.parse().ok()?;
    Some(Pid::from_raw(parent))
}
