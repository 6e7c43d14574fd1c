//! The engine: a pool of workers that scans directories. Roots go in, events come out of one
//! channel, a stop ends it. It knows nothing of any interface.
//!
//! # The protocol
//!
//! ```text
//! start:  number the roots, put them into the frontier, start the workers
//! worker: take a directory; say Entered, open it, say Opened;
//!         with each buffer of names: say Found, push the subdirectories, ask about the files, say Blocks;
//!         say Listed, finish; nothing to take: say Waiting, sleep
//! end:    the count of unfinished directories is zero, or a stop: every worker says Left and drops its sender
//! gone:   the channel is disconnected: every thread has left
//! ```
//!
//! # Steering
//!
//! ```text
//! pause, resume   workers rest where they look, without CPU
//! focus           what waits below the directory that is looked at is taken first
//! skip            what waits below it goes aside, workers inside leave; said as Skipped
//! take up         what was skipped comes back; said as TakenUp
//! claim           a directory is taken away from a worker that is stuck in it
//! give up         the same after a time; said as Failed
//! stop, go on     workers leave; a new scan goes on with what waits
//! rescan          a directory is read again, as another one with a number of its own
//! forget          what waits below it is dropped for good
//! ```
//!
//! Nothing that was read is ever read again but by a rescan. A worker that leaves a directory hands over
//! the place where it was, the open handle whose position the kernel keeps and the names that it
//! has not asked about, as a job like any other. So to skip and take up, or to stop and go on, is
//! only a matter of where jobs wait, and what was read stays as it is.
//! Where [names](Detail::Names) are all that is asked for, a worker asks about no file, and says only
//! Place, once a directory and only where something is to be said of it, Names, and what failed.
//!
//! Workers share with the consumer only the frontier's stop, the result channel with the batches
//! open in it, and a gauge per worker that is for display. What makes the order of events right is
//! explained in [`outbox`], how work is shared and why nobody sleeps for ever in [`frontier`].
//!
//! A consumer drains [`Scan::results`] until it is disconnected, or drops it by [`Scan::join`];
//! only then are threads joined, for a worker may be waiting for room in the channel.

pub mod dir;
pub mod enter;
pub mod event;
pub mod frontier;
pub mod gauge;
pub mod handles;
pub mod job;
pub mod lister;
#[cfg(all(test, shuttle))]
mod model;
pub mod outbox;
pub mod roots;
mod sync;
pub mod threads;
pub mod visit;
pub mod watch;
pub mod way;
mod worker;

use std::{
    io, mem,
    num::NonZero,
    os::unix::ffi::OsStrExt,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, Instant},
};

use dir::{Dir, DirId, Extent, Names, Step};
use enter::Rules;
use event::{Event, Parcel, WorkerId};
use frontier::{
    Ended, Frontier,
    marks::{Marks, Wish},
};
use gauge::{Call, Gauge, Reading};
use handles::Handles;
use job::{Job, Portion, Subdirectories};
use lister::{Lister, portable::Portable};
use outbox::Outbox;
use sync::{
    AtomicUsize, Builder, JoinHandle, Ordering, Receiver, RecvTimeoutError, Sender, bounded,
};
use watch::Watch;

/// How long a consumer does well to wait between two drains of the results. In between they gather
/// in the workers' open batches, which costs the workers nothing; to wake up for each would cost
/// them the processor: eight futex calls for every directory, measured on 15,249 directories.
pub const DRAIN: Duration = Duration::from_millis(5);

/// How long workers are given to leave a stopped scan. Less than a second, so that what there is to
/// say about it is said within one.
pub const GRACE: Duration = Duration::from_millis(800);

/// What to scan, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// Directories or files to scan; none may lie in another (see [`roots`]).
    pub roots: Vec<PathBuf>,
    /// How many workers.
    pub threads: NonZero<u16>,
    /// When they take part.
    pub admission: Admission,
    /// What is left out.
    pub rules: Rules,
    /// How directories are listed.
    pub lister: ListerKind,
    /// What is asked of files.
    pub detail: Detail,
    /// How the workers share the processors with others.
    pub priority: Priority,
    /// A directory is given up, as a failure, when one system call for it has not been answered for
    /// so long; `None`: it is waited for, for ever.
    pub give_up_after: Option<Duration>,
    /// A directory is not read on from so many names on, as a failure: there are such as never end.
    pub most_names: usize,
}

