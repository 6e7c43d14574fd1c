//! The terminal: taken over at the start, given back at the end, also when the interface panics.

use std::{
    io::{self, BufWriter, Stdout, Write, stdout},
    panic,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use crossterm::{
    cursor, execute,
    style::Print,
    terminal::{
        Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, SetTitle, disable_raw_mode,
        enable_raw_mode,
    },
};
use ratatui::{TerminalOptions, Viewport, backend::CrosstermBackend, layout::Rect};

use super::{model::Model, theme::Theme, view};

/// `XTWINOPS`: keeps the window's title, and gives it back.
const KEEP_TITLE: &str = "\x1b[22;0t";
const GIVE_TITLE_BACK: &str = "\x1b[23;0t";

/// Largest size that is drawn; beyond it the rest of the window stays empty.
const LARGEST: (u16, u16) = (1000, 500);

/// The terminal while the interface has it. Dropping it gives it back.
pub struct Terminal {
    screen: Screen,
    taken: Arc<AtomicBool>,
    title: String,
}

impl Terminal {
    /// Takes the terminal over: raw mode, alternate screen, no cursor, title kept for later.
    ///
    /// A panic of the calling thread gives it back before its message is printed. Panics of workers
    /// are told by the scan and print nothing.
    ///
    /// # Errors
    /// Standard output is no terminal, or does not answer.
    pub fn take() -> io::Result<Self> {
        let taken = Arc::new(AtomicBool::new(true));
        hook_panics(&taken);
        enable_raw_mode()?;
        execute!(
            stdout(),
            Print(KEEP_TITLE),
            EnterAlternateScreen,
            cursor::Hide
        )
        .inspect_err(|_| give_back(&taken))?;
        let screen = size()
            .and_then(screen_of)
            .inspect_err(|_| give_back(&taken))?;
        Ok(Self {
            screen,
            taken,
            title: String::new(),
        })
    }

    /// Draws the model, and sets the window's title if it has changed.
    ///
    /// # Errors
    /// The terminal cannot be written.
    pub fn draw(&mut self, model: &Model, theme: &Theme) -> io::Result<()> {
        let title = format!("spelunk: {} {}", model.scan.word(), model.what());
        if title != self.title {
            execute!(self.screen.backend_mut(), SetTitle(&title))?;
            self.title = title;
        }
        self.screen.draw(|frame| view::draw(frame, model, theme))?;
        self.screen.backend_mut().flush()
    }

    /// Empties the terminal, which may have another size now; the next frame draws every cell.
    ///
    /// # Errors
    /// The terminal cannot be written.
    pub fn renew(&mut self, size: (u16, u16)) -> io::Result<()> {
        execute!(self.screen.backend_mut(), Clear(ClearType::All))?;
        // Not ratatui's own `resize` and `clear`: these ask the terminal where its cursor is and
        // wait for the answer.
        self.screen = screen_of(size)?;
        Ok(())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        give_back(&self.taken);
        // Back to what panics did before.
        drop(panic::take_hook());
    }
}

type Screen = ratatui::Terminal<CrosstermBackend<BufWriter<Stdout>>>;

/// An empty screen. Its size is told, not asked for with each frame: crossterm starts a program to
/// find out where it cannot.
fn screen_of((columns, lines): (u16, u16)) -> io::Result<Screen> {
    let options = TerminalOptions {
        viewport: Viewport::Fixed(Rect::new(0, 0, columns, lines)),
    };
    ratatui::Terminal::with_options(
        CrosstermBackend::new(BufWriter::with_capacity(64 * 1024, stdout())),
        options,
    )
}

/// Columns and lines of the terminal.
///
/// # Errors
/// Standard output is no terminal.
pub fn size() -> io::Result<(u16, u16)> {
    let size = rustix::termios::tcgetwinsize(stdout())?;
    Ok((size.ws_col.min(LARGEST.0), size.ws_row.min(LARGEST.1)))
}

/// Undoes [`Terminal::take`], once. What cannot be written cannot be mended either, so errors are
/// let go.
fn give_back(taken: &AtomicBool) {
    // AcqRel: of a panic and the drop that follows it, one gives back.
    if taken.swap(false, Ordering::AcqRel) {
        let _ = execute!(
            stdout(),
            cursor::Show,
            LeaveAlternateScreen,
            Print(GIVE_TITLE_BACK)
        );
        let _ = disable_raw_mode();
    }
}

fn hook_panics(taken: &Arc<AtomicBool>) {
    let (taken, interface, before) = (
        Arc::clone(taken),
        thread::current().id(),
        panic::take_hook(),
    );
    panic::set_hook(Box::new(move |info| {
        if thread::current().id() == interface {
            give_back(&taken);
            before(info);
        }
    }));
}
