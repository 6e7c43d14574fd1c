//! The view of tiles: the entries of the directory that is shown as tiles of their size, and theirs
//! inside them. What is selected is the same entry as among the rows.
//!
//! A tile keeps its place unless another one has become a tenth larger than it. What would be too
//! small to be read stands together in one tile.

mod arrange;
mod neighbour;
pub mod squarify;

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use super::{
    End,
    listing::EntryId,
    table::{Sight, TURN, Table},
};
use crate::{
    derive::{
        Derivation, Moves, Place,
        ages::Age,
        entries::{Entries, Entry},
        kinds::{Class, Kinds},
    },
    escape, format,
    scan::dir::DirId,
    state::State,
    tree::{
        Bound, Tree,
        block::{Kind, Unpacker},
    },
};
use arrange::{Candidate, Layout, Whole, arrange};
pub use neighbour::Direction;
use neighbour::distance;
use squarify::Area;

/// So many entries are tiles at most, and so many inside a tile.
const MOST: usize = 40;
const MOST_INSIDE: usize = 20;
/// While tiles have no inside or no colour yet, they are laid out anew so often.
const SOON: Duration = Duration::from_millis(100);
/// With fewer columns or lines there is one level only.
const LEAST_FOR_TWO_LEVELS: (u16, u16) = (60, 10);

/// What a tile is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// An entry.
    Entry(Entry),
    /// So many entries that would be too small to be read.
    More(u64),
}

/// A tile.
#[derive(Clone, Debug, PartialEq)]
pub struct Tile {
    /// What it is of.
    pub what: What,
    /// The name, safe to show, with the sign of its kind.
    pub name: String,
    /// Size in bytes, of the kind that is shown.
    pub size: i128,
    /// How the size stands to what is there.
    pub bound: Bound,
    /// What most of its bytes are, and how old; `None` while that is not known.
    pub most: Option<(Class, Age)>,
    /// Where it is, counted from the corner of the region.
    pub area: Area,
    /// The tiles inside it.
    pub inside: Vec<Tile>,
}

/// What tiles are coloured by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colouring {
    /// What most of their bytes are.
    Kind,
    /// How old most of their bytes are.
    Age,
}

/// The map. See the module's head.
#[derive(Debug)]
pub struct Map {
    entries: Entries,
    apparent: bool,
    /// Of the directories that are tiles.
    inside: HashMap<DirId, Entries>,
    kinds: Option<Derivation<Kinds>>,
    most: HashMap<DirId, (Class, Age)>,
    colouring: Colouring,
    /// The order of the tiles, and of those inside a tile.
    order: Vec<Entry>,
    orders_inside: HashMap<DirId, Vec<Entry>>,
    tiles: Vec<Tile>,
    /// The largest entry that is no tile.
    largest_of_more: Option<Entry>,
    selected: Option<EntryId>,
    size: (u16, usize),
    due: Duration,
    is_stale: bool,
}

impl Map {
    pub(super) fn new(dir: DirId) -> Self {
        Self::of(dir, false)
    }

    fn of(dir: DirId, apparent: bool) -> Self {
        Self {
            entries: Entries::new(dir, MOST, apparent),
            apparent,
            inside: HashMap::new(),
            kinds: None,
            most: HashMap::new(),
            colouring: Colouring::Kind,
            order: Vec::new(),
            orders_inside: HashMap::new(),
            tiles: Vec::new(),
            largest_of_more: None,
            selected: None,
            size: (0, 0),
            due: Duration::ZERO,
            is_stale: true,
        }
    }

    /// Nothing is known of the tiles of `dir` but how they are coloured.
    pub(super) fn begin_anew(&mut self, dir: DirId) {
        *self = Self {
            colouring: self.colouring,
            ..Self::of(dir, self.apparent)
        };
    }

    /// Looks the tiles up that were not folded, and lets go of those that were.
    pub(super) fn follow(&mut self, moves: &Moves) {
        let is_moved = |entry: &Entry| entry.follow(moves) != Some(*entry);
        if self.order.iter().chain(&self.largest_of_more).any(is_moved) {
            // It is not shown, for what is shown is not folded.
            self.begin_anew(self.entries.dir());
        }
        self.entries.follow(moves);
        for inside in self.inside.values_mut() {
            inside.follow(moves);
        }
        for order in self.orders_inside.values_mut() {
            order.retain(|entry| !is_moved(entry));
        }
        self.is_stale = true;
    }

