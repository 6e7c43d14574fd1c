//! Single cases, told event by event.

use std::{io, time::Duration};

use spelunk::{
    scan::{
        Abandoned,
        dir::DirId,
        event::{Block, Event, Exclusion, WorkerId},
        gauge::Call,
    },
    state::{Panic, ScanState, State},
    tree::{
        DirState,
        block::{BLOCK, Kind},
        totals::Totals,
    },
};

use super::plan::{Thing, failed, pack};

const ZERO: Duration = Duration::ZERO;

/// A fold that is told one event at a time, by its first worker.
struct Told(State);

impl Told {
    /// Roots with these numbers, from 1.
    fn roots(count: usize) -> Self {
        let mut told = Self(State::new(2));
        told.found(0, 1, count);
        told
    }

    fn say(&mut self, event: Event) -> &mut Self {
        self.0.apply(WorkerId::from_index(0), vec![event], ZERO);
        self
    }

    fn found(&mut self, parent: u32, first: u32, count: usize) -> &mut Self {
        let names = std::iter::repeat_n(&b"dir"[..], count).collect();
        self.say(Event::Found {
            parent: DirId(parent),
            first: DirId(first),
            names,
        })
    }

    fn entered(&mut self, dir: u32) -> &mut Self {
        self.say(Event::Entered { dir: DirId(dir) })
    }

    fn files(&mut self, dir: u32, files: &[Thing]) -> &mut Self {
        let (files, links) = pack(files);
        self.say(Event::Block(Block {
            dir: DirId(dir),
            files,
            links,
        }))
    }

    fn opened(&mut self, dir: u32, own: Thing) -> &mut Self {
        self.say(Event::Opened {
            dir: DirId(dir),
            metadata: own.metadata(Kind::Directory),
        })
    }

    fn not_entered(&mut self, dir: u32, reason: Exclusion) -> &mut Self {
        self.say(Event::NotEntered {
            dir: DirId(dir),
            reason,
        })
    }

    fn listed(&mut self, dir: u32) -> &mut Self {
        self.say(Event::Listed {
            dir: DirId(dir),
            slices: 0,
        })
    }

    fn totals(&mut self, dir: u32) -> Totals {
        self.0.settle();
        self.0.tree().totals(DirId(dir))
    }

    fn state(&mut self, dir: u32) -> DirState {
        self.0.settle();
        self.0.tree().state(DirId(dir))
    }
}

fn plain(blocks: u64, apparent: u64) -> Thing {
    Thing {
        disk: blocks * BLOCK,
        apparent,
        shared: None,
    }
}

#[test]
fn a_directory_goes_through_its_states() {
    let mut told = Told::roots(1);
    assert_eq!((told.state(1), told.0.queued()), (DirState::Queued, 1));
    told.entered(1).found(1, 2, 2);
    assert_eq!(
        (told.state(1), told.state(2), told.0.queued()),
        (DirState::Reading, DirState::Queued, 2)
    );
    told.listed(1);
    assert_eq!(told.state(1), DirState::Reading, "there is more below");
    told.entered(2).listed(2);
    assert_eq!(
        (told.state(2), told.state(1)),
        (DirState::Complete, DirState::Reading)
    );
    told.entered(3).say(failed(3, Some(Box::from(&b"a"[..]))));
    assert_eq!(
        (told.state(3), told.totals(1).missing),
        (DirState::Reading, 1)
    );
    told.listed(3);
    assert_eq!(
        (told.state(3), told.state(1), told.0.queued()),
        (DirState::Partial, DirState::Partial, 0)
    );
    assert!(told.0.tree().is_lower_bound(DirId(1)) && !told.0.tree().is_lower_bound(DirId(2)));
}

#[test]
fn a_failed_directory_is_finished_when_its_slices_are() {
    let mut told = Told::roots(1);
    told.entered(1).say(failed(1, None)).say(Event::Listed {
        dir: DirId(1),
        slices: 1,
    });
    assert_eq!(
        (told.state(1), told.totals(1).unfinished),
        (DirState::Reading, 1)
    );
    told.entered(1)
        .files(1, &[plain(1, 7)])
        .say(Event::Looked { dir: DirId(1) });
    assert_eq!(
        (told.state(1), told.totals(1).unfinished),
        (DirState::Failed, 0)
    );
}

#[test]
fn a_failed_directory_stays_failed_and_makes_those_above_partial() {
    let mut told = Told::roots(1);
    told.entered(1).found(1, 2, 1).listed(1);
    told.entered(2)
        .files(2, &[plain(1, 10)])
        .say(failed(2, None))
        .listed(2);
    assert_eq!(
        (told.state(2), told.state(1)),
        (DirState::Failed, DirState::Partial)
    );
    let totals = told.totals(1);
    assert_eq!(
        (
            totals.unfinished,
            totals.missing,
            totals.files,
            totals.apparent
        ),
        (0, 1, 1, 10)
    );
    assert_eq!(
        told.0.failure_of(DirId(2)).map(|failure| failure.call),
        Some(Call::Readdir)
    );
    assert!(told.0.failure_of(DirId(1)).is_none());
    assert_eq!(told.0.problems(), 1);
}

