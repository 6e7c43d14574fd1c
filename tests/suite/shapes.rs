//! Trees of unusual shapes: too deep, too wide, too large, too old, of nothing at all.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::Path,
    process::{Command, Output, Stdio},
};

use rustix::fs::{FileType, Mode, OFlags, mknodat};
use spelunk::{scan::dir::DirId, tree::totals::Totals};

use crate::{
    engine::{
        WORKERS,
        deep::{Beside, chain},
        ignored, options, passes_with_mounts, place, scan, wait_until,
    },
    support::{
        keys::Key,
        terminal::{Launch, Terminal},
        tree::Tree,
    },
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_spelunk");

fn press(terminal: &mut Terminal, keys: &str) {
    for key in keys.chars() {
        terminal.key(match key {
            '\r' => Key::Enter,
            '\x1b' => Key::Escape,
            key => Key::Character(key),
        });
    }
}

/// Leaves; the terminal must have got the whole program back.
fn leave(mut terminal: Terminal, code: i32) {
    terminal.key(Key::Character('q'));
    assert_eq!(terminal.wait_exit(), code, "{}", terminal.text());
}

/// Mounts a file system in memory on the tree given first, then runs the rest of its arguments: on a
/// disk such trees take minutes, and to be taken away as long again.
const MEMORY: &str = r#"
    mount -t tmpfs -o nr_inodes=1100000 none "$1" || exit 77
    shift
    exec "$@"
"#;

#[test]
fn a_hundred_thousand_levels() {
    passes_with_mounts(
        "a_hundred_thousand_levels",
        MEMORY,
        &Tree::new(),
        ignored(module_path!(), "see_a_hundred_thousand_levels"),
    );
}

#[test]
#[ignore = "run by a_hundred_thousand_levels, where it may mount"]
fn see_a_hundred_thousand_levels() {
    const DEPTH: usize = 100_000;
    let Some(root) = place("see_a_hundred_thousand_levels") else {
        return;
    };
    let end = chain(&root, DEPTH, Beside::Nothing);
    rustix::fs::mkdirat(end, "bottom", Mode::RWXU).expect("make a directory");
    // The first thread and all others have 1 MiB for their stacks.
    let small = [
        "-c",
        "ulimit -s 1024 && exec \"$@\"",
        "sh",
        PROGRAM,
        "-t",
        "2",
    ];
    let output = Command::new("sh")
        .args(small)
        .args(["--plain", "."])
        .current_dir(&root)
        .env("RUST_MIN_STACK", "1048576")
        .output()
        .expect("run the program");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    let text = String::from_utf8_lossy(&output.stdout);
    let words: Vec<&str> = text.split_whitespace().take(4).collect();
    assert_eq!(words, ["100000", "files", "100002", "dirs"], "{said}");

    let mut terminal = Launch::new("sh")
        .args(small)
        .args(["."])
        .directory(&root)
        .env("RUST_MIN_STACK", "1048576")
        .start();
    terminal.wait_for_text("Complete: everything was read");
    terminal.wait_for_text("100,000 files");
    press(&mut terminal, "\r\rm");
    terminal.wait_for_text("down/down ");
    terminal.wait_for_text("99,997");
    press(&mut terminal, "/bottom");
    // Longer than any path that could be opened, shortened.
    terminal.wait_for_text("down/bottom/");
    press(&mut terminal, "\r");
    terminal.wait_for_text("1 of 1");
    press(&mut terminal, "i");
    terminal.wait_for_text("on disk");
    leave(terminal, 0);
}

#[test]
fn a_million_rows_in_bounded_memory() {
    passes_with_mounts(
        "a_million_rows_in_bounded_memory",
        MEMORY,
        &Tree::new(),
        ignored(module_path!(), "see_a_million_rows"),
    );
}

#[test]
#[ignore = "run by a_million_rows_in_bounded_memory, where it may mount"]
fn see_a_million_rows() {
    let Some(root) = place("see_a_million_rows") else {
        return;
    };
    let dir = rustix::fs::open(&root, OFlags::DIRECTORY, Mode::empty()).expect("open it");
    for number in 0..1_000_000 {
        let name = number.to_string();
        mknodat(&dir, name, FileType::RegularFile, Mode::RUSR, 0).expect("make a file");
    }
    // In KiB, twice of what it takes: half of that is put aside for threads and never touched.
    let mut terminal = Launch::new("sh")
        .args(["-c", "ulimit -v 1000000 && exec \"$@\"", "sh", PROGRAM])
        .args(["-t", "2", "."])
        .directory(&root)
        .start();
    terminal.wait_for_text("Complete: everything was read");
    terminal.wait_for_text("1,000,000 files");
    press(&mut terminal, "n");
    terminal.key(Key::End);
    terminal.wait_for_text("999999");
    leave(terminal, 0);
}

#[test]
fn nothing_at_all() {
    let tree = Tree::new();
    tree.dir("empty");
    let mut terminal = Launch::new(PROGRAM)
        .args(["empty"])
        .directory(tree.path())
        .start();
    terminal.wait_for_text("complete");
    press(&mut terminal, "123456\r1snCMagcmuteGjk/x\x1b\x1bi\x1b\r");
    leave(terminal, 0);
}

/// Makes below the tree given first what few file systems take, and two on which the same things
/// have the same inode numbers; then runs the rest of its arguments.
const MOUNT: &str = r#"
    mount -t tmpfs none "$1" && cd "$1" && mkdir one two huge times || exit 77
    for disk in one two; do
        mount -t tmpfs none $disk || exit 77
        head -c 10000 /dev/zero > $disk/file && ln $disk/file $disk/again || exit 78
    done
    for name in a b c; do truncate -s 9223372036854775807 huge/$name || exit 78; done
    ln huge/a huge/again || exit 78
    touch -d @-99999999999 times/before && touch -d @0 times/zero || exit 78
    touch -d @99999999999999 times/after || exit 78
    shift
    exec "$@"
"#;

#[test]
fn what_only_a_mount_can_hold() {
    passes_with_mounts(
        "what_only_a_mount_can_hold",
        MOUNT,
        &Tree::new(),
        ignored(module_path!(), "scan_what_only_a_mount_can_hold"),
    );
}

/// The sums of what is at `paths`.
fn totals<const N: usize>(paths: [&Path; N], workers: u16) -> Totals {
    scan(&options(paths, workers)).tree().totals(DirId::TOP)
}

#[test]
#[ignore = "run by what_only_a_mount_can_hold, where it may mount"]
fn scan_what_only_a_mount_can_hold() {
    let Some(root) = place("scan_what_only_a_mount_can_hold") else {
        return;
    };
    let [one, two, huge, times] = ["one", "two", "huge", "times"].map(|name| root.join(name));
    let inode = |disk: &Path| fs::metadata(disk.join("file")).expect("it is there").ino();
    assert_eq!(inode(&one), inode(&two), "the same number on two devices");
    for workers in WORKERS {
        let [alone, other] = [&one, &two].map(|disk| totals([disk], workers));
        assert_eq!((alone.files, alone.apparent), (other.files, other.apparent));
        let both = totals([&one, &two], workers);
        assert_eq!((both.files, both.apparent), (4, 2 * alone.apparent));
        let own = fs::metadata(&huge).expect("it is there").len();
        let sum = totals([&huge], workers);
        let expected = 3 * i128::from(i64::MAX) + i128::from(own);
        assert_eq!((sum.files, sum.apparent), (4, expected));
        assert_eq!(totals([&times], workers).files, 3);
    }
    let output = plain(&huge);
    let sum = totals([&huge], 2).apparent.to_string();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains(&sum), "{text}");
    let mut terminal = Launch::new(PROGRAM).args([&huge, &times]).start();
    terminal.wait_for_text("complete");
    press(&mut terminal, "am1\r23456");
    press(&mut terminal, "1h");
    terminal.key(Key::Down);
    press(&mut terminal, "\r");
    terminal.wait_for_text("after 9999");
    terminal.wait_for_text("before 0");
    press(&mut terminal, "\r");
    terminal.wait_for_text("on disk");
    leave(terminal, 0);
}

