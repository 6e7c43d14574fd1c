//! The programs that are compared: how each is started, and how one sees that it is done.

use std::{
    env,
    ffi::OsString,
    fs::File,
    io,
    num::NonZero,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use anyhow::{Context as _, ensure};
use tempfile::TempDir;

use crate::{
    floor::{Floor, Large},
    measure::{self, Cost},
    screen::{HOMES, Screen, Size, home},
};

/// How one sees that a program is done.
#[derive(Clone, Copy)]
pub enum Done {
    /// It ends.
    Ended,
    /// It ends, and has told on standard output how many files and directories there are.
    Counted(fn(&str) -> Option<Counts>),
    /// The lines of its screen say so; then it is left with `q`.
    Shown(fn(&[String]) -> bool),
}

/// How many files and directories there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Everything that is no directory.
    pub files: u64,
    /// Directories, the root among them.
    pub dirs: u64,
}

/// A program that can be run on a directory.
pub struct Program {
    /// What it is called in the table.
    pub name: String,
    /// It is somebody else's: the comparison goes on where it cannot be run.
    pub is_peer: bool,
    /// The program and its arguments; the directory follows.
    command: Vec<OsString>,
    done: Done,
}

/// What a run has cost, and what it has counted.
pub struct Run {
    /// The cost. Of a program with a screen the time is that until it was done.
    pub cost: Cost,
    /// The counts, of a program that tells them.
    pub counts: Option<Counts>,
}

impl Program {
    fn new(name: &str, command: impl IntoIterator<Item = impl Into<OsString>>, done: Done) -> Self {
        Self {
            name: name.into(),
            is_peer: false,
            command: command.into_iter().map(Into::into).collect(),
            done,
        }
    }

    fn peer(name: &str, command: &[&str], done: Done) -> Self {
        Self {
            is_peer: true,
            ..Self::new(name, command.iter().copied(), done)
        }
    }

    /// Whether it is a program on this machine.
    fn is_installed(&self) -> bool {
        let program = Path::new(&self.command[0]);
        let path = env::var_os("PATH").unwrap_or_default();
        program.is_absolute() || env::split_paths(&path).any(|dir| dir.join(program).is_file())
    }

    /// Its command line, with the directory at the end.
    pub fn on(&self, dir: &Path) -> Vec<OsString> {
        self.command.iter().cloned().chain([dir.into()]).collect()
    }

    /// Runs it.
    pub fn run(&self, dir: &Path, size: Size) -> anyhow::Result<Run> {
        let scratch = TempDir::new()?;
        let (cost, output) = (scratch.path().join("cost"), scratch.path().join("output"));
        let command = measure::command(&self.on(dir), &cost)?;
        let until_shown = self
            .run_to_end(&command, &output, size)
            .with_context(|| self.name.clone())?;
        let mut cost = measure::read(&cost, &self.command[0])?;
        if let Some(wall) = until_shown {
            cost.wall = wall;
        }
        let counts = if let Done::Counted(counts) = self.done {
            let output = std::fs::read_to_string(&output)?;
            let counts = counts(&output).with_context(|| format!("{}: {output}", self.name))?;
            Some(counts)
        } else {
            None
        };
        Ok(Run { cost, counts })
    }

    /// Of a program with a screen: how long it took until it was done.
    fn run_to_end(
        &self,
        command: &[OsString],
        output: &Path,
        size: Size,
    ) -> anyhow::Result<Option<Duration>> {
        if let Done::Shown(is_done) = self.done {
            let mut screen = Screen::start(command, size)?;
            let wall = screen.wait_for(is_done)?;
            screen.leave()?;
            return Ok(Some(wall));
        }
        let output = match self.done {
            Done::Counted(_) => File::create(output)?.into(),
            _ => Stdio::null(),
        };
        let status = quiet(command)?.stdout(output).status()?;
        ensure!(status.success(), "cannot be run");
        Ok(None)
    }

    /// Brings the program itself back into memory, after everything was thrown out of it.
    pub fn warm_up(&self) {
        if let Ok(mut command) = quiet(&self.command[..1]) {
            // Whatever it says to that.
            let _ = command.arg("--version").stdout(Stdio::null()).status();
        }
    }
}

fn quiet(command: &[OsString]) -> io::Result<Command> {
    let mut quiet = Command::new(&command[0]);
    quiet
        .args(&command[1..])
        .env("HOME", home()?)
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    for name in HOMES {
        quiet.env_remove(name);
    }
    Ok(quiet)
}

