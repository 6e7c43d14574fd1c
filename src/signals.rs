//! Signals from outside, as messages on a channel.

use std::{
    fs, io,
    sync::{Arc, atomic::AtomicBool},
};

use crossbeam_channel::{Receiver, unbounded};
use signal_hook::{
    consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGWINCH},
    flag,
    iterator::Signals,
};

use crate::scan::threads;

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// The program was stopped, and goes on.
    Continued,
    /// The supervisor has put the terminal in order for the interface.
    Given,
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

/// The signals that end the program: all but those that whoever started it wants to be ignored, as
/// `nohup` does.
pub fn endings() -> impl Iterator<Item = i32> {
    let ignored = ignored().unwrap_or(0);
    let endings = [SIGHUP, SIGINT, SIGQUIT, SIGTERM].into_iter();
    endings.filter(move |signal| ignored & (1 << (signal - 1)) == 0)
}

/// A bit for each signal that is ignored, where the system tells.
fn ignored() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))?;
    u64::from_str_radix(mask.trim(), 16).ok()
}

/// A flag that is set when the program goes on after a stop, before anything else in it does.
///
/// # Errors
/// The handler could not be set.
pub fn continued() -> io::Result<Arc<AtomicBool>> {
    let flag = Arc::new(AtomicBool::new(false));
    flag::register(SIGCONT, Arc::clone(&flag))?;
    Ok(flag)
}

/// Begins to listen. The thread that does so ends with the process: it waits in a read, burns no
/// CPU and holds nothing.
///
/// # Errors
/// The handlers could not be set, or the thread not be started.
pub fn listen() -> io::Result<Receiver<Signal>> {
    let others = [SIGCONT, SIGUSR1, SIGWINCH];
    let mut signals = Signals::new(others.into_iter().chain(endings()))?;
    let (sender, receiver) = unbounded();
    threads::start("signals", move || {
        for signal in signals.forever() {
            let signal = match signal {
                SIGCONT => Signal::Continued,
                SIGUSR1 => Signal::Given,
                SIGWINCH => Signal::Resized,
                signal => Signal::End(Ending(signal)),
            };
            if sender.send(signal).is_err() {
                return;
            }
        }
    })?;
    Ok(receiver)
}
