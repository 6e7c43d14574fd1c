//! A scan that is played: workers take what waits in any order and say their words in turn, and all
//! the while the fold must amount to what brute force says.

use std::{
    collections::{BTreeSet, VecDeque},
    time::Duration,
};

use proptest::{collection::vec, prelude::*, sample::Index};
use spelunk::{
    scan::{
        dir::DirId,
        event::{Event, WorkerId},
    },
    state::{ScanState, State},
};

use crate::memory::bytes_of_failures;

use super::{
    oracle::Oracle,
    plan::{Fate, Job, Plan, Step, event_of, plans, steps},
};

/// What happens next.
#[derive(Clone, Copy, Debug)]
enum Move {
    /// A worker says its next word, or takes what waits.
    Work,
    /// A directory that waits is skipped.
    Skip,
    /// One that was skipped is taken up again.
    TakeUp,
}

/// What happens, to which of those that it can happen to, whose turn it is, and whether the totals
/// are looked at afterwards.
type Turn = (Move, Index, Index, bool);

/// A scan, its workers and the order in which they speak.
#[derive(Clone, Debug)]
pub(crate) struct Story {
    plan: Plan,
    workers: usize,
    turns: Vec<Turn>,
}

pub(crate) fn stories() -> impl Strategy<Value = Story> {
    // No union of strategies: where random numbers are given, it takes half of what is left.
    let moves = (0..14_u8).prop_map(|number| match number {
        0 => Move::Skip,
        1 => Move::TakeUp,
        _ => Move::Work,
    });
    let turn = (
        moves,
        any::<Index>(),
        any::<Index>(),
        prop::bool::weighted(0.1),
    );
    (plans(), 1..5_usize, vec(turn, 40)).prop_map(|(plan, workers, turns)| Story {
        plan,
        workers,
        turns,
    })
}

/// Plays it to its end.
pub(crate) fn check(story: &Story) -> Result<(), TestCaseError> {
    let mut play = Play::new(&story.plan, story.workers);
    for turn in &story.turns {
        play.turn(*turn);
        if turn.3 {
            play.check()?;
        }
    }
    while let Some(dir) = play.skipped.pop() {
        play.take_up(dir);
    }
    // Whoever holds something had a turn, and so will have another: this ends.
    for (_, pick, worker, look) in story.turns.iter().cycle() {
        if play.is_over() {
            break;
        }
        play.turn((Move::Work, *pick, *worker, *look));
        if *look {
            play.check()?;
        }
    }
    play.check()?;
    prop_assert_eq!(play.state.tree().totals(DirId::TOP).unfinished, 0);
    prop_assert_eq!(
        play.state.scan_state(),
        ScanState::Scanning,
        "until every worker has left"
    );
    for worker in 0..story.workers {
        play.tell(worker, Event::Left);
    }
    play.state.gone(&[]);
    let mut dirs = story.plan.iter().skip(1);
    if !dirs.any(|dir| dir.fate == Fate::Fails && dir.is_root()) {
        prop_assert_eq!(play.state.scan_state(), ScanState::Complete);
    }
    Ok(())
}

struct Play<'a> {
    plan: &'a Plan,
    state: State,
    oracle: Oracle,
    waiting: Vec<Job>,
    skipped: Vec<u32>,
    /// By worker: the directory it is at and what it has still to say of it.
    desks: Vec<(u32, VecDeque<Step>)>,
}

impl<'a> Play<'a> {
    fn new(plan: &'a Plan, workers: usize) -> Self {
        let desks = (0..workers).map(|_| (0, VecDeque::new())).collect();
        let mut this = Self {
            plan,
            state: State::new(workers),
            oracle: Oracle::new(),
            waiting: Vec::new(),
            skipped: Vec::new(),
            desks,
        };
        this.say(0, 0, &Step::Find(plan[0].portions[0].clone()));
        this
    }

    fn is_over(&self) -> bool {
        self.waiting.is_empty() && self.desks.iter().all(|(_, steps)| steps.is_empty())
    }

