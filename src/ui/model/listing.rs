//! The rows of one directory in order, for directories of any size: nothing is ever sorted whole.
//! Entries are taken from the tree a slice at a time, each slice becomes a sorted run, runs of
//! similar size are merged up to a bound, and a window is cut out of all runs where it is needed.
//!
//! Files never change, so their runs stay and only new blocks are added. Directories grow while the
//! scan runs, so their runs are built anew, beside those that are shown, and replace them when they
//! are whole.

use std::cmp::Ordering;

use crate::{
    scan::dir::DirId,
    tree::{
        BlockId, Progress, Tree,
        block::{File, Kind, Unpacker},
        totals::Totals,
    },
};

/// What rows are ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Size, disk usage or apparent; largest first.
    Size,
    /// Name, by bytes; smallest first.
    Name,
    /// Number of files below; largest first.
    Count,
    /// Last modification, of a directory its own; newest first.
    Modified,
}

/// Which of the entries are rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All of them.
    All,
    /// All but those whose names begin with a dot and those that a rule left out.
    Plain,
}

/// How rows are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// By what.
    pub by: By,
    /// The other way round.
    pub reversed: bool,
    /// Which of the two sizes.
    pub apparent: bool,
    /// Whether directories stand before everything else.
    pub directories_first: bool,
    /// Which entries are rows.
    pub scope: Scope,
}

impl Order {
    /// Whether the largest stands first.
    pub fn is_descending(self) -> bool {
        (self.by != By::Name) != self.reversed
    }

    /// Whether equal ones do not stand by name from the first on.
    fn reverses_names(self) -> bool {
        self.by == By::Name && self.reversed
    }
}

/// An entry of a directory, for as long as the scan is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EntryId {
    /// A subdirectory, or a root.
    Directory(DirId),
    /// A file: where its record is.
    File {
        /// In which block.
        block: BlockId,
        /// Where in it.
        at: u32,
    },
    /// The directory itself: its own size.
    Itself,
}

/// An entry in its place among others, in 32 bytes.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// What it is ordered by: what is smaller stands first.
    key: u64,
    /// The first sixteen bytes of the name, as a number that is smaller where the name stands first:
    /// nearly all names are compared without being looked up, which takes ten times as long.
    prefix: u128,
    /// Number of the directory, or of the block that the file is in.
    number: u32,
    /// Where the file is in the block; [`DIRECTORY`] for a directory.
    at: u32,
}

/// No place in a block.
const DIRECTORY: u32 = u32::MAX;

impl Entry {
    fn id(self) -> EntryId {
        match self.at {
            DIRECTORY => EntryId::Directory(DirId(self.number)),
            at => EntryId::File {
                block: BlockId(self.number),
                at,
            },
        }
    }
}

/// Entries taken from the tree in one step; a few milliseconds of work at most.
const SLICE: usize = 8 * 1024;
/// Runs longer than this are not merged, so that a merge is a few milliseconds of work as well.
const LONGEST: usize = 64 * 1024;

/// The rows of one directory. See the module's head.
#[derive(Debug)]
pub struct Listing {
    dir: DirId,
    order: Order,
    files: Vec<Vec<Entry>>,
    /// Blocks that have not been taken yet.
    blocks: Vec<BlockId>,
    /// The youngest block that was taken or waits in `blocks`.
    youngest: Option<BlockId>,
    dirs: Vec<Vec<Entry>>,
    next_dirs: Vec<Vec<Entry>>,
    /// Where to go on among the subdirectories; `None` when none are being taken.
    child: Option<DirId>,
    /// The directory's totals when its subdirectories were taken last: while these are the same,
    /// nothing has changed below it.
    basis: Option<Totals>,
    files_sizes: Sizes,
    dirs_sizes: Sizes,
    next_dirs_sizes: Sizes,
}

/// The entries that are no rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hidden {
    /// How many.
    pub count: u64,
    /// Sum of their sizes, in bytes.
    pub size: i128,
    /// Whether the sum is a lower bound.
    pub at_least: bool,
}

/// What is known of the sizes of some entries, in bytes.
#[derive(Clone, Copy, Debug, Default)]
struct Sizes {
    sum: i128,
    largest: i128,
    hidden: Hidden,
    folded: Hidden,
}

impl Sizes {
    fn add(&mut self, size: i128) {
        self.sum += size;
        self.largest = self.largest.max(size);
    }

