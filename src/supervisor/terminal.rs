//! The terminal as it was found: its settings and its modes, to be changed for the interface and
//! given back after it. A terminal that takes nothing holds nobody up here.

use std::{
    fs::File,
    io::{self, IsTerminal, Write, stdin, stdout},
    os::fd::OwnedFd,
    path::Path,
    time::Duration,
};

use nix::unistd::getpgrp;
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::{Mode, OFlags, open},
    termios::{
        Action, OptionalActions, QueueSelector, Termios, tcflow, tcflush, tcgetattr, tcgetpgrp,
        tcsetattr, ttyname,
    },
};

use super::modes::Modes;

/// How long the terminal is given to take what is written,
const PATIENCE: Duration = Duration::from_millis(300);
/// and how often its queue is emptied then, and how long each time is waited.
const ATTEMPTS: usize = 10;
const STEP: Duration = Duration::from_millis(20);

/// Whether the terminal took what was written last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It did, or it is gone.
    Out,
    /// It takes nothing: whoever writes to it hangs.
    Stuck,
}

/// The terminal, and how it was found.
pub(super) struct Terminal {
    input: OwnedFd,
    found: Termios,
    output: File,
}

/// Where keys come from: standard input, or what `/dev/tty` is where that is no terminal.
///
/// # Errors
/// There is no terminal.
pub fn keys() -> io::Result<OwnedFd> {
    if stdin().is_terminal() {
        return Ok(rustix::io::fcntl_dupfd_cloexec(stdin(), 0)?);
    }
    Ok(File::open("/dev/tty")?.into())
}

impl Terminal {
    /// The one that standard output is, if it is one and keys come from one.
    pub(super) fn find() -> Option<Self> {
        if !stdout().is_terminal() {
            return None;
        }
        let input = keys().ok()?;
        let found = tcgetattr(&input).ok()?;
        // A way of one's own to it: that it does not wait must not concern others.
        let flags = OFlags::WRONLY | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let own = ttyname(stdout(), Vec::new()).and_then(|name| {
            open(
                Path::new(name.to_str().unwrap_or_default()),
                flags,
                Mode::empty(),
            )
        });
        let output = own
            .or_else(|_| rustix::io::fcntl_dupfd_cloexec(stdout(), 0))
            .ok()?
            .into();
        Some(Self {
            input,
            found,
            output,
        })
    }

    /// Whether the program is in the background of it: then somebody else has made his own settings,
    /// and to make others would stop the program. It is not where the terminal is not the one that
    /// controls the session.
    pub(super) fn is_others(&self) -> bool {
        // Not by rustix's own `getpgrp`: a group outside of this process's namespace has the number 0.
        let own = getpgrp().as_raw();
        tcgetpgrp(&self.input).is_ok_and(|group| group.as_raw_nonzero().get() != own)
    }

    /// Takes it for an interface: keys come one by one, and the modes are on. What cannot be done
    /// shows itself to whoever reads or writes there.
    pub(super) fn enter(&self, modes: Modes) {
        let mut raw = self.found.clone();
        raw.make_raw();
        let _ = tcsetattr(&self.input, OptionalActions::Now, &raw);
        let _ = self.write(modes.on().as_bytes());
    }

    /// Gives it back as it was found, as far as it lets itself.
    pub(super) fn restore(&self, modes: Modes) -> Outcome {
        let outcome = self.write(modes.off().as_bytes());
        if !self.is_others() {
            let _ = tcsetattr(&self.input, OptionalActions::Now, &self.found);
        }
        outcome
    }

    /// Writes, and waits for room, but not for ever. If there is none, what stands in the terminal's
    /// queue is thrown away: the screen goes back to what was there before in any case.
    fn write(&self, mut bytes: &[u8]) -> Outcome {
        let mut attempts = 0;
        while !bytes.is_empty() {
            let patience = if attempts == 0 { PATIENCE } else { STEP };
            let has_room = wait(
                &mut [PollFd::new(&self.output, PollFlags::OUT)],
                Some(patience),
            );
            let written = if has_room {
                (&self.output).write(bytes)
            } else {
                Err(io::ErrorKind::WouldBlock.into())
            };
            match written {
                Ok(count) => bytes = &bytes[count..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if attempts == ATTEMPTS {
                        return Outcome::Stuck;
                    }
                    attempts += 1;
                    // Linux does not tell who waits for room that the queue was emptied, only that
                    // the flow goes on after a halt.
                    let _ = tcflow(&self.output, Action::OOff);
                    let _ = tcflush(&self.output, QueueSelector::OFlush);
                    let _ = tcflow(&self.output, Action::OOn);
                }
                Err(_) => return Outcome::Out,
            }
        }
        Outcome::Out
    }
}

/// Waits until one of these is ready, a signal comes, or the time is over; whether one is ready.
pub(super) fn wait(ready: &mut [PollFd<'_>], time: Option<Duration>) -> bool {
    let time = time.and_then(|time| Timespec::try_from(time).ok());
    poll(ready, time.as_ref()).is_ok_and(|count| count > 0)
}
