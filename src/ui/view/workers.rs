//! The workers: one line for all, or a panel with one of them a row.
//!
//! ```text
//!  16 workers: 13 reading,  2 waiting,  1 STALLED   files    rate            here
//!    7 STALLED  mnt/nas/archive  in opendir                                  0:05
//!    1 reading  work/…/build/lib/Target/AMDGPU    121,204 18.2k/s ▃▅▇▆▇█▇█
//!      14 more: 12 reading, 2 waiting
//! ```

use ratatui::layout::Rect;

use super::{Canvas, NARROW, WIDE, header, line::Line};
use crate::{
    format,
    state::{ScanState, Worker},
    ui::{
        model::{Model, Panel, WorkerRow, WorkerState},
        theme::Role,
    },
};

/// Where the path of a worker begins.
const PATH: usize = 14;
/// Columns at the right for the seconds, a blank at the edge included.
const HERE: usize = 6;
/// Columns before those for files, rate and history.
const NUMBERS: usize = 9 + 1 + 7 + 1 + 8 + 2;
/// From so many columns on there is room for them beside the path.
const NUMBERS_FROM: usize = 80;

const STATES: [WorkerState; 6] = [
    WorkerState::Reading,
    WorkerState::Waiting,
    WorkerState::Resting,
    WorkerState::Stalled,
    WorkerState::Lost,
    WorkerState::Stopped,
];

/// Draws the workers, as one line or as the panel.
pub(super) fn draw(canvas: &mut Canvas<'_>, model: &Model, region: Rect) {
    let lines = usize::from(region.height);
    // A panel that has room for its head only is the line.
    if model.shown_panel() != Panel::Full || lines < 2 {
        draw_line(&mut canvas.line(region, 0), model);
        return;
    }
    draw_head(&mut canvas.line(region, 0), model);
    let workers = model.workers.rows();
    let shown = that_fit(workers.len(), lines);
    for (number, worker) in workers[..shown].iter().enumerate() {
        draw_worker(&mut canvas.line(region, 1 + number), worker, model);
    }
    if shown < workers.len() {
        canvas
            .line(region, lines - 1)
            .put(5, &more(&workers[shown..]), Role::Text);
    }
}

/// How many lines the panel takes where there is room: those that have never been in a directory have
/// no row, the last line counts them.
pub(super) fn lines(workers: &[Worker]) -> usize {
    let with_row = workers.iter().filter(|worker| worker.has_read).count();
    match with_row {
        0 => 1,
        rows => 1 + rows + usize::from(rows < workers.len()),
    }
}

/// How many of `all` workers have a row in a panel of so many lines, the head among them: where not
/// all have, the last line counts the rest.
pub(super) fn that_fit(all: usize, lines: usize) -> usize {
    if all < lines {
        all
    } else {
        lines.saturating_sub(2)
    }
}

/// All of them in one line. It names the one that is stalled longest, while stopping those that are
/// waited for.
fn draw_line(line: &mut Line<'_>, model: &Model) {
    if model.scan == ScanState::Stopping {
        draw_waited_for(line, model);
        return;
    }
    let column = draw_counts(line, model);
    let stalled = model
        .workers
        .rows()
        .iter()
        .filter(|worker| worker.state == WorkerState::Stalled);
    if let Some(worker) = stalled.max_by_key(|worker| worker.here) {
        let room = line.width().saturating_sub(column + 2);
        line.put(column + 1, &stall(worker, model, room), Role::Text);
    }
}

/// `0:05 in opendir mnt/nas/archive`, in at most `room` columns: the call goes before the path is
/// shortened.
fn stall(worker: &WorkerRow, model: &Model, room: usize) -> String {
    /// Less than this of a path tells nothing.
    const LEAST: usize = 8;
    let here = format::elapsed(worker.here.unwrap_or_default());
    let call = worker
        .call
        .map(|call| format!(" in {call}"))
        .unwrap_or_default();
    let whole = format!("{here}{call} {}", worker.path);
    if format::width(&whole) <= room {
        return whole;
    }
    let room = room.saturating_sub(here.len() + 1);
    if room < LEAST {
        return here;
    }
    format!(
        "{here} {}",
        format::shorten_path(&worker.path, room, model.settings.signs)
    )
}

/// `16 workers: 13 reading,  2 waiting,  1 STALLED`. Numbers keep their columns. The column behind
/// it.
fn draw_counts(line: &mut Line<'_>, model: &Model) -> usize {
    let all = model.workers.rows().len();
    let digits = all.to_string().len();
    let word = if line.width() < NARROW {
        ""
    } else if all == 1 {
        " worker"
    } else {
        " workers"
    };
    let mut column = line.put(1, &format!("{all}{word}:"), Role::Text);
    let always = |state| match model.scan {
        ScanState::Paused => state == WorkerState::Resting,
        _ => matches!(state, WorkerState::Reading | WorkerState::Waiting),
    };
    let is_told = |state: &WorkerState| model.workers.count(*state) > 0 || always(*state);
    let mut states: Vec<WorkerState> = STATES.into_iter().filter(is_told).collect();
    // Those that wait are missed least, those that are stalled most.
    let columns = |state: &WorkerState| digits + 2 + state.word().len() + 1;
    for goes in [WorkerState::Waiting, WorkerState::Reading] {
        // How long stands behind it.
        let time = if states.contains(&WorkerState::Stalled) {
            6
        } else {
            0
        };
        let all = time + states.iter().map(columns).sum::<usize>();
        if column + all > line.width() && states.len() > 1 {
            states.retain(|state| *state != goes);
        }
    }
    let mut comma = "";
    for state in states {
        let count = model.workers.count(state);
        column = line.put(column, &format!("{comma} {count:>digits$} "), Role::Text);
        comma = ",";
        let role = if state == WorkerState::Stalled {
            Role::Bad
        } else {
            Role::Text
        };
        column = line.put(column, state.word(), role);
    }
    column
}

