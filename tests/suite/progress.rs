//! How far a scan is: what is known beforehand, in the real program and on trees told by events.

mod measure;

use std::{io, path::PathBuf, time::Duration};

use proptest::prelude::*;
use spelunk::{
    progress::{
        Basis, Count, Estimate, Estimator, Expected,
        memory::{Key, Memory},
        of_rescans,
        outlook::Outlook,
    },
    scan::{
        dir::{DirId, Identity, Names},
        enter::Rules,
        event::{Block, Event, Failure, WorkerId},
        gauge::Call,
    },
    state::State,
    tree::block::{Files, Link},
};

use crate::support::{keys::Key as Press, terminal::Launch};

const PROGRAM: &str = env!("CARGO_BIN_EXE_spelunk");

/// A tree in which every directory is told in one step: by number, its parent's place before it
/// and its files. It is read in the order of the numbers.
struct Told {
    state: State,
    next: u32,
}

impl Told {
    fn new() -> Self {
        let mut told = Self {
            state: State::new(1),
            next: 1,
        };
        told.found(DirId::TOP, 1);
        told
    }

    fn say(&mut self, events: Vec<Event>) {
        self.state
            .apply(WorkerId::from_index(0), events, Duration::ZERO);
        self.state.settle();
    }

    fn found(&mut self, parent: DirId, count: u32) {
        let first = DirId(self.next);
        self.next += count;
        let names: Vec<String> = (0..count).map(|number| number.to_string()).collect();
        let names: Names = names.iter().map(String::as_bytes).collect();
        self.say(vec![Event::Found {
            parent,
            first,
            names,
        }]);
    }

    /// Reads a directory: with so many directories and files in it.
    fn read(&mut self, dir: DirId, dirs: u32, files: u64) {
        self.say(vec![Event::Entered { dir }]);
        self.found(dir, dirs);
        let files = Files {
            count: files,
            ..Files::default()
        };
        let block = Block {
            dir,
            files,
            links: Vec::new(),
        };
        self.say(vec![Event::Block(block), Event::Listed { dir, slices: 0 }]);
    }

    /// Reads everything: each directory has as many of both as `sizes` says in turn, none when it
    /// is used up. `look` is called after each.
    fn read_all(&mut self, sizes: &[(u32, u64)], mut look: impl FnMut(&State)) {
        let mut sizes = sizes.iter();
        let mut dir = 1;
        while dir < self.next {
            let (dirs, files) = sizes.next().copied().unwrap_or((0, 3));
            self.read(DirId(dir), dirs, files);
            look(&self.state);
            dir += 1;
        }
    }
}

/// What the same sizes amount to in all.
fn count_of(sizes: &[(u32, u64)]) -> Count {
    let mut told = Told::new();
    told.read_all(sizes, |_| {});
    Count::all(told.state.tree())
}

fn sizes() -> impl Strategy<Value = Vec<(u32, u64)>> {
    prop::collection::vec((0..6_u32, 0..200_u64), 1..60)
}

