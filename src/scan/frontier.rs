//! The frontier: the directories that are known and not yet listed, and who takes which. It knows
//! nothing of directories or files; it hands out the jobs that *portions* yield.
//!
//! # How it works
//!
//! Each worker has a **shard**, a stack of portions. A portion is an iterator of jobs (the
//! subdirectories found in one directory), so a waiting directory costs a share of one item, not an
//! item of its own. One shard more belongs to nobody: there stands what comes from outside.
//!
//! ```text
//! push:  onto the own shard, then wake who sleeps, if anybody does, unless it is the only job there
//! take:  the next job of the own newest portion      depth first, few directories wait, caches stay warm
//!        else one job of another's oldest portion    the shallowest, so a thief takes a big piece of the tree
//!        else sleep until a push, the end or a stop
//! ```
//!
//! Every shard can be stolen from, also that of a worker stuck in a system call: what waits there
//! is not lost. There is room for workers that come [later](Frontier::add_worker); their shards are
//! looked at only once they are there. That number is written under the gate, so whoever has not
//! seen it yet counts as a sleeper before the new worker can push anything, and is woken by it.
//!
//! # Why no wake-up is lost
//!
//! A worker that finds nothing locks the gate, counts itself as a sleeper, looks at every shard
//! *again* and only then waits on the condition variable, which lets go of the gate. A pusher first
//! puts its portion into a shard and then reads the count. Both touch the mutex of that shard. If
//! the sleeper's second look came first, its count was written before the pusher got the mutex, so
//! the pusher sees it and notifies, which needs the gate and thus happens after the wait began. If
//! it came second, it saw the portion.
//!
//! # The job that nobody is woken for
//!
//! Of what waits on its shard a worker takes one job itself as soon as it is done with its own, so
//! nobody is woken for the first. Otherwise a chain of directories wanders from thread to thread: with
//! 100,000 of them and 16 workers that took 4.7 s instead of 0.7. But a worker may hang before it
//! gets there. Therefore one of the sleepers, whoever comes first, *watches*: it looks again every
//! 50 ms. When it leaves, or another one does while nobody watches, it wakes one of those that
//! sleep on, and that one finds something to do or watches. While the scan is paused nothing is to be
//! found, and the watch sleeps like the others.
//!
//! # Who takes part
//!
//! With a warm cache as many workers as processors are enough, and more of them only take the
//! processors from each other; with a cold one, or behind a network, many more finish sooner, since
//! they wait. Which it is shows only on the way. So all threads are there from the start, but those
//! beyond the first few do not take part yet: they sleep on a condition variable of their own, where
//! no push wakes them. The next in line looks from time to time how busy the processors are, and
//! once nobody who takes part has nothing to do and still the processors have time left, three times
//! in a row, it lets all in. Nobody is sent out again. What they cost until then is their start, and a
//! look every 20 ms.
//!
//! # Termination
//!
//! `unfinished` counts the jobs that were pushed and neither [finished](Frontier::finish) nor put
//! aside. A job's own portions are pushed before it is finished, so the count reaches zero once,
//! and who brings it there wakes everybody. From outside a job is added only while the count is
//! above zero. A stop is never unset.
//!
//! # Steering
//!
//! Whoever steers does constant work, whatever waits: he sets a bit or publishes new [`Marks`]. The
//! workers do the rest, where they come by anyway:
//!
//! - `signal` is one word with the stop, the pause and the generation of the marks. [`Frontier::take`]
//!   and [`Frontier::look`] read it once; as long as nothing was ever steered it is zero, and that
//!   was all.
//! - **Pause**: take and look wait at the gate.
//! - **Focus**: a shard has two stacks, and the first ones of all shards are taken before the others.
//! - **Skip**: a job that is skipped goes aside instead of being handed out; a worker that is inside
//!   leaves at its next look and pushes what is left of its job, which then goes aside like any
//!   other.
//! - **Take up** again: what is aside is gone through, and what is not skipped any more comes back.
//!
//! A shard is put in order when somebody takes from it: all of it if the generation is another one
//! than last time, else only what was pushed since. What changes its place on the way, aside or
//! back, is handed to that worker as [`Moving`]: it tells the consumer and then [puts](Frontier::put)
//! it there. So it is told before it is done, by whoever does it, as when a directory is found.
//!
//! What is put aside was judged by some generation. If what is aside was gone through for a later
//! one meanwhile, it is not put there, where nobody would look again, but back into a shard.
//!
//! To take something up while the scan runs, the count is raised by one, a *hold*, in the same step
//! in which the marks are published; whoever goes through what is aside lowers it again when what
//! comes back is counted. So the scan cannot end in between; if it has ended before, that is told,
//! and a new scan [goes on](Frontier::going_on) with what is there.
//!
//! Nothing here grows with the number of workers but the search of one that has nothing to do: push
//! and take on the own shard touch one uncontended mutex, and `unfinished` is written once a
//! directory and once a portion. Measured, in user space, for a tree of 50,156 entries: 52.9 million
//! instructions with 1 worker, 54.6 with 4, 58.7 with 16, 64.1 with 64 (`valgrind --tool=callgrind
//! spelunk --plain -t N`); what 64 of them cost more is their start, 0.1 million each. Calls that
//! wait or wake (`strace -f -c -e futex`): 1,336, 547, 383 and 5,432, at most one in nine entries.
//!
//! On 64 processors, with what is known from two: a directory writes two words that all share,
//! `unfinished` and the counter of numbers, which is good for some ten million directories a second.
//! The one consumer is the ceiling before that. It takes 2.3 % of the time of two processors, 56 ms
//! for 100,000 directories with a million files, so it keeps up with about 40 processors that scan
//! such a tree from the cache; more of them would wait for room in the channel.

