//! The tree: everything that was found, compact, and what each directory amounts to. It is fed by
//! the fold (`crate::state`) and read by whoever shows it; it knows nothing of workers, channels or
//! screens.
//!
//! Directories are nodes in a vector, by number. Files stay in the packed blocks in which they
//! arrived; per block there is constant work here, per file none. Node 0 is the virtual parent of
//! the roots.

pub mod block;
mod folded;
pub mod levels;
mod links;
mod log;
mod places;
mod rescan;
pub mod totals;

use std::{cmp::Ordering, ffi::OsStr, os::unix::ffi::OsStrExt, path::PathBuf};

use block::{File, Kind, Link, Metadata, Unpacker};
use folded::Folded;
use levels::{Level, Levels};
pub use links::Group;
use links::Links;
pub use log::BlockId;
use log::Log;
use places::Places;
pub use rescan::Settled;
use rescan::{Anew, Retired};
use totals::{Pending, Totals};

use crate::scan::{
    dir::DirId,
    event::{Block, Exclusion},
};

/// How far a directory itself has come, whatever is below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Known by name.
    Queued,
    /// A worker turned to it.
    Reading,
    /// Not read, or not to its end, because it is skipped.
    Skipped,
    /// Read to its end.
    Listed,
    /// Could not be opened, or not be read to its end.
    Failed,
    /// Left out by a rule.
    Excluded(Exclusion),
}

/// What a directory is in, everything below it included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DirState {
    /// Not read yet, and nothing of it known.
    Queued,
    /// It or something below it is being read or queued.
    Reading,
    /// All of it was read.
    Complete,
    /// Finished, but something in it or below could not be read or was skipped.
    Partial,
    /// What was not read yet of it is left out on request.
    Skipped,
    /// It could not be read, or not to its end.
    Failed,
    /// Left out by a rule; not counted.
    Excluded(Exclusion),
}

/// How the totals of a directory stand to what is really there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bound {
    /// That is it.
    #[default]
    Exact,
    /// It is that, and perhaps more.
    AtLeast,
    /// That is it, or was, for some of it is being read again.
    About,
}

/// What the kernel says of a directory itself, without what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Own {
    /// What it is: a directory, or any kind of file where a root is one.
    pub kind: Kind,
    /// Disk usage in bytes.
    pub disk: u64,
    /// Apparent size in bytes.
    pub apparent: u64,
    /// Last modification, in seconds since 1970.
    pub modified: i64,
}

const NONE: u32 = u32::MAX;

/// A sum of sizes in 96 bits, low ones first: enough for 2^32 of the largest files that there can be.
#[derive(Clone, Copy, Default)]
struct Sum([u32; 3]);

impl Sum {
    fn get(self) -> i128 {
        let [low, middle, high] = self.0;
        let low = u64::from(middle) << 32 | u64::from(low);
        i128::from(high.cast_signed()) << 64 | i128::from(low)
    }

    fn add(&mut self, change: i128) {
        let sum = self.get() + change;
        self.0 = [0, 32, 64].map(|bits| (sum >> bits) as u32);
    }
}

/// A directory. Its totals and its own size stand here one by one: as the structures that they are
/// given out as, they would take 24 bytes more.
struct Node {
    disk: Sum,
    apparent: Sum,
    files: i64,
    own_disk: u64,
    own_apparent: u64,
    modified: i64,
    dirs: i32,
    unfinished: i32,
    missing: i32,
    /// The child found last; [`NONE`] without children.
    last_child: u32,
    /// The child of the same parent that was found before this one.
    older_sibling: u32,
    /// Where its name stands in [`Tree::names`].
    name: u32,
    /// The block that arrived last.
    last_block: u32,
    kind: Kind,
    progress: Progress,
    /// What was not read of it is left out on request.
    skipped: bool,
}

