//! One row of a directory as it is on the screen: what the tree says of an entry, in the form in
//! which people are told. It must not know where the row stands.

use super::{
    columns::Columns,
    listing::{self, EntryId},
    marks::Marks,
    shares::Shares,
};
use crate::{
    escape,
    scan::{dir::DirId, event::Exclusion},
    state::{ScanState, State},
    tree::{
        BlockId, Bound, DirState, Tree,
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
    /// It, or something in it, is being read again, and what is shown is from before.
    Rescan,
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
            Self::Rescan => "rescan",
        }
    }
}

/// One row as it is on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Which entry; `None` for the rows that only say what is missing in a sum, or too much in it.
    pub entry: Option<EntryId>,
    /// The name, safe to show.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Size in bytes; negative in the row that takes back.
    pub size: i128,
    /// How the size, and the number of files, stand to what is there.
    pub bound: Bound,
    /// Names of files below a directory; a file has none.
    pub files: Option<u64>,
    /// How much of the size has names outside this entry as well, in bytes. `None` where it is not
    /// wanted, is nothing, or not known: an entry that is not read to its end may have the missing
    /// names.
    pub shared: Option<i128>,
    /// Last modification, in seconds since 1970; of a directory its own, not that of anything in
    /// it. `None` where it is not wanted or not known.
    pub modified: Option<i64>,
    /// What a directory is in; a file has none.
    pub state: Option<RowState>,
    /// Whether it is marked.
    pub marked: bool,
}

impl Row {
    fn plain(entry: EntryId, name: String) -> Self {
        Self {
            entry: Some(entry),
            ..Self::note(name, 0)
        }
    }

    /// A row that is no entry.
    pub(super) fn note(name: String, size: i128) -> Self {
        Self {
            entry: None,
            name,
            kind: Kind::Other,
            size,
            bound: Bound::Exact,
            files: None,
            shared: None,
            modified: None,
            state: None,
            marked: false,
        }
    }
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

/// What rows are made from, and how people want to see them.
pub(super) struct Look<'a> {
    pub(super) state: &'a State,
    /// Which of the two sizes.
    pub(super) apparent: bool,
    /// Which columns are wanted: what costs something is found out only then.
    pub(super) columns: Columns,
    pub(super) shares: &'a Shares,
    pub(super) marks: &'a Marks,
    pub(super) scan: ScanState,
    pub(super) busy: Busy,
}

impl Look<'_> {
    fn tree(&self) -> &Tree {
        self.state.tree()
    }

    /// The row of an entry of a directory.
    pub(super) fn row(&self, entry: EntryId) -> Row {
        let row = match entry {
            EntryId::Directory(dir) => self.directory(dir),
            EntryId::File { block, at } => self.file(block, at),
            EntryId::Itself => self.itself(DirId::TOP),
        };
        Row {
            marked: self.marks.contains(entry),
            ..row
        }
    }

    fn directory(&self, dir: DirId) -> Row {
        let tree = self.tree();
        let kind = tree.own(dir).kind;
        let is_directory = kind == Kind::Directory;
        Row {
            kind,
            size: listing::size_of_directory(tree, dir, self.apparent),
            bound: tree.bound(dir),
            files: is_directory.then(|| tree.totals(dir).files.max(0) as u64),
            shared: self.shared(dir),
            modified: self.modified(dir),
            state: is_directory.then(|| row_state(self.state, dir, self.scan, &self.busy)),
            ..Row::plain(
                EntryId::Directory(dir),
                escape::name(tree.name(dir)).into_owned(),
            )
        }
    }

    fn file(&self, block: BlockId, at: u32) -> Row {
        let entry = EntryId::File { block, at };
        let records = self.tree().records(block);
        // To know the time, all records before it are gone through.
        let mut unpacker = if self.columns.modified {
            Unpacker::seek(records, at as usize)
        } else {
            Unpacker::resume(records, at as usize)
        };
        let Some(file) = unpacker.next() else {
            return Row::plain(entry, String::new());
        };
        let size = if self.apparent {
            file.apparent
        } else {
            file.disk
        };
        Row {
            kind: file.kind,
            size: size.into(),
            // Whatever other names it has, they are outside.
            shared: (self.columns.shared && file.link.is_some() && size > 0).then_some(size.into()),
            modified: self.columns.modified.then_some(file.modified),
            ..Row::plain(entry, escape::name(file.name).into_owned())
        }
    }

    /// The row of the directory itself, without what is in it.
    pub(super) fn itself(&self, dir: DirId) -> Row {
        Row {
            size: own_size(self.tree(), dir, self.apparent).into(),
            modified: self.modified(dir),
            ..Row::plain(EntryId::Itself, ".  the directory itself".into())
        }
    }

    fn shared(&self, dir: DirId) -> Option<i128> {
        if !self.columns.shared || self.tree().is_lower_bound(dir) {
            return None;
        }
        self.shares
            .of(dir, self.apparent)
            .filter(|bytes| *bytes > 0)
    }

    /// When the directory itself was modified; `None` while nothing is known of it.
    fn modified(&self, dir: DirId) -> Option<i64> {
        let own = self.tree().own(dir);
        let is_known = own.modified != 0 || own.disk != 0 || own.apparent != 0;
        (self.columns.modified && is_known).then_some(own.modified)
    }

    /// What the row of `dir` says of it.
    pub(super) fn state(&self, dir: DirId) -> RowState {
        row_state(self.state, dir, self.scan, &self.busy)
    }
}

/// What the row of `dir` says of it: what the tree says, as far as the scan still goes on.
pub(super) fn row_state(state: &State, dir: DirId, scan: ScanState, busy: &Busy) -> RowState {
    let tree = state.tree();
    if tree.is_read_again(dir) {
        return RowState::Rescan;
    }
    let unfinished = match tree.state(dir) {
        DirState::Complete if tree.has_read_again(dir) => return RowState::Rescan,
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
