//! Names and paths in fewer columns than they have, never cut within an escape sequence.

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr;

use super::Signs;
use crate::escape;

/// How many columns `text` takes when ratatui draws it, which is cluster by cluster.
pub fn width(text: &str) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    text.graphemes(true).map(UnicodeWidthStr::width).sum()
}

/// An escaped name in at most `columns`, shortened in the middle so that its start and its ending
/// stay: `customer-dat…l-v2.tar.zst`. No escape such as `\u{202e}` is cut.
pub fn shorten_name(name: &str, columns: usize, signs: Signs) -> String {
    if width(name) <= columns {
        return name.to_owned();
    }
    let sign = signs.shortened();
    let Some(room) = columns.checked_sub(width(sign)) else {
        // Only three dots can have too little room.
        return sign.chars().take(columns).collect();
    };
    let pieces = pieces(name);
    let mut tail = Taken::most(pieces.iter().rev(), room / 2);
    let head = Taken::most(pieces.iter(), room - tail.columns);
    // A wide letter or an escape may have left columns that the other side can use.
    tail = Taken::most(pieces.iter().rev(), room - head.columns);
    format!(
        "{}{sign}{}",
        &name[..head.bytes],
        &name[name.len() - tail.bytes..]
    )
}

/// How much of a text was taken from one of its ends.
#[derive(Clone, Copy)]
struct Taken {
    bytes: usize,
    columns: usize,
}

impl Taken {
    /// As many of `pieces` as have room in `columns`.
    fn most<'text>(pieces: impl Iterator<Item = &'text &'text str>, columns: usize) -> Self {
        let mut taken = Self {
            bytes: 0,
            columns: 0,
        };
        for piece in pieces {
            let wider = taken.columns + width(piece);
            if wider > columns {
                break;
            }
            taken = Self {
                bytes: taken.bytes + piece.len(),
                columns: wider,
            };
        }
        taken
    }
}

/// `text` cut into what must stay in one piece: escapes, and clusters of characters.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(cluster) = rest.graphemes(true).next() {
        let (piece, behind) =
            rest.split_at(escape::leading_sequence(rest).unwrap_or(cluster).len());
        pieces.push(piece);
        rest = behind;
    }
    pieces
}