impl Node {
    /// A node that is nowhere in the tree.
    fn nowhere() -> Self {
        Self {
            disk: Sum::default(),
            apparent: Sum::default(),
            files: 0,
            own_disk: 0,
            own_apparent: 0,
            modified: 0,
            dirs: 0,
            unfinished: 0,
            missing: 0,
            last_child: NONE,
            older_sibling: NONE,
            name: 0,
            last_block: NONE,
            kind: Kind::Directory,
            progress: Progress::Queued,
            skipped: false,
        }
    }

    fn totals(&self) -> Totals {
        Totals {
            disk: self.disk.get(),
            apparent: self.apparent.get(),
            files: self.files,
            dirs: self.dirs.into(),
            unfinished: self.unfinished,
            missing: self.missing,
        }
    }

    fn change(&mut self, change: &Totals) {
        self.disk.add(change.disk);
        self.apparent.add(change.apparent);
        self.files += change.files;
        // Directories have numbers of 32 bits; half of them are enough for any memory.
        self.dirs += change.dirs as i32;
        self.unfinished += change.unfinished;
        self.missing += change.missing;
    }
}

/// Everything that was found. See the module's head.
pub struct Tree {
    places: Places,
    nodes: Vec<Node>,
    /// Names of directories: two bytes of length, low byte first, then the name.
    names: Vec<u8>,
    blocks: Log,
    links: Links,
    levels: Levels,
    /// Names of inodes that had one already.
    repeated: u64,
    pending: Pending,
    /// Directories that are being read again.
    anew: Vec<Anew>,
    /// Subtrees that are of no use any more and not taken apart yet.
    retired: Vec<Retired>,
    /// Directories whose small files are summed up.
    folded: Folded,
}

impl Default for Tree {
    fn default() -> Self {
        Self::new()
    }
}

/// Building, which only the fold does.
impl Tree {
    /// A tree with nothing but the virtual parent of the roots.
    pub fn new() -> Self {
        Self {
            places: Places::new(),
            nodes: vec![Node {
                progress: Progress::Listed,
                ..Node::nowhere()
            }],
            names: vec![0, 0],
            blocks: Log::default(),
            links: Links::default(),
            levels: Levels::default(),
            repeated: 0,
            pending: Pending::default(),
            anew: Vec::new(),
            retired: Vec::new(),
            folded: Folded::default(),
        }
    }

    /// Adds a directory that waits to be read; its number is greater than that of `parent`, which
    /// is in the tree.
    pub(crate) fn announce(&mut self, parent: DirId, dir: DirId, name: &[u8]) {
        if self.nodes.len() <= dir.index() {
            self.nodes.resize_with(dir.index() + 1, Node::nowhere);
        }
        let at =
            u32::try_from(self.names.len()).expect("names of directories take less than 4 GiB");
        self.names.extend((name.len() as u16).to_le_bytes());
        self.names.extend_from_slice(name);
        self.places.add(parent, dir);
        let older_sibling = self.nodes[parent.index()].last_child;
        self.nodes[dir.index()] = Node {
            older_sibling,
            name: at,
            ..Node::nowhere()
        };
        self.nodes[parent.index()].last_child = dir.0;
        if !self.is_apart(dir) {
            let level = self.levels.at(self.places.depth(dir));
            (level.known, level.queued) = (level.known + 1, level.queued + 1);
        }
        *self.pending.of(dir) += Totals {
            dirs: 1,
            unfinished: 1,
            ..Totals::default()
        };
    }

    /// Takes over what was found in a directory.
    pub(crate) fn add_block(&mut self, block: Block) {
        let Block { dir, files, links } = block;
        *self.pending.of(dir) += Totals {
            disk: files.disk as i128,
            apparent: files.apparent as i128,
            files: files.count as i64,
            ..Totals::default()
        };
        if !self.is_apart(dir) {
            self.levels.at(self.places.depth(dir)).files += files.count;
        }
        self.add_links(dir, &links);
        if !files.records.is_empty() {
            let older = self.last_block(dir);
            let block = self.blocks.push(dir, older, &files.records);
            self.nodes[dir.index()].last_block = block.number();
        }
    }

