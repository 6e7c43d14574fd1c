//! What there is to know of one entry, the one that is selected: what the tree has of it, what was
//! asked of the system, where its other names are, and what deleting it would free.
//!
//! Nothing here waits: what needs a system call is a [`Question`] that somebody else asks, and what
//! needs a look through the tree is taken from it slice by slice.

mod follow;
mod names;

use std::{ffi::OsStr, os::unix::ffi::OsStrExt, path::PathBuf};

pub use names::OtherNames;

use super::{
    listing::EntryId,
    marks::{Marks, Sum},
    row::{Busy, RowState, row_state},
    table::Sight,
};
use crate::{
    derive::{Moves, Place},
    escape,
    format::error_name,
    inquiry::{Answer, Facts, Mounted, Names, Question, Said, Symlink},
    scan::{
        dir::DirId,
        event::{Failure, in_words},
    },
    tree::{
        Bound, Tree,
        block::{Kind, Unpacker},
    },
};

/// An entry, and the directory that it is a row of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The directory.
    pub dir: DirId,
    /// The entry, which is not the directory itself.
    pub entry: EntryId,
}

impl Subject {
    /// Of a row of `dir`; a directory itself is a row of the one above. `None` for the virtual
    /// parent of the roots, and while the directory is not known.
    pub(super) fn of(tree: &Tree, dir: DirId, entry: EntryId) -> Option<Self> {
        match entry {
            EntryId::Itself => Some(Self {
                dir: tree.parent(dir)?,
                entry: EntryId::Directory(dir),
            }),
            entry => Some(Self { dir, entry }),
        }
    }

    /// Its name, as bytes.
    fn name(self, tree: &Tree) -> &[u8] {
        super::listing::name(tree, self.entry)
    }

    fn question(self, tree: &Tree, number: u64) -> Question {
        match self.entry {
            EntryId::Directory(dir) => Question {
                number,
                path: tree.path(dir),
                // What is scanned of a root is what it points to.
                symlink: if self.dir == DirId::TOP {
                    Symlink::Target
                } else {
                    Symlink::Itself
                },
            },
            EntryId::File { .. } | EntryId::Itself => {
                let mut path: PathBuf = tree.path(self.dir);
                path.push(OsStr::from_bytes(self.name(tree)));
                Question {
                    number,
                    path,
                    symlink: Symlink::Itself,
                }
            }
        }
    }
}

/// Something that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked<T> {
    /// There is no answer yet.
    BeingRead,
    /// The answer.
    Known(T),
    /// Why there is none, in words.
    Failed(String),
}

/// What the tree has of the entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// What it is.
    pub kind: Kind,
    /// Disk usage in bytes, of a directory with everything below it.
    pub disk: i128,
    /// Apparent size in bytes, likewise.
    pub apparent: i128,
    /// Last modification of the entry itself, in seconds since 1970; `None` while it is not known.
    pub modified: Option<i64>,
    /// What is known of a directory only.
    pub directory: Option<Directory>,
}

/// What is known of a directory beyond its sizes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directory {
    /// What it is in.
    pub state: RowState,
    /// How sizes and counts stand to what is there.
    pub bound: Bound,
    /// Files below it.
    pub files: u64,
    /// Directories below it.
    pub dirs: u64,
    /// Directories that are not read yet, itself among them.
    pub unfinished: u64,
    /// Places in it or below that could not be read, or were skipped.
    pub missing: u64,
    /// Why it could not be read itself, in words.
    pub failure: Option<String>,
}

/// What there is to know. See the module's head.
#[derive(Debug)]
pub struct Details {
    subject: Subject,
    question: Question,
    path: String,
    name: String,
    record: Record,
    /// What the kernel says of it.
    facts: Asked<Facts>,
    /// Who has it; `None` while that is not known.
    owner: Option<Names>,
    mounted: Asked<Mounted>,
    others: OtherNames,
    /// What deleting it would free: it is the only one of these marks.
    alone: Marks,
}

