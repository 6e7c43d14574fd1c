//! The terminal, as far as it is drawn on. It is the supervisor who takes it and gives it back;
//! nothing is drawn while it has not said that the terminal is the interface's.
//!
//! Everything that is drawn goes through [`super::writer`], so that a terminal that takes nothing
//! hangs nothing.

mod screen;

use std::{
    cell::RefCell,
    io::{self, Write, stdout},
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use crossbeam_channel::Receiver;
use crossterm::{
    queue,
    terminal::{Clear, ClearType},
};
use screen::Screen;

use super::{
    model::Model,
    theme::Theme,
    view,
    window::Window,
    writer::{Writer, Written},
};
use crate::{
    signals,
    supervisor::{
        Link,
        modes::{Modes, Mouse},
    },
};

/// Largest size that is drawn; beyond it the rest of the window stays empty.
const LARGEST: (u16, u16) = (1000, 500);

/// The terminal, while the interface is shown.
pub(super) struct Terminal<'a> {
    screen: Screen,
    frame: Frame,
    window: Window,
    writer: Writer,
    link: &'a Link,
    modes: Modes,
    /// The supervisor has said that it may be drawn on.
    ours: bool,
    /// Whether the process is to be suspended once no frame is on its way.
    is_let_go: bool,
    /// The process was stopped since. Relaxed: nothing else is told by it.
    continued: Arc<AtomicBool>,
}

/// The bytes of the next frame, which ratatui writes and the thread for frames takes.
#[derive(Clone, Default)]
struct Frame(Rc<RefCell<Vec<u8>>>);

impl Write for Frame {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    /// Nothing goes out before it is whole.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> Terminal<'a> {
    /// Asks for the terminal.
    ///
    /// # Errors
    /// Standard output is no terminal, or does not answer.
    pub(super) fn take(link: &'a Link, mouse: Mouse, window: Window) -> io::Result<Self> {
        let frame = Frame::default();
        let terminal = Self {
            screen: Screen::new(size()?, &frame)?,
            frame,
            writer: Writer::start(rustix::io::fcntl_dupfd_cloexec(stdout(), 0)?)?,
            link,
            modes: Modes {
                mouse,
                progress: window.shows_progress(),
            },
            window,
            ours: false,
            is_let_go: false,
            continued: signals::continued()?,
        };
        terminal.ask()?;
        Ok(terminal)
    }

    /// Asks for it, at the beginning and whenever the process goes on after it was stopped.
    ///
    /// # Errors
    /// As [`Link::take`].
    pub(super) fn ask(&self) -> io::Result<()> {
        self.link.take(self.modes)
    }

    /// Takes note that it may be drawn on.
    pub(super) fn is_given(&mut self) {
        self.ours = true;
        self.continued.store(false, Ordering::Relaxed);
        self.window.forget();
    }

    /// Lets it go until the process was stopped and goes on, as soon as no frame is on its way: that
    /// would come out when it goes on.
    pub(super) fn suspend(&mut self) {
        self.ours = false;
        self.is_let_go = true;
        self.let_go();
    }

    fn let_go(&mut self) {
        if self.is_let_go && !self.writer.is_busy() {
            self.is_let_go = false;
            self.link.suspend();
        }
    }

    /// Whether a frame may be drawn: the terminal is the interface's, and the frame before is out.
    pub(super) fn is_ready(&self) -> bool {
        self.ours && !self.continued.load(Ordering::Relaxed) && !self.writer.is_busy()
    }

    /// Where it arrives that a frame is out, for [`Terminal::is_out`].
    pub(super) fn written(&self) -> &Receiver<Written> {
        self.writer.written()
    }

    /// Takes note that a frame is out.
    ///
    /// # Errors
    /// It could not be written.
    pub(super) fn is_out(&mut self, written: Written) -> io::Result<()> {
        self.writer.is_out();
        self.let_go();
        let buffer = written?;
        let mut frame = self.frame.0.borrow_mut();
        if frame.is_empty() {
            *frame = buffer;
        }
        Ok(())
    }

    /// Draws the model, and sends it on its way, with what is new for the window. In the background
    /// nothing is drawn until the terminal is given again: who stops the supervisor has a prompt
    /// there.
    ///
    /// # Errors
    /// None that a terminal could cause.
    pub(super) fn draw(&mut self, model: &Model, theme: &Theme) -> io::Result<()> {
        if self.link.is_in_background() {
            self.ours = false;
            return Ok(());
        }
        self.frame.write_all(self.window.tell(model).as_bytes())?;
        self.screen.draw(|frame| view::draw(frame, model, theme))?;
        self.writer.write(self.frame.0.take());
        Ok(())
    }

    /// Empties the terminal, which may have another size now; the next frame draws every cell.
    ///
    /// # Errors
    /// None that a terminal could cause.
    pub(super) fn renew(&mut self, size: (u16, u16)) -> io::Result<()> {
        queue!(self.frame, Clear(ClearType::All))?;
        // Not ratatui's own `resize` and `clear`: these ask the terminal where its cursor is and
        // wait for the answer.
        self.screen = Screen::new(size, &self.frame)?;
        Ok(())
    }
}

/// Columns and lines of the terminal.
///
/// # Errors
/// Standard output is no terminal.
pub(super) fn size() -> io::Result<(u16, u16)> {
    let size = rustix::termios::tcgetwinsize(stdout())?;
    Ok((size.ws_col.min(LARGEST.0), size.ws_row.min(LARGEST.1)))
}
