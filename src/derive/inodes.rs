//! Which hard-linked files have been met before, so that each counts once.

use std::{
    collections::HashSet,
    hash::{BuildHasher, RandomState},
};

use super::Sums;
use crate::tree::block::File;

/// The hard-linked files met so far, in 8 bytes each and what the table needs besides.
///
/// A record has the number of its inode, but not the device. Two files with the same number on two
/// devices are told apart by their sizes and by how many names they have; where these agree as
/// well, the second one is taken for another name of the first.
#[derive(Clone, Debug, Default)]
pub(super) struct Inodes {
    seen: HashSet<u64>,
    hasher: RandomState,
}

impl Inodes {
    /// What stands for the inode of a file that has several names.
    pub(super) fn mark(&self, file: &File<'_>) -> Option<u64> {
        let (inode, links) = file.link?;
        Some(
            self.hasher
                .hash_one((inode, links, file.disk, file.apparent)),
        )
    }

    /// What a file adds: its name, and its size unless it was met under another one.
    pub(super) fn count(&mut self, file: &File<'_>) -> Sums {
        let is_first = match self.mark(file) {
            Some(mark) => self.seen.insert(mark),
            None => true,
        };
        let size = |size: u64| if is_first { i128::from(size) } else { 0 };
        Sums {
            disk: size(file.disk),
            apparent: size(file.apparent),
            files: file.names(),
        }
    }

    /// Whether the mark was met before; afterwards it was.
    pub(super) fn meet(&mut self, mark: u64) -> bool {
        !self.seen.insert(mark)
    }

    /// Takes a mark back.
    pub(super) fn forget(&mut self, mark: u64) {
        self.seen.remove(&mark);
    }
}
