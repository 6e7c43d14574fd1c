//! What is chosen before the start and does not change.

use std::{ffi::OsString, time::Duration};

use super::{Columns, Panel};
use crate::{
    config::{self, Config, Mistake},
    format::{Signs, Units, Zone},
    ui::keymap::Keymap,
};

/// What whoever looks may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Privileges {
    /// What rights let them.
    Ordinary,
    /// Everything.
    Root,
}

/// What the interface takes from the settings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The paths that are scanned, absolute, safe to show.
    pub roots: Vec<String>,
    /// Powers of 1024 or of 1000.
    pub units: Units,
    /// Which signs the terminal can show.
    pub signs: Signs,
    /// Sizes start as apparent sizes.
    pub apparent: bool,
    /// Where days begin and end.
    pub zone: Zone,
    /// When the scan began, in seconds since 1970; that year until the caller says when.
    pub begun: i64,
    /// The columns at the start.
    pub columns: Columns,
    /// Who looks.
    pub privileges: Privileges,
    /// The kernel denies all writing.
    pub read_only: bool,
    /// The workers panel at the start; `None` where the height decides.
    pub panel: Option<Panel>,
    /// From so much scanning on leaving asks once more; `None`: it never does.
    pub quit_asks_after: Option<Duration>,
    /// What is known may take so many bytes; `None`: as many as it takes.
    pub memory: Option<u64>,
    /// Which keys do what.
    pub keys: Keymap,
}

impl Settings {
    /// What `config` says of the scan of `roots`, in UTC, for an ordinary user.
    ///
    /// # Errors
    /// A mistake in the keys.
    pub fn of(
        config: &Config,
        roots: Vec<String>,
        environment: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, Mistake> {
        Ok(Self {
            roots,
            units: config.units(),
            signs: config.signs(environment),
            apparent: config.apparent_size,
            zone: Zone::utc(),
            begun: 0,
            columns: Columns::of(&config.columns),
            privileges: Privileges::Ordinary,
            read_only: config.read_only,
            panel: match config.workers {
                config::Panel::Auto => None,
                config::Panel::Full => Some(Panel::Full),
                config::Panel::Line => Some(Panel::Line),
                config::Panel::Off => Some(Panel::Off),
            },
            quit_asks_after: config.quit_asks_after,
            memory: config.memory,
            keys: Keymap::of(&config.keys)?,
        })
    }
}
