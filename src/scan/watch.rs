//! The watch over workers that are stuck in a system call. Whoever consumes the results keeps it, by
//! calling [`Scan::tend`] every now and then: a thread of its own would only sleep.
//!
//! For each worker that is stalled while something waits, a spare one is started. As many as there
//! are workers are started for such as may come back, and [`SPARES`] in all: where a server has died
//! they all run into it, one after the other.
//!
//! A directory that has given no answer for as long as [`Options::give_up_after`](super::Options)
//! says is taken away from its worker, and told as failed by a parcel like any other, behind all
//! that the worker had told of it.
//!
//! Time counts only while an answer can come and be seen: not while the scan is paused, and not
//! where the process may have been stopped, because nobody has looked for longer than a second.

use std::{io, sync::Arc, time::Duration};

use super::{
    Detail, Scan,
    event::{Event, Failure, Parcel, WorkerId},
    gauge::{Gauge, Reading},
    sync::{JoinHandle, TrySendError},
    way::Place,
};

/// A worker that has been in one system call for so long is stalled.
pub const STALL: Duration = Duration::from_secs(2);

/// Most spare workers.
pub const SPARES: usize = 256;

/// How often it is looked, at most; consumers with nothing else to do call about as often.
pub const INTERVAL: Duration = Duration::from_millis(100);

/// While nobody has looked for longer, the process may have been stopped.
const GAP: Duration = Duration::from_secs(1);

/// What the gauges have shown.
#[derive(Default)]
pub(super) struct Watch {
    /// By worker: what its gauge shows, and since when, in time that counts.
    seen: Vec<(Reading, Duration)>,
    /// The last look, on the consumer's clock.
    last: Option<Duration>,
    /// Whether the scan was paused then.
    was_paused: bool,
    /// How much time has passed that counts.
    time: Duration,
    /// No more worker could be started.
    is_full: bool,
    /// What found no room in the channel.
    unsent: Vec<Parcel>,
}

impl Watch {
    fn is_due(&self, now: Duration) -> bool {
        self.last.is_none_or(|last| now >= last + INTERVAL)
    }

    fn look(&mut self, gauges: impl Iterator<Item = Reading>, now: Duration, is_paused: bool) {
        let passed = now.saturating_sub(self.last.unwrap_or(now));
        if passed <= GAP && !is_paused && !self.was_paused {
            self.time += passed;
        }
        (self.last, self.was_paused) = (Some(now), is_paused);
        for (index, reading) in gauges.enumerate() {
            match self.seen.get_mut(index) {
                Some((seen, _)) if *seen == reading => {}
                Some(seen) => *seen = (reading, self.time),
                None => self.seen.push((reading, self.time)),
            }
        }
    }

    /// The workers that have been in one call for as long as `time`, by what their gauges show.
    fn stuck_for(&self, time: Duration) -> Vec<(WorkerId, Reading)> {
        let seen = self.seen.iter().enumerate();
        seen.filter(|(_, (reading, since))| {
            reading.call().is_some() && self.time.saturating_sub(*since) >= time
        })
        .map(|(index, (reading, _))| (WorkerId::from_index(index), *reading))
        .collect()
    }

    /// Whether all that there is to be told is on its way.
    pub(super) fn has_told(&self) -> bool {
        self.unsent.is_empty()
    }
}

impl Scan {
    /// Looks after workers that are stuck. To be called more often than once a second (see
    /// [`INTERVAL`]), with the time on the caller's clock; it never waits.
    pub fn tend(&mut self, now: Duration) {
        if !self.watch.is_due(now) || self.pool.frontier.is_stopped() {
            return;
        }
        let is_paused = self.pool.frontier.is_paused();
        let gauges = self.pool.gauges.iter().map(Gauge::read);
        self.watch.look(gauges, now, is_paused);
        for parcel in std::mem::take(&mut self.watch.unsent) {
            self.tell(parcel);
        }
        if is_paused {
            return;
        }
        if let Some(limit) = self.give_up_after {
            for (worker, reading) in self.watch.stuck_for(limit) {
                self.give_up(worker, reading);
            }
        }
        self.reinforce();
    }

