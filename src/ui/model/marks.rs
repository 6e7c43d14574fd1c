//! The entries that are marked, what they amount to, and what deleting all of them would free.
//!
//! Each inode counts once, however many of its names are marked, and what is marked below something
//! marked counts with that. An inode is freed only with its last name: so all inodes with several
//! names are gone through, a slice at a time, and their marked names counted. A file that has one
//! name, or a directory itself, is freed with it.
//!
//! A record has the number of an inode, not the device. Within one directory that is enough to tell
//! inodes apart, but for files that others are mounted over.

use std::collections::HashMap;

use super::{listing::EntryId, rescan::Exchange, shares::SLICE};
use crate::{
    scan::dir::DirId,
    tree::{Group, Tree, block::Unpacker, totals::Totals},
};

/// What is marked amounts to this; disk usage in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// All of it.
    pub size: i128,
    /// The part that has names which are not marked, so that it would stay.
    pub kept: i128,
    /// Whether these are lower bounds, since something marked is not read to its end.
    pub at_least: bool,
}

impl Sum {
    /// What deleting would free.
    pub fn freed(&self) -> i128 {
        self.size - self.kept
    }
}

/// What is marked. See the module's head.
#[derive(Debug, Default)]
pub struct Marks {
    /// With the directory that each is an entry of.
    entries: HashMap<EntryId, DirId>,
    /// What they amounted to last.
    sum: Option<Sum>,
    adding: Option<Adding>,
    /// What everything amounted to when adding up began.
    basis: Option<Totals>,
}

impl Marks {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is marked.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether this entry is marked.
    pub fn contains(&self, entry: EntryId) -> bool {
        self.entries.contains_key(&entry)
    }

    /// What they amount to; `None` while it is added up for the first time.
    pub fn sum(&self) -> Option<Sum> {
        self.sum
    }

    /// Marks an entry of `dir`, or takes its mark away.
    pub(in crate::ui) fn toggle(&mut self, dir: DirId, entry: EntryId) {
        if self.entries.remove(&entry).is_none() {
            self.entries.insert(entry, dir);
        }
        self.forget_sum();
    }

    /// The sum of other marks is none of these.
    fn forget_sum(&mut self) {
        (self.sum, self.basis, self.adding) = (None, None, None);
    }

    /// Takes all marks away.
    pub(in crate::ui) fn clear(&mut self) {
        *self = Self::default();
    }

    /// A directory was read again: what is marked in it is looked up by name. How many are gone.
    pub(super) fn follow(&mut self, exchange: &Exchange<'_>) -> usize {
        let mut old: HashMap<DirId, Vec<EntryId>> = HashMap::new();
        for (entry, dir) in &self.entries {
            if exchange.is_old(*dir) || *entry == EntryId::Directory(exchange.old) {
                old.entry(*dir).or_default().push(*entry);
            }
        }
        let before = self.entries.len();
        for (dir, entries) in old {
            let new = exchange.entries(dir, &entries);
            for entry in entries {
                self.entries.remove(&entry);
            }
            self.entries
                .extend(new.into_values().map(|(dir, entry)| (entry, dir)));
        }
        self.forget_sum();
        before - self.entries.len()
    }

    /// Whether an entry of `dir` is marked.
    pub(super) fn is_any_in(&self, dir: DirId) -> bool {
        self.entries.values().any(|of| *of == dir)
    }

    /// What is in a directory was listed again, without what is below it. How many are gone.
    pub(super) fn follow_listing(&mut self, exchange: &Exchange<'_>) -> usize {
        let is_file = |entry: &EntryId| matches!(entry, EntryId::File { .. });
        let moved = |(entry, dir): (&EntryId, &DirId)| {
            (exchange.new == Some(*dir) && is_file(entry)).then_some(*entry)
        };
        let old: Vec<EntryId> = self.entries.iter().filter_map(moved).collect();
        let mut lost = 0;
        for entry in old {
            let dir = self.entries.remove(&entry);
            match exchange.entry(exchange.old, entry).zip(dir) {
                Some(((_, new), dir)) => {
                    self.entries.insert(new, dir);
                }
                None => lost += 1,
            }
        }
        self.forget_sum();
        lost
    }

    /// Begins to add up anew if anything has changed since it was begun last.
    pub(super) fn renew(&mut self, tree: &Tree) {
        let totals = tree.totals(DirId::TOP);
        if self.adding.is_none() && !self.is_empty() && self.basis != Some(totals) {
            self.basis = Some(totals);
            self.adding = Some(Adding::new(tree, &self.entries));
        }
    }

    /// Whether there is more to add up.
    pub(super) fn is_behind(&self) -> bool {
        self.adding.is_some()
    }

    /// Adds up some of it. Whether the sum is another one now.
    pub(super) fn take_slice(&mut self, tree: &Tree) -> bool {
        let sum = self.adding.as_mut().and_then(|adding| adding.advance(tree));
        if sum.is_none() {
            return false;
        }
        self.adding = None;
        std::mem::replace(&mut self.sum, sum) != sum
    }
}

