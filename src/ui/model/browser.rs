//! The directory that is shown: which rows of it are on the screen, and which is selected.
//!
//! The selected entry keeps its line while rows move around it; until the first key that moves, the
//! selection stays on the first row instead. While the selection is being moved the order stands
//! still.

use std::time::Duration;

use super::{
    listing::{self, By, EntryId, Listing, Order, Scope},
    rescan::{Exchange, Now},
    row::{Look, Row, RowState, own_size},
};
use crate::{
    format,
    scan::dir::DirId,
    state::State,
    tree::{Bound, DirState, Tree},
};

/// After a key that moves the selection the order stands still for so long.
const STILL: Duration = Duration::from_secs(2);

/// One of the two ends of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The first row.
    First,
    /// The last one.
    Last,
}

/// The directory that is shown. See the module's head.
#[derive(Debug)]
pub struct Browser {
    dir: DirId,
    order: Order,
    /// The rows in the order in which they are shown.
    listing: Option<Listing>,
    /// The rows in another order, until they are whole.
    next: Option<Listing>,
    /// When rows were begun to be taken last, and from when on they may be again.
    begun: Duration,
    renew_due: Duration,
    /// When something new may be taken for which it was too early.
    postponed_until: Option<Duration>,
    /// `None`: the first row, whichever that is.
    selected: Option<EntryId>,
    /// On which of the lines for rows the selection is to stand.
    line: usize,
    /// On which it stands; `None` while the selected entry is not among the rows.
    cursor: Option<usize>,
    /// Rows are being taken anew of a directory that was read again: until all are there, the
    /// selection goes where it can, and then back to its line.
    is_anew: bool,
    /// The lines on which the directories stood through which one came here, the outermost first.
    lines_above: Vec<usize>,
    still_until: Option<Duration>,
    /// The order stands still until it is let go.
    is_held: bool,
    rows: Vec<Row>,
    /// How many rows come before the first of `rows`.
    first: usize,
    len: usize,
    largest: i128,
    total: i128,
    state: RowState,
    bound: Bound,
    unfinished_rows: bool,
}

impl Browser {
    /// The rows of `dir`, the largest first.
    pub(super) fn new(dir: DirId, apparent: bool) -> Self {
        Self::at(
            dir,
            Order {
                by: By::Size,
                reversed: false,
                apparent,
                directories_first: false,
                scope: Scope::All,
            },
        )
    }

    fn at(dir: DirId, order: Order) -> Self {
        Self {
            dir,
            order,
            listing: None,
            next: None,
            begun: Duration::ZERO,
            renew_due: Duration::ZERO,
            postponed_until: None,
            selected: None,
            line: 0,
            cursor: None,
            is_anew: false,
            lines_above: Vec::new(),
            still_until: None,
            is_held: false,
            rows: Vec::new(),
            first: 0,
            len: 0,
            largest: 0,
            total: 0,
            state: RowState::Queued,
            bound: Bound::AtLeast,
            unfinished_rows: false,
        }
    }

    // ── What is on the screen ────────────────────────────────────────────────────────────────────────────────────

    /// The directory that is shown.
    pub fn dir(&self) -> DirId {
        self.dir
    }

    /// How its rows are ordered.
    pub fn order(&self) -> Order {
        self.order
    }

