//! Everything that the interface waits for, in one place: keys, signals, the next frame, results of
//! the workers.
//!
//! Keys are read by a thread of their own. It asks the kernel whether the terminal has input before
//! it calls crossterm, whose own waiting cannot be interrupted and spins for ever when the terminal
//! has gone.

mod split;

use std::{
    io::{self, PipeWriter, stdout},
    os::fd::OwnedFd,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, Sender, at, bounded, never, select_biased, unbounded};
use crossterm::event::{self, Event};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use split::Joiner;

use super::{keymap::Key, mouse::Gesture, writer::Written};
use crate::{
    inquiry::{Answer, FileSystem},
    progress::Expected,
    scan::{event::Parcel, threads},
    signals::{Ending, Signal},
    supervisor,
};

/// How long crossterm may wait for input that is there. With no time at all it does not even look.
const AT_ONCE: Duration = Duration::from_millis(1);

/// How long nothing must follow Esc for it to be Esc, and not the beginning of another key.
const ALONE: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 50_000_000,
};

/// What ends a wait.
pub enum Turn {
    /// A key.
    Key(Key),
    /// The mouse.
    Mouse(Gesture),
    /// A text was pasted.
    Paste(String),
    /// The window has the focus now, or has it no longer.
    Focus(bool),
    /// A signal.
    Signal(Signal),
    /// The time that was waited for has come.
    Time,
    /// A parcel of results; there may be more.
    Results(Parcel),
    /// No more results will come.
    Gone,
    /// The size of the root's file system.
    FileSystem(FileSystem),
    /// Something of what was asked about an entry.
    Answer(Answer),
    /// Something of how much there is.
    Expected(Expected),
    /// A frame is out, or cannot be written.
    Written(Written),
}

/// The places where messages arrive. Dropping it ends the thread that reads keys.
pub struct Inbox {
    input: Receiver<Input>,
    signals: Receiver<Signal>,
    file_system: Receiver<FileSystem>,
    expected: Receiver<Expected>,
    /// Closed to end the thread that reads keys.
    end: Option<PipeWriter>,
    reader: Option<JoinHandle<()>>,
}

enum Input {
    Key(Key),
    Mouse(Gesture),
    Paste(String),
    Focus(bool),
    TerminalGone,
}

impl Input {
    fn of(event: Event) -> Vec<Self> {
        match event {
            Event::Key(event) => Key::of(event).map(Self::Key).collect(),
            Event::Mouse(event) => Gesture::of(event).map(Self::Mouse).into_iter().collect(),
            Event::Paste(text) => vec![Self::Paste(text)],
            Event::FocusGained => vec![Self::Focus(true)],
            Event::FocusLost => vec![Self::Focus(false)],
            Event::Resize(..) => Vec::new(),
        }
    }
}

impl Inbox {
    /// Begins to listen. `root` is the directory whose file system is asked for its size, and
    /// `expected` tells what is known of how much there is.
    ///
    /// # Errors
    /// The terminal cannot be read, or a thread not be started.
    pub fn open(
        signals: Receiver<Signal>,
        expected: Receiver<Expected>,
        root: Option<std::path::PathBuf>,
    ) -> io::Result<Self> {
        let terminal = supervisor::keys()?;
        let (ended, end) = io::pipe()?;
        let (sender, input) = unbounded();
        let reader = threads::start("keys", move || read_keys(&terminal, &ended, &sender))?;
        let (sender, file_system) = bounded(1);
        if let Some(root) = root {
            // On a thread of its own, since the answer of a dead server never comes. Without an
            // answer, or a thread, the size is not shown.
            let _ = thread::Builder::new()
                .name("statvfs".into())
                .spawn(move || {
                    if let Ok(size) = FileSystem::of(&root) {
                        let _ = sender.send(size);
                    }
                });
        }
        Ok(Self {
            input,
            signals,
            file_system,
            expected,
            end: Some(end),
            reader: Some(reader),
        })
    }

    /// Waits until something happens, but not beyond `until`. Results are looked at only if
    /// `results` are given; `written` tells of frames, `answers` of the entry that was asked about.
    /// What people do comes first, then time,
    /// results last: under a flood of results keys are answered and frames are drawn.
    pub fn wait(
        &mut self,
        until: Option<Instant>,
        results: Option<&Receiver<Parcel>>,
        written: &Receiver<Written>,
        answers: &Receiver<Answer>,
    ) -> Turn {
        let time = until.map_or_else(never, at);
        let no_results = never();
        let results = results.unwrap_or(&no_results);
        loop {
            select_biased! {
                recv(self.signals) -> signal => match signal {
                    Ok(signal) => return Turn::Signal(signal),
                    // A dead receiver is always ready.
                    Err(_) => self.signals = never(),
                },
                recv(self.input) -> input => match input {
                    Ok(Input::Key(key)) => return Turn::Key(key),
                    Ok(Input::Mouse(gesture)) => return Turn::Mouse(gesture),
                    Ok(Input::Paste(text)) => return Turn::Paste(text),
                    Ok(Input::Focus(focus)) => return Turn::Focus(focus),
                    Ok(Input::TerminalGone) => return Turn::Signal(Signal::End(Ending::HANGUP)),
                    Err(_) => self.input = never(),
                },
                recv(self.file_system) -> answer => match answer {
                    Ok(answer) => return Turn::FileSystem(answer),
                    Err(_) => self.file_system = never(),
                },
                recv(self.expected) -> answer => match answer {
                    Ok(answer) => return Turn::Expected(answer),
                    Err(_) => self.expected = never(),
                },
                recv(answers) -> answer => if let Ok(answer) = answer {
                    return Turn::Answer(answer);
                },
                recv(written) -> written => {
                    let gone = || Err(io::ErrorKind::BrokenPipe.into());
                    return Turn::Written(written.unwrap_or_else(|_| gone()));
                }
                recv(time) -> _ => return Turn::Time,
                recv(results) -> parcel => return parcel.map_or(Turn::Gone, Turn::Results),
            }
        }
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        self.end.take();
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}

/// Reads keys until the inbox is dropped or the terminal is gone.
fn read_keys(terminal: &OwnedFd, ended: &io::PipeReader, sender: &Sender<Input>) {
    let output = stdout();
    let mut joiner = Joiner::default();
    loop {
        let mut ready = [
            PollFd::new(terminal, PollFlags::IN),
            PollFd::new(ended, PollFlags::IN),
            // Where the output is another terminal, that one may go first.
            PollFd::new(&output, PollFlags::empty()),
        ];
        let count = match poll(&mut ready, joiner.waits().then_some(&ALONE)) {
            Ok(count) => count,
            Err(rustix::io::Errno::INTR) => continue,
            Err(_) => return drop(sender.send(Input::TerminalGone)),
        };
        if !ready[1].revents().is_empty() {
            return;
        }
        let terminals = ready[0].revents() | ready[2].revents();
        if terminals.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) {
            return drop(sender.send(Input::TerminalGone));
        }
        if count == 0 && !send(joiner.give_up(), sender) {
            return;
        }
        while let Ok(true) = event::poll(AT_ONCE) {
            let Ok(event) = event::read() else {
                return drop(sender.send(Input::TerminalGone));
            };
            if !send(joiner.join(event), sender) {
                return;
            }
        }
    }
}

/// Passes events on; whether somebody wants them.
fn send(events: Vec<Event>, sender: &Sender<Input>) -> bool {
    let mut inputs = events.into_iter().flat_map(Input::of);
    inputs.all(|input| sender.send(input).is_ok())
}
