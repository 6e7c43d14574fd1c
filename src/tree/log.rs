//! The log of blocks: the packed records of all files, in the order in which they arrived.
//!
//! The records of many blocks stand one behind the other in a chunk, since a directory has about ten
//! files and a block of its own in the allocator would cost each an eighth more. It knows bytes, not
//! what is in them.

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
    chunk: u32,
    at: u32,
    dir: DirId,
    /// The block of the same directory that arrived before, or [`NONE`].
    older: u32,
}

/// All blocks. See the module's head.
#[derive(Default)]
pub(super) struct Log {
    blocks: Vec<Kept>,
    chunks: Vec<Vec<u8>>,
}

impl Log {
    /// How many blocks there are.
    pub(super) fn len(&self) -> usize {
        self.blocks.len()
    }

    /// Adds a block of `dir`, whose last one was `older`.
    pub(super) fn push(&mut self, dir: DirId, older: Option<BlockId>, records: &[u8]) -> BlockId {
        let fits = |chunk: &Vec<u8>| chunk.capacity() - chunk.len() >= records.len();
        if !self.chunks.last().is_some_and(fits) {
            if let Some(full) = self.chunks.last_mut() {
                full.shrink_to_fit();
            }
            self.chunks
                .push(Vec::with_capacity(CHUNK.max(records.len())));
        }
        let number = self.chunks.len() - 1;
        let chunk = &mut self.chunks[number];
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

    /// The packed records of a block.
    pub(super) fn records(&self, block: BlockId) -> &[u8] {
        let Kept { chunk, at, .. } = self.blocks[block.0 as usize];
        let next = self.blocks.get(block.0 as usize + 1);
        let records = &self.chunks[chunk as usize];
        let end = next
            .filter(|next| next.chunk == chunk)
            .map_or(records.len(), |next| next.at as usize);
        &records[at as usize..end]
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
            lengths in prop::collection::vec(prop_oneof![0..300_usize, 0..3 * CHUNK], 0..60),
        ) {
            let records = |place: usize| vec![place as u8; lengths[place]];
            let mut log = Log::default();
            let mut last = None;
            for place in 0..lengths.len() {
                last = Some(log.push(DirId(place as u32), last, &records(place)));
            }
            let all: Vec<BlockId> = std::iter::successors(last, |block| log.older(*block)).collect();
            prop_assert_eq!(all.len(), lengths.len());
            for block in all {
                let place = block.number() as usize;
                prop_assert_eq!(log.dir(block), DirId(block.number()));
                prop_assert_eq!(log.records(block), records(place));
            }
        }
    }
}
