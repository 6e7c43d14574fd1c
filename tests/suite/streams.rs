//! Standard streams that are closed, full or read by nobody, and what a program may be started
//! with: the exit code, and what is said. Nothing of it is a panic.

use std::{
    io,
    path::Path,
    process::{Command, Output},
};

use crate::support::{
    skip::{self, skip},
    tree::Tree,
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_spelunk");

/// What is said of a disk that is full.
const FULL: &str = "spelunk: standard output: no space left on device\n";

/// Runs a line of shell in which `$S` is the program.
fn shell(line: &str, directory: &Path) -> Output {
    Command::new("sh")
        .args(["-c", line])
        .current_dir(directory)
        .env("S", PROGRAM)
        .env("XDG_CONFIG_HOME", directory.join("no such directory"))
        .output()
        .expect("there is a shell")
}

/// Lines of shell, each with its exit code, a part of what it prints, and the end of what it says.
#[track_caller]
fn are(cases: &[(&str, i32, &str, &str)]) {
    let tree = Tree::new();
    tree.file("t/a/one", 1).file("t/two", 1);
    for (line, code, out, err) in cases {
        let output = shell(line, &tree.path());
        let printed = String::from_utf8_lossy(&output.stdout);
        let said = String::from_utf8_lossy(&output.stderr);
        let context = format!("{line}\nout: {printed}\nerr: {said}");
        assert_eq!(output.status.code(), Some(*code), "{context}");
        assert!(printed.contains(out), "{context}");
        assert_eq!(printed.is_empty(), out.is_empty(), "{context}");
        assert!(said.ends_with(err), "{context}");
        assert!(!said.contains("panicked"), "{context}");
    }
}

#[test]
fn a_report_without_some_of_its_streams() {
    let line = " 2 files ";
    let assigned = " workers\n";
    are(&[
        ("$S --plain t <&-", 0, line, assigned),
        // The standard library opens /dev/null for a stream that is closed.
        ("$S --plain t >&-", 0, "", assigned),
        ("$S --plain t 2>&-", 0, line, ""),
        ("$S --plain t <&- >&- 2>&-", 0, "", ""),
        ("$S t <&-", 0, line, assigned),
        ("$S nowhere 2>&-", 2, "", ""),
    ]);
}

#[test]
fn a_list_without_some_of_its_streams() {
    are(&[
        ("$S --list t <&-", 0, "t/two\n", ""),
        ("$S --list t >&-", 0, "", ""),
        ("$S --list t 2>&-", 0, "t/two\n", ""),
        ("$S --list t <&- >&- 2>&-", 0, "", ""),
    ]);
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_said_and_is_no_panic() {
    are(&[
        ("$S --plain t >/dev/full", 2, "", FULL),
        ("$S --list t >/dev/full", 2, "", FULL),
        ("$S --help >/dev/full", 2, "", FULL),
        ("$S --version >/dev/full", 2, "", FULL),
        ("$S --man >/dev/full", 2, "", FULL),
        ("$S --completions bash >/dev/full", 2, "", FULL),
        ("$S --plain t 2>/dev/full", 0, " 2 files ", ""),
        ("$S --list t 2>/dev/full", 0, "t/two\n", ""),
        ("$S --no-such-flag 2>/dev/full", 2, "", ""),
        ("$S --plain t >/dev/full 2>&1", 2, "", ""),
    ]);
}

#[test]
fn what_nobody_reads_is_no_error() {
    let tree = Tree::new();
    tree.file("t/one", 1);
    for arguments in [
        &["--plain", "t"][..],
        &["--list", "t"],
        &["--help"],
        &["--man"],
        &["--completions", "zsh"],
    ] {
        let (reader, writer) = io::pipe().expect("a pipe");
        drop(reader);
        let output = Command::new(PROGRAM)
            .args(arguments)
            .current_dir(tree.path())
            .stdout(writer)
            .output()
            .expect("the program starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {said}");
        assert!(!said.contains("spelunk: "), "{arguments:?}: {said}");
    }
}

#[test]
fn in_a_session_of_its_own_or_without_hangups_it_is_the_same() {
    for program in ["nohup", "setsid"] {
        if skip::find(program).is_none() {
            let name = "in_a_session_of_its_own_or_without_hangups_it_is_the_same";
            return skip(name, &format!("{program} is missing"));
        }
    }
    are(&[
        ("nohup $S --plain t", 0, " 2 files ", " workers\n"),
        ("nohup $S --list t", 0, "t/two\n", ""),
        ("setsid -w $S --plain t", 0, " 2 files ", " workers\n"),
        ("setsid -w $S t", 0, " 2 files ", " workers\n"),
    ]);
}
