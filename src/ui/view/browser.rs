//! The directory that is shown: where one is, the heads, the rows.

use std::io::ErrorKind;

use ratatui::layout::Rect;

use super::{
    Canvas, WIDE,
    columns::Places,
    line::{Line, cut},
    path, sign_of_bound,
    target::Target,
};
use crate::{
    format::{self, Signs},
    scan::{
        dir::DirId,
        event::{Exclusion, Failure},
    },
    state::ScanState,
    tree::block::Kind,
    ui::{
        keymap::Action,
        model::{
            Model, Row, RowState, WorkerRow, WorkerState,
            listing::{By, EntryId},
        },
        theme::Role,
    },
};

/// Path, total and state of the directory (at the root instead its file system), and which of its
/// rows are shown.
pub(super) fn draw_place(line: &mut Line<'_>, model: &Model) {
    /// So much of a path is worth more than what stands at its right.
    const LEAST: usize = 24;
    if let Some(find) = model.find() {
        return super::find::draw_place(line, model, find);
    }
    let browser = &model.browser;
    let rows = match (browser.rows().len(), browser.len()) {
        (0, 0) => "0 of 0".to_owned(),
        (shown, all) => {
            let first = browser.first() as u64;
            let [first, last, all] =
                [first + 1, first + shown as u64, all as u64].map(format::count);
            format!("{first}-{last} of {all}")
        }
    };
    let path = path::shown(model);
    let mut end = line.put_before(line.width().saturating_sub(1), &rows, Role::Dim);
    let is_root = browser.dir() == model.root() && model.settings.roots.len() == 1;
    let about = match model.file_system.filter(|_| is_root) {
        Some(file_system) => {
            let [size, used, free] = [file_system.size, file_system.used, file_system.free]
                .map(|bytes| format::size_plain(bytes.into(), model.settings.units));
            let used = if line.width() >= WIDE {
                format!("{used} used, ")
            } else {
                String::new()
            };
            About::FileSystem(format!("disk {size}, {used}{free} free"))
        }
        None if browser.dir() == DirId::TOP || !model.state.tree().contains(browser.dir()) => {
            About::Nothing
        }
        None => About::Directory,
    };
    let start = end.saturating_sub(3 + about.width());
    if start >= 1 + 2 + format::width(&path).min(LEAST) && about.width() > 0 {
        about.draw(line, start, model);
        end = start;
    }
    path::draw(line, 1, end.saturating_sub(3), model);
}

/// What stands at the right of the path.
enum About {
    FileSystem(String),
    /// Bound, total and state.
    Directory,
    Nothing,
}

impl About {
    fn width(&self) -> usize {
        match self {
            Self::FileSystem(text) => format::width(text),
            Self::Directory => 2 + 9 + 2 + 8,
            Self::Nothing => 0,
        }
    }

    fn draw(&self, line: &mut Line<'_>, column: usize, model: &Model) {
        let browser = &model.browser;
        match self {
            Self::FileSystem(text) => {
                line.put(column, text, Role::Dim);
            }
            Self::Directory => {
                let bound = sign_of_bound(browser.bound(), model.settings.signs);
                line.put(column, bound, Role::Wait);
                let total = format::size(browser.total(), model.settings.units);
                let column = line.put(column + 2, &total, Role::Strong);
                line.put(column + 2, browser.state().word(), role_of(browser.state()));
            }
            Self::Nothing => {}
        }
    }
}

/// The heads of the columns, with the sign of the order beside the one that rows are ordered by.
pub(super) fn draw_heads(line: &mut Line<'_>, model: &Model) {
    let order = model.browser.order();
    let columns = Places::of(line.width(), model.columns);
    let signs = model.settings.signs;
    let sign = if order.is_descending() {
        signs.descending()
    } else {
        signs.ascending()
    };
    let head = |word: &str, by: By| {
        if order.by == by {
            format!("{word} {sign}")
        } else {
            word.to_owned()
        }
    };
    let size = if order.apparent { "apparent" } else { "disk" };
    let end = columns.size_end();
    let start = line.put_before(end, &head(size, By::Size), Role::Dim);
    line.aim(start..end, Target::Action(Action::BySize));
    if let Some(share) = columns.share {
        let (word, width) = if columns.narrow {
            ("%", 4)
        } else {
            ("share", 6)
        };
        line.put_before(share + width, word, Role::Dim);
    }
    if let Some(files) = columns.files {
        let end = files + 9;
        let start = line.put_before(end, &head("files", By::Count), Role::Dim);
        line.aim(start..end, Target::Action(Action::ByCount));
    }
    if let Some(shared) = columns.shared {
        line.put_before(shared + 9, "shared", Role::Dim);
    }
    if let Some(modified) = columns.modified {
        let end = line.put(modified, &head("modified", By::Modified), Role::Dim);
        line.aim(modified..end, Target::Action(Action::ByModified));
    }
    let end = line.put(columns.name, &head("name", By::Name), Role::Dim);
    line.aim(columns.name..end, Target::Action(Action::ByName));
}

