//! The comparison: programs in turn, round by round, so that whatever else the machine does meets
//! all of them alike. The ratio to the floor is the median of the rounds' ratios, each of two runs
//! in the same minute.

use std::{
    fs,
    num::NonZero,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use anyhow::{Context as _, ensure};
use clap::Parser;

use crate::{
    floor::{Ask, Floor, Large},
    measure::Cost,
    program::{self, Counts, Program},
    screen::Size,
    tree::{self, Kind},
};

/// Compare spelunk with the system calls that it makes, and with its peers
#[derive(Debug, Parser)]
#[command(name = "compare", max_term_width = 100)]
pub struct Arguments {
    /// The trees to measure on
    #[arg(long, value_enum, value_delimiter = ',', default_value = "home,flat")]
    tree: Vec<Kind>,

    /// How many files they have
    #[arg(long, default_value_t = 100_000)]
    files: u32,

    /// Measure on this directory instead
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,

    /// How often each program is run
    #[arg(long, default_value_t = 5)]
    rounds: usize,

    /// Throw everything out of the cache before each run, which needs root
    #[arg(long)]
    cold: bool,

    /// Threads of the floor; of several, all are held against the fastest [default: processors]
    #[arg(long, value_delimiter = ',', value_name = "THREADS")]
    floor: Vec<usize>,

    /// Measure also a floor that leaves each large directory to one thread
    #[arg(long)]
    whole: bool,

    /// Only programs whose name begins with one of these
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    only: Vec<String>,

    /// What cargo says to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

const SIZE: Size = Size {
    columns: NonZero::new(120).expect("more than 0"),
    lines: NonZero::new(40).expect("more than 0"),
};

/// Measures what was asked for and prints tables.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    if let Some(dir) = &arguments.dir {
        return compare(arguments, dir, &dir.display().to_string());
    }
    for kind in &arguments.tree {
        let dir = tree::prepare(*kind, arguments.files)?;
        compare(arguments, &dir, kind.word())?;
    }
    Ok(())
}

/// A program and its runs.
struct Series {
    program: Program,
    is_floor: bool,
    runs: Vec<Cost>,
}

impl Series {
    fn median(&self, of: impl Fn(&Cost) -> f64) -> f64 {
        median(self.runs.iter().map(of).collect())
    }
}

fn compare(arguments: &Arguments, dir: &Path, name: &str) -> anyhow::Result<()> {
    let mut all = series(arguments)?;
    // Once unmeasured: it brings the tree into the cache, and tells what is there.
    let counts = all[0]
        .program
        .run(dir, SIZE)?
        .counts
        .context("the floor counts")?;
    for _ in 0..arguments.rounds {
        for series in &mut all {
            if arguments.cold {
                drop_caches()?;
                series.program.warm_up();
            }
            let run = series.program.run(dir, SIZE)?;
            // Who has not seen the same tree has not done the same work.
            let told = run.counts.unwrap_or(counts);
            ensure!(
                told == counts,
                "{}: {told:?} instead of {counts:?}",
                series.program.name
            );
            series.runs.push(run.cost);
        }
    }
    print(arguments, name, counts, &all);
    Ok(())
}

fn series(arguments: &Arguments) -> anyhow::Result<Vec<Series>> {
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    let mut floors = arguments.floor.clone();
    if floors.is_empty() {
        floors.push(processors);
    }
    let mut all = Vec::new();
    let mut add = |program, is_floor| {
        all.push(Series {
            program,
            is_floor,
            runs: Vec::new(),
        });
    };
    for &threads in &floors {
        let floor = Floor {
            threads,
            ask: Ask::Sizes,
            large: Large::Sliced,
        };
        add(
            program::floor(floor, &format!("floor, {threads} threads"))?,
            true,
        );
        if arguments.whole {
            let floor = Floor {
                large: Large::Whole,
                ..floor
            };
            add(
                program::floor(floor, &format!("floor, {threads} threads, unsliced"))?,
                false,
            );
        }
    }
    for program in program::all(processors) {
        let is_wanted = |only: &String| program.name.starts_with(only);
        if arguments.only.is_empty() || arguments.only.iter().any(is_wanted) {
            add(program, false);
        }
    }
    Ok(all)
}

fn print(arguments: &Arguments, name: &str, counts: Counts, all: &[Series]) {
    let cache = if arguments.cold { "cold" } else { "warm" };
    println!(
        "\n{name}: {} files, {} directories, {cache} cache, {} rounds",
        counts.files, counts.dirs, arguments.rounds
    );
    println!(
        "{:28}{:>9}{:>9}{:>9}{:>9}",
        "", "wall s", "x floor", "CPU s", "peak MB"
    );
    let wall = |cost: &Cost| cost.wall.as_secs_f64();
    let Some(floor) = all
        .iter()
        .filter(|series| series.is_floor)
        .min_by(|one, other| one.median(wall).total_cmp(&other.median(wall)))
    else {
        return;
    };
    for series in all {
        let pairs = series.runs.iter().zip(&floor.runs);
        let ratio = median(pairs.map(|(run, floor)| wall(run) / wall(floor)).collect());
        println!(
            "{:28}{:>9.3}{ratio:>9.2}{:>9.3}{:>9.1}",
            series.program.name,
            series.median(wall),
            series.median(|cost| cost.cpu.as_secs_f64()),
            series.median(|cost| cost.memory as f64) / 1e6,
        );
    }
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    if numbers.len() % 2 == 1 {
        numbers[middle]
    } else {
        f64::midpoint(numbers[middle - 1], numbers[middle])
    }
}

fn drop_caches() -> anyhow::Result<()> {
    rustix::fs::sync();
    fs::write("/proc/sys/vm/drop_caches", "3").context("only root may drop the caches")?;
    // The kernel writes back what it was doing.
    thread::sleep(Duration::from_millis(200));
    Ok(())
}
