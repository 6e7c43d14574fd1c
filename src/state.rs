//! The fold: the one function that turns events into state, for both front ends. What is not
//! derived from events (sizes of windows, what is selected, how long a call has lasted) is not
//! here.

pub mod paths;
pub mod rescans;

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    ffi::OsStr,
    io::ErrorKind,
    ops::Range,
    os::unix::ffi::OsStrExt,
    path::PathBuf,
    time::Duration,
};

use crate::{
    scan::{
        Abandoned, Part,
        dir::DirId,
        event::{Event, Failure, WorkerId},
        gauge::Call,
        watch::no_answer,
    },
    tree::{BlockId, DirState, Progress, Tree},
};
use rescans::{Begun, Ended};

/// What the whole scan is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScanState {
    /// Some directory is waiting or being read.
    Scanning,
    /// The workers rest.
    Paused,
    /// The stop event is set, and some worker has not left yet.
    Stopping,
    /// It was stopped before everything was read, and every worker has left or was left behind.
    Stopped,
    /// It ended by itself.
    Complete,
    /// A worker broke, or no root could be read.
    Failed,
}

impl ScanState {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Scanning => "scanning",
            Self::Paused => "paused",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Complete => "complete",
            Self::Failed => "failed",
        }
    }

    /// Whether workers may still find something.
    pub fn is_running(self) -> bool {
        matches!(self, Self::Scanning | Self::Paused | Self::Stopping)
    }
}

/// What a worker does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// It has nothing to do, or has not begun.
    Waiting,
    /// It lists a directory.
    Reading {
        /// Which.
        dir: DirId,
        /// Since when, on the clock of whoever feeds the fold.
        since: Duration,
    },
    /// It is at a directory of which nobody wants to hear any more.
    Forgotten {
        /// Which.
        dir: DirId,
    },
    /// It has left.
    Stopped,
}

/// What is known of a worker.
#[derive(Clone, Copy, Debug)]
pub struct Worker {
    /// What it does.
    pub activity: Activity,
    /// Names of files that it has found.
    pub files: u64,
    /// It has turned to a directory.
    pub has_read: bool,
}

impl Worker {
    fn new() -> Self {
        Self {
            activity: Activity::Waiting,
            files: 0,
            has_read: false,
        }
    }
}

/// What is known of a root beyond what the tree has.
#[derive(Clone, Debug)]
pub struct Root {
    /// Its place in the tree.
    pub dir: DirId,
    /// The workers that have turned to it or to anything below it.
    pub workers: BTreeSet<WorkerId>,
}

/// How a worker broke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panic {
    /// Which worker.
    pub worker: WorkerId,
    /// The directory it was at.
    pub dir: Option<DirId>,
    /// What the panic said; not yet made safe to show.
    pub message: String,
}

/// What was asked of the workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Nothing,
    Rest,
    Stop,
}

/// Everything that is known of a scan.
pub struct State {
    tree: Tree,
    workers: Vec<Worker>,
    /// How many of them are no spare ones.
    assigned: usize,
    roots: Vec<Root>,
    failures: Vec<Failure>,
    /// Bytes of memory that these take.
    failure_bytes: usize,
    panic: Option<Panic>,
    queued: u64,
    /// By large directory: slices given away less slices looked at.
    open_slices: HashMap<DirId, i64>,
    /// Directories that could not be read to their end and are not finished yet.
    failing: HashSet<DirId>,
    /// Directories that were skipped and not taken up again.
    skipped: Vec<DirId>,
    /// Those that were taken away from stuck workers: nothing of them waits anywhere.
    claimed: Vec<DirId>,
    /// Those that are being read again, what has come of others since that was asked last, and
    /// which are not to be read any more.
    rescans: Vec<Begun>,
    ended: Vec<Ended>,
    forgotten: Vec<DirId>,
    /// What the scan goes on with, since it was stopped.
    part: Part,
    asked: Asked,
    /// A worker broke, since the scan began or went on.
    broke: bool,
    gone: bool,
    left_behind: bool,
}