    /// Takes over what the kernel says of a directory itself. It may turn out to be a file: a root,
    /// or one whose name changed hands.
    pub(crate) fn open(&mut self, dir: DirId, metadata: &Metadata) {
        let node = &mut self.nodes[dir.index()];
        let Metadata {
            kind,
            disk,
            apparent,
            modified,
            ..
        } = *metadata;
        (node.kind, node.modified) = (kind, modified);
        (node.own_disk, node.own_apparent) = (disk, apparent);
        let mut change = Totals::default();
        if kind != Kind::Directory {
            (change.files, change.dirs) = (1, -1);
        }
        if kind == Kind::Directory || metadata.links == 1 {
            (change.disk, change.apparent) = (disk.into(), apparent.into());
        } else {
            self.add_links(
                dir,
                &[Link {
                    identity: metadata.identity,
                    disk,
                    apparent,
                    names: metadata.links,
                }],
            );
        }
        *self.pending.of(dir) += change;
    }

    fn add_links(&mut self, dir: DirId, links: &[Link]) {
        if links.is_empty() {
            return;
        }
        let anew = self.anew.iter_mut().find(|anew| {
            // What is below it has a greater number.
            anew.top <= dir && self.places.is_within(dir, anew.top)
        });
        let is_anew = anew.is_some();
        let table = anew.map_or(&mut self.links, |anew| &mut anew.links);
        let numbers = table.meet(links);
        for (number, link) in numbers.into_iter().zip(links) {
            let change = table.add(number, dir, *link, &self.places);
            let (disk, apparent) = (change.link.disk.into(), change.link.apparent.into());
            *self.pending.of(dir) += Totals {
                disk,
                apparent,
                ..Totals::default()
            };
            if let Some(shared) = change.shared {
                self.repeated += u64::from(!is_anew);
                *self.pending.of(shared) += Totals {
                    disk: -disk,
                    apparent: -apparent,
                    ..Totals::default()
                };
            }
        }
    }

    /// Notes how far a directory has come.
    pub(crate) fn progress(&mut self, dir: DirId, progress: Progress) {
        let node = &mut self.nodes[dir.index()];
        let unfinished = |progress| matches!(progress, Progress::Queued | Progress::Reading);
        let was = std::mem::replace(&mut node.progress, progress);
        if !self.is_apart(dir) {
            let level = self.levels.at(self.places.depth(dir));
            // One that was read again was not counted when it was queued.
            level.queued = level
                .queued
                .saturating_sub(u64::from(was == Progress::Queued));
            level.queued += u64::from(progress == Progress::Queued);
        }
        let skipped = |progress| progress == Progress::Skipped;
        let mut change = Totals {
            unfinished: i32::from(unfinished(progress)) - i32::from(unfinished(was)),
            missing: i32::from(skipped(progress)) - i32::from(skipped(was)),
            ..Totals::default()
        };
        if let Progress::Excluded(_) = progress {
            change.dirs = -1;
        }
        *self.pending.of(dir) += change;
    }

    /// Notes that what was not read of `dir` is left out on request, or is not any more.
    pub(crate) fn skip(&mut self, dir: DirId, skipped: bool) {
        self.nodes[dir.index()].skipped = skipped;
    }

    /// Notes that something in `dir` is missing from the totals.
    pub(crate) fn miss(&mut self, dir: DirId) {
        self.pending.of(dir).missing += 1;
    }

    /// Brings the totals up to date. To be called once after everything that is there was added.
    pub(crate) fn settle(&mut self) {
        let Self {
            pending,
            nodes,
            places,
            anew,
            ..
        } = self;
        pending.settle(|dir, change| {
            nodes[dir.index()].change(&change);
            // What is read again is no part of the whole.
            let is_anew = anew.iter().any(|anew| anew.top == dir);
            places.parent(dir).filter(|_| !is_anew)
        });
    }
}

