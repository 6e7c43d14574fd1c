//! What is derived from the tree a slice at a time, against the same reckoned plainly over all
//! files at the end; and that a slice is no more than a slice.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use proptest::prelude::*;
use spelunk::{
    derive::{
        Derivation, Gather, PASSED_OVER, SLICE, Sums,
        ages::{Age, Ages},
        largest::{Largest, MOST},
        types::{Ending, Types},
    },
    scan::{
        dir::{DirId, Identity},
        event::{Block, Event, WorkerId},
    },
    state::State,
    tree::block::{Kind, Metadata, Packer},
};

const NOW: i64 = 1_800_000_000;
const ROOT: DirId = DirId(1);

/// A file as the kernel has it. Those with the same inode are names of one file.
#[derive(Clone, Debug)]
struct Plain {
    dir: usize,
    name: String,
    disk: u64,
    apparent: u64,
    modified: i64,
    inode: Option<u64>,
}

impl Plain {
    fn metadata(&self) -> Metadata {
        Metadata {
            kind: Kind::File,
            disk: self.disk,
            apparent: self.apparent,
            modified: self.modified,
            identity: Identity {
                device: 7,
                inode: self.inode.unwrap_or(0),
            },
            links: if self.inode.is_some() { 3 } else { 1 },
        }
    }
}

/// Names that have endings in common, sizes that are equal here and there, and inodes with several
/// names.
fn file(dirs: usize) -> impl Strategy<Value = Plain> {
    let ending = prop::sample::select(vec!["", ".c", ".C", ".tar.gz", ".7", ". x", ".é", "."]);
    let size = prop_oneof![Just(0), 1..5_u64, 0..1_000_000_u64];
    let age = prop_oneof![-1000..1000_i64, 0..400_000_000_i64];
    let inode = prop_oneof![4 => Just(None), 1 => (1..6_u64).prop_map(Some)];
    (0..dirs, "[a-c]{1,3}", ending, size, age, inode).prop_map(
        |(dir, stem, ending, blocks, age, inode)| {
            // One inode has one size and one time.
            let blocks = inode.map_or(blocks, |inode| 100 * inode);
            let age = inode.map_or(age, |inode| 40_000_000 * inode as i64);
            Plain {
                dir,
                name: format!("{stem}{ending}"),
                disk: blocks * 512,
                apparent: blocks * 300,
                modified: NOW - age,
                inode,
            }
        },
    )
}

/// Directories by their parents, and files in them.
#[derive(Clone, Debug)]
struct Scan {
    parents: Vec<usize>,
    files: Vec<Plain>,
}

fn scan() -> impl Strategy<Value = Scan> {
    prop::collection::vec(any::<prop::sample::Index>(), 0..12).prop_flat_map(|parents| {
        let parents: Vec<usize> = parents
            .iter()
            .enumerate()
            .map(|(number, parent)| parent.index(number + 1))
            .collect();
        let files = prop::collection::vec(file(parents.len() + 1), 0..120);
        (Just(parents), files).prop_map(|(parents, files)| Scan { parents, files })
    })
}

impl Scan {
    fn is_within(&self, mut dir: usize, above: usize) -> bool {
        while dir > above {
            dir = self.parents[dir - 1];
        }
        dir == above
    }

    /// The files below a directory, without further names of an inode.
    fn below(&self, above: usize) -> Vec<(&Plain, bool)> {
        let mut seen = BTreeSet::new();
        let within = self
            .files
            .iter()
            .filter(|file| self.is_within(file.dir, above));
        within
            .map(|file| (file, file.inode.is_none_or(|inode| seen.insert(inode))))
            .collect()
    }
}

fn id(dir: usize) -> DirId {
    DirId(dir as u32 + 1)
}

fn own_size(dir: usize) -> u64 {
    512 * (dir as u64 + 1)
}

fn say(state: &mut State, events: Vec<Event>) {
    state.apply(WorkerId::from_index(0), events, Duration::ZERO);
    state.settle();
}

fn found(parent: DirId, dir: DirId) -> Event {
    Event::Found {
        parent,
        first: dir,
        names: [b"d".as_slice()].into_iter().collect(),
    }
}

