//! What the fold knows of directories that are being read again: which they are, when they are
//! complete, and what becomes of the old ones. How the tree keeps two of one directory is explained
//! in `crate::tree::rescan`.
//!
//! The old numbers stay until the new directory is complete. If it is not read to its end, because
//! the scan is stopped, or it is skipped, or because the directory itself cannot be read any more,
//! it is thrown away and the old numbers stay for good: they are the best that is known. One that
//! is gone is taken out. What fails below it is part of what is known of it, as in any scan.
//!
//! A directory whose small files were folded can be listed again, without what is below it. That is
//! a help and nothing that anybody asked for: it makes way for whatever else is read again, and
//! where anything is wrong with it the directory stays as it is, and nobody is told.

use super::{Asked, State};
use crate::{
    scan::{
        Part,
        dir::{DirId, Extent},
        event::{Event, Failure},
    },
    tree::{Progress, Settled, totals::Totals},
};

/// Failed places below a directory that are read again each by itself; more are not told apart, and
/// all of it is read again.
const FEW: usize = 64;

/// A directory that is read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rescan {
    /// The one that is known.
    pub of: DirId,
    /// The number under which it is read again.
    pub anew: DirId,
}

/// One that has begun.
#[derive(Debug)]
pub(super) struct Begun {
    pub(super) rescan: Rescan,
    extent: Extent,
    /// How many directories of it wait.
    queued: u64,
    /// Whether the kernel said something of it, or a rule leaves it out: it is there.
    is_there: bool,
    failures: Vec<Failure>,
    /// What becomes of it; `None` until it is complete.
    settled: Option<Settled>,
}

/// What came of reading a directory again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The new one is in its place.
    Replaced,
    /// What is in the directory itself was listed again: it is the old one still, and the new number
    /// stands for the old files.
    Listed,
    /// It does not exist any more.
    Gone,
    /// It could not be read to its end, for this reason if it failed itself, and the old one stays.
    Kept(Option<String>),
}

/// The end of one. The old directory, and what is below it, can still be asked for in the tree,
/// until [`State::tidy`] is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Which one it was.
    pub rescan: Rescan,
    /// What came of it.
    pub outcome: Outcome,
    /// What the old one amounted to.
    pub was: Totals,
}

/// What is missing of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lack {
    /// Something that waits, or was skipped.
    Unread,
    /// These places, which failed.
    Failed(Vec<DirId>),
    /// Nothing.
    Nothing,
}

/// Telling the fold what is done.
impl State {
    /// Notes that a directory is read again from now on. What is being read again below it is not
    /// waited for any more.
    pub fn rescan(&mut self, rescan: Rescan) {
        let within = |state: &Self, begun: &Begun| {
            let (one, other) = (begun.rescan.of, rescan.of);
            state.tree.is_within(one, other) || state.tree.is_within(other, one)
        };
        while let Some(begun) = self.rescans.iter().find(|begun| within(self, begun)) {
            let anew = begun.rescan.anew;
            if begun.settled.is_some() {
                while !self.settle_one() {}
            } else {
                self.discard(anew);
                self.forgotten.push(anew);
            }
        }
        if self.tree.is_retired(rescan.of) {
            self.forgotten.push(rescan.anew);
            return;
        }
        self.begin(rescan, Extent::Whole);
    }

    /// Notes that a directory is listed again from now on, which [can be](State::can_list).
    pub fn list(&mut self, rescan: Rescan) {
        self.begin(rescan, Extent::Alone);
    }

    fn begin(&mut self, rescan: Rescan, extent: Extent) {
        self.tree.begin_anew(rescan.of, rescan.anew, extent);
        self.rescans.push(Begun {
            rescan,
            extent,
            queued: 1,
            is_there: false,
            failures: Vec::new(),
            settled: None,
        });
        if let Part::Only(dirs) = &mut self.part {
            dirs.push(rescan.anew);
        }
        self.tree.settle();
    }

