//! The other names of a file with several: first its inode is looked for among those that have
//! more than one, then its names in the directories that are known to have one. Both can be a
//! million, so they are gone through a slice at a time.

use super::Subject;
use crate::{
    scan::dir::DirId,
    tree::{BlockId, Tree, block::Unpacker},
    ui::model::{listing::EntryId, shares::SLICE, table::Sight},
};

/// More names than these are never shown.
const MOST: usize = 100;

/// Where the other names are. See the module's head.
#[derive(Debug)]
pub struct OtherNames {
    subject: Subject,
    /// The inode, and how many names it has in all; `None` for what has one name.
    link: Option<(u64, u64)>,
    stage: Stage,
    /// Paths below the root, or whole ones where there are several; safe to show.
    paths: Vec<String>,
    /// How many are known, the selected one not among them.
    known: u64,
}

#[derive(Debug)]
enum Stage {
    /// The inode is looked for from this one on among those with several names.
    Inode(usize),
    /// Its names are looked for.
    Names {
        /// Which inode.
        group: usize,
        /// Directories and blocks of the one before that are still to be gone through.
        dirs: Vec<DirId>,
        blocks: Vec<BlockId>,
        /// How many names it has in these.
        names: usize,
    },
    /// All that are known were looked for, of the inode with this number.
    Done { group: usize, names: usize },
}

impl OtherNames {
    pub(super) fn of(tree: &Tree, subject: Subject) -> Self {
        let file = match subject.entry {
            EntryId::File { block, at } => {
                Unpacker::resume(tree.records(block), at as usize).next()
            }
            EntryId::Directory(_) | EntryId::Itself => None,
        };
        Self {
            subject,
            link: file.and_then(|file| file.link),
            stage: Stage::Inode(0),
            paths: Vec::new(),
            known: 0,
        }
    }

    /// How many names there are in all, wherever these are, as of when the file was found.
    pub fn all(&self) -> u64 {
        self.link.map_or(1, |(_, all)| all)
    }

    /// Those that were found, but for the selected one: paths below the root, or whole ones where there
    /// are several; safe to show.
    pub fn paths(&self) -> &[String] {
        &self.paths
    }

    /// How many were found, but for the selected one.
    pub fn known(&self) -> u64 {
        self.known
    }

    /// Whether there is more to look through.
    pub fn is_behind(&self) -> bool {
        self.link.is_some() && !matches!(self.stage, Stage::Done { .. })
    }

    /// Begins anew where more names are known by now.
    pub(super) fn renew(&mut self, tree: &Tree) {
        if let Stage::Done { group, names } = self.stage {
            let known = tree.groups().get(group);
            if known.is_some_and(|group| group.dirs().len() != names) {
                self.stage = Stage::Inode(0);
            }
        }
    }

    /// Looks through a slice. Whether what is shown is another one now.
    pub(super) fn take_slice(&mut self, sight: &Sight<'_>) -> bool {
        let Some((inode, _)) = self.link else {
            return false;
        };
        let tree = sight.tree();
        let mut seen = 0;
        let mut changed = false;
        while seen < SLICE {
            seen += match &mut self.stage {
                Stage::Inode(next) => {
                    let number = *next;
                    let Some(group) = tree.groups().get(number) else {
                        // It is not among them yet; whoever looks again begins here.
                        return changed;
                    };
                    *next += 1;
                    // Within one directory the number of an inode is enough.
                    let is_it = group.link().identity.inode == inode
                        && group.dirs().contains(&self.subject.dir);
                    if is_it {
                        let mut dirs = group.dirs().to_vec();
                        let names = dirs.len();
                        dirs.dedup();
                        self.stage = Stage::Names {
                            group: number,
                            dirs,
                            blocks: Vec::new(),
                            names,
                        };
                        (self.known, changed) = (0, true);
                        self.paths.clear();
                    }
                    1
                }
                Stage::Names {
                    group,
                    dirs,
                    blocks,
                    names,
                } => {
                    if let Some(block) = blocks.pop() {
                        changed = true;
                        self.look_through(sight, block, inode)
                    } else if let Some(dir) = dirs.pop() {
                        blocks.extend(tree.blocks(dir));
                        1
                    } else {
                        let (group, names) = (*group, *names);
                        self.stage = Stage::Done { group, names };
                        return true;
                    }
                }
                Stage::Done { .. } => return changed,
            };
        }
        changed
    }

    /// Looks for names in a block. How many files there were.
    fn look_through(&mut self, sight: &Sight<'_>, block: BlockId, inode: u64) -> usize {
        let tree = sight.tree();
        let mut unpacker = Unpacker::new(tree.records(block));
        let (mut at, mut seen) = (0, 0);
        while let Some(file) = unpacker.next() {
            let entry = EntryId::File {
                block,
                at: at as u32,
            };
            let is_it = file.link.is_some_and(|(other, _)| other == inode);
            if is_it && entry != self.subject.entry {
                self.known += 1;
                if self.paths.len() < MOST {
                    self.paths.push(path(sight, tree.dir_of(block), file.name));
                }
            }
            seen += 1;
            at = unpacker.at();
        }
        seen
    }
}

fn path(sight: &Sight<'_>, dir: DirId, name: &[u8]) -> String {
    match sight.state.roots() {
        [root] => {
            let below = Sight {
                dir: root.dir,
                ..*sight
            };
            below.path_below(dir, name)
        }
        _ => sight.whole_path(dir, name),
    }
}
