//! Random trees on disk: whatever is in them, every directory amounts to what the plain walk counts
//! and what `du` on that directory alone prints, for any number of workers.

use std::{
    cell::Cell,
    ffi::OsStr,
    fs,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use proptest::{collection::vec, prelude::*, sample::Index, test_runner::TestRunner};
use spelunk::{
    scan::dir::DirId,
    state::{ScanState, State},
    tree::DirState,
};

use crate::{
    engine::{WORKERS, dirs, equals_reference, ignored, options, passes, scan},
    support::{
        du::du_every,
        skip::{am_root, skip, without_root},
        tree::Tree,
    },
};

/// What is made under a name.
#[derive(Clone, Debug)]
enum Thing {
    Directory,
    File(usize),
    Hole(u64),
    /// A further name of something made before.
    Link(Index),
    Symlink(Vec<u8>),
}

/// One step of making a tree: in which of the directories there are, under which name, what.
type Step = (Index, Vec<u8>, Thing);

/// How a tree is made, and which of its directories are shut at the end.
#[derive(Clone, Debug)]
struct Recipe {
    steps: Vec<Step>,
    shut: Vec<Index>,
}

/// Any bytes that make a name. Not every file system takes what is not UTF-8.
fn names() -> impl Strategy<Value = Vec<u8>> {
    let byte = if cfg!(target_os = "linux") {
        1..=255_u8
    } else {
        1..=127
    };
    let any = vec(
        byte.prop_map(|byte| if byte == b'/' { b'\n' } else { byte }),
        1..6,
    );
    let long = (b'a'..=b'z').prop_map(|letter| vec![letter; 255]);
    prop_oneof![8 => any, 1 => long]
        .prop_filter("not special", |name| name != b"." && name != b"..")
}

fn recipes(shut: usize) -> impl Strategy<Value = Recipe> {
    let thing = prop_oneof![
        5 => Just(Thing::Directory),
        5 => (0..20_000_usize).prop_map(Thing::File),
        1 => (0..1_u64 << 40).prop_map(Thing::Hole),
        5 => any::<Index>().prop_map(Thing::Link),
        1 => vec(1..=127_u8, 1..100).prop_map(Thing::Symlink),
    ];
    let steps = vec((any::<Index>(), names(), thing), 0..40);
    (steps, vec(any::<Index>(), shut)).prop_map(|(steps, shut)| Recipe { steps, shut })
}

/// Makes the tree. Returns its directories that are shut.
fn make(recipe: &Recipe, tree: &Tree) -> Vec<PathBuf> {
    let mut dirs = vec![PathBuf::new()];
    let mut others: Vec<PathBuf> = Vec::new();
    for (parent, name, thing) in &recipe.steps {
        let path = parent.get(&dirs).join(OsStr::from_bytes(name));
        if tree.path().join(&path).symlink_metadata().is_ok() {
            continue;
        }
        match thing {
            Thing::Directory => {
                tree.dir(&path);
                dirs.push(path);
                continue;
            }
            Thing::File(bytes) => tree.file(&path, *bytes),
            Thing::Hole(length) => tree.sparse(&path, *length),
            Thing::Link(_) if others.is_empty() => continue,
            Thing::Link(other) => tree.link(other.get(&others), &path),
            Thing::Symlink(target) => tree.symlink(OsStr::from_bytes(target), &path),
        };
        others.push(path);
    }
    let mut shut: Vec<PathBuf> = recipe
        .shut
        .iter()
        .map(|pick| pick.get(&dirs).clone())
        .collect();
    // Those deep inside first, since a shut directory hides what is in it.
    shut.sort_by_key(|path| std::cmp::Reverse(path.components().count()));
    shut.dedup();
    for path in &shut {
        tree.unreadable(path);
    }
    let root = tree.path();
    let shut = shut.into_iter().map(|path| root.join(path));
    shut.filter(|path| fs::symlink_metadata(path).is_ok())
        .collect()
}

/// Disk usage equals that of `du`; false without GNU du.
fn equals_du(state: &State, root: &Path) -> bool {
    let Some(sizes) = du_every(root) else {
        return false;
    };
    for dir in dirs(state) {
        let path = state.tree().path(dir);
        assert_eq!(
            state.tree().totals(dir).disk,
            i128::from(sizes[&path]),
            "of {}",
            path.display()
        );
    }
    assert_eq!(dirs(state).len(), sizes.len());
    true
}

/// A directory is failed, partial or complete by the shut ones that are visible in or below it.
fn states_are_right(state: &State, root: &Path, shut: &[PathBuf]) {
    assert_eq!(state.failures().len(), shut.len(), "{:?}", state.failures());
    for dir in dirs(state) {
        let path = state.tree().path(dir);
        let inside = shut.iter().filter(|shut| shut.starts_with(&path)).count();
        let expected = match inside {
            _ if shut.contains(&path) => DirState::Failed,
            0 => DirState::Complete,
            _ => DirState::Partial,
        };
        assert_eq!(state.tree().state(dir), expected, "of {}", path.display());
        assert_eq!(
            state.tree().totals(dir).missing as usize,
            inside,
            "in {}",
            path.display()
        );
    }
    let nothing_read = shut.iter().any(|shut| shut == root);
    assert_eq!(
        state.scan_state(),
        if nothing_read {
            ScanState::Failed
        } else {
            ScanState::Complete
        }
    );
    assert_eq!(
        (state.queued(), state.tree().totals(DirId::TOP).unfinished),
        (0, 0)
    );
}

/// Makes trees, `shut` of whose directories are shut, and counts them.
fn count_trees(name: &str, cases: u32, shut: usize) {
    let without_du = Cell::new(false);
    // Each step of shrinking makes a tree on disk: not too many of them.
    let config = ProptestConfig {
        failure_persistence: None,
        max_shrink_iters: 300,
        ..ProptestConfig::with_cases(cases)
    };
    let ran = TestRunner::new(config).run(&recipes(shut), |recipe| {
        let tree = Tree::new();
        let shut = make(&recipe, &tree);
        for workers in WORKERS {
            let state = scan(&options([tree.path()], workers));
            equals_reference(&state, &tree.path());
            states_are_right(&state, &tree.path(), &shut);
            if workers == WORKERS[0] && !equals_du(&state, &tree.path()) {
                without_du.set(true);
            }
        }
        Ok(())
    });
    if let Err(error) = ran {
        panic!("{error}");
    }
    if without_du.get() {
        skip(
            name,
            "there is no GNU du to compare with; the plain walk was",
        );
    }
}

#[test]
fn every_directory_of_a_random_tree_equals_the_plain_walk_and_du() {
    count_trees(
        "every_directory_of_a_random_tree_equals_the_plain_walk_and_du",
        40,
        0,
    );
}

#[test]
fn so_it_does_where_directories_are_shut() {
    let program = std::env::current_exe().expect("this program");
    without_root(
        "so_it_does_where_directories_are_shut",
        &program,
        |program| {
            passes(
                &mut program.command(ignored(module_path!(), "count_trees_with_shut_directories")),
            );
        },
    );
}

#[test]
#[ignore = "run by so_it_does_where_directories_are_shut, as an ordinary user"]
fn count_trees_with_shut_directories() {
    if am_root() {
        return skip(
            "count_trees_with_shut_directories",
            "root reads it all; another test runs it as an ordinary user",
        );
    }
    count_trees("count_trees_with_shut_directories", 30, 2);
}
