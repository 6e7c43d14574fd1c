//! Brute force: what was said of each directory, and sums over whole subtrees.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use spelunk::{
    scan::event::{Exclusion, WorkerId},
    tree::{
        DirState,
        block::{Kind, Metadata},
        totals::Totals,
    },
};

use super::plan::{Plan, Step, Thing};

/// What was said of one directory.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) parent: Option<u32>,
    pub(super) entered: bool,
    pub(super) entered_by: BTreeSet<WorkerId>,
    /// How many of its slices others were given, once it was read to its end.
    listed: Option<usize>,
    looked: usize,
    skipped: bool,
    failed: bool,
    excluded: Option<Exclusion>,
    missing: i32,
    own: Option<Metadata>,
    pub(super) files: Vec<Thing>,
}

impl Known {
    fn is_finished(&self) -> bool {
        self.listed == Some(self.looked) || self.skipped
    }
}

/// Everything that was said, and the size of each shared inode as it was first said.
#[derive(Debug)]
pub(super) struct Oracle {
    pub(super) dirs: BTreeMap<u32, Known>,
    first: HashMap<u64, Thing>,
}

impl Oracle {
    pub(super) fn new() -> Self {
        let top = Known {
            entered: true,
            listed: Some(0),
            ..Known::default()
        };
        Self {
            dirs: BTreeMap::from([(0, top)]),
            first: HashMap::new(),
        }
    }

    pub(super) fn hear(&mut self, plan: &Plan, worker: usize, dir: u32, step: &Step) {
        if let Step::Find(found) = step {
            let known = || Known {
                parent: Some(dir),
                ..Known::default()
            };
            self.dirs
                .extend(found.clone().map(|child| (child, known())));
        }
        match step {
            Step::Find(_) | Step::Give(_) => {}
            Step::Enter => {
                self.of(dir).entered = true;
                self.of(dir).entered_by.insert(WorkerId::from_index(worker));
            }
            Step::LeaveOut(which, reason) => self.of(*which).excluded = Some(*reason),
            Step::Tell { files } => {
                for file in files {
                    self.meet(*file);
                }
                self.of(dir).files.extend(files);
            }
            Step::Open => {
                let (own, kind) = (plan[dir as usize].own, plan[dir as usize].kind());
                if kind == Kind::File {
                    self.meet(own);
                }
                self.of(dir).own = Some(own.metadata(kind));
            }
            Step::Fail { entry } => {
                self.of(dir).missing += 1;
                self.of(dir).failed |= entry.is_none();
            }
            Step::List { slices } => self.of(dir).listed = Some(*slices),
            Step::Look => self.of(dir).looked += 1,
        }
    }

    pub(super) fn skip(&mut self, dir: u32, skipped: bool) {
        self.of(dir).skipped = skipped;
    }

    fn of(&mut self, dir: u32) -> &mut Known {
        self.dirs.get_mut(&dir).expect("parents first")
    }

    fn meet(&mut self, thing: Thing) {
        if let Some(inode) = thing.shared {
            self.first.entry(inode).or_insert(thing);
        }
    }

    pub(super) fn is_below(&self, dir: u32, above: u32) -> bool {
        dir == above
            || self.dirs[&dir]
                .parent
                .is_some_and(|parent| self.is_below(parent, above))
    }

    pub(super) fn totals(&self, above: u32) -> Totals {
        let (mut totals, mut seen) = (Totals::default(), HashSet::new());
        let mut count = |totals: &mut Totals, thing: Thing| {
            let thing = match thing.shared {
                Some(inode) if !seen.insert(inode) => return,
                Some(inode) => self.first[&inode],
                None => thing,
            };
            totals.disk += i128::from(thing.disk);
            totals.apparent += i128::from(thing.apparent);
        };
        for (dir, known) in self
            .dirs
            .iter()
            .filter(|(dir, _)| self.is_below(**dir, above))
        {
            totals.missing += known.missing + i32::from(known.skipped);
            for file in &known.files {
                totals.files += 1;
                count(&mut totals, *file);
            }
            if *dir == 0 || known.excluded.is_some() {
                continue;
            }
            totals.unfinished += i32::from(!known.is_finished());
            let mut is_file = false;
            if let Some(own) = known.own {
                is_file = own.kind == Kind::File;
                let shared = (is_file && own.links > 1).then_some(own.identity.inode);
                count(
                    &mut totals,
                    Thing {
                        disk: own.disk,
                        apparent: own.apparent,
                        shared,
                    },
                );
            }
            *(if is_file {
                &mut totals.files
            } else {
                &mut totals.dirs
            }) += 1;
        }
        totals
    }

    pub(super) fn state(&self, dir: u32) -> DirState {
        let (known, totals) = (&self.dirs[&dir], self.totals(dir));
        match known.excluded {
            Some(reason) => DirState::Excluded(reason),
            None if known.skipped => DirState::Skipped,
            None if !known.entered => DirState::Queued,
            None if totals.unfinished > 0 => DirState::Reading,
            None if known.failed => DirState::Failed,
            None if totals.missing > 0 => DirState::Partial,
            None => DirState::Complete,
        }
    }

    pub(super) fn queued(&self) -> usize {
        self.dirs
            .values()
            .filter(|known| !known.entered && !known.skipped && known.excluded.is_none())
            .count()
    }
}
