//! The way out to the terminal: a thread that writes what it is given, one frame at a time.
//!
//! A terminal may take nothing for a while, or ever again: an ssh that is stuck, Ctrl-S in a
//! multiplexer, a pseudo-terminal that nobody reads. Whoever writes to it then hangs, and it is to
//! be nobody but this thread: the scan goes on, signals are answered, and the next frame is drawn
//! when the one before it is out. What a frame shows is not known here.

use std::{
    cell::Cell,
    fs::File,
    io::{self, Write},
    os::fd::OwnedFd,
    thread::JoinHandle,
};

use crossbeam_channel::{Receiver, Sender, bounded};
use rustix::event::{PollFd, PollFlags, poll};

use crate::scan::threads;

/// What came of writing one frame: its emptied buffer, for the next one.
pub(super) type Written = io::Result<Vec<u8>>;

/// The thread that writes, as seen by the interface.
pub(super) struct Writer {
    frames: Option<Sender<Vec<u8>>>,
    written: Receiver<Written>,
    /// A frame was given and is not out yet.
    busy: Cell<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread.
    ///
    /// # Errors
    /// It could not be started.
    pub(super) fn start(terminal: OwnedFd) -> io::Result<Self> {
        let terminal = File::from(terminal);
        let (frames, to_write) = bounded::<Vec<u8>>(1);
        let (sender, written) = bounded(1);
        let thread = threads::start("frames", move || {
            for mut frame in to_write {
                let result = write(&terminal, &frame);
                frame.clear();
                if sender.send(result.map(|()| frame)).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self {
            frames: Some(frames),
            written,
            busy: Cell::new(false),
            thread: Some(thread),
        })
    }

    /// Whether a frame is on its way.
    pub(super) fn is_busy(&self) -> bool {
        self.busy.get()
    }

    /// Where it arrives that a frame is out. Whoever takes from it has to call [`Self::is_out`].
    pub(super) fn written(&self) -> &Receiver<Written> {
        &self.written
    }

    /// Takes note that the frame is out.
    pub(super) fn is_out(&self) {
        self.busy.set(false);
    }

    /// Lets the thread write `frame`, without waiting. The one before must be out.
    pub(super) fn write(&self, frame: Vec<u8>) {
        debug_assert!(!self.is_busy(), "there is room for one frame");
        self.busy.set(true);
        if let Some(frames) = &self.frames {
            // It ends before the channel does only by a panic, which is told where `written` is
            // read.
            let _ = frames.send(frame);
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.frames.take();
        // One that hangs ends with the process: it holds nothing.
        if let Some(thread) = self.thread.take().filter(|_| !self.is_busy()) {
            let _ = thread.join();
        }
    }
}

fn write(mut terminal: &File, frame: &[u8]) -> io::Result<()> {
    let mut rest = frame;
    while !rest.is_empty() {
        match terminal.write(rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => rest = &rest[count..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // Another program has left the terminal so.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                let _ = poll(&mut [PollFd::new(terminal, PollFlags::OUT)], None);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn what_nobody_reads_holds_up_the_thread_and_nobody_else() {
        let (mut reader, writer) = io::pipe().expect("a pipe");
        let writer = Writer::start(writer.into()).expect("a thread");
        let more_than_a_pipe_holds = 1 << 20;
        writer.write(vec![b'x'; more_than_a_pipe_holds]);
        assert!(writer.is_busy(), "and this thread goes on");
        assert!(writer.written().is_empty());
        let read = std::thread::spawn(move || {
            let mut all = Vec::new();
            reader.read_to_end(&mut all).map(|_| all)
        });
        let buffer = writer.written().recv().expect("it is out").expect("whole");
        assert!(buffer.is_empty() && buffer.capacity() >= more_than_a_pipe_holds);
        writer.is_out();
        drop(writer);
        let all = read.join().expect("no panic").expect("readable");
        assert_eq!(all.len(), more_than_a_pipe_holds);
    }
}
