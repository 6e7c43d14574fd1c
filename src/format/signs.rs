//! The signs that are drawn, each with its stand-in in plain ASCII, and what is drawn with them:
//! bars and spark lines.

use super::parts_of;

/// Which signs may be drawn. Words, places and widths are the same in both, but for `>=` and `...`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Signs {
    /// The signs as designed.
    #[default]
    Unicode,
    /// Stand-ins, for `--ascii` and locales that are not UTF-8.
    Ascii,
}

impl Signs {
    /// `unicode` or its stand-in.
    const fn pick(self, unicode: &'static str, ascii: &'static str) -> &'static str {
        match self {
            Self::Unicode => unicode,
            Self::Ascii => ascii,
        }
    }

    /// At least: something below is not complete. One column, or two which take the blank behind
    /// it.
    pub const fn at_least(self) -> &'static str {
        self.pick("≥", ">=")
    }

    /// Estimated, or the number from before.
    pub const fn about(self) -> &'static str {
        self.pick("≈", "~")
    }

    /// In front of the selected row and the chosen answer.
    pub const fn selected(self) -> &'static str {
        self.pick("▸", ">")
    }

    /// In front of a marked row.
    pub const fn marked(self) -> &'static str {
        self.pick("●", "*")
    }

    /// In place of what was left out. One column, or three.
    pub const fn shortened(self) -> &'static str {
        self.pick("…", "...")
    }

    /// Sorted by this column, largest first.
    pub const fn descending(self) -> &'static str {
        self.pick("▾", "v")
    }

    /// Sorted by this column, smallest first.
    pub const fn ascending(self) -> &'static str {
        self.pick("▴", "^")
    }

    /// Progress: done at least.
    pub const fn done(self) -> &'static str {
        self.pick("█", "#")
    }

    /// Progress: done perhaps.
    pub const fn perhaps(self) -> &'static str {
        self.pick("▒", "=")
    }

    /// Progress: not done.
    pub const fn rest(self) -> &'static str {
        self.pick("·", ".")
    }

    /// A rule, and the horizontal lines around tiles of the first level.
    pub const fn rule(self) -> &'static str {
        self.pick("─", "-")
    }

    /// The signs of a spark line from none to most.
    const fn levels(self) -> [char; 8] {
        match self {
            Self::Unicode => ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
            Self::Ascii => ['_', '.', ':', '-', '=', '+', '*', '#'],
        }
    }
}

/// A bar of at most `columns` signs, without the blanks behind it: `part` against `largest`, to the
/// nearest eighth of a sign, or with ASCII to the nearest sign. Less than half of that is nothing.
pub fn bar(part: i128, largest: i128, columns: usize, signs: Signs) -> String {
    match signs {
        Signs::Unicode => {
            let eighths = columns * 8;
            blocks((parts_of(part, largest, eighths as u128) as usize).min(eighths))
        }
        Signs::Ascii => {
            let whole = parts_of(part, largest, columns as u128) as usize;
            signs.done().repeat(whole.min(columns))
        }
    }
}

