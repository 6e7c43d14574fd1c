//! The engine on trees on disk: the same totals on every directory for any number of workers, told
//! parent first, and an end in which every thread has left.

#[cfg(target_os = "linux")]
mod cycles;
#[cfg(target_os = "linux")]
pub(crate) mod deep;
mod lists;
mod names;
mod order;
mod rescan;
mod rules;
mod steer;
mod stop;
mod trouble;

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    num::NonZero,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use crossbeam_channel::RecvTimeoutError;
use spelunk::{
    scan::{Admission, ListerKind, Options, Scan, dir::DirId},
    state::{ScanState, State},
    tree::{DirState, totals::Totals},
};

use crate::support::{
    mounts::with_mounts,
    reference::{self, Reader},
    skip::skip,
    tree::Tree,
};
use order::Order;

/// How long anything may take that must happen at all.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Numbers of workers that everything is scanned with.
pub(crate) const WORKERS: [u16; 3] = [1, 2, 8];

pub(crate) fn options<P: Into<PathBuf>>(
    roots: impl IntoIterator<Item = P>,
    workers: u16,
) -> Options {
    Options {
        threads: NonZero::new(workers).expect("at least one worker"),
        admission: Admission::AtOnce,
        ..Options::new(roots)
    }
}

/// Waits until `done`, however long that takes within reason.
pub(crate) fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Who listens to a scan: folds what it says and holds it against the protocol.
pub(crate) struct Listener {
    pub(crate) state: State,
    pub(crate) order: Order,
}

impl Listener {
    pub(crate) fn new(scan: &Scan) -> Self {
        Self {
            state: State::new(scan.workers()),
            order: Order::default(),
        }
    }

    /// Takes in one parcel; false once every worker has left.
    pub(crate) fn receive(&mut self, scan: &Scan) -> bool {
        match scan.results().recv_timeout(PATIENCE) {
            Ok(parcel) => {
                let (worker, events) = (parcel.worker(), parcel.open());
                self.order.check(worker, &events);
                self.state.apply(worker, events, Duration::ZERO);
                true
            }
            Err(RecvTimeoutError::Disconnected) => false,
            Err(RecvTimeoutError::Timeout) => panic!("the scan says nothing and does not end"),
        }
    }

    /// Listens to the end, joins, and returns what is known then.
    pub(crate) fn finish(mut self, scan: Scan) -> State {
        while self.receive(&scan) {}
        let workers = scan.workers();
        assert_eq!(
            scan.join(PATIENCE),
            [],
            "every worker has left, so every thread can be joined"
        );
        self.state.gone(&[]);
        self.order
            .ended(workers, self.state.scan_state() == ScanState::Complete);
        self.state
    }
}

/// A whole scan.
pub(crate) fn scan(options: &Options) -> State {
    let [first, second] = [ListerKind::Portable, ListerKind::Auto].map(|lister| {
        let options = Options {
            lister,
            ..options.clone()
        };
        let scan = Scan::start(&options).expect("start a scan");
        Listener::new(&scan).finish(scan)
    });
    assert_eq!(
        by_path(&first),
        by_path(&second),
        "both listers agree on every directory"
    );
    second
}

/// The totals and the state of every directory.
fn by_path(state: &State) -> BTreeMap<PathBuf, (Totals, DirState)> {
    let told = |dir: DirId| (state.tree().totals(dir), state.tree().state(dir));
    dirs(state)
        .into_iter()
        .map(|dir| (state.tree().path(dir), told(dir)))
        .collect()
}

/// All directories that are known, in the order of their numbers, without the virtual parent.
pub(crate) fn dirs(state: &State) -> Vec<DirId> {
    let mut dirs = Vec::new();
    let mut waiting = vec![DirId::TOP];
    while let Some(dir) = waiting.pop() {
        let children = state.tree().children(dir);
        waiting.extend(children);
        dirs.push(dir);
    }
    dirs.sort_unstable();
    dirs.remove(0);
    dirs
}

/// The directory at `path`.
pub(crate) fn at(state: &State, path: &Path) -> DirId {
    let found = dirs(state)
        .into_iter()
        .find(|dir| state.tree().path(*dir) == path);
    found.unwrap_or_else(|| panic!("{} was not found", path.display()))
}

/// The four sums that the plain walk has too.
pub(crate) fn sums(totals: Totals) -> reference::Totals {
    let positive = |number: i128| u64::try_from(number).expect("totals are never below zero");
    reference::Totals {
        files: positive(totals.files.into()),
        dirs: positive(totals.dirs.into()),
        disk: positive(totals.disk),
        apparent: positive(totals.apparent),
    }
}

/// Every directory below `root` that was scanned has the totals of the plain walk, and none is
/// missing or too many.
pub(crate) fn equals_reference(state: &State, root: &Path) {
    equals_what_is_seen_by(Reader::Ourselves, state, root);
}

