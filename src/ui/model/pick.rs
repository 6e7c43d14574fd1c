//! Which row of a list is selected, and which rows are on the screen, for lists that are whole in
//! memory. The rows of a directory, of which there may be millions, have `browser`.
//!
//! The rules are the same in both: the selected entry keeps its line while rows move around it,
//! until the first key that moves the first row is selected whichever that is, and while the
//! selection is being moved the order stands still.

use std::{ops::Range, time::Duration};

use super::End;

/// After a key that moves the selection the order stands still for so long.
const STILL: Duration = Duration::from_secs(2);

/// The selection in a list. Rows are told from each other by their ids.
#[derive(Clone, Debug)]
pub(super) struct Pick<Id> {
    /// `None`: the first row, whichever that is.
    selected: Option<Id>,
    /// On which of the lines for rows the selection is to stand.
    line: usize,
    /// How many rows come before the first on the screen.
    first: usize,
    still_until: Option<Duration>,
}

impl<Id> Default for Pick<Id> {
    fn default() -> Self {
        Self {
            selected: None,
            line: 0,
            first: 0,
            still_until: None,
        }
    }
}

impl<Id: Copy + PartialEq> Pick<Id> {
    /// Which of `ids` is selected. Where the selected one is gone, the one that has its place.
    pub(super) fn rank(&self, ids: &[Id]) -> usize {
        let known = self.selected.map_or(Some(0), |selected| {
            ids.iter().position(|id| *id == selected)
        });
        known
            .unwrap_or(self.first.saturating_add(self.line))
            .min(ids.len().saturating_sub(1))
    }

    /// What was selected is another one now, as `other` says, or gone.
    pub(super) fn follow(&mut self, other: impl FnOnce(Id) -> Option<Id>) {
        // One that is gone gives its place.
        self.selected = self.selected.map(|id| other(id).unwrap_or(id));
    }

    /// The rows that are on the screen, which has room for `lines` of them.
    pub(super) fn window(&mut self, ids: &[Id], lines: usize) -> Range<usize> {
        let lines = lines.max(1);
        if ids.is_empty() {
            // They are not there yet, and the selection waits for them where it is.
            return 0..0;
        }
        let rank = self.rank(ids);
        let line = self.line.min(lines - 1);
        self.first = rank
            .saturating_sub(line)
            .min(ids.len().saturating_sub(lines));
        self.line = rank - self.first;
        self.first..(self.first + lines).min(ids.len())
    }

    /// Moves the selection by `rows`, up where negative, not beyond the ends.
    pub(super) fn step(&mut self, ids: &[Id], rows: isize, now: Duration) {
        let rank = self.rank(ids).saturating_add_signed(rows);
        self.select(ids, rank, now);
        self.line = self.line.saturating_add_signed(rows);
    }

    /// Selects the first row, or the last.
    pub(super) fn select_end(&mut self, ids: &[Id], end: End, now: Duration) {
        // What is too far is as far as it goes.
        let far = match end {
            End::First => 0,
            End::Last => usize::MAX,
        };
        self.select(ids, far, now);
        self.line = far;
    }

    fn select(&mut self, ids: &[Id], rank: usize, now: Duration) {
        self.selected = ids.get(rank.min(ids.len().saturating_sub(1))).copied();
        self.still_until = Some(now + STILL);
    }

    /// When the order may move again, if it stands still now.
    pub(super) fn stands_still_until(&self, now: Duration) -> Option<Duration> {
        self.still_until.filter(|until| *until > now)
    }

    /// Lets the order move at once.
    pub(super) fn release(&mut self) {
        self.still_until = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::ZERO;

    #[test]
    fn the_selected_row_keeps_its_line() {
        let mut pick = Pick::default();
        let mut ids: Vec<u32> = (0..100).collect();
        assert_eq!(pick.window(&ids, 10), 0..10);
        pick.step(&ids, 3, NOW);
        assert_eq!(pick.window(&ids, 10), 0..10);
        ids.splice(0..0, 200..220);
        assert_eq!(pick.window(&ids, 10), 20..30, "what came above scrolls");
        assert_eq!(ids[pick.rank(&ids)], 3);
        ids.retain(|id| *id != 3);
        assert_eq!(ids[pick.rank(&ids)], 4, "one that is gone gives its place");
    }

    #[test]
    fn where_all_are_taken_anew_the_selection_waits() {
        let mut pick = Pick::default();
        let ids: Vec<u32> = (0..10).collect();
        pick.window(&ids, 5);
        pick.step(&ids, 3, NOW);
        pick.follow(|id| Some(id + 100));
        assert_eq!(pick.window(&[], 5), 0..0);
        let ids: Vec<u32> = (100..110).collect();
        assert_eq!((pick.window(&ids, 5), pick.rank(&ids)), (0..5, 3));
        pick.select_end(&ids, End::Last, NOW);
        pick.follow(|_| None);
        assert_eq!(pick.window(&[], 5), 0..0);
        assert_eq!((pick.window(&[1, 2], 5), pick.rank(&[1, 2])), (0..2, 1));
    }

    #[test]
    fn until_it_is_moved_the_first_row_is_selected() {
        let mut pick = Pick::default();
        assert_eq!(pick.window(&[1, 2], 5), 0..2);
        assert_eq!(pick.rank(&[3, 1, 2]), 0);
    }

    #[test]
    fn it_walks_to_both_ends_and_no_further() {
        let ids: Vec<u32> = (0..100).collect();
        let mut pick = Pick::default();
        pick.select_end(&ids, End::Last, NOW);
        assert_eq!((pick.window(&ids, 10), pick.rank(&ids)), (90..100, 99));
        pick.step(&ids, 5, NOW);
        assert_eq!((pick.window(&ids, 10), pick.rank(&ids)), (90..100, 99));
        pick.step(&ids, -500, NOW);
        assert_eq!((pick.window(&ids, 10), pick.rank(&ids)), (0..10, 0));
        pick.step(&[], 1, NOW);
        assert_eq!((pick.window(&[], 10), pick.rank(&[])), (0..0, 0));
    }
}
