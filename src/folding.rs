//! The bound on memory (`--memory`): when what is known takes more than the limit, small files of
//! directories that nobody looks at are folded, so that the scan goes on instead of being killed.
//!
//! # What counts
//!
//! The bytes of our own that grow with what is scanned ([`State::bytes`]): directories with their
//! names, blocks of files, inodes with several names, failures. It is one sum of a few numbers that
//! are kept anyway, so it costs nothing to ask after every drain.
//!
//! What else there is does not count. It is bounded (the batches on their way from the workers; the
//! thousand largest files, ten thousand that are found, 64 Ki types), or small beside what counts (a
//! few bytes for each directory while something is looked for), or goes with what is shown: the rows
//! of one directory. The allocator keeps some for vectors to grow. A million files in 100,000
//! directories, in the interface at 120x40, 16 workers, in MiB (a limit is passed by a sixteenth and
//! by what arrives while folding goes on):
//!
//! ```text
//! --memory          most bytes of our own     most of the process (VmHWM)
//! 16M                                17.5                            33.8
//! 24M                                24.1                            37.7
//! none is reached                    30.2                            40.0
//! ```
//!
//! # What is folded, and how
//!
//! A file is small below [`SMALL`], and as long as it has one name: larger ones and hard links are
//! always kept. In each block of files (up to a thousand files of one directory) the small ones
//! become a few records that stand for several files each: one for each type and age, with their
//! number and sums. How far that goes depends on how short memory is (`DETAIL`): first the largest
//! few small files stay by name and types are told apart; when the whole log has been gone through
//! and that was not enough, all of it is gone through again and only ages are told apart.
//!
//! ```text
//! above the limit   fold chunks of the log, the oldest first, some after each drain, until below
//!                   three quarters of the limit.
//! nothing left      directories and large files alone take more than the limit. The scan goes on all
//!                   the same, and it is said. New files are folded a sixteenth of the limit at a
//!                   time from then on.
//! ```
//!
//! Totals do not change by that: they were counted when the files came. Nor do sums that somebody has
//! gathered: tables of types and ages go on from where they are, and what they have told apart stays
//! told apart. What is lost are names, and with them places in lists: whoever lists files says so, and
//! looks up where those are that stay ([`Moves`]). A directory that is entered is listed
//! again ([`State::list`]), and what is looked at is not folded.

use std::cmp::Reverse;

use crate::{
    derive::{Moves, ages::Age, types::Ending},
    scan::dir::DirId,
    state::State,
    tree::block::{File, Kind, Packer, Unpacker},
};

/// Files of fewer bytes, in disk usage and apparent size, are small.
pub const SMALL: u64 = 1 << 20;

/// Chunks of 64 KiB that are looked at in one slice: about three milliseconds of work.
const SLICE: usize = 8;

/// What stays of the small files of one block.
struct Detail {
    /// So many of the largest keep their names.
    named: usize,
    /// The sums of the others tell types apart; ages they always do.
    has_types: bool,
}

/// The first as long as it is enough.
const DETAIL: [Detail; 2] = [
    Detail {
        named: 4,
        has_types: true,
    },
    Detail {
        named: 0,
        has_types: false,
    },
];

/// The limit, and how far folding has come. See the module's head.
#[derive(Debug)]
pub struct Folding {
    /// In bytes.
    limit: usize,
    /// The point in time that ages are seen from, in seconds since 1970.
    now: i64,
    /// Which of [`DETAIL`] stays.
    detail: usize,
    /// The next chunk to fold.
    next: usize,
    /// The first chunk that was passed over because somebody looks at something in it.
    spared: Option<usize>,
    /// Folding begins beyond so many bytes.
    begins_at: usize,
    is_under_way: bool,
}

impl Folding {
    /// At most `limit` bytes, or as many as it takes. Ages are as seen from `now`, in seconds since
    /// 1970.
    pub fn new(limit: Option<u64>, now: i64) -> Self {
        let limit = limit.map_or(usize::MAX, |limit| {
            usize::try_from(limit).unwrap_or(usize::MAX)
        });
        Self {
            limit,
            now,
            detail: 0,
            next: 0,
            spared: None,
            begins_at: limit,
            is_under_way: false,
        }
    }

    /// In bytes; [`usize::MAX`] where there is none.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Whether there is more to fold at once.
    pub fn is_folding(&self) -> bool {
        self.is_under_way
    }

