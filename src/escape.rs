//! Makes names, paths and foreign messages safe to show, and is the only place that does.
//!
//! What leaves this module holds no control character, nothing that moves, hides or reorders other
//! text, and nothing that ratatui would silently drop. For names and paths it is also reversible:
//! two different names never look the same because of a character that cannot be seen. It must not
//! know where or how wide the text is drawn; shortening is the business of [`crate::format`], which
//! asks [`leading_sequence`] so that it never cuts inside an escape.
//!
//! The forms: `\\` is a backslash, `\x1b` an ASCII control character, `\xff` a byte that is not
//! part of valid UTF-8 (always 0x80 or above, so the two uses of `\x` cannot meet), `\u{202e}` any
//! other character that is not shown as it is. All hexadecimal digits are lower case.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use unicode_width::UnicodeWidthChar as _;

/// Letters and symbols that are not shown all the same. Inclusive, ascending: fillers, which look
/// like blanks; U+2800, the empty Braille pattern, which does so too; the vowel signs of Kirat Rai,
/// of which two may share the columns of one; the skin tones, which melt into the character before
/// them on some terminals and not on others.
const NOT_SHOWN: [(char, char); 7] = [
    ('\u{115f}', '\u{1160}'),
    ('\u{2800}', '\u{2800}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{16d63}', '\u{16d63}'),
    ('\u{16d67}', '\u{16d6a}'),
    ('\u{1f3fb}', '\u{1f3ff}'),
];

/// The name `bytes` as it is shown. Reversible by [`unescape`], hence injective. Borrows when
/// nothing is escaped.
///
/// Blanks (U+0020) stay wherever they stand but at the end, where they would not be seen; all other
/// white space is escaped, since it would look like a blank.
pub fn name(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = str::from_utf8(bytes)
        && !text.ends_with(' ')
        && text
            .chars()
            .all(|character| character != '\\' && stands_for_itself(character))
    {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            if character == '\\' {
                shown.push_str(r"\\");
            } else {
                push(&mut shown, character);
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(shown, "\\x{byte:02x}");
        }
    }
    if shown.ends_with(' ') {
        shown.pop();
        shown.push_str(r"\x20");
    }
    Cow::Owned(shown)
}

/// A whole path as it is shown: [`name`] for each part, the slashes stay.
pub fn path(path: &Path) -> String {
    name(path.as_os_str().as_bytes()).into_owned()
}

/// A message from outside, such as the text of a panic, made safe to show. Backslashes stay as they
/// are, so unlike [`name`] this is not reversible.
pub fn text(message: &str) -> Cow<'_, str> {
    if message.chars().all(stands_for_itself) {
        return Cow::Borrowed(message);
    }
    let mut shown = String::with_capacity(message.len() + 16);
    for character in message.chars() {
        push(&mut shown, character);
    }
    Cow::Owned(shown)
}