    /// The rows that are on the screen.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// How many rows come before those on the screen.
    pub fn first(&self) -> usize {
        self.first
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Which of the rows on the screen is selected.
    pub fn selected_line(&self) -> Option<usize> {
        self.cursor
            .filter(|line| self.rows.get(*line).is_some_and(|row| row.entry.is_some()))
    }

    /// The row that is selected.
    pub fn selected(&self) -> Option<&Row> {
        self.selected_line().map(|line| &self.rows[line])
    }

    /// The size of the largest row, which the bars are drawn against.
    pub fn largest(&self) -> i128 {
        self.largest
    }

    /// The size of the directory, which the shares are of.
    pub fn total(&self) -> i128 {
        self.total
    }

    /// What the directory is in.
    pub fn state(&self) -> RowState {
        self.state
    }

    /// How the directory's size stands to what is there.
    pub fn bound(&self) -> Bound {
        self.bound
    }

    /// Whether any row is not finished, so that those which are must say so.
    pub fn has_unfinished_rows(&self) -> bool {
        self.unfinished_rows
    }

    // ── Time ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// When the order may move again, if it stands still now.
    pub(super) fn stands_still_until(&self, now: Duration) -> Option<Duration> {
        self.still_until.filter(|until| *until > now)
    }

    /// When there may be more to take although nothing happens until then.
    pub(super) fn waits_until(&self, now: Duration) -> Option<Duration> {
        self.stands_still_until(now).or(self.postponed_until)
    }

    /// Holds the order, as soon as there is one, or lets it go.
    pub(super) fn hold(&mut self, is_held: bool) {
        self.is_held = is_held;
    }

    /// Whether all rows were taken in the order that is wanted.
    fn is_in_order(&self) -> bool {
        let listing = self.listing.as_ref();
        listing.is_some_and(|listing| listing.order() == self.order && !listing.is_behind())
    }

    /// Whether rows are still being taken from the tree.
    pub fn is_behind(&self) -> bool {
        self.next.is_some() || self.listing.as_ref().is_some_and(Listing::is_behind)
    }

    /// Begins to take what is new in the tree, unless the order stands still. Another order is
    /// built beside the one that is shown.
    pub(super) fn renew(&mut self, tree: &Tree, now: Duration) {
        self.postponed_until = None;
        if !tree.contains(self.dir) || self.stands_still_until(now).is_some() {
            return;
        }
        if self.is_held && self.is_in_order() {
            return;
        }
        let was_behind = self.is_behind();
        match &mut self.listing {
            None => self.listing = Some(Listing::new(tree, self.dir, self.order)),
            Some(listing) if listing.order() == self.order => {
                self.next = None;
                if now >= self.renew_due {
                    listing.renew(tree);
                } else if !listing.is_current(tree) {
                    self.postponed_until = Some(self.renew_due);
                }
            }
            Some(_)
                if self
                    .next
                    .as_ref()
                    .is_some_and(|next| next.order() == self.order) => {}
            Some(_) => self.next = Some(Listing::new(tree, self.dir, self.order)),
        }
        if !was_behind {
            self.begun = now;
        }
    }

    /// Takes one slice of what is new. Whether the rows on the screen are to be cut anew.
    pub(super) fn take_slice(&mut self, tree: &Tree, now: Duration) -> bool {
        let Some(listing) = self.next.as_mut().or(self.listing.as_mut()) else {
            return false;
        };
        let was_behind = listing.is_behind();
        if was_behind {
            listing.advance(tree);
        }
        let is_whole = !listing.is_behind();
        if is_whole {
            if was_behind {
                // What takes long is done less often: a fifth of the time at most.
                self.renew_due = now + 4 * now.saturating_sub(self.begun);
            }
            if let Some(next) = self.next.take() {
                self.listing = Some(next);
            }
        }
        is_whole || self.rows.is_empty()
    }

    /// Cuts out the rows that are on the screen, `lines` of them. Whether anything on the screen
    /// has changed.
    pub(super) fn show(&mut self, look: &Look<'_>, lines: usize) -> bool {
        let tree = look.state.tree();
        let lines = lines.max(1);
        let line = self.line.min(lines - 1);
        if !self.is_behind() {
            self.let_go_of_hidden(tree, line);
        }
        let Some(listing) = &self.listing else {
            return false;
        };
        let notes = self.notes(look, listing);
        let has_itself = self.has_itself(tree, listing);
        let len = listing.len() + usize::from(has_itself) + notes.len();
        let rank = match self.selected {
            None => Some(0),
            Some(EntryId::Itself) => Some(listing.len()),
            // Not taken yet: the line waits for it.
            Some(entry) => listing.rank(tree, entry),
        };
        let first = rank.map_or(self.first, |rank| rank.saturating_sub(line));
        let end = len.saturating_sub(lines);
        let first = match rank {
            // Whoever is on the last entry sees what stands below it as well.
            Some(rank) if rank + 1 + notes.len() == len => end.min(rank),
            _ => first.min(end),
        };
        self.cursor = rank.map(|rank| rank.saturating_sub(first).min(lines - 1));
        self.is_anew &= self.is_behind();
        if !self.is_anew {
            self.line = self.cursor.unwrap_or(self.line);
        }
        let mut rows: Vec<Row> = listing
            .window(tree, first, lines)
            .into_iter()
            .map(|entry| look.row(entry))
            .collect();
        let behind = listing.len() + usize::from(has_itself);
        if rows.len() < lines && has_itself && first <= listing.len() {
            rows.push(look.itself(self.dir));
        }
        let room = lines - rows.len();
        rows.extend(
            notes
                .into_iter()
                .skip(first.saturating_sub(behind))
                .take(room),
        );
        let itself = i128::from(own_size(tree, self.dir, self.order.apparent));
        let largest = listing.largest().max(itself);
        let here = (
            listing::size_of_directory(tree, self.dir, self.order.apparent),
            look.state(self.dir),
            tree.bound(self.dir),
            tree.totals(self.dir).unfinished > 0 || tree.has_read_again(self.dir),
        );
        let was = (self.total, self.state, self.bound, self.unfinished_rows);
        let changed = (&rows, first, len, largest, here)
            != (&self.rows, self.first, self.len, self.largest, was);
        (self.rows, self.first, self.len, self.largest) = (rows, first, len, largest);
        (self.total, self.state, self.bound, self.unfinished_rows) = here;
        changed
    }

    /// Whether the directory itself is a row. The virtual parent of several roots has no size of
    /// its own, and before anything is found, or when nothing could be read, a sentence stands
    /// alone.
    fn has_itself(&self, tree: &Tree, listing: &Listing) -> bool {
        let read = matches!(tree.state(self.dir), DirState::Complete | DirState::Partial);
        self.dir != DirId::TOP && (read || !listing.is_empty())
    }

    /// The rows below all others that make the sizes add up to the total.
    fn notes(&self, look: &Look<'_>, listing: &Listing) -> Vec<Row> {
        let (hidden, folded) = (listing.hidden(), listing.folded());
        let shared = shared_rows(look.state.tree(), listing, self.dir);
        let mut notes = Vec::new();
        if folded.count > 0 {
            let files = format::plural(folded.count, "small file", "small files");
            let what = if look.state.is_listed_again(self.dir) {
                "folded; being listed again"
            } else {
                "folded (--memory)"
            };
            notes.push(Row {
                files: Some(folded.count),
                ..Row::note(format!("{files} {what}"), folded.size)
            });
        }
        if hidden.count > 0 {
            let entries = match hidden.count {
                1 => "1 entry is".to_owned(),
                count => format!("{} entries are", format::count(count)),
            };
            notes.push(Row {
                bound: if hidden.at_least {
                    Bound::AtLeast
                } else {
                    Bound::Exact
                },
                ..Row::note(format!("{entries} hidden. e shows them."), hidden.size)
            });
        }
        if shared > 0 {
            let name = "counted in two rows, hard links".to_owned();
            notes.push(Row::note(name, -shared));
        }
        notes
    }

    /// Selects the row where the selected entry stood if that is not among the rows any more.
    fn let_go_of_hidden(&mut self, tree: &Tree, line: usize) {
        let Some(listing) = &self.listing else { return };
        let is_gone = self.selected.is_some_and(|selected| {
            selected != EntryId::Itself && listing.rank(tree, selected).is_none()
        });
        if is_gone {
            let rank = (self.first + line).min(listing.len().saturating_sub(1));
            self.selected = listing.window(tree, rank, 1).first().copied();
        }
    }

    // ── Moving ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// Moves the selection by `rows`, up where negative, not beyond the ends.
    pub(in crate::ui) fn step(&mut self, state: &State, rows: isize, now: Duration) {
        if std::mem::take(&mut self.is_anew) {
            self.line = self.cursor.unwrap_or(self.line);
        }
        let at = self.first + self.cursor.unwrap_or(0);
        self.select_rank(state.tree(), at.saturating_add_signed(rows), now);
        self.line = self.line.saturating_add_signed(rows);
    }

    /// Selects the first row, or the last.
    pub(in crate::ui) fn select_end(&mut self, state: &State, end: End, now: Duration) {
        // What is too far is as far as it goes.
        let far = match end {
            End::First => 0,
            End::Last => usize::MAX,
        };
        self.select_rank(state.tree(), far, now);
        self.line = far;
    }

    fn select_rank(&mut self, tree: &Tree, rank: usize, now: Duration) {
        let Some(listing) = &self.listing else { return };
        let has_itself = self.has_itself(tree, listing);
        let last = (listing.len() + usize::from(has_itself)).saturating_sub(1);
        let rank = rank.min(last);
        self.selected = match listing.window(tree, rank, 1).first() {
            Some(entry) => Some(*entry),
            None if has_itself => Some(EntryId::Itself),
            None => None,
        };
        self.still_until = Some(now + STILL);
    }

    /// Shows `dir`, a subdirectory of the one shown.
    pub(in crate::ui) fn open(&mut self, dir: DirId) {
        let mut lines_above = std::mem::take(&mut self.lines_above);
        lines_above.push(self.line);
        *self = Self {
            lines_above,
            ..Self::at(dir, self.order)
        };
    }

    /// Shows the parent, with the directory one came from selected on the line it had.
    pub(in crate::ui) fn up(&mut self, parent: DirId) {
        let mut lines_above = std::mem::take(&mut self.lines_above);
        let line = lines_above.pop().unwrap_or(0);
        let selected = Some(EntryId::Directory(self.dir));
        *self = Self {
            selected,
            line,
            lines_above,
            ..Self::at(parent, self.order)
        };
    }

    /// Shows `dir` with one of its entries selected, in the middle of the screen.
    pub(in crate::ui) fn reveal(&mut self, dir: DirId, entry: EntryId) {
        // It may be one of those that are hidden.
        let order = Order {
            scope: Scope::All,
            ..self.order
        };
        *self = Self {
            selected: Some(entry),
            line: self.rows.len() / 2,
            ..Self::at(dir, order)
        };
    }

    /// A directory was read again. What is shown and selected is looked up in the new one; where it
    /// is gone, the nearest directory above it is shown.
    pub(super) fn follow(&mut self, exchange: &Exchange<'_>) {
        if exchange.is_old(self.dir) {
            self.follow_inside(exchange);
            return;
        }
        let old = EntryId::Directory(exchange.old);
        if exchange.tree.parent(exchange.old) == Some(self.dir) {
            for listing in self.listing.iter_mut().chain(&mut self.next) {
                listing.replace(exchange.tree, exchange.old, exchange.new);
            }
        }
        // One that is gone gives its place to the row below it.
        if let (true, Some(new)) = (self.selected == Some(old), exchange.new) {
            self.selected = Some(EntryId::Directory(new));
        }
    }

    /// What is in a directory was listed again, without what is below it. If it is the one that is
    /// shown, its rows are taken anew.
    pub(super) fn follow_listing(&mut self, exchange: &Exchange<'_>) {
        if exchange.new != Some(self.dir) {
            return;
        }
        let selected = self.selected.and_then(|entry| match entry {
            EntryId::File { .. } => exchange.entry(exchange.old, entry).map(|(_, new)| new),
            entry => Some(entry),
        });
        *self = Self {
            selected,
            line: self.line,
            is_anew: true,
            lines_above: std::mem::take(&mut self.lines_above),
            first: self.first,
            ..Self::at(self.dir, self.order)
        };
    }

    fn follow_inside(&mut self, exchange: &Exchange<'_>) {
        let tree = exchange.tree;
        let (dir, selected) = match exchange.dir(self.dir) {
            Now::At(dir) => {
                let new = |entry| exchange.entry(self.dir, entry);
                let selected = self
                    .selected
                    .map(|entry| new(entry).map_or(entry, |(_, entry)| entry));
                (dir, selected)
            }
            Now::Below(dir, name) => (dir, exchange.named(dir, &name)),
        };
        let mut lines_above = std::mem::take(&mut self.lines_above);
        let (mut line, mut first) = (self.line, self.first);
        // As if one had gone up.
        let depth = |dir| std::iter::successors(Some(dir), |dir| tree.parent(*dir)).count();
        for _ in depth(dir)..depth(self.dir) {
            (line, first) = (lines_above.pop().unwrap_or(0), 0);
        }
        *self = Self {
            selected,
            line,
            is_anew: true,
            lines_above,
            first,
            ..Self::at(dir, self.order)
        };
    }

    /// Selects one of the entries of the directory.
    pub(super) fn select(&mut self, entry: EntryId) {
        self.selected = Some(entry);
    }

    /// The entry that is selected; `None` for the first row, whichever that is.
    pub(super) fn selected_entry(&self) -> Option<EntryId> {
        self.selected
    }

    /// Orders rows by `by`; by what they are ordered by already, the other way round.
    pub(in crate::ui) fn order_by(&mut self, by: By) {
        let reversed = self.order.by == by && !self.order.reversed;
        self.set_order(Order {
            by,
            reversed,
            ..self.order
        });
    }

    /// Changes between disk usage and apparent size.
    pub(in crate::ui) fn toggle_apparent(&mut self) {
        self.set_order(Order {
            apparent: !self.order.apparent,
            ..self.order
        });
    }

    /// Puts directories before everything else, or takes that back.
    pub(in crate::ui) fn toggle_directories_first(&mut self) {
        self.set_order(Order {
            directories_first: !self.order.directories_first,
            ..self.order
        });
    }

    /// Leaves out what is hidden or excluded, or shows it again.
    pub(in crate::ui) fn toggle_hidden(&mut self) {
        let scope = match self.order.scope {
            Scope::All => Scope::Plain,
            Scope::Plain => Scope::All,
        };
        self.set_order(Order {
            scope,
            ..self.order
        });
    }

    fn set_order(&mut self, order: Order) {
        self.order = order;
        self.still_until = None;
    }
}

/// How much of the rows' sizes is counted in two of them; known once all is read and taken.
fn shared_rows(tree: &Tree, listing: &Listing, dir: DirId) -> i128 {
    if dir == DirId::TOP || tree.totals(dir).unfinished > 0 || tree.has_read_again(dir) {
        return 0;
    }
    let apparent = listing.order().apparent;
    let total = listing::size_of_directory(tree, dir, apparent);
    let own = i128::from(own_size(tree, dir, apparent));
    listing.sum(tree).map_or(0, |sum| sum + own - total)
}
