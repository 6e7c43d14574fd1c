//! What the kernel has in memory of the file system when a program is started.

use std::{fs, thread, time::Duration};

use anyhow::Context as _;

/// The state of the kernel's caches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cache {
    /// Everything that was read before is still there.
    Warm,
    /// Nothing is.
    Cold,
}

impl Cache {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Warm => "warm",
            Self::Cold => "cold",
        }
    }

    /// Brings the caches into this state, as far as that is not left to a run before.
    ///
    /// # Errors
    /// Only root may empty them.
    pub fn prepare(self) -> anyhow::Result<()> {
        if self == Self::Cold {
            rustix::fs::sync();
            fs::write("/proc/sys/vm/drop_caches", "3").context("only root may drop the caches")?;
            // The disk may still be busy with what was written before.
            thread::sleep(Duration::from_millis(200));
        }
        Ok(())
    }
}
