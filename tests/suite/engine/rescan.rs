//! Reading directories again: the old numbers stay until the new ones are complete, and then all is
//! as if it had been scanned for the first time.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use proptest::{collection::vec, prelude::*, sample::Index, test_runner::TestRunner};
use spelunk::{
    folding::Folding,
    scan::{
        ListerKind, Part, Scan,
        dir::{Dir, DirId},
        gauge::Call,
        lister::portable::Portable,
        visit::{Leave, Visit},
    },
    state::{
        ScanState,
        rescans::{Ended, Lack, Outcome, Rescan},
    },
    tree::{Bound, DirState},
};

use super::{
    Options, at, equals_reference,
    lists::{Lists, by},
    options,
    steer::{Deed, Steered, deeds, listen},
};
use crate::{memory::bytes_of_failures, support::tree::Tree};

const LISTERS: [ListerKind; 2] = [ListerKind::Auto, ListerKind::Portable];

impl Steered {
    fn of(tree: &Tree, lister: ListerKind) -> Self {
        let mut steered = Self::start(&Options {
            lister,
            ..options([tree.path()], 3)
        });
        steered.hear_out();
        steered
    }

    fn start_with(options: &Options, lister: &Refused) -> Self {
        let lister = lister.clone();
        let scan = Scan::start_with(options, move || by(lister.clone()));
        let scan = scan.expect("start a scan");
        let listener = listen(&scan);
        Self { scan, listener }
    }

    fn at(&self, path: &Path) -> DirId {
        at(&self.listener.state, path)
    }

    fn is_like(&self, tree: &Tree) {
        let state = &self.listener.state;
        equals_reference(state, &tree.path());
        let others = state.bytes() - state.tree().bytes();
        assert_eq!(others, bytes_of_failures(state));
    }

    /// Hears all there is to hear of the scan and lets it settle, so that what has come of it is
    /// still to be asked for.
    fn hear_all(&mut self) -> Vec<Ended> {
        while self.listener.receive(&self.scan) {}
        self.listener.order.begin_anew();
        self.listener.state.gone(&[]);
        while self.listener.state.is_settling() {
            self.listener.state.tidy();
        }
        let ended = self.listener.state.take_ended();
        self.hear_out();
        ended
    }
}

/// Some directories and files, and inodes with names in several of them.
fn linked() -> Tree {
    let tree = Tree::new();
    tree.file("a/one", 5_000)
        .file("a/deep/er/two", 6_000)
        .file("b/three", 7_000)
        .file("c/d/four", 8_000)
        .dir("empty");
    tree.link("a/one", "b/one")
        .link("a/one", "a/deep/one")
        .link("a/deep/er/two", "c/two")
        .link("a/deep/er/two", "a/two")
        .link("c/d/four", "c/four");
    tree
}

/// Whatever is in a directory is listed again without what is below it, and all totals are right
/// at once.
#[test]
fn a_directory_alone_is_listed_again_and_keeps_its_number() {
    type Change = fn(&Tree);
    let changes: [(&str, Change); 6] = [
        ("nothing", |_| {}),
        ("more", |tree| {
            tree.file("a/new", 9_000).link("a/new", "a/newer");
        }),
        ("less", |tree| {
            fs::remove_file(
                tree.path()
                    .join("a/a-small-file-with-a-name-of-some-length-17"),
            )
            .expect("remove");
            fs::remove_file(tree.path().join("a/two")).expect("remove");
        }),
        ("another size", |tree| {
            tree.file("a/a-small-file-with-a-name-of-some-length-18", 30_000);
        }),
        ("more in it of what is outside", |tree| {
            tree.link("c/four", "a/four").link("c/four", "a/again");
        }),
        ("less in it of what is below", |tree| {
            fs::remove_file(tree.path().join("a/one")).expect("remove");
        }),
    ];
    for lister in LISTERS {
        for (what, change) in changes {
            let tree = linked();
            for number in 0..4_000 {
                tree.file(
                    format!("a/a-small-file-with-a-name-of-some-length-{number}"),
                    number % 3,
                );
            }
            let mut steered = Steered::of(&tree, lister);
            let mut memory = Folding::new(Some(0), 0);
            memory.keep(&mut steered.listener.state, |_| false);
            while memory.is_folding() {
                memory.keep(&mut steered.listener.state, |_| false);
            }
            let dir = steered.at(&tree.path().join("a"));
            let files = |steered: &Steered| steered.listener.state.tree().files(dir).count();
            let few = files(&steered);
            assert!(steered.listener.state.can_list(dir) && few < 4_000);
            steered.is_like(&tree);
            change(&tree);
            steered.list(dir);
            steered.is_like(&tree);
            let state = &steered.listener.state;
            assert_eq!(steered.at(&tree.path().join("a")), dir, "{what}");
            assert_eq!(state.scan_state(), ScanState::Complete, "{what}");
            assert!(!state.can_list(dir) && files(&steered) > 3_900, "{what}");
            let way = tree.path().join("a/deep/er");
            assert!(!state.tree().is_folded(dir) && steered.at(&way) > dir);
            // And all of it once more, in the other way.
            steered.rescan(&[dir]);
            steered.hear_out();
            steered.is_like(&tree);
        }
    }
}

