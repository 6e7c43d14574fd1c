//! What may reach a terminal: sequences that the program writes, and text that does no harm.

use crate::checks::hostile::is_hostile;

/// What begins a sequence that the interface writes, and what its end has to be.
const SEQUENCES: [(&str, &str); 3] = [
    ("\x1b]0;spelunk: ", "\x1b\\"),
    ("\x1b]777;notify;spelunk;", "\x1b\\"),
    ("\x1b]9;4;", "\x1b\\"),
];

/// Fails unless everything in `bytes`, which a terminal gets, is text that does no harm, one of
/// `SEQUENCES` around such a text, a sequence for places and looks, or one of `others`.
#[track_caller]
pub(crate) fn is_harmless(bytes: &[u8], others: &[&str]) {
    let mut rest = str::from_utf8(bytes).expect("a terminal gets UTF-8");
    while let Some(first) = rest.chars().next() {
        if first != '\x1b' && !is_hostile(first) {
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let other = others.iter().find(|other| rest.starts_with(**other));
        let length = other.map(|other| other.len());
        rest = match length.or_else(|| sequence(rest)) {
            Some(length) => &rest[length..],
            None => panic!("{:?}", rest.chars().take(60).collect::<String>()),
        };
    }
}

/// How long the sequence is that `rest` begins with.
fn sequence(rest: &str) -> Option<usize> {
    if let Some(looks) = rest.strip_prefix("\x1b[") {
        let is_number = |byte: u8| byte.is_ascii_digit() || byte == b';';
        let end = looks.bytes().position(|byte| !is_number(byte))?;
        let is_known = matches!(looks.as_bytes()[end], b'H' | b'm');
        let is_cursor = looks.starts_with("?25l") || looks.starts_with("?25h");
        return if is_cursor {
            Some(6)
        } else {
            is_known.then_some(end + 3)
        };
    }
    let known = SEQUENCES.iter().find(|(begin, _)| rest.starts_with(begin));
    let (begin, end) = known?;
    let length = rest[begin.len()..].find(end)?;
    let text = &rest[begin.len()..begin.len() + length];
    (!text.contains(is_hostile)).then_some(begin.len() + length + end.len())
}

#[test]
fn what_harms_is_found() {
    is_harmless(
        "写 a\x1b[2;3H\x1b[38;5;1mb\x1b]0;spelunk: x\x1b\\\x1b[?25l".as_bytes(),
        &[],
    );
    is_harmless(b"a\r\n\x1b[?1049h", &["\r\n", "\x1b[?1049h"]);
    for text in [
        "\x1b[2J",
        "\x1b]52;c;aGk=\x1b\\",
        "\x1b]0;spelunk: \x07\x1b\\",
        "\n",
        "\u{9b}31m",
        "\u{202e}",
        "e\u{301}",
        "\u{200d}",
    ] {
        let harmed = std::panic::catch_unwind(|| is_harmless(text.as_bytes(), &[]));
        assert!(harmed.is_err(), "{text:?}");
    }
}
