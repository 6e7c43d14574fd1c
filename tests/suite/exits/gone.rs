//! The terminal goes and no signal tells so. What needed it ends; whether it did nothing but end is
//! told by the time that the processor spent on it. That measures work, unlike the time on a clock:
//! a busy machine does not let it grow much.

use std::{fs, path::Path};

use rustix::process::{Pid, Signal};

use super::{Exit, Must::EndUnseen, PROGRAM, State, bring, tree};
use crate::{
    interface::{assert_as_before, explorer_of, wait_until},
    support::{
        skip::{self, skip},
        terminal::{Launch, Terminal},
        tree::Tree,
    },
};

/// Begins a command that is not told: it ignores SIGHUP, or is in another session than the terminal.
const UNTOLD: [&str; 2] = [r#"trap "" HUP;"#, "trap : HUP; setsid -w"];

/// How much work may come of it, in hundredths of a second of the processor's time. It is one or
/// two, and near a hundred for who spins until it is killed.
const MOST: u64 = 50;

/// How often a report wakes in about two seconds.
const WAKES: u64 = 20;

/// A worker does not come back from a directory.
const HUNG: &str = "hang@lister:3";

/// Why this cannot be tested here, if so.
pub(super) fn missing() -> Option<&'static str> {
    let programs = ["script", "setsid", "nohup"];
    if !cfg!(feature = "faults") {
        return Some("built without --features faults");
    }
    if !cfg!(target_os = "linux") || programs.iter().any(|name| skip::find(name).is_none()) {
        return Some("script or setsid of util-linux, or nohup, is missing");
    }
    None
}

/// A terminal that can be taken away from the program in it: that of `script`, which is killed for
/// it. The one that is returned shows the same.
fn losable(command: &str, faults: &str) -> Terminal {
    Launch::new("script")
        .args(["-qfc", command, "/dev/null"])
        .env("SHELL", "/bin/sh")
        .env("SPELUNK_FAULT", faults)
        .start()
}

/// What a program writes into a file, up to and without a semicolon.
fn written(file: &Path) -> String {
    let mut text = String::new();
    wait_until("it is written", || {
        text = fs::read_to_string(file).unwrap_or_default();
        text.ends_with(';')
    });
    text.trim_end_matches(';').trim().to_owned()
}

