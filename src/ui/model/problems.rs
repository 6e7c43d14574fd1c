//! The view of problems: what keeps totals below the directory that is shown from being exact. What
//! is stalled comes first, then what failed, then what was skipped, each by path.

use std::{cmp::Ordering, io::ErrorKind, time::Duration};

use super::{
    End, WorkerState,
    listing::EntryId,
    pick::Pick,
    row::RowState,
    table::{Sight, Table},
};
use crate::{
    escape,
    format::{self, error_name},
    scan::{
        dir::DirId,
        event::{Failure, WorkerId},
        gauge::Call,
    },
    state::{Activity, Panic, State},
    tree::Tree,
};

/// What is wrong somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Problem {
    /// This worker waits for an answer.
    Stalled(WorkerId),
    /// A worker broke.
    Broken,
    /// The failure of this number.
    Failed(usize),
    /// This directory was left out on request.
    Skipped(DirId),
}

/// A row of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProblemRow {
    /// What the place is in.
    pub state: RowState,
    /// The system call; empty where there is none to blame.
    pub call: String,
    /// What it answered.
    pub cause: String,
    /// The path below the directory that is shown, safe to show.
    pub path: String,
}

/// What stands below the rows of the selected one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explanation {
    /// Its whole path, safe to show.
    pub path: String,
    /// What happened, and what follows from it.
    pub text: String,
}

/// How many problems there are of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Places that could not be read.
    pub failed: u64,
    /// Workers that wait for an answer.
    pub stalled: u64,
    /// Directories that were left out on request: a wish and no problem, so it is only listed.
    pub skipped: u64,
    /// Failures that more rights would have spared.
    pub denied: u64,
}

/// Failures that are put in order in one slice: a few milliseconds of work at most.
const SLICE: usize = 512;

/// The problems. See the module's head.
#[derive(Debug)]
pub struct ProblemsTable {
    dir: DirId,
    /// How many of the failures have been looked at.
    taken: usize,
    /// Failures below the directory, by path.
    failed: Vec<usize>,
    denied: u64,
    ids: Vec<Problem>,
    pick: Pick<Problem>,
    rows: Vec<ProblemRow>,
    first: usize,
    counts: Counts,
    explanation: Option<Explanation>,
}

impl ProblemsTable {
    pub(super) fn new(dir: DirId) -> Self {
        Self {
            dir,
            taken: 0,
            failed: Vec::new(),
            denied: 0,
            ids: Vec::new(),
            pick: Pick::default(),
            rows: Vec::new(),
            first: 0,
            counts: Counts::default(),
            explanation: None,
        }
    }

    /// No problem below `dir` is known. The numbers of the failures mean others now.
    pub(super) fn begin_anew(&mut self, dir: DirId) {
        *self = Self::new(dir);
    }

    /// The rows on the screen.
    pub fn rows(&self) -> &[ProblemRow] {
        &self.rows
    }

