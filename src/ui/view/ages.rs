//! The view of ages: how much was last modified when, by bytes and by files.

use ratatui::layout::Rect;

use super::{
    Canvas,
    line::{Line, cut},
    place,
};
use crate::{
    derive::{Sums, ages::Age},
    format,
    ui::{model::Model, theme::Role},
};

/// In which columns the parts of a row begin. The bar of files goes first, then their share, then
/// the bar of bytes.
struct Columns {
    /// One letter as unit, whole percents.
    narrow: bool,
    share: usize,
    /// Where a bar begins and how long it can be.
    bar: Option<(usize, usize)>,
    files: usize,
    files_share: Option<usize>,
    files_bar: Option<(usize, usize)>,
}

impl Columns {
    const AGE: usize = 2;
    const SIZE: usize = 16;

    fn of(width: usize) -> Self {
        let narrow = width < 46;
        let more = width.saturating_sub(80) / 2;
        let share = Self::SIZE + if narrow { 7 } else { 10 };
        let mut next = share + if narrow { 4 } else { 6 };
        let bar = (width >= 58).then(|| {
            let length = (13 + more).min(30);
            next += 1 + length;
            (next - length, length)
        });
        let files = next + 1;
        next = files + 9;
        let files_share = (width >= 65).then(|| {
            next += 1 + 6;
            next - 6
        });
        let files_bar = (width >= 72).then(|| (next + 1, width - next - 2));
        Self {
            narrow,
            share,
            bar,
            files,
            files_share,
            files_bar: files_bar.map(|(column, length)| (column, length.min(14 + more).min(30))),
        }
    }
}

/// Where one is, and what the ages are.
pub(super) fn draw_place(line: &mut Line<'_>, model: &Model) {
    let about = match model.views.ages.percent() {
        Some(percent) => place::part(percent),
        None => "last modified, before this scan".to_owned(),
    };
    place::draw(line, model, &about);
}

/// The heads of the columns.
pub(super) fn draw_heads(line: &mut Line<'_>, model: &Model) {
    let columns = Columns::of(line.width());
    let (size, share, width) = if columns.narrow {
        (6, "%", 4)
    } else {
        (9, "share", 6)
    };
    line.put(Columns::AGE, "age", Role::Dim);
    line.put_before(Columns::SIZE + size, model.size_word(), Role::Dim);
    line.put_before(columns.share + width, share, Role::Dim);
    line.put_before(columns.files + 9, "files", Role::Dim);
    if let Some(column) = columns.files_share {
        line.put_before(column + 6, "share", Role::Dim);
    }
}

/// The ages, the youngest first, and one sentence on what that means.
pub(super) fn draw_rows(canvas: &mut Canvas<'_>, model: &Model, region: Rect) {
    let ages = &model.views.ages;
    let columns = Columns::of(region.width.into());
    let mut below = 0;
    for (number, (age, sums)) in ages.rows().enumerate() {
        let mut line = canvas.line(region, number);
        if ages.selected() == age {
            line.select();
            line.put(0, model.settings.signs.selected(), Role::Text);
        }
        draw_row(&mut line, age, sums, &columns, model);
        below = number + 1;
    }
    let mut line = canvas.line(region, below + 1);
    let room = line.width().saturating_sub(Columns::AGE + 1);
    line.put(
        Columns::AGE,
        &cut(&sentence(model), room, model.settings.signs),
        Role::Text,
    );
}

fn sentence(model: &Model) -> String {
    let ages = &model.views.ages;
    let apparent = model.browser.order().apparent;
    let all = ages.all().size(apparent);
    if all == 0 {
        return String::new();
    }
    let share = format::share(ages.beyond_a_year().size(apparent), all);
    let share = share.trim_start();
    format!("{share} of the space was last modified more than a year before this scan.")
}

fn draw_row(line: &mut Line<'_>, age: Age, sums: Sums, columns: &Columns, model: &Model) {
    let ages = &model.views.ages;
    let (units, signs) = (model.settings.units, model.settings.signs);
    let apparent = model.browser.order().apparent;
    let (all, largest) = (ages.all(), ages.largest());
    let bytes = sums.size(apparent);
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
    line.put(Columns::AGE, age.word(), Role::Text);
    line.put(Columns::SIZE, &size, Role::Text);
    line.put(columns.share, &share, Role::Text);
    if let Some((column, length)) = columns.bar {
        let bar = format::bar(bytes, largest.size(apparent), length, signs);
        line.put(column, &bar, Role::Bar);
    }
    let files = i128::from(sums.files);
    line.put(columns.files, &format::count_row(sums.files), Role::Text);
    if let Some(column) = columns.files_share {
        line.put(column, &format::share(files, all.files.into()), Role::Text);
    }
    if let Some((column, length)) = columns.files_bar {
        let bar = format::bar(files, largest.files.into(), length, signs);
        line.put(column, &bar, Role::Bar);
    }
}