mod lease;
pub mod marks;

use std::{collections::VecDeque, mem, sync::Arc, time::Duration};

use super::{
    dir::DirId,
    event::WorkerId,
    sync::{AtomicUsize, Condvar, Hint, Mutex, Ordering, lock, wait, wait_for},
};
use lease::Lease;
use marks::{Marks, Place};

/// What a worker is told when it asks whether to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Go on with the directory.
    Go,
    /// Leave the directory as it is: the scan was stopped, or the directory is skipped.
    Leave,
}

/// Jobs that were pushed together.
pub trait Portion: ExactSizeIterator + Sized {
    /// Hands over its jobs in pieces, each of them with the place where it belongs.
    fn put_in_order(self, marks: &Marks, put: &mut impl FnMut(Self, Place));
}

/// What a worker gets that asks for something to do.
pub enum Taken<P: Portion> {
    /// A job.
    Job {
        /// What is to be done.
        job: P::Item,
        /// True where it comes from another shard than its own: then its parent was announced by
        /// another worker, and the taker must [seal](super::outbox::Outbox::seal) its outbox before
        /// it says anything about it.
        stolen: bool,
    },
    /// Jobs that go aside or come back. The taker seals its outbox, tells of them, and then
    /// [puts](Frontier::put) them where they belong.
    Moving(Moving<P>),
}

/// Portions that change their place. See the module's head.
#[derive(Debug)]
#[must_use = "they are lost if they are not put"]
pub struct Moving<P> {
    /// Go aside because they are skipped.
    skipped: Vec<P>,
    /// Come back.
    back: Vec<P>,
    /// Come back before they were aside, so they are counted still.
    counted: Vec<P>,
    /// Go aside because the scan goes on without them.
    outside: Vec<P>,
    /// Jobs that were forgotten.
    forgotten: usize,
    /// Holds that are let go of when all is in its place.
    holds: usize,
    generation: u32,
}

impl<P> Moving<P> {
    fn nothing(generation: u32) -> Self {
        Self {
            skipped: Vec::new(),
            back: Vec::new(),
            counted: Vec::new(),
            outside: Vec::new(),
            forgotten: 0,
            holds: 0,
            generation,
        }
    }

    fn is_nothing(&self) -> bool {
        let aside = self.skipped.len() + self.outside.len();
        let back = self.back.len() + self.counted.len();
        aside + back + self.forgotten + self.holds == 0
    }

    /// What goes aside because it is skipped.
    pub fn skipped(&self) -> impl Iterator<Item = &P> {
        self.skipped.iter()
    }

    /// What comes back.
    pub fn back(&self) -> impl Iterator<Item = &P> {
        self.back.iter().chain(&self.counted)
    }
}

/// What a worker is told that does not take part yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It takes part now.
    Work,
    /// It is to leave: the scan has ended or was stopped.
    Leave,
    /// It is the next in line, and the workers have worked for a moment.
    Look,
    /// The same, but they have rested meanwhile.
    Wait,
}

/// The scan has ended, so nothing can be added to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended;

/// One worker's stack, in two: what is taken first, and the rest.
struct Stacks<P> {
    first: VecDeque<P>,
    later: VecDeque<P>,
    /// Pushed since something was taken, while there were marks.
    fresh: VecDeque<P>,
    /// The generation of marks by which `first` and `later` are in order.
    generation: u32,
}

impl<P> Stacks<P> {
    fn new() -> Self {
        Self {
            first: VecDeque::new(),
            later: VecDeque::new(),
            fresh: VecDeque::new(),
            generation: 0,
        }
    }

    fn is_empty(&self) -> bool {
        self.first.is_empty() && self.later.is_empty() && self.fresh.is_empty()
    }
}

/// Alone on its cache lines, so that neighbours do not slow each other down.
#[repr(align(128))]
struct Shard<P>(Mutex<Stacks<P>>);

/// What is not to be read.
struct Aside<P> {
    portions: Vec<P>,
    /// The generation of marks for which it was gone through.
    generation: u32,
    holds: usize,
}