    /// How many rows come before those on the screen.
    pub fn first(&self) -> usize {
        self.first
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Which of the rows on the screen is selected.
    pub fn selected_line(&self) -> Option<usize> {
        (!self.is_empty()).then(|| self.pick.rank(&self.ids).checked_sub(self.first))?
    }

    /// How many there are of each kind.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// What there is to say of the selected one, where there is room for it.
    pub fn explanation(&self) -> Option<&Explanation> {
        self.explanation.as_ref()
    }

    /// Where the selected one happened: the directory that has it as a row, and which row.
    pub(super) fn selected(&self, state: &State) -> Option<(DirId, EntryId)> {
        let problem = *self.ids.get(self.pick.rank(&self.ids))?;
        let dir = dir_of(state, problem)?;
        let is_entry = matches!(problem, Problem::Failed(number)
            if state.failures()[number].entry.is_some());
        if is_entry || dir == DirId::TOP {
            // What could not be asked about is no row; its directory itself is.
            return Some((dir, EntryId::Itself));
        }
        let parent = state.tree().parent(dir)?;
        Some((parent, EntryId::Directory(dir)))
    }

    /// The directory in which the selected one happened.
    pub(in crate::ui) fn selected_dir(&self, state: &State) -> Option<DirId> {
        dir_of(state, *self.ids.get(self.pick.rank(&self.ids))?)
    }

    /// Puts a slice of the failures in order by path.
    fn take(&mut self, state: &State) {
        let failures = state.failures();
        let tree = state.tree();
        let end = failures.len().min(self.taken + SLICE);
        let mut fresh: Vec<usize> = (self.taken..end)
            .filter(|number| tree.is_within(failures[*number].dir, self.dir))
            .collect();
        self.taken = end;
        if fresh.is_empty() {
            return;
        }
        let is_denied = |number: &&usize| is_denied(&failures[**number]);
        self.denied += fresh.iter().filter(is_denied).count() as u64;
        let compare = |one: usize, other: usize| by_path(tree, &failures[one], &failures[other]);
        fresh.sort_unstable_by(|one, other| compare(*one, *other));
        let mut merged = Vec::with_capacity(self.failed.len() + fresh.len());
        let mut rest = self.failed.as_slice();
        for number in fresh {
            let place = rest.partition_point(|other| compare(*other, number).is_lt());
            merged.extend_from_slice(&rest[..place]);
            merged.push(number);
            rest = &rest[place..];
        }
        merged.extend_from_slice(rest);
        self.failed = merged;
    }

    fn collect(&mut self, sight: &Sight<'_>) {
        let tree = sight.tree();
        let within = |dir: &DirId| tree.is_within(*dir, self.dir);
        let mut stalled: Vec<(DirId, WorkerId)> = Vec::new();
        if sight.scan.is_running() {
            let stuck = sight.workers.rows().iter();
            let stuck = stuck.filter(|row| row.state == WorkerState::Stalled);
            let placed =
                stuck.filter_map(|row| Some((in_dir(sight.state, row.worker)?, row.worker)));
            stalled.extend(placed.filter(|(dir, _)| within(dir)));
            stalled.sort_by(|(one, _), (other, _)| tree.compare_paths(*one, *other));
        }
        let broken = sight.state.panic().filter(|panic| {
            panic
                .dir
                .is_none_or(|dir| tree.contains(dir) && within(&dir))
        });
        let mut skipped: Vec<DirId> = sight.state.skipped().filter(within).collect();
        skipped.sort_by(|one, other| tree.compare_paths(*one, *other));
        self.counts = Counts {
            stalled: stalled.len() as u64,
            skipped: skipped.len() as u64,
            failed: self.failed.len() as u64 + u64::from(broken.is_some()),
            denied: self.denied,
        };
        self.ids.clear();
        let stalled = stalled.into_iter();
        self.ids
            .extend(stalled.map(|(_, worker)| Problem::Stalled(worker)));
        self.ids.extend(broken.map(|_| Problem::Broken));
        self.ids
            .extend(self.failed.iter().map(|number| Problem::Failed(*number)));
        self.ids.extend(skipped.into_iter().map(Problem::Skipped));
    }
}

/// How many lines of those for the rows are for what is said of the selected one.
fn lines_to_explain(lines: usize) -> usize {
    match lines {
        0..8 => 0,
        8..12 => 4,
        12.. => 8,
    }
}

fn is_denied(failure: &Failure) -> bool {
    failure.cause.kind() == ErrorKind::PermissionDenied
}

fn by_path(tree: &Tree, one: &Failure, other: &Failure) -> Ordering {
    tree.compare_paths(one.dir, other.dir)
        .then_with(|| one.entry.cmp(&other.entry))
}

fn in_dir(state: &State, worker: WorkerId) -> Option<DirId> {
    match state.workers()[worker.index()].activity {
        Activity::Reading { dir, .. } => Some(dir),
        _ => None,
    }
}

fn dir_of(state: &State, problem: Problem) -> Option<DirId> {
    match problem {
        Problem::Stalled(worker) => in_dir(state, worker),
        Problem::Broken => state.panic()?.dir,
        Problem::Failed(number) => Some(state.failures()[number].dir),
        Problem::Skipped(dir) => Some(dir),
    }
}

fn row(sight: &Sight<'_>, problem: Problem) -> ProblemRow {
    let path = |dir: Option<DirId>, entry: Option<&[u8]>| {
        let path = dir.map(|dir| sight.path_below(dir, entry.unwrap_or_default()));
        path.map(|path| {
            if path.is_empty() {
                ".".to_owned()
            } else {
                path
            }
        })
        .unwrap_or_default()
    };
    match problem {
        Problem::Stalled(worker) => {
            let row = sight.workers.rows().iter().find(|row| row.worker == worker);
            let here = row.and_then(|row| row.here).unwrap_or_default();
            ProblemRow {
                state: RowState::Stalled,
                call: row
                    .and_then(|row| row.call)
                    .map_or(String::new(), |call| call.to_string()),
                cause: format!("no answer for {}", format::elapsed(here)),
                path: path(in_dir(sight.state, worker), None),
            }
        }
        Problem::Broken => ProblemRow {
            state: RowState::Failed,
            call: String::new(),
            cause: "spelunk broke".to_owned(),
            path: path(sight.state.panic().and_then(|panic| panic.dir), None),
        },
        Problem::Failed(number) => {
            let failure = &sight.state.failures()[number];
            ProblemRow {
                state: RowState::Failed,
                call: failure.call.to_string(),
                cause: failure.cause_in_words(),
                path: path(Some(failure.dir), failure.entry.as_deref()),
            }
        }
        Problem::Skipped(dir) => ProblemRow {
            state: RowState::Skipped,
            call: String::new(),
            cause: "left out on request".to_owned(),
            path: path(Some(dir), None),
        },
    }
}

fn explain(sight: &Sight<'_>, problem: Problem) -> Explanation {
    let dir = dir_of(sight.state, problem);
    let (entry, text) = match problem {
        Problem::Stalled(_) => (
            None,
            "The call has not come back. Everything else goes on; until it does, the sizes above \
             are lower bounds. X skips it."
                .to_owned(),
        ),
        Problem::Broken => (None, broken(sight.state.panic())),
        Problem::Failed(number) => {
            let failure = &sight.state.failures()[number];
            (failure.entry.as_deref(), what_failed(sight, failure))
        }
        Problem::Skipped(dir) => (None, what_was_skipped(sight.state, dir)),
    };
    let path = dir.map(|dir| sight.whole_path(dir, entry.unwrap_or_default()));
    Explanation {
        path: path.unwrap_or_default(),
        text,
    }
}

fn broken(panic: Option<&Panic>) -> String {
    let message = panic.map_or("", |panic| &panic.message);
    format!(
        "Worker broke here: {}. That is a fault of spelunk. What was found is kept, what was not \
         read is missing.",
        escape::text(message)
    )
}

fn what_was_skipped(state: &State, dir: DirId) -> String {
    let totals = state.tree().totals(dir);
    let within = |failure: &&Failure| state.tree().is_within(failure.dir, dir);
    let failed = state.failures().iter().filter(within).count() as i32;
    let unread = (totals.unfinished + totals.missing - failed).max(1) as u64;
    let unread = format::plural(unread, "directory", "directories");
    let (is, them) = if unread.starts_with("1 ") {
        ("is", "it")
    } else {
        ("are", "them")
    };
    format!(
        "It was skipped: {unread} in it {is} not read, so the sizes above it are lower bounds. r \
         reads {them}."
    )
}

fn what_failed(sight: &Sight<'_>, failure: &Failure) -> String {
    let name = error_name(&failure.cause).map_or(String::new(), |name| format!(" ({name})"));
    if failure.entry.is_some() {
        return format!(
            "Nothing more than its name is known{name}. It is not counted, so the sizes above are \
             lower bounds."
        );
    }
    let names = match failure.call {
        Call::Readdir | Call::Getdents64 => names_in(sight.tree(), failure.dir),
        _ => Names::Known(0),
    };
    let after = match names {
        Names::Known(0) => {
            let what = match failure.call {
                Call::Readdir | Call::Getdents64 | Call::Read => "read",
                _ => "opened",
            };
            return format!(
                "It could not be {what}{name}. Nothing in it is counted, so the sizes above it are \
                 lower bounds. r tries again."
            );
        }
        Names::Known(count) => format::plural(count, "name", "names"),
        Names::Many(count) => format!("more than {} names", format::count(count)),
    };
    format!(
        "The listing broke off after {after}{name}. These are counted, the rest are not, so the \
         sizes above it are lower bounds. r reads it again."
    )
}

enum Names {
    Known(u64),
    /// More than anybody wants to have counted.
    Many(u64),
}

/// How many entries of a directory are known.
fn names_in(tree: &Tree, dir: DirId) -> Names {
    const MANY: u64 = 50_000;
    let files = tree.files(dir).take(MANY as usize).count();
    let dirs = tree.children(dir).take(MANY as usize).count();
    match (files + dirs) as u64 {
        MANY.. => Names::Many(MANY),
        count => Names::Known(count),
    }
}

impl Table for ProblemsTable {
    fn renew(&mut self, sight: &Sight<'_>) {
        // Fewer failures than before: some were taken back, and all numbers may mean others.
        if self.dir != sight.dir || self.taken > sight.state.failures().len() {
            *self = Self::new(sight.dir);
        }
    }

