//! What a terminal sends for a key or a mouse action, as xterm does by default (SGR mouse
//! coordinates).

/// One thing a user does. Columns and lines count from 0 at the upper left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    Enter,
    Escape,
    Tab,
    BackTab,
    Backspace,
    Delete,
    Up,
    Down,
    Right,
    Left,
    Home,
    End,
    PageUp,
    PageDown,
    /// F1 to F12.
    Function(u8),
    Character(char),
    /// A letter held with Control.
    Control(char),
    /// A character held with Alt.
    Alt(char),
    /// The left button, pressed and released.
    Click {
        column: u16,
        line: u16,
    },
    WheelUp {
        column: u16,
        line: u16,
    },
    WheelDown {
        column: u16,
        line: u16,
    },
}

/// What the program has asked the arrow keys to send (private mode 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CursorKeys {
    Normal,
    Application,
}

impl Key {
    /// The bytes that a terminal would send.
    pub(crate) fn bytes(self, cursor_keys: CursorKeys) -> String {
        let arrows = matches!(
            self,
            Self::Up | Self::Down | Self::Right | Self::Left | Self::Home | Self::End
        );
        match cursor_keys {
            CursorKeys::Application if arrows => self.normal_bytes().replace('[', "O"),
            _ => self.normal_bytes(),
        }
    }

    fn normal_bytes(self) -> String {
        match self {
            Self::Enter => "\r".into(),
            Self::Escape => "\x1b".into(),
            Self::Tab => "\t".into(),
            Self::BackTab => "\x1b[Z".into(),
            Self::Backspace => "\x7f".into(),
            Self::Delete => "\x1b[3~".into(),
            Self::Up => "\x1b[A".into(),
            Self::Down => "\x1b[B".into(),
            Self::Right => "\x1b[C".into(),
            Self::Left => "\x1b[D".into(),
            Self::Home => "\x1b[H".into(),
            Self::End => "\x1b[F".into(),
            Self::PageUp => "\x1b[5~".into(),
            Self::PageDown => "\x1b[6~".into(),
            Self::Function(number) => function(number),
            Self::Character(character) => character.into(),
            Self::Control(letter) => char::from((letter.to_ascii_uppercase() as u8) & 0x1f).into(),
            Self::Alt(character) => format!("\x1b{character}"),
            Self::Click { column, line } => {
                mouse(0, column, line, "M") + &mouse(0, column, line, "m")
            }
            Self::WheelUp { column, line } => mouse(64, column, line, "M"),
            Self::WheelDown { column, line } => mouse(65, column, line, "M"),
        }
    }
}

fn function(number: u8) -> String {
    match number {
        1..=4 => format!("\x1bO{}", char::from(b'O' + number)),
        5 => "\x1b[15~".into(),
        6..=10 => format!("\x1b[{}~", 11 + number),
        11 | 12 => format!("\x1b[{}~", 12 + number),
        _ => panic!("no key F{number}"),
    }
}

fn mouse(button: u8, column: u16, line: u16, end: &str) -> String {
    format!("\x1b[<{button};{};{}{end}", column + 1, line + 1)
}
