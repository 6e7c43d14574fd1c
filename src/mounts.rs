//! The kernel's table of mounts, as it stands in `/proc/self/mountinfo`. Reading it asks no file
//! system anything, so it never hangs. It must not know what is wanted of a mount.

use std::{
    ffi::OsString,
    fs,
    os::unix::ffi::OsStringExt,
    path::{Path, PathBuf},
};

/// One line of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mount {
    /// What `statx` calls it.
    pub(crate) id: u64,
    /// The numbers of the device, as text: `254:0`.
    pub(crate) device: Vec<u8>,
    /// Whether the whole file system is mounted, and not a directory of it.
    pub(crate) is_whole: bool,
    /// Where it is mounted.
    pub(crate) point: PathBuf,
    /// Which kind of file system it is: `ext4`.
    pub(crate) kind: Vec<u8>,
}

/// The table; `None` where there is none.
pub(crate) fn read() -> Option<Vec<Mount>> {
    Some(parse(&fs::read("/proc/self/mountinfo").ok()?))
}

/// Where something is mounted as soon as somebody enters, and nothing is yet.
pub(crate) fn automounts() -> Vec<PathBuf> {
    let mounts = read().unwrap_or_default();
    let kind_seen = |point: &Path| {
        // Of several on one place the last is what is seen.
        let there = mounts.iter().rfind(|mount| mount.point == point);
        there.is_some_and(|mount| mount.kind == b"autofs")
    };
    let points = mounts.iter().map(|mount| &mount.point);
    points.filter(|point| kind_seen(point)).cloned().collect()
}

/// The mount that `path` lies in by its names, whatever symlinks make of it.
pub(crate) fn around<'a>(mounts: &'a [Mount], path: &Path) -> Option<&'a Mount> {
    let above = mounts.iter().filter(|mount| path.starts_with(&mount.point));
    // Of several on one place the last is what is seen.
    above.max_by_key(|mount| mount.point.as_os_str().len())
}

/// The format is that of `proc_pid_mountinfo(5)`.
pub(crate) fn parse(table: &[u8]) -> Vec<Mount> {
    let lines = table.split(|byte| *byte == b'\n');
    lines.filter_map(parse_line).collect()
}

fn parse_line(line: &[u8]) -> Option<Mount> {
    let mut fields = line.split(|byte| *byte == b' ');
    let id = std::str::from_utf8(fields.next()?).ok()?.parse().ok()?;
    let device = fields.nth(1)?.to_vec();
    let is_whole = fields.next()? == b"/";
    let point = PathBuf::from(OsString::from_vec(unescape(fields.next()?)));
    let kind = fields.skip_while(|field| *field != b"-").nth(1)?.to_vec();
    Some(Mount {
        id,
        device,
        is_whole,
        point,
        kind,
    })
}

/// Blanks and their like are written as a backslash and three octal digits.
fn unescape(field: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..3).filter(|_| *first == b'\\');
        let code = code.and_then(|digits| std::str::from_utf8(digits).ok());
        if let Some(byte) = code.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            bytes.push(byte);
            rest = &after[3..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &[u8] = b"\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
25 22 8:1 / /my\\040disk rw - xfs /dev/sda1 rw
27 25 0:40 / /my\\040disk/net rw - nfs4 server:/ rw
28 25 0:41 / /my\\040disk/net rw - tmpfs none rw
";

    #[test]
    fn what_lies_in_which() {
        let mounts = parse(TABLE);
        let id = |path| around(&mounts, Path::new(path)).map(|mount| mount.id);
        assert_eq!(id("/home/ada"), Some(22));
        assert_eq!(id("/my disk"), Some(25));
        assert_eq!(id("/my disks"), Some(22));
        assert_eq!(
            id("/my disk/net/x"),
            Some(28),
            "the last one covers the other"
        );
        assert_eq!(id("relative"), None);
    }
}
