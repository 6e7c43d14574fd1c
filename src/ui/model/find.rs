//! Finding by name: the line that is typed, what was found below where one was, and stepping through
//! it afterwards.
//!
//! With each letter the search begins anew, and what the first slice finds is shown at once; what
//! the others find, and what the scan brings, twice a second.

use std::time::Duration;

use super::{
    End,
    listing::EntryId,
    pick::Pick,
    prompt::Prompt,
    rescan::{Exchange, Now},
    table::{Sight, Table},
};
use crate::{
    derive::{
        Derivation, Moves, Place,
        find::{Found, Hit, Query, Target},
    },
    scan::dir::DirId,
    state::State,
    tree::{
        Bound, Tree,
        block::{Kind, Unpacker},
    },
};

/// What was found is put in order so often at most.
const TURN: Duration = Duration::from_millis(500);

/// How far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The line is typed, and rows show what was found.
    Typing,
    /// One was chosen, and others can be stepped to.
    Stepping,
}

/// A row of what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundRow {
    /// Which entry.
    pub entry: EntryId,
    /// The path below where it was looked for, safe to show.
    pub path: String,
    /// What it is.
    pub kind: Kind,
    /// Size in bytes, of the kind that is shown.
    pub size: i128,
    /// How size and number of files stand to what is there.
    pub bound: Bound,
    /// Names of files below a directory.
    pub files: Option<u64>,
}

/// A search. See the module's head.
#[derive(Debug)]
pub struct Find {
    /// Below which directory.
    scope: DirId,
    stage: Stage,
    /// What is typed.
    pub(in crate::ui) prompt: Prompt,
    /// The text that is looked for.
    text: String,
    derivation: Derivation<Found>,
    hits: Vec<Hit>,
    ids: Vec<Target>,
    pick: Pick<Target>,
    rows: Vec<FoundRow>,
    first: usize,
    count: u64,
    /// What was gathered when `hits` were taken over.
    is_whole: bool,
    is_stale: bool,
    due: Duration,
}

impl Find {
    /// Nothing is looked for yet below `scope`.
    pub(super) fn new(scope: DirId, apparent: bool) -> Self {
        Self::of(scope, Prompt::default(), apparent)
    }

    fn of(scope: DirId, prompt: Prompt, apparent: bool) -> Self {
        let text = prompt.text().to_owned();
        let found = Found::new(scope, Query::of(&text), apparent);
        Self {
            scope,
            stage: Stage::Typing,
            prompt,
            text,
            derivation: Derivation::new(scope, found),
            hits: Vec::new(),
            ids: Vec::new(),
            pick: Pick::default(),
            rows: Vec::new(),
            first: 0,
            count: 0,
            is_whole: false,
            is_stale: true,
            due: Duration::ZERO,
        }
    }

    /// Nothing is found yet of what is looked for.
    pub(super) fn begin_anew(&mut self) {
        let prompt = std::mem::take(&mut self.prompt);
        let apparent = self.derivation.gathered().is_apparent();
        *self = Self {
            stage: self.stage,
            pick: self.pick.clone(),
            ..Self::of(self.scope, prompt, apparent)
        };
    }

    /// Looks the selected one, and where it is looked for, up in the new directory.
    pub(super) fn follow(&mut self, exchange: &Exchange<'_>) {
        if exchange.is_old(self.scope) {
            let (Now::At(dir) | Now::Below(dir, _)) = exchange.dir(self.scope);
            self.scope = dir;
        }
        self.pick.follow(|target| match target {
            Target::Directory(dir) if exchange.is_old(dir) => match exchange.dir(dir) {
                Now::At(dir) => Some(Target::Directory(dir)),
                Now::Below(..) => None,
            },
            Target::Directory(dir) => Some(Target::Directory(dir)),
            Target::File(place) => exchange.place(place).map(Target::File),
        });
    }

    /// Looks up what was not folded, and lets go of what was.
    pub(super) fn follow_folding(&mut self, moves: &Moves) {
        self.derivation.follow(moves);
        let hits = self.hits.drain(..);
        self.hits = hits.filter_map(|hit| hit.follow(moves)).collect();
        self.ids = self.hits.iter().map(|hit| hit.target.0).collect();
        self.count = self.derivation.gathered().count();
        self.pick.follow(|target| target.follow(moves));
    }

    // ── What is on the screen ────────────────────────────────────────────────────────────────────────────────────

    /// The directory below which it is looked for.
    pub fn scope(&self) -> DirId {
        self.scope
    }

    /// How far it has come.
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// What is typed.
    pub fn prompt(&self) -> &Prompt {
        &self.prompt
    }

    /// What is looked for.
    pub fn query(&self) -> &Query {
        self.derivation.gathered().query()
    }

    /// The rows on the screen.
    pub fn rows(&self) -> &[FoundRow] {
        &self.rows
    }

    /// How many rows come before those on the screen.
    pub fn first(&self) -> usize {
        self.first
    }

    /// How many rows there are: the largest of what was found.
    pub fn len(&self) -> usize {
        self.hits.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.hits.is_empty()
    }

    /// How many were found.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Whether all that is known was looked through.
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Which of all rows is selected.
    pub fn rank(&self) -> usize {
        self.pick.rank(&self.ids)
    }