/// No directory is known to have so many names that ends at all. What is kept of so many takes some
/// gigabytes.
pub const MOST_NAMES: usize = 100_000_000;

/// When workers take part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// All from the start.
    AtOnce,
    /// From the start as many as there are processors, the others as soon as these leave the
    /// processors idle (see [`frontier`]).
    AsNeeded,
}

impl Admission {
    /// How many of `workers` take part from the start.
    fn at_first(self, workers: usize) -> usize {
        match self {
            Self::AtOnce => workers,
            Self::AsNeeded => threads::processors().min(workers),
        }
    }
}

/// How workers share the processors with other threads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Priority {
    /// Like any of them.
    #[default]
    Normal,
    /// They make way, so that a key is answered at once (see [`threads::make_way`]).
    Low,
}

/// What is asked of files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// Whatever the kernel says of them: their sizes, times and so on.
    #[default]
    Metadata,
    /// Their names only, which costs no call for each of them. Of directories is then said only
    /// where they are, and only of those that hold files.
    Names,
}

/// How directories are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListerKind {
    /// The fastest that there is here.
    #[default]
    Auto,
    /// By handle, with system calls of Linux; elsewhere the portable one.
    Linux,
    /// By path, everywhere.
    Portable,
}

impl Options {
    /// Scans `roots` with the default number of workers as needed, leaving nothing out but file systems of
    /// the kernel.
    pub fn new(roots: impl IntoIterator<Item = impl Into<PathBuf>>) -> Self {
        let roots = roots.into_iter().map(Into::into).collect();
        Self {
            roots,
            threads: threads::by_default([]),
            admission: Admission::AsNeeded,
            rules: Rules::default(),
            lister: ListerKind::Auto,
            detail: Detail::Metadata,
            priority: Priority::Normal,
            give_up_after: None,
            most_names: MOST_NAMES,
        }
    }
}

/// What all workers share.
pub(crate) struct Pool {
    frontier: Frontier<Portion>,
    /// How many slices of large directories wait, roughly.
    slices: AtomicUsize,
    /// By worker, with room for spare ones, as whatever goes by worker.
    gauges: Box<[Gauge]>,
    /// How many workers there are without spare ones.
    workers: usize,
    numbers: visit::Numbers,
    rules: Rules,
    detail: Detail,
    most_names: usize,
    /// Where each worker is, if names are all that is asked for: then nobody else knows.
    places: Box<[Mutex<Option<Arc<Dir>>>]>,
}

impl Pool {
    /// Where a worker is, if names are all that is asked for.
    fn at(&self, worker: WorkerId) -> MutexGuard<'_, Option<Arc<Dir>>> {
        let place = &self.places[worker.index()];
        place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A worker that did not come back from a system call in time and was left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Abandoned {
    /// Which.
    pub worker: WorkerId,
    /// The call that it is in, if the gauge says so.
    pub call: Option<Call>,
}

/// A running scan: the way to its results, and to its end.
pub struct Scan {
    pool: Arc<Pool>,
    results: Receiver<Parcel>,
    threads: Vec<JoinHandle<()>>,
    /// Directories to be read again as soon as the scan goes on.
    waiting: Vec<Portion>,
    admission: Admission,
    /// Starts the thread of one worker.
    start_worker: Box<StartWorker>,
    /// The way into the results, for as long as any worker has not left.
    sender: Weak<Sender<Parcel>>,
    watch: Watch,
    give_up_after: Option<Duration>,
}

/// A directory that is to be read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "it may not begin before the scan goes on"]
pub struct Again {
    /// Its new number.
    pub dir: DirId,
    /// When it will be read.
    pub begins: Begins,
}

/// When something will be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begins {
    /// As soon as a worker has time.
    Now,
    /// The scan has ended: with [`Scan::go_on`].
    WithNext,
}

type StartWorker =
    dyn Fn(WorkerId, Arc<Pool>, Arc<Sender<Parcel>>) -> io::Result<JoinHandle<()>> + Send;

