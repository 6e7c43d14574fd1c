//! Where directories stand: whose children they are, and how two of them stand to each other.
//!
//! Apart from everything else that is kept of a directory, since the search for a common ancestor
//! goes from place to place all over the tree: of a hundred thousand directories these are 1.2 MB,
//! which stay in the processor's cache.

use std::cmp::Ordering;

use crate::scan::dir::DirId;

/// Stands for no directory.
const NONE: u32 = u32::MAX;

/// From this depth on upwards the way goes from parent to parent: nearly all trees are no deeper, and
/// a processor that foresees each step is faster than one that takes fewer of them.
const SHALLOW: u32 = 32;

/// Where one directory stands.
#[derive(Clone, Copy)]
struct Place {
    parent: u32,
    /// An ancestor some way up, chosen so that any ancestor is reached in logarithmically many
    /// steps.
    jump: u32,
    depth: u32,
}

const NOWHERE: Place = Place {
    parent: NONE,
    jump: 0,
    depth: 0,
};

/// How two directories stand to each other.
pub(super) struct Relation {
    /// Lowest common ancestor; one of the two if that one is above the other.
    pub(super) common: DirId,
    /// Depth of the common ancestor.
    pub(super) depth: u32,
    /// Which comes first in tree order: a directory comes before what is below it, siblings stand in
    /// the order of their numbers.
    pub(super) order: Ordering,
}

/// The places of all directories, by number.
pub(super) struct Places(Vec<Place>);

impl Places {
    /// The virtual parent of the roots, which has no parent.
    pub(super) fn new() -> Self {
        Self(vec![NOWHERE])
    }

    /// One more than the greatest number there is.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Bytes of memory that all of it takes.
    pub(super) fn bytes(&self) -> usize {
        self.0.len() * size_of::<Place>()
    }

    /// Puts `dir` below `parent`, which has a place already.
    pub(super) fn add(&mut self, parent: DirId, dir: DirId) {
        // Numbers come from one counter, but what is said of them arrives by worker: for a while
        // there are gaps.
        if self.0.len() <= dir.index() {
            self.0.resize(dir.index() + 1, NOWHERE);
        }
        let up = self.0[parent.index()];
        let jumped = self.0[up.jump as usize];
        let far = self.0[jumped.jump as usize];
        let jump = if up.depth - jumped.depth == jumped.depth - far.depth {
            jumped.jump
        } else {
            parent.0
        };
        self.0[dir.index()] = Place {
            parent: parent.0,
            jump,
            depth: up.depth + 1,
        };
    }

    /// Takes a place away; nothing that has a place may be below it.
    pub(super) fn remove(&mut self, dir: DirId) {
        self.0[dir.index()] = NOWHERE;
    }

    /// The directory that `dir` was found in; `None` for the virtual parent of the roots and for what
    /// is not known.
    pub(super) fn parent(&self, dir: DirId) -> Option<DirId> {
        let parent = self.0.get(dir.index())?.parent;
        (parent != NONE).then_some(DirId(parent))
    }

    /// How many directories are above it.
    pub(super) fn depth(&self, dir: DirId) -> u32 {
        self.0[dir.index()].depth
    }

    /// The ancestor of `dir` at `depth`, or `dir` itself where it is not deeper.
    pub(super) fn lift(&self, dir: DirId, depth: u32) -> DirId {
        let mut dir = dir.0;
        while self.0[dir as usize].depth > depth {
            let place = self.0[dir as usize];
            dir = if place.depth > SHALLOW && self.0[place.jump as usize].depth >= depth {
                place.jump
            } else {
                place.parent
            };
        }
        DirId(dir)
    }

    /// Whether `dir` is `above` or lies below it.
    pub(super) fn is_within(&self, dir: DirId, above: DirId) -> bool {
        self.lift(dir, self.depth(above)) == above
    }

    /// How `one` stands to `other`.
    pub(super) fn relate(&self, one: DirId, other: DirId) -> Relation {
        let shallower = self.depth(one).min(self.depth(other));
        let (mut a, mut b) = (self.lift(one, shallower), self.lift(other, shallower));
        if a == b {
            return Relation {
                common: a,
                depth: shallower,
                order: self.depth(one).cmp(&self.depth(other)),
            };
        }
        loop {
            let (left, right) = (self.0[a.index()], self.0[b.index()]);
            if left.parent == right.parent {
                let common = DirId(left.parent);
                return Relation {
                    common,
                    depth: self.depth(common),
                    order: a.cmp(&b),
                };
            }
            // Places of one depth have jumps of one depth.
            (a, b) = if left.depth <= SHALLOW || left.jump == right.jump {
                (DirId(left.parent), DirId(right.parent))
            } else {
                (DirId(left.jump), DirId(right.jump))
            };
        }
    }
}
