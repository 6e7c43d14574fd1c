//! The first three lines: what is scanned and in which state, how far it is, what was found.

use super::{
    NARROW, WIDE,
    layout::Form,
    line::{Line, cut},
    meter::{self, PERCENT},
    path, role_of_scan, sign_of_bound,
};
use crate::{
    escape,
    format::{self, Signs},
    scan::{
        dir::DirId,
        event::{Failure, WorkerId},
        gauge::Call,
    },
    state::{Activity, Panic, ScanState},
    tree::Tree,
    ui::{
        model::{Leaving, Model, Privileges, WorkerState},
        theme::Role,
    },
};

const PROGRAM: &str = "spelunk";
/// Columns for the state and for the time, with a blank between them and one at the edge.
const STATE_AND_TIME: usize = 8 + 1 + 8 + 1;

/// The whole screen in one line: state, percent and size.
pub(super) fn draw_all_in_one(line: &mut Line<'_>, model: &Model) {
    let mut column = line.put(0, model.scan.word(), role_of_scan(model.scan)) + 1;
    if let Some(percent) = percent(model) {
        column = line.put(column, &percent, Role::Strong) + 1;
    }
    let bound = sign_of_bound(model.figures.bound, model.settings.signs);
    let size = format::size_narrow(model.figures.size, model.settings.units);
    let size = size.trim_start();
    // Half a size would be another size.
    if column + format::width(bound) + size.len() <= line.width() {
        let column = line.put(column, bound, Role::Wait);
        line.put(column, size, Role::Strong);
    }
}

/// Line 1. Below 16 lines it names the directory that is shown, which has no other place then, and
/// below 10 it has the percent, which has none either: before the state, or where the path has no
/// room, between state and time.
pub(super) fn draw_status(line: &mut Line<'_>, model: &Model, form: Form) {
    /// Less than this of a path tells nothing.
    const LEAST: usize = 8;
    let state = line.width().saturating_sub(STATE_AND_TIME);
    let percent = percent(model).filter(|_| form < Form::Compact);
    let (beside_program, alone) = (1 + PROGRAM.len() + 2, 1);
    let beside_state = if percent.is_some() { 2 + PERCENT } else { 0 };
    let room = |start: usize| state.saturating_sub(start + 2 + beside_state);
    let start = if form == Form::Full && room(beside_program) >= LEAST {
        line.put(1, PROGRAM, Role::Dim);
        beside_program
    } else {
        alone
    };
    let state = if room(start) >= LEAST {
        if form == Form::Full {
            let room = room(start);
            let flag = flag(model).filter(|flag| room >= LEAST + 2 + flag.len());
            let beside = flag.map_or(0, |flag| 2 + flag.len());
            let what = format::shorten_path(&model.what(), room - beside, model.settings.signs);
            let end = line.put(start, &what, Role::Strong);
            line.put(end + 2, flag.unwrap_or_default(), Role::Dim);
        } else {
            path::draw(line, start, room(start), model);
        }
        state
    } else {
        1
    };
    line.put(state, model.scan.word(), role_of_scan(model.scan));
    let time = line.put_before(
        line.width().saturating_sub(1),
        &format::elapsed(model.elapsed),
        Role::Strong,
    );
    if let Some(percent) = percent {
        let end = if state > 1 {
            state - 2
        } else {
            1 + 8 + 1 + PERCENT - usize::from(format::width(&percent) < PERCENT)
        };
        if state > 1 || end < time {
            line.put_before(end, &percent, Role::Strong);
        }
    }
}

/// What changes what is possible, if anything does.
fn flag(model: &Model) -> Option<&'static str> {
    let settings = &model.settings;
    match (settings.read_only, settings.privileges) {
        (true, Privileges::Root) => Some("read-only, as root"),
        (true, Privileges::Ordinary) => Some("read-only"),
        (false, Privileges::Root) => Some("as root"),
        (false, Privileges::Ordinary) => None,
    }
}

