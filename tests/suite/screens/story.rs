//! The made-up scan that all pictures show: sixteen workers in `/home/ada`, told by events as the
//! workers would.

mod files;

use std::{collections::HashMap, io, time::Duration};

use spelunk::{
    config::Config,
    format::Signs,
    inquiry::FileSystem,
    progress::{Count, Expected},
    scan::{
        Abandoned,
        dir::{DirId, Identity, Names},
        event::{Block, Event, Failure, WorkerId},
        gauge::{Call, Reading},
    },
    state::State,
    tree::block::{Files, Kind, Metadata, Packer},
    ui::{
        keymap::Key,
        model::{Model, Settings},
        update::{Message, update},
    },
};

pub const KIB: u64 = 1 << 10;
const TENTH_OF_MIB: u64 = (1 << 20) / 10;
const TENTH_OF_GIB: u64 = (1 << 30) / 10;
const DIRECTORY: u64 = 4 * KIB;
/// When the scan begins: 2026-11-22 16:00 UTC.
pub const BEGUN: i64 = 1_795_363_200;

/// A directory below the root with its size in bytes and its files, at 0:07 and when complete.
struct Entry {
    name: &'static str,
    early: (u64, u64),
    late: (u64, u64),
}

const fn entry(name: &'static str, early: (u64, u64), late: (u64, u64)) -> Entry {
    Entry { name, early, late }
}

const fn done(name: &'static str, bytes: u64, files: u64) -> Entry {
    Entry {
        name,
        early: (bytes, files),
        late: (bytes, files),
    }
}

const ENTRIES: [Entry; 14] = [
    entry(
        "work",
        (821 * TENTH_OF_GIB, 612_001),
        (1719 * TENTH_OF_GIB, 1_204_118),
    ),
    done("photos", 610 * TENTH_OF_GIB, 88_120),
    done("videos", 143 * TENTH_OF_GIB, 1_204),
    entry(
        ".cache",
        (92 * TENTH_OF_GIB, 241_008),
        (137 * TENTH_OF_GIB, 388_214),
    ),
    entry(
        ".local",
        (64 * TENTH_OF_GIB, 104_874),
        (126 * TENTH_OF_GIB, 187_310),
    ),
    done("music", 39 * TENTH_OF_GIB, 9_870),
    entry(
        ".cargo",
        (26 * TENTH_OF_GIB, 186_442),
        (74 * TENTH_OF_GIB, 228_401),
    ),
    done(".rustup", 9213 * TENTH_OF_MIB, 21_664),
    done("documents", 5127 * TENTH_OF_MIB, 14_093),
    entry(
        ".mozilla",
        (2874 * TENTH_OF_MIB, 4_102),
        (25 * TENTH_OF_GIB, 6_250),
    ),
    done("downloads", 962 * TENTH_OF_MIB, 733),
    done("mnt", 2 * DIRECTORY, 0),
    entry("games", (DIRECTORY, 0), (248 * TENTH_OF_GIB, 58_903)),
    done("secret", DIRECTORY, 0),
];

/// Where the workers are at 0:07, how many files each has found, how many a second. An empty path:
/// it waits. The first has found the two files of the root besides.
const WORKERS: [(&str, u64, u64); 16] = [
    ("work/llvm/build/lib/Target/AMDGPU", 121_202, 18_200),
    ("work/llvm/test/CodeGen/X86", 98_877, 14_100),
    ("work/linux/drivers/net/ethernet/intel", 87_310, 13_600),
    (".cache/pip/http-v2", 92_415, 15_900),
    ("", 79_020, 0),
    ("work/servo/target/debug/deps", 64_390, 9_900),
    ("mnt/nas/archive", 118, 0),
    (
        ".cargo/registry/src/registry-1a2b3c4d/windows-sys/src/Windows/Win32/UI",
        101_877,
        19_300,
    ),
    (".local/share/containers/storage/overlay", 70_412, 11_200),
    ("work/linux/.git/objects/pack", 58_221, 8_400),
    ("work/llvm/.git/objects", 83_340, 12_700),
    (".cache/pip/http", 83_102, 15_300),
    (".mozilla/firefox", 92_000, 15_200),
    (".local/share/Steam", 92_000, 15_250),
    (".cargo/git/checkouts", 92_000, 15_260),
    ("", 67_827, 0),
];
/// The worker that is stuck, the one that has been in its directory for a while, and one that
/// leaves late.
const STALLED: usize = 6;
const SLOW: usize = 5;
const LATE: usize = 11;