/// What a scan goes on with that was stopped or has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// All that was not read, but what is skipped.
    All,
    /// What was not read of these directories, skipped or not.
    Only(Vec<DirId>),
}

impl Scan {
    /// Starts a scan.
    ///
    /// # Errors
    /// Not even one thread could be started. Where some could, they do the work.
    pub fn start(options: &Options) -> io::Result<Self> {
        let (handles, threads) = Handles::for_workers(options.threads);
        let options = Options {
            threads,
            ..options.clone()
        };
        match options.lister {
            #[cfg(target_os = "linux")]
            ListerKind::Auto | ListerKind::Linux => Self::start_with(&options, move || {
                Box::new(lister::linux::Linux::new(Arc::clone(&handles)))
            }),
            _ => Self::start_with(&options, || Box::new(Portable)),
        }
    }

    /// Starts a scan whose workers list directories with what `make_lister` makes, one for each.
    ///
    /// # Errors
    /// As [`Scan::start`].
    pub fn start_with<F>(options: &Options, make_lister: F) -> io::Result<Self>
    where
        F: Fn() -> Box<dyn Lister> + Clone + Send + 'static,
    {
        let priority = options.priority;
        let start_worker = move |worker, pool: Arc<Pool>, sender: Arc<Sender<Parcel>>| {
            let make_lister = make_lister.clone();
            let work = move || {
                if priority == Priority::Low {
                    threads::make_way();
                }
                worker::run(worker, &pool, Sender::clone(&sender), make_lister);
            };
            let name = format!("worker {worker}");
            let thread = Builder::new().name(name.clone()).spawn(work);
            thread.map_err(|error| threads::not_started(&name, &error))
        };
        Self::start_by(options, Box::new(start_worker))
    }

    /// Starts a scan whose workers are started by `start_worker`.
    fn start_by(options: &Options, start_worker: Box<StartWorker>) -> io::Result<Self> {
        let workers = usize::from(options.threads.get());
        let most = workers + watch::SPARES;
        let (sender, results) = bounded(room(workers));
        let first = DirId(1);
        let names: Names = options
            .roots
            .iter()
            .map(|root| root.as_os_str().as_bytes())
            .collect();
        let pool = Arc::new(Pool {
            frontier: Frontier::with_room(workers, most)
                .admitting(options.admission.at_first(workers)),
            slices: AtomicUsize::new(0),
            gauges: (0..most).map(|_| Gauge::default()).collect(),
            workers,
            numbers: visit::Numbers::from(DirId(first.0 + names.len() as u32)),
            rules: options.rules.clone(),
            detail: options.detail,
            most_names: options.most_names,
            places: places(most),
        });
        let zero = WorkerId::from_index(0);
        let announced = Outbox::new(zero, sender.clone()).push(Event::Found {
            parent: DirId::TOP,
            first,
            names: names.clone(),
        });
        debug_assert!(announced.is_ok(), "the receiver is here");
        pool.frontier.push(
            zero,
            Portion::Directories(Subdirectories::new(None, None, first, names)),
        );
        let sender = Arc::new(sender);
        let threads = start_workers(&pool, &sender, &start_worker)?;
        Ok(Self {
            pool,
            results,
            threads,
            waiting: Vec::new(),
            admission: options.admission,
            start_worker,
            sender: Arc::downgrade(&sender),
            watch: Watch::default(),
            give_up_after: options.give_up_after,
        })
    }

