//! A directory's place in the tree as the workers know it: who it is, whose child, under which
//! name. No path is built until somebody needs one.

use std::{
    ffi::OsStr,
    fmt,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use super::frontier::marks::{Marks, Memo, Verdict};

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

    /// The name that begins `at` so many bytes.
    pub(super) fn get(&self, at: usize) -> &[u8] {
        let length = usize::from(self.bytes[at]) | usize::from(self.bytes[at + 1]) << 8;
        &self.bytes[at + 2..at + 2 + length]
    }
}

impl<'a> FromIterator<&'a [u8]> for Names {
    /// Packs names. Each must be shorter than 64 KiB, sixteen times what any kernel allows.
    fn from_iter<I: IntoIterator<Item = &'a [u8]>>(names: I) -> Self {
        let mut list = NameList::default();
        names.into_iter().for_each(|name| list.push(name));
        list.take()
    }
}

/// Names that are being gathered. It is used again and again, so that gathering allocates nothing.
#[derive(Debug, Default)]
pub struct NameList {
    bytes: Vec<u8>,
    count: u32,
}

impl NameList {
    /// Adds a name, shorter than 64 KiB.
    pub fn push(&mut self, name: &[u8]) {
        let length = u16::try_from(name.len()).expect("no kernel has names of 64 KiB");
        self.bytes.extend(length.to_le_bytes());
        self.bytes.extend_from_slice(name);
        self.count += 1;
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Takes the names out; there are none then.
    pub fn take(&mut self) -> Names {
        let bytes = self.bytes.as_slice().into();
        self.bytes.clear();
        Names {
            bytes,
            count: std::mem::take(&mut self.count),
        }
    }
}

/// One step of the way to a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The directory that it leads to.
    pub dir: DirId,
    /// Its name; of a root, the whole path.
    pub name: Box<[u8]>,
}

/// How much of a directory is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// What is in it, without what is below.
    Alone,
    /// All of it.
    Whole,
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
    /// Of those that are listed alone, subdirectories are passed over.
    extent: Extent,
    /// What the marks of the frontier say of it.
    verdict: Memo,
}

impl Dir {
    /// The directory `id`, found in `parent`, whose name begins at `at` in `names`.
    pub(super) fn new(id: DirId, parent: Option<Arc<Dir>>, names: Names, at: usize) -> Self {
        Self {
            id,
            parent,
            names,
            at,
            identity: OnceLock::new(),
            extent: Extent::Whole,
            verdict: Memo::default(),
        }
    }

    /// The directory at the end of a way from a root on, which has at least one step. Which files
    /// those above it are is not known yet.
    pub(super) fn at_end_of(way: &[Step], extent: Extent) -> Option<Arc<Self>> {
        let names: Names = way.iter().map(|step| &*step.name).collect();
        let mut at = 0;
        let mut dir = None;
        for step in way {
            let above = dir.map(Arc::new);
            dir = Some(Self::new(step.dir, above, names.clone(), at));
            at += 2 + step.name.len();
        }
        let mut dir = dir?;
        dir.extent = extent;
        Some(Arc::new(dir))
    }

    /// How much of it is read.
    pub fn extent(&self) -> Extent {
        self.extent
    }

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

    /// What the marks say of it.
    pub fn judge(&self, marks: &Marks) -> Verdict {
        let generation = marks.generation();
        // Up to the first one that was judged already, and down again.
        let mut unjudged = vec![];
        let mut verdict = marks.above_all();
        for dir in std::iter::once(self).chain(self.ancestors()) {
            if let Some(known) = dir.verdict.recall(generation) {
                verdict = known;
                break;
            }
            unjudged.push(dir);
        }
        for dir in unjudged.into_iter().rev() {
            verdict = marks.judge(verdict, dir.id);
            dir.verdict.note(generation, verdict);
        }
        verdict
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deep_chain_is_dropped_without_recursion() {
        let name: Names = [&b"d"[..]].into_iter().collect();
        let mut dir = None;
        for id in 1..=100_000 {
            dir = Some(Arc::new(Dir::new(DirId(id), dir, name.clone(), 0)));
        }
        assert_eq!(
            dir.as_deref().map(|dir| dir.ancestors().count()),
            Some(99_999)
        );
        drop(dir);
    }
}
