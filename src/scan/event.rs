//! What a worker says, and nothing else: the whole interface between the pool and whoever consumes
//! its results. Only the fold (`crate::state`) interprets events.

use std::{fmt, io, ops::Range};

use super::{
    dir::{DirId, Names},
    gauge::Call,
    outbox::Weighed,
};
use crate::tree::block::{Files, Link, Metadata};

/// Number of a worker within one scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkerId(u16);

impl WorkerId {
    /// The worker at this place in a list of workers.
    pub fn from_index(index: usize) -> Self {
        Self(u16::try_from(index).expect("there are far fewer workers than 65,536"))
    }

    /// Its place in a list of workers, from 0.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

impl fmt::Display for WorkerId {
    /// People count from 1.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        (self.index() + 1).fmt(formatter)
    }
}

/// One thing that a worker says.
///
/// Of a directory there is first [`Event::Found`] (in its parent), then [`Event::Entered`],
/// [`Event::Opened`], what was found in it, at last [`Event::Listed`]; or less, when the scan was
/// stopped before. One that was left is entered again by whoever goes on with it.
#[derive(Debug)]
pub enum Event {
    /// Subdirectories became known, by name only. They wait in the frontier now, unless
    /// `NotEntered` follows.
    Found {
        /// Where; [`DirId::TOP`] for the roots.
        parent: DirId,
        /// Number of the first; the others follow it.
        first: DirId,
        /// Their names.
        names: Names,
    },
    /// The worker turns to this directory and is about to open it; or, of a large directory that
    /// was opened before, to a slice of its names.
    Entered {
        /// Which.
        dir: DirId,
    },
    /// What the kernel says of the directory itself. It is told by the worker that opens it, not by
    /// the one that found its name, so that a directory which never answers holds up nobody else. A
    /// root may turn out to be a file.
    Opened {
        /// Which.
        dir: DirId,
        /// Its own metadata.
        metadata: Metadata,
    },
    /// What was found in a directory, or in a part of it.
    Block(Block),
    /// Where the directory is that this worker speaks of until its next `Place`. Said instead of
    /// `Found`, `Entered` and `Listed` where [names](super::Detail::Names) are all that is asked
    /// for, before the first thing that is said of the directory, if anything is.
    ///
    /// A place is the names from below its root on, each with a slash behind. It is told as what
    /// differs from this worker's place before: whole ones would take quadratic time on a chain.
    Place {
        /// Which.
        dir: DirId,
        /// The root that it is in, or is.
        root: DirId,
        /// How many bytes it has in common with the place before; 0 if that is in another root.
        kept: usize,
        /// What follows them.
        more: Box<[u8]>,
    },
    /// Entries that are no directories, by name only.
    Names {
        /// Where.
        dir: DirId,
        /// Their names.
        names: Names,
    },
    /// The directory is left out by a rule; said instead of `Opened`, so that its own size is not
    /// counted either.
    NotEntered {
        /// Which.
        dir: DirId,
        /// By which rule.
        reason: Exclusion,
    },
    /// The worker is done with the directory: it was read to its end, or as far as its failure
    /// allowed. Also said for a worker from which it was taken away, as failed.
    Listed {
        /// Which.
        dir: DirId,
        /// How many slices of its names were given to others. It is complete once as many
        /// [`Event::Looked`] were said.
        slices: u32,
    },
    /// A slice of a large directory's names was looked at.
    Looked {
        /// Which directory.
        dir: DirId,
    },
    /// Something could not be read. The scan goes on. Of a directory itself it is said after what its
    /// worker has found in it; the directory is finished with [`Event::Listed`] still.
    Failed(Failure),
    /// These directories, or what is left of them, are not read, because they are skipped.
    Skipped(Range<DirId>),
    /// These directories, or what is left of them, wait again after they were skipped.
    TakenUp(Range<DirId>),
    /// The worker has nothing to do.
    Waiting,
    /// The worker broke. The scan is stopped, as failed.
    Panicked {
        /// The directory it was at.
        dir: Option<DirId>,
        /// What the panic said.
        message: String,
    },
    /// The worker leaves for good. Nothing follows.
    Left,
}

/// What was found in a directory, packed by the worker that found it.
#[derive(Debug)]
pub struct Block {
    /// Where.
    pub dir: DirId,
    /// The entries that are no directories.
    pub files: Files,
    /// Hard-linked files among them, whose sizes are not in the sums of `files`.
    pub links: Vec<Link>,
}

/// A rule by which a directory is not entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exclusion {
    /// `--exclude` or `--exclude-from`.
    Pattern,
    /// `--exclude-caches`: it carries a valid `CACHEDIR.TAG`.
    Cache,
    /// `--one-file-system`: it is on another one.
    OtherFileSystem,
    /// It is on a file system that the kernel makes up, such as proc, and `--include-kernfs` was
    /// not given.
    KernelFileSystem,
    /// It is one of its own ancestors, by a loop of bind mounts.
    Loop,
}

/// Something that could not be read: operation, place and cause.
#[derive(Debug)]
pub struct Failure {
    /// The directory in which it happened.
    pub dir: DirId,
    /// The entry concerned; `None` when it is the directory itself.
    pub entry: Option<Box<[u8]>>,
    /// The system call that failed.
    pub call: Call,
    /// What it answered.
    pub cause: io::Error,
}

impl Failure {
    /// Bytes of memory that it takes.
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Self>() + self.entry.as_deref().map_or(0, <[u8]>::len)
    }

    /// The cause in words, without the number of the error: `permission denied`.
    pub fn cause_in_words(&self) -> String {
        in_words(&self.cause)
    }
}

/// What an error of the operating system says, as part of a sentence and without its number.
pub fn in_words(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_lowercase().chain(letters).collect())
        .unwrap_or_default()
}

/// A parcel of events, as it travels through the result channel.
pub type Parcel = super::outbox::Parcel<Event>;

impl Weighed for Event {
    fn weight(&self) -> usize {
        size_of::<Self>()
            + match self {
                Self::Found { names, .. } | Self::Names { names, .. } => names.weight(),
                Self::Place { more, .. } => more.len(),
                Self::Block(block) => block.files.weight() + size_of_val(block.links.as_slice()),
                Self::Failed(failure) => failure.entry.as_ref().map_or(0, |name| name.len()),
                Self::Panicked { message, .. } => message.len(),
                _ => 0,
            }
    }
}
