//! How many inodes are in use below the place where a file system is mounted, asked of the kernel.
//! Every question here can hang on a dead server.

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
};

use crate::{
    mounts::{self, Mount},
    scan::enter::is_kernel_file_system,
};

/// File systems that count their inodes. Btrfs counts none, overlays and servers count those of
/// somebody else.
const COUNTING: [&str; 10] = [
    "devtmpfs", "ext2", "ext3", "ext4", "f2fs", "jfs", "reiserfs", "tmpfs", "xfs", "zfs",
];

/// Whether a scan enters what is mounted below its root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Only the mount itself.
    OneFileSystem,
    /// Everything but file systems that the kernel makes up.
    AllFileSystems,
}

/// How many inodes are in use in the mount at `root` and in those below it that are entered; `None`
/// where `root` is no mount point, or the count would be another one.
pub(super) fn used_inodes(root: &Path, reach: Reach) -> Option<u64> {
    let root = fs::canonicalize(root).ok()?;
    let mounts = entered(&mounts::read()?, &root, reach, |point| {
        let answer = rustix::fs::statfs(point).ok()?;
        Some(is_kernel_file_system(answer.f_type as u64))
    })?;
    let mut used = 0;
    for point in mounts {
        let answer = rustix::fs::statvfs(&point).ok()?;
        used += answer.f_files.checked_sub(answer.f_ffree)?;
    }
    (used > 0).then_some(used)
}

/// Whether how many inodes are in use in it is what a scan meets.
fn counts(mount: &Mount) -> bool {
    mount.is_whole && COUNTING.iter().any(|kind| kind.as_bytes() == mount.kind)
}

/// The mount points whose inodes a scan of `root` meets, each device once; `None` where they cannot
/// all be counted. `is_kernel` answers whether the kernel makes up what is mounted there.
fn entered(
    mounts: &[Mount],
    root: &Path,
    reach: Reach,
    is_kernel: impl Fn(&Path) -> Option<bool>,
) -> Option<Vec<PathBuf>> {
    // Of several on one place the last is what is seen.
    let top = mounts.iter().rfind(|mount| mount.point == root)?;
    if !counts(top) {
        return None;
    }
    let mut devices = HashSet::from([&top.device]);
    let mut points = vec![top.point.clone()];
    if reach == Reach::OneFileSystem {
        return Some(points);
    }
    let below = mounts
        .iter()
        .filter(|mount| mount.point != root && mount.point.starts_with(root));
    for mount in below {
        // What is mounted a second time is counted a second time by the scan. Mostly that is a
        // single file or a small directory, and it is not worth losing the estimate.
        if devices.contains(&mount.device) || is_kernel(&mount.point)? {
            continue;
        }
        if !counts(mount) {
            return None;
        }
        devices.insert(&mount.device);
        points.push(mount.point.clone());
    }
    Some(points)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mounts::parse;

    const TABLE: &[u8] = b"\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
23 22 0:21 / /proc rw - proc proc rw
24 22 0:5 / /dev rw shared:2 master:1 - devtmpfs udev rw
25 22 8:1 / /my\\040disk rw - xfs /dev/sda1 rw
26 22 254:0 /etc/hosts /my\\040disk/hosts rw - ext4 /dev/vda rw
27 22 0:40 / /net rw - nfs4 server:/ rw
28 22 8:2 /part /half rw - ext4 /dev/sdb rw
not a line
";

    fn points(root: &str, reach: Reach) -> Option<Vec<PathBuf>> {
        let is_kernel = |point: &Path| Some(point == Path::new("/proc"));
        entered(&parse(TABLE), Path::new(root), reach, is_kernel)
    }

    fn these(points: &[&str]) -> Vec<PathBuf> {
        points.iter().map(PathBuf::from).collect()
    }

    #[test]
    fn only_whole_file_systems_that_count_are_counted() {
        assert_eq!(points("/", Reach::OneFileSystem), Some(these(&["/"])));
        assert_eq!(points("/", Reach::AllFileSystems), None, "/net is a server");
        assert_eq!(
            points("/my disk", Reach::OneFileSystem),
            Some(these(&["/my disk"]))
        );
        assert_eq!(
            points("/my disk", Reach::AllFileSystems),
            None,
            "a part of another is mounted in it"
        );
        assert_eq!(points("/net", Reach::OneFileSystem), None);
        assert_eq!(points("/half", Reach::OneFileSystem), None, "a part of it");
        assert_eq!(points("/usr", Reach::OneFileSystem), None, "no mount");
    }

    #[test]
    fn mounts_below_are_added_each_device_once() {
        let mut mounts = parse(TABLE);
        assert_eq!(mounts.len(), 7);
        mounts.truncate(5);
        let is_kernel = |point: &Path| Some(point == Path::new("/proc"));
        let points = entered(&mounts, Path::new("/"), Reach::AllFileSystems, is_kernel);
        assert_eq!(points, Some(these(&["/", "/dev", "/my disk"])));
        let unknown = entered(&mounts, Path::new("/"), Reach::AllFileSystems, |_| None);
        assert_eq!(unknown, None);
    }
}
