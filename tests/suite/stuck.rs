//! Directories that never answer, answer slowly, fail in the middle or never end: real ones, on a
//! file system that misbehaves.

use std::{
    ffi::OsString,
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Command, Stdio},
};

use spelunk::{
    scan::{ListerKind, Options, Scan, dir::DirId},
    state::ScanState,
    tree::DirState,
};

use crate::{
    engine::{self, Listener, WORKERS},
    interface::assert_as_before,
    support::{
        fuse::{Answers, FILES, Fuse},
        keys::Key,
        skip::skip,
        terminal::{Launch, Terminal},
        tree::Tree,
    },
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_spelunk");

fn interface(arguments: &[&str], roots: &[&Path]) -> Terminal {
    let arguments = arguments.iter().map(OsString::from);
    let roots = roots.iter().map(OsString::from);
    Launch::new(PROGRAM)
        .args(arguments.chain(roots))
        .size((120, 40))
        .start()
}

/// What a program without a terminal has said.
struct Said {
    out: Vec<String>,
    err: String,
    code: Option<i32>,
}

/// Lets the program run without a terminal until it has given up a directory; then everything that
/// hangs in `fuse` comes back, without which its process might not end.
fn report(arguments: &[&str], roots: &[&Path], fuse: Fuse) -> Said {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).args(roots);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("start the program");
    let mut errors = BufReader::new(child.stderr.take().expect("it has errors"));
    let mut err = String::new();
    while !err.contains("no answer") && errors.read_line(&mut err).expect("it is text") > 0 {}
    drop(fuse);
    errors.read_to_string(&mut err).expect("it is text");
    let output = child.wait_with_output().expect("it ends");
    let out = String::from_utf8(output.stdout).expect("it is text");
    Said {
        out: out.lines().map(str::to_owned).collect(),
        err,
        code: output.status.code(),
    }
}

/// The row of the interface with this name, or of its workers in this directory.
fn line_with(screen: &vt100::Screen, texts: &[&str]) -> Option<String> {
    let mut lines = screen.rows(0, 120);
    lines.find(|line| texts.iter().all(|text| line.contains(text)))
}

#[test]
fn a_mount_that_never_answers_hides_nothing_and_keeps_nobody() {
    let name = "a mount that never answers";
    let Some(dead) = Fuse::mount(name, Answers::Never, &[]) else {
        return;
    };
    let tree = Tree::new();
    tree.file("some/file", 5000);
    let (root, path) = (tree.path(), dead.path().display().to_string());
    let mut terminal = interface(&[], &[&root, dead.path()]);
    terminal.wait_for("it is named, with the call and the time", |screen| {
        let line = line_with(screen, &["STALLED", &path, "in openat"]).unwrap_or_default();
        line.trim_end().ends_with("0:03")
    });
    terminal.wait_for_text("1 directory not answering");
    terminal.wait_for_text("scanning");
    terminal.key(Key::Character('X'));
    terminal.wait_for_text("Complete, but 1 directory was skipped");
    terminal.key(Key::Character('q'));
    assert_eq!(terminal.wait_exit(), 1);
    assert_as_before(&terminal);
}

#[test]
fn q_does_not_wait_for_a_mount_that_never_answers() {
    let name = "q at a mount that never answers";
    let Some(dead) = Fuse::mount(name, Answers::Never, &[]) else {
        return;
    };
    let mut terminal = interface(&[], &[dead.path()]);
    terminal.wait_for_text("1 directory not answering");
    terminal.key(Key::Character('q'));
    assert_eq!(terminal.wait_exit(), 2, "nothing could be read");
    let said = format!(
        "spelunk: nothing was scanned: {}: no answer",
        dead.path().display()
    );
    assert!(terminal.text().contains(&said), "{}", terminal.text());
    assert_as_before(&terminal);
}

#[test]
fn the_interface_answers_while_every_worker_hangs() {
    let name = "the interface with all workers hanging";
    let directories = ["hang-1", "hang-2", "hang-3", "hang-4", "hang-5", "one"];
    let Some(fuse) = Fuse::mount(name, Answers::ByName, &directories) else {
        return;
    };
    let mut terminal = interface(&["-t", "2"], &[fuse.path()]);
    terminal.wait_for("all hang, spares included, and one is named", |screen| {
        line_with(screen, &["4 STALLED"]).is_some()
            && line_with(screen, &["STALLED", "hang-1", "in openat"]).is_some()
    });
    terminal.send("n");
    terminal.wait_for("the rows are sorted, and one is queued", |screen| {
        line_with(screen, &["name ▴"]).is_some() && line_with(screen, &["one/", "queued"]).is_some()
    });
    for (key, row) in [(Key::Home, "hang-1/"), (Key::End, "the directory itself")] {
        terminal.key(key);
        terminal.wait_for("the key is answered", |screen| {
            line_with(screen, &["▸", row]).is_some()
        });
    }
    // There is no spare worker more than there are workers, until one is let go.
    let skip_stalled = |terminal: &mut Terminal, left: usize| {
        terminal.send("X");
        terminal.wait_for_text("r reads it.");
        terminal.wait_for("one less is stalled", |screen| {
            line_with(screen, &[&format!("{left} STALLED")]).is_some()
        });
    };
    skip_stalled(&mut terminal, 4);
    terminal.wait_for_text("5 workers:");
    skip_stalled(&mut terminal, 3);
    terminal.wait_for_text("3 directories not answering");
    terminal.wait_for("the rest is done", |screen| {
        line_with(screen, &["one/", "complete"]).is_some()
    });
    terminal.wait_for_text("scanning");
    skip_stalled(&mut terminal, 2);
    skip_stalled(&mut terminal, 1);
    terminal.wait_for_text("1 directory not answering");
    terminal.send("X");
    terminal.wait_for_text("Complete, but 5 directories were skipped");
    terminal.send("q");
    drop(fuse);
    assert_eq!(terminal.wait_exit(), 1);
    assert_as_before(&terminal);
}

