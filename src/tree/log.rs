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
pub struct BlockId(pub u32);

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
    /// The first block that stands in it.
    first: u32,
}

/// All blocks. See the module's head.
#[derive(Default)]
pub(super) struct Log {
    blocks: Vec<Kept>,
    chunks: Vec<Chunk>,
    /// Bytes that the chunks hold.
    held: usize,
}

impl Log {
    /// How many blocks there are.
    pub(super) fn len(&self) -> usize {
        self.blocks.len()
    }

    /// Bytes of memory that all of it takes.
    pub(super) fn bytes(&self) -> usize {
        self.held + self.blocks.len() * size_of::<Kept>() + self.chunks.len() * size_of::<Chunk>()
    }

    /// How many chunks there are that nothing is added to any more.
    pub(super) fn full_chunks(&self) -> usize {
        self.chunks.len().saturating_sub(1)
    }

    /// Adds a block of `dir`, whose last one was `older`.
    pub(super) fn push(&mut self, dir: DirId, older: Option<BlockId>, records: &[u8]) -> BlockId {
        let fits =
            |Chunk { records: chunk, .. }: &Chunk| chunk.capacity() - chunk.len() >= records.len();
        if !self.chunks.last().is_some_and(fits) {
            if let Some(full) = self.chunks.last_mut() {
                let gone = full.gone == full.records.len();
                let mut records = std::mem::take(&mut full.records);
                self.held -= records.capacity();
                if gone {
                    records = Vec::new();
                }
                records.shrink_to_fit();
                self.held += records.capacity();
                full.records = records;
            }
            self.chunks.push(Chunk {
                records: Vec::with_capacity(CHUNK.max(records.len())),
                gone: 0,
                first: self.blocks.len() as u32,
            });
            self.held += self.chunks[self.chunks.len() - 1].records.capacity();
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
            self.held -= chunk.records.capacity();
            chunk.records = Vec::new();
        }
    }

    /// Says that a block is one of another directory from now on.
    pub(super) fn give(&mut self, block: BlockId, dir: DirId) {
        self.blocks[block.0 as usize].dir = dir;
    }

    /// Lets records take the place of those of a full chunk: `fold` is asked block by block, and
    /// gives none where they stay. A chunk is written anew as a whole, so that its memory is free at
    /// once, and blocks keep their numbers and their order.
    pub(super) fn fold(
        &mut self,
        number: usize,
        mut fold: impl FnMut(BlockId, DirId, &[u8]) -> Option<Box<[u8]>>,
    ) {
        let end = self.chunks.get(number + 1).map_or(0, |next| next.first);
        let mut written = Vec::new();
        let mut places = Vec::new();
        let mut is_other = false;
        for block in (self.chunks[number].first..end).map(BlockId) {
            places.push(written.len() as u32);
            let records = self.records(block);
            let folded = (!records.is_empty()).then(|| fold(block, self.dir(block), records));
            let folded = folded.flatten();
            is_other |= folded.is_some();
            written.extend_from_slice(folded.as_deref().unwrap_or(records));
        }
        if !is_other {
            return;
        }
        let chunk = &mut self.chunks[number];
        for (block, at) in self.blocks[chunk.first as usize..].iter_mut().zip(places) {
            block.at = at;
        }
        written.shrink_to_fit();
        self.held = self.held - chunk.records.capacity() + written.capacity();
        (chunk.records, chunk.gone) = (written, 0);
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

    proptest! {
        #[test]
        fn what_is_folded_takes_the_place_of_what_was(
            blocks in prop::collection::vec((0..CHUNK / 3, 0..4_usize), 1..40),
        ) {
            let mut log = Log::default();
            for (place, (length, _)) in blocks.iter().enumerate() {
                log.push(DirId(place as u32), None, &vec![place as u8; *length]);
            }
            for (place, (_, what)) in blocks.iter().enumerate() {
                if *what == 0 {
                    log.forget(BlockId(place as u32));
                }
            }
            for chunk in 0..log.full_chunks() {
                log.fold(chunk, |_, dir, records| {
                    let (length, what) = blocks[dir.index()];
                    assert_eq!(records, vec![dir.0 as u8; length], "before");
                    (what == 1).then(|| vec![b'f'; length / 9].into())
                });
            }
            let open = log.chunks[log.full_chunks()].first;
            for (place, (length, what)) in blocks.iter().enumerate() {
                let is_open = place >= open as usize;
                let after = match what {
                    0 => Vec::new(),
                    1 if !is_open && *length > 0 => vec![b'f'; length / 9],
                    _ => vec![place as u8; *length],
                };
                prop_assert_eq!(log.records(BlockId(place as u32)), after);
            }
            let held: usize = log.chunks.iter().map(|chunk| chunk.records.capacity()).sum();
            prop_assert_eq!(log.held, held);
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
        assert_eq!(log.held, held(&log));
    }
}
