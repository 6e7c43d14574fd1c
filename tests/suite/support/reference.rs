//! What a tree holds, counted in the plainest way: one thread, one list of everything below each
//! directory. Slow on purpose, so that it is easy to see that it is right.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// What a directory holds, itself included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    /// The names of everything that is not a directory.
    pub(crate) files: u64,
    /// The directory itself and every directory below.
    pub(crate) dirs: u64,
    /// Bytes in allocated blocks, each hard-linked file once.
    pub(crate) disk: u64,
    /// Bytes of length, each hard-linked file once.
    pub(crate) apparent: u64,
}

/// The permissions of a directory that is shut to everybody but root.
const NOTHING: u32 = 0o000;

/// Who looks at the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    /// The user who runs the tests; root sees everything.
    Ourselves,
    /// An ordinary user, who does not see into a directory without any permission.
    Ordinary,
}

/// The totals of `root` and of every directory below it, as the user who runs the tests sees them.
pub(crate) fn totals(root: &Path) -> BTreeMap<PathBuf, Totals> {
    totals_for(Reader::Ourselves, root)
}

/// The totals of `root` and of every directory below it. A directory that the reader may not read
/// counts with its own size only.
pub(crate) fn totals_for(reader: Reader, root: &Path) -> BTreeMap<PathBuf, Totals> {
    let mut totals = BTreeMap::new();
    list(reader, root, &mut totals);
    totals
}

/// One name in the tree.
#[derive(Debug, Clone, Copy)]
struct Entry {
    directory: bool,
    /// Device and inode of a file with several names.
    shared: Option<(u64, u64)>,
    disk: u64,
    apparent: u64,
}

impl Entry {
    fn new(metadata: &Metadata) -> Self {
        Self {
            directory: metadata.is_dir(),
            shared: (!metadata.is_dir() && metadata.nlink() > 1)
                .then(|| (metadata.dev(), metadata.ino())),
            disk: metadata.blocks() * 512,
            apparent: metadata.len(),
        }
    }
}

/// Everything in `directory`, itself included; adds the totals of it and of every directory below.
fn list(reader: Reader, directory: &Path, totals: &mut BTreeMap<PathBuf, Totals>) -> Vec<Entry> {
    let metadata = directory.symlink_metadata().expect("look at a directory");
    let mut entries = vec![Entry::new(&metadata)];
    let shut = reader == Reader::Ordinary && (metadata.mode() & 0o777) == NOTHING;
    if !shut && let Ok(names) = directory.read_dir() {
        for name in names {
            let path = name.expect("read a directory").path();
            let metadata = path.symlink_metadata().expect("look at a file");
            if metadata.is_dir() {
                entries.extend(list(reader, &path, totals));
            } else {
                entries.push(Entry::new(&metadata));
            }
        }
    }
    totals.insert(directory.to_owned(), sum(&entries));
    entries
}

fn sum(entries: &[Entry]) -> Totals {
    let mut seen = BTreeSet::new();
    let mut sum = Totals::default();
    for entry in entries {
        if entry.directory {
            sum.dirs += 1;
        } else {
            sum.files += 1;
        }
        if entry.shared.is_none_or(|inode| seen.insert(inode)) {
            sum.disk += entry.disk;
            sum.apparent += entry.apparent;
        }
    }
    sum
}
