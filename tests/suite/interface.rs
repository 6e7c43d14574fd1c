//! The real program in a real pseudo-terminal: what people see, press, and find afterwards.

mod hostile;
mod memory;
mod steer;

use std::{
    ffi::OsStr,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal};

use crate::support::{
    keys::Key,
    modes::{Mode, Modes},
    terminal::{Launch, Terminal},
    tree::Tree,
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_spelunk");

/// Scans the whole machine: there is always enough to be in the middle of it.
fn scan_everything() -> Terminal {
    Launch::new(PROGRAM)
        .args(["-t", "4", "-x", "/"])
        .size((80, 24))
        .start()
}

fn small_tree() -> Tree {
    let tree = Tree::new();
    tree.file("large/one", 500_000)
        .file("large/two", 100)
        .file("small/three", 1)
        .file("readme.md", 20_000);
    tree
}

fn files_on_screen(terminal: &Terminal) -> u64 {
    let line = terminal.line(2);
    let number = line
        .split(" files")
        .next()
        .and_then(|start| start.split_whitespace().last());
    number
        .and_then(|number| number.replace(',', "").parse().ok())
        .unwrap_or(0)
}

pub(crate) fn assert_as_before(terminal: &Terminal) {
    assert_eq!(
        terminal.modes(),
        Modes::default(),
        "every mode is as it was"
    );
    assert_eq!(
        &terminal.settings(),
        terminal.initial_settings(),
        "and so are the terminal's settings"
    );
}

#[test]
fn q_in_the_middle_of_a_scan_leaves_and_gives_the_terminal_back() {
    let mut terminal = scan_everything();
    terminal.wait_for_text("scanning");
    terminal.wait_for_text("reading");
    terminal.wait_for_title("it says what is scanned", |title| {
        title == "spelunk: scanning /"
    });
    assert!(
        terminal.modes().has(Mode::AlternateScreen) && terminal.modes().has(Mode::CursorHidden)
    );
    terminal.wait_for("files are counted", |screen| {
        screen.contents().contains("files")
    });
    let first = files_on_screen(&terminal);
    terminal.wait_for("the count grows", |screen| {
        let line = screen.rows(0, 80).nth(2).unwrap_or_default();
        !line.contains(&format!(" {} files", with_commas(first)))
    });
    assert!(
        terminal.text().contains("4 workers:"),
        "{}",
        terminal.text()
    );
    terminal.key(Key::Character('q'));
    assert_eq!(terminal.wait_exit(), 1, "not everything was read");
    assert_as_before(&terminal);
    let text = terminal.text();
    assert!(text.contains("spelunk: stopped after 0:"), "{text}");
    assert!(text.contains(" in /"), "{text}");
}

fn with_commas(number: u64) -> String {
    spelunk::format::count(number)
}

/// `q` leaves at once with this exit code.
fn leaves_by_q(mut terminal: Terminal, code: i32) {
    terminal.key(Key::Character('q'));
    assert_eq!(terminal.wait_exit(), code);
    assert_as_before(&terminal);
}

#[test]
fn escape_in_the_middle_of_a_scan_keeps_what_was_found() {
    let mut terminal = scan_everything();
    terminal.wait_for("rows are shown", |screen| {
        screen.contents().contains("usr/")
    });
    terminal.key(Key::Escape);
    terminal.wait_for_text("stopped");
    terminal.wait_for_title("the title follows", |title| title == "spelunk: stopped /");
    terminal.wait_for_text("unread");
    terminal.wait_for("rows are kept", |screen| screen.contents().contains("usr/"));
    terminal.key(Key::Down);
    leaves_by_q(terminal, 1);
}

#[test]
fn what_has_changed_is_read_again() {
    let tree = small_tree();
    let mut terminal = Launch::new(PROGRAM)
        .args([tree.path()])
        .size((80, 24))
        .start();
    terminal.wait_for_text("Complete: everything was read.");
    terminal.wait_for_text("4 files");
    tree.file("large/three", 1_000_000).file("large/in/four", 1);
    terminal.key(Key::Character('r'));
    terminal.wait_for_text("large/ read again: ");
    terminal.wait_for_text("6 files");
    std::fs::remove_dir_all(tree.path().join("large")).expect("remove");
    tree.dir("other");
    terminal.key(Key::Character('r'));
    terminal.wait_for_text("Gone: large was removed since it was read.");
    terminal.wait_for_text("2 files");
    terminal.key(Key::Character('R'));
    terminal.wait_for_text(" read again: ");
    terminal.wait_for_text("other/");
    // Again and again, whatever it is in the middle of.
    for _ in 0..20 {
        terminal.key(Key::Character('R'));
        terminal.key(Key::Escape);
    }
    terminal.key(Key::Character('R'));
    terminal.wait_for_text("Complete: everything was read.");
    terminal.wait_for_text("2 files");
    terminal.key(Key::Character('q'));
    assert_eq!(terminal.wait_exit(), 0, "everything was read");
    assert_as_before(&terminal);
}

#[test]
fn a_complete_scan_is_walked_and_left() {
    let tree = small_tree();
    let mut terminal = Launch::new(PROGRAM)
        .args([tree.path()])
        .size((80, 24))
        .start();
    terminal.wait_for_text("Complete: everything was read.");
    terminal.wait_for("the largest is first and selected", |screen| {
        screen.contents().contains("▸")
    });
    let text = terminal.text();
    let (large, small) = (text.find("large/"), text.find("small/"));
    assert!(large.is_some() && large < small, "{text}");
    terminal.key(Key::Enter);
    terminal.wait_for_text("/large");
    terminal.wait_for_text("two");
    terminal.key(Key::Left);
    terminal.wait_for_text("readme.md");
    terminal.key(Key::Character('?'));
    terminal.wait_for_text("sort size name count time");
    terminal.key(Key::Escape);
    terminal.wait_for_text("readme.md");
    terminal.resize((40, 12));
    terminal.wait_for("it fits", |screen| {
        screen.size().0.get() == 12 && screen.contents().contains("large/")
    });
    terminal.key(Key::Character('q'));
    assert_eq!(terminal.wait_exit(), 0, "everything was read");
    assert_as_before(&terminal);
    terminal.wait_for_text("spelunk: complete in 0:0");
}

/// As below `su USER -c`: the terminal is there, and does not control the session.
#[test]
fn the_interrupt_key_leaves_with_its_code() {
    let mut terminal = scan_everything();
    terminal.wait_for_text("scanning");
    terminal.key(Key::Control('c'));
    assert_eq!(terminal.wait_exit(), 130);
    assert_as_before(&terminal);
    assert!(
        terminal.text().contains("spelunk: interrupted after"),
        "{}",
        terminal.text()
    );
}

#[test]
fn a_signal_ends_it_and_the_terminal_is_given_back() {
    let mut terminal = scan_everything();
    terminal.wait_for_text("scanning");
    terminal.signal(Signal::TERM);
    assert_eq!(terminal.wait_exit(), 143);
    assert_as_before(&terminal);
    assert!(
        terminal.text().contains("spelunk: ended by SIGTERM after"),
        "{}",
        terminal.text()
    );
}

#[test]
fn a_root_that_does_not_exist_never_gets_an_interface() {
    let mut terminal = Launch::new(PROGRAM)
        .args(["/no/such/place"])
        .size((80, 24))
        .start();
    assert_eq!(terminal.wait_exit(), 2);
    assert!(
        terminal
            .text()
            .contains("spelunk: /no/such/place: no such directory"),
        "{}",
        terminal.text()
    );
    assert!(
        !terminal
            .output()
            .windows(8)
            .any(|bytes| bytes == b"\x1b[?1049h"),
        "the screen was never taken"
    );
}

#[test]
fn progress_is_told_to_terminals_that_show_it_and_taken_back() {
    let text = "\x1b]9;4;";
    let run = |program: &str| {
        let tree = small_tree();
        let mut terminal = Launch::new(PROGRAM)
            .env("TERM_PROGRAM", program)
            .args([tree.path()])
            .start();
        terminal.wait_for_text("Complete");
        terminal.key(Key::Character('q'));
        terminal.wait_exit();
        assert_as_before(&terminal);
        let output = String::from_utf8_lossy(&terminal.output()).into_owned();
        let last = output
            .rfind(text)
            .map(|at| output[at..].starts_with("\x1b]9;4;0;"));
        (output.contains("\x1b]9;4;3;"), last)
    };
    assert_eq!(run("ghostty").1, Some(true));
    assert_eq!(run("some-other"), (false, None));
}

#[test]
fn the_mouse_selects_and_is_given_back() {
    let tree = small_tree();
    let mut terminal = Launch::new(PROGRAM).args([tree.path()]).start();
    terminal.wait_for_text("Complete");
    assert!(terminal.modes().has(Mode::MouseClicks) && terminal.modes().has(Mode::MouseSgr));
    let line = |terminal: &Terminal, text: &str| {
        let mut lines = (0..24).map(|number| terminal.line(number));
        lines
            .position(|line| line.contains(text))
            .expect("it is there")
    };
    let small = line(&terminal, "small/") as u16;
    terminal.key(Key::Click {
        column: 50,
        line: small,
    });
    terminal.wait_for("it is selected", |screen| {
        let line = screen.rows(0, 80).nth(small.into()).unwrap_or_default();
        line.starts_with('▸')
    });
    let keys = terminal.line(23);
    let quit = keys.find("q quit").expect("it can be left");
    let column = keys[..quit].chars().count() as u16;
    terminal.key(Key::Click { column, line: 23 });
    assert_eq!(terminal.wait_exit(), 0);
    assert_as_before(&terminal);
}

#[test]
fn the_mouse_is_left_to_the_terminal_where_that_is_asked_for() {
    let tree = small_tree();
    let terminal = Launch::new(PROGRAM)
        .args(["--no-mouse".as_ref(), tree.path().as_os_str()])
        .start();
    terminal.wait_for_text("Complete");
    assert!(!terminal.modes().has(Mode::MouseClicks) && !terminal.modes().has(Mode::MouseSgr));
}

#[test]
fn ascii_draws_with_ascii_only() {
    let tree = small_tree();
    let terminal = Launch::new(PROGRAM)
        .args(["--ascii".as_ref(), tree.path().as_os_str()])
        .size((80, 24))
        .start();
    terminal.wait_for_text("Complete: everything was read.");
    assert!(terminal.text().is_ascii(), "{}", terminal.text());
}

/// Waits until the program has ended and the shell has been told, without reading its output.
fn wait_until_gone(process: Pid) {
    wait_until("the program ends", || {
        rustix::process::test_kill_process(process).is_err()
    });
}

pub(crate) fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The process that does the work: the child of the one that was started.
#[cfg(target_os = "linux")]
pub(crate) fn explorer_of(process: Pid) -> Pid {
    let process = process.as_raw_nonzero();
    let path = format!("/proc/{process}/task/{process}/children");
    let mut child = None;
    wait_until("there is an explorer", || {
        let children = std::fs::read_to_string(&path).expect("the program runs");
        child = children.trim().parse().ok().and_then(Pid::from_raw);
        child.is_some()
    });
    child.expect("it was waited for")
}

/// Threads of the program whose name begins like those of workers.
#[cfg(target_os = "linux")]
fn workers_of(process: Pid) -> usize {
    let tasks = std::fs::read_dir(format!("/proc/{}/task", process.as_raw_nonzero()))
        .expect("the program runs");
    tasks
        .flatten()
        .filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok())
        .filter(|name| name.starts_with("worker"))
        .count()
}

