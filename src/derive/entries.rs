//! The largest entries of one directory, its subdirectories with everything below them. Unlike the
//! other derivations this is of one directory alone, so it goes through its entries and not through
//! the log.

use std::cmp::Reverse;

use super::{Moves, Place, SLICE, top::Top};
use crate::{
    scan::dir::DirId,
    tree::{BlockId, Tree, block::Unpacker, totals::Totals},
};

/// An entry of a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Entry {
    /// A subdirectory, or a root.
    Directory(DirId),
    /// A file.
    File(Place),
}

impl Entry {
    /// Where it is now; `None` where it was folded.
    pub fn follow(self, moves: &Moves) -> Option<Self> {
        match self {
            Self::Directory(_) => Some(self),
            Self::File(place) => moves.place(place).map(Self::File),
        }
    }
}

/// Larger ones are greater; of equal ones that which was found first.
type Sized = (i128, Reverse<Entry>);

/// The largest entries. See the module's head.
#[derive(Debug)]
pub struct Entries {
    dir: DirId,
    apparent: bool,
    most: usize,
    files: Top<Sized>,
    files_count: u64,
    /// Blocks that have not been taken yet.
    blocks: Vec<BlockId>,
    /// The youngest block that was taken or waits in `blocks`.
    youngest: Option<BlockId>,
    dirs: Top<Sized>,
    dirs_count: u64,
    next_dirs: Top<Sized>,
    next_dirs_count: u64,
    /// Where to go on among the subdirectories; `None` when none are being taken.
    child: Option<DirId>,
    /// What the directory amounted to when its subdirectories were taken last.
    basis: Option<Totals>,
}

impl Entries {
    /// None taken yet of `dir`, and later the `most` largest, by one of the two sizes.
    pub fn new(dir: DirId, most: usize, apparent: bool) -> Self {
        Self {
            dir,
            apparent,
            most,
            files: Top::new(most),
            files_count: 0,
            blocks: Vec::new(),
            youngest: None,
            dirs: Top::new(most),
            dirs_count: 0,
            next_dirs: Top::new(most),
            next_dirs_count: 0,
            child: None,
            basis: None,
        }
    }

    /// Whose they are.
    pub fn dir(&self) -> DirId {
        self.dir
    }

    /// How many entries there are, as of when they were taken.
    pub fn count(&self) -> u64 {
        self.files_count + self.dirs_count
    }

    /// The largest ones with their sizes in bytes, the largest first.
    pub fn largest(&self, tree: &Tree) -> Vec<(Entry, i128)> {
        let both = self.files.iter().chain(self.dirs.iter());
        let mut largest: Vec<Sized> = both
            .map(|(size, which)| match which.0 {
                // These have grown since.
                Entry::Directory(dir) => (self.size(tree, dir), *which),
                Entry::File(_) => (*size, *which),
            })
            .collect();
        largest.sort_unstable_by(|one, other| other.cmp(one));
        largest.truncate(self.most);
        let entry = |(size, Reverse(entry)): Sized| (entry, size);
        largest.into_iter().map(entry).collect()
    }

    /// Begins to take what is new, if anything is. What was begun before is finished first.
    pub fn renew(&mut self, tree: &Tree) {
        let fresh: Vec<BlockId> = tree.blocks_after(self.dir, self.youngest).collect();
        self.youngest = fresh.first().copied().or(self.youngest);
        self.blocks.extend(fresh);
        let totals = tree.totals(self.dir);
        if self.child.is_none() && self.basis != Some(totals) {
            self.basis = Some(totals);
            self.next_dirs = Top::new(self.most);
            self.next_dirs_count = 0;
            self.child = tree.children(self.dir).next();
            if self.child.is_none() {
                self.dirs = Top::new(self.most);
                self.dirs_count = 0;
            }
        }
    }

    /// Files were folded. Those that are left are all larger than any that had no place.
    pub fn follow(&mut self, moves: &Moves) {
        let follow = |(size, which): Sized| Some((size, Reverse(which.0.follow(moves)?)));
        self.files.change(follow);
    }

    /// Whether there is more to take.
    pub fn is_behind(&self) -> bool {
        self.child.is_some() || !self.blocks.is_empty()
    }

    /// Takes one slice.
    pub fn advance(&mut self, tree: &Tree) {
        let mut left = SLICE;
        while let Some(child) = self.child.filter(|_| left > 0) {
            left -= 1;
            let entry = Reverse(Entry::Directory(child));
            self.next_dirs.offer((self.size(tree, child), entry));
            self.next_dirs_count += 1;
            self.child = tree.older_sibling(child);
            if self.child.is_none() {
                self.dirs = std::mem::replace(&mut self.next_dirs, Top::new(self.most));
                self.dirs_count = self.next_dirs_count;
            }
        }
        while left > 0
            && let Some(block) = self.blocks.pop()
        {
            let mut files = Unpacker::new(tree.records(block));
            let mut at = files.at() as u32;
            while let Some(file) = files.next() {
                let size = if self.apparent {
                    file.apparent
                } else {
                    file.disk
                };
                if file.folded == 0 {
                    let entry = Reverse(Entry::File(Place { block, at }));
                    self.files.offer((size.into(), entry));
                }
                self.files_count += file.names();
                at = files.at() as u32;
                left = left.saturating_sub(1);
            }
        }
    }

    fn size(&self, tree: &Tree, dir: DirId) -> i128 {
        let totals = tree.totals(dir);
        if self.apparent {
            totals.apparent
        } else {
            totals.disk
        }
    }
}
