//! The bound on memory: whatever is folded, totals stay, and so do sums by type and by age.

use std::{collections::BTreeMap, time::Duration};

use proptest::prelude::*;
use spelunk::{
    derive::{
        Derivation, Moves, Place, Sums,
        ages::{Age, Ages},
        find::{Found, Query, Target},
        largest::{Largest, Which},
        types::{Ending, Types},
    },
    folding::{Folding, SMALL},
    scan::{
        dir::{DirId, Identity},
        event::{Block, Event, Failure, WorkerId},
        gauge::Call,
    },
    state::State,
    tree::{
        Tree,
        block::{File, Kind, Metadata, Packer, Unpacker},
        totals::Totals,
    },
};

const NOW: i64 = 1_800_000_000;
const ROOT: DirId = DirId(1);
/// How many directories there are in the root.
const DIRS: u32 = 5;

/// A file in one of the directories.
#[derive(Clone, Debug)]
struct Plain {
    dir: DirId,
    name: String,
    size: u64,
    modified: i64,
    inode: Option<u64>,
}

/// Files with long names, so that few fill a chunk of the log.
fn file() -> impl Strategy<Value = Plain> {
    let ending = prop::sample::select(vec!["", ".c", ".rs", ".jpg", ".é"]);
    let size = prop_oneof![8 => 0..20_000_u64, 1 => SMALL - 512..SMALL * 9];
    let age = prop_oneof![-1000..1000_i64, 0..400_000_000_i64];
    let inode = prop_oneof![9 => Just(None), 1 => (1..40_u64).prop_map(Some)];
    (2..2 + DIRS, "[a-c]{1,3}", ending, size, age, inode).prop_map(
        |(dir, stem, ending, size, age, inode)| Plain {
            dir: DirId(dir),
            name: format!("{stem}{}{ending}", "-long".repeat(40)),
            // One inode has one size and one time.
            size: inode.map_or(size, |inode| 1000 * inode) / 512 * 512,
            modified: NOW - inode.map_or(age, |inode| 40_000_000 * inode as i64),
            inode,
        },
    )
}

fn block(files: &[Plain]) -> Event {
    let mut packer = Packer::default();
    let mut links = Vec::new();
    for file in files {
        let metadata = Metadata {
            kind: Kind::File,
            disk: file.size,
            apparent: file.size,
            modified: file.modified,
            identity: Identity {
                device: 1,
                inode: file.inode.unwrap_or(0),
            },
            links: if file.inode.is_some() { 3 } else { 1 },
        };
        links.extend(packer.add(file.name.as_bytes(), &metadata));
    }
    Event::Block(Block {
        dir: files[0].dir,
        files: packer.finish(),
        links,
    })
}

fn state() -> State {
    let mut state = State::new(1);
    let names: Vec<String> = (0..DIRS).map(|number| format!("d{number}")).collect();
    let root = Event::Found {
        parent: DirId::TOP,
        first: ROOT,
        names: [&b"/r"[..]].into_iter().collect(),
    };
    let dirs = Event::Found {
        parent: ROOT,
        first: DirId(2),
        names: names.iter().map(String::as_bytes).collect(),
    };
    hear(&mut state, vec![root, dirs]);
    state
}

fn hear(state: &mut State, events: Vec<Event>) {
    state.apply(WorkerId::from_index(0), events, Duration::ZERO);
    state.settle();
}

fn totals(state: &State) -> Vec<Totals> {
    let dirs = 0..2 + DIRS;
    dirs.map(|dir| state.tree().totals(DirId(dir))).collect()
}

/// What there is of each type and of each age, which is not nothing.
fn sums(state: &State) -> (BTreeMap<Ending, Sums>, Vec<Sums>, Sums) {
    let tree = state.tree();
    let mut types = Derivation::new(DirId::TOP, Types::default());
    while types.is_behind(tree) {
        types.advance(tree);
    }
    let mut ages = Derivation::new(DirId::TOP, Ages::new(NOW));
    while ages.is_behind(tree) {
        ages.advance(tree);
    }
    let ages = Age::ALL.map(|age| ages.gathered().of(age)).to_vec();
    let others = types.gathered().others();
    (types.gathered().endings().collect(), ages, others)
}

