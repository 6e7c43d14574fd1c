//! The terminal proved on programs that are everywhere, or skipped aloud: what it says of them must
//! hold before it says anything of ours.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use proptest::prelude::*;
use rustix::process::Signal;

use super::keys::{CursorKeys, Key};
use super::modes::{Mode, Modes, Scanner};
use super::skip::{find, skip};
use super::terminal::{Launch, Size, Terminal};
use super::tree::Tree;

/// A shell script in a terminal.
fn script(text: &str) -> Terminal {
    Terminal::spawn(Path::new("sh"), ["-c", text], (60, 10))
}

#[test]
fn a_script_shows_its_output_and_its_status() {
    let mut terminal = script("printf 'one\\ntwo  \\n\\nfour'; exit 3");
    assert_eq!(terminal.wait_exit(), 3);
    assert_eq!(terminal.wait_exit(), 3, "asked again");
    assert_eq!(terminal.text(), "one\ntwo\n\nfour");
    assert_eq!(terminal.line(1), "two");
    assert_eq!(terminal.line(9), "");
    assert_eq!(terminal.output(), b"one\r\ntwo  \r\n\r\nfour");
    assert_eq!(terminal.screen().cursor_position(), (3, 4));
    assert_eq!(terminal.modes(), Modes::default());
}

#[test]
fn all_output_is_there_when_the_program_has_ended() {
    let mut terminal = script("i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i + 1)); done");
    assert_eq!(terminal.wait_exit(), 0);
    assert_eq!(
        String::from_utf8(terminal.output())
            .expect("text")
            .lines()
            .count(),
        20_000
    );
    assert_eq!(terminal.line(8), "line 19999");
}

#[test]
fn output_that_looks_like_the_beginning_of_a_mark_comes_through() {
    let mut terminal = script("printf 'a\\033]spelunk-test-en'; read _; printf 'x\\007b\\033'");
    terminal.wait_for_text("a");
    terminal.key(Key::Enter);
    assert_eq!(terminal.wait_exit(), 0);
    assert_eq!(
        terminal.output(),
        b"a\x1b]spelunk-test-en\r\nx\x07b\x1b".as_slice()
    );
}

#[test]
fn a_signal_shows_in_the_status_and_nothing_is_added_to_the_output() {
    for (signal, status) in [
        (Signal::TERM, 143),
        (Signal::KILL, 137),
        (Signal::HUP, 129),
        (Signal::INT, 130),
    ] {
        let mut terminal = Terminal::spawn(Path::new("cat"), [""; 0], (60, 10));
        terminal.signal(signal);
        assert_eq!(terminal.wait_exit(), status);
        assert_eq!(terminal.output(), b"");
    }
}

#[test]
fn a_program_that_is_not_there_is_told_from_one_that_failed() {
    let mut terminal = Terminal::spawn(Path::new("/nowhere/program"), [""; 0], (60, 10));
    assert_eq!(terminal.wait_exit(), 127);
}

#[test]
fn control_c_ends_a_program_in_a_cooked_terminal() {
    let mut terminal = script("echo ready; exec cat");
    terminal.wait_for_text("ready");
    terminal.key(Key::Control('c'));
    assert_eq!(terminal.wait_exit(), 130);
}

#[test]
fn typed_text_and_the_end_of_input_reach_the_program() {
    let mut terminal = Terminal::spawn(
        Path::new("cat"),
        [""; 0],
        Size {
            columns: 60,
            lines: 10,
        },
    );
    terminal.send("grüße");
    terminal.key(Key::Enter);
    terminal.wait_for("the echo and the copy", |screen| {
        screen.contents().matches("grüße").count() == 2
    });
    terminal.key(Key::Control('d'));
    assert_eq!(terminal.wait_exit(), 0);
}

#[test]
fn the_environment_is_the_same_everywhere() {
    let names = "$TERM,$LANG,$OWN,${NO_COLOR-none},${COLUMNS-none},${SHELL-none}";
    let print = format!("echo \"{names}\"; echo \"$HOME\"; echo \"$XDG_CONFIG_HOME\"; pwd");
    let tree = Tree::new();
    let mut terminal = Launch::new("sh")
        .args(["-c", &print])
        .size((200, 10))
        .env("OWN", "value")
        .env("SHELL", "/bin/sh")
        .env("NO_COLOR", "1")
        .env_remove("NO_COLOR")
        .directory(tree.path())
        .start();
    assert_eq!(terminal.wait_exit(), 0);
    assert_eq!(
        terminal.line(0),
        "xterm-256color,C.UTF-8,value,none,none,/bin/sh"
    );
    assert_eq!(Path::new(&terminal.line(1)), terminal.home().join(""));
    assert_eq!(Path::new(&terminal.line(2)), terminal.home().join("config"));
    assert_eq!(Path::new(&terminal.line(3)), tree.path());
}

