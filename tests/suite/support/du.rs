//! What GNU `du` says of every directory.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Bytes in allocated blocks of `root` and of every directory below it, or `None` where GNU `du` is
/// missing. Each directory has a run of its own, because `du` counts a hard-linked file once in a
/// run: in the first directory only.
pub(crate) fn du_every(root: &Path) -> Option<BTreeMap<PathBuf, u64>> {
    let version = Command::new("du").arg("--version").output().ok()?;
    if !String::from_utf8_lossy(&version.stdout).contains("GNU coreutils") {
        return None;
    }
    let mut sizes = BTreeMap::new();
    let mut waiting = vec![root.to_owned()];
    while let Some(directory) = waiting.pop() {
        // A directory that cannot be read has no directories below it, for `du` neither.
        for name in directory.read_dir().into_iter().flatten() {
            let name = name.expect("read a directory");
            if name.file_type().expect("look at a file").is_dir() {
                waiting.push(name.path());
            }
        }
        let size = du(&directory);
        sizes.insert(directory, size);
    }
    Some(sizes)
}

/// The status is not looked at: `du` fails for a directory it may not read and counts the rest.
fn du(directory: &Path) -> u64 {
    let output = Command::new("du")
        .args(["--summarize", "--block-size=1", "--"])
        .arg(directory)
        .env("LC_ALL", "C")
        .output()
        .expect("run du");
    let text = String::from_utf8_lossy(&output.stdout);
    let size = text.split('\t').next().and_then(|size| size.parse().ok());
    size.unwrap_or_else(|| panic!("du said of {}: {text:?}", directory.display()))
}