fn largest(state: &State) -> Vec<u64> {
    let mut largest = Derivation::new(DirId::TOP, Largest::new(None));
    while largest.is_behind(state.tree()) {
        largest.advance(state.tree());
    }
    let sizes = largest.gathered().sorted(false).into_iter();
    sizes.map(|large| large.size).collect()
}

fn fold(memory: &mut Folding, state: &mut State, is_looked_at: impl Fn(DirId) -> bool + Copy) {
    memory.keep(state, is_looked_at);
    while memory.is_folding() {
        memory.keep(state, is_looked_at);
    }
}

fn files(state: &State) -> impl Iterator<Item = File<'_>> {
    (2..2 + DIRS).flat_map(|dir| state.tree().files(DirId(dir)))
}

/// What is gathered all along, while files come and are folded.
struct Gathered {
    types: Derivation<Types>,
    ages: Derivation<Ages>,
    largest: Derivation<Largest>,
    found: Derivation<Found>,
}

impl Gathered {
    fn new() -> Self {
        Self {
            types: Derivation::new(DirId::TOP, Types::default()),
            ages: Derivation::new(DirId::TOP, Ages::new(NOW)),
            largest: Derivation::new(DirId::TOP, Largest::new(None)),
            found: found(),
        }
    }

    fn follow(&mut self, moves: &Moves) {
        self.types.follow(moves);
        self.ages.follow(moves);
        self.largest.follow(moves);
        self.found.follow(moves);
    }

    fn advance(&mut self, tree: &Tree) {
        self.types.advance(tree);
        self.ages.advance(tree);
        self.largest.advance(tree);
        self.found.advance(tree);
    }

    fn finish(&mut self, tree: &Tree) {
        while self.types.is_behind(tree) {
            self.advance(tree);
        }
    }
}

fn found() -> Derivation<Found> {
    Derivation::new(
        DirId::TOP,
        Found::new(DirId::TOP, Query::of("c-long"), false),
    )
}

fn gathered_again(state: &State) -> u64 {
    let mut found = found();
    while found.is_behind(state.tree()) {
        found.advance(state.tree());
    }
    found.gathered().count()
}