    /// Goes on with a scan that was stopped or has ended, as a new one with the same rules and as
    /// many workers, numbers of directories included. All results of the old one must have been
    /// taken; workers that have not left it by now are left behind.
    ///
    /// # Errors
    /// As [`Scan::start`]; what waits is kept, so this can be tried again.
    pub fn go_on(&mut self, part: Part) -> io::Result<()> {
        let (workers, most) = (self.pool.workers, self.pool.gauges.len());
        let frontier = Frontier::going_on(workers, &self.pool.frontier, |marks| match part {
            Part::All => marks.only(None),
            Part::Only(dirs) => {
                marks.only(Some(Vec::new()));
                for dir in dirs {
                    marks.wish(dir, Wish::Take);
                }
            }
        });
        for portion in self.waiting.drain(..) {
            frontier.push_from_outside(portion);
        }
        let (sender, results) = bounded(room(workers));
        let sender = Arc::new(sender);
        let pool = Arc::new(Pool {
            frontier: frontier.admitting(self.admission.at_first(workers)),
            slices: AtomicUsize::new(self.pool.slices.load(Ordering::Relaxed)),
            gauges: (0..most).map(|_| Gauge::default()).collect(),
            workers,
            numbers: self.pool.numbers.going_on(),
            rules: self.pool.rules.clone(),
            detail: self.pool.detail,
            most_names: self.pool.most_names,
            places: places(most),
        });
        // What waits is in the new pool already.
        (self.pool, self.results) = (pool, results);
        (self.sender, self.watch) = (Arc::downgrade(&sender), Watch::default());
        self.threads.clear();
        self.threads = start_workers(&self.pool, &sender, &self.start_worker)?;
        Ok(())
    }

    /// Where the results come out. Disconnected once every worker has left.
    pub fn results(&self) -> &Receiver<Parcel> {
        &self.results
    }

    /// How many workers there are, spare ones included.
    pub fn workers(&self) -> usize {
        self.threads.len()
    }

    /// Which system call each worker is in.
    pub fn gauges(&self) -> impl Iterator<Item = Reading> {
        self.pool.gauges[..self.threads.len()]
            .iter()
            .map(Gauge::read)
    }

    /// Sets the stop event. Workers leave at their next look; what they found until then still
    /// comes.
    pub fn stop(&self) {
        self.pool.frontier.stop();
    }

    /// Lets the workers rest: each waits at its next look, without burning CPU, until
    /// [`Scan::resume`] or a stop.
    pub fn pause(&self) {
        self.pool.frontier.pause(true);
    }

    /// Lets the workers go on.
    pub fn resume(&self) {
        self.pool.frontier.pause(false);
    }

    /// Lets what waits below `dir` be read before all else; `None`: nothing in particular.
    pub fn focus(&self, dir: Option<DirId>) {
        self.pool.frontier.mark(|marks| marks.focus(dir));
    }

    /// Leaves out what is not read yet of `dir`: what waits is put aside, workers inside leave at
    /// their next look. Each directory concerned is told of as [`Event::Skipped`].
    pub fn skip(&self, dir: DirId) {
        self.pool.frontier.mark(|marks| marks.wish(dir, Wish::Skip));
    }

    /// Takes the directory away from a worker that is stuck in it. True: nothing more will be heard
    /// of that worker until it turns to another one; false: it was not stuck there.
    pub fn claim(&self, worker: WorkerId, dir: DirId) -> bool {
        self.pool.frontier.claim(worker, dir)
    }

    /// Reads what was skipped of `dir`, or was left out because the scan went on with another part.
    /// Each directory that was skipped is told of as [`Event::TakenUp`].
    ///
    /// # Errors
    /// The scan has ended; [`Scan::go_on`] is what is wanted.
    pub fn take_up(&self, dir: DirId) -> Result<(), Ended> {
        self.pool
            .frontier
            .take_up(|marks| marks.wish(dir, Wish::Take))
    }

    /// Reads the directory at the end of `way` again, as another one with a number of its own. Of
    /// that is told what is told of any, but for [`Event::Found`]: the caller has its number before
    /// anybody speaks of it. It is read before what nobody asked for, also where something above it
    /// is skipped.
    ///
    /// # Panics
    /// The way has no step.
    pub fn rescan(&mut self, way: &[Step]) -> Again {
        self.read_again(way, Extent::Whole)
    }

    /// The same without what is below the directory.
    ///
    /// # Panics
    /// The way has no step.
    pub fn list(&mut self, way: &[Step]) -> Again {
        self.read_again(way, Extent::Alone)
    }