#[cfg(target_os = "linux")]
#[test]
fn a_frozen_terminal_does_not_stop_the_scan() {
    goes_on_behind(|terminal| terminal.freeze(), Terminal::thaw);
}

#[cfg(target_os = "linux")]
#[test]
fn a_terminal_that_nobody_reads_does_not_stop_the_scan() {
    goes_on_behind(
        |terminal| {
            terminal.stop_reading();
            fill(terminal);
        },
        Terminal::read_on,
    );
}

/// A scan ends behind a terminal that takes nothing any more, and shows it once that does again.
#[cfg(target_os = "linux")]
fn goes_on_behind(hold: fn(&mut Terminal), let_go: fn(&Terminal)) {
    let mut terminal = Launch::new(PROGRAM).args(["/usr"]).start();
    terminal.wait_for_text("scanning");
    let process = explorer_of(terminal.process());
    hold(&mut terminal);
    wait_until("the workers have left", || workers_of(process) == 0);
    assert!(
        terminal.text().contains("scanning"),
        "the end cannot be seen yet"
    );
    let_go(&terminal);
    terminal.wait_for_text("Complete");
    terminal.key(Key::Character('q'));
    terminal.key(Key::Character('q'));
    terminal.wait_exit();
    assert_as_before(&terminal);
}

