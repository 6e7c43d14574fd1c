//! Every screen as text, compared with the pictures beside this file; what each cell means; and
//! that no size and no name breaks a screen.

mod columns;
mod details;
mod find;
mod folded;
mod hostile;
mod story;
mod work;

use std::{collections::HashMap, time::Duration};

use proptest::prelude::*;
use ratatui::{
    Terminal,
    backend::TestBackend,
    buffer::{Buffer, Cell},
    style::{Color, Modifier, Style},
};
use spelunk::{
    config::Config,
    escape,
    format::Signs::{self, Ascii, Unicode},
    progress::{Basis, Estimate},
    scan::{
        Part,
        dir::DirId,
        event::{Event, Failure},
        gauge::{Call, Reading},
    },
    state::rescans::Rescan,
    tree::block::{Kind, Packer},
    ui::{
        keymap::{Keymap, LINES},
        model::{Model, Privileges, View},
        theme::{Role, Theme},
        update::Message,
        view,
    },
};
use story::{KIB, Story, metadata, settings};
use unicode_width::UnicodeWidthStr as _;

const WIDE: (u16, u16) = (120, 40);
const USUAL: (u16, u16) = (80, 24);
const NARROW: (u16, u16) = (40, 12);
fn drawn(model: &Model, theme: &Theme) -> Buffer {
    let backend = TestBackend::new(model.size.0, model.size.1);
    let mut terminal = Terminal::new(backend).expect("a buffer is always there");
    terminal
        .draw(|frame| view::draw(frame, model, theme))
        .expect("a buffer takes everything");
    terminal.backend().buffer().clone()
}

/// The lines of a screen, without the blanks at their ends.
fn lines(buffer: &Buffer) -> Vec<String> {
    let columns = buffer.area.width.into();
    let line = |cells: &[Cell]| {
        let mut text = String::new();
        let mut column = 0;
        while column < columns {
            let symbol = cells[column].symbol();
            text.push_str(symbol);
            column += symbol.width().max(1);
        }
        text.trim_end().to_owned()
    };
    if columns == 0 {
        Vec::new()
    } else {
        buffer.content().chunks(columns).map(line).collect()
    }
}

fn compare(name: &str, content: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("screens");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, content));
}

/// Compares the screen with the picture `name`; its size is added to the name.
fn check(name: &str, story: &Story) {
    let (columns, lines_of_screen) = story.model.size;
    let text = lines(&drawn(&story.model, &Theme::dark())).join("\n");
    compare(&format!("{name}_{columns}x{lines_of_screen}"), &text);
}

fn scanning(size: (u16, u16)) -> Story {
    Story::at_seven_seconds(size, Unicode)
}

/// As most pictures have it: the fourth row is selected, the workers are one line.
fn exploring(size: (u16, u16), signs: Signs) -> Story {
    let mut story = Story::at_seven_seconds(size, signs);
    if size.1 >= 16 {
        story.press('w');
    }
    (0..3).for_each(|_| story.press('j'));
    story
}

#[test]
fn scanning_with_workers_in_every_form() {
    for size in [WIDE, USUAL] {
        let mut story = scanning(size);
        check("scanning_full", &story);
        story.press('w');
        check("scanning_line", &story);
        story.press('w');
        check("scanning_off", &story);
    }
    check("scanning", &exploring(NARROW, Unicode));
}

#[test]
fn the_end_of_the_list() {
    let mut story = exploring(NARROW, Unicode);
    story.press('G');
    (0..4).for_each(|_| story.press('k'));
    check("scanning_end", &story);
}

#[test]
fn stopping() {
    for size in [WIDE, USUAL, NARROW] {
        let mut story = exploring(size, Unicode);
        story.press('q');
        story.most_leave();
        // Whoever leaves sees what has become of it a frame later.
        story.clock(7_040);
        check("leaving", &story);
        story.press_escape();
        check("stopping", &story);
        if size.1 >= 16 {
            story.press('w');
            story.press('w');
            check("stopping_full", &story);
        }
    }
}

#[test]
fn stopped() {
    for size in [WIDE, USUAL, NARROW] {
        let mut story = exploring(size, Unicode);
        story.press_escape();
        story.all_leave();
        check("stopped", &story);
    }
}

