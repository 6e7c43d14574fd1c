//! The end of a scan that does not end by itself: a stop at any moment, workers that break, workers
//! that hang. Every thread is joined or named, and what was found is kept.

use std::{
    fs, io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, Sender, bounded, never};
use spelunk::{
    folding::Folding,
    format::{Scale, Signs, Units},
    progress::outlook::Outlook,
    report::{self, Outcome, Output},
    scan::{
        Abandoned, Options, Scan,
        dir::{Dir, DirId, Identity},
        enter::Rules,
        gauge::Call,
        lister::portable::Portable,
        outbox::{LIMIT, Weighed},
        roots::Root,
        visit::{Leave, Visit},
    },
    state::{Activity, ScanState, State, Worker},
    tree::{
        DirState, Progress,
        block::{Kind, Metadata},
    },
};

use super::{
    Listener, WORKERS, at, dirs,
    lists::{Lists, by},
    options, wait_until,
};
use crate::support::{reference, skip::skip, tree::Tree};

/// The threads that a scan has started, as the kernel names them.
#[derive(Clone, Default)]
struct Threads(Arc<Mutex<Vec<String>>>);

impl Threads {
    /// Notes the thread that calls this, which must be a worker's.
    fn note(&self) {
        let Ok(thread) = fs::read_link("/proc/thread-self") else {
            return;
        };
        let name = fs::read_to_string("/proc/thread-self/comm").expect("the name of this thread");
        assert!(
            name.starts_with("worker "),
            "a worker's thread is called {name:?}"
        );
        let thread = thread
            .file_name()
            .expect("the number of this thread")
            .to_string_lossy()
            .into_owned();
        self.0
            .lock()
            .expect("nobody panics while noting")
            .push(thread);
    }

    /// Waits until `count` of them have begun.
    fn wait_until_noted(&self, count: usize) {
        if fs::exists("/proc/thread-self").unwrap_or(false) {
            let noted = || self.0.lock().expect("nobody panics while noting").len();
            wait_until("the workers' threads have begun", || noted() == count);
        }
    }

    /// How many of them are still there.
    fn present(&self) -> usize {
        let noted = self.0.lock().expect("nobody panics while noting");
        let there = |thread: &&String| {
            let name = fs::read_to_string(format!("/proc/self/task/{thread}/comm"));
            name.is_ok_and(|name| name.starts_with("worker "))
        };
        noted.iter().filter(there).count()
    }

    /// Waits until but `count` of them have ended. The kernel takes a moment after a join.
    fn wait_for_all_but(&self, count: usize) {
        if fs::exists("/proc/thread-self").unwrap_or(false) {
            wait_until("the workers' threads have ended", || {
                self.present() <= count
            });
            assert_eq!(self.present(), count, "of the workers' threads");
        } else {
            skip("threads are counted", "there is no /proc/thread-self");
        }
    }
}

/// Starts a scan whose threads are noted, with a lister for each that `make` makes.
fn start<L: Lists + 'static>(
    tree: &Tree,
    workers: u16,
    make: impl Fn() -> L + Clone + Send + 'static,
) -> (Scan, Threads) {
    let threads = Threads::default();
    let noted = threads.clone();
    let scan = Scan::start_with(&options([tree.path()], workers), move || {
        noted.note();
        by(make())
    });
    (scan.expect("start a scan"), threads)
}

/// Some 150 directories with some 450 files.
fn broad() -> Tree {
    let tree = Tree::new();
    for number in 0..150 {
        for file in 0..3 {
            tree.file(
                format!("{}/{}/{number}/{file}", number % 5, number % 11),
                number + file,
            );
        }
    }
    tree
}

/// What was read to its end is all there, as the plain walk has it; nothing is there that is not on
/// disk.
fn kept(state: &State, tree: &Tree) {
    let expected = reference::totals(&tree.path());
    for dir in dirs(state) {
        let (path, totals) = (state.tree().path(dir), state.tree().totals(dir));
        let whole = expected[&path];
        assert!(
            totals.files <= whole.files as i64 && totals.disk <= i128::from(whole.disk),
            "{}",
            path.display()
        );
        if state.tree().progress_of(dir) == Progress::Listed {
            let names = path
                .read_dir()
                .expect("read a directory")
                .map(|entry| entry.expect("read a directory"));
            let files = names
                .filter(|entry| !entry.file_type().expect("look at a file").is_dir())
                .count();
            assert_eq!(
                state.tree().files(dir).count(),
                files,
                "of {}",
                path.display()
            );
        }
        if state.tree().state(dir) == DirState::Complete {
            assert_eq!(super::sums(totals), whole, "of {}", path.display());
        }
    }
}

