//! The two processes: nothing of them is left however the program ends, and where there cannot be
//! two, one does the same.

use std::{
    fs, io,
    path::Path,
    process::{Command, Stdio},
};

use rustix::process::{Pid, Signal, getsid, kill_process};

use crate::{
    interface::{assert_as_before, explorer_of, wait_until},
    support::{
        keys::Key,
        skip::skip,
        strace,
        terminal::{Launch, Terminal},
        tree::Tree,
    },
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_spelunk");

fn tree() -> Tree {
    let tree = Tree::new();
    tree.file("one", 1).file("directory/two", 1);
    tree
}

/// The processes of a session that run the program, in either of its two parts.
fn programs_of(session: Pid) -> Vec<Pid> {
    let processes = fs::read_dir("/proc").expect("there is a /proc").flatten();
    let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let is_program = |process: &Pid| {
        let program = fs::read_link(format!("/proc/{}/exe", process.as_raw_nonzero()));
        // Threads of the kernel have neither a program nor a session.
        program.is_ok_and(|path| path == Path::new(PROGRAM))
            && getsid(Some(*process)) == Ok(session)
    };
    numbers
        .filter_map(Pid::from_raw)
        .filter(is_program)
        .collect()
}

/// Runs an interface until it is complete, and ends it.
fn interface_ends_by(end: impl FnOnce(&mut Terminal)) {
    let tree = tree();
    let mut terminal = Launch::new(PROGRAM).args([tree.path()]).start();
    terminal.wait_for_text("Complete");
    let session = getsid(Some(terminal.process())).expect("it runs");
    assert_eq!(programs_of(session).len(), 2);
    end(&mut terminal);
    // The session is there for as long as its leader, which waits for the end.
    wait_until("nothing is left", || programs_of(session).is_empty());
    terminal.wait_exit();
    assert_as_before(&terminal);
}

#[test]
#[cfg(target_os = "linux")]
fn an_interface_leaves_no_process_behind() {
    interface_ends_by(|terminal| terminal.key(Key::Character('q')));
    interface_ends_by(|terminal| {
        terminal.key(Key::Character('R'));
        terminal.key(Key::Escape);
        terminal.key(Key::Character('q'));
    });
    interface_ends_by(|terminal| terminal.signal(Signal::TERM));
    interface_ends_by(|terminal| {
        let explorer = explorer_of(terminal.process());
        kill_process(explorer, Signal::KILL).expect("it runs");
    });
}

#[test]
#[cfg(target_os = "linux")]
fn reports_and_lists_leave_no_process_behind() {
    let tree = tree();
    for line in [
        "$S --plain $T",
        "$S --list $T",
        "$S --list / | head -n 1",
        "$S --plain / 2>$T/said & until [ -s $T/said ]; do :; done; kill $!; wait",
        "$S --list / >$T/names & until [ -s $T/names ]; do :; done; kill $!; wait",
        "$S --plain / 2>$T/last & until [ -s $T/last ]; do :; done; kill -KILL $!; wait",
    ] {
        let command = format!("{line}; echo ended; exec sleep 86400");
        let mut leader = Command::new("setsid")
            .args(["sh", "-c", &command])
            .env("S", PROGRAM)
            .env("T", tree.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("setsid is there");
        let session = Pid::from_child(&leader);
        let out = io::BufReader::new(leader.stdout.take().expect("a pipe"));
        let ended = io::BufRead::lines(out).any(|line| line.is_ok_and(|line| line == "ended"));
        assert!(ended, "{line}");
        wait_until("nothing is left", || programs_of(session).is_empty());
        leader.kill().expect("it sleeps");
        leader.wait().expect("it ends");
    }
}

/// Where of the calls of a thread that start a process or another thread these fail, the interface
/// comes, and is left.
fn is_shown_without(calls: &str, test: &str) {
    if let Some(why) = strace::missing() {
        return skip(test, why);
    }
    let inject = format!("inject=clone,clone3,vfork,fork:error=EAGAIN:when={calls}");
    shows("strace", &["-f", "-qq", "-o", "/dev/null", "-e", &inject]);
}

/// Started by another program, the interface comes, and is left.
fn shows(program: &str, words: &[&str]) {
    let tree = tree();
    let mut terminal = Launch::new(program)
        .args(words)
        .args([PROGRAM, "-t", "16"])
        .args([tree.path()])
        .start();
    terminal.wait_for_text("Complete: everything was read.");
    terminal.key(Key::Character('q'));
    assert_eq!(terminal.wait_exit(), 0);
    assert_as_before(&terminal);
    assert!(terminal.text().contains("spelunk: complete in"));
}

#[test]
#[cfg(target_os = "linux")]
fn a_terminal_of_another_session_is_given_back_too() {
    shows("setsid", &["-w"]);
}

#[test]
#[cfg(target_os = "linux")]
fn where_few_threads_are_allowed_the_interface_gets_its_own_first() {
    let test = "where_few_threads_are_allowed_the_interface_gets_its_own_first";
    is_shown_without("14+", test);
}

#[test]
#[cfg(target_os = "linux")]
fn where_no_process_can_be_started_one_does_it() {
    // By its own path, and by the one that it was called by.
    is_shown_without("1..2", "where_no_process_can_be_started_one_does_it");
}

#[test]
#[cfg(target_os = "linux")]
fn without_proc_the_explorer_looks_after_the_terminal_itself() {
    let test = "without_proc_the_explorer_looks_after_the_terminal_itself";
    let words = [
        "-m",
        "sh",
        "-c",
        r#"mount -t tmpfs none /proc && exec "$@""#,
        "sh",
    ];
    let tried = Command::new("unshare").args(words).arg("true").output();
    if !tried.is_ok_and(|tried| tried.status.success()) {
        return skip(test, "unshare is missing, or may not hide /proc");
    }
    shows("unshare", &words);
}

#[test]
#[cfg(target_os = "linux")]
fn an_explorer_that_was_given_another_name_starts_no_supervisor() {
    let test = "an_explorer_that_was_given_another_name_starts_no_supervisor";
    let tree = Tree::new();
    // Without /proc it starts again what it was called by, which here loses the name that is given,
    // and does not do so for ever.
    let script = r#"
        mount -t tmpfs none /proc && bash -c : || exit
        cat >"$0" <<END
#!/usr/bin/env bash
export LEVEL=\$((LEVEL + 1))
[ \$LEVEL -le 2 ] && exec -a "\$0" "$1" "\$@"
END
        chmod +x "$0"
        shift
        exec "$0" "$@""#;
    let wrapper = tree.path().join("wrapper");
    let wrapper = wrapper.to_str().expect("a plain path");
    let words = ["-m", "sh", "-c", script, wrapper];
    let tried = Command::new("unshare").args(words).arg("true").output();
    if !tried.is_ok_and(|tried| tried.status.success()) {
        return skip(
            test,
            "unshare or bash is missing, or /proc may not be hidden",
        );
    }
    shows("unshare", &words);
}
