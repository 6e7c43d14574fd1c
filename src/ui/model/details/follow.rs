//! What the details are of: what is selected, in whichever view.

use super::Subject;
use crate::ui::model::{Content, Model, View, What, listing::EntryId, map};

impl Model {
    /// The entry that details are of: what is selected, or the directory that is shown where that is
    /// no entry.
    fn subject(&self) -> Option<Subject> {
        let (tree, here) = (self.state.tree(), self.browser.dir());
        if !tree.contains(here) {
            return None;
        }
        let (dir, entry) = match self.content() {
            Content::View(View::Browse) => match self.browser.selected().map(|row| row.entry) {
                Some(entry) => (here, entry?),
                None => (here, EntryId::Itself),
            },
            Content::View(View::Map) => match self.views.map.selected_what() {
                Some(What::Entry(entry)) => (here, map::entry_id(entry)),
                Some(What::More(_)) | None => (here, EntryId::Itself),
            },
            Content::View(View::Largest) => self.views.largest.selected(tree)?,
            Content::View(View::Problems) => self
                .views
                .problems
                .selected(&self.state)
                .unwrap_or((here, EntryId::Itself)),
            Content::Find => self.find()?.selected(tree)?,
            Content::View(View::Types | View::Ages) => (here, EntryId::Itself),
        };
        Subject::of(tree, dir, entry)
    }

    /// Lets the details be those of what is selected.
    pub(in crate::ui::model) fn follow_details(&mut self) {
        if self.views.details.is_open() {
            let (subject, busy) = (self.subject(), self.busy());
            let changed =
                self.with_views(|views, sight| views.details.follow(sight, subject, &busy));
            self.dirty |= changed;
        }
    }

    /// Takes a slice of what is still to be found out for the details.
    pub(in crate::ui::model) fn take_details(&mut self) {
        if self.views.details.is_behind() {
            let changed = self.with_views(|views, sight| views.details.take_slice(sight));
            self.dirty |= changed;
        }
    }
}
