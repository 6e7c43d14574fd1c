//! Sizes in reports: readable ones, or blocks of a size that `BLOCK_SIZE` in the environment asks
//! for, as with `du` and `df`.

use super::{Units, size};

/// In what a report counts, beside the exact bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scale {
    /// The unit that suits each size.
    Readable(Units),
    /// Blocks.
    Blocks {
        /// Bytes of one of them, more than 0.
        size: u64,
        /// What it is called, as it was asked for.
        word: String,
    },
}

impl Scale {
    /// What `word` asks for, by the rules of the GNU core utilities (Block size): `human-readable`,
    /// `si`, or a number, a unit such as `K`, `MiB` or `GB`, or both.
    pub fn named(word: &str) -> Option<Self> {
        // An apostrophe asks for grouped digits, which programs could not read.
        let word = word.strip_prefix('\'').unwrap_or(word);
        match word {
            "human-readable" => return Some(Self::Readable(Units::Binary)),
            "si" => return Some(Self::Readable(Units::Si)),
            _ => {}
        }
        let digits = word.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = word.split_at(digits);
        let number: u64 = match number {
            "" if unit.is_empty() => return None,
            "" => 1,
            number => number.parse().ok()?,
        };
        let size = number
            .checked_mul(bytes_of(unit)?)
            .filter(|size| *size > 0)?;
        Some(Self::Blocks {
            size,
            word: word.to_owned(),
        })
    }

    /// A size as number and unit, the last block counted whole.
    pub fn size(&self, bytes: i128) -> String {
        match self {
            Self::Readable(units) => size(bytes, *units),
            Self::Blocks { size, word } => {
                let blocks = (bytes.max(0) as u128).div_ceil((*size).into());
                format!("{blocks:>9} {word}")
            }
        }
    }
}

/// Bytes of a unit; powers of 1000 end in `B`, those of 1024 in `iB` or in nothing.
fn bytes_of(unit: &str) -> Option<u64> {
    let mut letters = unit.chars();
    let Some(letter) = letters.next() else {
        return Some(1);
    };
    let power = 1 + "KMGTPE".find(letter.to_ascii_uppercase())? as u32;
    match letters.as_str() {
        "" | "iB" => 1024_u64.checked_pow(power),
        "B" => 1000_u64.checked_pow(power),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn block_sizes_are_read_as_by_the_core_utilities() {
        let blocks = |word: &str| match Scale::named(word) {
            Some(Scale::Blocks { size, .. }) => Some(size),
            _ => None,
        };
        let known = [
            ("1", 1),
            ("512", 512),
            ("K", 1024),
            ("k", 1024),
            ("1KiB", 1024),
            ("kB", 1000),
            ("'2M", 2 << 20),
            ("10GB", 10_000_000_000),
            ("E", 1 << 60),
        ];
        for (word, size) in known {
            assert_eq!(blocks(word), Some(size), "{word}");
        }
        for word in ["", "0", "many", "1X", "1KK", "16E", "-1", "1 K"] {
            assert_eq!(Scale::named(word), None, "{word}");
        }
        let readable = |word| Scale::named(word).map(|scale| scale.size(1_000_000));
        assert_eq!(readable("human-readable").as_deref(), Some("976.6 KiB"));
        assert_eq!(readable("si").as_deref(), Some("  1.0 MB "));
        assert_eq!(
            readable("1K").as_deref(),
            Some("      977 1K"),
            "rounded up"
        );
    }
}