/// Whose shard a job is taken from: of the own one the newest, of another's the oldest.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    Own,
    Other,
}

/// Which of a shard's stacks a job may come from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    First,
    Any,
}

/// The directories waiting, one stack per worker. See the module's head for how it works.
pub struct Frontier<P> {
    /// By worker, and one that is nobody's.
    shards: Box<[Shard<P>]>,
    /// How many workers there are; there is room for more.
    workers: AtomicUsize,
    leases: Box<[Lease]>,
    /// Jobs pushed and neither finished nor aside, and holds.
    unfinished: AtomicUsize,
    /// [`STOP`], [`PAUSE`], and the generation of the marks above them.
    signal: AtomicUsize,
    marks: Mutex<Arc<Marks>>,
    /// The generation of marks by which every shard was put in order.
    ordered: Hint,
    /// How many jobs are in first stacks, so that they are looked for only if there are any.
    first: Hint,
    aside: Mutex<Aside<P>>,
    /// How many workers look for the last time or sleep. Written under the gate only.
    sleepers: AtomicUsize,
    gate: Mutex<Gate>,
    wake: Condvar,
    /// Where those sleep that do not take part yet.
    turn: Condvar,
}

/// What the sleepers share.
struct Gate {
    /// Whether one of them watches.
    is_watched: bool,
    /// How many workers take part: those with the first numbers.
    admitted: usize,
}

/// How often the sleeper that watches looks again.
const WATCH: Duration = Duration::from_millis(50);

/// How often the next in line of those that do not take part yet looks how busy the processors are.
const PERIOD: Duration = Duration::from_millis(20);

const STOP: usize = 1;
const PAUSE: usize = 2;
const GENERATION: usize = 4;

impl<P: Portion> Frontier<P> {
    /// A frontier for `workers` workers, numbered from 0, with nothing in it. All of them take part.
    pub fn new(workers: usize) -> Self {
        Self::with_room(workers, workers)
    }

    /// The same with room for as many as `most` workers.
    pub fn with_room(workers: usize, most: usize) -> Self {
        let shard = |_| Shard(Mutex::new(Stacks::new()));
        Self {
            shards: (0..=most).map(shard).collect(),
            workers: AtomicUsize::new(workers),
            leases: (0..most).map(|_| Lease::idle()).collect(),
            unfinished: AtomicUsize::new(0),
            signal: AtomicUsize::new(0),
            marks: Mutex::new(Arc::default()),
            ordered: Hint::new(0),
            first: Hint::new(0),
            aside: Mutex::new(Aside {
                portions: Vec::new(),
                generation: 0,
                holds: 0,
            }),
            sleepers: AtomicUsize::new(0),
            gate: Mutex::new(Gate {
                is_watched: false,
                admitted: workers,
            }),
            wake: Condvar::new(),
            turn: Condvar::new(),
        }
    }

    /// The same, but so many workers take part until all are [let in](Frontier::let_in).
    #[must_use]
    pub fn admitting(self, workers: usize) -> Self {
        lock(&self.gate).admitted = workers;
        self
    }

    /// A frontier that goes on with all that waits in another, which was stopped or has ended, with
    /// what is aside there, and with its marks, changed by `change`. What a worker may still push
    /// there that was left behind is not in it.
    pub fn going_on(workers: usize, other: &Self, change: impl FnOnce(&mut Marks)) -> Self {
        let frontier = Self::with_room(workers, other.leases.len());
        frontier.mark_by(lock(&other.marks).as_ref(), change);
        let mut portions = mem::take(&mut lock(&other.aside).portions);
        for shard in &other.shards {
            let mut stacks = lock(&shard.0);
            let Stacks {
                first,
                later,
                fresh,
                ..
            } = &mut *stacks;
            portions.extend(
                later
                    .drain(..)
                    .chain(first.drain(..))
                    .chain(fresh.drain(..)),
            );
        }
        for portion in portions {
            frontier.push_from_outside(portion);
        }
        frontier
    }

    /// Puts jobs onto the stack of `worker`; they can be taken by anybody at once.
    pub fn push(&self, worker: WorkerId, portion: P) {
        // Relaxed: whoever takes one of these jobs does so through the shard's mutex, which is
        // locked after this.
        self.unfinished.fetch_add(portion.len(), Ordering::Relaxed);
        self.push_counted(worker.index(), portion);
    }

    /// Puts in jobs from outside before there are workers.
    pub fn push_from_outside(&self, portion: P) {
        self.unfinished.fetch_add(portion.len(), Ordering::Relaxed);
        self.push_counted(self.outside(), portion);
    }

    /// Puts in jobs from outside while the scan runs.
    ///
    /// # Errors
    /// The scan has ended.
    pub fn inject(&self, portion: P) -> Result<(), Ended> {
        self.count_if_running(portion.len())?;
        self.push_counted(self.outside(), portion);
        Ok(())
    }

