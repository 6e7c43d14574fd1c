//! The way out of a worker: events in batches, parent first, nothing hidden by a hang.
//!
//! # How it works
//!
//! A worker appends to its open batch. The batch is put into the result channel **when it is
//! opened**, behind a mutex; whoever receives it takes what has gathered by then. So the consumer's
//! pace sets the size of the batches: one that is quick sees single events at once, one that is
//! busy finds more in each parcel, and a worker that hangs in a system call has nothing that is not
//! already on its way.
//!
//! ```text
//! push:     batch open and below the limit  append
//!           taken by now, or full           open a new one that holds the event, send it (waits while the channel is full)
//! receive:  lock, take, unlock; nothing is interpreted under the lock, and no lock is held across a system call
//! ```
//!
//! # Why the consumer hears of a directory before anything from inside it
//!
//! 1. `push(Found)` returns before the jobs in it become visible in the frontier.
//! 2. A worker that takes a job it did not push itself first [seals](Outbox::seal): it forgets its
//!    open batch, which may stand in the channel before the one that announces the job.
//! 3. Hence what a taker says is in a later parcel of one first-in-first-out channel, or later in
//!    the same parcel.
//!
//! At most (capacity of the channel + workers) batches exist, each of at most [`LIMIT`] bytes and
//! one event.

use std::sync::Arc;

use super::{
    event::WorkerId,
    sync::{Mutex, Sender, lock},
};

/// A batch is full from this many bytes on.
pub const LIMIT: usize = 64 * 1024;

/// What can be put into an outbox.
pub trait Weighed {
    /// Bytes of memory that it holds, roughly.
    fn weight(&self) -> usize;
}

/// The channel behind an outbox; a trait because loom needs a stand-in of its own.
pub trait Channel<T> {
    /// Puts a parcel into the channel, waiting while it is full.
    ///
    /// # Errors
    /// [`Unheard`] when nobody can receive it any more.
    fn send(&self, parcel: T) -> Result<(), Unheard>;
}

impl<T> Channel<T> for Sender<T> {
    fn send(&self, parcel: T) -> Result<(), Unheard> {
        Sender::send(self, parcel).map_err(|_| Unheard)
    }
}

/// Nobody receives any more: the worker is to leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unheard;

type Slot<E> = Arc<Mutex<Option<Vec<E>>>>;

/// A batch on its way; it may still be growing.
pub struct Parcel<E> {
    worker: WorkerId,
    slot: Slot<E>,
}

impl<E> Parcel<E> {
    /// What is said for a worker that cannot speak for itself.
    pub(super) fn of(worker: WorkerId, events: Vec<E>) -> Self {
        let slot = Arc::new(Mutex::new(Some(events)));
        Self { worker, slot }
    }

    /// Who fills it.
    pub fn worker(&self) -> WorkerId {
        self.worker
    }

    /// Takes what has gathered in it, in the order in which it happened. At least one event.
    pub fn open(self) -> Vec<E> {
        lock(&self.slot).take().unwrap_or_default()
    }
}

/// One worker's way out. See the module's head for how it works.
pub struct Outbox<E, C> {
    worker: WorkerId,
    channel: C,
    slot: Option<Slot<E>>,
    /// Bytes in the open batch.
    weight: usize,
}

impl<E: Weighed, C: Channel<Parcel<E>>> Outbox<E, C> {
    /// The outbox of `worker`, which sends through `channel`.
    pub fn new(worker: WorkerId, channel: C) -> Self {
        Self {
            worker,
            channel,
            slot: None,
            weight: 0,
        }
    }

    /// Says something. When this returns, it is in the channel.
    ///
    /// # Errors
    /// [`Unheard`] when nobody can receive it any more.
    pub fn push(&mut self, event: E) -> Result<(), Unheard> {
        let weight = event.weight();
        if self.weight < LIMIT
            && let Some(slot) = &self.slot
            && let Some(batch) = lock(slot).as_mut()
        {
            batch.push(event);
            self.weight += weight;
            return Ok(());
        }
        let slot = Arc::new(Mutex::new(Some(vec![event])));
        self.weight = weight;
        self.slot = Some(Arc::clone(&slot));
        self.channel.send(Parcel {
            worker: self.worker,
            slot,
        })
    }

    /// Forgets the open batch, so that the next event travels behind all that is in the channel
    /// now.
    pub fn seal(&mut self) {
        self.slot = None;
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    impl Weighed for usize {
        fn weight(&self) -> usize {
            *self
        }
    }

    #[test]
    fn a_batch_grows_until_it_is_taken_sealed_or_full() {
        let (sender, receiver) = crossbeam_channel::unbounded();
        let mut outbox = Outbox::new(WorkerId::from_index(0), sender);
        let push = |outbox: &mut Outbox<usize, _>, event| {
            outbox.push(event).expect("the receiver is here");
        };
        push(&mut outbox, 1);
        push(&mut outbox, 2);
        assert_eq!(receiver.recv().map(Parcel::open), Ok(vec![1, 2]));
        push(&mut outbox, 3);
        outbox.seal();
        push(&mut outbox, 4);
        push(&mut outbox, LIMIT);
        push(&mut outbox, 6);
        let rest: Vec<_> = receiver.try_iter().map(Parcel::open).collect();
        assert_eq!(rest, [vec![3], vec![4, LIMIT], vec![6]]);
        drop(receiver);
        outbox.seal();
        assert_eq!(outbox.push(7), Err(Unheard));
    }
}

#[cfg(all(test, loom))]
#[path = "outbox/model.rs"]
mod model;