fn opened(dir: usize) -> [Event; 2] {
    let metadata = Metadata {
        kind: Kind::Directory,
        disk: own_size(dir),
        apparent: own_size(dir),
        modified: NOW - 90 * 86_400,
        identity: Identity {
            device: 7,
            inode: 0,
        },
        links: 2,
    };
    let dir = id(dir);
    [Event::Entered { dir }, Event::Opened { dir, metadata }]
}

fn block(files: &[&Plain]) -> Event {
    let mut packer = Packer::default();
    let links = files
        .iter()
        .filter_map(|file| packer.add(file.name.as_bytes(), &file.metadata()))
        .collect();
    Event::Block(Block {
        dir: id(files[0].dir),
        files: packer.finish(),
        links,
    })
}

fn sums(size: (u64, u64), counts: bool) -> Sums {
    Sums {
        disk: if counts { size.0.into() } else { 0 },
        apparent: if counts { size.1.into() } else { 0 },
        files: 1,
    }
}

fn settle<G: Gather>(derivation: &mut Derivation<G>, state: &State) {
    derivation.renew(state.tree());
    while derivation.is_behind(state.tree()) {
        derivation.advance(state.tree());
        derivation.renew(state.tree());
    }
    assert!(derivation.is_whole());
    assert_eq!(derivation.percent(state.tree()), 100);
}

proptest! {
    #[test]
    fn by_slices_it_is_what_it_is_at_once(scan in scan(), together in 1..9_usize) {
        let mut state = State::new(1);
        let dirs = scan.parents.len() + 1;
        let mut types: Vec<_> =
            (0..dirs).map(|dir| Derivation::new(id(dir), Types::default())).collect();
        let mut ages: Vec<_> = (0..dirs).map(|dir| Derivation::new(id(dir), Ages::new(NOW))).collect();
        let mut largest: Vec<_> =
            (0..dirs).map(|dir| Derivation::new(id(dir), Largest::new(None))).collect();
        let mut old: Vec<_> = (0..dirs)
            .map(|dir| Derivation::new(id(dir), Largest::new(Some((Age::FiveYears, NOW)))))
            .collect();
        say(&mut state, vec![found(DirId::TOP, ROOT)]);
        for (number, parent) in scan.parents.iter().enumerate() {
            say(&mut state, vec![found(id(*parent), id(number + 1))]);
        }
        // Files come in blocks, directories are opened in between, and every derivation goes on.
        for (number, files) in scan.files.chunks(together).enumerate() {
            let mut by_dir: BTreeMap<usize, Vec<&Plain>> = BTreeMap::new();
            for file in files {
                by_dir.entry(file.dir).or_default().push(file);
            }
            say(&mut state, by_dir.values().map(|files| block(files)).collect());
            if number < dirs {
                say(&mut state, opened(dirs - 1 - number).into());
            }
            for dir in 0..dirs {
                types[dir].renew(state.tree());
                types[dir].advance(state.tree());
                ages[dir].renew(state.tree());
                ages[dir].advance(state.tree());
                largest[dir].advance(state.tree());
                old[dir].advance(state.tree());
            }
        }
        let opened_so_far = scan.files.len().div_ceil(together).min(dirs);
        for dir in 0..dirs - opened_so_far {
            say(&mut state, opened(dir).into());
        }
        for dir in 0..dirs {
            settle(&mut types[dir], &state);
            settle(&mut ages[dir], &state);
            settle(&mut largest[dir], &state);
            settle(&mut old[dir], &state);
            let below = scan.below(dir);
            let own: u64 = (0..dirs).filter(|other| scan.is_within(*other, dir)).map(own_size).sum();
            let own = Sums { disk: own.into(), apparent: own.into(), files: 0 };

            // By type. Which of its names an inode counts under depends on the order in which they
            // arrive, so endings are compared by names, and bytes where all endings are one.
            let types = types[dir].gathered();
            let mut expected: BTreeMap<Ending, u64> = BTreeMap::new();
            for (file, _) in &below {
                *expected.entry(Ending::of(file.name.as_bytes())).or_default() += 1;
            }
            let found: BTreeMap<Ending, u64> =
                types.endings().map(|(ending, sums)| (ending, sums.files)).collect();
            prop_assert_eq!(found, expected);
            let mut all: Sums = types.endings().map(|(_, sums)| sums).sum();
            all += types.dirs();
            prop_assert_eq!(types.dirs(), own);
            let totals = state.tree().totals(id(dir));
            prop_assert_eq!(
                (all.disk, all.apparent, all.files as i64),
                (totals.disk, totals.apparent, totals.files),
            );

            // By age.
            let mut expected: BTreeMap<Age, Sums> = BTreeMap::new();
            for (file, counts) in &below {
                *expected.entry(Age::of(file.modified, NOW)).or_default() +=
                    sums((file.disk, file.apparent), *counts);
            }
            *expected.entry(Age::Quarter).or_default() += own;
            for age in Age::ALL {
                let expected = expected.get(&age).copied().unwrap_or_default();
                prop_assert_eq!(ages[dir].gathered().of(age), expected);
            }

            // The largest, by size.
            for apparent in [false, true] {
                let size = |file: &Plain| if apparent { file.apparent } else { file.disk };
                let sizes = |files: &mut dyn Iterator<Item = &Plain>| {
                    let mut sizes: Vec<u64> = files.map(size).collect();
                    sizes.sort_unstable_by(|one, other| other.cmp(one));
                    sizes
                };
                let counted = || below.iter().filter(|(_, counts)| *counts).map(|(file, _)| *file);
                let found = |largest: &Largest| -> Vec<u64> {
                    largest.sorted(apparent).iter().map(|large| large.size).collect()
                };
                prop_assert_eq!(found(largest[dir].gathered()), sizes(&mut counted()));
                let mut is_old = counted()
                    .filter(|file| Age::of(file.modified, NOW) == Age::FiveYears);
                prop_assert_eq!(found(old[dir].gathered()), sizes(&mut is_old));
            }
        }
    }

    #[test]
    fn ages_follow_one_another(one: i64, other: i64, now: i64) {
        let (later, earlier) = (one.max(other), one.min(other));
        prop_assert!(Age::of(later, now) <= Age::of(earlier, now));
    }
}

