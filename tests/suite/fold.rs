//! The fold, fed with made-up events and no disk: whatever legal order they arrive in, every
//! directory must amount to what brute force says, in the middle of a scan as at its end. Workers
//! take known directories in any order and say their words in turn.

mod cases;
mod oracle;
mod plan;

use std::{
    collections::{BTreeSet, VecDeque},
    time::Duration,
};

use proptest::{collection::vec, prelude::*, sample::Index};
use spelunk::{
    scan::{dir::DirId, event::WorkerId},
    state::{ScanState, State},
};

use oracle::Oracle;
use plan::{Fate, Plan, Step, event_of, plans, steps};

struct Play<'a> {
    plan: &'a Plan,
    state: State,
    oracle: Oracle,
    waiting: Vec<u32>,
    /// By worker: the directory it is at and what it has still to say of it.
    desks: Vec<(u32, VecDeque<Step>)>,
}

/// Whose turn it is, which directory is taken if one is, and whether the totals are looked at
/// afterwards.
type Turn = (Index, Index, bool);

impl<'a> Play<'a> {
    fn new(plan: &'a Plan, workers: usize) -> Self {
        let desks = (0..workers).map(|_| (0, VecDeque::new())).collect();
        let mut this = Self {
            plan,
            state: State::new(workers),
            oracle: Oracle::new(),
            waiting: Vec::new(),
            desks,
        };
        this.say(0, 0, &Step::Find(plan[0].portions[0].clone()));
        this
    }

    fn is_over(&self) -> bool {
        self.waiting.is_empty() && self.desks.iter().all(|(_, steps)| steps.is_empty())
    }

    fn turn(&mut self, worker: Index, pick: Index) {
        let worker = worker.index(self.desks.len());
        if self.desks[worker].1.is_empty() && !self.waiting.is_empty() {
            let dir = self.waiting.swap_remove(pick.index(self.waiting.len()));
            self.desks[worker] = (dir, steps(self.plan, dir));
        }
        let (dir, steps) = &mut self.desks[worker];
        let dir = *dir;
        if let Some(step) = steps.pop_front() {
            self.say(worker, dir, &step);
        }
    }

    fn say(&mut self, worker: usize, dir: u32, step: &Step) {
        if let Step::Find(found) = step {
            self.waiting.extend(
                found
                    .clone()
                    .filter(|child| self.plan[*child as usize].fate != Fate::Pattern),
            );
        }
        self.oracle.hear(self.plan, worker, dir, step);
        let event = event_of(self.plan, dir, step);
        self.state
            .apply(WorkerId::from_index(worker), vec![event], Duration::ZERO);
    }

    fn check(&mut self) -> Result<(), TestCaseError> {
        self.state.settle();
        let tree = self.state.tree();
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
            let workers: BTreeSet<WorkerId> =
                below.filter_map(|(_, known)| known.entered_by).collect();
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

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn every_directory_equals_brute_force_in_any_legal_order(
        plan in plans(),
        workers in 1..5_usize,
        turns in vec((any::<Index>(), any::<Index>(), prop::bool::weighted(0.1)), 40),
    ) {
        let turns: Vec<Turn> = turns;
        let mut play = Play::new(&plan, workers);
        // Whoever holds a directory had a turn, and so will have another: this ends.
        for (worker, pick, look) in turns.iter().cycle() {
            if play.is_over() {
                break;
            }
            play.turn(*worker, *pick);
            if *look {
                play.check()?;
            }
        }
        play.check()?;
        prop_assert_eq!(play.state.tree().totals(DirId::TOP).unfinished, 0);
        prop_assert_eq!(play.state.scan_state(), ScanState::Scanning, "until every worker has left");
        play.state.gone(&[]);
        if !plan.iter().skip(1).any(|dir| dir.fate == Fate::Fails && dir.is_root()) {
            prop_assert_eq!(play.state.scan_state(), ScanState::Complete);
        }
    }
}
