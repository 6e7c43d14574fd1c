//! Files of one directory, packed: about as many bytes as their names have, and five more. Workers
//! pack, the tree keeps the packed bytes as they are, and whoever shows files unpacks the few that
//! it shows.
//!
//! One record, numbers as LEB128 (seven bits a byte, least significant first):
//!
//! ```text
//! tag       bits 0-4 length of the name, 5 has disk usage, 6 has apparent size, 7 was modified in
//!           the same second as the one before
//! more      bits 0-2 kind, 3 is hard-linked, 4 stands for several files
//!                                            only with bits 0-4 all zero, for whatever is no file
//!           with one name of 1 to 31 bytes
//! length    of the name                      likewise
//! name      bytes
//! modified  seconds since that of the record before (the first: since 1970), zigzag
//!                                            only without bit 7
//! disk      in blocks of 512 bytes           only with bit 5
//! apparent  in bytes                         only with bit 6
//! inode     number, then links               only with bit 3 of more
//! count     of the files                     only with bit 4 of more
//! ```

use crate::scan::dir::Identity;

/// Bytes in the unit in which the kernel counts disk usage (`st_blocks`).
pub const BLOCK: u64 = 512;

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    /// A regular file.
    File = 0,
    /// A directory.
    Directory,
    /// A symbolic link, never followed.
    Symlink,
    /// A named pipe.
    Pipe,
    /// A socket.
    Socket,
    /// A block or character device.
    Device,
    /// Something else.
    Other,
}

impl Kind {
    const ALL: [Self; 7] = [
        Self::File,
        Self::Directory,
        Self::Symlink,
        Self::Pipe,
        Self::Socket,
        Self::Device,
        Self::Other,
    ];
}

/// What the kernel says of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// What it is.
    pub kind: Kind,
    /// Disk usage in bytes: blocks × 512.
    pub disk: u64,
    /// Apparent size in bytes (`st_size`).
    pub apparent: u64,
    /// Last modification, in seconds since 1970.
    pub modified: i64,
    /// Which file it is.
    pub identity: Identity,
    /// How many names it has (`st_nlink`).
    pub links: u64,
}

/// One inode with several names, as met under one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Which file it is.
    pub identity: Identity,
    /// Disk usage in bytes.
    pub disk: u64,
    /// Apparent size in bytes.
    pub apparent: u64,
    /// How many names it has, wherever these are.
    pub names: u64,
}

/// Packed entries of one directory that are no directories, with their number and sums.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// How many names.
    pub count: u64,
    /// Disk usage in bytes of those that have one name only.
    pub disk: u128,
    /// Apparent size in bytes of those that have one name only.
    pub apparent: u128,
    /// The records.
    pub records: Box<[u8]>,
}

impl Files {
    /// Bytes of memory that the records take.
    pub fn weight(&self) -> usize {
        self.records.len()
    }
}

/// One file as its record has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct File<'a> {
    /// Its name, as bytes.
    pub name: &'a [u8],
    /// What it is; never a directory.
    pub kind: Kind,
    /// Disk usage in bytes.
    pub disk: u64,
    /// Apparent size in bytes.
    pub apparent: u64,
    /// Last modification, in seconds since 1970.
    pub modified: i64,
    /// Inode number and how many names it has, if it has several.
    pub link: Option<(u64, u64)>,
    /// How many files this record stands for, of which no more is known than their sums; none for
    /// a file of its own. What is a name otherwise is then what their names have in common.
    pub folded: u64,
}

impl File<'_> {
    /// How many names there are of what it is.
    pub fn names(&self) -> u64 {
        self.folded.max(1)
    }
}

/// Bits of the tag.
const LENGTH: u8 = 0b1_1111;
const DISK: u8 = 1 << 5;
const APPARENT: u8 = 1 << 6;
const SAME_TIME: u8 = 1 << 7;
/// Bits of what may follow it.
const KIND: u8 = 0b111;
const LINKED: u8 = 1 << 3;
const FOLDED: u8 = 1 << 4;

/// Packs the files of one directory, one after the other.
#[derive(Debug, Default)]
pub struct Packer {
    records: Vec<u8>,
    files: Files,
    modified: i64,
}

