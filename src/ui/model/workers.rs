//! What the workers panel shows: which directory each worker is in, how fast it goes, and whether
//! it is stuck.

use std::{cmp::Reverse, time::Duration};

use super::pace::Pace;
use crate::{
    scan::{
        dir::DirId,
        event::WorkerId,
        gauge::{Call, Reading},
        watch::STALL,
    },
    state::{Activity, ScanState, Worker},
};

/// Which workers have a row where there is not room for all is chosen this often.
const CHOICE: Duration = Duration::from_secs(2);

/// What a worker's row says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkerState {
    /// In one system call for longer than two seconds.
    Stalled,
    /// Listing a directory.
    Reading,
    /// Nothing to do.
    Waiting,
    /// It would do something, but the scan is paused.
    Resting,
    /// Stuck in what is not waited for any more.
    Lost,
    /// It has left.
    Stopped,
}

impl WorkerState {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Stalled => "STALLED",
            Self::Reading => "reading",
            Self::Waiting => "waiting",
            Self::Resting => "resting",
            Self::Lost => "lost",
            Self::Stopped => "stopped",
        }
    }
}

/// One row of the panel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerRow {
    /// Which worker.
    pub worker: WorkerId,
    /// What it does.
    pub state: WorkerState,
    /// The directory it is in, below the root and safe to show; empty if it is in none.
    pub path: String,
    /// The system call it is in. Told only of those that are waited for: stalled ones, and all
    /// while stopping.
    pub call: Option<Call>,
    /// Names of files that it has found.
    pub files: u64,
    /// Whether it has ever been in a directory.
    pub has_read: bool,
    /// Files a second.
    pub rate: u64,
    /// Files in each of the last eight seconds.
    pub history: Vec<u64>,
    /// How long it has been in this directory, in whole seconds; of one that is stuck, in this call.
    /// From 2 on.
    pub here: Option<Duration>,
}

/// A worker that is stuck in a system call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stuck {
    /// Which.
    pub worker: WorkerId,
    /// In which directory.
    pub dir: DirId,
}

#[derive(Clone, Debug, Default)]
struct Watched {
    reading: Reading,
    since: Duration,
    pace: Pace,
}

/// The workers, as the panel shows them.
#[derive(Clone, Debug)]
pub struct Workers {
    watched: Vec<Watched>,
    rows: Vec<WorkerRow>,
    /// Those that have a row where there is not room for all, and when they are chosen again.
    chosen: Vec<WorkerId>,
    choice_due: Duration,
    now: Duration,
}

impl Workers {
    /// `count` workers of which nothing is known.
    pub(super) fn new(count: usize) -> Self {
        Self {
            watched: vec![Watched::default(); count],
            rows: Vec::new(),
            chosen: Vec::new(),
            choice_due: Duration::ZERO,
            now: Duration::ZERO,
        }
    }

    /// The rows: first those that are chosen where there is not room for all; of these and of the
    /// others stalled workers first, those that have left last, otherwise by number; those that have
    /// never been in a directory behind those that have.
    pub fn rows(&self) -> &[WorkerRow] {
        &self.rows
    }

    /// How many workers are in `state`.
    pub fn count(&self, state: WorkerState) -> usize {
        self.rows.iter().filter(|row| row.state == state).count()
    }

    /// Takes over what the gauges show.
    pub(super) fn read(&mut self, gauges: &[Reading], now: Duration) {
        // There may be spare ones.
        let workers = self.watched.len().max(gauges.len());
        self.watched.resize(workers, Watched::default());
        for (watched, reading) in self.watched.iter_mut().zip(gauges) {
            if watched.reading != *reading {
                (watched.reading, watched.since) = (*reading, now);
            }
        }
        self.now = now;
    }

    /// Takes over how many files each has found.
    pub(super) fn sample(&mut self, workers: &[Worker], now: Duration) {
        for (watched, worker) in self.watched.iter_mut().zip(workers) {
            watched.pace.sample(now, worker.files);
        }
    }

    /// Brings the rows up to date, `room` of which are on the screen; whether any has changed.
    pub(super) fn renew(
        &mut self,
        workers: &[Worker],
        scan: ScanState,
        room: usize,
        path: impl Fn(DirId) -> String,
    ) -> bool {
        let mut rows: Vec<WorkerRow> = (0..workers.len())
            .map(|index| self.row(index, &workers[index], scan, &path))
            .collect();
        // While workers are waited for it matters at once who is left.
        if self.now >= self.choice_due
            || self.chosen.len() != room.min(rows.len())
            || scan == ScanState::Stopping
        {
            self.choice_due = self.now + CHOICE;
            self.chosen = chosen(&rows, room);
        }
        let place = |row: &WorkerRow| (rank(row.state), !row.has_read);
        rows.sort_by_key(|row| (!self.chosen.contains(&row.worker), place(row)));
        let changed = rows != self.rows;
        self.rows = rows;
        changed
    }