#[test]
fn what_is_left_out_counts_nothing() {
    let mut told = Told::roots(1);
    told.entered(1).opened(1, plain(8, 4096)).found(1, 2, 1);
    told.entered(2)
        .not_entered(2, Exclusion::OtherFileSystem)
        .listed(2)
        .listed(1);
    let expected = Totals {
        disk: i128::from(8 * BLOCK),
        apparent: 4096,
        dirs: 1,
        ..Totals::default()
    };
    assert_eq!(
        (told.totals(1), told.totals(2)),
        (expected, Totals::default())
    );
    assert_eq!(
        told.state(2),
        DirState::Excluded(Exclusion::OtherFileSystem)
    );
    assert_eq!(
        told.state(1),
        DirState::Complete,
        "what is excluded is not missing"
    );
}

#[test]
fn one_inode_in_many_directories_counts_once_whatever_the_order_of_its_names() {
    // 1 holds 2 and 3, each of these two more.
    let dirs = [4, 2, 7, 5, 1];
    let mut orders = vec![Vec::new()];
    for _ in dirs {
        orders = orders
            .iter()
            .flat_map(|order| grown(order, &dirs))
            .collect();
    }
    assert_eq!(orders.len(), 120);
    for order in orders {
        let mut told = Told::roots(1);
        told.found(1, 2, 2).found(3, 6, 2).found(2, 4, 2);
        for (turn, dir) in order.iter().enumerate() {
            // The file grows while it is scanned: what counts is the size first seen.
            told.files(
                *dir,
                &[Thing {
                    shared: Some(9),
                    ..plain(turn as u64 + 1, 100 + turn as u64)
                }],
            );
            for above in 1..=7 {
                let parts = order[..=turn].iter();
                let has = parts
                    .clone()
                    .any(|dir| [*dir, dir / 2, dir / 4].contains(&above));
                let totals = told.totals(above);
                let expected = if has {
                    (i128::from(BLOCK), 100)
                } else {
                    (0, 0)
                };
                assert_eq!(
                    (totals.disk, totals.apparent),
                    expected,
                    "of {above} after {:?}",
                    &order[..=turn]
                );
            }
        }
        told.files(
            order[0],
            &[Thing {
                shared: Some(9),
                ..plain(1, 100)
            }],
        );
        assert_eq!(
            (told.totals(order[0]).apparent, told.totals(1).files),
            (100, 6),
            "two names in one directory"
        );
    }
}

/// `order` with each of the `all` that are not in it yet behind.
fn grown(order: &[u32], all: &[u32]) -> Vec<Vec<u32>> {
    let missing = all.iter().filter(|one| !order.contains(one));
    missing
        .map(|one| order.iter().chain([one]).copied().collect())
        .collect()
}

#[test]
fn a_chain_of_20000_directories_is_right_on_every_level() {
    const DEPTH: u32 = 20_000;
    let shared = Thing {
        shared: Some(1),
        ..plain(8, 4000)
    };
    let mut told = Told::roots(1);
    let mut events = 0;
    for dir in 1..=DEPTH {
        told.entered(dir).opened(dir, plain(1, 10));
        if dir < DEPTH {
            told.found(dir, dir + 1, 1);
        }
        told.files(dir, &[plain(2, 1), shared]).listed(dir);
        events += 5;
        if events % 1000 == 0 {
            assert_eq!(told.totals(1).files, i64::from(2 * dir));
        }
    }
    told.0.settle();
    for dir in 1..=DEPTH {
        let levels = i64::from(DEPTH - dir + 1);
        let expected = Totals {
            disk: i128::from(levels) * i128::from(3 * BLOCK) + i128::from(8 * BLOCK),
            apparent: i128::from(levels) * 11 + 4000,
            files: 2 * levels,
            dirs: levels,
            unfinished: 0,
            missing: 0,
        };
        assert_eq!(told.0.tree().totals(DirId(dir)), expected, "level {dir}");
    }
    let path = told.0.tree().path(DirId(DEPTH));
    assert_eq!(path.components().count(), DEPTH as usize);
    assert!(told.0.tree().is_within(DirId(DEPTH), DirId(1)));
    assert!(!told.0.tree().is_within(DirId(1), DirId(DEPTH)));
}