    /// Notes that what is being read again in `dir`, itself among it, is not read to its end. What is
    /// complete already takes its place all the same.
    pub fn give_up(&mut self, dir: DirId) {
        let is_meant =
            |begun: &&Begun| begun.settled.is_none() && self.tree.is_within(begun.rescan.of, dir);
        let meant = self.rescans.iter().filter(is_meant);
        for anew in meant.map(|begun| begun.rescan.anew).collect::<Vec<_>>() {
            self.keep_old(anew, None);
        }
    }

    /// Goes on with what is to be done about directories that were read again, a slice of it.
    pub fn tidy(&mut self) {
        if self.is_settling() {
            self.settle_one();
        } else {
            self.tree.free();
        }
    }

    /// What has come to its end since this was asked last.
    pub fn take_ended(&mut self) -> Vec<Ended> {
        std::mem::take(&mut self.ended)
    }

    /// The directories that are to be read no more, since this was asked last.
    pub fn take_forgotten(&mut self) -> Vec<DirId> {
        std::mem::take(&mut self.forgotten)
    }
}

/// Asking.
impl State {
    /// The directories that are being read again.
    pub fn rescans(&self) -> impl Iterator<Item = Rescan> {
        self.rescans.iter().map(|begun| begun.rescan)
    }

    /// Whether the small files of `dir` were folded and can be listed again: it was read to its end,
    /// nothing of it failed, and neither it nor anything above or below is being read again.
    pub fn can_list(&self, dir: DirId) -> bool {
        let apart = |begun: &Begun| {
            let of = begun.rescan.of;
            !self.tree.is_within(dir, of) && !self.tree.is_within(of, dir)
        };
        self.tree.is_folded(dir)
            && self.tree.progress_of(dir) == Progress::Listed
            && self.failures.iter().all(|failure| failure.dir != dir)
            && self.rescans.iter().all(apart)
    }

    /// Whether `dir` is being listed again.
    pub fn is_listed_again(&self, dir: DirId) -> bool {
        let is_it = |begun: &Begun| begun.extent == Extent::Alone && begun.rescan.of == dir;
        self.rescans.iter().any(is_it)
    }

    /// Whether all that the scan still reads is read again.
    pub fn only_reads_again(&self) -> bool {
        let unread = |dir: DirId| {
            self.tree.contains(dir)
                && !self.tree.is_apart(dir)
                && self.tree.totals(dir).unfinished > 0
        };
        let is_rest_unread = match &self.part {
            Part::All => unread(DirId::TOP),
            Part::Only(dirs) => dirs.iter().any(|dir| unread(*dir)),
        };
        !self.rescans.is_empty() && !is_rest_unread
    }

    /// Whether one that was read again is complete and takes its place.
    pub fn is_settling(&self) -> bool {
        self.rescans.iter().any(|begun| begun.settled.is_some())
    }

    /// Whether nothing is left but to let what was read again take its place.
    pub fn is_adding_up(&self) -> bool {
        self.gone && self.is_settling()
    }

    /// Whether there is anything for [`State::tidy`] to do.
    pub fn is_untidy(&self) -> bool {
        self.is_settling() || self.tree.has_retired()
    }

    /// Where something in `dir` was lost, itself among it: once for each failure, for a panic, and
    /// for what was taken away from a worker.
    pub(super) fn lost_in(&self, dir: DirId) -> impl Iterator<Item = DirId> {
        let failed = self.failures.iter().map(|failure| failure.dir);
        let broke = self.panic.as_ref().and_then(|panic| panic.dir);
        let lost = failed.chain(broke).chain(self.claimed.iter().copied());
        lost.filter(move |lost| self.tree.contains(*lost) && self.tree.is_within(*lost, dir))
    }

    /// What is missing of `dir`. Of more than a few places that failed, the directory itself stands
    /// for all.
    pub fn lack_of(&self, dir: DirId) -> Lack {
        let totals = self.tree.totals(dir);
        let mut lost: Vec<DirId> = self.lost_in(dir).collect();
        if totals.unfinished > 0 || totals.missing as usize > lost.len() {
            return Lack::Unread;
        }
        // A greater number is never above a smaller one.
        lost.sort_unstable();
        lost.dedup();
        let mut outermost: Vec<DirId> = Vec::new();
        for lost in lost {
            if outermost.len() > FEW {
                return Lack::Failed(vec![dir]);
            }
            if !outermost
                .iter()
                .any(|above| self.tree.is_within(lost, *above))
            {
                outermost.push(lost);
            }
        }
        if outermost.is_empty() {
            Lack::Nothing
        } else {
            Lack::Failed(outermost)
        }
    }
}