    /// The tiles of the first level.
    pub fn tiles(&self) -> &[Tile] {
        &self.tiles
    }

    /// How many entries are tiles of their own, and how many are not.
    pub fn counts(&self) -> (u64, u64) {
        let own = |tile: &&Tile| matches!(tile.what, What::Entry(_));
        let own = self.tiles.iter().filter(own).count() as u64;
        (own, self.entries.count().saturating_sub(own))
    }

    /// Which of the tiles is selected; the one of many where the selected entry has no tile.
    pub fn selected(&self) -> Option<usize> {
        let Some(selected) = self.selected else {
            return (!self.tiles.is_empty()).then_some(0);
        };
        let is_it = |tile: &Tile| match tile.what {
            What::Entry(entry) => entry_id(entry) == selected,
            What::More(_) => false,
        };
        let is_more = |tile: &Tile| matches!(tile.what, What::More(_));
        let own = self.tiles.iter().position(is_it);
        own.or_else(|| self.tiles.iter().position(is_more))
    }

    /// What tiles are coloured by.
    pub fn colouring(&self) -> Colouring {
        self.colouring
    }

    pub(in crate::ui) fn change_colouring(&mut self) {
        self.colouring = match self.colouring {
            Colouring::Kind => Colouring::Age,
            Colouring::Age => Colouring::Kind,
        };
    }

    /// The entry that is selected, if it was moved to in the map.
    pub(super) fn selected_entry(&self) -> Option<EntryId> {
        self.selected
    }

    /// What the selected tile is of.
    pub(super) fn selected_what(&self) -> Option<What> {
        self.selected().map(|number| self.tiles[number].what)
    }

    /// Selects the neighbour in a direction, if there is one.
    pub(super) fn go(&mut self, direction: Direction) {
        let Some(here) = self.selected() else { return };
        let from = self.tiles[here].area;
        let others = self.tiles.iter().filter(|tile| tile.area != from);
        let nearest = others
            .filter_map(|tile| Some((distance(from, tile.area, direction)?, tile)))
            .min_by_key(|(distance, _)| *distance);
        if let Some((_, tile)) = nearest {
            self.selected = self.entry_of(tile.what);
        }
    }

    pub(super) fn select(&mut self, number: usize) {
        let tile = self.tiles.get(number);
        self.selected = tile.and_then(|tile| self.entry_of(tile.what));
    }

    fn entry_of(&self, what: What) -> Option<EntryId> {
        match what {
            What::Entry(entry) => Some(entry_id(entry)),
            What::More(_) => self.largest_of_more.map(entry_id),
        }
    }

    /// Takes over what was gathered.
    fn take_over(&mut self, sight: &Sight<'_>) {
        let tree = sight.tree();
        let largest = self.entries.largest(tree);
        let tiled = largest
            .iter()
            .filter_map(|(entry, _)| directory(tree, *entry));
        let tiled: HashSet<DirId> = tiled.collect();
        self.inside.retain(|dir, _| tiled.contains(dir));
        self.orders_inside.retain(|dir, _| tiled.contains(dir));
        if has_two_levels(sight) {
            for dir in &tiled {
                let new = || Entries::new(*dir, MOST_INSIDE, self.apparent);
                self.inside.entry(*dir).or_insert_with(new).renew(tree);
            }
        }
        let inside = self
            .inside
            .values()
            .flat_map(|entries| entries.largest(tree));
        let inside = inside.filter_map(|(entry, _)| directory(tree, entry));
        let dirs: HashSet<DirId> = inside.chain(tiled).collect();
        if !self.inside.values().any(Entries::is_behind) {
            self.take_over_kinds(sight, &dirs);
        }
    }

    /// Takes over what most of the bytes of `dirs` are, and begins to find it out where it is not
    /// known. What was known stays until then.
    fn take_over_kinds(&mut self, sight: &Sight<'_>, dirs: &HashSet<DirId>) {
        self.most.retain(|dir, _| dirs.contains(dir));
        let Some(kinds) = &self.kinds else {
            self.kinds = Some(self.new_kinds(sight, dirs));
            return;
        };
        for (dir, class, age) in kinds.gathered().most() {
            if dirs.contains(&dir) && (kinds.is_whole() || !self.most.contains_key(&dir)) {
                self.most.insert(dir, (class, age));
            }
        }
        let is_of_all = dirs.iter().all(|dir| kinds.gathered().is_of(*dir));
        if kinds.is_whole() && !is_of_all {
            self.kinds = Some(self.new_kinds(sight, dirs));
        }
    }