#[test]
fn the_program_learns_of_a_new_size() {
    let mut terminal =
        script("trap 'stty size; exit 0' WINCH; stty size; while :; do read _; done");
    terminal.wait_for_text("10 60");
    terminal.resize((100, 30));
    // A shell between its look at the signals and its read would see this one only after a line.
    terminal.key(Key::Enter);
    terminal.wait_for("the new size", |screen| {
        screen.contents().contains("30 100")
    });
    assert_eq!(terminal.wait_exit(), 0);
    let size = terminal.screen().size();
    assert_eq!((size.0.get(), size.1.get()), (30, 100));
}

#[test]
fn settings_left_in_disorder_are_seen() {
    let mut tidy = script("saved=$(stty -g); stty raw -echo; echo raw; read _; stty \"$saved\"");
    tidy.wait_for_text("raw");
    assert!(tidy.settings().are_raw());
    tidy.send("\n");
    assert_eq!(tidy.wait_exit(), 0);
    assert_eq!(tidy.settings(), *tidy.initial_settings());

    let mut untidy = script("stty raw -echo");
    assert_eq!(untidy.wait_exit(), 0);
    assert!(untidy.settings().are_raw());
    assert_ne!(untidy.settings(), *untidy.initial_settings());

    let mut subtle = script("stty intr ^X");
    assert_eq!(subtle.wait_exit(), 0);
    assert_ne!(subtle.settings(), *subtle.initial_settings());
}

#[test]
fn modes_left_on_are_seen_and_modes_put_back_are_not() {
    let on = r"\033[22;0t\033]2;title é\007\033[?1049h\033[?25l\033[?1000;1002h\033[?1003h\033[?1006h\033[?2004h\033[?1004h";
    let off = r"\033[?1004l\033[?2004l\033[?1006l\033[?1003;1002l\033[?1000l\033[?25h\033[?1049l\033[23;0t";
    let mut terminal = script(&format!("printf '{on}inside'; read _; printf '{off}'"));
    terminal.wait_for_text("inside");
    let modes = [
        Mode::AlternateScreen,
        Mode::CursorHidden,
        Mode::MouseClicks,
        Mode::MouseDrags,
        Mode::MouseMoves,
        Mode::MouseSgr,
        Mode::FocusReports,
        Mode::BracketedPaste,
    ];
    assert_eq!(
        terminal.modes(),
        Modes {
            on: BTreeSet::from(modes),
            titles: 1,
            keyboards: 0
        }
    );
    assert!(terminal.screen().alternate_screen());
    assert_eq!(terminal.title(), "title é");
    terminal.key(Key::Enter);
    terminal.wait_for_modes("the modes to be put back", |modes| {
        !modes.has(Mode::AlternateScreen)
    });
    terminal.wait_for_title("the title to be put back", str::is_empty);
    assert_eq!(terminal.wait_exit(), 0);
    assert_eq!(terminal.modes(), Modes::default());
}

#[test]
fn the_scanner_knows_its_sequences() {
    for (output, on) in [
        ("\x1b[?47h", Some(Mode::AlternateScreen)),
        ("\x1b[?1047h\x1b[?1049l", None),
        ("\x1b[?2026h", Some(Mode::SynchronizedUpdate)),
        ("\x1b[?7l", Some(Mode::NoLineWrap)),
        ("\x1b[?1h", Some(Mode::Other(1))),
        ("\x1b[?25\x0dl", Some(Mode::CursorHidden)),
        ("\x1b[25l\x1b[>25h\x1b[?25$p", None),
        ("\x1b]2;\x1b[?25l", Some(Mode::CursorHidden)),
        ("\x1b]2;[?25l\x1b\\", None),
        ("\x1bP\x07[?25l\x1b\\", None),
        ("\x1b[?25l\x1bc", None),
    ] {
        let mut scanner = Scanner::default();
        scanner.advance(output.as_bytes());
        assert_eq!(
            scanner.modes().on.iter().copied().collect::<Vec<_>>(),
            Vec::from_iter(on),
            "{output:?}"
        );
    }
    let mut scanner = Scanner::default();
    scanner.advance(
        b"\x1b]0;a\x1b\\\x1b[22t\x1b]2;b\x07\x1b]1;icon\x07\x1b[>1u\x1b[>1u\x1b[<2u\x1b[<u",
    );
    assert_eq!(
        (
            scanner.title(),
            scanner.modes().titles,
            scanner.modes().keyboards
        ),
        ("b", 1, -1)
    );
    scanner.advance(b"\x1b[23;2t\x1b[23t");
    assert_eq!((scanner.title(), scanner.modes().titles), ("", -1));
}

