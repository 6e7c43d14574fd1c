//! The view of the largest files.

use ratatui::layout::Rect;

use super::{Canvas, line::Line, place};
use crate::{
    derive::largest::MOST,
    format,
    ui::{
        model::{LargeRow, Model},
        theme::Role,
    },
};

/// In which columns the parts of a row begin. The share goes first, then the time.
struct Columns {
    /// One letter as unit.
    narrow: bool,
    share: Option<usize>,
    modified: Option<usize>,
    path: usize,
}

impl Columns {
    const SIZE: usize = 4;

    fn of(width: usize) -> Self {
        let all = Self {
            narrow: false,
            share: Some(14),
            modified: Some(22),
            path: 34,
        };
        match width {
            0..56 => Self {
                narrow: true,
                share: None,
                modified: None,
                path: 12,
            },
            56..66 => Self {
                share: None,
                modified: Some(15),
                path: 27,
                ..all
            },
            _ => all,
        }
    }

    fn size_end(&self) -> usize {
        Self::SIZE + if self.narrow { 6 } else { 9 }
    }
}

/// Where one is, and which of how many files are shown.
pub(super) fn draw_place(line: &mut Line<'_>, model: &Model) {
    let largest = &model.views.largest;
    if let Some(percent) = largest.percent() {
        return place::draw(line, model, &place::part(percent));
    }
    let all = largest.len() as u64;
    let files = if largest.len() == MOST {
        format!("the {} largest files", format::count(all))
    } else {
        format::plural(all, "file", "files")
    };
    let range = place::range(largest.first(), largest.rows().len());
    let age = largest
        .only()
        .map_or(String::new(), |age| format!(", {}", age.word()));
    let about = format!("{range} of {files}{age}{}", place::so_far(model));
    place::draw(line, model, &about);
}

/// The heads of the columns.
pub(super) fn draw_heads(line: &mut Line<'_>, model: &Model) {
    let columns = Columns::of(line.width());
    let size = format!(
        "{} {}",
        model.size_word(),
        model.settings.signs.descending()
    );
    line.put_before(columns.size_end(), &size, Role::Dim);
    if let Some(share) = columns.share {
        line.put_before(share + 6, "share", Role::Dim);
    }
    if let Some(modified) = columns.modified {
        line.put(modified, "modified", Role::Dim);
    }
    line.put(columns.path, "file", Role::Dim);
}

/// The files, the largest first.
pub(super) fn draw_rows(canvas: &mut Canvas<'_>, model: &Model, region: Rect) {
    let largest = &model.views.largest;
    let columns = Columns::of(region.width.into());
    for (number, row) in largest.rows().iter().enumerate() {
        let mut line = canvas.line(region, number);
        if largest.selected_line() == Some(number) {
            line.select();
            line.put(0, model.settings.signs.selected(), Role::Text);
        }
        draw_row(&mut line, row, &columns, model);
    }
    if largest.is_empty() {
        let text = match largest.only() {
            Some(_) if !model.scan.is_running() => "No file here is that old.",
            _ => place::nothing(model),
        };
        canvas.line(region, 1).put(4, text, Role::Text);
    }
}

fn draw_row(line: &mut Line<'_>, row: &LargeRow, columns: &Columns, model: &Model) {
    let size = if columns.narrow {
        format::size_narrow
    } else {
        format::size
    };
    if model.marks.contains(row.entry) {
        line.put(1, model.settings.signs.marked(), Role::Mark);
    }
    let bytes = i128::from(row.size);
    line.put(
        Columns::SIZE,
        &size(bytes, model.settings.units),
        Role::Text,
    );
    if let Some(share) = columns.share {
        let total = model.views.largest.total();
        line.put(share, &format::share(bytes, total), Role::Text);
    }
    if let Some(modified) = columns.modified {
        let day = model.settings.zone.day(row.modified);
        line.put(modified, &day, Role::Text);
    }
    let room = line.width().saturating_sub(columns.path + 1);
    let path = format::shorten_path(&row.path, room, model.settings.signs);
    line.put(columns.path, &path, Role::Text);
}
