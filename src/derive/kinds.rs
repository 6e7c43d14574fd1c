//! What most of the bytes below some directories are: of which kind, by the endings of the names,
//! and of which age.

use std::collections::HashMap;

use super::{Gather, Place, ages::Age, types::Ending};
use crate::{
    scan::dir::DirId,
    tree::{Tree, block::File},
};

/// Kinds of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Moving pictures.
    Video,
    /// Pictures.
    Image,
    /// Sound.
    Audio,
    /// Many files in one, packed: archives, packages, images of disks.
    Archive,
    /// Text that people write for machines.
    Code,
    /// What is made from it.
    Build,
    /// Anything else.
    Other,
}

impl Class {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Video,
        Self::Image,
        Self::Audio,
        Self::Archive,
        Self::Code,
        Self::Build,
        Self::Other,
    ];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Video => "video",
            Self::Image => "image",
            Self::Audio => "audio",
            Self::Archive => "archive",
            Self::Code => "code",
            Self::Build => "build",
            Self::Other => "other",
        }
    }

    /// The kind of a file with this name. Numbers behind the ending are versions, as in
    /// `libclang.so.14`.
    pub fn of(name: &[u8]) -> Self {
        let mut name = name;
        while let Some(dot) = name.iter().rposition(|byte| *byte == b'.')
            && name[dot + 1..].iter().all(u8::is_ascii_digit)
        {
            name = &name[..dot];
        }
        let ending = Ending::of(name);
        match std::str::from_utf8(ending.bytes()).unwrap_or_default() {
            "mp4" | "mkv" | "webm" | "avi" | "mov" | "m4v" | "mpg" | "mpeg" | "wmv" | "flv"
            | "m2ts" | "mts" | "vob" | "ogv" | "3gp" => Self::Video,
            "jpg" | "jpeg" | "png" | "gif" | "tif" | "tiff" | "bmp" | "webp" | "heic" | "heif"
            | "avif" | "svg" | "psd" | "xcf" | "kra" | "raw" | "nef" | "cr2" | "cr3" | "arw"
            | "dng" | "orf" | "raf" | "rw2" | "ico" | "exr" | "hdr" => Self::Image,
            "mp3" | "flac" | "ogg" | "opus" | "m4a" | "aac" | "wav" | "aif" | "aiff" | "wma"
            | "mid" | "ape" | "alac" => Self::Audio,
            "zip" | "tar" | "gz" | "tgz" | "bz2" | "tbz" | "xz" | "txz" | "zst" | "lz4"
            | "lzma" | "br" | "7z" | "rar" | "cab" | "iso" | "img" | "dmg" | "qcow2" | "vmdk"
            | "vdi" | "deb" | "rpm" | "apk" | "whl" | "jar" | "war" | "crate" | "gem" | "pack"
            | "squashfs" | "snap" | "flatpak" | "appimage" => Self::Archive,
            "c" | "h" | "cc" | "cpp" | "cxx" | "hpp" | "hh" | "rs" | "go" | "py" | "js" | "mjs"
            | "ts" | "tsx" | "jsx" | "java" | "kt" | "scala" | "rb" | "php" | "pl" | "lua"
            | "sh" | "bash" | "zsh" | "fish" | "swift" | "m" | "mm" | "cs" | "fs" | "hs" | "ml"
            | "ex" | "exs" | "erl" | "clj" | "lisp" | "el" | "vim" | "sql" | "css" | "scss"
            | "html" | "htm" | "xml" | "json" | "yaml" | "yml" | "toml" | "ini" | "cmake"
            | "mk" | "s" | "asm" | "ll" | "td" | "zig" | "nim" | "r" | "jl" | "dart" | "vue"
            | "proto" | "md" | "rst" | "tex" => Self::Code,
            "o" | "a" | "so" | "obj" | "lib" | "dll" | "exe" | "dylib" | "rlib" | "rmeta"
            | "pdb" | "class" | "pyc" | "pyo" | "wasm" | "bc" | "gch" | "pch" | "ko" | "elc"
            | "beam" | "d" | "dwo" | "dwp" | "debug" | "map" => Self::Build,
            _ => Self::Other,
        }
    }
}

/// What there is of each kind and of each age, in bytes.
#[derive(Clone, Copy, Debug, Default)]
struct Amounts {
    classes: [u128; Class::ALL.len()],
    ages: [u128; Age::ALL.len()],
}

/// What most is, below some directories. See the module's head. Names are counted, not inodes: what
/// most is does not depend on it.
#[derive(Debug)]
pub struct Kinds {
    now: i64,
    above: DirId,
    amounts: HashMap<DirId, Amounts>,
    /// Those of the directories that the files that come next lie below.
    here: Vec<DirId>,
}

impl Kinds {
    /// Nothing is gathered yet below `dirs`, which are subdirectories of `above` and of these. Ages
    /// are as seen from `now`, in seconds since 1970.
    pub fn new(above: DirId, dirs: impl IntoIterator<Item = DirId>, now: i64) -> Self {
        let amounts = dirs.into_iter().map(|dir| (dir, Amounts::default()));
        Self {
            now,
            above,
            amounts: amounts.collect(),
            here: Vec::new(),
        }
    }

    /// Whether it is of this directory.
    pub fn is_of(&self, dir: DirId) -> bool {
        self.amounts.contains_key(&dir)
    }

    /// What most bytes below each directory are, and how old.
    pub fn most(&self) -> impl Iterator<Item = (DirId, Class, Age)> {
        self.amounts.iter().map(|(dir, amounts)| {
            let class = Class::ALL[largest(&amounts.classes).unwrap_or(Class::Other as usize)];
            let age = Age::ALL[largest(&amounts.ages).unwrap_or(0)];
            (*dir, class, age)
        })
    }
}

/// The place of the largest number, if any is more than nothing; of equal ones the first.
fn largest(amounts: &[u128]) -> Option<usize> {
    let most = *amounts.iter().max()?;
    amounts
        .iter()
        .position(|amount| *amount == most)
        .filter(|_| most > 0)
}

impl Gather for Kinds {
    fn enter(&mut self, tree: &Tree, dir: DirId) {
        let first = tree.branch(self.above, dir);
        let second = first.and_then(|first| tree.branch(first, dir));
        let known = |dir: &DirId| self.amounts.contains_key(dir);
        self.here = [first, second]
            .into_iter()
            .flatten()
            .filter(known)
            .collect();
    }

    fn file(&mut self, _: Place, file: &File<'_>) {
        if self.here.is_empty() {
            return;
        }
        let class = Class::of(file.name) as usize;
        let age = Age::of(file.modified, self.now) as usize;
        for dir in &self.here {
            if let Some(amounts) = self.amounts.get_mut(dir) {
                amounts.classes[class] += u128::from(file.disk);
                amounts.ages[age] += u128::from(file.disk);
            }
        }
    }

    fn directory(&mut self, _: &Tree, _: DirId) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_names() {
        let cases: [(&[u8], Class); 8] = [
            (b"film.MKV", Class::Video),
            (b"libclang.so.14", Class::Build),
            (b"libstdc++.so.6.0.30", Class::Build),
            (b"backup.tar.zst", Class::Archive),
            (b"main.rs", Class::Code),
            (b"core.48213", Class::Other),
            (b"1.2.3", Class::Other),
            (b"", Class::Other),
        ];
        for (name, class) in cases {
            let shown = String::from_utf8_lossy(name);
            assert_eq!(Class::of(name), class, "{shown}");
        }
    }
}