#[test]
fn a_signal_ends_it_although_the_terminal_is_frozen() {
    let mut terminal = scan_everything();
    terminal.wait_for_text("scanning");
    let process = terminal.process();
    terminal.freeze();
    terminal.key(Key::Control('l'));
    terminal.signal(Signal::TERM);
    wait_until_gone(process);
    assert_eq!(terminal.wait_exit(), 143);
    assert_as_before(&terminal);
}

/// Lets a terminal that nobody reads be filled.
fn fill(terminal: &mut Terminal) {
    wait_until("the terminal is full", || {
        terminal.key(Key::Control('l'));
        !terminal.takes_output()
    });
}

#[test]
fn a_signal_ends_it_although_nobody_reads_the_terminal() {
    let mut terminal = scan_everything();
    terminal.wait_for_text("scanning");
    let process = terminal.process();
    terminal.stop_reading();
    fill(&mut terminal);
    terminal.signal(Signal::TERM);
    wait_until_gone(process);
    terminal.read_on();
    assert_eq!(terminal.wait_exit(), 143);
    assert_as_before(&terminal);
}

/// Whether the cursor is seen, and where: its column and its line.
fn cursor(screen: &vt100::Screen) -> Option<(u16, u16)> {
    let (line, column) = screen.cursor_position();
    (!screen.hide_cursor()).then_some((column, line))
}