impl State {
    /// Nothing known yet of a scan with `workers` workers.
    pub fn new(workers: usize) -> Self {
        Self {
            tree: Tree::new(),
            workers: vec![Worker::new(); workers],
            assigned: workers,
            roots: Vec::new(),
            failures: Vec::new(),
            failure_bytes: 0,
            panic: None,
            queued: 0,
            open_slices: HashMap::new(),
            failing: HashSet::new(),
            skipped: Vec::new(),
            claimed: Vec::new(),
            rescans: Vec::new(),
            ended: Vec::new(),
            forgotten: Vec::new(),
            part: Part::All,
            asked: Asked::Nothing,
            broke: false,
            gone: false,
            left_behind: false,
        }
    }

    /// Takes over what `worker` said, in its order; `now` is the time on the caller's clock. Totals
    /// are right after the next [`State::settle`].
    pub fn apply(&mut self, worker: WorkerId, events: Vec<Event>, now: Duration) {
        // It may be a spare one.
        let workers = self.workers.len().max(worker.index() + 1);
        self.workers.resize(workers, Worker::new());
        for event in events {
            self.apply_one(worker, event, now);
        }
    }

    fn apply_one(&mut self, worker: WorkerId, event: Event, now: Duration) {
        if !self.admits(&event) {
            if let Event::Entered { dir } = event {
                self.workers[worker.index()].activity = Activity::Forgotten { dir };
            }
            return;
        }
        let who = &mut self.workers[worker.index()];
        match event {
            Event::Found {
                parent,
                first,
                names,
            } => {
                *self.queue_of(parent) += names.len() as u64;
                for (name, number) in names.iter().zip(first.0..) {
                    self.tree.announce(parent, DirId(number), name);
                    if parent == DirId::TOP {
                        self.roots.push(Root {
                            dir: DirId(number),
                            workers: BTreeSet::new(),
                        });
                    }
                }
            }
            Event::Entered { dir } => {
                who.activity = Activity::Reading { dir, since: now };
                who.has_read = true;
                self.progress(dir, Progress::Reading);
                let top = self.tree.root_of(dir);
                // The roots have the first numbers, from 1 on, until they are read again.
                let known = |root: &&mut Root| root.dir == top;
                let root = match self.roots.get_mut(top.index() - 1).filter(known) {
                    None => self.roots.iter_mut().find(known),
                    root => root,
                };
                if let Some(root) = root {
                    root.workers.insert(worker);
                }
            }
            Event::Opened { dir, metadata } => self.tree.open(dir, &metadata),
            Event::Block(block) => {
                who.files += block.files.count;
                self.tree.add_block(block);
            }
            Event::NotEntered { dir, reason } => self.progress(dir, Progress::Excluded(reason)),
            Event::Listed { dir, slices: 0 } => self.finish(dir),
            Event::Listed { dir, slices } => self.slices(dir, i64::from(slices)),
            Event::Looked { dir } => self.slices(dir, -1),
            Event::Failed(failure) => {
                self.tree.miss(failure.dir);
                if failure.entry.is_none() {
                    self.failing.insert(failure.dir);
                }
                self.note_failure(failure);
            }
            Event::Skipped(dirs) => {
                // With a part left out it would not be complete.
                for dir in dirs.start.0..dirs.end.0 {
                    if let Some(anew) = self.read_for(DirId(dir)) {
                        self.keep_old(anew, None);
                    }
                }
                self.each(dirs, Progress::Skipped);
            }
            Event::TakenUp(dirs) => self.each(dirs, Progress::Queued),
            Event::Waiting => who.activity = Activity::Waiting,
            Event::Panicked { dir, message } => {
                let dir = dir.filter(|dir| !self.tree.is_retired(*dir));
                if let Some(dir) = dir {
                    self.tree.miss(dir);
                    self.progress(dir, Progress::Failed);
                }
                self.asked = Asked::Stop;
                self.broke = true;
                self.panic.get_or_insert(Panic {
                    worker,
                    dir,
                    message,
                });
            }
            Event::Left => who.activity = Activity::Stopped,
            // Not said of a scan that asks for metadata.
            Event::Place { .. } | Event::Names { .. } => {}
        }
    }

