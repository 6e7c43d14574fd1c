//! Totals of a directory with everything below it, and how changes of them travel up.
//!
//! A change waits as a delta beside the directory that it happened in. `Pending::settle` moves
//! deltas to the parents, largest number first: a child's number is greater than its parent's, so
//! every directory is touched once, whatever was changed below it. To walk up the ancestors at
//! every change instead would be quadratic on a chain.

use std::{
    collections::BinaryHeap,
    ops::{AddAssign, Sub},
};

use crate::scan::dir::DirId;

/// What a directory amounts to, itself included.
///
/// Sizes are 128 bits wide: three files of 2^63-1 bytes must add up, and be subtracted again.
/// Signed, since a delta is of the same shape.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Disk usage in bytes; each inode once.
    pub disk: i128,
    /// Apparent size in bytes; each inode once.
    pub apparent: i128,
    /// Names of everything that is no directory.
    pub files: i64,
    /// Directories.
    pub dirs: i64,
    /// Directories that are waiting or being read.
    pub unfinished: i32,
    /// Things that could not be read or were left out on request, so that the sizes are lower
    /// bounds.
    pub missing: i32,
}

impl AddAssign for Totals {
    fn add_assign(&mut self, other: Self) {
        self.disk += other.disk;
        self.apparent += other.apparent;
        self.files += other.files;
        self.dirs += other.dirs;
        self.unfinished += other.unfinished;
        self.missing += other.missing;
    }
}

impl Sub for Totals {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            disk: self.disk - other.disk,
            apparent: self.apparent - other.apparent,
            files: self.files - other.files,
            dirs: self.dirs - other.dirs,
            unfinished: self.unfinished - other.unfinished,
            missing: self.missing - other.missing,
        }
    }
}

/// Deltas that wait for the next [`Pending::settle`].
#[derive(Debug, Default)]
pub(super) struct Pending {
    /// By directory: its place in `deltas`, or [`NONE`].
    places: Vec<u32>,
    deltas: Vec<Totals>,
    touched: BinaryHeap<DirId>,
}

const NONE: u32 = u32::MAX;

impl Pending {
    /// Bytes of memory that stay when nothing waits.
    pub(super) fn bytes(&self) -> usize {
        self.places.len() * size_of::<u32>()
    }

    /// The delta of `dir`, to be changed.
    pub(super) fn of(&mut self, dir: DirId) -> &mut Totals {
        if self.places.len() <= dir.index() {
            self.places.resize(dir.index() + 1, NONE);
        }
        let place = &mut self.places[dir.index()];
        if *place == NONE {
            *place = self.deltas.len() as u32;
            self.deltas.push(Totals::default());
            self.touched.push(dir);
        }
        &mut self.deltas[*place as usize]
    }

    /// Calls `settle` with each directory that anything changed in or below, children before
    /// parents, and with the change. It adds the change to the directory and returns the parent.
    pub(super) fn settle(&mut self, mut settle: impl FnMut(DirId, Totals) -> Option<DirId>) {
        while let Some(dir) = self.touched.pop() {
            let place = std::mem::replace(&mut self.places[dir.index()], NONE);
            let delta = self.deltas[place as usize];
            if delta != Totals::default()
                && let Some(parent) = settle(dir, delta)
            {
                *self.of(parent) += delta;
            }
        }
        self.deltas.clear();
    }
}
