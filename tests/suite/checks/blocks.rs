//! Packed blocks: whatever can be unpacked comes back when it is packed again, and what cannot
//! ends, without a panic.

use spelunk::{
    scan::dir::Identity,
    tree::block::{File, Metadata, Packer, Unpacker},
};

/// Fails unless `records`, any bytes, behave.
pub(crate) fn check(records: &[u8]) {
    let mut unpacker = Unpacker::new(records);
    let mut files = Vec::new();
    loop {
        let at = unpacker.at();
        let name = unpacker.clone().name();
        let Some(file) = unpacker.next() else {
            break;
        };
        assert_eq!(name, file.name);
        assert_eq!(Unpacker::seek(records, at).next(), Some(file));
        let resumed = Unpacker::resume(records, at).next();
        assert_eq!(resumed.map(undated), Some(undated(file)));
        assert!(unpacker.at() > at, "it comes to an end");
        files.push(file);
    }
    assert_eq!(unpacker.next(), None, "the end is the end");
    let mut packer = Packer::default();
    // What the kernel can say: of one name alone no other is kept, and no file is several.
    files.retain(|file| file.link.is_none_or(|(_, names)| names > 1) && file.folded == 0);
    for file in &files {
        let (inode, links) = file.link.unwrap_or((0, 1));
        let metadata = Metadata {
            kind: file.kind,
            disk: file.disk,
            apparent: file.apparent,
            modified: file.modified,
            identity: Identity { device: 1, inode },
            links,
        };
        let link = packer.add(file.name, &metadata);
        assert_eq!(link.is_some(), file.link.is_some());
        assert!(link.is_none_or(|link| link.identity.inode == inode && link.names == links));
    }
    let again = packer.finish();
    assert!(Unpacker::new(&again.records).eq(files.iter().copied()));
    let alone = || files.iter().filter(|file| file.link.is_none());
    let sum = |size: fn(&File<'_>) -> u64| alone().map(|file| u128::from(size(file))).sum::<u128>();
    assert_eq!(again.count, files.len() as u64);
    assert_eq!(again.disk, sum(|file| file.disk));
    assert_eq!(again.apparent, sum(|file| file.apparent));
}

/// All of a file but its time, which is not known in the middle of a block.
fn undated(file: File<'_>) -> File<'_> {
    File {
        modified: 0,
        ..file
    }
}
