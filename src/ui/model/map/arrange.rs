//! Which entries of a directory get a tile of their own, in which order, and where.

use std::collections::HashMap;

use super::squarify::{Area, squarify};
use crate::{derive::entries::Entry, format, tree::Bound};

/// An entry that may get a tile.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) entry: Entry,
    /// In bytes, more than none.
    pub(super) size: i128,
    /// Columns of its name.
    pub(super) name: usize,
}

impl Candidate {
    /// Whether so much of its name has room in `area` that it can be told from others.
    fn is_legible_in(&self, area: Area) -> bool {
        const ENOUGH: usize = 6;
        area.is_legible() && usize::from(area.width) >= 2 + self.name.min(ENOUGH)
    }
}

/// All entries of a directory together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Whole {
    pub(super) count: u64,
    /// In bytes.
    pub(super) size: i128,
    pub(super) bound: Bound,
}

/// What has no tile of its own.
#[derive(Debug)]
pub(super) struct More {
    pub(super) count: u64,
    pub(super) size: i128,
    pub(super) area: Area,
}

impl More {
    pub(super) fn name(&self) -> String {
        format!("{} more", format::count(self.count))
    }

    fn is_legible(&self) -> bool {
        self.area.is_legible() && usize::from(self.area.width) >= self.name().len() + 2
    }
}

/// Which entries are tiles, and where.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) tiles: Vec<(Entry, i128, Area)>,
    pub(super) more: Option<More>,
    /// What neither is a tile nor in that of many.
    leaves_out: i128,
}

/// As many of the candidates, the largest first, as can be read, and one tile for all others.
/// `order` is that of the tiles the last time, and becomes that of now; `None` where there is room
/// for none.
pub(super) fn arrange(
    order: &mut Vec<Entry>,
    candidates: &[Candidate],
    all: Whole,
    area: Area,
) -> Option<Layout> {
    keep_order(order, candidates);
    let mut fallback = None;
    for count in (1..=candidates.len()).rev() {
        let Some(layout) = Layout::of(order, &candidates[..count], all, area) else {
            continue;
        };
        // What has no tile at all is to be nearly nothing, if that can be had.
        if layout.leaves_out <= all.size / 50 {
            return Some(layout);
        }
        fallback.get_or_insert(layout);
    }
    fallback
}

impl Layout {
    /// All of `chosen` as tiles, in this order, and one tile for all others where there is room for
    /// it; `None` where some would be too small to be read.
    fn of(order: &[Entry], chosen: &[Candidate], all: Whole, area: Area) -> Option<Self> {
        let of_entry = |entry: &Entry| chosen.iter().find(|candidate| candidate.entry == *entry);
        let chosen: Vec<&Candidate> = order.iter().filter_map(of_entry).collect();
        let sum: i128 = chosen.iter().map(|candidate| candidate.size).sum();
        let rest = (all.size - sum).max(0);
        let mut weights: Vec<f64> = chosen
            .iter()
            .map(|candidate| candidate.size as f64)
            .collect();
        weights.push(rest as f64);
        let mut areas = squarify(&weights, area);
        let more = areas.pop().map(|area| More {
            count: all.count.saturating_sub(chosen.len() as u64),
            size: rest,
            area,
        });
        let more = more.filter(|more| more.count > 0 && more.is_legible());
        if more.is_none() {
            weights.pop();
            areas = squarify(&weights, area);
        }
        let mut tiles = chosen.iter().zip(areas);
        let is_legible = tiles
            .clone()
            .all(|(candidate, area)| candidate.is_legible_in(area));
        let tile = |(candidate, area): (&&Candidate, Area)| (candidate.entry, candidate.size, area);
        is_legible.then(|| Self {
            tiles: tiles.by_ref().map(tile).collect(),
            leaves_out: if more.is_some() { 0 } else { rest },
            more,
        })
    }
}