/// Numbers that look random and are the same every time (xorshift by Marsaglia, 2003).
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

#[test]
fn a_stop_at_any_moment_ends_the_scan_and_keeps_what_was_found() {
    let tree = broad();
    let mut dice = Dice(0x5eed);
    let mut stopped = 0;
    for turn in 0..60 {
        let workers = WORKERS[turn % 3];
        let (scan, threads) = start(&tree, workers, || Portable);
        let mut listener = Listener::new(&scan);
        for _ in 0..dice.roll(40) {
            listener.receive(&scan);
        }
        scan.stop();
        listener.state.stop_asked();
        let state = listener.finish(scan);
        threads.wait_for_all_but(0);
        let unfinished = state.tree().totals(DirId::TOP).unfinished;
        let expected = if unfinished == 0 {
            ScanState::Complete
        } else {
            ScanState::Stopped
        };
        assert_eq!(state.scan_state(), expected);
        stopped += u32::from(expected == ScanState::Stopped);
        kept(&state, &tree);
    }
    assert!(stopped > 0, "all the stops came too late");
}

#[test]
fn a_stop_before_anybody_listens_leaves_the_roots_waiting() {
    let tree = broad();
    for workers in WORKERS {
        let (scan, threads) = start(&tree, workers, || Portable);
        scan.stop();
        let listener = Listener::new(&scan);
        let state = listener.finish(scan);
        threads.wait_for_all_but(0);
        assert_eq!(
            state.tree().path(state.roots()[0].dir),
            tree.path(),
            "its root is known in any case"
        );
        kept(&state, &tree);
    }
}

/// Finds 40 files, says so, and looks whether to go on once it is told to.
#[derive(Clone)]
struct Halting {
    found: Sender<()>,
    go_on: Receiver<()>,
}

impl Lists for Halting {
    fn list(&mut self, _dir: &Arc<Dir>, visit: &mut Visit<'_>) -> Result<(), Leave> {
        visit.opened(METADATA)?;
        for number in 0..40 {
            tell(visit, format!("file {number}").as_bytes())?;
        }
        self.found.send(()).expect("the test waits for it");
        self.go_on.recv().expect("the test tells it");
        visit.look()
    }
}

/// Of a directory without a size.
const METADATA: Metadata = Metadata {
    kind: Kind::Directory,
    disk: 0,
    apparent: 0,
    modified: 0,
    identity: Identity {
        device: 1,
        inode: 1,
    },
    links: 1,
};

/// Tells a visit of one file.
fn tell(visit: &mut Visit<'_>, name: &[u8]) -> Result<(), Leave> {
    let file = Metadata {
        kind: Kind::File,
        apparent: 1,
        ..METADATA
    };
    visit.name(name, false);
    visit.end_names(None)?;
    visit.file(name, Call::Lstat, Ok(file))
}

#[test]
fn a_stop_in_the_middle_of_a_directory_keeps_what_was_found_in_it() {
    let tree = Tree::new();
    let ((found, was_found), (release, go_on)) = (bounded(1), bounded(1));
    let lister = Halting { found, go_on };
    let (scan, threads) = start(&tree, 2, move || lister.clone());
    was_found
        .recv_timeout(super::PATIENCE)
        .expect("it finds its files");
    scan.stop();
    release.send(()).expect("it waits");
    let state = Listener::new(&scan).finish(scan);
    threads.wait_for_all_but(0);
    let totals = state.tree().totals(DirId::TOP);
    assert_eq!(
        (totals.files, totals.apparent, totals.unfinished),
        (40, 40, 1)
    );
    assert_eq!(state.scan_state(), ScanState::Stopped);
}

#[test]
fn a_scan_that_nobody_listens_to_can_be_joined_at_any_moment() {
    let tree = broad();
    let mut dice = Dice(0xd1ce);
    for turn in 0..60 {
        let (scan, threads) = start(&tree, WORKERS[turn % 3], || Portable);
        for _ in 0..dice.roll(20) {
            let _ = scan.results().try_recv();
        }
        assert_eq!(scan.join(super::PATIENCE), []);
        threads.wait_for_all_but(0);
    }
}