/// `llvm` in `/home/ada/work` is read again.
fn reading_again(size: (u16, u16), signs: Signs) -> Story {
    let mut story = work::work(size, signs);
    story.press('r');
    let of = DirId(2);
    let anew = DirId(100);
    story.tell(Message::Rescanned(vec![Rescan { of, anew }]));
    story.tell(Message::WentOn(Ok(Part::Only(vec![anew]))));
    story.opened(anew);
    story.clock(3_500);
    story.files(1, anew, 120_000, 1 << 34);
    story.clock(4_000);
    story.files(0, anew, 100_000, 1 << 34);
    story.clock(4_600);
    story
}

#[test]
fn a_directory_is_read_again() {
    for size in [WIDE, USUAL, NARROW] {
        let mut story = reading_again(size, Unicode);
        check("rescan", &story);
        story.files(0, DirId(100), 1_000, 1 << 36);
        story.read(DirId(100));
        story.clock(5_000);
        story.gone(Vec::new());
        check("rescan_done", &story);
    }
    let mut story = reading_again(USUAL, Ascii);
    check("ascii_rescan", &story);
    story.press_escape();
    story.gone(Vec::new());
    check("ascii_rescan_stopped", &story);
}

#[test]
fn complete_with_exceptions() {
    for size in [WIDE, USUAL, NARROW] {
        let mut story = scanning(size);
        story.complete();
        check("complete", &story);
    }
}

#[test]
fn failed() {
    for size in [WIDE, USUAL, NARROW] {
        let mut story = scanning(size);
        story.say(
            4,
            vec![Event::Panicked {
                dir: None,
                message: "attempt to add with overflow".into(),
            }],
        );
        story.all_leave();
        check("failed", &story);
    }
}

#[test]
fn a_question_covers_the_last_row() {
    let mut story = scanning(USUAL);
    story.complete();
    story.press('q');
    check("asked", &story);
}

#[test]
fn an_empty_directory() {
    for size in [USUAL, NARROW] {
        let mut story = scanning(size);
        story.complete();
        story.press('n');
        for (row, opened) in [(7, "documents/"), (0, "drafts/")] {
            (0..row).for_each(|_| story.press('j'));
            let selected = story.model.browser.selected().expect("there are rows");
            assert_eq!(format!("{}/", selected.name), opened);
            story.press('l');
        }
        story.press('s');
        story.press('s');
        story.press('s');
        check("empty", &story);
    }
}

#[test]
fn a_root_that_cannot_be_read() {
    for size in [USUAL, NARROW] {
        let mut story = Story::new(settings(&["/root/private"], Unicode), 16, size);
        let root = story.found(DirId::TOP, &[b"/root/private"]);
        story.opened(root);
        let cause = std::io::Error::from_raw_os_error(13);
        let failure = Failure {
            dir: root,
            entry: None,
            call: Call::Opendir,
            cause,
        };
        let listed = Event::Listed {
            dir: root,
            slices: 0,
        };
        story.say(0, vec![Event::Failed(failure), listed, Event::Left]);
        story.gone(Vec::new());
        check("unreadable", &story);
    }
}

#[test]
fn the_first_frame() {
    for size in [WIDE, USUAL, NARROW] {
        let mut story = Story::new(settings(&["/home/ada"], Unicode), 16, size);
        let root = story.found(DirId::TOP, &[b"/home/ada"]);
        story.opened(root);
        story.clock(0);
        check("first", &story);
    }
}

#[test]
fn several_roots() {
    let mut story = Story::new(
        settings(&["/home/ada/work", "/srv/archive"], Unicode),
        16,
        USUAL,
    );
    let first = story.found(DirId::TOP, &[b"/home/ada/work", b"/srv/archive"]);
    for (number, files, bytes) in [(0, 498_210, 76_450_000_000), (1, 33_190, 18_468_000_000)] {
        let root = DirId(first.0 + number);
        story.say(number as usize, vec![Event::Entered { dir: root }]);
        story.files(number as usize, root, files, bytes);
    }
    story.clock(3000);
    story.press('w');
    check("several_roots", &story);
}

#[test]
fn what_is_shown_of_a_range() {
    for (size, signs) in [
        (WIDE, Unicode),
        (USUAL, Unicode),
        (NARROW, Unicode),
        (USUAL, Ascii),
    ] {
        let mut story = exploring(size, signs);
        story.model.progress = Some(Estimate {
            low: 0.2,
            high: 0.6,
            basis: Basis::Tree,
        });
        story.model.left = None;
        check(
            if signs == Ascii {
                "ascii_range"
            } else {
                "range"
            },
            &story,
        );
    }
}

