//! What must not reach a terminal out of a name. Written down apart from the module that escapes.

use unicode_width::UnicodeWidthChar as _;

/// Characters that are not seen although some take columns: fillers, joiners, marks that reorder
/// text, variation selectors, tags. Inclusive.
const UNSEEN: [(char, char); 20] = [
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{2000}', '\u{200f}'),
    ('\u{2028}', '\u{202f}'),
    ('\u{205f}', '\u{206f}'),
    ('\u{2800}', '\u{2800}'),
    ('\u{3000}', '\u{3000}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{1f3fb}', '\u{1f3ff}'),
    ('\u{e0000}', '\u{e0fff}'),
];

/// Whether `character` controls the terminal, reorders or hides text, or has no columns.
pub(crate) fn is_hostile(character: char) -> bool {
    let is_unseen = || {
        UNSEEN
            .iter()
            .any(|&(first, last)| (first..=last).contains(&character))
    };
    character.is_control() || is_unseen() || character.width().is_none_or(|width| width == 0)
}