#[test]
fn a_scan_that_is_dropped_takes_its_threads_with_it() {
    let tree = broad();
    let mut dice = Dice(0xd209);
    for turn in 0..60 {
        let (scan, threads) = start(&tree, WORKERS[turn % 3], || Portable);
        for _ in 0..dice.roll(20) {
            let _ = scan.results().try_recv();
        }
        drop(scan);
        // A thread that has not begun yet has not noted itself either.
        threads.wait_until_noted(usize::from(WORKERS[turn % 3]));
        threads.wait_for_all_but(0);
    }
}

/// Finds files without end, and counts the bytes of their names.
#[derive(Clone, Default)]
struct Endless(Arc<AtomicU64>);

impl Lists for Endless {
    fn list(&mut self, _dir: &Arc<Dir>, visit: &mut Visit<'_>) -> Result<(), Leave> {
        let name = [b'n'; 255];
        visit.opened(METADATA)?;
        loop {
            tell(visit, &name)?;
            self.0.fetch_add(name.len() as u64, Ordering::Relaxed);
        }
    }
}

#[test]
fn a_consumer_that_takes_nothing_halts_the_workers_and_can_still_join_them() {
    let tree = Tree::new();
    for workers in WORKERS {
        let made = Endless::default();
        let found = Arc::clone(&made.0);
        let (scan, threads) = start(&tree, workers, move || made.clone());
        // There is one root, so one worker works and the others wait.
        let room = scan.results().capacity().expect("the channel is bounded") as u64;
        wait_until("the channel is full", || {
            scan.results().is_full() && found.load(Ordering::Relaxed) > LIMIT as u64 / 2
        });
        for _ in 0..10_000 {
            std::thread::yield_now();
        }
        let before = found.load(Ordering::Relaxed);
        // A batch may be beyond its limit by one event, and one block is in the making.
        let block = 1100 * 256;
        assert!(
            before <= (room + 1) * (LIMIT as u64 + block) + block,
            "{before} bytes wait in the channel"
        );
        assert_eq!(scan.join(super::PATIENCE), []);
        threads.wait_for_all_but(0);
    }
}

#[test]
fn workers_wait_for_a_consumer_that_rests_and_go_on_where_they_were() {
    let tree = Tree::new();
    for number in 0..40_000 {
        tree.file(format!("{}/{number:0>200}", number % 200), number % 7);
    }
    for workers in WORKERS {
        let scan = Scan::start(&options([tree.path()], workers)).expect("start a scan");
        let room = scan.results().capacity().expect("the channel is bounded");
        let gauges = || scan.gauges().collect::<Vec<_>>();
        wait_until("nobody does anything", || {
            let before = gauges();
            std::thread::sleep(Duration::from_millis(20));
            scan.results().is_full() && gauges() == before
        });
        let mut listener = Listener::new(&scan);
        let mut files = 0;
        for parcel in scan.results().try_iter().take(room) {
            let (worker, events) = (parcel.worker(), parcel.open());
            let weight: usize = events.iter().map(Weighed::weight).sum();
            // It is full from the limit on, so by one event more at most.
            let last = events.last().map_or(0, Weighed::weight);
            assert!(weight - last < LIMIT, "{weight} bytes in one parcel");
            listener.order.check(worker, &events);
            listener.state.apply(worker, events, Duration::ZERO);
            files = listener.state.files_found();
        }
        assert!(files < 40_000, "they waited");
        let state = listener.finish(scan);
        assert_eq!(state.scan_state(), ScanState::Complete);
        super::equals_reference(&state, &tree.path());
    }
}

/// Panics at the directory with a certain number in the order of all listings.
#[derive(Clone)]
struct Breaking {
    listed: Arc<AtomicU64>,
    at: u64,
    moment: Moment,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    Before,
    After,
}

impl Lists for Breaking {
    fn list(&mut self, dir: &Arc<Dir>, visit: &mut Visit<'_>) -> Result<(), Leave> {
        let breaks = self.listed.fetch_add(1, Ordering::Relaxed) == self.at;
        assert!(
            !breaks || self.moment == Moment::After,
            "broken at directory {}",
            self.at
        );
        Portable.list(dir, visit)?;
        assert!(!breaks, "broken at directory {}", self.at);
        Ok(())
    }
}