#[test]
fn a_directory_that_cannot_be_listed_again_stays_as_it_is() {
    let tree = linked();
    let mut steered = Steered::of(&tree, ListerKind::Auto);
    let dir = steered.at(&tree.path().join("a"));
    let before = steered.listener.state.tree().totals(dir);
    fs::remove_dir_all(tree.path().join("a")).expect("remove");
    steered.list(dir);
    let state = &steered.listener.state;
    assert_eq!(state.tree().totals(dir), before);
    assert_eq!(state.scan_state(), ScanState::Complete);
    assert_eq!(state.failures().len(), 0);
}

#[test]
fn what_is_read_again_on_request_goes_before_a_listing() {
    let tree = linked();
    let mut steered = Steered::of(&tree, ListerKind::Auto);
    let dir = steered.at(&tree.path().join("a"));
    let way = steered.listener.state.tree().way_to(dir);
    let again = steered.scan.list(&way);
    steered.listener.order.read_again(again.dir);
    let listing = Rescan {
        of: dir,
        anew: again.dir,
    };
    steered.listener.state.list(listing);
    assert!(steered.listener.state.is_listed_again(dir));
    steered.rescan(&[dir]);
    assert!(!steered.listener.state.is_listed_again(dir));
    steered.go_on(Part::All);
    steered.hear_out();
    steered.is_like(&tree);
}

#[test]
fn whatever_has_changed_is_right_afterwards() {
    type Change = fn(&Tree);
    let changes: [(&str, Change); 10] = [
        ("nothing", |_| {}),
        ("more in it", |tree| {
            tree.file("a/new/file", 9_000);
        }),
        ("less in it", |tree| {
            fs::remove_dir_all(tree.path().join("a/deep")).expect("remove");
        }),
        ("a link to what is outside", |tree| {
            tree.link("b/three", "a/three").link("b/three", "b/again");
        }),
        ("a second link to what has one outside", |tree| {
            tree.link("c/four", "a/four").link("c/four", "a/deep/four");
        }),
        ("fewer links", |tree| {
            fs::remove_file(tree.path().join("a/two")).expect("remove");
            fs::remove_file(tree.path().join("a/one")).expect("remove");
        }),
        ("an inode has grown", |tree| {
            tree.file("a/one", 500_000);
        }),
        ("a subdirectory became a file", |tree| {
            fs::remove_dir_all(tree.path().join("a/deep")).expect("remove");
            tree.file("a/deep", 100);
        }),
        ("a file became a directory", |tree| {
            fs::remove_file(tree.path().join("a/one")).expect("remove");
            tree.file("a/one/file", 100);
        }),
        ("it was put in the place of another", |tree| {
            fs::rename(tree.path().join("a"), tree.path().join("away")).expect("rename");
            fs::rename(tree.path().join("away/deep"), tree.path().join("a")).expect("rename");
        }),
    ];
    for (what, change) in changes {
        for lister in LISTERS {
            let tree = linked();
            let mut steered = Steered::of(&tree, lister);
            change(&tree);
            let a = steered.at(&tree.path().join("a"));
            steered.rescan(&[a]);
            let ended = steered.hear_all();
            let [ended] = &ended[..] else {
                panic!("{what}: {ended:?}")
            };
            assert_eq!(ended.outcome, Outcome::Replaced, "{what}");
            let state = &steered.listener.state;
            assert_eq!(state.scan_state(), ScanState::Complete, "{what}");
            assert!(!state.tree().contains(a), "{what}: the old one is gone");
            assert_eq!(state.queued(), 0, "{what}");
            // What happened outside is found out outside, and so is an inode that has got a second
            // name there.
            let rest = match what {
                "a link to what is outside" => vec!["b"],
                "it was put in the place of another" => vec![""],
                _ => vec![],
            };
            for name in rest {
                let dir = steered.at(&tree.path().join(name));
                steered.rescan(&[dir]);
                steered.hear_out();
            }
            steered.is_like(&tree);
        }
    }
}

