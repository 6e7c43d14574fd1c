//! The frontier: the directories that are known and not yet listed, and who takes which. It knows
//! nothing of directories or files; it hands out the jobs that *portions* yield.
//!
//! # How it works
//!
//! Each worker has a **shard**, a stack of portions. A portion is an iterator of jobs (the
//! subdirectories found in one directory), so a waiting directory costs a share of one item, not an
//! item of its own.
//!
//! ```text
//! push:  onto the own shard, then wake who sleeps, if anybody does
//! take:  the next job of the own newest portion      depth first, few directories wait, caches stay warm
//!        else one job of another's oldest portion    the shallowest, so a thief takes a big piece of the tree
//!        else sleep until a push, the end or a stop
//! ```
//!
//! Every shard can be stolen from, also that of a worker stuck in a system call: what waits there
//! is not lost.
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
//! # Termination
//!
//! `unfinished` counts the jobs that were pushed and not [finished](Frontier::finish). A job's own
//! portions are pushed before it is finished, so the count reaches zero once, and who brings it
//! there wakes everybody. A stop is never unset.
//!
//! # Place for what follows
//!
//! Skip, focus and pause are marks that `take` and [`Frontier::look`] consult, the only two places
//! where workers ask what to do; a pause waits there on the same condition variable.
//!
//! Nothing here grows with the number of workers but the search of one that has nothing to do: push
//! and take on the own shard touch one uncontended mutex, and `unfinished` is written once a
//! directory and once a portion.

use std::collections::VecDeque;

use super::{
    event::WorkerId,
    sync::{AtomicBool, AtomicUsize, Condvar, Mutex, Ordering, lock},
};

/// What a worker is told when it asks whether to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Go on with the directory.
    Go,
    /// Leave the directory as it is: the scan was stopped.
    Leave,
}

/// A job, and whether the worker that takes it pushed it itself.
#[derive(Debug)]
pub struct Taken<J> {
    /// What is to be done.
    pub job: J,
    /// True where it comes from another worker's shard: then its parent was announced by that
    /// worker, and the taker must [seal](super::outbox::Outbox::seal) its outbox before it says
    /// anything about it.
    pub stolen: bool,
}

/// One worker's stack; alone on its cache lines, so that neighbours do not slow each other down.
#[repr(align(128))]
struct Shard<P> {
    portions: Mutex<VecDeque<P>>,
}

/// The directories waiting, one stack per worker. See the module's head for how it works.
pub struct Frontier<P> {
    shards: Box<[Shard<P>]>,
    /// Jobs pushed and not finished.
    unfinished: AtomicUsize,
    /// Set once, by [`Frontier::stop`].
    stop: AtomicBool,
    /// How many workers look for the last time or sleep. Written under the gate only.
    sleepers: AtomicUsize,
    gate: Mutex<()>,
    wake: Condvar,
}

impl<P: ExactSizeIterator> Frontier<P> {
    /// A frontier for `workers` workers, numbered from 0, with nothing in it.
    pub fn new(workers: usize) -> Self {
        Self {
            shards: (0..workers)
                .map(|_| Shard {
                    portions: Mutex::new(VecDeque::new()),
                })
                .collect(),
            unfinished: AtomicUsize::new(0),
            stop: AtomicBool::new(false),
            sleepers: AtomicUsize::new(0),
            gate: Mutex::new(()),
            wake: Condvar::new(),
        }
    }

    /// Puts jobs onto the stack of `worker`; they can be taken by anybody at once.
    pub fn push(&self, worker: WorkerId, portion: P) {
        let jobs = portion.len();
        if jobs == 0 {
            return;
        }
        // Relaxed: whoever takes one of these jobs does so through the shard's mutex, which is
        // locked after this.
        self.unfinished.fetch_add(jobs, Ordering::Relaxed);
        lock(&self.shards[worker.index()].portions).push_back(portion);
        // Relaxed: ordered by the shard's mutex, see the module's head.
        if self.sleepers.load(Ordering::Relaxed) > 0 {
            let _gate = lock(&self.gate);
            if jobs == 1 {
                self.wake.notify_one();
            } else {
                self.wake.notify_all();
            }
        }
    }

