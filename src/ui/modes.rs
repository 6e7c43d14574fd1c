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
}

/// Whether the mouse is reported to the program instead of being the terminal's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mouse {
    /// Clicks and the wheel are.
    Reported,
    /// It selects text as ever.
    Untouched,
}

/// In the order in which they are switched on; they are taken back in the other one. The numbers
/// are those of xterm's control sequences.
const MODES: [Mode; 7] = [
    // Keeps the window's title, and gives it back.
    Mode::always("\x1b[22;0t", "\x1b[23;0t"),
    // The alternate screen, so that what stood there comes back.
    Mode::always("\x1b[?1049h", "\x1b[?1049l"),
    // No cursor.
    Mode::always("\x1b[?25l", "\x1b[?25h"),
    // Tells when the window gets and loses the focus.
    Mode::always("\x1b[?1004h", "\x1b[?1004l"),
    // Tells a text that is pasted from keys that are pressed.
    Mode::always("\x1b[?2004h", "\x1b[?2004l"),
    // Clicks and the wheel, but no movements: each would wake the program.
    Mode::with_mouse("\x1b[?1000h", "\x1b[?1000l"),
    // Their places as decimal numbers, which reach beyond column 223.
    Mode::with_mouse("\x1b[?1006h", "\x1b[?1006l"),
];

impl Mode {
    const fn always(on: &'static str, off: &'static str) -> Self {
        Self {
            on,
            off,
            wanted: Wanted::Always,
        }
    }

    const fn with_mouse(on: &'static str, off: &'static str) -> Self {
        Self {
            on,
            off,
            wanted: Wanted::WithMouse,
        }
    }
}

/// What switches the modes on.
pub fn on(mouse: Mouse) -> String {
    let wanted = |mode: &&Mode| mode.wanted == Wanted::Always || mouse == Mouse::Reported;
    MODES.iter().filter(wanted).map(|mode| mode.on).collect()
}

/// What takes back every one of them. Those that were not on do not mind.
pub fn off() -> String {
    MODES.iter().rev().map(|mode| mode.off).collect()
}
