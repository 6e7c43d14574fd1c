//! What is found by name below a directory: files and directories, the largest ten thousand of
//! them, and how many there are.
//!
//! A query is words that must all occur in the path below the directory, or, where it has one of
//! `* ? [`, a glob for the name. Capitals count only in a word that has some. A word with slashes
//! reaches over several parts of the path: `linux/dri` is found in `linux/drivers/hid`.
//!
//! Which words occur in the path of a directory is found out once for each, from what is known of
//! its parent; with a file only those are looked for that its directory lacks.

use std::{cmp::Reverse, ffi::OsStr, ops::Range, os::unix::ffi::OsStrExt as _, sync::Arc};

use globset::{GlobBuilder, GlobMatcher};

pub use super::entries::Entry as Target;
use super::{Gather, Moves, Place, top::Top};
use crate::{
    scan::dir::DirId,
    tree::{Tree, block::File},
};

/// How many are kept.
pub const MOST: usize = 10_000;
/// How many words a query can have: one bit each, and one for whether they are known.
const MOST_WORDS: usize = 31;
const KNOWN: u32 = 1 << 31;

/// What is looked for.
#[derive(Clone, Debug)]
pub enum Query {
    /// Nothing yet.
    Nothing,
    /// These words.
    Words(Words),
    /// Names that match this glob.
    Glob(GlobMatcher),
    /// Something that begins like a glob and is none, or too many words.
    Broken,
}

/// Words that must all occur.
#[derive(Clone, Debug)]
pub struct Words(Vec<Word>);

impl Query {
    /// What `text` asks for.
    pub fn of(text: &str) -> Self {
        if text.contains(['*', '?', '[']) {
            let glob = GlobBuilder::new(text.trim())
                .case_insensitive(!has_capitals(text))
                .literal_separator(true)
                .build();
            return glob.map_or(Self::Broken, |glob| Self::Glob(glob.compile_matcher()));
        }
        let words: Vec<Word> = text.split_whitespace().map(Word::of).collect();
        match words.len() {
            0 => Self::Nothing,
            1..=MOST_WORDS => Self::Words(Words(words)),
            _ => Self::Broken,
        }
    }
}

impl Query {
    /// Where its words occur in `text`, for showing that: parts of it in bytes, in their order and
    /// apart from each other. Of a glob nothing is said.
    pub fn found_in(&self, text: &str) -> Vec<Range<usize>> {
        let Self::Words(words) = self else {
            return Vec::new();
        };
        let is_start = |at: &usize| text.is_char_boundary(*at);
        let mut found: Vec<Range<usize>> = Vec::new();
        for word in &words.0 {
            let sought = word.parts.join(&b'/');
            let ends = |start: usize| start + sought.len();
            let starts = (0..=text.len().saturating_sub(sought.len())).filter(is_start);
            let here = starts.filter(|start| {
                let some = text.as_bytes().get(*start..ends(*start));
                some.is_some_and(|some| word.fits(&sought, some, Fit::Whole))
            });
            found.extend(here.map(|start| start..ends(start)));
        }
        found.retain(|part| !part.is_empty() && is_start(&part.end));
        found.sort_unstable_by_key(|part| (part.start, part.end));
        let mut apart: Vec<Range<usize>> = Vec::new();
        for part in found {
            match apart.last_mut() {
                Some(last) if part.start <= last.end => last.end = last.end.max(part.end),
                _ => apart.push(part),
            }
        }
        apart
    }
}

fn has_capitals(text: &str) -> bool {
    text.chars().any(char::is_uppercase)
}

/// How letters are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Letters {
    /// As they are.
    Exact,
    /// Small and capital ones are the same, and the word has none beyond ASCII.
    Ascii,
    /// The same for all letters that there are.
    Any,
}

/// Where in a name something has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    Anywhere,
    Start,
    End,
    Whole,
}

/// A word, cut at its slashes.
#[derive(Clone, Debug)]
struct Word {
    letters: Letters,
    /// At least one.
    parts: Vec<Vec<u8>>,
}