/// Reading. Totals are those of the last settling.
impl Tree {
    /// Whether this directory is known.
    pub fn contains(&self, dir: DirId) -> bool {
        dir == DirId::TOP || self.places.parent(dir).is_some()
    }

    /// What the directory amounts to, itself and everything below it.
    pub fn totals(&self, dir: DirId) -> Totals {
        self.nodes[dir.index()].totals()
    }

    /// What the kernel says of the directory itself. Zero until it is known.
    pub fn own(&self, dir: DirId) -> Own {
        let node = &self.nodes[dir.index()];
        let Node {
            kind,
            own_disk: disk,
            own_apparent: apparent,
            modified,
            ..
        } = *node;
        Own {
            kind,
            disk,
            apparent,
            modified,
        }
    }

    /// How many directories and files there are at each depth, that of the virtual parent of the
    /// roots first.
    pub fn levels(&self) -> &[Level] {
        self.levels.all()
    }

    /// How many names there are of inodes that have another one as well, but for the first of each.
    pub fn repeated_names(&self) -> u64 {
        self.repeated
    }

    /// How many names of known inodes were not found yet, wherever these are.
    pub fn awaited_names(&self) -> u64 {
        let found = self.links.groups().len() as u64 + self.repeated;
        self.links.names().saturating_sub(found)
    }

    /// How far the directory itself has come.
    pub fn progress_of(&self, dir: DirId) -> Progress {
        self.nodes[dir.index()].progress
    }

    /// What the directory is in, everything below it included.
    pub fn state(&self, dir: DirId) -> DirState {
        let node = &self.nodes[dir.index()];
        match node.progress {
            Progress::Excluded(reason) => DirState::Excluded(reason),
            _ if node.skipped && (node.unfinished > 0 || node.missing > 0) => DirState::Skipped,
            Progress::Queued => DirState::Queued,
            _ if node.unfinished > 0 => DirState::Reading,
            Progress::Failed => DirState::Failed,
            Progress::Skipped => DirState::Skipped,
            _ if node.missing > 0 => DirState::Partial,
            _ => DirState::Complete,
        }
    }

    /// How the totals of the directory stand to what is really there.
    pub fn bound(&self, dir: DirId) -> Bound {
        if self.is_read_again(dir) || self.has_read_again(dir) {
            Bound::About
        } else if self.is_lower_bound(dir) {
            Bound::AtLeast
        } else {
            Bound::Exact
        }
    }

    /// Whether the directory amounts to at least its totals, and perhaps more.
    pub fn is_lower_bound(&self, dir: DirId) -> bool {
        let totals = self.totals(dir);
        totals.unfinished > 0 || totals.missing > 0
    }

    /// The name within its parent, as bytes; of a root, its path.
    pub fn name(&self, dir: DirId) -> &[u8] {
        let at = self.nodes[dir.index()].name as usize;
        let length = usize::from(u16::from_le_bytes([self.names[at], self.names[at + 1]]));
        &self.names[at + 2..at + 2 + length]
    }

    /// The directory that it was found in; `None` for the virtual parent of the roots.
    pub fn parent(&self, dir: DirId) -> Option<DirId> {
        self.places.parent(dir)
    }

    /// The path: that of its root with the names below. Empty for the virtual parent of the roots.
    pub fn path(&self, dir: DirId) -> PathBuf {
        let mut names: Vec<&[u8]> = std::iter::successors(Some(dir), |dir| self.parent(*dir))
            .map(|dir| self.name(dir))
            .collect();
        names.reverse();
        names.into_iter().map(OsStr::from_bytes).collect()
    }

    /// The root that `dir` is or lies below; of the virtual parent of the roots, itself.
    pub fn root_of(&self, dir: DirId) -> DirId {
        self.places.lift(dir, 1)
    }

