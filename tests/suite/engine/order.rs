//! The protocol of events, checked by one who knows nothing of the fold: of every directory first
//! that it was found, then that it was entered, then what is in it, at last that it was listed.

use std::collections::{HashMap, HashSet};

use spelunk::scan::{
    dir::DirId,
    event::{Event, WorkerId},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Found,
    Entered(WorkerId),
    LeftOut,
    Listed,
}

/// What was said so far.
#[derive(Debug, Default)]
pub(crate) struct Order {
    stages: HashMap<DirId, Stage>,
    parents: HashMap<DirId, DirId>,
    opened: HashSet<DirId>,
    /// By directory: slices given to others less slices looked at.
    slices: HashMap<DirId, i64>,
    /// By worker: the directory that it is at.
    at: HashMap<WorkerId, DirId>,
    /// By worker: the directory that it is at, once that has failed.
    failed: HashMap<WorkerId, DirId>,
    /// Workers that left a directory as it was, because of a stop.
    gave_up: HashSet<WorkerId>,
    left: HashSet<WorkerId>,
    /// Workers may leave directories, because of a skip or of a stop after which the scan goes on.
    pub(crate) steered: bool,
    /// Directories that a worker left as they were.
    left_off: HashSet<DirId>,
}

impl Order {
    /// Fails at the first event that comes too early, too late or twice.
    pub(crate) fn check(&mut self, worker: WorkerId, events: &[Event]) {
        assert!(!events.is_empty(), "a parcel holds something");
        for event in events {
            assert!(
                !self.left.contains(&worker),
                "worker {worker} left and said {event:?}"
            );
            let idle = matches!(event, Event::Waiting | Event::Left);
            assert!(
                idle || !self.gave_up.contains(&worker),
                "worker {worker} left a directory and said {event:?}"
            );
            self.check_one(worker, event);
        }
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each event")]
    fn check_one(&mut self, worker: WorkerId, event: &Event) {
        match event {
            Event::Found {
                parent,
                first,
                names,
            } => {
                assert!(
                    *parent == DirId::TOP || self.is_inside(worker, *parent),
                    "{event:?} from outside of it"
                );
                assert!(first > parent && !names.is_empty(), "{event:?}");
                for number in (first.0..).take(names.len()) {
                    assert_eq!(
                        self.stages.insert(DirId(number), Stage::Found),
                        None,
                        "{number} found twice"
                    );
                    self.parents.insert(DirId(number), *parent);
                }
            }
            Event::Entered { dir } => {
                self.failed.remove(&worker);
                let busy = self.at.insert(worker, *dir);
                self.left_off.extend(busy);
                assert!(
                    self.steered || busy.is_none(),
                    "worker {worker} turns to {dir} before it is done with another"
                );
                // Who left it may be heard of after another has listed the rest.
                let is_listed = self.stages.get(dir) == Some(&Stage::Listed);
                if self.left_off.remove(dir) && !is_listed {
                    self.stages.insert(*dir, Stage::Entered(worker));
                }
                // A large directory is turned to again by those who look at slices of it.
                if !self.opened.contains(dir) {
                    let before = self.stages.insert(*dir, Stage::Entered(worker));
                    assert_eq!(before, Some(Stage::Found), "{dir} entered");
                }
            }
            Event::Block(block) => {
                assert!(
                    self.is_inside(worker, block.dir),
                    "{block:?} from outside of it"
                );
                assert!(
                    self.opened.contains(&block.dir),
                    "{block:?} before its directory was opened"
                );
                assert_ne!(
                    self.failed.get(&worker),
                    Some(&block.dir),
                    "{block:?} after its directory failed"
                );
            }
            Event::Opened { dir, .. } => {
                assert!(self.is_inside(worker, *dir), "{event:?} from outside of it");
                assert!(self.opened.insert(*dir), "{dir} opened twice");
            }
            Event::NotEntered { dir, .. } => match self.stages.get(dir) {
                Some(Stage::Found) => {
                    assert!(
                        self.is_inside(worker, self.parents[dir]),
                        "{event:?} from outside of its parent"
                    );
                    self.stages.insert(*dir, Stage::LeftOut);
                }
                Some(Stage::Entered(by)) if *by == worker => {}
                stage => panic!("{event:?} when {stage:?}"),
            },
            Event::Failed(failure) => {
                assert!(
                    self.is_inside(worker, failure.dir),
                    "{failure:?} from outside of it"
                );
                if failure.entry.is_none() {
                    self.failed.insert(worker, failure.dir);
                }
            }
            Event::Looked { dir } => {
                assert_eq!(
                    self.at.remove(&worker),
                    Some(*dir),
                    "{event:?} from outside of it"
                );
                *self.slices.entry(*dir).or_default() -= 1;
            }
            Event::Listed { dir, slices } => {
                self.at.remove(&worker);
                *self.slices.entry(*dir).or_default() += i64::from(*slices);
                let before = self.stages.insert(*dir, Stage::Listed);
                // Where it was left, some look at slices of it while one goes on.
                let by = match before {
                    Some(Stage::Entered(_)) if self.steered => Some(Stage::Entered(worker)),
                    before => before,
                };
                assert_eq!(by, Some(Stage::Entered(worker)), "{dir} listed");
            }
            Event::Panicked { dir, .. } => {
                assert!(
                    dir.is_none_or(|dir| self.is_inside(worker, dir)),
                    "{event:?} from outside of it"
                );
            }
            Event::Skipped(dirs) | Event::TakenUp(dirs) => {
                assert!(self.steered, "{event:?}");
                self.left_off.extend(self.at.remove(&worker));
                for dir in dirs.start.0..dirs.end.0 {
                    assert!(
                        self.stages.contains_key(&DirId(dir)),
                        "{event:?} before {dir} was found"
                    );
                }
            }
            Event::Waiting => {
                if let Some(dir) = self.at.remove(&worker) {
                    self.left_off.insert(dir);
                    if !self.steered {
                        self.gave_up.insert(worker);
                    }
                }
            }
            Event::Place { .. } | Event::Names { .. } => {
                panic!("{event:?} in a scan that asks for metadata")
            }
            Event::Left => assert!(self.left.insert(worker), "worker {worker} left twice"),
        }
    }

    /// The scan was stopped or has ended, and goes on with workers that have the same numbers.
    pub(crate) fn begin_anew(&mut self) {
        self.left.clear();
        self.left_off.extend(self.at.drain().map(|(_, dir)| dir));
    }

    /// The directory is read again under this number: it is known before anybody speaks of it.
    pub(crate) fn read_again(&mut self, dir: DirId) {
        assert_eq!(self.stages.insert(dir, Stage::Found), None, "{dir} twice");
    }

    /// The worker is not in its directory any more, since that was taken away from it.
    pub(crate) fn forget(&mut self, worker: WorkerId) {
        self.at.remove(&worker);
    }

    fn is_inside(&self, worker: WorkerId, dir: DirId) -> bool {
        self.at.get(&worker) == Some(&dir)
    }

    /// How many workers have left.
    pub(crate) fn left(&self) -> usize {
        self.left.len()
    }

    /// To be asked when the channel is disconnected. After a complete scan, nothing may be half
    /// told.
    pub(crate) fn ended(&self, workers: usize, complete: bool) {
        assert_eq!(self.left.len(), workers, "every worker says that it leaves");
        let unlooked = self.slices.iter().find(|(_, slices)| **slices != 0);
        assert!(!complete || unlooked.is_none(), "{unlooked:?} slices");
        let open = self
            .stages
            .iter()
            .find(|(_, stage)| !matches!(stage, Stage::Listed | Stage::LeftOut));
        assert!(!complete || open.is_none(), "complete, but {open:?}");
    }
}