    fn is_behind(&self, state: &State) -> bool {
        self.taken < state.failures().len()
    }

    fn take_slice(&mut self, sight: &Sight<'_>) -> bool {
        self.take(sight.state);
        true
    }

    fn show(&mut self, sight: &Sight<'_>, lines: usize) -> bool {
        let counts = self.counts;
        self.collect(sight);
        let to_explain = lines_to_explain(lines);
        let window = self.pick.window(&self.ids, lines - to_explain);
        let first = window.start;
        let rows: Vec<ProblemRow> = self.ids[window]
            .iter()
            .map(|problem| row(sight, *problem))
            .collect();
        let selected = self.ids.get(self.pick.rank(&self.ids));
        let explanation = selected
            .filter(|_| to_explain > 0)
            .map(|problem| explain(sight, *problem));
        let changed = (&rows, &explanation, first, counts)
            != (&self.rows, &self.explanation, self.first, self.counts);
        (self.rows, self.explanation, self.first) = (rows, explanation, first);
        changed
    }

    /// The order is that of paths.
    fn stands_still_until(&self, _: Duration) -> Option<Duration> {
        None
    }

    fn step(&mut self, rows: isize, now: Duration) {
        self.pick.step(&self.ids, rows, now);
    }

    fn select_end(&mut self, end: End, now: Duration) {
        self.pick.select_end(&self.ids, end, now);
    }
}
