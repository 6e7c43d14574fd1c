//! Folded directories: of their small files only sums are kept, to save memory. Which files these
//! are, and when, is decided elsewhere (`crate::folding`); the tree lets other records take the place
//! of those that there were, and remembers which directories it did that to.
//!
//! Totals do not depend on it: they were counted when the blocks arrived. Blocks keep their numbers
//! and their places in the log, so whoever goes through it meets each one once, folded or not.
//! Only where a record stands in its block is another place then.

use super::{Node, Tree};
use crate::scan::dir::DirId;

/// Directories, a bit each.
#[derive(Default)]
pub(super) struct Folded {
    bits: Vec<u64>,
    count: u64,
}

impl Folded {
    fn contains(&self, dir: DirId) -> bool {
        let bits = self.bits.get(dir.index() / 64).copied().unwrap_or(0);
        bits & 1 << (dir.index() % 64) > 0
    }

    fn insert(&mut self, dir: DirId) {
        if !self.contains(dir) {
            let place = dir.index() / 64;
            self.bits.resize(self.bits.len().max(place + 1), 0);
            self.bits[place] |= 1 << (dir.index() % 64);
            self.count += 1;
        }
    }

    pub(super) fn remove(&mut self, dir: DirId) {
        if self.contains(dir) {
            self.bits[dir.index() / 64] &= !(1 << (dir.index() % 64));
            self.count -= 1;
        }
    }
}

/// Building, which only the fold does.
impl Tree {
    /// Lets other records take the place of those of a full chunk of the log, which has some
    /// thousand files: `fold` is asked block by block, and gives none where they stay.
    pub(crate) fn fold_chunk(
        &mut self,
        chunk: usize,
        mut fold: impl FnMut(DirId, &[u8]) -> Option<Box<[u8]>>,
    ) {
        let Self { blocks, folded, .. } = self;
        blocks.fold(chunk, |dir, records| {
            let records = fold(dir, records)?;
            folded.insert(dir);
            Some(records)
        });
    }
}

/// Reading.
impl Tree {
    /// Bytes of memory that it takes, without what the allocator keeps for it to grow: directories,
    /// their names and places, blocks of files, inodes with several names.
    pub fn bytes(&self) -> usize {
        let anew = self.anew.iter().map(|anew| anew.links.bytes());
        self.nodes.len() * size_of::<Node>()
            + self.places.bytes()
            + self.names.len()
            + self.pending.bytes()
            + self.blocks.bytes()
            + self.links.bytes()
            + self.folded.bits.len() * size_of::<u64>()
            + anew.sum::<usize>()
    }

    /// How many chunks of the log can be folded.
    pub fn full_chunks(&self) -> usize {
        self.blocks.full_chunks()
    }

    /// Whether small files of the directory are only known by their sums.
    pub fn is_folded(&self, dir: DirId) -> bool {
        self.folded.contains(dir)
    }

    /// How many directories that is so of.
    pub fn folded_dirs(&self) -> u64 {
        self.folded.count
    }
}