#[test]
fn what_gives_no_answer_is_given_up() {
    let name = "--give-up-after";
    let directories = ["hang", "one", "two"];
    let Some(fuse) = Fuse::mount(name, Answers::ByName, &directories) else {
        return;
    };
    let tree = Tree::new();
    tree.file("some/file", 5000);
    let (root, dead) = (tree.path(), fuse.path().to_owned());
    let hang = fuse.dir("hang").display().to_string();
    let arguments = ["--plain", "--give-up-after", "1s"];
    let said = report(&arguments, &[&root, &dead], fuse);
    assert_eq!(said.code, Some(1), "{}", said.err);
    let failure = format!("spelunk: {hang}: no answer (openat)\n");
    assert!(said.err.contains(&failure), "{}", said.err);
    assert!(said.err.contains("1 problem; totals"), "{}", said.err);
    let words = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        (
            words[0].to_owned(),
            words[2].to_owned(),
            words[15].to_owned(),
        )
    };
    let told = |path: &Path| {
        let path = path.display().to_string();
        let line = said.out.iter().find(|line| line.ends_with(&path));
        words(line.expect("it has a line"))
    };
    let expected = |files: u64, directories: u64, word: &str| {
        (files.to_string(), directories.to_string(), word.to_owned())
    };
    assert_eq!(told(&root), expected(1, 2, "complete"));
    assert_eq!(told(&dead), expected(2 * FILES, 4, "partial"));
}

#[test]
fn a_list_gives_up_what_gives_no_answer() {
    let name = "--list --give-up-after";
    let directories = ["hang", "one", "two"];
    let Some(fuse) = Fuse::mount(name, Answers::ByName, &directories) else {
        return;
    };
    let (root, hang) = (fuse.path().to_owned(), fuse.dir("hang"));
    let arguments = ["--list", "--give-up-after=1s"];
    let said = report(&arguments, &[&root], fuse);
    assert_eq!(said.out.len() as u64, 2 * FILES);
    let failure = format!("spelunk: {}: no answer (openat)\n", hang.display());
    assert_eq!((said.err, said.code), (failure, Some(1)));
}

#[test]
fn the_interface_gives_up_what_gives_no_answer() {
    let name = "--give-up-after in the interface";
    let Some(fuse) = Fuse::mount(name, Answers::ByName, &["hang", "one"]) else {
        return;
    };
    let mut terminal = interface(&["--set=give-up-after = '3s'"], &[fuse.path()]);
    terminal.wait_for_text("1 directory not answering");
    terminal.wait_for_text("Complete, but 1 directory could not be read");
    terminal.wait_for("its row says so", |screen| {
        line_with(screen, &["hang/", "failed"]).is_some()
    });
    terminal.send("6");
    terminal.wait_for("and the problems", |screen| {
        line_with(screen, &["failed", "openat", "no answer", "hang"]).is_some()
    });
    terminal.send("q");
    drop(fuse);
    assert_eq!(terminal.wait_exit(), 1);
    assert_as_before(&terminal);
}

#[test]
fn a_listing_that_fails_in_the_middle_keeps_what_was_read() {
    let name = "EIO in the middle of a listing";
    let Some(fuse) = Fuse::mount(name, Answers::ByName, &["eio", "one"]) else {
        return;
    };
    let (root, eio) = (fuse.path().to_owned(), fuse.dir("eio"));
    let mut whole = Vec::new();
    for lister in ["--lister=linux", "--lister=portable"] {
        let mut command = Command::new(PROGRAM);
        command.args(["--plain", lister]).arg(&root);
        let output = command.output().expect("run the program");
        assert_eq!(output.status.code(), Some(1));
        whole.push(output);
    }
    for (output, call) in whole.iter().zip(["getdents64", "readdir"]) {
        let line = String::from_utf8_lossy(&output.stdout);
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(words[0], (2 * FILES).to_string(), "{line}");
        let err = String::from_utf8_lossy(&output.stderr);
        let failure = format!("spelunk: {}: input/output error ({call})\n", eio.display());
        assert_eq!(err.matches(&failure).count(), 1, "{err}");
    }
}

