//! Signals from outside, as messages on a channel.

use std::{io, thread};

use crossbeam_channel::{Receiver, unbounded};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGWINCH},
    iterator::Signals,
};

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// The terminal has another size.
    Resized,
    /// The program is to end.
    End(Ending),
}

/// A signal that ends the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending(i32);

impl Ending {
    /// The interrupt key, where it is not read as a key.
    pub const INTERRUPT: Self = Self(SIGINT);
    /// The terminal is gone.
    pub const HANGUP: Self = Self(SIGHUP);

    /// The name, as in `signal(7)`.
    pub fn name(self) -> &'static str {
        match self.0 {
            SIGHUP => "SIGHUP",
            SIGINT => "SIGINT",
            SIGQUIT => "SIGQUIT",
            _ => "SIGTERM",
        }
    }

    /// The exit code that tells of it: 128 and the number.
    pub fn exit_code(self) -> u8 {
        128 + self.0 as u8
    }
}

/// Begins to listen. The thread that does so ends with the process: it waits in a read, burns no
/// CPU and holds nothing.
///
/// # Errors
/// The handlers could not be set, or the thread not be started.
pub fn listen() -> io::Result<Receiver<Signal>> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGWINCH])?;
    let (sender, receiver) = unbounded();
    thread::Builder::new()
        .name("signals".into())
        .spawn(move || {
            for signal in signals.forever() {
                let signal = if signal == SIGWINCH {
                    Signal::Resized
                } else {
                    Signal::End(Ending(signal))
                };
                if sender.send(signal).is_err() {
                    return;
                }
            }
        })?;
    Ok(receiver)
}