/// The size of the file that is known by name at its place.
fn size_at(state: &State, which: Which) -> Option<u64> {
    let Which::File(Place { block, at }) = which else {
        return None;
    };
    let file = Unpacker::resume(state.tree().records(block), at as usize).next()?;
    (file.folded == 0).then_some(file.disk)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(60) })]

    #[test]
    fn totals_do_not_depend_on_what_is_folded(
        files_found in prop::collection::vec(file(), 1_000..2_000),
        limit in prop_oneof![Just(0), 0..600_000_u64],
        looked_at in 2..4 + DIRS,
    ) {
        let (mut whole, mut folded) = (state(), state());
        let mut memory = Folding::new(Some(limit), NOW);
        let is_looked_at = |dir| dir == DirId(looked_at);
        let mut gathered = Gathered::new();
        for part in files_found.chunks(120) {
            for one in part.chunk_by(|one, other| one.dir == other.dir) {
                hear(&mut whole, vec![block(one)]);
                hear(&mut folded, vec![block(one)]);
            }
            // Some of it is gathered before it is folded, and some after.
            gathered.follow(&memory.keep(&mut folded, is_looked_at));
            gathered.advance(folded.tree());
        }
        while memory.is_folding() {
            gathered.follow(&memory.keep(&mut folded, is_looked_at));
        }
        gathered.finish(folded.tree());
        prop_assert_eq!(totals(&whole), totals(&folded));
        let (whole_types, whole_ages, _) = sums(&whole);
        let (folded_types, folded_ages, others) = sums(&folded);
        let all = |sums: &[Sums]| sums.iter().copied().sum::<Sums>();
        prop_assert_eq!(&whole_ages, &folded_ages);
        let mut of_folded = folded_types.values().copied().collect::<Vec<_>>();
        of_folded.push(others);
        let of_whole = whole_types.values().copied().collect::<Vec<_>>();
        prop_assert_eq!(all(&of_whole), all(&of_folded));
        for (ending, sums) in &folded_types {
            prop_assert!(sums.files <= whole_types[ending].files);
        }
        // Who is large, or has several names, is there by name, and what is looked at as well.
        let named = |state: &State| {
            let files = files(state).filter(|file| file.folded == 0);
            let large = files.filter(|file| file.disk >= SMALL || file.link.is_some());
            let mut names: Vec<Vec<u8>> = large.map(|file| file.name.to_vec()).collect();
            names.sort();
            names
        };
        prop_assert_eq!(named(&whole), named(&folded));
        let in_it = |state: &State| state.tree().files(DirId(looked_at)).count();
        if looked_at < 2 + DIRS {
            prop_assert_eq!(in_it(&whole), in_it(&folded));
            prop_assert!(!folded.tree().is_folded(DirId(looked_at)));
        }
        let all_large = largest(&whole).into_iter().take_while(|size| *size >= SMALL);
        let all_large: Vec<u64> = all_large.collect();
        prop_assert_eq!(&largest(&folded)[..all_large.len()], &all_large[..]);
        // What was gathered all along says the same, but that it knows more.
        let ages = Age::ALL.map(|age| gathered.ages.gathered().of(age));
        prop_assert_eq!(&whole_ages[..], &ages[..]);
        let types = gathered.types.gathered();
        let mut of_gathered: Vec<Sums> = types.endings().map(|(_, sums)| sums).collect();
        of_gathered.push(types.others());
        prop_assert_eq!(all(&of_whole), all(&of_gathered));
        for (ending, sums) in &folded_types {
            prop_assert!(sums.files <= types.of(*ending).files);
            prop_assert!(types.of(*ending).files <= whole_types[ending].files);
        }
        let list = gathered.largest.gathered().sorted(false);
        let sizes: Vec<u64> = list.iter().map(|large| large.size).collect();
        prop_assert_eq!(&sizes[..all_large.len()], &all_large[..]);
        if !gathered.largest.gathered().has_lost() {
            prop_assert_eq!(&sizes, &largest(&folded));
        }
        for large in list {
            prop_assert_eq!(size_at(&folded, large.which.0), Some(large.size));
        }
        let found = gathered.found.gathered();
        prop_assert_eq!(found.count(), gathered_again(&folded));
        for hit in found.sorted() {
            if let Target::File(place) = hit.target.0 {
                prop_assert_eq!(size_at(&folded, Which::File(place)), Some(hit.size));
            }
        }
        let is_any = files(&folded).any(|file| file.folded > 0);
        prop_assert_eq!(folded.tree().folded_dirs() > 0, is_any);
        prop_assert_eq!(is_any, folded.bytes() < whole.bytes());
        if whole.bytes() as u64 <= limit {
            prop_assert!(!is_any, "nothing is folded below the limit");
        }
    }
}

/// Directories with files of many types, ages and sizes, some of them hard links, which fill some
/// chunks.
fn filled(files: u32) -> State {
    const ENDINGS: [&str; 9] = ["txt", "c", "rs", "jpg", "o", "md", "png", "json", ""];
    let mut state = state();
    let file = |number: u32| Plain {
        dir: DirId(2 + number / 50 % DIRS),
        name: format!(
            "{}-{number}.{}",
            "long".repeat(20),
            ENDINGS[number as usize % ENDINGS.len()]
        ),
        size: 512 * u64::from(number % 90),
        modified: NOW - 3600 * i64::from(number) * i64::from(number % 100 - number % 10),
        inode: None,
    };
    let linked = |number: u32| Plain {
        size: 4096,
        modified: NOW - 1,
        inode: Some((number % 7).into()),
        ..file(number)
    };
    let files: Vec<Plain> = (0..files)
        .map(|number| {
            if number % 23 == 0 {
                linked(number)
            } else {
                file(number)
            }
        })
        .collect();
    for part in files.chunks(50) {
        hear(&mut state, vec![block(part)]);
    }
    state
}

/// What is known by name in a directory: the names of hard links, and the sizes of the four largest
/// of the others.
fn known(state: &State, dir: DirId) -> (Vec<Vec<u8>>, Vec<u64>) {
    let files = state.tree().files(dir).filter(|file| file.folded == 0);
    let (linked, others): (Vec<_>, Vec<_>) = files.partition(|file| file.link.is_some());
    let mut names: Vec<_> = linked.iter().map(|file| file.name.to_vec()).collect();
    let mut sizes: Vec<u64> = others.iter().map(|file| file.disk).collect();
    names.sort();
    sizes.sort_unstable_by_key(|size| std::cmp::Reverse(*size));
    sizes.truncate(4);
    (names, sizes)
}

