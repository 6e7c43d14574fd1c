//! Reading a directory again, while what was known of it stays as it is until the new is complete.
//!
//! ```text
//! begin     a node of its own beside the old one, with the same parent and name, which is no child
//!           of that parent. What is found goes below it as anywhere else, but its totals do not
//!           travel on, and its hard links are in a table of their own
//! settle    it is complete: in slices, the old names of hard links are taken out of the common
//!           table and the new ones put in. What that changes above is kept back
//! exchange  in one step the new node takes the place of the old one among its siblings, and its
//!           parent gets the difference of the totals and what was kept back
//! free      in slices, the old subtree is taken apart from its leaves on
//! ```
//!
//! While it settles, others may go on adding names to the common table. Each change of the table is
//! added up from how the table is at that moment, and sums do not depend on their order: so it does
//! not matter that some of them are kept back.
//!
//! Of 218,721 inodes with several names, among 1.1 million names, all of which were read again, the
//! links settled in 105 slices, 0.15 s in all; 100,000 directories were freed in 25 slices, 0.02 s.
//!
//! A name that is known as the only one of its inode is not in any table. If that inode has got
//! another name since, in the directory that is read again, both count above it, until the first is
//! read again as well.
//!
//! # A directory alone
//!
//! Where small files were folded ([`super::folded`]) and somebody wants to see them, the directory is
//! listed again without what is below it. That goes the same way, but at the end the old directory
//! stays: it gets the blocks and the own size of the new one, which takes the old blocks and is
//! freed. So whatever refers to the directory or to anything below it still does.
//!
//! # Memory
//!
//! While a directory is read again, there are two of it. Then the records of files of the old one
//! are given back, which is most of what it took, each chunk of the log once nothing else stands in
//! it. What stays until the end of the program is what goes by number, 112 bytes for each directory
//! and 16 for each block of files, its name, and what the table of links has of inodes that have no
//! name any more: numbers are not given twice, so that whatever still
//! refers to an old one finds nothing there, and not another directory.

use std::collections::HashMap;

use super::{
    NONE, Node, Progress, Totals, Tree,
    links::{Links, Piece},
};
use crate::scan::dir::{DirId, Extent, Step};

/// Inodes with several names that are looked at in one slice: about a millisecond of work.
const INODES: usize = 4096;
/// Directories and blocks that are freed in one slice, likewise.
const FREED: usize = 8192;

/// A directory that is being read again.
pub(super) struct Anew {
    /// The one that is known.
    of: DirId,
    /// The new one.
    pub(super) top: DirId,
    extent: Extent,
    pub(super) links: Links,
    /// The next inode to look at: of the common table, then of the own one.
    next: [usize; 2],
    /// What is to be added when it takes its place.
    kept_back: HashMap<DirId, Totals>,
    /// What the old one alone amounts to by inodes with several names.
    linked: Totals,
    /// Names of inodes that have another one as well: how many more there will be.
    repeated: i64,
}

impl Anew {
    fn keep_back(&mut self, piece: &Piece, sign: i128) {
        let change = Totals {
            disk: sign * i128::from(piece.link.disk),
            apparent: sign * i128::from(piece.link.apparent),
            ..Totals::default()
        };
        if let Some(shared) = piece.shared {
            *self.kept_back.entry(shared).or_default() += change;
        }
        for (dir, change) in &piece.resized {
            *self.kept_back.entry(*dir).or_default() += *change;
        }
        let repeated = piece.names as i64 - i64::from(piece.shared.is_none());
        self.repeated -= sign as i64 * repeated;
    }
}

/// A subtree that is being taken apart.
pub(super) struct Retired {
    top: DirId,
    /// Where to go on.
    at: DirId,
}

/// What becomes of a directory that was read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It takes the place of the old one.
    Exchanged,
    /// It is gone, and so is the old one.
    Removed,
}

/// Building, which only the fold does.
impl Tree {
    /// Begins to read `of` again, as `top`, a number that is not known yet. It may neither be, nor
    /// lie in, nor have below it what is being read again already.
    pub(crate) fn begin_anew(&mut self, of: DirId, top: DirId, extent: Extent) {
        let Some(parent) = self.parent(of) else {
            return;
        };
        if self.nodes.len() <= top.index() {
            self.nodes.resize_with(top.index() + 1, Node::nowhere);
        }
        self.places.add(parent, top);
        self.nodes[top.index()] = Node {
            name: self.nodes[of.index()].name,
            ..Node::nowhere()
        };
        *self.pending.of(top) += Totals {
            dirs: 1,
            unfinished: 1,
            ..Totals::default()
        };
        self.anew.push(Anew {
            of,
            top,
            extent,
            links: Links::default(),
            next: [0, 0],
            kept_back: HashMap::new(),
            linked: Totals::default(),
            repeated: 0,
        });
    }

