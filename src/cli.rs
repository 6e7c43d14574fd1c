//! The command line: what it may say, and the settings that follow from it and from the
//! environment.

use std::{ffi::OsStr, fs, num::NonZero, path::PathBuf};

use anyhow::{Context as _, anyhow};
use clap::{Parser, ValueEnum};

use crate::{
    escape,
    format::{Signs, Units},
    scan::{self, ListerKind, enter::Rules, event::in_words},
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

    /// Number of workers [default: one a processor, at least four]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,

    /// How directories are listed: by handle with Linux's own calls, or by path
    #[arg(long, value_name = "HOW", value_enum, default_value_t = Lister::Auto)]
    pub lister: Lister,

    /// Count in powers of 1000 (kB, MB, GB) instead of 1024 (KiB, MiB, GiB)
    #[arg(long)]
    pub si: bool,

    /// Print a report instead of the interface; the default where standard output is no terminal
    #[arg(long)]
    pub plain: bool,

    /// Draw with ASCII only; the default where the locale is not UTF-8
    #[arg(long)]
    pub ascii: bool,

    /// Whether to use colours; `NO_COLOR` in the environment means never
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Colour::Auto)]
    pub color: Colour,
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

impl Arguments {
    /// What was named, or the current directory.
    pub fn named(&self) -> Vec<PathBuf> {
        if self.roots.is_empty() {
            vec![PathBuf::from(".")]
        } else {
            self.roots.clone()
        }
    }

    /// How many workers there will be.
    pub fn threads(&self) -> NonZero<u16> {
        self.threads
            .and_then(NonZero::new)
            .unwrap_or_else(scan::default_threads)
    }

    /// How directories are listed.
    pub fn lister(&self) -> ListerKind {
        match self.lister {
            Lister::Auto => ListerKind::Auto,
            Lister::Linux => ListerKind::Linux,
            Lister::Portable => ListerKind::Portable,
        }
    }

    /// What is left out.
    ///
    /// # Errors
    /// A pattern is no glob, or a file of patterns cannot be read.
    pub fn rules(&self) -> anyhow::Result<Rules> {
        let mut rules = Rules::default();
        rules.one_file_system = self.one_file_system;
        rules.exclude_caches = self.exclude_caches;
        rules.include_kernel_file_systems = self.include_kernfs;
        let mut patterns = self.exclude.clone();
        rules
            .exclude(patterns.iter().map(String::as_str))
            .context("--exclude: not a glob")?;
        for file in &self.exclude_from {
            let shown = escape::path(file);
            let lines = fs::read_to_string(file)
                .map_err(|error| anyhow!("{shown}: no patterns read: {}", in_words(&error)))?;
            patterns.extend(
                lines
                    .lines()
                    .filter(|line| !line.is_empty())
                    .map(str::to_owned),
            );
            rules
                .exclude(patterns.iter().map(String::as_str))
                .with_context(|| format!("{shown}: not a glob"))?;
        }
        Ok(rules)
    }

    /// In what sizes are counted.
    pub fn units(&self) -> Units {
        if self.si { Units::Si } else { Units::Binary }
    }

    /// Which signs the terminal can show, by the arguments and the locale (`LC_ALL`, `LC_CTYPE`,
    /// `LANG`).
    pub fn signs(&self, environment: impl Fn(&str) -> Option<std::ffi::OsString>) -> Signs {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .into_iter()
            .filter_map(environment);
        let locale = locale
            .into_iter()
            .find(|value| !value.is_empty())
            .unwrap_or_default();
        if self.ascii || !is_utf8(&locale) {
            Signs::Ascii
        } else {
            Signs::Unicode
        }
    }
}

fn is_utf8(locale: &OsStr) -> bool {
    let locale = locale.to_string_lossy().to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_locale_decides_on_signs() {
        let signs = |arguments: &[&str], locale: &'static str| {
            let arguments = Arguments::parse_from([&["spelunk"], arguments].concat());
            arguments.signs(|name| (name == "LANG").then(|| locale.into()))
        };
        assert_eq!(signs(&[], "C.UTF-8"), Signs::Unicode);
        assert_eq!(signs(&[], "de_DE.utf8"), Signs::Unicode);
        assert_eq!(signs(&[], "C"), Signs::Ascii);
        assert_eq!(signs(&["--ascii"], "C.UTF-8"), Signs::Ascii);
    }
}
