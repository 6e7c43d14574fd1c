//! Random names, as hostile as they can be, on every screen: only what the interface writes itself
//! reaches the terminal, and nothing is where it would not be with tame names.

use std::{
    collections::BTreeSet,
    io::{self, Write as _},
    num::NonZero,
};

use crossterm::event::KeyCode;
use proptest::{
    collection::vec, prelude::*, sample::select, strategy::ValueTree as _, test_runner::TestRunner,
};
use ratatui::{
    Terminal, TerminalOptions, Viewport,
    backend::CrosstermBackend,
    buffer::{Buffer, Cell},
    layout::Rect,
};
use spelunk::{
    config::Call as Calling,
    escape,
    format::Signs::Unicode,
    inquiry::{Answer, FileSystem, MountPlace, Mounted, Names, Said},
    scan::{
        Abandoned,
        dir::DirId,
        event::{Event, Failure, WorkerId},
        gauge::{Call, Reading},
    },
    tree::block::{Kind, Packer},
    ui::{
        farewell::{Farewell, Left},
        keymap::Key,
        theme::Theme,
        update::Message,
        view,
        window::{Abilities, Window},
    },
};

use super::{
    USUAL, WIDE, lines,
    story::{KIB, Story, metadata, settings},
};
use crate::{checks::hostile::is_hostile, support::harmless::is_harmless};

/// Names in all, in one tree, and how many of these are directories.
const NAMES: usize = 100_000;
const IN_A_TREE: usize = 1_000;
const DIRS: usize = 200;
/// Room for all names of a tree at once.
const TALL: (u16, u16) = (100, IN_A_TREE as u16 + 40);
const WORKERS: usize = 8;

/// What names are put together from, besides any bytes and any characters.
const PIECES: [&[u8]; 40] = [
    b"\x1b[2J",
    b"\x1b[1;1H",
    b"\x1b]0;owned\x07",
    b"\x1b]52;c;aGk=\x07",
    b"\x1b]8;;http://x\x1b\\",
    b"\x1bP+q\x1b\\",
    b"\x1b",
    b"\n",
    b"\r",
    b"\t",
    b"\x08",
    b"\x07",
    b"\x0e",
    b"\x7f",
    b"\x9b31m",
    b"\xff",
    b"\xc3",
    b"\xed\xa0\x80",
    "\u{85}\u{9b}2J".as_bytes(),
    "\u{ad}".as_bytes(),
    "\u{202e}gpj.".as_bytes(),
    "\u{2066}\u{2069}".as_bytes(),
    "\u{200b}\u{200d}\u{feff}".as_bytes(),
    "\u{115f}\u{3164}\u{ffa0}".as_bytes(),
    "\u{e0041}\u{e0100}".as_bytes(),
    "\u{1d173}\u{fff9}".as_bytes(),
    "\u{e000}\u{378}\u{fdd0}".as_bytes(),
    "e\u{301}\u{302}".as_bytes(),
    "👩\u{200d}👩\u{200d}👧".as_bytes(),
    "👍\u{1f3fd}☺\u{fe0f}".as_bytes(),
    "🇩🇪🇫".as_bytes(),
    "写真".as_bytes(),
    "ｱﾞ한".as_bytes(),
    "שלום".as_bytes(),
    "لا".as_bytes(),
    "हिन्दी".as_bytes(),
    "│┌…".as_bytes(),
    b"\\x1b",
    b" ",
    b"a.txt",
];

fn names() -> impl Strategy<Value = Vec<u8>> {
    let pieces = vec(select(&PIECES[..]), 1..9).prop_map(|pieces| pieces.concat());
    let letters = vec(any::<char>(), 1..20).prop_map(|all| String::from_iter(all).into_bytes());
    let name = prop_oneof![
        4 => pieces,
        3 => vec(any::<u8>(), 1..30),
        2 => letters,
        1 => vec(any::<u8>(), 255),
    ];
    name.prop_map(|mut name| {
        name.truncate(255);
        // What no name has.
        name.iter_mut()
            .filter(|byte| matches!(byte, b'/' | 0))
            .for_each(|byte| *byte = b'\x1b');
        name
    })
}

