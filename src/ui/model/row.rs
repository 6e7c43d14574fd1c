//! One row of a directory as it is on the screen: what the tree says of an entry, in the form in
//! which people are told. It must not know where the row stands.

use super::listing::{self, EntryId};
use crate::{
    escape,
    scan::{dir::DirId, event::Exclusion},
    state::{ScanState, State},
    tree::{
        DirState, Tree,
        block::{Kind, Unpacker},
    },
};

/// What the row of a directory says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowState {
    /// Not read yet.
    Queued,
    /// It or something below it is being read or queued.
    Reading,
    /// It would be being read, but the workers rest.
    Paused,
    /// All that is left below it waits for a system call that does not answer.
    Stalled,
    /// All of it was read.
    Complete,
    /// Finished, but something below it could not be read.
    Partial,
    /// The scan was stopped before all below it was read.
    Stopped,
    /// What was not read of it is left out on request.
    Skipped,
    /// It could not be read, or not to its end.
    Failed,
    /// Left out by a rule.
    Excluded(Exclusion),
}

impl RowState {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Reading => "reading",
            Self::Paused => "paused",
            Self::Stalled => "STALLED",
            Self::Complete => "complete",
            Self::Partial => "partial",
            Self::Stopped => "stopped",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
            Self::Excluded(_) => "excluded",
        }
    }
}

/// One row as it is on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Which entry; `None` for the row that takes back what hard links made count in two rows.
    pub entry: Option<EntryId>,
    /// The name, safe to show.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Size in bytes; negative in the row that takes back.
    pub size: i128,
    /// Whether the size, and the number of files, are lower bounds.
    pub at_least: bool,
    /// Names of files below a directory; a file has none.
    pub files: Option<u64>,
    /// What a directory is in; a file has none.
    pub state: Option<RowState>,
}

/// The directories in which workers are, as far as rows have to tell of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Busy {
    /// Those in which a worker is stuck in a system call.
    pub(super) stalled: Vec<DirId>,
    /// Those in which any worker is.
    pub(super) inside: Vec<DirId>,
}

/// The size of the directory itself, without what is in it.
pub(super) fn own_size(tree: &Tree, dir: DirId, apparent: bool) -> u64 {
    let own = tree.own(dir);
    if apparent { own.apparent } else { own.disk }
}

pub(super) fn row(
    state: &State,
    entry: EntryId,
    apparent: bool,
    scan: ScanState,
    busy: &Busy,
) -> Row {
    let tree = state.tree();
    let name = escape::name(listing::name(tree, entry)).into_owned();
    match entry {
        EntryId::Directory(dir) => {
            let kind = tree.own(dir).kind;
            let is_directory = kind == Kind::Directory;
            Row {
                entry: Some(entry),
                name,
                kind,
                size: listing::size_of_directory(tree, dir, apparent),
                at_least: tree.is_lower_bound(dir),
                files: is_directory.then(|| tree.totals(dir).files.max(0) as u64),
                state: is_directory.then(|| row_state(state, dir, scan, busy)),
            }
        }
        EntryId::File { block, at } => {
            let file = Unpacker::resume(tree.records(block), at as usize).next();
            let (kind, size) = file.map_or((Kind::Other, 0), |file| {
                (file.kind, if apparent { file.apparent } else { file.disk })
            });
            Row {
                entry: Some(entry),
                name,
                kind,
                size: size.into(),
                at_least: false,
                files: None,
                state: None,
            }
        }
        EntryId::Itself => itself(tree, DirId::TOP, apparent),
    }
}

pub(super) fn itself(tree: &Tree, dir: DirId, apparent: bool) -> Row {
    let own = tree.own(dir);
    Row {
        entry: Some(EntryId::Itself),
        name: ".  the directory itself".into(),
        kind: Kind::Other,
        size: if apparent { own.apparent } else { own.disk }.into(),
        at_least: false,
        files: None,
        state: None,
    }
}

/// What the row of `dir` says of it: what the tree says, as far as the scan still goes on.
pub(super) fn row_state(state: &State, dir: DirId, scan: ScanState, busy: &Busy) -> RowState {
    let tree = state.tree();
    let unfinished = match tree.state(dir) {
        DirState::Complete => return RowState::Complete,
        DirState::Partial => return RowState::Partial,
        DirState::Skipped => return RowState::Skipped,
        DirState::Failed => return RowState::Failed,
        DirState::Excluded(reason) => return RowState::Excluded(reason),
        DirState::Queued => RowState::Queued,
        DirState::Reading if scan == ScanState::Paused => RowState::Paused,
        DirState::Reading => RowState::Reading,
    };
    let within = |dirs: &[DirId]| {
        dirs.iter()
            .filter(|inner| tree.is_within(**inner, dir))
            .count()
    };
    let stuck = within(&busy.stalled);
    let goes_on = matches!(scan, ScanState::Scanning | ScanState::Paused) && state.goes_on_in(dir);
    // After a stop nothing is read that waits, so whoever is inside is all that is left.
    let left = if goes_on {
        tree.totals(dir).unfinished as usize
    } else {
        within(&busy.inside)
    };
    if scan.is_running() && stuck > 0 && stuck == left {
        RowState::Stalled
    } else if goes_on {
        unfinished
    } else if scan == ScanState::Stopping && left > 0 {
        RowState::Reading
    } else {
        RowState::Stopped
    }
}
