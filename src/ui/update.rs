//! The one function that changes the model: a message in, perhaps an effect out. No clock, no
//! input, no output, so that whole journeys can be tested without a terminal.

mod steer;
mod typing;

use std::time::Duration;

use super::{
    keymap::{Action, Key},
    model::{Content, End, Leaving, Model, Panel, View, listing::By},
    mouse::{Act, Gesture},
    view::{Target, target_at},
};
use crate::{
    format,
    inquiry::{Answer, FileSystem},
    progress::Expected,
    scan::{
        Abandoned, Part,
        dir::DirId,
        event::{Event, WorkerId},
        gauge::Reading,
    },
    state::{ScanState, rescans::Rescan},
};

/// What happened.
#[derive(Debug)]
pub enum Message {
    /// The time since the start is this. Comes before a key, which is not kept waiting for more.
    Time(Duration),
    /// The time since the start is this, and the workers' gauges show that: brings what is due up to
    /// date. Comes before all other messages of a turn.
    Clock {
        /// Time since the start.
        now: Duration,
        /// By worker.
        gauges: Vec<Reading>,
    },
    /// A worker said something.
    Results {
        /// Which.
        worker: WorkerId,
        /// What, in its order.
        events: Vec<Event>,
    },
    /// All results that were there have been taken over.
    Drained,
    /// No more results will come: every worker has left, but for these, which were left behind.
    Gone(Vec<Abandoned>),
    /// A directory was taken away from a worker that is stuck in it.
    Claimed {
        /// Which worker.
        worker: WorkerId,
        /// Which directory.
        dir: DirId,
    },
    /// These directories are read again from now on.
    Rescanned(Vec<Rescan>),
    /// These directories are listed again from now on, since their small files were folded.
    Listing(Vec<Rescan>),
    /// The scan goes on with this, or why it does not.
    WentOn(Result<Part, String>),
    /// A key was pressed.
    Key(Key),
    /// The mouse did something.
    Mouse(Gesture),
    /// A text was pasted.
    Paste(String),
    /// The window has the focus now, or has it no longer.
    Focus(bool),
    /// The terminal has another size.
    Resized {
        /// How wide it is.
        columns: u16,
        /// How high it is.
        lines: u16,
    },
    /// Something is known of how much there is.
    Expected(Expected),
    /// The size of the root's file system is known.
    FileSystem(FileSystem),
    /// Something is known of the entry whose details were asked for.
    Answer(Answer),
}

/// What is to be done outside the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Set the stop event.
    Stop,
    /// Let the workers rest.
    Pause,
    /// Let them go on.
    Resume,
    /// Leave out what was not read yet of this directory.
    Skip(DirId),
    /// Read what was skipped of this directory, or was not read before the scan was stopped.
    TakeUp(DirId),
    /// Read these directories again.
    Rescan(Vec<DirId>),
    /// Go on with a scan that was stopped.
    GoOn(Part),
    /// Read what waits below this directory first.
    Focus(Option<DirId>),
    /// Leave the program, waiting for nobody.
    Leave,
    /// Draw the whole screen again, whatever is on it.
    Redraw,
    /// Give the terminal back until the program goes on.
    Suspend,
}

/// Rows that one step of the wheel moves.
const WHEEL: usize = 3;
/// A second press on the same row within this time opens it.
const DOUBLE: Duration = Duration::from_millis(400);

/// Changes the model by what happened.
pub fn update(model: &mut Model, message: Message) -> Option<Effect> {
    match message {
        Message::Time(now) => model.pass(now),
        Message::Clock { now, gauges } => model.advance(now, &gauges),
        Message::Results { worker, events } => model.state.apply(worker, events, model.now),
        Message::Drained => {
            model.state.settle();
            model.follow_scan_state();
            model.keep_memory();
        }
        Message::Gone(left_behind) => {
            model.state.gone(&left_behind);
            model.follow_scan_state();
            return (model.leaving == Leaving::Waiting).then_some(Effect::Leave);
        }
        Message::Claimed { worker, dir } => {
            model.state.claimed(worker, dir);
            model.follow_scan_state();
            model.refresh();
        }
        Message::WentOn(result) => {
            steer::went_on(model, result);
            // A new scan looks where this one did.
            return model.focus().map(|dir| Effect::Focus(Some(dir)));
        }
        Message::Rescanned(rescans) => steer::rescanned(model, rescans),
        Message::Listing(rescans) => {
            for rescan in rescans {
                model.state.list(rescan);
            }
            model.follow_scan_state();
            model.refresh();
        }
        Message::Key(key) => return press(model, key),
        Message::Mouse(gesture) => return point(model, gesture),
        Message::Paste(text) => typing::paste(model, &text),
        Message::Focus(focus) => model.attention.set_focus(focus),
        Message::Resized { columns, lines } => {
            model.size = (columns, lines);
            model.refresh();
        }
        Message::Expected(expected) => model.estimator.expect(expected),
        Message::FileSystem(file_system) => {
            model.file_system = Some(file_system);
            model.dirty = true;
        }
        Message::Answer(answer) => model.dirty |= model.views.details.hear(answer),
    }
    None
}