const QUEUED: usize = 1_021;
const DIRECTORIES: u32 = 96_441;
const DIRECTORIES_LATE: u32 = 166_520;

/// What the scan before amounted to: at 0:07 this one has 67 % of it, and 58 % of the time has gone by,
/// since of late it is slower.
pub const LAST_SCAN: Count = Count {
    files: 1_738_000,
    dirs: 164_400,
};

/// A model, and what is needed to go on telling it things.
pub struct Story {
    pub model: Model,
    paths: HashMap<String, DirId>,
    next: u32,
    pub gauges: Vec<Reading>,
}

pub fn settings(roots: &[&str], signs: Signs) -> Settings {
    let roots = roots.iter().map(|root| (*root).to_owned()).collect();
    let embedded = Settings::of(&Config::default(), roots, |_| None).expect("no mistake");
    Settings {
        signs,
        begun: BEGUN,
        ..embedded
    }
}

impl Story {
    /// A scan of which nothing is known yet.
    pub fn new(settings: Settings, workers: usize, size: (u16, u16)) -> Self {
        let model = Model::new(State::new(workers), settings, size);
        Self {
            model,
            paths: HashMap::new(),
            next: 1,
            gauges: vec![Reading::default(); workers],
        }
    }

    pub fn tell(&mut self, message: Message) {
        update(&mut self.model, message);
    }

    pub fn say(&mut self, worker: usize, events: Vec<Event>) {
        self.tell(Message::Results {
            worker: WorkerId::from_index(worker),
            events,
        });
    }

    pub fn press(&mut self, key: char) {
        self.tell(Message::Key(Key::Char(key)));
    }

    pub fn press_escape(&mut self) {
        self.tell(Message::Key(Key::Named(crossterm::event::KeyCode::Esc)));
    }

    /// Lets the time be `milliseconds` after the start.
    pub fn clock(&mut self, milliseconds: u64) {
        self.tell(Message::Drained);
        let now = Duration::from_millis(milliseconds);
        self.tell(Message::Clock {
            now,
            gauges: self.gauges.clone(),
        });
    }

    /// Takes another size, which brings everything up to date.
    pub fn resize(&mut self, columns: u16, lines: u16) {
        self.tell(Message::Drained);
        self.tell(Message::Resized { columns, lines });
    }

    /// Announces directories in `parent`. The first one's number.
    pub fn found(&mut self, parent: DirId, names: &[&[u8]]) -> DirId {
        let first = DirId(self.next);
        self.next += names.len() as u32;
        let names: Names = names.iter().copied().collect();
        self.say(
            0,
            vec![Event::Found {
                parent,
                first,
                names,
            }],
        );
        first
    }

    /// The directory at `path` below the root; announced where it is new, with all above it read.
    fn dir(&mut self, path: &str) -> DirId {
        if let Some(dir) = self.paths.get(path) {
            return *dir;
        }
        let (parent, name) = path.rsplit_once('/').unwrap_or((".", path));
        let parent = self.dir(parent);
        self.read(parent);
        let dir = self.found(parent, &[name.as_bytes()]);
        self.paths.insert(path.to_owned(), dir);
        dir
    }

    pub fn read(&mut self, dir: DirId) {
        self.say(
            0,
            vec![Event::Entered { dir }, Event::Listed { dir, slices: 0 }],
        );
    }

    /// Files of `dir` as sums, without names.
    pub fn files(&mut self, worker: usize, dir: DirId, count: u64, bytes: u64) {
        let sums = Files {
            count,
            disk: bytes.into(),
            apparent: bytes.into(),
            records: Box::default(),
        };
        self.block(worker, dir, sums);
    }

    pub fn block(&mut self, worker: usize, dir: DirId, files: Files) {
        self.say(
            worker,
            vec![Event::Block(Block {
                dir,
                files,
                links: Vec::new(),
            })],
        );
    }

    /// The directory is opened, which tells its own size.
    pub fn opened(&mut self, dir: DirId) {
        let metadata = metadata(Kind::Directory, DIRECTORY);
        self.say(
            0,
            vec![Event::Entered { dir }, Event::Opened { dir, metadata }],
        );
    }

    pub fn fail(&mut self, path: &str, call: Call, number: i32) {
        let dir = self.dir(path);
        self.fail_again(dir, call, number);
    }