proptest! {
    #[test]
    fn the_scanner_does_not_care_how_output_is_cut(
        pieces in prop::collection::vec("\\x1b\\[\\?(25|7|1000|1049)[hl]|\\x1b\\]2;[ab]?(\\x07|\\x1b\\\\)|[a\\x1b]|\\x1b\\[2[23]t", 0..12),
        length in 1usize..5,
    ) {
        let output = pieces.concat();
        let (mut whole, mut cut) = (Scanner::default(), Scanner::default());
        whole.advance(output.as_bytes());
        output.as_bytes().chunks(length).for_each(|piece| cut.advance(piece));
        prop_assert_eq!(whole.modes(), cut.modes());
        prop_assert_eq!(whole.title(), cut.title());
    }
}

#[test]
fn the_shell_goes_on_after_the_program() {
    let mut terminal = Launch::new("sh")
        .args(["-c", "echo 'a  b'; exit 7"])
        .through_shell()
        .start();
    assert_eq!(terminal.wait_exit(), 0);
    assert_eq!(terminal.text(), "a  b\ncode=7");
}

#[test]
fn a_shell_with_job_control_can_stop_a_program_and_go_on_with_it() {
    let mut terminal = Launch::new("sh").args(["-i"]).start();
    terminal.wait_for("a prompt", |screen| !screen.contents().is_empty());
    // Some shells take no prompt from the environment. What is typed here is not what is waited
    // for.
    terminal.send("PS1='ready''> '\r");
    terminal.wait_for_text("ready>");
    // Only a program that has said so reads what is typed next: the shell's own settings, still in
    // force while it starts one, may treat Enter otherwise.
    terminal.send("echo 'star''ted'; cat\r");
    terminal.wait_for_text("started");
    terminal.send("first\r");
    terminal.wait_for("cat's copy", |screen| {
        screen.contents().matches("first").count() == 2
    });
    terminal.key(Key::Control('z'));
    terminal.wait_for("the prompt again", |screen| {
        screen.contents().matches("ready>").count() == 2
    });
    terminal.send("fg\r");
    terminal.wait_for("fg to name the program", |screen| {
        screen.contents().lines().any(|line| line.trim() == "cat")
    });
    terminal.send("second\r");
    terminal.wait_for("cat's copy", |screen| {
        screen.contents().matches("second").count() == 2
    });
    terminal.key(Key::Control('d'));
    terminal.wait_for("the last prompt", |screen| {
        screen.contents().matches("ready>").count() == 3
    });
    terminal.send("exit 5\r");
    assert_eq!(terminal.wait_exit(), 5);
}

#[test]
#[should_panic(expected = "waited in vain for text \"never\": the program ended with status 4")]
fn waiting_ends_when_nothing_can_come_any_more() {
    script("echo shown; exit 4").wait_for_text("never");
}

#[test]
fn a_dropped_terminal_takes_its_program_along() {
    let stubborn = script("trap '' HUP TERM INT; echo ready; while :; do read _; done");
    stubborn.wait_for_text("ready");
    let mut shell = Launch::new("sh").args(["-i"]).start();
    shell.wait_for("a prompt", |screen| !screen.contents().is_empty());
    shell.send("echo 'star''ted'; cat\r");
    shell.wait_for_text("started");
    for terminal in [stubborn, shell] {
        let process = terminal.process().as_raw_pid().to_string();
        drop(terminal);
        // Nobody but init may have it now, and only as a remnant to collect.
        match Command::new("ps")
            .args(["-o", "stat=", "-p", &process])
            .output()
        {
            Ok(output) => {
                let state = String::from_utf8_lossy(&output.stdout).trim().to_owned();
                assert!(
                    state.is_empty() || state.starts_with('Z'),
                    "still there: {state}"
                );
            }
            Err(error) => skip(
                "a_dropped_terminal_takes_its_program_along",
                &format!("no ps: {error}"),
            ),
        }
    }
}

