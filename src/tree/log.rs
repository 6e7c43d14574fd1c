//! The log of blocks: the packed records of all files, in the order in which they arrived.
//!
//! The records of many blocks stand one behind the other in a chunk, since a directory has about ten
//! files and a block of its own in the allocator would cost each an eighth more. It knows bytes, not
//! what is in them.

use std::ops::Range;

use super::NONE;
use crate::scan::dir::DirId;

/// Bytes in a chunk, unless one block alone has more.
const CHUNK: usize = 64 * 1024;

/// Number of a block, in order of arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockId(pub(super) u32);

impl BlockId {
    /// The number.
    pub fn number(self) -> u32 {
        self.0
    }
}

/// Where a block is. It ends where the next one in the same chunk begins.
struct Kept {
    /// The number of the chunk, and [`GONE`] once the records are of no use any more.
    chunk: u32,
    at: u32,
    dir: DirId,
    /// The block of the same directory that arrived before, or [`NONE`].
    older: u32,
}

const GONE: u32 = 1 << 31;

impl Kept {
    fn chunk(&self) -> usize {
        (self.chunk & !GONE) as usize
    }

    fn is_gone(&self) -> bool {
        self.chunk & GONE != 0
    }
}

#[derive(Default)]
struct Chunk {
    records: Vec<u8>,
    /// How many bytes of it are of no use any more.
    gone: usize,
}

/// All blocks. See the module's head.
#[derive(Default)]
pub(super) struct Log {
    blocks: Vec<Kept>,
    chunks: Vec<Chunk>,
}

impl Log {
    /// How many blocks there are.
    pub(super) fn len(&self) -> usize {
        self.blocks.len()
    }

    /// Adds a block of `dir`, whose last one was `older`.
    pub(super) fn push(&mut self, dir: DirId, older: Option<BlockId>, records: &[u8]) -> BlockId {
        let fits =
            |Chunk { records: chunk, .. }: &Chunk| chunk.capacity() - chunk.len() >= records.len();
        if !self.chunks.last().is_some_and(fits) {
            if let Some(full) = self.chunks.last_mut() {
                if full.gone == full.records.len() {
                    full.records = Vec::new();
                }
                full.records.shrink_to_fit();
            }
            self.chunks.push(Chunk {
                records: Vec::with_capacity(CHUNK.max(records.len())),
                gone: 0,
            });
        }
        let number = self.chunks.len() - 1;
        let chunk = &mut self.chunks[number].records;
        let id = BlockId(self.blocks.len() as u32);
        self.blocks.push(Kept {
            chunk: number as u32,
            at: chunk.len() as u32,
            dir,
            older: older.map_or(NONE, BlockId::number),
        });
        chunk.extend_from_slice(records);
        id
    }

    /// The directory that a block is of.
    pub(super) fn dir(&self, block: BlockId) -> DirId {
        self.blocks[block.0 as usize].dir
    }

    /// The block of the same directory that arrived before.
    pub(super) fn older(&self, block: BlockId) -> Option<BlockId> {
        let older = self.blocks[block.0 as usize].older;
        (older != NONE).then_some(BlockId(older))
    }

    /// The packed records of a block; none once they were [forgotten](Log::forget).
    pub(super) fn records(&self, block: BlockId) -> &[u8] {
        let (kept, range) = (&self.blocks[block.0 as usize], self.range(block));
        // What an empty block stands in may be free already.
        if kept.is_gone() || range.is_empty() {
            return &[];
        }
        &self.chunks[kept.chunk()].records[range]
    }

    /// Lets go of the records of a block. The memory is free once nothing is left of its chunk.
    pub(super) fn forget(&mut self, block: BlockId) {
        let length = self.range(block).len();
        let kept = &mut self.blocks[block.0 as usize];
        if kept.is_gone() {
            return;
        }
        kept.chunk |= GONE;
        let number = kept.chunk();
        let is_full = number + 1 < self.chunks.len();
        let chunk = &mut self.chunks[number];
        chunk.gone += length;
        if is_full && chunk.gone == chunk.records.len() {
            chunk.records = Vec::new();
        }
    }

    /// Where in its chunk a block is that is not gone.
    fn range(&self, block: BlockId) -> Range<usize> {
        let kept = &self.blocks[block.0 as usize];
        let next = self.blocks.get(block.0 as usize + 1);
        let end = next
            .filter(|next| next.chunk() == kept.chunk())
            .map_or(self.chunks[kept.chunk()].records.len(), |next| {
                next.at as usize
            });
        kept.at as usize..end
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_block_is_lean() {
        assert_eq!(size_of::<Kept>(), 16);
    }

    proptest! {
        #[test]
        fn what_was_put_in_comes_out(
            blocks in prop::collection::vec((prop_oneof![0..300_usize, 0..3 * CHUNK], any::<bool>()), 0..60),
        ) {
            let records = |place: usize| vec![place as u8; blocks[place].0];
            let mut log = Log::default();
            let mut last = None;
            for place in 0..blocks.len() {
                last = Some(log.push(DirId(place as u32), last, &records(place)));
            }
            let all: Vec<BlockId> = std::iter::successors(last, |block| log.older(*block)).collect();
            prop_assert_eq!(all.len(), blocks.len());
            let is_kept = |block: &BlockId| blocks[block.number() as usize].1;
            for block in all.iter().filter(|block| !is_kept(block)) {
                log.forget(*block);
            }
            for block in all {
                let place = block.number() as usize;
                let kept = if is_kept(&block) { records(place) } else { Vec::new() };
                prop_assert_eq!(log.dir(block), DirId(block.number()));
                prop_assert_eq!(log.records(block), kept);
            }
        }
    }

    #[test]
    fn memory_is_free_once_nothing_is_left_of_a_chunk() {
        let mut log = Log::default();
        let half = vec![0; CHUNK / 2];
        let blocks: Vec<_> = (0..5).map(|_| log.push(DirId(1), None, &half)).collect();
        let held = |log: &Log| {
            log.chunks
                .iter()
                .map(|chunk| chunk.records.capacity())
                .sum()
        };
        let before: usize = held(&log);
        log.forget(blocks[0]);
        assert_eq!(held(&log), before);
        log.forget(blocks[1]);
        log.forget(blocks[1]);
        assert_eq!(held(&log), before - CHUNK);
    }
}
