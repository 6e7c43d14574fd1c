//! The view of types: what is below the directory that is shown, by endings. The endings are rows
//! to walk through; what has no room, and the directories themselves, stand below them, so that
//! what is on the screen adds up to all there is.

use std::time::Duration;

use super::{
    End,
    listing::By,
    pick::Pick,
    table::{Derived, Sight, Table},
};
use crate::{
    derive::{
        Sums,
        types::{Ending, Types},
    },
    escape,
    scan::dir::DirId,
    state::State,
};

/// What a row is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// Names with this ending, safe to show, without its dot.
    Ending(String),
    /// Names without one.
    NoEnding,
    /// So many endings that are not on the screen.
    More(u64),
    /// The directories themselves.
    Directories,
}

/// A row of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeRow {
    /// Of what.
    pub what: Type,
    /// How much there is of it.
    pub sums: Sums,
}

/// The types. See the module's head.
#[derive(Debug)]
pub struct TypesTable {
    derived: Derived<Types>,
    by: By,
    is_reversed: bool,
    /// In order, and what there is of each.
    endings: Vec<Ending>,
    sums: Vec<Sums>,
    /// Endings beyond those that are told apart.
    others: Sums,
    dirs: Sums,
    pick: Pick<Ending>,
    rows: Vec<TypeRow>,
    pinned: Vec<TypeRow>,
    first: usize,
    all: Sums,
    largest: Sums,
    is_ordered_by: Option<(By, bool)>,
}

impl TypesTable {
    pub(super) fn new(dir: DirId) -> Self {
        Self {
            derived: Derived::new(dir, Types::default()),
            by: By::Size,
            is_reversed: false,
            endings: Vec::new(),
            sums: Vec::new(),
            others: Sums::default(),
            dirs: Sums::default(),
            pick: Pick::default(),
            rows: Vec::new(),
            pinned: Vec::new(),
            first: 0,
            all: Sums::default(),
            largest: Sums::default(),
            is_ordered_by: None,
        }
    }

    /// Nothing is known of the types below `dir`, but how they are ordered and which is selected.
    pub(super) fn begin_anew(&mut self, dir: DirId) {
        *self = Self {
            by: self.by,
            is_reversed: self.is_reversed,
            pick: self.pick.clone(),
            ..Self::new(dir)
        };
    }

    /// The rows on the screen that can be walked through.
    pub fn rows(&self) -> &[TypeRow] {
        &self.rows
    }

    /// The rows below them.
    pub fn pinned(&self) -> &[TypeRow] {
        &self.pinned
    }

    /// How many rows come before those on the screen.
    pub fn first(&self) -> usize {
        self.first
    }