fn waited_for(model: &Model) -> impl Iterator<Item = &WorkerRow> {
    model
        .workers
        .rows()
        .iter()
        .filter(|worker| worker.state != WorkerState::Stopped)
}

/// `14 stopped, waiting for: 7 STALLED 0:05 mnt/nas/archive, 12 .cache/pip/http`.
fn draw_waited_for(line: &mut Line<'_>, model: &Model) {
    let mut column = line.put(
        1,
        &format!("{} stopped", model.workers.count(WorkerState::Stopped)),
        Role::Text,
    );
    let end = line.width().saturating_sub(1);
    let mut left = waited_for(model).count();
    for (place, worker) in waited_for(model).enumerate() {
        let before = if place == 0 { ", waiting for: " } else { ", " };
        column = line.put(column, &format!("{before}{} ", worker.worker), Role::Text);
        if worker.state == WorkerState::Stalled {
            column = line.put(column, worker.state.word(), Role::Bad);
            let here = format::elapsed(worker.here.unwrap_or_default());
            column = line.put(column, &format!(" {here} "), Role::Text);
        }
        // Each may take its part of the room, what one leaves goes to those behind it.
        let room = end.saturating_sub(column) / left;
        let path = format::shorten_path(&worker.path, room, model.settings.signs);
        column = line.put(column, &path, Role::Text);
        left -= 1;
        if column + 8 > end {
            break;
        }
    }
}

fn draw_head(line: &mut Line<'_>, model: &Model) {
    if model.scan == ScanState::Stopping {
        let all = format::plural(model.workers.rows().len() as u64, "worker", "workers");
        let (stopped, left) = (
            model.workers.count(WorkerState::Stopped),
            waited_for(model).count(),
        );
        line.put(
            1,
            &format!("{all}: {stopped} stopped, waiting for {left}"),
            Role::Text,
        );
    } else {
        draw_counts(line, model);
    }
    let end = line.width().saturating_sub(1);
    if line.width() >= NARROW {
        line.put_before(end, "here", Role::Dim);
    }
    if line.width() >= NUMBERS_FROM {
        let numbers = line.width() - HERE - NUMBERS;
        line.put_before(numbers + 9, "files", Role::Dim);
        line.put_before(numbers + 17, "rate", Role::Dim);
    }
}

fn draw_worker(line: &mut Line<'_>, worker: &WorkerRow, model: &Model) {
    let signs = model.settings.signs;
    let stalled = worker.state == WorkerState::Stalled;
    let role = match worker.state {
        WorkerState::Stalled => Role::Bad,
        WorkerState::Reading => Role::Live,
        WorkerState::Waiting | WorkerState::Resting | WorkerState::Lost | WorkerState::Stopped => {
            Role::Dim
        }
    };
    line.put_before(4, &worker.worker.to_string(), Role::Text);
    line.put(5, worker.state.word(), role);
    let seconds = line.width().saturating_sub(HERE);
    let mut end = seconds;
    // The numbers of a stalled worker stand still: where room is scarce its path and call have it.
    if line.width() >= WIDE || (line.width() >= NUMBERS_FROM && !stalled) {
        let numbers = seconds.saturating_sub(NUMBERS);
        line.put(numbers, &format::count_row(worker.files), Role::Text);
        line.put(numbers + 10, &format::rate(worker.rate), Role::Text);
        line.put(
            numbers + 18,
            &header::spark(&worker.history, 8, signs),
            Role::Bar,
        );
        end = numbers;
    }
    let call = worker
        .call
        .map(|call| format!("  in {call}"))
        .unwrap_or_default();
    let room = end.saturating_sub(PATH + 1 + format::width(&call));
    let column = line.put(
        PATH,
        &format::shorten_path(&worker.path, room, signs),
        Role::Text,
    );
    line.put(column, &call, Role::Text);
    if let Some(here) = worker.here {
        line.put_before(
            line.width().saturating_sub(1),
            &format::elapsed(here),
            Role::Text,
        );
    }
}

/// `10 more: 9 reading, 1 waiting`, or `9 more, all stopped`.
fn more(workers: &[WorkerRow]) -> String {
    let counts: Vec<(usize, &str)> = STATES
        .into_iter()
        .map(|state| {
            (
                workers
                    .iter()
                    .filter(|worker| worker.state == state)
                    .count(),
                state.word(),
            )
        })
        .filter(|(count, _)| *count > 0)
        .collect();
    match counts.as_slice() {
        [(1, word)] => format!("1 more, {word}"),
        [(count, word)] => format!("{count} more, all {word}"),
        counts => {
            let parts: Vec<String> = counts
                .iter()
                .map(|(count, word)| format!("{count} {word}"))
                .collect();
            format!("{} more: {}", workers.len(), parts.join(", "))
        }
    }
}
