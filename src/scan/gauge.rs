//! One gauge per worker: in which system call it is. For display only; the fold never reads it.
//!
//! The worker counts its calls, so a reader that finds the same value twice knows that it is still
//! the same call, without the worker ever asking for the time.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

/// A system call of the walk, by the name under which people find it in manuals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Call {
    /// Metadata of one entry, by path.
    Lstat = 1,
    /// Metadata of a root, following a symlink.
    Stat,
    /// Opening a directory.
    Opendir,
    /// Reading names from a directory.
    Readdir,
    /// Asking what kind of file system a directory is on.
    Statfs,
    /// Reading the tag of a cache directory.
    Read,
    /// Opening a directory, by handle.
    Openat,
    /// Reading names from a directory, by handle.
    Getdents64,
    /// Metadata of one entry, by handle.
    Statx,
}

impl Call {
    const ALL: [Self; 9] = [
        Self::Lstat,
        Self::Stat,
        Self::Opendir,
        Self::Readdir,
        Self::Statfs,
        Self::Read,
        Self::Openat,
        Self::Getdents64,
        Self::Statx,
    ];

    /// The name of the call, as in its manual page.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lstat => "lstat",
            Self::Stat => "stat",
            Self::Opendir => "opendir",
            Self::Readdir => "readdir",
            Self::Statfs => "statfs",
            Self::Read => "read",
            Self::Openat => "openat",
            Self::Getdents64 => "getdents64",
            Self::Statx => "statx",
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// What a gauge showed at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading(u64);

impl Reading {
    /// The reading of a worker that has made `calls` calls and is in `call`, or in none. For tests
    /// and pictures.
    pub fn new(calls: u64, call: Option<Call>) -> Self {
        Self(calls << 8 | call.map_or(0, |call| call as u64))
    }

    /// The call that the worker was in; `None` when it was in none.
    pub fn call(self) -> Option<Call> {
        Call::ALL
            .into_iter()
            .find(|call| *call as u64 == self.0 & 0xff)
    }
}

/// Which call a worker is in, and the how manieth of its calls that is. Alone on its cache lines:
/// it is written before every call.
#[repr(align(128))]
#[derive(Debug, Default)]
pub struct Gauge(AtomicU64);

impl Gauge {
    /// Says that the worker begins `call`, or with `None` that it has come back. Only the worker
    /// itself may call this.
    pub fn set(&self, call: Option<Call>) {
        // Relaxed, and a load and a store instead of one atomic step: there is one writer, and it
        // publishes nothing.
        let calls = (self.0.load(Ordering::Relaxed) >> 8) + 1;
        self.0.store(Reading::new(calls, call).0, Ordering::Relaxed);
    }

    /// What it shows now.
    pub fn read(&self) -> Reading {
        Reading(self.0.load(Ordering::Relaxed))
    }
}
