//! The terminal: taken over at the start, given back at the end, also when the interface panics.
//!
//! Everything that is written to it goes through [`super::writer`], so that a terminal that takes
//! nothing hangs nothing.

use std::{
    cell::RefCell,
    io::{self, Write, stdout},
    panic,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use crossbeam_channel::Receiver;
use crossterm::{
    queue,
    terminal::{Clear, ClearType, disable_raw_mode, enable_raw_mode},
};
use ratatui::{TerminalOptions, Viewport, backend::CrosstermBackend, layout::Rect};

use super::{
    model::Model,
    modes::{self, Mouse},
    theme::Theme,
    view,
    window::Window,
    writer::{Outcome, Writer, Written},
};

/// Largest size that is drawn; beyond it the rest of the window stays empty.
const LARGEST: (u16, u16) = (1000, 500);

/// The terminal while the interface has it. Dropping it gives it back.
pub(super) struct Terminal {
    screen: Screen,
    frame: Frame,
    window: Window,
    taken: Arc<Taken>,
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

/// What is needed to give the terminal back.
struct Taken {
    writer: Writer,
    last_words: String,
    held: AtomicBool,
}

impl Terminal {
    /// Takes the terminal over: raw mode and [`modes`].
    ///
    /// A panic of the calling thread gives it back before its message is printed. Panics of workers
    /// are told by the scan and print nothing.
    ///
    /// # Errors
    /// Standard output is no terminal, or does not answer.
    pub(super) fn take(mouse: Mouse, window: Window) -> io::Result<Self> {
        let screen_size = size()?;
        let taken = Arc::new(Taken {
            writer: Writer::start(rustix::io::fcntl_dupfd_cloexec(stdout(), 0)?)?,
            last_words: window.take_back() + &modes::off(),
            held: AtomicBool::new(true),
        });
        hook_panics(&taken);
        let frame = Frame::default();
        let screen = enable_raw_mode()
            .and_then(|()| screen_of(screen_size, &frame))
            .inspect_err(|_| {
                taken.give_back();
            })?;
        taken.writer.write(modes::on(mouse).into_bytes());
        Ok(Self {
            screen,
            frame,
            window,
            taken,
        })
    }

    /// Whether a frame is on its way to the terminal. The next one has to wait.
    pub(super) fn is_busy(&self) -> bool {
        self.taken.writer.is_busy()
    }

    /// Where it arrives that a frame is out, for [`Terminal::is_out`].
    pub(super) fn written(&self) -> &Receiver<Written> {
        self.taken.writer.written()
    }

    /// Takes note that a frame is out.
    ///
    /// # Errors
    /// It could not be written.
    pub(super) fn is_out(&mut self, written: Written) -> io::Result<()> {
        self.taken.writer.is_out();
        let buffer = written?;
        let mut frame = self.frame.0.borrow_mut();
        if frame.is_empty() {
            *frame = buffer;
        }
        Ok(())
    }

    /// Draws the model, and sends it on its way, with what is new for the window.
    ///
    /// # Errors
    /// None that a terminal could cause.
    pub(super) fn draw(&mut self, model: &Model, theme: &Theme) -> io::Result<()> {
        self.frame.write_all(self.window.tell(model).as_bytes())?;
        self.screen.draw(|frame| view::draw(frame, model, theme))?;
        self.taken.writer.write(self.frame.0.take());
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
        self.screen = screen_of(size, &self.frame)?;
        Ok(())
    }

    /// Gives it back, as far as it lets itself.
    pub(super) fn give_back(self) -> Outcome {
        self.taken.give_back()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.taken.give_back();
        // Back to what panics did before.
        drop(panic::take_hook());
    }
}

impl Taken {
    /// Undoes [`Terminal::take`], once. What cannot be written cannot be mended either, so errors
    /// are let go.
    fn give_back(&self) -> Outcome {
        // AcqRel: of a panic and the drop that follows it, one gives back.
        if !self.held.swap(false, Ordering::AcqRel) {
            return Outcome::Out;
        }
        let outcome = self.writer.finish(self.last_words.clone().into_bytes());
        let _ = disable_raw_mode();
        outcome
    }
}

type Screen = ratatui::Terminal<CrosstermBackend<Frame>>;

/// An empty screen. Its size is told, not asked for with each frame: crossterm starts a program to
/// find out where it cannot.
fn screen_of((columns, lines): (u16, u16), frame: &Frame) -> io::Result<Screen> {
    let options = TerminalOptions {
        viewport: Viewport::Fixed(Rect::new(0, 0, columns, lines)),
    };
    ratatui::Terminal::with_options(CrosstermBackend::new(frame.clone()), options)
}

/// Columns and lines of the terminal.
///
/// # Errors
/// Standard output is no terminal.
pub(super) fn size() -> io::Result<(u16, u16)> {
    let size = rustix::termios::tcgetwinsize(stdout())?;
    Ok((size.ws_col.min(LARGEST.0), size.ws_row.min(LARGEST.1)))
}

fn hook_panics(taken: &Arc<Taken>) {
    let (taken, interface, before) = (
        Arc::clone(taken),
        thread::current().id(),
        panic::take_hook(),
    );
    panic::set_hook(Box::new(move |info| {
        if thread::current().id() == interface && taken.give_back() == Outcome::Out {
            before(info);
        }
    }));
}
