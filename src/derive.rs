//! What is derived from the tree: the largest files, what there is of each type and of each age, what
//! is found by name. It knows nothing of screens; it never looks at more than a slice at a time, so
//! that a million files cost nobody a frame.
//!
//! There is one mechanism. The tree keeps the blocks of files in order of arrival, which makes them
//! a log: a [`Derivation`] is a place in it and what was gathered up to there. Each slice moves the
//! place on by some thousand entries. Whether a block lies below the directory in question is asked
//! once a block, not once a file.
//!
//! Files never change once they are in the tree. Directories do: their own size comes when they are
//! opened. So these are gone through in rounds, by number, and what the last whole round brought is
//! what counts. A round begins only if anything has changed since the one before.
//!
//! What is being read again is passed over. When it takes the place of what was known, whoever has a
//! derivation begins a new one: of what it has gathered, some is not there any more.
//!
//! Where files were folded (`crate::folding`), sums stay what they are, for nothing is gone. What was
//! gathered by its place is looked up at its new one ([`Moves`]), and let go of where its record
//! stands for several files now.

pub mod ages;
pub mod entries;
pub mod find;
mod inodes;
pub mod kinds;
pub mod largest;
mod moves;
mod sums;
pub mod top;
pub mod types;

pub use moves::Moves;
pub use sums::Sums;

use crate::{
    scan::dir::DirId,
    tree::{
        BlockId, Tree,
        block::{File, Unpacker},
        totals::Totals,
    },
};

/// Where the record of a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// In which block.
    pub block: BlockId,
    /// Where in it.
    pub at: u32,
}

/// What takes in the files and directories that a derivation comes by.
pub trait Gather {
    /// The files that come next are in this directory.
    fn enter(&mut self, _tree: &Tree, _dir: DirId) {}

    /// A file; each one comes once.
    fn file(&mut self, place: Place, file: &File<'_>);

    /// A round of the directories begins.
    fn begin_round(&mut self) {}

    /// A directory, the one in question among them; or a root that is a file, whose own size is
    /// that of the file. Each comes once a round.
    fn directory(&mut self, tree: &Tree, dir: DirId);

    /// A round of the directories is whole.
    fn end_round(&mut self) {}

    /// Files were folded: whoever knows places looks them up.
    fn follow(&mut self, _moves: &Moves) {}
}

/// Entries that are looked at in one slice: about a millisecond of work.
pub const SLICE: usize = 8 * 1024;
/// Something that is passed over costs less than an entry: so many of it are as much work as one.
pub const PASSED_OVER: usize = 4;

/// How a directory is gone through. See the module's head.
#[derive(Debug)]
pub struct Derivation<G> {
    scope: DirId,
    /// What was gathered.
    gathered: G,
    /// The number of the next block.
    block: u32,
    /// The number of the next directory of the round; `None` between rounds.
    dir: Option<u32>,
    /// What the directory amounted to when the last round began.
    basis: Option<Totals>,
    /// Whether everything that was there has been gone through once.
    is_whole: bool,
}

impl<G: Gather> Derivation<G> {
    /// Nothing is gathered yet of what is below `scope`.
    pub fn new(scope: DirId, gathered: G) -> Self {
        Self {
            scope,
            gathered,
            block: 0,
            dir: None,
            basis: None,
            is_whole: false,
        }
    }

    /// The directory in question.
    pub fn scope(&self) -> DirId {
        self.scope
    }

    /// What was gathered so far.
    pub fn gathered(&self) -> &G {
        &self.gathered
    }

    /// Begins a round of the directories if anything below has changed since the last one began.
    pub fn renew(&mut self, tree: &Tree) {
        if self.dir.is_some() || !tree.contains(self.scope) {
            return;
        }
        let totals = tree.totals(self.scope);
        if self.basis != Some(totals) {
            self.basis = Some(totals);
            // Whatever is below has a greater number.
            self.dir = Some(self.scope.0);
            self.gathered.begin_round();
        }
    }

    /// Files were folded.
    pub fn follow(&mut self, moves: &Moves) {
        self.gathered.follow(moves);
    }

    /// Whether there is anything to go through.
    pub fn is_behind(&self, tree: &Tree) -> bool {
        tree.contains(self.scope) && self.has_more(tree)
    }

    fn has_more(&self, tree: &Tree) -> bool {
        self.dir.is_some() || (self.block as usize) < tree.block_count()
    }

    /// Whether everything that was there was gone through once, so that what is gathered is not
    /// just some of it.
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// How much of the log was gone through, in percent, rounded down.
    pub fn percent(&self, tree: &Tree) -> u64 {
        let all = tree.block_count() as u64;
        (100 * u64::from(self.block))
            .checked_div(all)
            .unwrap_or(100)
    }

    /// Goes on by one slice, and says what that was.
    pub fn advance(&mut self, tree: &Tree) -> Spent {
        let mut spent = Spent::default();
        if !tree.contains(self.scope) {
            return spent;
        }
        self.advance_directories(tree, &mut spent);
        self.advance_files(tree, &mut spent);
        self.is_whole |= !self.has_more(tree);
        spent
    }

    fn advance_directories(&mut self, tree: &Tree, spent: &mut Spent) {
        let Some(mut number) = self.dir else { return };
        let end = tree.end_of_numbers();
        while number < end && spent.is_left() {
            let dir = DirId(number);
            // The virtual parent of the roots is no directory.
            let is_dir = dir != DirId::TOP && tree.contains(dir);
            if is_dir && tree.is_within(dir, self.scope) && !tree.is_apart(dir) {
                self.gathered.directory(tree, dir);
                spent.looked_at += 1;
            } else {
                spent.passed_over += 1;
            }
            number += 1;
        }
        self.dir = (number < end).then_some(number);
        if self.dir.is_none() {
            self.gathered.end_round();
        }
    }

    fn advance_files(&mut self, tree: &Tree, spent: &mut Spent) {
        for block in tree.log(self.block) {
            if !spent.is_left() {
                break;
            }
            self.block = block.number() + 1;
            let dir = tree.dir_of(block);
            if !tree.is_within(dir, self.scope) || tree.is_apart(dir) {
                spent.passed_over += 1;
                continue;
            }
            self.gathered.enter(tree, dir);
            let mut files = Unpacker::new(tree.records(block));
            let mut at = files.at() as u32;
            while let Some(file) = files.next() {
                self.gathered.file(Place { block, at }, &file);
                at = files.at() as u32;
                spent.looked_at += 1;
            }
        }
    }
}

/// What a slice has cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Files and directories below the directory in question.
    pub looked_at: usize,
    /// Blocks and directories that lie elsewhere.
    pub passed_over: usize,
}

impl Spent {
    fn is_left(&self) -> bool {
        self.looked_at + self.passed_over / PASSED_OVER < SLICE
    }
}
