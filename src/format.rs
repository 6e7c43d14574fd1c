//! Numbers, bars and shortened names in the forms and widths that every screen and report shares.
//!
//! Commas for thousands and points for decimals whatever the locale, and each number has its width
//! before it is needed, so that columns never move. It must not know where a form is drawn or in
//! which colour, and it expects names and paths that [`crate::escape`] has made safe to show.

mod errors;
mod scale;
mod shorten;
mod signs;
mod time;

use std::time::Duration;

pub use errors::error_name;
pub use scale::Scale;
pub use shorten::{shorten_name, shorten_path, width};
pub use signs::{Meter, Signs, bar, spark};
pub use time::{Zone, days_between};

/// Which multiples of a byte sizes are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Units {
    /// Powers of 1,024: `KiB`, `MiB`, `GiB`.
    #[default]
    Binary,
    /// Powers of 1,000, as `--si` asks for: `kB`, `MB`, `GB`.
    Si,
}

impl Units {
    /// How many of one unit make the next.
    const fn step(self) -> u128 {
        match self {
            Self::Binary => 1024,
            Self::Si => 1000,
        }
    }

    /// The units from the byte up. The largest holds whatever does not fit.
    const fn names(self) -> [&'static str; 7] {
        match self {
            Self::Binary => ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"],
            Self::Si => ["B", "kB", "MB", "GB", "TB", "PB", "EB"],
        }
    }
}

/// A size split into number and unit.
struct Size {
    /// One decimal, or none for bytes. At most five characters.
    number: String,
    /// At most three characters.
    unit: &'static str,
}

impl Size {
    /// `bytes` in the unit in which it is below 999.95. Negative sizes become 0, those beyond the
    /// last unit its most.
    fn new(bytes: i128, units: Units) -> Self {
        let bytes = bytes.max(0) as u128;
        let names = units.names();
        if bytes < 1000 {
            return Self {
                number: bytes.to_string(),
                unit: names[0],
            };
        }
        let mut one = 1;
        let mut tenths = u128::MAX;
        let mut unit = names[0];
        for name in &names[1..] {
            one *= units.step();
            tenths = tenths_of(bytes, one);
            unit = name;
            if tenths < 10_000 {
                break;
            }
        }
        Self {
            number: with_decimal(tenths.min(9999)),
            unit,
        }
    }
}

/// How many tenths of `one` there are in `amount`, rounded to the nearest.
const fn tenths_of(amount: u128, one: u128) -> u128 {
    amount.saturating_mul(10).saturating_add(one / 2) / one
}

/// `tenths` as a number with one decimal.
fn with_decimal(tenths: u128) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// A size in exactly 9 columns, decimal points and units under each other: ` 82.1 GiB`, `512   B
/// `.
///
/// The next unit is taken from 999.95 on. Negative sizes are shown as 0, those beyond 999.9 EiB as
/// that.
pub fn size(bytes: i128, units: Units) -> String {
    let Size { number, unit } = Size::new(bytes, units);
    if unit == "B" {
        // Where the other rows have their decimal, bytes have blanks.
        return format!("{number:>3}   {unit:<3}");
    }
    format!("{number:>5} {unit:<3}")
}

/// A size in exactly 6 columns with one letter as unit: ` 82.1G`, `512  B`.
pub fn size_narrow(bytes: i128, units: Units) -> String {
    let Size { number, unit } = Size::new(bytes, units);
    let letter = &unit[..1];
    if unit == "B" {
        return format!("{number:>3}  {letter}");
    }
    format!("{number:>5}{letter}")
}

/// A size for sentences, as wide as it is: `182.4 GiB`, `512 B`.
pub fn size_plain(bytes: i128, units: Units) -> String {
    let Size { number, unit } = Size::new(bytes, units);
    format!("{number} {unit}")
}