    fn new_kinds(&self, sight: &Sight<'_>, dirs: &HashSet<DirId>) -> Derivation<Kinds> {
        let dir = self.entries.dir();
        Derivation::new(dir, Kinds::new(dir, dirs.iter().copied(), sight.begun))
    }

    /// Lays out the tiles.
    fn lay_out(&mut self, sight: &Sight<'_>, lines: usize) {
        let tree = sight.tree();
        let area = Area {
            x: 0,
            y: 0,
            width: sight.columns.saturating_sub(1),
            height: (lines as u16).saturating_sub(1),
        };
        let largest = self.entries.largest(tree);
        let own = super::row::own_size(tree, self.entries.dir(), self.apparent);
        let all = Whole {
            count: self.entries.count(),
            size: sight.total() - i128::from(own),
            bound: tree.bound(self.entries.dir()),
        };
        let mut order = std::mem::take(&mut self.order);
        self.tiles = self.tiles_of(sight, &largest, all, &mut order, area);
        self.order = order;
        let own = |entry: &Entry| {
            self.tiles
                .iter()
                .any(|tile| tile.what == What::Entry(*entry))
        };
        let rest = largest.iter().map(|(entry, _)| *entry);
        self.largest_of_more = rest.into_iter().find(|entry| !own(entry));
        for number in 0..self.tiles.len() {
            let What::Entry(Entry::Directory(dir)) = self.tiles[number].what else {
                continue;
            };
            let Some(entries) = self.inside.get(&dir) else {
                continue;
            };
            let all = Whole {
                count: entries.count(),
                size: self.tiles[number].size,
                bound: self.tiles[number].bound,
            };
            let largest = entries.largest(tree);
            let mut order = self.orders_inside.remove(&dir).unwrap_or_default();
            let inside = self.tiles_of(sight, &largest, all, &mut order, self.tiles[number].area);
            self.orders_inside.insert(dir, order);
            // A single tile inside would only say the same again.
            if inside.len() > 1 {
                self.tiles[number].inside = inside;
            }
        }
    }

    /// As many of the largest entries as can be read, and one tile for all others.
    fn tiles_of(
        &self,
        sight: &Sight<'_>,
        largest: &[(Entry, i128)],
        all: Whole,
        order: &mut Vec<Entry>,
        area: Area,
    ) -> Vec<Tile> {
        let candidate = |(entry, size): &(Entry, i128)| Candidate {
            entry: *entry,
            size: *size,
            name: format::width(&name_of(sight.tree(), *entry)),
        };
        let sized = largest.iter().filter(|(_, size)| *size > 0);
        let candidates: Vec<Candidate> = sized.map(candidate).collect();
        let arranged = arrange(order, &candidates, all, area);
        arranged.map_or(Vec::new(), |layout| self.tiles_in(sight, layout, all))
    }

    fn tiles_in(&self, sight: &Sight<'_>, layout: Layout, all: Whole) -> Vec<Tile> {
        let tile = |(entry, size, area)| self.tile(sight, entry, size, area);
        let mut tiles: Vec<Tile> = layout.tiles.into_iter().map(tile).collect();
        tiles.extend(layout.more.map(|more| Tile {
            what: What::More(more.count),
            name: more.name(),
            size: more.size,
            bound: all.bound,
            most: None,
            area: more.area,
            inside: Vec::new(),
        }));
        tiles
    }

    fn tile(&self, sight: &Sight<'_>, entry: Entry, size: i128, area: Area) -> Tile {
        let tree = sight.tree();
        let (bound, most) = match entry {
            Entry::Directory(dir) => (tree.bound(dir), self.most.get(&dir).copied()),
            Entry::File(Place { block, at }) => {
                let file = Unpacker::seek(tree.records(block), at as usize).next();
                let most = file.map(|file| {
                    let age = Age::of(file.modified, sight.begun);
                    (Class::of(file.name), age)
                });
                (Bound::Exact, most)
            }
        };
        Tile {
            what: What::Entry(entry),
            name: name_of(tree, entry),
            size,
            bound,
            most,
            area,
            inside: Vec::new(),
        }
    }
}

