//! Job control: the program as a job of a real shell, which is stopped and goes on, also from within
//! a pager; and where there is no such shell.

use std::{fs, process::Command};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::{
    exits::gone::{is_gone, waits},
    interface::{assert_as_before, explorer_of, wait_until},
    support::{
        keys::Key,
        modes::{Mode, Modes},
        settings::Settings,
        skip::{self, skip},
        strace,
        terminal::{Launch, Terminal},
        tree::Tree,
    },
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_spelunk");

/// A shell with job control, in a terminal.
struct Shell {
    terminal: Terminal,
    /// How many prompts have been seen.
    prompts: usize,
    /// The terminal's settings at the prompt.
    settings: Settings,
    _tree: Tree,
}

impl Shell {
    /// Starts it; `None` where there is none, which is said.
    fn start(test: &str) -> Option<Self> {
        let programs = ["bash", "less"];
        if let Some(missing) = programs.iter().find(|name| skip::find(name).is_none()) {
            skip(test, &format!("{missing} is missing"));
            return None;
        }
        let tree = Tree::new();
        tree.file("one", 1)
            .file("directory/two", 1)
            .text("page", "a page\n");
        let terminal = Launch::new("bash")
            .args(["--norc", "--noprofile", "--noediting", "-i"])
            .directory(tree.path())
            .env("PS1", r"\#> ")
            .env("S", PROGRAM)
            .env("SHELL", "/bin/sh")
            .env("LESS", "")
            .start();
        let mut shell = Self {
            settings: terminal.settings(),
            terminal,
            prompts: 0,
            _tree: tree,
        };
        shell.prompt();
        shell.settings = shell.terminal.settings();
        Some(shell)
    }

    /// Waits for the next prompt; the terminal is as it was at the first one.
    fn prompt(&mut self) {
        self.prompts += 1;
        let prompt = format!("{}>", self.prompts);
        self.terminal.wait_for(&prompt, |screen| {
            screen.rows(0, 80).any(|line| line.trim_end() == prompt)
        });
    }

    fn prompt_as_before(&mut self) {
        self.prompt();
        assert_eq!(self.terminal.modes(), Modes::default());
        assert_eq!(self.terminal.settings(), self.settings);
    }

    /// Enters a line. One that is a command is followed by another prompt at some time.
    fn line(&mut self, line: &str) {
        self.terminal.send(&format!("{line}\r"));
    }

    /// The interface is there, is drawn and answers keys.
    fn answers(&mut self) {
        answers(&mut self.terminal);
    }

    /// Leaves by `q`.
    fn leave(&mut self) {
        self.terminal.key(Key::Character('q'));
    }

    /// The last thing is left, and all is well at the prompt.
    fn leave_for_prompt(&mut self) {
        self.leave();
        self.prompt_as_before();
        self.ends_with(0);
    }

    /// The exit code of the last command.
    fn ends_with(&mut self, code: u8) {
        self.line("echo code=$?");
        self.terminal.wait_for_text(&format!("code={code}"));
        self.prompt();
    }

    /// How often the screen was emptied.
    fn clears(&self) -> usize {
        let output = self.terminal.output();
        let clear = b"\x1b[2J";
        output
            .windows(clear.len())
            .filter(|bytes| bytes == clear)
            .count()
    }

    /// The two processes of the program, which the shell has started.
    fn processes(&self) -> [Pid; 2] {
        let supervisor = explorer_of(self.terminal.process());
        [supervisor, explorer_of(supervisor)]
    }
}

fn answers(terminal: &mut Terminal) {
    terminal.wait_for_modes("it has the terminal", |modes| {
        modes.has(Mode::AlternateScreen)
    });
    terminal.wait_for_text("Complete: everything was read.");
    terminal.key(Key::Character('?'));
    terminal.wait_for_text("Esc ? close");
    terminal.key(Key::Character('?'));
    terminal.wait_for_text("Complete: everything was read.");
    assert!(terminal.settings().are_raw());
}

/// Whether all threads of the processes are stopped.
fn are_stopped(processes: &[Pid]) -> bool {
    processes.iter().all(|process| {
        let threads = fs::read_dir(format!("/proc/{}/task", process.as_raw_nonzero()));
        threads.expect("the program runs").all(|thread| {
            let stat = fs::read_to_string(thread.expect("it can be read").path().join("stat"));
            stat.is_ok_and(|stat| stat.contains(") T "))
        })
    })
}

#[test]
fn a_key_stops_it_and_the_shell_lets_it_go_on() {
    let Some(mut shell) = Shell::start("a_key_stops_it_and_the_shell_lets_it_go_on") else {
        return;
    };
    for command in [
        "$S .",
        "sh -c '$S .; exit $?'",
        "$S . <&-",
        "exec 3<.; $S . 2>log",
    ] {
        shell.line(command);
        shell.answers();
        for _ in 0..2 {
            shell.terminal.key(Key::Control('z'));
            shell.prompt_as_before();
            shell.terminal.wait_for_text("Stopped");
            shell.line("fg");
            shell.answers();
        }
        shell.leave_for_prompt();
    }
}

#[test]
#[cfg(target_os = "linux")]
fn signals_stop_either_process_and_let_them_go_on() {
    let Some(mut shell) = Shell::start("signals_stop_either_process_and_let_them_go_on") else {
        return;
    };
    shell.line("$S .");
    shell.answers();
    let [supervisor, explorer] = shell.processes();
    let both = [supervisor, explorer];
    let kill = |process, signal| kill_process(process, signal).expect("it runs");
    for (process, signal) in [
        (explorer, Signal::STOP),
        (supervisor, Signal::TSTP),
        (explorer, Signal::TSTP),
    ] {
        kill(process, signal);
        shell.prompt_as_before();
        wait_until("both are stopped", || are_stopped(&both));
        // To go on in the background is to ask for the terminal, and to be stopped for it.
        let before = waits(supervisor);
        kill(supervisor, Signal::CONT);
        wait_until("both are again", || {
            waits(supervisor) > before && are_stopped(&both)
        });
        shell.line("fg");
        shell.answers();
        // Who goes on already has lost nothing, and draws everything anew.
        let before = shell.clears();
        kill(process, Signal::CONT);
        wait_until("it has gone on", || shell.clears() > before);
        shell.answers();
    }
    // This one cannot give the terminal back, and there is a prompt on the interface's screen.
    kill(supervisor, Signal::STOP);
    shell.prompt();
    shell.line("fg");
    shell.answers();
    shell.leave_for_prompt();
}

/// SIGTSTP to both: the supervisor, held up by strace, learns of it and of the explorer's stop at
/// once.
#[test]
#[cfg(target_os = "linux")]
fn what_tells_twice_of_one_stop_stops_it_once() {
    let test = "what_tells_twice_of_one_stop_stops_it_once";
    if let Some(why) = strace::missing() {
        return skip(test, why);
    }
    let Some(mut shell) = Shell::start(test) else {
        return;
    };
    shell.line("$S .");
    shell.answers();
    let [supervisor, _] = shell.processes();
    let number = supervisor.as_raw_nonzero().to_string();
    let mut strace = Command::new("strace")
        .args(["-qq", "-o", "/dev/null", "-p", &number])
        .args(["-e", "inject=poll,ppoll:delay_exit=300000"])
        .spawn()
        .expect("run strace");
    wait_until("it is traced", || {
        let status = fs::read_to_string(format!("/proc/{number}/status"));
        !status.expect("it runs").contains("TracerPid:\t0\n")
    });
    // The wait that it was in is not held up yet.
    let before = shell.clears();
    kill_process(supervisor, Signal::CONT).expect("it runs");
    wait_until("it has gone on", || shell.clears() > before);
    kill_process_group(supervisor, Signal::TSTP).expect("it runs");
    shell.prompt_as_before();
    shell.line("fg");
    shell.answers();
    shell.leave_for_prompt();
    strace.wait().expect("it ends with what it traces");
}

/// The interface in a shell, stopped by its key, and its two processes.
#[cfg(target_os = "linux")]
fn stopped(test: &str) -> Option<(Shell, [Pid; 2])> {
    let mut shell = Shell::start(test)?;
    shell.line("$S .");
    shell.answers();
    let processes = shell.processes();
    shell.terminal.key(Key::Control('z'));
    shell.prompt_as_before();
    // The kernel ends the stop of a job that is nobody's if it sees it.
    wait_until("both are stopped", || are_stopped(&processes));
    Some((shell, processes))
}

#[test]
#[cfg(target_os = "linux")]
fn who_is_killed_while_stopped_leaves_the_prompt_alone() {
    let test = "who_is_killed_while_stopped_leaves_the_prompt_alone";
    let Some((mut shell, [supervisor, explorer])) = stopped(test) else {
        return;
    };
    kill_process(supervisor, Signal::KILL).expect("it is stopped");
    wait_until("both are gone", || is_gone(explorer));
    shell.line(":");
    shell.prompt_as_before();
}

#[test]
#[cfg(target_os = "linux")]
fn an_explorer_that_was_killed_while_stopped_is_noticed() {
    let test = "an_explorer_that_was_killed_while_stopped_is_noticed";
    let Some((mut shell, [_, explorer])) = stopped(test) else {
        return;
    };
    kill_process(explorer, Signal::KILL).expect("it is stopped");
    wait_until("it is gone", || is_gone(explorer));
    shell.line("fg");
    shell.terminal.wait_for_text("killed by SIGKILL");
    shell.prompt_as_before();
    shell.ends_with(137);
}

#[test]
fn a_pager_that_has_started_it_is_stopped_with_it() {
    let Some(mut shell) = Shell::start("a_pager_that_has_started_it_is_stopped_with_it") else {
        return;
    };
    shell.line("less page");
    shell.terminal.wait_for_text("a page");
    shell.line("!$S .");
    shell.answers();
    shell.terminal.key(Key::Control('z'));
    shell.prompt_as_before();
    shell.line("fg");
    shell.answers();
    shell.leave();
    shell.terminal.wait_for_text("!done");
    shell.line("");
    shell.terminal.wait_for_text("a page");
    shell.leave_for_prompt();
}

#[test]
fn before_a_pager_it_is_the_report() {
    let Some(mut shell) = Shell::start("before_a_pager_it_is_the_report") else {
        return;
    };
    shell.line("$S . | less; echo ${PIPESTATUS[*]}");
    shell.terminal.wait_for_text("3 files");
    shell.leave();
    shell.terminal.wait_for_text("0 0");
    shell.prompt_as_before();
}

#[test]
fn without_job_control_nothing_can_stop_it() {
    let tree = Tree::new();
    tree.file("one", 1);
    let mut launches = vec![
        &[PROGRAM][..],
        &["sh", "-c", r#""$@"; exit $?"#, "sh", PROGRAM],
    ];
    let namespace = ["--pid", "--fork", "true"];
    let tried = Command::new("unshare").args(namespace).output();
    if tried.is_ok_and(|tried| tried.status.success()) {
        // Its session, its group and its parent have no number there.
        launches.push(&["unshare", "--pid", "--fork", PROGRAM]);
    } else {
        let test = "without_job_control_nothing_can_stop_it (in a namespace)";
        skip(test, "unshare is missing, or may not make one");
    }
    for words in launches {
        let mut terminal = Launch::new(words[0])
            .args(&words[1..])
            .args([tree.path()])
            .start();
        answers(&mut terminal);
        terminal.key(Key::Control('z'));
        answers(&mut terminal);
        terminal.signal(Signal::TSTP);
        answers(&mut terminal);
        terminal.key(Key::Character('q'));
        assert_eq!(terminal.wait_exit(), 0);
        assert_as_before(&terminal);
    }
}