/// Makes an automount below the tree given first, then runs the rest of its arguments. Its daemon
/// answers nobody: whoever enters it hangs, and the kernel says so in the pipe.
const AUTOMOUNT: &str = r#"
    mount -t tmpfs none "$1" && cd "$1" && mkdir auto && mkfifo daemon && exec 7<>daemon || exit 77
    mount -t autofs -o fd=7,pgrp=$$,minproto=5,maxproto=5,direct none auto || exit 77
    shift
    # Not in the group that is the daemon's.
    setsid -w "$@"
    exit $?
"#;

#[test]
fn automounts_are_not_entered() {
    passes_with_mounts(
        "automounts_are_not_entered",
        AUTOMOUNT,
        &Tree::new(),
        ignored(module_path!(), "scan_beside_an_automount"),
    );
}

#[test]
#[ignore = "run by automounts_are_not_entered, where it may mount"]
fn scan_beside_an_automount() {
    let Some(root) = place("scan_beside_an_automount") else {
        return;
    };
    let said = || {
        let pipe = rustix::fs::open(root.join("daemon"), OFlags::NONBLOCK, Mode::empty());
        rustix::io::read(pipe.expect("open a pipe"), &mut [0; 1000]).unwrap_or(0)
    };
    let output = plain(&root);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(said(), 0, "nobody was to mount anything");
    let mut enters = Command::new("ls")
        .arg(root.join("auto"))
        .spawn()
        .expect("run ls");
    wait_until("the daemon hears of who enters", || said() > 0);
    enters.kill().expect("kill ls");
    enters.wait().expect("it can be killed");
}

/// The report on what is at `path`.
fn plain(path: &Path) -> Output {
    Command::new(PROGRAM)
        .arg("--plain")
        .arg(path)
        .stdin(Stdio::null())
        .output()
        .expect("the program starts")
}
