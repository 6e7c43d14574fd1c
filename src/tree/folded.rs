//! Folded directories: of their small files only sums are kept, to save memory. Which files these
//! are, and when, is decided elsewhere (`crate::folding`); the tree lets other records take the place
//! of those that there were, and remembers which directories it did that to.
//!
//! Totals do not depend on it: they were counted when the blocks arrived. Blocks keep their numbers
//! and their places in the log, so whoever goes through it meets each one once, folded or not.
//! Only where a record stands in its block is another place then.

use super::{BlockId, Node, Tree};
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
        mut fold: impl FnMut(BlockId, DirId, &[u8]) -> Option<Box<[u8]>>,
    ) {
        let Self { blocks, folded, .. } = self;
        blocks.fold(chunk, |block, dir, records| {
            let records = fold(block, dir, records)?;
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        scan::{
            dir::{Extent, Identity},
            event::Block,
        },
        tree::{
            Group, Links, Progress, Settled,
            block::{Kind, Metadata, Packer},
        },
    };

    /// Names of inodes that have several; the number of names of each is another one each time.
    fn block(dir: DirId, inodes: &[u8]) -> Block {
        let mut packer = Packer::default();
        let mut links = Vec::new();
        for (place, inode) in inodes.iter().enumerate() {
            let metadata = Metadata {
                kind: Kind::File,
                disk: 4096,
                apparent: place as u64,
                modified: 0,
                identity: Identity {
                    device: 1,
                    inode: (*inode).into(),
                },
                links: 2 + place as u64,
            };
            links.extend(packer.add(b"name", &metadata));
        }
        let files = packer.finish();
        Block { dir, files, links }
    }

    fn check(tree: &Tree) {
        let table = |links: &Links| {
            let group = |group: &Group| size_of_val(group) + 8 + size_of_val(group.dirs());
            links.groups().iter().map(group).sum::<usize>()
        };
        let anew = tree.anew.iter().map(|anew| table(&anew.links));
        let nodes = tree.nodes.len() * size_of::<Node>() + tree.names.len();
        let bits = size_of_val(&tree.folded.bits[..]);
        let others = tree.places.bytes() + tree.pending.bytes() + tree.blocks.bytes();
        let all = table(&tree.links) + anew.sum::<usize>() + nodes + bits + others;
        assert_eq!(tree.bytes(), all);
        let ones: u32 = tree.folded.bits.iter().map(|bits| bits.count_ones()).sum();
        assert_eq!(tree.folded_dirs(), u64::from(ones));
        let is_any = |dir: &u32| tree.is_folded(DirId(*dir)) && tree.contains(DirId(*dir));
        let known = (0..tree.nodes.len() as u32).filter(is_any).count();
        assert_eq!(tree.folded_dirs(), known as u64, "none that is gone");
    }

    proptest! {
        /// What is not counted up as it is needed, but kept as a sum: it must be right whatever
        /// comes, is read again, listed again, thrown away, folded or gone.
        #[test]
        fn bytes_are_what_a_slow_count_says(
            turns in prop::collection::vec(
                (0..9_u8, any::<prop::sample::Index>(), prop::collection::vec(0..12_u8, 0..9)),
                1..60,
            ),
        ) {
            let mut tree = Tree::new();
            tree.announce(DirId::TOP, DirId(1), b"/r");
            for (next, (turn, which, inodes)) in (2..).zip(turns) {
                let known = (1..next).map(DirId).filter(|dir| tree.contains(*dir));
                let known: Vec<DirId> = known.collect();
                let dir = known[which.index(known.len())];
                let new = DirId(next);
                let extent = if turn == 4 { Extent::Alone } else { Extent::Whole };
                match turn {
                    0..2 => tree.announce(dir, new, b"new"),
                    2..4 => tree.add_block(block(dir, &inodes)),
                    4..8 => {
                        tree.begin_anew(dir, new, extent);
                        tree.add_block(block(new, &inodes));
                        check(&tree);
                        if turn == 7 {
                            tree.discard(new);
                        } else {
                            tree.progress(new, Progress::Listed);
                            tree.settle();
                            let is_gone = turn == 6 && tree.parent(dir) != Some(DirId::TOP);
                            let settled = if is_gone { Settled::Removed } else { Settled::Exchanged };
                            while !tree.exchange(new, settled) {}
                        }
                        while tree.has_retired() {
                            tree.free();
                        }
                    }
                    _ => {
                        // More than a chunk, so that there is a full one.
                        for _ in 0..2 {
                            let mut block = block(dir, &[]);
                            block.files.records = vec![0; 60_000].into();
                            tree.add_block(block);
                        }
                        for chunk in 0..tree.full_chunks() {
                            tree.fold_chunk(chunk, |_, _, records| {
                                (records.len() > 100).then(|| vec![0; 100].into())
                            });
                        }
                    }
                }
                tree.settle();
                check(&tree);
            }
        }
    }
}
