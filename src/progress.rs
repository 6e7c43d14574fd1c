//! How far a scan is, although nobody knows how much there is: honest before pretty, since a wrong
//! percent is worse than none. It reads the tree and what is known from elsewhere ([`outlook`]);
//! it knows nothing of workers, channels or screens, and reads no clock.
//!
//! What is known decides, the first that applies:
//!
//! 1. *by the last scan*: the totals of an earlier scan of the same roots under the same rules, in
//!    units of work (see [`Count::work`]);
//! 2. *by used inodes*: where a whole mount is scanned, how many inodes it has in use;
//! 3. *by the tree so far*: what is known of it tells what the rest may be (`sight`), as a range,
//!    where that is narrow enough to tell anything. Elsewhere there is no estimate, and the
//!    directories that wait are shown instead.
//!
//! Where directories are read again and nothing else, the old numbers are what is expected
//! ([`of_rescans`]).
//!
//! What is shown never goes back within a scan, and is 1 only when everything was read. Once more is
//! known than was expected, that expectation is given up and the next one applies; until that one is
//! as far as what was shown, there is no estimate.
//!
//! # How good that is
//!
//! Real scans were recorded and told again to the estimators, which were asked at sixty moments: how
//! far the middle of the range is from the true fraction of the time (mean absolute difference), how
//! often that lies in the range, how wide the range is, and at which part of the moments there is one.
//! November 2026, Linux, two cores, ext4 on a virtual disk and in two images of 690,000 and 450,000
//! inodes, a third and three quarters of whose names are further ones; with 2, 4 and 16 workers.
//!
//! | by the last scan | scans | off by | least | most |
//! |---|---|---|---|---|
//! | home tree and `/usr` on a warm cache, from 0.6 s on | 8 | 0.010 | 0.005 | 0.020 |
//! | `/`, flat, images and what is in them, warm, from 0.6 s on | 37 | 0.023 | 0.004 | 0.083 |
//! | the images and what is in them, cold, from 0.6 s on | 18 | 0.021 | 0.003 | 0.054 |
//! | an image, one part of it warm, another cold | 4 | 0.056 | 0.030 | 0.074 |
//! | `/usr`, its `lib` and `share`, cargo's registry, the Rust toolchains, below 0.6 s | 28 | 0.076 | 0.017 | 0.138 |
//! | others below 0.6 s, warm | 58 | 0.062 | 0.011 | 0.165 |
//! | others below 0.6 s, cold | 6 | 0.047 | 0.015 | 0.093 |
//!
//! | by used inodes | scans | 2 workers | 4 | 16 | most |
//! |---|---|---|---|---|---|
//! | `/`, 2.5 million inodes, warm | 5 | 0.027 | 0.018 | 0.021 | 0.027 |
//! | the first image, warm | 9 | 0.057 | 0.038 | 0.026 | 0.063 |
//! | the second image, warm | 8 | 0.037 | 0.039 | 0.046 | 0.054 |
//! | the first image, cold | 2 | 0.031 | | 0.019 | 0.031 |
//! | the second image, cold | 1 | | 0.010 | | 0.010 |
//! | the first image, one part warm, another cold | 4 | 0.057 | 0.060 | 0.054 | 0.065 |
//!
//! | by the tree so far | trees | off by | inside | width | shown |
//! |---|---|---|---|---|---|
//! | `/usr`, its parts and copies, home tree and its parts, flat | 17 | 0.104 | 0.92 | 0.34 | 0.27 |
//! | `/`, `/root`, Rust, cargo's registry, the images and the rest | 15 | 0.118 | 0.90 | 0.36 | 0.43 |
//! | `/usr`, its `lib` and `share`, cargo's registry, the Rust toolchains, home tree | 6 | 0.119 | 0.90 | 0.36 | 0.31 |
//! | all, were every range shown | 32 | 0.142 | 0.90 | 0.51 | 1.00 |
//!
//! A tree counts once in the last table, however often it was scanned. The numbers in `sight`, in
//! `pace` and what a directory costs were chosen on these scans. Afterwards the program as it is was
//! measured on new scans of most of these trees, with 4 and 16 workers:
//!
//! | new scans | by | scans | off by | least | most |
//! |---|---|---|---|---|---|
//! | warm, from 0.6 s on | last scan | 16 | 0.016 | 0.006 | 0.055 |
//! | warm, below 0.6 s | last scan | 16 | 0.062 | 0.016 | 0.141 |
//! | cold | last scan | 4 | 0.032 | 0.010 | 0.078 |
//! | one part warm, another cold | last scan | 2 | 0.097 | 0.068 | 0.125 |
//! | warm | used inodes | 10 | 0.035 | 0.009 | 0.084 |
//! | cold | used inodes | 2 | 0.043 | 0.032 | 0.055 |
//! | one part warm, another cold | used inodes | 2 | 0.084 | 0.043 | 0.125 |
//! | all, 14 trees (inside 0.91, width 0.35, shown 0.44) | the tree so far | 38 | 0.111 | | |
//!
//! What was aimed at, and what came of it:
//!
//! - 0.03 with the last scan: reached on a warm cache, just about on a cold one, from 0.6 s on. Not
//!   reached where the cache has one part of the tree, as whether the rest is in memory shows only when
//!   it is read: 0.03 to 0.125, and 0.056 on average instead of 0.096 without the pace of late. Below
//!   0.6 s not reached; there the start of the threads and any neighbour on the machine count, and the
//!   pace of late makes it worse by 0.01. Scans below a second are not remembered.
//! - 0.05 with used inodes: reached on average on a warm cache and on a cold one, though not in each
//!   scan; before the names to come were counted it was 0.144 to 0.245 in the second image. Not
//!   reached where one part is cold. The number of workers no longer matters.
//! - 0.20 at first sight, nine times in ten inside a range that is 0.35 wide on average: reached by
//!   showing a range only where it is narrower than a half: a third of the time, mostly at the
//!   beginning and towards the end, longer on large trees. Shown always, it would be either 0.5 wide
//!   or wrong one time in five. More would need to know more: totals of single directories from scans
//!   of other roots, or a look at a sample of what waits.
//!
//! ```sh
//! PROGRESS_OF=/usr:/usr/lib cargo test --release --test suite measure_progress -- --ignored --nocapture
//! ```

