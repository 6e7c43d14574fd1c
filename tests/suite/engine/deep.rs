//! Trees that paths cannot name and handles cannot hold: for the lister that walks by handle.

use std::{
    fs::File,
    os::fd::OwnedFd,
    path::Path,
    process::{Command, Stdio},
};

use rustix::fs::{Mode, OFlags, mkdirat, openat};
use spelunk::{
    scan::{ListerKind, Options, Scan, dir::DirId},
    state::{ScanState, State},
    tree::totals::Totals,
};

use super::{Listener, WORKERS, dirs, options, steer::Steered};
use crate::support::tree::Tree;

/// Whether each level of a chain has another directory beside the next.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beside {
    Nothing,
    Directory,
}

/// Makes a chain of `depth` directories in `root`, each with a file. The last one is returned.
pub(crate) fn chain(root: &Path, depth: usize, beside: Beside) -> OwnedFd {
    let mut at = OwnedFd::from(File::open(root).expect("open the root"));
    let all = Mode::from_raw_mode(0o755);
    for _ in 0..depth {
        let new = OFlags::CREATE | OFlags::WRONLY;
        openat(&at, "file", new, all).expect("make a file");
        if beside == Beside::Directory {
            mkdirat(&at, "beside", all).expect("make a directory");
        }
        mkdirat(&at, "down", all).expect("make a directory");
        at = openat(&at, "down", OFlags::DIRECTORY, Mode::empty()).expect("open a directory");
    }
    at
}

/// Takes a chain away; the standard library's recursion would overflow the stack.
fn clear(root: &Path) {
    let status = Command::new("rm")
        .arg("-rf")
        .arg(root)
        .status()
        .expect("run rm");
    assert!(status.success(), "the chain is taken away");
}

fn by_handle(root: &Path, workers: u16) -> State {
    let options = Options {
        lister: ListerKind::Linux,
        ..options([root], workers)
    };
    let scan = Scan::start(&options).expect("start a scan");
    Listener::new(&scan).finish(scan)
}

#[test]
fn a_chain_beyond_the_longest_path() {
    const DEPTH: usize = 12_000;
    let tree = Tree::new();
    chain(&tree.path(), DEPTH, Beside::Nothing);
    for workers in WORKERS {
        let state = by_handle(&tree.path(), workers);
        assert_eq!(
            (state.scan_state(), state.problems()),
            (ScanState::Complete, 0)
        );
        let Totals { files, dirs, .. } = state.tree().totals(DirId::TOP);
        assert_eq!((files, dirs), (DEPTH as i64, DEPTH as i64 + 1));
    }
    clear(&tree.path().join("down"));
}

#[test]
fn the_end_of_a_chain_is_read_again() {
    const DEPTH: usize = 3_000;
    let tree = Tree::new();
    chain(&tree.path(), DEPTH, Beside::Directory);
    let mut steered = Steered::start(&Options {
        lister: ListerKind::Linux,
        ..options([tree.path()], 2)
    });
    steered.hear_out();
    let state = &steered.listener.state;
    let before = state.tree().totals(DirId::TOP);
    let depth = |dir: &DirId| state.tree().way_to(*dir).len();
    let deepest = dirs(state).into_iter().max_by_key(depth).expect("a chain");
    assert_eq!(depth(&deepest), DEPTH + 1);
    for dir in [deepest, DirId(1)] {
        steered.rescan(&[dir]);
        steered.hear_out();
        let state = &steered.listener.state;
        assert!(!state.tree().contains(dir), "another has its place");
        assert_eq!(state.tree().totals(DirId::TOP), before);
        assert_eq!(
            (state.scan_state(), state.problems()),
            (ScanState::Complete, 0)
        );
    }
    clear(&tree.path().join("down"));
}

#[test]
fn a_comb_with_more_levels_than_handles() {
    const DEPTH: usize = 6_000;
    let tree = Tree::new();
    chain(&tree.path(), DEPTH, Beside::Directory);
    let expected = format!("{DEPTH} files {} dirs", 2 * DEPTH + 1);
    for limit in [32, 256] {
        for workers in ["1", "4", "16"] {
            let output = Command::new("sh")
                .args(["-c", "ulimit -n \"$1\" && exec \"$2\" --plain -t \"$3\" ."])
                .args([
                    "sh",
                    &limit.to_string(),
                    env!("CARGO_BIN_EXE_spelunk"),
                    workers,
                ])
                .current_dir(tree.path())
                .stdin(Stdio::null())
                .output()
                .expect("run the program");
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            let words: Vec<&str> = text.split_whitespace().take(4).collect();
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(
                words.join(" "),
                expected,
                "{limit} handles, {workers} workers: {said}"
            );
            assert_eq!(output.status.code(), Some(0), "{said}");
        }
    }
    clear(&tree.path().join("down"));
}

#[test]
fn paths_longer_than_the_longest_are_listed() {
    const DEPTH: usize = 2_000;
    let tree = Tree::new();
    chain(&tree.path(), DEPTH, Beside::Directory);
    let mut expected: Vec<usize> = (0..DEPTH)
        .map(|depth| "./file".len() + depth * "/down".len())
        .collect();
    expected.sort_unstable();
    for workers in ["1", "8"] {
        let output = Command::new("sh")
            .args(["-c", "ulimit -n 32 && exec \"$1\" --list -t \"$2\" ."])
            .args(["sh", env!("CARGO_BIN_EXE_spelunk"), workers])
            .current_dir(tree.path())
            .stdin(Stdio::null())
            .output()
            .expect("run the program");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), &*said), (Some(0), ""));
        let text = String::from_utf8(output.stdout).expect("plain names");
        let mut lengths: Vec<usize> = text.lines().map(str::len).collect();
        lengths.sort_unstable();
        assert_eq!(lengths, expected);
        assert!(text.lines().all(|path| path.ends_with("/file")));
    }
    clear(&tree.path().join("down"));
}