impl Details {
    fn new(sight: &Sight<'_>, subject: Subject, number: u64, busy: &Busy) -> Self {
        let tree = sight.tree();
        let mut alone = Marks::default();
        alone.toggle(subject.dir, subject.entry);
        let name = subject.name(tree);
        let path = match subject.entry {
            EntryId::Directory(dir) => sight.whole_path(dir, b""),
            _ => sight.whole_path(subject.dir, name),
        };
        Self {
            subject,
            question: subject.question(tree, number),
            path,
            name: escape::name(name).into_owned(),
            record: record(sight, subject, busy),
            facts: Asked::BeingRead,
            owner: None,
            mounted: Asked::BeingRead,
            others: OtherNames::of(tree, subject),
            alone,
        }
    }

    /// Which entry.
    pub fn subject(&self) -> Subject {
        self.subject
    }

    /// What is to be asked of the system.
    pub fn question(&self) -> &Question {
        &self.question
    }

    /// Its whole path, safe to show.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Its name, safe to show.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the tree has of it.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// What the kernel says of it.
    pub fn facts(&self) -> &Asked<Facts> {
        &self.facts
    }

    /// Who has it, as soon as that is known.
    pub fn owner(&self) -> Option<&Names> {
        self.owner.as_ref()
    }

    /// The file system it is on.
    pub fn mounted(&self) -> &Asked<Mounted> {
        &self.mounted
    }

    /// Where its other names are.
    pub fn others(&self) -> &OtherNames {
        &self.others
    }

    /// What it amounts to, and how much of that has names elsewhere; `None` while that is added up.
    pub fn sum(&self) -> Option<Sum> {
        self.alone.sum()
    }

    /// Takes over what the tree has now.
    fn renew(&mut self, sight: &Sight<'_>, busy: &Busy) -> bool {
        let tree = sight.tree();
        self.alone.renew(tree);
        self.others.renew(tree);
        let record = record(sight, self.subject, busy);
        std::mem::replace(&mut self.record, record) != self.record
    }

    /// Takes over an answer. Whether it is one to this question.
    pub(in crate::ui) fn hear(&mut self, answer: Answer) -> bool {
        let is_mine = answer.number == self.question.number;
        if is_mine {
            match answer.said {
                Said::Facts(Ok(facts)) => self.facts = Asked::Known(facts),
                Said::Facts(Err(error)) => {
                    self.facts = Asked::Failed(in_words(&error));
                    self.mounted = Asked::Failed(in_words(&error));
                }
                Said::Mounted(Ok(mounted)) => self.mounted = Asked::Known(mounted),
                Said::Mounted(Err(error)) => self.mounted = Asked::Failed(in_words(&error)),
                Said::Names(names) => self.owner = Some(names),
            }
        }
        is_mine
    }

    /// Whether there is more to take from the tree.
    pub(super) fn is_behind(&self) -> bool {
        self.alone.is_behind() || self.others.is_behind()
    }

    /// Takes a slice. Whether more is known now.
    pub(super) fn take_slice(&mut self, sight: &Sight<'_>) -> bool {
        let sum = self.alone.take_slice(sight.tree());
        self.others.take_slice(sight) || sum
    }
}

fn record(sight: &Sight<'_>, subject: Subject, busy: &Busy) -> Record {
    let tree = sight.tree();
    match subject.entry {
        EntryId::Directory(dir) => of_directory(sight, dir, busy),
        EntryId::File { block, at } => {
            let file = Unpacker::seek(tree.records(block), at as usize).next();
            Record {
                kind: file.map_or(Kind::Other, |file| file.kind),
                disk: file.map_or(0, |file| file.disk).into(),
                apparent: file.map_or(0, |file| file.apparent).into(),
                modified: file.map(|file| file.modified),
                directory: None,
            }
        }
        EntryId::Itself => of_directory(sight, subject.dir, busy),
    }
}

