//! Hard links: every directory counts each inode below it once, which is what `du` on that
//! directory alone prints.
//!
//! Of each inode the directories that have a name of it are kept in tree order (a directory before
//! what is below it, siblings by number), one with two names twice. Adding a name in directory *d* adds the size at *d*, and
//! so on the whole way up. Whatever lies above *d* and already had a name would count twice: these
//! are the ancestors shared with the names there are, and in tree order the neighbours of *d* share
//! the deepest ones. So the size is subtracted once, at the deeper of the lowest common ancestors
//! of *d* with its two neighbours. The result does not depend on the order in which names arrive.
//!
//! The size of an inode is the one first seen in a scan: a file that grows meanwhile must be
//! subtracted as it was added.
//!
//! When a directory was read again, all its old names are taken out and all new ones put in. In tree
//! order either stand in one piece, and what they add above the directory is what one name there
//! would: so both cost one search an inode. What is read again has its own table until then, and
//! has the last word on the size.

use std::{cmp::Ordering, hash::BuildHasher, hint::black_box};

use hashbrown::{DefaultHashBuilder, HashTable, hash_table::Entry};

use super::{
    block::Link,
    places::{Places, Relation},
    totals::Totals,
};
use crate::scan::dir::{DirId, Extent};

/// An inode with several names; on one cache line.
#[derive(Debug)]
#[repr(align(64))]
pub struct Group {
    link: Link,
    dirs: Vec<DirId>,
}

impl Group {
    /// Its sizes, as first seen in the scan or when it was read again.
    pub fn link(&self) -> &Link {
        &self.link
    }

    /// Of every name that was found the directory, in tree order, so that what lies below one
    /// directory stands in one piece. A root that is the file itself stands here for its name.
    pub fn dirs(&self) -> &[DirId] {
        &self.dirs
    }

    /// How many names it has, wherever these are.
    pub fn names(&self) -> u64 {
        self.link.names.max(self.dirs.len() as u64)
    }
}

/// All inodes with several names.
#[derive(Default)]
pub(super) struct Links {
    groups: Vec<Group>,
    /// The number of each among `groups`, by its inode.
    numbers: HashTable<u32>,
    hash: DefaultHashBuilder,
    /// How many names they have together, wherever these are.
    names: u64,
    /// How many of these are in the groups.
    found: usize,
}

/// What a further name of an inode changes.
pub(super) struct Change {
    /// The sizes to count.
    pub(super) link: Link,
    /// Where to subtract them after they were added in the name's own directory; `None` for an
    /// inode's first name.
    pub(super) shared: Option<DirId>,
}

impl Links {
    pub(super) fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// How many names they have together, wherever these are.
    pub(super) fn names(&self) -> u64 {
        self.names
    }

    /// Bytes of memory that all of it takes.
    pub(super) fn bytes(&self) -> usize {
        self.groups.len() * (size_of::<Group>() + 2 * size_of::<u32>())
            + self.found * size_of::<DirId>()
    }

    /// The numbers of these inodes' groups, which are new and empty for those that had none.
    ///
    /// Of all names in a directory at once, and then their first directories: each inode is somewhere
    /// else in memory, and the processor waits for many of them at a time where none depends on
    /// another. A million names of 125,000 inodes took 1.0 s one by one.
    pub(super) fn meet(&mut self, links: &[Link]) -> Vec<u32> {
        let numbers: Vec<u32> = links.iter().map(|link| self.number_of(link)).collect();
        let firsts = numbers
            .iter()
            .filter_map(|number| self.groups[*number as usize].dirs.first());
        black_box(firsts.fold(0, |all, dir| all ^ dir.0));
        numbers
    }

    fn number_of(&mut self, link: &Link) -> u32 {
        let Self {
            groups,
            numbers,
            hash,
            names,
            ..
        } = self;
        let identity = |number: &u32| groups[*number as usize].link.identity;
        let entry = numbers.entry(
            hash.hash_one(link.identity),
            |number| identity(number) == link.identity,
            |number| hash.hash_one(identity(number)),
        );
        match entry {
            Entry::Occupied(met) => *met.get(),
            Entry::Vacant(new) => {
                let number = groups.len() as u32;
                new.insert(number);
                *names = names.saturating_add(link.names);
                groups.push(Group {
                    link: *link,
                    dirs: Vec::new(),
                });
                number
            }
        }
    }

