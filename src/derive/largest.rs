//! The largest files below a directory, a thousand at most: by disk usage and by apparent size at
//! once, so that one can change between the two without waiting.
//!
//! A file with several names stands here once, under the name that was met first.

use std::cmp::Reverse;

use super::{Gather, Moves, Place, ages::Age, inodes::Inodes, top::Top};
use crate::{
    scan::dir::DirId,
    tree::{
        Tree,
        block::{File, Kind},
    },
};

/// How many there are at most.
pub const MOST: usize = 1000;

/// One of the largest files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Large {
    /// Size in bytes.
    pub size: u64,
    /// Which one. Of equal sizes the one that was found first is the larger one.
    pub which: Reverse<Which>,
    /// Last modification, in seconds since 1970.
    pub modified: i64,
    /// Stands for the inode of a file with several names.
    mark: Option<u64>,
}

impl Large {
    /// Where it is now; `None` where it was folded.
    pub fn follow(self, moves: &Moves) -> Option<Self> {
        let which = Reverse(self.which.0.follow(moves)?);
        Some(Self { which, ..self })
    }
}

/// What is large.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Which {
    /// A root that is a file.
    Root(DirId),
    /// A file in a directory.
    File(Place),
}

impl Which {
    /// Where it is now; `None` where it was folded.
    pub fn follow(self, moves: &Moves) -> Option<Self> {
        match self {
            Self::Root(_) => Some(self),
            Self::File(place) => moves.place(place).map(Self::File),
        }
    }
}

/// The largest files. See the module's head.
#[derive(Clone, Debug)]
pub struct Largest {
    /// Only those of an age, as seen from a point in time, in seconds since 1970.
    only: Option<(Age, i64)>,
    disk: Few,
    apparent: Few,
    /// Roots that are files.
    roots: Vec<Root>,
    next_roots: Vec<Root>,
}

#[derive(Clone, Copy, Debug)]
struct Root {
    dir: DirId,
    disk: u64,
    apparent: u64,
    modified: i64,
}

impl Largest {
    /// None gathered yet. `only`: of this age, as seen from that point in time, in seconds since
    /// 1970.
    pub fn new(only: Option<(Age, i64)>) -> Self {
        Self {
            only,
            disk: Few::new(),
            apparent: Few::new(),
            roots: Vec::new(),
            next_roots: Vec::new(),
        }
    }

    /// Of which age they are, if only those of one are wanted.
    pub fn only(&self) -> Option<Age> {
        self.only.map(|(age, _)| age)
    }

    /// The largest by one of the two sizes, the largest first.
    pub fn sorted(&self, apparent: bool) -> Vec<Large> {
        let few = if apparent { &self.apparent } else { &self.disk };
        let mut largest: Vec<Large> = few.top.iter().copied().collect();
        largest.extend(self.roots.iter().map(|root| Large {
            size: if apparent { root.apparent } else { root.disk },
            which: Reverse(Which::Root(root.dir)),
            modified: root.modified,
            mark: None,
        }));
        largest.sort_unstable_by(|one, other| other.cmp(one));
        largest.truncate(MOST);
        largest
    }

    /// Whether it lacks some that are known by name and would have a place now, since others were
    /// folded that had it.
    pub fn has_lost(&self) -> bool {
        self.disk.has_lost || self.apparent.has_lost
    }

    fn wants(&self, modified: i64) -> bool {
        self.only
            .is_none_or(|(age, now)| Age::of(modified, now) == age)
    }
}

impl Gather for Largest {
    fn file(&mut self, place: Place, file: &File<'_>) {
        if file.folded == 0 && self.wants(file.modified) {
            self.disk.offer(file.disk, place, file);
            self.apparent.offer(file.apparent, place, file);
        }
    }

    fn begin_round(&mut self) {
        self.next_roots.clear();
    }

    fn directory(&mut self, tree: &Tree, dir: DirId) {
        let own = tree.own(dir);
        if own.kind != Kind::Directory && self.wants(own.modified) {
            self.next_roots.push(Root {
                dir,
                disk: own.disk,
                apparent: own.apparent,
                modified: own.modified,
            });
        }
    }

    fn end_round(&mut self) {
        self.roots = std::mem::take(&mut self.next_roots);
    }

    fn follow(&mut self, moves: &Moves) {
        self.disk.follow(moves);
        self.apparent.follow(moves);
    }
}

/// The largest by one of the sizes.
#[derive(Clone, Debug)]
struct Few {
    top: Top<Large>,
    /// Those among them that have several names.
    inodes: Inodes,
    has_lost: bool,
}

impl Few {
    fn new() -> Self {
        Self {
            top: Top::new(MOST),
            inodes: Inodes::default(),
            has_lost: false,
        }
    }

    /// Who has several names is never folded.
    fn follow(&mut self, moves: &Moves) {
        let had = self.top.len();
        self.top.change(|large| large.follow(moves));
        self.has_lost |= had == MOST && self.top.len() < MOST;
    }

    fn offer(&mut self, size: u64, place: Place, file: &File<'_>) {
        let mut large = Large {
            size,
            which: Reverse(Which::File(place)),
            modified: file.modified,
            mark: None,
        };
        if !self.top.admits(&large) {
            return;
        }
        large.mark = self.inodes.mark(file);
        if large.mark.is_some_and(|mark| self.inodes.meet(mark)) {
            return;
        }
        // What has gone is smaller than all that stay, and so is it under any other name.
        if let Some(mark) = self.top.offer(large).and_then(|gone| gone.mark) {
            self.inodes.forget(mark);
        }
    }
}