/// A scan in the middle: a root of that name, and in it first directories, then files, each smaller
/// than the one before. One directory is read by each worker, the first has stalled; some failed,
/// and of every file something could not be read.
fn scan(root: &[u8], names: &[Vec<u8>]) -> Story {
    let shown = escape::name(root).into_owned();
    let mut story = Story::new(settings(&[&shown], Unicode), WORKERS, TALL);
    let top = story.found(DirId::TOP, &[root]);
    story.opened(top);
    let (dirs, files) = names.split_at(DIRS);
    let dirs: Vec<&[u8]> = dirs.iter().map(Vec::as_slice).collect();
    let first = story.found(top, &dirs);
    let size = |number: usize| (2 * IN_A_TREE - number) as u64 * KIB;
    for number in 0..DIRS {
        let dir = DirId(first.0 + number as u32);
        story.opened(dir);
        story.files(0, dir, 1, size(number));
        if number >= WORKERS {
            story.read(dir);
        }
    }
    let mut packer = Packer::default();
    for (number, name) in files.iter().enumerate() {
        packer.add(name, &metadata(Kind::File, size(DIRS + number)));
        let failure = Failure {
            dir: top,
            entry: Some(name.as_slice().into()),
            call: Call::Lstat,
            cause: io::Error::from_raw_os_error(13),
        };
        story.say(0, vec![Event::Failed(failure)]);
    }
    story.block(0, top, packer.finish());
    for worker in 0..WORKERS {
        let dir = DirId(first.0 + worker as u32);
        story.say(worker, vec![Event::Entered { dir }]);
    }
    let mut gauges = vec![Reading::default(); WORKERS];
    gauges[0] = Reading::new(1, Some(Call::Opendir));
    story.gauges = gauges;
    story.clock(100);
    story.clock(4_000);
    story
}

/// A screen as it is written to a terminal, and as it is meant.
struct Written {
    bytes: Vec<u8>,
    buffer: Buffer,
}

fn written(story: &Story) -> Written {
    let (columns, lines) = story.model.size;
    let options = TerminalOptions {
        viewport: Viewport::Fixed(Rect::new(0, 0, columns, lines)),
    };
    let mut bytes = Vec::new();
    let backend = CrosstermBackend::new(&mut bytes);
    let mut terminal = Terminal::with_options(backend, options).expect("memory is there");
    let frame = terminal.draw(|frame| view::draw(frame, &story.model, &Theme::dark()));
    let buffer = frame.expect("memory takes everything").buffer.clone();
    drop(terminal);
    Written { bytes, buffer }
}

/// Looks at the screen as it is now. A small one is shown by a terminal as well.
fn look(story: &Story) -> Buffer {
    let Written { bytes, buffer } = written(story);
    is_harmless(&bytes, &[]);
    if story.model.size.1 <= WIDE.1 {
        let (columns, rows) = story.model.size;
        let cells = |count| NonZero::new(count).expect("a screen has cells");
        let mut terminal = vt100::Parser::new(cells(rows), cells(columns), 0);
        // This terminal does not show what stands for broken text, as others do.
        let text = String::from_utf8_lossy(&bytes).replace('\u{fffd}', "?");
        terminal.process(text.as_bytes());
        let shown = terminal.screen().rows(0, columns);
        let shown: Vec<String> = shown.map(|line| line.trim_end().to_owned()).collect();
        let meant = lines(&buffer).into_iter();
        let meant: Vec<String> = meant.map(|line| line.replace('\u{fffd}', "?")).collect();
        assert_eq!(shown, meant);
    }
    buffer
}

/// The rows of the table, one for each name, from below the heads on; cell by cell.
fn rows(buffer: &Buffer, count: usize) -> Vec<Vec<&str>> {
    let heads = |line: &String| line.contains("disk ▾") || line.contains("cause");
    let above = lines(buffer).iter().position(heads).expect("it has heads");
    let width = buffer.area.width.into();
    let rows = buffer.content().chunks(width).skip(above + 1).take(count);
    rows.map(|cells| cells.iter().map(Cell::symbol).collect())
        .collect()
}

/// Fails unless in all rows everything but the names is where it is with the names `tame` and
/// `other`, which differ in every letter.
fn is_aligned(buffer: &Buffer, [tame, other]: [&Buffer; 2], count: usize) {
    let tame = rows(tame, count);
    let (mut begin, mut end) = (usize::MAX, 0);
    for (one, other) in tame.iter().zip(rows(other, count)) {
        let differ = |column: &usize| one[*column] != other[*column];
        let first = (0..one.len()).find(differ).expect("names differ");
        let last = (0..one.len()).rfind(differ).expect("names differ");
        assert!(
            begin == usize::MAX || begin == first,
            "names begin in one column"
        );
        (begin, end) = (first, end.max(last + 2));
    }
    for (tame, row) in tame.iter().zip(rows(buffer, count)) {
        assert_eq!(tame[..begin], row[..begin]);
        assert_eq!(tame.get(end..), row.get(end..));
    }
}

fn typed(story: &mut Story, text: &str) {
    text.chars().for_each(|letter| story.press(letter));
}

fn named(story: &mut Story, key: KeyCode) {
    story.tell(Message::Key(Key::Named(key)));
}

/// The views whose rows have names, and how many rows these have.
const TABLES: [(char, usize); 3] = [
    ('1', IN_A_TREE),
    ('3', IN_A_TREE - DIRS),
    ('6', IN_A_TREE - DIRS),
];

