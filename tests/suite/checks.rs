//! What the fuzz targets in `tests/fuzz` check, on the inputs that were worth keeping and on a few
//! random ones.

mod blocks;
pub(crate) mod hostile;
mod names;
mod settings;

use proptest::{collection::vec, prelude::*};
use spelunk::escape;

/// One input a line, written as names are shown.
fn kept(lines: &str) -> impl Iterator<Item = Vec<u8>> {
    lines
        .lines()
        .map(|line| escape::unescape(line).expect(line))
}

#[test]
fn blocks_that_were_kept() {
    kept(include_str!("checks/kept/blocks.txt")).for_each(|records| blocks::check(&records));
}

#[test]
fn names_that_were_kept() {
    kept(include_str!("checks/kept/names.txt")).for_each(|name| names::check(&name));
}

#[test]
fn settings_that_were_kept() {
    for text in kept(include_str!("checks/kept/settings.txt")) {
        settings::check(str::from_utf8(&text).expect("a text"));
    }
}

proptest! {
    #[test]
    fn any_block(records in vec(any::<u8>(), 0..300)) {
        blocks::check(&records);
    }

    #[test]
    fn any_name(name in vec(any::<u8>(), 0..60)) {
        names::check(&name);
    }

    #[test]
    fn any_settings(text in any::<String>()) {
        settings::check(&text);
    }
}
