//! What one run of a program costs: a process that starts it, waits for it, and writes down its
//! time, its processor time and its peak memory.
//!
//! The process is small and has no other child. So what the kernel has counted of its children is
//! that program's alone, with the processes that it starts in turn and waits for. Of spelunk the
//! explorer is measured; its supervisor has 0.2 MB of its own. A program counts as no smaller than
//! this process, since until it is loaded it is a copy of it.

use std::{
    ffi::{OsStr, OsString},
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use nix::sys::{
    resource::{UsageWho, getrusage},
    time::TimeVal,
};

/// What a run has cost.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cost {
    /// From start to end.
    pub wall: Duration,
    /// Processor time, of all its processes.
    pub cpu: Duration,
    /// Most memory at one moment, in bytes, of its largest process.
    pub memory: u64,
}

/// The command that runs `command` and writes its cost into `file`.
pub fn command(command: &[OsString], file: &Path) -> anyhow::Result<Vec<OsString>> {
    let own = [
        std::env::current_exe()?.into(),
        "measure".into(),
        file.into(),
    ];
    Ok(own.into_iter().chain(command.iter().cloned()).collect())
}

/// What that process does: `FILE PROGRAM ARGUMENT...`.
pub fn run(mut words: impl Iterator<Item = OsString>) -> anyhow::Result<()> {
    let (Some(file), Some(program)) = (words.next(), words.next()) else {
        bail!("usage: measure FILE PROGRAM ARGUMENT...");
    };
    let begun = Instant::now();
    let status = Command::new(&program).args(words).status();
    let wall = begun.elapsed();
    let status = status.with_context(|| program.display().to_string())?;
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let micros = |time: TimeVal| time.tv_sec() as u64 * 1_000_000 + time.tv_usec() as u64;
    let cpu = micros(usage.user_time()) + micros(usage.system_time());
    let (wall, code) = (wall.as_micros(), status.code().unwrap_or(-1));
    fs::write(
        file,
        format!("{code} {wall} {cpu} {}", usage.max_rss() * 1024),
    )?;
    Ok(())
}

/// What that process has written.
pub fn read(file: &Path, program: &OsStr) -> anyhow::Result<Cost> {
    let text =
        fs::read_to_string(file).with_context(|| format!("{} did not run", program.display()))?;
    let numbers: Vec<i64> = text
        .split(' ')
        .filter_map(|word| word.parse().ok())
        .collect();
    let [code, wall, cpu, memory] = numbers[..] else {
        bail!("{}: no cost but {text:?}", program.display());
    };
    // 1 is what some say when a directory could not be read.
    if !matches!(code, 0 | 1) {
        bail!("{} ended with code {code}", program.display());
    }
    Ok(Cost {
        wall: Duration::from_micros(wall as u64),
        cpu: Duration::from_micros(cpu as u64),
        memory: memory as u64,
    })
}