    /// Whether `dir` is `above` or lies below it.
    pub fn is_within(&self, dir: DirId, above: DirId) -> bool {
        self.places.is_within(dir, above)
    }

    /// The subdirectory of `above` that `dir` is or lies below; `None` if it lies elsewhere, or is
    /// `above` itself.
    pub fn branch(&self, above: DirId, dir: DirId) -> Option<DirId> {
        let branch = self.places.lift(dir, self.places.depth(above) + 1);
        (self.places.parent(branch) == Some(above)).then_some(branch)
    }

    /// How two directories stand to each other in the order of their paths: a directory comes
    /// before what is below it, siblings stand by name.
    pub fn compare_paths(&self, one: DirId, other: DirId) -> Ordering {
        let common = self.places.relate(one, other).common;
        let name = |dir| self.branch(common, dir).map(|branch| self.name(branch));
        name(one).cmp(&name(other)).then(one.cmp(&other))
    }

    /// The subdirectories, those found last first.
    pub fn children(&self, dir: DirId) -> impl Iterator<Item = DirId> {
        let last = self.nodes[dir.index()].last_child;
        std::iter::successors((last != NONE).then_some(DirId(last)), |child| {
            self.older_sibling(*child)
        })
    }

    /// What follows a directory in [`Tree::children`] of its parent.
    pub fn older_sibling(&self, dir: DirId) -> Option<DirId> {
        let older = self.nodes[dir.index()].older_sibling;
        (older != NONE).then_some(DirId(older))
    }

    /// The blocks with the files of a directory, those that arrived last first.
    pub fn blocks(&self, dir: DirId) -> impl Iterator<Item = BlockId> {
        std::iter::successors(self.last_block(dir), |block| self.blocks.older(*block))
    }

    /// Those of them that arrived after `last`.
    pub fn blocks_after(&self, dir: DirId, last: Option<BlockId>) -> impl Iterator<Item = BlockId> {
        self.blocks(dir)
            .take_while(move |block| last.is_none_or(|last| *block > last))
    }

    fn last_block(&self, dir: DirId) -> Option<BlockId> {
        let block = self.nodes[dir.index()].last_block;
        (block != NONE).then_some(BlockId(block))
    }

    /// The blocks of all directories in order of arrival, from number `from` on.
    pub fn log(&self, from: u32) -> impl Iterator<Item = BlockId> + use<> {
        (from..self.blocks.len() as u32).map(BlockId)
    }

    /// How many blocks have arrived.
    pub fn block_count(&self) -> usize {
        self.blocks.len()
    }

    /// The directory that the files of a block are in.
    pub fn dir_of(&self, block: BlockId) -> DirId {
        self.blocks.dir(block)
    }

    /// Every directory that is known has a number below this one; not every such number is one.
    pub fn end_of_numbers(&self) -> u32 {
        self.places.len() as u32
    }

    /// The packed records of a block.
    pub fn records(&self, block: BlockId) -> &[u8] {
        self.blocks.records(block)
    }

    /// The inodes with several names, in the order in which the first name of each was found.
    pub fn groups(&self) -> &[Group] {
        self.links.groups()
    }

    /// How two directories stand to each other in tree order: a directory comes before what is
    /// below it, and that in one piece.
    pub fn order(&self, one: DirId, other: DirId) -> Ordering {
        self.places.relate(one, other).order
    }

    /// The files of a directory, in no particular order.
    pub fn files(&self, dir: DirId) -> impl Iterator<Item = File<'_>> {
        self.blocks(dir)
            .flat_map(|block| Unpacker::new(self.records(block)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_lean() {
        assert_eq!(size_of::<Node>(), 88);
    }

    #[test]
    fn sums_are_larger_than_any_size() {
        let mut sum = Sum::default();
        let largest = i128::from(i64::MAX) << 31;
        for (change, is) in [(-5, -5), (largest, largest - 5), (-largest, -5), (6, 1)] {
            sum.add(change);
            assert_eq!(sum.get(), is);
        }
    }
}
