//! What is made up: a scan as a plan of directories, and the words of the worker that is at one.

use std::{collections::VecDeque, io, ops::Range};

use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
};
use spelunk::{
    scan::{
        dir::{DirId, Identity},
        event::{Block, Event, Exclusion, Failure},
        gauge::Call,
    },
    tree::block::{BLOCK, Files, Kind, Link, Metadata, Packer},
};

/// A file, or what a directory is itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Thing {
    pub(super) disk: u64,
    pub(super) apparent: u64,
    /// Its inode, if it has several names.
    pub(super) shared: Option<u64>,
}

impl Thing {
    pub(super) fn metadata(self, kind: Kind) -> Metadata {
        let (inode, links) = self.shared.map_or((0, 1), |inode| (inode, 2));
        let identity = Identity { device: 1, inode };
        Metadata {
            kind,
            disk: self.disk,
            apparent: self.apparent,
            modified: 0,
            identity,
            links,
        }
    }
}

/// What becomes of a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Read,
    /// It cannot be read to its end.
    Fails,
    /// One of its entries cannot be looked at.
    EntryFails,
    /// A rule leaves it out once it was entered. A root with this fate is a file instead.
    Refused,
    /// A pattern leaves it out when its name is read.
    Pattern,
}

#[derive(Clone, Debug)]
pub(super) struct Planned {
    pub(super) fate: Fate,
    pub(super) own: Thing,
    blocks: Vec<Vec<Thing>>,
    /// What is in the slices of its names that are given to others.
    slices: Vec<Vec<Thing>>,
    parent: u32,
    /// The numbers of its subdirectories, as they are found.
    pub(super) portions: Vec<Range<u32>>,
}

impl Planned {
    pub(super) fn is_root(&self) -> bool {
        self.parent == 0
    }

    pub(super) fn kind(&self) -> Kind {
        if self.is_root() && self.fate == Fate::Refused {
            Kind::File
        } else {
            Kind::Directory
        }
    }

    fn is_listed(&self) -> bool {
        matches!(self.fate, Fate::Read | Fate::Fails | Fate::EntryFails)
    }
}

/// Directories by number; the first stands for the virtual parent of the roots.
pub(super) type Plan = Vec<Planned>;

pub(super) fn plans() -> impl Strategy<Value = Plan> {
    let thing =
        (0..100_u64, 0..50_000_u64, 0..16_u64).prop_map(|(blocks, apparent, shared)| Thing {
            disk: blocks * BLOCK,
            apparent,
            // One of a few, for some.
            shared: (1..6).contains(&shared).then_some(shared),
        });
    let fate = select(vec![
        Fate::Read,
        Fate::Read,
        Fate::Read,
        Fate::Read,
        Fate::Fails,
        Fate::EntryFails,
        Fate::Refused,
        Fate::Pattern,
    ]);
    let blocks = vec(vec(thing.clone(), 0..4), 0..3);
    let dir =
        (fate, thing, blocks.clone(), blocks).prop_map(|(fate, own, blocks, slices)| Planned {
            fate,
            own,
            blocks,
            slices,
            parent: 0,
            portions: Vec::new(),
        });
    let portions = vec((any::<Index>(), vec(dir, 1..4)), 1..10);
    portions.prop_map(plan_of)
}

/// Hangs each portion of siblings below a directory that was planned before; the first portion are
/// the roots.
fn plan_of(portions: Vec<(Index, Vec<Planned>)>) -> Plan {
    let nothing = Thing {
        disk: 0,
        apparent: 0,
        shared: None,
    };
    let top = Planned {
        fate: Fate::Read,
        own: nothing,
        blocks: Vec::new(),
        slices: Vec::new(),
        parent: 0,
        portions: Vec::new(),
    };
    let mut plan = vec![top];
    for (place, (pick, siblings)) in portions.into_iter().enumerate() {
        let open: Vec<usize> = (1..plan.len())
            .filter(|dir| plan[*dir].is_listed())
            .collect();
        let parent = match place {
            0 => 0,
            _ if open.is_empty() => break,
            _ => *pick.get(&open),
        };
        let first = plan.len() as u32;
        plan[parent]
            .portions
            .push(first..first + siblings.len() as u32);
        for mut dir in siblings {
            dir.parent = parent as u32;
            if parent == 0 && dir.fate == Fate::Pattern {
                // Patterns are not asked about roots.
                dir.fate = Fate::Read;
            }
            if parent > 0 {
                dir.own.shared = None;
            }
            plan.push(dir);
        }
    }
    plan
}

