//! What cannot be read, in whole or in part, and what vanishes meanwhile.

use std::{fs, io, os::unix::fs::PermissionsExt, path::PathBuf, sync::Arc};

use spelunk::{
    scan::{
        Options, Scan,
        dir::{Dir, DirId},
        gauge::Call,
        lister::portable::Portable,
        visit::{Leave, Visit},
    },
    state::{ScanState, State},
    tree::DirState,
};

use super::{
    Listener, PLACE, WORKERS, at, equals_reference, equals_what_is_seen_by, ignored,
    lists::{Lists, by},
    options, passes, place, scan,
};
use crate::support::{
    reference::Reader,
    skip::{am_root, without_root},
    tree::Tree,
};

/// A whole scan with listers like this one.
fn scan_with<L: Lists + Clone + Sync + 'static>(options: &Options, lister: &L) -> State {
    let lister = lister.clone();
    let scan = Scan::start_with(options, move || by(lister.clone())).expect("start a scan");
    Listener::new(&scan).finish(scan)
}

#[test]
fn a_root_that_has_vanished_is_a_failure() {
    let tree = Tree::new();
    tree.file("here/file", 10);
    let (gone, here) = (tree.path().join("gone"), tree.path().join("here"));
    let state = scan(&options([&gone], 2));
    assert_eq!(
        (state.scan_state(), state.problems()),
        (ScanState::Failed, 1)
    );
    let state = scan(&options([&gone, &here], 2));
    assert_eq!(
        (state.scan_state(), state.problems()),
        (ScanState::Complete, 1)
    );
    let failure = state.failure_of(at(&state, &gone)).expect("it failed");
    assert_eq!(
        (failure.call, failure.cause.kind()),
        (
            if cfg!(target_os = "linux") {
                Call::Openat
            } else {
                Call::Stat
            },
            io::ErrorKind::NotFound
        )
    );
    assert_eq!(state.tree().state(at(&state, &gone)), DirState::Failed);
    assert!(
        state.tree().is_lower_bound(DirId::TOP),
        "something is missing from the sum"
    );
    equals_reference(&state, &here);
}

/// Takes away, or fails at, directories with certain names; lists the others.
#[derive(Clone)]
struct Troubled;

impl Lists for Troubled {
    fn list(&mut self, dir: &Arc<Dir>, visit: &mut Visit<'_>) -> Result<(), Leave> {
        match dir.name() {
            b"vanishing" => fs::remove_dir_all(dir.path()).expect("take the directory away"),
            b"shut" => {
                return visit.unreadable(Call::Opendir, io::ErrorKind::PermissionDenied.into());
            }
            b"torn" => {
                Portable.list(dir, visit)?;
                return visit.unreadable(Call::Readdir, io::Error::other("torn"));
            }
            b"odd" => {
                let name = &b"bad"[..];
                Portable.list(dir, visit)?;
                visit.name(name, false);
                visit.end_names(None)?;
                visit.file(name, Call::Lstat, Err(io::Error::other("bad")))?;
                return visit.file(name, Call::Lstat, Err(io::ErrorKind::NotFound.into()));
            }
            _ => {}
        }
        Portable.list(dir, visit)
    }
}

#[test]
fn what_cannot_be_read_is_a_failure_and_never_counted_as_empty() {
    for workers in WORKERS {
        let tree = Tree::new();
        tree.file("a/shut/file", 10)
            .file("a/torn/file", 20)
            .file("b/odd/file", 30)
            .file("c/file", 40);
        let state = scan_with(&options([tree.path()], workers), &Troubled);
        assert_eq!(state.scan_state(), ScanState::Complete);
        let state_of = |name: &str| state.tree().state(at(&state, &tree.path().join(name)));
        assert_eq!(
            (state_of("a/shut"), state_of("a/torn")),
            (DirState::Failed, DirState::Failed)
        );
        assert_eq!(
            (state_of("a"), state_of("b"), state_of("b/odd")),
            (DirState::Partial, DirState::Partial, DirState::Partial)
        );
        assert_eq!(
            (state_of("c"), state_of("")),
            (DirState::Complete, DirState::Partial)
        );
        let totals = state.tree().totals(DirId::TOP);
        assert_eq!(
            (totals.missing, totals.files, totals.unfinished),
            (3, 3, 0),
            "torn, odd and c have their files"
        );
        let mut paths: Vec<PathBuf> = state
            .failures()
            .iter()
            .map(|failure| state.failed_path(failure))
            .collect();
        paths.sort();
        let expected = ["a/shut", "a/torn", "b/odd/bad"].map(|name| tree.path().join(name));
        assert_eq!(paths, expected);
    }
}

