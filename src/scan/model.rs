//! The whole pool under shuttle: random schedules of workers, frontier, outbox, channel and one
//! consumer who steers as an interface does. Where loom tries every order of a few steps, shuttle
//! tries many orders of a whole scan, of a tree that is only in memory. What is shown of each
//! schedule: nobody sleeps for ever (shuttle reports a deadlock), what is told is told in the order
//! of the protocol, every worker leaves and the channel is disconnected, nothing is pending after
//! the end, of a part that was read nothing is missing and nothing is twice, and a scan that goes on
//! until the end knows the whole tree. It cannot find every wake-up that is lost, since whoever pushes a
//! job does it itself in the end: those are loom's.
//!
//! Each model is run with random schedules, and with those of the PCT scheduler (Burckhardt and
//! others, 2010), which switches at few moments and so finds what needs one worker far behind.
//!
//! ```text
//! RUSTFLAGS="--cfg shuttle" CARGO_TARGET_DIR=target/shuttle SPELUNK_SCHEDULES=1000000 cargo test --release --lib -- --nocapture model
//! ```
//!
//! The number is that of all models together; without it they run 300,000, in about a minute. A failure prints its
//! seed: `SHUTTLE_RANDOM_SEED` repeats it, but for how busy the processors were.

#[path = "../../tests/suite/engine/order.rs"]
#[expect(dead_code, reason = "the models do less than the test suite")]
mod order;

use std::{num::NonZero, ops::Range, panic::resume_unwind, sync::Arc, time::Duration};

use shuttle::{
    Config, Runner,
    rand::{Rng, rngs::ThreadRng, thread_rng},
    scheduler::{PctScheduler, RandomScheduler, Scheduler},
};

use super::{
    Admission, Dir, DirId, Lister, Options, Part, Scan,
    dir::Identity,
    gauge::Call,
    handles::Handle,
    job::{Rest, Slice},
    sync::{AtomicUsize, Ordering},
    visit::{Leave, Visit},
};
use crate::{
    state::{ScanState, State},
    tree::{
        DirState, Progress,
        block::{Kind, Metadata},
    },
};
use order::Order;