#[test]
fn a_pager_is_driven_by_keys() {
    let Some(less) = find("less") else {
        return skip("a_pager_is_driven_by_keys", "no less");
    };
    let tree = Tree::new();
    let lines: Vec<_> = (1..=100).map(|number| format!("line {number}\n")).collect();
    std::fs::write(tree.path().join("text"), lines.concat()).expect("write a file");
    let mut terminal = Launch::new(less)
        .args(["text"])
        .directory(tree.path())
        .env_remove("LESS")
        .size((40, 11))
        .start();
    terminal.wait_for_text("line 10");
    assert!(terminal.modes().has(Mode::AlternateScreen));
    assert!(
        !terminal.settings().are_raw(),
        "less leaves the signal keys on"
    );
    assert_ne!(terminal.settings(), *terminal.initial_settings());
    terminal.key(Key::Character('G'));
    terminal.wait_for_text("line 100");
    terminal.key(Key::Up);
    terminal.wait_for("one line less", |screen| {
        screen.contents().starts_with("line 90\n")
    });
    terminal.key(Key::Character('q'));
    assert_eq!(terminal.wait_exit(), 0);
    assert_eq!(terminal.modes(), Modes::default());
    assert_eq!(terminal.settings(), *terminal.initial_settings());
    assert_eq!(terminal.text(), "");
}

#[test]
fn an_editor_leaves_the_prompt_as_it_was() {
    let Some(vi) = find("vi") else {
        return skip("an_editor_leaves_the_prompt_as_it_was", "no vi");
    };
    let tree = Tree::new();
    let mut terminal = Launch::new(vi)
        .args(["text"])
        .directory(tree.path())
        .through_shell()
        .start();
    terminal.wait_for_text("text");
    terminal.send("ihello");
    terminal.wait_for_text("hello");
    terminal.resize((100, 30));
    terminal.wait_for("vi to fill the new lines", |screen| {
        screen.contents().matches("\n~").count() > 22
    });
    terminal.key(Key::Escape);
    // Escape and a character at once would be the character with Alt.
    terminal.wait_for("the end of insertion", |screen| {
        !screen.contents().contains("INSERT")
    });
    terminal.send(":wq\r");
    assert_eq!(terminal.wait_exit(), 0);
    assert!(terminal.text().ends_with("code=0"), "{}", terminal.text());
    assert_eq!(terminal.modes(), Modes::default());
    assert_eq!(terminal.settings(), *terminal.initial_settings());
    assert_eq!(
        std::fs::read_to_string(tree.path().join("text")).expect("read the file"),
        "hello\n"
    );
}

#[test]
fn keys_are_what_a_terminal_sends() {
    let keys = [
        (Key::Enter, "\r"),
        (Key::Escape, "\x1b"),
        (Key::Tab, "\t"),
        (Key::BackTab, "\x1b[Z"),
        (Key::Backspace, "\x7f"),
        (Key::Delete, "\x1b[3~"),
        (Key::Up, "\x1b[A"),
        (Key::Down, "\x1b[B"),
        (Key::Right, "\x1b[C"),
        (Key::Left, "\x1b[D"),
        (Key::Home, "\x1b[H"),
        (Key::End, "\x1b[F"),
        (Key::PageUp, "\x1b[5~"),
        (Key::PageDown, "\x1b[6~"),
        (Key::Function(1), "\x1bOP"),
        (Key::Function(4), "\x1bOS"),
        (Key::Function(5), "\x1b[15~"),
        (Key::Function(6), "\x1b[17~"),
        (Key::Function(10), "\x1b[21~"),
        (Key::Function(11), "\x1b[23~"),
        (Key::Function(12), "\x1b[24~"),
        (Key::Character('ß'), "ß"),
        (Key::Control('c'), "\x03"),
        (Key::Alt('x'), "\x1bx"),
        (
            Key::Click { column: 0, line: 9 },
            "\x1b[<0;1;10M\x1b[<0;1;10m",
        ),
        (Key::WheelUp { column: 4, line: 1 }, "\x1b[<64;5;2M"),
        (Key::WheelDown { column: 4, line: 1 }, "\x1b[<65;5;2M"),
    ];
    for (key, bytes) in keys {
        assert_eq!(key.bytes(CursorKeys::Normal), bytes, "{key:?}");
    }
    for (key, bytes) in [
        (Key::Up, "\x1bOA"),
        (Key::End, "\x1bOF"),
        (Key::PageUp, "\x1b[5~"),
        (Key::Alt('['), "\x1b["),
    ] {
        assert_eq!(key.bytes(CursorKeys::Application), bytes, "{key:?}");
    }
    let mut terminal = script("stty raw -echo; echo ready; head -c 5 | od -An -c; stty sane");
    terminal.wait_for_output("the program to be ready", |output| {
        output.starts_with(b"ready")
    });
    terminal.key(Key::PageUp);
    terminal.key(Key::Enter);
    terminal.wait_for_text("033   [   5   ~  \\r");
    assert_eq!(terminal.wait_exit(), 0);
}
