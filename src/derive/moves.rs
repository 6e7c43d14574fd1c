//! What folding has done to the places of files.

use std::collections::HashMap;

use super::Place;
use crate::tree::BlockId;

/// Where the records of some blocks were and are. See the module's head.
#[derive(Debug, Default)]
pub struct Moves {
    blocks: HashMap<BlockId, Vec<(u32, u32)>>,
}

impl Moves {
    /// The records of `block` have come from their first places in it to their second ones; all
    /// others in it are gone. Once for each block.
    pub fn add(&mut self, block: BlockId, mut places: Vec<(u32, u32)>) {
        places.sort_unstable();
        self.blocks.insert(block, places);
    }

    /// Whether nothing was folded.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// Where a file is now; `None` where it was folded.
    pub fn place(&self, place: Place) -> Option<Place> {
        let Some(places) = self.blocks.get(&place.block) else {
            return Some(place);
        };
        let moved = places.binary_search_by_key(&place.at, |(was, _)| *was);
        let (_, at) = places[moved.ok()?];
        Some(Place { at, ..place })
    }
}