/// A root with `dirs` subdirectories of `files` files each.
fn wide(dirs: usize, files: usize) -> State {
    let mut state = State::new(1);
    say(&mut state, vec![found(DirId::TOP, ROOT)]);
    for dir in 1..=dirs {
        let files: Vec<Plain> = (0..files)
            .map(|number| Plain {
                dir,
                name: format!("{number}.txt"),
                disk: 512 * ((number + dir) as u64 % 1013),
                apparent: number as u64,
                modified: NOW,
                inode: None,
            })
            .collect();
        let files: Vec<&Plain> = files.iter().collect();
        say(&mut state, vec![found(ROOT, id(dir)), block(&files)]);
    }
    state
}

#[test]
fn no_slice_is_more_than_a_slice() {
    const FILES: usize = 1000;
    let state = wide(120, FILES);
    // Of all there is, of a small part of it, and of nothing.
    for (scope, files) in [(ROOT, 120 * FILES), (id(60), FILES), (id(120), FILES)] {
        let mut derivation = Derivation::new(scope, Types::default());
        derivation.renew(state.tree());
        let (mut slices, mut looked_at) = (0, 0);
        while derivation.is_behind(state.tree()) {
            let spent = derivation.advance(state.tree());
            assert!(spent.looked_at < SLICE + FILES, "{spent:?}");
            assert!(spent.passed_over <= PASSED_OVER * SLICE, "{spent:?}");
            looked_at += spent.looked_at;
            slices += 1;
        }
        let dirs = if scope == ROOT { 121 } else { 1 };
        assert_eq!(looked_at, files + dirs);
        assert!(slices <= looked_at / SLICE + 1, "{slices} slices");
    }
}

#[test]
fn of_many_files_the_largest_are_kept_and_no_more() {
    let state = wide(120, 1000);
    let mut derivation = Derivation::new(ROOT, Largest::new(None));
    settle(&mut derivation, &state);
    let sorted = derivation.gathered().sorted(false);
    assert_eq!(sorted.len(), MOST);
    let mut sizes: Vec<u64> = (1..=120)
        .flat_map(|dir| (0..1000).map(move |number| 512 * ((number + dir) % 1013)))
        .collect();
    sizes.sort_unstable_by(|one, other| other.cmp(one));
    let found: Vec<u64> = sorted.iter().map(|large| large.size).collect();
    assert_eq!(found, sizes[..MOST]);
}