    /// A job for `worker` if there is one now and the scan was not stopped. Never waits.
    pub fn try_take(&self, worker: WorkerId) -> Option<Taken<P::Item>> {
        if self.is_stopped() {
            return None;
        }
        if let Some(job) = self.take_own(worker) {
            return Some(Taken { job, stolen: false });
        }
        let others = (1..self.shards.len()).map(|step| (worker.index() + step) % self.shards.len());
        others
            .into_iter()
            .find_map(|other| self.steal(other))
            .map(|job| Taken { job, stolen: true })
    }

    /// A job for `worker`; sleeps while there is none. `None`: the scan has ended or was stopped.
    pub fn take(&self, worker: WorkerId) -> Option<Taken<P::Item>> {
        if let Some(taken) = self.try_take(worker) {
            return Some(taken);
        }
        let mut gate = lock(&self.gate);
        // Relaxed: see the module's head; the shards' mutexes order it against the pushers.
        self.sleepers.fetch_add(1, Ordering::Relaxed);
        let taken = loop {
            if self.is_stopped() || self.is_ended() {
                break None;
            }
            if let Some(taken) = self.try_take(worker) {
                break Some(taken);
            }
            gate = self
                .wake
                .wait(gate)
                .unwrap_or_else(std::sync::PoisonError::into_inner);
        };
        self.sleepers.fetch_sub(1, Ordering::Relaxed);
        drop(gate);
        taken
    }

    /// Says that a job is done with, listed or not. Everything it pushed must have been pushed
    /// before.
    pub fn finish(&self) {
        // AcqRel: whoever sees zero sees all that was done for any job.
        if self.unfinished.fetch_sub(1, Ordering::AcqRel) == 1 {
            let _gate = lock(&self.gate);
            self.wake.notify_all();
        }
    }

    /// What a worker asks with every buffer of names and every 16 files that it asks about.
    pub fn look(&self) -> Look {
        if self.is_stopped() {
            Look::Leave
        } else {
            Look::Go
        }
    }

    /// Sets the stop event and wakes every worker that sleeps. What waits stays where it is.
    pub fn stop(&self) {
        // Under the gate, so that it cannot fall between a sleeper's last look and its wait.
        let _gate = lock(&self.gate);
        self.stop.store(true, Ordering::Relaxed);
        self.wake.notify_all();
    }

    /// Whether the stop event is set.
    pub fn is_stopped(&self) -> bool {
        // Relaxed: it only has to be seen soon, and publishes nothing.
        self.stop.load(Ordering::Relaxed)
    }

    /// Whether every job that was ever pushed is finished.
    pub fn is_ended(&self) -> bool {
        self.unfinished.load(Ordering::Acquire) == 0
    }

    fn take_own(&self, worker: WorkerId) -> Option<P::Item> {
        let mut portions = lock(&self.shards[worker.index()].portions);
        let newest = portions.back_mut()?;
        let job = newest.next();
        if newest.len() == 0 {
            portions.pop_back();
        }
        job
    }

    fn steal(&self, other: usize) -> Option<P::Item> {
        let mut portions = lock(&self.shards[other].portions);
        let oldest = portions.front_mut()?;
        let job = oldest.next();
        if oldest.len() == 0 {
            portions.pop_front();
        }
        job
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn worker(index: usize) -> WorkerId {
        WorkerId::from_index(index)
    }

    #[test]
    fn own_work_is_newest_first_and_stolen_work_oldest_first() {
        let frontier = Frontier::new(2);
        frontier.push(worker(0), vec!["old a", "old b"].into_iter());
        frontier.push(worker(0), vec!["new"].into_iter());
        let stolen = frontier
            .try_take(worker(1))
            .expect("there is work to steal");
        assert_eq!((stolen.job, stolen.stolen), ("old a", true));
        let own = frontier.try_take(worker(0)).expect("there is own work");
        assert_eq!((own.job, own.stolen), ("new", false));
        assert_eq!(
            frontier.try_take(worker(0)).map(|taken| taken.job),
            Some("old b")
        );
        assert!(frontier.try_take(worker(0)).is_none());
    }

    #[test]
    fn it_ends_when_the_last_job_is_finished() {
        let frontier = Frontier::new(1);
        frontier.push(worker(0), vec![1, 2].into_iter());
        for _ in 0..2 {
            frontier.take(worker(0)).expect("a job is waiting");
            assert!(!frontier.is_ended());
            frontier.finish();
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
        frontier.push(worker(0), vec![1].into_iter());
        frontier.stop();
        assert!(frontier.take(worker(0)).is_none());
        assert!(!frontier.is_ended());
    }
}

#[cfg(all(test, loom))]
#[path = "frontier/model.rs"]
mod model;
