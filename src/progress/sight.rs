//! How much there may be below directories that were never seen before, judged by those that were.
//! Nothing here is certain, so what comes out is a range.
//!
//! Two estimates, each good where the other is bad, are taken together (a weighted geometric mean of
//! what they say is left):
//!
//! - *By siblings*: a directory that waits is expected to be as large as those beside it that were
//!   read or are being read, which in turn are expected to be as large as all that is known of them
//!   and is expected below them. Where nothing beside it is known, directories of its depth stand
//!   in. It errs where one sibling outweighs all others, and mostly expects too much.
//! - *By levels*: a directory that waits has as many subdirectories and files as those of its depth
//!   that were read have on average, and so on downwards. It errs where few directories lead to
//!   most of the tree, and then it sees the end too early.
//!
//! How far that may be off was seen on recorded scans, and depends on two things only: how far it
//! seems to be, and a little on how much was read. Neither how much siblings differ nor how far the two
//! estimates are apart says more.
//!
//! The first needs a walk over everything that is not finished and what lies directly below it. It
//! is taken in slices ([`SLICE`]), so that a call never takes longer than a few milliseconds.

use super::{Basis, Count, DIRECTORY, Estimate};
use crate::{
    scan::dir::DirId,
    tree::{Progress, Tree, levels::Level},
};

/// So many directories are looked at in one call.
const SLICE: usize = 50_000;
/// Files of a directory of which nothing is known.
const FILES: f64 = 10.0;
/// Until so many are known, an average leans on what is expected of it, as if that had been seen so
/// often: for siblings and levels,
const LEANING: [f64; 2] = [1.0, 2.0];
/// for the average of a depth on the depth below it.
const DEPTH_LEANING: f64 = 3.0;
/// A directory that is being read has an entry in so many bytes of its size, where that tells: on
/// ext4 a record has 8 bytes and the name, and a quarter of a block is empty.
const BYTES_OF_ENTRY: f64 = 32.0;
const LARGE: u64 = 16 << 10;
/// Else it is taken to be half read.
const HALF_READ: f64 = 2.0;
/// How much the estimate by siblings weighs; that by levels has the rest.
const SIBLINGS: f64 = 0.35;
/// The logarithm of what is done over what is left is that of the estimates times the one plus the
/// other, since they promise too much where they see the end and too little where they do not:
const CAUTION: f64 = 0.7;
const FURTHER: f64 = 0.2;
/// and in nine of ten moments it is no further from that than this. It is so where so much work is
/// done, and by so much less where e times as much is.
const REACH: f64 = 1.5;
const REACH_AT: f64 = 60_000.0;
const NARROWING: f64 = 0.1;

/// The estimate at first sight of one scan.
#[derive(Clone, Debug, Default)]
pub(super) struct Sight {
    walk: Walk,
    /// By depth: how much is expected below a directory of which nothing is known, as the last walk
    /// found it.
    usual: Vec<f64>,
    /// What the last walk came to.
    whole: Option<Guess>,
}

/// An amount of work.
#[derive(Clone, Copy, Debug, Default)]
struct Guess {
    work: f64,
    /// Of the work, what is left in directories that are being read.
    being_read: f64,
}

impl Sight {
    /// Goes on with the walk, and says how far the scan is, where that can be said.
    pub(super) fn renew(&mut self, tree: &Tree) -> Option<Estimate> {
        if let Some(whole) = self.walk.go_on(tree, &self.usual, SLICE) {
            self.whole = Some(whole);
            self.usual = std::mem::take(&mut self.walk.samples).usual();
        }
        let whole = self.whole?;
        let done = Count::read(tree).work();
        let unfinished = tree.totals(DirId::TOP).unfinished.max(0);
        let least = DIRECTORY * f64::from(unfinished);
        let by_siblings = (whole.work - done).max(least);
        let by_levels = (left_by_levels(tree.levels()) + whole.being_read).max(least);
        let left = by_siblings.powf(SIBLINGS) * by_levels.powf(1.0 - SIBLINGS);
        let middle = CAUTION * (done / left).ln() + FURTHER;
        let reach = (REACH - NARROWING * (done / REACH_AT).ln()).max(0.0);
        let part = |odds: f64| 1.0 / (1.0 + (-odds).exp());
        (done > 0.0).then(|| Estimate {
            low: part(middle - reach),
            high: part(middle + reach),
            basis: Basis::Tree,
        })
    }
}

