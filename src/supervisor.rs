//! The supervisor: a small process around the one that does the work, the explorer, so that the
//! prompt comes back and the terminal is sane whatever happens to that.
//!
//! A thread whose request a dead file server has taken survives even SIGKILL, and a process with
//! such a thread does not end; and no process can put the terminal in order after it was killed,
//! has aborted or has run out of stack. So the program is two processes. The supervisor comes
//! first, starts the same executable again as the explorer, and then only waits. It has no threads,
//! and uses no processor while nothing happens.
//!
//! ```text
//! shell ── supervisor ── explorer
//!             │  ▲           │
//!             │  └── words ──┤  a pipe: take, suspend, leaving, done CODE; and text of errors
//!             │              │
//!             ├── signals ──▶│  TERM, HUP, INT, QUIT are passed on; USR1: the terminal is yours
//!             │              ▼
//!             └─────────▶ terminal   modes and settings by the supervisor, frames by the explorer
//! ```
//!
//! **The terminal** is taken and given back by the supervisor alone, so there is one place that
//! knows what is switched on. The explorer asks for it, and draws from SIGUSR1 on until it is
//! suspended or stopped; whenever it goes on after a stop it asks again.
//!
//! **The end** is the explorer's word that it is done, or its death, or one second after it was
//! told to end or said that it would: then it is killed. It is not waited for longer than a tenth of
//! a second, since it may be that it cannot die.
//!
//! **The terminal's going** counts as SIGHUP here, where the kernel may send none: it is another
//! session's, or whoever has started the program ignores that signal. What is written to it has lost
//! its reader; a report into a file goes on. The interface is gone within 0.03 s then, with a worker
//! that is stuck within 0.8 s; a report or a list whose worker is stuck, within 1.04 s. Both processes
//! together take less than 0.02 s of the processor's time for it.
//!
//! **Stopping.** Ctrl-Z in the interface, SIGTSTP, or SIGSTOP to the explorer give the terminal back
//! and stop both processes, as a shell expects of a job, unless there is no shell that could let
//! them go on.
//!
//! Without `/proc` (`/dev/fd` on other systems) the explorer cannot open the pipe; then it does
//! without words and looks after the terminal itself. So it does when the supervisor was killed, and
//! when something between them (valgrind) has given it another name. Where no process can be
//! started there is but one, which does the same.

mod explorer;
pub mod modes;
mod shell;
mod terminal;
mod words;

use std::{
    env,
    io::{self, ErrorKind, IsTerminal, PipeReader, Read, Write, stderr, stdout},
    os::{
        fd::{AsRawFd, RawFd},
        unix::{net::UnixStream, process::CommandExt},
    },
    path::PathBuf,
    process::{Child, Command},
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags},
    fs::OFlags,
    io::{FdFlags, fcntl_setfd},
    process::{
        Pid, Signal, WaitOptions, getpid, kill_current_process_group, kill_process, waitpid,
    },
};
use signal_hook::{
    consts::{SIGCHLD, SIGCONT, SIGHUP, SIGINT, SIGKILL, SIGPIPE, SIGQUIT, SIGTERM, SIGTSTP},
    iterator::{backend::SignalDelivery, exfiltrator::SignalOnly},
    low_level::{emulate_default_handler, signal_name},
};

pub use explorer::Link;
use modes::Modes;
pub use terminal::keys;
use terminal::{Outcome, Terminal, wait};
use words::{Listener, Word};

use crate::{format, signals};

/// What the explorer is called in lists of processes; the supervisor's number and that of the pipe
/// follow.
const EXPLORER: &str = "spelunk-explorer:";
/// The variable that tells the explorer its supervisor's number, should the name be lost on the way.
const SUPERVISOR: &str = "SPELUNK_SUPERVISOR";
/// How long the explorer has to end, once it was told to or said that it would.
pub const PATIENCE: Duration = Duration::from_secs(1);
/// What comes within this time was meant once.
const TWICE: Duration = Duration::from_millis(200);
/// How long its death is waited for.
const DEATH: Duration = Duration::from_millis(100);

/// Runs `explore` in a process of its own, under supervision. Returns the exit code of whichever
/// process this is. To be called before any thread begins.
pub fn supervise(explore: impl FnOnce(&Link) -> u8) -> u8 {
    let link = match Link::find() {
        Some(link) => link,
        None => match Supervisor::start() {
            Ok(supervisor) => return supervisor.run(),
            Err(_) => Link::to_nobody(),
        },
    };
    let code = explore(&link);
    link.done(code);
    code
}