/// `digits` with a comma before each group of three.
fn with_commas(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The share of `whole` that `part` is, in exactly 6 columns: ` 45.0%`. It is 0 when `whole` is not
/// positive.
pub fn share(part: i128, whole: i128) -> String {
    format!(
        "{:>5}%",
        with_decimal(parts_of(part, whole, 1000).min(9999))
    )
}

/// The share of `whole` that `part` is, in exactly 4 columns: ` 45%`. It is 0 when `whole` is not
/// positive.
pub fn share_narrow(part: i128, whole: i128) -> String {
    format!("{:>3}%", parts_of(part, whole, 100).min(999))
}

/// How many `scale`ths of `whole` there are in `part`, rounded to the nearest; 0 where that has no
/// meaning.
const fn parts_of(part: i128, whole: i128, scale: u128) -> u128 {
    if part <= 0 || whole <= 0 {
        return 0;
    }
    let (part, whole) = (part as u128, whole as u128);
    part.saturating_mul(scale).saturating_add(whole / 2) / whole
}

/// A part of the whole between `low` and `high`, both from 0 to 1, in at most 9 columns: `≈ 58%`,
/// `≈ 20-60%`. Rounded down: 100 is only what is complete.
pub fn percent(low: f64, high: f64, signs: Signs) -> String {
    let (low, high) = (whole_percent(low), whole_percent(high));
    let about = signs.about();
    if low >= high {
        format!("{about} {low}%")
    } else {
        format!("{about} {low}-{high}%")
    }
}

/// Rounded down, but a number that is whole stays, however it was computed.
fn whole_percent(part: f64) -> u32 {
    (part.clamp(0.0, 1.0) * 100.0 + 1e-9) as u32
}

/// A count with commas, as wide as it is: `1,284,113`.
pub fn count(number: u64) -> String {
    with_commas(&number.to_string())
}

/// A count in exactly 9 columns: `  612,001`, from 10,000,000 on `    12.3M`.
pub fn count_row(number: u64) -> String {
    count_line(number, 9)
}

/// A count right-aligned in `columns`: with commas where that fits, else short (`1.2G`). At 11
/// columns commas reach up to 999,999,999. Wider only when `columns` is less than 6 and the number
/// has no room.
pub fn count_line(number: u64, columns: usize) -> String {
    let commas = count(number);
    let text = if commas.len() <= columns {
        commas
    } else {
        count_short(number)
    };
    format!("{text:>columns$}")
}

/// A count in at most 6 characters: up to 999 as it is, then one decimal and a letter (`12.3k`,
/// `1.2M`).
pub fn count_short(number: u64) -> String {
    scaled(number, 10_000)
}

/// A rate in exactly 7 columns, three digits and a letter: ` 184k/s`, `18.2k/s`, `    0/s`.
pub fn rate(per_second: u64) -> String {
    format!("{:>5}/s", scaled(per_second, 1000))
}

/// A rate in full, as wide as it is: `184,310 files/s`.
pub fn rate_exact(per_second: u64) -> String {
    format!("{} files/s", count(per_second))
}

/// `number` with a letter for its power of 1,000, and one decimal as long as that is below
/// `decimal_below` tenths.
fn scaled(number: u64, decimal_below: u128) -> String {
    if number < 1000 {
        return number.to_string();
    }
    let number = u128::from(number);
    let mut one = 1;
    for letter in ['k', 'M', 'G', 'T', 'P', 'E'] {
        one *= 1000;
        let tenths = tenths_of(number, one);
        if tenths < decimal_below {
            return format!("{}{letter}", with_decimal(tenths));
        }
        let ones = (number + one / 2) / one;
        if decimal_below < 10_000 && ones < 1000 {
            return format!("{ones}{letter}");
        }
    }
    unreachable!("the largest number is 18.4 E")
}

/// A time that has passed, as wide as it is, at most 8 columns for 40 years: `0:07`, `12:34`,
/// `1:02:03`, from 100 hours on `4d 05h`. Parts of a second are dropped.
pub fn elapsed(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    match hours {
        0 => format!("{minutes}:{:02}", seconds % 60),
        1..100 => format!("{hours}:{minutes:02}:{:02}", seconds % 60),
        _ => format!("{}d {:02}h", hours / 24, hours % 24),
    }
}

/// A count and the word that agrees with it: `1 directory`, `1,021 directories`.
pub fn plural(number: u64, singular: &str, plural: &str) -> String {
    format!(
        "{} {}",
        count(number),
        if number == 1 { singular } else { plural }
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Units::{Binary, Si};
    use super::*;

    const KIB: i128 = 1 << 10;
    const MIB: i128 = 1 << 20;
    const GIB: i128 = 1 << 30;
    const EIB: i128 = 1 << 60;

    /// `tenths` of a GiB, as the pictures give sizes.
    fn gib(tenths: i128) -> i128 {
        tenths * GIB / 10
    }

    #[test]
    fn sizes() {
        let cases = [
            (0, "  0   B  ", "  0  B", "0 B"),
            (512, "512   B  ", "512  B", "512 B"),
            (999, "999   B  ", "999  B", "999 B"),
            (1000, "  1.0 KiB", "  1.0K", "1.0 KiB"),
            (4 * KIB, "  4.0 KiB", "  4.0K", "4.0 KiB"),
            (12 * KIB, " 12.0 KiB", " 12.0K", "12.0 KiB"),
            (9213 * MIB / 10, "921.3 MiB", "921.3M", "921.3 MiB"),
            (gib(821), " 82.1 GiB", " 82.1G", "82.1 GiB"),
            (88_153_427_968, " 82.1 GiB", " 82.1G", "82.1 GiB"),
            (gib(1824), "182.4 GiB", "182.4G", "182.4 GiB"),
            (99_994 * MIB / 100, "999.9 MiB", "999.9M", "999.9 MiB"),
            (99_996 * MIB / 100, "  1.0 GiB", "  1.0G", "1.0 GiB"),
            (8 * EIB - 1, "  8.0 EiB", "  8.0E", "8.0 EiB"),
            (i128::MAX, "999.9 EiB", "999.9E", "999.9 EiB"),
            (-5, "  0   B  ", "  0  B", "0 B"),
        ];
        for (bytes, column, narrow, plain) in cases {
            assert_eq!(size(bytes, Binary), column);
            assert_eq!(size_narrow(bytes, Binary), narrow);
            assert_eq!(size_plain(bytes, Binary), plain);
        }
        assert_eq!(size(82_100, Si), " 82.1 kB ");
        assert_eq!(size(999_949_999, Si), "999.9 MB ");
        assert_eq!(size(999_950_000, Si), "  1.0 GB ");
        assert_eq!(size_narrow(82_100, Si), " 82.1k");
        assert_eq!(size_plain(82_100_000_000, Si), "82.1 GB");
    }

    #[test]
    fn shares() {
        assert_eq!(share(gib(821), gib(1824)), " 45.0%");
        assert_eq!(share_narrow(gib(821), gib(1824)), " 45%");
        assert_eq!(share_narrow(gib(143), gib(1824)), "  8%");
        assert_eq!(share(1, 1), "100.0%");
        assert_eq!(share_narrow(1, 1), "100%");
        assert_eq!(share(3, 0), "  0.0%");
        assert_eq!(share(-3, 5), "  0.0%");
        assert_eq!(share_narrow(0, 0), "  0%");
        assert_eq!(share(i128::MAX, 1), "999.9%");
    }

    #[test]
    fn percents() {
        let unicode = |low, high| percent(low, high, Signs::Unicode);
        assert_eq!(unicode(0.58, 0.58), "≈ 58%");
        assert_eq!(unicode(0.29, 0.29), "≈ 29%", "although 0.29 × 100 is less");
        assert_eq!(unicode(0.2, 0.6), "≈ 20-60%");
        assert_eq!(unicode(0.999, 0.999), "≈ 99%");
        assert_eq!(unicode(0.311, 0.319), "≈ 31%");
        assert_eq!(unicode(0.0, 1.0), "≈ 0-100%");
        assert_eq!(percent(0.2, 0.6, Signs::Ascii), "~ 20-60%");
    }

    #[test]
    fn counts() {
        assert_eq!(count(0), "0");
        assert_eq!(count(1_284_113), "1,284,113");
        assert_eq!(count_row(612_001), "  612,001");
        assert_eq!(count_row(9_999_999), "9,999,999");
        assert_eq!(count_row(12_345_678), "    12.3M");
        assert_eq!(count_row(999_950_000), "     1.0G");
        assert_eq!(count_row(u64::MAX), "    18.4E");
        assert_eq!(count_line(1_284_113, 11), "  1,284,113");
        assert_eq!(count_line(999_999_999, 11), "999,999,999");
        assert_eq!(count_line(1_234_567_890, 11), "       1.2G");
        assert_eq!(count_short(1_234_567), "1.2M");
        assert_eq!(count_short(999), "999");
        assert_eq!(plural(1, "directory", "directories"), "1 directory");
        assert_eq!(
            plural(1021, "directory", "directories"),
            "1,021 directories"
        );
        assert_eq!(plural(0, "file", "files"), "0 files");
    }

    #[test]
    fn rates() {
        let cases = [
            (0, "    0/s"),
            (999, "  999/s"),
            (1000, " 1.0k/s"),
            (9_900, " 9.9k/s"),
            (18_200, "18.2k/s"),
            (99_949, "99.9k/s"),
            (99_950, " 100k/s"),
            (184_310, " 184k/s"),
            (999_499, " 999k/s"),
            (999_500, " 1.0M/s"),
            (u64::MAX, "18.4E/s"),
        ];
        for (per_second, text) in cases {
            assert_eq!(rate(per_second), text);
        }
        assert_eq!(rate_exact(184_310), "184,310 files/s");
    }

    #[test]
    fn times() {
        let cases = [
            (0, "0:00"),
            (7, "0:07"),
            (754, "12:34"),
            (3599, "59:59"),
            (3723, "1:02:03"),
            (359_999, "99:59:59"),
            (360_000, "4d 04h"),
            (101 * 3600, "4d 05h"),
        ];
        for (seconds, text) in cases {
            assert_eq!(elapsed(Duration::from_secs(seconds)), text);
        }
        assert_eq!(elapsed(Duration::from_millis(7999)), "0:07");
    }

    proptest! {
        #[test]
        fn widths_are_exact(bytes: i128, small: i64, whole: i128, number: u64, shift in 0_u32..64) {
            let number = number >> shift;
            let small = i128::from(small >> shift);
            for units in [Binary, Si] {
                for bytes in [bytes, small] {
                    prop_assert_eq!(size(bytes, units).len(), 9);
                    prop_assert_eq!(size_narrow(bytes, units).len(), 6);
                    prop_assert_eq!(size(bytes, units).split_whitespace().collect::<Vec<_>>().join(" "), size_plain(bytes, units));
                }
            }
            prop_assert_eq!(share(bytes, whole).len(), 6);
            prop_assert_eq!(share_narrow(bytes, whole).len(), 4);
            prop_assert_eq!(count_row(number).len(), 9);
            prop_assert_eq!(count_line(number, 11).len(), 11);
            prop_assert!(count_short(number).len() <= 6);
            prop_assert_eq!(rate(number).len(), 7);
        }
    }
}