    /// Leaves everything as it was before `top` was begun.
    pub(crate) fn discard(&mut self, top: DirId) {
        // What waits to be added below it must not travel on once it is none of those.
        self.settle();
        self.anew.retain(|anew| anew.top != top);
        self.retire(top);
    }

    /// Goes on by one slice in letting `top`, which is complete, take the place of what is known,
    /// or in removing that. True once it is done. What was begun is to be brought to its end.
    pub(crate) fn exchange(&mut self, top: DirId, settled: Settled) -> bool {
        let Some(place) = self.anew.iter().position(|anew| anew.top == top) else {
            return true;
        };
        if !self.settle_links(place, settled) {
            return false;
        }
        self.settle();
        let anew = self.anew.remove(place);
        let of = anew.of;
        let new = match settled {
            Settled::Exchanged => self.totals(top),
            Settled::Removed => Totals::default(),
        };
        if anew.extent == Extent::Alone {
            let change = new - self.alone(of, anew.linked);
            *self.pending.of(of) += change;
            self.swap_contents(of, top);
        } else if let Some(parent) = self.parent(of) {
            let was = self.totals(of);
            *self.pending.of(parent) += new - was;
            self.replace_child(parent, of, settled, top);
        }
        for (dir, change) in anew.kept_back {
            *self.pending.of(dir) += change;
        }
        self.repeated = self.repeated.saturating_add_signed(anew.repeated);
        if anew.extent == Extent::Whole {
            self.retire(of);
        }
        if anew.extent == Extent::Alone || settled == Settled::Removed {
            self.retire(top);
        }
        self.settle();
        true
    }

    /// Whether any of the links are still to be looked at.
    fn settle_links(&mut self, place: usize, settled: Settled) -> bool {
        let Self {
            anew,
            links,
            places,
            ..
        } = self;
        let anew = &mut anew[place];
        let mut left = INODES;
        while anew.next[0] < links.groups().len() && left > 0 {
            if let Some(piece) = links.take_out(anew.next[0], anew.of, anew.extent, places) {
                anew.keep_back(&piece, 1);
                anew.linked += Totals {
                    disk: piece.link.disk.into(),
                    apparent: piece.link.apparent.into(),
                    ..Totals::default()
                };
            }
            anew.next[0] += 1;
            left -= 1;
        }
        while settled == Settled::Exchanged && anew.next[1] < anew.links.groups().len() && left > 0
        {
            // In tree order the old one stands where the new one does, but for its siblings.
            let top = match anew.extent {
                Extent::Alone => anew.of,
                Extent::Whole => anew.top,
            };
            let group = &anew.links.groups()[anew.next[1]];
            let piece = links.put_in(group, top, anew.extent, places);
            anew.keep_back(&piece, -1);
            anew.next[1] += 1;
            left -= 1;
        }
        left > 0
    }

    /// Puts `new` in the place of `old` among the children of `parent`, or takes `old` out.
    fn replace_child(&mut self, parent: DirId, old: DirId, settled: Settled, new: DirId) {
        let next = self.nodes[old.index()].older_sibling;
        let there = match settled {
            Settled::Exchanged => {
                self.nodes[new.index()].older_sibling = next;
                new.0
            }
            Settled::Removed => next,
        };
        let younger = self
            .children(parent)
            .find(|child| self.nodes[child.index()].older_sibling == old.0);
        match younger {
            Some(younger) => self.nodes[younger.index()].older_sibling = there,
            None => self.nodes[parent.index()].last_child = there,
        }
    }

    /// What a directory amounts to without what is below it, when those of its inodes that have
    /// several names amount to `linked`.
    fn alone(&self, dir: DirId, linked: Totals) -> Totals {
        let own = self.own(dir);
        let mut alone = Totals {
            disk: own.disk.into(),
            apparent: own.apparent.into(),
            dirs: 1,
            ..Totals::default()
        };
        alone += linked;
        for file in self.files(dir) {
            alone.files += file.names() as i64;
            if file.link.is_none() {
                alone.disk += i128::from(file.disk);
                alone.apparent += i128::from(file.apparent);
            }
        }
        alone
    }

