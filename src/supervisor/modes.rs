//! The modes in which the terminal is while the interface has it: one list, from which both the
//! taking and the giving back are made. Nothing is written here.

/// A mode of the terminal, with what switches it on and what takes it back.
struct Mode {
    on: &'static str,
    off: &'static str,
    wanted: Wanted,
}

/// When a mode is switched on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Always,
    WithMouse,
    WithProgress,
}

/// Whether the mouse is reported to the program instead of being the terminal's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mouse {
    /// Clicks and the wheel are.
    Reported,
    /// It selects text as ever.
    Untouched,
}

/// Which modes an interface wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Modes {
    /// Who has the mouse.
    pub mouse: Mouse,
    /// Whether the window's taskbar may be told of progress, so that it has to be taken back.
    pub progress: bool,
}

/// In the order in which they are switched on; they are taken back in the other one. The numbers
/// are those of xterm's control sequences.
const MODES: [Mode; 8] = [
    // Keeps the window's title, and gives it back.
    Mode::new(Wanted::Always, "\x1b[22;0t", "\x1b[23;0t"),
    // The alternate screen, so that what stood there comes back.
    Mode::new(Wanted::Always, "\x1b[?1049h", "\x1b[?1049l"),
    // No cursor.
    Mode::new(Wanted::Always, "\x1b[?25l", "\x1b[?25h"),
    // Tells when the window gets and loses the focus.
    Mode::new(Wanted::Always, "\x1b[?1004h", "\x1b[?1004l"),
    // Tells a text that is pasted from keys that are pressed.
    Mode::new(Wanted::Always, "\x1b[?2004h", "\x1b[?2004l"),
    // Clicks and the wheel, but no movements: each would wake the program.
    Mode::new(Wanted::WithMouse, "\x1b[?1000h", "\x1b[?1000l"),
    // Their places as decimal numbers, which reach beyond column 223.
    Mode::new(Wanted::WithMouse, "\x1b[?1006h", "\x1b[?1006l"),
    // No progress in the taskbar.
    Mode::new(Wanted::WithProgress, "", "\x1b]9;4;0;0\x1b\\"),
];

impl Mode {
    const fn new(wanted: Wanted, on: &'static str, off: &'static str) -> Self {
        Self { on, off, wanted }
    }
}

impl Modes {
    fn wanted(self) -> impl DoubleEndedIterator<Item = &'static Mode> {
        MODES.iter().filter(move |mode| match mode.wanted {
            Wanted::Always => true,
            Wanted::WithMouse => self.mouse == Mouse::Reported,
            Wanted::WithProgress => self.progress,
        })
    }

    /// What switches them on.
    pub fn on(self) -> String {
        self.wanted().map(|mode| mode.on).collect()
    }

    /// What takes them back, also when what was written before broke off in the middle of a command:
    /// that is ended first.
    pub fn off(self) -> String {
        let off = self.wanted().rev().map(|mode| mode.off);
        std::iter::once("\x1b\\").chain(off).collect()
    }
}
