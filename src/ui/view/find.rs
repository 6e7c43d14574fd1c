//! Finding: the line that is typed, what was found, and where one is while stepping through it.

use ratatui::layout::Rect;

use super::{Canvas, line::Line, place, sign_of_bound};
use crate::{
    derive::find::Query,
    escape, format,
    tree::block::Kind,
    ui::{
        keymap::{Action, Key},
        model::{Find, FoundRow, Model, Stage},
        theme::Role,
    },
};

/// What the query may be, in a few words.
const RULE: &str = "every word must occur; * ? make a glob";

/// In which columns the parts of a row begin.
struct Columns {
    /// One letter as unit.
    narrow: bool,
    files: Option<usize>,
    path: usize,
}

impl Columns {
    const SIZE: usize = 4;

    fn of(width: usize) -> Self {
        match width {
            0..56 => Self {
                narrow: true,
                files: None,
                path: 12,
            },
            56..66 => Self {
                narrow: false,
                files: None,
                path: 15,
            },
            _ => Self {
                narrow: false,
                files: Some(14),
                path: 25,
            },
        }
    }
}

/// The line that is typed, and how many were found. In which column the cursor is.
pub(super) fn draw_prompt(line: &mut Line<'_>, model: &Model, find: &Find) -> usize {
    /// So much of what is typed is seen in any case.
    const LEAST: usize = 12;
    let signs = model.settings.signs;
    let edge = line.width().saturating_sub(1);
    let about = how_many(model, find);
    let has_room = edge >= 7 + LEAST + 2 + format::width(&about);
    let end = if has_room {
        line.put_before(edge, &about, Role::Dim).saturating_sub(2)
    } else {
        edge
    };
    let scope = super::path::of(model, find.scope());
    let (before, behind) = find.prompt().around_cursor();
    let (before, behind) = (escape::text(before), escape::text(behind));
    let typed = format::width(&before) + format::width(&behind) + 1;
    let long = format!("find below {scope}: ");
    let title = if 1 + format::width(&long) + typed.max(LEAST) <= end {
        long
    } else {
        "find: ".to_owned()
    };
    let start = line.put(1, &title, Role::Text);
    let room = end.saturating_sub(start + 1);
    // What has no room goes at the start, since the cursor is mostly at the end.
    let shown = last_columns(&before, room, signs.shortened());
    let cursor = line.put(start, &shown, Role::Prompt);
    let behind = super::line::cut(&behind, end.saturating_sub(cursor), signs);
    line.put(cursor, &behind, Role::Prompt);
    cursor.min(edge)
}

/// The end of `text` in at most `columns`, after `sign` where something is left out.
fn last_columns(text: &str, columns: usize, sign: &str) -> String {
    if format::width(text) <= columns {
        return text.to_owned();
    }
    let room = columns.saturating_sub(format::width(sign));
    let starts = text.char_indices().map(|(start, _)| start);
    let fits = |start: &usize| format::width(&text[*start..]) <= room;
    let start = starts.into_iter().find(fits).unwrap_or(text.len());
    format!("{sign}{}", &text[start..])
}

fn how_many(model: &Model, find: &Find) -> String {
    if matches!(find.query(), Query::Nothing | Query::Broken) {
        return String::new();
    }
    let range = place::range(find.first(), find.rows().len());
    let (len, count) = (find.len() as u64, find.count());
    let all = if len < count {
        let [len, count] = [len, count].map(format::count);
        format!("{range} of the largest {len} of {count}")
    } else {
        format!("{range} of {}", format::count(count))
    };
    let is_all = find.is_whole() && !model.scan.is_running();
    let so_far = if is_all { "" } else { " so far" };
    format!("{all}{so_far}{}", place::lost(model))
}

/// The heads of the columns.
pub(super) fn draw_heads(line: &mut Line<'_>, model: &Model) {
    let columns = Columns::of(line.width());
    let size = format!(
        "{} {}",
        model.size_word(),
        model.settings.signs.descending()
    );
    let end = Columns::SIZE + if columns.narrow { 6 } else { 9 };
    line.put_before(end, &size, Role::Dim);
    if let Some(files) = columns.files {
        line.put_before(files + 9, "files", Role::Dim);
    }
    line.put(columns.path, "found", Role::Dim);
}

/// What was found, the largest first.
pub(super) fn draw_rows(canvas: &mut Canvas<'_>, model: &Model, find: &Find, region: Rect) {
    let columns = Columns::of(region.width.into());
    for (number, row) in find.rows().iter().enumerate() {
        let mut line = canvas.line(region, number);
        if find.selected_line() == Some(number) {
            line.select();
            line.put(0, model.settings.signs.selected(), Role::Text);
        }
        draw_row(&mut line, row, &columns, model, find.query());
    }
    if find.is_empty() {
        let text = match find.query() {
            Query::Nothing => "Type a part of a name, several words, or a glob: *.iso",
            Query::Broken => "No glob yet.",
            _ if find.is_whole() && !model.scan.is_running() => "No match.",
            _ => "No match so far.",
        };
        let blank = usize::from(region.height > 1);
        canvas.line(region, blank).put(4, text, Role::Text);
    }
}

fn draw_row(line: &mut Line<'_>, row: &FoundRow, columns: &Columns, model: &Model, query: &Query) {
    let (signs, units) = (model.settings.signs, model.settings.units);
    if model.marks.contains(row.entry) {
        line.put(1, signs.marked(), Role::Mark);
    }
    line.put(2, sign_of_bound(row.bound, signs), Role::Wait);
    let size = if columns.narrow {
        format::size_narrow
    } else {
        format::size
    };
    line.put(Columns::SIZE, &size(row.size, units), Role::Text);
    if let (Some(column), Some(files)) = (columns.files, row.files) {
        line.put(column, &format::count_row(files), Role::Text);
    }
    let kind = super::browser::sign_of_kind(row.kind);
    let room = line.width().saturating_sub(columns.path + 1);
    let path = format::shorten_path(&format!("{}{kind}", row.path), room, signs);
    let role = if row.kind == Kind::Directory {
        Role::Name
    } else {
        Role::Text
    };
    line.put(columns.path, &path, role);
    for found in query.found_in(&path) {
        let column = columns.path + format::width(&path[..found.start]);
        line.put(column, &path[found], Role::Match);
    }
}

/// The place line while one steps through what was found: the path, and which of how many it is.
pub(super) fn draw_place(line: &mut Line<'_>, model: &Model, find: &Find) {
    let keys = |action| model.settings.keys.keys(action).first();
    let step = [Action::FindNext, Action::FindPrevious].map(keys);
    let signs = model.settings.signs;
    let shown = |key: Option<&Key>| key.map_or(String::new(), |key| key.shown(signs));
    let [next, previous] = step.map(shown);
    let escape = shown(keys(Action::Escape));
    let (rank, count) = (find.rank() as u64 + 1, find.count());
    let [rank, count] = [rank, count].map(format::count);
    let text = escape::text(find.prompt().text()).into_owned();
    let text = super::line::cut(&text, 20, signs);
    let about = format!("{text}: {rank} of {count}, {next} {previous} step, {escape} ends");
    place::draw(line, model, &about);
}

/// What the query may be, after the keys.
pub(super) fn draw_rule(line: &mut Line<'_>, column: usize) {
    let start = column.saturating_sub(1);
    if start + format::width(RULE) <= line.width() {
        line.put(start, RULE, Role::Dim);
    }
}

/// Whether the line is being typed.
pub(super) fn typed(model: &Model) -> Option<&Find> {
    model.find().filter(|find| find.stage() == Stage::Typing)
}