#[test]
fn what_is_shown_without_any_basis() {
    for size in [WIDE, USUAL, NARROW] {
        let mut story = exploring(size, Unicode);
        (story.model.progress, story.model.left) = (None, None);
        check("counting", &story);
    }
}

#[test]
fn a_stalled_root_and_nothing_else() {
    let mut story = Story::new(settings(&["/net/gone"], Unicode), 2, USUAL);
    let root = story.found(DirId::TOP, &[b"/net/gone"]);
    story.say(0, vec![Event::Entered { dir: root }]);
    let gauges = vec![Reading::new(1, Some(Call::Opendir)), Reading::default()];
    for seconds in [0, 3] {
        let now = Duration::from_secs(seconds);
        story.tell(Message::Clock {
            now,
            gauges: gauges.clone(),
        });
    }
    story.resize(80, 24);
    check("stalled_root", &story);
}

/// The six views, the rows of the directory last.
const TURN: [View; 6] = [
    View::Map,
    View::Largest,
    View::Types,
    View::Ages,
    View::Problems,
    View::Browse,
];

/// Shows a view with all that is to be in it. Its name.
fn show(story: &mut Story, view: View) -> String {
    story.press(char::from_digit(view.number() as u32, 10).expect("six views"));
    // The rows of a directory are there at once.
    if view != View::Browse {
        story.settle();
    }
    view.word().to_lowercase()
}

#[test]
fn the_views() {
    for (signs, sign) in [(Unicode, ""), (Ascii, "ascii_")] {
        for size in [WIDE, USUAL, NARROW] {
            let mut story = Story::of_files(size, signs);
            if size.1 >= 16 {
                story.press('w');
            }
            for view in TURN {
                check(&format!("{sign}view_{}", show(&mut story, view)), &story);
            }
            story.complete_files();
            for view in TURN {
                let name = show(&mut story, view);
                check(&format!("{sign}view_{name}_complete"), &story);
            }
        }
    }
}

#[test]
fn plain_ascii() {
    check("ascii", &exploring(USUAL, Ascii));
    let mut story = exploring(USUAL, Ascii);
    story.press('?');
    check("ascii_help", &story);
    story.press('?');
    story.press_escape();
    story.all_leave();
    check("ascii_stopped", &story);
}

#[test]
fn the_help() {
    for size in [WIDE, USUAL, NARROW] {
        let mut story = scanning(size);
        story.press('?');
        check("help", &story);
        story.press('G');
        check("help_end", &story);
    }
}

/// How often each word is among these.
fn words<'a>(texts: impl Iterator<Item = &'a str>) -> HashMap<&'a str, usize> {
    let mut words = HashMap::new();
    for word in texts.flat_map(str::split_whitespace) {
        *words.entry(word).or_default() += 1;
    }
    words
}

#[test]
fn nothing_in_the_help_is_cut_at_any_width() {
    let mut story = scanning(USUAL);
    story.press('?');
    for columns in 20..130 {
        story.resize(columns, 200);
        let lines = lines(&drawn(&story.model, &Theme::dark()));
        let shown = words(lines.iter().map(String::as_str));
        for (word, count) in words(LINES.iter().map(|line| line.does)) {
            assert!(
                shown.get(word).is_some_and(|shown| *shown >= count),
                "{word} at {columns} columns:\n{}",
                lines.join("\n")
            );
        }
    }
    for (columns, lines) in [(24, 6), (40, 12)] {
        story.resize(columns, lines);
        check("help_small", &story);
    }
}

#[test]
fn problems_name_what_was_skipped() {
    for size in [WIDE, USUAL, NARROW] {
        let mut story = exploring(size, Unicode);
        story.skip("games");
        story.press('6');
        story.press('G');
        story.settle();
        check("problems_skipped", &story);
    }
}

#[test]
fn who_is_root_is_told() {
    for size in [WIDE, USUAL, (30, 20)] {
        let mut story = exploring(size, Unicode);
        story.model.settings.privileges = Privileges::Root;
        check("as_root", &story);
    }
}

#[test]
fn views_have_the_keys_of_the_settings() {
    let mut config = Config::default();
    let own = "keys.browse = ['F5']\nkeys.types = []\nkeys.ages = ['z']";
    config.read("config.toml", own).expect("no mistake");
    let mut story = exploring(USUAL, Unicode);
    story.model.settings.keys = Keymap::of(&config.keys).expect("no mistake");
    for columns in [80, 45] {
        story.resize(columns, 24);
        check("rebound", &story);
    }
}

