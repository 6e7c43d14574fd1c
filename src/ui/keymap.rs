//! What keys do. The settings say which key does what; input, the last line of the screen, the help
//! and the README come from that one table, [`Keymap`].

mod key;

pub use key::Key;

use super::model::View;
use crate::{
    config::{Config, Entry, Mistake, Place},
    format::{Signs, width},
};

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Close what is open; else take back leaving; else stop the scan and keep the results.
    Escape,
    /// Stop the scan, wait for the workers, leave.
    Quit,
    /// Stop and leave; again: at once.
    Interrupt,
    /// Let the workers rest; let them go on; go on with a stopped scan.
    Pause,
    /// Leave out the selected directory.
    Skip,
    /// Leave out the directory that has been stalled longest.
    SkipStalled,
    /// Read what is missing of the selected directory; if nothing is, all of it again.
    Read,
    /// The same with the directory that is shown.
    ReadShown,
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
    /// Open what is selected.
    Open,
    /// Show the parent.
    Parent,
    /// To the tile at the right, where there are tiles; else open what is selected.
    Right,
    /// To the tile at the left, where there are tiles; else show the parent.
    Left,
    /// Show this view.
    View(View),
    /// Show the view to the right.
    NextView,
    /// Show the view to the left.
    PreviousView,
    /// Look for something by name.
    Find,
    /// Go to the next of what was found.
    FindNext,
    /// Go to the one before.
    FindPrevious,
    /// Order by size.
    BySize,
    /// Order by name.
    ByName,
    /// Order by number of files.
    ByCount,
    /// Order by last modification.
    ByModified,
    /// Show bar and share, one of them, or neither.
    Measure,
    /// Show or hide the number of files.
    Count,
    /// Show or hide the day of the last modification; in the map, colour by age or by kind.
    Modified,
    /// Show or hide what is shared with others.
    Shared,
    /// Mark the selected entry, or take its mark away, and move on.
    Mark,
    /// Take all marks away.
    UnmarkAll,
    /// Directories before everything else.
    DirectoriesFirst,
    /// Show or hide what is hidden or excluded.
    Hidden,
    /// Change between disk usage and apparent size.
    Apparent,
    /// Open or close the details of what is selected.
    Details,
    /// Open or close the help.
    Help,
    /// Draw the whole screen again.
    Redraw,
    /// Give the terminal back to the shell until it lets the program go on.
    Suspend,
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
    /// What is done with entries.
    Do,
}

impl Group {
    /// All parts, in the order of the help.
    pub const ALL: [Self; 4] = [Self::Scan, Self::Move, Self::Show, Self::Do];

    /// Its title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Scan => "Scan",
            Self::Move => "Move",
            Self::Show => "Show",
            Self::Do => "Do",
        }
    }
}

/// One line of the help: actions that belong together.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// Where it stands.
    pub group: Group,
    /// What they do, in at most 29 columns.
    pub does: &'static str,
    /// The actions, in the order of their keys.
    pub actions: &'static [Action],
}

/// The name of each action in the settings.
pub const NAMES: &[(Action, &str)] = &[
    (Action::Escape, "escape"),
    (Action::Pause, "pause"),
    (Action::Skip, "skip"),
    (Action::SkipStalled, "skip-stalled"),
    (Action::Read, "read"),
    (Action::ReadShown, "read-shown"),
    (Action::Panel, "workers"),
    (Action::Quit, "quit"),
    (Action::Interrupt, "interrupt"),
    (Action::Down, "down"),
    (Action::Up, "up"),
    (Action::Open, "open"),
    (Action::Parent, "parent"),
    (Action::Right, "right"),
    (Action::Left, "left"),
    (Action::PageDown, "page-down"),
    (Action::PageUp, "page-up"),
    (Action::HalfDown, "half-page-down"),
    (Action::HalfUp, "half-page-up"),
    (Action::First, "first"),
    (Action::Last, "last"),
    (Action::NextView, "next-view"),
    (Action::PreviousView, "previous-view"),
    (Action::View(View::Browse), "browse"),
    (Action::View(View::Map), "map"),
    (Action::View(View::Largest), "largest"),
    (Action::View(View::Types), "types"),
    (Action::View(View::Ages), "ages"),
    (Action::View(View::Problems), "problems"),
    (Action::Find, "find"),
    (Action::FindNext, "find-next"),
    (Action::FindPrevious, "find-previous"),
    (Action::BySize, "sort-size"),
    (Action::ByName, "sort-name"),
    (Action::ByCount, "sort-count"),
    (Action::ByModified, "sort-time"),
    (Action::Apparent, "apparent-size"),
    (Action::Measure, "bar-percent"),
    (Action::Count, "count"),
    (Action::Modified, "time"),
    (Action::Shared, "shared"),
    (Action::DirectoriesFirst, "directories-first"),
    (Action::Hidden, "hidden"),
    (Action::Details, "details"),
    (Action::Mark, "mark"),
    (Action::UnmarkAll, "unmark-all"),
    (Action::Help, "help"),
    (Action::Redraw, "redraw"),
    (Action::Suspend, "suspend"),
];