#[test]
fn a_first_fold_keeps_types_and_ages_hard_links_and_the_largest() {
    let mut state = filled(4_000);
    let dirs = || (2..2 + DIRS).map(DirId);
    let all = |state: &State| dirs().map(|dir| known(state, dir)).collect::<Vec<_>>();
    let (sums_before, known_before) = (sums(&state), all(&state));
    let bytes = state.bytes();
    // Not so little that all of it is folded once more.
    let mut memory = Folding::new(Some(bytes as u64 - 1), NOW);
    fold(&mut memory, &mut state, |_| false);
    assert!(state.bytes() < bytes);
    assert!(dirs().any(|dir| state.tree().is_folded(dir)));
    assert!(
        sums_before.0.len() > 8 && sums_before.1.iter().filter(|age| age.files > 0).count() > 5
    );
    assert_eq!(sums(&state), sums_before);
    assert_eq!(all(&state), known_before);
    assert!(
        memory.keep(&mut state, |_| false).is_empty(),
        "it is enough"
    );
}

/// What failures take, which are counted as they come and go.
pub(crate) fn bytes_of_failures(state: &State) -> usize {
    let names = state
        .failures()
        .iter()
        .map(|failure| failure.entry.as_deref());
    names
        .map(|name| size_of::<Failure>() + name.map_or(0, <[u8]>::len))
        .sum()
}

#[test]
fn names_of_failures_count_against_the_limit() {
    let mut state = filled(4_000);
    let bytes = state.bytes();
    let mut memory = Folding::new(Some(bytes as u64 + 100_000), NOW);
    assert!(memory.keep(&mut state, |_| false).is_empty());
    let failure = |number: usize| {
        Event::Failed(Failure {
            dir: ROOT,
            entry: Some(vec![b'n'; number].into()),
            call: Call::Stat,
            cause: std::io::Error::other("made up"),
        })
    };
    hear(&mut state, (0..500).map(failure).collect());
    assert_eq!(state.bytes(), bytes + bytes_of_failures(&state));
    assert!(
        bytes_of_failures(&state) > 499 * 500 / 2,
        "names are most of it"
    );
    assert!(!memory.keep(&mut state, |_| false).is_empty());
}

#[test]
fn what_is_folded_is_not_found_by_name() {
    let mut state = filled(4_000);
    let count = |state: &State, text: &str| {
        let found = Found::new(ROOT, Query::of(text), false);
        let mut found = Derivation::new(ROOT, found);
        while found.is_behind(state.tree()) {
            found.advance(state.tree());
        }
        found.gathered().count()
    };
    assert_eq!(
        (count(&state, "long*"), count(&state, "-16.json")),
        (4_000, 1)
    );
    let mut memory = Folding::new(Some(0), NOW);
    fold(&mut memory, &mut state, |_| false);
    let left = count(&state, "long*");
    let folded: u64 = files(&state).map(|file| file.folded).sum();
    assert_eq!(left + folded, 4_000);
    assert_eq!(count(&state, "-16.json"), 0);
}

#[test]
fn what_was_looked_at_is_folded_once_it_is_not() {
    let mut state = filled(4_000);
    let mut memory = Folding::new(Some(0), NOW);
    fold(&mut memory, &mut state, |dir| dir == DirId(3));
    assert!(!state.tree().is_folded(DirId(3)) && state.tree().is_folded(DirId(4)));
    fold(&mut memory, &mut state, |_| false);
    assert!(!state.tree().is_folded(DirId(3)), "nothing new has come");
    let more = (0..900).map(|number| Plain {
        dir: DirId(2),
        name: format!("{}-{number}", "more".repeat(20)),
        size: 1024,
        modified: NOW,
        inode: None,
    });
    let more: Vec<Plain> = more.collect();
    hear(&mut state, vec![block(&more)]);
    fold(&mut memory, &mut state, |_| false);
    assert!(state.tree().is_folded(DirId(3)));
}
