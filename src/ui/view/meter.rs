//! Line 2 while the scan goes on: how far it is, how long it will take, and how many directories
//! wait.
//!
//! ```text
//!  █████████████▉··········     ≈ 58%   ≈ 0:05 left      1,021 directories queued
//!  ████▒▒▒▒▒▒▒▒▒▒▒·········  ≈ 20-60%                   12,311 directories queued
//!  ························  counting                   12,311 directories queued
//! ```
//!
//! Each figure has its own columns; where the line is too short for all, what waits goes before the
//! time left, and the percent stays.

use super::{
    NARROW, WIDE,
    header::{directories, unfinished},
    line::Line,
};
use crate::{
    format::{self, Meter},
    state::ScanState,
    ui::{model::Model, theme::Role},
};

/// Columns of the widest percent that is common, `≈ 20-60%`.
pub(super) const PERCENT: usize = 8;
/// Columns of the time left, with two words: `≈ 1:12:40 left`.
const LEFT: usize = 14;

/// The percent in words, as far as there is one.
pub(super) fn percent(model: &Model) -> Option<String> {
    let estimate = model.progress?;
    Some(format::percent(
        estimate.low,
        estimate.high,
        model.settings.signs,
    ))
}

/// Draws the line.
pub(super) fn draw(line: &mut Line<'_>, model: &Model) {
    let width = line.width();
    let bar = if width < NARROW {
        width.saturating_sub(20).min(16)
    } else {
        // At 80 columns 24, at 120 columns 40, and never into what stands at the right.
        (24 + width.saturating_sub(80) * 2 / 5)
            .min(40)
            .min(width - 40)
    };
    let column = draw_bar(line, bar, model);
    if width < NARROW {
        draw_narrow(line, column, model);
    } else {
        draw_figures(line, column, model);
    }
}

fn draw_bar(line: &mut Line<'_>, columns: usize, model: &Model) -> usize {
    let (low, high) = model
        .progress
        .map_or((0.0, 0.0), |estimate| (estimate.low, estimate.high));
    let Meter {
        done,
        perhaps,
        rest,
    } = Meter::new(low, high, columns, model.settings.signs);
    let column = line.put(1, &done, Role::Live);
    let column = line.put(column, &perhaps, Role::Wait);
    line.put(column, &rest, Role::Dim)
}

fn draw_figures(line: &mut Line<'_>, bar: usize, model: &Model) {
    let (width, end) = (line.width(), bar + 2 + PERCENT);
    let mut taken = end;
    match percent(model) {
        Some(percent) => line.put_before(end, &percent, Role::Strong),
        None => line.put_before(end, "counting", Role::Text),
    };
    let edge = width.saturating_sub(1);
    let mut waiting = waiting(model, width);
    let left = if model.scan == ScanState::Paused {
        Some("p resumes".to_owned())
    } else {
        left(model)
    };
    if let Some(left) = left {
        let reach = end + 3 + format::width(&left) + 1;
        if reach + format::width(&waiting) > edge {
            waiting = queued_in_short(model);
        }
        if reach + format::width(&waiting) <= edge {
            taken = line.put(end + 3, &left, Role::Text);
        }
    }
    let start = line.put_before(edge, &waiting, Role::Text);
    if let Some(estimate) = model.progress.filter(|_| width >= WIDE) {
        let column = (end + 3 + LEFT + 1).max(taken + 2);
        let words = estimate.basis.words();
        if column + words.len() < start {
            line.put(column, words, Role::Dim);
        }
    }
}

/// Below [`NARROW`] columns there is room for the percent and one thing more: the time left, or
/// what waits.
fn draw_narrow(line: &mut Line<'_>, bar: usize, model: &Model) {
    let mut taken = bar;
    if let Some(percent) = percent(model) {
        let end = bar + PERCENT.max(format::width(&percent)) + 1;
        // The picture has a single percent in the middle of the columns of a range.
        let end = end - usize::from(format::width(&percent) < PERCENT);
        line.put_before(end, &percent, Role::Strong);
        taken = end;
    }
    let width = line.width();
    let choices = [
        left(model),
        Some(waiting(model, width)),
        Some(queued_in_short(model)),
    ];
    let fits = |text: &String| taken + 1 + format::width(text) < width;
    if let Some(text) = choices.into_iter().flatten().find(fits) {
        line.put_before(width.saturating_sub(1), &text, Role::Text);
    }
}

/// How long it takes on; not said while nothing but stalled directories is left, which may take for
/// ever.
fn left(model: &Model) -> Option<String> {
    let left = model.left.filter(|_| !model.only_stalled_are_left())?;
    let (about, left) = (model.settings.signs.about(), format::elapsed(left));
    Some(format!("{about} {left} left"))
}

/// What is read again, where that is all that is read.
fn again(model: &Model, width: usize) -> Option<String> {
    const WORD: &str = "again: ";
    if !model.state.only_reads_again() {
        return None;
    }
    // As much as a number of directories with its words may take.
    let room = (width / 3).saturating_sub(WORD.len());
    let signs = model.settings.signs;
    let mut rescans = model.state.rescans();
    let first = rescans.next()?;
    let what = match rescans.count() as u64 {
        0 => {
            let path = model.path_below_root(first.of);
            let path = if path == "." { model.what() } else { path };
            if width < NARROW {
                let name = path.rsplit('/').next().unwrap_or_default();
                format::shorten_name(name, room, signs)
            } else {
                format::shorten_path(&path, room, signs)
            }
        }
        more if width < NARROW => format::count(more + 1),
        more => directories(more + 1),
    };
    Some(format!("{WORD}{what}"))
}

fn queued_in_short(model: &Model) -> String {
    format!("{} queued", format::count_short(model.figures.queued))
}

fn waiting(model: &Model, width: usize) -> String {
    if model.only_stalled_are_left() {
        let unfinished = unfinished(model.state.tree());
        let what = if width < NARROW {
            format::count(unfinished)
        } else {
            directories(unfinished)
        };
        return format!("{what} not answering");
    }
    if let Some(again) = again(model, width) {
        return again;
    }
    let queued = model.figures.queued;
    let short = format::count_line(queued, 7);
    match (width < NARROW, queued) {
        (true, _) => format!("{} queued", short.trim_start()),
        (false, 1) => "1 directory queued".to_owned(),
        (false, _) => format!("{} directories queued", short.trim_start()),
    }
}