fn press(model: &mut Model, key: Key) -> Option<Effect> {
    if model.is_typing() && model.help.is_none() {
        model.take_back_question();
        let effect = typing::press(model, key);
        model.refresh();
        return effect;
    }
    let keys = &model.settings.keys;
    let action = if model.is_stepping() {
        keys.action_in_find(key)
    } else {
        keys.action(key)
    };
    answer(model, action)
}

/// Does what is asked for, if anything is.
fn answer(model: &mut Model, action: Option<Action>) -> Option<Effect> {
    let (was_leaving, was_shown) = (model.leaving, model.browser.dir());
    // A notice, and the question that it asks, last until the next key, whichever that is.
    model.take_back_question();
    model.dirty = true;
    let action = action?;
    if matches!(action, Action::Quit | Action::Interrupt) {
        // What follows must be seen.
        model.help = None;
    }
    let effect = match action {
        Action::Escape => escape(model),
        Action::Quit => quit(model, was_leaving),
        Action::Interrupt => Some(interrupt(model)),
        Action::Redraw => Some(Effect::Redraw),
        Action::Suspend => Some(Effect::Suspend),
        Action::Help => {
            model.help = if model.help.is_none() { Some(0) } else { None };
            None
        }
        action if model.help.is_none() && steer::is_meant(action) => steer::steer(model, action),
        action => {
            act(model, action);
            look_there(model, was_shown)
        }
    };
    model.refresh();
    effect
}

/// Does what the mouse asks for: as keys do, but for rows and parts of the path, which have none.
fn point(model: &mut Model, gesture: Gesture) -> Option<Effect> {
    let (column, line) = (gesture.column, gesture.line);
    let wheel = match gesture.act {
        Act::Press => None,
        Act::WheelUp => Some(Action::Up),
        Act::WheelDown => Some(Action::Down),
    };
    if let Some(action) = wheel {
        return (0..WHEEL).find_map(|_| answer(model, Some(action)));
    }
    let before = model.pressed.take();
    match target_at(model, column, line) {
        Some(Target::Action(action)) => answer(model, Some(action)),
        Some(Target::Directory(dir)) => {
            answer(model, None);
            let was_shown = model.browser.dir();
            while model.dir() != dir && model.parent().is_some() {
                model.go_up();
            }
            model.refresh();
            look_there(model, was_shown)
        }
        Some(target @ (Target::Row(_) | Target::Tile(_))) => {
            let again =
                before.is_some_and(|(at, before)| before == line && model.now < at + DOUBLE);
            if again {
                return answer(model, Some(Action::Open));
            }
            answer(model, None);
            model.pressed = Some((model.now, line));
            match target {
                Target::Tile(number) => model.select_tile(number),
                Target::Row(rows) => model.step(rows),
                _ => {}
            }
            model.refresh();
            None
        }
        None => answer(model, None),
    }
}

/// Lets the scan follow the eyes, if they have moved.
fn look_there(model: &Model, was_shown: DirId) -> Option<Effect> {
    let moved = model.browser.dir() != was_shown && model.scan.is_running();
    moved.then(|| Effect::Focus(model.focus()))
}

/// Closes what is open, else takes back leaving, else stops the scan.
fn escape(model: &mut Model) -> Option<Effect> {
    if model.help.take().is_some() {
        return None;
    }
    if model.views.details.close() {
        return None;
    }
    if model.find().is_some() {
        model.end_find();
        return None;
    }
    if model.leaving == Leaving::Waiting {
        model.leaving = Leaving::No;
        model.interrupted = false;
        return None;
    }
    let runs = matches!(model.scan, ScanState::Scanning | ScanState::Paused);
    runs.then(|| stop(model))
}

