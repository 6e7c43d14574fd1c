//! The locks, atomics, threads and the channel of the pool, from one place. `--cfg loom` replaces the
//! locks and atomics by loom's, which explores every interleaving of the frontier and the outbox;
//! `--cfg shuttle` replaces all of it by shuttle's, which tries random schedules of the whole pool.
//! Nothing else in the crate may be switched by these flags, but that the front ends are left out
//! under shuttle, since they wait on crossbeam's channel.

#[cfg(shuttle)]
mod shuttled;

use std::time::Duration;

#[cfg(loom)]
pub(crate) use loom::sync::{
    Condvar, Mutex, MutexGuard,
    atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering},
};
/// A number that only saves work: whoever reads an old one does again what was done, or does things in
/// another order, and nobody concludes from it what others have written. So neither loom nor shuttle
/// is told of it. Three workers and a skip, up to 2 preemptions: 26,899 schedules instead of 161,859.
pub(crate) use std::sync::atomic::AtomicUsize as Hint;
#[cfg(not(any(loom, shuttle)))]
pub(crate) use std::sync::{
    Condvar, Mutex, MutexGuard,
    atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering},
};

#[cfg(shuttle)]
pub(crate) use shuttled::*;
#[cfg(not(shuttle))]
pub(crate) use {
    crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded},
    std::thread::{Builder, JoinHandle},
};

/// Locks `mutex`, also after a thread panicked while holding it: every critical section of the pool
/// leaves its data whole at each step, so a panic elsewhere is no reason to give up what was found.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Waits on `condvar` until it is notified.
pub(crate) fn wait<'a, T>(condvar: &Condvar, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
    condvar
        .wait(guard)
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Waits on `condvar` until it is notified, but not for longer than `time`. Loom and shuttle know no
/// time: there it waits until it is notified.
pub(crate) fn wait_for<'a, T>(
    condvar: &Condvar,
    guard: MutexGuard<'a, T>,
    time: Duration,
) -> MutexGuard<'a, T> {
    condvar
        .wait_timeout(guard, time)
        .unwrap_or_else(std::sync::PoisonError::into_inner)
        .0
}