#[test]
fn a_directory_that_vanished_since_its_name_was_read_is_empty_and_no_failure() {
    for workers in WORKERS {
        let tree = Tree::new();
        tree.file("a/vanishing/b/c", 10).file("d/e", 20);
        let state = scan_with(&options([tree.path()], workers), &Troubled);
        assert_eq!(
            (state.scan_state(), state.problems()),
            (ScanState::Complete, 0)
        );
        let vanished = at(&state, &tree.path().join("a/vanishing"));
        assert_eq!(state.tree().state(vanished), DirState::Complete);
        assert_eq!(state.tree().totals(vanished).files, 0);
        assert_eq!(state.tree().totals(DirId::TOP).files, 1);
    }
}

#[test]
fn an_unreadable_directory_is_a_failure() {
    let tree = Tree::new();
    tree.file("a/shut/file", 10)
        .file("a/file", 20)
        .dir("closed")
        .unreadable("a/shut")
        .unreadable("closed");
    // Its names can be read, but nothing can be learnt of them.
    tree.file("blind/in/file", 30)
        .unreadable("blind/in")
        .unreadable("blind");
    let names_only = fs::Permissions::from_mode(0o444);
    fs::set_permissions(tree.path().join("blind"), names_only)
        .expect("make a directory unsearchable");
    let program = std::env::current_exe().expect("this program");
    without_root(
        "an_unreadable_directory_is_a_failure",
        &program,
        |program| {
            let mut command = program.command(ignored(module_path!(), "scan_what_is_unreadable"));
            passes(command.env(PLACE, tree.path()));
        },
    );
}

#[test]
#[ignore = "run by an_unreadable_directory_is_a_failure, as an ordinary user"]
fn scan_what_is_unreadable() {
    let Some(root) = place("scan_what_is_unreadable") else {
        return;
    };
    assert!(!am_root(), "root may read it all");
    for workers in WORKERS {
        let state = scan(&options([root.join("a")], workers));
        assert_eq!(
            (state.scan_state(), state.problems()),
            (ScanState::Complete, 1)
        );
        equals_what_is_seen_by(Reader::Ordinary, &state, &root.join("a"));
        let shut = at(&state, &root.join("a/shut"));
        let failure = state.failure_of(shut).expect("it failed");
        assert_eq!(
            (failure.call, failure.cause.kind()),
            (
                if cfg!(target_os = "linux") {
                    Call::Openat
                } else {
                    Call::Opendir
                },
                io::ErrorKind::PermissionDenied
            )
        );
        assert_eq!(state.tree().state(shut), DirState::Failed);
        assert_eq!(
            state.tree().state(at(&state, &root.join("a"))),
            DirState::Partial
        );
        let state = scan(&options([root.join("closed")], workers));
        assert_eq!(
            (state.scan_state(), state.problems()),
            (ScanState::Failed, 1),
            "no root could be read"
        );
        let state = scan(&options([root.join("blind")], workers));
        assert_eq!(state.scan_state(), ScanState::Complete);
        assert_eq!(
            state.tree().state(at(&state, &root.join("blind/in"))),
            DirState::Failed
        );
        assert!(
            state
                .failures()
                .iter()
                .all(|failure| matches!(failure.call, Call::Lstat | Call::Openat | Call::Statx)),
            "{:?}",
            state.failures()
        );
        assert!(state.tree().is_lower_bound(DirId::TOP));
    }
}
