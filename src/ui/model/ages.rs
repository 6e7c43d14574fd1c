//! The view of ages: how much of what is below the directory that is shown was last modified when,
//! as seen from the start of the scan, so that nothing shifts while one looks.

use std::time::Duration;

use super::{
    End,
    pick::Pick,
    table::{Derived, Sight, Table},
};
use crate::{
    derive::{
        Sums,
        ages::{Age, Ages},
    },
    scan::dir::DirId,
    state::State,
};

/// The ages. See the module's head.
#[derive(Debug)]
pub struct AgesTable {
    derived: Derived<Ages>,
    pick: Pick<Age>,
    rows: [Sums; Age::ALL.len()],
    first: usize,
    lines: usize,
}

impl AgesTable {
    pub(super) fn new(dir: DirId) -> Self {
        Self {
            derived: Derived::new(dir, Ages::new(0)),
            pick: Pick::default(),
            rows: Default::default(),
            first: 0,
            lines: 0,
        }
    }

    /// The rows on the screen.
    pub fn rows(&self) -> impl Iterator<Item = (Age, Sums)> {
        let rows = Age::ALL.into_iter().zip(self.rows);
        rows.skip(self.first).take(self.lines)
    }

    /// What there is of all ages.
    pub fn all(&self) -> Sums {
        self.rows.iter().copied().sum()
    }

    /// The most that any row has, which the bars are drawn against.
    pub fn largest(&self) -> Sums {
        let most = |size: fn(&Sums) -> i128| self.rows.iter().map(size).max().unwrap_or(0);
        Sums {
            disk: most(|sums| sums.disk),
            apparent: most(|sums| sums.apparent),
            files: most(|sums| sums.files.into()) as u64,
        }
    }

    /// What is older than a year.
    pub fn beyond_a_year(&self) -> Sums {
        let rows = Age::ALL.into_iter().zip(self.rows);
        rows.filter(|(age, _)| age.is_beyond_a_year())
            .map(|(_, sums)| sums)
            .sum()
    }

    /// Nothing is known of the ages below `dir`, but which is selected.
    pub(super) fn begin_anew(&mut self, dir: DirId) {
        *self = Self {
            derived: Derived::new(dir, Ages::new(self.derived.gathered().now())),
            pick: self.pick.clone(),
            ..Self::new(dir)
        };
    }

    /// The selected age.
    pub fn selected(&self) -> Age {
        Age::ALL[self.pick.rank(&Age::ALL)]
    }

    /// Which part of the tree so far it is of, in percent; `None` for all of it.
    pub fn percent(&self) -> Option<u64> {
        self.derived.percent()
    }
}

impl Table for AgesTable {
    fn renew(&mut self, sight: &Sight<'_>) {
        if self.derived.dir() != sight.dir || self.derived.gathered().now() != sight.begun {
            *self = Self {
                derived: Derived::new(sight.dir, Ages::new(sight.begun)),
                pick: self.pick.clone(),
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
        let is_turn = self.derived.is_turn(sight);
        if is_turn {
            self.rows = Age::ALL.map(|age| self.derived.gathered().of(age));
        }
        let window = self.pick.window(&Age::ALL, lines);
        let (first, lines) = (window.start, window.len());
        let changed = is_turn || (first, lines) != (self.first, self.lines);
        (self.first, self.lines) = (first, lines);
        changed
    }

    /// The order is that of time.
    fn stands_still_until(&self, _: Duration) -> Option<Duration> {
        None
    }

    fn step(&mut self, rows: isize, now: Duration) {
        self.pick.step(&Age::ALL, rows, now);
    }

    fn select_end(&mut self, end: End, now: Duration) {
        self.pick.select_end(&Age::ALL, end, now);
    }
}