#[test]
fn small_screens() {
    let mut story = exploring(USUAL, Unicode);
    for (columns, lines) in [
        (80, 13),
        (60, 16),
        (70, 20),
        (30, 20),
        (24, 6),
        (80, 8),
        (40, 4),
        (24, 1),
        (19, 30),
    ] {
        story.resize(columns, lines);
        check("small", &story);
    }
}

/// Each role in a style of its own, whatever the real themes give them.
fn roles() -> Theme {
    let styles = [
        "default",
        "dim",
        "white",
        "red",
        "green",
        "yellow",
        "blue",
        "magenta",
        "cyan",
        "bright red",
        "bright green",
        "bright yellow",
        "bright blue",
        "reverse",
        "underline white",
        "underline red",
        "underline green",
        "underline yellow",
        "underline blue",
        "underline magenta",
        "underline cyan",
    ];
    let section: Vec<String> = Role::ALL
        .iter()
        .zip(styles)
        .map(|(role, style)| format!("{} = \"{style}\"", role.word()))
        .collect();
    let section = section.join("\n");
    let mut config = Config::default();
    let read = config.read("roles.toml", &format!("[colors.dark]\n{section}\n"));
    read.expect("this is a theme");
    Theme::of(&config.dark).expect("this is a theme")
}

/// One letter for each cell, by what `letter` says of its style; blanks count only where they are
/// reversed.
fn map(buffer: &Buffer, letter: impl Fn(Style) -> char) -> String {
    let cell = |cell: &Cell| {
        let style = cell.style();
        let is_seen = cell.symbol() != " " || style.add_modifier.contains(Modifier::REVERSED);
        if is_seen { letter(style) } else { '.' }
    };
    let lines: Vec<String> = buffer
        .content()
        .chunks(buffer.area.width.into())
        .map(|cells| cells.iter().map(cell).collect())
        .collect();
    lines.join("\n")
}

/// One letter for each cell of a screen, by its role.
fn meanings(model: &Model) -> String {
    let theme = roles();
    let seen = |style: Style| {
        (
            style.fg.filter(|colour| *colour != Color::Reset),
            style.add_modifier,
        )
    };
    let letters = [
        '.', 'd', 'b', 'k', 'n', 'l', 'g', 'w', 'e', 'h', 'm', 'f', 'p', 'S', '1', '2', '3', '4',
        '5', '6', '7',
    ];
    let letter = |style: Style| {
        let role = Role::ALL
            .into_iter()
            .position(|role| seen(theme.style(role)) == seen(style));
        // Inside the selected row a role keeps its attributes.
        role.map_or('S', |role| letters[role])
    };
    map(&drawn(model, &theme), letter)
}

#[test]
fn what_each_cell_means() {
    compare("roles_80x24", &meanings(&exploring(USUAL, Unicode).model));
    for size in [WIDE, USUAL, NARROW] {
        let (columns, lines) = size;
        let mut story = Story::of_files(size, Unicode);
        if lines >= 16 {
            story.press('w');
        }
        for view in TURN {
            let name = show(&mut story, view);
            let picture = format!("roles_view_{name}_{columns}x{lines}");
            compare(&picture, &meanings(&story.model));
        }
        story.complete_files();
        for view in TURN {
            let name = show(&mut story, view);
            let picture = format!("roles_view_{name}_complete_{columns}x{lines}");
            compare(&picture, &meanings(&story.model));
        }
    }
    let mut story = Story::of_files(USUAL, Unicode);
    story.press('w');
    story.press('2');
    story.settle();
    story.press('m');
    compare("roles_view_map_by_age_80x24", &meanings(&story.model));
}

#[test]
fn what_is_left_without_colour() {
    let story = exploring(USUAL, Unicode);
    let buffer = drawn(&story.model, &Theme::dark().without_colour());
    assert!(
        buffer
            .content()
            .iter()
            .all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset)
    );
    let letter = |style: Style| match style.add_modifier {
        modifier if modifier.contains(Modifier::REVERSED) => 'r',
        modifier if modifier.contains(Modifier::BOLD) => 'b',
        modifier if modifier.contains(Modifier::DIM) => 'd',
        _ => '.',
    };
    compare("attributes_80x24", &map(&buffer, letter));
}

