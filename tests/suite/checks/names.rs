//! Names on their way to the terminal: escaped, they come back, hold nothing that hurts, and take
//! the columns that they are said to take; shortened likewise.

use ratatui::{
    backend::{Backend as _, CrosstermBackend},
    buffer::Buffer,
    layout::Rect,
    style::Style,
};
use spelunk::{
    escape,
    format::{self, Signs},
};
use std::{ffi::OsStr, num::NonZero, os::unix::ffi::OsStrExt as _, path::Path};

use super::hostile::is_hostile;

/// Fails unless `name`, any bytes, is shown well.
pub(crate) fn check(name: &[u8]) {
    let shown = escape::name(name);
    assert_eq!(escape::unescape(&shown).as_deref(), Some(name), "{shown}");
    assert_eq!(escape::path(Path::new(OsStr::from_bytes(name))), shown);
    is_harmless(&shown);
    is_harmless(&escape::text(&String::from_utf8_lossy(name)));
    is_drawn(&shown);
    let columns = format::width(&shown);
    for signs in [Signs::Unicode, Signs::Ascii] {
        for room in [
            0,
            1,
            2,
            3,
            7,
            12,
            columns / 2,
            columns.saturating_sub(1),
            columns,
        ] {
            for short in [
                format::shorten_name(&shown, room, signs),
                format::shorten_path(&shown, room, signs),
            ] {
                is_shortened(&short, &shown, room, signs);
            }
        }
    }
}

fn is_harmless(shown: &str) {
    assert!(!shown.chars().any(is_hostile), "{shown:?}");
}

/// Draws it as the interface does, and asks a terminal what has become of it.
fn is_drawn(shown: &str) {
    // This terminal does not show what stands for broken text, as others do.
    let shown = &shown.replace('\u{fffd}', "?");
    let columns = format::width(shown) as u16;
    let before = Buffer::empty(Rect::new(0, 0, columns + 1, 1));
    let mut buffer = before.clone();
    let (end, _) = buffer.set_stringn(0, 0, shown, usize::MAX, Style::new());
    assert_eq!(end, columns, "{shown:?}");
    buffer.set_string(end, 0, "|", Style::new());
    let mut bytes = Vec::new();
    let mut backend = CrosstermBackend::new(&mut bytes);
    let drawn = backend.draw(before.diff(&buffer).into_iter());
    drawn.expect("memory takes everything");
    let size = [1, columns + 1].map(|cells| NonZero::new(cells).expect("there is a bar"));
    let mut terminal = vt100::Parser::new(size[0], size[1], 0);
    terminal.process(&bytes);
    // What is blank at the end of a name was blank before.
    assert_eq!(terminal.screen().contents(), format!("{shown}|"));
    let cell = terminal.screen().cell(0, columns).expect("it is on it");
    assert_eq!(cell.contents(), "|", "{shown:?}");
}

/// `short` has room, nothing of it is cut within an escape, and it begins and ends like the whole.
fn is_shortened(short: &str, shown: &str, room: usize, signs: Signs) {
    let columns = format::width(short);
    assert!(columns <= room, "{short:?} in {room}");
    if format::width(shown) <= room {
        assert_eq!(short, shown);
        return;
    }
    is_drawn(short);
    let sign = if signs == Signs::Ascii { "..." } else { "…" };
    let splits = || {
        let places = short.char_indices().map(|(at, _)| short.split_at(at));
        places.filter_map(|(head, rest)| Some((head, rest.strip_prefix(sign)?)))
    };
    let whole = |part: &str| escape::unescape(part).is_some();
    let is_of_whole = |(head, tail): (&str, &str)| {
        // A blank at the end of the head is none at the end of a name.
        let head_goes_on = format!("{head}|");
        shown.starts_with(head) && shown.ends_with(tail) && whole(&head_goes_on) && whole(tail)
    };
    // In a path one sign may stand for parts and another one within the name.
    assert!(
        room < sign.len() || splits().any(is_of_whole) || splits().count() > 1,
        "{short:?} of {shown:?}"
    );
}
