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

use super::block::Link;
use crate::scan::dir::{DirId, Identity};

/// How two directories stand to each other.
pub(super) struct Relation {
    /// Lowest common ancestor; one of the two if that one is above the other.
    pub(super) common: DirId,
    /// Depth of the common ancestor.
    pub(super) depth: u32,
    /// Which comes first in tree order.
    pub(super) order: Ordering,
}

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
    pub(super) fn add(
        &mut self,
        dir: DirId,
        link: Link,
        relate: impl Fn(DirId, DirId) -> Relation,
    ) -> Change {
        let group = self.groups.entry(link.identity).or_insert_with(|| Group {
            link,
            dirs: Vec::new(),
        });
        let link = group.link;
        let Err(place) = group
            .dirs
            .binary_search_by(|other| relate(*other, dir).order)
        else {
            return Change {
                link,
                shared: Some(dir),
            };
        };
        let before = place.checked_sub(1).and_then(|place| group.dirs.get(place));
        let after = group.dirs.get(place);
        let shared = before
            .into_iter()
            .chain(after)
            .map(|other| relate(dir, *other));
        let shared = shared
            .max_by_key(|relation| relation.depth)
            .map(|relation| relation.common);
        group.dirs.insert(place, dir);
        Change { link, shared }
    }
}