/// A small scan with everything in it that takes room: a stalled worker, wide names, all states.
fn small_story(size: (u16, u16)) -> Story {
    let mut story = Story::new(
        settings(&["/home/ada/写真/and/a/long/path"], Unicode),
        5,
        size,
    );
    let root = story.found(DirId::TOP, &["/home/ada/写真/and/a/long/path".as_bytes()]);
    story.say(0, vec![Event::Entered { dir: root }]);
    let names: [&[u8]; 4] = [
        b"read",
        b"queued",
        "写真とビデオ".as_bytes(),
        b"\x1b[2J\xff",
    ];
    let first = story.found(root, &names);
    story.read(first);
    story.say(
        1,
        vec![Event::Entered {
            dir: DirId(first.0 + 2),
        }],
    );
    let mut packer = Packer::default();
    for number in 0..200 {
        packer.add(
            format!("file-{number}-with-a-long-name.tar.zst").as_bytes(),
            &metadata(Kind::File, number * KIB),
        );
    }
    story.block(0, root, packer.finish());
    story.clock(100);
    let gauges = vec![Reading::new(1, Some(Call::Opendir)); 2];
    for seconds in [1, 8] {
        let now = Duration::from_secs(seconds);
        story.tell(Message::Clock {
            now,
            gauges: gauges.clone(),
        });
    }
    story
}

#[test]
fn no_size_is_too_small_or_too_large() {
    type Step = fn(&mut Story);
    let steps: [Step; 8] = [
        |_| {},
        |story| story.press('w'),
        |story| story.press('w'),
        |story| story.press('w'),
        |story| story.press('?'),
        |story| story.press('?'),
        |story| story.press('q'),
        |story| story.gone(Vec::new()),
    ];
    let mut story = small_story(USUAL);
    let theme = Theme::dark();
    for step in steps {
        step(&mut story);
        let sizes = (0..=60).flat_map(|columns| (0..=40).map(move |lines| (columns, lines)));
        for (columns, lines) in sizes.chain([
            (300, 100),
            (u16::MAX, 1),
            (u16::MAX, 4),
            (1, u16::MAX),
            (20, 2000),
        ]) {
            story.resize(columns, lines);
            drawn(&story.model, &theme);
        }
    }
}

#[test]
fn no_size_is_too_small_for_a_view() {
    let mut story = Story::of_files(USUAL, Unicode);
    let theme = Theme::dark();
    for view in View::ALL {
        story.press(char::from_digit(view.number() as u32, 10).expect("six views"));
        story.settle();
        for columns in (0..=90).step_by(3) {
            for lines in 0..=30 {
                story.resize(columns, lines);
                drawn(&story.model, &theme);
            }
        }
        story.resize(300, 100);
        drawn(&story.model, &theme);
    }
}

proptest! {
    #[test]
    fn names_move_nothing(
        names in prop::collection::btree_set(prop::collection::vec(any::<u8>(), 1..60), 1..12),
        size in prop::sample::select(vec![WIDE, USUAL, (60, 16), NARROW]),
    ) {
        let names: Vec<&[u8]> = names.iter().map(Vec::as_slice).filter(|name| !name.contains(&b'/')).collect();
        let mut story = Story::new(settings(&["/r"], Unicode), 2, size);
        let root = story.found(DirId::TOP, &[b"/r"]);
        story.say(0, vec![Event::Entered { dir: root }]);
        let first = story.found(root, &names);
        (0..names.len() as u32).for_each(|number| story.read(DirId(first.0 + number)));
        story.clock(100);
        story.press('n');
        let buffer = drawn(&story.model, &Theme::dark());
        for cell in buffer.content() {
            let symbol = cell.symbol();
            prop_assert!(symbol.width() > 0 && !symbol.chars().any(char::is_control), "{symbol:?}");
        }
        let shown = lines(&buffer);
        for row in story.model.browser.rows().iter().filter(|row| row.state.is_some()) {
            let bytes = escape::unescape(&row.name).expect("names are escaped");
            prop_assert!(names.contains(&bytes.as_slice()));
        }
        if size.0 >= 56 {
            let words = shown.iter().filter(|line| line.ends_with(" complete"));
            prop_assert!(words.clone().all(|line| line.width() == usize::from(size.0) - 1));
            prop_assert_eq!(words.count(), story.model.browser.rows().iter().filter(|row| row.state.is_some()).count());
        }
    }
}
