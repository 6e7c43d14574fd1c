//! When a directory was read again and the new one takes the place of the old: whatever the screen
//! knows of the old one is looked up in the new one, by name. What is not there any more is let go
//! of, and what was derived is derived anew.
//!
//! Both are still in the tree then. Afterwards nothing here may refer to the old one.

use std::collections::HashMap;

use super::{
    Content, Leaving, Model, View, Views,
    listing::{self, EntryId},
    shares::Shares,
};
use crate::{
    derive::{Moves, Place},
    escape, format,
    scan::dir::DirId,
    state::rescans::{Ended, Outcome},
    tree::{
        Tree,
        block::{Kind, Unpacker},
    },
};

/// An old directory and what has come in its place.
pub(super) struct Exchange<'a> {
    pub(super) tree: &'a Tree,
    pub(super) old: DirId,
    /// `None`: it is gone.
    pub(super) new: Option<DirId>,
}

/// Where something old is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Now {
    /// Here.
    At(DirId),
    /// Nowhere: this is the nearest directory above it that is there, and what the way went on
    /// with.
    Below(DirId, Box<[u8]>),
}

impl Exchange<'_> {
    /// Whether this is the old directory or lies in it.
    pub(super) fn is_old(&self, dir: DirId) -> bool {
        self.tree.is_within(dir, self.old)
    }

    /// Where an old directory is now.
    pub(super) fn dir(&self, dir: DirId) -> Now {
        let tree = self.tree;
        let above = tree.parent(self.old).unwrap_or(DirId::TOP);
        let is_directory = |dir: &DirId| tree.own(*dir).kind == Kind::Directory;
        let Some(mut at) = self.new.filter(is_directory) else {
            return Now::Below(above, tree.name(self.old).into());
        };
        let up = |dir: &DirId| tree.parent(*dir).filter(|_| *dir != self.old);
        let mut way: Vec<DirId> = std::iter::successors(Some(dir), up).collect();
        way.pop();
        for step in way.into_iter().rev() {
            let name = tree.name(step);
            let mut children = tree.children(at);
            match children.find(|child| tree.name(*child) == name && is_directory(child)) {
                Some(child) => at = child,
                None => return Now::Below(at, name.into()),
            }
        }
        Now::At(at)
    }

    /// Where these entries of one directory are now, with those that have not moved.
    pub(super) fn entries(
        &self,
        dir: DirId,
        entries: &[EntryId],
    ) -> HashMap<EntryId, (DirId, EntryId)> {
        let here = |entry: &EntryId| match entry {
            EntryId::Directory(old) if *old == self.old => {
                Some((*entry, (dir, EntryId::Directory(self.new?))))
            }
            entry => Some((*entry, (dir, *entry))),
        };
        if !self.is_old(dir) {
            return entries.iter().filter_map(here).collect();
        }
        let Now::At(new) = self.dir(dir) else {
            return HashMap::new();
        };
        let names = entries
            .iter()
            .map(|entry| (listing::name(self.tree, *entry), *entry));
        let mut wanted: HashMap<&[u8], EntryId> = names.collect();
        let mut found = HashMap::new();
        let mut find = |name: &[u8], entry: EntryId| {
            if let Some(old) = wanted.remove(name) {
                found.insert(old, (new, entry));
            }
        };
        find(b".", EntryId::Itself);
        for child in self.tree.children(new) {
            find(self.tree.name(child), EntryId::Directory(child));
        }
        for block in self.tree.blocks(new) {
            let mut files = Unpacker::new(self.tree.records(block));
            let mut at = files.at();
            while let Some(file) = files.next() {
                let at_file = u32::try_from(at).unwrap_or(u32::MAX);
                if file.folded == 0 {
                    find(file.name, EntryId::File { block, at: at_file });
                }
                at = files.at();
            }
        }
        found
    }

    /// Where an entry of a directory is now, if it is anywhere.
    pub(super) fn entry(&self, dir: DirId, entry: EntryId) -> Option<(DirId, EntryId)> {
        if !self.is_old(dir) || entry == EntryId::Itself {
            return self.entries(dir, &[entry]).remove(&entry);
        }
        match self.dir(dir) {
            Now::At(new) => Some((new, self.named(new, listing::name(self.tree, entry))?)),
            Now::Below(..) => None,
        }
    }

    /// Where a file is now, if it is anywhere.
    pub(super) fn place(&self, place: Place) -> Option<Place> {
        let Place { block, at } = place;
        let dir = self.tree.dir_of(block);
        match self.entry(dir, EntryId::File { block, at })? {
            (_, EntryId::File { block, at }) => Some(Place { block, at }),
            _ => None,
        }
    }

    /// The entry of that name in a directory that is no old one.
    pub(super) fn named(&self, dir: DirId, name: &[u8]) -> Option<EntryId> {
        let mut children = self.tree.children(dir);
        let child = children.find(|child| self.tree.name(*child) == name);
        let file = || {
            self.tree.blocks(dir).find_map(|block| {
                let mut files = Unpacker::new(self.tree.records(block));
                let mut at = files.at();
                while let Some(file) = files.next() {
                    if file.name == name && file.folded == 0 {
                        let at = u32::try_from(at).ok()?;
                        return Some(EntryId::File { block, at });
                    }
                    at = files.at();
                }
                None
            })
        };
        child.map(EntryId::Directory).or_else(file)
    }
}

