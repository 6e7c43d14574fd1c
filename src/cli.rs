//! The command line: what it may say, and how that changes the settings.

use std::{fs, num::NonZero, path::PathBuf};

use anyhow::{Context as _, anyhow};
use clap::{Parser, ValueEnum};

use crate::{
    config::{Config, MOST_THREADS, When, memory, patience},
    escape,
    list::End,
    scan::{Detail, ListerKind, enter::Rules, event::in_words},
};

/// See what fills a disk while it is still being measured.
///
/// Scans directories with a pool of workers and shows, live, what each worker does, how many files
/// were found and where the space goes. Everything found so far can be explored from the first
/// second; Esc stops and keeps it, q leaves.
#[derive(Debug, Parser)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of its own on the command line"
)]
#[command(version, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 everything was read; 1 not everything (failed or stopped); 2 wrong use, or nothing \
                        could be scanned; 128+n ended by signal n."
)]
pub struct Arguments {
    /// Directories or files to scan [default: the current directory]
    #[arg(value_name = "DIR")]
    pub roots: Vec<PathBuf>,

    /// Stay on the file system of each DIR
    #[arg(short = 'x', long)]
    pub one_file_system: bool,

    /// Show apparent sizes instead of disk usage first
    #[arg(short, long)]
    pub apparent_size: bool,

    /// Leave out what matches GLOB: a name, or the last parts of a path if GLOB has a slash
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,

    /// Leave out what matches a line of FILE
    #[arg(short = 'X', long, value_name = "FILE")]
    pub exclude_from: Vec<PathBuf>,

    /// Leave out directories marked as caches by a CACHEDIR.TAG
    #[arg(long)]
    pub exclude_caches: bool,

    /// Enter file systems that the kernel makes up (proc, sysfs, cgroup and the like) below DIR
    #[arg(long)]
    pub include_kernfs: bool,

    /// Give a directory up when it has not answered for DURATION: 30s, 2m, 1h [default: never]
    #[arg(long, value_name = "DURATION")]
    pub give_up_after: Option<String>,

    /// Number of workers [default: four a processor, 16 to 64; 2 on a disk that turns]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=MOST_THREADS.into()))]
    pub threads: Option<u16>,

    /// How directories are listed: by handle with Linux's own calls, or by path
    #[arg(long, value_name = "HOW", value_enum, default_value_t = Lister::Auto)]
    pub lister: Lister,

    /// What is found may take so much memory, such as 512M or 2G; beyond that, small files are summed
    /// up [default: half of the memory that there is]
    #[arg(long, value_name = "LIMIT", value_parser = limit)]
    pub memory: Option<u64>,

    /// Count in powers of 1000 (kB, MB, GB) instead of 1024 (KiB, MiB, GiB)
    #[arg(long)]
    pub si: bool,

    /// Let the kernel (Linux 6.2 or newer) deny all writing but to the program's own memory of scans
    #[arg(long)]
    pub read_only: bool,

    /// Print a report instead of the interface; the default where standard output is no terminal
    #[arg(long)]
    pub plain: bool,

    /// Print the path of every file as it is found, without asking for its size; a file is all that
    /// is no directory
    #[arg(long, conflicts_with = "plain")]
    pub list: bool,

    /// End the paths of --list with a zero byte each, instead of a line feed
    #[arg(short = '0', long, requires = "list")]
    pub null: bool,

    /// Draw with ASCII only, but for names; the default where the locale is not UTF-8
    #[arg(long)]
    pub ascii: bool,

    /// Whether to use colours; `NO_COLOR` in the environment means never
    #[arg(long, value_name = "WHEN", value_enum)]
    pub color: Option<Colour>,

    /// Leave clicks and the wheel to the terminal
    #[arg(long)]
    pub no_mouse: bool,

    /// Take the settings from FILE [default: spelunk/config.toml in `XDG_CONFIG_HOME` or ~/.config]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Add a line to the settings, as in the file: 'si = false', 'theme = "light"'
    #[arg(long, value_name = "LINE")]
    pub set: Vec<String>,

    /// Print completions for a shell, and do nothing else
    #[arg(long, value_name = "SHELL", value_enum)]
    pub completions: Option<clap_complete::Shell>,

    /// Print the manual page, and do nothing else
    #[arg(long)]
    pub man: bool,
}