impl Word {
    fn of(text: &str) -> Self {
        let letters = match (has_capitals(text), text.is_ascii()) {
            (true, _) => Letters::Exact,
            (false, true) => Letters::Ascii,
            (false, false) => Letters::Any,
        };
        let parts = text.split('/').map(|part| part.as_bytes().to_vec());
        Self {
            letters,
            parts: parts.collect(),
        }
    }

    fn fits(&self, part: &[u8], name: &[u8], fit: Fit) -> bool {
        match self.letters {
            Letters::Exact => is_in(part, name, fit, <[u8]>::eq),
            Letters::Ascii => is_in(part, name, fit, <[u8]>::eq_ignore_ascii_case),
            Letters::Any => {
                let name = String::from_utf8_lossy(name).to_lowercase();
                is_in(part, name.as_bytes(), fit, <[u8]>::eq)
            }
        }
    }

    /// Whether the parts before the last are the end of the path of `dir` below `scope`.
    fn leads_to(&self, tree: &Tree, scope: DirId, dir: DirId) -> bool {
        self.is_end_of(tree, scope, dir, &self.parts[..self.parts.len() - 1])
    }

    fn is_end_of(&self, tree: &Tree, scope: DirId, dir: DirId, parts: &[Vec<u8>]) -> bool {
        let mut above = Some(dir);
        for (place, part) in parts.iter().enumerate().rev() {
            let here = above.filter(|dir| *dir != scope && *dir != DirId::TOP);
            let fits = match here {
                Some(dir) if place > 0 => self.fits(part, tree.name(dir), Fit::Whole),
                Some(dir) => self.fits(part, tree.name(dir), Fit::End),
                // A slash at the very start stands before the first part of the path as well.
                None => place == 0 && part.is_empty(),
            };
            if !fits {
                return false;
            }
            above = here.and_then(|dir| tree.parent(dir));
        }
        true
    }

    /// Whether it occurs in the path of `dir`, its name among it.
    fn ends_in(&self, tree: &Tree, scope: DirId, dir: DirId) -> bool {
        let name = tree.name(dir);
        let Some((last, before)) = self.parts.split_last() else {
            return false;
        };
        if before.is_empty() {
            return self.fits(last, name, Fit::Anywhere);
        }
        if last.is_empty() && self.is_end_of(tree, scope, dir, before) {
            return true;
        }
        let above = tree.parent(dir).unwrap_or(DirId::TOP);
        self.fits(last, name, Fit::Start) && self.leads_to(tree, scope, above)
    }

    /// Whether it occurs at the end of the path of a file, the directory of which it leads to.
    fn ends_at(&self, name: &[u8]) -> bool {
        let Some((last, before)) = self.parts.split_last() else {
            return false;
        };
        let fit = if before.is_empty() {
            Fit::Anywhere
        } else {
            Fit::Start
        };
        self.fits(last, name, fit)
    }
}

fn is_in(part: &[u8], name: &[u8], fit: Fit, same: impl Fn(&[u8], &[u8]) -> bool) -> bool {
    let Some(more) = name.len().checked_sub(part.len()) else {
        return false;
    };
    match fit {
        Fit::Anywhere => part.is_empty() || name.windows(part.len()).any(|some| same(some, part)),
        Fit::Start => same(&name[..part.len()], part),
        Fit::End => same(&name[more..], part),
        Fit::Whole => more == 0 && same(name, part),
    }
}

/// Something that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// Size in bytes.
    pub size: u64,
    /// What it is. Of equal sizes the one that was found first is the larger one.
    pub target: Reverse<Target>,
}

impl Hit {
    /// Where it is now; `None` where it was folded.
    pub fn follow(self, moves: &Moves) -> Option<Self> {
        let target = Reverse(self.target.0.follow(moves)?);
        Some(Self { target, ..self })
    }
}

/// What was found. See the module's head.
#[derive(Debug)]
pub struct Found {
    scope: DirId,
    query: Arc<Query>,
    apparent: bool,
    files: Kept,
    /// Those of the last round, and those of the one that goes on.
    dirs: Kept,
    next_dirs: Kept,
    had_round: bool,
    /// By directory: which words occur in its path, with [`KNOWN`].
    occurring: Vec<u32>,
    /// The words that are still to be looked for in the names of the files that come.
    missing: Missing,
}

