//! The way out to the terminal: a thread that writes what it is given, one frame at a time.
//!
//! A terminal may take nothing for a while, or ever again: an ssh that is stuck, Ctrl-S in a
//! multiplexer, a pseudo-terminal that nobody reads. Whoever writes to it then hangs, and it is to
//! be nobody but this thread: the scan goes on, signals are answered, and the next frame is drawn
//! when the one before it is out. What a frame shows is not known here.

use std::{
    fs::File,
    io::{self, Write},
    os::fd::OwnedFd,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use crossbeam_channel::{Receiver, Sender, bounded};
use rustix::{
    event::{PollFd, PollFlags, poll},
    termios::{Action, QueueSelector, tcflow, tcflush},
};

/// How long the terminal is given for the last frame, and again for the last words.
const PATIENCE: Duration = Duration::from_millis(300);
/// How often its queue is emptied when they do not go out, and how long each time is waited.
const ATTEMPTS: usize = 10;
const STEP: Duration = Duration::from_millis(20);
/// Written at once. Between two pieces the thread looks whether the rest is still wanted.
const PIECE: usize = 1024;

/// What came of writing one frame: its emptied buffer, for the next one.
pub(super) type Written = io::Result<Vec<u8>>;

/// Whether the terminal took what was written last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It did, or it is gone.
    Out,
    /// It takes nothing: to write to it once more would hang.
    Stuck,
}

/// The thread that writes, as seen by the interface.
pub(super) struct Writer {
    terminal: Arc<File>,
    frames: Option<Sender<Vec<u8>>>,
    written: Receiver<Written>,
    /// A frame was given and is not out yet. Relaxed, here and in `unwanted`: nothing else is
    /// told by it.
    busy: AtomicBool,
    /// The rest of the frame that is being written is not wanted any more.
    unwanted: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread.
    ///
    /// # Errors
    /// It could not be started.
    pub(super) fn start(terminal: OwnedFd) -> io::Result<Self> {
        let terminal = Arc::new(File::from(terminal));
        let unwanted = Arc::new(AtomicBool::new(false));
        let (frames, to_write) = bounded::<Vec<u8>>(1);
        let (sender, written) = bounded(1);
        let thread = thread::Builder::new().name("frames".into()).spawn({
            let (terminal, unwanted) = (Arc::clone(&terminal), Arc::clone(&unwanted));
            move || {
                for mut frame in to_write {
                    let result = write(&terminal, &frame, &unwanted);
                    frame.clear();
                    if sender.send(result.map(|()| frame)).is_err() {
                        return;
                    }
                }
            }
        })?;
        Ok(Self {
            terminal,
            frames: Some(frames),
            written,
            busy: AtomicBool::new(false),
            unwanted,
            thread: Some(thread),
        })
    }

    /// Whether a frame is on its way.
    pub(super) fn is_busy(&self) -> bool {
        self.busy.load(Ordering::Relaxed)
    }

    /// Where it arrives that a frame is out. Whoever takes from it has to call [`Self::is_out`].
    pub(super) fn written(&self) -> &Receiver<Written> {
        &self.written
    }

    /// Takes note that the frame is out.
    pub(super) fn is_out(&self) {
        self.busy.store(false, Ordering::Relaxed);
    }

    /// Lets the thread write `frame`, without waiting. The one before must be out.
    pub(super) fn write(&self, frame: Vec<u8>) {
        debug_assert!(!self.is_busy(), "there is room for one frame");
        self.busy.store(true, Ordering::Relaxed);
        if let Some(frames) = &self.frames {
            // It ends before the channel does only by a panic, which is told where `written` is
            // read.
            let _ = frames.send(frame);
        }
    }

    /// Writes the last words, after the frame that is on its way, and waits for them; not for ever.
    pub(super) fn finish(&self, words: Vec<u8>) -> Outcome {
        debug_assert!(words.len() <= PIECE, "else they might be cut off");
        if self.is_busy() && self.settle() == Outcome::Stuck {
            return Outcome::Stuck;
        }
        self.write(words);
        self.settle()
    }

    /// Waits until what was given is out. If it does not go, what stands in the terminal's queue is
    /// thrown away, and so is the rest of the frame: the screen goes back to what was there before
    /// in any case.
    fn settle(&self) -> Outcome {
        let mut out = self.written.recv_timeout(PATIENCE).is_ok();
        self.unwanted.store(!out, Ordering::Relaxed);
        for _ in 0..ATTEMPTS {
            if out {
                self.unwanted.store(false, Ordering::Relaxed);
                self.is_out();
                return Outcome::Out;
            }
            // Linux does not wake who waits for room when the queue is emptied, only when the flow
            // goes on after a halt. Where it is no terminal, or gone, nothing is lost by it.
            let _ = tcflow(&self.terminal, Action::OOff);
            let _ = tcflush(&self.terminal, QueueSelector::OFlush);
            let _ = tcflow(&self.terminal, Action::OOn);
            out = self.written.recv_timeout(STEP).is_ok();
        }
        Outcome::Stuck
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

fn write(mut terminal: &File, frame: &[u8], unwanted: &AtomicBool) -> io::Result<()> {
    for piece in frame.chunks(PIECE) {
        if unwanted.load(Ordering::Relaxed) {
            return Ok(());
        }
        let mut rest = piece;
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
        let read = thread::spawn(move || {
            let mut all = Vec::new();
            reader.read_to_end(&mut all).map(|_| all)
        });
        let buffer = writer.written().recv().expect("it is out").expect("whole");
        assert!(buffer.is_empty() && buffer.capacity() >= more_than_a_pipe_holds);
        writer.is_out();
        assert_eq!(writer.finish(b"bye".to_vec()), Outcome::Out);
        drop(writer);
        let all = read.join().expect("no panic").expect("readable");
        assert_eq!(all.len(), more_than_a_pipe_holds + 3);
        assert!(all.ends_with(b"bye"));
    }

    #[test]
    fn the_last_words_are_not_waited_for_for_ever() {
        let (_unread, writer) = io::pipe().expect("a pipe");
        let writer = Writer::start(writer.into()).expect("a thread");
        writer.write(vec![b'x'; 1 << 20]);
        assert_eq!(writer.finish(b"bye".to_vec()), Outcome::Stuck);
    }
}
