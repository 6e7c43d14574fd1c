//! The way through the tree from one directory to another; and how a worker whose listener keeps no
//! tree tells where it is, step by step.

use std::sync::Arc;

use super::{
    dir::{Dir, DirId},
    event::Event,
};

/// The way from a directory, or from nowhere, to another.
pub struct Way<'a> {
    /// The directories that are left on the way up, the lowest first.
    pub up: Vec<&'a Arc<Dir>>,
    /// Where it turns; `None` where nothing is above both ends.
    pub turn: Option<&'a Arc<Dir>>,
    /// The directories that are entered on the way down, the lowest first. From nowhere, or from
    /// another root, the last is the root.
    pub down: Vec<&'a Arc<Dir>>,
}

impl<'a> Way<'a> {
    /// The way to `to`. Finding it takes as long as it is.
    pub fn between(from: Option<&'a Arc<Dir>>, to: &'a Arc<Dir>) -> Self {
        let (mut one, mut other) = (from, Some(to));
        let (mut up, mut down) = (Vec::new(), Vec::new());
        // Numbers grow on the way down, so the greater one of the two is never above the other.
        let turn = loop {
            match (one, other) {
                (Some(a), Some(b)) if a.id() == b.id() => break Some(b),
                (Some(a), Some(b)) if a.id() > b.id() => {
                    up.push(a);
                    one = a.parent();
                }
                (_, Some(b)) => {
                    down.push(b);
                    other = b.parent();
                }
                (_, None) => break None,
            }
        };
        Self { up, turn, down }
    }
}

/// Where a worker has said it is.
#[derive(Default)]
pub(super) struct Place {
    at: Option<Spot>,
}

/// A directory, and how its place is told.
struct Spot {
    dir: Arc<Dir>,
    root: DirId,
    /// Bytes of the names from below the root on, each with a slash behind.
    length: usize,
}

impl Place {
    /// Moves to `dir`, and returns what is to be said of that: an [`Event::Place`].
    pub(super) fn move_to(&mut self, dir: &Arc<Dir>) -> Event {
        let last = self.at.take();
        let way = Way::between(last.as_ref().map(|spot| &spot.dir), dir);
        let (root, kept) = match (&last, way.turn) {
            (Some(last), Some(_)) => {
                let left = way.up.iter().map(|dir| dir.name().len() + 1);
                (last.root, last.length - left.sum::<usize>())
            }
            _ => (way.down.last().map_or(dir.id(), |root| root.id()), 0),
        };
        let mut more = Vec::new();
        for dir in way.down.iter().rev().filter(|dir| !dir.is_root()) {
            more.extend_from_slice(dir.name());
            more.push(b'/');
        }
        self.at = Some(Spot {
            dir: Arc::clone(dir),
            root,
            length: kept + more.len(),
        });
        Event::Place {
            dir: dir.id(),
            root,
            kept,
            more: more.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::dir::Names;

    fn dir(id: u32, parent: Option<&Arc<Dir>>, name: &str) -> Arc<Dir> {
        let names: Names = [name.as_bytes()].into_iter().collect();
        Arc::new(Dir::new(DirId(id), parent.cloned(), names, 0))
    }

    /// Two roots; in the first one `a/b` and `cc`, found by turns.
    fn dirs() -> [Arc<Dir>; 5] {
        let (root, other) = (dir(1, None, "/r"), dir(2, None, "/s"));
        let a = dir(3, Some(&root), "a");
        let b = dir(5, Some(&a), "b");
        let cc = dir(4, Some(&root), "cc");
        [root, other, a, b, cc]
    }

    #[test]
    fn a_way_turns_at_the_lowest_directory_above_both_ends() {
        let [root, other, a, b, cc] = dirs();
        let ids = |dirs: &[&Arc<Dir>]| dirs.iter().map(|dir| dir.id().0).collect::<Vec<_>>();
        let told = |from: Option<&Arc<Dir>>, to: &Arc<Dir>| {
            let way = Way::between(from, to);
            (ids(&way.up), way.turn.map(|dir| dir.id().0), ids(&way.down))
        };
        assert_eq!(told(Some(&b), &cc), (vec![5, 3], Some(1), vec![4]));
        assert_eq!(told(Some(&cc), &b), (vec![4], Some(1), vec![5, 3]));
        assert_eq!(told(Some(&a), &b), (vec![], Some(3), vec![5]));
        assert_eq!(told(Some(&b), &root), (vec![5, 3], Some(1), vec![]));
        assert_eq!(told(Some(&b), &b), (vec![], Some(5), vec![]));
        assert_eq!(told(None, &b), (vec![], None, vec![5, 3, 1]));
        let (_, turn, down) = told(Some(&b), &other);
        assert_eq!((turn, down), (None, vec![2]));
    }

    #[test]
    fn a_place_is_told_as_what_differs_from_the_one_before() {
        let [root, other, a, b, cc] = dirs();
        let mut place = Place::default();
        let mut told = |dir: &Arc<Dir>| match place.move_to(dir) {
            Event::Place {
                root, kept, more, ..
            } => (root.0, kept, String::from_utf8_lossy(&more).into_owned()),
            event => panic!("{event:?}"),
        };
        let expected = |root, kept, more: &str| (root, kept, more.to_owned());
        assert_eq!(told(&b), expected(1, 0, "a/b/"));
        assert_eq!(told(&a), expected(1, 2, ""));
        assert_eq!(told(&cc), expected(1, 0, "cc/"));
        assert_eq!(told(&root), expected(1, 0, ""));
        assert_eq!(told(&other), expected(2, 0, ""));
        assert_eq!(told(&a), expected(1, 0, "a/"));
        assert_eq!(told(&b), expected(1, 2, "b/"));
    }
}
