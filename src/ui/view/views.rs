//! The line of the views: their names and keys, the one that is shown in brackets.

use super::{line::Line, target::Target};
use crate::{
    format,
    ui::{
        keymap::Action,
        model::{Model, View},
        theme::Role,
    },
};

/// How the names are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `1 Browse` of every view.
    Words,
    /// Only the key of those that are not shown.
    Keys,
}

/// Draws the line, with only the keys of the other views where there is no room for their names; one
/// without a key is left out then.
pub(super) fn draw(line: &mut Line<'_>, model: &Model) {
    let fits = width(model, Form::Words) < line.width();
    let form = if fits { Form::Words } else { Form::Keys };
    let mut column = 1;
    for view in View::ALL {
        let start = column;
        let name = name(view, model, form);
        if name.is_empty() {
            continue;
        }
        if view == model.view {
            line.put(column, "[", Role::Strong);
            let end = line.put(column + 1, &name, Role::Strong);
            let end = draw_count(line, end, view, model);
            column = line.put(end, "]", Role::Strong) + 1;
        } else {
            let end = line.put(column + 1, &name, Role::Text);
            column = draw_count(line, end, view, model) + 2;
        }
        line.aim(start..column - 1, Target::Action(Action::View(view)));
    }
}

/// Writes how many problems there are. The column behind it.
fn draw_count(line: &mut Line<'_>, column: usize, view: View, model: &Model) -> usize {
    match count(view, model) {
        Some(count) => line.put(column + 1, &count, Role::Bad),
        None => column,
    }
}

fn count(view: View, model: &Model) -> Option<String> {
    let problems = model.figures.problems;
    let is_told = view == View::Problems && problems > 0;
    is_told.then(|| format!("({})", format::count(problems)))
}

fn name(view: View, model: &Model, form: Form) -> String {
    let keys = model.settings.keys.keys(Action::View(view));
    let key = keys.first().map(|key| key.shown(model.settings.signs));
    let has_word = form == Form::Words || view == model.view;
    match (key, has_word) {
        (Some(key), true) => format!("{key} {}", view.word()),
        (None, true) => view.word().to_owned(),
        (key, false) => key.unwrap_or_default(),
    }
}

/// Columns of all names, a blank or bracket on both sides of each and a blank between them.
fn width(model: &Model, form: Form) -> usize {
    let width = |view| {
        let count = count(view, model).map_or(0, |count| 1 + format::width(&count));
        format::width(&name(view, model, form)) + count + 3
    };
    View::ALL.into_iter().map(width).sum::<usize>() - 1
}