proptest! {
    #[test]
    fn it_never_goes_back_and_is_whole_only_when_complete(
        sizes in sizes(),
        expected in prop::option::of((any::<bool>(), 0..4000_u64, 0..300_u64)),
        steps in prop::collection::vec(0..5000_u64, 1..20),
    ) {
        let mut estimator = Estimator::default();
        match expected {
            Some((true, files, dirs)) => estimator.expect(Expected::LastScan(Count { files, dirs })),
            Some((false, inodes, _)) => estimator.expect(Expected::UsedInodes(inodes)),
            None => {}
        }
        let (mut last, mut elapsed) = ((0.0, 0.0), Duration::ZERO);
        let mut steps = steps.into_iter().cycle();
        Told::new().read_all(&sizes, |state| {
            let is_complete = state.tree().totals(DirId::TOP).unfinished == 0;
            elapsed += Duration::from_millis(steps.next().unwrap_or_default());
            let Some(now) = estimator.renew(state.tree(), elapsed) else {
                let known = Count::all(state.tree());
                assert!(!is_complete);
                assert!(match expected {
                    Some((true, files, dirs)) => Count { files, dirs }.work() < known.work(),
                    Some((false, inodes, _)) => inodes < known.files + known.dirs,
                    None => true,
                });
                return;
            };
            assert!(last.0 <= now.low && last.1 <= now.high && now.low <= now.high, "{last:?} {now:?}");
            assert_eq!(now.low >= 1.0, is_complete);
            assert_eq!(now.high >= 1.0, is_complete);
            last = (now.low, now.high);
        });
    }

    #[test]
    fn by_the_last_scan_it_is_exact_where_the_pace_is_steady(sizes in sizes()) {
        let all = count_of(&sizes);
        let mut estimator = Estimator::default();
        estimator.expect(Expected::LastScan(all));
        Told::new().read_all(&sizes, |state| {
            let totals = state.tree().totals(DirId::TOP);
            let read = Count {
                files: totals.files as u64,
                dirs: (totals.dirs - i64::from(totals.unfinished)) as u64,
            };
            let exact = (read.work() / all.work()).min(if totals.unfinished == 0 { 1.0 } else { 0.999 });
            let elapsed = Duration::from_secs_f64(read.work());
            let shown = estimator.renew(state.tree(), elapsed).expect("a basis");
            assert!((shown.low - exact).abs() < 1e-6, "{shown:?} instead of {exact}");
            assert_eq!((shown.high, shown.basis), (shown.low, Basis::LastScan));
        });
    }
}

#[test]
fn the_last_scan_outweighs_used_inodes() {
    let mut told = Told::new();
    let second = Duration::from_secs(1);
    told.read(DirId(1), 9, 90);
    let mut estimator = Estimator::default();
    assert_eq!(
        estimator
            .renew(told.state.tree(), second)
            .map(|it| it.basis),
        None
    );
    // A directory with 90 files was read and nine wait, so a rest of 91 inodes is as much again.
    estimator.expect(Expected::UsedInodes(191));
    let shown = estimator.renew(told.state.tree(), second).expect("a basis");
    let (read, waiting) = (work(90, 1), work(0, 9));
    let fraction = read / (read + waiting + read);
    assert_eq!(shown.basis, Basis::UsedInodes);
    assert!((shown.low - fraction).abs() < 1e-9, "{shown:?}");
    let count = Count {
        files: 200,
        dirs: 12,
    };
    estimator.expect(Expected::LastScan(count));
    let shown = estimator.renew(told.state.tree(), second).expect("a basis");
    assert_eq!(shown.basis, Basis::LastScan);
    assert!(read / count.work() < fraction);
    assert!(shown.low >= fraction, "and still nothing goes back");
}

fn work(files: u64, dirs: u64) -> f64 {
    Count { files, dirs }.work()
}

#[test]
fn what_is_outgrown_promises_nothing_any_more() {
    let second = Duration::from_secs(1);
    let expectations = [
        Expected::LastScan(Count {
            files: 91,
            dirs: 10,
        }),
        Expected::UsedInodes(101),
    ];
    for expected in expectations {
        let (mut told, mut estimator) = (Told::new(), Estimator::default());
        estimator.expect(expected);
        told.read(DirId(1), 9, 90);
        let shown = estimator.renew(told.state.tree(), second).expect("a basis");
        assert!(shown.low > 0.4 && shown.low < 1.0, "{shown:?}");
        // One of nine has more than was expected of all.
        told.read(DirId(2), 900, 900);
        let now = estimator.renew(told.state.tree(), 2 * second);
        assert_eq!(now, None, "after {shown:?}");
        for dir in 3..=910 {
            told.read(DirId(dir), 0, 1);
        }
        let whole = estimator.renew(told.state.tree(), 3 * second);
        assert_eq!(whole.map(|it| (it.low, it.high)), Some((1.0, 1.0)));
    }
}

