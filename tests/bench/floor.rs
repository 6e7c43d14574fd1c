//! The floor: what the system calls of a scan cost by themselves. It walks a tree by handle with
//! some threads, which take work from one another, keeps nothing, and shows nothing but totals. A
//! program that keeps a tree which can be browsed cannot be faster on the same directory; how near
//! it comes is the figure that matters.
//!
//! What was read of a large directory beyond the first buffer of names is handed out in slices while
//! other threads may want some, so that one flat directory keeps all of them busy.

use std::{
    collections::VecDeque,
    ffi::{CStr, CString},
    mem::MaybeUninit,
    os::fd::OwnedFd,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{
            AtomicUsize,
            Ordering::{AcqRel, Acquire, Relaxed},
        },
    },
    thread,
};

use anyhow::{Context as _, bail};
use clap::ValueEnum;
use rustix::{
    fs::{AtFlags, CWD, FileType, Mode, OFlags, RawDir, StatxFlags, openat, statx},
    process::{Resource, Rlimit, getrlimit, setrlimit},
};

/// Bytes of names asked for at once.
const BUFFER: usize = 64 * 1024;

/// What is asked about every entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Ask {
    /// The size of every file
    Sizes,
    /// Nothing, names are enough
    Names,
}

impl Ask {
    /// The word for it, as on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Names => "names",
            Self::Sizes => "sizes",
        }
    }
}

/// What is done about large directories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Large {
    /// They are shared among the threads.
    Sliced,
    /// Each is left to one thread.
    Whole,
}

/// How the floor is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Floor {
    /// How many threads.
    pub threads: usize,
    /// What is asked about.
    pub ask: Ask,
    /// What is done about large directories.
    pub large: Large,
}

impl Floor {
    /// As arguments for [`run`], without the directory.
    pub fn words(self) -> Vec<String> {
        let large = match self.large {
            Large::Sliced => "sliced",
            Large::Whole => "whole",
        };
        vec![
            self.threads.to_string(),
            self.ask.word().into(),
            large.into(),
        ]
    }

    fn from_words(words: &[String]) -> anyhow::Result<Self> {
        let [threads, ask, large] = words else {
            bail!("usage: floor THREADS names|sizes sliced|whole DIR");
        };
        Ok(Self {
            threads: threads.parse::<usize>()?.max(1),
            ask: Ask::from_str(ask, false).map_err(anyhow::Error::msg)?,
            large: if large == "whole" {
                Large::Whole
            } else {
                Large::Sliced
            },
        })
    }
}

/// Walks a tree and prints its totals: `THREADS names|sizes sliced|whole DIR`.
pub fn run(words: &[String]) -> anyhow::Result<()> {
    let (dir, floor) = words.split_last().context("no directory")?;
    let floor = Floor::from_words(floor)?;
    let dir = CString::new(dir.as_str())?;
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let _ = setrlimit(
        Resource::Nofile,
        Rlimit {
            current: maximum,
            maximum,
        },
    );
    let totals = walk(floor, dir);
    println!(
        "{} files, {} directories, {} bytes below",
        totals.files, totals.dirs, totals.bytes
    );
    Ok(())
}

#[derive(Clone, Copy, Default)]
struct Totals {
    files: u64,
    dirs: u64,
    bytes: u64,
}

/// What a thread takes.
enum Job {
    /// A directory to open and list.
    Directory {
        parent: Option<Arc<OwnedFd>>,
        name: CString,
    },
    /// Names in a large directory to ask about, each with its zero byte.
    Slice { dir: Arc<OwnedFd>, names: Vec<u8> },
}

struct Pool {
    floor: Floor,
    stacks: Vec<Stack>,
    /// Jobs that are not done.
    unfinished: AtomicUsize,
    /// Slices that nobody has taken.
    slices: AtomicUsize,
}

/// The jobs of one thread, alone on its cache lines.
#[repr(align(128))]
#[derive(Default)]
struct Stack(Mutex<VecDeque<Job>>);

impl Stack {
    fn lock(&self) -> MutexGuard<'_, VecDeque<Job>> {
        self.0.lock().expect("no thread panics with it")
    }
}

fn walk(floor: Floor, dir: CString) -> Totals {
    let pool = Pool {
        floor,
        stacks: (0..floor.threads).map(|_| Stack::default()).collect(),
        unfinished: AtomicUsize::new(1),
        slices: AtomicUsize::new(0),
    };
    pool.stacks[0].lock().push_back(Job::Directory {
        parent: None,
        name: dir,
    });
    thread::scope(|scope| {
        let start = |number| Thread {
            pool: &pool,
            number,
            totals: Totals::default(),
        };
        let threads: Vec<_> = (0..floor.threads)
            .map(|number| scope.spawn(move || start(number).work()))
            .collect();
        let all = threads
            .into_iter()
            .map(|thread| thread.join().expect("a thread of the floor"));
        all.fold(Totals::default(), |sum, one| Totals {
            files: sum.files + one.files,
            dirs: sum.dirs + one.dirs,
            bytes: sum.bytes + one.bytes,
        })
    })
}