    fn read_again(&mut self, way: &[Step], extent: Extent) -> Again {
        let number = self.pool.numbers.draw(1);
        let mut way = way.to_vec();
        way.last_mut().expect("a way leads somewhere").dir = number;
        let dir = Dir::at_end_of(&way, extent).expect("a way leads somewhere");
        let job = || {
            Portion::single(Job::List {
                dir: Arc::clone(&dir),
                parent: None,
            })
        };
        let frontier = &self.pool.frontier;
        frontier.mark(|marks| marks.wish(number, Wish::Hurry));
        // What was put into a scan that is being stopped waits there for the next.
        let begins = if frontier.inject(job()).is_ok() {
            Begins::Now
        } else {
            self.waiting.push(job());
            Begins::WithNext
        };
        Again {
            dir: number,
            begins,
        }
    }

    /// Drops whatever waits below `dir`, for good; workers inside leave at their next look.
    pub fn forget(&mut self, dir: DirId) {
        self.waiting.retain(|portion| portion.dirs().start != dir);
        let forget = |marks: &mut Marks| marks.wish(dir, Wish::Forget);
        self.pool.frontier.mark(forget);
    }

    /// Whether everything is read or left out, so that nothing can be taken up any more, or nobody is
    /// left who could read. Some worker may not have left yet.
    pub fn has_ended(&self) -> bool {
        (self.pool.frontier.is_ended() || self.is_lost()) && self.watch.has_told()
    }

    /// Whether it has ended and nothing more will be told: who is inside still is stuck in what was
    /// taken away from it.
    pub fn is_over(&self) -> bool {
        let frontier = &self.pool.frontier;
        let mut threads = self.threads.iter().enumerate();
        self.has_ended()
            && threads.all(|(index, thread)| {
                thread.is_finished() || frontier.is_lost(WorkerId::from_index(index))
            })
    }

    /// The workers whose threads have not ended, and the system calls they are in.
    pub fn still_inside(&self) -> Vec<Abandoned> {
        let threads = self.threads.iter().zip(&self.pool.gauges).enumerate();
        threads
            .filter(|(_, (thread, _))| !thread.is_finished())
            .map(|(index, (_, gauge))| Abandoned {
                worker: WorkerId::from_index(index),
                call: gauge.read().call(),
            })
            .collect()
    }

    /// The workers that are inside a system call. Those that have not left for another reason, such
    /// as a consumer that takes nothing, are not stuck.
    pub fn stuck(&self) -> Vec<Abandoned> {
        let mut inside = self.still_inside();
        inside.retain(|worker| worker.call.is_some());
        inside
    }

    /// Stops the scan if it still runs, throws away results that nobody took, and waits for the
    /// workers to leave, for at most `grace`, but for those that are stuck in what was taken away from
    /// them. Returns those that did not: their threads end when their system calls do.
    pub fn join(mut self, grace: Duration) -> Vec<Abandoned> {
        self.stop();
        let grace = if self.is_over() {
            Duration::ZERO
        } else {
            grace
        };
        // Draining, not only dropping: disconnection is what tells that every worker has left.
        let deadline = Instant::now() + grace;
        let gone = loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.results.recv_timeout(left) {
                Ok(_) => {}
                Err(error) => break error == RecvTimeoutError::Disconnected,
            }
        };
        let abandoned = if gone {
            Vec::new()
        } else {
            self.still_inside()
        };
        for (index, thread) in mem::take(&mut self.threads).into_iter().enumerate() {
            if !abandoned.iter().any(|left| left.worker.index() == index) {
                // A panic was caught inside the thread and has been said.
                let _ = thread.join();
            }
        }
        abandoned
    }
}

impl Drop for Scan {
    /// Stops the scan: workers that rest or sleep would not notice that nobody listens any more.
    fn drop(&mut self) {
        self.stop();
    }
}

/// For how many parcels there is room in the channel. What few workers find between two drains must
/// go into it too: with room for 4, two workers took 1.57 s for a million files instead of 1.35.
fn room(workers: usize) -> usize {
    const LEAST: usize = 32;
    LEAST.max(2 * workers)
}

fn places(workers: usize) -> Box<[Mutex<Option<Arc<Dir>>>]> {
    (0..workers).map(|_| Mutex::default()).collect()
}