/// Folding.
impl State {
    /// The place of the one that `dir` is being read for, if it is read again.
    fn place_of(&self, dir: DirId) -> Option<usize> {
        if !self.tree.contains(dir) {
            // Found in what was of no use any more, so nobody was told of it.
            return None;
        }
        // What is below a directory has a greater number.
        let is_in =
            |begun: &Begun| begun.rescan.anew <= dir && self.tree.is_within(dir, begun.rescan.anew);
        self.rescans.iter().position(is_in)
    }

    /// The new number of the one that `dir` is being read for, if it is read again.
    pub(super) fn read_for(&self, dir: DirId) -> Option<DirId> {
        let place = self.place_of(dir)?;
        Some(self.rescans[place].rescan.anew)
    }

    /// The number that counts the directories that wait, `dir` among them.
    pub(super) fn queue_of(&mut self, dir: DirId) -> &mut u64 {
        match self.place_of(dir) {
            Some(place) => &mut self.rescans[place].queued,
            None => &mut self.queued,
        }
    }

    /// How many directories wait of those that are read again.
    pub(super) fn queued_again(&self) -> u64 {
        self.rescans.iter().map(|begun| begun.queued).sum()
    }

    /// Takes note of what is special about an event where directories are read again. False where
    /// nobody wants to hear it any more.
    pub(super) fn admits(&mut self, event: &Event) -> bool {
        let dir = match event {
            Event::Found { parent: dir, .. }
            | Event::Entered { dir }
            | Event::Opened { dir, .. }
            | Event::NotEntered { dir, .. }
            | Event::Listed { dir, .. }
            | Event::Looked { dir } => *dir,
            Event::Block(block) => block.dir,
            Event::Failed(failure) => failure.dir,
            _ => return true,
        };
        // Of what is on its way out nothing more is taken over: its links are being taken out.
        let leaves = |begun: &Begun| {
            begun.settled.is_some()
                && begun.extent == Extent::Whole
                && self.tree.contains(dir)
                && self.tree.is_within(dir, begun.rescan.of)
        };
        if self.tree.is_retired(dir) || self.rescans.iter().any(leaves) {
            return false;
        }
        if let Event::Opened { .. } | Event::NotEntered { .. } = event
            && let Some(begun) = self
                .rescans
                .iter_mut()
                .find(|begun| begun.rescan.anew == dir)
        {
            begun.is_there = true;
        }
        true
    }

    /// Puts a failure where it belongs.
    pub(super) fn note_failure(&mut self, failure: Failure) {
        if let Some(place) = self.place_of(failure.dir) {
            self.rescans[place].failures.push(failure);
        } else {
            self.failure_bytes += failure.bytes();
            self.failures.push(failure);
        }
    }

    /// Looks which of those that are read again are complete, and goes on with what becomes of
    /// them. Totals must be right.
    pub(super) fn follow_rescans(&mut self) {
        let complete = |state: &Self, begun: &Begun| {
            begun.settled.is_none() && state.tree.totals(begun.rescan.anew).unfinished == 0
        };
        while let Some(place) = self.rescans.iter().position(|begun| complete(self, begun)) {
            let anew = self.rescans[place].rescan.anew;
            let begun = &self.rescans[place];
            let is_less = !begun.is_there || self.tree.totals(anew).missing > 0;
            if begun.extent == Extent::Alone && is_less {
                self.keep_old(anew, None);
            } else if self.tree.progress_of(anew) == Progress::Failed {
                let failures = &self.rescans[place].failures;
                let own = failures
                    .iter()
                    .find(|failure| failure.dir == anew && failure.entry.is_none());
                let cause = own.map(Failure::cause_in_words);
                self.keep_old(anew, cause);
            } else {
                let mut begun = self.rescans.remove(place);
                begun.settled = Some(if begun.is_there {
                    Settled::Exchanged
                } else {
                    Settled::Removed
                });
                // One that has begun to settle is brought to its end first.
                let is_settled = |begun: &&Begun| begun.settled.is_some();
                let settled = self.rescans.iter().take_while(is_settled).count();
                self.rescans.insert(settled, begun);
            }
        }
        if self.is_settling() {
            self.settle_one();
        }
    }