/// A directory: its name, those in it, and how many files.
type Known = (&'static str, &'static [&'static str], usize);

/// All directories. The names of a listing come in buffers of [`BUFFER`], the directories first.
const TREE: [Known; 7] = [
    ("/", &["a", "b"], 3),
    ("a", &["c", "d"], 0),
    ("b", &[], 1),
    ("c", &["e"], 1),
    ("d", &[], 5),
    ("e", &["f"], 0),
    ("f", &[], 2),
];
const FILES: usize = 12;
const BUFFER: usize = 2;

fn known(name: &[u8]) -> &'static Known {
    let is_it = |known: &&Known| known.0.as_bytes() == name;
    TREE.iter().find(is_it).expect("a directory of the tree")
}

/// Lists from memory.
struct Memory {
    /// Counts listings down: at the last the lister breaks.
    breaks: Option<Arc<AtomicUsize>>,
}

impl Memory {
    fn read(&self, dir: &Arc<Dir>, from: usize, visit: &mut Visit<'_>) -> Result<(), Leave> {
        let (_, dirs, files) = known(dir.name());
        let entries = (dirs.iter().copied()).chain(std::iter::repeat_n("file", *files));
        let entries: Vec<_> = entries.enumerate().skip(from).collect();
        for buffer in entries.chunks(BUFFER) {
            if visit.look().is_err() {
                return Err(visit.leave(Box::new(buffer[0].0)));
            }
            let is_asked =
                |(at, name): &&(usize, &str)| visit.name(name.as_bytes(), *at < dirs.len());
            let asked = buffer.iter().filter(is_asked).count();
            visit.end_names(None)?;
            // As of a very large directory: somebody else asks about whole buffers.
            if asked == BUFFER {
                visit.leave_names([&b"file"[..]; BUFFER].into_iter(), None);
            } else {
                (0..asked)
                    .try_for_each(|_| visit.file(b"file", Call::Statx, Ok(of(Kind::File))))?;
            }
        }
        Ok(())
    }
}

impl Lister for Memory {
    fn list(
        &mut self,
        dir: &Arc<Dir>,
        _: Option<Arc<Handle>>,
        visit: &mut Visit<'_>,
    ) -> Result<(), Leave> {
        let is_last = |breaks: &Arc<AtomicUsize>| breaks.fetch_sub(1, Ordering::Relaxed) == 1;
        if self.breaks.as_ref().is_some_and(is_last) {
            // Without the hook, which would print.
            resume_unwind(Box::new("broken"));
        }
        visit.opened(of(Kind::Directory))?;
        self.read(dir, 0, visit)
    }

    fn go_on(&mut self, dir: &Arc<Dir>, rest: Rest, visit: &mut Visit<'_>) -> Result<(), Leave> {
        let from = rest.downcast().expect("what this lister left");
        self.read(dir, *from, visit)
    }

    fn look(&mut self, slice: &Slice, visit: &mut Visit<'_>) -> Result<(), Leave> {
        visit.look()?;
        let mut names = slice.names.iter();
        names.try_for_each(|name| visit.file(name, Call::Statx, Ok(of(Kind::File))))
    }
}

fn of(kind: Kind) -> Metadata {
    Metadata {
        kind,
        disk: 512,
        apparent: 10,
        modified: 0,
        identity: Identity {
            device: 1,
            inode: 1,
        },
        links: 1,
    }
}

/// A scan, its consumer, and what that one knows.
struct User {
    scan: Scan,
    state: State,
    order: Order,
    is_paused: bool,
    is_stopped: bool,
}

impl User {
    /// Starts a scan of the whole tree.
    fn start(dice: &mut ThreadRng, breaks: Option<usize>) -> Self {
        let breaks = breaks.map(|at| Arc::new(AtomicUsize::new(at)));
        let workers = dice.gen_range(1..=4);
        let options = Options {
            threads: NonZero::new(workers).expect("at least one"),
            admission: if dice.gen_bool(0.5) {
                Admission::AtOnce
            } else {
                Admission::AsNeeded
            },
            ..Options::new(["/"])
        };
        let make = move || -> Box<dyn Lister> {
            let breaks = breaks.clone();
            Box::new(Memory { breaks })
        };
        let scan = Scan::start_with(&options, make).expect("threads can be started");
        let mut order = Order::default();
        order.steered = true;
        Self {
            state: State::new(scan.workers()),
            scan,
            order,
            is_paused: false,
            is_stopped: false,
        }
    }

    /// Takes a parcel in; false when the channel is disconnected.
    fn receive(&mut self) -> bool {
        let Ok(parcel) = self.scan.results().recv() else {
            return false;
        };
        let (worker, events) = (parcel.worker(), parcel.open());
        self.order.check(worker, &events);
        self.state.apply(worker, events, Duration::ZERO);
        true
    }

    /// Takes in what is there.
    fn drain(&mut self) {
        while let Ok(parcel) = self.scan.results().try_recv() {
            let (worker, events) = (parcel.worker(), parcel.open());
            self.order.check(worker, &events);
            self.state.apply(worker, events, Duration::ZERO);
        }
    }

    /// One of the known directories.
    fn pick(&self, dice: &mut ThreadRng) -> Option<DirId> {
        let dirs = dirs(&self.state);
        (!dirs.is_empty()).then(|| dirs[dice.gen_range(0..dirs.len())])
    }

    /// Does something that a user may do.
    fn act(&mut self, dice: &mut ThreadRng) {
        match (dice.gen_range(0..13), self.pick(dice)) {
            (0, _) => {
                self.scan.pause();
                (self.is_paused, _) = (true, self.state.pause(true));
            }
            (1, _) => self.resume(),
            (2, _) => {
                self.scan.stop();
                self.is_stopped = true;
                self.state.stop_asked();
            }
            (3 | 4, Some(dir)) => {
                self.scan.skip(dir);
                self.state.skip(dir);
            }
            (5 | 6, Some(dir)) => {
                if self.scan.take_up(dir).is_ok() {
                    self.state.take_up(dir);
                }
            }
            (7, dir) => self.scan.focus(dir),
            (8, _) => self.scan.pool.frontier.let_in(),
            (9, _) => self.drain(),
            _ if self.is_paused => self.drain(),
            _ => {
                self.receive();
            }
        }
    }

    fn resume(&mut self) {
        if std::mem::take(&mut self.is_paused) {
            self.scan.resume();
            self.state.pause(false);
            if self.is_stopped {
                self.state.stop_asked();
            }
        }
    }

    /// Listens until every worker has left.
    fn finish(&mut self) {
        self.resume();
        while self.receive() {}
        self.state.gone(&[]);
        let workers = self.scan.workers();
        let is_whole = !self.state.tree().is_lower_bound(DirId::TOP);
        self.order.ended(workers, is_whole);
        self.is_kept();
        if !self.is_stopped && self.state.panic().is_none() {
            assert!(self.scan.has_ended(), "nothing is pending");
            assert_eq!(self.state.scan_state(), ScanState::Complete);
        }
    }

    /// Of what was read to its end nothing is missing, and of nothing there is too much.
    fn is_kept(&self) {
        for dir in dirs(&self.state) {
            let tree = self.state.tree();
            let (files, found) = (known(tree.name(dir)).2, tree.files(dir).count());
            let is_read = tree.progress_of(dir) == Progress::Listed;
            let right: Range<usize> = if is_read {
                files..files + 1
            } else {
                0..files + 1
            };
            assert!(right.contains(&found), "{found} of {files} files");
        }
    }

    /// Goes on until all is read, with what was skipped, and joins.
    fn complete(mut self) {
        while self.state.tree().is_lower_bound(DirId::TOP) {
            let part = Part::Only(vec![DirId(1)]);
            self.state.go_on(part.clone());
            self.state.take_up(DirId(1));
            self.order.begin_anew();
            self.is_stopped = false;
            self.scan.go_on(part).expect("threads can be started");
            self.finish();
        }
        let totals = self.state.tree().totals(DirId::TOP);
        assert_eq!(
            (totals.files, totals.dirs),
            (FILES as i64, TREE.len() as i64)
        );
        assert_eq!(totals.apparent, 10 * (FILES + TREE.len()) as i128);
        assert!(
            dirs(&self.state)
                .into_iter()
                .all(|dir| self.state.tree().state(dir) == DirState::Complete)
        );
        assert_eq!(self.state.queued(), 0);
        assert_eq!(self.scan.pool.slices.load(Ordering::Relaxed), 0);
        assert_eq!(self.scan.join(Duration::ZERO), []);
    }
}

/// All directories that are known.
fn dirs(state: &State) -> Vec<DirId> {
    let mut dirs = Vec::new();
    let mut waiting: Vec<_> = state.tree().children(DirId::TOP).collect();
    while let Some(dir) = waiting.pop() {
        waiting.extend(state.tree().children(dir));
        dirs.push(dir);
    }
    dirs.sort_unstable();
    dirs
}

/// A scan is steered and may be stopped, and goes on until all is read.
fn is_steered() {
    let mut dice = thread_rng();
    let mut user = User::start(&mut dice, None);
    for _ in 0..dice.gen_range(0..16) {
        user.act(&mut dice);
    }
    user.finish();
    user.complete();
}

/// A scan is joined, or dropped, at any moment, whatever waits in its channel.
fn is_left() {
    let mut dice = thread_rng();
    let mut user = User::start(&mut dice, None);
    for _ in 0..dice.gen_range(0..8) {
        user.act(&mut dice);
    }
    let pool = Arc::clone(&user.scan.pool);
    if dice.gen_bool(0.5) {
        assert_eq!(user.scan.join(Duration::ZERO), []);
    } else {
        drop(user);
    }
    while Arc::strong_count(&pool) > 1 {
        shuttle::thread::yield_now();
    }
}

/// A worker breaks at any directory. The scan ends as failed, and what was read is kept.
fn breaks() {
    let mut dice = thread_rng();
    let at = dice.gen_range(1..=TREE.len());
    let mut user = User::start(&mut dice, Some(at));
    if dice.gen_bool(0.2) {
        user.scan.pause();
        user.is_paused = true;
    }
    user.finish();
    assert_eq!(user.state.scan_state(), ScanState::Failed);
    let panic = user.state.panic().expect("a worker broke");
    assert_eq!(panic.message, "broken");
    assert!(panic.dir.is_some());
    assert_eq!(user.scan.join(Duration::ZERO), []);
}

/// Of how many schedules in all a model runs one share, of [`SHARES`].
const SCHEDULES: usize = 300_000;
const SHARES: usize = 6;

/// Runs a model in its share of the schedules.
#[expect(clippy::print_stdout, reason = "the number says how much was tried")]
fn explore<S: Scheduler + 'static>(
    name: &str,
    scheduler: impl FnOnce(usize) -> S,
    model: impl Fn() + Send + Sync + 'static,
) {
    let all = std::env::var("SPELUNK_SCHEDULES").map_or(SCHEDULES, |number| {
        number.parse().expect("SPELUNK_SCHEDULES is a number")
    });
    let mut config = Config::new();
    config.stack_size = 1 << 18;
    // It takes all atomics for sequentially consistent; what rests on weaker ones is loom's.
    config.silence_warnings = true;
    let schedules = Runner::new(scheduler(all.div_ceil(SHARES)), config).run(model);
    println!("pool, {name}: {schedules} schedules");
}

/// Moments at which PCT switches.
const DEPTH: usize = 4;

#[test]
fn a_scan_is_steered_at_random() {
    explore("steered, random", RandomScheduler::new, is_steered);
}

#[test]
fn a_scan_is_steered_by_pct() {
    explore(
        "steered, PCT",
        |all| PctScheduler::new(DEPTH, all),
        is_steered,
    );
}

#[test]
fn a_scan_is_left_at_random() {
    explore("left, random", RandomScheduler::new, is_left);
}

#[test]
fn a_scan_is_left_by_pct() {
    explore("left, PCT", |all| PctScheduler::new(DEPTH, all), is_left);
}

#[test]
fn a_worker_breaks_at_random() {
    explore("a worker breaks, random", RandomScheduler::new, breaks);
}

#[test]
fn a_worker_breaks_by_pct() {
    explore(
        "a worker breaks, PCT",
        |all| PctScheduler::new(DEPTH, all),
        breaks,
    );
}