#[test]
fn where_every_answer_is_slow_the_interface_is_not() {
    let name = "every answer takes 300 ms";
    let directories = ["one", "two", "three", "four", "five", "six"];
    let Some(fuse) = Fuse::mount(name, Answers::Slowly, &directories) else {
        return;
    };
    let mut terminal = interface(&["-t", "2"], &[fuse.path()]);
    terminal.wait_for_text("one/");
    terminal.send("n");
    terminal.wait_for_text("name ▴");
    terminal.send("?");
    terminal.wait_for_text("sort size name count time");
    terminal.send("q");
    assert_eq!(terminal.wait_exit(), 1, "not everything was read");
    assert_as_before(&terminal);
}

#[test]
fn one_leaves_a_directory_that_never_ends() {
    let name = "a directory that never ends";
    let Some(fuse) = Fuse::mount(name, Answers::ByName, &["inf", "one"]) else {
        return;
    };
    let mut terminal = interface(&[], &[fuse.path()]);
    terminal.wait_for("it is read on and on", |screen| {
        line_with(screen, &["files", "dirs"]).is_some_and(|line| {
            let number = line.split(" files").next().unwrap_or_default();
            number.replace([',', '≥', ' '], "").parse().unwrap_or(0) > 3000
        })
    });
    terminal.key(Key::Escape);
    terminal.wait_for_text("p continues");
    terminal.send("p");
    terminal.wait_for_text("scanning");
    terminal.send("q");
    assert_eq!(terminal.wait_exit(), 1, "not everything was read");
    assert_as_before(&terminal);
}

/// Set for a test that runs as the child of another: the mount of the parent.
const PLACE: &str = "SPELUNK_TEST_MOUNT";

#[test]
fn a_directory_that_never_ends_is_cut_off() {
    let name = "a directory that never ends is cut off";
    let Some(fuse) = Fuse::mount(name, Answers::ByName, &["inf", "one"]) else {
        return;
    };
    let test = std::env::current_exe().expect("the tests' own program");
    let mut command = Command::new(test);
    let arguments = engine::ignored(module_path!(), "the_scan_of_a_directory_that_never_ends");
    engine::passes(command.args(arguments).env(PLACE, fuse.path()));
}

/// In a process of its own, since that of the mount must not touch it.
#[test]
#[ignore = "run by the test above"]
fn the_scan_of_a_directory_that_never_ends() {
    const MOST: usize = 5000;
    let Some(root) = std::env::var_os(PLACE) else {
        skip("a directory that never ends", "another test runs it");
        return;
    };
    let both = [ListerKind::Linux, ListerKind::Portable];
    for (lister, workers) in both.into_iter().zip(WORKERS) {
        let options = Options {
            lister,
            most_names: MOST,
            ..engine::options([&root], workers)
        };
        let scan = Scan::start(&options).expect("start a scan");
        let state = Listener::new(&scan).finish(scan);
        assert_eq!(state.scan_state(), ScanState::Complete);
        let totals = state.tree().totals(DirId::TOP);
        assert_eq!((totals.dirs, totals.unfinished), (3, 0));
        // A listing is cut off where it is read, which is many names at a time.
        let files = totals.files as usize - FILES as usize;
        assert!((MOST..MOST + 5000).contains(&files), "{files}");
        let [failure] = state.failures() else {
            panic!("{:?}", state.failures())
        };
        let (inf, cause) = (failure.dir, failure.cause_in_words());
        assert_eq!(state.tree().state(inf), DirState::Failed);
        assert!(state.tree().is_lower_bound(DirId::TOP));
        assert_eq!(cause, "has 5000 names and more, the rest is left out");
    }
}

#[test]
fn the_prompt_comes_back_although_a_worker_cannot_even_be_killed() {
    let name = "leaving with a worker that cannot be killed";
    let Some(fuse) = Fuse::mount(name, Answers::ByName, &["hang", "one"]) else {
        return;
    };
    let start = || {
        let launch = Launch::new(PROGRAM).args([fuse.path()]).size((120, 40));
        let terminal = launch.through_shell().start();
        terminal.wait_for_text("1 directory not answering");
        terminal
    };
    let (mut by_key, mut by_interrupt) = (start(), start());
    by_key.send("q");
    by_key.wait_for_text("code=1");
    by_interrupt.key(Key::Control('c'));
    by_interrupt.wait_for_text("code=130");
    assert!(fuse.is_mounted(), "what hangs in it hangs still");
    drop(fuse);
    for mut terminal in [by_key, by_interrupt] {
        terminal.wait_exit();
        assert_as_before(&terminal);
    }
}

#[test]
fn a_report_ends_although_a_worker_cannot_even_be_killed() {
    let name = "a report with a worker that cannot be killed";
    let Some(fuse) = Fuse::mount(name, Answers::ByName, &["hang", "one"]) else {
        return;
    };
    let mut command = Command::new(PROGRAM);
    let command = command
        .args(["--plain", "--give-up-after=1s"])
        .arg(fuse.path());
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert_eq!(status.expect("run the program").code(), Some(1));
    assert!(fuse.is_mounted(), "what hangs in it hangs still");
}