fn quit(model: &mut Model, was_leaving: Leaving) -> Option<Effect> {
    // Marks are lost as well, but whoever never wants to be asked is not.
    let is_worth_it = |long| model.elapsed >= long || !model.marks.is_empty();
    let asks =
        model.settings.quit_asks_after.is_some_and(is_worth_it) && was_leaving == Leaving::No;
    match scan_to_leave(model) {
        // The second one leaves now.
        ScanState::Stopping if was_leaving == Leaving::Waiting => Some(Effect::Leave),
        ScanState::Stopping => {
            model.leaving = Leaving::Waiting;
            None
        }
        ScanState::Scanning | ScanState::Paused if asks => {
            model.leaving = Leaving::Stopped;
            model.say(if model.state.only_reads_again() {
                "Stopped; the old numbers stay. q again leaves."
            } else {
                "Stopped. q again leaves, p continues."
            });
            Some(stop(model))
        }
        ScanState::Scanning | ScanState::Paused => {
            model.leaving = Leaving::Waiting;
            Some(stop(model))
        }
        _ if asks => {
            model.leaving = Leaving::Asked;
            let lost = if model.marks.is_empty() {
                format!("This scan took {}.", format::elapsed(model.elapsed))
            } else {
                let are = if model.marks.len() == 1 {
                    "entry is"
                } else {
                    "entries are"
                };
                format!("{} {are} marked.", format::count(model.marks.len() as u64))
            };
            model.say(format!("{lost} q again leaves, other keys stay."));
            None
        }
        _ => Some(Effect::Leave),
    }
}

/// What the scan is in for who leaves: while nothing is left but to add up what was read again there is
/// nobody to wait for.
fn scan_to_leave(model: &Model) -> ScanState {
    if model.state.is_adding_up() {
        ScanState::Complete
    } else {
        model.scan
    }
}

fn interrupt(model: &mut Model) -> Effect {
    let again = std::mem::replace(&mut model.interrupted, true);
    if again || !scan_to_leave(model).is_running() {
        return Effect::Leave;
    }
    model.leaving = Leaving::Waiting;
    stop(model)
}

fn stop(model: &mut Model) -> Effect {
    model.state.stop_asked();
    model.follow_scan_state();
    Effect::Stop
}

/// What needs nothing outside the model.
fn act(model: &mut Model, action: Action) {
    if let Some(first) = model.help {
        let page = model.size.1 / 2;
        let first = match action {
            Action::Down => first.saturating_add(1),
            Action::Up => first.saturating_sub(1),
            Action::PageDown | Action::HalfDown => first.saturating_add(page),
            Action::PageUp | Action::HalfUp => first.saturating_sub(page),
            Action::First => 0,
            Action::Last => u16::MAX,
            _ => first,
        };
        model.help = Some(first.min(super::view::last_help_scroll(model)));
        return;
    }
    let page = super::view::rows_that_fit(model).max(1) as isize;
    match action {
        Action::Down => model.step(1),
        Action::Up => model.step(-1),
        Action::PageDown => model.step(page),
        Action::PageUp => model.step(-page),
        Action::HalfDown => model.step((page / 2).max(1)),
        Action::HalfUp => model.step(-(page / 2).max(1)),
        Action::First => model.select_end(End::First),
        Action::Last => model.select_end(End::Last),
        Action::Open => model.open(),
        Action::Parent => model.go_up(),
        Action::Right => model.go_right(),
        Action::Left => model.go_left(),
        Action::Modified if model.content() == Content::View(View::Map) => {
            model.views.map.change_colouring();
        }
        Action::View(view) => model.show_view(view),
        Action::NextView => model.show_view(model.view.next()),
        Action::PreviousView => model.show_view(model.view.previous()),
        Action::Find => model.begin_find(),
        Action::FindNext => model.step_found(End::Last),
        Action::FindPrevious => model.step_found(End::First),
        Action::Details => model.views.details.toggle(),
        Action::BySize => model.order_by(By::Size),
        Action::ByName => model.order_by(By::Name),
        Action::ByCount => model.order_by(By::Count),
        Action::ByModified => model.order_by(By::Modified),
        Action::Measure => model.columns.measure = model.columns.measure.next(),
        Action::Count => model.columns.count = !model.columns.count,
        Action::Modified => model.columns.modified = !model.columns.modified,
        Action::Shared => model.columns.shared = !model.columns.shared,
        Action::Mark => model.mark(),
        Action::UnmarkAll => model.marks.clear(),
        Action::DirectoriesFirst => model.browser.toggle_directories_first(),
        Action::Hidden => model.browser.toggle_hidden(),
        Action::Apparent => model.browser.toggle_apparent(),
        Action::Panel if model.scan.is_running() => {
            model.panel = Some(match model.shown_panel() {
                Panel::Full => Panel::Line,
                Panel::Line => Panel::Off,
                Panel::Off => Panel::Full,
            });
        }
        Action::Panel
        | Action::Pause
        | Action::Skip
        | Action::SkipStalled
        | Action::Read
        | Action::ReadShown
        | Action::Escape
        | Action::Quit
        | Action::Interrupt
        | Action::Help
        | Action::Redraw
        | Action::Suspend => {}
    }
}
