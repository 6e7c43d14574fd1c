//! Compares programs on the same tree, in turn, in the same minute: `cargo bench --bench compare`.
//!
//! ```text
//! shape       what the trees look like
//! tree        builds them, once
//! floor       what the system calls cost by themselves: what all others are held against
//! program     the programs, and how one sees that they are done
//! screen      a program in a pseudo-terminal
//! measure     the cost of one run
//! cache       the state of the kernel's caches
//! compare     the rounds and the tables
//! responsive  what is felt: how soon `q` is obeyed, what an untouched screen costs
//! ```
//!
//! The same executable is also what it starts: `floor`, `measure` and `build` as its first word.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it is a program of its own, and its output is figures"
)]

mod cache;
mod compare;
mod figures;
mod floor;
mod measure;
mod program;
mod responsive;
mod screen;
mod shape;
mod tree;

use std::{env, fs, num::NonZero, path::PathBuf, slice, time::Duration};

use clap::Parser;

use cache::Cache;
use compare::Plan;
use floor::Ask;
use screen::Size;
use tree::Kind;

/// Compare spelunk with the system calls that it makes, and with its peers
#[derive(Debug, Parser)]
#[command(name = "compare", max_term_width = 100)]
struct Arguments {
    /// The trees to measure on
    #[arg(long, value_enum, value_delimiter = ',', default_value = "home,flat")]
    tree: Vec<Kind>,

    /// How many files they have; with several numbers, also how the cost grows
    #[arg(long, value_delimiter = ',', default_value = "100000")]
    files: Vec<u32>,

    /// Measure on this directory instead
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,

    /// What the programs find out
    #[arg(long, value_enum, value_delimiter = ',', default_value = "sizes,names")]
    ask: Vec<Ask>,

    /// How often each program is run; 0 for the other measurements alone
    #[arg(long, default_value_t = 5)]
    rounds: usize,

    /// Empty the caches before each run, which needs root
    #[arg(long)]
    cold: bool,

    /// Threads of the floor; of several floors the fastest counts [default: processors]
    #[arg(long, value_delimiter = ',', value_name = "THREADS")]
    floor: Vec<usize>,

    /// Run also floors that leave each large directory to one thread
    #[arg(long)]
    unsliced: bool,

    /// Only programs whose name begins with one of these
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    only: Vec<String>,

    /// Press q in the middle of so many scans
    #[arg(long, value_name = "TRIES", default_value_t = 0)]
    quit: usize,

    /// Leave a complete scan untouched for so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    idle: u64,

    /// What cargo says to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

const SIZE: Size = Size {
    columns: NonZero::new(120).expect("more than 0"),
    lines: NonZero::new(40).expect("more than 0"),
};

fn main() -> anyhow::Result<()> {
    let words = || env::args().skip(2).collect::<Vec<_>>();
    match env::args().nth(1).as_deref() {
        Some("floor") => floor::run(&words()),
        Some("measure") => measure::run(env::args_os().skip(2)),
        Some("build") => tree::build(&words()),
        _ => compare(&Arguments::parse()),
    }
}

/// Measures what was asked for.
fn compare(arguments: &Arguments) -> anyhow::Result<()> {
    if let Some(dir) = &arguments.dir {
        return one_kind(arguments, &dir.display().to_string(), slice::from_ref(dir));
    }
    for kind in &arguments.tree {
        let sizes = arguments.files.iter();
        let dirs: Vec<_> = sizes
            .map(|files| tree::prepare(*kind, *files))
            .collect::<anyhow::Result<_>>()?;
        one_kind(arguments, kind.word(), &dirs)?;
    }
    Ok(())
}

/// Measures on directories of one kind.
fn one_kind(arguments: &Arguments, name: &str, dirs: &[PathBuf]) -> anyhow::Result<()> {
    // bfs and find do not follow a link that they are given.
    let dirs: Vec<_> = dirs
        .iter()
        .map(fs::canonicalize)
        .collect::<Result<_, _>>()?;
    let cache = if arguments.cold {
        Cache::Cold
    } else {
        Cache::Warm
    };
    for ask in arguments.ask.iter().filter(|_| arguments.rounds > 0) {
        let comparisons = plan(arguments, *ask, cache).run(&dirs)?;
        for comparison in &comparisons {
            println!(
                "\n{name}, {}: {} files, {} directories, {} cache, medians of {} rounds\n",
                ask.word(),
                comparison.counts.files,
                comparison.counts.dirs,
                cache.word(),
                arguments.rounds
            );
            comparison.print();
        }
        for (small, large) in comparisons.iter().zip(comparisons.iter().skip(1)) {
            let (more, less) = (large.counts.files, small.counts.files);
            println!("\n{name}: {more} files against {less}\n");
            large.print_growth(small);
        }
    }
    for dir in &dirs {
        if arguments.quit > 0 {
            println!();
            responsive::quitting(dir, arguments.quit, cache, SIZE)?;
        }
        if arguments.idle > 0 {
            println!();
            responsive::idle(dir, Duration::from_secs(arguments.idle), SIZE)?;
        }
    }
    Ok(())
}

fn plan(arguments: &Arguments, ask: Ask, cache: Cache) -> Plan {
    let mut floors = arguments.floor.clone();
    if floors.is_empty() {
        floors.push(program::processors());
    }
    Plan {
        ask,
        floors,
        unsliced: arguments.unsliced,
        only: arguments.only.clone(),
        rounds: arguments.rounds,
        cache,
        size: SIZE,
    }
}