/// How directories are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Lister {
    /// The fastest that there is here.
    Auto,
    /// By handle, on Linux only.
    Linux,
    /// By path, everywhere.
    Portable,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// Unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

fn limit(text: &str) -> Result<u64, &'static str> {
    memory(text).ok_or("not a size of 1K or more, such as 512M or 2G")
}

impl Arguments {
    /// What was named, or the current directory.
    pub fn named(&self) -> Vec<PathBuf> {
        if self.roots.is_empty() {
            vec![PathBuf::from(".")]
        } else {
            self.roots.clone()
        }
    }

    /// How directories are listed.
    pub fn lister(&self) -> ListerKind {
        match self.lister {
            Lister::Auto => ListerKind::Auto,
            Lister::Linux => ListerKind::Linux,
            Lister::Portable => ListerKind::Portable,
        }
    }

    /// What is asked of files.
    pub fn detail(&self) -> Detail {
        if self.list {
            Detail::Names
        } else {
            Detail::Metadata
        }
    }

    /// What each path of a list ends with.
    pub fn end(&self) -> End {
        if self.null { End::Zero } else { End::Line }
    }

    /// Changes what the command line names: it goes before the files. Lists are added to.
    ///
    /// # Errors
    /// A line has a mistake in it, a pattern is no glob, or a file of patterns cannot be read.
    pub fn settle(&self, config: &mut Config) -> anyhow::Result<()> {
        for line in &self.set {
            config.read("--set", line)?;
        }
        config.one_file_system |= self.one_file_system;
        config.apparent_size |= self.apparent_size;
        config.exclude_caches |= self.exclude_caches;
        config.include_kernfs |= self.include_kernfs;
        config.si |= self.si;
        config.read_only |= self.read_only;
        config.mouse &= !self.no_mouse;
        if let Some(threads) = self.threads {
            config.threads = NonZero::new(threads);
        }
        if let Some(said) = &self.give_up_after {
            let time = patience(said);
            config.give_up_after = time
                .map_err(|expected| anyhow!("--give-up-after must be {expected}, not {said:?}"))?;
        }
        config.memory = self.memory.or(config.memory);
        if self.ascii {
            config.ascii = When::Always;
        }
        if let Some(color) = self.color {
            config.color = match color {
                Colour::Auto => When::Auto,
                Colour::Always => When::Always,
                Colour::Never => When::Never,
            };
        }
        let check = |globs: &[String]| Rules::default().exclude(globs.iter().map(String::as_str));
        check(&self.exclude).context("--exclude: not a glob")?;
        config.exclude.extend_from_slice(&self.exclude);
        for file in &self.exclude_from {
            let shown = escape::path(file);
            let lines = fs::read_to_string(file)
                .map_err(|error| anyhow!("{shown}: no patterns read: {}", in_words(&error)))?;
            let lines = lines.lines().filter(|line| !line.is_empty());
            let globs: Vec<String> = lines.map(str::to_owned).collect();
            check(&globs).with_context(|| format!("{shown}: not a glob"))?;
            config.exclude.extend(globs);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_command_line_goes_before_the_file() {
        let settled = |text: &str, arguments: &[&str]| {
            let mut config = Config::default();
            config.read("my.toml", text).expect("no mistake");
            let arguments = Arguments::parse_from([&["spelunk"], arguments].concat());
            arguments.settle(&mut config).expect("no mistake");
            config
        };
        let file = "threads = 3\nexclude = ['a']\ncolor = 'never'\nsi = true";
        let config = settled(file, &[]);
        assert_eq!(config.threads, NonZero::new(3));
        assert_eq!((config.color, config.si), (When::Never, true));
        let config = settled(
            file,
            &[
                "-t5",
                "--color=always",
                "--exclude=b",
                "--no-mouse",
                "--give-up-after=2m",
            ],
        );
        assert_eq!(config.give_up_after, Some(Duration::from_secs(120)));
        assert_eq!(config.threads, NonZero::new(5));
        assert_eq!((config.color, config.si), (When::Always, true));
        assert_eq!(config.exclude, ["a", "b"]);
        assert!(!config.mouse);
        let config = settled(file, &["--set=si = false", "--set=threads = 4", "-t5"]);
        assert_eq!((config.threads, config.si), (NonZero::new(5), false));
    }
}
