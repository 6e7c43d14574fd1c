//! The value of one option: what it has to be, and what to say when it is something else.

use std::{num::NonZero, time::Duration};

use toml::de::DeValue;

use super::When;
use crate::scan::enter::Rules;

/// What a size stands for, in bytes: a whole number, and K, M, G or T for powers of 1024. `None` for
/// anything else.
fn bytes(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|unit: char| !unit.is_ascii_digit());
    let power = match &text[digits.len()..] {
        "" => 0,
        "K" => 1,
        "M" => 2,
        "G" => 3,
        "T" => 4,
        _ => return None,
    };
    let is_plain = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    let number: u64 = digits.parse().ok().filter(|_| is_plain)?;
    number.checked_mul(1024_u64.pow(power))
}

/// Least memory for what is known, in bytes.
const LEAST_MEMORY: u64 = 1024;

/// How much memory what is known may take, in bytes. `None`: it is no size, or too small a one.
pub fn memory(text: &str) -> Option<u64> {
    bytes(text).filter(|bytes| *bytes >= LEAST_MEMORY)
}

/// Most workers that can be asked for.
pub const MOST_THREADS: u16 = 1024;

/// A value as it stands in the file. Each question is answered by what it is, or by what was
/// expected, in words that follow *must be*.
pub(super) struct Value<'a>(pub(super) &'a DeValue<'a>);

impl Value<'_> {
    pub(super) fn switch(&self) -> Result<bool, String> {
        self.0.as_bool().ok_or_else(|| self.not("true or false"))
    }

    /// One of `words`, which are told apart by what they stand for.
    pub(super) fn one_of<T: Copy>(&self, words: &[(&str, T)]) -> Result<T, String> {
        let said = self.0.as_str();
        let found = words.iter().find(|(word, _)| Some(*word) == said);
        found.map(|(_, what)| *what).ok_or_else(|| {
            let words: Vec<String> = words.iter().map(|(word, _)| format!("{word:?}")).collect();
            let (last, others) = words
                .split_last()
                .map_or(("", [].as_slice()), |(last, others)| {
                    (last.as_str(), others)
                });
            self.not(&format!("{} or {last}", others.join(", ")))
        })
    }

    /// Any of `words`, in a list, which are told apart by what they stand for.
    pub(super) fn any_of<T: Copy>(&self, words: &[(&str, T)]) -> Result<Vec<T>, String> {
        let known: Vec<String> = words.iter().map(|(word, _)| format!("{word:?}")).collect();
        let expected = format!("a list of any of {}", known.join(", "));
        let named = |said: String| {
            let found = words.iter().find(|(word, _)| *word == said);
            found
                .map(|(_, what)| *what)
                .ok_or_else(|| format!("{expected}, not {said:?}"))
        };
        let said = self.words().map_err(|_| self.not(&expected))?;
        said.into_iter().map(named).collect()
    }

    pub(super) fn when(&self) -> Result<When, String> {
        self.one_of(&[
            ("auto", When::Auto),
            ("always", When::Always),
            ("never", When::Never),
        ])
    }

    pub(super) fn threads(&self) -> Result<Option<NonZero<u16>>, String> {
        if self.0.as_str() == Some("auto") {
            return Ok(None);
        }
        let number = self
            .number()
            .filter(|number| *number <= MOST_THREADS.into());
        let threads = number.and_then(|number| NonZero::new(number as u16));
        threads
            .map(Some)
            .ok_or_else(|| self.not(&format!("a number from 1 to {MOST_THREADS}, or \"auto\"")))
    }

    /// A number of bytes; `None` leaves it to the program.
    pub(super) fn memory(&self) -> Result<Option<u64>, String> {
        let said = self.0.as_str().unwrap_or_default();
        match memory(said) {
            Some(bytes) => Ok(Some(bytes)),
            None if said == "auto" => Ok(None),
            None => {
                Err(self.not("a size of \"1K\" or more, such as \"512M\" or \"2G\", or \"auto\""))
            }
        }
    }

    /// A list of globs.
    pub(super) fn globs(&self) -> Result<Vec<String>, String> {
        let globs = self.words().map_err(|_| self.not("a list of globs"))?;
        for glob in &globs {
            if let Err(error) = Rules::default().exclude([glob.as_str()]) {
                return Err(format!("a list of globs: {error}"));
            }
        }
        Ok(globs)
    }

    /// Words: a list of them, or one.
    pub(super) fn words(&self) -> Result<Vec<String>, String> {
        let word = |value: &DeValue<'_>| value.as_str().map(str::to_owned);
        let words = match self.0 {
            DeValue::String(word) => Some(vec![word.to_string()]),
            DeValue::Array(words) => words.iter().map(|value| word(value.get_ref())).collect(),
            _ => None,
        };
        words.ok_or_else(|| self.not("a word, or a list of words, in quotes"))
    }

    /// A time after which something is done; `None` for never.
    pub(super) fn duration(&self) -> Result<Option<Duration>, String> {
        let text = self.0.as_str().unwrap_or_default();
        time(text).map_err(|expected| self.not(expected))
    }

    /// The same, where at once makes no sense.
    pub(super) fn patience(&self) -> Result<Option<Duration>, String> {
        let text = self.0.as_str().unwrap_or_default();
        patience(text).map_err(|expected| self.not(expected))
    }

    fn number(&self) -> Option<u64> {
        let number = self.0.as_integer()?;
        let digits = number.as_str().replace('_', "");
        u64::from_str_radix(&digits, number.radix()).ok()
    }

    fn not(&self, expected: &str) -> String {
        let is = match self.0 {
            DeValue::String(text) => format!("{text:?}"),
            DeValue::Integer(number) => number.as_str().to_owned(),
            DeValue::Float(number) => number.as_str().to_owned(),
            DeValue::Boolean(switch) => switch.to_string(),
            DeValue::Array(_) => "a list".to_owned(),
            DeValue::Table(_) => "a section".to_owned(),
            DeValue::Datetime(_) => "a date".to_owned(),
        };
        format!("{expected}, not {is}")
    }
}

/// A time in whole seconds, minutes or hours; `None` for never.
///
/// # Errors
/// It is none of these: what was expected.
fn time(text: &str) -> Result<Option<Duration>, &'static str> {
    const EXPECTED: &str = "a time such as \"10s\", \"2m\" or \"1h\", or \"never\"";
    if text == "never" {
        return Ok(None);
    }
    let units = [('s', 1), ('m', 60), ('h', 60 * 60)];
    let found = units
        .iter()
        .find_map(|(unit, seconds)| Some((text.strip_suffix(*unit)?, seconds)));
    let (number, seconds) = found.ok_or(EXPECTED)?;
    // More than a year is never.
    let is_plain = number.len() < 6 && number.bytes().all(|digit| digit.is_ascii_digit());
    let number: Option<u64> = number.parse().ok().filter(|_| is_plain);
    let seconds = number.ok_or(EXPECTED)? * seconds;
    Ok(Some(Duration::from_secs(seconds)))
}

/// How long something is waited for, a second at least; `None` for ever.
///
/// # Errors
/// It is none of these: what was expected.
pub fn patience(text: &str) -> Result<Option<Duration>, &'static str> {
    match time(text)? {
        Some(Duration::ZERO) => Err("a time of \"1s\" or more, or \"never\""),
        time => Ok(time),
    }
}