#[test]
fn the_next_expectation_takes_over_where_it_is_as_far() {
    let (mut told, mut estimator) = (Told::new(), Estimator::default());
    let second = Duration::from_secs(1);
    estimator.expect(Expected::LastScan(Count { files: 0, dirs: 2 }));
    estimator.expect(Expected::UsedInodes(20_000));
    assert!(estimator.renew(told.state.tree(), second).is_some());
    told.read(DirId(1), 1, 900);
    let shown = estimator
        .renew(told.state.tree(), 2 * second)
        .expect("a basis");
    assert_eq!(shown.basis, Basis::UsedInodes);
    assert!(shown.low < 0.5, "{shown:?}");
}

#[test]
fn what_is_read_again_and_has_grown_has_no_estimate() {
    let mut told = Told::new();
    told.read(DirId(1), 2, 0);
    let (old, new) = (DirId(2), DirId(3));
    told.read(old, 0, 100);
    told.read(new, 1, 50);
    let estimate =
        |told: &Told, earlier| of_rescans(told.state.tree(), [(old, new)].into_iter(), earlier);
    let shown = estimate(&told, None).expect("no more is known than before");
    assert!((0.5..0.6).contains(&shown.fraction()), "{shown:?}");
    told.read(DirId(4), 0, 60);
    assert_eq!(estimate(&told, Some(shown)), None);
}

#[test]
fn only_a_scan_that_left_nothing_out_is_whole() {
    let ended = |told: &dyn Fn(&mut Told)| {
        let mut scan = Told::new();
        scan.read(DirId(1), 2, 5);
        scan.read(DirId(2), 0, 5);
        told(&mut scan);
        scan.state.gone(&[]);
        scan.state.is_whole()
    };
    let fails = |scan: &mut Told, cause: io::Error| {
        let (dir, entry, call) = (DirId(3), None, Call::Readdir);
        let failure = Failure {
            dir,
            entry,
            call,
            cause,
        };
        scan.say(vec![
            Event::Failed(failure),
            Event::Listed { dir, slices: 0 },
        ]);
    };
    let skip = |scan: &mut Told| {
        scan.state.skip(DirId(3));
        scan.say(vec![Event::Skipped(DirId(3)..DirId(4))]);
    };
    assert!(ended(&|scan| scan.read(DirId(3), 0, 5)));
    assert!(ended(&|scan| fails(
        scan,
        io::ErrorKind::PermissionDenied.into()
    )));
    assert!(!ended(&|scan| fails(scan, io::ErrorKind::TimedOut.into())));
    assert!(!ended(&|scan| scan.state.stop_asked()));
    assert!(!ended(&skip));
    assert!(!ended(&|scan| {
        scan.say(vec![Event::Entered { dir: DirId(3) }]);
        scan.state.claimed(WorkerId::from_index(0), DirId(3));
    }));
    assert!(ended(&|scan| {
        skip(scan);
        scan.state.take_up(DirId(3));
        scan.say(vec![Event::TakenUp(DirId(3)..DirId(4))]);
        scan.read(DirId(3), 0, 5);
    }));
}

#[test]
fn a_second_name_is_no_second_inode() {
    let mut told = Told::new();
    told.read(DirId(1), 0, 0);
    let second = Duration::from_secs(1);
    let identity = Identity {
        device: 1,
        inode: 7,
    };
    let link = Link {
        identity,
        disk: 512,
        apparent: 1,
        names: 4,
    };
    let files = Files {
        count: 3,
        ..Files::default()
    };
    told.say(vec![Event::Block(Block {
        dir: DirId(1),
        files,
        links: vec![link; 3],
    })]);
    assert_eq!(told.state.tree().repeated_names(), 2);
    assert_eq!(told.state.tree().awaited_names(), 1);
    told.found(DirId(1), 1);
    let mut estimator = Estimator::default();
    estimator.expect(Expected::UsedInodes(4));
    let shown = estimator.renew(told.state.tree(), second).expect("a basis");
    // Three names and the directory are two inodes, a directory waits, a name of what is known will
    // come, and one inode more is left. Half of the three further names of two inodes is expected of it.
    let left = 1.0 + work(1, 1) / 2.0 + 0.75;
    let fraction = work(3, 1) / (work(3, 2) + left);
    assert!((shown.low - fraction).abs() < 1e-9, "{shown:?}");
}

