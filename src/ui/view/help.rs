//! The help, made from the table of keys: in two columns where there is room. Line 1 and the keys
//! stay.

use ratatui::layout::Rect;

use super::{Canvas, NARROW, browser, keys, line::Line};
use crate::{
    format,
    ui::{
        keymap::{Group, LINES},
        model::Model,
        theme::Role,
    },
};

/// From so many columns on there are two columns.
const TWO_COLUMNS_FROM: u16 = 80;
/// Where the second one begins.
const SECOND: usize = 43;
/// Columns for keys: in the first column, which has arrows in it, and in the second.
const KEYS: usize = 10;
const KEYS_SECOND: usize = 8;

/// With fewer columns for it, what keys do stands below them.
const LEAST: usize = 16;

/// One line of one column.
enum Entry {
    Title(&'static str),
    /// Keys or signs, and what they do or mean.
    Binding(String, String),
    Blank,
}

impl Entry {
    /// In as many lines as it needs in a column of this width.
    fn broken(self, column: Column) -> Vec<Self> {
        let Self::Binding(keys, does) = self else {
            return vec![self];
        };
        let is_below = column.room(&keys) < LEAST;
        let room = column.room(if is_below { "" } else { &keys });
        let mut lines = browser::wrapped(&does, room);
        if is_below {
            lines.insert(0, String::new());
        }
        let mut keys = Some(keys);
        let line = |does| Self::Binding(keys.take().unwrap_or_default(), does);
        lines.into_iter().map(line).collect()
    }
}

/// One of the columns of the help: where it begins, how many columns keys have, where it ends.
#[derive(Clone, Copy)]
struct Column {
    start: usize,
    keys: usize,
    end: usize,
}

impl Column {
    /// Where stands what keys do.
    fn text(self, keys: &str) -> usize {
        let usual = self.start + self.keys + 2;
        if keys.is_empty() && self.end < usual + LEAST {
            return self.start + 3;
        }
        let behind = self.start + 1 + format::width(keys);
        usual.max(behind + 1)
    }

    /// How many columns it has.
    fn room(self, keys: &str) -> usize {
        self.end.saturating_sub(self.text(keys))
    }

    /// Those that there are on a screen of this width.
    fn all(width: u16) -> Vec<Self> {
        let first = Self {
            start: 1,
            keys: KEYS,
            end: usize::from(width),
        };
        if width < TWO_COLUMNS_FROM {
            return vec![first];
        }
        let second = Self {
            start: SECOND,
            keys: KEYS_SECOND,
            ..first
        };
        vec![
            Self {
                end: SECOND - 1,
                ..first
            },
            second,
        ]
    }
}

/// Draws as much of the help as has room, from line `model.help` on.
pub(super) fn draw(canvas: &mut Canvas<'_>, model: &Model, region: Rect) {
    let first = usize::from(first_line(model, region));
    let columns = columns(region.width, model);
    for (entries, column) in columns.iter().zip(Column::all(region.width)) {
        for (number, entry) in entries
            .iter()
            .skip(first)
            .take(region.height.into())
            .enumerate()
        {
            let mut line = canvas.line(region, number);
            match entry {
                Entry::Title(title) => {
                    line.put(column.start, title, Role::Strong);
                }
                Entry::Binding(keys, does) => {
                    line.put(column.start + 1, keys, Role::Key);
                    line.put(column.text(keys), does, Role::Text);
                }
                Entry::Blank => {}
            }
        }
    }
}

/// The last line: how to close the help, and which lines of it are shown.
pub(super) fn draw_keys(line: &mut Line<'_>, model: &Model, region: Rect) {
    let behind_keys = keys::draw_keys(line, model);
    let (first, all) = (first_line(model, region), length(model, region));
    let last = (first + region.height).min(all);
    let title = if line.width() < NARROW { "" } else { "Help " };
    let shown = format!("{title}{}-{last} of {all}", first + 1);
    let end = line.width().saturating_sub(1);
    if behind_keys + format::width(&shown) <= end {
        line.put_before(end, &shown, Role::Dim);
    }
}

/// The last line that the help can begin with.
pub(super) fn last_scroll(model: &Model, region: Rect) -> u16 {
    length(model, region).saturating_sub(region.height)
}

/// The screen may have grown since the help was scrolled.
fn first_line(model: &Model, region: Rect) -> u16 {
    model.help.unwrap_or(0).min(last_scroll(model, region))
}

fn length(model: &Model, region: Rect) -> u16 {
    columns(region.width, model)
        .iter()
        .map(Vec::len)
        .max()
        .unwrap_or(0) as u16
}

/// The lines of each column.
fn columns(width: u16, model: &Model) -> Vec<Vec<Entry>> {
    let signs = model.settings.signs;
    let [scan, moving, show, actions] = Group::ALL.map(|group| {
        section(
            group,
            model,
            if matches!(group, Group::Show | Group::Do) {
                KEYS_SECOND
            } else {
                KEYS
            },
        )
    });
    let meanings =
        browser::signs_and_words(signs).map(|(sign, word)| Entry::Binding(sign, word.to_owned()));
    let meanings: Vec<Entry> = [Entry::Title("Signs")]
        .into_iter()
        .chain(meanings)
        .collect();
    let stacked = |sections: Vec<Vec<Entry>>| {
        let mut sections = sections.into_iter();
        let mut entries = sections.next().unwrap_or_default();
        for section in sections {
            entries.push(Entry::Blank);
            entries.extend(section);
        }
        entries
    };
    let whole = if width < TWO_COLUMNS_FROM {
        vec![stacked(vec![scan, moving, show, actions, meanings])]
    } else {
        vec![
            stacked(vec![scan, moving]),
            stacked(vec![show, actions, meanings]),
        ]
    };
    let broken = |(entries, column): (Vec<Entry>, Column)| {
        entries
            .into_iter()
            .flat_map(move |entry| entry.broken(column))
            .collect()
    };
    whole
        .into_iter()
        .zip(Column::all(width))
        .map(broken)
        .collect()
}

/// The lines of `group`. Where nothing has a key, there is none.
fn section(group: Group, model: &Model, room: usize) -> Vec<Entry> {
    let (keys, signs) = (&model.settings.keys, model.settings.signs);
    let bindings = LINES
        .iter()
        .filter(|line| line.group == group)
        .map(|line| (keys.shown(line, signs, room), line.does))
        .filter(|(keys, _)| !keys.is_empty())
        .map(|(keys, does)| Entry::Binding(keys, does.to_owned()));
    [Entry::Title(group.title())]
        .into_iter()
        .chain(bindings)
        .collect()
}