    /// Which of the rows on the screen is selected.
    pub fn selected_line(&self) -> Option<usize> {
        (!self.is_empty()).then(|| self.rank().checked_sub(self.first))?
    }

    // ── Going to what was found ──────────────────────────────────────────────────────────────────────────────────

    /// The selected entry, and the directory that it is a row of.
    pub(super) fn selected(&self, tree: &Tree) -> Option<(DirId, EntryId)> {
        let target = *self.ids.get(self.rank())?;
        let dir = match target {
            Target::Directory(dir) => tree.parent(dir)?,
            Target::File(place) => tree.dir_of(place.block),
        };
        Some((dir, entry(target)))
    }

    /// From now on it is stepped through, or typed again.
    pub(super) fn set_stage(&mut self, stage: Stage) {
        self.stage = stage;
    }

    /// Selects the next one, or the one before, around the ends.
    pub(super) fn select_neighbour(&mut self, end: End, now: Duration) {
        let (rank, last) = (self.rank(), self.len().saturating_sub(1));
        let rows = match end {
            End::Last if rank == last => -(last as isize),
            End::Last => 1,
            End::First if rank == 0 => last as isize,
            End::First => -1,
        };
        self.pick.step(&self.ids, rows, now);
    }

    // ── Time ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// Whether it is time to take over what was gathered.
    fn is_turn(&self, sight: &Sight<'_>) -> bool {
        let is_whole = self.derivation.is_whole() && !self.is_whole;
        let has_ended = !sight.scan.is_running() && !self.derivation.is_behind(sight.tree());
        is_whole || (self.is_stale && (has_ended || sight.now >= self.due))
    }

    fn take_over(&mut self, now: Duration) {
        let found = self.derivation.gathered();
        self.hits = found.sorted();
        self.ids = self.hits.iter().map(|hit| hit.target.0).collect();
        self.count = found.count();
        self.is_whole = self.derivation.is_whole();
        self.is_stale = false;
        self.due = now + TURN;
    }
}

fn entry(target: Target) -> EntryId {
    match target {
        Target::Directory(dir) => EntryId::Directory(dir),
        Target::File(Place { block, at }) => EntryId::File { block, at },
    }
}

fn row(sight: &Sight<'_>, target: Target) -> FoundRow {
    let tree = sight.tree();
    match target {
        Target::Directory(dir) => {
            let kind = tree.own(dir).kind;
            let is_directory = kind == Kind::Directory;
            FoundRow {
                entry: entry(target),
                path: sight.path_below(dir, b""),
                kind,
                size: super::listing::size_of_directory(tree, dir, sight.apparent),
                bound: tree.bound(dir),
                files: is_directory.then(|| tree.totals(dir).files.max(0) as u64),
            }
        }
        Target::File(place) => {
            let records = tree.records(place.block);
            let file = Unpacker::resume(records, place.at as usize).next();
            let (name, kind, disk, apparent) = file.map_or((&b""[..], Kind::Other, 0, 0), |file| {
                (file.name, file.kind, file.disk, file.apparent)
            });
            FoundRow {
                entry: entry(target),
                path: sight.path_below(tree.dir_of(place.block), name),
                kind,
                size: if sight.apparent { apparent } else { disk }.into(),
                bound: Bound::Exact,
                files: None,
            }
        }
    }
}

impl Table for Find {
    fn renew(&mut self, sight: &Sight<'_>) {
        let is_apparent = self.derivation.gathered().is_apparent();
        let has_lost = self.derivation.gathered().has_lost() && !sight.scan.is_running();
        if self.prompt.text() != self.text || is_apparent != sight.apparent || has_lost {
            let prompt = std::mem::take(&mut self.prompt);
            *self = Self {
                stage: self.stage,
                // Until the first slice is through, what was found before stays.
                hits: std::mem::take(&mut self.hits),
                ids: std::mem::take(&mut self.ids),
                rows: std::mem::take(&mut self.rows),
                count: self.count,
                ..Self::of(self.scope, prompt, sight.apparent)
            };
        }
        self.derivation.renew(sight.tree());
    }

    fn is_behind(&self, state: &State) -> bool {
        let is_asked = matches!(self.query(), Query::Words(_) | Query::Glob(_));
        is_asked && self.derivation.is_behind(state.tree())
    }

    fn take_slice(&mut self, sight: &Sight<'_>) -> bool {
        if self.is_behind(sight.state) {
            self.is_stale |= self.derivation.advance(sight.tree()).looked_at > 0;
        }
        self.is_turn(sight)
    }

    fn show(&mut self, sight: &Sight<'_>, lines: usize) -> bool {
        // A search that is not through yet may find what nobody has looked at.
        let is_held = sight.is_held && self.is_whole;
        let is_still = is_held || self.pick.stands_still_until(sight.now).is_some();
        let is_turn = !is_still && self.is_turn(sight);
        if is_turn {
            self.take_over(sight.now);
        }
        let below = Sight {
            dir: self.scope,
            ..*sight
        };
        let window = self.pick.window(&self.ids, lines);
        let first = window.start;
        let rows: Vec<FoundRow> = self.ids[window]
            .iter()
            .map(|target| row(&below, *target))
            .collect();
        let changed = is_turn || (&rows, first) != (&self.rows, self.first);
        (self.rows, self.first) = (rows, first);
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