impl Packer {
    /// How many files are in it.
    pub fn len(&self) -> u64 {
        self.files.count
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.files.count == 0
    }

    /// Where the next record will begin.
    pub fn at(&self) -> usize {
        self.records.len()
    }

    /// Adds one. Where it has several names, returns the link that is to be counted apart from the
    /// sums.
    pub fn add(&mut self, name: &[u8], metadata: &Metadata) -> Option<Link> {
        self.add_record(name, metadata, 0);
        let (disk, apparent) = (metadata.disk / BLOCK * BLOCK, metadata.apparent);
        self.files.count += 1;
        if metadata.links > 1 {
            return Some(Link {
                identity: metadata.identity,
                disk,
                apparent,
                names: metadata.links,
            });
        }
        self.files.disk += u128::from(disk);
        self.files.apparent += u128::from(apparent);
        None
    }

    /// Adds a record as it was unpacked, without counting it again.
    pub fn add_again(&mut self, file: &File<'_>) {
        let (inode, links) = file.link.unwrap_or((0, 1));
        let metadata = Metadata {
            kind: file.kind,
            disk: file.disk,
            apparent: file.apparent,
            modified: file.modified,
            identity: Identity { device: 0, inode },
            links,
        };
        self.add_record(file.name, &metadata, file.folded);
    }

    fn add_record(&mut self, name: &[u8], metadata: &Metadata, folded: u64) {
        let linked = metadata.links > 1;
        let blocks = metadata.disk / BLOCK;
        let bit = |set: bool, bit: u8| if set { bit } else { 0 };
        let since = metadata.modified.wrapping_sub(self.modified);
        let short = u8::try_from(name.len()).unwrap_or(u8::MAX);
        let is_short = (1..=LENGTH).contains(&short);
        let is_plain = metadata.kind == Kind::File && !linked && folded == 0 && is_short;
        let tag = bit(blocks > 0, DISK)
            | bit(metadata.apparent > 0, APPARENT)
            | bit(since == 0, SAME_TIME);
        if is_plain {
            self.records.push(tag | short);
        } else {
            let more = metadata.kind as u8 | bit(linked, LINKED) | bit(folded > 0, FOLDED);
            self.records.extend([tag, more]);
            self.number(name.len() as u64);
        }
        self.records.extend_from_slice(name);
        if since != 0 {
            self.number(zigzag(since));
        }
        self.modified = metadata.modified;
        for number in [blocks, metadata.apparent] {
            if number > 0 {
                self.number(number);
            }
        }
        if linked {
            self.number(metadata.identity.inode);
            self.number(metadata.links);
        }
        if folded > 0 {
            self.number(folded);
        }
    }

    /// What was added since the last call; the packer is empty then, and keeps its buffer.
    pub fn finish(&mut self) -> Files {
        self.modified = 0;
        let files = Files {
            records: self.records.as_slice().into(),
            ..std::mem::take(&mut self.files)
        };
        self.records.clear();
        files
    }

    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.records.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.records.push(number as u8);
    }
}

/// What stands before the name in a record.
struct Head {
    tag: u8,
    more: u8,
    length: usize,
}

/// Unpacks records, in the order in which they were packed. Whatever no [`Packer`] has written ends
/// them.
#[derive(Clone, Debug)]
pub struct Unpacker<'a> {
    records: &'a [u8],
    at: usize,
    modified: i64,
}

impl<'a> Unpacker<'a> {
    /// Starts at the first of `records`.
    pub fn new(records: &'a [u8]) -> Self {
        Self {
            records,
            at: 0,
            modified: 0,
        }
    }

    /// Starts in the middle, at a place that [`Unpacker::at`] gave. The times of modification are
    /// not known then, since each is kept as the distance from the one before.
    pub fn resume(records: &'a [u8], at: usize) -> Self {
        Self {
            records,
            at,
            modified: 0,
        }
    }