    /// How many types there are, the directories among them.
    pub fn len(&self) -> usize {
        self.endings.len() + usize::from(self.dirs != Sums::default())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Which of the rows on the screen is selected.
    pub fn selected_line(&self) -> Option<usize> {
        (!self.rows.is_empty()).then(|| self.pick.rank(&self.endings).checked_sub(self.first))?
    }

    /// What the shares are of.
    pub fn all(&self) -> Sums {
        self.all
    }

    /// The most that any row has, which the bars are drawn against.
    pub fn largest(&self) -> Sums {
        self.largest
    }

    /// What the rows are ordered by, and whether it is the other way round.
    pub fn order(&self) -> (By, bool) {
        (self.by, self.is_reversed)
    }

    /// Which part of the tree so far it is of, in percent; `None` for all of it.
    pub fn percent(&self) -> Option<u64> {
        self.derived.percent()
    }

    /// A pattern for the names of the selected type; `None` where there is no such pattern.
    pub fn selected_pattern(&self) -> Option<String> {
        let ending = self.endings.get(self.pick.rank(&self.endings))?;
        let text = std::str::from_utf8(ending.bytes()).ok()?;
        (!ending.is_none()).then(|| format!("*.{text}"))
    }

    /// Orders rows by `by`; by what they are ordered by already, the other way round.
    pub(super) fn order_by(&mut self, by: By) {
        self.is_reversed = self.by == by && !self.is_reversed;
        self.by = by;
        self.pick.release();
    }

    fn sort(&mut self, apparent: bool) {
        let types = self.derived.gathered();
        let mut endings: Vec<(Ending, Sums)> = types.endings().collect();
        let key = |sums: &Sums| match self.by {
            By::Count => i128::from(sums.files),
            _ => sums.size(apparent),
        };
        endings.sort_unstable_by(|(one, these), (other, those)| {
            let names = one.cmp(other);
            match self.by {
                By::Name => names,
                _ => key(those).cmp(&key(these)).then(names),
            }
        });
        if self.is_reversed {
            endings.reverse();
        }
        (self.others, self.dirs) = (types.others(), types.dirs());
        (self.endings, self.sums) = endings.into_iter().unzip();
        let all = || self.sums.iter().copied().chain([self.dirs]);
        self.all = all().chain([self.others]).sum();
        let most = |size: fn(&Sums) -> i128| all().map(|sums| size(&sums)).max().unwrap_or(0);
        self.largest = Sums {
            disk: most(|sums| sums.disk),
            apparent: most(|sums| sums.apparent),
            files: most(|sums| sums.files.into()) as u64,
        };
    }

    /// The rows that stand below the others, where `rows` are on the screen.
    fn pinned_below(&self, rows: &[TypeRow]) -> Vec<TypeRow> {
        let mut pinned = Vec::new();
        let more = self.endings.len() - rows.len();
        if more > 0 || self.others != Sums::default() {
            let mut sums = self.all;
            for seen in rows.iter().map(|row| row.sums).chain([self.dirs]) {
                sums.disk -= seen.disk;
                sums.apparent -= seen.apparent;
                sums.files = sums.files.saturating_sub(seen.files);
            }
            let what = Type::More(more as u64);
            pinned.push(TypeRow { what, sums });
        }
        if self.dirs != Sums::default() {
            pinned.push(TypeRow {
                what: Type::Directories,
                sums: self.dirs,
            });
        }
        pinned
    }
}

impl Table for TypesTable {
    fn renew(&mut self, sight: &Sight<'_>) {
        if self.derived.dir() != sight.dir {
            *self = Self {
                by: self.by,
                is_reversed: self.is_reversed,
                ..Self::new(sight.dir)
            };
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
        let is_still = self.pick.stands_still_until(sight.now).is_some();
        let order = Some((self.by, self.is_reversed));
        let is_turn = (!is_still && self.derived.is_turn(sight)) || self.is_ordered_by != order;
        if is_turn {
            self.is_ordered_by = order;
            self.sort(sight.apparent);
        }
        // One line is for the directories, and one for what has no room.
        let lines = lines.max(3);
        let fits = self.endings.len() < lines && self.others == Sums::default();
        let room = if fits { lines - 1 } else { lines - 2 };
        let window = self.pick.window(&self.endings, room);
        let first = window.start;
        let row = |(ending, sums): (&Ending, &Sums)| TypeRow {
            what: if ending.is_none() {
                Type::NoEnding
            } else {
                Type::Ending(escape::name(ending.bytes()).into_owned())
            },
            sums: *sums,
        };
        let rows = self.endings[window.clone()].iter().zip(&self.sums[window]);
        let rows: Vec<TypeRow> = rows.map(row).collect();
        let pinned = self.pinned_below(&rows);
        let changed = is_turn || (&rows, &pinned, first) != (&self.rows, &self.pinned, self.first);
        (self.rows, self.pinned, self.first) = (rows, pinned, first);
        changed
    }

    fn stands_still_until(&self, now: Duration) -> Option<Duration> {
        self.pick.stands_still_until(now)
    }

    fn step(&mut self, rows: isize, now: Duration) {
        self.pick.step(&self.endings, rows, now);
    }

    fn select_end(&mut self, end: End, now: Duration) {
        self.pick.select_end(&self.endings, end, now);
    }
}