/// The largest of some, and how many there are.
#[derive(Clone, Debug)]
struct Kept {
    count: u64,
    largest: Top<Hit>,
    has_lost: bool,
}

impl Kept {
    fn none() -> Self {
        Self {
            count: 0,
            largest: Top::new(MOST),
            has_lost: false,
        }
    }

    fn follow(&mut self, moves: &Moves) {
        let had = self.largest.len();
        self.largest.change(|hit| hit.follow(moves));
        let gone = had - self.largest.len();
        self.has_lost |= had == MOST && gone > 0;
        self.count -= gone as u64;
    }

    fn add(&mut self, size: u64, target: Target) {
        self.count += 1;
        self.largest.offer(Hit {
            size,
            target: Reverse(target),
        });
    }
}

/// What the name of a file must have.
#[derive(Clone, Debug)]
enum Missing {
    /// These words of the query, by their places.
    Words(Vec<usize>),
    /// Whatever it has: in this directory nothing can match.
    Everything,
}

impl Found {
    /// Nothing is found yet below `scope`; by disk usage, or by apparent size.
    pub fn new(scope: DirId, query: Query, apparent: bool) -> Self {
        Self {
            scope,
            query: Arc::new(query),
            apparent,
            files: Kept::none(),
            dirs: Kept::none(),
            next_dirs: Kept::none(),
            had_round: false,
            occurring: Vec::new(),
            missing: Missing::Everything,
        }
    }

    /// Whether the sizes are the apparent ones.
    pub fn is_apparent(&self) -> bool {
        self.apparent
    }

    /// What is looked for.
    pub fn query(&self) -> &Query {
        &self.query
    }

    /// How many were found.
    pub fn count(&self) -> u64 {
        self.files.count + self.dirs().count
    }

    /// The largest of them, the largest first.
    pub fn sorted(&self) -> Vec<Hit> {
        let (files, dirs) = (self.files.largest.iter(), self.dirs().largest.iter());
        let mut hits: Vec<Hit> = files.chain(dirs).copied().collect();
        hits.sort_unstable_by(|one, other| other.cmp(one));
        hits.truncate(MOST);
        hits
    }

    /// Whether it lacks some that are known by name and would be among the largest now, since others
    /// were folded.
    pub fn has_lost(&self) -> bool {
        self.files.has_lost
    }

    fn dirs(&self) -> &Kept {
        if self.had_round {
            &self.dirs
        } else {
            &self.next_dirs
        }
    }

    /// Which words occur in the path of `dir` below the scope.
    fn occurring(&mut self, tree: &Tree, words: &Words, dir: DirId) -> u32 {
        let mut unknown = Vec::new();
        let mut above = Some(dir);
        let mut occurring = 0;
        while let Some(dir) = above.filter(|dir| *dir != self.scope && *dir != DirId::TOP) {
            let known = self.occurring.get(dir.index()).copied().unwrap_or(0);
            if known & KNOWN > 0 {
                occurring = known;
                break;
            }
            unknown.push(dir);
            above = tree.parent(dir);
        }
        while let Some(dir) = unknown.pop() {
            for (place, word) in words.0.iter().enumerate() {
                if occurring & 1 << place == 0 && word.ends_in(tree, self.scope, dir) {
                    occurring |= 1 << place;
                }
            }
            if self.occurring.len() <= dir.index() {
                self.occurring.resize(dir.index() + 1, 0);
            }
            self.occurring[dir.index()] = occurring | KNOWN;
        }
        occurring & !KNOWN
    }
}

impl Gather for Found {
    fn enter(&mut self, tree: &Tree, dir: DirId) {
        let query = Arc::clone(&self.query);
        let Query::Words(words) = &*query else { return };
        let occurring = self.occurring(tree, words, dir);
        let missing = (0..words.0.len()).filter(|place| occurring & 1 << place == 0);
        let missing: Vec<usize> = missing.collect();
        let can_match = missing
            .iter()
            .all(|place| words.0[*place].leads_to(tree, self.scope, dir));
        self.missing = if can_match {
            Missing::Words(missing)
        } else {
            Missing::Everything
        };
    }

