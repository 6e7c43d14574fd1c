//! Which columns the rows have, as far as there is room for them, and what turns them on and off.

use crate::config::Column;

/// How a row's size is compared with the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// By its share of the directory and a bar against the largest row.
    Both,
    /// By the bar.
    Bar,
    /// By the share.
    Share,
    /// Not at all.
    Neither,
}

impl Measure {
    /// Whether there is a bar.
    pub fn has_bar(self) -> bool {
        matches!(self, Self::Both | Self::Bar)
    }

    /// Whether there is a share.
    pub fn has_share(self) -> bool {
        matches!(self, Self::Both | Self::Share)
    }

    pub(in crate::ui) fn next(self) -> Self {
        match self {
            Self::Both => Self::Bar,
            Self::Bar => Self::Share,
            Self::Share => Self::Neither,
            Self::Neither => Self::Both,
        }
    }
}

/// The columns besides size and name that are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Columns {
    /// Bar and share.
    pub measure: Measure,
    /// The number of files below.
    pub count: bool,
    /// How much of it has names elsewhere as well.
    pub shared: bool,
    /// The day of the last modification.
    pub modified: bool,
}

impl Columns {
    /// Those of the settings.
    pub(super) fn of(columns: &[Column]) -> Self {
        let has = |column| columns.contains(&column);
        Self {
            measure: match (has(Column::Bar), has(Column::Share)) {
                (true, true) => Measure::Both,
                (true, false) => Measure::Bar,
                (false, true) => Measure::Share,
                (false, false) => Measure::Neither,
            },
            count: has(Column::Count),
            shared: has(Column::Shared),
            modified: has(Column::Time),
        }
    }
}
