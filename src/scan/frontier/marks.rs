//! What the user wants of the scan, as marks on directories: leave this out, take it up after all,
//! forget it, look at this first. Marks say nothing of what is done about them; where a job belongs
//! by them is asked when it is put in order ([`Marks::judge`]).
//!
//! Each change of the marks is a new generation, and what was judged in one generation holds for
//! all of it. So a directory remembers its verdict ([`Memo`]) and a child begins with its parent's:
//! whatever the depth, a directory is judged once a generation.

use crate::scan::{
    dir::DirId,
    sync::{AtomicU64, Ordering},
};

/// What is wanted of a directory and everything below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// It is read, also where something above it is skipped.
    Take,
    /// The same, and before what nobody has asked for.
    Hurry,
    /// It is left out until it is taken up again.
    Skip,
    /// It is of no use any more.
    Forget,
}

/// Where a job belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Among those that are taken first.
    First,
    /// Among those that are taken when there are no first ones.
    Later,
    /// Aside, because it is skipped.
    Skipped,
    /// Aside, because the scan goes on with other directories only.
    Outside,
    /// Nowhere: it is forgotten.
    Nowhere,
}

impl Place {
    /// Whether a worker may be at such a job.
    pub fn is_taken(self) -> bool {
        matches!(self, Self::First | Self::Later)
    }
}

/// All marks of one generation.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    generation: u32,
    /// In the order in which they were made: the last word counts.
    wishes: Vec<(DirId, Wish)>,
    focus: Option<DirId>,
    /// The directories that the scan goes on with; `None`: all.
    only: Option<Vec<DirId>>,
}

/// What the marks say of one directory, so that its children can be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Number of the last wish that concerns it; 0 for none.
    wish: u32,
    focused: bool,
    outside: bool,
}

impl Marks {
    /// Which generation this is. 0: nothing was ever marked.
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// The next generation.
    pub(super) fn next(&self) -> Self {
        Self {
            generation: self.generation + 1,
            ..self.clone()
        }
    }

    /// Wishes something of a directory and all below it.
    pub fn wish(&mut self, dir: DirId, wish: Wish) {
        // The older one has no say any more, whatever stands between them.
        self.wishes.retain(|(other, _)| *other != dir);
        self.wishes.push((dir, wish));
        if let (Wish::Take | Wish::Hurry, Some(only)) = (wish, &mut self.only) {
            only.push(dir);
        }
    }

    /// Lets what lies below `dir` be taken first.
    pub fn focus(&mut self, dir: Option<DirId>) {
        self.focus = dir;
    }

    /// Lets the scan go on with these directories only.
    pub fn only(&mut self, dirs: Option<Vec<DirId>>) {
        self.only = dirs;
    }

    /// The verdict on what lies above all roots.
    pub fn above_all(&self) -> Verdict {
        let above = Verdict {
            wish: 0,
            focused: false,
            outside: self.only.is_some(),
        };
        self.judge(above, DirId::TOP)
    }

    /// The verdict on a directory, from that on its parent.
    pub fn judge(&self, above: Verdict, dir: DirId) -> Verdict {
        let own = self.wishes.iter().rposition(|(other, _)| *other == dir);
        let own = own.map_or(0, |place| place as u32 + 1);
        let only = self.only.as_ref();
        Verdict {
            wish: above.wish.max(own),
            focused: above.focused || self.focus == Some(dir),
            outside: above.outside && !only.is_some_and(|only| only.contains(&dir)),
        }
    }

    /// Where a job belongs on which this is the verdict.
    pub fn place(&self, verdict: Verdict) -> Place {
        let wish = verdict.wish.checked_sub(1);
        match wish.map(|wish| self.wishes[wish as usize].1) {
            Some(Wish::Forget) => Place::Nowhere,
            Some(Wish::Skip) => Place::Skipped,
            _ if verdict.outside => Place::Outside,
            Some(Wish::Hurry) => Place::First,
            _ if verdict.focused => Place::First,
            _ => Place::Later,
        }
    }

