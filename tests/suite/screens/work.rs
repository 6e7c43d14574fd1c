//! `/home/ada/work`, read to its end: with times, hard links across directories, a sparse file and
//! names that try to do harm.

use spelunk::{
    format::Signs,
    scan::{
        dir::{DirId, Identity},
        event::{Block, Event},
    },
    tree::block::{Kind, Metadata, Packer},
};

use super::story::{Story, metadata, settings};

const GIB: u64 = 1 << 30;
const MIB: u64 = 1 << 20;
/// 2026-08-02 14:05:31.
const AUGUST: i64 = 1_785_679_531;
const DAY: i64 = 24 * 60 * 60;

/// A directory: name, megabytes in files of its own, how many of these.
const DIRECTORIES: [(&str, u64, u64); 11] = [
    ("llvm", 93_491, 702_114),
    ("linux", 32_870, 251_959),
    ("servo", 17_695, 141_006),
    ("chromium-patches", 11_980, 64_120),
    ("images", 819, 1_903),
    ("images-old", 409, 1_876),
    ("spelunk", 4_300, 38_110),
    ("talks", 1_945, 2_210),
    ("写真とビデオ", 988, 812),
    (".git", 120, 940),
    (".cache", 33, 12),
];

/// A file with several names, as the kernel tells of it.
fn linked(inode: u64, disk: u64, apparent: u64, links: u64) -> Metadata {
    Metadata {
        disk,
        apparent,
        modified: AUGUST,
        identity: Identity { device: 1, inode },
        links,
        ..metadata(Kind::File, 0)
    }
}

/// Files of `dir` with their names.
fn put(story: &mut Story, dir: DirId, files: &[(&[u8], Metadata)]) {
    let mut packer = Packer::default();
    let links = files
        .iter()
        .filter_map(|(name, metadata)| packer.add(name, metadata))
        .collect();
    let block = Block {
        dir,
        files: packer.finish(),
        links,
    };
    story.say(0, vec![Event::Block(block)]);
}

/// The scan of it, which is complete.
pub(super) fn work(size: (u16, u16), signs: Signs) -> Story {
    let mut story = Story::new(settings(&["/home/ada/work"], signs), 2, size);
    let root = story.found(DirId::TOP, &[b"/home/ada/work"]);
    story.opened(root);
    let names: Vec<&[u8]> = DIRECTORIES.iter().map(|entry| entry.0.as_bytes()).collect();
    let first = story.found(root, &names);
    let core = linked(8_412_331, 3_328_598_016, 8 * GIB, 2);
    let layer = linked(100, 7270 * MIB, 7270 * MIB, 2);
    for (number, (name, megabytes, files)) in DIRECTORIES.into_iter().enumerate() {
        let dir = DirId(first.0 + number as u32);
        let own = Metadata {
            modified: AUGUST + number as i64 * 9 * DAY,
            ..metadata(Kind::Directory, 4096)
        };
        let opened = Event::Opened { dir, metadata: own };
        story.say(0, vec![Event::Entered { dir }, opened]);
        story.files(0, dir, files, megabytes * MIB);
        match name {
            "servo" => put(&mut story, dir, &[(b"core.old", core)]),
            "images" | "images-old" => put(&mut story, dir, &[(b"layer.img", layer)]),
            _ => {}
        }
        story.read(dir);
    }
    let at = |bytes, days| Metadata {
        modified: AUGUST - days * DAY,
        ..metadata(Kind::File, bytes)
    };
    let latest = Metadata {
        kind: Kind::Symlink,
        ..at(0, 1)
    };
    put(
        &mut story,
        root,
        &[
            (b"core.48213", core),
            ("evil\x1b[2J\u{202e}gpj.sh".as_bytes(), at(611 * MIB, 400)),
            (
                b"customer-data-2019-q3-final-v2.tar.zst",
                at(403 * MIB, 2600),
            ),
            (b"latest", latest),
        ],
    );
    story.say(
        0,
        vec![
            Event::Listed {
                dir: root,
                slices: 0,
            },
            Event::Left,
        ],
    );
    story.clock(3_000);
    story.gone(Vec::new());
    story
}
