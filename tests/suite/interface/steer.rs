//! Steering a real scan in a real terminal: pause, skip, stop and continue, looking into what is
//! still queued, finding while it goes on. The tree is `/usr`, or what `TREE` names; with
//! `TREE` a tree of a million files it is the same, and takes longer.

use std::{
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::Command,
};

use super::*;

fn tree() -> PathBuf {
    std::env::var_os("TREE").map_or_else(|| "/usr".into(), PathBuf::from)
}

/// How many files and directories a scan without an interface finds.
fn undisturbed() -> [u64; 2] {
    let output = Command::new(PROGRAM).arg("--plain").arg(tree()).output();
    let output = String::from_utf8(output.expect("it runs").stdout).expect("it is text");
    let fields: Vec<&str> = output.split_whitespace().collect();
    [0, 2].map(|field| fields[field].parse().expect("a number"))
}

/// Those on line 3 of the screen.
fn totals(terminal: &Terminal) -> [u64; 2] {
    let line = terminal.line(2).replace([',', '≥'], "");
    let words: Vec<&str> = line.split_whitespace().collect();
    [0, 2].map(|field| words[field].parse().expect("a number"))
}

/// The word for the state, at the right end of line 1.
fn state(screen: &vt100::Screen) -> String {
    let line = screen.rows(0, 120).next().unwrap_or_default();
    let mut words = line.split_whitespace().rev();
    words.nth(1).unwrap_or_default().to_owned()
}

fn wait_for_state(terminal: &Terminal, words: &[&str]) -> String {
    terminal.wait_for(&format!("it is {words:?}"), |screen| {
        words.contains(&state(screen).as_str())
    });
    state(&terminal.screen())
}

/// A scan of the tree that is paused near its beginning. It may have been too fast; then another
/// one is begun.
fn paused(arguments: &[&str]) -> Terminal {
    for _ in 0..20 {
        let mut terminal = Launch::new(PROGRAM)
            .args(arguments.iter().map(OsStr::new))
            .size((120, 40))
            .start();
        terminal.send("p");
        if wait_for_state(&terminal, &["paused", "complete"]) == "paused" {
            return terminal;
        }
    }
    panic!("it was never slow enough to be paused");
}

fn paused_in_tree() -> Terminal {
    let tree = tree();
    paused(&["-t", "2", tree.to_str().expect("a plain path")])
}

/// The first row with this word for its state, of what is on the file system of `root`: its line.
fn row_that_is(terminal: &Terminal, word: &str, root: &Path) -> Option<u16> {
    let device = |path: &Path| path.symlink_metadata().map(|metadata| metadata.dev()).ok();
    let is_it = |line: String| {
        let mut words = line.split_whitespace().rev();
        let is_said = words.next() == Some(word);
        let name = words.next().unwrap_or_default();
        is_said && device(&root.join(name)) == device(root)
    };
    let screen = terminal.screen();
    let line = screen.rows(0, 120).skip(6).position(is_it)?;
    Some(line as u16 + 6)
}

/// A scan that is paused while a row has this word for its state, rows by name; and its line. It is
/// let go for moments until there is one.
fn paused_with(word: &str, root: &Path, start: impl Fn() -> Terminal) -> (Terminal, u16) {
    for _ in 0..20 {
        let mut terminal = start();
        // By name the rows stay where they are.
        terminal.send("n");
        terminal.wait_for_text("name ▴");
        for _ in 0..50 {
            if let Some(line) = row_that_is(&terminal, word, root) {
                return (terminal, line);
            }
            terminal.send("p");
            if wait_for_state(&terminal, &["scanning", "complete"]) == "complete" {
                break;
            }
            terminal.send("p");
            if wait_for_state(&terminal, &["paused", "complete"]) == "complete" {
                break;
            }
        }
        terminal.send("qq");
        terminal.wait_exit();
    }
    panic!("nothing was ever {word}");
}

/// What the processor has done for the program, in its own units.
#[cfg(target_os = "linux")]
fn ticks(process: Pid) -> u64 {
    let path = format!("/proc/{}/stat", process.as_raw_nonzero());
    let text = std::fs::read_to_string(path).expect("the program runs");
    // The name before it may have blanks.
    let (_, fields) = text.rsplit_once(')').expect("a name in brackets");
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let number = |field: usize| fields[field].parse::<u64>().expect("a number");
    number(11) + number(12)
}