    /// A directory moves on: queued, reading, then one of the three ends. What failed or was left
    /// out stays so, also when its worker says that it is done with it. On the way it may be skipped
    /// and taken up again: until then it stays skipped, also when a worker says that it turns to it,
    /// for that one will leave it.
    fn progress(&mut self, dir: DirId, progress: Progress) {
        let was = self.tree.progress_of(dir);
        let stays = match was {
            Progress::Failed | Progress::Excluded(_) | Progress::Listed => true,
            Progress::Skipped => progress == Progress::Reading,
            Progress::Queued | Progress::Reading => progress == Progress::Queued,
        };
        if stays {
            return;
        }
        let queued = self.queue_of(dir);
        *queued -= u64::from(was == Progress::Queued);
        *queued += u64::from(progress == Progress::Queued);
        self.tree.progress(dir, progress);
    }

    fn each(&mut self, dirs: Range<DirId>, progress: Progress) {
        for dir in (dirs.start.0..dirs.end.0).map(DirId) {
            // What was taken away from a worker will never be whole, whatever comes back of it.
            if !self.tree.is_retired(dir) && !self.claimed.contains(&dir) {
                self.progress(dir, progress);
            }
        }
    }

    /// Counts the slices of a large directory that are still to be looked at. How many were given
    /// away is said when the names are all read, when some may have been looked at already: the sum
    /// is zero when all is done.
    fn slices(&mut self, dir: DirId, change: i64) {
        let open = self.open_slices.entry(dir).or_default();
        *open += change;
        if *open == 0 {
            self.open_slices.remove(&dir);
            self.finish(dir);
        }
    }

    /// All that can be read of a directory was read.
    fn finish(&mut self, dir: DirId) {
        let end = if self.failing.remove(&dir) {
            Progress::Failed
        } else {
            Progress::Listed
        };
        self.progress(dir, end);
    }

    /// Lets other records take the place of those of a part of the files: see
    /// [`Tree::fold_chunk`](crate::tree::Tree).
    pub(crate) fn fold_chunk(
        &mut self,
        chunk: usize,
        fold: impl FnMut(BlockId, DirId, &[u8]) -> Option<Box<[u8]>>,
    ) {
        self.tree.fold_chunk(chunk, fold);
    }

    /// Bytes of memory that all of it takes, but for what is as good as nothing.
    pub fn bytes(&self) -> usize {
        self.tree.bytes() + self.failure_bytes
    }

    /// Brings the totals up to date. Once after everything that had arrived was applied, not after
    /// each batch.
    pub fn settle(&mut self) {
        self.tree.settle();
        self.follow_rescans();
    }

    /// Notes that the stop event was set.
    pub fn stop_asked(&mut self) {
        self.asked = Asked::Stop;
    }

    /// Notes that the workers rest, or go on.
    pub fn pause(&mut self, paused: bool) {
        self.asked = if paused { Asked::Rest } else { Asked::Nothing };
    }

    /// Notes that what was not read yet of `dir` is left out. Of each directory that this concerns
    /// the workers will tell.
    pub fn skip(&mut self, dir: DirId) {
        self.tree.skip(dir, true);
        if !self.skipped.contains(&dir) {
            self.skipped.push(dir);
        }
    }

