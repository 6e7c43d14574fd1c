//! Which terminal modes a program's output has left switched on, and the window title. It reads the
//! output on its own, beside the screen emulator, because the emulator keeps only the last mouse
//! mode and knows neither focus reports nor the title stack.

use std::collections::BTreeSet;

/// A mode that differs from what a shell prompt expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mode {
    /// 47, 1047 or 1049.
    AlternateScreen,
    /// 25 switched off.
    CursorHidden,
    /// 1000.
    MouseClicks,
    /// 1002.
    MouseDrags,
    /// 1003.
    MouseMoves,
    /// 1006.
    MouseSgr,
    /// 1004.
    FocusReports,
    /// 2004.
    BracketedPaste,
    /// 2026.
    SynchronizedUpdate,
    /// 7 switched off.
    NoLineWrap,
    /// Any other private mode, by its number.
    Other(u16),
}

/// The state of the terminal's modes. `Modes::default()` is a terminal as a shell expects it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Modes {
    /// What is on.
    pub(crate) on: BTreeSet<Mode>,
    /// Titles pushed (CSI 22 t) minus titles popped (CSI 23 t).
    pub(crate) titles: i32,
    /// Keyboard protocols pushed (CSI > u) minus popped (CSI < u).
    pub(crate) keyboards: i32,
}

impl Modes {
    pub(crate) fn has(&self, mode: Mode) -> bool {
        self.on.contains(&mode)
    }

    fn set(&mut self, mode: Mode, on: bool) {
        if on {
            self.on.insert(mode);
        } else {
            self.on.remove(&mode);
        }
    }

    fn private(&mut self, number: u16, high: bool) {
        match number {
            47 | 1047 | 1049 => self.set(Mode::AlternateScreen, high),
            25 => self.set(Mode::CursorHidden, !high),
            7 => self.set(Mode::NoLineWrap, !high),
            1000 => self.set(Mode::MouseClicks, high),
            1002 => self.set(Mode::MouseDrags, high),
            1003 => self.set(Mode::MouseMoves, high),
            1006 => self.set(Mode::MouseSgr, high),
            1004 => self.set(Mode::FocusReports, high),
            2004 => self.set(Mode::BracketedPaste, high),
            2026 => self.set(Mode::SynchronizedUpdate, high),
            other => self.set(Mode::Other(other), high),
        }
    }
}

/// Where the scanner stands in the output.
#[derive(Debug, Default)]
enum Place {
    #[default]
    Text,
    Escape,
    Control(Vec<u8>),
    /// An operating system command, until BEL or ESC.
    Command(Vec<u8>),
    /// Another string (DCS, SOS, PM, APC), until ESC.
    Ignored,
}

/// Reads output in pieces of any length.
#[derive(Debug, Default)]
pub(crate) struct Scanner {
    place: Place,
    modes: Modes,
    title: String,
    /// The titles pushed and not yet popped.
    saved: Vec<String>,
}

impl Scanner {
    pub(crate) fn modes(&self) -> &Modes {
        &self.modes
    }

    /// The window title that a terminal with a title stack would show.
    pub(crate) fn title(&self) -> &str {
        &self.title
    }

    pub(crate) fn advance(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.place = self.step(byte);
        }
    }

    fn step(&mut self, byte: u8) -> Place {
        match (std::mem::take(&mut self.place), byte) {
            (Place::Command(text), 0x07) => {
                self.command(&text);
                Place::Text
            }
            (Place::Command(text), 0x1b) => {
                self.command(&text);
                Place::Escape
            }
            (Place::Command(mut text), _) => {
                text.push(byte);
                Place::Command(text)
            }
            (_, 0x1b) => Place::Escape,
            (Place::Escape, b'[') => Place::Control(Vec::new()),
            (Place::Escape, b']') => Place::Command(Vec::new()),
            (Place::Ignored, _) | (Place::Escape, b'P' | b'X' | b'^' | b'_') => Place::Ignored,
            (Place::Escape, b'c') => {
                self.modes = Modes::default();
                self.saved.clear();
                Place::Text
            }
            (Place::Control(mut text), 0x20..=0x3f) => {
                text.push(byte);
                Place::Control(text)
            }
            (Place::Control(text), 0x40..=0x7e) => {
                self.control(&text, byte);
                Place::Text
            }
            // A control character within a sequence is executed and the sequence goes on (ECMA-48
            // leaves it open, every terminal does so).
            (Place::Control(text), _) => Place::Control(text),
            (Place::Text | Place::Escape, _) => Place::Text,
        }
    }

    fn control(&mut self, text: &[u8], end: u8) {
        let text = String::from_utf8_lossy(text);
        match (text.as_bytes().first(), end) {
            (Some(b'?'), b'h' | b'l') => {
                for number in text[1..]
                    .split(';')
                    .filter_map(|number| number.parse().ok())
                {
                    self.modes.private(number, end == b'h');
                }
            }
            (Some(b'>'), b'u') => self.modes.keyboards += 1,
            (Some(b'<'), b'u') => self.modes.keyboards -= text[1..].parse().unwrap_or(1),
            (Some(b'2'), b't') => match text.split(';').next() {
                Some("22") => {
                    self.modes.titles += 1;
                    self.saved.push(self.title.clone());
                }
                Some("23") => {
                    self.modes.titles -= 1;
                    self.title = self.saved.pop().unwrap_or_default();
                }
                _ => {}
            },
            _ => {}
        }
    }

    fn command(&mut self, text: &[u8]) {
        let text = String::from_utf8_lossy(text);
        if let Some((b"0" | b"2", title)) = text
            .split_once(';')
            .map(|(kind, rest)| (kind.as_bytes(), rest))
        {
            title.clone_into(&mut self.title);
        }
    }
}