/// The percent, while there is one: afterwards a word says all.
fn percent(model: &Model) -> Option<String> {
    meter::percent(model).filter(|_| model.scan == ScanState::Scanning)
}

/// Line 2: how far the scan is, or one sentence on what came of it.
pub(super) fn draw_progress(line: &mut Line<'_>, model: &Model) {
    if model.state.is_adding_up() {
        line.put(1, "Read again; adding it up.", Role::Text);
        return;
    }
    if matches!(model.scan, ScanState::Scanning | ScanState::Paused) {
        meter::draw(line, model);
        return;
    }
    let room = line.width().saturating_sub(2);
    let text = if line.width() < NARROW {
        narrow_sentence(model)
    } else {
        sentence(model, room)
    };
    line.put(1, &cut(&text, room, model.settings.signs), Role::Text);
}

pub(super) fn directories(count: u64) -> String {
    format::plural(count, "directory", "directories")
}

pub(super) fn unfinished(tree: &Tree) -> u64 {
    tree.totals(DirId::TOP).unfinished.max(0) as u64
}

/// What line 2 says when the scan does not run on, in at most `room` columns where a message of the
/// system or of a panic is part of it.
fn sentence(model: &Model, room: usize) -> String {
    let at_least = model.settings.signs.at_least();
    match model.scan {
        ScanState::Scanning | ScanState::Paused => String::new(),
        ScanState::Stopping => {
            let (inside, all) = (inside(model), model.workers.rows().len());
            let are = if inside == 1 { "is" } else { "are" };
            let (doing, end) = match model.leaving {
                Leaving::Waiting => ("Leaving", "Wait at most 1 s."),
                Leaving::No | Leaving::Asked | Leaving::Stopped => ("Stopping", "Results stay."),
            };
            let workers = format::plural(all as u64, "worker", "workers");
            format!("{doing}: {inside} of {workers} {are} still in a system call. {end}")
        }
        ScanState::Stopped => {
            let unread = directories(unfinished(model.state.tree()));
            match left_behind(model) {
                Some(who) if unfinished(model.state.tree()) == 0 => format!("Stopped: {who}."),
                Some(who) => {
                    let text = format!("Stopped: {unread} unread, {who}.");
                    let key = " p continues";
                    let fits = format::width(&text) + key.len() <= room;
                    text + if fits { key } else { "" }
                }
                None => format!(
                    "Stopped: {unread} unread; sizes with {at_least} are lower bounds. p continues"
                ),
            }
        }
        ScanState::Complete => match (unread_places(model), skipped(model)) {
            (Some(places), 0) => format!(
                "Complete, but {places} could not be read; sizes with {at_least} are lower bounds."
            ),
            (Some(places), skipped) => format!(
                "Complete, but {places} could not be read and {skipped} {} skipped.",
                was(skipped)
            ),
            (None, 0) => complete(model),
            (None, skipped) => format!(
                "Complete, but {} {} skipped; sizes with {at_least} are lower bounds.",
                directories(skipped),
                was(skipped)
            ),
        },
        ScanState::Failed => match (model.state.panic(), model.state.failures().first()) {
            (Some(panic), _) => broken(panic, room, model.settings.signs),
            (None, Some(failure)) => unreadable(model, failure, room),
            (None, None) => "Nothing could be read.".to_owned(),
        },
    }
}

