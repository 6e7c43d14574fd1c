//! What workers do: list a directory, or look at a slice of the names of a very large one.

use std::sync::Arc;

use super::{
    dir::{Dir, DirId, Names},
    handles::Handle,
};

/// One thing to do.
#[derive(Debug)]
pub enum Job {
    /// List a directory.
    List {
        /// Which.
        dir: Arc<Dir>,
        /// Its parent, open, if the lister keeps handles and could keep this one.
        parent: Option<Arc<Handle>>,
    },
    /// Look at some of the names of a directory.
    Look(Slice),
}

impl Job {
    /// The directory it is about.
    pub fn dir(&self) -> &Arc<Dir> {
        match self {
            Self::List { dir, .. } | Self::Look(Slice { dir, .. }) => dir,
        }
    }
}

/// Some of the names of a directory whose metadata is still to be asked for.
#[derive(Debug)]
pub struct Slice {
    /// Which directory.
    pub dir: Arc<Dir>,
    /// The directory, open, if the lister keeps handles.
    pub handle: Option<Arc<Handle>>,
    /// The names.
    pub names: Names,
}

/// Jobs that were found together.
pub enum Portion {
    /// Directories to list.
    Directories(Subdirectories),
    /// A slice; `None` once it was taken.
    Slice(Option<Box<Slice>>),
}

impl Iterator for Portion {
    type Item = Job;

    fn next(&mut self) -> Option<Job> {
        match self {
            Self::Directories(directories) => directories.next(),
            Self::Slice(slice) => slice.take().map(|slice| Job::Look(*slice)),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = match self {
            Self::Directories(directories) => (directories.end - directories.next) as usize,
            Self::Slice(slice) => usize::from(slice.is_some()),
        };
        (left, Some(left))
    }
}

impl ExactSizeIterator for Portion {}

/// The subdirectories found in one directory that nobody has taken yet. It makes a [`Dir`] only
/// when one is taken, so a directory that waits costs its name.
pub struct Subdirectories {
    parent: Option<Arc<Dir>>,
    handle: Option<Arc<Handle>>,
    names: Names,
    at: usize,
    next: u32,
    end: u32,
}

impl Subdirectories {
    /// The directories called `names`, found in `parent` (roots have none), numbered from `first`
    /// on. `handle` is the parent, open.
    pub fn new(
        parent: Option<Arc<Dir>>,
        handle: Option<Arc<Handle>>,
        first: DirId,
        names: Names,
    ) -> Self {
        let end = first.0 + names.len() as u32;
        Self {
            parent,
            handle,
            names,
            at: 0,
            next: first.0,
            end,
        }
    }

    fn next(&mut self) -> Option<Job> {
        if self.next == self.end {
            return None;
        }
        let dir = Dir::new(
            DirId(self.next),
            self.parent.clone(),
            self.names.clone(),
            self.at,
        );
        self.at += 2 + dir.name().len();
        self.next += 1;
        // The last one takes the handle along, so that it is closed as soon as it is not needed.
        let parent = if self.next == self.end {
            self.handle.take()
        } else {
            self.handle.clone()
        };
        Some(Job::List {
            dir: Arc::new(dir),
            parent,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn a_portion_yields_directories_with_their_places() {
        let names = |names: &[&str]| names.iter().map(|name| name.as_bytes()).collect::<Names>();
        let dirs = |parent, first, found: &[&str]| {
            let portion = Portion::Directories(Subdirectories::new(
                parent,
                None,
                DirId(first),
                names(found),
            ));
            assert_eq!(portion.len(), found.len());
            portion.map(|job| Arc::clone(job.dir())).collect::<Vec<_>>()
        };
        let root = dirs(None, 1, &["/home/ada"]).remove(0);
        let below = dirs(Some(root), 2, &["work", "", "\u{e9}"]);
        assert_eq!(
            (below[0].id(), below[0].path()),
            (DirId(2), PathBuf::from("/home/ada/work"))
        );
        assert_eq!(
            (below[2].id(), below[2].name()),
            (DirId(4), "\u{e9}".as_bytes())
        );
    }
}