    /// Notes that a directory was taken away from a worker that is stuck in it.
    pub fn claimed(&mut self, worker: WorkerId, dir: DirId) {
        self.workers[worker.index()].activity = Activity::Waiting;
        if let Some(anew) = self.read_for(dir) {
            self.keep_old(anew, None);
        } else {
            self.progress(dir, Progress::Skipped);
            if !self.claimed.contains(&dir) {
                self.claimed.push(dir);
            }
        }
        self.settle();
    }

    /// Notes that what was not read of `dir` is to be read after all.
    pub fn take_up(&mut self, dir: DirId) {
        let Self { tree, skipped, .. } = self;
        skipped.retain(|other| {
            let concerned = tree.is_within(*other, dir) || tree.is_within(dir, *other);
            if concerned {
                tree.skip(*other, false);
            }
            // What lies beside `dir` in it is still left out.
            !tree.is_within(*other, dir)
        });
        if let Part::Only(dirs) = &mut self.part {
            dirs.push(dir);
        }
    }

    /// Notes that the scan goes on, after it was stopped or has ended.
    pub fn go_on(&mut self, part: Part) {
        let (assigned, spare) = self.workers.split_at_mut(self.assigned);
        for worker in assigned {
            worker.activity = Activity::Waiting;
        }
        for worker in spare {
            worker.activity = Activity::Stopped;
        }
        self.part = part;
        self.asked = Asked::Nothing;
        self.broke = false;
        self.gone = false;
        self.left_behind = false;
    }

    /// Notes that nothing more will come: every worker has left, but for those that were left
    /// behind. The directories that these are in have given no answer.
    pub fn gone(&mut self, left_behind: &[Abandoned]) {
        self.gone = true;
        for Abandoned { worker, call } in left_behind {
            if let Activity::Reading { dir, .. } = self.workers[worker.index()].activity {
                if let Some(anew) = self.read_for(dir) {
                    self.keep_old(anew, None);
                    continue;
                }
                self.left_behind = true;
                let failure = Failure {
                    dir,
                    entry: None,
                    call: call.unwrap_or(Call::Readdir),
                    cause: no_answer(),
                };
                self.apply_one(*worker, Event::Failed(failure), Duration::ZERO);
                self.finish(dir);
            }
        }
        self.settle();
        if self.is_cut_short() {
            self.give_up(DirId::TOP);
        }
    }

    /// What the whole scan is in.
    pub fn scan_state(&self) -> ScanState {
        // A directory whose worker was left behind counts as finished, but the scan did not end by
        // itself.
        let finished = self.tree.totals(DirId::TOP).unfinished == 0 && !self.roots.is_empty();
        let ended = finished && !self.left_behind && self.rescans.is_empty();
        // What is complete takes its place, whatever was asked meanwhile.
        if self.is_adding_up() {
            return match self.asked {
                Asked::Stop => ScanState::Stopping,
                Asked::Rest | Asked::Nothing => ScanState::Scanning,
            };
        }
        if self.broke || (self.gone && self.is_nothing_read()) {
            return ScanState::Failed;
        }
        match (self.gone, ended, self.asked) {
            (true, false, _) => ScanState::Stopped,
            (true, true, _) => ScanState::Complete,
            (false, _, Asked::Stop) => ScanState::Stopping,
            (false, _, Asked::Rest) => ScanState::Paused,
            (false, _, Asked::Nothing) => ScanState::Scanning,
        }
    }

    /// Whether the scan, as long as it runs, is to read all of `dir` that is neither read nor
    /// skipped, or something below it.
    pub fn goes_on_in(&self, dir: DirId) -> bool {
        let concerns = |part: &DirId| {
            self.tree.is_within(dir, *part)
                || (self.tree.is_within(*part, dir) && self.tree.totals(*part).unfinished > 0)
        };
        match &self.part {
            Part::All => true,
            Part::Only(dirs) => dirs.iter().any(concerns),
        }
    }