/// Marks that are being added up.
#[derive(Debug)]
struct Adding {
    sum: Sum,
    /// The marked directories that lie in no other, in tree order.
    dirs: Vec<DirId>,
    /// By directory, the inodes of the marked files with several names that lie in none of them.
    files: HashMap<DirId, Vec<u64>>,
    /// The next inode with several names.
    next: usize,
}

impl Adding {
    fn new(tree: &Tree, entries: &HashMap<EntryId, DirId>) -> Self {
        let mut adding = Self {
            sum: Sum::default(),
            dirs: outermost(tree, entries),
            files: HashMap::new(),
            next: 0,
        };
        for dir in &adding.dirs {
            adding.sum.size += tree.totals(*dir).disk;
            adding.sum.at_least |= tree.is_lower_bound(*dir);
        }
        for (entry, dir) in entries {
            if let EntryId::File { block, at } = *entry
                && adding.marked_above(tree, *dir).is_none()
                && let Some(file) = Unpacker::resume(tree.records(block), at as usize).next()
            {
                adding.sum.size += i128::from(file.disk);
                if let Some((inode, _)) = file.link {
                    adding.files.entry(*dir).or_default().push(inode);
                }
            }
        }
        adding
    }

    /// The marked directory that `dir` is or lies below.
    fn marked_above(&self, tree: &Tree, dir: DirId) -> Option<usize> {
        // What lies below a directory follows it in one piece.
        let behind = self
            .dirs
            .partition_point(|marked| tree.order(*marked, dir).is_le());
        let last = behind.checked_sub(1)?;
        tree.is_within(dir, self.dirs[last]).then_some(last)
    }

    /// Goes through some inodes; the sum, when that were the last ones.
    fn advance(&mut self, tree: &Tree) -> Option<Sum> {
        let mut seen = 0;
        while seen < SLICE {
            let Some(group) = tree.groups().get(self.next) else {
                return Some(self.sum);
            };
            self.next += 1;
            seen += 1 + group.dirs().len();
            self.take(tree, group);
        }
        None
    }

    fn take(&mut self, tree: &Tree, group: &Group) {
        let (mut names, mut counted) = (0, 0);
        let mut last = None;
        for in_one in group.dirs().chunk_by(|one, other| one == other) {
            let dir = in_one[0];
            if let Some(marked) = self.marked_above(tree, dir) {
                names += in_one.len();
                // The sum has each marked directory's inodes once.
                counted += usize::from(last != Some(marked));
                last = Some(marked);
            } else if let Some(inodes) = self.files.get(&dir) {
                let same = |inode: &&u64| **inode == group.link().identity.inode;
                let marked = inodes.iter().filter(same).count();
                names += marked;
                counted += marked;
            }
        }
        let size = i128::from(group.link().disk);
        if counted > 1 {
            self.sum.size -= (counted as i128 - 1) * size;
        }
        if names > 0 && (names as u64) < group.names() {
            self.sum.kept += size;
        }
    }
}