pub mod memory;
#[cfg(target_os = "linux")]
mod mounts;
pub mod outlook;
mod pace;
mod sight;

use std::time::Duration;

use pace::Pace;
use sight::Sight;

use crate::{scan::dir::DirId, tree::Tree};

/// Reading one directory takes as long as asking about so many files.
const DIRECTORY: f64 = 8.0;
/// Inodes that are not known yet have so many further names where those that are have one.
const FURTHER_NAMES: f64 = 0.5;
/// A range that is wider is not shown, for what would it tell?
const TELLING: f64 = 0.5;
/// From this fraction on there is a time left,
const EARLY: f64 = 0.005;
/// where the range is narrower than that, and than what is done.
const NARROW: f64 = 0.2;
/// Shown at most while anything is left.
const NEARLY: f64 = 0.999;

/// How many things there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Names of everything that is no directory.
    pub files: u64,
    /// Directories.
    pub dirs: u64,
}

impl Count {
    /// Everything in the tree: after a scan that is whole, what it amounts to.
    pub fn all(tree: &Tree) -> Self {
        Self::of(tree, DirId::TOP)
    }

    /// Everything in a directory, itself included.
    fn of(tree: &Tree, dir: DirId) -> Self {
        let totals = tree.totals(dir);
        Self {
            files: totals.files.max(0) as u64,
            dirs: totals.dirs.max(0) as u64,
        }
    }