    /// What a worker gets if there is something for it now and the scan goes on. Never waits.
    pub fn try_take(&self, worker: WorkerId) -> Option<Taken<P>> {
        let signal = self.signal();
        if signal != 0 {
            if signal & (STOP | PAUSE) != 0 {
                return None;
            }
            let moving = self.put_all_in_order(signal / GENERATION);
            if let Some(moving) = moving {
                return Some(Taken::Moving(moving));
            }
        }
        // Relaxed: only a matter of what comes first.
        if self.first.load(Ordering::Relaxed) > 0
            && let Some(taken) = self.search(worker, Which::First)
        {
            return Some(taken);
        }
        self.search(worker, Which::Any)
    }

    /// What a worker gets; sleeps while there is nothing. `None`: the scan has ended or was
    /// stopped.
    pub fn take(&self, worker: WorkerId) -> Option<Taken<P>> {
        if let Some(taken) = self.try_take(worker) {
            return Some(taken);
        }
        let mut gate = lock(&self.gate);
        // Relaxed: see the module's head; the shards' mutexes order it against the pushers.
        self.sleepers.fetch_add(1, Ordering::Relaxed);
        let mut watches = false;
        let taken = loop {
            if self.is_stopped() || self.is_ended() {
                break None;
            }
            if let Some(taken) = self.try_take(worker) {
                break Some(taken);
            }
            watches |= !mem::replace(&mut gate.is_watched, true);
            gate = if watches && !self.is_paused() {
                wait_for(&self.wake, gate, WATCH)
            } else {
                wait(&self.wake, gate)
            };
        };
        let others = self.sleepers.fetch_sub(1, Ordering::Relaxed) > 1;
        gate.is_watched &= !watches;
        if others && !gate.is_watched {
            self.wake.notify_one();
        }
        taken
    }

    /// Waits until the worker takes part or is to leave, or, as the next in line, for a moment.
    pub fn wait_for_turn(&self, worker: WorkerId) -> Turn {
        let mut gate = lock(&self.gate);
        let mut moment = None;
        loop {
            if worker.index() < gate.admitted {
                return Turn::Work;
            }
            if self.is_stopped() || self.is_ended() {
                return Turn::Leave;
            }
            if let Some(moment) = moment {
                return moment;
            }
            gate = if worker.index() > gate.admitted {
                wait(&self.turn, gate)
            } else if self.is_paused() {
                moment = Some(Turn::Wait);
                wait(&self.turn, gate)
            } else {
                moment = Some(Turn::Look);
                wait_for(&self.turn, gate, PERIOD)
            };
        }
    }

    /// Lets all workers take part, unless one of those that do has nothing to do, or all rest.
    pub fn let_in(&self) {
        let mut gate = lock(&self.gate);
        // Relaxed: it is written under the gate.
        if self.sleepers.load(Ordering::Relaxed) == 0 && !self.is_paused() {
            gate.admitted = self.leases.len();
            self.turn.notify_all();
        }
    }

    /// Puts what changes its place where it belongs, after it was told. What has to come back from
    /// there at once is to be told and put again.
    pub fn put(&self, moving: Moving<P>) -> Option<Moving<P>> {
        let mut again = Moving::nothing(moving.generation);
        for portion in moving.counted {
            self.push_counted(self.outside(), portion);
        }
        for portion in moving.back {
            self.unfinished.fetch_add(portion.len(), Ordering::Relaxed);
            self.push_counted(self.outside(), portion);
        }
        let mut done = moving.forgotten + moving.holds;
        for portion in moving.skipped.into_iter().chain(moving.outside) {
            let mut aside = lock(&self.aside);
            if aside.generation <= moving.generation {
                done += portion.len();
                aside.portions.push(portion);
            } else {
                again.counted.push(portion);
            }
        }
        self.count_down(done);
        (!again.is_nothing()).then_some(again)
    }

    /// A worker takes a job at `dir`.
    pub fn begin(&self, worker: WorkerId, dir: DirId) {
        self.leases[worker.index()].hold(dir);
    }

    /// Lets a worker that is at `dir` speak of it, by `speak`; `None` if the job was taken away
    /// from it.
    pub fn speak<T>(&self, worker: WorkerId, dir: DirId, speak: impl FnOnce() -> T) -> Option<T> {
        let lease = &self.leases[worker.index()];
        lease.speak(dir).then(|| {
            let said = speak();
            lease.hush(dir);
            said
        })
    }

    /// Says that the worker's job is done with, listed or not. Everything it pushed must have been
    /// pushed before.
    pub fn finish(&self, worker: WorkerId) {
        if self.leases[worker.index()].let_go() {
            self.count_down(1);
        }
    }

