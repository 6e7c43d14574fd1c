//! The keys of the last line: only those that do something now, the most wanted first.

use super::{
    keymap::{Action, Keymap},
    model::{Colouring, Content, Leaving, Model, View, WorkerState},
};
use crate::{format::Signs, state::ScanState};

/// Keys on the last line: what they do now, and how they are called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// The keys, each by its name.
    pub keys: Vec<(String, Action)>,
    /// What they do now, in a word or two.
    pub does: &'static str,
    /// Stays when others go for want of room.
    pub stays: bool,
}

/// The keys of the last line, the most wanted first. An action without a key is left out.
pub fn hints(model: &Model) -> Vec<Hint> {
    let mut hints = Hints {
        keys: &model.settings.keys,
        signs: model.settings.signs,
        list: Vec::new(),
    };
    if hints.of_what_is_open(model) || hints.of_scan(model) {
        return hints.list;
    }
    hints.of_content(model);
    hints.of_entries(model);
    hints.stay(&[Action::Help], "help");
    hints.stay(&[Action::Quit], "quit");
    hints.list
}

/// The hints as they are gathered.
struct Hints<'a> {
    keys: &'a Keymap,
    signs: Signs,
    list: Vec<Hint>,
}

impl Hints<'_> {
    /// Adds one that goes when there is no room.
    fn add(&mut self, actions: &[Action], does: &'static str) {
        self.put(actions, does, false);
    }

    /// Adds one that stays.
    fn stay(&mut self, actions: &[Action], does: &'static str) {
        self.put(actions, does, true);
    }

    fn put(&mut self, actions: &[Action], does: &'static str, stays: bool) {
        let first = |action: &Action| {
            let key = self.keys.keys(*action).first()?;
            Some((key.shown(self.signs), *action))
        };
        let keys: Vec<_> = actions.iter().filter_map(first).collect();
        if !keys.is_empty() {
            self.list.push(Hint { keys, does, stays });
        }
    }

    /// What is open over everything else; whether anything is.
    fn of_what_is_open(&mut self, model: &Model) -> bool {
        if model.help.is_some() {
            self.stay(&[Action::Escape, Action::Help], "close");
            self.add(&[Action::Up, Action::Down], "scroll");
        } else if model.views.details.is_open() && !model.is_typing() {
            self.stay(&[Action::Details], "close");
            self.add(&[Action::Up, Action::Down], "next");
            self.stay(&[Action::Help], "help");
            self.stay(&[Action::Quit], "quit");
        } else if model.is_typing() {
            self.stay(&[Action::Open], "go there");
            self.add(&[Action::Up, Action::Down], "choose");
            self.stay(&[Action::Escape], "back");
        } else if model.is_stepping() {
            self.stay(&[Action::FindNext], "next");
            self.add(&[Action::FindPrevious], "previous");
            self.stay(&[Action::Escape], "end find");
            self.add(&[Action::Open], "open");
            self.stay(&[Action::Help], "help");
            self.stay(&[Action::Quit], "quit");
        }
        !self.list.is_empty()
    }

    /// What can be done about the scan; whether nothing else matters.
    fn of_scan(&mut self, model: &Model) -> bool {
        match (model.scan, model.leaving) {
            (ScanState::Stopping, Leaving::Waiting) => {
                self.stay(&[Action::Quit], "leave now");
                self.stay(&[Action::Escape], "stay, keep results");
                return true;
            }
            (ScanState::Scanning, _) => {
                let stop = if model.state.only_reads_again() {
                    "stop, keep old numbers"
                } else {
                    "stop"
                };
                self.stay(&[Action::Escape], stop);
                // In the other views what these do comes first.
                if model.content() == Content::View(View::Browse) {
                    self.add(&[Action::Pause], "pause");
                    self.skip_stalled(model);
                }
            }
            (ScanState::Paused, _) => {
                self.stay(&[Action::Pause], "resume");
                self.stay(&[Action::Escape], "stop");
            }
            (ScanState::Stopped, _) => {
                self.stay(&[Action::Pause], "continue");
                self.add(
                    match model.content() {
                        Content::View(View::Browse) => &[Action::Read],
                        _ => &[Action::ReadShown],
                    },
                    "read this one",
                );
            }
            (ScanState::Failed, _) if model.state.panic().is_some() => {
                self.stay(&[Action::Pause], "continue without that directory");
            }
            (ScanState::Failed, _) => self.stay(&[Action::Read], "try again"),
            _ => {}
        }
        false
    }

    fn skip_stalled(&mut self, model: &Model) {
        if model.workers.count(WorkerState::Stalled) > 0 {
            self.add(&[Action::SkipStalled], "skip stalled");
        }
    }

    /// What the view has.
    fn of_content(&mut self, model: &Model) {
        match model.content() {
            Content::View(View::Browse) if model.selected_directory().is_some() => {
                self.add(&[Action::Open], "open");
            }
            Content::View(View::Map) => {
                let arrows = [Action::Left, Action::Down, Action::Up, Action::Right];
                self.add(&arrows, "move");
                self.add(&[Action::Open], "open");
                if model.parent().is_some() {
                    self.add(&[Action::Parent], "up");
                }
                let by = match model.views.map.colouring() {
                    Colouring::Kind => "colour by age",
                    Colouring::Age => "colour by kind",
                };
                self.add(&[Action::Modified], by);
            }
            Content::View(View::Largest) if !model.views.largest.is_empty() => {
                self.add(&[Action::Open], "show in Browse");
            }
            Content::View(View::Types) => {
                if model.views.types.selected_pattern().is_some() {
                    self.add(&[Action::Open], "list these files");
                }
                self.add(&[Action::ByCount], "sort by count");
            }
            Content::View(View::Ages) => {
                self.add(&[Action::Open], "largest of this age");
                self.add(&[Action::Apparent], "apparent size");
            }
            Content::View(View::Problems) if !model.views.problems.is_empty() => {
                self.add(&[Action::Open], "go there");
                // Where no root could be read, it says so already.
                if model.scan != ScanState::Failed || model.state.panic().is_some() {
                    self.add(&[Action::Read], "try again");
                }
                self.skip_stalled(model);
            }
            Content::View(View::Browse | View::Largest | View::Problems) | Content::Find => {}
        }
    }

    /// What goes in every view, and with what is selected.
    fn of_entries(&mut self, model: &Model) {
        let content = model.content();
        if content != Content::View(View::Map) && model.parent().is_some() {
            self.add(&[Action::Left], "up");
        }
        self.add(&[Action::Find], "find");
        if content == Content::View(View::Browse) && model.browser.len() > 1 {
            self.add(&[Action::BySize, Action::ByName, Action::ByCount], "sort");
        }
        if !model.marks.is_empty() {
            self.add(&[Action::Mark], "mark");
            self.add(&[Action::UnmarkAll], "unmark all");
        } else if !model.scan.is_running() && model.can_mark() {
            self.add(&[Action::Mark], "mark");
        }
        let is_meant = content == Content::View(View::Browse) && !model.is_on_a_file();
        if model.scan == ScanState::Complete && is_meant {
            self.add(&[Action::Read], "rescan");
        }
        if matches!(
            content,
            Content::View(View::Browse | View::Map | View::Largest)
        ) {
            self.add(&[Action::Details], "info");
        }
        if model.scan.is_running() {
            self.add(&[Action::Panel], "workers");
        }
    }
}
