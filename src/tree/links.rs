//! Hard links: every directory counts each inode below it once, which is what `du` on that
//! directory alone prints.
//!
//! Of each inode the directories that have a name of it are kept in tree order (a directory before
//! what is below it, siblings by number). Adding a name in directory *d* adds the size at *d*, and
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

struct Group {
    /// As first seen.
    link: Link,
    /// The directories with a name of it, in tree order; one with two names stands here once.
    dirs: Vec<DirId>,
}

/// All inodes with several names.
#[derive(Default)]
pub(super) struct Links {
    groups: HashMap<Identity, Group>,
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
    /// Adds a name of `link` in `dir`.
    pub(super) fn add(&mut self, dir: DirId, link: Link, places: &Places) -> Change {
        let group = self.groups.entry(link.identity).or_insert_with(|| Group {
            link,
            dirs: Vec::new(),
        });
        let link = group.link;
        // Both neighbours are among those that the search meets, and no other shares more with `dir`.
        let mut deepest: Option<Relation> = None;
        let (mut place, mut end) = (0, group.dirs.len());
        while place < end {
            let middle = usize::midpoint(place, end);
            let relation = places.relate(group.dirs[middle], dir);
            match relation.order {
                Ordering::Equal => {
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