#[cfg(target_os = "linux")]
#[test]
fn a_paused_scan_uses_no_processor_and_goes_on_to_the_same_totals() {
    let mut terminal = paused_in_tree();
    let process = explorer_of(terminal.process());
    wait_until("the processor rests", || {
        let before = ticks(process);
        std::thread::sleep(Duration::from_millis(300));
        ticks(process) == before
    });
    assert_eq!(state(&terminal.screen()), "paused");
    terminal.send("p");
    wait_for_state(&terminal, &["complete"]);
    assert_eq!(totals(&terminal), undisturbed());
    terminal.send("qq");
    terminal.wait_exit();
}

#[test]
fn a_scan_that_is_stopped_again_and_again_comes_to_the_same_totals() {
    let mut terminal = paused_in_tree();
    let mut stops = 0;
    terminal.send("p");
    loop {
        terminal.key(Key::Escape);
        match wait_for_state(&terminal, &["stopped", "complete"]).as_str() {
            "complete" => break,
            _ => stops += 1,
        }
        terminal.send("p");
        wait_for_state(&terminal, &["scanning", "complete"]);
    }
    assert!(stops > 0);
    terminal.wait_for_text("Complete");
    assert_eq!(totals(&terminal), undisturbed());
    terminal.send("qq");
    terminal.wait_exit();
}

#[test]
fn what_is_skipped_is_left_out_and_read_after_all() {
    let (mut terminal, line) = paused_with("paused", &tree(), paused_in_tree);
    terminal.key(Key::Click { column: 50, line });
    terminal.send("x");
    let is_skipped = |screen: &vt100::Screen| {
        let line = screen.rows(0, 120).nth(line.into()).unwrap_or_default();
        line.starts_with('▸') && line.trim_end().ends_with("skipped")
    };
    terminal.wait_for("its row says so", is_skipped);
    terminal.send("p");
    wait_for_state(&terminal, &["complete"]);
    assert!(terminal.line(1).contains("skipped"), "{}", terminal.line(1));
    let all = undisturbed();
    // Nothing is missing where all of it had been told but its end.
    assert!((0..2).all(|number| totals(&terminal)[number] <= all[number]));
    terminal.send("r");
    terminal.wait_for("it is read", |screen| {
        let line = screen.rows(0, 120).nth(1).unwrap_or_default();
        state(screen) == "complete" && !line.contains("skipped")
    });
    assert_eq!(totals(&terminal), all);
    terminal.send("qq");
    terminal.wait_exit();
}

/// What is scanned here is the whole machine, so that there is always something left.
fn paused_everywhere() -> Terminal {
    paused(&["-t", "4", "-x", "/"])
}

#[test]
fn what_is_looked_at_is_complete_while_the_rest_is_being_read() {
    let (mut terminal, line) = paused_with("queued", Path::new("/"), paused_everywhere);
    terminal.key(Key::Click { column: 50, line });
    terminal.wait_for("it is selected", |screen| {
        let line = screen.rows(0, 120).nth(line.into()).unwrap_or_default();
        line.starts_with('▸')
    });
    terminal.key(Key::Enter);
    terminal.wait_for_text("Not read yet. It is next in the queue.");
    terminal.send("p");
    terminal.wait_for("it is complete before the rest", |screen| {
        let place = screen.rows(0, 120).find(|line| line.starts_with(" /"));
        let is_complete = place.is_some_and(|line| line.contains("  complete   "));
        is_complete && state(screen) == "scanning"
    });
    terminal.send("q");
    terminal.wait_exit();
}

#[test]
fn what_is_looked_for_is_found_while_the_scan_goes_on() {
    let mut terminal = paused_everywhere();
    terminal.send("p/e");
    let found = |screen: &vt100::Screen| {
        let contents = screen.contents();
        let (before, _) = contents.split_once(" so far")?;
        before
            .rsplit(' ')
            .next()?
            .replace(',', "")
            .parse::<u64>()
            .ok()
    };
    terminal.wait_for("something is found", |screen| found(screen) > Some(0));
    let first = found(&terminal.screen());
    terminal.wait_for("more is found, and it is not over", |screen| {
        found(screen) > first && state(screen) == "scanning"
    });
    terminal.key(Key::Escape);
    terminal.wait_for("one is back", |screen| found(screen).is_none());
    terminal.send("q");
    terminal.wait_exit();
}