    fn turn(&mut self, (what, pick, worker, _): Turn) {
        let is_dir = |job: &Job| matches!(job, Job::Dir(_));
        match what {
            Move::Work => self.work(worker.index(self.desks.len()), pick),
            Move::Skip => {
                let some = self.waiting.iter().filter(|job| is_dir(job)).count();
                if some == 0 {
                    return;
                }
                let mut chosen = (0..self.waiting.len()).filter(|at| is_dir(&self.waiting[*at]));
                let at = chosen.nth(pick.index(some)).expect("it is one of them");
                let dir = self.waiting.swap_remove(at).dir();
                self.skipped.push(dir);
                self.oracle.skip(dir, true);
                self.tell(0, Event::Skipped(DirId(dir)..DirId(dir + 1)));
            }
            Move::TakeUp if self.skipped.is_empty() => {}
            Move::TakeUp => {
                let dir = self.skipped.swap_remove(pick.index(self.skipped.len()));
                self.take_up(dir);
            }
        }
    }

    fn take_up(&mut self, dir: u32) {
        self.waiting.push(Job::Dir(dir));
        self.oracle.skip(dir, false);
        self.tell(0, Event::TakenUp(DirId(dir)..DirId(dir + 1)));
    }

    fn work(&mut self, worker: usize, pick: Index) {
        if self.desks[worker].1.is_empty() {
            if self.waiting.is_empty() {
                self.tell(worker, Event::Waiting);
            } else {
                let job = self.waiting.swap_remove(pick.index(self.waiting.len()));
                self.desks[worker] = (job.dir(), steps(self.plan, job));
            }
        }
        let (dir, steps) = &mut self.desks[worker];
        let dir = *dir;
        if let Some(step) = steps.pop_front() {
            self.say(worker, dir, &step);
        }
    }

    fn say(&mut self, worker: usize, dir: u32, step: &Step) {
        match step {
            Step::Find(found) => {
                let read = |child: &u32| self.plan[*child as usize].fate != Fate::Pattern;
                self.waiting
                    .extend(found.clone().filter(read).map(Job::Dir));
            }
            Step::Give(slice) => self.waiting.push(Job::Slice(dir, *slice)),
            _ => {}
        }
        self.oracle.hear(self.plan, worker, dir, step);
        if let Some(event) = event_of(self.plan, dir, step) {
            self.tell(worker, event);
        }
    }

    fn tell(&mut self, worker: usize, event: Event) {
        let worker = WorkerId::from_index(worker);
        self.state.apply(worker, vec![event], Duration::ZERO);
    }

    fn check(&mut self) -> Result<(), TestCaseError> {
        self.state.settle();
        let tree = self.state.tree();
        let others = self.state.bytes() - tree.bytes();
        prop_assert_eq!(others, bytes_of_failures(&self.state));
        for dir in 0..self.plan.len() as u32 {
            prop_assert_eq!(
                tree.contains(DirId(dir)),
                self.oracle.dirs.contains_key(&dir)
            );
        }
        for dir in self.oracle.dirs.keys() {
            prop_assert_eq!(
                tree.totals(DirId(*dir)),
                self.oracle.totals(*dir),
                "totals of {}",
                dir
            );
            let root = self.oracle.dirs.keys().find(|root| {
                **root > 0
                    && self.oracle.dirs[root].parent == Some(0)
                    && self.oracle.is_below(*dir, **root)
            });
            prop_assert_eq!(tree.root_of(DirId(*dir)), DirId(root.copied().unwrap_or(0)));
            prop_assert_eq!(
                tree.state(DirId(*dir)),
                self.oracle.state(*dir),
                "state of {}",
                dir
            );
            prop_assert_eq!(
                tree.files(DirId(*dir)).count(),
                self.oracle.dirs[dir].files.len(),
                "names of files in {}",
                dir
            );
        }
        prop_assert_eq!(self.state.queued(), self.oracle.queued() as u64);
        let files = self
            .oracle
            .dirs
            .values()
            .map(|known| known.files.len())
            .sum::<usize>();
        prop_assert_eq!(
            self.state
                .workers()
                .iter()
                .map(|worker| worker.files)
                .sum::<u64>(),
            files as u64
        );
        for root in self.state.roots() {
            let below = self
                .oracle
                .dirs
                .iter()
                .filter(|(dir, _)| self.oracle.is_below(**dir, root.dir.0));
            let workers: BTreeSet<WorkerId> = below
                .flat_map(|(_, known)| &known.entered_by)
                .copied()
                .collect();
            prop_assert_eq!(
                &root.workers,
                &workers,
                "who was at or below root {}",
                root.dir
            );
        }
        Ok(())
    }
}