/// The name of an entry, safe to show, with the sign of its kind.
fn name_of(tree: &Tree, entry: Entry) -> String {
    let (name, kind) = match entry {
        Entry::Directory(dir) => (tree.name(dir), tree.own(dir).kind),
        Entry::File(Place { block, at }) => {
            let file = Unpacker::resume(tree.records(block), at as usize).next();
            file.map_or((&b""[..], Kind::Other), |file| (file.name, file.kind))
        }
    };
    let sign = match kind {
        Kind::Directory if !name.ends_with(b"/") => "/",
        Kind::Symlink => "@",
        Kind::Pipe => "|",
        Kind::Socket => "=",
        _ => "",
    };
    format!("{}{sign}", escape::name(name))
}

fn has_two_levels(sight: &Sight<'_>) -> bool {
    sight.columns >= LEAST_FOR_TWO_LEVELS.0 && sight.lines >= LEAST_FOR_TWO_LEVELS.1
}

fn directory(tree: &Tree, entry: Entry) -> Option<DirId> {
    match entry {
        Entry::Directory(dir) if tree.own(dir).kind == Kind::Directory => Some(dir),
        _ => None,
    }
}

pub(super) fn entry_id(entry: Entry) -> EntryId {
    match entry {
        Entry::Directory(dir) => EntryId::Directory(dir),
        Entry::File(Place { block, at }) => EntryId::File { block, at },
    }
}

impl Table for Map {
    fn renew(&mut self, sight: &Sight<'_>) {
        if self.entries.dir() != sight.dir || self.apparent != sight.apparent {
            *self = Self {
                colouring: self.colouring,
                ..Self::of(sight.dir, sight.apparent)
            };
        }
        if sight.is_known() {
            self.entries.renew(sight.tree());
        }
    }

    fn is_behind(&self, state: &State) -> bool {
        self.entries.is_behind()
            || self.inside.values().any(Entries::is_behind)
            || self
                .kinds
                .as_ref()
                .is_some_and(|kinds| kinds.is_behind(state.tree()))
    }

    fn take_slice(&mut self, sight: &Sight<'_>) -> bool {
        let tree = sight.tree();
        self.is_stale |= self.is_behind(sight.state);
        if self.entries.is_behind() {
            self.entries.advance(tree);
        } else if let Some(entries) = self.inside.values_mut().find(|entries| entries.is_behind()) {
            entries.advance(tree);
        } else if let Some(kinds) = &mut self.kinds {
            kinds.advance(tree);
        }
        self.is_due(sight)
    }

    fn show(&mut self, sight: &Sight<'_>, lines: usize) -> bool {
        let before = self.selected();
        self.selected = sight.selected;
        let is_turn = self.is_due(sight);
        if is_turn {
            self.is_stale = false;
            self.take_over(sight);
            // What has just been begun is soon there.
            let awaits = self.inside.values().any(Entries::is_behind)
                || self.kinds.as_ref().is_some_and(|kinds| !kinds.is_whole());
            self.due = sight.now + if awaits { SOON } else { TURN };
        }
        let size = (sight.columns, lines);
        let changed = is_turn || self.size != size;
        if changed && sight.is_known() {
            self.size = size;
            self.lay_out(sight, lines);
        }
        changed || self.selected() != before
    }

    fn stands_still_until(&self, _: Duration) -> Option<Duration> {
        None
    }

    fn step(&mut self, rows: isize, _: Duration) {
        self.go(if rows < 0 {
            Direction::Up
        } else {
            Direction::Down
        });
    }

    fn select_end(&mut self, end: End, _: Duration) {
        let tile = match end {
            End::First => self.tiles.first(),
            End::Last => self.tiles.last(),
        };
        self.selected = tile.and_then(|tile| self.entry_of(tile.what));
    }
}

impl Map {
    fn is_due(&self, sight: &Sight<'_>) -> bool {
        let is_whole = !self.is_behind(sight.state);
        let is_empty = self.tiles.is_empty();
        self.is_stale
            && (sight.now >= self.due || is_empty || (is_whole && !sight.scan.is_running()))
    }
}
