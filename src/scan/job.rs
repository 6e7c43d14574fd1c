//! What workers do: list a directory, go on with one that was left, or look at a slice of the names
//! of a very large one.

use std::{any::Any, ops::Range, sync::Arc};

use super::{
    dir::{Dir, DirId, Names},
    frontier::{
        self,
        marks::{Marks, Place},
    },
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
    /// Go on with a directory that was left.
    GoOn(Left),
    /// Look at some of the names of a directory.
    Look(Slice),
}

impl Job {
    /// The directory it is about.
    pub fn dir(&self) -> &Arc<Dir> {
        match self {
            Self::List { dir, .. }
            | Self::GoOn(Left { dir, .. })
            | Self::Look(Slice { dir, .. }) => dir,
        }
    }
}

/// What a lister needs to go on with a directory that it left, in a form of its own.
pub type Rest = Box<dyn Any + Send>;

/// A directory that was left before all its names were read. All that was read of it has been told.
#[derive(Debug)]
pub struct Left {
    /// Which directory.
    pub dir: Arc<Dir>,
    /// Where the lister goes on.
    pub rest: Rest,
    /// Slices of its names that were given to others so far.
    pub slices: u32,
    /// How many names were read so far.
    pub names: usize,
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
    /// A single job; `None` once it was taken.
    Single(Option<Box<Job>>),
}

impl Portion {
    /// One job.
    pub fn single(job: Job) -> Self {
        Self::Single(Some(Box::new(job)))
    }

    /// The directories that its jobs are at.
    pub fn dirs(&self) -> Range<DirId> {
        let (first, end) = match self {
            Self::Directories(directories) => (directories.next, directories.end),
            Self::Single(None) => (0, 0),
            Self::Single(Some(job)) => (job.dir().id().0, job.dir().id().0 + 1),
        };
        DirId(first)..DirId(end)
    }
}

impl Iterator for Portion {
    type Item = Job;

    fn next(&mut self) -> Option<Job> {
        match self {
            Self::Directories(directories) => directories.next(),
            Self::Single(job) => job.take().map(|job| *job),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = match self {
            Self::Directories(directories) => (directories.end - directories.next) as usize,
            Self::Single(job) => usize::from(job.is_some()),
        };
        (left, Some(left))
    }
}

impl ExactSizeIterator for Portion {}

impl frontier::Portion for Portion {
    fn put_in_order(self, marks: &Marks, put: &mut impl FnMut(Self, Place)) {
        match self {
            Self::Directories(directories) => directories.put_in_order(marks, put),
            Self::Single(None) => {}
            Self::Single(Some(job)) => {
                let place = marks.place(job.dir().judge(marks));
                put(Self::Single(Some(job)), place);
            }
        }
    }
}

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

    /// Judged as a whole by their parent, but for those that are marked themselves.
    fn put_in_order(mut self, marks: &Marks, put: &mut impl FnMut(Portion, Place)) {
        let above = self
            .parent
            .as_ref()
            .map_or_else(|| marks.above_all(), |parent| parent.judge(marks));
        let place = marks.place(above);
        for marked in marks.marked_between(DirId(self.next), DirId(self.end)) {
            let before = self.split_off_before(marked.0);
            if before.next < before.end {
                put(Portion::Directories(before), place);
            }
            let own = marks.place(marks.judge(above, marked));
            let itself = self.split_off_before(marked.0 + 1);
            put(Portion::Directories(itself), own);
        }
        if self.next < self.end {
            put(Portion::Directories(self), place);
        }
    }

    /// Takes those out that come before `number`.
    fn split_off_before(&mut self, number: u32) -> Self {
        let before = Self {
            parent: self.parent.clone(),
            handle: self.handle.clone(),
            names: self.names.clone(),
            end: number,
            ..*self
        };
        while self.next < number {
            self.at += 2 + self.names.get(self.at).len();
            self.next += 1;
        }
        if self.next == self.end {
            self.handle = None;
        }
        before
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

    use super::{super::frontier::marks::Wish, *};

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
    #[test]
    fn a_portion_is_split_where_a_directory_of_it_is_marked() {
        let names: Names = [&b"one"[..], b"two", b"three", b"four"]
            .into_iter()
            .collect();
        let subdirectories = Subdirectories::new(None, None, DirId(5), names);
        let mut marks = Marks::default();
        marks.wish(DirId(5), Wish::Skip);
        marks.focus(Some(DirId(7)));
        let mut pieces = Vec::new();
        subdirectories.put_in_order(&marks, &mut |piece, place| {
            let names = piece.map(|job| String::from_utf8_lossy(job.dir().name()).into_owned());
            pieces.push((names.collect::<Vec<_>>().join(" "), place));
        });
        let pieces: Vec<_> = pieces
            .iter()
            .map(|(names, place)| (&**names, *place))
            .collect();
        assert_eq!(
            pieces,
            [
                ("one", Place::Skipped),
                ("two", Place::Later),
                ("three", Place::First),
                ("four", Place::Later)
            ]
        );
    }
}
