//! The explorer's side: how it finds its supervisor, and speaks to it. Where there is none, or it
//! has gone, the explorer does itself what is most needed.

use std::{
    cell::Cell,
    env,
    fs::File,
    io::{self, Write, stderr},
    os::{fd::OwnedFd, unix::ffi::OsStrExt},
};

use rustix::{
    io::fcntl_dupfd_cloexec,
    process::{Pid, Signal, getpid, getppid, kill_process},
    stdio::dup2_stderr,
};

use super::{EXPLORER, SUPERVISOR, modes::Modes, terminal::Terminal, words::Word};

/// The way to the supervisor.
pub struct Link {
    words: Option<File>,
    terminal: Option<Terminal>,
    /// Standard error as it was found.
    errors: Option<OwnedFd>,
    /// The modes that were asked for.
    asked: Cell<Option<Modes>>,
}

impl Link {
    /// To nobody: this process looks after itself.
    pub(super) fn to_nobody() -> Self {
        Self {
            words: None,
            terminal: Terminal::find(),
            errors: fcntl_dupfd_cloexec(stderr(), 0).ok(),
            asked: Cell::new(None),
        }
    }

    /// To the supervisor that has started this process; `None` if none has. To be called before any
    /// other thread begins. When the supervisor is killed this process gets SIGTERM.
    pub(super) fn find() -> Option<Self> {
        let name = env::args_os().next()?;
        let Some(name) = name.as_bytes().strip_prefix(EXPLORER.as_bytes()) else {
            return is_nameless().then(Self::to_nobody);
        };
        let (supervisor, pipe) = std::str::from_utf8(name).ok()?.split_once(':')?;
        #[cfg(target_os = "linux")]
        let _ = rustix::process::set_parent_process_death_signal(Some(Signal::TERM));
        let supervisor = supervisor.parse().ok().and_then(Pid::from_raw)?;
        if getppid() != Some(supervisor) {
            // It was killed before it could have been noticed.
            let _ = kill_process(getpid(), Signal::KILL);
        }
        let pipe: u32 = pipe.parse().ok()?;
        // Where there is no such file there are no words: the supervisor then waits for the end.
        let words = File::options().write(true).open(format!("/dev/fd/{pipe}"));
        Some(Self {
            words: words.ok(),
            ..Self::to_nobody()
        })
    }

    /// Asks for the terminal. It may be drawn on when SIGUSR1 comes, until the process is stopped
    /// or [`Link::suspend`] is called. From then on standard error goes to the supervisor, which
    /// writes it when the terminal is given back.
    ///
    /// # Errors
    /// Standard error cannot be changed.
    pub fn take(&self, modes: Modes) -> io::Result<()> {
        let before = self.asked.replace(Some(modes));
        if self.say(Word::Take(modes)) {
            if let Some(words) = &self.words {
                dup2_stderr(words)?;
            }
            return Ok(());
        }
        if self.words.is_some() {
            // Who has the terminal now is not known.
            return Ok(kill_process(getpid(), Signal::TERM)?);
        }
        if let Some(terminal) = &self.terminal {
            if let Some(before) = before {
                // It was stopped, and the shell has used the terminal since.
                terminal.restore(before);
            }
            terminal.enter(modes);
        }
        Ok(kill_process(getpid(), Signal::USR1)?)
    }

    /// Whether somebody else has the terminal.
    pub fn is_in_background(&self) -> bool {
        self.terminal.as_ref().is_some_and(Terminal::is_others)
    }

    /// Says that the process is to be suspended.
    pub fn suspend(&self) {
        if self.say(Word::Suspend) {
            self.asked.set(None);
        } else {
            let _ = kill_process(getpid(), Signal::USR1);
        }
    }

    /// Says that the process is about to end, and hangs if it does not do so soon.
    pub fn leaving(&self) {
        self.say(Word::Leaving);
    }

    /// Says that nothing is left to be done.
    pub fn done(&self, code: u8) {
        if !self.say(Word::Done(code)) {
            self.restore();
        }
    }

    /// Gives the terminal back if there is nobody else to do so, or who would have done so was killed,
    /// so that what is said from now on is seen. Nothing may be drawn any more.
    pub fn give_back(&self) {
        if !self.say(Word::Leaving) {
            self.restore();
        }
    }

    fn restore(&self) {
        if let (Some(terminal), Some(modes)) = (&self.terminal, self.asked.take()) {
            terminal.restore(modes);
            // Otherwise there is nothing left to say it with.
            let _ = self.errors.as_ref().map(dup2_stderr);
        }
    }

    /// Whether somebody heard it.
    fn say(&self, word: Word) -> bool {
        let words = self.words.as_ref();
        words.is_some_and(|mut words| words.write_all(word.line().as_bytes()).is_ok())
    }
}

/// Whether a supervisor has started this process, but not by the name that it gave: valgrind and some
/// emulators give another one. Without this it would start another supervisor, and so on for ever.
fn is_nameless() -> bool {
    let is_parent = |number: String| {
        getppid().is_some_and(|parent| number == parent.as_raw_nonzero().to_string())
    };
    env::var(SUPERVISOR).is_ok_and(is_parent)
}