/// The output is another terminal, and that one goes.
pub(super) fn lose_output(state: State) {
    let (tree, outside) = (tree(), Tree::new());
    let device = outside.path().join("device");
    let command = format!("(tty; printf ';') >{}; exec sleep 86400", device.display());
    let mut screen = losable(&command, "");
    let mut keys = Launch::new("sh")
        .args(["-c", r#"out=$1; shift; exec "$@" >"$out""#, "sh"])
        .args([&written(&device), PROGRAM, "-t", "2"])
        .args([tree.path()])
        .env("SPELUNK_FAULT", Exit::OutputGone.faults(state, ""))
        .start();
    bring(Some(&mut keys), &mut screen, state);
    screen.signal(Signal::KILL);
    assert_eq!(Exit::OutputGone.must(state), EndUnseen(keys.wait_exit()));
    assert_as_before(&keys);
}

/// The interface's terminal goes.
pub(super) fn lose_terminal(state: State) {
    for untold in UNTOLD {
        let faults = Exit::TerminalGone.faults(state, "");
        let mut program = Losing::start(&format!("{untold} {PROGRAM}"), &faults);
        bring(None, &mut program.terminal, state);
        assert_eq!(Exit::TerminalGone.must(state), EndUnseen(program.ends()));
    }
}

/// A program that is about to lose its terminal.
struct Losing {
    terminal: Terminal,
    outside: Tree,
    _tree: Tree,
}

impl Losing {
    /// Starts a command, which the tree that is to be scanned is added to. Its shell outlives the
    /// terminal.
    fn start(command: &str, faults: &str) -> Self {
        let (tree, outside) = (tree(), Tree::new());
        let end = outside.path().join("end");
        let faults = faults.replace('~', &format!("~{}/", outside.path().display()));
        let command = format!(
            r#"cd {}; {command} -t 2 {}; {{ printf "$? "; times; printf ";"; }} >{}"#,
            outside.path().display(),
            tree.path().display(),
            end.display(),
        );
        Self {
            terminal: losable(&command, &faults),
            outside,
            _tree: tree,
        }
    }

    /// Its two processes.
    fn processes(&self) -> [Pid; 2] {
        let supervisor = explorer_of(explorer_of(self.terminal.process()));
        [supervisor, explorer_of(supervisor)]
    }

    /// The terminal goes; it must end by that, and not work for it. Returns the exit code.
    fn ends(&self) -> i32 {
        let processes = self.processes();
        let before: u64 = processes.map(work).iter().sum();
        self.terminal.signal(Signal::KILL);
        let (code, all) = self.end();
        wait_until("both are gone", || processes.into_iter().all(is_gone));
        let after = all.saturating_sub(before);
        assert!(after <= MOST, "{after} after {before}");
        code
    }

    /// Waits for its end; returns the exit code, and the work of its whole life.
    fn end(&self) -> (i32, u64) {
        let end = written(&self.outside.path().join("end"));
        let words: Vec<&str> = end.split_whitespace().collect();
        // The code, the times of the shell, those of the program.
        let [code, _, _, user, system] = words[..] else {
            panic!("{end}");
        };
        let time = |text: &str| {
            let (minutes, seconds) = text.trim_end_matches('s').split_once('m')?;
            Some(minutes.parse::<f64>().ok()? * 60.0 + seconds.parse::<f64>().ok()?)
        };
        let all = time(user).zip(time(system)).expect("times");
        (
            code.parse().expect("a number"),
            ((all.0 + all.1) * 100.0) as u64,
        )
    }
}

/// Whether a process has ended, even if nobody has taken note of it: so in a namespace without an init.
pub(crate) fn is_gone(process: Pid) -> bool {
    fs::read_link(format!("/proc/{}/exe", process.as_raw_nonzero())).is_err()
}

/// What the processor has done for a process so far, in hundredths of a second, as Linux counts.
fn work(process: Pid) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", process.as_raw_nonzero()));
    let stat = stat.expect("it runs");
    let (_, rest) = stat.rsplit_once(')').expect("a name");
    let times = rest.split_whitespace().skip(11).take(2);
    times
        .map(|time| time.parse::<u64>().expect("a number"))
        .sum()
}

/// How often the first thread of a process has waited.
pub(crate) fn waits(process: Pid) -> u64 {
    let process = process.as_raw_nonzero();
    let status = fs::read_to_string(format!("/proc/{process}/task/{process}/status"));
    let status = status.expect("it runs");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    line.and_then(|count| count.trim().parse().ok())
        .expect("a count")
}

#[test]
fn a_report_or_a_list_for_the_terminal_ends_with_it() {
    if let Some(why) = missing() {
        return skip("a_report_or_a_list_for_the_terminal_ends_with_it", why);
    }
    for untold in UNTOLD {
        // Of four files one is in the directory that does not answer.
        for (front_end, text, times) in [("--plain", "Assigned", 1), ("--list", "/file", 3)] {
            let program = Losing::start(&format!("{untold} {PROGRAM} {front_end}"), HUNG);
            program.terminal.wait_for("it is at work", |screen| {
                screen.contents().matches(text).count() == times
            });
            // By the signal, or since what it has yet to say could not be written.
            let code = program.ends();
            assert!([2, 129].contains(&code), "{untold} {front_end}: {code}");
        }
    }
}

#[test]
fn a_report_for_a_file_outlives_the_terminal() {
    if let Some(why) = missing() {
        return skip("a_report_for_a_file_outlives_the_terminal", why);
    }
    for untold in [UNTOLD[0], "trap : HUP; nohup"] {
        let command = format!("{untold} {PROGRAM} --plain >out");
        let program = Losing::start(&command, "panic@lister:3~now");
        let out = || fs::read_to_string(program.outside.path().join("out")).unwrap_or_default();
        wait_until("it is at work", || {
            (program.terminal.text() + &out()).contains("Assigned")
        });
        let processes = program.processes();
        let before = processes.map(work);
        program.terminal.signal(Signal::KILL);
        let until = waits(processes[1]) + WAKES;
        wait_until("it goes on", || waits(processes[1]) >= until);
        let after = processes.map(work);
        let now = program.outside.path().join("now");
        fs::write(now, "").expect("it can be written");
        assert_eq!(program.end().0, 1);
        assert!(out().contains(" files "), "{}", out());
        assert!(
            after.iter().sum::<u64>() - before.iter().sum::<u64>() <= MOST,
            "{after:?} after {before:?}"
        );
    }
}