    fn file(&mut self, place: Place, file: &File<'_>) {
        if file.folded > 0 {
            return;
        }
        let matches = match (&*self.query, &self.missing) {
            (Query::Glob(glob), _) => glob.is_match(OsStr::from_bytes(file.name)),
            (Query::Words(words), Missing::Words(missing)) => missing
                .iter()
                .all(|place| words.0[*place].ends_at(file.name)),
            _ => false,
        };
        if matches {
            let size = if self.apparent {
                file.apparent
            } else {
                file.disk
            };
            self.files.add(size, Target::File(place));
        }
    }

    fn begin_round(&mut self) {
        self.next_dirs = Kept::none();
    }

    fn directory(&mut self, tree: &Tree, dir: DirId) {
        if dir == self.scope {
            return;
        }
        let query = Arc::clone(&self.query);
        let matches = match &*query {
            Query::Glob(glob) => glob.is_match(OsStr::from_bytes(tree.name(dir))),
            Query::Words(words) => {
                let all = (1 << words.0.len()) - 1;
                self.occurring(tree, words, dir) == all
            }
            Query::Nothing | Query::Broken => false,
        };
        if matches {
            let totals = tree.totals(dir);
            let size = if self.apparent {
                totals.apparent
            } else {
                totals.disk
            };
            let size = u64::try_from(size.max(0)).unwrap_or(u64::MAX);
            self.next_dirs.add(size, Target::Directory(dir));
        }
    }

    fn end_round(&mut self) {
        self.dirs = std::mem::replace(&mut self.next_dirs, Kept::none());
        self.had_round = true;
    }

    fn follow(&mut self, moves: &Moves) {
        self.files.follow(moves);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        derive::Derivation,
        scan::{dir::Identity, event::Block},
        tree::block::{Kind, Metadata, Packer},
    };

    /// A tree of directories by the number of their parent and name, below the root `/r`, number 1;
    /// and files by directory and name, which have 512 bytes more each than the one before.
    fn tree(dirs: &[(usize, Vec<u8>)], files: &[(usize, Vec<u8>)]) -> Tree {
        let mut tree = Tree::new();
        tree.announce(DirId::TOP, DirId(1), b"/r");
        for (number, (parent, name)) in dirs.iter().enumerate() {
            tree.announce(DirId(*parent as u32 + 1), DirId(number as u32 + 2), name);
        }
        for (number, (dir, name)) in files.iter().enumerate() {
            let mut packer = Packer::default();
            let metadata = Metadata {
                kind: Kind::File,
                disk: number as u64 * 512,
                apparent: 0,
                modified: 0,
                identity: Identity {
                    device: 1,
                    inode: 1,
                },
                links: 1,
            };
            packer.add(name, &metadata);
            let block = Block {
                dir: DirId(*dir as u32 + 1),
                files: packer.finish(),
                links: Vec::new(),
            };
            tree.add_block(block);
        }
        tree.settle();
        tree
    }

    fn found(tree: &Tree, scope: DirId, text: &str) -> Found {
        let found = Found::new(scope, Query::of(text), false);
        let mut derivation = Derivation::new(scope, found);
        derivation.renew(tree);
        while derivation.is_behind(tree) {
            derivation.advance(tree);
        }
        derivation.gathered
    }

    fn name(tree: &Tree, target: Target) -> (DirId, Vec<u8>) {
        match target {
            Target::Directory(dir) => (tree.parent(dir).expect("no root"), tree.name(dir).into()),
            Target::File(place) => {
                let mut files = crate::tree::block::Unpacker::resume(
                    tree.records(place.block),
                    place.at as usize,
                );
                let file = files.next().expect("it is there");
                (tree.dir_of(place.block), file.name.into())
            }
        }
    }