/// The bytes that [`name`] shows as `shown`, or `None` when it shows no bytes so.
pub fn unescape(shown: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(shown.len());
    let mut rest = shown;
    while let Some(position) = rest.find('\\') {
        let (plain, escaped) = rest.split_at(position);
        bytes.extend_from_slice(plain.as_bytes());
        let sequence = leading_sequence(escaped)?;
        match &sequence[1..2] {
            "x" => bytes.push(u8::from_str_radix(&sequence[2..], 16).ok()?),
            "u" => {
                let digits = sequence.get(3..sequence.len() - 1)?;
                let character = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
                bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            _ => bytes.push(b'\\'),
        }
        rest = &escaped[sequence.len()..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    // Other spellings of the same bytes (an escaped letter, a raw control character) are not what
    // `name` writes.
    (name(&bytes) == shown).then_some(bytes)
}

/// The escape sequence that `shown` begins with (`\\`, `\x1b`, `\u{202e}`), or `None` when it
/// begins with none.
pub fn leading_sequence(shown: &str) -> Option<&str> {
    let rest = shown.strip_prefix('\\')?;
    let is_hexadecimal = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if rest.starts_with('\\') {
        return Some(&shown[..2]);
    }
    if let Some(digits) = rest.strip_prefix('x').and_then(|digits| digits.get(..2)) {
        return is_hexadecimal(digits).then(|| &shown[..4]);
    }
    let (digits, _) = rest.strip_prefix("u{")?.split_once('}')?;
    let has_digits = (1..=6).contains(&digits.len()) && is_hexadecimal(digits);
    has_digits.then(|| &shown[..digits.len() + 4])
}

/// Appends `character`, escaped when it does not stand for itself.
fn push(shown: &mut String, character: char) {
    let _ = if stands_for_itself(character) {
        shown.write_char(character)
    } else if character.is_ascii() {
        write!(shown, "\\x{:02x}", u32::from(character))
    } else {
        write!(shown, "\\u{{{:x}}}", u32::from(character))
    };
}

/// Whether `character` is seen, and takes at least one column of its own, wherever it stands.
///
/// Combining marks and joiners are not: they would change the cell of the character before them,
/// and a terminal and ratatui need not agree on the width of what comes out. Neither is what has no
/// agreed look, and so may look like any other such: private use, and what the standard library
/// does not know as assigned. A terminal that knows more may even take it for a mark.
fn stands_for_itself(character: char) -> bool {
    if (' '..='~').contains(&character) {
        return true;
    }
    // The standard library has the general categories: it escapes C* and Z*, and what extends the
    // character before it.
    let is_graphic = || character.escape_debug().len() == 1;
    let is_listed = || {
        NOT_SHOWN
            .iter()
            .any(|&(first, last)| (first..=last).contains(&character))
    };
    character.width().is_some_and(|width| width > 0) && is_graphic() && !is_listed()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;
    use ratatui::style::Style;
    use unicode_segmentation::UnicodeSegmentation as _;
    use unicode_width::UnicodeWidthStr;

    use super::*;

    #[test]
    fn names_that_hurt() {
        let cases: [(&[u8], &str); 18] = [
            (b"work", "work"),
            (b" two  blanks ", r" two  blanks\x20"),
            ("写真とビデオ".as_bytes(), "写真とビデオ"),
            ("caf\u{e9}".as_bytes(), "caf\u{e9}"),
            ("cafe\u{301}".as_bytes(), r"cafe\u{301}"),
            (
                "evil\u{1b}[2J\u{202e}gpj.sh".as_bytes(),
                r"evil\x1b[2J\u{202e}gpj.sh",
            ),
            (b"a\\b", r"a\\b"),
            (b"a\\x1b", r"a\\x1b"),
            (b"\xff\x85", r"\xff\x85"),
            ("\u{85}".as_bytes(), r"\u{85}"),
            (b"\n\t\x7f\0", r"\x0a\x09\x7f\x00"),
            (
                "\u{a0}\u{3000}\u{2800}".as_bytes(),
                r"\u{a0}\u{3000}\u{2800}",
            ),
            (
                "\u{200d}\u{fe0f}\u{feff}".as_bytes(),
                r"\u{200d}\u{fe0f}\u{feff}",
            ),
            (
                "\u{115f}\u{1160}\u{3164}\u{ffa0}\u{ad}".as_bytes(),
                r"\u{115f}\u{1160}\u{3164}\u{ffa0}\u{ad}",
            ),
            ("\u{e0041}\u{e0100}".as_bytes(), r"\u{e0041}\u{e0100}"),
            ("👍\u{1f3fb}".as_bytes(), r"👍\u{1f3fb}"),
            (
                "\u{e000}\u{f8ff}\u{378}\u{10ffff}".as_bytes(),
                r"\u{e000}\u{f8ff}\u{378}\u{10ffff}",
            ),
            (b"", ""),
        ];
        for (bytes, shown) in cases {
            assert_eq!(name(bytes), shown);
            assert_eq!(unescape(shown).as_deref(), Some(bytes), "{shown}");
        }
    }

    #[test]
    fn what_names_are_never_shown_as_is_not_unescaped() {
        for shown in [
            "\\",
            r"\x1",
            r"\x1B",
            r"\x41",
            r"\u{41}",
            r"\u{}",
            r"\u{0085}",
            r"\u{85",
            r"\n",
            "\u{7}",
            r"\xc3\xa9",
        ] {
            assert_eq!(unescape(shown), None, "{shown:?}");
        }
    }

    #[test]
    fn paths_keep_slashes_and_messages_keep_backslashes() {
        assert_eq!(path(Path::new("/home/a\nb/c\\d")), r"/home/a\x0ab/c\\d");
        assert_eq!(text("C:\\d\n\u{202e}"), "C:\\d\\x0a\\u{202e}");
        assert!(matches!(text("C:\\d"), Cow::Borrowed(_)));
    }

    #[test]
    fn sequences_at_the_start() {
        assert_eq!(leading_sequence(r"\x1b[2J"), Some(r"\x1b"));
        assert_eq!(leading_sequence(r"\\x1b"), Some(r"\\"));
        assert_eq!(leading_sequence(r"\u{202e}gpj"), Some(r"\u{202e}"));
        for other in [
            "",
            "a",
            "\\",
            r"\x",
            r"\xg0",
            r"\x1é",
            r"\u{}",
            r"\u{1234567}",
            r"a\\",
        ] {
            assert_eq!(leading_sequence(other), None, "{other}");
        }
    }

    /// Every character there is, after any that it might join: not joined into less than the
    /// columns of both.
    #[test]
    fn every_character_keeps_its_columns() {
        let joins = |one: char, other: char| {
            let both = String::from_iter([one, other]);
            both.graphemes(true).count() == 1
        };
        let shown = || ('\0'..=char::MAX).filter(|&character| stands_for_itself(character));
        let joining = shown().filter(|&character| {
            joins('a', character) || joins(character, 'a') || joins(character, character)
        });
        let joining: Vec<char> = joining.chain(['a', '写', '👍']).collect();
        assert!(joining.len() > 100, "{}", joining.len());
        for second in shown() {
            let firsts = if joining.contains(&second) {
                joining.as_slice()
            } else {
                &['a']
            };
            for first in firsts {
                let both = String::from_iter([*first, second]);
                let columns: usize = both.graphemes(true).map(UnicodeWidthStr::width).sum();
                let each = [*first, second].map(|character| character.width().unwrap_or(0));
                assert_eq!(columns, each[0] + each[1], "{both:?}");
            }
        }
    }

    /// What a ratatui buffer holds of `shown`, cell by cell.
    fn drawn(shown: &str) -> String {
        let columns = shown.len() as u16 + 1;
        let mut buffer = Buffer::empty(Rect::new(0, 0, columns, 1));
        let (end, _) = buffer.set_stringn(0, 0, shown, usize::MAX, Style::new());
        let mut text = String::new();
        let mut column = 0;
        while column < end {
            let symbol = buffer[(column, 0)].symbol();
            text.push_str(symbol);
            column += symbol.width().max(1) as u16;
        }
        text
    }

    proptest! {
        #[test]
        fn bytes_come_back(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let shown = name(&bytes);
            prop_assert!(shown.chars().all(stands_for_itself));
            prop_assert_eq!(unescape(&shown), Some(bytes));
        }

        #[test]
        fn characters_come_back_and_are_drawn(original in prop::collection::vec(any::<char>(), 0..40)) {
            let original: String = original.into_iter().collect();
            let shown = name(original.as_bytes());
            prop_assert!(shown.chars().all(|character| !character.is_control() && character.width() > Some(0)));
            prop_assert_eq!(drawn(&shown), shown.as_ref());
            prop_assert_eq!(unescape(&shown), Some(original.into_bytes()));
        }

        #[test]
        fn different_names_differ(one in "[a\\\\x1bu{}\u{1b}\u{85}]{0,6}", other in "[a\\\\x1bu{}\u{1b}\u{85}]{0,6}") {
            prop_assert_eq!(one == other, name(one.as_bytes()) == name(other.as_bytes()));
        }

        #[test]
        fn what_is_unescaped_was_escaped(shown in "[a\\\\x1bu{}0-9]{0,12}") {
            if let Some(bytes) = unescape(&shown) {
                prop_assert_eq!(name(&bytes), shown);
            }
        }
    }
}
