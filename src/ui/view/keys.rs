//! The notice and the keys: what has just happened, and what can be done now.

use super::{
    NARROW,
    layout::Form,
    line::{Line, cut},
    target::Target,
};
use crate::{
    format,
    state::ScanState,
    ui::{
        hints::{Hint, hints},
        keymap::Action,
        model::{Model, Panel, Sum, WorkerRow, WorkerState},
        theme::Role,
    },
};

/// Whether there is a notice: a message, or a stalled directory that no workers panel shows.
pub(super) fn has_notice(model: &Model, form: Form) -> bool {
    model.notice.is_some()
        || !model.marks.is_empty()
        || (form >= Form::Compact && unseen_stall(model).is_some())
}

/// The worker that has been stalled longest, if the panel does not show it.
fn unseen_stall(model: &Model) -> Option<&WorkerRow> {
    let stalled = model
        .workers
        .rows()
        .iter()
        .filter(|worker| worker.state == WorkerState::Stalled);
    stalled
        .max_by_key(|worker| worker.here)
        .filter(|_| model.scan.is_running() && model.shown_panel() == Panel::Off)
}

/// The notice. A message covers a stalled directory.
pub(super) fn draw_notice(line: &mut Line<'_>, model: &Model) {
    let room = line.width().saturating_sub(2);
    if let Some(notice) = &model.notice {
        line.put(
            1,
            &cut(&notice.text, room, model.settings.signs),
            Role::Text,
        );
    } else if !model.marks.is_empty() {
        draw_marks(line, model);
    } else if let Some(worker) = unseen_stall(model) {
        let column = line.put(1, worker.state.word(), Role::Bad);
        let here = format::elapsed(worker.here.unwrap_or_default());
        let column = line.put(column, &format!(" {here} "), Role::Text);
        let help = skips(model).filter(|help| line.width() >= column + LEAST_OF_PATH + help.len());
        let help = help.unwrap_or_default();
        let room = line.width().saturating_sub(column + 1 + help.len());
        let path = format::shorten_path(&worker.path, room, model.settings.signs);
        let end = line.put(column, &path, Role::Text);
        line.put(end, &help, Role::Text);
    }
}

/// Less than this of a path tells nothing.
const LEAST_OF_PATH: usize = 12;

/// What helps where something is stalled, as the end of a sentence.
fn skips(model: &Model) -> Option<String> {
    let key = model.settings.keys.keys(Action::SkipStalled).first()?;
    let runs = matches!(model.scan, ScanState::Scanning | ScanState::Paused);
    runs.then(|| format!(", {} skips", key.shown(model.settings.signs)))
}

/// How much is marked, and what deleting it would free.
fn draw_marks(line: &mut Line<'_>, model: &Model) {
    let signs = model.settings.signs;
    let marks = model.marks.len() as u64;
    let column = line.put(1, signs.marked(), Role::Mark) + 1;
    let room = line.width().saturating_sub(column + 1);
    let text = match model.marks.sum() {
        None => format!("{} marked, being added up", format::count(marks)),
        Some(sum) => marks_in_words(model, marks, sum, room),
    };
    line.put(column, &cut(&text, room, signs), Role::Mark);
}

fn marks_in_words(model: &Model, marks: u64, sum: Sum, room: usize) -> String {
    let size = |bytes| {
        let bound = match (sum.at_least, model.settings.signs) {
            (false, _) => "",
            (true, signs) => signs.at_least(),
        };
        format!("{bound}{}", format::size_plain(bytes, model.settings.units))
    };
    let (count, all, freed) = (format::count(marks), size(sum.size), size(sum.freed()));
    let narrow = format!("{count}, {all}, frees {freed}");
    // The rows may be of apparent sizes; what is freed is not.
    let all = if model.browser.order().apparent {
        format!("{all} on disk")
    } else {
        all
    };
    let them = if marks == 1 { "it" } else { "them" };
    let kept = format::size_plain(sum.kept, model.settings.units);
    let kept = |words| match sum.kept {
        0 => String::new(),
        _ => format!(", {kept} {words}"),
    };
    let words = [
        format!(
            "{count} marked, {all}: deleting {them} frees {freed}{}",
            kept("is linked elsewhere")
        ),
        format!(
            "{count} marked, {all}: frees {freed}{}",
            kept("linked elsewhere")
        ),
    ];
    let mut words = words.into_iter();
    words
        .find(|words| words.chars().count() <= room)
        .unwrap_or(narrow)
}

/// The keys that do something now. The column behind them.
pub(super) fn draw_keys(line: &mut Line<'_>, model: &Model) -> usize {
    let gap = if line.width() < NARROW { 2 } else { 3 };
    let mut column = 1;
    for hint in that_fit(hints(model), line.width().saturating_sub(1), gap) {
        let start = column;
        let mut targets = Vec::new();
        for (key, action) in &hint.keys {
            let end = line.put(column, key, Role::Key);
            targets.push((column..end, *action));
            column = end + 1;
        }
        let end = line.put(column, hint.does, Role::Text);
        // Each key is its own; the words are the first one.
        targets.insert(0, (start..end, hint.keys[0].1));
        for (columns, action) in targets {
            line.aim(columns, Target::Action(action));
        }
        column = end + gap;
    }
    column
}

/// The hints that have room: the rightmost go first, those that stay only when no others are left,
/// and then the last of all stays.
fn that_fit(mut hints: Vec<Hint>, room: usize, gap: usize) -> Vec<Hint> {
    let width = |hint: &Hint| {
        let keys = hint.keys.iter().map(|(key, _)| format::width(key) + 1);
        keys.sum::<usize>() + format::width(hint.does)
    };
    while hints.len() > 1 && hints.iter().map(width).sum::<usize>() + gap * (hints.len() - 1) > room
    {
        let goes = hints
            .iter()
            .rposition(|hint| !hint.stays)
            .unwrap_or(hints.len() - 2);
        hints.remove(goes);
    }
    hints
}
