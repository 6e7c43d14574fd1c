//! The line for where one is, in every view but Browse: the path of the directory, and at the right
//! what the rows are of.

use super::{line::Line, path};
use crate::{
    format,
    ui::{
        model::{Content, Model, View},
        theme::Role,
    },
};

/// Draws the path and, at the right, `about`; the path keeps room for a name.
pub(super) fn draw(line: &mut Line<'_>, model: &Model, about: &str) {
    /// So much of a path is worth more than what stands at its right.
    const LEAST: usize = 12;
    let path = path::shown(model);
    let edge = line.width().saturating_sub(1);
    let start_of = |about: &str| edge.saturating_sub(format::width(about));
    let fits = |about: &str| start_of(about) >= 3 + format::width(&path).min(LEAST);
    let lossy = format!("{about}{}", lost(model));
    let about = if fits(&lossy) { &lossy } else { about };
    let start = start_of(about);
    let end = if fits(about) {
        line.put(start, about, Role::Dim);
        start.saturating_sub(3)
    } else {
        edge.saturating_sub(1)
    };
    path::draw(line, 1, end, model);
}

/// What stands behind what is said of files where some are only known by their sums. These tell ages
/// as ever.
pub(super) fn lost(model: &Model) -> &'static str {
    let is_of_names = !matches!(model.content(), Content::View(View::Problems | View::Ages));
    if is_of_names && model.state.tree().folded_dirs() > 0 {
        ", small files folded"
    } else {
        ""
    }
}

/// What the rows are of, where they are not yet of all there is: which part of it, in percent.
pub(super) fn part(percent: u64) -> String {
    format!("{percent}% of the tree so far")
}

/// Which rows of how many are shown, the first of them after `before`.
pub(super) fn range(before: usize, shown: usize) -> String {
    if shown == 0 {
        return "0".to_owned();
    }
    let [first, last] = [before + 1, before + shown].map(|number| format::count(number as u64));
    format!("{first}-{last}")
}

/// What stands behind a number that still grows.
pub(super) fn so_far(model: &Model) -> &'static str {
    if model.scan.is_running() {
        " so far"
    } else {
        ""
    }
}

/// What stands in place of rows where there are none.
pub(super) fn nothing(model: &Model) -> &'static str {
    if model.scan.is_running() {
        "Nothing found yet."
    } else {
        "There is nothing here."
    }
}