    /// The part of it that was read. Files of a directory count as they are found.
    fn read(tree: &Tree) -> Self {
        Self::read_of(tree, DirId::TOP)
    }

    fn read_of(tree: &Tree, dir: DirId) -> Self {
        let unfinished = tree.totals(dir).unfinished.max(0) as u64;
        let all = Self::of(tree, dir);
        Self {
            dirs: all.dirs.saturating_sub(unfinished),
            ..all
        }
    }

    /// How long it takes to read that, in files.
    pub fn work(self) -> f64 {
        self.files as f64 + DIRECTORY * self.dirs as f64
    }

    /// Each inode once, where so many names are further ones of known inodes.
    fn without(self, repeated: u64) -> Self {
        Self {
            files: self.files.saturating_sub(repeated),
            ..self
        }
    }

    fn inodes(self) -> f64 {
        (self.files + self.dirs) as f64
    }
}

/// What is known beforehand of how much there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// So much was there at the last scan.
    LastScan(Count),
    /// The mount that is scanned has so many inodes in use.
    UsedInodes(u64),
}

/// What an estimate stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// The totals of an earlier scan.
    LastScan,
    /// The inodes that the mount has in use.
    UsedInodes,
    /// What was found so far.
    Tree,
    /// What was known before it is read again.
    Before,
}

impl Basis {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::LastScan => "by the last scan",
            Self::UsedInodes => "by used inodes",
            Self::Tree => "by the tree so far",
            Self::Before => "by the old numbers",
        }
    }
}

/// How far a scan is: a part of the time that it takes in all, between `low` and `high`, each from
/// 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// At least, probably.
    pub low: f64,
    /// At most, probably. At least `low`.
    pub high: f64,
    /// What that stands on.
    pub basis: Basis,
}

impl Estimate {
    fn exactly(fraction: f64, basis: Basis) -> Self {
        Self {
            low: fraction,
            high: fraction,
            basis,
        }
    }

    /// One number for all: the middle.
    pub fn fraction(&self) -> f64 {
        f64::midpoint(self.low, self.high)
    }

    /// How far the two ends are apart.
    pub fn width(&self) -> f64 {
        self.high - self.low
    }

    /// How long the rest takes if it goes on like the `elapsed` time before; `None` where that is
    /// not worth saying.
    pub fn left(&self, elapsed: Duration) -> Option<Duration> {
        let fraction = self.fraction();
        let is_worth = self.width() < NARROW.min(fraction) && fraction >= EARLY;
        let left = || elapsed.as_secs_f64() * (1.0 - fraction) / fraction;
        is_worth.then(|| Duration::try_from_secs_f64(left()).ok())?
    }

    /// Not before `earlier`, and at the end only when that is `reached`.
    fn after(self, earlier: Option<Self>, reached: bool) -> Self {
        let most = if reached { 1.0 } else { NEARLY };
        let (low, high) = earlier.map_or((0.0, 0.0), |earlier| (earlier.low, earlier.high));
        let low = self.low.clamp(0.0, most).max(low);
        Self {
            low,
            high: self.high.clamp(0.0, most).max(high).max(low),
            ..self
        }
    }
}

/// How far it is with directories that are read again, by the old ones' numbers and the new ones';
/// `None` once more is known of the new ones than the old ones amounted to. `earlier` is what was
/// shown before.
pub fn of_rescans(
    tree: &Tree,
    rescans: impl Iterator<Item = (DirId, DirId)>,
    earlier: Option<Estimate>,
) -> Option<Estimate> {
    let (mut done, mut known, mut expected) = (0.0, 0.0, 0.0);
    for (old, new) in rescans {
        done += Count::read_of(tree, new).work();
        known += Count::of(tree, new).work();
        expected += Count::of(tree, old).work();
    }
    let fraction = if expected > 0.0 { done / expected } else { 0.0 };
    let estimate = Estimate::exactly(fraction, Basis::Before);
    (known <= expected).then(|| estimate.after(earlier, false))
}

