//! A directory's place in the tree as the workers know it: who it is, whose child, under which
//! name. No path is built until somebody needs one.

use std::{
    ffi::OsStr,
    fmt,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

/// Number of a directory within one scan. A child's is greater than its parent's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DirId(pub u32);

impl DirId {
    /// The virtual parent of all roots.
    pub const TOP: Self = Self(0);

    /// Its place in a vector that has one element a directory.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for DirId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// Which file this is, on one machine: a device and an inode number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// Device that the inode is on (`st_dev`).
    pub device: u64,
    /// Inode number (`st_ino`).
    pub inode: u64,
}

/// Names of subdirectories, one after the other in one allocation that the event, the frontier and
/// the [`Dir`]s share.
#[derive(Clone, Debug)]
pub struct Names {
    /// For each name its length as two bytes, low byte first, then the name.
    bytes: Arc<[u8]>,
    count: u32,
}

impl Names {
    /// How many names there are.
    pub fn len(&self) -> usize {
        self.count as usize
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Bytes of memory that the names take.
    pub fn weight(&self) -> usize {
        self.bytes.len()
    }

    /// The names, in the order in which they were found.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let mut at = 0;
        (0..self.count).map(move |_| {
            let name = self.get(at);
            at += 2 + name.len();
            name
        })
    }

    fn get(&self, at: usize) -> &[u8] {
        let length = usize::from(self.bytes[at]) | usize::from(self.bytes[at + 1]) << 8;
        &self.bytes[at + 2..at + 2 + length]
    }
}

impl<'a> FromIterator<&'a [u8]> for Names {
    /// Packs names. Each must be shorter than 64 KiB, sixteen times what any kernel allows.
    fn from_iter<I: IntoIterator<Item = &'a [u8]>>(names: I) -> Self {
        let mut bytes = Vec::new();
        let mut count = 0;
        for name in names {
            let length = u16::try_from(name.len()).expect("no kernel has names of 64 KiB");
            bytes.extend(length.to_le_bytes());
            bytes.extend(name);
            count += 1;
        }
        Self {
            bytes: bytes.into(),
            count,
        }
    }
}

/// One directory, held by the jobs at it and by its children.
pub struct Dir {
    id: DirId,
    parent: Option<Arc<Dir>>,
    names: Names,
    /// Where in `names` this directory's stands.
    at: usize,
    /// Known once the directory was opened, and always before its children are known.
    identity: OnceLock<Identity>,
}

impl Dir {
    /// Its number.
    pub fn id(&self) -> DirId {
        self.id
    }

    /// The directory that it was found in; `None` for a root.
    pub fn parent(&self) -> Option<&Arc<Dir>> {
        self.parent.as_ref()
    }

    /// Whether it was named on the command line.
    pub fn is_root(&self) -> bool {
        self.parent.is_none()
    }

    /// Its name within its parent; of a root, the whole path.
    pub fn name(&self) -> &[u8] {
        self.names.get(self.at)
    }

    /// Says which file it is. Only the first call counts.
    pub fn identify(&self, identity: Identity) {
        // Only the worker that lists it calls this, so there is nobody to lose against.
        let _ = self.identity.set(identity);
    }

    /// Which file it is; `None` until it was opened.
    pub fn identity(&self) -> Option<Identity> {
        self.identity.get().copied()
    }

    /// The directories above it, the nearest first.
    pub fn ancestors(&self) -> impl Iterator<Item = &Dir> {
        std::iter::successors(self.parent.as_deref(), |dir| dir.parent.as_deref())
    }

    /// Its path: that of its root with the names below.
    pub fn path(&self) -> PathBuf {
        let mut names: Vec<&[u8]> = self.ancestors().map(Dir::name).collect();
        names.reverse();
        names.push(self.name());
        names
            .into_iter()
            .map(|name| Path::new(OsStr::from_bytes(name)))
            .collect()
    }
}

impl Drop for Dir {
    /// Lets go of the ancestors in a loop: the recursion of a chain of 100,000 would overflow a
    /// worker's stack.
    fn drop(&mut self) {
        let mut parent = self.parent.take();
        while let Some(mut dir) = parent.and_then(Arc::into_inner) {
            parent = dir.parent.take();
        }
    }
}

impl fmt::Debug for Dir {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Dir")
            .field("id", &self.id)
            .field("path", &self.path())
            .finish_non_exhaustive()
    }
}

/// The subdirectories found in one directory that nobody has taken yet: a portion of the frontier.
/// It makes a [`Dir`] only when one is taken, so a directory that waits costs its name.
pub struct Subdirectories {
    parent: Option<Arc<Dir>>,
    names: Names,
    at: usize,
    next: u32,
    end: u32,
}

impl Subdirectories {
    /// The directories called `names`, found in `parent` (roots have none), numbered from `first`
    /// on.
    pub fn new(parent: Option<Arc<Dir>>, first: DirId, names: Names) -> Self {
        let end = first.0 + names.count;
        Self {
            parent,
            names,
            at: 0,
            next: first.0,
            end,
        }
    }
}

impl Iterator for Subdirectories {
    type Item = Arc<Dir>;

    fn next(&mut self) -> Option<Arc<Dir>> {
        if self.next == self.end {
            return None;
        }
        let dir = Dir {
            id: DirId(self.next),
            parent: self.parent.clone(),
            names: self.names.clone(),
            at: self.at,
            identity: OnceLock::new(),
        };
        self.at += 2 + dir.name().len();
        self.next += 1;
        Some(Arc::new(dir))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = (self.end - self.next) as usize;
        (left, Some(left))
    }
}

impl ExactSizeIterator for Subdirectories {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_portion_yields_directories_with_their_places() {
        let names = |names: &[&str]| names.iter().map(|name| name.as_bytes()).collect::<Names>();
        let root = Subdirectories::new(None, DirId(1), names(&["/home/ada"]))
            .next()
            .expect("one root");
        let mut below = Subdirectories::new(Some(root), DirId(2), names(&["work", "", "\u{e9}"]));
        assert_eq!(below.len(), 3);
        let work = below.next().expect("three names");
        assert_eq!(
            (work.id(), work.path()),
            (DirId(2), PathBuf::from("/home/ada/work"))
        );
        let last = below.last().expect("two names are left");
        assert_eq!((last.id(), last.name()), (DirId(4), "\u{e9}".as_bytes()));
    }

    #[test]
    fn a_deep_chain_is_dropped_without_recursion() {
        let name: Names = [&b"d"[..]].into_iter().collect();
        let mut dir = None;
        for id in 1..=100_000 {
            dir = Subdirectories::new(dir, DirId(id), name.clone()).next();
        }
        drop(dir);
    }
}
