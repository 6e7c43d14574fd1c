//! The one line that stays in the terminal after the interface, and the exit code.

use crate::{
    escape, format,
    scan::{Abandoned, dir::DirId},
    signals::Ending,
    state::{Activity, ScanState},
};

use super::model::Model;

/// Why the interface was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// By a key.
    Key,
    /// By the interrupt key.
    Interrupt,
    /// By a signal.
    Signal(Ending),
}

/// What remains of the interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Farewell {
    /// What to write on standard error.
    pub line: String,
    /// The exit code.
    pub code: u8,
}

impl Farewell {
    /// Sums up. `abandoned` are the workers that were left behind.
    pub fn of(model: &Model, left: Left, abandoned: &[Abandoned]) -> Self {
        if let Some(line) = nothing_read(model) {
            return Self { line, code: 2 };
        }
        let elapsed = format::elapsed(model.elapsed);
        // One after which the scan went on is a problem like any other.
        let broke = || model.scan == ScanState::Failed;
        let panic = model.state.panic().filter(|_| broke());
        let (how, code) = match (left, panic) {
            (Left::Signal(signal), _) => (
                format!("ended by {} after {elapsed}", signal.name()),
                signal.exit_code(),
            ),
            (Left::Interrupt, _) => (
                format!("interrupted after {elapsed}"),
                Ending::INTERRUPT.exit_code(),
            ),
            (Left::Key, Some(panic)) => {
                let message = escape::text(&panic.message);
                (
                    format!(
                        "failed after {elapsed} in worker {}: {message}",
                        panic.worker
                    ),
                    1,
                )
            }
            (Left::Key, None) if model.scan == ScanState::Complete => {
                (format!("complete in {elapsed}"), model.state.exit_code())
            }
            (Left::Key, None) => (format!("stopped after {elapsed}"), 1),
        };
        let joint = if panic.is_some() && left == Left::Key {
            ';'
        } else {
            ':'
        };
        let line = format!(
            "spelunk: {how}{joint} {}{}",
            found(model),
            rest(model, abandoned)
        );
        Self { line, code }
    }
}

fn nothing_read(model: &Model) -> Option<String> {
    if model.state.exit_code() != 2 {
        return None;
    }
    let failure = model.state.failures().first()?;
    let path = escape::path(&model.state.failed_path(failure));
    Some(format!(
        "spelunk: nothing was scanned: {path}: {}",
        failure.cause_in_words()
    ))
}

/// How much was found, in sentences' words.
fn found(model: &Model) -> String {
    let tree = model.state.tree();
    let totals = tree.totals(DirId::TOP);
    let at_least = if tree.is_lower_bound(DirId::TOP) {
        "at least "
    } else {
        ""
    };
    let files = totals.files.max(0) as u64;
    let noun = if files == 1 { "file" } else { "files" };
    let size = if model.browser.order().apparent {
        totals.apparent
    } else {
        totals.disk
    };
    let size = format::size_plain(size, model.settings.units);
    format!(
        "{at_least}{} {noun}, {size} in {}",
        format::count(files),
        model.what()
    )
}

/// What else there is to say: problems, and workers left behind.
fn rest(model: &Model, abandoned: &[Abandoned]) -> String {
    let mut rest = String::new();
    let problems = model.state.problems();
    let broke = model.scan == ScanState::Failed && model.state.panic().is_some();
    if problems > 0 && !broke {
        rest += &format!("; {}", format::plural(problems, "problem", "problems"));
    }
    let skipped = model.state.skipped().count();
    if skipped > 0 {
        let joint = if rest.is_empty() { ';' } else { ',' };
        rest += &format!("{joint} {skipped} skipped");
    }
    for (place, Abandoned { worker, call }) in abandoned.iter().enumerate() {
        rest += if place == 0 { "; left behind: " } else { ", " };
        rest += &format!("worker {worker}");
        if let Some(call) = call {
            rest += &format!(" in {call}");
        }
        if let Activity::Reading { dir, .. } = model.state.workers()[worker.index()].activity {
            rest += &format!(" of {}", escape::path(&model.state.tree().path(dir)));
        }
    }
    rest
}