/// Shows every view of all names, then the other screens, in the middle of the scan and after it.
fn visit(story: &mut Story, tame: &[[Buffer; 2]]) {
    for ((view, count), tame) in TABLES.into_iter().zip(tame) {
        story.press(view);
        story.settle();
        is_aligned(&look(story), [&tame[0], &tame[1]], count);
    }
    for view in ['2', '4'] {
        story.press(view);
        story.settle();
        look(story);
    }
    let mut window = Window::new(
        Abilities {
            commands: true,
            progress: true,
        },
        Calling::Note,
    );
    is_harmless(window.tell(&story.model).as_bytes(), &[]);
    story.resize(WIDE.0, WIDE.1);
    story.press('1');
    look(story);
    story.press('w');
    look(story);
    story.resize(USUAL.0, USUAL.1);
    for view in ['2', '3', '4', '5', '6', '1'] {
        story.press(view);
        story.settle();
        look(story);
    }
    story.press('?');
    look(story);
    story.press('?');
    story.press('i');
    for key in ['j', 'j', 'G'] {
        story.press(key);
        look(story);
        answer(story);
        look(story);
    }
    story.press('i');
    story.press('/');
    for text in ["a", " x", "\u{202e}"] {
        typed(story, text);
        story.settle();
        look(story);
        named(story, KeyCode::Backspace);
    }
    story.tell(Message::Paste("\x1b[2J\u{202e}\n\u{200b}".to_owned()));
    look(story);
    story.press_escape();
    story.press('H');
    story.press(' ');
    story.press(' ');
    look(story);
    // Into a directory, so that its name is part of the path.
    story.press('H');
    story.press('l');
    look(story);
    story.press('h');
    for key in ['x', 'r', 'p', 'q'] {
        story.press(key);
        look(story);
    }
    let panicked = Event::Panicked {
        dir: Some(DirId(2)),
        message: String::from_utf8_lossy(story.model.state.tree().name(DirId(3))).into_owned(),
    };
    story.say(1, vec![panicked]);
    let abandoned = Abandoned {
        worker: WorkerId::from_index(0),
        call: Some(Call::Opendir),
    };
    for left in [Left::Key, Left::Interrupt] {
        story.clock(20_000);
        let farewell = Farewell::of(&story.model, left, std::slice::from_ref(&abandoned));
        assert!(!farewell.line.contains(is_hostile), "{:?}", farewell.line);
    }
    story.gone(vec![abandoned]);
    look(story);
    let farewell = Farewell::of(&story.model, Left::Key, &[]);
    assert!(!farewell.line.contains(is_hostile), "{:?}", farewell.line);
    story.press('q');
    look(story);
    is_harmless(window.tell(&story.model).as_bytes(), &[]);
}

/// The system answers with names as hostile as those of files.
fn answer(story: &mut Story) {
    let Some(question) = story.model.question() else {
        return;
    };
    let (number, point) = (question.number, question.path.clone());
    let place = MountPlace {
        kind: b"fuse.\x1b[2J".to_vec(),
        point,
    };
    let size = FileSystem {
        size: 3 * KIB,
        used: KIB,
        free: 2 * KIB,
    };
    let names = Names {
        user: Some("\x1b]0;x\x07\u{202e}".to_owned()),
        group: Some("\u{200b}".to_owned()),
    };
    for said in [
        Said::Facts(Ok(super::details::facts())),
        Said::Mounted(Ok(Mounted {
            place: Some(place),
            size,
        })),
        Said::Names(names),
    ] {
        story.tell(Message::Answer(Answer { number, said }));
    }
}

#[test]
fn no_name_harms_the_terminal_or_moves_anything() {
    let mut runner = TestRunner::deterministic();
    let mut name = || {
        let name = names().new_tree(&mut runner);
        name.expect("nothing is rejected").current()
    };
    let tame = ["N", "M"].map(|letter| {
        let name = letter.repeat(200).into_bytes();
        let mut story = scan(b"/r", &vec![name; IN_A_TREE]);
        TABLES.map(|(view, _)| {
            story.press(view);
            story.settle();
            look(&story)
        })
    });
    let [one, other] = tame;
    let tame: Vec<[Buffer; 2]> = one.into_iter().zip(other).map(Into::into).collect();
    let mut looked_at = 0;
    for _ in 0..NAMES / IN_A_TREE {
        let root = [b"/r".as_slice(), &name()].concat();
        let names: Vec<Vec<u8>> = (0..IN_A_TREE).map(|_| name()).collect();
        let different: BTreeSet<_> = names.iter().collect();
        let shown: BTreeSet<_> = names.iter().map(|name| escape::name(name)).collect();
        assert_eq!(
            shown.len(),
            different.len(),
            "different names look different"
        );
        visit(&mut scan(&root, &names), &tame);
        looked_at += names.len();
    }
    assert_eq!(looked_at, NAMES);
    let _ = writeln!(io::stdout(), "{looked_at} names on every screen");
}