/// Every line, in the order of the help.
pub const LINES: &[Binding] = &[
    Binding {
        group: Group::Scan,
        does: "close; else stop, keep all",
        actions: &[Action::Escape],
    },
    Binding {
        group: Group::Scan,
        does: "pause; resume; continue",
        actions: &[Action::Pause],
    },
    Binding {
        group: Group::Scan,
        does: "skip this, what is stalled",
        actions: &[Action::Skip, Action::SkipStalled],
    },
    Binding {
        group: Group::Scan,
        does: "read again: this, all here",
        actions: &[Action::Read, Action::ReadShown],
    },
    Binding {
        group: Group::Scan,
        does: "workers: full, line, off",
        actions: &[Action::Panel],
    },
    Binding {
        group: Group::Scan,
        does: "stop and leave",
        actions: &[Action::Quit],
    },
    Binding {
        group: Group::Scan,
        does: "leave; again: at once",
        actions: &[Action::Interrupt],
    },
    Binding {
        group: Group::Move,
        does: "down, up",
        actions: &[Action::Down, Action::Up],
    },
    Binding {
        group: Group::Move,
        does: "open; on a file: details",
        actions: &[Action::Right, Action::Open],
    },
    Binding {
        group: Group::Move,
        does: "up to the parent",
        actions: &[Action::Left, Action::Parent],
    },
    Binding {
        group: Group::Move,
        does: "a page",
        actions: &[Action::PageUp, Action::PageDown],
    },
    Binding {
        group: Group::Move,
        does: "half a page",
        actions: &[Action::HalfUp, Action::HalfDown],
    },
    Binding {
        group: Group::Move,
        does: "first, last",
        actions: &[Action::First, Action::Last],
    },
    Binding {
        group: Group::Move,
        does: "next view, the one before",
        actions: &[Action::NextView, Action::PreviousView],
    },
    Binding {
        group: Group::Move,
        does: "views",
        actions: &[
            Action::View(View::Browse),
            Action::View(View::Map),
            Action::View(View::Largest),
            Action::View(View::Types),
            Action::View(View::Ages),
            Action::View(View::Problems),
        ],
    },
    Binding {
        group: Group::Move,
        does: "find; then next, previous",
        actions: &[Action::Find, Action::FindNext, Action::FindPrevious],
    },
    Binding {
        group: Group::Show,
        does: "sort size name count time",
        actions: &[
            Action::BySize,
            Action::ByName,
            Action::ByCount,
            Action::ByModified,
        ],
    },
    Binding {
        group: Group::Show,
        does: "disk usage or apparent size",
        actions: &[Action::Apparent],
    },
    Binding {
        group: Group::Show,
        does: "bar and percent",
        actions: &[Action::Measure],
    },
    Binding {
        group: Group::Show,
        does: "count time shared",
        actions: &[Action::Count, Action::Modified, Action::Shared],
    },
    Binding {
        group: Group::Show,
        does: "dirs first; hide hidden",
        actions: &[Action::DirectoriesFirst, Action::Hidden],
    },
    Binding {
        group: Group::Show,
        does: "details",
        actions: &[Action::Details],
    },
    Binding {
        group: Group::Show,
        does: "this help",
        actions: &[Action::Help],
    },
    Binding {
        group: Group::Show,
        does: "suspend; draw again",
        actions: &[Action::Suspend, Action::Redraw],
    },
    Binding {
        group: Group::Do,
        does: "mark; unmark all",
        actions: &[Action::Mark, Action::UnmarkAll],
    },
];