#[test]
fn time_left_is_said_only_where_it_is_worth_it() {
    let estimate = |low, high| Estimate {
        low,
        high,
        basis: Basis::LastScan,
    };
    let seconds = Duration::from_secs;
    assert_eq!(estimate(0.5, 0.5).left(seconds(7)), Some(seconds(7)));
    assert_eq!(estimate(0.2, 0.3).left(seconds(10)), Some(seconds(30)));
    assert_eq!(estimate(0.2, 0.6).left(seconds(10)), None);
    assert_eq!(estimate(0.0, 0.0).left(seconds(10)), None);
    assert_eq!(estimate(1.0, 1.0).left(seconds(10)), Some(seconds(0)));
}

#[test]
fn long_scans_are_kept_and_recalled_by_the_next_under_the_same_rules() {
    let home = tempfile::tempdir().expect("make a directory");
    let root = home.path().join("root");
    std::fs::create_dir(&root).expect("make a directory");
    std::os::unix::fs::symlink(&root, home.path().join("link")).expect("make a symlink");
    let outlook = |root: &str, rules: &Rules| {
        Outlook::new(
            vec![home.path().join(root)],
            rules.clone(),
            Some(home.path()),
        )
    };
    let (rules, mut others) = (Rules::default(), Rules::default());
    others.exclude(["*.o"]).expect("a glob");
    let count = Count { files: 5, dirs: 2 };
    let recalled = |outlook: Outlook| {
        let answers = outlook.ask();
        let answers = answers.iter();
        answers
            .filter(|answer| matches!(answer, Expected::LastScan(_)))
            .last()
    };
    assert!(
        outlook("root", &rules)
            .keep(count, Duration::from_millis(10))
            .is_none(),
        "it was over at once"
    );
    assert_eq!(recalled(outlook("root", &rules)), None);
    drop(outlook("root", &rules).keep(count, Duration::from_secs(2)));
    assert_eq!(
        recalled(outlook("link", &rules)),
        Some(Expected::LastScan(count))
    );
    assert_eq!(recalled(outlook("root", &others)), None);
    let nowhere = Outlook::new(vec![root], rules, None);
    assert!(nowhere.keep(count, Duration::from_secs(2)).is_none());
}

#[test]
fn the_next_scan_says_how_far_it_is_by_the_last_one() {
    let home = tempfile::tempdir().expect("make a directory");
    let mut rules = Rules::default();
    rules.one_file_system = true;
    let key = Key::new(&[PathBuf::from("/")], rules.fingerprint());
    // So much that the scan is in its first percents for the whole test.
    let count = Count {
        files: 1 << 40,
        dirs: 1 << 30,
    };
    Memory::within(home.path())
        .keep(&key, count)
        .expect("keep totals");
    let mut terminal = Launch::new(PROGRAM)
        .args(["-x", "/"])
        .env("XDG_STATE_HOME", home.path())
        .size((120, 40))
        .start();
    terminal.wait_for_text("≈ 0%");
    terminal.wait_for_text("by the last scan");
    terminal.key(Press::Character('q'));
    assert_eq!(terminal.wait_exit(), 1);
    assert_eq!(
        Memory::within(home.path()).recall(&key),
        Some(count),
        "what was stopped is not remembered"
    );
}
