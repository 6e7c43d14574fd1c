//! Where to find out how much there is before it was scanned: what was remembered, and what the
//! kernel says. Each question is asked on a thread of its own, since the answer of a dead server
//! never comes; then there is none, and nothing else is missing.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};

use super::{
    Count, Expected,
    memory::{Key, Memory},
};
use crate::scan::enter::Rules;

/// A scan that is over sooner needs no estimate the next time.
const WORTH_KEEPING: Duration = Duration::from_secs(1);
/// How long the end of the program waits for what is being written.
const PATIENCE: Duration = Duration::from_millis(250);

/// What can be known of one scan beforehand, and kept of it afterwards.
#[derive(Clone, Debug)]
pub struct Outlook {
    roots: Vec<PathBuf>,
    rules: Rules,
    memory: Option<Memory>,
}

/// Something is being written. Dropping it waits for that, but not for ever.
#[derive(Debug)]
pub struct Keeping(Receiver<()>);

impl Drop for Keeping {
    fn drop(&mut self) {
        let _ = self.0.recv_timeout(PATIENCE);
    }
}

impl Outlook {
    /// The outlook on a scan of `roots` under `rules`; `state_home` is where the user's programs
    /// remember things.
    pub fn new(roots: Vec<PathBuf>, rules: Rules, state_home: Option<&Path>) -> Self {
        Self {
            roots,
            rules,
            memory: state_home.map(Memory::within),
        }
    }

    /// Asks. The answers come as they are found, if they are.
    pub fn ask(&self) -> Receiver<Expected> {
        let (sender, answers) = unbounded();
        self.spawn("recall", &sender, Self::recall);
        self.spawn("inodes", &sender, Self::used_inodes);
        answers
    }

    fn spawn(&self, name: &str, answers: &Sender<Expected>, ask: fn(&Self) -> Option<Expected>) {
        let (outlook, answers) = (self.clone(), answers.clone());
        // Without a thread there is no answer.
        let _ = thread::Builder::new().name(name.into()).spawn(move || {
            if let Some(answer) = ask(&outlook) {
                let _ = answers.send(answer);
            }
        });
    }

    fn recall(&self) -> Option<Expected> {
        let count = self.memory.as_ref()?.recall(&self.key())?;
        Some(Expected::LastScan(count))
    }

    #[cfg(target_os = "linux")]
    fn used_inodes(&self) -> Option<Expected> {
        use super::mounts::{Reach, used_inodes};

        let [root] = self.roots.as_slice() else {
            return None;
        };
        if !self.rules.takes_whole_file_systems() {
            return None;
        }
        let reach = if self.rules.one_file_system {
            Reach::OneFileSystem
        } else {
            Reach::AllFileSystems
        };
        used_inodes(root, reach).map(Expected::UsedInodes)
    }

    #[cfg(not(target_os = "linux"))]
    fn used_inodes(&self) -> Option<Expected> {
        None
    }

    /// Remembers what a scan that is whole amounted to, in the background; scans that were over
    /// at once are not worth it. A failure is no error: there is nothing that anybody had to do.
    pub fn keep(&self, count: Count, elapsed: Duration) -> Option<Keeping> {
        let memory = self.memory.clone()?;
        if elapsed < WORTH_KEEPING {
            return None;
        }
        let (outlook, (done, waits)) = (self.clone(), bounded(0));
        let thread = thread::Builder::new().name("keep".into());
        let started = thread.spawn(move || {
            let _ = memory.keep(&outlook.key(), count);
            drop(done);
        });
        started.is_ok().then_some(Keeping(waits))
    }

    /// Follows symlinks, which can hang.
    fn key(&self) -> Key {
        let real = |root: &PathBuf| fs::canonicalize(root).unwrap_or_else(|_| root.clone());
        let roots: Vec<PathBuf> = self.roots.iter().map(real).collect();
        Key::new(&roots, self.rules.fingerprint())
    }
}
