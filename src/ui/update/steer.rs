//! The keys that steer the scan: what each does in which state, and what it says where it does
//! nothing. It must not know how the scan does what it is told.

use super::Effect;
use crate::{
    scan::{Part, dir::DirId},
    state::{
        ScanState,
        rescans::{Lack, Rescan},
    },
    tree::DirState,
    ui::{
        keymap::Action,
        model::{Content, Leaving, Model, RowState, View},
    },
};

/// Whether `action` is one of those.
pub(super) fn is_meant(action: Action) -> bool {
    matches!(
        action,
        Action::Pause | Action::Skip | Action::SkipStalled | Action::Read | Action::ReadShown
    )
}

/// Does it.
pub(super) fn steer(model: &mut Model, action: Action) -> Option<Effect> {
    match action {
        Action::Pause => pause_or_go_on(model),
        // What is selected in another view is no directory of this one.
        Action::Read if model.content() == Content::View(View::Problems) => read_problem(model),
        Action::Skip | Action::Read if model.content() != Content::View(View::Browse) => {
            model.say("That is for a row of Browse. R reads the directory that is shown.");
            None
        }
        Action::Skip => skip_selected(model),
        Action::SkipStalled => skip_stalled(model),
        Action::Read => read_selected(model),
        Action::ReadShown => read(model, model.browser.dir()),
        _ => None,
    }
}

/// The scan goes on, or does not.
pub(super) fn went_on(model: &mut Model, result: Result<Part, String>) {
    match result {
        Ok(part) => {
            let is_rest = part == Part::All;
            model.state.go_on(part);
            model.leaving = Leaving::No;
            model.interrupted = false;
            // The rest of the same scan begins where it was.
            if !is_rest || model.state.only_reads_again() {
                model.forget_progress();
            }
            model.follow_scan_state();
        }
        Err(cause) => {
            model.state.give_up(DirId::TOP);
            model.follow_scan_state();
            model.say(format!("Cannot go on: {cause}."));
        }
    }
}

/// Directories are read again from now on.
pub(super) fn rescanned(model: &mut Model, rescans: Vec<Rescan>) {
    for rescan in rescans {
        model.state.rescan(rescan);
    }
    model.follow_scan_state();
    model.refresh();
}

fn pause_or_go_on(model: &mut Model) -> Option<Effect> {
    match model.scan {
        ScanState::Scanning => {
            model.state.pause(true);
            model.follow_scan_state();
            Some(Effect::Pause)
        }
        ScanState::Paused => {
            model.state.pause(false);
            model.follow_scan_state();
            Some(Effect::Resume)
        }
        ScanState::Stopping => None,
        ScanState::Stopped | ScanState::Failed if is_something_left(model) => {
            Some(Effect::GoOn(Part::All))
        }
        ScanState::Stopped | ScanState::Failed => {
            model.say("Nothing to continue: nothing is left that can be read.");
            None
        }
        ScanState::Complete => {
            model.say("Nothing to continue: the scan is complete.");
            None
        }
    }
}

fn is_something_left(model: &Model) -> bool {
    model.state.tree().totals(DirId::TOP).unfinished > 0
}

fn skip_selected(model: &mut Model) -> Option<Effect> {
    let row = model.browser.selected()?;
    let (name, state) = (row.name.clone(), row.state);
    match (model.selected_directory(), state) {
        (Some(dir), Some(state)) if is_skippable(model, state) => {
            // What is said is of this one, whichever comes first from now on.
            model.step(0);
            Some(skip(model, dir))
        }
        (Some(dir), Some(RowState::Rescan)) => {
            if model.state.tree().has_read_again(dir) {
                model.state.give_up(dir);
                model.follow_scan_state();
            } else {
                model.say(format!("{name}/ is read again with what it is in."));
            }
            None
        }
        (Some(dir), Some(state)) => {
            let name = model.name_of(dir);
            model.say(format!("Nothing to skip: {name} is {}.", state.word()));
            None
        }
        _ => {
            model.say(format!("Nothing to skip: {name} is a file."));
            None
        }
    }
}

fn is_skippable(model: &Model, state: RowState) -> bool {
    let waits = matches!(
        state,
        RowState::Queued | RowState::Reading | RowState::Paused | RowState::Stalled
    );
    waits && matches!(model.scan, ScanState::Scanning | ScanState::Paused)
}

fn skip_stalled(model: &mut Model) -> Option<Effect> {
    let runs = matches!(model.scan, ScanState::Scanning | ScanState::Paused);
    match model.stuck().first() {
        Some(stuck) if runs => Some(skip(model, stuck.dir)),
        _ => {
            model.say("Nothing is stalled.");
            None
        }
    }
}

fn skip(model: &mut Model, dir: DirId) -> Effect {
    model.state.skip(dir);
    let name = model.name_of(dir);
    model.say(format!("Skipped {name}. r reads it."));
    Effect::Skip(dir)
}

fn read_selected(model: &mut Model) -> Option<Effect> {
    if let Some(dir) = model.selected_directory() {
        return read(model, dir);
    }
    match model.browser.selected() {
        Some(row) if model.is_on_a_file() => {
            let text = format!("{} is a file. R reads this directory again.", row.name);
            model.say(text);
            None
        }
        // Where there are no rows, there is nothing else to be meant.
        _ => read(model, model.browser.dir()),
    }
}

/// Tries the directory of the selected problem again.
fn read_problem(model: &mut Model) -> Option<Effect> {
    let dir = model.views.problems.selected_dir(&model.state)?;
    read(model, dir)
}

/// Makes the numbers of a directory right: reads what waits or was skipped; if nothing does, what
/// failed; if nothing did, all of it again.
fn read(model: &mut Model, dir: DirId) -> Option<Effect> {
    if model.scan == ScanState::Stopping || !model.state.tree().contains(dir) {
        return None;
    }
    let (tree, name) = (model.state.tree(), model.name_of(dir));
    let (state, runs) = (tree.state(dir), model.scan.is_running());
    if tree.is_read_again(dir) {
        model.say(format!("{name} is being read again."));
        return None;
    }
    if let DirState::Excluded(_) = state {
        model.say(format!("{name} is left out by a rule."));
        return None;
    }
    match model.state.lack_of(dir) {
        Lack::Unread
            if matches!(state, DirState::Queued | DirState::Reading)
                && runs
                && model.state.goes_on_in(dir) =>
        {
            model.say(format!("{name} is being read."));
            None
        }
        Lack::Unread => {
            model.state.take_up(dir);
            model.follow_scan_state();
            Some(Effect::TakeUp(dir))
        }
        Lack::Failed(dirs) => Some(rescan(model, dirs)),
        Lack::Nothing => Some(rescan(model, vec![dir])),
    }
}

fn rescan(model: &Model, dirs: Vec<DirId>) -> Effect {
    let roots = || model.state.roots().iter().map(|root| root.dir);
    // What is above all roots is no directory.
    Effect::Rescan(if dirs.contains(&DirId::TOP) {
        roots().collect()
    } else {
        dirs
    })
}