#[test]
fn the_cursor_is_seen_where_something_is_typed_and_nowhere_else() {
    let tree = small_tree();
    let mut terminal = Launch::new(PROGRAM).args([tree.path()]).start();
    terminal.wait_for_text("Complete");
    assert_eq!(cursor(&terminal.screen()), None);
    terminal.send("/one");
    let behind = |screen: &vt100::Screen, typed: &str| {
        let line = screen.rows(0, 80).position(|line| line.contains(typed))?;
        let text = screen.rows(0, 80).nth(line)?;
        let column = text.find(typed)? + typed.len();
        Some((text[..column].chars().count() as u16, line as u16))
    };
    terminal.wait_for("the cursor stands behind what was typed", |screen| {
        let place = behind(screen, ": one");
        place.is_some() && cursor(screen) == place
    });
    terminal.key(Key::Left);
    terminal.wait_for("it goes back by a letter", |screen| {
        let place = behind(screen, ": on");
        place.is_some() && cursor(screen) == place
    });
    terminal.key(Key::Escape);
    terminal.wait_for("it is gone", |screen| cursor(screen).is_none());
    leaves_by_q(terminal, 0);
}

#[test]
fn what_is_pasted_is_text_where_one_types_and_presses_no_keys_elsewhere() {
    let tree = small_tree();
    let mut terminal = Launch::new(PROGRAM).args([tree.path()]).start();
    terminal.wait_for_text("Complete");
    assert!(terminal.modes().has(Mode::BracketedPaste));
    // It would leave, were these keys. The help comes after it, so it was taken before that.
    terminal.send("\x1b[200~qqq\x1b[201~?");
    terminal.wait_for_text("Esc ? close");
    terminal.send("?");
    terminal.send("/\x1b[200~three\nq\x1b[201~");
    terminal.wait_for("all of it is in the line", |screen| {
        screen.contents().contains(": three") && screen.contents().contains("No match")
    });
    terminal.key(Key::Control('u'));
    terminal.send("\x1b[200~three\x1b[201~");
    terminal.wait_for_text("small/three");
    terminal.key(Key::Escape);
    leaves_by_q(terminal, 0);
}

#[test]
fn details_ask_the_system_and_tell_mode_owner_and_free_space() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    let tree = small_tree();
    let file = tree.path().join("large/one");
    let mode = std::fs::Permissions::from_mode(0o640);
    std::fs::set_permissions(&file, mode).expect("it is ours");
    let inode = std::fs::metadata(&file).expect("it is there").ino();
    let mut terminal = Launch::new(PROGRAM)
        .args([tree.path().join("large")])
        .size((80, 24))
        .start();
    terminal.wait_for_text("Complete");
    terminal.key(Key::Enter);
    terminal.wait_for_text("file, mode 0640, owner ");
    terminal.wait_for_text(" used, ");
    terminal.wait_for_text(&format!("{} on device ", with_commas(inode)));
    terminal.wait_for_text("500,000 bytes");
    terminal.key(Key::Down);
    terminal.wait_for_text("─ two ─");
    terminal.wait_for_text("100 bytes");
    terminal.key(Key::Escape);
    terminal.wait_for("they are closed", |screen| {
        !screen.contents().contains("on device")
    });
    leaves_by_q(terminal, 0);
}