    /// The directories that were skipped and are not read, or not all of them.
    pub fn skipped(&self) -> impl Iterator<Item = DirId> {
        let is_left_out = |dir: &DirId| self.is_skipped(*dir) || self.is_partly_skipped(*dir);
        self.skipped.iter().copied().filter(is_left_out)
    }

    /// Whether `dir` is skipped with all that was not read of it.
    pub fn is_skipped(&self, dir: DirId) -> bool {
        self.tree.state(dir) == DirState::Skipped
    }

    /// Whether more is missing of a directory that was skipped than what failed, and what was
    /// skipped in it since it was taken up in part.
    fn is_partly_skipped(&self, dir: DirId) -> bool {
        let missing = |dir: DirId| self.tree.totals(dir).missing;
        let is_inside = |other: &DirId| {
            *other != dir && self.is_skipped(*other) && self.tree.is_within(*other, dir)
        };
        let inside = self.skipped.iter().copied().filter(is_inside);
        missing(dir) > 0
            && missing(dir) > self.lost_in(dir).count() as i32 + inside.map(missing).sum::<i32>()
    }

    /// Whether the scan has ended by itself and left out nothing that the next one may read: nothing
    /// was skipped, everything has answered. What was refused will be refused again.
    pub fn is_whole(&self) -> bool {
        let left_out = |dir: &DirId| self.tree.progress_of(*dir) == Progress::Skipped;
        let no_answer = |failure: &Failure| failure.cause.kind() == ErrorKind::TimedOut;
        self.scan_state() == ScanState::Complete
            && self.skipped().next().is_none()
            && !self.claimed.iter().any(left_out)
            && self.panic.is_none()
            && !self.failures.iter().any(no_answer)
    }

    /// Whether every root failed to open.
    fn is_nothing_read(&self) -> bool {
        let failed = |root: &Root| self.tree.progress_of(root.dir) == Progress::Failed;
        let nothing_below = || {
            let totals = self.tree.totals(DirId::TOP);
            totals.files == 0 && totals.dirs == self.roots.len() as i64
        };
        !self.roots.is_empty() && self.roots.iter().all(failed) && nothing_below()
    }

    /// Everything that was found.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The roots, in the order in which they were given.
    pub fn roots(&self) -> &[Root] {
        &self.roots
    }

    /// The workers, by number.
    pub fn workers(&self) -> &[Worker] {
        &self.workers
    }

    /// What could not be read, in the order in which it was said.
    pub fn failures(&self) -> &[Failure] {
        &self.failures
    }

    /// How a worker broke, if one did; the first one's.
    pub fn panic(&self) -> Option<&Panic> {
        self.panic.as_ref()
    }

    /// How many problems there are: failures and a panic.
    pub fn problems(&self) -> u64 {
        self.failures.len() as u64 + u64::from(self.panic.is_some())
    }

    /// How many directories wait to be read.
    pub fn queued(&self) -> u64 {
        self.queued + self.queued_again()
    }

    /// How many names of files were ever found, also those that were found again.
    pub fn files_found(&self) -> u64 {
        self.workers.iter().map(|worker| worker.files).sum()
    }

    /// What the exit code says of it: 0 everything was read, 1 not everything, 2 nothing could be
    /// scanned.
    pub fn exit_code(&self) -> u8 {
        if self.is_nothing_read() {
            2
        } else {
            u8::from(
                self.scan_state() != ScanState::Complete || self.tree.is_lower_bound(DirId::TOP),
            )
        }
    }

    /// Why `dir` itself could not be read.
    pub fn failure_of(&self, dir: DirId) -> Option<&Failure> {
        self.failures
            .iter()
            .find(|failure| failure.dir == dir && failure.entry.is_none())
    }

    /// The path of what failed.
    pub fn failed_path(&self, failure: &Failure) -> PathBuf {
        let path = self.tree.path(failure.dir);
        match &failure.entry {
            Some(entry) => path.join(OsStr::from_bytes(entry)),
            None => path,
        }
    }
}