impl Model {
    /// Takes over what has come of directories that were read again.
    pub(super) fn follow_rescans(&mut self) {
        let mut ended = self.state.take_ended();
        let mut lost = 0;
        let mut is_other = false;
        for Ended {
            rescan, outcome, ..
        } in &ended
        {
            let new = match outcome {
                Outcome::Replaced => Some(rescan.anew),
                Outcome::Gone => None,
                Outcome::Kept(_) => continue,
                Outcome::Listed => {
                    let exchange = Exchange {
                        tree: self.state.tree(),
                        old: rescan.anew,
                        new: Some(rescan.of),
                    };
                    self.browser.follow_listing(&exchange);
                    lost += self.marks.follow_listing(&exchange);
                    self.views.follow(&exchange);
                    is_other = true;
                    continue;
                }
            };
            let exchange = Exchange {
                tree: self.state.tree(),
                old: rescan.of,
                new,
            };
            self.browser.follow(&exchange);
            lost += self.marks.follow(&exchange);
            self.views.follow(&exchange);
            is_other = true;
        }
        if is_other {
            self.shares = Shares::none();
            self.views.begin_anew(self.browser.dir());
        }
        if is_other {
            self.refresh();
        }
        // Nobody has asked for that.
        ended.retain(|ended| ended.outcome != Outcome::Listed);
        let is_kept = |ended: &Ended| matches!(ended.outcome, Outcome::Kept(_));
        // Who leaves was told already that the old numbers stay.
        let is_told = self.leaving != Leaving::No && ended.iter().all(is_kept);
        if !ended.is_empty() {
            if !is_told {
                self.tell_ended(&ended, lost);
            }
            self.refresh();
        }
    }

    /// Says what has come of it.
    fn tell_ended(&mut self, ended: &[Ended], lost: usize) {
        let directories = |count| format::plural(count, "directory", "directories");
        let mut text = if let [one] = ended {
            self.what_came_of(one)
        } else {
            let is_kept = |ended: &&Ended| matches!(ended.outcome, Outcome::Kept(_));
            let kept = ended.iter().filter(is_kept).count() as u64;
            match (ended.len() as u64 - kept, kept) {
                (read, 0) => format!("{} read again.", directories(read)),
                (0, kept) => format!("{} could not be read to the end.", directories(kept)),
                (read, kept) => format!("{} read again, {kept} not.", directories(read)),
            }
        };
        match lost {
            0 => {}
            1 => text += " 1 mark is gone with what it was on.",
            lost => {
                text += &format!(
                    " {} marks are gone with what they were on.",
                    format::count(lost as u64)
                );
            }
        }
        self.say(text);
    }

    fn what_came_of(&self, ended: &Ended) -> String {
        let tree = self.state.tree();
        let rescan = ended.rescan;
        let name = self.name_of(rescan.of);
        match &ended.outcome {
            Outcome::Replaced => {
                let apparent = self.browser.order().apparent;
                let size = |disk: i128, shown: i128| {
                    let bytes = if apparent { shown } else { disk };
                    format::size_plain(bytes, self.settings.units)
                };
                let is = tree.totals(rescan.anew);
                let now = size(is.disk, is.apparent);
                let was = size(ended.was.disk, ended.was.apparent);
                let bound = if is.missing > 0 {
                    self.settings.signs.at_least()
                } else {
                    ""
                };
                // It may be a file now.
                let name = self.name_of(rescan.anew);
                if now == was {
                    format!("{name} read again: {bound}{now}, as before.")
                } else {
                    format!("{name} read again: {bound}{now}, was {was}.")
                }
            }
            Outcome::Listed => String::new(),
            Outcome::Gone => {
                let path = self.path_below_root(rescan.of);
                format!("Gone: {path} was removed since it was read.")
            }
            Outcome::Kept(None) => {
                let key = self.key_for(rescan.of);
                format!("{name} was not read to the end; its old numbers stay. {key} tries again.")
            }
            Outcome::Kept(Some(cause)) => {
                let old = if ended.was.files == 0 && ended.was.dirs <= 1 {
                    ""
                } else {
                    "; its old numbers stay"
                };
                let key = self.key_for(rescan.of);
                format!("{name} cannot be read: {cause}{old}. {key} tries again.")
            }
        }
    }

    /// The key that reads a directory again, from where one is.
    fn key_for(&self, dir: DirId) -> &'static str {
        let is_row = self.state.tree().parent(dir) == Some(self.browser.dir());
        if is_row || self.content() == Content::View(View::Problems) {
            "r"
        } else {
            "R"
        }
    }

    /// The name of a directory in a sentence.
    pub(in crate::ui) fn name_of(&self, dir: DirId) -> String {
        if dir == DirId::TOP {
            return self.what();
        }
        let tree = self.state.tree();
        let name = escape::name(tree.name(dir)).into_owned();
        if tree.parent(dir) == Some(DirId::TOP) || tree.own(dir).kind != Kind::Directory {
            name
        } else {
            format!("{name}/")
        }
    }
}

impl Views {
    /// Nothing that was gathered is of use any more; what was chosen stays.
    pub(super) fn begin_anew(&mut self, dir: DirId) {
        self.problems.begin_anew(dir);
        self.map.begin_anew(dir);
        self.largest.begin_anew(dir);
        self.types.begin_anew(dir);
        self.ages.begin_anew(dir);
        if let Some(find) = &mut self.find {
            find.begin_anew();
        }
        self.details.begin_anew();
    }

    /// Looks up where files are that were not folded, and lets go of those that were.
    pub(super) fn follow_folding(&mut self, moves: &Moves) {
        self.map.follow(moves);
        self.largest.follow_folding(moves);
        if let Some(find) = &mut self.find {
            find.follow_folding(moves);
        }
        self.details.follow_folding(moves);
    }

    /// Looks what is known of the old directory up in the new one.
    pub(super) fn follow(&mut self, exchange: &Exchange<'_>) {
        self.largest.follow(exchange);
        if let Some(find) = &mut self.find {
            find.follow(exchange);
        }
    }
}