/// Which keys do what.
#[derive(Clone, Debug)]
pub struct Keymap {
    /// The keys of each action, as they were given.
    bound: Vec<(Action, Vec<Key>)>,
}

impl Keymap {
    /// The keys of the settings; of several entries for an action the last one holds.
    ///
    /// # Errors
    /// An action or a key that there is not, a key with two actions, or no key to leave.
    pub fn of(entries: &[Entry]) -> Result<Self, Mistake> {
        let mut bound: Vec<(Action, Vec<Key>, &Place)> = Vec::new();
        for entry in entries {
            let names = || NAMES.iter().map(|(_, name)| *name);
            let action = NAMES.iter().find(|(_, name)| *name == entry.name);
            let (action, _) =
                action.ok_or_else(|| entry.place.unknown("action", &entry.name, names()))?;
            let key = |word: &String| {
                Key::named(word).ok_or_else(|| entry.place.unknown("key", word, Key::words()))
            };
            let keys = entry.values.iter().map(key).collect::<Result<_, _>>()?;
            bound.retain(|(known, ..)| known != action);
            bound.push((*action, keys, &entry.place));
        }
        // Those given last stand last: a key that is taken already is told where it is taken again.
        let mut seen: Vec<(Key, Action)> = Vec::new();
        for (action, keys, place) in &bound {
            for key in keys {
                let is_other = |(known, other): &&(Key, Action)| {
                    known == key && other.is_in_find() == action.is_in_find()
                };
                if let Some((_, other)) = seen.iter().find(is_other) {
                    let (key, other) = (key.word(), other.name());
                    return Err(place.mistake(format!("key {key:?} is one of {other:?} already")));
                }
                seen.push((*key, *action));
            }
        }
        let mut ways_out = bound
            .iter()
            .filter(|(action, ..)| matches!(action, Action::Quit | Action::Interrupt));
        if ways_out.clone().all(|(_, keys, _)| keys.is_empty())
            && let Some((.., place)) = ways_out.next_back()
        {
            return Err(place.mistake("\"quit\" or \"interrupt\" needs a key"));
        }
        let bound = bound
            .into_iter()
            .map(|(action, keys, _)| (action, keys))
            .collect();
        Ok(Self { bound })
    }

    /// What `key` does.
    pub fn action(&self, key: Key) -> Option<Action> {
        self.bound_to(key).find(|action| !action.is_in_find())
    }

    /// What it does while one steps through what was found.
    pub fn action_in_find(&self, key: Key) -> Option<Action> {
        self.bound_to(key)
            .find(|action| action.is_in_find())
            .or_else(|| self.action(key))
    }

    fn bound_to(&self, key: Key) -> impl Iterator<Item = Action> {
        let bound = self.bound.iter();
        bound
            .filter(move |(_, keys)| keys.contains(&key))
            .map(|(action, _)| *action)
    }

    /// The keys of an action, the first one as its name.
    pub fn keys(&self, action: Action) -> &[Key] {
        let bound = self.bound.iter().find(|(bound, _)| *bound == action);
        bound.map_or(&[], |(_, keys)| keys)
    }

    /// The keys of a line of the help, in at most `room` columns: the first key of each action, then
    /// the second of each, as far as there is room for all of those.
    pub fn shown(&self, line: &Binding, signs: Signs, room: usize) -> String {
        let mut shown = String::new();
        for rank in 0.. {
            let keys = line
                .actions
                .iter()
                .filter_map(|action| self.keys(*action).get(rank));
            let keys: Vec<Key> = keys.copied().collect();
            let long = joined(&keys, |key| key.shown(signs));
            let words = if width(&long) > room {
                joined(&keys, |key| key.shown_short(signs))
            } else {
                long
            };
            let all = if rank == 0 {
                words
            } else {
                format!("{shown} {words}")
            };
            if keys.is_empty() || (rank > 0 && width(&all) > room) {
                break;
            }
            shown = all;
        }
        shown
    }
}