struct Thread<'pool> {
    pool: &'pool Pool,
    number: usize,
    totals: Totals,
}

impl Thread<'_> {
    fn work(mut self) -> Totals {
        let mut buffer = vec![MaybeUninit::uninit(); BUFFER];
        loop {
            match self.take() {
                Some(Job::Directory { parent, name }) => self.list(parent, &name, &mut buffer),
                Some(Job::Slice { dir, names }) => {
                    self.pool.slices.fetch_sub(1, Relaxed);
                    for name in names.split_inclusive(|byte| *byte == 0) {
                        if let Ok(name) = CStr::from_bytes_with_nul(name) {
                            self.ask(&dir, name);
                        }
                    }
                }
                // Acquire and release: who sees zero sees no job that is still to be pushed.
                None if self.pool.unfinished.load(Acquire) == 0 => return self.totals,
                None => {
                    thread::yield_now();
                    continue;
                }
            }
            self.pool.unfinished.fetch_sub(1, AcqRel);
        }
    }

    /// Its own youngest job, else the oldest of another thread.
    fn take(&self) -> Option<Job> {
        let stacks = &self.pool.stacks;
        let own = stacks[self.number].lock().pop_back();
        own.or_else(|| {
            let others = (1..stacks.len()).map(|step| (self.number + step) % stacks.len());
            others
                .into_iter()
                .find_map(|other| stacks[other].lock().pop_front())
        })
    }

    fn push(&self, job: Job) {
        self.pool.unfinished.fetch_add(1, AcqRel);
        self.pool.stacks[self.number].lock().push_back(job);
    }

    fn list(&mut self, parent: Option<Arc<OwnedFd>>, name: &CStr, buffer: &mut [MaybeUninit<u8>]) {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let opened = match &parent {
            Some(parent) => openat(parent, name, flags | OFlags::NOFOLLOW, Mode::empty()),
            None => openat(CWD, name, flags, Mode::empty()),
        };
        drop(parent);
        let Ok(dir) = opened else { return };
        let dir = Arc::new(dir);
        self.totals.dirs += 1;
        // What is collected of the buffer that is being read, if that is to be handed out.
        let mut slice: Option<Vec<u8>> = None;
        let mut entries = RawDir::new(&dir, buffer);
        while let Some(Ok(entry)) = entries.next() {
            let name = entry.file_name();
            if !matches!(name.to_bytes(), b"." | b"..") {
                if is_directory(&dir, name, entry.file_type()) {
                    self.push(Job::Directory {
                        parent: Some(Arc::clone(&dir)),
                        name: name.to_owned(),
                    });
                } else {
                    self.totals.files += 1;
                }
                match &mut slice {
                    Some(slice) => slice.extend_from_slice(name.to_bytes_with_nul()),
                    None if self.pool.floor.ask == Ask::Sizes => self.ask(&dir, name),
                    None => {}
                }
            }
            if entries.is_buffer_empty() {
                self.hand_out(&dir, slice.take());
                slice = self.pool.wants_slices().then(Vec::new);
            }
        }
    }

    fn hand_out(&self, dir: &Arc<OwnedFd>, slice: Option<Vec<u8>>) {
        if let Some(names) = slice
            && !names.is_empty()
        {
            self.pool.slices.fetch_add(1, Relaxed);
            self.push(Job::Slice {
                dir: Arc::clone(dir),
                names,
            });
        }
    }

    fn ask(&mut self, dir: &OwnedFd, name: &CStr) {
        let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::STATX_DONT_SYNC;
        if let Ok(answer) = statx(dir, name, flags, StatxFlags::BASIC_STATS) {
            self.totals.bytes += answer.stx_blocks * 512;
        }
    }
}

impl Pool {
    fn wants_slices(&self) -> bool {
        self.floor.ask == Ask::Sizes
            && self.floor.large == Large::Sliced
            && self.slices.load(Relaxed) < 2 * self.floor.threads
    }
}

/// Some file systems do not say in a listing what an entry is.
fn is_directory(dir: &OwnedFd, name: &CStr, kind: FileType) -> bool {
    if kind != FileType::Unknown {
        return kind == FileType::Directory;
    }
    let answer = statx(dir, name, AtFlags::SYMLINK_NOFOLLOW, StatxFlags::TYPE);
    answer
        .is_ok_and(|answer| FileType::from_raw_mode(answer.stx_mode.into()) == FileType::Directory)
}