    fn fold(&mut self, size: i128, files: u64) {
        self.sum += size;
        self.folded.count += files;
        self.folded.size += size;
    }

    fn hide(&mut self, size: i128, at_least: bool) {
        self.sum += size;
        self.hidden.count += 1;
        self.hidden.size += size;
        self.hidden.at_least |= at_least;
    }
}

impl Listing {
    /// The rows of `dir`, none of them taken yet.
    pub fn new(tree: &Tree, dir: DirId, order: Order) -> Self {
        let mut listing = Self {
            dir,
            order,
            files: Vec::new(),
            blocks: Vec::new(),
            youngest: None,
            dirs: Vec::new(),
            next_dirs: Vec::new(),
            child: None,
            basis: None,
            files_sizes: Sizes::default(),
            dirs_sizes: Sizes::default(),
            next_dirs_sizes: Sizes::default(),
        };
        listing.renew(tree);
        listing
    }

    /// Whose rows these are.
    pub fn dir(&self) -> DirId {
        self.dir
    }

    /// How they are ordered.
    pub fn order(&self) -> Order {
        self.order
    }

    /// A subdirectory is another one now, or gone. Its row stays where it is until rows are taken
    /// anew.
    pub(super) fn replace(&mut self, tree: &Tree, old: DirId, new: Option<DirId>) {
        let is_old = |entry: &Entry| entry.id() == EntryId::Directory(old);
        for run in self.dirs.iter_mut().chain(&mut self.next_dirs) {
            match new {
                Some(new) => {
                    let same = run.iter_mut().filter(|entry| is_old(entry));
                    same.for_each(|entry| entry.number = new.0);
                }
                None => run.retain(|entry| !is_old(entry)),
            }
        }
        if self.child == Some(old) {
            self.child = new.or_else(|| tree.older_sibling(old));
        }
        self.basis = None;
    }

    /// Begins to take what is new in the tree, if anything is. What was begun before is finished
    /// first.
    pub fn renew(&mut self, tree: &Tree) {
        let fresh: Vec<BlockId> = tree.blocks_after(self.dir, self.youngest).collect();
        self.youngest = fresh.first().copied().or(self.youngest);
        self.blocks.extend(fresh);
        let totals = tree.totals(self.dir);
        if self.child.is_none() && self.basis != Some(totals) {
            self.basis = Some(totals);
            self.next_dirs.clear();
            self.next_dirs_sizes = Sizes::default();
            self.child = tree.children(self.dir).next();
            if self.child.is_none() {
                self.dirs.clear();
                self.dirs_sizes = Sizes::default();
            }
        }
    }

    /// Whether nothing has changed since what there is was begun to be taken.
    pub(super) fn is_current(&self, tree: &Tree) -> bool {
        self.basis == Some(tree.totals(self.dir))
    }

    /// Whether there is more to take.
    pub fn is_behind(&self) -> bool {
        self.child.is_some() || !self.blocks.is_empty()
    }

    /// Takes one slice.
    pub fn advance(&mut self, tree: &Tree) {
        let taken = self.take_directories(tree);
        self.take_files(tree, SLICE - taken);
    }

    /// Takes subdirectories, a slice at most. How many there were.
    fn take_directories(&mut self, tree: &Tree) -> usize {
        let mut taken = Vec::new();
        let mut count = 0;
        while count < SLICE
            && let Some(child) = self.child
        {
            count += 1;
            let size = size_of_directory(tree, child, self.order.apparent);
            if self.hides_directory(tree, child) {
                let at_least = tree.is_lower_bound(child);
                self.next_dirs_sizes.hide(size, at_least);
            } else {
                self.next_dirs_sizes.add(size);
                taken.push(self.directory(tree, child));
            }
            self.child = tree.older_sibling(child);
        }
        if !taken.is_empty() {
            self.add_run(tree, taken, true);
        }
        if count > 0 && self.child.is_none() {
            self.dirs = std::mem::take(&mut self.next_dirs);
            self.dirs_sizes = self.next_dirs_sizes;
        }
        count
    }