/// Puts the candidates, the largest first, into the order that they had; new ones come in by size,
/// and one goes before another only when it has become a tenth larger.
fn keep_order(order: &mut Vec<Entry>, candidates: &[Candidate]) {
    let sizes: HashMap<Entry, i128> = candidates
        .iter()
        .map(|candidate| (candidate.entry, candidate.size))
        .collect();
    order.retain(|entry| sizes.contains_key(entry));
    for candidate in candidates {
        if !order.contains(&candidate.entry) {
            let smaller = |other: &Entry| sizes[other] < candidate.size;
            let place = order.iter().position(smaller);
            order.insert(place.unwrap_or(order.len()), candidate.entry);
        }
    }
    // An insertion sort: each goes up past those that are clearly smaller.
    for number in 1..order.len() {
        let mut at = number;
        while at > 0 && 10 * sizes[&order[at]] > 11 * sizes[&order[at - 1]] {
            order.swap(at, at - 1);
            at -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::dir::DirId;

    const AREA: Area = Area {
        x: 0,
        y: 0,
        width: 79,
        height: 15,
    };

    fn candidates(sizes: &[(u32, i128)]) -> Vec<Candidate> {
        let mut candidates: Vec<Candidate> = sizes
            .iter()
            .map(|(dir, size)| Candidate {
                entry: Entry::Directory(DirId(*dir)),
                size: *size,
                name: 5,
            })
            .collect();
        candidates.sort_by_key(|candidate| -candidate.size);
        candidates
    }

    fn dirs(order: &[Entry]) -> Vec<u32> {
        let dir = |entry: &Entry| match entry {
            Entry::Directory(dir) => dir.0,
            Entry::File(_) => 0,
        };
        order.iter().map(dir).collect()
    }

    #[test]
    fn a_tile_keeps_its_place_until_another_is_a_tenth_larger() {
        let mut order = Vec::new();
        keep_order(&mut order, &candidates(&[(1, 100), (2, 95), (3, 50)]));
        assert_eq!(dirs(&order), [1, 2, 3]);
        keep_order(&mut order, &candidates(&[(1, 100), (2, 109), (3, 50)]));
        assert_eq!(dirs(&order), [1, 2, 3], "not yet");
        keep_order(&mut order, &candidates(&[(1, 100), (2, 111), (3, 50)]));
        assert_eq!(dirs(&order), [2, 1, 3]);
        keep_order(&mut order, &candidates(&[(1, 100), (3, 50), (4, 70)]));
        assert_eq!(dirs(&order), [1, 4, 3], "a new one comes in by size");
    }

    #[test]
    fn what_is_too_small_is_in_one_tile_and_sizes_add_up() {
        let sizes: Vec<(u32, i128)> = (1..=40).map(|dir| (dir, 4000 / i128::from(dir))).collect();
        let candidates = candidates(&sizes);
        let sum: i128 = sizes.iter().map(|(_, size)| size).sum();
        let all = Whole {
            count: 60,
            size: sum + 500,
            bound: Bound::Exact,
        };
        let layout = arrange(&mut Vec::new(), &candidates, all, AREA).expect("there is room");
        let more = layout.more.expect("not all have room");
        assert_eq!(more.count as usize + layout.tiles.len(), 60);
        let shown: i128 = layout.tiles.iter().map(|(_, size, _)| size).sum();
        assert_eq!(shown + more.size, all.size);
        assert!(layout.tiles.iter().all(|(_, _, area)| area.is_legible()));
        assert!(layout.tiles.len() > 5, "{} tiles", layout.tiles.len());
    }

    #[test]
    fn where_there_is_room_for_nothing_there_is_nothing() {
        let all = Whole {
            count: 1,
            size: 5,
            bound: Bound::Exact,
        };
        let area = Area { width: 5, ..AREA };
        assert!(arrange(&mut Vec::new(), &candidates(&[(1, 5)]), all, area).is_none());
    }
}