/// How many processors there are.
pub fn processors() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// The floor.
pub fn floor(floor: Floor) -> anyhow::Result<Program> {
    let own = env::current_exe()?.into_os_string();
    let words = floor.words().into_iter().map(OsString::from);
    let command = [own, "floor".into()].into_iter().chain(words);
    let large = match floor.large {
        Large::Sliced => "",
        Large::Whole => ", unsliced",
    };
    let name = format!("floor, {} threads{large}", floor.threads);
    Ok(Program::new(&name, command, Done::Counted(counts)))
}

fn spelunk() -> PathBuf {
    env!("CARGO_BIN_EXE_spelunk").into()
}

/// The interface of this program, to its end.
pub fn interface() -> Program {
    Program::new("spelunk, interface", [spelunk()], Done::Shown(is_complete))
}

/// Whether line 1 of the interface says that the scan is complete.
pub fn is_complete(lines: &[String]) -> bool {
    lines
        .first()
        .is_some_and(|line| line.split(' ').any(|word| word == "complete"))
}

/// The programs that find out sizes, as far as they are on this machine. Those with a screen keep
/// what they have found and let one explore it; the others keep nothing, or only what they print.
pub fn sizes() -> Vec<Program> {
    let report = [spelunk().into_os_string(), "--plain".into()];
    let threads = processors().to_string();
    let mut programs = vec![
        interface(),
        Program::new("spelunk --plain", report, Done::Counted(counts)),
        Program::peer("ncdu, interface", &["ncdu"], Done::Shown(has_total)),
        Program::peer("gdu, interface", &["gdu"], Done::Shown(has_total)),
        Program::peer(
            "dua, interface",
            &["dua", "interactive"],
            Done::Shown(dua_is_done),
        ),
        Program::peer("dua", &["dua"], Done::Ended),
        Program::peer("dust", &["dust"], Done::Ended),
        Program::peer("pdu", &["pdu"], Done::Ended),
        Program::peer("diskus", &["diskus"], Done::Ended),
        Program::peer("du", &["du", "-s"], Done::Ended),
    ];
    programs.retain(Program::is_installed);
    // In older versions that is an unknown option.
    if programs.iter().any(|program| program.command[0] == "ncdu")
        && knows(Path::new("ncdu"), "--threads")
    {
        let name = format!("ncdu -t{threads}, interface");
        programs.push(Program::peer(
            &name,
            &["ncdu", "-t", &threads],
            Done::Shown(has_total),
        ));
    }
    programs
}

/// The programs that list names and ask for nothing else, as far as they are on this machine.
pub fn names() -> Vec<Program> {
    let mut programs = vec![
        Program::peer("bfs", &["bfs"], Done::Ended),
        Program::peer("fd", &["fd", "-HI", "."], Done::Ended),
        Program::peer("fd", &["fdfind", "-HI", "."], Done::Ended),
        Program::peer("find", &["find"], Done::Ended),
    ];
    programs.retain(Program::is_installed);
    if knows(&spelunk(), "--list") {
        let list = [spelunk().into_os_string(), "--list".into()];
        programs.insert(0, Program::new("spelunk --list", list, Done::Ended));
    }
    programs
}

/// Whether the help of a program names this option.
fn knows(program: &Path, option: &str) -> bool {
    let help = quiet(&[program.into()]).and_then(|mut command| command.arg("--help").output());
    help.is_ok_and(|help| {
        let help = String::from_utf8_lossy(&help.stdout);
        let mut words = help.split(|sign: char| !sign.is_alphanumeric() && sign != '-');
        words.any(|word| word == option)
    })
}

/// Of ncdu and gdu, which first show how far they are.
fn has_total(lines: &[String]) -> bool {
    lines.iter().any(|line| line.contains("Total disk usage:"))
}

/// Of dua, which shows a rate as long as it scans.
fn dua_is_done(lines: &[String]) -> bool {
    let is_done = |line: &String| line.contains(" entries in ") && !line.contains("/s)");
    lines.iter().any(is_done)
}

/// The counts of the floor, and of the report of a single directory: the words 1 and 3.
fn counts(output: &str) -> Option<Counts> {
    let mut words = output.split_whitespace();
    Some(Counts {
        files: words.next()?.parse().ok()?,
        dirs: words.nth(1)?.parse().ok()?,
    })
}
