//! A key: as it arrives from the terminal, as it is written in the settings, and as the screen
//! shows it.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::format::Signs;

/// A key as it is pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// A key that types a character.
    Char(char),
    /// Control and a letter.
    Control(char),
    /// Any other.
    Named(KeyCode),
}

/// A key with a name: what it is, what the settings call it, and the short name on the screen, with
/// signs and in plain ASCII.
struct Name {
    key: Key,
    word: &'static str,
    sign: &'static str,
    ascii: &'static str,
}

impl Name {
    const fn same(key: Key, word: &'static str) -> Self {
        Self::short(key, word, word, word)
    }

    const fn short(key: Key, word: &'static str, sign: &'static str, ascii: &'static str) -> Self {
        Self {
            key,
            word,
            sign,
            ascii,
        }
    }
}

const NAMES: [Name; 16] = [
    Name::same(Key::Named(KeyCode::Enter), "Enter"),
    Name::same(Key::Named(KeyCode::Esc), "Esc"),
    Name::same(Key::Char(' '), "Space"),
    Name::same(Key::Named(KeyCode::Tab), "Tab"),
    Name::short(Key::Named(KeyCode::BackTab), "Shift-Tab", "S-Tab", "S-Tab"),
    Name::short(Key::Named(KeyCode::Backspace), "Backspace", "Bksp", "Bksp"),
    Name::short(Key::Named(KeyCode::Delete), "Delete", "Del", "Del"),
    Name::short(Key::Named(KeyCode::Insert), "Insert", "Ins", "Ins"),
    Name::short(Key::Named(KeyCode::Up), "Up", "↑", "Up"),
    Name::short(Key::Named(KeyCode::Down), "Down", "↓", "Down"),
    Name::short(Key::Named(KeyCode::Left), "Left", "←", "Left"),
    Name::short(Key::Named(KeyCode::Right), "Right", "→", "Right"),
    Name::same(Key::Named(KeyCode::Home), "Home"),
    Name::same(Key::Named(KeyCode::End), "End"),
    Name::same(Key::Named(KeyCode::PageUp), "PgUp"),
    Name::same(Key::Named(KeyCode::PageDown), "PgDn"),
];

impl Key {
    /// The keys of an event; none for releases and for combinations that nothing is bound to. `Esc`
    /// and another key of one byte in quick succession arrive as the other with `Alt`, to which
    /// nothing is bound: they are taken for what they are. Keys of more bytes, such as the arrows,
    /// have `Alt` only where it is pressed.
    pub fn of(event: KeyEvent) -> impl Iterator<Item = Self> {
        use KeyCode::{Backspace, Char, Enter, Esc, Tab};

        let is_pressed = event.kind != KeyEventKind::Release;
        let mut modifiers = event.modifiers.difference(KeyModifiers::SHIFT);
        let is_byte = matches!(event.code, Char(_) | Enter | Tab | Backspace | Esc);
        let escaped = is_byte && modifiers.contains(KeyModifiers::ALT);
        if escaped {
            modifiers.remove(KeyModifiers::ALT);
        }
        let escape = escaped.then_some(Self::Named(Esc));
        let keys = escape.into_iter().chain(Self::with(event.code, modifiers));
        keys.filter(move |_| is_pressed)
    }

    fn with(code: KeyCode, modifiers: KeyModifiers) -> Option<Self> {
        match code {
            KeyCode::Char(letter) if modifiers == KeyModifiers::CONTROL => {
                Some(Self::Control(letter.to_ascii_lowercase()))
            }
            KeyCode::Char(letter) if modifiers.is_empty() => Some(Self::Char(letter)),
            code if modifiers.is_empty() => Some(Self::Named(code)),
            _ => None,
        }
    }

    /// The key that the settings call `word`.
    pub fn named(word: &str) -> Option<Self> {
        if let Some(name) = NAMES.iter().find(|name| name.word == word) {
            return Some(name.key);
        }
        let mut letters = word.chars();
        match (letters.next(), letters.as_str()) {
            (Some(letter), "") if !letter.is_control() && letter != ' ' => Some(Self::Char(letter)),
            (Some('F'), number) => {
                let number = number.parse().ok()?;
                (1..=12)
                    .contains(&number)
                    .then_some(Self::Named(KeyCode::F(number)))
            }
            _ => match word.strip_prefix("Ctrl-")?.as_bytes() {
                [letter] if letter.is_ascii_alphabetic() => {
                    Some(Self::Control(letter.to_ascii_lowercase().into()))
                }
                _ => None,
            },
        }
    }

    /// What keys with a name are called in the settings.
    pub fn words() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|name| name.word)
    }

    /// What the settings call it.
    pub fn word(self) -> String {
        self.written(|name| name.word)
    }

    /// What the screen calls it.
    pub fn shown(self, signs: Signs) -> String {
        self.written(|name| match signs {
            Signs::Unicode => name.sign,
            Signs::Ascii => name.ascii,
        })
    }

    /// What the screen calls it where there is little room.
    pub fn shown_short(self, signs: Signs) -> String {
        match self {
            Self::Control(letter) => format!("^{}", letter.to_ascii_uppercase()),
            key => key.shown(signs),
        }
    }

    fn written(self, form: impl Fn(&Name) -> &'static str) -> String {
        if let Some(name) = NAMES.iter().find(|name| name.key == self) {
            return form(name).to_owned();
        }
        match self {
            Self::Char(letter) => letter.to_string(),
            Self::Control(letter) => format!("Ctrl-{}", letter.to_ascii_uppercase()),
            Self::Named(KeyCode::F(number)) => format!("F{number}"),
            Self::Named(code) => format!("{code:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_and_another_key_in_quick_succession_are_two_keys() {
        let keys = |code, modifiers| Key::of(KeyEvent::new(code, modifiers)).collect::<Vec<_>>();
        let (escape, q) = (Key::Named(KeyCode::Esc), Key::Char('q'));
        assert_eq!(keys(KeyCode::Char('q'), KeyModifiers::NONE), [q]);
        assert_eq!(keys(KeyCode::Char('q'), KeyModifiers::ALT), [escape, q]);
        assert_eq!(keys(KeyCode::Esc, KeyModifiers::ALT), [escape, escape]);
        let interrupt = keys(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert_eq!(interrupt, [Key::Control('c')]);
    }

    #[test]
    fn an_arrow_with_alt_is_not_esc_and_the_arrow() {
        let control = KeyModifiers::CONTROL;
        for code in [KeyCode::Left, KeyCode::Home, KeyCode::End, KeyCode::F(1)] {
            for modifiers in [KeyModifiers::ALT, control | KeyModifiers::ALT, control] {
                let keys = Key::of(KeyEvent::new(code, modifiers));
                assert_eq!(keys.count(), 0, "{code} with {modifiers}");
            }
        }
    }

    #[test]
    fn the_word_of_a_key_is_read_as_that_key() {
        let named = NAMES.iter().map(|name| name.key);
        let others = [
            Key::Char('q'),
            Key::Char('F'),
            Key::Char('é'),
            Key::Control('l'),
            Key::Named(KeyCode::F(12)),
        ];
        for key in named.chain(others) {
            assert_eq!(Key::named(&key.word()), Some(key), "{key:?}");
        }
        for word in [
            "", " ", "F0", "F13", "Ctrl-", "Ctrl-é", "Ctrl-ab", "enter", "qq",
        ] {
            assert_eq!(Key::named(word), None, "{word:?}");
        }
    }
}