    /// The same with a directory that is known.
    fn fail_again(&mut self, dir: DirId, call: Call, number: i32) {
        let cause = io::Error::from_raw_os_error(number);
        self.say(
            0,
            vec![
                Event::Entered { dir },
                Event::Failed(Failure {
                    dir,
                    entry: None,
                    call,
                    cause,
                }),
                Event::Listed { dir, slices: 0 },
            ],
        );
    }

    /// The root and the directories in it, with what is read of them at 0:07 but for the number of
    /// files.
    fn begin(&mut self) {
        let root = self.found(DirId::TOP, &[b"/home/ada"]);
        self.paths.insert(".".to_owned(), root);
        self.opened(root);
        let names: Vec<&[u8]> = ENTRIES.iter().map(|entry| entry.name.as_bytes()).collect();
        let first = self.found(root, &names);
        for (number, entry) in (first.0..).zip(&ENTRIES) {
            self.paths.insert(entry.name.to_owned(), DirId(number));
        }
        let mut packer = Packer::default();
        packer.add(b"backup.tar", &metadata(Kind::File, 11 * TENTH_OF_GIB));
        packer.add(b".profile", &metadata(Kind::File, DIRECTORY));
        self.block(0, root, packer.finish());
        self.say(
            0,
            vec![Event::Listed {
                dir: root,
                slices: 0,
            }],
        );
        for entry in &ENTRIES {
            let own = if entry.name == "mnt" {
                2 * DIRECTORY
            } else {
                DIRECTORY
            };
            let dir = self.paths[entry.name];
            if !matches!(entry.name, "games" | "secret") {
                self.opened(dir);
                self.read(dir);
            }
            self.files(0, dir, 0, entry.early.0.saturating_sub(own));
        }
        let nas = self.dir("mnt/nas");
        self.opened(nas);
        let drafts = self.dir("documents/drafts");
        self.opened(drafts);
        self.files(0, self.paths["documents"], 0, 0);
        self.read(drafts);
    }

    /// Every directory is announced and read, but for those that are queued and those that workers
    /// are in.
    fn walk(&mut self) {
        for path in ["secret", ".cache/thumbnails/large"] {
            let dir = self.dir(path);
            self.opened(dir);
        }
        self.fail("secret", Call::Opendir, 13);
        self.fail(".cache/thumbnails/large", Call::Readdir, 5);
        for (path, ..) in WORKERS.iter().filter(|(path, ..)| !path.is_empty()) {
            self.dir(path);
        }
        for name in [".cache", ".local", ".cargo", ".mozilla"] {
            let dir = self.paths[name];
            self.found(dir, &[b"waiting"]);
        }
        // The root has number 1, `games` waits as well.
        self.crowd(DIRECTORIES, QUEUED - 5);
    }

    /// Announces directories in `work` until there are `all`, and reads all of these but `queued`.
    fn crowd(&mut self, all: u32, queued: usize) {
        let work = self.paths["work"];
        let missing = (all + 1 - self.next) as usize;
        let names: Vec<String> = (0..missing)
            .map(|number| format!("{}-{number}", self.next))
            .collect();
        let names: Vec<&[u8]> = names.iter().map(String::as_bytes).collect();
        let first = self.found(work, &names).0;
        let read = (first..first + (missing - queued) as u32).map(DirId);
        let events = read
            .flat_map(|dir| [Event::Entered { dir }, Event::Listed { dir, slices: 0 }])
            .collect();
        self.say(0, events);
    }

    /// Seven seconds, in each half of which every worker finds its part of the files.
    fn run(&mut self) {
        let mut left: Vec<(DirId, u64)> = ENTRIES
            .iter()
            .map(|entry| (self.paths[entry.name], entry.early.1))
            .collect();
        for half in 0..14 {
            self.clock(500 * half);
            for (worker, (path, files, rate)) in WORKERS.into_iter().enumerate() {
                let enters = match worker {
                    STALLED => 4,
                    SLOW => 8,
                    _ => 13,
                };
                if half == enters {
                    let activity = self
                        .paths
                        .get(path)
                        .map_or(Event::Waiting, |dir| Event::Entered { dir: *dir });
                    self.say(worker, vec![activity]);
                }
                if worker == STALLED && half == enters {
                    self.gauges[worker] = Reading::new(1, Some(Call::Opendir));
                    self.clock(500 * half);
                }
                let found = part(half, files, rate);
                self.take(worker, found, &mut left);
            }
        }
        self.clock(7000);
    }

