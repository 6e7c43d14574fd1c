//! What shuttle has for the pool, under the names that the pool uses.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering as Order},
    },
    thread::Result,
};

pub(crate) use shuttle::sync::{
    Condvar, Mutex, MutexGuard,
    atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering},
    mpsc::{Receiver, RecvTimeoutError, SyncSender as Sender, TrySendError},
};
use shuttle::{
    rand::{Rng, thread_rng},
    sync::mpsc::sync_channel,
};

/// A channel, with less room than is asked for: workers are to wait for it.
pub(crate) fn bounded<T>(room: usize) -> (Sender<T>, Receiver<T>) {
    sync_channel(thread_rng().gen_range(1..=room.min(8)))
}

/// Starts a thread.
pub(crate) struct Builder(shuttle::thread::Builder);

impl Builder {
    pub(crate) fn new() -> Self {
        Self(shuttle::thread::Builder::new())
    }

    pub(crate) fn name(self, name: String) -> Self {
        Self(self.0.name(name))
    }

    pub(crate) fn spawn<T: Send + 'static>(
        self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<JoinHandle<T>> {
        let is_finished = Arc::new(AtomicBool::new(false));
        let finished = Arc::clone(&is_finished);
        let work = move || {
            let result = work();
            finished.store(true, Order::Relaxed);
            result
        };
        let thread = self.0.spawn(work)?;
        Ok(JoinHandle {
            thread,
            is_finished,
        })
    }
}

/// A thread that was started. Shuttle's own cannot tell whether it has ended.
pub(crate) struct JoinHandle<T> {
    thread: shuttle::thread::JoinHandle<T>,
    is_finished: Arc<AtomicBool>,
}

impl<T> JoinHandle<T> {
    pub(crate) fn is_finished(&self) -> bool {
        self.is_finished.load(Order::Relaxed)
    }

    pub(crate) fn join(self) -> Result<T> {
        self.thread.join()
    }
}
