//! The real program among hostile names: everything that it writes to a real terminal.

use std::{
    ffi::{OsStr, OsString},
    fs,
    os::unix::ffi::{OsStrExt as _, OsStringExt as _},
    path::Path,
};

use spelunk::{
    escape,
    supervisor::modes::{Modes, Mouse},
};

use super::PROGRAM;
use crate::support::{
    harmless::is_harmless,
    keys::Key,
    terminal::{Launch, Terminal},
    tree::Tree,
};

/// What would do harm, each with something that tells it apart.
const HOSTILE: [&[u8]; 14] = [
    b"\x1b[31mred",
    b"\x1b]0;owned\x07",
    b"\x1b]52;c;aGk=\x07",
    b"\x1b[?1049l",
    b"\x9b5n\x85",
    b"one\ntwo\rthree\ttab",
    b"back\x08\x7f\x0e",
    b"\xff\xfe",
    "\u{202e}gpj.exe".as_bytes(),
    "zero\u{200b}\u{200d}\u{feff}width".as_bytes(),
    "e\u{301}\u{ad}".as_bytes(),
    "\u{9b}31m\u{85}".as_bytes(),
    "👩\u{200d}👧👍\u{1f3fd}".as_bytes(),
    "שלום العربية".as_bytes(),
];

/// Every byte that a name can have is in one of these.
fn names() -> impl Iterator<Item = OsString> {
    let every: Vec<u8> = (1..=u8::MAX).filter(|byte| *byte != b'/').collect();
    let every: Vec<_> = every.chunks(120).map(<[u8]>::to_vec).collect();
    let long = HOSTILE.iter().map(|name| {
        let mut long = name.repeat(60);
        long.truncate(255);
        long
    });
    let all = HOSTILE.iter().map(|name| name.to_vec());
    all.chain(long).chain(every).map(OsString::from_vec)
}

fn fill(dir: &Path) {
    for (number, name) in names().enumerate() {
        let inner = dir.join(&name);
        fs::create_dir(&inner).expect("make a directory");
        fs::write(inner.join(&name), vec![b'x'; 5000 * (number + 1)]).expect("write a file");
        let mut file = b"file.".to_vec();
        file.extend(name.as_bytes().iter().take(250));
        fs::write(dir.join(OsStr::from_bytes(&file)), b"x").expect("write a file");
    }
}

/// Fails unless all that came out of the program does no harm.
fn has_not_been_harmed(terminal: &Terminal) {
    // A screen that was taken is cleared.
    let mut others = vec!["\r\n", "\x1b[2J"];
    let modes = Modes {
        mouse: Mouse::Reported,
        progress: false,
    };
    let (on, off) = (modes.on(), modes.off());
    others.extend([on.as_str(), off.as_str()]);
    is_harmless(&terminal.output(), &others);
}

#[test]
fn every_screen_among_hostile_names() {
    let tree = Tree::new();
    let root = tree
        .path()
        .join(OsStr::from_bytes(b"\x1b]0;root\x07\n\xff"));
    fs::create_dir(&root).expect("make a directory");
    fill(&root);
    let mut terminal = Launch::new(PROGRAM).args([&root]).size((100, 30)).start();
    terminal.wait_for_text("Complete: everything was read.");
    for (view, text) in [
        ('2', "[2 Map]"),
        ('3', "[3 Largest]"),
        ('4', "[4 Types]"),
        ('5', "[5 Ages]"),
        ('6', "[6 Problems]"),
        ('1', "[1 Browse]"),
    ] {
        terminal.key(Key::Character(view));
        terminal.wait_for_text(text);
        for key in [Key::Down, Key::End, Key::Home] {
            terminal.key(key);
        }
    }
    terminal.key(Key::Character('?'));
    terminal.wait_for_text("close; else stop");
    terminal.key(Key::Character('?'));
    terminal.key(Key::Character('i'));
    terminal.wait_for_text("apparent");
    terminal.key(Key::Down);
    terminal.key(Key::Character('i'));
    terminal.send("/e");
    terminal.wait_for_text("find below");
    terminal.send("\x1b[200~\x1b[31m\u{202e}\x1b[201~");
    terminal.key(Key::Escape);
    terminal.wait_for_text("[1 Browse]");
    terminal.key(Key::Character(' '));
    terminal.wait_for_text("1 marked");
    terminal.key(Key::Character('U'));
    terminal.key(Key::Character('r'));
    terminal.key(Key::Enter);
    terminal.wait_for_text("1-2 of 2");
    terminal.key(Key::Character('q'));
    assert_eq!(terminal.wait_exit(), 0);
    let shown = escape::path(&root);
    assert!(terminal.text().contains(" in /"), "{}", terminal.text());
    let output = String::from_utf8(terminal.output()).expect("only UTF-8 is written");
    assert!(output.contains(&format!("\x1b]0;spelunk: complete {shown}\x1b\\")));
    has_not_been_harmed(&terminal);
}

#[test]
fn every_message_about_hostile_names() {
    let tree = Tree::new();
    fill(&tree.path());
    let words = |words: &[&[u8]]| -> Vec<OsString> {
        let root = tree.path().into_os_string();
        let words = words.iter().map(|word| OsString::from_vec(word.to_vec()));
        words.chain([root]).collect()
    };
    for (number, name) in names().enumerate() {
        let name = name.as_bytes();
        let file = [b"/nowhere/", name].concat();
        let (arguments, code) = match number % 7 {
            0 => (words(&[&[b"--", name].concat()]), 2),
            1 => (words(&[b"--lister", name]), 2),
            2 => (words(&[b"--config", &file]), 2),
            3 => (words(&[b"--exclude-from", &file]), 2),
            4 => (words(&[b"--exclude", &[name, b"["].concat()]), 2),
            5 => (
                words(&[b"--set", &[b"threads = '", name, b"'"].concat()]),
                2,
            ),
            _ => (words(&[b"--plain", &file]), 1),
        };
        let mut terminal = Launch::new(PROGRAM).args(&arguments).start();
        assert_eq!(terminal.wait_exit(), code, "{}", terminal.text());
        has_not_been_harmed(&terminal);
    }
    for report in [b"--plain".as_slice(), b"--list"] {
        let mut terminal = Launch::new(PROGRAM).args(words(&[report])).start();
        assert_eq!(terminal.wait_exit(), 0);
        has_not_been_harmed(&terminal);
    }
}
