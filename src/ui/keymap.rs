//! The one table of keys: input, the last line of the screen, the help and the README come from it.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::{format::Signs, state::ScanState};

use super::model::{Content, Leaving, Model, View};

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Close what is open; else take back leaving; else stop the scan and keep the results.
    Escape,
    /// Stop the scan, wait for the workers, leave.
    Quit,
    /// Stop and leave; again: at once.
    Interrupt,
    /// Change between the forms of the workers panel.
    Panel,
    /// Select the next row.
    Down,
    /// Select the row before.
    Up,
    /// Move on by a page.
    PageDown,
    /// Move back by a page.
    PageUp,
    /// Move on by half a page.
    HalfDown,
    /// Move back by half a page.
    HalfUp,
    /// Select the first row.
    First,
    /// Select the last row.
    Last,
    /// Open the selected directory.
    Open,
    /// Show the parent.
    Parent,
    /// Show this view.
    View(View),
    /// Show the view to the right.
    NextView,
    /// Show the view to the left.
    PreviousView,
    /// Order by size.
    BySize,
    /// Order by name.
    ByName,
    /// Order by number of files.
    ByCount,
    /// Change between disk usage and apparent size.
    Apparent,
    /// Open or close the help.
    Help,
    /// Draw the whole screen again.
    Redraw,
}

/// Part of the help that a key stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// What the scan does.
    Scan,
    /// Moving about.
    Move,
    /// What is shown, and how.
    Show,
}

impl Group {
    /// All parts, in the order of the help.
    pub const ALL: [Self; 3] = [Self::Scan, Self::Move, Self::Show];

    /// Its title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Scan => "Scan",
            Self::Move => "Move",
            Self::Show => "Show",
        }
    }
}

/// One line of the help: keys that belong together.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// Where it stands.
    pub group: Group,
    /// The keys in words, short.
    pub keys: &'static str,
    /// The same in plain ASCII.
    pub ascii_keys: &'static str,
    /// What they do, in at most 31 columns.
    pub does: &'static str,
    /// What is pressed, and what it does.
    pub actions: &'static [(Key, Action)],
}

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