    /// Makes a worker known, before it takes or pushes anything. There must be room for it. One is
    /// added where others are stuck, so all take part from now on.
    pub fn add_worker(&self, worker: WorkerId) {
        let mut gate = lock(&self.gate);
        self.workers
            .fetch_max(worker.index() + 1, Ordering::Relaxed);
        gate.admitted = self.leases.len();
        self.turn.notify_all();
    }

    /// Whether anything waits to be taken.
    pub fn has_waiting(&self) -> bool {
        self.shards.iter().any(|shard| !lock(&shard.0).is_empty())
    }

    /// Whether a worker is stuck in what was taken away from it.
    pub fn is_lost(&self, worker: WorkerId) -> bool {
        self.leases[worker.index()].is_claimed()
    }

    /// How many workers are stuck in what was taken away from them.
    pub fn lost(&self) -> usize {
        self.leases
            .iter()
            .filter(|lease| lease.is_claimed())
            .count()
    }

    /// Where a worker is at a job that is its own, if it is at one and silent.
    pub fn held(&self, worker: WorkerId) -> Option<DirId> {
        self.leases[worker.index()].held()
    }

    /// Takes the job at `dir` away from a worker that is stuck in it, and finishes it. False: the
    /// worker is not stuck there.
    pub fn claim(&self, worker: WorkerId, dir: DirId) -> bool {
        let claimed = self.leases[worker.index()].claim(dir);
        if claimed {
            self.count_down(1);
        }
        claimed
    }

    /// What a worker asks before every buffer of names and every 16 files that it asks about.
    /// `place` tells where its job belongs by the marks, if there are any. Waits while the scan is
    /// paused.
    pub fn look(&self, place: impl Fn(&Marks) -> Place) -> Look {
        if self.signal() == 0 {
            return Look::Go;
        }
        if self.signal() & PAUSE != 0 {
            let mut gate = lock(&self.gate);
            while self.signal() & (STOP | PAUSE) == PAUSE {
                gate = wait(&self.wake, gate);
            }
        }
        let signal = self.signal();
        let leaves =
            signal & STOP != 0 || (signal >= GENERATION && !place(&self.marks()).is_taken());
        if leaves { Look::Leave } else { Look::Go }
    }

    /// Sets the stop event and wakes every worker that sleeps. What waits stays where it is.
    pub fn stop(&self) {
        self.change_signal(|signal| signal.fetch_or(STOP, Ordering::Relaxed));
    }

    /// Lets all workers rest, or go on.
    pub fn pause(&self, rest: bool) {
        self.change_signal(|signal| {
            if rest {
                signal.fetch_or(PAUSE, Ordering::Relaxed)
            } else {
                signal.fetch_and(!PAUSE, Ordering::Relaxed)
            }
        });
    }

    /// Changes the marks. What goes aside by that is noticed by the workers as they come by.
    pub fn mark(&self, change: impl FnOnce(&mut Marks)) {
        let marks = self.marks();
        self.mark_by(&marks, change);
    }

    /// Changes the marks so that something may come back from aside.
    ///
    /// # Errors
    /// The scan has ended, and nothing was changed.
    pub fn take_up(&self, change: impl FnOnce(&mut Marks)) -> Result<(), Ended> {
        let mut aside = lock(&self.aside);
        self.count_if_running(1)?;
        aside.holds += 1;
        self.mark(change);
        drop(aside);
        self.wake_all();
        Ok(())
    }

    /// Whether the stop event is set.
    pub fn is_stopped(&self) -> bool {
        self.signal() & STOP != 0
    }

    /// Whether the workers are to rest.
    pub fn is_paused(&self) -> bool {
        self.signal() & PAUSE != 0
    }

    /// Whether every job that was ever pushed is finished or aside.
    pub fn is_ended(&self) -> bool {
        self.unfinished.load(Ordering::Acquire) == 0
    }

    // ── Counting and waking ─────────────────────────────────────────────────────────────────────────────────────

    fn signal(&self) -> usize {
        // Relaxed: it only has to be seen soon. The marks themselves are behind a mutex.
        self.signal.load(Ordering::Relaxed)
    }

    fn change_signal(&self, change: impl Fn(&AtomicUsize) -> usize) {
        // Under the gate, so that it cannot fall between a sleeper's last look and its wait.
        let _gate = lock(&self.gate);
        change(&self.signal);
        self.wake.notify_all();
        self.turn.notify_all();
    }

    fn wake_all(&self) {
        let _gate = lock(&self.gate);
        self.wake.notify_all();
        self.turn.notify_all();
    }