/// The rows, or a sentence where there are none.
pub(super) fn draw_rows(canvas: &mut Canvas<'_>, model: &Model, region: Rect) {
    let browser = &model.browser;
    let columns = Places::of(region.width.into(), model.columns);
    let rows = browser.rows();
    for (number, row) in rows.iter().enumerate() {
        let mut line = canvas.line(region, number);
        if browser.selected_line() == Some(number) {
            line.select();
            line.put(0, model.settings.signs.selected(), Role::Text);
        }
        draw_row(&mut line, row, &columns, model);
    }
    if rows.iter().all(|row| row.entry == Some(EntryId::Itself)) {
        let blank = usize::from(usize::from(region.height) > rows.len() + 1);
        let room = usize::from(region.width).saturating_sub(5);
        for (number, text) in wrapped(&in_place_of_rows(model), room)
            .into_iter()
            .enumerate()
        {
            canvas
                .line(region, rows.len() + blank + number)
                .put(4, &text, Role::Text);
        }
    }
}

fn draw_row(line: &mut Line<'_>, row: &Row, columns: &Places, model: &Model) {
    let (signs, units) = (model.settings.signs, model.settings.units);
    let is_entry = !matches!(row.entry, None | Some(EntryId::Itself));
    let role = |role| if is_entry { role } else { Role::Dim };
    if row.marked {
        line.put(1, signs.marked(), Role::Mark);
    }
    if row.size < 0 {
        line.put(2, "-", role(Role::Text));
    }
    line.put(2, sign_of_bound(row.bound, signs), role(Role::Wait));
    let size = if columns.narrow {
        format::size_narrow
    } else {
        format::size
    };
    line.put(Places::SIZE, &size(row.size.abs(), units), role(Role::Text));
    if row.size >= 0 {
        let total = model.browser.total();
        if let Some(column) = columns.share {
            let share = if columns.narrow {
                format::share_narrow
            } else {
                format::share
            };
            line.put(column, &share(row.size, total), role(Role::Text));
        }
        if let Some((column, length)) = columns.bar {
            line.put(
                column,
                &format::bar(row.size, model.browser.largest(), length, signs),
                role(Role::Bar),
            );
        }
    }
    if let (Some(column), Some(files)) = (columns.files, row.files) {
        line.put(column, &format::count_row(files), role(Role::Text));
    }
    if let (Some(column), Some(shared)) = (columns.shared, row.shared) {
        line.put(column, &format::size(shared, units), role(Role::Text));
    }
    if let (Some(column), Some(modified)) = (columns.modified, row.modified) {
        let day = model.settings.zone.day(modified);
        line.put(column, &day, role(Role::Text));
    }
    let end = draw_state(line, row, columns, model);
    let is_directory = row.kind == Kind::Directory;
    let name = shown_name(row, columns, end.saturating_sub(columns.name), model);
    line.put(
        columns.name,
        &name,
        role(if is_directory { Role::Name } else { Role::Text }),
    );
}

/// Writes the word or the sign. The column that the name has to end before.
fn draw_state(line: &mut Line<'_>, row: &Row, columns: &Places, model: &Model) -> usize {
    let edge = line.width().saturating_sub(1);
    let said =
        |state: &RowState| *state != RowState::Complete || model.browser.has_unfinished_rows();
    let Some(state) = row.state.filter(said) else {
        return edge;
    };
    if let Some(column) = columns.sign {
        line.put(column, sign_of(state), role_of(state));
    }
    match columns.state {
        Some(column) => {
            line.put(column, state.word(), role_of(state));
            column - 1
        }
        None => edge,
    }
}

/// The name with the sign of its kind as `ls -F` has it, in at most `room` columns.
fn shown_name(row: &Row, columns: &Places, room: usize, model: &Model) -> String {
    if row.entry == Some(EntryId::Itself) && columns.narrow {
        return ".".to_owned();
    }
    if row.entry.is_none() {
        // What explains it goes before it is cut.
        let short = row.name.split_once(", ").map(|(short, _)| short);
        let fits = format::width(&row.name) <= room;
        let name = short.filter(|_| !fits).unwrap_or(&row.name);
        return cut(name, room, model.settings.signs);
    }
    let kind = match row.kind {
        // The root of all roots is a slash already.
        Kind::Directory if row.name.ends_with('/') => "",
        kind => sign_of_kind(kind),
    };
    let name = format!("{}{kind}", row.name);
    // The rows of several roots are paths.
    let shorten = if model.browser.dir() == DirId::TOP {
        format::shorten_path
    } else {
        format::shorten_name
    };
    shorten(&name, room, model.settings.signs)
}

/// The sign of a kind behind a name, as `ls -F` has it.
pub(super) fn sign_of_kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Directory => "/",
        Kind::Symlink => "@",
        Kind::Pipe => "|",
        Kind::Socket => "=",
        _ => "",
    }
}

