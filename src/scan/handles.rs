//! Open handles of directories, and how many of them there may be.
//!
//! Directories that wait to be read are opened from their parent's handle, so the portions of the
//! frontier keep these open. In most trees that is a few dozen handles. A comb, a chain of
//! directories with another one at each level, would need one for each level: once
//! [`Handles::are_scarce`], portions are put into the frontier without a handle, and who takes from
//! them finds the way back (see the linux lister).

use std::{
    num::NonZero,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Handles that are left to everything else: standard streams, the terminal, signals, what
/// libraries open.
const RESERVE: usize = 20;
/// Handles that one worker may need at the same time, to find a directory and list it.
const PER_WORKER: usize = 4;

/// Counts open handles.
#[derive(Debug)]
pub struct Handles {
    open: AtomicUsize,
    most: usize,
}

impl Handles {
    /// As many as the process may have, raised as far as an ordinary user may raise it, less what
    /// everything else, `workers` and as many spare ones need. With how many workers that goes: fewer
    /// than asked for where handles are very few.
    pub fn for_workers(workers: NonZero<u16>) -> (Arc<Self>, NonZero<u16>) {
        let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
        // Where it cannot be raised it stays as it is.
        let raised = setrlimit(
            Resource::Nofile,
            Rlimit {
                current: maximum,
                maximum,
            },
        )
        .is_ok();
        let limit = if raised { maximum } else { current };
        let limit = limit.map_or(usize::MAX, |limit| {
            usize::try_from(limit).unwrap_or(usize::MAX)
        });
        let free = limit.saturating_sub(RESERVE);
        let affordable = u16::try_from((free / PER_WORKER).max(1)).unwrap_or(u16::MAX);
        let workers = workers.min(NonZero::new(affordable).unwrap_or(NonZero::<u16>::MIN));
        let most = free.saturating_sub(2 * PER_WORKER * usize::from(workers.get()));
        (
            Arc::new(Self {
                open: AtomicUsize::new(0),
                most,
            }),
            workers,
        )
    }

    /// Counts a handle until it is dropped.
    pub fn count(self: &Arc<Self>, handle: OwnedFd) -> Handle {
        // Relaxed, here and below: the number is a budget, it orders nothing.
        self.open.fetch_add(1, Ordering::Relaxed);
        Handle {
            handle,
            handles: Arc::clone(self),
        }
    }

    /// Whether no more should be kept open than are.
    pub fn are_scarce(&self) -> bool {
        self.open.load(Ordering::Relaxed) > self.most
    }
}

/// An open directory.
#[derive(Debug)]
pub struct Handle {
    handle: OwnedFd,
    handles: Arc<Handles>,
}

impl AsFd for Handle {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.handle.as_fd()
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.handles.open.fetch_sub(1, Ordering::Relaxed);
    }
}