/// How much waits, by the averages of each depth.
fn left_by_levels(levels: &[Level]) -> f64 {
    let read = |level: &Level| (level.known - level.queued) as f64;
    let all: f64 = levels.iter().map(read).sum();
    let files: u64 = levels.iter().map(|level| level.files).sum();
    let known: u64 = levels.iter().map(|level| level.known).sum();
    let usual_files = (files as f64 + FILES) / (all + 1.0);
    let usual_dirs = (known as f64 / (all + 1.0)).min(0.9);
    let leaning = LEANING[1];
    // Of one directory of the depth below.
    let mut below = DIRECTORY + usual_files;
    let mut left = 0.0;
    let mut children = 0;
    for level in levels.iter().rev() {
        let average =
            |sum: u64, usual: f64| (sum as f64 + leaning * usual) / (read(level) + leaning);
        let one =
            DIRECTORY + average(level.files, usual_files) + average(children, usual_dirs) * below;
        left += level.queued as f64 * one;
        (below, children) = (one, level.known);
    }
    left
}

/// A walk over the unfinished part of the tree, which can be interrupted anywhere.
#[derive(Clone, Debug, Default)]
struct Walk {
    /// From the virtual parent of the roots down to where the walk is.
    path: Vec<Visit>,
    samples: Samples,
}

impl Walk {
    /// Looks at so many directories. The whole, when it has come to an end; the next call begins
    /// anew.
    fn go_on(&mut self, tree: &Tree, usual: &[f64], slice: usize) -> Option<Guess> {
        if self.path.is_empty() {
            self.path.push(Visit::of(tree, DirId::TOP));
        }
        for _ in 0..slice {
            // What is in the last directory of the path is as deep as the path is long.
            let depth = self.path.len();
            let visit = self.path.last_mut()?;
            if let Some(child) = visit.next {
                visit.next = tree.older_sibling(child);
                self.look_at(tree, child, depth);
                continue;
            }
            let visit = self.path.pop()?;
            let unknown = usual.get(depth).or(usual.last());
            let whole = visit.whole(tree, unknown.copied().unwrap_or(DIRECTORY + FILES));
            let Some(parent) = self.path.last_mut() else {
                return Some(whole);
            };
            parent.add(whole);
            if visit.seen > 0.0 || visit.queued == 0.0 {
                self.samples.add(depth - 1, whole.work);
            }
        }
        None
    }

    fn look_at(&mut self, tree: &Tree, child: DirId, depth: usize) {
        let totals = tree.totals(child);
        let Some(parent) = self.path.last_mut() else {
            return;
        };
        parent.files_below += totals.files;
        match tree.progress_of(child) {
            Progress::Queued => parent.queued += 1.0,
            Progress::Excluded(_) => {}
            _ if totals.unfinished > 0 => self.path.push(Visit::of(tree, child)),
            _ => {
                let count = Count {
                    files: totals.files.max(0) as u64,
                    dirs: totals.dirs.max(0) as u64,
                };
                parent.add(Guess {
                    work: count.work(),
                    ..Guess::default()
                });
                self.samples.add(depth, count.work());
            }
        }
    }
}

/// A directory in which something is not finished, and what was seen of its children so far.
#[derive(Clone, Debug)]
struct Visit {
    dir: DirId,
    /// The child to look at next.
    next: Option<DirId>,
    /// Files that are not its own.
    files_below: i64,
    /// Of the children that something is known of: how many, their work, and how much of it is in
    /// directories that are being read.
    seen: f64,
    sum: f64,
    being_read: f64,
    /// How many of the others there are.
    queued: f64,
}

impl Visit {
    fn of(tree: &Tree, dir: DirId) -> Self {
        Self {
            dir,
            next: tree.children(dir).next(),
            files_below: 0,
            seen: 0.0,
            sum: 0.0,
            being_read: 0.0,
            queued: 0.0,
        }
    }

    fn add(&mut self, child: Guess) {
        self.seen += 1.0;
        self.sum += child.work;
        self.being_read += child.being_read;
    }

    /// All of it, where a child of which nothing is known has `usual` until others say better.
    fn whole(&self, tree: &Tree, usual: f64) -> Guess {
        let seen = self.seen + LEANING[0];
        let mean = (self.sum + LEANING[0] * usual) / seen;
        let own = self.own(tree);
        Guess {
            work: own.work + self.sum + self.queued * mean,
            being_read: own.being_read + self.being_read,
        }
    }

    /// The directory without its children, and with what is expected of it while it is being read.
    fn own(&self, tree: &Tree) -> Guess {
        let files = (tree.totals(self.dir).files - self.files_below).max(0) as f64;
        let size = tree.own(self.dir).apparent;
        let rest = if tree.progress_of(self.dir) != Progress::Reading {
            0.0
        } else if size > LARGE {
            (size as f64 / BYTES_OF_ENTRY - files).max(0.0)
        } else {
            files * (HALF_READ - 1.0)
        };
        Guess {
            work: DIRECTORY + files + rest,
            being_read: rest,
        }
    }
}