    /// Folds some, if what is known takes too much. Directories that are looked at stay as they are.
    /// Whoever knows places of files has to look them up in what comes back.
    pub fn keep(&mut self, state: &mut State, is_looked_at: impl Fn(DirId) -> bool) -> Moves {
        self.is_under_way |= state.bytes() > self.begins_at;
        let mut moves = Moves::default();
        for _ in 0..SLICE {
            if !self.is_under_way {
                break;
            }
            if state.bytes() <= self.limit / 4 * 3 {
                self.is_under_way = false;
                self.begins_at = self.limit;
            } else if self.next < state.tree().full_chunks() {
                self.fold_next(state, &is_looked_at, &mut moves);
            } else if self.detail + 1 < DETAIL.len() && state.bytes() > self.limit {
                (self.next, self.detail, self.spared) = (0, self.detail + 1, None);
                // What is folded twice has moved twice.
                break;
            } else {
                self.next = self.spared.take().unwrap_or(self.next);
                self.is_under_way = false;
                self.begins_at = self.limit.max(state.bytes() + self.limit / 16);
            }
        }
        moves
    }

    fn fold_next(
        &mut self,
        state: &mut State,
        is_looked_at: &impl Fn(DirId) -> bool,
        moves: &mut Moves,
    ) {
        let mut is_any_spared = false;
        state.fold_chunk(self.next, |block, dir, records| {
            if is_looked_at(dir) {
                is_any_spared = true;
                return None;
            }
            let folded = fold(records, &DETAIL[self.detail], self.now)?;
            moves.add(block, folded.places);
            Some(folded.records)
        });
        if is_any_spared {
            self.spared.get_or_insert(self.next);
        }
        self.next += 1;
    }
}

/// Several small files.
struct Sum {
    /// `None` where types are not told apart.
    ending: Option<Ending>,
    age: Age,
    disk: u64,
    apparent: u64,
    /// That of the youngest.
    modified: i64,
    files: u64,
}

impl Sum {
    fn of(file: &File<'_>, has_types: bool, now: i64) -> Self {
        let has_type = has_types && !file.name.is_empty();
        Self {
            ending: has_type.then(|| Ending::of(file.name)),
            age: Age::of(file.modified, now),
            disk: file.disk,
            apparent: file.apparent,
            modified: file.modified,
            files: file.names(),
        }
    }

    fn add(&mut self, other: &Self) {
        self.disk += other.disk;
        self.apparent += other.apparent;
        self.modified = self.modified.max(other.modified);
        self.files += other.files;
    }
}

/// What is left of a block.
struct Folded {
    records: Box<[u8]>,
    /// Where the records were that have stayed, and where they are.
    places: Vec<(u32, u32)>,
}

/// What is left of the records of a block; `None` where that would save nothing.
fn fold(records: &[u8], detail: &Detail, now: i64) -> Option<Folded> {
    type Placed<'a> = (u32, File<'a>);
    let mut files = Unpacker::new(records);
    let files = std::iter::from_fn(|| {
        let at = files.at() as u32;
        files.next().map(|file| (at, file))
    });
    let size = |file: &File<'_>| file.disk.max(file.apparent);
    let (small, large): (Vec<Placed<'_>>, Vec<_>) =
        files.partition(|(_, file)| file.link.is_none() && (size(file) < SMALL || file.folded > 0));
    let (mut folded, mut named): (Vec<Placed<'_>>, Vec<_>) =
        small.into_iter().partition(|(_, file)| file.folded > 0);
    named.sort_by_key(|(_, file)| Reverse(size(file)));
    folded.extend(named.split_off(named.len().min(detail.named)));
    let sums = folded.iter();
    let mut sums: Vec<Sum> = sums
        .map(|(_, file)| Sum::of(file, detail.has_types, now))
        .collect();
    sums.sort_by_key(|sum| (sum.ending, sum.age));
    sums.dedup_by(|sum, known| {
        let is_same = (sum.ending, sum.age) == (known.ending, known.age);
        if is_same {
            known.add(sum);
        }
        is_same
    });
    let mut packer = Packer::default();
    let mut places = Vec::new();
    for (was, file) in large.iter().chain(&named) {
        places.push((*was, packer.at() as u32));
        packer.add_again(file);
    }
    for sum in sums {
        let mut name = Vec::new();
        if let Some(ending) = sum.ending {
            name.push(b'*');
            if !ending.is_none() {
                name.push(b'.');
                name.extend_from_slice(ending.bytes());
            }
        }
        packer.add_again(&File {
            name: &name,
            kind: Kind::File,
            disk: sum.disk,
            apparent: sum.apparent,
            modified: sum.modified,
            link: None,
            folded: sum.files,
        });
    }
    let left = packer.finish().records;
    (left.len() < records.len()).then_some(Folded {
        records: left,
        places,
    })
}