/// The same for fewer than [`NARROW`] columns.
fn narrow_sentence(model: &Model) -> String {
    match model.scan {
        ScanState::Scanning | ScanState::Paused => String::new(),
        ScanState::Stopping => {
            let workers = format::plural(inside(model) as u64, "worker", "workers");
            match model.leaving {
                Leaving::Waiting => format!("Leaving: waiting for {workers}, 1 s"),
                Leaving::No | Leaving::Asked | Leaving::Stopped => {
                    format!("Stopping: waiting for {workers}")
                }
            }
        }
        ScanState::Stopped => {
            let unread = directories(unfinished(model.state.tree()));
            format!("{unread} unread. p continues")
        }
        ScanState::Complete => match (unread_places(model), skipped(model)) {
            (Some(places), 0) => format!("Complete but for {places}"),
            (Some(_), skipped) => {
                let count = model.state.failures().len() as u64 + skipped;
                format!(
                    "Complete but for {}",
                    format::plural(count, "place", "places")
                )
            }
            (None, 0) if is_folded(model) => "Complete; small files folded".to_owned(),
            (None, 0) => "Complete: everything was read".to_owned(),
            (None, skipped) => format!("Complete but for {}", directories(skipped)),
        },
        ScanState::Failed => match (model.state.panic(), model.state.failures().first()) {
            (None, Some(failure)) => format!(
                "Cannot be {}: {}",
                verb(failure.call),
                failure.cause_in_words()
            ),
            _ => "spelunk broke; what was found is kept".to_owned(),
        },
    }
}

fn is_folded(model: &Model) -> bool {
    model.state.tree().folded_dirs() > 0
}

/// What came of a scan that read everything.
fn complete(model: &Model) -> String {
    let bytes = model.state.bytes();
    let dirs = directories(model.state.tree().folded_dirs());
    let needed = format::size_plain(bytes as i128, model.settings.units);
    match (is_folded(model), bytes > model.folding.limit()) {
        (false, false) => "Complete: everything was read.".to_owned(),
        (false, true) => format!("Complete, but {needed} are needed, more than --memory allows."),
        (true, false) => {
            format!("Complete; small files of {dirs} are shown as one row each (--memory).")
        }
        (true, true) => {
            format!("Complete; small files of {dirs} are folded, and {needed} are needed.")
        }
    }
}

/// How many workers have not left yet.
fn inside(model: &Model) -> usize {
    model.workers.rows().len() - model.workers.count(WorkerState::Stopped)
}

/// The workers that never came back from a system call, if any: all others said that they leave.
fn left_behind(model: &Model) -> Option<String> {
    let workers = model.state.workers().iter().enumerate();
    let mut behind = workers.filter_map(|(index, worker)| match worker.activity {
        Activity::Reading { dir, .. } => Some((WorkerId::from_index(index), dir)),
        Activity::Waiting | Activity::Forgotten { .. } | Activity::Stopped => None,
    });
    let (worker, dir) = behind.next()?;
    match (behind.count(), model.state.failure_of(dir)) {
        (0, Some(failure)) => Some(format!("worker {worker} left behind in {}", failure.call)),
        (0, None) => Some(format!("worker {worker} left behind")),
        (others, _) => Some(format!("{} workers left behind", others + 1)),
    }
}

/// How many directories were left out on request.
fn skipped(model: &Model) -> u64 {
    model.state.skipped().count() as u64
}

fn was(count: u64) -> &'static str {
    if count == 1 { "was" } else { "were" }
}

/// What could not be read, if anything: directories, or places where single entries are among it.
fn unread_places(model: &Model) -> Option<String> {
    let failures = model.state.failures();
    let count = failures.len() as u64;
    let only_directories = failures.iter().all(|failure| failure.entry.is_none());
    let places = if only_directories {
        directories(count)
    } else {
        format::plural(count, "place", "places")
    };
    (count > 0).then_some(places)
}

fn broken(panic: &Panic, room: usize, signs: Signs) -> String {
    let start = format!("spelunk broke in worker {}: ", panic.worker);
    let end = ". Results are kept.";
    let message = escape::text(&panic.message);
    let message = cut(
        &message,
        room.saturating_sub(start.len() + end.len()),
        signs,
    );
    format!("{start}{message}{end}")
}

