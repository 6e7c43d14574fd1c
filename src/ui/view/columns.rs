//! In which columns the parts of a row stand, by how wide the screen is and which of them are
//! wanted. Nothing is drawn here.

use crate::ui::model::Columns;

/// In which columns the parts of a row begin. All numbers keep their places whatever they are.
pub(super) struct Places {
    /// One letter as unit, whole percents.
    pub(super) narrow: bool,
    pub(super) share: Option<usize>,
    /// Where the bar begins and how long it can be.
    pub(super) bar: Option<(usize, usize)>,
    pub(super) files: Option<usize>,
    pub(super) shared: Option<usize>,
    pub(super) modified: Option<usize>,
    /// The sign in place of the word.
    pub(super) sign: Option<usize>,
    pub(super) name: usize,
    /// The word.
    pub(super) state: Option<usize>,
}

impl Places {
    /// Selection, mark, bound and a blank come before the size.
    pub(super) const SIZE: usize = 4;

    /// What there is in `width` columns. Bar, what is shared, time, files, words and shares go one after the other,
    /// so that the name keeps 24 columns, 16 where more was asked for than there is by default, 12
    /// where there are signs for words.
    pub(super) fn of(width: usize, wanted: Columns) -> Self {
        match width {
            0..34 => Self {
                share: None,
                sign: None,
                name: Self::SIZE + 8,
                ..Self::narrow(wanted)
            },
            34..56 => Self::narrow(wanted),
            56.. => Self::words(width, wanted),
        }
    }

    fn narrow(wanted: Columns) -> Self {
        let mut next = Self::SIZE + 7;
        let share = wanted.measure.has_share().then(|| take(&mut next, 4));
        let sign = take(&mut next, 1);
        Self {
            narrow: true,
            share,
            bar: None,
            files: None,
            shared: None,
            modified: None,
            sign: Some(sign),
            name: next,
            state: None,
        }
    }

    fn words(width: usize, wanted: Columns) -> Self {
        /// A blank, the word, and the edge.
        const STATE: usize = 10;
        let is_more = wanted.modified || wanted.shared;
        let least = if is_more { 16 } else { 24 };
        let mut next = Self::SIZE + 10;
        let share = wanted.measure.has_share().then(|| take(&mut next, 6));
        let mut room = width.saturating_sub(STATE + least + next + 1);
        // What stays longest is looked at first; once something has no room, nothing else has.
        let mut takes = |is_wanted: bool, columns: usize| {
            let fits = is_wanted && room > columns;
            if fits {
                room -= columns + 1;
            } else if is_wanted {
                room = 0;
            }
            fits
        };
        let files = takes(wanted.count, 9);
        let modified = takes(wanted.modified, 10);
        let shared = takes(wanted.shared, 9);
        let bar = takes(wanted.measure.has_bar(), 10);
        let longest = (10 + width.saturating_sub(80) / 2).min(30);
        let length = longest.min(10 + room);
        let bar = bar.then(|| (take(&mut next, length), length));
        let files = files.then(|| take(&mut next, 9));
        let shared = shared.then(|| take(&mut next, 9));
        let modified = modified.then(|| take(&mut next, 10));
        Self {
            narrow: false,
            share,
            bar,
            files,
            shared,
            modified,
            sign: None,
            name: next + 1,
            state: Some(width - STATE + 1),
        }
    }

    pub(super) fn size_end(&self) -> usize {
        Self::SIZE + if self.narrow { 6 } else { 9 }
    }
}

/// A place for `columns`, with a blank behind it.
fn take(next: &mut usize, columns: usize) -> usize {
    let place = *next;
    *next += columns + 1;
    place
}