    /// The paths of everything found, in the order in which it stands.
    fn paths(tree: &Tree, text: &str) -> Vec<String> {
        let found = found(tree, DirId(1), text);
        let path = |hit: &Hit| {
            let (dir, name) = name(tree, hit.target.0);
            let path = tree.path(dir).join(OsStr::from_bytes(&name));
            path.strip_prefix("/r")
                .expect("below it")
                .display()
                .to_string()
        };
        assert_eq!(found.count() as usize, found.sorted().len());
        found.sorted().iter().map(path).collect()
    }

    fn example() -> Tree {
        let dirs = [
            (0, "linux"),
            (1, "drivers"),
            (2, "hid"),
            (0, "Videos"),
            (4, "raw"),
        ];
        let files = [
            (3, "hidraw.c"),
            (5, "RAW.mov"),
            (0, "Straße Ärger.txt"),
            (1, "[odd].c"),
        ];
        let bytes = |(place, name): &(usize, &str)| (*place, name.as_bytes().to_vec());
        let [dirs, files] = [
            dirs.iter().map(bytes).collect::<Vec<_>>(),
            files.iter().map(bytes).collect(),
        ];
        tree(&dirs, &files)
    }

    #[test]
    fn every_word_must_occur_in_the_path_and_the_largest_stands_first() {
        let tree = example();
        let raw = [
            "Videos/raw",
            "Videos/raw/RAW.mov",
            "linux/drivers/hid/hidraw.c",
        ];
        let mut sorted = paths(&tree, "raw");
        sorted.sort();
        assert_eq!(sorted, raw);
        assert_eq!(
            paths(&tree, "hid RAW"),
            [] as [&str; 0],
            "capitals count when typed"
        );
        assert_eq!(paths(&tree, "RAW"), ["Videos/raw/RAW.mov"]);
        assert_eq!(paths(&tree, "drivers raw"), ["linux/drivers/hid/hidraw.c"]);
        assert_eq!(paths(&tree, "ärger"), ["Straße Ärger.txt"]);
        assert_eq!(paths(&tree, "r raw"), paths(&tree, "raw r"), "in any order");
        assert_eq!(paths(&tree, "nowhere"), [] as [&str; 0]);
        assert_eq!(paths(&tree, "  "), [] as [&str; 0]);
    }

    #[test]
    fn a_word_with_slashes_reaches_over_parts_of_the_path() {
        let tree = example();
        let mut drivers = paths(&tree, "linux/dri");
        drivers.sort();
        assert_eq!(
            drivers,
            [
                "linux/drivers",
                "linux/drivers/hid",
                "linux/drivers/hid/hidraw.c"
            ]
        );
        assert_eq!(paths(&tree, "hid/hidr"), ["linux/drivers/hid/hidraw.c"]);
        assert_eq!(
            paths(&tree, "ux/drivers/hid/hidraw"),
            ["linux/drivers/hid/hidraw.c"]
        );
        assert_eq!(paths(&tree, "ux/ivers"), [] as [&str; 0]);
        let mut raw = paths(&tree, "raw/");
        raw.sort();
        assert_eq!(raw, ["Videos/raw", "Videos/raw/RAW.mov"]);
        assert_eq!(paths(&tree, "/straße"), ["Straße Ärger.txt"]);
    }

    #[test]
    fn a_glob_is_for_the_name() {
        let tree = example();
        let mut hid = paths(&tree, "hid*");
        hid.sort();
        assert_eq!(hid, ["linux/drivers/hid", "linux/drivers/hid/hidraw.c"]);
        assert_eq!(paths(&tree, "*.MOV"), [] as [&str; 0]);
        assert_eq!(paths(&tree, "*.mov"), ["Videos/raw/RAW.mov"]);
        assert_eq!(paths(&tree, "[[]odd*"), ["linux/[odd].c"]);
        assert!(matches!(Query::of("[odd"), Query::Broken));
        assert!(matches!(Query::of(&"x ".repeat(32)), Query::Broken));
        assert_eq!(paths(&tree, "[odd"), [] as [&str; 0]);
    }