#[test]
fn a_worker_that_breaks_ends_the_scan_as_failed_whichever_directory_it_was_at() {
    let (tree, count) = to_break_at();
    for (number, workers) in (0..count).flat_map(|number| WORKERS.map(|workers| (number, workers)))
    {
        for moment in [Moment::Before, Moment::After] {
            let lister = Breaking {
                listed: Arc::default(),
                at: number,
                moment,
            };
            let (scan, threads) = start(&tree, workers, move || lister.clone());
            let state = Listener::new(&scan).finish(scan);
            threads.wait_for_all_but(0);
            broke_at(&state, number, workers);
            kept(&state, &tree);
        }
    }
}

/// A tree, and how many directories it has.
fn to_break_at() -> (Tree, u64) {
    let tree = Tree::new();
    for name in [
        "a/b/c/file",
        "a/d/file",
        "e/f/file",
        "g/file",
        "h/i/j/k/file",
    ] {
        tree.file(name, 5000);
    }
    let count = reference::totals(&tree.path()).len() as u64;
    (tree, count)
}

#[test]
fn a_worker_that_breaks_is_reported_whichever_directory_it_was_at() {
    let (tree, count) = to_break_at();
    let root = Root {
        given: tree.path(),
        path: tree.path(),
        device: None,
    };
    let outlook = Outlook::new(vec![tree.path()], Rules::default(), None);
    for number in 0..count {
        let lister = Breaking {
            listed: Arc::default(),
            at: number,
            moment: Moment::Before,
        };
        let (scan, threads) = start(&tree, 2, move || lister.clone());
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut output = Output {
            out: &mut out,
            out_is_terminal: false,
            err: &mut err,
            err_is_terminal: false,
            in_place: false,
            units: Units::default(),
            scale: Scale::Readable(Units::default()),
            signs: Signs::default(),
        };
        let roots = std::slice::from_ref(&root);
        let outcome = report::run(
            scan,
            roots,
            &outlook,
            Folding::new(None, 0),
            &never(),
            &mut output,
        );
        // The first is the root, and without it nothing is known.
        let code = if number == 0 { 2 } else { 1 };
        assert_eq!(
            outcome.expect("it is written to memory"),
            Outcome::Ended(code)
        );
        threads.wait_for_all_but(0);
        let (out, err) = (String::from_utf8_lossy(&out), String::from_utf8_lossy(&err));
        let broke = format!(": broken at directory {number}\n");
        assert!(
            err.contains("spelunk: broke in worker ") && err.contains(&broke),
            "{err}"
        );
        assert!(!out.contains("complete"), "{out}");
    }
}

fn broke_at(state: &State, number: u64, workers: u16) {
    assert_eq!(state.scan_state(), ScanState::Failed);
    let panic = state.panic().expect("a worker broke");
    assert_eq!(panic.message, format!("broken at directory {number}"));
    assert!(panic.worker.index() < usize::from(workers));
    let dir = panic.dir.expect("it was at a directory");
    assert_eq!(state.tree().progress_of(dir), Progress::Failed);
    assert!(state.tree().is_lower_bound(DirId::TOP));
    if workers == 1 {
        let listed = dirs(state)
            .into_iter()
            .filter(|dir| state.tree().progress_of(*dir) == Progress::Listed);
        assert_eq!(listed.count() as u64, number, "those before are kept");
    }
}

#[test]
fn a_lister_that_cannot_even_be_made_ends_the_scan_as_failed() {
    let tree = broad();
    for workers in WORKERS {
        let (scan, threads) = start(&tree, workers, || -> Portable { panic!("{} hands", "no") });
        let state = Listener::new(&scan).finish(scan);
        threads.wait_for_all_but(0);
        let panic = state.panic().expect("a worker broke");
        assert_eq!((panic.message.as_str(), panic.dir), ("no hands", None));
        assert_eq!(state.scan_state(), ScanState::Failed);
    }
}

/// Hangs at directories called `stuck`, after they were listed, until it is released.
#[derive(Clone)]
struct Hanging(Receiver<()>);

