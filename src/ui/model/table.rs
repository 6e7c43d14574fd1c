//! What the tables of the views have in common: what they are made from, when they may be put in
//! order anew, and what can be done with each.

use std::{path::Path, time::Duration};

use super::{
    End, Workers,
    listing::{self, EntryId},
};
use crate::{
    derive::{Derivation, Gather, Moves},
    escape,
    format::Signs,
    scan::dir::DirId,
    state::{ScanState, State},
    tree::Tree,
};

/// What a table is made from.
#[derive(Clone, Copy)]
pub(super) struct Sight<'a> {
    pub(super) state: &'a State,
    /// The directory that is shown.
    pub(super) dir: DirId,
    /// Which of the two sizes.
    pub(super) apparent: bool,
    pub(super) scan: ScanState,
    /// Time since the start.
    pub(super) now: Duration,
    /// The start, in seconds since 1970.
    pub(super) begun: i64,
    pub(super) signs: Signs,
    pub(super) workers: &'a Workers,
    /// Columns and lines of the screen.
    pub(super) columns: u16,
    pub(super) lines: u16,
    /// What is selected among the rows of the directory; `None` for the first of them.
    pub(super) selected: Option<EntryId>,
    /// The order stands still as long as details are shown.
    pub(super) is_held: bool,
}

impl Sight<'_> {
    pub(super) fn tree(&self) -> &Tree {
        self.state.tree()
    }

    /// The size of the directory that is shown, with everything below it, in bytes; nothing before
    /// it is known.
    pub(super) fn total(&self) -> i128 {
        if self.is_known() {
            listing::size_of_directory(self.tree(), self.dir, self.apparent)
        } else {
            0
        }
    }

    /// Whether the directory that is shown is in the tree, which at the very start it is not.
    pub(super) fn is_known(&self) -> bool {
        self.tree().contains(self.dir)
    }

    /// The path of `name` in `dir` below the directory that is shown, safe to show; that of `dir`
    /// where the name is empty.
    pub(super) fn path_below(&self, dir: DirId, name: &[u8]) -> String {
        self.path(self.dir, dir, name)
    }

    /// The whole path of `name` in `dir`, or of `dir` where the name is empty, safe to show.
    pub(super) fn whole_path(&self, dir: DirId, name: &[u8]) -> String {
        self.path(DirId::TOP, dir, name)
    }

    fn path(&self, above: DirId, dir: DirId, name: &[u8]) -> String {
        /// More parts than this are never shown, however wide the screen is.
        const MOST: usize = 64;
        let tree = self.tree();
        let mut parts = vec![name];
        let mut next = Some(dir);
        while let Some(dir) = next.filter(|dir| *dir != above && *dir != DirId::TOP) {
            if parts.len() == MOST {
                let first = tree.branch(above, dir).unwrap_or(dir);
                parts.extend([self.signs.shortened().as_bytes(), tree.name(first)]);
                break;
            }
            parts.push(tree.name(dir));
            next = tree.parent(dir);
        }
        parts.reverse();
        // The root of all roots ends in a slash already.
        let parts = parts.into_iter().filter(|part| !part.is_empty());
        let mut path = Vec::new();
        for part in parts {
            if !path.is_empty() && !path.ends_with(b"/") {
                path.push(b'/');
            }
            path.extend_from_slice(part);
        }
        let path: &std::ffi::OsStr = std::os::unix::ffi::OsStrExt::from_bytes(path.as_slice());
        escape::path(Path::new(path))
    }
}

/// A table in the place of the rows of a directory.
pub(super) trait Table {
    /// Begins to take what is new; begins anew where another directory is shown.
    fn renew(&mut self, sight: &Sight<'_>);

    /// Whether there is more to take.
    fn is_behind(&self, state: &State) -> bool;

    /// Takes one slice. Whether the rows on the screen are to be cut anew.
    fn take_slice(&mut self, sight: &Sight<'_>) -> bool;

    /// Cuts out the rows that are on the screen, which has room for `lines`. Whether anything on
    /// the screen has changed.
    fn show(&mut self, sight: &Sight<'_>, lines: usize) -> bool;

    /// When the order may move again, if it stands still now.
    fn stands_still_until(&self, now: Duration) -> Option<Duration>;

    /// Moves the selection by `rows`, up where negative, not beyond the ends.
    fn step(&mut self, rows: isize, now: Duration);

    /// Selects the first row, or the last.
    fn select_end(&mut self, end: End, now: Duration);
}

/// While a scan runs, what is derived is put in order so often at most.
pub(super) const TURN: Duration = Duration::from_secs(1);

/// What is derived from the tree for a table, and when the table takes it over.
#[derive(Debug)]
pub(super) struct Derived<G> {
    derivation: Derivation<G>,
    /// Something was gathered since it was taken over.
    is_stale: bool,
    was_whole: bool,
    apparent: bool,
    due: Duration,
    percent: Option<u64>,
}

impl<G: Gather> Derived<G> {
    /// Nothing is gathered yet of what is below `dir`.
    pub(super) fn new(dir: DirId, gathered: G) -> Self {
        Self {
            derivation: Derivation::new(dir, gathered),
            is_stale: true,
            was_whole: false,
            apparent: false,
            due: Duration::ZERO,
            percent: None,
        }
    }

    /// Nothing is gathered yet; what was taken over stays until everything is.
    pub(super) fn begin_again(&mut self, gathered: G, sight: &Sight<'_>) {
        self.derivation = Derivation::new(self.dir(), gathered);
        (self.was_whole, self.due) = (false, sight.now + TURN);
    }

    /// Files were folded.
    pub(super) fn follow(&mut self, moves: &Moves) {
        self.derivation.follow(moves);
    }

    pub(super) fn dir(&self) -> DirId {
        self.derivation.scope()
    }

    pub(super) fn gathered(&self) -> &G {
        self.derivation.gathered()
    }

    pub(super) fn renew(&mut self, sight: &Sight<'_>) {
        self.derivation.renew(sight.tree());
    }

    pub(super) fn is_behind(&self, tree: &Tree) -> bool {
        self.derivation.is_behind(tree)
    }

    /// Takes one slice. Whether it is time to take over what was gathered.
    pub(super) fn take_slice(&mut self, sight: &Sight<'_>) -> bool {
        self.is_stale |= self.derivation.advance(sight.tree()).looked_at > 0;
        self.is_due(sight)
    }

    /// Whether what was gathered is to be taken over; the caller does it then.
    pub(super) fn is_turn(&mut self, sight: &Sight<'_>) -> bool {
        let is_turn = self.is_due(sight) || self.is_other(sight);
        if is_turn {
            self.is_stale = false;
            self.was_whole = self.derivation.is_whole();
            self.apparent = sight.apparent;
            self.due = sight.now + TURN;
            // A little is always on its way while a scan runs.
            let percent = self.derivation.percent(sight.tree());
            self.percent = (percent < 98).then_some(percent);
        }
        is_turn
    }

    /// Whether it is to be of the other one of the two sizes.
    pub(super) fn is_other(&self, sight: &Sight<'_>) -> bool {
        self.apparent != sight.apparent
    }

    fn is_due(&self, sight: &Sight<'_>) -> bool {
        let is_whole = self.derivation.is_whole() && !self.was_whole;
        let has_ended = !sight.scan.is_running() && !self.is_behind(sight.tree());
        is_whole || (self.is_stale && (has_ended || sight.now >= self.due))
    }

    /// Which part of the tree so far, in percent, is in what was taken over last; `None` for all of
    /// it.
    pub(super) fn percent(&self) -> Option<u64> {
        self.percent
    }
}