/// What directories amount to, by depth.
#[derive(Clone, Debug, Default)]
struct Samples(Vec<Sample>);

#[derive(Clone, Copy, Debug, Default)]
struct Sample {
    sum: f64,
    count: f64,
}

impl Samples {
    /// Deeper ones are counted with the deepest.
    const DEEPEST: usize = 128;

    fn add(&mut self, depth: usize, work: f64) {
        let depth = depth.min(Self::DEEPEST);
        if self.0.len() <= depth {
            self.0.resize(depth + 1, Sample::default());
        }
        self.0[depth].sum += work;
        self.0[depth].count += 1.0;
    }

    /// What is usual at each depth. Where few were seen, that of the depth below counts as well.
    fn usual(self) -> Vec<f64> {
        let mut below = DIRECTORY + FILES;
        let mut usual: Vec<f64> = self
            .0
            .iter()
            .rev()
            .map(|sample| {
                below = (sample.sum + DEPTH_LEANING * below) / (sample.count + DEPTH_LEANING);
                below
            })
            .collect();
        usual.reverse();
        usual
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{progress::TELLING, scan::event::Block, tree::block::Files};

    /// A tree that is read as it is told.
    struct Told {
        tree: Tree,
        next: u32,
    }

    impl Told {
        fn new() -> Self {
            let mut told = Self {
                tree: Tree::new(),
                next: 1,
            };
            told.found(DirId::TOP, 1);
            told
        }

        fn found(&mut self, parent: DirId, count: u32) {
            for number in self.next..self.next + count {
                self.tree.announce(parent, DirId(number), b"name");
            }
            self.next += count;
        }

        fn files(&mut self, dir: DirId, count: u64) {
            let files = Files {
                count,
                ..Files::default()
            };
            let links = Vec::new();
            self.tree.add_block(Block { dir, files, links });
        }

        /// Reads a directory of the full tree whose leaves lie `depth` below it, and all below,
        /// deepest first as a worker does; `look` is called after each directory.
        fn read(&mut self, dir: DirId, depth: u32, look: &mut impl FnMut(&Tree)) {
            self.tree.progress(dir, Progress::Reading);
            let first = self.next;
            self.found(dir, if depth > 0 { 8 } else { 0 });
            self.files(dir, 20);
            self.tree.progress(dir, Progress::Listed);
            self.tree.settle();
            look(&self.tree);
            for child in first..first + if depth > 0 { 8 } else { 0 } {
                self.read(DirId(child), depth - 1, look);
            }
        }
    }

    #[test]
    fn a_regular_tree_is_seen_through_early() {
        let whole = f64::from((1 + 8 + 64 + 512) * 32);
        let (mut sight, mut asked, mut inside) = (Sight::default(), 0, 0);
        Told::new().read(DirId(1), 3, &mut |tree| {
            let truth = Count::read(tree).work() / whole;
            let Some(estimate) = sight.renew(tree).filter(|_| truth < 1.0) else {
                return;
            };
            asked += 1;
            let range = estimate.low - 0.01..=estimate.high + 0.01;
            inside += u32::from(range.contains(&truth));
        });
        assert!(asked > 500, "{asked}");
        assert!(inside > asked * 9 / 10, "{inside} of {asked}");
    }

    #[test]
    fn it_does_not_matter_in_which_slices_it_is_walked() {
        let (mut told, mut walk) = (Told::new(), Walk::default());
        let mut compared = 0;
        told.read(DirId(1), 2, &mut |tree| {
            let mut other = Walk::default();
            let at_once = other.go_on(tree, &[20.0], usize::MAX);
            let bit_by_bit = (0..10_000).find_map(|_| walk.go_on(tree, &[20.0], 1));
            let (one, two) = at_once.zip(bit_by_bit).expect("both come to an end");
            assert!((one.work - two.work).abs() < 1e-9);
            assert!((one.being_read - two.being_read).abs() < 1e-9);
            compared += 1;
        });
        assert_eq!(compared, 73);
    }

    #[test]
    fn a_directory_that_is_being_read_is_not_nearly_done_because_nothing_else_waits() {
        let mut told = Told::new();
        told.tree.progress(DirId(1), Progress::Reading);
        told.files(DirId(1), 100_000);
        told.tree.settle();
        let mut sight = Sight::default();
        let range = sight.renew(&told.tree).expect("something was read");
        assert!(range.width() > TELLING, "nobody knows: {range:?}");
    }
}