    /// The marked directories with numbers from `first` up to `end`, smallest first.
    pub fn marked_between(&self, first: DirId, end: DirId) -> Vec<DirId> {
        let wishes = self.wishes.iter().map(|(dir, _)| *dir);
        let only = self.only.iter().flatten().copied();
        let mut marked: Vec<DirId> = wishes
            .chain(self.focus)
            .chain(only)
            .filter(|dir| (first..end).contains(dir))
            .collect();
        marked.sort_unstable();
        marked.dedup();
        marked
    }
}

/// The verdict on a directory and the generation that it is of, in one word: 32 bits of generation,
/// 30 of the wish, two more.
#[derive(Debug, Default)]
pub struct Memo(AtomicU64);

impl Memo {
    /// The verdict, if it is of this generation.
    pub fn recall(&self, generation: u32) -> Option<Verdict> {
        // Relaxed, here and below: it is all in one word, and whoever judges comes to the same.
        let word = self.0.load(Ordering::Relaxed);
        (word >> 32 == u64::from(generation)).then_some(Verdict {
            wish: (word as u32) >> 2,
            focused: word & 1 != 0,
            outside: word & 2 != 0,
        })
    }

    /// Notes the verdict.
    pub fn note(&self, generation: u32, verdict: Verdict) {
        let flags = u64::from(verdict.focused) | u64::from(verdict.outside) << 1;
        let word = u64::from(generation) << 32 | u64::from(verdict.wish) << 2 | flags;
        self.0.store(word, Ordering::Relaxed);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// The place of the last of a chain of directories.
    fn place(marks: &Marks, chain: &[u32]) -> Place {
        let verdict = chain.iter().fold(marks.above_all(), |above, dir| {
            marks.judge(above, DirId(*dir))
        });
        marks.place(verdict)
    }

    #[test]
    fn the_last_word_counts() {
        let mut marks = Marks::default();
        assert_eq!(place(&marks, &[1, 2, 3]), Place::Later);
        marks.wish(DirId(2), Wish::Skip);
        assert_eq!(place(&marks, &[1, 2, 3]), Place::Skipped);
        assert_eq!(place(&marks, &[1, 4]), Place::Later);
        marks.wish(DirId(3), Wish::Take);
        assert_eq!(place(&marks, &[1, 2, 3, 5]), Place::Later);
        assert_eq!(place(&marks, &[1, 2, 6]), Place::Skipped);
        marks.wish(DirId(2), Wish::Take);
        assert_eq!(place(&marks, &[1, 2, 6]), Place::Later);
        marks.wish(DirId(1), Wish::Forget);
        assert_eq!(place(&marks, &[1, 2, 3]), Place::Nowhere);
    }

    #[test]
    fn what_is_looked_at_comes_first_and_what_is_outside_waits() {
        let mut marks = Marks::default();
        marks.focus(Some(DirId(2)));
        assert_eq!(place(&marks, &[1, 2, 3]), Place::First);
        assert_eq!(place(&marks, &[1, 4]), Place::Later);
        marks.only(Some(vec![DirId(4)]));
        assert_eq!(place(&marks, &[1, 2, 3]), Place::Outside);
        assert_eq!(place(&marks, &[1, 4, 5]), Place::Later);
        marks.wish(DirId(3), Wish::Take);
        assert_eq!(place(&marks, &[1, 2, 3]), Place::First);
        marks.wish(DirId(6), Wish::Hurry);
        assert_eq!(place(&marks, &[1, 6, 7]), Place::First);
        marks.wish(DirId(1), Wish::Skip);
        assert_eq!(place(&marks, &[1, 6, 7]), Place::Skipped);
    }

    #[test]
    fn a_verdict_is_remembered_for_its_generation_only() {
        let memo = Memo::default();
        assert_eq!(memo.recall(7), None);
        let verdict = Verdict {
            wish: 513,
            focused: false,
            outside: true,
        };
        memo.note(7, verdict);
        assert_eq!((memo.recall(7), memo.recall(8)), (Some(verdict), None));
    }
}