/// Why nothing was read.
fn unreadable(model: &Model, failure: &Failure, room: usize) -> String {
    let end = format!(
        "cannot be {}: {}.",
        verb(failure.call),
        failure.cause_in_words()
    );
    let what = match model.settings.roots.as_slice() {
        [path] => format::shorten_path(
            path,
            room.saturating_sub(format::width(&end) + 1),
            model.settings.signs,
        ),
        roots => format!("All {}", directories(roots.len() as u64)),
    };
    format!("{what} {end}")
}

fn verb(call: Call) -> &'static str {
    match call {
        Call::Readdir | Call::Getdents64 | Call::Read => "read",
        _ => "opened",
    }
}

/// Line 3: the totals of the whole scan, each in its own columns, and the rate while there is one.
pub(super) fn draw_totals(line: &mut Line<'_>, model: &Model) {
    let figures = &model.figures;
    let width = line.width();
    let bound = sign_of_bound(figures.bound, model.settings.signs);
    line.put(1, bound, Role::Wait);
    let file = if figures.files == 1 { "file " } else { "files" };
    if width < NARROW {
        let column = line.put(3, &format::count_line(figures.files, 9), Role::Strong);
        let column = line.put(column + 1, file, Role::Text);
        // Half a size would be another size.
        if column + 10 < width {
            let column = draw_size(line, column + 1, model);
            draw_problems(line, column + 1, model);
        }
        return;
    }
    let (gap, dirs) = if width >= WIDE { (3, 11) } else { (2, 9) };
    let column = line.put(3, &format::count_line(figures.files, 11), Role::Strong);
    let column = line.put(column + 1, file, Role::Text);
    let column = line.put(
        column + 2,
        &format::count_line(figures.dirs, dirs),
        Role::Strong,
    );
    let column = line.put(
        column + 1,
        if figures.dirs == 1 { "dir " } else { "dirs" },
        Role::Text,
    );
    let column = draw_size(line, column + gap, model);
    draw_problems(line, column + gap, model);
    if matches!(model.scan, ScanState::Scanning | ScanState::Paused) && width >= 80 {
        draw_rate(line, model);
    }
}

fn draw_size(line: &mut Line<'_>, column: usize, model: &Model) -> usize {
    line.put(
        column,
        &format::size(model.figures.size, model.settings.units),
        Role::Strong,
    )
}

fn draw_problems(line: &mut Line<'_>, column: usize, model: &Model) {
    let (text, role) = match model.figures.problems {
        0 => ("no problems".to_owned(), Role::Text),
        count => (format::plural(count, "problem", "problems"), Role::Bad),
    };
    let folded = if is_folded(model) { "files folded" } else { "" };
    // Where the rate stands while it runs there is no room for both.
    let room = if model.scan.is_running() { WIDE } else { 0 };
    let beside = column + text.len() + 3;
    if line.width() >= room.max(beside + folded.len()) {
        line.put(column, &text, role);
        line.put(beside, folded, Role::Wait);
    } else if !folded.is_empty() && model.figures.problems == 0 {
        line.put(column, "folded", Role::Wait);
    } else if column + text.len() <= line.width() {
        line.put(column, &text, role);
    }
}

fn draw_rate(line: &mut Line<'_>, model: &Model) {
    let wide = line.width() >= WIDE;
    let history = &model.figures.history;
    let rate = if wide {
        format::rate_exact(model.figures.rate)
    } else {
        format::rate(model.figures.rate)
    };
    let spark = spark(history, if wide { 16 } else { 8 }, model.settings.signs);
    let column = line.put_before(line.width() - 1, &spark, Role::Bar);
    line.put_before(column - 1, &rate, Role::Text);
}

/// The last `seconds` of a history, the youngest last; before it began nothing was found.
pub(super) fn spark(history: &[u64], seconds: usize, signs: Signs) -> String {
    let missing = seconds.saturating_sub(history.len());
    let known = &history[history.len().saturating_sub(seconds)..];
    let values: Vec<u64> = std::iter::repeat_n(0, missing)
        .chain(known.iter().copied())
        .collect();
    format::spark(&values, signs)
}
