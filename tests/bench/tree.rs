//! The trees that are measured: built once, the same ones on every machine, and kept below
//! `target/tmp`. It knows nothing of what is run on them.

use std::{
    ffi::OsStr,
    fs,
    os::{fd::OwnedFd, unix::ffi::OsStrExt},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, bail, ensure};
use clap::ValueEnum;
use rustix::fs::{AtFlags, CWD, Mode, OFlags, ftruncate, linkat, mkdirat, openat};

use crate::shape::{self, Directory, Random};

/// Changes with what is built, so that older trees are not taken for it.
const EDITION: u32 = 2;

/// The shape of a tree of N files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// A home directory: N files in N/10 directories of very different sizes, at most 16 deep
    Home,
    /// One directory with N files
    Flat,
    /// A chain of N/10 directories with a file in each
    Deep,
    /// N empty directories, a hundred to a parent
    Dirs,
    /// N names in N/10 directories, eight of them for each file
    Links,
    /// The same names, each a file of its own
    Copies,
}

impl Kind {
    /// The word for it, as on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::Flat => "flat",
            Self::Deep => "deep",
            Self::Dirs => "dirs",
            Self::Links => "links",
            Self::Copies => "copies",
        }
    }
}

/// Where the tree is. It is built if it is not there, by a process of its own: what is built by this
/// one would count as memory of the programs that it starts.
pub fn prepare(kind: Kind, files: u32) -> anyhow::Result<PathBuf> {
    let name = format!("{}-{files}-v{EDITION}", kind.word());
    let trees = Path::new(env!("CARGO_TARGET_TMPDIR")).join("trees");
    let (path, partial) = (trees.join(&name), trees.join(format!("{name}.partial")));
    if path.exists() {
        return Ok(path);
    }
    eprintln!("building {} ...", path.display());
    fs::create_dir_all(&trees)?;
    // One that was interrupted. Not by the standard library, which is recursive: a chain of 100,000
    // directories would overflow the stack.
    ensure!(
        Command::new("rm")
            .arg("-rf")
            .arg(&partial)
            .status()?
            .success(),
        "cannot remove {}",
        partial.display()
    );
    let built = Command::new(std::env::current_exe()?)
        .args(["build", kind.word(), &files.to_string()])
        .arg(&partial)
        .status()?;
    ensure!(built.success(), "cannot build {}", partial.display());
    fs::rename(&partial, &path)?;
    Ok(path)
}

/// What the process does that [`prepare`] starts: `KIND FILES PATH`.
pub fn build(words: &[String]) -> anyhow::Result<()> {
    let [kind, files, path] = words else {
        bail!("usage: build KIND FILES PATH");
    };
    let kind = Kind::from_str(kind, false).map_err(anyhow::Error::msg)?;
    let files = files.parse()?;
    let (path, mut random) = (Path::new(path), Random::new(7));
    fs::create_dir(path).with_context(|| path.display().to_string())?;
    match kind {
        Kind::Home => home(path, files, &mut random),
        Kind::Flat => flat(path, files, &mut random),
        Kind::Deep => deep(path, files / 10),
        Kind::Dirs => dirs(path, files),
        Kind::Links => links(path, files, Names::EightEach, &mut random),
        Kind::Copies => links(path, files, Names::OneEach, &mut random),
    }
    .with_context(|| path.display().to_string())
}

fn home(root: &Path, files: u32, random: &mut Random) -> anyhow::Result<()> {
    let shape = shape::home(files, random);
    let paths = directories(root, &shape, random)?;
    for (directory, path) in shape.iter().zip(paths) {
        let dir = open(&path)?;
        for number in 0..directory.files {
            let file = create(&dir, &shape::file_name(number, random))?;
            let size = shape::file_size(random);
            if size > 0 {
                ftruncate(&file, size)?;
            }
        }
    }
    Ok(())
}

fn flat(root: &Path, files: u32, random: &mut Random) -> anyhow::Result<()> {
    let root = open(root)?;
    for number in 0..files {
        create(&root, &shape::file_name(number, random))?;
    }
    Ok(())
}

fn deep(root: &Path, depth: u32) -> anyhow::Result<()> {
    let mut dir = open(root)?;
    for _ in 0..depth {
        create(&dir, "f")?;
        mkdirat(&dir, "d", Mode::from(0o755))?;
        dir = openat(&dir, "d", DIRECTORY, Mode::empty())?;
    }
    Ok(())
}

fn dirs(root: &Path, count: u32) -> anyhow::Result<()> {
    for parent in 0..count.div_ceil(101) {
        let path = root.join(format!("d{parent}"));
        fs::create_dir(&path)?;
        let parent = open(&path)?;
        for child in 0..100 {
            mkdirat(&parent, format!("s{child}"), Mode::from(0o755))?;
        }
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    OneEach,
    EightEach,
}

fn links(root: &Path, count: u32, names: Names, random: &mut Random) -> anyhow::Result<()> {
    let shape = shape::home(count, random);
    let dirs = directories(root, &shape, random)?;
    let mut first = PathBuf::new();
    for number in 0..count {
        let (file, of) = (number / 8, number % 8);
        let dir = &dirs[random.below(dirs.len())];
        let path = dir.join(format!("{file}-{of}"));
        let size = 1 + random.below(9000) as u64;
        if of == 0 || names == Names::OneEach {
            fs::File::create(&path)?.set_len(size)?;
            first = path;
        } else {
            linkat(CWD, &first, CWD, &path, AtFlags::empty())?;
        }
    }
    Ok(())
}

/// Makes directories as a home directory has them, and returns their paths, `root` among them.
fn directories(
    root: &Path,
    shape: &[Directory],
    random: &mut Random,
) -> anyhow::Result<Vec<PathBuf>> {
    let mut paths = vec![root.to_owned()];
    for (number, directory) in shape.iter().enumerate().skip(1) {
        let path = paths[directory.parent].join(shape::directory_name(number as u32, random));
        fs::create_dir(&path)?;
        paths.push(path);
    }
    Ok(paths)
}

const DIRECTORY: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::CLOEXEC);

fn open(path: &Path) -> anyhow::Result<OwnedFd> {
    Ok(openat(CWD, path, DIRECTORY, Mode::empty())?)
}

fn create(dir: &OwnedFd, name: &str) -> anyhow::Result<OwnedFd> {
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC;
    Ok(openat(
        dir,
        OsStr::from_bytes(name.as_bytes()),
        flags,
        Mode::from(0o644),
    )?)
}