    /// Adds a name in `dir` of an inode that was [met](Links::meet).
    pub(super) fn add(&mut self, number: u32, dir: DirId, link: Link, places: &Places) -> Change {
        self.found += 1;
        let group = &mut self.groups[number as usize];
        if group.dirs.is_empty() {
            group.link = link;
        }
        group.link.names = group.link.names.max(link.names);
        let link = group.link;
        // Both neighbours are among those that the search meets, and no other shares more with `dir`.
        let mut deepest: Option<Relation> = None;
        let (mut place, mut end) = (0, group.dirs.len());
        while place < end {
            let middle = usize::midpoint(place, end);
            let relation = places.relate(group.dirs[middle], dir);
            match relation.order {
                Ordering::Equal => {
                    group.dirs.insert(middle, dir);
                    let shared = Some(dir);
                    return Change { link, shared };
                }
                Ordering::Less => place = middle + 1,
                Ordering::Greater => end = middle,
            }
            if deepest
                .as_ref()
                .is_none_or(|deepest| deepest.depth < relation.depth)
            {
                deepest = Some(relation);
            }
        }
        let shared = deepest.map(|relation| relation.common);
        group.dirs.insert(place, dir);
        Change { link, shared }
    }

    /// Takes all names out of an inode's group that lie in `top`, or in that directory alone.
    pub(super) fn take_out(
        &mut self,
        number: usize,
        top: DirId,
        extent: Extent,
        places: &Places,
    ) -> Option<Piece> {
        let group = &mut self.groups[number];
        let start = place_of(&group.dirs, top, places);
        let inside = |dir: &DirId| match extent {
            Extent::Alone => *dir == top,
            Extent::Whole => places.is_within(*dir, top),
        };
        let names = group.dirs[start..].partition_point(inside);
        group.dirs.drain(start..start + names);
        self.found -= names;
        (names > 0).then(|| Piece {
            link: group.link,
            names,
            shared: shared(&group.dirs, start, top, places),
            resized: Vec::new(),
        })
    }

    /// Puts in what another table has, all of it in `top`, where this one has nothing. Names in
    /// that directory alone may have been met under another number of it.
    pub(super) fn put_in(
        &mut self,
        other: &Group,
        top: DirId,
        extent: Extent,
        places: &Places,
    ) -> Piece {
        self.found += other.dirs.len();
        let number = self.number_of(&other.link);
        let group = &mut self.groups[number as usize];
        let was = std::mem::replace(&mut group.link, other.link);
        let resized = resized(&group.dirs, &was, &other.link, places);
        let start = place_of(&group.dirs, top, places);
        let shared = shared(&group.dirs, start, top, places);
        let dirs = other.dirs.iter().map(|dir| match extent {
            Extent::Alone => top,
            Extent::Whole => *dir,
        });
        group.dirs.splice(start..start, dirs);
        Piece {
            link: other.link,
            names: other.dirs.len(),
            shared,
            resized,
        }
    }
}

/// All names of an inode in one directory that was read again.
pub(super) struct Piece {
    /// The sizes that count.
    pub(super) link: Link,
    /// How many names.
    pub(super) names: usize,
    /// From where on upwards there are other names, so that the sizes count there anyway; `None`
    /// if there are none.
    pub(super) shared: Option<DirId>,
    /// Where else totals change because the size of the inode has, and by how much.
    pub(super) resized: Vec<(DirId, Totals)>,
}

/// How many of `dirs` come before `top` and all below it.
fn place_of(dirs: &[DirId], top: DirId, places: &Places) -> usize {
    dirs.partition_point(|dir| places.relate(*dir, top).order.is_lt())
}

/// The deeper of the common ancestors of `top` with its two neighbours, if it stands at `place`
/// among `dirs`.
fn shared(dirs: &[DirId], place: usize, top: DirId, places: &Places) -> Option<DirId> {
    let before = place.checked_sub(1).and_then(|before| dirs.get(before));
    let neighbours = before.into_iter().chain(dirs.get(place));
    let relations = neighbours.map(|dir| places.relate(*dir, top));
    let deepest = relations.max_by_key(|relation| relation.depth);
    deepest.map(|relation| relation.common)
}

/// What changes when an inode has another size than before: each name adds it, and the common
/// ancestor of each two neighbours subtracts it.
fn resized(dirs: &[DirId], was: &Link, is: &Link, places: &Places) -> Vec<(DirId, Totals)> {
    let more = Totals {
        disk: i128::from(is.disk) - i128::from(was.disk),
        apparent: i128::from(is.apparent) - i128::from(was.apparent),
        ..Totals::default()
    };
    if more == Totals::default() {
        return Vec::new();
    }
    let less = Totals::default() - more;
    let names = dirs.iter().map(|dir| (*dir, more));
    let both = dirs
        .windows(2)
        .map(|pair| (places.relate(pair[0], pair[1]).common, less));
    names.chain(both).collect()
}