fn equals_what_is_seen_by(reader: Reader, state: &State, root: &Path) {
    let mut expected = reference::totals_for(reader, root);
    for dir in dirs(state) {
        let path = state.tree().path(dir);
        if path.starts_with(root) {
            let totals = expected
                .remove(&path)
                .unwrap_or_else(|| panic!("{} is no directory", path.display()));
            assert_eq!(
                sums(state.tree().totals(dir)),
                totals,
                "of {}",
                path.display()
            );
        }
    }
    assert!(expected.is_empty(), "not found: {:?}", expected.keys());
}

/// Set for a test that runs as the child of another: the tree that the parent has built.
const PLACE: &str = "SPELUNK_TEST_PLACE";

/// The arguments that make this test binary run one ignored test of the module at `module`.
pub(crate) fn ignored(module: &str, test: &str) -> [String; 4] {
    let module = module.split_once("::").map_or(module, |(_, below)| below);
    [
        format!("{module}::{test}"),
        "--exact".into(),
        "--ignored".into(),
        "--nocapture".into(),
    ]
}

/// Runs a test in a process of its own; it must pass, and be there.
pub(crate) fn passes(command: &mut Command) {
    let output = command.output().expect("run a test in another process");
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}"
    );
}

/// Runs this binary, with these arguments, where `script` has mounted something in `tree`; it must
/// pass. Where that is not allowed the test called `name` is skipped aloud.
pub(crate) fn passes_with_mounts(name: &str, script: &str, tree: &Tree, arguments: [String; 4]) {
    if let Some(mut command) = with_mounts(name, script, tree) {
        passes(
            command
                .arg(std::env::current_exe().expect("this program"))
                .args(arguments)
                .env(PLACE, tree.path()),
        );
    }
}

/// The tree that the parent has built.
pub(crate) fn place(name: &str) -> Option<PathBuf> {
    let place = std::env::var_os(PLACE).map(PathBuf::from);
    if place.is_none() {
        skip(name, "it is run by another test, in a process of its own");
    }
    place
}

/// Scans with every number of workers; all is read, and equals the plain walk.
fn scan_whole(tree: &Tree) {
    for workers in WORKERS {
        let state = scan(&options([tree.path()], workers));
        assert_eq!(
            (state.scan_state(), state.problems(), state.queued()),
            (ScanState::Complete, 0, 0)
        );
        equals_reference(&state, &tree.path());
        assert!(
            dirs(&state)
                .into_iter()
                .all(|dir| state.tree().state(dir) == DirState::Complete)
        );
    }
}

#[test]
fn an_empty_directory() {
    scan_whole(&Tree::new());
}

#[test]
fn nested_and_empty_directories() {
    let tree = Tree::new();
    tree.file("a", 1)
        .file("b/c", 5000)
        .dir("b/empty")
        .dir("d/e/f/g")
        .file("d/e/h", 0);
    for number in 0..300 {
        tree.file(format!("many/{}/{}/file", number % 7, number), number);
    }
    scan_whole(&tree);
}

#[test]
fn hard_links_within_and_across_directories() {
    let tree = Tree::new();
    tree.file("a/one", 40_000)
        .link("a/one", "a/two")
        .link("a/one", "b/three")
        .link("a/one", "b/deep/down/four");
    tree.file("b/five", 9_000)
        .link("b/five", "b/deep/five")
        .link("b/five", "c/five")
        .file("c/alone", 3);
    tree.file("top", 70_000)
        .link("top", "a/top")
        .link("top", "c/d/e/f/top");
    scan_whole(&tree);
}

#[test]
fn symlinks_are_counted_and_never_followed() {
    let tree = Tree::new();
    tree.file("dir/file", 10_000)
        .symlink("file", "dir/to-file")
        .symlink("dir", "to-dir");
    tree.symlink("nowhere", "to-nowhere")
        .symlink("/", "to-the-root")
        .symlink(".", "dir/to-itself");
    tree.symlink("x".repeat(300), "long");
    scan_whole(&tree);
}

#[test]
fn pipes_and_sockets_are_counted_and_never_opened() {
    let tree = Tree::new();
    tree.dir("dir");
    let made = Command::new("mkfifo")
        .arg(tree.path().join("dir/pipe"))
        .status();
    assert!(made.is_ok_and(|status| status.success()), "make a pipe");
    let _socket = std::os::unix::net::UnixListener::bind(tree.path().join("dir/socket"))
        .expect("make a socket");
    scan_whole(&tree);
}

#[test]
fn sparse_files_have_two_sizes() {
    let tree = Tree::new();
    tree.sparse("dir/hole", 3 << 30)
        .sparse("dir/more", 5)
        .file("dir/full", 8192);
    scan_whole(&tree);
    let state = scan(&options([tree.path()], 2));
    let totals = state.tree().totals(DirId::TOP);
    assert!(
        totals.apparent > 3 << 30 && totals.disk < 1 << 30,
        "{totals:?}"
    );
}