/// `eighths` of a block as block signs.
fn blocks(eighths: usize) -> String {
    let mut text = "█".repeat(eighths / 8);
    text.push_str(["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8]);
    text
}

/// A bar of exactly `columns` signs, by what they mean: done at least, done perhaps, not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meter {
    /// Up to the low end, rounded down: to an eighth of a sign where that is all that is known,
    /// else, and with ASCII, to a sign.
    pub done: String,
    /// From there to the high end, rounded up to a sign.
    pub perhaps: String,
    /// What remains.
    pub rest: String,
}

impl Meter {
    /// For a part of the whole between `low` and `high`, both from 0 to 1.
    pub fn new(low: f64, high: f64, columns: usize, signs: Signs) -> Self {
        let part = |part: f64, whole: usize| (part.clamp(0.0, 1.0) * whole as f64) as usize;
        let is_exact = high <= low;
        let done = match signs {
            Signs::Unicode if is_exact => blocks(part(low, columns * 8)),
            _ => signs.done().repeat(part(low, columns)),
        };
        let taken = super::width(&done);
        let up_to = if is_exact {
            taken
        } else {
            columns - part(1.0 - high.clamp(0.0, 1.0), columns)
        };
        Self {
            perhaps: signs.perhaps().repeat(up_to.saturating_sub(taken)),
            rest: signs.rest().repeat(columns - up_to.max(taken)),
            done,
        }
    }
}

/// Values over time, one sign each, scaled by the largest of them. Without any but zeros, the
/// lowest sign everywhere.
pub fn spark(values: &[u64], signs: Signs) -> String {
    let levels = signs.levels();
    let largest = values.iter().copied().max().unwrap_or(0);
    let level = |&value: &u64| {
        levels[parts_of(value.into(), largest.into(), levels.len() as u128 - 1) as usize]
    };
    values.iter().map(level).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Signs::{Ascii, Unicode};
    use super::*;

    /// `tenths` of a GiB, as the pictures give sizes.
    fn gib(tenths: i128) -> i128 {
        tenths * (1 << 30) / 10
    }

    /// Rows of the main screen: size in tenths of a GiB, bar of 10 columns, of 30, in ASCII.
    #[test]
    fn bars() {
        let cases = [
            (
                821,
                "██████████",
                "██████████████████████████████",
                "##########",
            ),
            (610, "███████▍", "██████████████████████▎", "#######"),
            (143, "█▊", "█████▎", "##"),
            (92, "█▏", "███▍", "#"),
            (64, "▊", "██▍", "#"),
            (39, "▌", "█▍", ""),
            (26, "▍", "█", ""),
            (11, "▏", "▍", ""),
            (9, "▏", "▍", ""),
            (5, "", "▏", ""),
            (0, "", "", ""),
        ];
        for (tenths, narrow, long, ascii) in cases {
            assert_eq!(bar(gib(tenths), gib(821), 10, Unicode), narrow, "{tenths}");
            assert_eq!(bar(gib(tenths), gib(821), 30, Unicode), long, "{tenths}");
            assert_eq!(bar(gib(tenths), gib(821), 10, Ascii), ascii, "{tenths}");
        }
        assert_eq!(bar(330, 412, 12, Unicode), "█████████▋");
        assert_eq!(bar(1, 0, 10, Unicode), "");
        assert_eq!(bar(9, 1, 3, Unicode), "███");
    }

    #[test]
    fn meters() {
        let cases = [
            (
                0.58,
                0.58,
                "█████████████▉··········",
                "#############...........",
            ),
            (
                0.31,
                0.31,
                "███████▍················",
                "#######.................",
            ),
            (
                0.2,
                0.6,
                "████▒▒▒▒▒▒▒▒▒▒▒·········",
                "####===========.........",
            ),
            (
                0.0,
                0.0,
                "························",
                "........................",
            ),
            (
                0.99,
                0.99,
                "███████████████████████▊",
                "#######################.",
            ),
            (
                1.0,
                1.0,
                "████████████████████████",
                "########################",
            ),
            (
                0.9,
                1.0,
                "█████████████████████▒▒▒",
                "#####################===",
            ),
        ];
        for (low, high, unicode, ascii) in cases {
            for (signs, expected) in [(Unicode, unicode), (Ascii, ascii)] {
                let Meter {
                    done,
                    perhaps,
                    rest,
                } = Meter::new(low, high, 24, signs);
                assert_eq!(format!("{done}{perhaps}{rest}"), expected, "{low} {high}");
            }
        }
    }

    #[test]
    fn sparks() {
        assert_eq!(spark(&[0, 0, 0, 0, 0, 0, 0, 0], Unicode), "▁▁▁▁▁▁▁▁");
        assert_eq!(spark(&[0, 1, 2, 3, 4, 5, 6, 7], Unicode), "▁▂▃▄▅▆▇█");
        assert_eq!(
            spark(&[30, 40, 50, 60, 60, 50, 60, 70], Unicode),
            "▄▅▆▇▇▆▇█"
        );
        assert_eq!(spark(&[30, 40, 50, 60, 60, 50, 60, 70], Ascii), "-=+**+*#");
        assert_eq!(spark(&[u64::MAX, 0], Ascii), "#_");
        assert_eq!(spark(&[], Unicode), "");
    }

    proptest! {
        #[test]
        fn meters_keep_their_columns(low in -0.5..1.5_f64, width in 0.0..1.0_f64, columns in 0_usize..60, ascii: bool) {
            let signs = if ascii { Ascii } else { Unicode };
            let Meter { done, perhaps, rest } = Meter::new(low, low + width, columns, signs);
            prop_assert_eq!(super::super::width(&(done + &perhaps + &rest)), columns);
        }

        #[test]
        fn bars_keep_their_columns(part: i64, largest: i64, columns in 0_usize..60, ascii: bool) {
            let signs = if ascii { Ascii } else { Unicode };
            prop_assert!(super::super::width(&bar(part.into(), largest.into(), columns, signs)) <= columns);
        }
    }
}