/// How the explorer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// By itself, with this exit code.
    Code(u8),
    /// Killed by this signal.
    Killed(i32),
    /// Not by itself.
    Late,
}

/// Why the program is to be stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    /// The user has pressed the key for it in the interface.
    Key,
    /// SIGTSTP.
    Signal,
    /// The explorer is.
    Explorer,
    /// It is in the background of the terminal that it needs.
    Background,
}

struct Supervisor {
    /// Until it is known to be dead.
    explorer: Option<Pid>,
    /// Until all that has it has gone.
    words: Option<PipeReader>,
    listener: Listener,
    signals: SignalDelivery<UnixStream, SignalOnly>,
    terminal: Option<Terminal>,
    /// The modes that are on.
    held: Option<Modes>,
    /// Whether standard output is a terminal that has not gone.
    is_shown: bool,
    /// The signal that was passed on first, and when.
    told: Option<(i32, Instant)>,
    deadline: Option<Instant>,
    begun: Instant,
}

impl Supervisor {
    fn start() -> io::Result<Self> {
        let terminal = Terminal::find();
        let (read, write) = UnixStream::pair()?;
        let signals = [SIGCHLD, SIGCONT, SIGTSTP]
            .into_iter()
            .chain(signals::endings());
        let signals = SignalDelivery::with_pipe(read, write, SignalOnly, signals)?;
        let (words, pipe) = io::pipe()?;
        rustix::fs::fcntl_setfl(&words, OFlags::NONBLOCK)?;
        // The explorer inherits it, by its number.
        fcntl_setfd(&pipe, FdFlags::empty())?;
        let explorer = spawn(pipe.as_raw_fd())?;
        Ok(Self {
            explorer: Some(Pid::from_child(&explorer)),
            words: Some(words),
            listener: Listener::default(),
            signals,
            terminal,
            held: None,
            is_shown: stdout().is_terminal(),
            told: None,
            deadline: None,
            begun: Instant::now(),
        })
    }

    fn run(mut self) -> u8 {
        let end = self.watch();
        self.bury(end)
    }

    /// Waits for the explorer's end.
    fn watch(&mut self) -> End {
        loop {
            if self
                .deadline
                .is_some_and(|deadline| deadline <= Instant::now())
            {
                return End::Late;
            }
            let left = (self.deadline).map(|end| end.saturating_duration_since(Instant::now()));
            let is_gone = self.wait(left);
            let hangup = is_gone.then_some(SIGHUP);
            for signal in hangup.into_iter().chain(in_turn(self.caught())) {
                let end = match signal {
                    SIGCHLD => self.reap(),
                    SIGCONT => self.go_on(),
                    SIGTSTP => self.stop(Stop::Signal),
                    signal => self.pass_on(signal),
                };
                if let Some(end) = end {
                    return end;
                }
            }
            for word in self.hear() {
                let end = match word {
                    Word::Take(modes) => self.enter(modes),
                    Word::Suspend => self.stop(Stop::Key),
                    Word::Leaving => {
                        self.expect_end();
                        None
                    }
                    Word::Done(code) => Some(End::Code(code)),
                };
                if let Some(end) = end {
                    return end;
                }
            }
        }
    }

    /// Waits for words or signals, or until the terminal that is written to has gone: whether it has.
    fn wait(&mut self, time: Option<Duration>) -> bool {
        let output = stdout();
        let mut ready = vec![PollFd::new(self.signals.get_read(), PollFlags::IN)];
        let words = self.words.as_ref();
        ready.extend(words.map(|words| PollFd::new(words, PollFlags::IN)));
        let others = ready.len();
        if self.is_shown {
            ready.push(PollFd::new(&output, PollFlags::empty()));
        }
        wait(&mut ready, time);
        let seen = ready
            .get(others)
            .map_or(PollFlags::empty(), PollFd::revents);
        // It would be seen again at once.
        self.is_shown &= seen.is_empty();
        seen.intersects(PollFlags::HUP | PollFlags::ERR)
    }

    fn caught(&mut self) -> Vec<i32> {
        self.signals.pending().collect()
    }

