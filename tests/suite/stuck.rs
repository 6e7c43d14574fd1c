//! Directories that never answer, answer slowly, fail in the middle or never end: real ones, on a
//! file system that misbehaves.

use std::{ffi::OsString, path::Path, process::Command};

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
