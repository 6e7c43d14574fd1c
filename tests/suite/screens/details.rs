//! The details of what is selected, at all sizes and places.

use std::io;

use spelunk::{
    format::Signs::{Ascii, Unicode},
    inquiry::{Answer, Facts, FileSystem, MountPlace, Mounted, Names, Said},
    tree::block::Kind,
    ui::update::Message,
};

use super::{NARROW, USUAL, WIDE, check, exploring, story::Story, work::work};

const GIB: u64 = 1 << 30;

/// What the system says of `core.48213`.
pub(super) fn facts() -> Facts {
    Facts {
        kind: Kind::File,
        mode: 0o600,
        user: 1000,
        group: 1000,
        apparent: 8 * GIB,
        changed: 1_785_679_540,
        accessed: 1_790_000_000,
        inode: 8_412_331,
        links: 2,
        device: (259, 2),
    }
}

fn mounted() -> Mounted {
    let tenths = |tenths| tenths * GIB / 10;
    Mounted {
        place: Some(MountPlace {
            kind: b"ext4".to_vec(),
            point: "/home".into(),
        }),
        size: FileSystem {
            size: tenths(4769),
            used: tenths(3427),
            free: tenths(1342),
        },
    }
}

fn names() -> Names {
    Names {
        user: Some("ada".into()),
        group: Some("ada".into()),
    }
}

/// The system answers what was asked last.
fn hear(story: &mut Story, said: impl IntoIterator<Item = Said>) {
    let number = story.model.question().expect("something was asked").number;
    for said in said {
        story.tell(Message::Answer(Answer { number, said }));
    }
}

fn select(story: &mut Story, name: &str) {
    for _ in 0..50 {
        let selected = story.model.browser.selected();
        if selected.is_some_and(|row| row.name == name) {
            return;
        }
        story.press('j');
    }
    panic!("there is no {name}");
}

#[test]
fn of_a_file_with_another_name() {
    for (size, signs) in [
        (WIDE, Unicode),
        (USUAL, Unicode),
        (NARROW, Unicode),
        (USUAL, Ascii),
    ] {
        let mut story = work(size, signs);
        select(&mut story, "core.48213");
        story.press('i');
        story.clock(4_000);
        let sign = if signs == Ascii { "ascii_" } else { "" };
        if signs == Unicode {
            check("details_being_read", &story);
        }
        let answers = [
            Said::Facts(Ok(facts())),
            Said::Mounted(Ok(mounted())),
            Said::Names(names()),
        ];
        hear(&mut story, answers);
        check(&format!("{sign}details"), &story);
    }
}

#[test]
fn of_a_directory_during_a_scan() {
    for size in [WIDE, USUAL, NARROW] {
        let mut story = exploring(size, Unicode);
        story.press('i');
        story.clock(7_000);
        let facts = Facts {
            kind: Kind::Directory,
            mode: 0o755,
            ..facts()
        };
        hear(
            &mut story,
            [Said::Facts(Ok(facts)), Said::Mounted(Ok(mounted()))],
        );
        check("details_scanning", &story);
    }
}

#[test]
fn in_every_view() {
    for size in [WIDE, USUAL] {
        let mut story = Story::of_files(size, Unicode);
        story.complete_files();
        story.press('i');
        for view in ['2', '3', '4', '5', '6'] {
            story.press(view);
            story.settle();
            let said = [Said::Facts(Err(io::Error::from_raw_os_error(2)))];
            hear(&mut story, said);
            check(&format!("details_view_{view}"), &story);
        }
    }
}
