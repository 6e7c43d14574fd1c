//! The view of types: how much there is of each ending.

use ratatui::layout::Rect;

use super::{Canvas, line::Line, place, target::Target};
use crate::{
    format,
    ui::{
        keymap::Action,
        model::{Model, Type, TypeRow, listing::By},
        theme::Role,
    },
};

/// In which columns the parts of a row begin. The share of files goes first, then the bar, then the
/// number of files.
struct Columns {
    /// One letter as unit, whole percents.
    narrow: bool,
    share: usize,
    /// Where the bar begins and how long it can be.
    bar: Option<(usize, usize)>,
    files: Option<usize>,
    files_share: Option<usize>,
    name: usize,
}

impl Columns {
    const SIZE: usize = 4;

    fn of(width: usize) -> Self {
        let narrow = width < 56;
        let share = Self::SIZE + if narrow { 7 } else { 10 };
        let mut next = share + if narrow { 4 } else { 6 };
        let bar = (width >= 64).then(|| {
            let length = (12 + width.saturating_sub(80) / 2).min(30);
            next += 2 + length;
            (next - length, length)
        });
        let files = (width >= 46).then(|| {
            next += 2 + 9;
            next - 9
        });
        let files_share = (width >= 72).then(|| {
            next += 1 + 6;
            next - 6
        });
        Self {
            narrow,
            share,
            bar,
            files,
            files_share,
            name: next + 2,
        }
    }

    fn size_end(&self) -> usize {
        Self::SIZE + if self.narrow { 6 } else { 9 }
    }
}

/// Where one is, and which of how many types are shown.
pub(super) fn draw_place(line: &mut Line<'_>, model: &Model) {
    let types = &model.views.types;
    if let Some(percent) = types.percent() {
        return place::draw(line, model, &place::part(percent));
    }
    let range = place::range(types.first(), types.rows().len());
    let all = format::plural(types.len() as u64, "type", "types");
    let about = format!("{range} of {all}{}", place::so_far(model));
    place::draw(line, model, &about);
}

/// The heads of the columns, with the sign of the order beside the one that rows are ordered by.
pub(super) fn draw_heads(line: &mut Line<'_>, model: &Model) {
    let columns = Columns::of(line.width());
    let (by, is_reversed) = model.views.types.order();
    let signs = model.settings.signs;
    let head = |word: &str, column: By| {
        let sign = if is_reversed == (by == By::Name) {
            signs.descending()
        } else {
            signs.ascending()
        };
        if by == column {
            format!("{word} {sign}")
        } else {
            word.to_owned()
        }
    };
    let end = columns.size_end();
    let start = line.put_before(end, &head(model.size_word(), By::Size), Role::Dim);
    line.aim(start..end, Target::Action(Action::BySize));
    let (share, width) = if columns.narrow {
        ("%", 4)
    } else {
        ("share", 6)
    };
    line.put_before(columns.share + width, share, Role::Dim);
    if let Some(files) = columns.files {
        let end = files + 9;
        let start = line.put_before(end, &head("files", By::Count), Role::Dim);
        line.aim(start..end, Target::Action(Action::ByCount));
    }
    if let Some(share) = columns.files_share {
        line.put_before(share + 6, "share", Role::Dim);
    }
    let end = line.put(columns.name, &head("type", By::Name), Role::Dim);
    line.aim(columns.name..end, Target::Action(Action::ByName));
}

/// The types, and below them what has no room.
pub(super) fn draw_rows(canvas: &mut Canvas<'_>, model: &Model, region: Rect) {
    let types = &model.views.types;
    let columns = Columns::of(region.width.into());
    for (number, row) in types.rows().iter().enumerate() {
        let mut line = canvas.line(region, number);
        if types.selected_line() == Some(number) {
            line.select();
            line.put(0, model.settings.signs.selected(), Role::Text);
        }
        draw_row(&mut line, row, &columns, model);
    }
    for (number, row) in (types.rows().len()..).zip(types.pinned()) {
        draw_row(&mut canvas.line(region, number), row, &columns, model);
    }
    if types.is_empty() {
        let mut line = canvas.line(region, 1);
        line.put(4, place::nothing(model), Role::Text);
    }
}

fn draw_row(line: &mut Line<'_>, row: &TypeRow, columns: &Columns, model: &Model) {
    let types = &model.views.types;
    let (units, signs) = (model.settings.units, model.settings.signs);
    let apparent = model.browser.order().apparent;
    let (bytes, all) = (row.sums.size(apparent), types.all());
    let role = match row.what {
        Type::More(_) | Type::Directories => Role::Dim,
        Type::Ending(_) | Type::NoEnding => Role::Text,
    };
    let (size, share) = if columns.narrow {
        (
            format::size_narrow(bytes, units),
            format::share_narrow(bytes, all.size(apparent)),
        )
    } else {
        (
            format::size(bytes, units),
            format::share(bytes, all.size(apparent)),
        )
    };
    line.put(Columns::SIZE, &size, role);
    line.put(columns.share, &share, role);
    if let Some((column, length)) = columns.bar {
        // By whatever they are ordered, so that bars fall as the rows do.
        let (part, largest) = match types.order().0 {
            By::Count => (row.sums.files.into(), types.largest().files.into()),
            _ => (bytes, types.largest().size(apparent)),
        };
        // What has no room may be more than any row; a bar for that would be a lie.
        if part <= largest {
            let bar = format::bar(part, largest, length, signs);
            line.put(column, &bar, bar_role(role));
        }
    }
    if row.what != Type::Directories {
        if let Some(column) = columns.files {
            line.put(column, &format::count_row(row.sums.files), role);
        }
        if let Some(column) = columns.files_share {
            let share = format::share(row.sums.files.into(), all.files.into());
            line.put(column, &share, role);
        }
    }
    let room = line.width().saturating_sub(columns.name + 1);
    line.put(
        columns.name,
        &super::line::cut(&name(&row.what), room, signs),
        role,
    );
}

fn bar_role(role: Role) -> Role {
    if role == Role::Dim {
        Role::Dim
    } else {
        Role::Bar
    }
}

fn name(what: &Type) -> String {
    match what {
        Type::Ending(ending) => format!(".{ending}"),
        Type::NoEnding => "(no ending)".to_owned(),
        Type::More(0) => "other endings".to_owned(),
        Type::More(1) => "1 more ending".to_owned(),
        Type::More(count) => format!("{} more endings", format::count(*count)),
        Type::Directories => "(directories)".to_owned(),
    }
}