    /// Puts jobs that are counted into a shard.
    fn push_counted(&self, shard: usize, portion: P) {
        let mut jobs = portion.len();
        if jobs == 0 {
            return;
        }
        let mut stacks = lock(&self.shards[shard].0);
        if shard != self.outside() && stacks.is_empty() {
            // The one that its worker takes itself.
            jobs -= 1;
        }
        // While there are no marks there is nothing to put in order. Who takes looks at both.
        if self.signal() < GENERATION {
            stacks.later.push_back(portion);
        } else {
            stacks.fresh.push_back(portion);
        }
        drop(stacks);
        // Relaxed: ordered by the shard's mutex, see the module's head.
        if jobs > 0 && self.sleepers.load(Ordering::Relaxed) > 0 {
            let _gate = lock(&self.gate);
            if jobs == 1 {
                self.wake.notify_one();
            } else {
                self.wake.notify_all();
            }
        }
    }

    fn count_down(&self, jobs: usize) {
        // AcqRel: whoever sees zero sees all that was done for any job.
        if jobs > 0 && self.unfinished.fetch_sub(jobs, Ordering::AcqRel) == jobs {
            self.wake_all();
        }
    }

    fn count_if_running(&self, jobs: usize) -> Result<(), Ended> {
        // A guess instead of a look before: loom holds a write against the last access only, and
        // would not see what the others did before that look.
        let mut unfinished = 1;
        while unfinished > 0 {
            let (now, more) = (Ordering::Relaxed, unfinished + jobs);
            match self.unfinished.compare_exchange(unfinished, more, now, now) {
                Ok(_) => return Ok(()),
                Err(other) => unfinished = other,
            }
        }
        Err(Ended)
    }

    /// The shard that is nobody's.
    fn outside(&self) -> usize {
        self.shards.len() - 1
    }

    // ── Marks ───────────────────────────────────────────────────────────────────────────────────────────────────

    fn marks(&self) -> Arc<Marks> {
        Arc::clone(&lock(&self.marks))
    }

    fn mark_by(&self, marks: &Marks, change: impl FnOnce(&mut Marks)) {
        let mut next = marks.next();
        change(&mut next);
        let next = Arc::new(next);
        let before = mem::replace(&mut *lock(&self.marks), Arc::clone(&next)).generation();
        let newer = (next.generation() - before) as usize;
        // After the marks: whoever sees the generation finds them.
        self.signal.fetch_add(newer * GENERATION, Ordering::Relaxed);
    }

    /// Puts every shard in order, and what is aside, if that was not done for this generation.
    fn put_all_in_order(&self, generation: usize) -> Option<Moving<P>> {
        // Relaxed: who does it again finds nothing to do.
        if self.ordered.load(Ordering::Relaxed) >= generation {
            return None;
        }
        let mut moving = self.go_through_aside();
        for shard in &self.shards {
            self.put_in_order(&mut lock(&shard.0), &mut moving);
        }
        self.ordered.store(generation, Ordering::Relaxed);
        (!moving.is_nothing()).then_some(moving)
    }

    /// Takes out what is not to be aside any more.
    fn go_through_aside(&self) -> Moving<P> {
        let mut aside = lock(&self.aside);
        let marks = self.marks();
        let mut moving = Moving::nothing(marks.generation());
        if aside.generation < marks.generation() {
            aside.generation = marks.generation();
            let mut stay = Vec::new();
            for portion in mem::take(&mut aside.portions) {
                portion.put_in_order(&marks, &mut |piece, place| match place {
                    Place::First | Place::Later => moving.back.push(piece),
                    Place::Skipped | Place::Outside => stay.push(piece),
                    Place::Nowhere => {}
                });
            }
            aside.portions = stay;
        }
        moving.holds = mem::take(&mut aside.holds);
        moving
    }

    /// Puts one shard in order.
    fn put_in_order(&self, stacks: &mut Stacks<P>, moving: &mut Moving<P>) {
        let marks = self.marks();
        let Stacks {
            first,
            later,
            fresh,
            generation,
        } = stacks;
        if *generation != marks.generation() {
            *generation = marks.generation();
            let firsts: usize = first.iter().map(ExactSizeIterator::len).sum();
            self.first.fetch_sub(firsts, Ordering::Relaxed);
            let newer = mem::take(fresh);
            *fresh = mem::take(later);
            fresh.extend(first.drain(..).chain(newer));
        }
        for portion in fresh.drain(..) {
            portion.put_in_order(&marks, &mut |piece, place| match place {
                Place::First => {
                    self.first.fetch_add(piece.len(), Ordering::Relaxed);
                    first.push_back(piece);
                }
                Place::Later => later.push_back(piece),
                Place::Skipped => moving.skipped.push(piece),
                Place::Outside => moving.outside.push(piece),
                Place::Nowhere => moving.forgotten += piece.len(),
            });
        }
        // What goes aside does so by the oldest marks that any of it was judged by.
        moving.generation = moving.generation.min(marks.generation());
    }

    // ── Taking ──────────────────────────────────────────────────────────────────────────────────────────────────