    /// The words that have come, and text beside them.
    fn hear(&mut self) -> Vec<Word> {
        let mut heard = Vec::new();
        let mut buffer = [0; 4096];
        while let Some(words) = &mut self.words {
            match words.read(&mut buffer) {
                Ok(0) => self.words = None,
                Ok(count) => heard.extend(self.listener.hear(&buffer[..count])),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(_) => self.words = None,
            }
        }
        heard
    }

    /// What has become of the explorer.
    fn reap(&mut self) -> Option<End> {
        let options = WaitOptions::NOHANG | WaitOptions::UNTRACED;
        let (_, status) = waitpid(Some(self.explorer?), options).ok()??;
        if status.stopped() {
            return self.stop(Stop::Explorer);
        }
        self.explorer = None;
        let code = status.exit_status().map(|code| End::Code(code as u8));
        code.or_else(|| status.terminating_signal().map(End::Killed))
    }

    /// Passes a signal on. The same one a second time ends the explorer at once, unless it comes so
    /// soon that it can only have been sent both to this process and to its group.
    fn pass_on(&mut self, signal: i32) -> Option<End> {
        let (first, when) = *self.told.get_or_insert((signal, Instant::now()));
        if first == signal && when.elapsed() > TWICE {
            return Some(End::Late);
        }
        self.expect_end();
        self.signal(Signal::from_named_raw(signal)?);
        None
    }

    fn expect_end(&mut self) {
        self.deadline.get_or_insert(Instant::now() + PATIENCE);
    }

    fn signal(&self, signal: Signal) {
        if let Some(explorer) = self.explorer {
            let _ = kill_process(explorer, signal);
        }
    }

    /// Lets the explorer have the terminal, once that is in the foreground, unless it is to end.
    fn enter(&mut self, modes: Modes) -> Option<End> {
        let is_others = |terminal: &Terminal| terminal.is_others() && shell::is_there();
        while self.told.is_none() && self.terminal.as_ref().is_some_and(is_others) {
            if let Some(end) = self.stop(Stop::Background) {
                return Some(end);
            }
        }
        if self.told.is_some() {
            return None;
        }
        if let (None, Some(terminal)) = (self.held, &self.terminal) {
            self.held = Some(modes);
            terminal.enter(modes);
        }
        self.signal(Signal::USR1);
        None
    }

    /// Gives the terminal back.
    fn restore(&mut self) -> Outcome {
        match (self.held.take(), &self.terminal) {
            (Some(modes), Some(terminal)) => terminal.restore(modes),
            _ => Outcome::Out,
        }
    }

    /// Stops both processes, until the shell lets them go on.
    fn stop(&mut self, why: Stop) -> Option<End> {
        if !shell::is_there() {
            if why == Stop::Key {
                self.signal(Signal::USR1);
            }
            return None;
        }
        self.signal(Signal::STOP);
        self.restore();
        if why == Stop::Key {
            let _ = kill_current_process_group(Signal::TSTP);
        }
        // The shell may have let all go on by now, when it has seen another process of the group stop
        // or was asked to, and would not do so again. If it does so between these two lines the job
        // stops though the shell takes it for running; `fg` or SIGCONT once more lets it go on. Only
        // a stop that the kernel itself takes back with SIGCONT would leave no such moment: SIGTSTP
        // has a handler here, and SIGTTIN and SIGTTOU may be ignored, and are another news in shells.
        let mut caught = self.caught();
        if !caught.contains(&SIGCONT) {
            let _ = kill_process(getpid(), Signal::STOP);
        }
        // From here on it goes on, and has all its time to end.
        self.deadline = self.deadline.map(|_| Instant::now() + PATIENCE);
        let ends = |signal: &i32| ![SIGCHLD, SIGCONT, SIGTSTP].contains(signal);
        caught.extend(self.caught());
        self.signal(Signal::CONT);
        caught
            .into_iter()
            .filter(ends)
            .find_map(|signal| self.pass_on(signal))
            // SIGCHLD may have told of more than of the stop.
            .or_else(|| self.reap())
    }

    /// Goes on after a stop that could not be foreseen. The shell has used the terminal since.
    fn go_on(&mut self) -> Option<End> {
        self.restore();
        self.signal(Signal::CONT);
        None
    }