impl Lists for Hanging {
    fn list(&mut self, dir: &Arc<Dir>, visit: &mut Visit<'_>) -> Result<(), Leave> {
        Portable.list(dir, visit)?;
        if dir.name() == b"stuck" {
            visit.begin(Call::Lstat);
            // Nothing is ever sent: the end of the sender is the release.
            let _ = self.0.recv();
        }
        Ok(())
    }
}

/// A tree with a directory that is stuck and has so many others in it, scanned until nothing but
/// that one is left.
fn until_stuck(
    workers: u16,
    inside: usize,
    hang: &Receiver<()>,
) -> (Tree, Scan, Listener, Threads) {
    let tree = broad();
    for number in 0..inside {
        tree.file(format!("stuck/{number}/deep/file"), 100);
    }
    let lister = Hanging(hang.clone());
    let (scan, threads) = start(&tree, workers, move || lister.clone());
    let mut listener = Listener::new(&scan);
    let all = reference::totals(&tree.path()).len() as i64;
    wait_until("only the stuck directory is left", || {
        listener.receive(&scan);
        listener.state.settle();
        // One is left at the beginning as well: the root, before anything is found in it.
        let totals = listener.state.tree().totals(DirId::TOP);
        totals.dirs == all && totals.unfinished == 1 && listener.state.queued() == 0
    });
    (tree, scan, listener, threads)
}

#[test]
fn a_stuck_worker_is_named_and_hides_nothing_but_its_directory() {
    // For a single directory nobody is woken, it has to be found.
    for (workers, inside) in [(2, 30), (8, 30), (2, 1), (8, 1)] {
        let (release, hang) = bounded(0);
        let (tree, scan, listener, threads) = until_stuck(workers, inside, &hang);
        let stuck = at(&listener.state, &tree.path().join("stuck"));
        assert_eq!(listener.state.tree().progress_of(stuck), Progress::Reading);
        others_are_complete(&listener.state, stuck, &tree);
        let named = abandon(&tree, scan, listener, &threads);
        assert_eq!(named.call, Some(Call::Lstat));
        drop(release);
        threads.wait_for_all_but(0);
    }
}

/// Everything but what is above the stuck directory was read by the others. Of the directories in
/// it the own sizes are with the stuck worker.
fn others_are_complete(state: &State, stuck: DirId, tree: &Tree) {
    let expected = reference::totals(&tree.path());
    for dir in dirs(state)
        .into_iter()
        .filter(|dir| !state.tree().is_within(stuck, *dir))
    {
        let (path, sums) = (
            state.tree().path(dir),
            super::sums(state.tree().totals(dir)),
        );
        assert_eq!(
            state.tree().state(dir),
            DirState::Complete,
            "{}",
            path.display()
        );
        assert_eq!(
            (sums.files, sums.dirs),
            (expected[&path].files, expected[&path].dirs),
            "in {}",
            path.display()
        );
        if state.tree().parent(dir) != Some(stuck) {
            assert_eq!(sums, expected[&path], "of {}", path.display());
        }
    }
    assert_eq!(
        dirs(state).len(),
        expected.len(),
        "every directory was found"
    );
}

#[test]
fn no_directory_is_complete_before_its_own_size_is_known() {
    let (release, hang) = bounded(0);
    let (tree, scan, listener, threads) = until_stuck(2, 30, &hang);
    let (expected, state) = (reference::totals(&tree.path()), &listener.state);
    let is_short = |dir: &DirId| {
        let sums = super::sums(state.tree().totals(*dir));
        sums != expected[&state.tree().path(*dir)] && !state.tree().is_lower_bound(*dir)
    };
    let short: Vec<_> = dirs(state)
        .into_iter()
        .filter(is_short)
        .map(|dir| state.tree().path(dir))
        .collect();
    drop(release);
    scan.join(super::PATIENCE);
    threads.wait_for_all_but(0);
    assert!(
        short.is_empty(),
        "too small, and not said to be lower bounds: {short:?}"
    );
}