    fn search(&self, worker: WorkerId, which: Which) -> Option<Taken<P>> {
        let (own, workers) = (worker.index(), self.workers.load(Ordering::Relaxed));
        self.take_from(own, Whose::Own, which).or_else(|| {
            (1..workers)
                .map(|step| (own + step) % workers)
                .chain([self.outside()])
                .find_map(|other| self.take_from(other, Whose::Other, which))
        })
    }

    fn take_from(&self, shard: usize, whose: Whose, which: Which) -> Option<Taken<P>> {
        let mut stacks = lock(&self.shards[shard].0);
        if !stacks.fresh.is_empty() {
            let mut moving = Moving::nothing(u32::MAX);
            self.put_in_order(&mut stacks, &mut moving);
            if !moving.is_nothing() {
                return Some(Taken::Moving(moving));
            }
        }
        let is_first = !stacks.first.is_empty();
        let stack = match (is_first, which) {
            (true, _) => &mut stacks.first,
            (false, Which::Any) => &mut stacks.later,
            (false, Which::First) => return None,
        };
        let portion = match whose {
            Whose::Own => stack.back_mut()?,
            Whose::Other => stack.front_mut()?,
        };
        let job = portion.next();
        if portion.len() == 0 {
            match whose {
                Whose::Own => stack.pop_back(),
                Whose::Other => stack.pop_front(),
            };
        }
        if is_first {
            self.first.fetch_sub(1, Ordering::Relaxed);
        }
        let stolen = whose == Whose::Other;
        job.map(|job| Taken::Job { job, stolen })
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::{marks::Wish, *};

    /// Numbered jobs next to each other, each a directory below all roots.
    struct Run(std::ops::Range<u32>);

    impl Iterator for Run {
        type Item = u32;

        fn next(&mut self) -> Option<u32> {
            self.0.next()
        }

        fn size_hint(&self) -> (usize, Option<usize>) {
            self.0.size_hint()
        }
    }

    impl ExactSizeIterator for Run {}

    impl Portion for Run {
        fn put_in_order(self, marks: &Marks, put: &mut impl FnMut(Self, Place)) {
            for job in self.0 {
                let verdict = marks.judge(marks.above_all(), DirId(job));
                put(Self(job..job + 1), marks.place(verdict));
            }
        }
    }

    fn worker(index: usize) -> WorkerId {
        WorkerId::from_index(index)
    }

    /// The next job of the only worker, and whether it came from elsewhere. What moves on the way
    /// is put where it belongs.
    fn next(frontier: &Frontier<Run>, index: usize) -> Option<(u32, bool)> {
        loop {
            match frontier.try_take(worker(index))? {
                Taken::Job { job, stolen } => return Some((job, stolen)),
                Taken::Moving(moving) => assert!(frontier.put(moving).is_none()),
            }
        }
    }

    fn rest(frontier: &Frontier<Run>) -> Vec<u32> {
        std::iter::from_fn(|| next(frontier, 0))
            .map(|(job, _)| job)
            .collect()
    }

    #[test]
    fn own_work_is_newest_first_and_stolen_work_oldest_first() {
        let frontier = Frontier::new(2);
        frontier.push(worker(0), Run(1..3));
        frontier.push(worker(0), Run(3..4));
        assert_eq!(next(&frontier, 1), Some((1, true)));
        assert_eq!(next(&frontier, 0), Some((3, false)));
        assert_eq!(next(&frontier, 0), Some((2, false)));
        assert_eq!(next(&frontier, 0), None);
    }

    #[test]
    fn a_worker_that_comes_later_takes_and_is_taken_from() {
        let frontier = Frontier::with_room(1, 2);
        frontier.push(worker(0), Run(1..2));
        assert!(frontier.has_waiting());
        frontier.add_worker(worker(1));
        assert_eq!(next(&frontier, 1), Some((1, true)));
        frontier.push(worker(1), Run(2..3));
        assert_eq!(next(&frontier, 0), Some((2, true)));
        assert!(!frontier.has_waiting());
    }

    #[test]
    fn it_ends_when_the_last_job_is_finished() {
        let frontier = Frontier::new(1);
        frontier.push(worker(0), Run(1..3));
        for _ in 0..2 {
            frontier.take(worker(0)).expect("a job is waiting");
            assert!(!frontier.is_ended());
            frontier.finish(worker(0));
        }
        assert!(frontier.is_ended());
        assert!(
            frontier.take(worker(0)).is_none(),
            "nothing is left and nothing will come"
        );
    }

    #[test]
    fn a_stop_leaves_what_waits() {
        let frontier = Frontier::new(1);
        frontier.push(worker(0), Run(1..2));
        frontier.stop();
        assert!(frontier.take(worker(0)).is_none());
        assert!(!frontier.is_ended());
        let frontier = Frontier::going_on(1, &frontier, |_| {});
        assert_eq!(next(&frontier, 0), Some((1, true)));
        assert!(!frontier.is_ended());
        frontier.finish(worker(0));
        assert!(frontier.is_ended());
    }

    #[test]
    fn what_is_looked_at_comes_first_wherever_it_waits() {
        let frontier = Frontier::new(2);
        frontier.push(worker(0), Run(1..4));
        frontier.push(worker(1), Run(4..7));
        frontier.mark(|marks| marks.focus(Some(DirId(5))));
        assert_eq!(next(&frontier, 0), Some((5, true)));
        frontier.mark(|marks| marks.focus(Some(DirId(2))));
        frontier.push(worker(1), Run(7..8));
        assert_eq!(next(&frontier, 1), Some((2, true)));
        assert_eq!(
            next(&frontier, 1),
            Some((7, false)),
            "and then the own newest"
        );
        frontier.mark(|marks| marks.focus(None));
        assert_eq!(rest(&frontier), [3, 1, 4, 6]);
    }

    #[test]
    fn what_is_skipped_is_aside_and_comes_back() {
        let frontier = Frontier::new(1);
        frontier.push(worker(0), Run(1..4));
        frontier.mark(|marks| marks.wish(DirId(2), Wish::Skip));
        assert_eq!(rest(&frontier), [3, 1]);
        frontier.finish(worker(0));
        assert!(!frontier.is_ended());
        let back = frontier.take_up(|marks| marks.wish(DirId(2), Wish::Take));
        assert_eq!((back, rest(&frontier)), (Ok(()), vec![2]));
        frontier.mark(|marks| marks.wish(DirId(4), Wish::Skip));
        frontier.push(worker(0), Run(4..5));
        assert_eq!(rest(&frontier), []);
        frontier.finish(worker(0));
        frontier.finish(worker(0));
        assert!(frontier.is_ended(), "without what is aside");
        let late = frontier.take_up(|marks| marks.wish(DirId(4), Wish::Take));
        assert_eq!((late, frontier.inject(Run(5..6))), (Err(Ended), Err(Ended)));
        let frontier = Frontier::going_on(1, &frontier, |marks| marks.wish(DirId(4), Wish::Take));
        assert_eq!(rest(&frontier), [4]);
    }

    #[test]
    fn what_is_outside_waits_and_what_is_forgotten_is_gone() {
        let frontier = Frontier::new(1);
        frontier.push(worker(0), Run(1..5));
        frontier.stop();
        let part = Frontier::going_on(1, &frontier, |marks| {
            marks.only(Some(vec![DirId(2), DirId(3)]));
            marks.wish(DirId(1), Wish::Forget);
        });
        assert_eq!(rest(&part), [2, 3]);
        let all = Frontier::going_on(1, &part, |marks| marks.only(None));
        assert_eq!(rest(&all), [4]);
        all.finish(worker(0));
        assert!(all.is_ended());
    }

    #[test]
    fn who_waits_for_its_turn_gets_it_while_nobody_sleeps_and_the_scan_goes_on() {
        let frontier = Frontier::new(3).admitting(1);
        frontier.push(worker(0), Run(1..2));
        let turn = |index| frontier.wait_for_turn(worker(index));
        assert_eq!((turn(0), turn(1)), (Turn::Work, Turn::Look));
        frontier.sleepers.store(1, Ordering::Relaxed);
        frontier.let_in();
        assert_eq!(turn(1), Turn::Look, "somebody has nothing to do");
        frontier.sleepers.store(0, Ordering::Relaxed);
        frontier.pause(true);
        frontier.let_in();
        frontier.pause(false);
        assert_eq!(turn(1), Turn::Look, "nobody works while the scan rests");
        frontier.let_in();
        assert_eq!((turn(1), turn(2)), (Turn::Work, Turn::Work));
        let frontier = frontier.admitting(1);
        frontier.stop();
        assert_eq!(frontier.wait_for_turn(worker(2)), Turn::Leave);
    }

    #[test]
    fn a_job_is_finished_by_its_worker_or_by_who_claims_it() {
        let frontier = Frontier::new(1);
        frontier.push(worker(0), Run(1..3));
        next(&frontier, 0);
        frontier.begin(worker(0), DirId(7));
        assert_eq!(frontier.speak(worker(0), DirId(7), || 5), Some(5));
        assert!(!frontier.claim(worker(0), DirId(8)), "it is elsewhere");
        let claim = || frontier.claim(worker(0), DirId(7));
        assert_eq!(frontier.speak(worker(0), DirId(7), claim), Some(false));
        assert_eq!(frontier.held(worker(0)), Some(DirId(7)));
        assert!(claim());
        assert_eq!((frontier.held(worker(0)), frontier.lost()), (None, 1));
        assert_eq!(frontier.speak(worker(0), DirId(7), || 5), None);
        frontier.finish(worker(0));
        assert_eq!(frontier.lost(), 0);
        assert!(!frontier.is_ended(), "one was finished, not two");
    }
}

#[cfg(all(test, loom))]
#[path = "frontier/model.rs"]
pub(super) mod model;