#[test]
fn names_are_bytes() {
    let tree = Tree::new();
    let names: [&[u8]; 6] = [
        b"new\nline",
        b"\x1b[2J",
        b"\xff\xfe",
        b"tab\t",
        b"-rf *",
        "\u{202e}\u{e9}".as_bytes(),
    ];
    for name in names {
        let dir = Path::new(OsStr::from_bytes(name));
        tree.file_bytes(name, 100)
            .file(Path::new("dirs").join(dir).join(dir), 9);
    }
    tree.file("n".repeat(255), 1)
        .file(format!("{}/{}", "d".repeat(255), "\u{e9}".repeat(127)), 1);
    scan_whole(&tree);
    let state = scan(&options([tree.path()], 2));
    let root = at(&state, &tree.path());
    let found: Vec<&[u8]> = state.tree().files(root).map(|file| file.name).collect();
    assert!(names.iter().all(|name| found.contains(name)), "{found:?}");
}

#[test]
fn a_flat_directory_of_5000_files() {
    let tree = Tree::new();
    for number in 0..5000 {
        tree.file(format!("flat/{number}"), number % 97);
    }
    tree.link("flat/4999", "flat/again").dir("flat/sub/sub");
    scan_whole(&tree);
}

#[test]
fn a_chain_300_deep_with_something_beside_each_level() {
    let tree = Tree::new();
    let mut path = PathBuf::new();
    for level in 0..300 {
        tree.file(path.join("file"), level).dir(path.join("side"));
        path.push("deep");
    }
    tree.link("file", path.join("link"));
    scan_whole(&tree);
}

#[test]
fn several_roots_are_rows_of_one_parent() {
    let tree = Tree::new();
    tree.file("one/a", 5000)
        .file("two/b/c", 6000)
        .link("one/a", "two/a")
        .file("three", 7000);
    let root = |name: &str| tree.path().join(name);
    for workers in WORKERS {
        let state = scan(&options([root("one"), root("two"), root("three")], workers));
        assert_eq!(
            (state.scan_state(), state.problems()),
            (ScanState::Complete, 0)
        );
        let found: Vec<PathBuf> = state
            .roots()
            .iter()
            .map(|root| state.tree().path(root.dir))
            .collect();
        assert_eq!(found, [root("one"), root("two"), root("three")]);
        equals_reference(&state, &root("one"));
        equals_reference(&state, &root("two"));
        let file = state.tree().totals(state.roots()[2].dir);
        assert_eq!(
            (file.files, file.dirs, file.apparent),
            (1, 0, 7000),
            "a root that is a file"
        );
        let sum = |name: &str| reference::totals(&root(name))[&root(name)];
        let (one, two, top) = (
            sum("one"),
            sum("two"),
            sums(state.tree().totals(DirId::TOP)),
        );
        assert_eq!(
            (top.files, top.dirs),
            (one.files + two.files + 1, one.dirs + two.dirs)
        );
        assert_eq!(
            top.apparent,
            one.apparent + two.apparent + 7000 - 5000,
            "what is below two roots counts once"
        );
    }
}

#[test]
fn two_roots_that_are_one_file_count_once() {
    let tree = Tree::new();
    tree.file("a", 9000).link("a", "b");
    let state = scan(&options([tree.path().join("a"), tree.path().join("b")], 2));
    let totals = state.tree().totals(DirId::TOP);
    assert_eq!((totals.files, totals.dirs, totals.apparent), (2, 0, 9000));
    assert!(
        state
            .roots()
            .iter()
            .all(|root| state.tree().totals(root.dir).apparent == 9000)
    );
}

#[test]
fn a_root_that_is_a_symlink_to_a_directory_is_followed() {
    let tree = Tree::new();
    tree.file("real/dir/file", 5000)
        .symlink("dir", "real/inner")
        .symlink("real", "link");
    let (real, link) = (tree.path().join("real"), tree.path().join("link"));
    for workers in WORKERS {
        let state = scan(&options([&link], workers));
        assert_eq!(
            (state.scan_state(), state.problems()),
            (ScanState::Complete, 0)
        );
        let expected = reference::totals(&real);
        let seen = dirs(&state)
            .into_iter()
            .map(|dir| (state.tree().path(dir), state.tree().totals(dir)));
        let seen: Vec<_> = seen.collect();
        assert_eq!(seen.len(), expected.len());
        for (path, totals) in seen {
            let same = real.join(
                path.strip_prefix(&link)
                    .expect("below the root as it was named"),
            );
            assert_eq!(sums(totals), expected[&same], "of {}", path.display());
        }
    }
}