#[test]
fn while_it_is_read_again_the_old_numbers_stay() {
    let tree = linked();
    let mut steered = Steered::of(&tree, ListerKind::Auto);
    let (root, a, b) = (DirId(1), "a", "b");
    let [a, b] = [a, b].map(|name| steered.at(&tree.path().join(name)));
    let before = [root, a, b].map(|dir| steered.listener.state.tree().totals(dir));
    tree.file("a/more", 1_000_000);
    // The scan has ended: it is read when that goes on, which it does without having been heard.
    steered.rescan(&[a]);
    let state = &steered.listener.state;
    assert_eq!(state.scan_state(), ScanState::Scanning);
    assert!(state.only_reads_again());
    let tree_of = state.tree();
    assert_eq!([root, a, b].map(|dir| tree_of.totals(dir)), before);
    assert_eq!(
        [root, a, b].map(|dir| tree_of.bound(dir)),
        [Bound::About, Bound::About, Bound::Exact]
    );
    assert_eq!(tree_of.state(a), DirState::Complete);
    steered.hear_out();
    assert_eq!(
        steered.listener.state.tree().bound(root),
        Bound::Exact,
        "it is complete"
    );
    steered.is_like(&tree);
}

#[test]
fn what_is_gone_is_taken_out() {
    for lister in LISTERS {
        let tree = linked();
        let mut steered = Steered::of(&tree, lister);
        let (a, er) = (
            steered.at(&tree.path().join("a")),
            steered.at(&tree.path().join("a/deep/er")),
        );
        fs::remove_dir_all(tree.path().join("a/deep")).expect("remove");
        steered.rescan(&[er]);
        let ended = steered.hear_all();
        assert_eq!(
            ended[0].outcome,
            Outcome::Gone,
            "and what it was in as well"
        );
        fs::remove_dir_all(tree.path().join("a")).expect("remove");
        steered.rescan(&[a]);
        let ended = steered.hear_all();
        assert_eq!(ended[0].outcome, Outcome::Gone);
        steered.is_like(&tree);
    }
}

#[test]
fn what_became_a_file_is_one() {
    for lister in LISTERS {
        let tree = linked();
        let mut steered = Steered::of(&tree, lister);
        let a = steered.at(&tree.path().join("a"));
        fs::remove_dir_all(tree.path().join("a")).expect("remove");
        tree.file("a", 3_000);
        steered.rescan(&[a]);
        let ended = steered.hear_all();
        assert_eq!(ended[0].outcome, Outcome::Replaced);
        let state = &steered.listener.state;
        let totals = state.tree().totals(ended[0].rescan.anew);
        assert_eq!((totals.files, totals.dirs), (1, 0));
        let root = crate::support::reference::totals(&tree.path())[&tree.path()];
        assert_eq!(super::sums(state.tree().totals(DirId(1))), root);
    }
}

