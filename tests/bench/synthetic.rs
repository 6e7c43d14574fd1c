//! A scan that never happened: what workers would say of a tree, in parcels as a consumer gets
//! them, without a file system.

use spelunk::{
    scan::{
        dir::{DirId, Identity, Names},
        event::{Block, Event, WorkerId},
    },
    tree::block::{Kind, Metadata, Packer},
};

use crate::shape::{self, Directory, Random};

/// How many workers say it.
pub const WORKERS: usize = 4;
/// Results in a parcel, files and directories, or a few more.
const PARCEL: usize = 500;
/// Files in one block of a large directory.
const BLOCK: u32 = 2000;

/// What a worker says at once.
pub struct Parcel {
    /// Which worker.
    pub worker: WorkerId,
    /// What it says.
    pub events: Vec<Event>,
    /// How many files and directories that tells of.
    pub results: usize,
}

/// A home directory of so many files.
pub fn home(files: u32) -> Vec<Parcel> {
    let mut random = Random::new(7);
    let shape = shape::home(files, &mut random);
    tree(&shape, &mut random, |parcels, place, dir, random| {
        parcels.block(dir, 0..shape[place].files, 1, random);
    })
}

/// So many names in the directories of a home directory, eight for each file, wherever that may be.
pub fn links(files: u32) -> Vec<Parcel> {
    let mut random = Random::new(7);
    let shape = shape::home(files, &mut random);
    let mut names = vec![Vec::new(); shape.len()];
    for number in 0..files {
        names[random.below(shape.len())].push(number);
    }
    tree(&shape, &mut random, |parcels, place, dir, random| {
        parcels.block(dir, names[place].iter().copied(), 8, random);
    })
}

/// Directories of this shape, in the order in which a worker comes by them.
fn tree(
    shape: &[Directory],
    random: &mut Random,
    mut files: impl FnMut(&mut Parcels, usize, DirId, &mut Random),
) -> Vec<Parcel> {
    let mut children = vec![Vec::new(); shape.len()];
    for (place, directory) in shape.iter().enumerate().skip(1) {
        children[directory.parent].push(place);
    }
    let mut parcels = Parcels::default();
    parcels.root();
    let (mut waiting, mut free) = (vec![(0, DirId(1))], 2);
    // Depth first, as workers go.
    while let Some((place, dir)) = waiting.pop() {
        parcels.enter(dir);
        let below = &children[place];
        if !below.is_empty() {
            let names: Vec<String> = below
                .iter()
                .map(|place| shape::directory_name(*place as u32, random))
                .collect();
            parcels.found(
                dir,
                DirId(free),
                names.iter().map(String::as_bytes).collect(),
            );
            waiting.extend(below.iter().copied().zip((free..).map(DirId)));
            free += below.len() as u32;
        }
        files(&mut parcels, place, dir, random);
        parcels.say(Event::Listed { dir, slices: 0 }, 0);
    }
    parcels.sent
}

/// One directory of so many files.
pub fn flat(files: u32) -> Vec<Parcel> {
    let (mut parcels, mut random, dir) = (Parcels::default(), Random::new(7), DirId(1));
    parcels.root();
    parcels.enter(dir);
    for first in (0..files).step_by(BLOCK as usize) {
        parcels.block(dir, first..files.min(first + BLOCK), 1, &mut random);
    }
    parcels.say(Event::Listed { dir, slices: 0 }, 0);
    parcels.send();
    parcels.sent
}

/// Metadata of a file as they are found in a home directory.
pub fn metadata(random: &mut Random) -> Metadata {
    let apparent = shape::file_size(random);
    Metadata {
        kind: Kind::File,
        disk: apparent.next_multiple_of(4096),
        apparent,
        modified: 1_700_000_000 + random.below(100_000_000) as i64,
        identity: Identity {
            device: 1,
            inode: 1,
        },
        links: 1,
    }
}

#[derive(Default)]
struct Parcels {
    sent: Vec<Parcel>,
    events: Vec<Event>,
    results: usize,
    packer: Packer,
}

impl Parcels {
    fn root(&mut self) {
        self.found(DirId::TOP, DirId(1), [&b"/home"[..]].into_iter().collect());
    }

    fn found(&mut self, parent: DirId, first: DirId, names: Names) {
        self.say(
            Event::Found {
                parent,
                first,
                names,
            },
            0,
        );
    }

    fn enter(&mut self, dir: DirId) {
        let metadata = Metadata {
            kind: Kind::Directory,
            disk: 4096,
            apparent: 4096,
            modified: 1_700_000_000,
            identity: Identity {
                device: 1,
                inode: 1,
            },
            links: 2,
        };
        self.say(Event::Entered { dir }, 0);
        self.say(Event::Opened { dir, metadata }, 1);
    }

    /// A block of files of which each has so many names, with numbers one after the other.
    fn block(
        &mut self,
        dir: DirId,
        numbers: impl IntoIterator<Item = u32>,
        names: u64,
        random: &mut Random,
    ) {
        let mut links = Vec::new();
        for number in numbers {
            let name = shape::file_name(number, random);
            let mut metadata = metadata(random);
            metadata.identity.inode = u64::from(number) / names;
            metadata.links = names;
            links.extend(self.packer.add(name.as_bytes(), &metadata));
        }
        let files = self.packer.finish();
        let count = files.count as usize;
        self.say(Event::Block(Block { dir, files, links }), count);
    }

    fn say(&mut self, event: Event, results: usize) {
        self.events.push(event);
        self.results += results;
        if self.results >= PARCEL {
            self.send();
        }
    }

    fn send(&mut self) {
        self.sent.push(Parcel {
            worker: WorkerId::from_index(self.sent.len() % WORKERS),
            events: std::mem::take(&mut self.events),
            results: std::mem::take(&mut self.results),
        });
    }
}
