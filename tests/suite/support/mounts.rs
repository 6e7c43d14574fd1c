//! Mounts for one test alone, in namespaces of its own: they end with it, and with them whatever
//! hangs in them.

use std::process::Command;

use super::{
    skip::{am_root, find, skip},
    tree::Tree,
};

/// A command that runs `script` and then its own arguments where it may mount; to the script the
/// tree is its first argument. `None` where that is not allowed: then the test called `name` is
/// skipped aloud. After five minutes everything that was started is killed.
pub(crate) fn with_mounts(name: &str, script: &str, tree: &Tree) -> Option<Command> {
    let Some(unshare) = find("unshare") else {
        skip(
            name,
            "there is no unshare, so nothing can be mounted for the test alone",
        );
        return None;
    };
    // An ordinary user may mount as the root of a namespace, but not everything.
    let mounts = if am_root() { "-m" } else { "-Urm" };
    let in_namespaces = || {
        let mut command = Command::new("timeout");
        command
            .args(["-s", "KILL", "300"])
            .arg(&unshare)
            .args([mounts, "-p", "-f", "--kill-child"])
            .args(["sh", "-c", script, "sh"])
            .arg(tree.path());
        command
    };
    let tried = in_namespaces().arg("true").output().expect("run timeout");
    if !tried.status.success() {
        let said = String::from_utf8_lossy(&tried.stderr);
        skip(
            name,
            &format!("mounting is not allowed here: {}", said.trim()),
        );
        return None;
    }
    Some(in_namespaces())
}
