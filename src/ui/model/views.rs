//! The six views: which of them is shown, and what the keys that move and open do in each.
//!
//! Every view is on the directory that is shown. What a view needs beyond the tree is derived by a
//! file of its own beside this one, and drawn by the file of the same name in `view`.

use super::{End, Model};
use crate::scan::dir::DirId;

/// One of the views.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// The entries of the directory.
    Browse,
    /// The same as tiles, with theirs inside them.
    Map,
    /// The largest files below it.
    Largest,
    /// What is below it by ending.
    Types,
    /// What is below it by the time of its last change.
    Ages,
    /// What keeps its total from being exact.
    Problems,
}

impl View {
    /// Every view, in the order of the keys.
    pub const ALL: [Self; 6] = [
        Self::Browse,
        Self::Map,
        Self::Largest,
        Self::Types,
        Self::Ages,
        Self::Problems,
    ];

    /// Its name.
    pub fn word(self) -> &'static str {
        match self {
            Self::Browse => "Browse",
            Self::Map => "Map",
            Self::Largest => "Largest",
            Self::Types => "Types",
            Self::Ages => "Ages",
            Self::Problems => "Problems",
        }
    }

    /// The key for it, from 1 on.
    pub fn number(self) -> usize {
        self as usize + 1
    }

    /// The one to its right, or the first.
    pub(in crate::ui) fn next(self) -> Self {
        Self::ALL[(self as usize + 1) % Self::ALL.len()]
    }

    /// The one to its left, or the last.
    pub(in crate::ui) fn previous(self) -> Self {
        Self::ALL[(self as usize + Self::ALL.len() - 1) % Self::ALL.len()]
    }
}

/// What the region of the rows shows. Whatever takes the place of the view is another variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// A view.
    View(View),
}

/// With fewer lines there is no room for tiles.
const LEAST_FOR_MAP: u16 = 6;

impl Model {
    /// What the region of the rows shows now.
    pub fn content(&self) -> Content {
        match self.view {
            View::Map if self.size.1 < LEAST_FOR_MAP => Content::View(View::Browse),
            view => Content::View(view),
        }
    }

    /// Shows another view.
    pub(in crate::ui) fn show_view(&mut self, view: View) {
        self.view = view;
    }

    /// Moves the selection by `rows`, up where negative, not beyond the ends.
    pub(in crate::ui) fn step(&mut self, rows: isize) {
        match self.content() {
            Content::View(View::Browse) => self.browser.step(&self.state, rows, self.now),
            Content::View(_) => {}
        }
    }

    /// Selects the first row, or the last.
    pub(in crate::ui) fn select_end(&mut self, end: End) {
        match self.content() {
            Content::View(View::Browse) => self.browser.select_end(&self.state, end, self.now),
            Content::View(_) => {}
        }
    }

    /// Opens what is selected.
    pub(in crate::ui) fn open(&mut self) {
        match self.content() {
            Content::View(View::Browse) => {
                if let Some(dir) = self.selected_directory() {
                    self.browser.open(dir);
                }
            }
            Content::View(_) => {}
        }
    }

    /// Shows the directory above.
    pub(in crate::ui) fn go_up(&mut self) {
        if let Some(parent) = self.parent() {
            self.browser.up(parent);
        }
    }

    /// The directory that every view is on.
    pub fn dir(&self) -> DirId {
        self.browser.dir()
    }
}