    /// Lets two directories have each other's files and own sizes.
    fn swap_contents(&mut self, one: DirId, other: DirId) {
        for (dir, new) in [(one, other), (other, one)] {
            let blocks: Vec<_> = self.blocks(dir).collect();
            for block in blocks {
                self.blocks.give(block, new);
            }
        }
        // A child's number is greater, and so is that of what was begun later.
        let (low, high) = self.nodes.split_at_mut(other.index());
        let (one_node, other_node) = (&mut low[one.index()], &mut high[0]);
        std::mem::swap(&mut one_node.last_block, &mut other_node.last_block);
        std::mem::swap(&mut one_node.own_disk, &mut other_node.own_disk);
        std::mem::swap(&mut one_node.own_apparent, &mut other_node.own_apparent);
        std::mem::swap(&mut one_node.modified, &mut other_node.modified);
        self.folded.remove(one);
    }

    fn retire(&mut self, top: DirId) {
        self.retired.push(Retired { top, at: top });
    }

    /// Takes some of what is of no use any more apart. Whoever refers to it must have let go.
    pub(crate) fn free(&mut self) {
        let mut left = FREED;
        while left > 0
            && let Some(retired) = self.retired.last_mut()
        {
            let at = retired.at;
            let child = self.nodes[at.index()].last_child;
            if child != NONE {
                self.nodes[at.index()].last_child = self.nodes[child as usize].older_sibling;
                retired.at = DirId(child);
                continue;
            }
            match self.places.parent(at) {
                Some(parent) if at != retired.top => retired.at = parent,
                _ => {
                    self.retired.pop();
                }
            }
            left = left.saturating_sub(1 + self.free_one(at));
        }
    }

    /// Frees one directory without children; how many blocks it had.
    fn free_one(&mut self, dir: DirId) -> usize {
        let node = &self.nodes[dir.index()];
        let last = self.last_block(dir);
        // Somebody may be on the way through what were its siblings.
        self.nodes[dir.index()] = Node {
            name: node.name,
            older_sibling: node.older_sibling,
            kind: node.kind,
            progress: Progress::Listed,
            ..Node::nowhere()
        };
        self.folded.remove(dir);
        self.places.remove(dir);
        let mut blocks = 0;
        let mut next = last;
        while let Some(block) = next {
            next = self.blocks.older(block);
            self.blocks.forget(block);
            blocks += 1;
        }
        blocks
    }
}

/// Reading.
impl Tree {
    /// Whether the directory is no part of the whole, or not yet: it is in what is being read again,
    /// or of no use any more.
    pub fn is_apart(&self, dir: DirId) -> bool {
        let tops = self.anew.iter().map(|anew| anew.top);
        let mut tops = tops.chain(self.retired.iter().map(|retired| retired.top));
        // What is below a directory has a greater number.
        tops.any(|top| top <= dir && self.places.is_within(dir, top))
    }

    /// Whether the directory is of no use any more, or was never known.
    pub fn is_retired(&self, dir: DirId) -> bool {
        let is_in = |retired: &Retired| retired.top <= dir && self.is_within(dir, retired.top);
        !self.contains(dir) || self.retired.iter().any(is_in)
    }

    /// Whether there is anything to free.
    pub fn has_retired(&self) -> bool {
        !self.retired.is_empty()
    }

    /// Whether the directory is being read again with all that is below it, by itself or with one
    /// above it.
    pub fn is_read_again(&self, dir: DirId) -> bool {
        self.whole_anew().any(|of| self.is_within(dir, of))
    }

    /// Whether something below the directory is being read again, or itself, with all that is below.
    pub fn has_read_again(&self, dir: DirId) -> bool {
        self.whole_anew().any(|of| self.is_within(of, dir))
    }

    fn whole_anew(&self) -> impl Iterator<Item = DirId> {
        let whole = self.anew.iter().filter(|anew| anew.extent == Extent::Whole);
        whole.map(|anew| anew.of)
    }

    /// The way to a directory from its root on.
    pub fn way_to(&self, dir: DirId) -> Vec<Step> {
        let up = |dir: &DirId| self.parent(*dir).filter(|parent| *parent != DirId::TOP);
        let mut way: Vec<Step> = std::iter::successors(Some(dir), up)
            .map(|dir| Step {
                dir,
                name: self.name(dir).into(),
            })
            .collect();
        way.reverse();
        way
    }
}
