//! Small files that were folded to save memory.

use spelunk::{
    format::Signs::Unicode,
    scan::{dir::DirId, event::Event},
    tree::block::{Kind, Packer},
    ui::{model::Settings, update::Message},
};

use super::{
    NARROW, USUAL, WIDE, check,
    story::{KIB, Story, metadata, settings},
};

/// Nothing known yet of a scan that may take so many bytes.
fn with_memory(size: (u16, u16), memory: u64) -> Story {
    let settings = Settings {
        memory: Some(memory),
        ..settings(&["/home/ada"], Unicode)
    };
    Story::new(settings, 1, size)
}

/// A scan of some photos and a film, and of another directory with enough files to fill the log
/// behind them, so that the photos are folded.
fn photos(size: (u16, u16), memory: u64) -> Story {
    let mut story = with_memory(size, memory);
    let root = story.found(DirId::TOP, &[b"/home/ada"]);
    let photos = story.found(root, &[b"photos", b"work"]);
    let work = DirId(photos.0 + 1);
    for dir in [root, photos, work] {
        story.opened(dir);
    }
    let mut packer = Packer::default();
    for (dir, files, large) in [(photos, 900, 9_000 * KIB), (work, 2_500, 3 * KIB)] {
        for number in 0..files {
            let name = format!("{}-{number}.jpg", "a-name-".repeat(6));
            packer.add(name.as_bytes(), &metadata(Kind::File, 4 * KIB));
        }
        packer.add(b"film.mkv", &metadata(Kind::File, large));
        story.block(0, dir, packer.finish());
    }
    for dir in [photos, work] {
        story.read(dir);
    }
    story.clock(3_000);
    story
}

fn complete(mut story: Story) -> Story {
    story.read(DirId(1));
    story.say(0, vec![Event::Left]);
    story.gone(Vec::new());
    story.clock(4_000);
    story
}

#[test]
fn what_is_folded_is_said_in_the_header_and_in_views() {
    for size in [WIDE, USUAL, NARROW] {
        let mut story = photos(size, 160 * KIB);
        check("folded_scanning", &story);
        story = complete(story);
        story.press('l');
        story.tell(Message::Drained);
        story.clock(5_000);
        check("folded", &story);
        story.press('4');
        story.clock(6_000);
        check("folded_types", &story);
    }
}

#[test]
fn where_folding_is_not_enough_it_is_said_how_much_is_needed() {
    for size in [USUAL, NARROW] {
        check("folded_too_much", &complete(photos(size, 100 * KIB)));
    }
    let mut story = with_memory(USUAL, 0);
    let root = story.found(DirId::TOP, &[b"/home/ada"]);
    story.opened(root);
    check("folded_nothing", &complete(story));
}
