//! How much of each entry of a directory has names outside that entry as well: the bytes of all
//! inodes below it of which not every name is below it. Deleting the entry would not free them.
//!
//! All inodes with several names are gone through, a slice at a time, once the directory is read;
//! what hangs on a file itself is in its record and not looked for here.

use std::collections::HashMap;

use crate::{
    scan::dir::DirId,
    tree::{Group, Tree, block::Link, totals::Totals},
};

/// Names that are looked at in one slice: about a millisecond of work.
pub(super) const SLICE: usize = 8 * 1024;

/// Bytes of both sizes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Bytes {
    pub(super) disk: i128,
    pub(super) apparent: i128,
}

impl Bytes {
    pub(super) fn add(&mut self, link: &Link) {
        self.disk += i128::from(link.disk);
        self.apparent += i128::from(link.apparent);
    }
}

/// What the subdirectories of one directory share. See the module's head.
#[derive(Debug)]
pub(super) struct Shares {
    dir: DirId,
    /// What the directory amounted to when the inodes were gone through.
    basis: Option<Totals>,
    /// The next inode.
    next: usize,
    sums: HashMap<DirId, Bytes>,
    is_whole: bool,
}

impl Shares {
    /// Nothing is known of any directory.
    pub(super) fn none() -> Self {
        Self {
            dir: DirId::TOP,
            basis: None,
            next: 0,
            sums: HashMap::new(),
            is_whole: false,
        }
    }

    /// Begins to go through the inodes for what is below `dir`, if anything there has changed.
    pub(super) fn renew(&mut self, tree: &Tree, dir: DirId) {
        let totals = tree.totals(dir);
        if self.dir != dir || self.basis != Some(totals) {
            *self = Self {
                dir,
                basis: Some(totals),
                ..Self::none()
            };
            // What is not read yet may have the missing names: nothing can be said before.
            if totals.unfinished > 0 {
                self.next = usize::MAX;
            }
        }
    }

    /// Whether there are inodes to go through.
    pub(super) fn is_behind(&self, tree: &Tree) -> bool {
        self.basis.is_some() && self.next < tree.groups().len()
    }

    /// Goes through some of them. Whether that were the last ones.
    pub(super) fn take_slice(&mut self, tree: &Tree) -> bool {
        let mut seen = 0;
        while seen < SLICE
            && let Some(group) = tree.groups().get(self.next)
        {
            self.next += 1;
            seen += 1 + group.dirs().len();
            self.take(tree, group);
        }
        let is_last = !self.is_whole && self.next == tree.groups().len();
        self.is_whole |= is_last;
        is_last
    }

    fn take(&mut self, tree: &Tree, group: &Group) {
        let branch = |dir: &DirId| tree.branch(self.dir, *dir);
        for below in group
            .dirs()
            .chunk_by(|one, other| branch(one) == branch(other))
        {
            if let Some(entry) = branch(&below[0])
                && (below.len() as u64) < group.names()
            {
                self.sums.entry(entry).or_default().add(group.link());
            }
        }
    }

    /// How much of `dir` has names elsewhere; `None` while that is not known.
    pub(super) fn of(&self, dir: DirId, apparent: bool) -> Option<i128> {
        let bytes = self.sums.get(&dir).copied().unwrap_or_default();
        self.is_whole
            .then_some(if apparent { bytes.apparent } else { bytes.disk })
    }
}