#[test]
fn the_root_itself_can_be_read_again() {
    for lister in LISTERS {
        let tree = linked();
        let mut steered = Steered::of(&tree, lister);
        for round in 0..3 {
            tree.file(format!("b/{round}"), 4_000 * round);
            steered.read(DirId::TOP);
            steered.hear_out();
            let state = &steered.listener.state;
            let root = steered.at(&tree.path());
            assert_eq!(state.roots()[0].dir, root);
            assert_eq!(state.scan_state(), ScanState::Complete);
            steered.is_like(&tree);
        }
    }
}

#[test]
fn every_root_is_read_again() {
    let tree = linked();
    tree.link("a/one", "c/one");
    let roots = ["a", "b", "c"].map(|name| tree.path().join(name));
    let mut steered = Steered::start(&options(roots.clone(), 2));
    steered.hear_out();
    for size in [50_000, 10] {
        // One inode with names in all of them.
        tree.file("a/one", size).file("c/more", size);
        steered.read(DirId::TOP);
        steered.hear_out();
        let fresh = super::scan(&options(roots.clone(), 2));
        let state = &steered.listener.state;
        for (root, fresh_root) in state.roots().iter().zip(fresh.roots()) {
            assert_eq!(
                state.tree().path(root.dir),
                fresh.tree().path(fresh_root.dir)
            );
        }
        assert_eq!(
            state.tree().totals(DirId::TOP),
            fresh.tree().totals(DirId::TOP)
        );
        for root in &roots {
            equals_reference(state, root);
        }
    }
}

#[test]
fn a_stop_keeps_the_old_numbers() {
    let tree = linked();
    let mut steered = Steered::of(&tree, ListerKind::Auto);
    let before = steered.listener.state.tree().totals(DirId::TOP);
    tree.file("a/more", 1_000_000);
    steered.rescan(&[DirId(1)]);
    // Whatever the workers did meanwhile, nothing of it was heard.
    steered.stop();
    let ended = steered.hear_all();
    if ended[0].outcome == Outcome::Replaced {
        // They were done before they saw the stop.
        steered.is_like(&tree);
    } else {
        assert_eq!(ended[0].outcome, Outcome::Kept(None));
        let state = &steered.listener.state;
        assert_eq!(state.tree().totals(DirId::TOP), before);
        assert_eq!(state.tree().bound(DirId(1)), Bound::Exact);
        assert_eq!(state.scan_state(), ScanState::Complete);
        assert_eq!(state.queued(), 0);
    }
    // Nothing of it is read any more when the scan goes on.
    steered.go_on(Part::All);
    steered.hear_out();
    let root = steered.listener.state.roots()[0].dir;
    steered.rescan(&[root]);
    steered.hear_out();
    steered.is_like(&tree);
}

#[test]
fn one_above_takes_the_place_of_one_below() {
    let tree = linked();
    let mut steered = Steered::of(&tree, ListerKind::Auto);
    let [a, deep] = ["a", "a/deep"].map(|name| steered.at(&tree.path().join(name)));
    tree.file("a/deep/more", 100_000).file("a/more", 200_000);
    steered.rescan(&[deep]);
    steered.rescan(&[a]);
    let ended = steered.hear_all();
    let replaced: Vec<DirId> = ended.iter().map(|ended| ended.rescan.of).collect();
    assert_eq!(replaced, [a], "nobody waits for the other");
    steered.is_like(&tree);
}

/// Lists as the portable one does, but is refused at directories called `a` until it is let in.
#[derive(Clone)]
struct Refused(Arc<AtomicBool>);

impl Lists for Refused {
    fn list(&mut self, dir: &Arc<Dir>, visit: &mut Visit<'_>) -> Result<(), Leave> {
        if dir.name() == b"a" && !self.0.load(Ordering::Relaxed) {
            let refused = io::Error::from(io::ErrorKind::PermissionDenied);
            return visit.unreadable(Call::Opendir, refused);
        }
        Portable.list(dir, visit)
    }
}

