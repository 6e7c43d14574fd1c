//! The view of the largest files: a flat list of those below the directory that is shown.

use std::time::Duration;

use super::{
    End,
    listing::EntryId,
    pick::Pick,
    rescan::Exchange,
    table::{Derived, Sight, Table},
};
use crate::{
    derive::{
        Moves, Place,
        ages::Age,
        largest::{Large, Largest, Which},
    },
    scan::dir::DirId,
    state::State,
    tree::{Tree, block::Unpacker},
};

/// A row of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LargeRow {
    /// Which entry.
    pub entry: EntryId,
    /// The path below the directory that is shown, safe to show.
    pub path: String,
    /// Size in bytes, of the kind that is shown.
    pub size: u64,
    /// Last modification, in seconds since 1970.
    pub modified: i64,
}

/// The list. See the module's head.
#[derive(Debug)]
pub struct LargestFiles {
    derived: Derived<Largest>,
    only: Option<Age>,
    files: Vec<Large>,
    ids: Vec<Which>,
    pick: Pick<Which>,
    rows: Vec<LargeRow>,
    first: usize,
    total: i128,
}

impl LargestFiles {
    pub(super) fn new(dir: DirId) -> Self {
        Self {
            derived: Derived::new(dir, Largest::new(None)),
            only: None,
            files: Vec::new(),
            ids: Vec::new(),
            pick: Pick::default(),
            rows: Vec::new(),
            first: 0,
            total: 0,
        }
    }

    /// Nothing is known of the files below `dir`, but which were wanted and where the selection is.
    pub(super) fn begin_anew(&mut self, dir: DirId) {
        *self = Self {
            only: self.only,
            pick: self.pick.clone(),
            ..Self::new(dir)
        };
    }

    /// Looks the selected file up in the new directory.
    pub(super) fn follow(&mut self, exchange: &Exchange<'_>) {
        self.pick.follow(|which| match which {
            Which::Root(root) if exchange.old == root => Some(Which::Root(exchange.new?)),
            Which::Root(root) => Some(Which::Root(root)),
            Which::File(place) => exchange.place(place).map(Which::File),
        });
    }

    /// Looks the files up that were not folded, and lets go of those that were.
    pub(super) fn follow_folding(&mut self, moves: &Moves) {
        self.derived.follow(moves);
        let files = self.files.drain(..);
        self.files = files.filter_map(|large| large.follow(moves)).collect();
        self.ids = self.files.iter().map(|file| file.which.0).collect();
        self.pick.follow(|which| which.follow(moves));
    }

    /// The rows on the screen.
    pub fn rows(&self) -> &[LargeRow] {
        &self.rows
    }

    /// How many rows come before those on the screen.
    pub fn first(&self) -> usize {
        self.first
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Which of the rows on the screen is selected.
    pub fn selected_line(&self) -> Option<usize> {
        (!self.is_empty()).then(|| self.pick.rank(&self.ids).checked_sub(self.first))?
    }

    /// The only age that is listed, if it is only one.
    pub fn only(&self) -> Option<Age> {
        self.only
    }

    /// The size of the directory, which the shares are of.
    pub fn total(&self) -> i128 {
        self.total
    }

    /// Which part of the tree so far it is of, in percent; `None` for all of it.
    pub fn percent(&self) -> Option<u64> {
        self.derived.percent()
    }

    /// The selected file, and the directory that it is a row of.
    pub(super) fn selected(&self, tree: &Tree) -> Option<(DirId, EntryId)> {
        let which = *self.ids.get(self.pick.rank(&self.ids))?;
        let dir = match which {
            Which::Root(_) => DirId::TOP,
            Which::File(place) => tree.dir_of(place.block),
        };
        Some((dir, entry(which)))
    }

    /// Lists only files of an age, or all; from the next renewal on.
    pub(super) fn set_only(&mut self, only: Option<Age>) {
        self.only = only;
    }
}

fn entry(which: Which) -> EntryId {
    match which {
        Which::Root(dir) => EntryId::Directory(dir),
        Which::File(Place { block, at }) => EntryId::File { block, at },
    }
}

fn row(sight: &Sight<'_>, large: &Large) -> LargeRow {
    let tree = sight.tree();
    let path = match large.which.0 {
        Which::Root(dir) => sight.path_below(DirId::TOP, tree.name(dir)),
        Which::File(place) => {
            let records = tree.records(place.block);
            let file = Unpacker::resume(records, place.at as usize).next();
            let name = file.map_or(&b""[..], |file| file.name);
            sight.path_below(tree.dir_of(place.block), name)
        }
    };
    LargeRow {
        entry: entry(large.which.0),
        path,
        size: large.size,
        modified: large.modified,
    }
}

impl Table for LargestFiles {
    fn renew(&mut self, sight: &Sight<'_>) {
        let gathered = || Largest::new(self.only.map(|age| (age, sight.begun)));
        if self.derived.dir() != sight.dir || self.derived.gathered().only() != self.only {
            *self = Self {
                derived: Derived::new(sight.dir, gathered()),
                only: self.only,
                ..Self::new(sight.dir)
            };
        } else if self.derived.gathered().has_lost() && !sight.scan.is_running() {
            self.derived.begin_again(gathered(), sight);
        }
        self.derived.renew(sight);
    }

    fn is_behind(&self, state: &State) -> bool {
        self.derived.is_behind(state.tree())
    }

    fn take_slice(&mut self, sight: &Sight<'_>) -> bool {
        self.derived.take_slice(sight)
    }

    fn show(&mut self, sight: &Sight<'_>, lines: usize) -> bool {
        let is_held = sight.is_held && !self.is_empty() && !self.derived.is_other(sight);
        let is_still = is_held || self.pick.stands_still_until(sight.now).is_some();
        let is_turn = !is_still && self.derived.is_turn(sight);
        if is_turn {
            self.files = self.derived.gathered().sorted(sight.apparent);
            self.ids = self.files.iter().map(|file| file.which.0).collect();
        }
        let window = self.pick.window(&self.ids, lines);
        let first = window.start;
        let rows: Vec<LargeRow> = self.files[window]
            .iter()
            .map(|large| row(sight, large))
            .collect();
        let total = sight.total();
        let changed = is_turn || (&rows, first, total) != (&self.rows, self.first, self.total);
        (self.rows, self.first, self.total) = (rows, first, total);
        changed
    }

    fn stands_still_until(&self, now: Duration) -> Option<Duration> {
        self.pick.stands_still_until(now)
    }

    fn step(&mut self, rows: isize, now: Duration) {
        self.pick.step(&self.ids, rows, now);
    }

    fn select_end(&mut self, end: End, now: Duration) {
        self.pick.select_end(&self.ids, end, now);
    }
}