    /// Throws away what was read of a directory again.
    pub(super) fn keep_old(&mut self, anew: DirId, cause: Option<String>) {
        // One that has begun to settle is brought to its end.
        let begun = self
            .rescans
            .iter()
            .find(|begun| begun.rescan.anew == anew && begun.settled.is_none());
        if let Some(begun) = begun {
            let rescan = begun.rescan;
            if begun.extent == Extent::Whole {
                self.ended.push(Ended {
                    rescan,
                    outcome: Outcome::Kept(cause),
                    was: self.tree.totals(rescan.of),
                });
            }
            self.discard(anew);
            self.forgotten.push(anew);
        }
    }

    fn discard(&mut self, anew: DirId) {
        let Self {
            tree,
            workers,
            open_slices,
            panic,
            skipped,
            ..
        } = self;
        skipped.retain(|dir| !tree.is_within(*dir, anew));
        for worker in workers {
            if let super::Activity::Reading { dir, .. } = worker.activity
                && tree.is_within(dir, anew)
            {
                worker.activity = super::Activity::Forgotten { dir };
            }
        }
        open_slices.retain(|dir, _| !tree.is_within(*dir, anew));
        let begun = self.rescans.iter().find(|begun| begun.rescan.anew == anew);
        if let (Some(panic), Some(begun)) = (panic, begun)
            && panic.dir.is_some_and(|dir| tree.is_within(dir, anew))
        {
            panic.dir = Some(begun.rescan.of);
        }
        self.rescans.retain(|begun| begun.rescan.anew != anew);
        tree.discard(anew);
    }

    /// Goes on by one slice with the first that is complete. Whether it has taken its place.
    fn settle_one(&mut self) -> bool {
        let settling = |begun: &Begun| begun.settled.is_some();
        let Some(place) = self.rescans.iter().position(settling) else {
            return true;
        };
        let (rescan, settled) = (self.rescans[place].rescan, self.rescans[place].settled);
        let settled = settled.unwrap_or(Settled::Exchanged);
        let was = self.tree.totals(rescan.of);
        if !self.tree.exchange(rescan.anew, settled) {
            return false;
        }
        let begun = self.rescans.remove(place);
        if begun.extent == Extent::Alone {
            self.forgotten.push(rescan.anew);
            self.ended.push(Ended {
                rescan,
                outcome: Outcome::Listed,
                was,
            });
            return true;
        }
        let Self {
            tree,
            failures,
            failure_bytes,
            skipped,
            claimed,
            panic,
            roots,
            ..
        } = self;
        let is_old = |dir: DirId| tree.is_within(dir, rescan.of);
        failures.retain(|failure| !is_old(failure.dir));
        skipped.retain(|dir| !is_old(*dir));
        claimed.retain(|dir| !is_old(*dir));
        if panic
            .as_ref()
            .and_then(|panic| panic.dir)
            .is_some_and(is_old)
        {
            *panic = None;
        }
        self.forgotten.push(rescan.of);
        let outcome = match settled {
            Settled::Exchanged => {
                failures.extend(begun.failures);
                for root in roots.iter_mut().filter(|root| root.dir == rescan.of) {
                    root.dir = rescan.anew;
                }
                Outcome::Replaced
            }
            Settled::Removed => Outcome::Gone,
        };
        *failure_bytes = failures.iter().map(Failure::bytes).sum();
        self.ended.push(Ended {
            rescan,
            outcome,
            was,
        });
        true
    }

    /// Whether the scan was told to end before what is read again was complete.
    pub(super) fn is_cut_short(&self) -> bool {
        self.asked == Asked::Stop || self.broke
    }
}
