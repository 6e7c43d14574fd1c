//! Every way out of the interface, in every state that it can be in: what must happen stands in
//! [`Exit::must`], and whether the terminal is as it was before is looked at after each.
//!
//! Faults that only code can cause need the cargo feature `faults`.

pub(crate) mod gone;

use std::fs;

use rustix::process::{Signal, kill_process, test_kill_process};

use crate::{
    interface::{assert_as_before, explorer_of, wait_until},
    support::{
        keys::Key,
        skip::skip,
        terminal::{Launch, Terminal},
        tree::Tree,
    },
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_spelunk");

/// What the interface is at when it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// A worker does not come back from a directory.
    Scanning,
    /// The same after a request to stop.
    Stopping,
    /// The scan is complete.
    Browsing,
    /// The help is open, over a scan.
    Help,
    /// The find line is open, over a scan.
    Dialog,
}

use State::{Browsing, Dialog, Help, Scanning, Stopping};

const STATES: [State; 5] = [Scanning, Stopping, Browsing, Help, Dialog];

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    Quit,
    Interrupt,
    Term,
    Hangup,
    Int,
    QuitSignal,
    Pipe,
    PanicOfInterface,
    PanicOfWorker,
    Abort,
    Segmentation,
    Overflow,
    Kill,
    OutputGone,
    TerminalGone,
}

/// What must come of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Must {
    /// The program ends with this code, and the last line on the terminal has this in it.
    End(i32, &'static str),
    /// The program ends with this code; there is nobody to be told.
    EndUnseen(i32),
    /// The interface lives on, and answers keys.
    Live,
}

use Must::{End, EndUnseen, Live};

impl Exit {
    fn must(self, state: State) -> Must {
        match (self, state) {
            // In the find line it is a letter.
            (Self::Quit, Dialog) | (Self::Pipe | Self::PanicOfWorker, _) => Live,
            (Self::Quit, Browsing) => End(0, "spelunk: complete in 0:"),
            (Self::Quit, _) => End(1, "spelunk: stopped after 0:"),
            (Self::Interrupt, _) => End(130, "spelunk: interrupted after 0:"),
            (Self::Term, _) => End(143, "spelunk: ended by SIGTERM after 0:"),
            (Self::Hangup, _) => End(129, "spelunk: ended by SIGHUP after 0:"),
            (Self::Int, _) => End(130, "spelunk: ended by SIGINT after 0:"),
            (Self::QuitSignal, _) => End(131, "spelunk: ended by SIGQUIT after 0:"),
            (Self::PanicOfInterface, _) => End(101, "spelunk: panicked at src/faults.rs:"),
            (Self::Abort | Self::Overflow, _) => End(134, "spelunk: killed by SIGABRT after 0:"),
            (Self::Segmentation, _) => End(139, "spelunk: killed by SIGSEGV after 0:"),
            (Self::Kill, _) => End(137, "spelunk: killed by SIGKILL after 0:"),
            (Self::OutputGone | Self::TerminalGone, _) => EndUnseen(129),
        }
    }

    /// What the program has to be asked for, beside what keeps it in `state`. Five directories are
    /// read before it is complete.
    fn faults(self, state: State, file: &str) -> String {
        let held = if state == Browsing {
            ""
        } else {
            "hang@lister:3"
        };
        let own = match self {
            Self::PanicOfWorker if state == Browsing => return format!("panic@worker:6~{file}"),
            Self::PanicOfWorker => return format!("panic@worker:3~{file}"),
            Self::PanicOfInterface => "panic@key",
            Self::Abort => "abort@key",
            Self::Overflow => "overflow@key",
            _ => return held.to_owned(),
        };
        [own, held].join(",").trim_end_matches(',').to_owned()
    }
}

fn tree() -> Tree {
    let tree = Tree::new();
    for directory in ["one", "two", "three", "four"] {
        tree.file(format!("{directory}/file"), 1);
    }
    tree
}

/// Brings the program into a state. `screen` is the terminal that shows it, `keys` the one that it
/// reads.
fn bring(keys: Option<&mut Terminal>, screen: &mut Terminal, state: State) {
    let press = |screen: &mut Terminal, key| match keys {
        Some(keys) => keys.key(key),
        None => screen.key(key),
    };
    if state == Browsing {
        return screen.wait_for_text("Complete: everything was read.");
    }
    screen.wait_for_text("scanning");
    // The other worker has read what it could.
    screen.wait_for_text("1 waiting");
    match state {
        Scanning | Browsing => {}
        Stopping => {
            press(screen, Key::Escape);
            screen.wait_for_text("stopping");
        }
        Help => {
            press(screen, Key::Character('?'));
            screen.wait_for_text("Esc ? close");
        }
        Dialog => {
            press(screen, Key::Character('/'));
            screen.wait_for_text("Esc back");
        }
    }
}

/// Whether the interface answers: what a key does in this state is done.
fn assert_lives(terminal: &mut Terminal, state: State) {
    match state {
        Scanning | Stopping | Browsing => {
            terminal.send("?");
            terminal.wait_for_text("Esc ? close");
        }
        Help => {
            terminal.send("?");
            terminal.wait_for("it is closed", |screen| {
                !screen.contents().contains("Esc ? close")
            });
        }
        Dialog => {
            terminal.send("zz");
            terminal.wait_for("it is typed", |screen| screen.contents().contains("zz"));
        }
    }
    terminal.key(Key::Control('c'));
    assert_eq!(terminal.wait_exit(), 130);
    assert_as_before(terminal);
}