impl Default for Keymap {
    /// The keys that are part of the program.
    fn default() -> Self {
        Self::of(&Config::default().keys).expect("a test reads the embedded settings")
    }
}

impl Action {
    /// Whether it exists only while one steps through what was found. The keys of these may have
    /// another meaning at all other times.
    fn is_in_find(self) -> bool {
        matches!(self, Self::FindNext | Self::FindPrevious)
    }

    /// What the settings call it.
    pub fn name(self) -> &'static str {
        let name = NAMES.iter().find(|(action, _)| *action == self);
        name.map_or("", |(_, name)| name)
    }
}

/// Keys in a row; three and more neighbours as `1-6`.
fn joined(keys: &[Key], shown: impl Fn(&Key) -> String) -> String {
    let is_row = keys.windows(2).all(|pair| {
        matches!(pair, [Key::Char(one), Key::Char(next)] if u32::from(*one) + 1 == u32::from(*next))
    });
    match keys {
        [first, .., last] if is_row && keys.len() > 2 => {
            format!("{}-{}", shown(first), shown(last))
        }
        keys => {
            let words: Vec<String> = keys.iter().map(shown).collect();
            words.join(" ")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keymap(text: &str) -> Result<Keymap, String> {
        let mut config = Config::default();
        config.read("my.toml", text).expect("it can be read");
        Keymap::of(&config.keys).map_err(|mistake| mistake.to_string())
    }

    #[test]
    fn every_action_has_a_name_a_line_of_the_help_and_an_entry_in_the_settings() {
        let shown: Vec<Action> = LINES
            .iter()
            .flat_map(|line| line.actions)
            .copied()
            .collect();
        let named: Vec<Action> = NAMES.iter().map(|(action, _)| *action).collect();
        let set = Config::default().keys;
        for action in shown.iter().chain(&named) {
            let (shown, named) = [&shown, &named]
                .map(|all| all.iter().filter(|other| *other == action).count())
                .into();
            let set = set.iter().filter(|entry| entry.name == action.name());
            assert_eq!((shown, named, set.count()), (1, 1, 1), "{action:?}");
        }
        assert_eq!(set.len(), named.len());
    }

    #[test]
    fn keys_are_changed_by_name() {
        let keys = keymap("keys.down = ['Ctrl-N']\nkeys.sort-name = []\nkeys.up = 'n'");
        let keys = keys.expect("no mistake");
        assert_eq!(keys.action(Key::Control('n')), Some(Action::Down));
        assert_eq!(
            keys.action(Key::Char('j')),
            None,
            "all of them are replaced"
        );
        assert_eq!(keys.action(Key::Char('n')), Some(Action::Up));
        assert_eq!(keys.action(Key::Char('s')), Some(Action::BySize));
    }

    #[test]
    fn mistakes_are_named() {
        let mistake = |text| keymap(text).expect_err("it has a mistake");
        assert_eq!(
            mistake("[keys]\nqiut = ['q']"),
            "my.toml line 2: there is no action \"qiut\"; did you mean \"quit\"?"
        );
        assert_eq!(
            mistake("[keys]\n\nhelp = ['?', 'PageUp']"),
            "my.toml line 3: there is no key \"PageUp\"; did you mean \"PgUp\"?"
        );
        assert_eq!(
            mistake("[keys]\ndown = ['n']"),
            "my.toml line 2: key \"n\" is one of \"sort-name\" already"
        );
        assert_eq!(
            mistake("[keys]\nup = ['z', 'z']"),
            "my.toml line 2: key \"z\" is one of \"up\" already"
        );
        assert_eq!(
            mistake("[keys]\nquit = []\ninterrupt = []"),
            "my.toml line 3: \"quit\" or \"interrupt\" needs a key"
        );
    }
}