impl Key {
    /// The keys of an event; none for releases and for combinations that nothing is bound to. `Esc`
    /// and another key in quick succession arrive as the other with `Alt`, to which nothing is
    /// bound: they are taken for what they are.
    pub fn of(event: KeyEvent) -> impl Iterator<Item = Self> {
        let is_pressed = event.kind != KeyEventKind::Release;
        let escaped = is_pressed && event.modifiers.contains(KeyModifiers::ALT);
        let other = KeyModifiers::SHIFT | KeyModifiers::ALT;
        let key = Self::with(event.code, event.modifiers.difference(other));
        let escape = escaped.then_some(Self::Named(KeyCode::Esc));
        escape.into_iter().chain(key.filter(|_| is_pressed))
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
}

/// Every key, in the order of the help.
pub const KEYS: &[Binding] = &[
    Binding {
        group: Group::Scan,
        keys: "Esc",
        ascii_keys: "Esc",
        does: "close; else stop, keep all",
        actions: &[(Key::Named(KeyCode::Esc), Action::Escape)],
    },
    Binding {
        group: Group::Scan,
        keys: "w",
        ascii_keys: "w",
        does: "workers: full, line, off",
        actions: &[(Key::Char('w'), Action::Panel)],
    },
    Binding {
        group: Group::Scan,
        keys: "q",
        ascii_keys: "q",
        does: "leave (twice after 10 s)",
        actions: &[(Key::Char('q'), Action::Quit)],
    },
    Binding {
        group: Group::Scan,
        keys: "Ctrl-C",
        ascii_keys: "Ctrl-C",
        does: "leave; again: at once",
        actions: &[(Key::Control('c'), Action::Interrupt)],
    },
    Binding {
        group: Group::Move,
        keys: "j k ↑ ↓",
        ascii_keys: "j k Up Dn",
        does: "down, up",
        actions: &[
            (Key::Char('j'), Action::Down),
            (Key::Char('k'), Action::Up),
            (Key::Named(KeyCode::Up), Action::Up),
            (Key::Named(KeyCode::Down), Action::Down),
        ],
    },
    Binding {
        group: Group::Move,
        keys: "l → Enter",
        ascii_keys: "l Enter",
        does: "open",
        actions: &[
            (Key::Char('l'), Action::Open),
            (Key::Named(KeyCode::Right), Action::Open),
            (Key::Named(KeyCode::Enter), Action::Open),
        ],
    },
    Binding {
        group: Group::Move,
        keys: "h ← Bksp",
        ascii_keys: "h Bksp",
        does: "up to the parent",
        actions: &[
            (Key::Char('h'), Action::Parent),
            (Key::Named(KeyCode::Left), Action::Parent),
            (Key::Named(KeyCode::Backspace), Action::Parent),
        ],
    },
    Binding {
        group: Group::Move,
        keys: "PgUp PgDn",
        ascii_keys: "PgUp PgDn",
        does: "a page; ^U ^D half a page",
        actions: &[
            (Key::Named(KeyCode::PageUp), Action::PageUp),
            (Key::Named(KeyCode::PageDown), Action::PageDown),
            (Key::Control('u'), Action::HalfUp),
            (Key::Control('d'), Action::HalfDown),
        ],
    },
    Binding {
        group: Group::Move,
        keys: "Home End",
        ascii_keys: "Home End",
        does: "first, last; also H G",
        actions: &[
            (Key::Named(KeyCode::Home), Action::First),
            (Key::Char('H'), Action::First),
            (Key::Named(KeyCode::End), Action::Last),
            (Key::Char('G'), Action::Last),
        ],
    },
    Binding {
        group: Group::Move,
        keys: "Tab 1-6",
        ascii_keys: "Tab 1-6",
        does: "views; Shift-Tab back",
        actions: &[
            (Key::Named(KeyCode::Tab), Action::NextView),
            (Key::Named(KeyCode::BackTab), Action::PreviousView),
            (Key::Char('1'), Action::View(View::Browse)),
            (Key::Char('2'), Action::View(View::Map)),
            (Key::Char('3'), Action::View(View::Largest)),
            (Key::Char('4'), Action::View(View::Types)),
            (Key::Char('5'), Action::View(View::Ages)),
            (Key::Char('6'), Action::View(View::Problems)),
        ],
    },
    Binding {
        group: Group::Show,
        keys: "s n C",
        ascii_keys: "s n C",
        does: "sort by size, name, count",
        actions: &[
            (Key::Char('s'), Action::BySize),
            (Key::Char('n'), Action::ByName),
            (Key::Char('C'), Action::ByCount),
        ],
    },
    Binding {
        group: Group::Show,
        keys: "a",
        ascii_keys: "a",
        does: "disk usage or apparent size",
        actions: &[(Key::Char('a'), Action::Apparent)],
    },
    Binding {
        group: Group::Show,
        keys: "? F1",
        ascii_keys: "? F1",
        does: "this help",
        actions: &[
            (Key::Char('?'), Action::Help),
            (Key::Named(KeyCode::F(1)), Action::Help),
        ],
    },
    Binding {
        group: Group::Show,
        keys: "Ctrl-L",
        ascii_keys: "Ctrl-L",
        does: "draw again",
        actions: &[(Key::Control('l'), Action::Redraw)],
    },
];

/// What `key` does.
pub fn action(key: Key) -> Option<Action> {
    KEYS.iter()
        .flat_map(|binding| binding.actions)
        .find(|(bound, _)| *bound == key)
        .map(|(_, action)| *action)
}

/// A key on the last line: its name and what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hint {
    /// The name of the key.
    pub key: &'static str,
    /// What it does now, in a word or two.
    pub does: &'static str,
    /// Stays when others go for want of room.
    pub stays: bool,
}

/// The keys of the last line: only those that do something now, the most wanted first.
pub fn hints(model: &Model) -> Vec<Hint> {
    let hint = |key, does| Hint {
        key,
        does,
        stays: false,
    };
    let stay = |key, does| Hint {
        key,
        does,
        stays: true,
    };
    let arrows = |unicode, ascii| {
        if model.settings.signs == Signs::Ascii {
            ascii
        } else {
            unicode
        }
    };
    if model.help.is_some() {
        return vec![
            stay("Esc ?", "close"),
            hint(arrows("↑ ↓", "Up Down"), "scroll"),
        ];
    }
    let mut hints = match (model.scan, model.leaving) {
        (ScanState::Stopping, Leaving::Waiting) => {
            return vec![stay("q", "leave now"), stay("Esc", "stay, keep results")];
        }
        (ScanState::Scanning, _) => vec![stay("Esc", "stop")],
        _ => Vec::new(),
    };
    let content = model.content();
    if content == Content::View(View::Browse) && model.selected_directory().is_some() {
        hints.push(hint("Enter", "open"));
    }
    if model.parent().is_some() {
        hints.push(hint(arrows("←", "Left"), "up"));
    }
    if content == Content::View(View::Browse) && model.browser.len() > 1 {
        hints.push(hint("s n C", "sort"));
    }
    if model.scan.is_running() {
        hints.push(hint("w", "workers"));
    }
    hints.extend([stay("?", "help"), stay("q", "quit")]);
    hints
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
    fn no_key_is_bound_twice() {
        let keys: Vec<Key> = KEYS
            .iter()
            .flat_map(|binding| binding.actions)
            .map(|(key, _)| *key)
            .collect();
        for (place, key) in keys.iter().enumerate() {
            assert!(!keys[..place].contains(key), "{key:?} is bound twice");
        }
    }
}