    /// Ends what is left, puts the terminal in order, says what there is to say. Returns the exit
    /// code.
    fn bury(mut self, end: End) -> u8 {
        self.signal(Signal::KILL);
        let deadline = Instant::now() + DEATH;
        while let Some(explorer) = self.explorer {
            let left = deadline.saturating_duration_since(Instant::now());
            match waitpid(Some(explorer), WaitOptions::NOHANG) {
                Ok(None) if !left.is_zero() => {
                    self.wait(Some(left));
                    self.caught();
                }
                _ => break,
            }
        }
        self.hear();
        let was_held = self.held.is_some();
        let outcome = self.restore();
        let (line, code) = self.farewell(end, was_held);
        if outcome == Outcome::Out || !stderr().is_terminal() {
            // Nobody is left who could be told that it cannot be said.
            let _ = stderr().write_all(&self.listener.text);
            let _ = stderr().write_all(line.as_bytes());
        }
        let signal = match end {
            // As the explorer has ended, so that the shell sees the same.
            End::Killed(signal) if is_ordinary(signal) => Some(signal),
            // A shell ends its loop only if it sees that what it waited for was interrupted.
            End::Code(code) => Some(SIGINT).filter(|signal| i32::from(code) == 128 + signal),
            _ => None,
        };
        if let Some(signal) = signal {
            let _ = emulate_default_handler(signal);
        }
        code
    }

    /// What is left to be said, and the exit code.
    fn farewell(&self, end: End, was_held: bool) -> (String, u8) {
        let after = format::elapsed(self.begun.elapsed());
        let restored = if was_held {
            "the terminal is restored, "
        } else {
            ""
        };
        let name = |signal| signal_name(signal).unwrap_or("a signal");
        let (how, signal) = match (end, self.told) {
            (End::Code(code), _) => return (String::new(), code),
            (End::Killed(signal), _) if is_ordinary(signal) => {
                return (String::new(), 128 + signal as u8);
            }
            (End::Killed(signal), _) => {
                (format!("killed by {} after {after}", name(signal)), signal)
            }
            (End::Late, Some((signal, _))) => {
                let how = format!("ended by {} after {after} without an answer", name(signal));
                (how, signal)
            }
            (End::Late, None) => {
                let how = format!("did not end by itself and was killed after {after}");
                (how, SIGKILL)
            }
        };
        let line = format!("spelunk: {how}; {restored}nothing was kept\n");
        (line, 128 + signal as u8)
    }
}

/// Signals that were caught together, so that nobody knows which came first, in the order in which
/// they are to be heeded. Those that may tell of one and the same stop must not stop the program
/// more than once: Ctrl-Z at a report sends SIGTSTP to both processes, and then SIGCHLD comes because
/// the explorer has stopped.
///
/// Where SIGCONT is among them the shell lets all go on already, and would not do so again: then
/// SIGTSTP is left out. SIGCHLD is the last: it only lets the kernel be asked what has become of the
/// explorer, and that is running again when the others were heeded, unless something new has
/// happened to it.
fn in_turn(mut caught: Vec<i32>) -> Vec<i32> {
    if caught.contains(&SIGCONT) {
        caught.retain(|signal| *signal != SIGTSTP);
    }
    caught.sort_by_key(|signal| *signal == SIGCHLD);
    caught
}

/// Whether programs end by this signal without there being anything wrong with them.
fn is_ordinary(signal: i32) -> bool {
    [SIGHUP, SIGINT, SIGPIPE, SIGQUIT, SIGTERM].contains(&signal)
}

/// Starts the explorer, with the same arguments. `pipe` is the number of the pipe for its words.
fn spawn(pipe: RawFd) -> io::Result<Child> {
    let name = format!("{EXPLORER}{}:{pipe}", getpid().as_raw_nonzero());
    let start = |program: PathBuf| {
        Command::new(program)
            .arg0(&name)
            .env(SUPERVISOR, getpid().as_raw_nonzero().to_string())
            .args(env::args_os().skip(1))
            .spawn()
    };
    let called = || env::args_os().next().unwrap_or_default().into();
    env::current_exe()
        .and_then(start)
        .or_else(|_| start(called()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_that_came_together_stop_the_program_once_or_not_at_all() {
        for (caught, expected) in [
            (vec![SIGCHLD], vec![SIGCHLD]),
            (
                vec![SIGTERM, SIGCHLD, SIGTSTP],
                vec![SIGTERM, SIGTSTP, SIGCHLD],
            ),
            (vec![SIGCHLD, SIGCONT, SIGTSTP], vec![SIGCONT, SIGCHLD]),
        ] {
            assert_eq!(in_turn(caught), expected);
        }
    }
}