#[test]
fn the_largest_sizes_add_up_and_are_subtracted_again() {
    const LARGEST: u64 = i64::MAX as u64;
    let shared = Thing {
        disk: LARGEST / BLOCK * BLOCK,
        apparent: LARGEST,
        shared: Some(1),
    };
    let alone = Thing {
        shared: None,
        ..shared
    };
    let mut told = Told::roots(2);
    told.files(1, &[alone, alone, alone])
        .files(2, &[shared])
        .files(1, &[shared]);
    let (disk, apparent) = (i128::from(alone.disk), i128::from(LARGEST));
    assert_eq!(
        (told.totals(1).disk, told.totals(1).apparent),
        (4 * disk, 4 * apparent)
    );
    assert_eq!(
        (told.totals(2).disk, told.totals(2).apparent),
        (disk, apparent)
    );
    assert_eq!(
        (told.totals(0).disk, told.totals(0).apparent),
        (4 * disk, 4 * apparent),
        "what is shared counts once"
    );
    let mut dirs = Told::roots(1);
    dirs.opened(1, alone)
        .found(1, 2, 2)
        .opened(2, alone)
        .opened(3, alone);
    assert_eq!(dirs.totals(1).apparent, 3 * apparent);
}

#[test]
fn a_panic_fails_the_scan_and_its_directory_and_keeps_what_was_found() {
    let mut told = Told::roots(1);
    told.entered(1)
        .found(1, 2, 1)
        .files(1, &[plain(1, 7)])
        .listed(1)
        .entered(2);
    told.say(Event::Panicked {
        dir: Some(DirId(2)),
        message: "first".to_owned(),
    })
    .say(Event::Left);
    let later = Event::Panicked {
        dir: None,
        message: "second".to_owned(),
    };
    told.0
        .apply(WorkerId::from_index(1), vec![later, Event::Left], ZERO);
    let panic = Panic {
        worker: WorkerId::from_index(0),
        dir: Some(DirId(2)),
        message: "first".to_owned(),
    };
    assert_eq!(told.0.panic(), Some(&panic));
    assert_eq!(told.0.scan_state(), ScanState::Failed);
    assert_eq!(
        (told.state(2), told.state(1)),
        (DirState::Failed, DirState::Partial)
    );
    assert_eq!((told.totals(1).apparent, told.totals(1).missing), (7, 1));
    told.0.gone(&[]);
    assert_eq!(told.0.scan_state(), ScanState::Failed);
}

#[test]
fn a_scan_is_complete_only_when_all_is_read_and_every_worker_has_left() {
    let mut told = Told::roots(2);
    told.entered(1).listed(1);
    told.0.settle();
    assert_eq!(told.0.scan_state(), ScanState::Scanning);
    told.0.stop_asked();
    assert_eq!(told.0.scan_state(), ScanState::Stopping);
    told.0.gone(&[]);
    assert_eq!(
        (told.0.scan_state(), told.0.exit_code()),
        (ScanState::Stopped, 1),
        "the second root waits"
    );
    told.entered(2).listed(2);
    told.0.settle();
    assert_eq!(
        told.0.scan_state(),
        ScanState::Complete,
        "the stop came too late to leave anything out"
    );
    assert_eq!(told.0.exit_code(), 0);
}

#[test]
fn a_scan_whose_roots_all_failed_has_failed() {
    let mut told = Told::roots(2);
    told.entered(1)
        .say(failed(1, None))
        .listed(1)
        .entered(2)
        .files(2, &[plain(1, 1)])
        .listed(2);
    told.0.settle();
    told.0.gone(&[]);
    assert_eq!(
        (told.0.scan_state(), told.0.exit_code()),
        (ScanState::Complete, 1),
        "one root was read"
    );
    let mut none = Told::roots(2);
    none.entered(1)
        .say(failed(1, None))
        .listed(1)
        .entered(2)
        .say(failed(2, None))
        .listed(2);
    none.0.settle();
    none.0.gone(&[]);
    assert_eq!(
        (none.0.scan_state(), none.0.exit_code()),
        (ScanState::Failed, 2)
    );
}

#[test]
fn a_directory_whose_worker_was_left_behind_has_failed() {
    let mut told = stuck();
    assert_eq!(
        (told.state(2), told.state(1)),
        (DirState::Failed, DirState::Partial)
    );
    assert_eq!(
        (
            told.totals(1).missing,
            told.totals(1).unfinished,
            told.totals(1).files
        ),
        (1, 0, 1)
    );
    let failure = told.0.failure_of(DirId(2)).expect("it gave no answer");
    assert_eq!(
        (failure.call, failure.cause.kind()),
        (Call::Lstat, io::ErrorKind::TimedOut)
    );
    assert_eq!(told.0.exit_code(), 1);
}

#[test]
fn a_scan_that_was_stopped_and_left_a_worker_behind_is_not_complete() {
    assert_eq!(stuck().0.scan_state(), ScanState::Stopped);
}

/// Stopped while a worker was stuck in the last directory.
fn stuck() -> Told {
    let mut told = Told::roots(1);
    told.entered(1)
        .files(1, &[plain(1, 7)])
        .found(1, 2, 1)
        .listed(1)
        .entered(2);
    told.0.stop_asked();
    told.0.gone(&[Abandoned {
        worker: WorkerId::from_index(0),
        call: Some(Call::Lstat),
    }]);
    told
}
