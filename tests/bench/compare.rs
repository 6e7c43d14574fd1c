//! The comparison: programs in turn, round by round, so that whatever else the machine does meets
//! all of them alike. A ratio, to the floor or to a smaller tree, is the median of the rounds'
//! ratios, each of two runs in the same minutes.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

use crate::{
    cache::Cache,
    floor::{Ask, Floor, Large},
    measure::Cost,
    program::{self, Counts, Program},
    screen::Size,
};

/// What is compared, and how.
pub struct Plan {
    /// What the programs find out.
    pub ask: Ask,
    /// Threads of the floors.
    pub floors: Vec<usize>,
    /// Floors that leave each large directory to one thread are among them.
    pub unsliced: bool,
    /// The names of the programs begin with one of these; without any, all that are there.
    pub only: Vec<String>,
    /// How often each is run.
    pub rounds: usize,
    /// In which state the caches are.
    pub cache: Cache,
    /// The size of the terminals.
    pub size: Size,
}

/// A program and what its runs have cost.
struct Series {
    program: Program,
    is_floor: bool,
    runs: Vec<Cost>,
}

/// What the programs have cost on one tree.
pub struct Comparison {
    /// What is in the tree.
    pub counts: Counts,
    all: Vec<Series>,
}

impl Plan {
    /// Runs everything on trees, of which each has its turn in every round.
    pub fn run(&self, dirs: &[PathBuf]) -> anyhow::Result<Vec<Comparison>> {
        let begun = dirs.iter().map(|dir| self.begin(dir));
        let mut comparisons: Vec<_> = begun.collect::<anyhow::Result<_>>()?;
        for _ in 0..self.rounds {
            for (dir, comparison) in dirs.iter().zip(&mut comparisons) {
                if dirs.len() > 1 && self.cache == Cache::Warm {
                    // Else the first program alone would bear that another tree was in the cache.
                    comparison.all[0].program.run(dir, self.size)?;
                }
                self.round(dir, comparison)?;
            }
        }
        Ok(comparisons)
    }

    /// Runs everything once unmeasured: that brings the tree and the programs into the cache, tells
    /// what is there, and who can be measured at all.
    fn begin(&self, dir: &Path) -> anyhow::Result<Comparison> {
        let mut all = self.series()?;
        let first = all[0].program.run(dir, self.size)?;
        let counts = first.counts.context("the floor counts")?;
        for series in std::mem::take(&mut all) {
            match series.program.run(dir, self.size) {
                Ok(_) => all.push(series),
                Err(error) if series.program.is_peer => eprintln!("left out: {error:#}"),
                Err(error) => return Err(error),
            }
        }
        Ok(Comparison { counts, all })
    }

    fn round(&self, dir: &Path, comparison: &mut Comparison) -> anyhow::Result<()> {
        let counts = comparison.counts;
        for series in &mut comparison.all {
            if self.cache == Cache::Cold {
                self.cache.prepare()?;
                series.program.warm_up();
            }
            let run = series.program.run(dir, self.size)?;
            // Who has not seen the same tree has not done the same work.
            let told = run.counts.unwrap_or(counts);
            let name = &series.program.name;
            ensure!(told == counts, "{name}: {told:?} instead of {counts:?}");
            series.runs.push(run.cost);
        }
        Ok(())
    }

    fn series(&self) -> anyhow::Result<Vec<Series>> {
        let mut all = Vec::new();
        let mut add = |program, is_floor| {
            all.push(Series {
                program,
                is_floor,
                runs: Vec::new(),
            });
        };
        for &threads in &self.floors {
            let floor = Floor {
                threads,
                ask: self.ask,
                large: Large::Sliced,
            };
            add(program::floor(floor)?, true);
            if self.unsliced && self.ask == Ask::Sizes {
                let large = Large::Whole;
                add(program::floor(Floor { large, ..floor })?, false);
            }
        }
        let programs = match self.ask {
            Ask::Names => program::names(),
            Ask::Sizes => program::sizes(),
        };
        for program in programs {
            let is_wanted = |only: &String| program.name.starts_with(only);
            if self.only.is_empty() || self.only.iter().any(is_wanted) {
                add(program, false);
            }
        }
        Ok(all)
    }
}

impl Series {
    fn median(&self, of: impl Fn(&Cost) -> f64) -> f64 {
        median(self.runs.iter().map(of).collect())
    }

    /// How many times as much as the other, run by run.
    fn times(&self, other: &Self, of: impl Fn(&Cost) -> f64) -> f64 {
        let pairs = self.runs.iter().zip(&other.runs);
        median(pairs.map(|(one, other)| of(one) / of(other)).collect())
    }
}

/// In seconds.
fn wall(cost: &Cost) -> f64 {
    cost.wall.as_secs_f64()
}

/// In seconds.
fn cpu(cost: &Cost) -> f64 {
    cost.cpu.as_secs_f64()
}

/// In bytes.
fn memory(cost: &Cost) -> f64 {
    cost.memory as f64
}

impl Comparison {
    /// Prints the medians, as a table that Markdown understands.
    pub fn print(&self) {
        let floors = self.all.iter().filter(|series| series.is_floor);
        let Some(floor) =
            floors.min_by(|one, other| one.median(wall).total_cmp(&other.median(wall)))
        else {
            return;
        };
        println!("| {:26} |  wall s | x floor |   CPU s | peak MB |", "");
        println!("|:{:-<26}-|--------:|--------:|--------:|--------:|", "");
        for series in &self.all {
            println!(
                "| {:26} | {:7.3} | {:7.2} | {:7.3} | {:7.1} |",
                series.program.name,
                series.median(wall),
                series.times(floor, wall),
                series.median(cpu),
                series.median(memory) / 1e6,
            );
        }
    }

    /// Prints how many times as much as on a smaller tree each program needs.
    pub fn print_growth(&self, smaller: &Self) {
        println!("| {:26} |  x time |   x CPU | x memory |", "");
        println!("|:{:-<26}-|--------:|--------:|---------:|", "");
        for large in &self.all {
            let name = &large.program.name;
            // It may have been left out there.
            let Some(small) = smaller.all.iter().find(|small| small.program.name == *name) else {
                continue;
            };
            println!(
                "| {name:26} | {:7.2} | {:7.2} | {:8.2} |",
                large.times(small, wall),
                large.times(small, cpu),
                large.times(small, memory),
            );
        }
    }
}

/// The middle one; the mean of the middle two.
fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    if numbers.len() % 2 == 1 {
        numbers[middle]
    } else {
        f64::midpoint(numbers[middle - 1], numbers[middle])
    }
}