fn launch(faults: &str, tree: &Tree) -> Launch {
    Launch::new(PROGRAM)
        .args(["-t", "2"])
        .args([tree.path()])
        .env("SPELUNK_FAULT", faults)
}

fn try_exit(exit: Exit, state: State) {
    let (tree, outside) = (tree(), Tree::new());
    let file = outside.path().join("now");
    let faults = exit.faults(state, file.to_str().expect("a plain path"));
    let mut terminal = launch(&faults, &tree).start();
    bring(None, &mut terminal, state);
    let process = terminal.process();
    let explorer = explorer_of(process);
    let to_explorer = |signal| kill_process(explorer, signal).expect("it runs");
    match exit {
        Exit::Quit => terminal.key(Key::Character('q')),
        Exit::Interrupt => terminal.key(Key::Control('c')),
        Exit::Term => terminal.signal(Signal::TERM),
        Exit::Hangup => terminal.signal(Signal::HUP),
        Exit::Int => terminal.signal(Signal::INT),
        Exit::QuitSignal => terminal.signal(Signal::QUIT),
        Exit::Pipe => {
            terminal.signal(Signal::PIPE);
            to_explorer(Signal::PIPE);
        }
        Exit::PanicOfInterface | Exit::Abort | Exit::Overflow => terminal.key(Key::Function(12)),
        Exit::PanicOfWorker => {
            if state == Browsing {
                terminal.send("R");
                terminal.wait_for_text("scanning");
            }
            fs::write(&file, "").expect("it can be written");
            if state != Help {
                terminal.wait_for_text("broke");
            }
        }
        // The first one is taken for a fault of its own by the standard library, and comes again
        // only if it was one.
        Exit::Segmentation => wait_until("it has struck", || {
            kill_process(explorer, Signal::SEGV).is_err()
        }),
        Exit::Kill => to_explorer(Signal::KILL),
        Exit::OutputGone | Exit::TerminalGone => unreachable!("these have tests of their own"),
    }
    match exit.must(state) {
        End(code, line) => {
            assert_eq!(terminal.wait_exit(), code, "{}", terminal.text());
            assert_as_before(&terminal);
            let text = terminal.text();
            assert!(text.contains(line), "{text}");
            assert_eq!(text.matches(line).count(), 1, "it is said once: {text}");
            wait_until("nothing is left behind", || {
                test_kill_process(explorer).is_err()
            });
        }
        Live => assert_lives(&mut terminal, state),
        EndUnseen(_) => unreachable!("these have tests of their own"),
    }
}

/// One test for each exit, over all states.
macro_rules! exits {
    ($($name:ident: $exit:ident),* $(,)?) => {
        $(
            #[test]
            fn $name() {
                if !cfg!(feature = "faults") {
                    return skip(stringify!($name), "built without --features faults");
                }
                let takes_away = matches!(Exit::$exit, Exit::OutputGone | Exit::TerminalGone);
                if let Some(why) = gone::missing().filter(|_| takes_away) {
                    return skip(stringify!($name), why);
                }
                for state in STATES {
                    match Exit::$exit {
                        Exit::OutputGone => gone::lose_output(state),
                        Exit::TerminalGone => gone::lose_terminal(state),
                        exit => try_exit(exit, state),
                    }
                }
            }
        )*

        /// How many exits there are.
        const EXITS: usize = [$(Exit::$exit),*].len();
    };
}

exits! {
    quit: Quit,
    interrupt: Interrupt,
    term: Term,
    hangup: Hangup,
    int: Int,
    quit_signal: QuitSignal,
    pipe: Pipe,
    panic_of_interface: PanicOfInterface,
    panic_of_worker: PanicOfWorker,
    abort: Abort,
    segmentation: Segmentation,
    overflow: Overflow,
    kill: Kill,
    output_gone: OutputGone,
    terminal_gone: TerminalGone,
}

/// Nobody is left who could give the terminal back but the explorer.
#[test]
#[cfg(target_os = "linux")]
fn where_the_supervisor_is_killed_the_explorer_gives_the_terminal_back() {
    let test = "where_the_supervisor_is_killed_the_explorer_gives_the_terminal_back";
    if !cfg!(feature = "faults") {
        return skip(test, "built without --features faults");
    }
    for state in STATES {
        let tree = tree();
        // The shell stays when the supervisor has ended, and so does the terminal.
        let mut terminal = Launch::new("sh")
            .args(["-c", r#""$@"; exec sleep 86400"#, "sh"])
            .args([PROGRAM, "-t", "2"])
            .args([tree.path()])
            .env("SPELUNK_FAULT", Exit::Kill.faults(state, ""))
            .start();
        bring(None, &mut terminal, state);
        let supervisor = explorer_of(terminal.process());
        let explorer = explorer_of(supervisor);
        kill_process(supervisor, Signal::KILL).expect("it runs");
        terminal.wait_for_text("spelunk: ended by SIGTERM after 0:");
        wait_until("nothing is left behind", || gone::is_gone(explorer));
        assert_as_before(&terminal);
    }
}

#[test]
fn the_readme_counts_them() {
    let readme = include_str!("../../README.md");
    let cells = EXITS * STATES.len();
    let counted = format!("{EXITS} exits × {} states, {cells} cells", STATES.len());
    assert!(readme.contains(&counted), "the README needs: {counted}");
}
