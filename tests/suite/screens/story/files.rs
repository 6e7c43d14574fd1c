//! Another scan of `/home/ada`, with every file by name: what the views of files are made from.

use super::{BEGUN, KIB, STALLED, Story, TENTH_OF_GIB, TENTH_OF_MIB, metadata, settings};
use spelunk::{
    format::Signs,
    inquiry::FileSystem,
    scan::{
        dir::DirId,
        event::Event,
        gauge::{Call, Reading},
    },
    tree::block::{Kind, Metadata, Packer},
    ui::update::Message,
};

const DAY: i64 = 24 * 60 * 60;

/// Files one by one: path, size, days before the scan.
const FILES: [(&str, u64, i64); 17] = [
    ("work/core.48213", 31 * TENTH_OF_GIB, 112),
    (
        "videos/raw/iceland/2025-07-18-waterfall-4k.mp4",
        29 * TENTH_OF_GIB,
        492,
    ),
    (
        "videos/raw/iceland/2025-07-19-glacier-4k.mp4",
        24 * TENTH_OF_GIB,
        491,
    ),
    ("work/llvm/build/bin/clang-22", 19 * TENTH_OF_GIB, 0),
    (
        "work/llvm/build/lib/libclang-cpp.so.22.0git",
        16 * TENTH_OF_GIB,
        0,
    ),
    (
        "photos/2024/panorama/東京タワー.tif",
        13 * TENTH_OF_GIB,
        1024,
    ),
    ("backup.tar", 11 * TENTH_OF_GIB, 321),
    (
        ".local/share/containers/storage/overlay/9f3c/diff/layer.img",
        10 * TENTH_OF_GIB,
        1,
    ),
    (
        "work/servo/target/debug/servoshell",
        9636 * TENTH_OF_MIB,
        23,
    ),
    ("work/linux/vmlinux.o", 9236 * TENTH_OF_MIB, 3),
    ("work/llvm/build/bin/opt", 8919 * TENTH_OF_MIB, 0),
    ("videos/cut/wedding/part-2.mkv", 6554 * TENTH_OF_MIB, 1288),
    (
        "work/evil\x1b[2J\u{202e}gpj.sh",
        6110 * TENTH_OF_MIB,
        20_778,
    ),
    (
        ".cache/pip/http-v2/f/0/torch-2.9.0-cp313-manylinux.whl",
        5140 * TENTH_OF_MIB,
        20,
    ),
    (
        "work/customer-data-2019-11-30-export-final-v2.tar.zst",
        4029 * TENTH_OF_MIB,
        2549,
    ),
    ("music/2031-05-01-tomorrow.flac", 12 * KIB, -1621),
    (".profile", 4 * KIB, 4018),
];

/// Files by the hundred: directory, ending, how many, size of the largest, days before the scan of
/// the oldest. The others are smaller and younger.
const MANY: [(&str, &str, u64, u64, i64); 18] = [
    ("photos/2019", ".NEF", 310, 420 * TENTH_OF_MIB, 2700),
    ("photos/2021", ".nef", 220, 400 * TENTH_OF_MIB, 1900),
    ("photos/2022", ".jpg", 480, 91 * TENTH_OF_MIB, 1500),
    ("photos/2020", ".jpg", 260, 88 * TENTH_OF_MIB, 2300),
    ("work/llvm/build/lib", ".o", 900, 190 * TENTH_OF_MIB, 40),
    ("work/llvm/test", ".ll", 700, 96 * KIB, 900),
    ("work/linux/drivers", ".c", 640, 180 * KIB, 120),
    ("work/linux/drivers", ".o", 410, 60 * TENTH_OF_MIB, 6),
    ("work/linux/.git/objects", "", 320, 30 * TENTH_OF_MIB, 700),
    (
        "work/servo/target/debug/deps",
        ".rlib",
        180,
        310 * TENTH_OF_MIB,
        30,
    ),
    ("work/servo/target/debug/deps", ".rs", 260, 80 * KIB, 30),
    (".cache/thumbnails/large", ".png", 2048, 190 * KIB, 200),
    (".local/share/Steam", ".pak", 24, 1800 * TENTH_OF_MIB, 800),
    (".local/share/Steam", ".so", 48, 210 * TENTH_OF_MIB, 800),
    ("music/albums", ".flac", 130, 360 * TENTH_OF_MIB, 3900),
    (".cargo/registry/src", ".rs", 520, 70 * KIB, 400),
    ("documents/letters", ".odt", 210, 260 * KIB, 4300),
    ("downloads", ".zip", 9, 120 * TENTH_OF_MIB, 300),
];