/// The marked directories that lie in no other marked one, in tree order.
fn outermost(tree: &Tree, entries: &HashMap<EntryId, DirId>) -> Vec<DirId> {
    let mut dirs: Vec<DirId> = entries
        .keys()
        .filter_map(|entry| match entry {
            // A root that is a file stands among them.
            EntryId::Directory(dir) => Some(*dir),
            _ => None,
        })
        .collect();
    dirs.sort_unstable_by(|one, other| tree.order(*one, *other));
    dirs.dedup_by(|later, earlier| tree.is_within(*later, *earlier));
    dirs
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;
    use crate::{
        scan::{dir::Identity, event::Block},
        tree::{
            Progress,
            block::{Metadata, Packer},
        },
        ui::model::shares::Shares,
    };

    /// A file: its directory, its inode, its size in blocks.
    #[derive(Clone, Copy, Debug)]
    struct Name {
        dir: usize,
        inode: u64,
        names: u64,
        size: u64,
    }

    /// Directories by the number of their parent, which is smaller, and names; each name is a file
    /// `f` and its place among the names. All is read.
    fn tree(parents: &[usize], names: &[Name]) -> Tree {
        let mut tree = Tree::new();
        tree.announce(DirId::TOP, DirId(1), b"/r");
        for (number, parent) in parents.iter().enumerate() {
            let dir = DirId(number as u32 + 2);
            tree.announce(
                DirId(*parent as u32 + 1),
                dir,
                format!("d{number}").as_bytes(),
            );
        }
        for (place, name) in names.iter().enumerate() {
            let mut packer = Packer::default();
            let metadata = Metadata {
                kind: crate::tree::block::Kind::File,
                disk: name.size * 512,
                apparent: name.size,
                modified: 0,
                identity: Identity {
                    device: 1,
                    inode: name.inode,
                },
                links: name.names,
            };
            let links = packer.add(format!("f{place}").as_bytes(), &metadata);
            tree.add_block(Block {
                dir: DirId(name.dir as u32 + 1),
                files: packer.finish(),
                links: links.into_iter().collect(),
            });
        }
        for dir in 0..=parents.len() {
            tree.progress(DirId(dir as u32 + 1), Progress::Listed);
        }
        tree.settle();
        tree
    }

    /// Inodes with sizes and numbers of names, some of which are nowhere in the tree.
    fn names(dirs: usize) -> impl Strategy<Value = Vec<Name>> {
        let inode = (1..20_u64, prop::collection::vec(0..dirs, 1..5), 0..2_u64);
        prop::collection::vec(inode, 0..8).prop_map(|inodes| {
            let named = (1..)
                .zip(inodes)
                .flat_map(|(inode, (size, dirs, outside))| {
                    let names = dirs.len() as u64 + outside;
                    dirs.into_iter().map(move |dir| Name {
                        dir,
                        inode,
                        names,
                        size,
                    })
                });
            named.collect()
        })
    }

    fn case() -> impl Strategy<Value = (Vec<usize>, Vec<Name>, Vec<usize>, Vec<usize>)> {
        (1..9_usize).prop_flat_map(|more| {
            let parents: Vec<_> = (0..more).map(|number| 0..=number).collect();
            let dirs = prop::collection::vec(1..=more, 0..4);
            (
                parents,
                names(more + 1),
                dirs,
                prop::collection::vec(0..20_usize, 0..4),
            )
        })
    }

    /// The directories that are `dir` or above it.
    fn upward(parents: &[usize], dir: usize) -> Vec<usize> {
        std::iter::successors(Some(dir), |dir| (*dir > 0).then(|| parents[dir - 1])).collect()
    }

    /// Where the file `f` and this number is.
    fn entry_of(tree: &Tree, place: usize, names: &[Name]) -> (DirId, EntryId) {
        let dir = DirId(names[place].dir as u32 + 1);
        let block = tree.blocks(dir).find(|block| {
            let mut files = Unpacker::new(tree.records(*block));
            files.any(|file| file.name == format!("f{place}").as_bytes())
        });
        let block = block.expect("every name is in a block");
        (dir, EntryId::File { block, at: 0 })
    }

    proptest! {
        #[test]
        fn marks_add_up_as_counted_one_by_one(
            (parents, names, dirs, files) in case(),
        ) {
            let tree = tree(&parents, &names);
            let files: BTreeSet<usize> = files.into_iter().filter(|place| *place < names.len()).collect();
            let dirs: BTreeSet<usize> = dirs.into_iter().collect();
            let mut marks = Marks::default();
            for dir in &dirs {
                let parent = DirId(parents[dir - 1] as u32 + 1);
                marks.toggle(parent, EntryId::Directory(DirId(*dir as u32 + 1)));
            }
            for place in &files {
                let (dir, entry) = entry_of(&tree, *place, &names);
                marks.toggle(dir, entry);
            }
            marks.renew(&tree);
            while marks.is_behind() {
                marks.take_slice(&tree);
            }
            // By inode: its size, its names, how many of these are marked.
            let mut inodes: BTreeMap<u64, (u64, u64, u64)> = BTreeMap::new();
            for (place, name) in names.iter().enumerate() {
                let is_marked = files.contains(&place)
                    || upward(&parents, name.dir).iter().any(|dir| dirs.contains(dir));
                let inode = inodes.entry(name.inode).or_insert((name.size * 512, name.names, 0));
                inode.2 += u64::from(is_marked);
            }
            let marked = inodes.values().filter(|(_, _, marked)| *marked > 0);
            let size: u64 = marked.clone().map(|(size, ..)| size).sum();
            let freed: u64 = marked.filter(|(_, all, marked)| all == marked).map(|(size, ..)| size).sum();
            if marks.is_empty() {
                prop_assert_eq!(marks.sum(), None);
            } else {
                let sum = marks.sum().expect("it is added up");
                prop_assert_eq!((sum.size, sum.freed(), sum.at_least), (size.into(), freed.into(), false));
            }
        }

        #[test]
        fn what_is_shared_is_what_has_names_outside((parents, names, ..) in case()) {
            let tree = tree(&parents, &names);
            let mut shares = Shares::none();
            shares.renew(&tree, DirId(1));
            prop_assert_eq!(shares.of(DirId(2), false).is_some(), false);
            shares.take_slice(&tree);
            for child in (1..=parents.len()).filter(|dir| parents[dir - 1] == 0) {
                let mut inside: BTreeMap<u64, u64> = BTreeMap::new();
                for name in names.iter().filter(|name| upward(&parents, name.dir).contains(&child)) {
                    *inside.entry(name.inode).or_default() += 1;
                }
                let shared: u64 = inside.iter().map(|(inode, inside)| {
                    let name = names.iter().find(|name| name.inode == *inode).expect("it has a name");
                    if *inside < name.names { name.size } else { 0 }
                }).sum();
                let dir = DirId(child as u32 + 1);
                prop_assert_eq!(shares.of(dir, true), Some(shared.into()));
                prop_assert_eq!(shares.of(dir, false), Some(i128::from(shared) * 512));
            }
        }
    }
}