/// Starts all workers of a pool, or as many as can be.
fn start_workers(
    pool: &Arc<Pool>,
    sender: &Arc<Sender<Parcel>>,
    start: &StartWorker,
) -> io::Result<Vec<JoinHandle<()>>> {
    let workers = pool.workers;
    let mut threads = Vec::with_capacity(workers);
    for worker in (0..workers).map(WorkerId::from_index) {
        match start(worker, Arc::clone(pool), Arc::clone(sender)) {
            Ok(thread) => threads.push(thread),
            Err(error) if threads.is_empty() => return Err(error),
            Err(_) => break,
        }
    }
    Ok(threads)
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use std::{fs, path::Path, sync::Barrier};

    use super::{
        dir::Identity,
        handles::Handle,
        job::{Rest, Slice},
        visit::{Leave, Visit},
        *,
    };
    use crate::tree::block::{Kind, Metadata, Unpacker};

    const SRC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src");

    const FILE: Metadata = Metadata {
        kind: Kind::File,
        disk: 0,
        apparent: 0,
        modified: 0,
        identity: Identity {
            device: 0,
            inode: 0,
        },
        links: 1,
    };

    /// Takes all results; returns how many workers said that they leave.
    fn drain(scan: &Scan) -> usize {
        let events = scan.results().iter().flat_map(Parcel::open);
        events.filter(|event| matches!(event, Event::Left)).count()
    }

    /// Starts workers as long as there are fewer than so many.
    fn at_most(
        most: Arc<AtomicUsize>,
        make_lister: impl Fn() -> Box<dyn Lister> + Clone + Send + 'static,
    ) -> Box<StartWorker> {
        Box::new(move |worker, pool, sender| {
            if worker.index() >= most.load(Ordering::Relaxed) {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            let make_lister = make_lister.clone();
            Builder::new().spawn(move || {
                worker::run(worker, &pool, Sender::clone(&sender), make_lister);
            })
        })
    }

    /// Hangs in one directory, after it has listed so many others, from when the barrier is passed
    /// until it is passed again; it has found a file there before.
    struct Hangs(Arc<(AtomicUsize, Barrier)>);

    impl Lister for Hangs {
        fn list(
            &mut self,
            dir: &Arc<Dir>,
            parent: Option<Arc<Handle>>,
            visit: &mut Visit<'_>,
        ) -> Result<(), Leave> {
            let (others, barrier) = &*self.0;
            if others.fetch_sub(1, Ordering::Relaxed) == 0 {
                visit.file(b"before", Call::Statx, Ok(FILE))?;
                visit.begin(Call::Openat);
                barrier.wait();
                barrier.wait();
            }
            Portable.list(dir, parent, visit)
        }

        fn go_on(
            &mut self,
            dir: &Arc<Dir>,
            rest: Rest,
            visit: &mut Visit<'_>,
        ) -> Result<(), Leave> {
            Portable.go_on(dir, rest, visit)
        }

        fn look(&mut self, slice: &Slice, visit: &mut Visit<'_>) -> Result<(), Leave> {
            Portable.look(slice, visit)
        }
    }

    #[test]
    fn a_spare_worker_that_cannot_be_started_is_tried_again() {
        let options = Options {
            threads: NonZero::<u16>::MIN,
            ..Options::new([SRC])
        };
        let most = Arc::new(AtomicUsize::new(1));
        let hangs = Arc::new((AtomicUsize::new(1), Barrier::new(2)));
        let lister = Arc::clone(&hangs);
        let start = at_most(Arc::clone(&most), move || {
            Box::new(Hangs(Arc::clone(&lister)))
        });
        let mut scan = Scan::start_by(&options, start).expect("there is a thread");
        hangs.1.wait();
        let mut looks = (0..).map(|look| watch::INTERVAL * look);
        for threads in 1..=2 {
            most.store(threads, Ordering::Relaxed);
            let stall = looks.by_ref().take(30);
            stall.for_each(|now| scan.tend(now));
            assert_eq!(scan.threads.len(), threads);
        }
        hangs.1.wait();
        assert_eq!(drain(&scan), 2);
        assert!(scan.has_ended());
        assert_eq!(scan.join(Duration::ZERO), []);
    }

    /// All that one worker says from which a directory is taken away after it has listed so many
    /// others.
    fn said_around_a_claim(options: Options, others: usize) -> impl Iterator<Item = Event> {
        let options = Options {
            threads: NonZero::<u16>::MIN,
            ..options
        };
        let hangs = Arc::new((AtomicUsize::new(others), Barrier::new(2)));
        let lister = Arc::clone(&hangs);
        let scan = Scan::start_with(&options, move || Box::new(Hangs(Arc::clone(&lister))));
        let scan = scan.expect("there is a thread");
        hangs.1.wait();
        let worker = WorkerId::from_index(0);
        let is_in = |number: u32| scan.claim(worker, DirId(number));
        assert!((0..100).any(is_in), "it is stuck in one of them");
        hangs.1.wait();
        let parcels: Vec<_> = scan.results().iter().collect();
        parcels.into_iter().flat_map(Parcel::open)
    }

    #[test]
    fn what_was_found_in_a_directory_that_was_taken_away_is_in_no_other() {
        let mut blocks = 0;
        for event in said_around_a_claim(Options::new([SRC]), 1) {
            if let Event::Block(block) = event {
                blocks += 1;
                let mut files = Unpacker::new(&block.files.records);
                assert!(files.all(|file| file.name != b"before"));
            }
        }
        assert!(blocks > 0);
    }

    /// The files below the root that a scan for names tells of, where one of the directories that
    /// are listed third is taken away.
    fn files_around_a_claim(root: &Path) -> Vec<String> {
        let options = Options {
            detail: Detail::Names,
            ..Options::new([root])
        };
        let (mut place, mut files) = (Vec::new(), Vec::new());
        for event in said_around_a_claim(options, 2) {
            match event {
                Event::Place { kept, more, .. } => {
                    place.truncate(kept);
                    place.extend_from_slice(&more);
                }
                Event::Names { names, .. } => files.extend(names.iter().map(|name| {
                    let path = [&place, name].concat();
                    String::from_utf8(path).expect("they are named so here")
                })),
                _ => {}
            }
        }
        files
    }

    #[test]
    fn a_place_that_nobody_heard_of_is_not_gone_on_from() {
        let root = tempfile::tempdir().expect("make a temporary directory");
        for dir in ["p/x", "p/y"] {
            let dir = root.path().join(dir);
            fs::create_dir_all(&dir).expect("make a directory");
            fs::write(dir.join("inside"), "").expect("make a file");
        }
        fs::write(root.path().join("top"), "").expect("make a file");
        let files = files_around_a_claim(root.path());
        assert!(
            files == ["top", "p/x/inside"] || files == ["top", "p/y/inside"],
            "{files:?}"
        );
    }

    #[test]
    fn what_is_below_a_directory_that_was_taken_away_is_not_read() {
        let root = tempfile::tempdir().expect("make a temporary directory");
        let below = root.path().join("p/x/below");
        fs::create_dir_all(&below).expect("make directories");
        fs::write(below.join("inside"), "").expect("make a file");
        assert_eq!(files_around_a_claim(root.path()), [""; 0]);
    }

    #[test]
    fn where_not_every_thread_can_be_started_fewer_workers_do_it() {
        let options = Options {
            threads: NonZero::new(4).expect("not zero"),
            ..Options::new([SRC])
        };
        let most = Arc::new(AtomicUsize::new(0));
        let start = || {
            let most = Arc::clone(&most);
            Scan::start_by(&options, at_most(most, || Box::new(Portable)))
        };
        assert!(start().is_err(), "nobody would do it");
        for workers in 1..=4 {
            most.store(workers, Ordering::Relaxed);
            let mut scan = start().expect("there is a thread");
            assert_eq!((scan.workers(), drain(&scan)), (workers, workers));
            assert!(scan.has_ended());
            // The same where a scan goes on.
            let way = [Step {
                dir: DirId(1),
                name: SRC.as_bytes().into(),
            }];
            assert_eq!(scan.rescan(&way).begins, Begins::WithNext);
            most.store(0, Ordering::Relaxed);
            assert!(scan.go_on(Part::All).is_err());
            most.store(1, Ordering::Relaxed);
            scan.go_on(Part::All).expect("there is a thread");
            assert_eq!((scan.workers(), drain(&scan)), (1, 1));
            assert!(scan.has_ended(), "what waited was kept");
            assert_eq!(scan.join(Duration::ZERO), []);
        }
    }
}