/// Estimates how far one scan is.
#[derive(Clone, Debug, Default)]
pub struct Estimator {
    pace: Pace,
    sight: Sight,
    last_scan: Option<Count>,
    used_inodes: Option<u64>,
    shown: Option<Estimate>,
    /// What was shown by expectations that turned out too low.
    promised: f64,
    /// Another scan goes on, and has not said yet what there is to read.
    is_new: bool,
}

impl Estimator {
    /// Takes over what was found out beforehand.
    pub fn expect(&mut self, expected: Expected) {
        match expected {
            Expected::LastScan(count) => self.last_scan = Some(count),
            Expected::UsedInodes(inodes) => self.used_inodes = Some(inodes),
        }
    }

    /// How far the scan that found `tree` is after the `elapsed` time, as far as that can be said.
    pub fn renew(&mut self, tree: &Tree, elapsed: Duration) -> Option<Estimate> {
        let totals = tree.totals(DirId::TOP);
        let known = totals.dirs + totals.files > 0;
        let is_complete = known && totals.unfinished == 0;
        self.is_new &= is_complete;
        if self.is_new {
            return None;
        }
        let estimate = if is_complete {
            Some(Estimate::exactly(1.0, self.basis()))
        } else {
            self.estimate(tree, elapsed)
        };
        let estimate = estimate.filter(|estimate| estimate.low >= self.promised)?;
        let estimate = estimate.after(self.shown, is_complete);
        if estimate.width() > TELLING {
            return None;
        }
        self.shown = Some(estimate);
        self.shown
    }

    /// Another scan goes on with what the last one left: what was shown of that one says nothing of it.
    pub fn forget(&mut self) {
        (self.shown, self.promised, self.is_new) = (None, 0.0, true);
    }

    fn basis(&self) -> Basis {
        match (self.last_scan, self.used_inodes) {
            (Some(_), _) => Basis::LastScan,
            (None, Some(_)) => Basis::UsedInodes,
            (None, None) => Basis::Tree,
        }
    }

    fn estimate(&mut self, tree: &Tree, elapsed: Duration) -> Option<Estimate> {
        let (read, known) = (Count::read(tree), Count::all(tree));
        self.pace.renew(elapsed, read.work());
        self.give_up_outgrown(tree, known);
        let left = if let Some(count) = self.last_scan {
            count.work() - read.work()
        } else if let Some(inodes) = self.used_inodes {
            known.work() - read.work() + unknown(inodes, tree, read, known)
        } else {
            return self.sight.renew(tree);
        };
        Some(Estimate::exactly(self.pace.part_gone(left), self.basis()))
    }

    /// Gives up what was expected where more than that is known: nobody knows by how much more.
    fn give_up_outgrown(&mut self, tree: &Tree, known: Count) {
        let before = self.basis();
        let inodes = known.without(tree.repeated_names()).inodes();
        self.last_scan = self.last_scan.filter(|count| count.work() >= known.work());
        self.used_inodes = self.used_inodes.filter(|used| *used as f64 >= inodes);
        if let Some(shown) = self.shown.filter(|_| self.basis() != before) {
            self.promised = shown.low;
        }
    }
}

/// How much work is in what is not known yet, where so many inodes are in use. Names take the time,
/// inodes are what is known of the rest: it is taken to have as many directories as what was read.
/// Of inodes with several names some are known and their other names are not; of those that are
/// not known yet, half as many are taken to have more names as of the others.
fn unknown(inodes: u64, tree: &Tree, read: Count, known: Count) -> f64 {
    let (repeated, awaited) = (tree.repeated_names(), tree.awaited_names());
    let once = read.without(repeated);
    let left = inodes as f64 - known.without(repeated).inodes();
    let (repeated, awaited) = (repeated as f64, awaited as f64);
    let further = FURTHER_NAMES * (repeated + awaited);
    awaited + left * (once.work() + further) / once.inodes().max(1.0)
}
