//! How many directories and files there are at each depth, kept while the tree grows: constant work
//! for a directory and for a block. It knows what is counted, not what it is good for.

/// Deeper directories are counted with the deepest.
const DEEPEST: usize = 128;

/// The directories of one depth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    /// How many are known.
    pub known: u64,
    /// How many of them wait to be read.
    pub queued: u64,
    /// Names of files found in them.
    pub files: u64,
}

/// All depths, from that of the virtual parent of the roots on.
#[derive(Clone, Debug, Default)]
pub(super) struct Levels(Vec<Level>);

impl Levels {
    pub(super) fn at(&mut self, depth: u32) -> &mut Level {
        let place = (depth as usize).min(DEEPEST);
        if self.0.len() <= place {
            self.0.resize(place + 1, Level::default());
        }
        &mut self.0[place]
    }

    pub(super) fn all(&self) -> &[Level] {
        &self.0
    }
}
