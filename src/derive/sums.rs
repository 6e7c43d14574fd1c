//! What some files amount to.

use std::ops::AddAssign;

/// Sizes in bytes and number of some files. Sizes count an inode once, numbers count names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Disk usage.
    pub disk: i128,
    /// Apparent size.
    pub apparent: i128,
    /// Names.
    pub files: u64,
}

impl Sums {
    /// One of the two sizes.
    pub fn size(&self, apparent: bool) -> i128 {
        if apparent { self.apparent } else { self.disk }
    }
}

impl AddAssign for Sums {
    fn add_assign(&mut self, other: Self) {
        self.disk += other.disk;
        self.apparent += other.apparent;
        self.files += other.files;
    }
}

impl std::iter::Sum for Sums {
    fn sum<I: Iterator<Item = Self>>(sums: I) -> Self {
        sums.fold(Self::default(), |mut all, sum| {
            all += sum;
            all
        })
    }
}
