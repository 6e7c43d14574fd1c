//! In which columns the parts of a row stand, by how wide the screen is. Nothing is drawn here.

/// In which columns the parts of a row begin. All numbers keep their places whatever they are.
pub(super) struct Columns {
    /// One letter as unit, whole percents.
    pub(super) narrow: bool,
    pub(super) share: Option<usize>,
    /// Where the bar begins and how long it can be.
    pub(super) bar: Option<(usize, usize)>,
    pub(super) files: Option<usize>,
    /// The sign in place of the word.
    pub(super) sign: Option<usize>,
    pub(super) name: usize,
    /// The word.
    pub(super) state: Option<usize>,
}

impl Columns {
    /// Selection, mark, bound and a blank come before the size.
    pub(super) const SIZE: usize = 4;

    /// What there is in `width` columns: bar, files, words and shares go one after the other, so
    /// that the name keeps 24 columns, 12 where there are signs for words.
    pub(super) fn of(width: usize) -> Self {
        match width {
            0..34 => Self {
                share: None,
                sign: None,
                name: Self::SIZE + 8,
                ..Self::narrow()
            },
            34..56 => Self::narrow(),
            56.. => Self::words(width),
        }
    }

    fn narrow() -> Self {
        let share = Self::SIZE + 7;
        let sign = share + 5;
        Self {
            narrow: true,
            share: Some(share),
            bar: None,
            files: None,
            sign: Some(sign),
            name: sign + 2,
            state: None,
        }
    }

    fn words(width: usize) -> Self {
        let share = Self::SIZE + 10;
        let mut next = share + 7;
        let bar = (width >= 77).then(|| {
            let length = (10 + width.saturating_sub(80) / 2).min(30);
            next += length + 1;
            (next - length - 1, length)
        });
        let files = (width >= 66).then(|| {
            next += 10;
            next - 10
        });
        let state = Some(width - 9);
        Self {
            narrow: false,
            share: Some(share),
            bar,
            files,
            sign: None,
            name: next + 1,
            state,
        }
    }

    pub(super) fn size_end(&self) -> usize {
        Self::SIZE + if self.narrow { 6 } else { 9 }
    }
}
