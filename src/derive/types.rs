//! What there is below a directory of each type, by the endings of the names.
//!
//! An ending is what follows the last dot, in small letters as far as they are ASCII: `.JPG` and
//! `.jpg` are one. A dot at the start of a name begins no ending, nor does one that is followed by
//! digits only, by anything with a blank in it or by more than [`LONGEST`] bytes: what comes then is
//! rather a number or part of a sentence than a type.

use std::collections::HashMap;

use super::{Gather, Place, Sums, inodes::Inodes};
use crate::{
    scan::dir::DirId,
    tree::{
        Tree,
        block::{File, Kind},
    },
};

/// An ending has at most so many bytes.
pub const LONGEST: usize = 15;
/// So many endings are told apart; files with any that come later are counted together.
pub const MOST: usize = 64 * 1024;

/// The ending of a name, without its dot; none is empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ending {
    length: u8,
    bytes: [u8; LONGEST],
}

impl Ending {
    /// The ending of `name`; an empty one if it has none.
    pub fn of(name: &[u8]) -> Self {
        let dot = name.iter().rposition(|byte| *byte == b'.');
        let ending = match dot {
            Some(at @ 1..) => &name[at + 1..],
            _ => b"",
        };
        // All dots at the start, as in `..data`.
        let only_dots = dot.is_some_and(|at| name[..at].iter().all(|byte| *byte == b'.'));
        let is_number = ending.iter().all(u8::is_ascii_digit);
        if only_dots || is_number || ending.len() > LONGEST || ending.contains(&b' ') {
            return Self::default();
        }
        let mut bytes = [0; LONGEST];
        bytes[..ending.len()].copy_from_slice(ending);
        bytes.make_ascii_lowercase();
        Self {
            length: ending.len() as u8,
            bytes,
        }
    }

    /// What follows the dot, as bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length.into()]
    }

    /// Whether it is the ending of names without one.
    pub fn is_none(&self) -> bool {
        self.length == 0
    }
}

/// What there is of each ending. See the module's head.
#[derive(Clone, Debug, Default)]
pub struct Types {
    endings: HashMap<Ending, Sums>,
    /// Files with endings beyond [`MOST`].
    others: Sums,
    inodes: Inodes,
    round: Round,
    last_round: Round,
}

/// What one round of the directories brings.
#[derive(Clone, Debug, Default)]
struct Round {
    /// Own sizes of directories.
    dirs: Sums,
    /// Roots that are files.
    roots: HashMap<Ending, Sums>,
}

impl Types {
    /// Every ending that was met, in no particular order, with what there is of it.
    pub fn endings(&self) -> impl Iterator<Item = (Ending, Sums)> {
        let roots = self.last_round.roots.keys();
        let alone = roots.filter(|ending| !self.endings.contains_key(ending));
        let all = self.endings.keys().chain(alone);
        all.map(|ending| (*ending, self.of(*ending)))
    }

    /// What there is of an ending.
    pub fn of(&self, ending: Ending) -> Sums {
        let known = [&self.endings, &self.last_round.roots];
        let sums = known.into_iter().filter_map(|sums| sums.get(&ending));
        sums.copied().sum()
    }

    /// What there is of the endings that are not told apart, or not any more.
    pub fn others(&self) -> Sums {
        self.others
    }

    /// What the directories themselves take.
    pub fn dirs(&self) -> Sums {
        self.last_round.dirs
    }
}

impl Gather for Types {
    fn file(&mut self, _: Place, file: &File<'_>) {
        let sums = self.inodes.count(file);
        let ending = Ending::of(file.name);
        // Folded files of several types have no name in common.
        if file.name.is_empty() {
            self.others += sums;
        } else if let Some(known) = self.endings.get_mut(&ending) {
            *known += sums;
        } else if self.endings.len() < MOST {
            self.endings.insert(ending, sums);
        } else {
            self.others += sums;
        }
    }

    fn begin_round(&mut self) {
        self.round = Round::default();
    }

    fn directory(&mut self, tree: &Tree, dir: DirId) {
        let own = tree.own(dir);
        let mut sums = Sums {
            disk: own.disk.into(),
            apparent: own.apparent.into(),
            files: 0,
        };
        if own.kind == Kind::Directory {
            self.round.dirs += sums;
        } else {
            sums.files = 1;
            // The name of a root is its path.
            let name = tree.name(dir).rsplit(|byte| *byte == b'/').next();
            let ending = Ending::of(name.unwrap_or_default());
            *self.round.roots.entry(ending).or_default() += sums;
        }
    }

    fn end_round(&mut self) {
        self.last_round = std::mem::take(&mut self.round);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_of_names() {
        let cases: [(&[u8], &[u8]); 16] = [
            (b"film.mp4", b"mp4"),
            (b"FILM.MP4", b"mp4"),
            (b"backup.tar.zst", b"zst"),
            (b"Makefile", b""),
            (b".profile", b""),
            (b".config.toml", b"toml"),
            (b"..data", b""),
            (b"ends with a dot.", b""),
            (b"Chapter 1. The beginning", b""),
            (b"core.48213", b""),
            (b"archive.7z", b"7z"),
            (b"a.bcdefghijklmnop", b"bcdefghijklmnop"),
            (b"a.bcdefghijklmnopq", b""),
            (b"\xff.\xc4\xff", b"\xc4\xff"),
            (b".", b""),
            (b"", b""),
        ];
        for (name, ending) in cases {
            let name_shown = String::from_utf8_lossy(name);
            assert_eq!(Ending::of(name).bytes(), ending, "{name_shown}");
        }
        assert!(Ending::of("x.Ä".as_bytes()) != Ending::of("x.ä".as_bytes()));
    }
}