#[test]
fn what_failed_is_tried_again() {
    let tree = linked();
    tree.file("b/a/file", 10);
    let is_let_in = Arc::new(AtomicBool::new(false));
    let lister = Refused(Arc::clone(&is_let_in));
    let mut steered = Steered::start_with(&options([tree.path()], 2), &lister);
    steered.hear_out();
    let [a, below] = ["a", "b/a"].map(|name| steered.at(&tree.path().join(name)));
    let lack = steered.listener.state.lack_of(DirId::TOP);
    let Lack::Failed(mut failed) = lack else {
        panic!("{lack:?}")
    };
    failed.sort_unstable();
    let mut both = [a, below];
    both.sort_unstable();
    assert_eq!(failed, both);
    steered.read(a);
    let ended = steered.hear_all();
    let refused = io::Error::from(io::ErrorKind::PermissionDenied).to_string();
    assert_eq!(ended[0].outcome, Outcome::Kept(Some(refused)));
    let state = &steered.listener.state;
    assert_eq!(state.problems(), 2, "the old failure stays, and no other");
    assert_eq!(state.tree().state(a), DirState::Failed);
    is_let_in.store(true, Ordering::Relaxed);
    steered.read(DirId::TOP);
    steered.hear_out();
    let state = &steered.listener.state;
    assert_eq!(state.problems(), 0);
    assert_eq!(state.lack_of(DirId::TOP), Lack::Nothing);
    steered.is_like(&tree);
}

#[test]
fn what_cannot_be_read_any_more_keeps_its_old_numbers() {
    let tree = linked();
    let is_let_in = Arc::new(AtomicBool::new(true));
    let lister = Refused(Arc::clone(&is_let_in));
    let mut steered = Steered::start_with(&options([tree.path()], 2), &lister);
    steered.hear_out();
    is_let_in.store(false, Ordering::Relaxed);
    let a = steered.at(&tree.path().join("a"));
    steered.rescan(&[a]);
    let ended = steered.hear_all();
    assert!(matches!(ended[0].outcome, Outcome::Kept(Some(_))));
    steered.is_like(&tree);
    // Below what is read again it is a failure like any other.
    let root = DirId(1);
    steered.rescan(&[root]);
    steered.hear_out();
    let state = &steered.listener.state;
    let a = steered.at(&tree.path().join("a"));
    assert_eq!(state.tree().state(a), DirState::Failed);
    assert_eq!((state.problems(), state.tree().totals(a).files), (1, 0));
}

// ── Whatever happens ────────────────────────────────────────────────────────────────────────────────────────────────

/// What happens to the files meanwhile; each picks some of the directories and files there are.
#[derive(Clone, Debug)]
enum Change {
    NewFile(Index, u16),
    NewDirectory(Index),
    Grow(Index, u16),
    Remove(Index),
    Rename(Index, Index),
    Link(Index, Index),
    /// A file becomes a directory, a directory a file.
    Turn(Index),
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let some = any::<Index>;
    let change = prop_oneof![
        3 => (some(), any::<u16>()).prop_map(|(dir, size)| Change::NewFile(dir, size)),
        1 => some().prop_map(Change::NewDirectory),
        2 => (some(), any::<u16>()).prop_map(|(file, size)| Change::Grow(file, size)),
        3 => some().prop_map(Change::Remove),
        2 => (some(), some()).prop_map(|(one, other)| Change::Rename(one, other)),
        3 => (some(), some()).prop_map(|(one, other)| Change::Link(one, other)),
        1 => some().prop_map(Change::Turn),
    ];
    vec(change, 0..4)
}

/// Everything below a directory, itself first.
fn everything(root: &Path) -> Vec<PathBuf> {
    walkdir::WalkDir::new(root)
        .sort_by_file_name()
        .into_iter()
        .map(|entry| entry.expect("read the tree").into_path())
        .collect()
}

/// The directories that are so many levels below `root`.
fn everything_at(root: &Path, depth: usize) -> Vec<PathBuf> {
    let deep = root.components().count() + depth;
    let mut all = everything(root);
    all.retain(|path| path.is_dir() && path.components().count() == deep);
    all
}

