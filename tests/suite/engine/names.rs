//! A scan that asks for names only: what it says, and that it finds the files of a scan that asks
//! for everything.

use std::{
    collections::{BTreeSet, HashMap},
    ffi::OsStr,
    os::unix::ffi::OsStrExt,
    path::PathBuf,
};

use spelunk::scan::{
    Detail, ListerKind, Options, Scan,
    dir::DirId,
    event::{Event, WorkerId},
};

use super::{PATIENCE, WORKERS, options};
use crate::support::tree::Tree;

fn named(options: &Options, lister: ListerKind) -> Options {
    Options {
        detail: Detail::Names,
        lister,
        ..options.clone()
    }
}

/// Where a worker is.
struct Place {
    dir: DirId,
    root: DirId,
    below: Vec<u8>,
}

/// The files that a scan for names finds; none of it may fail. Every event is held against the
/// protocol.
fn files(options: &Options) -> BTreeSet<PathBuf> {
    let scan = Scan::start(options).expect("start a scan");
    let mut places: HashMap<WorkerId, Place> = HashMap::new();
    let mut said = HashMap::new();
    let mut files = BTreeSet::new();
    while let Ok(parcel) = scan.results().recv_timeout(PATIENCE) {
        let worker = parcel.worker();
        for event in parcel.open() {
            match event {
                Event::Place {
                    dir,
                    root,
                    kept,
                    more,
                } => {
                    let before = places.remove(&worker).filter(|place| place.root == root);
                    let before = before.map_or(Vec::new(), |place| place.below);
                    let below = [&before[..kept], &*more].concat();
                    assert!(
                        said.insert(dir, below.clone()).is_none(),
                        "{dir} said twice"
                    );
                    places.insert(worker, Place { dir, root, below });
                }
                Event::Names { dir, names } => {
                    let place = &places[&worker];
                    assert_eq!(dir, place.dir, "names of another place than was said");
                    assert!(!names.is_empty());
                    let path =
                        options.roots[place.root.index() - 1].join(OsStr::from_bytes(&place.below));
                    for name in names.iter() {
                        let path = path.join(OsStr::from_bytes(name));
                        assert!(files.insert(path.clone()), "{} said twice", path.display());
                    }
                }
                Event::Found { parent, .. } => assert_eq!(parent, DirId::TOP),
                Event::Waiting | Event::Left => {}
                event => panic!("{event:?} in a scan that asks for names"),
            }
        }
    }
    assert_eq!(scan.join(PATIENCE), [], "every worker has left");
    files
}

/// Fails unless both listers find by name the files that `options` find when metadata is asked for,
/// which are `expected`.
pub(super) fn are_the_same(options: &Options, expected: &BTreeSet<PathBuf>) {
    for lister in [ListerKind::Portable, ListerKind::Auto] {
        let found = files(&named(options, lister));
        assert_eq!(&found, expected, "{lister:?}");
    }
}

#[test]
fn a_place_is_said_once_and_only_where_there_are_files() {
    let tree = Tree::new();
    tree.file("a/b/one", 1)
        .dir("a/empty/and/deep")
        .file("two", 1);
    for number in 0..3_000 {
        tree.file(format!("large/file {number:050}"), 0);
    }
    let mut expected: BTreeSet<_> = (0..3_000)
        .map(|number| tree.path().join(format!("large/file {number:050}")))
        .collect();
    expected.extend(["a/b/one", "two"].map(|name| tree.path().join(name)));
    for workers in WORKERS {
        are_the_same(&options([tree.path()], workers), &expected);
    }
}

#[test]
fn a_stop_ends_a_scan_for_names() {
    let tree = Tree::new();
    for number in 0..200 {
        tree.file(format!("{number}/file"), 0);
    }
    for workers in WORKERS {
        let options = named(&options([tree.path()], workers), ListerKind::Auto);
        let scan = Scan::start(&options).expect("start a scan");
        let _ = scan.results().recv_timeout(PATIENCE);
        assert_eq!(scan.join(PATIENCE), [], "every worker has left");
    }
}