    /// The name in the next record, without unpacking the rest; empty where there is none.
    pub fn name(mut self) -> &'a [u8] {
        let head = self.head();
        head.and_then(|head| self.bytes(head.length))
            .unwrap_or_default()
    }

    /// Starts at the same place, having gone through all records before it, so that the times of
    /// modification are known as well.
    pub fn seek(records: &'a [u8], at: usize) -> Self {
        let mut unpacker = Self::new(records);
        while unpacker.at < at && unpacker.next().is_some() {}
        unpacker
    }

    /// Where the next record begins.
    pub fn at(&self) -> usize {
        self.at
    }

    /// What stands before the name.
    fn head(&mut self) -> Option<Head> {
        let tag = self.byte()?;
        let short = tag & LENGTH;
        if short > 0 {
            return Some(Head {
                tag,
                more: Kind::File as u8,
                length: usize::from(short),
            });
        }
        Some(Head {
            tag,
            more: self.byte()?,
            length: self.number()? as usize,
        })
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = *self.records.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let bytes = self.records[self.at..].get(..length)?;
        self.at += length;
        Some(bytes)
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
        Some(number)
    }

    fn unpack(&mut self) -> Option<File<'a>> {
        let Head { tag, more, length } = self.head()?;
        let name = self.bytes(length)?;
        if tag & SAME_TIME == 0 {
            self.modified = self.modified.wrapping_add(unzigzag(self.number()?));
        }
        let disk = if tag & DISK > 0 {
            self.number()?.checked_mul(BLOCK)?
        } else {
            0
        };
        let apparent = if tag & APPARENT > 0 {
            self.number()?
        } else {
            0
        };
        let link = if more & LINKED > 0 {
            Some((self.number()?, self.number()?))
        } else {
            None
        };
        let folded = if more & FOLDED > 0 { self.number()? } else { 0 };
        Some(File {
            name,
            kind: *Kind::ALL.get(usize::from(more & KIND))?,
            disk,
            apparent,
            modified: self.modified,
            link,
            folded,
        })
    }
}

impl<'a> Iterator for Unpacker<'a> {
    type Item = File<'a>;

    fn next(&mut self) -> Option<File<'a>> {
        let file = self.unpack();
        if file.is_none() {
            self.at = self.records.len();
        }
        file
    }
}

/// Puts small numbers of either sign onto small numbers: 0, -1, 1, -2 become 0, 1, 2, 3.
fn zigzag(number: i64) -> u64 {
    (number << 1 ^ number >> 63) as u64
}

fn unzigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_packed_comes_out(
            files in prop::collection::vec(
                (
                    prop_oneof![prop::collection::vec(any::<u8>(), 0..34), prop::collection::vec(any::<u8>(), 0..300)],
                    0..7_usize,
                    (any::<u64>(), any::<u64>(), prop_oneof![0..2_i64, any::<i64>()], any::<u64>()),
                    1..4_u64,
                ),
                0..40,
            ),
        ) {
            let mut packer = Packer::default();
            for (name, kind, (disk, apparent, modified, inode), links) in &files {
                let identity = Identity { device: 1, inode: *inode };
                let metadata = Metadata {
                    kind: Kind::ALL[*kind], disk: disk / BLOCK * BLOCK, apparent: *apparent, modified: *modified,
                    identity, links: *links,
                };
                let link = packer.add(name, &metadata);
                prop_assert_eq!(link.is_some(), *links > 1);
            }
            let packed = packer.finish();
            prop_assert_eq!(packed.count, files.len() as u64);
            let alone = files.iter().filter(|file| file.3 == 1);
            prop_assert_eq!(packed.apparent, alone.map(|file| u128::from(file.2.1)).sum::<u128>());
            for (file, (name, kind, (disk, apparent, modified, inode), links)) in
                Unpacker::new(&packed.records).zip(&files)
            {
                prop_assert_eq!(file, File {
                    name, kind: Kind::ALL[*kind], disk: disk / BLOCK * BLOCK, apparent: *apparent,
                    modified: *modified, link: (*links > 1).then_some((*inode, *links)), folded: 0,
                });
            }
            let mut again = Packer::default();
            let unpacked = Unpacker::new(&packed.records);
            let unpacked: Vec<File<'_>> = unpacked
                .map(|file| File { folded: file.name.len() as u64, ..file })
                .collect();
            for file in &unpacked {
                again.add_again(file);
            }
            let packed = again.finish();
            prop_assert_eq!(packed.count, 0);
            prop_assert_eq!(Unpacker::new(&packed.records).collect::<Vec<_>>(), unpacked);
            prop_assert_eq!(Unpacker::new(&packed.records).count(), files.len());
        }
    }
}
