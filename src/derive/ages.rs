//! When what is below a directory was last modified: how much of it is how old.

use super::{Gather, Place, Sums, inodes::Inodes};
use crate::{
    scan::dir::DirId,
    tree::{
        Tree,
        block::{File, Kind},
    },
};

/// How long ago something was last modified, as seen from a given point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Age {
    /// Later than that.
    Future,
    /// In the 24 hours before.
    Day,
    /// Up to 7 days before.
    Week,
    /// Up to 4 weeks before.
    Month,
    /// Up to 3 months before: a quarter of a year.
    Quarter,
    /// Up to 12 months before.
    Year,
    /// Up to 2 years before.
    TwoYears,
    /// Up to 5 years before.
    FiveYears,
    /// Up to 10 years before.
    TenYears,
    /// Still earlier.
    Older,
}

const DAY: i64 = 24 * 60 * 60;
/// A year of the Gregorian calendar on average: 365.2425 days.
const YEAR: i64 = 31_556_952;

impl Age {
    /// Every age, the youngest first.
    pub const ALL: [Self; 10] = [
        Self::Future,
        Self::Day,
        Self::Week,
        Self::Month,
        Self::Quarter,
        Self::Year,
        Self::TwoYears,
        Self::FiveYears,
        Self::TenYears,
        Self::Older,
    ];

    /// The age of something modified at `modified`, as seen from `now`; both in seconds since 1970.
    pub fn of(modified: i64, now: i64) -> Self {
        if modified > now {
            return Self::Future;
        }
        let seconds = now.saturating_sub(modified);
        let within = |most: i64| seconds <= most;
        match () {
            () if within(DAY) => Self::Day,
            () if within(7 * DAY) => Self::Week,
            () if within(28 * DAY) => Self::Month,
            () if within(YEAR / 4) => Self::Quarter,
            () if within(YEAR) => Self::Year,
            () if within(2 * YEAR) => Self::TwoYears,
            () if within(5 * YEAR) => Self::FiveYears,
            () if within(10 * YEAR) => Self::TenYears,
            () => Self::Older,
        }
    }

    /// The words for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Future => "in the future",
            Self::Day => "today",
            Self::Week => "1-7 days",
            Self::Month => "1-4 weeks",
            Self::Quarter => "1-3 months",
            Self::Year => "3-12 months",
            Self::TwoYears => "1-2 years",
            Self::FiveYears => "2-5 years",
            Self::TenYears => "5-10 years",
            Self::Older => "over 10 years",
        }
    }

    /// Whether it is more than a year.
    pub fn is_beyond_a_year(self) -> bool {
        self >= Self::TwoYears
    }
}

/// How much there is of each age. See the module's head. Files count their names and, once for each
/// inode, their sizes; directories add their own sizes, at the time of their own last change.
#[derive(Clone, Debug)]
pub struct Ages {
    now: i64,
    files: [Sums; Age::ALL.len()],
    dirs: [Sums; Age::ALL.len()],
    next_dirs: [Sums; Age::ALL.len()],
    inodes: Inodes,
}

impl Ages {
    /// Nothing gathered yet. Ages are as seen from `now`, in seconds since 1970.
    pub fn new(now: i64) -> Self {
        Self {
            now,
            files: Default::default(),
            dirs: Default::default(),
            next_dirs: Default::default(),
            inodes: Inodes::default(),
        }
    }

    /// The point in time that ages are seen from.
    pub fn now(&self) -> i64 {
        self.now
    }

    /// What there is of an age.
    pub fn of(&self, age: Age) -> Sums {
        let mut sums = self.files[age as usize];
        sums += self.dirs[age as usize];
        sums
    }
}

impl Gather for Ages {
    fn file(&mut self, _: Place, file: &File<'_>) {
        let age = Age::of(file.modified, self.now);
        self.files[age as usize] += self.inodes.count(file);
    }

    fn begin_round(&mut self) {
        self.next_dirs = Default::default();
    }

    fn directory(&mut self, tree: &Tree, dir: DirId) {
        let own = tree.own(dir);
        // A root that is a file is one.
        let files = u64::from(own.kind != Kind::Directory);
        self.next_dirs[Age::of(own.modified, self.now) as usize] += Sums {
            disk: own.disk.into(),
            apparent: own.apparent.into(),
            files,
        };
    }

    fn end_round(&mut self) {
        self.dirs = self.next_dirs;
    }
}