/// An ending of its own for each of so many small files.
const ODD_ENDINGS: usize = 212;

impl Story {
    /// The scan as it is at 0:07.
    pub fn of_files(size: (u16, u16), signs: Signs) -> Self {
        let mut story = Self::new(settings(&["/home/ada"], signs), 16, size);
        story.tell(Message::FileSystem(FileSystem {
            size: 4769 * TENTH_OF_GIB,
            used: 3427 * TENTH_OF_GIB,
            free: 1342 * TENTH_OF_GIB,
        }));
        let root = story.found(DirId::TOP, &[b"/home/ada"]);
        story.paths.insert(".".to_owned(), root);
        for (path, size, days) in FILES {
            let (dir, name) = path.rsplit_once('/').unwrap_or((".", path));
            story.put(dir, &[(name.to_owned(), size, days)]);
        }
        for (dir, ending, count, size, days) in MANY {
            let files: Vec<(String, u64, i64)> = (0..count)
                .map(|number| {
                    let smaller = size * (count - number) * (count - number) / (count * count);
                    let younger = days * (count - number) as i64 / count as i64;
                    (format!("{number:04}{ending}"), smaller, younger)
                })
                .collect();
            story.put(dir, &files);
        }
        let odd: Vec<(String, u64, i64)> = (0..ODD_ENDINGS)
            .map(|number| (format!("note.{number:03}x"), number as u64 * 7 * KIB, 50))
            .collect();
        story.put("documents/odd", &odd);
        let paths: Vec<DirId> = story.paths.values().copied().collect();
        for dir in paths {
            story.opened(dir);
            story.read(dir);
        }
        let (queued, stuck) = (story.dir("games"), story.dir("mnt/nas/archive"));
        assert_ne!(queued, stuck);
        story.fail("secret", Call::Opendir, 13);
        let large = story.dir(".cache/thumbnails/large");
        story.fail_again(large, Call::Readdir, 5);
        story.say(STALLED, vec![Event::Entered { dir: stuck }]);
        story.gauges[STALLED] = Reading::new(1, Some(Call::Opendir));
        story.clock(2_000);
        story.clock(7_000);
        story.resize(size.0, size.1);
        story
    }

    /// What was still missing is read, and the workers leave.
    pub fn complete_files(&mut self) {
        let (games, stuck) = (self.dir("games"), self.dir("mnt/nas/archive"));
        self.opened(games);
        self.read(games);
        self.fail_again(stuck, Call::Opendir, 110);
        self.clock(12_000);
        (0..16).for_each(|worker| self.say(worker, vec![Event::Left]));
        self.gone(Vec::new());
        self.clock(14_000);
    }

    /// Lets what is derived come to its end, which takes less than a second.
    pub fn settle(&mut self) {
        let now = self.model.now.as_millis() as u64;
        for step in 1..=9 {
            self.clock(now + 100 * step);
        }
        self.clock(now);
    }

    fn put(&mut self, dir: &str, files: &[(String, u64, i64)]) {
        let dir = self.dir(dir);
        for files in files.chunks(1024) {
            let mut packer = Packer::default();
            for (name, size, days) in files {
                let metadata = Metadata {
                    modified: BEGUN - days * DAY,
                    ..metadata(Kind::File, *size)
                };
                packer.add(name.as_bytes(), &metadata);
            }
            self.block(0, dir, packer.finish());
        }
    }
}
