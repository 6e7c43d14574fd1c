//! The view of problems: what could not be read, and what there is to say of the selected one.

use ratatui::layout::Rect;

use super::{
    Canvas,
    browser::{role_of, sign_of, wrapped},
    line::{Line, cut},
    place,
};
use crate::{
    format::{self, Signs},
    ui::{
        model::{Explanation, Model, ProblemRow},
        theme::Role,
    },
};

/// In which columns the parts of a row begin. The call goes first, then the cause.
struct Columns {
    /// The sign in place of the word.
    narrow: bool,
    call: Option<usize>,
    cause: Option<usize>,
    path: usize,
}

impl Columns {
    const STATE: usize = 2;

    fn of(width: usize) -> Self {
        let all = Self {
            narrow: false,
            call: Some(11),
            cause: Some(23),
            path: 45,
        };
        match width {
            0..44 => Self {
                narrow: true,
                call: None,
                cause: None,
                path: 4,
            },
            44..56 => Self {
                call: None,
                cause: None,
                path: 11,
                ..all
            },
            56..72 => Self {
                call: None,
                cause: Some(11),
                path: 33,
                ..all
            },
            _ => all,
        }
    }
}

/// Where one is, and how many problems there are of each kind.
pub(super) fn draw_place(line: &mut Line<'_>, model: &Model) {
    let counts = model.views.problems.counts();
    let [failed, stalled, skipped] =
        [counts.failed, counts.stalled, counts.skipped].map(format::count);
    let about = format!("{failed} failed, {stalled} stalled, {skipped} skipped");
    place::draw(line, model, &about);
}

/// The heads of the columns.
pub(super) fn draw_heads(line: &mut Line<'_>, _: &Model) {
    let columns = Columns::of(line.width());
    if !columns.narrow {
        line.put(Columns::STATE, "state", Role::Dim);
    }
    for (column, word) in [
        (columns.call, "call"),
        (columns.cause, "cause"),
        (Some(columns.path), "path"),
    ] {
        if let Some(column) = column {
            line.put(column, word, Role::Dim);
        }
    }
}

/// The problems, and below them what there is to say.
pub(super) fn draw_rows(canvas: &mut Canvas<'_>, model: &Model, region: Rect) {
    let problems = &model.views.problems;
    let columns = Columns::of(region.width.into());
    for (number, row) in problems.rows().iter().enumerate() {
        let mut line = canvas.line(region, number);
        if problems.selected_line() == Some(number) {
            line.select();
            line.put(0, model.settings.signs.selected(), Role::Text);
        }
        draw_row(&mut line, row, &columns, model);
    }
    let room = usize::from(region.width).saturating_sub(Columns::STATE + 1);
    if problems.is_empty() {
        let text = "Nothing failed, nothing is stalled, nothing was skipped.";
        for (number, text) in wrapped(text, room).iter().enumerate() {
            canvas
                .line(region, 1 + number)
                .put(Columns::STATE, text, Role::Text);
        }
    }
    canvas.targets.rows_are(Rect {
        height: region.height.min(problems.rows().len() as u16),
        ..region
    });
    if let Some(explanation) = problems.explanation() {
        let below = problems.rows().len() + 1;
        let lines = said(explanation, room, model);
        for (number, (text, role)) in (below..).zip(&lines) {
            canvas.line(region, number).put(Columns::STATE, text, *role);
        }
    }
}

/// What stands below the rows, in lines of at most `room` columns.
fn said(explanation: &Explanation, room: usize, model: &Model) -> Vec<(String, Role)> {
    let signs = model.settings.signs;
    let mut lines: Vec<(String, Role)> = folded(&explanation.path, room, 2, signs)
        .into_iter()
        .map(|line| (line, Role::Strong))
        .collect();
    let text = wrapped(&explanation.text, room).into_iter();
    lines.extend(text.map(|line| (line, Role::Text)));
    if let Some(hint) = hint(model) {
        lines.push((String::new(), Role::Text));
        let hint = wrapped(&hint, room).into_iter();
        lines.extend(hint.map(|line| (line, Role::Text)));
    }
    lines
}

/// Whom to ask where rights were missing.
fn hint(model: &Model) -> Option<String> {
    match model.views.problems.counts().denied {
        0 => None,
        1 => Some("1 place was refused. Its owner, or root, can read it.".to_owned()),
        count => Some(format!(
            "{} places were refused. Their owner, or root, can read them.",
            format::count(count)
        )),
    }
}

/// A path in lines of at most `room` columns: whole where so many lines are enough for it.
pub(super) fn folded(path: &str, room: usize, lines: usize, signs: Signs) -> Vec<String> {
    let path = format::shorten_path(path, lines * room, signs);
    let mut lines = vec![String::new()];
    let mut taken = 0;
    for letter in path.chars() {
        let width = format::width(letter.encode_utf8(&mut [0; 4]));
        if taken + width > room {
            lines.push(String::new());
            taken = 0;
        }
        taken += width;
        if let Some(line) = lines.last_mut() {
            line.push(letter);
        }
    }
    lines
}

fn draw_row(line: &mut Line<'_>, row: &ProblemRow, columns: &Columns, model: &Model) {
    let signs = model.settings.signs;
    let state = if columns.narrow {
        sign_of(row.state)
    } else {
        row.state.word()
    };
    line.put(Columns::STATE, state, role_of(row.state));
    if let Some(column) = columns.call {
        line.put(column, &cut(&row.call, 11, signs), Role::Text);
    }
    if let Some(column) = columns.cause {
        let room = columns.path - column - 2;
        line.put(column, &cut(&row.cause, room, signs), Role::Text);
    }
    let room = line.width().saturating_sub(columns.path + 1);
    let path = format::shorten_path(&row.path, room, signs);
    line.put(columns.path, &path, Role::Text);
}
