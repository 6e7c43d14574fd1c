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
//! The size of an inode is the one first seen: a file that grows while it is scanned must be
//! subtracted as it was added.

use std::{cmp::Ordering, collections::HashMap};

use super::{
    block::Link,
    places::{Places, Relation},
};
use crate::scan::dir::{DirId, Identity};

/// An inode with several names.
#[derive(Debug)]
pub struct Group {
    link: Link,
    dirs: Vec<DirId>,
}

impl Group {
    /// Its sizes, as first seen.
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
    /// By inode: its number among `groups`.
    numbers: HashMap<Identity, u32>,
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

    /// Adds a name of `link` in `dir`.
    pub(super) fn add(&mut self, dir: DirId, link: Link, places: &Places) -> Change {
        let number = *self.numbers.entry(link.identity).or_insert_with(|| {
            self.groups.push(Group {
                link,
                dirs: Vec::new(),
            });
            self.groups.len() as u32 - 1
        });
        let group = &mut self.groups[number as usize];
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
}
