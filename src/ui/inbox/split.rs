//! Keys that a slow line has split. An arrow key is `ESC [ A`, and Esc is `ESC`: where the rest comes
//! later, crossterm takes the one for Esc and the characters `[` and `A`. Esc would stop the scan. So
//! Esc is held back until it is known that nothing follows it.
//!
//! A paste is `ESC [ 200 ~`, the text, `ESC [ 201 ~`. Where that is split, crossterm takes the text for
//! keys, which would do whatever they are bound to, and says nothing of an end that is not split. So the
//! text ends there, or when nothing has followed for long enough.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};

/// Puts together again what belongs together.
#[derive(Debug, Default)]
pub(super) struct Joiner {
    /// Esc, and what may be the rest of the key that it began.
    held: Vec<Event>,
    /// What has come so far of a paste whose beginning was split.
    pasted: Option<String>,
}

impl Joiner {
    /// Whether it has to be waited for what follows.
    pub(super) fn waits(&self) -> bool {
        !self.held.is_empty() || self.pasted.is_some()
    }

    /// What there is after this event.
    pub(super) fn join(&mut self, event: Event) -> Vec<Event> {
        if let (Some(text), Event::Key(_)) = (&mut self.pasted, &event) {
            text.extend(typed(&event));
            let Some(end) = text.strip_suffix("\x1b[201~").map(str::len) else {
                return Vec::new();
            };
            text.truncate(end);
            return self.give_up();
        }
        let is_escape = key(&event) == Some(KeyCode::Esc);
        if is_escape || self.held.is_empty() {
            let mut ready = std::mem::take(&mut self.held);
            let place = if is_escape {
                &mut self.held
            } else {
                &mut ready
            };
            place.push(event);
            return ready;
        }
        self.held.push(event);
        match self.rest() {
            Rest::Open => Vec::new(),
            Rest::Whole(text) => {
                self.held.clear();
                self.pasted = (text == "[200~").then(String::new);
                let code = named(&text);
                code.map(|code| Event::Key(code.into()))
                    .into_iter()
                    .collect()
            }
            Rest::Another => std::mem::take(&mut self.held),
        }
    }

    /// What there is after nothing has followed for long enough.
    pub(super) fn give_up(&mut self) -> Vec<Event> {
        let mut ready = std::mem::take(&mut self.held);
        ready.extend(self.pasted.take().map(Event::Paste));
        ready
    }

    /// What the events after Esc are.
    fn rest(&self) -> Rest {
        let mut text = String::new();
        for event in &self.held[1..] {
            match key(event) {
                Some(KeyCode::Char(letter)) => text.push(letter),
                _ => return Rest::Another,
            }
        }
        let begins = text.starts_with(['[', 'O']);
        match text.chars().nth_back(0) {
            _ if !begins => Rest::Another,
            Some(_) if text.len() == 1 => Rest::Open,
            // The characters that a command's parameters are made of.
            Some(' '..='?') if text.starts_with('[') => Rest::Open,
            _ => Rest::Whole(text),
        }
    }
}

/// What follows Esc.
enum Rest {
    /// It may go on.
    Open,
    /// A key, or another command.
    Whole(String),
    /// Something else: Esc was Esc.
    Another,
}

/// The key of an event that is one, pressed alone or with Shift.
fn key(event: &Event) -> Option<KeyCode> {
    match event {
        Event::Key(KeyEvent {
            code, modifiers, ..
        }) if KeyModifiers::SHIFT.contains(*modifiers) => Some(*code),
        _ => None,
    }
}

/// The character of a text that was taken for a key.
fn typed(event: &Event) -> Option<char> {
    match key(event)? {
        KeyCode::Char(letter) => Some(letter),
        KeyCode::Enter => Some('\n'),
        KeyCode::Tab => Some('\t'),
        KeyCode::Esc => Some('\x1b'),
        _ => None,
    }
}

/// The key that Esc and this text are, as xterm sends them. Where it is none of these, it presses
/// nothing.
fn named(text: &str) -> Option<KeyCode> {
    Some(match &text[1..] {
        "A" => KeyCode::Up,
        "B" => KeyCode::Down,
        "C" => KeyCode::Right,
        "D" => KeyCode::Left,
        "H" | "1~" | "7~" => KeyCode::Home,
        "F" | "4~" | "8~" => KeyCode::End,
        "Z" => KeyCode::BackTab,
        "2~" => KeyCode::Insert,
        "3~" => KeyCode::Delete,
        "5~" => KeyCode::PageUp,
        "6~" => KeyCode::PageDown,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pressed(keys: &[KeyCode]) -> Vec<Event> {
        keys.iter().map(|key| Event::Key((*key).into())).collect()
    }

    /// What comes of these keys, and then of nothing more.
    fn joined(keys: &[KeyCode]) -> Vec<Event> {
        let mut joiner = Joiner::default();
        let keys = pressed(keys).into_iter();
        let mut ready: Vec<Event> = keys.flat_map(|key| joiner.join(key)).collect();
        ready.extend(joiner.give_up());
        assert!(!joiner.waits());
        ready
    }

    #[test]
    fn a_split_key_is_that_key_and_not_esc() {
        use KeyCode::{Char, Down, Esc, Home, PageUp, Up};

        let cases: [(&[KeyCode], &[KeyCode]); 9] = [
            (&[Esc, Char('['), Char('A')], &[Up]),
            (&[Esc, Char('O'), Char('H')], &[Home]),
            (&[Esc, Char('['), Char('5'), Char('~')], &[PageUp]),
            (
                &[Char('x'), Esc, Esc, Char('['), Char('B'), Char('y')],
                &[Char('x'), Esc, Down, Char('y')],
            ),
            // The mouse, or whatever else it may be, presses no keys.
            (
                &[
                    Esc,
                    Char('['),
                    Char('<'),
                    Char('0'),
                    Char(';'),
                    Char('M'),
                    Up,
                ],
                &[Up],
            ),
            (&[Esc], &[Esc]),
            (&[Esc, Char('q')], &[Esc, Char('q')]),
            (&[Esc, Char('[')], &[Esc, Char('[')]),
            (&[Esc, Down], &[Esc, Down]),
        ];
        for (keys, expected) in cases {
            assert_eq!(joined(keys), pressed(expected), "{keys:?}");
        }
    }

    #[test]
    fn a_split_paste_presses_no_keys() {
        let keys = |text: &str| {
            let code = |letter| match letter {
                '\x1b' => KeyCode::Esc,
                '\n' => KeyCode::Enter,
                letter => KeyCode::Char(letter),
            };
            text.chars().map(code).collect::<Vec<_>>()
        };
        let paste = Event::Paste("q\nXd".to_owned());
        // Crossterm says nothing of an end that is whole.
        let open = keys("\x1b[200~q\nXd");
        assert_eq!(joined(&open), std::slice::from_ref(&paste));
        let closed = keys("\x1b[200~q\nXd\x1b[201~y");
        let after = Event::Key(KeyCode::Char('y').into());
        assert_eq!(joined(&closed), [paste, after]);
    }

    #[test]
    fn esc_waits_and_other_keys_do_not() {
        let mut joiner = Joiner::default();
        assert_eq!(joiner.join(Event::Key(KeyCode::Up.into())).len(), 1);
        assert!(!joiner.waits());
        assert!(joiner.join(Event::Key(KeyCode::Esc.into())).is_empty());
        assert!(joiner.waits());
    }
}