/// The sign for a state where there is no room for its word.
pub(super) fn sign_of(state: RowState) -> &'static str {
    match state {
        RowState::Queued => ":",
        RowState::Reading | RowState::Paused | RowState::Rescan => "~",
        RowState::Stalled => "^",
        RowState::Complete => " ",
        RowState::Partial => "?",
        RowState::Stopped => "=",
        RowState::Skipped => ">",
        RowState::Failed => "!",
        RowState::Excluded(_) => "<",
    }
}

pub(super) fn role_of(state: RowState) -> Role {
    match state {
        RowState::Queued
        | RowState::Paused
        | RowState::Partial
        | RowState::Stopped
        | RowState::Skipped => Role::Wait,
        RowState::Reading | RowState::Rescan => Role::Live,
        RowState::Stalled | RowState::Failed => Role::Bad,
        RowState::Complete | RowState::Excluded(_) => Role::Dim,
    }
}

/// Why there are no rows; empty where they are only not there yet.
fn in_place_of_rows(model: &Model) -> String {
    let (browser, tree) = (&model.browser, model.state.tree());
    let dir = browser.dir();
    let is_start = dir == DirId::TOP || model.settings.roots.len() == 1 && dir == model.root();
    if is_start && model.scan == ScanState::Failed && model.state.panic().is_none() {
        return nothing_read(model).to_owned();
    }
    let begins = model.scan == ScanState::Scanning
        && matches!(browser.state(), RowState::Queued | RowState::Reading);
    if !tree.contains(dir) || (is_start && begins) {
        return "Nothing found yet.".to_owned();
    }
    if browser.is_behind() {
        return String::new();
    }
    match browser.state() {
        RowState::Queued => "Not read yet. It is next in the queue.".to_owned(),
        RowState::Reading | RowState::Paused => "Being read; nothing found in it yet.".to_owned(),
        RowState::Stalled => no_answer(model),
        RowState::Complete if tree.totals(dir).files == 0 && tree.totals(dir).dirs <= 1 => {
            "This directory is empty.".to_owned()
        }
        RowState::Complete | RowState::Rescan => String::new(),
        RowState::Partial => "What is in it could not be read.".to_owned(),
        RowState::Stopped => "Not read: the scan was stopped before it. R reads it.".to_owned(),
        RowState::Skipped => "Skipped. R reads it.".to_owned(),
        RowState::Failed => match model.state.failure_of(dir) {
            Some(failure) => format!(
                "Cannot be read: {} ({}). R tries again.",
                failure.cause_in_words(),
                failure.call
            ),
            // A worker broke in it.
            None => "Cannot be read: internal error. R tries again.".to_owned(),
        },
        RowState::Excluded(rule) => left_out(rule).to_owned(),
    }
}

fn nothing_read(model: &Model) -> &'static str {
    let denied = |failure: &Failure| failure.cause.kind() == ErrorKind::PermissionDenied;
    if model.state.failures().iter().any(denied) {
        "Nothing was read. Try again as a user who may open it, or name another directory: spelunk DIR"
    } else {
        "Nothing was read. Name another directory: spelunk DIR"
    }
}

fn no_answer(model: &Model) -> String {
    let path = model.path_below_root(model.browser.dir());
    let stalled = |worker: &&WorkerRow| worker.state == WorkerState::Stalled && worker.path == path;
    let worker = model.workers.rows().iter().find(stalled);
    match worker.and_then(|worker| worker.here.zip(worker.call)) {
        Some((here, call)) => {
            format!(
                "No answer for {} ({call}). X skips it.",
                format::elapsed(here)
            )
        }
        None => "No answer.".to_owned(),
    }
}

pub(super) fn left_out(rule: Exclusion) -> &'static str {
    match rule {
        Exclusion::Pattern => "Excluded by --exclude or --exclude-from. Not counted.",
        Exclusion::Cache => {
            "Cache directory (CACHEDIR.TAG), excluded by --exclude-caches. Not counted."
        }
        Exclusion::OtherFileSystem => {
            "On another file system, excluded by --one-file-system. Not counted."
        }
        Exclusion::KernelFileSystem => "Kernel file system. Not entered; --include-kernfs does.",
        Exclusion::Loop => {
            "This is a directory above it again (mounted inside itself). Not entered."
        }
    }
}

/// `text` in lines of at most `room` columns, broken between words.
pub(super) fn wrapped(text: &str, room: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if format::width(line) + 1 + format::width(word) <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// The signs that stand for words, with the words, for the help.
pub(super) fn signs_and_words(signs: Signs) -> [(String, &'static str); 5] {
    let row = |states: [RowState; 3]| states.map(sign_of).join(" ");
    [
        (
            format!("{} {}", signs.at_least(), signs.about()),
            "at least; being read again",
        ),
        (
            row([RowState::Reading, RowState::Queued, RowState::Stalled]),
            "reading, queued, STALLED",
        ),
        (
            row([RowState::Failed, RowState::Partial, RowState::Stopped]),
            "failed, partial, stopped",
        ),
        (
            [RowState::Skipped, RowState::Excluded(Exclusion::Pattern)]
                .map(sign_of)
                .join(" "),
            "skipped, excluded by a rule",
        ),
        (
            "folded".to_owned(),
            "summed up to save memory, until entered",
        ),
    ]
}