    /// `worker` finds `count` files in whichever directories have any left.
    fn take(&mut self, worker: usize, mut count: u64, left: &mut [(DirId, u64)]) {
        for (dir, files) in left.iter_mut().filter(|(_, files)| *files > 0) {
            let found = count.min(*files);
            if found > 0 {
                self.files(worker, *dir, found, 0);
            }
            *files -= found;
            count -= found;
        }
    }

    /// The scan as it is at 0:07.
    pub fn at_seven_seconds(size: (u16, u16), signs: Signs) -> Self {
        let mut story = Self::new(settings(&["/home/ada"], signs), WORKERS.len(), size);
        story.tell(Message::FileSystem(FileSystem {
            size: 4769 * TENTH_OF_GIB,
            used: 3427 * TENTH_OF_GIB,
            free: 1342 * TENTH_OF_GIB,
        }));
        story.tell(Message::Expected(Expected::LastScan(LAST_SCAN)));
        story.begin();
        story.walk();
        story.run();
        story.resize(size.0, size.1);
        story
    }

    /// The directory of this name below the root is skipped, and nothing of it is read.
    pub fn skip(&mut self, name: &str) {
        let dir = self.paths[name];
        let is_it = |story: &Self| story.model.selected_directory() == Some(dir);
        self.press('H');
        while !is_it(self) {
            self.press('j');
        }
        self.press('x');
        self.say(0, vec![Event::Skipped(dir..DirId(dir.0 + 1))]);
        self.resize(self.model.size.0, self.model.size.1);
    }

    /// The workers leave but for the two that are still in a call.
    pub fn most_leave(&mut self) {
        for worker in (0..WORKERS.len()).filter(|worker| ![STALLED, LATE].contains(worker)) {
            self.leave(worker);
        }
        self.gauges[LATE] = Reading::new(9, Some(Call::Readdir));
        self.clock(7000);
        self.resize(self.model.size.0, self.model.size.1);
    }

    /// A worker finishes its directory and leaves.
    fn leave(&mut self, worker: usize) {
        let listed = self.paths.get(WORKERS[worker].0).map(|dir| Event::Listed {
            dir: *dir,
            slices: 0,
        });
        self.say(worker, listed.into_iter().chain([Event::Left]).collect());
    }

    /// The rest of the workers leave as well, but for the one that is stuck.
    pub fn all_leave(&mut self) {
        self.most_leave();
        self.leave(LATE);
        let worker = WorkerId::from_index(STALLED);
        self.gone(vec![Abandoned {
            worker,
            call: Some(Call::Opendir),
        }]);
    }

    pub fn gone(&mut self, left_behind: Vec<Abandoned>) {
        self.gauges.fill(Reading::default());
        self.tell(Message::Gone(left_behind));
        self.resize(self.model.size.0, self.model.size.1);
    }

    /// What was still missing at 0:07 is read, until 0:12.
    pub fn complete(&mut self) {
        for entry in &ENTRIES {
            let dir = self.paths[entry.name];
            self.files(
                0,
                dir,
                entry.late.1 - entry.early.1,
                entry.late.0 - entry.early.0,
            );
        }
        self.read(self.paths["games"]);
        let every = (1..self.next).map(|number| Event::Listed {
            dir: DirId(number),
            slices: 0,
        });
        let stuck = self.paths[WORKERS[STALLED].0];
        let every = every
            .filter(|event| !matches!(event, Event::Listed { dir, .. } if *dir == stuck))
            .collect();
        self.say(0, every);
        self.crowd(DIRECTORIES_LATE, 0);
        self.fail(WORKERS[STALLED].0, Call::Opendir, 110);
        self.clock(12_000);
        (0..WORKERS.len()).for_each(|worker| self.leave(worker));
        self.gone(Vec::new());
    }
}

/// How many of its `files` a worker finds in one of fourteen halves of a second: in the last four
/// at its rate, before them a little more from each to the next.
fn part(half: u64, files: u64, rate: u64) -> u64 {
    let at_rate = (rate / 2).min(files / 4);
    let before = files - 4 * at_rate;
    let up_to = |half: u64| before * half * (half + 9) / (10 * 19);
    if half < 10 {
        up_to(half + 1) - up_to(half)
    } else {
        at_rate
    }
}

/// What the kernel says of something of `bytes`.
pub fn metadata(kind: Kind, bytes: u64) -> Metadata {
    let identity = Identity {
        device: 1,
        inode: 1,
    };
    Metadata {
        kind,
        disk: bytes,
        apparent: bytes,
        modified: 0,
        identity,
        links: 1,
    }
}
