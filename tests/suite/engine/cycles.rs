//! Scans that are stopped at random moments, many times in one process: whatever the number of
//! workers and processors, each ends, and nothing is left behind.

use std::{
    collections::BTreeSet,
    fs,
    hash::{BuildHasher, Hasher, RandomState},
    path::Path,
    process::Command,
};

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use spelunk::scan::Scan;

use super::{Listener, PLACE, ignored, options, passes, place, stop::Dice, wait_until};
use crate::support::{skip::skip, tree::Tree};

const CYCLES: u64 = 2000;

/// Set to repeat a run: the number that it began with.
const SEED: &str = "SPELUNK_TEST_SEED";

#[test]
fn nothing_is_left_of_2000_scans_that_were_stopped_at_random_moments() {
    let tree = Tree::new();
    for number in 0..60 {
        tree.file(format!("{}/{}/{number}/file", number % 3, number % 7), 1);
    }
    let program = std::env::current_exe().expect("this program");
    let test = ignored(module_path!(), "scan_and_stop_2000_times");
    let mut command = Command::new(program);
    passes(command.args(test).env(PLACE, tree.path()));
}

#[test]
#[ignore = "run by nothing_is_left_of_2000_scans_that_were_stopped_at_random_moments, in a process of its own"]
#[expect(clippy::print_stdout, reason = "the seed repeats a run")]
fn scan_and_stop_2000_times() {
    let name = "scan_and_stop_2000_times";
    let Some(root) = place(name) else { return };
    let seed = std::env::var(SEED).map_or_else(
        |_| RandomState::new().build_hasher().finish() | 1,
        |seed| seed.parse().expect("a number"),
    );
    println!("seed {seed}; {SEED} repeats it");
    let mut dice = Dice(seed);
    let allowed = sched_getaffinity(None).expect("ask for the processors");
    let processors: Vec<_> = (0..CpuSet::MAX_CPU)
        .filter(|one| allowed.is_set(*one))
        .take(2)
        .collect();
    if processors.len() < 2 {
        skip(name, "there is one processor: with two it was not tried");
    }
    let before = Held::now();
    for count in 1..=processors.len() {
        let mut set = CpuSet::new();
        processors[..count].iter().for_each(|one| set.set(*one));
        // Of this thread, and so of those that it starts.
        sched_setaffinity(None, &set).expect("choose processors");
        for _ in 0..CYCLES / processors.len() as u64 {
            cycle(&root, &mut dice);
        }
    }
    // The kernel takes a moment after a join.
    wait_until("all is as before", || Held::now() == before);
}

/// A scan that is left at some moment, in one of the ways in which it can be.
fn cycle(root: &Path, dice: &mut Dice) {
    // Mostly few, as many as 64.
    let most = 1 << dice.roll(7);
    let workers = 1 + dice.roll(most) as u16;
    let scan = Scan::start(&options([root], workers)).expect("start a scan");
    let mut listener = Listener::new(&scan);
    for _ in 0..dice.roll(64) {
        if dice.roll(2) == 0 {
            std::thread::yield_now();
        } else if !listener.receive(&scan) {
            break;
        }
    }
    match dice.roll(4) {
        0 => drop(scan),
        1 => assert_eq!(scan.join(super::PATIENCE), []),
        2 => {
            scan.pause();
            scan.stop();
            listener.finish(scan);
        }
        _ => {
            scan.stop();
            listener.finish(scan);
        }
    }
}

/// What this process holds.
#[derive(Debug, PartialEq, Eq)]
struct Held {
    handles: BTreeSet<String>,
    threads: BTreeSet<String>,
    children: String,
}

impl Held {
    fn now() -> Self {
        let names = |place: &str| {
            let entries = fs::read_dir(place).expect("read a directory of proc");
            let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
            entries
                .map(|entry| name(entry.expect("read proc")))
                .collect()
        };
        let threads: BTreeSet<String> = names("/proc/self/task");
        let children = |thread: &String| {
            // A thread that has just ended has none, and a kernel may not tell.
            fs::read_to_string(format!("/proc/self/task/{thread}/children")).unwrap_or_default()
        };
        Self {
            handles: names("/proc/self/fd"),
            children: threads.iter().map(children).collect(),
            threads,
        }
    }
}
