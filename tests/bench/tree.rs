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
use rustix::fs::{CWD, Mode, OFlags, ftruncate, linkat, mkdirat, openat};

/// Changes with what is built, so that older trees are not taken for it.
const EDITION: u32 = 1;

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
    let (path, mut random) = (Path::new(path), Random(7));
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
    let dirs = directories(root, files / 10, random)?;
    let weights: Vec<f64> = dirs.iter().map(|_| random.log_normal(0.0, 1.5)).collect();
    let share = f64::from(files) / weights.iter().sum::<f64>();
    // Shares are carried over, so that the files are as many as were asked for.
    let (mut due, mut made) = (0.0, 0);
    for (dir, weight) in dirs.iter().zip(weights) {
        due += weight * share;
        let dir = open(dir)?;
        for number in 0..(due.round() as u32).saturating_sub(made) {
            let ending = random.pick(&ENDINGS);
            let file = create(&dir, &format!("{}{ending}", name(number, random)))?;
            if random.below(10) == 0 {
                ftruncate(&file, random.log_normal(9.0, 2.0) as u64)?;
            }
        }
        made = due.round() as u32;
    }
    Ok(())
}

fn flat(root: &Path, files: u32, random: &mut Random) -> anyhow::Result<()> {
    let root = open(root)?;
    for number in 0..files {
        let ending = random.pick(&ENDINGS);
        create(&root, &format!("{}{ending}", name(number, random)))?;
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
    let dirs = directories(root, count / 10, random)?;
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
            linkat(CWD, &first, CWD, &path, rustix::fs::AtFlags::empty())?;
        }
    }
    Ok(())
}

/// Makes directories below `root`, at most 16 deep, and returns them with `root`. Half of them are
/// put below any one, half below one of the last, which gives bushes of very different sizes.
fn directories(root: &Path, count: u32, random: &mut Random) -> anyhow::Result<Vec<PathBuf>> {
    const DEEPEST: u32 = 16;
    let mut dirs = vec![root.to_owned()];
    let mut depths = vec![0];
    while dirs.len() < count as usize {
        let parent = if random.below(2) == 0 {
            random.below(dirs.len())
        } else {
            (dirs.len() - 1).saturating_sub(random.exponential(40.0) as usize)
        };
        if depths[parent] == DEEPEST {
            continue;
        }
        let path = dirs[parent].join(name(dirs.len() as u32, random));
        fs::create_dir(&path)?;
        dirs.push(path);
        depths.push(depths[parent] + 1);
    }
    Ok(dirs)
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

const WORDS: [&str; 16] = [
    "src", "index", "module", "test", "data", "lib", "build", "report", "photo", "node", "cache",
    "image", "main", "util", "config", "archive",
];
const ENDINGS: [&str; 10] = [
    ".rs", ".js", ".json", ".png", ".txt", ".o", ".html", ".d.ts", ".md", "",
];

fn name(number: u32, random: &mut Random) -> String {
    format!("{}-{}{number}", random.pick(&WORDS), random.pick(&WORDS))
}

/// Pseudo-random numbers (`SplitMix64`, Steele, Lea and Flood 2014), the same in every run.
pub struct Random(pub u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// From 0 to below 1.
    pub fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// From 0 to below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.fraction() * bound as f64) as usize
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }

    fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.fraction()).ln()
    }

    /// By the method of Box and Muller.
    fn log_normal(&mut self, mean: f64, deviation: f64) -> f64 {
        let radius = self.exponential(2.0).sqrt();
        let normal = radius * (std::f64::consts::TAU * self.fraction()).cos();
        (mean + deviation * normal).exp()
    }
}