    /// Takes blocks of files until there are about `count`.
    fn take_files(&mut self, tree: &Tree, count: usize) {
        let mut taken = Vec::new();
        let mut seen = 0;
        while seen < count
            && let Some(block) = self.blocks.pop()
        {
            let mut unpacker = Unpacker::new(tree.records(block));
            let mut at = unpacker.at();
            while let Some(file) = unpacker.next() {
                let size = self.size_of(&file).into();
                if file.folded > 0 {
                    self.files_sizes.fold(size, file.folded);
                } else if self.hides(file.name) {
                    self.files_sizes.hide(size, false);
                } else {
                    self.files_sizes.add(size);
                    taken.push(self.file(&file, block, at));
                }
                seen += 1;
                at = unpacker.at();
            }
        }
        if !taken.is_empty() {
            self.add_run(tree, taken, false);
        }
    }

    /// How many rows there are, the directory itself not among them.
    pub fn len(&self) -> usize {
        self.runs().map(Vec::len).sum()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The entries that are left out of the rows.
    pub fn hidden(&self) -> Hidden {
        let (files, dirs) = (self.files_sizes.hidden, self.dirs_sizes.hidden);
        Hidden {
            count: files.count + dirs.count,
            size: files.size + dirs.size,
            at_least: dirs.at_least,
        }
    }

    /// The small files that are only known by their sums.
    pub fn folded(&self) -> Hidden {
        self.files_sizes.folded
    }

    fn hides(&self, name: &[u8]) -> bool {
        self.order.scope == Scope::Plain && name.starts_with(b".")
    }

    fn hides_directory(&self, tree: &Tree, dir: DirId) -> bool {
        let excluded = || matches!(tree.progress_of(dir), Progress::Excluded(_));
        self.hides(tree.name(dir)) || (self.order.scope == Scope::Plain && excluded())
    }

    /// Sum of the sizes of all entries but the directory itself, in bytes; `None` while something
    /// below has changed since they were taken.
    pub fn sum(&self, tree: &Tree) -> Option<i128> {
        let is_current = !self.is_behind() && self.is_current(tree);
        is_current.then(|| self.files_sizes.sum + self.dirs_sizes.sum)
    }

    /// The size of the largest row but the directory itself, in bytes, as of when they were taken.
    pub fn largest(&self) -> i128 {
        self.files_sizes.largest.max(self.dirs_sizes.largest)
    }

    /// How many rows come before `id`; `None` if it is not among them.
    pub fn rank(&self, tree: &Tree, id: EntryId) -> Option<usize> {
        let entry = match id {
            EntryId::Itself => return None,
            EntryId::Directory(_) => *self.dirs.iter().flatten().find(|entry| entry.id() == id)?,
            EntryId::File { block, at } => {
                let file = Unpacker::seek(tree.records(block), at as usize).next()?;
                if self.hides(file.name) {
                    return None;
                }
                self.file(&file, block, at as usize)
            }
        };
        Some(self.rank_of(tree, &entry))
    }

    /// The rows from the `first` on, at most `count`.
    pub fn window(&self, tree: &Tree, first: usize, count: usize) -> Vec<EntryId> {
        let runs: Vec<&Vec<Entry>> = self.runs().collect();
        let mut heads = self.heads(tree, &runs, first);
        let mut window = Vec::with_capacity(count);
        while window.len() < count {
            let next = (0..runs.len())
                .filter_map(|run| runs[run].get(heads[run]).map(|entry| (run, entry)))
                .min_by(|(_, one), (_, other)| self.compare(tree, one, other));
            let Some((run, entry)) = next else { break };
            heads[run] += 1;
            window.push(entry.id());
        }
        window
    }

    /// How many entries of each run are among the first `count` rows. Of the run that leaves most
    /// open, the entry in the middle of that is placed in all of them, and tells by its rank on
    /// which side of it to go on.
    fn heads(&self, tree: &Tree, runs: &[&Vec<Entry>], count: usize) -> Vec<usize> {
        let mut low = vec![0; runs.len()];
        let mut high: Vec<usize> = runs.iter().map(|run| run.len()).collect();
        let widest = |low: &[usize], high: &[usize]| {
            let open = |run: &usize| high[*run] - low[*run];
            (0..runs.len()).max_by_key(open).filter(|run| open(run) > 0)
        };
        while let Some(run) = widest(&low, &high) {
            let middle = usize::midpoint(low[run], high[run]);
            let pivot = &runs[run][middle];
            let place = |(run, (low, high)): (&&Vec<Entry>, (&usize, &usize))| {
                let before = |other: &Entry| self.compare(tree, other, pivot).is_lt();
                low + run[*low..*high].partition_point(before)
            };
            let bounds = low.iter().zip(&high);
            let places: Vec<usize> = runs.iter().zip(bounds).map(place).collect();
            if places.iter().sum::<usize>() < count {
                low = places;
                low[run] += 1;
            } else {
                high = places;
            }
        }
        low
    }

    fn runs(&self) -> impl Iterator<Item = &Vec<Entry>> {
        self.dirs.iter().chain(&self.files)
    }

    fn rank_of(&self, tree: &Tree, entry: &Entry) -> usize {
        let before = |run: &Vec<Entry>| {
            run.partition_point(|other| self.compare(tree, other, entry).is_lt())
        };
        self.runs().map(before).sum()
    }

    fn directory(&self, tree: &Tree, dir: DirId) -> Entry {
        let key = match self.order.by {
            By::Size => clip(size_of_directory(tree, dir, self.order.apparent)),
            By::Count => tree.totals(dir).files.max(0) as u64,
            By::Modified => in_order(tree.own(dir).modified),
            By::Name => 0,
        };
        Entry {
            key: self.in_place(key),
            prefix: self.prefix_of(tree.name(dir)),
            number: dir.0,
            at: DIRECTORY,
        }
    }

    fn file(&self, file: &File<'_>, block: BlockId, at: usize) -> Entry {
        let key = match self.order.by {
            By::Size => self.size_of(file),
            By::Modified => in_order(file.modified),
            By::Name | By::Count => 0,
        };
        Entry {
            key: self.in_place(key),
            prefix: self.prefix_of(file.name),
            number: block.0,
            at: at as u32,
        }
    }

    /// A key so that what is smaller stands first.
    fn in_place(&self, key: u64) -> u64 {
        if self.order.is_descending() {
            !key
        } else {
            key
        }
    }

    fn prefix_of(&self, name: &[u8]) -> u128 {
        let mut prefix = [0; 16];
        let length = name.len().min(prefix.len());
        prefix[..length].copy_from_slice(&name[..length]);
        let prefix = u128::from_be_bytes(prefix);
        if self.order.reverses_names() {
            !prefix
        } else {
            prefix
        }
    }

    fn size_of(&self, file: &File<'_>) -> u64 {
        if self.order.apparent {
            file.apparent
        } else {
            file.disk
        }
    }

    /// The order of rows. Equal keys stand by name, and equal names, which can only be a directory
    /// and a file that took its place while it was read, by where they are.
    fn compare(&self, tree: &Tree, one: &Entry, other: &Entry) -> Ordering {
        let kinds = if self.order.directories_first {
            let is_other = |entry: &Entry| is_directory(tree, entry.id()).is_none();
            is_other(one).cmp(&is_other(other))
        } else {
            Ordering::Equal
        };
        let names = || {
            let names = name(tree, one.id()).cmp(name(tree, other.id()));
            if self.order.reverses_names() {
                names.reverse()
            } else {
                names
            }
        };
        // A directory stands before a file.
        let place = |entry: &Entry| (entry.at != DIRECTORY, entry.number, entry.at);
        kinds
            .then(one.key.cmp(&other.key))
            .then(one.prefix.cmp(&other.prefix))
            .then_with(names)
            .then_with(|| place(one).cmp(&place(other)))
    }

    fn sort(&self, tree: &Tree, entries: &mut [Entry], directories: bool) {
        let compare = |one: &Entry, other: &Entry| self.compare(tree, one, other);
        if directories {
            return entries.sort_unstable_by(compare);
        }
        // Numbers alone are compared without a branch: that halves the time for a million files.
        let numbers = |entry: &Entry| (entry.key, entry.prefix);
        entries.sort_unstable_by_key(numbers);
        for equal in entries.chunk_by_mut(|one, other| numbers(one) == numbers(other)) {
            equal.sort_unstable_by(compare);
        }
    }

    /// Adds what was taken as a sorted run, and merges the last runs as long as they are of similar
    /// length.
    fn add_run(&mut self, tree: &Tree, mut taken: Vec<Entry>, directories: bool) {
        self.sort(tree, &mut taken, directories);
        let mut runs = std::mem::take(if directories {
            &mut self.next_dirs
        } else {
            &mut self.files
        });
        while let Some(last) = runs.last()
            && last.len() <= 2 * taken.len()
            && last.len() + taken.len() <= LONGEST
        {
            let last = runs.pop().unwrap_or_default();
            taken = self.merge(tree, last, taken);
        }
        runs.push(taken);
        *(if directories {
            &mut self.next_dirs
        } else {
            &mut self.files
        }) = runs;
    }

    fn merge(&self, tree: &Tree, one: Vec<Entry>, other: Vec<Entry>) -> Vec<Entry> {
        let mut merged = Vec::with_capacity(one.len() + other.len());
        let (mut one, mut other) = (one.into_iter().peekable(), other.into_iter().peekable());
        while let (Some(a), Some(b)) = (one.peek(), other.peek()) {
            let from_one = self.compare(tree, a, b).is_lt();
            merged.extend(if from_one { one.next() } else { other.next() });
        }
        merged.extend(one);
        merged.extend(other);
        merged
    }
}

/// Size of a directory with everything below it, in bytes.
pub fn size_of_directory(tree: &Tree, dir: DirId, apparent: bool) -> i128 {
    let totals = tree.totals(dir);
    if apparent {
        totals.apparent
    } else {
        totals.disk
    }
}

/// Name of an entry, as bytes; `.` for the directory itself.
pub fn name(tree: &Tree, id: EntryId) -> &[u8] {
    match id {
        EntryId::Directory(dir) => tree.name(dir),
        EntryId::File { block, at } => Unpacker::resume(tree.records(block), at as usize).name(),
        EntryId::Itself => b".",
    }
}

/// Whether an entry can be opened.
pub fn is_directory(tree: &Tree, id: EntryId) -> Option<DirId> {
    match id {
        EntryId::Directory(dir) if tree.own(dir).kind == Kind::Directory => Some(dir),
        _ => None,
    }
}

/// A number that may be negative, so that it can be compared with others as one that is not.
fn in_order(number: i64) -> u64 {
    number.cast_unsigned() ^ (1 << 63)
}

fn clip(size: i128) -> u64 {
    u64::try_from(size.max(0)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        scan::{dir::Identity, event::Block},
        tree::block::{Metadata, Packer},
    };

    /// A directory with so many files, of few sizes, and as many subdirectories as they have
    /// blocks.
    fn tree(files: u64) -> Tree {
        let mut tree = Tree::new();
        tree.announce(DirId::TOP, DirId(1), b"/r");
        let mut packer = Packer::default();
        let mut next = 2;
        for number in 0..files {
            let metadata = Metadata {
                kind: Kind::File,
                disk: number * 7919 % 11 * 512,
                apparent: number,
                modified: 0,
                identity: Identity {
                    device: 1,
                    inode: number,
                },
                links: 1,
            };
            packer.add(format!("file-of-{number}").as_bytes(), &metadata);
            if packer.len() == 1000 || number + 1 == files {
                let files = packer.finish();
                let dir = DirId(1);
                let links = Vec::new();
                tree.add_block(Block { dir, files, links });
                tree.announce(dir, DirId(next), format!("d{next}").as_bytes());
                next += 1;
            }
        }
        tree.settle();
        tree
    }

    #[test]
    fn an_entry_is_lean() {
        assert_eq!(size_of::<Entry>(), 32);
    }

    #[test]
    fn a_window_is_a_part_of_all_rows_wherever_it_begins() {
        let tree = tree(50_000);
        for by in [By::Size, By::Name] {
            let order = Order {
                by,
                reversed: false,
                apparent: false,
                directories_first: false,
                scope: Scope::All,
            };
            let mut listing = Listing::new(&tree, DirId(1), order);
            while listing.is_behind() {
                listing.advance(&tree);
            }
            assert!(listing.runs().count() > 2, "or there is nothing to merge");
            let all = listing.window(&tree, 0, 60_000);
            assert_eq!(all.len(), listing.len());
            for first in [
                0, 1, 17, 8_191, 8_192, 24_999, 50_048, 50_049, 50_050, 90_000,
            ] {
                let end = all.len().min(first + 30);
                let part = all.get(first..end).unwrap_or_default();
                assert_eq!(listing.window(&tree, first, 30), part, "from {first} on");
                if let Some(entry) = all.get(first) {
                    assert_eq!(listing.rank(&tree, *entry), Some(first));
                }
            }
        }
    }
}