/// An escaped path in at most `columns`. Whole parts go from its middle first, while the first part
/// and the file name stay: `.local/…/overlay/9f3c/diff/layer.img`. Where that is not enough it is
/// shortened like a name.
///
/// A slash at the start belongs to the first part, one at the end to the last.
pub fn shorten_path(path: &str, columns: usize, signs: Signs) -> String {
    if width(path) <= columns {
        return path.to_owned();
    }
    let inner = 1..path.len().saturating_sub(1);
    let slashes: Vec<usize> = path
        .match_indices('/')
        .map(|(at, _)| at)
        .filter(|at| inner.contains(at))
        .collect();
    let [first_slash, further @ ..] = slashes.as_slice() else {
        return shorten_name(path, columns, signs);
    };
    let start = format!("{}{}", &path[..=*first_slash], signs.shortened());
    let start_columns = width(&start);
    let fits = |&&slash: &&usize| start_columns + width(&path[slash..]) <= columns;
    // From the end: to measure the longest ones first would be quadratic on a chain.
    if let Some(&slash) = further.iter().rev().take_while(fits).last() {
        return format!("{start}{}", &path[slash..]);
    }
    match further.last() {
        // The start may stay as long as it leaves at least half of the room to the file name.
        Some(&slash) if (start_columns + 1) * 2 <= columns => {
            let name = shorten_name(&path[slash + 1..], columns - start_columns - 1, signs);
            format!("{start}/{name}")
        }
        _ => shorten_name(path, columns, signs),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Signs::{Ascii, Unicode};
    use super::*;

    #[test]
    fn names_lose_their_middle() {
        let name = "customer-data-2019-export-final-v2.tar.zst";
        let path = "work/customer-data-2019-full-export-final-v2.tar.zst";
        assert_eq!(shorten_name(name, 25, Unicode), "customer-dat…l-v2.tar.zst");
        assert_eq!(
            shorten_name(name, 36, Unicode),
            "customer-data-2019…-final-v2.tar.zst"
        );
        assert_eq!(shorten_name(name, 25, Ascii), "customer-da...-v2.tar.zst");
        assert_eq!(shorten_name(name, 42, Unicode), name);
        assert_eq!(
            shorten_path(path, 45, Unicode),
            "work/customer-data-201…xport-final-v2.tar.zst"
        );
        assert_eq!(shorten_name("写真とビデオ/", 8, Unicode), "写真…オ/");
        assert_eq!(
            shorten_name(r"evil\x1b[2J\u{202e}gpj.sh", 14, Unicode),
            "evil…gpj.sh"
        );
        assert_eq!(
            shorten_name(r"evil\x1b[2J\u{202e}gpj.sh", 15, Unicode),
            r"evil\x1b…gpj.sh"
        );
        assert_eq!(shorten_name(r"\u{202e}\u{202e}", 15, Unicode), r"\u{202e}…");
        let chain = "down/".repeat(100_000);
        assert_eq!(shorten_path(&chain, 20, Unicode), "down/…/down/down/");
        assert_eq!(shorten_name("abc", 1, Unicode), "…");
        assert_eq!(shorten_name("abcd", 2, Ascii), "..");
        assert_eq!(shorten_name("abc", 0, Unicode), "");
    }

    #[test]
    fn paths_lose_whole_parts() {
        let cases = [
            (
                "work/llvm/build/lib/Target/AMDGPU",
                30,
                "work/…/build/lib/Target/AMDGPU",
            ),
            (
                "work/linux/drivers/net/ethernet/intel",
                32,
                "work/…/net/ethernet/intel",
            ),
            (
                ".local/share/containers/storage/overlay/9f3c/diff/layer.img",
                36,
                ".local/…/overlay/9f3c/diff/layer.img",
            ),
            (
                "videos/raw/iceland/2025-07-18-waterfall-4k.mp4",
                45,
                "videos/…/iceland/2025-07-18-waterfall-4k.mp4",
            ),
            ("work/llvm/build/lib/Target/AMDGPU", 13, "work/…/AMDGPU"),
            (
                "work/llvm/averyveryverylongname.txt",
                21,
                "work/…/averyve…me.txt",
            ),
            ("work/llvm/build/", 13, "work/…/build/"),
            ("/home/ada/work/llvm/build", 20, "/home/…/llvm/build"),
            ("averyverylongdirectory/middle/x.txt", 15, "averyve…e/x.txt"),
            ("work/llvm", 9, "work/llvm"),
            ("/", 1, "/"),
            ("/ab", 1, "…"),
        ];
        for (path, columns, shortened) in cases {
            assert_eq!(shorten_path(path, columns, Unicode), shortened);
        }
        assert_eq!(
            shorten_path("work/llvm/build/lib/x", 18, Ascii),
            "work/.../lib/x"
        );
    }

    /// Names as they reach this module: escaped, of letters of all widths and a few that need
    /// escapes.
    fn escaped() -> impl Strategy<Value = String> {
        let wild = prop::collection::vec(any::<char>(), 0..30).prop_map(String::from_iter);
        let names = prop_oneof!["[a-c/\\\\\u{1b}\u{202e}写éの🇩🇪का]{0,40}", wild];
        names.prop_map(|name| escape::name(name.as_bytes()).into_owned())
    }

    fn signs() -> impl Strategy<Value = Signs> {
        prop_oneof![Just(Unicode), Just(Ascii)]
    }

    proptest! {
        #[test]
        fn shortening_never_exceeds_nor_cuts_escapes(text in escaped(), columns in 1_usize..50, signs in signs()) {
            for short in [shorten_name(&text, columns, signs), shorten_path(&text, columns, signs)] {
                prop_assert!(width(&short) <= columns, "{short:?}");
                prop_assert!(short.width() <= columns, "{short:?}");
                if width(&text) <= columns {
                    prop_assert_eq!(&short, &text);
                }
                // What is between the signs is still what the escaping writes.
                for kept in short.split(signs.shortened()).filter(|_| signs == Unicode && !text.contains('…')) {
                    // A blank at the end of such a part is none at the end of a name.
                    let goes_on = kept.ends_with(' ').then(|| format!("{kept}|"));
                    let kept = goes_on.as_deref().unwrap_or(kept);
                    prop_assert!(escape::unescape(kept).is_some(), "{short:?}");
                }
            }
        }
    }
}