/// Stops a scan with one stuck worker and joins the others; returns who was left behind.
fn abandon(tree: &Tree, scan: Scan, mut listener: Listener, threads: &Threads) -> Abandoned {
    let workers = scan.workers();
    let is_reading = |worker: &Worker| matches!(worker.activity, Activity::Reading { .. });
    let stuck = listener
        .state
        .workers()
        .iter()
        .position(is_reading)
        .expect("one is stuck");
    scan.stop();
    // So that it does not depend on how quick they are: the others leave first.
    while listener.order.left() < workers - 1 {
        assert!(listener.receive(&scan), "the stuck one has not left");
    }
    threads.wait_for_all_but(1);
    let inside = scan.still_inside();
    let abandoned = scan.join(Duration::ZERO);
    assert_eq!(abandoned, inside);
    assert_eq!(abandoned.len(), 1, "{abandoned:?}");
    assert_eq!(abandoned[0].worker.index(), stuck);
    assert_eq!(threads.present(), 1, "the stuck thread is left behind");
    listener.state.stop_asked();
    listener.state.gone(&abandoned);
    let at = |name: &str| at(&listener.state, &tree.path().join(name));
    assert_eq!(
        listener.state.tree().progress_of(at("stuck")),
        Progress::Failed
    );
    let failure = listener
        .state
        .failure_of(at("stuck"))
        .expect("it gave no answer");
    assert_eq!(
        (failure.call, failure.cause.kind()),
        (Call::Lstat, io::ErrorKind::TimedOut)
    );
    assert!(
        listener.state.tree().is_lower_bound(DirId::TOP)
            && !listener.state.tree().is_lower_bound(at("0"))
    );
    abandoned[0]
}

#[test]
fn a_scan_that_was_heard_to_its_end_is_joined_without_any_grace() {
    let tree = broad();
    let (scan, _) = start(&tree, 8, || Portable);
    let mut listener = Listener::new(&scan);
    while listener.receive(&scan) {}
    assert_eq!(scan.join(Duration::ZERO), [], "all have left");
    assert!(
        listener
            .state
            .workers()
            .iter()
            .all(|worker| worker.activity == Activity::Stopped)
    );
}

/// Scans with a lister that hangs at so many directories, each of which is given up, until there is
/// nothing more to be done; time goes by ten times as fast as it does. Returns what is known then
/// and how many workers there are, spare ones included.
fn give_up_all(workers: u16, stuck: usize) -> (State, usize) {
    let tree = broad();
    for number in 0..stuck {
        tree.file(format!("{number}/stuck/file"), 1);
    }
    let (release, hang) = bounded(0);
    let lister = Hanging(hang);
    let options = Options {
        give_up_after: Some(Duration::from_secs(1)),
        ..options([tree.path()], workers)
    };
    let scan = Scan::start_with(&options, move || by(lister.clone()));
    let mut scan = scan.expect("start a scan");
    let (mut listener, begun) = (Listener::new(&scan), Instant::now());
    wait_until("nobody is waited for any more", || {
        scan.tend(begun.elapsed() * 10);
        while !scan.results().is_empty() {
            listener.receive(&scan);
        }
        scan.has_ended()
    });
    let (inside, count) = (scan.stuck(), scan.workers());
    scan.stop();
    drop(release);
    scan.join(super::PATIENCE);
    listener.state.gone(&inside);
    (listener.state, count)
}

#[test]
fn for_each_stuck_worker_there_is_a_spare_one_that_reads_the_rest() {
    for workers in [1, 4] {
        let (state, count) = give_up_all(workers, 5);
        assert_eq!(state.scan_state(), ScanState::Complete);
        assert_eq!((state.failures().len(), state.queued()), (5, 0));
        assert!(
            state
                .failures()
                .iter()
                .all(|failure| failure.cause_in_words() == "no answer"
                    && failure.call == Call::Lstat)
        );
        assert_eq!(state.tree().totals(DirId::TOP).unfinished, 0);
        // The last that is stuck needs nobody in its place where nothing waits.
        let spares = count - usize::from(workers);
        assert!((1..=5).contains(&spares), "{spares} spare workers");
    }
}

#[test]
fn where_nobody_is_left_the_scan_ends_with_what_waits() {
    let (workers, stuck) = (64, 400);
    let (state, count) = give_up_all(workers, stuck);
    assert_eq!(count, 64 + 256);
    assert_eq!(state.scan_state(), ScanState::Stopped);
    assert_eq!(state.failures().len(), count);
    let unfinished = state.tree().totals(DirId::TOP).unfinished as usize;
    assert!(unfinished >= stuck - count, "{unfinished} are left");
}