    #[test]
    fn what_was_found_is_shown_where_it_is() {
        let parts = |text, path| -> Vec<(usize, usize)> {
            let parts = Query::of(text).found_in(path);
            parts.iter().map(|part| (part.start, part.end)).collect()
        };
        assert_eq!(parts("raw", "a/RAW/draw"), [(2, 5), (7, 10)]);
        assert_eq!(parts("aw wd", "rawd"), [(1, 4)], "what overlaps is one");
        assert_eq!(parts("ä", "Ärger"), [(0, 2)]);
        assert_eq!(parts("x/y", "ax/yb"), [(1, 4)]);
        assert!(parts("*.c", "a.c").is_empty());
        assert!(parts("long", "lo").is_empty());
    }

    #[test]
    fn only_the_largest_are_kept_but_all_are_counted() {
        let files: Vec<(usize, Vec<u8>)> = (0..MOST + 500)
            .map(|number| (0, format!("f{number}").into()))
            .collect();
        let found = found(&tree(&[], &files), DirId(1), "f");
        assert_eq!(
            (found.count(), found.sorted().len()),
            (MOST as u64 + 500, MOST)
        );
        assert_eq!(found.sorted()[0].size, (MOST as u64 + 499) * 512);
        assert_eq!(found.sorted()[MOST - 1].size, 500 * 512);
    }

    /// Names of few different letters, so that words occur.
    fn some_name() -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(prop::sample::select(b"aAbB\xc3\xa4\xff".as_slice()), 1..5)
    }

    fn some_word() -> impl Strategy<Value = String> {
        "[aAbä]{1,3}|[ab]{1,2}/[abA]{0,2}|/[ab]|[ab]/[ab]{1,2}/[ab]"
    }

    proptest! {
        #[test]
        fn words_are_found_as_in_whole_paths(
            dirs in prop::collection::vec((any::<prop::sample::Index>(), some_name()), 0..8),
            files in prop::collection::vec((any::<prop::sample::Index>(), some_name()), 0..12),
            words in prop::collection::vec(some_word(), 1..4),
            scope in any::<prop::sample::Index>(),
        ) {
            let dirs: Vec<(usize, Vec<u8>)> = dirs.into_iter().enumerate()
                .map(|(number, (parent, name))| (parent.index(number + 1), name)).collect();
            let files: Vec<(usize, Vec<u8>)> = files.into_iter()
                .map(|(dir, name)| (dir.index(dirs.len() + 1), name)).collect();
            let tree = tree(&dirs, &files);
            let scope = scope.index(dirs.len() + 1);
            // Path below the scope with a slash before it and, of a directory, one behind it.
            let below = |mut dir: usize, name: &[u8], end: &[u8]| {
                let mut path = [b"/", name, end].concat();
                while dir != scope {
                    if dir == 0 {
                        return None;
                    }
                    let (parent, name) = &dirs[dir - 1];
                    path = [b"/", name.as_slice(), &path].concat();
                    dir = *parent;
                }
                Some(path)
            };
            let matches = |path: &[u8]| words.iter().all(|word| {
                let capitals = word.chars().any(char::is_uppercase);
                let (path, word) = if capitals {
                    (path.to_vec(), word.clone())
                } else if word.is_ascii() {
                    (path.to_ascii_lowercase(), word.clone())
                } else {
                    (String::from_utf8_lossy(path).to_lowercase().into_bytes(), word.clone())
                };
                path.windows(word.len()).any(|some| some == word.as_bytes())
            });
            let mut expected: Vec<(u32, Vec<u8>)> = Vec::new();
            for (parent, name) in &dirs {
                if below(*parent, name, b"/").is_some_and(|path| matches(&path)) {
                    expected.push((*parent as u32 + 1, name.clone()));
                }
            }
            for (dir, name) in &files {
                if below(*dir, name, b"").is_some_and(|path| matches(&path)) {
                    expected.push((*dir as u32 + 1, name.clone()));
                }
            }
            let found = found(&tree, DirId(scope as u32 + 1), &words.join(" "));
            let mut got: Vec<(u32, Vec<u8>)> = found.sorted().iter()
                .map(|hit| name(&tree, hit.target.0)).map(|(dir, name)| (dir.0, name)).collect();
            got.sort();
            expected.sort();
            prop_assert_eq!(&got, &expected);
            prop_assert_eq!(found.count() as usize, expected.len());
        }
    }
}