/// What a worker can take.
#[derive(Clone, Copy, Debug)]
pub(super) enum Job {
    Dir(u32),
    /// A slice of a large one's names, by number.
    Slice(u32, usize),
}

impl Job {
    /// The directory that it is about.
    pub(super) fn dir(self) -> u32 {
        let (Self::Dir(dir) | Self::Slice(dir, _)) = self;
        dir
    }
}

/// What a worker says next of the directory that it is at.
#[derive(Debug)]
pub(super) enum Step {
    Enter,
    Find(Range<u32>),
    LeaveOut(u32, Exclusion),
    /// A slice of its names is given to others, of which nobody is told before all are.
    Give(usize),
    Tell {
        files: Vec<Thing>,
    },
    /// The directory's own size.
    Open,
    Fail {
        entry: Option<Box<[u8]>>,
    },
    List {
        slices: usize,
    },
    /// A slice is done.
    Look,
}

/// All that a worker says of `job`, in its order.
pub(super) fn steps(plan: &Plan, job: Job) -> VecDeque<Step> {
    let dir = job.dir();
    let planned = &plan[dir as usize];
    if let Job::Slice(_, number) = job {
        let files = planned.slices[number].clone();
        return VecDeque::from([Step::Enter, Step::Tell { files }, Step::Look]);
    }
    let mut slices = 0;
    let mut steps = VecDeque::from([Step::Enter]);
    if planned.is_root() || planned.is_listed() {
        steps.push_back(Step::Open);
    }
    if planned.is_listed() {
        for part in 0..planned.portions.len().max(planned.blocks.len()) {
            let found = planned.portions.get(part).cloned().unwrap_or(0..0);
            let dropped: Vec<u32> = found
                .clone()
                .filter(|child| plan[*child as usize].fate == Fate::Pattern)
                .collect();
            if !found.is_empty() {
                steps.push_back(Step::Find(found));
            }
            steps.extend(
                dropped
                    .into_iter()
                    .map(|child| Step::LeaveOut(child, Exclusion::Pattern)),
            );
            steps.push_back(Step::Tell {
                files: planned.blocks.get(part).cloned().unwrap_or_default(),
            });
        }
        slices = planned.slices.len();
        steps.extend((0..slices).map(Step::Give));
    } else if !planned.is_root() {
        steps.push_back(Step::LeaveOut(dir, Exclusion::Cache));
    }
    match planned.fate {
        Fate::Fails => steps.push_back(Step::Fail { entry: None }),
        Fate::EntryFails => steps.push_back(Step::Fail {
            entry: Some(Box::from(&b"entry"[..])),
        }),
        _ => {}
    }
    steps.push_back(Step::List { slices });
    steps
}

pub(super) fn pack(files: &[Thing]) -> (Files, Vec<Link>) {
    let mut packer = Packer::default();
    let links = files
        .iter()
        .filter_map(|file| packer.add(b"file", &file.metadata(Kind::File)))
        .collect();
    (packer.finish(), links)
}

/// The event, if it is told at all.
pub(super) fn event_of(plan: &Plan, dir: u32, step: &Step) -> Option<Event> {
    let dir_id = DirId(dir);
    Some(match step {
        Step::Give(_) => return None,
        Step::Enter => Event::Entered { dir: dir_id },
        Step::Find(found) => Event::Found {
            parent: dir_id,
            first: DirId(found.start),
            names: found.clone().map(|_| &b"dir"[..]).collect(),
        },
        Step::LeaveOut(which, reason) => Event::NotEntered {
            dir: DirId(*which),
            reason: *reason,
        },
        Step::Tell { files } => {
            let (files, links) = pack(files);
            Event::Block(Block {
                dir: dir_id,
                files,
                links,
            })
        }
        Step::Open => {
            let planned = &plan[dir as usize];
            Event::Opened {
                dir: dir_id,
                metadata: planned.own.metadata(planned.kind()),
            }
        }
        Step::Fail { entry } => failed(dir, entry.clone()),
        Step::List { slices } => Event::Listed {
            dir: dir_id,
            slices: *slices as u32,
        },
        Step::Look => Event::Looked { dir: dir_id },
    })
}

pub(super) fn failed(dir: u32, entry: Option<Box<[u8]>>) -> Event {
    Event::Failed(Failure {
        dir: DirId(dir),
        entry,
        call: Call::Readdir,
        cause: io::Error::other("made up"),
    })
}