    fn row(
        &self,
        index: usize,
        worker: &Worker,
        scan: ScanState,
        path: impl Fn(DirId) -> String,
    ) -> WorkerRow {
        let watched = &self.watched[index];
        let (state, dir, entered) = match worker.activity {
            Activity::Waiting | Activity::Forgotten { .. } if self.is_stalled(index) => {
                (WorkerState::Lost, None, watched.since)
            }
            Activity::Waiting if scan == ScanState::Paused => {
                (WorkerState::Resting, None, self.now)
            }
            Activity::Waiting | Activity::Forgotten { .. } => {
                (WorkerState::Waiting, None, self.now)
            }
            Activity::Stopped => (WorkerState::Stopped, None, self.now),
            Activity::Reading { dir, .. } if self.is_stalled(index) => {
                (WorkerState::Stalled, Some(dir), watched.since)
            }
            // As long as it is in a call it does not rest.
            Activity::Reading { dir, .. }
                if scan == ScanState::Paused && watched.reading.call().is_none() =>
            {
                (WorkerState::Resting, Some(dir), self.now)
            }
            Activity::Reading { dir, since } => (WorkerState::Reading, Some(dir), since),
        };
        let here = Duration::from_secs(self.now.saturating_sub(entered).as_secs());
        let waited_for = state == WorkerState::Stalled || scan == ScanState::Stopping;
        WorkerRow {
            worker: WorkerId::from_index(index),
            state,
            path: dir.map(path).unwrap_or_default(),
            call: dir
                .and_then(|_| watched.reading.call())
                .filter(|_| waited_for),
            files: worker.files,
            has_read: worker.has_read,
            rate: watched.pace.rate(),
            history: watched.pace.history(8),
            here: (here >= Duration::from_secs(2)).then_some(here),
        }
    }

    fn is_stalled(&self, index: usize) -> bool {
        let watched = &self.watched[index];
        watched.reading.call().is_some() && self.now.saturating_sub(watched.since) >= STALL
    }

    /// The directories in which workers are stuck, one for each stuck worker.
    pub(super) fn stalled(&self, workers: &[Worker]) -> Vec<DirId> {
        let stuck = self.stuck(workers);
        stuck.into_iter().map(|stuck| stuck.dir).collect()
    }

    /// The workers that are stuck where nobody wants to hear of them any more.
    pub(super) fn stuck_in_forgotten(&self, workers: &[Worker]) -> Vec<Stuck> {
        let workers = workers.iter().enumerate();
        let stuck = workers.filter_map(|(index, worker)| match worker.activity {
            Activity::Forgotten { dir } if self.is_stalled(index) => Some(Stuck {
                worker: WorkerId::from_index(index),
                dir,
            }),
            _ => None,
        });
        stuck.collect()
    }

    /// The workers that are stuck, the one first that has been so longest.
    pub(super) fn stuck(&self, workers: &[Worker]) -> Vec<Stuck> {
        let workers = workers.iter().enumerate();
        let stuck = workers.filter_map(|(index, worker)| match worker.activity {
            Activity::Reading { dir, .. } if self.is_stalled(index) => Some((index, dir)),
            _ => None,
        });
        let mut stuck: Vec<_> = stuck.collect();
        stuck.sort_by_key(|(index, _)| self.watched[*index].since);
        stuck
            .into_iter()
            .map(|(index, dir)| Stuck {
                worker: WorkerId::from_index(index),
                dir,
            })
            .collect()
    }
}

/// The order of states among the rows. While workers are waited for, those that are still inside a
/// call stand before those that left.
fn rank(state: WorkerState) -> u8 {
    match state {
        WorkerState::Stalled => 0,
        WorkerState::Reading | WorkerState::Waiting | WorkerState::Resting | WorkerState::Lost => 1,
        WorkerState::Stopped => 2,
    }
}

/// The `room` workers that are worth a row: the stalled ones, then the busiest.
fn chosen(rows: &[WorkerRow], room: usize) -> Vec<WorkerId> {
    let mut rows: Vec<&WorkerRow> = rows.iter().collect();
    rows.sort_by_key(|row| {
        let fastest = Reverse(row.rate);
        (rank(row.state), !row.has_read, fastest, row.worker.index())
    });
    rows.iter().take(room).map(|row| row.worker).collect()
}