impl Change {
    /// Changes the tree, where it can be changed so; not the directories from the root on that are
    /// less than `depth` deep.
    fn happen(&self, tree: &Tree, depth: usize, number: usize) {
        let root = tree.path();
        let mut all = everything(&root);
        all.retain(|path| path.components().count() >= root.components().count() + depth);
        let (mut dirs, files): (Vec<PathBuf>, Vec<_>) =
            all.iter().cloned().partition(|path| path.is_dir());
        dirs.extend(everything_at(&root, depth.saturating_sub(1)));
        if all.is_empty() || dirs.is_empty() {
            return;
        }
        let name = format!("new {number}");
        // That something does not work out, as to move a directory into itself, is as well.
        let _ = match self {
            Self::NewFile(dir, size) => {
                fs::write(dir.get(&dirs).join(name), vec![b'x'; usize::from(*size)])
            }
            Self::NewDirectory(dir) => fs::create_dir(dir.get(&dirs).join(name)),
            Self::Remove(one) => match one.get(&all) {
                path if *path == root => Ok(()),
                path if path.is_dir() => fs::remove_dir_all(path),
                path => fs::remove_file(path),
            },
            Self::Rename(one, other) => match one.get(&all) {
                path if *path == root => Ok(()),
                path => fs::rename(path, other.get(&dirs).join(name)),
            },
            Self::Link(file, dir) if !files.is_empty() => {
                fs::hard_link(file.get(&files), dir.get(&dirs).join(name))
            }
            Self::Grow(file, size) if !files.is_empty() => {
                fs::write(file.get(&files), vec![b'y'; usize::from(*size)])
            }
            Self::Link(..) | Self::Grow(..) => Ok(()),
            Self::Turn(one) => match one.get(&all) {
                path if *path == root => Ok(()),
                path if path.is_dir() => {
                    fs::remove_dir_all(path).and_then(|()| fs::write(path, b"now a file"))
                }
                path => fs::remove_file(path).and_then(|()| fs::create_dir(path)),
            },
        };
    }
}

/// Enough for workers to be in the middle of it, and little enough to be made often.
fn lively() -> Tree {
    let tree = linked();
    for number in 0..30 {
        tree.file(format!("{}/{number}/file", number % 4), 100 * number);
        if number % 3 == 0 {
            tree.link("a/one", format!("{}/{number}/linked", number % 4));
        }
    }
    tree
}

/// After any history of what is done to the scan and to the files, once the root is read again, or
/// each directory in which anything has changed, all is as in a scan that begins then.
#[test]
fn whatever_happened_meanwhile_reading_again_makes_it_right() {
    type Steps = Vec<(Vec<Deed>, Vec<Change>)>;
    let config = ProptestConfig {
        cases: 64,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let steps = vec((deeds(), changes()), 1..5);
    let histories = (steps, 1_u16..5, any::<bool>(), any::<bool>());
    let history = |(steps, workers, portable, at_once): (Steps, u16, bool, bool)| {
        let tree = lively();
        let lister = if portable {
            ListerKind::Portable
        } else {
            ListerKind::Auto
        };
        let mut steered = Steered::start(&Options {
            lister,
            ..options([tree.path()], workers)
        });
        let mut number = 0;
        for (deeds, changes) in &steps {
            for deed in deeds {
                steered.does(deed);
            }
            for change in changes {
                number += 1;
                change.happen(&tree, if at_once { 1 } else { 2 }, number);
            }
        }
        steered.scan.resume();
        // What is being read again below the root is not waited for.
        steered.go_on(Part::Only(vec![DirId::TOP]));
        steered.hear_out();
        let state = &steered.listener.state;
        let root = state.roots()[0].dir;
        let again = if at_once {
            vec![root]
        } else {
            state.tree().children(root).collect()
        };
        steered.rescan(&again);
        steered.hear_out();
        let state = &steered.listener.state;
        prop_assert_eq!(state.scan_state(), ScanState::Complete);
        prop_assert_eq!((state.problems(), state.queued()), (0, 0));
        prop_assert_eq!(state.tree().totals(DirId::TOP).missing, 0);
        prop_assert_eq!(state.lack_of(DirId::TOP), Lack::Nothing);
        equals_reference(state, &tree.path());
        Ok(())
    };
    TestRunner::new(config)
        .run(&histories, history)
        .unwrap_or_else(|failure| panic!("{failure}"));
}
