//! What the window around the screen is told: its title, the progress in its taskbar, and, by a
//! bell and a note, that a long scan is over. It follows from the model; what is told at all
//! depends on what the terminal is known to understand.

use std::ffi::OsString;

use super::model::Model;
use crate::{config::Call, state::ScanState};

/// What a terminal understands, as far as its environment tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Abilities {
    /// Operating system commands at all. Those it does not know it ignores.
    pub commands: bool,
    /// The one for progress. Some terminals that do not know it take it for a note and show it, so
    /// it is sent to nobody else.
    pub progress: bool,
}

impl Abilities {
    /// Of the terminal in this environment.
    pub fn of(environment: impl Fn(&str) -> Option<OsString>) -> Self {
        let value = |name| {
            environment(name)
                .and_then(|value| value.into_string().ok())
                .unwrap_or_default()
        };
        let terminal = value("TERM");
        // The console writes them out.
        let commands = !matches!(terminal.as_str(), "" | "dumb" | "linux");
        // What runs inside a multiplexer is not shown by the terminal whose variables are inherited.
        let inside = value("TMUX") + &value("STY");
        let version = |name| -> Vec<u32> {
            let parts = value(name);
            parts.split('.').flat_map(str::parse).collect()
        };
        let shows_progress = !value("WT_SESSION").is_empty()
            || value("ConEmuANSI") == "ON"
            || match value("TERM_PROGRAM").as_str() {
                "ghostty" | "WezTerm" => true,
                "iTerm.app" => version("TERM_PROGRAM_VERSION") >= vec![3, 6, 6],
                _ => version("VTE_VERSION") >= vec![7900],
            };
        Self {
            commands,
            progress: commands && inside.is_empty() && shows_progress,
        }
    }
}

/// Progress as a taskbar shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taskbar {
    /// None.
    Off,
    /// So many percent are done at least.
    Done(u8),
    /// So many percent are done at least, and the workers rest.
    Paused(u8),
    /// Something goes on, nobody knows how far it is.
    Unknown,
    /// It has failed.
    Failed,
}

impl Taskbar {
    /// Of the scan.
    pub fn of(model: &Model) -> Self {
        let done = model
            .progress
            .map(|estimate| (estimate.low.clamp(0.0, 1.0) * 100.0) as u8);
        match model.scan {
            ScanState::Scanning => done.map_or(Self::Unknown, Self::Done),
            ScanState::Paused => Self::Paused(done.unwrap_or(0)),
            ScanState::Failed => Self::Failed,
            ScanState::Stopping | ScanState::Stopped | ScanState::Complete => Self::Off,
        }
    }

    /// The command, which `ConEmu` has brought up: state and percent.
    fn command(self) -> String {
        let (state, percent) = match self {
            Self::Off => (0, 0),
            Self::Done(percent) => (1, percent),
            Self::Failed => (2, 100),
            Self::Unknown => (3, 0),
            Self::Paused(percent) => (4, percent),
        };
        format!("\x1b]9;4;{state};{percent}\x1b\\")
    }
}

/// What the window was told last, so that it is told only what has changed.
#[derive(Debug)]
pub struct Window {
    abilities: Abilities,
    call: Call,
    title: String,
    taskbar: Taskbar,
    calls: u32,
}

impl Window {
    /// A window that was told nothing yet.
    pub fn new(abilities: Abilities, call: Call) -> Self {
        Self {
            abilities,
            call,
            title: String::new(),
            taskbar: Taskbar::Off,
            calls: 0,
        }
    }

    /// What is to be written so that it knows what is new.
    pub fn tell(&mut self, model: &Model) -> String {
        let mut news = String::new();
        let title = format!("{} {}", model.scan.word(), model.what());
        let call = {
            let calls = model.attention.calls();
            std::mem::replace(&mut self.calls, calls) != calls
        };
        if self.abilities.commands {
            if title != self.title {
                news += &format!("\x1b]0;spelunk: {title}\x1b\\");
            }
            if call && matches!(self.call, Call::Note | Call::Both) {
                news += &format!("\x1b]777;notify;spelunk;{title}\x1b\\");
            }
        }
        self.title = title;
        if call && matches!(self.call, Call::Bell | Call::Both) {
            news.push('\x07');
        }
        let taskbar = Taskbar::of(model);
        if self.abilities.progress && taskbar != self.taskbar {
            news += &taskbar.command();
            self.taskbar = taskbar;
        }
        news
    }

    /// Whether it may have to be taken back that there was progress.
    pub fn shows_progress(&self) -> bool {
        self.abilities.progress
    }

    /// Forgets what it was told, because somebody else has taken it back.
    pub fn forget(&mut self) {
        self.title.clear();
        self.taskbar = Taskbar::Off;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_for_terminals_that_show_it() {
        let abilities = |variables: &[(&str, &str)]| {
            Abilities::of(|name| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| value.into())
            })
        };
        let progress = |name, value| {
            let abilities = abilities(&[("TERM", "xterm-256color"), (name, value)]);
            assert!(abilities.commands);
            abilities.progress
        };
        assert!(progress("WT_SESSION", "1"));
        assert!(progress("ConEmuANSI", "ON") && !progress("ConEmuANSI", "OFF"));
        assert!(progress("TERM_PROGRAM", "ghostty") && !progress("TERM_PROGRAM", "xterm"));
        assert!(progress("VTE_VERSION", "8200") && !progress("VTE_VERSION", "6800"));
        let iterm = |version| {
            let program = ("TERM_PROGRAM", "iTerm.app");
            let version = ("TERM_PROGRAM_VERSION", version);
            abilities(&[("TERM", "xterm"), program, version]).progress
        };
        assert!(iterm("3.6.6") && !iterm("3.5.14") && !iterm(""));
        let in_a_multiplexer = [("TERM", "tmux"), ("TMUX", "/tmp"), ("WT_SESSION", "1")];
        assert!(!abilities(&in_a_multiplexer).progress);
        assert!(!abilities(&[("TERM", "linux"), ("WT_SESSION", "1")]).commands);
    }
}
