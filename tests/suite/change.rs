//! Right numbers while everything changes: what is made, renamed, replaced and moved at full speed
//! during scans leads none of them out of its root, into a loop or into a panic; and what is read
//! afterwards, in peace, is right.

use std::{
    fs::{self, File},
    path::Path,
    process::Command,
    sync::{
        Barrier,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use spelunk::{
    scan::{ListerKind, Scan, dir::DirId},
    state::{ScanState, State},
};

use crate::{
    engine::{Listener, dirs, equals_reference, options, scan},
    support::{du::du_every, skip::skip, tree::Tree},
};

/// Larger than all that is below the root, so that a total tells whether this was counted.
const CANARY: u64 = 1 << 40;
const SCANS: usize = 40;

/// Places that are changed, and how many of each there are.
const PLACES: usize = 8;

/// `root`, and outside of it `canary` with a file that is never to be counted.
fn tree() -> Tree {
    let tree = Tree::new();
    tree.sparse("canary/large", CANARY)
        .file("canary/inside/file", 1);
    for place in 0..PLACES {
        tree.file(format!("root/files/{place}/stays"), 100)
            .file(format!("root/swap/{place}/inside/file"), 10)
            .symlink("../../canary", format!("root/swap/link-{place}"))
            .file(format!("root/deep/a/b/c/{place}/x/y/z/file"), 10)
            .file(format!("root/out/a/b/{place}/x/y/file"), 10);
    }
    tree
}

/// Changes something in place number so and so. It may be elsewhere at that moment, or have been
/// changed the other way by then.
type Change = fn(&Path, usize);

/// Files come, change their names, take each other's place, and go.
fn files(root: &Path, place: usize) {
    let dir = root.join(format!("files/{place}"));
    let [one, two] = ["one", "two"].map(|name| dir.join(name));
    let _ = fs::write(&one, "one");
    let _ = fs::hard_link(&one, dir.join("again"));
    let _ = fs::rename(&one, &two);
    let _ = fs::create_dir(&one).and_then(|()| fs::create_dir(one.join("in")));
    let _ = fs::remove_dir_all(&one);
    let _ = fs::remove_file(dir.join("again"));
}

/// A directory and a symlink that leads out of the root change places.
fn swap(root: &Path, place: usize) {
    let [dir, link] = ["", "link-"].map(|kind| root.join(format!("swap/{kind}{place}")));
    let _ = renameat_with(CWD, dir, CWD, link, RenameFlags::EXCHANGE);
}

/// A directory goes up by three levels, and back.
fn move_up(root: &Path, place: usize) {
    let below = root.join(format!("deep/a/b/c/{place}"));
    let above = root.join(format!("deep/{place}"));
    let _ = fs::rename(&below, &above);
    let _ = fs::rename(&above, &below);
}

/// A directory leaves the root, so that its `..` is outside, and comes back.
fn move_out(root: &Path, place: usize) {
    let inside = root.join(format!("out/a/b/{place}"));
    let outside = root.join(format!("../canary/{place}"));
    let _ = fs::rename(&inside, &outside);
    let _ = fs::rename(&outside, &inside);
}

/// Does `scans` while threads change what is below `root`.
fn meanwhile(root: &Path, scans: impl FnOnce()) {
    const CHANGES: [Change; 4] = [files, swap, move_up, move_out];
    /// Whatever comes of the scans, the threads must end.
    struct Over<'a>(&'a AtomicBool);
    impl Drop for Over<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let over = AtomicBool::new(false);
    let begun = Barrier::new(CHANGES.len() + 1);
    let (until, together) = (&over, &begun);
    thread::scope(|scope| {
        for change in CHANGES {
            scope.spawn(move || {
                together.wait();
                while !until.load(Ordering::Relaxed) {
                    (0..PLACES).for_each(|place| change(root, place));
                }
            });
        }
        let _over = Over(&over);
        begun.wait();
        scans();
    });
}

/// What `lister` makes of `root` once.
fn read(root: &Path, lister: ListerKind, workers: u16) -> State {
    let mut options = options([root], workers);
    options.lister = lister;
    let scan = Scan::start(&options).expect("start a scan");
    let state = Listener::new(&scan).finish(scan);
    assert_eq!(state.scan_state(), ScanState::Complete);
    assert!(state.panic().is_none());
    state
}

/// In peace, both listers, the plain walk and `du` agree.
fn is_right_in_peace(name: &str, root: &Path) {
    let state = scan(&options([root], 4));
    assert_eq!(state.problems(), 0);
    equals_reference(&state, root);
    match du_every(root) {
        Some(du) => assert_eq!(state.tree().totals(DirId::TOP).disk, i128::from(du[root])),
        None => skip(name, "GNU du is missing, so nothing to compare with"),
    }
}

#[test]
fn nothing_that_changes_leads_out_of_the_root() {
    let tree = tree();
    let root = tree.path().join("root");
    meanwhile(&root, || {
        for round in 0..SCANS {
            let state = read(&root, ListerKind::Auto, [1, 2, 8][round % 3]);
            let totals = state.tree().totals(DirId::TOP);
            if cfg!(target_os = "linux") {
                assert!(totals.apparent < i128::from(CANARY), "{totals:?}");
            }
            assert!(dirs(&state).len() < 20 * PLACES * 10, "no loop");
        }
    });
    is_right_in_peace("nothing_that_changes_leads_out_of_the_root", &root);
}

/// It goes by path, and so wherever a path leads at that moment.
#[test]
fn the_portable_lister_ends_whatever_changes() {
    let tree = tree();
    let root = tree.path().join("root");
    meanwhile(&root, || {
        for round in 0..SCANS {
            let state = read(&root, ListerKind::Portable, [1, 2, 8][round % 3]);
            assert!(dirs(&state).len() < 20 * PLACES * 10, "no loop");
        }
    });
    is_right_in_peace("the_portable_lister_ends_whatever_changes", &root);
}

/// With few handles the way to a directory is found by `..` and by name.
#[test]
#[cfg(target_os = "linux")]
fn the_way_back_does_not_lead_out_of_the_root() {
    let tree = tree();
    let root = tree.path().join("root");
    // More levels than handles, with something beside each, below what moves.
    for place in 0..PLACES {
        for dir in ["deep/a/b/c", "out/a/b"] {
            let mut at = root.join(format!("{dir}/{place}"));
            for _ in 0..12 {
                at.push("down");
                fs::create_dir_all(at.join("beside")).expect("make directories");
            }
            File::create(at.join("file")).expect("make a file");
        }
    }
    meanwhile(&root, || {
        for round in 0..SCANS {
            let output = Command::new("sh")
                .args(["-c", "ulimit -n 32 && exec \"$@\"", "sh"])
                .args([env!("CARGO_BIN_EXE_spelunk"), "--plain", "-t"])
                .arg(["1", "4"][round % 2])
                .arg(&root)
                .output()
                .expect("run the program");
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(matches!(output.status.code(), Some(0 | 1)), "{said}");
            assert!(!said.contains("broke"), "{said}");
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            let apparent = text.split_whitespace().nth(10);
            let apparent: u64 = apparent.and_then(|it| it.parse().ok()).expect("a number");
            assert!(apparent < CANARY, "{text}");
        }
    });
    is_right_in_peace("the_way_back_does_not_lead_out_of_the_root", &root);
}
