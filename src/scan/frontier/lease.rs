//! Who may finish a job, and speak of it: its worker, until somebody takes it away from a worker
//! that is stuck in a system call.
//!
//! One word per worker. The worker holds its job while it is inside the system and says so around
//! everything that it tells; only a job whose worker is silent can be claimed. So what a worker told
//! was told before the claim, and after it the worker, should it ever come back, tells nothing
//! more: nobody has to sort out what came late. Exactly one of the two finishes the job.
//!
//! ```text
//! idle ──hold──▶ held ──speak──▶ speaking ──hush──▶ held ──let go──▶ idle
//!                  └────claim────▶ claimed ──let go──▶ idle            (letting go tells whether it was claimed)
//! ```

use crate::scan::{
    dir::DirId,
    sync::{AtomicU64, Ordering},
};

const IDLE: u64 = 0;
const HELD: u64 = 1;
const SPEAKING: u64 = 2;
const CLAIMED: u64 = 3;

fn word(dir: DirId, state: u64) -> u64 {
    u64::from(dir.0) << 2 | state
}

/// The lease of one worker; alone on its cache lines.
#[repr(align(128))]
#[derive(Debug)]
pub(super) struct Lease(AtomicU64);

impl Lease {
    pub(super) fn idle() -> Self {
        Self(AtomicU64::new(IDLE))
    }

    /// The worker takes a job at `dir`.
    pub(super) fn hold(&self, dir: DirId) {
        // Relaxed: who claims reads and writes it in one step, and what the worker told before is
        // ordered by the result channel.
        self.0.store(word(dir, HELD), Ordering::Relaxed);
    }

    /// Whether the worker, at `dir`, may speak; then it must [hush](Lease::hush).
    pub(super) fn speak(&self, dir: DirId) -> bool {
        let (held, speaking) = (word(dir, HELD), word(dir, SPEAKING));
        self.0
            .compare_exchange(held, speaking, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
    }

    /// The worker, at `dir`, has spoken.
    pub(super) fn hush(&self, dir: DirId) {
        // Release: whoever claims sees all that was told as told.
        self.0.store(word(dir, HELD), Ordering::Release);
    }

    /// The worker is done with its job. Whether the job was still its own.
    pub(super) fn let_go(&self) -> bool {
        self.0.swap(IDLE, Ordering::AcqRel) & 3 != CLAIMED
    }

    /// Where the worker is, if it holds a job there and is silent.
    pub(super) fn held(&self) -> Option<DirId> {
        // Relaxed: only who claims knows.
        let word = self.0.load(Ordering::Relaxed);
        (word & 3 == HELD).then_some(DirId((word >> 2) as u32))
    }

    /// Whether the job was taken away from the worker and that has not come back.
    pub(super) fn is_claimed(&self) -> bool {
        self.0.load(Ordering::Relaxed) & 3 == CLAIMED
    }

    /// Takes the job at `dir` away from the worker. False: it is not at that one any more, or is
    /// just speaking.
    pub(super) fn claim(&self, dir: DirId) -> bool {
        let (held, claimed) = (word(dir, HELD), word(dir, CLAIMED));
        self.0
            .compare_exchange(held, claimed, Ordering::AcqRel, Ordering::Relaxed)
            .is_ok()
    }
}
