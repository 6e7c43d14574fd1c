//! Where memory is short: the scan ends all the same, and what was folded can be looked at.

use std::process::Command;

use super::{Key, Launch, PROGRAM, Tree};

/// Directories with files of some hundred bytes, and one of two megabytes.
fn broad() -> Tree {
    let tree = Tree::new();
    for number in 0..30_000 {
        let name = format!("{}/a-rather-long-name-of-a-file-{number}.txt", number % 40);
        tree.file(name, number % 700);
    }
    tree.file("7/film.mkv", 2_000_000);
    tree
}

#[test]
fn a_scan_with_little_memory_is_complete_and_folded_directories_can_be_entered() {
    let tree = broad();
    let report = Command::new(PROGRAM)
        .args(["--plain", "."])
        .current_dir(tree.path())
        .output()
        .expect("the program starts");
    let report = String::from_utf8_lossy(&report.stdout).into_owned();
    let mut terminal = Launch::new(PROGRAM)
        .args(["--memory", "300K"])
        .args([tree.path()])
        .size((120, 40))
        .start();
    terminal.wait_for_text("are shown as one row each (--memory).");
    let files = terminal.line(2);
    assert!(
        files.contains("30,001 files") && files.contains("files folded"),
        "{files}"
    );
    assert!(report.contains("30001 files"), "{report}");
    // The largest is the one with the film.
    terminal.key(Key::Enter);
    terminal.wait_for_text("film.mkv");
    terminal.wait_for_text("a-rather-long-name-of-a-file-");
    terminal.wait_for("its files are all there again", |screen| {
        let text = screen.contents();
        text.contains("film.mkv") && !text.contains("small files folded (--memory)")
    });
    terminal.key(Key::Backspace);
    terminal.send("/");
    terminal.send("film");
    terminal.wait_for_text("7/film.mkv");
    terminal.wait_for_text("1-1 of 1, small files folded");
    terminal.key(Key::Escape);
    terminal.send("q");
    assert_eq!(terminal.wait_exit(), 0);
}