fn of_directory(sight: &Sight<'_>, dir: DirId, busy: &Busy) -> Record {
    let tree = sight.tree();
    let (own, totals) = (tree.own(dir), tree.totals(dir));
    let directory = Directory {
        state: row_state(sight.state, dir, sight.scan, busy),
        bound: tree.bound(dir),
        files: totals.files.max(0) as u64,
        // Its own is one of them.
        dirs: (totals.dirs - 1).max(0) as u64,
        unfinished: totals.unfinished.max(0) as u64,
        missing: totals.missing.max(0) as u64,
        failure: sight.state.failure_of(dir).map(in_short),
    };
    let is_known = own.modified != 0 || own.disk != 0 || own.apparent != 0;
    Record {
        kind: own.kind,
        disk: totals.disk,
        apparent: totals.apparent,
        modified: is_known.then_some(own.modified),
        directory: (own.kind == Kind::Directory).then_some(directory),
    }
}

/// A failure in a few words: `permission denied (opendir, EACCES)`.
fn in_short(failure: &Failure) -> String {
    let name = error_name(&failure.cause).map_or(String::new(), |name| format!(", {name}"));
    format!("{} ({}{name})", failure.cause_in_words(), failure.call)
}

/// The details that are shown, if they are.
#[derive(Debug, Default)]
pub struct Panel {
    is_open: bool,
    shown: Option<Details>,
    /// How many questions there were.
    questions: u64,
}

impl Panel {
    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    /// What it shows; `None` while it is closed, or nothing is selected.
    pub fn shown(&self) -> Option<&Details> {
        self.shown.as_ref()
    }

    /// Opens it, or closes it.
    pub(in crate::ui) fn toggle(&mut self) {
        self.is_open = !self.is_open;
        self.shown = None;
    }

    /// Opens it.
    pub(in crate::ui) fn open(&mut self) {
        self.is_open = true;
    }

    /// Closes it. Whether it was open.
    pub(in crate::ui) fn close(&mut self) -> bool {
        self.shown = None;
        std::mem::take(&mut self.is_open)
    }

    /// What is selected is asked about again.
    pub(super) fn begin_anew(&mut self) {
        self.shown = None;
    }

    /// A file that was folded, or stands elsewhere since, is looked at anew.
    pub(super) fn follow_folding(&mut self, moves: &Moves) {
        self.shown.take_if(|shown| match shown.subject.entry {
            EntryId::File { block, at } => {
                let place = Place { block, at };
                moves.place(place) != Some(place)
            }
            EntryId::Directory(_) | EntryId::Itself => false,
        });
    }

    /// Takes over an answer. Whether anything is known now that was not.
    pub(in crate::ui) fn hear(&mut self, answer: Answer) -> bool {
        let shown = self.shown.as_mut();
        shown.is_some_and(|details| details.hear(answer))
    }

    /// Shows what is selected. Whether anything has changed.
    pub(super) fn follow(
        &mut self,
        sight: &Sight<'_>,
        subject: Option<Subject>,
        busy: &Busy,
    ) -> bool {
        match (subject, &mut self.shown) {
            (Some(subject), Some(details)) if details.subject == subject => {
                details.renew(sight, busy)
            }
            (Some(subject), shown) => {
                self.questions += 1;
                let mut details = Details::new(sight, subject, self.questions, busy);
                details.renew(sight, busy);
                *shown = Some(details);
                true
            }
            (None, shown) => shown.take().is_some(),
        }
    }

    pub(super) fn is_behind(&self) -> bool {
        self.shown().is_some_and(Details::is_behind)
    }

    pub(super) fn take_slice(&mut self, sight: &Sight<'_>) -> bool {
        let shown = self.shown.as_mut();
        shown.is_some_and(|details| details.take_slice(sight))
    }
}