    /// Starts a spare worker for each that is stuck, as far as there is something to do for it.
    fn reinforce(&mut self) {
        let frontier = &self.pool.frontier;
        let spares = self.threads.len().saturating_sub(self.pool.workers);
        let stuck = self.watch.stuck_for(STALL).len();
        if spares >= stuck || !frontier.has_waiting() {
            return;
        }
        let wanted = stuck.min(frontier.lost() + self.pool.workers);
        for _ in spares..wanted {
            let thread = self.start_spare();
            self.watch.is_full = thread.is_none();
            self.threads.extend(thread);
        }
    }

    fn start_spare(&self) -> Option<JoinHandle<()>> {
        let Self { pool, threads, .. } = self;
        if threads.len() == pool.gauges.len() {
            return None;
        }
        let worker = WorkerId::from_index(threads.len());
        pool.frontier.add_worker(worker);
        // Where no thread can be had it is tried again.
        (self.start_worker)(worker, Arc::clone(pool), self.sender.upgrade()?).ok()
    }

    /// Whether every worker is stuck in what was taken away from it, and no more can be started.
    pub(super) fn is_lost(&self) -> bool {
        self.watch.is_full && self.pool.frontier.lost() == self.threads.len()
    }

    /// Takes away the directory in which a worker is stuck, as `reading` shows, if it is its own
    /// still.
    fn give_up(&mut self, worker: WorkerId, reading: Reading) {
        let (frontier, gauge) = (&self.pool.frontier, &self.pool.gauges[worker.index()]);
        let (Some(dir), Some(call)) = (frontier.held(worker), reading.call()) else {
            return;
        };
        // Before the claim: afterwards the scan may have ended. The gauge after the directory: while
        // it has not moved, the directory is the one that the call is for.
        let Some(_open) = self.sender.upgrade().filter(|_| gauge.read() == reading) else {
            return;
        };
        if !frontier.claim(worker, dir) {
            return;
        }
        let failure = Event::Failed(Failure {
            dir,
            entry: None,
            call,
            cause: no_answer(),
        });
        let parcel = match self.pool.detail {
            Detail::Metadata => {
                // Whatever others still look at: nobody knows how many slices it has.
                let listed = Event::Listed { dir, slices: 0 };
                Parcel::of(worker, vec![failure, listed, Event::Waiting])
            }
            Detail::Names => {
                let at = self.pool.at(worker).clone();
                let place = at.map(|dir| Place::default().move_to(&dir));
                let events = place.into_iter().chain([failure]).collect();
                // What the worker says next begins at the place that it told last.
                let nobody = WorkerId::from_index(self.pool.gauges.len());
                Parcel::of(nobody, events)
            }
        };
        self.tell(parcel);
    }

    /// Sends a parcel, now or later: who sends here is the only one who makes room.
    fn tell(&mut self, parcel: Parcel) {
        if let Some(sender) = self.sender.upgrade()
            && let Err(TrySendError::Full(parcel)) = sender.try_send(parcel)
        {
            self.watch.unsent.push(parcel);
        }
    }
}

/// Why a directory failed that is not waited for any more.
pub fn no_answer() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "no answer")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::gauge::Call;

    /// How many workers have been in one call for two seconds after these looks, in milliseconds,
    /// while the scan is paused or not.
    fn stuck_after(looks: impl IntoIterator<Item = (u64, bool)>) -> usize {
        let mut watch = Watch::default();
        let gauges = [Reading::new(1, Some(Call::Openat)), Reading::default()];
        for (now, is_paused) in looks {
            watch.look(gauges.into_iter(), Duration::from_millis(now), is_paused);
        }
        watch.stuck_for(STALL).len()
    }

    #[test]
    fn time_in_which_no_answer_could_be_seen_does_not_count() {
        let looks = |until| (0..=until).step_by(500).map(|now| (now, false));
        assert_eq!(stuck_after(looks(1_500)), 0);
        assert_eq!(stuck_after(looks(2_000)), 1);
        // The process is stopped for a minute after one and a half seconds.
        let after = |until| (60_000..=until).step_by(500).map(|now| (now, false));
        let stopped = |until| looks(1_500).chain(after(until));
        assert_eq!(stuck_after(stopped(60_000)), 0);
        assert_eq!(stuck_after(stopped(60_500)), 1);
        // The scan is paused before the look at two seconds, and goes on before the one at a minute.
        let paused = |until| looks(until).map(|(now, _)| (now, (2_000..60_000).contains(&now)));
        assert_eq!(stuck_after(paused(60_000)), 0);
        assert_eq!(stuck_after(paused(60_500)), 1);
    }
}
