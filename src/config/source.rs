//! A file of settings as text: where in it something stands, and how a mistake is told.

use thiserror::Error;
use toml::{
    Spanned,
    de::{DeString, DeTable, DeValue},
};

use super::value::Value;

/// One line of a section whose names are not known here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What is set.
    pub name: String,
    /// To what.
    pub values: Vec<String>,
    /// Where that is said.
    pub place: Place,
}

/// Where something is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, safe to show.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
}

/// What is wrong in a file of settings, and what was expected.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{} line {}: {what}", place.file, place.line)]
pub struct Mistake {
    place: Place,
    what: String,
}

impl Place {
    /// Something is wrong here.
    pub fn mistake(&self, what: impl Into<String>) -> Mistake {
        Mistake {
            place: self.clone(),
            what: what.into(),
        }
    }

    /// There is no such name here; the nearest of those that there are is suggested.
    pub fn unknown<'a>(
        &self,
        kind: &str,
        name: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Mistake {
        /// Less alike than this is something else.
        const ALIKE: f64 = 0.6;
        let nearest = known
            .into_iter()
            .map(|known| (strsim::normalized_damerau_levenshtein(name, known), known))
            .max_by(|(one, _), (other, _)| one.total_cmp(other))
            .filter(|(likeness, _)| *likeness >= ALIKE);
        let hint = nearest.map_or(String::new(), |(_, known)| {
            format!("; did you mean {known:?}?")
        });
        self.mistake(format!("there is no {kind} {name:?}{hint}"))
    }
}

/// A file of settings, to tell where in it something stands.
pub(super) struct Source<'a> {
    file: &'a str,
    text: &'a str,
    /// Where its lines end.
    ends: Vec<usize>,
}

impl<'a> Source<'a> {
    pub(super) fn new(file: &'a str, text: &'a str) -> Self {
        let ends = text.match_indices('\n').map(|(end, _)| end).collect();
        Self { file, text, ends }
    }

    pub(super) fn parse(&self) -> Result<DeTable<'a>, Mistake> {
        let table = DeTable::parse(self.text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            let message: Vec<&str> = error.message().lines().collect();
            self.place_of(at).mistake(message.join(", "))
        })?;
        Ok(table.into_inner())
    }

    pub(super) fn place<T>(&self, part: &Spanned<T>) -> Place {
        self.place_of(part.span().start)
    }

    fn place_of(&self, at: usize) -> Place {
        Place {
            file: self.file.to_owned(),
            line: 1 + self.ends.partition_point(|end| *end < at),
        }
    }

    /// The lines of a section, each a word or a list of words.
    pub(super) fn entries(
        &self,
        place: &Place,
        name: &str,
        value: &Spanned<DeValue<'a>>,
    ) -> Result<Vec<Entry>, Mistake> {
        let section = section(place, name, value)?;
        let entry = |(name, value): (&Spanned<DeString<'a>>, &Spanned<DeValue<'a>>)| {
            let place = self.place(name);
            let name = name.get_ref().to_string();
            match Value(value.get_ref()).words() {
                Ok(values) => Ok(Entry {
                    name,
                    values,
                    place,
                }),
                Err(expected) => Err(place.mistake(format!("{name} must be {expected}"))),
            }
        };
        in_order(section).map(entry).collect()
    }
}

/// The section `name`.
pub(super) fn section<'a, 'b>(
    place: &Place,
    name: &str,
    value: &'b Spanned<DeValue<'a>>,
) -> Result<&'b DeTable<'a>, Mistake> {
    let table = value.get_ref().as_table();
    table.ok_or_else(|| place.mistake(format!("{name} is a section: [{name}]")))
}

/// What a table has, in the order of the file, so that the first mistake is the one that is told.
pub(super) fn in_order<'a, 'b>(
    table: &'b DeTable<'a>,
) -> impl Iterator<Item = (&'b Spanned<DeString<'a>>, &'b Spanned<DeValue<'a>>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(name, _)| name.span().start);
    entries.into_iter()
}
