//! The questions as the kernel and the C library take them. Everything here can hang, but for the
//! table of mounts.

use std::path::{Path, PathBuf};

use rustix::fs::StatVfs;

use super::{Facts, FileSystem, Names, Question, Said, System};

/// This machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct Kernel;

impl System for Kernel {
    fn place(&self, path: &Path) -> PathBuf {
        #[cfg(target_os = "linux")]
        if let Some(table) = crate::mounts::read()
            && let Some(mount) = crate::mounts::around(&table, path)
        {
            return mount.point.clone();
        }
        // Without a table, what is in one directory.
        path.parent().unwrap_or(path).to_owned()
    }

    fn ask(&self, question: &Question, tell: &mut dyn FnMut(Said)) -> Option<Facts> {
        system::ask(question, tell)
    }

    fn names(&self, facts: &Facts) -> Names {
        let user = nix::unistd::User::from_uid(facts.user.into());
        let group = nix::unistd::Group::from_gid(facts.group.into());
        Names {
            user: user.ok().flatten().map(|user| user.name),
            group: group.ok().flatten().map(|group| group.name),
        }
    }
}

impl FileSystem {
    /// The file system that `path` is on, whatever symlinks it has. Can hang.
    ///
    /// # Errors
    /// Those of `statvfs`.
    pub fn of(path: &Path) -> std::io::Result<Self> {
        Ok(Self::told(&rustix::fs::statvfs(path)?))
    }

    fn told(answer: &StatVfs) -> Self {
        let bytes = |blocks: u64| blocks.saturating_mul(answer.f_frsize);
        Self {
            size: bytes(answer.f_blocks),
            used: bytes(answer.f_blocks.saturating_sub(answer.f_bfree)),
            free: bytes(answer.f_bavail),
        }
    }
}

/// By handle, which has no limit on the length of a path and asks of nothing but the entry.
#[cfg(target_os = "linux")]
mod system {
    use std::{ffi::OsStr, io, os::unix::ffi::OsStrExt, path::Path};

    use rustix::{
        fd::OwnedFd,
        fs::{AtFlags, CWD, FileType, Mode, OFlags, Statx, StatxFlags, fstatvfs, openat, statx},
    };

    use crate::{
        inquiry::{Facts, FileSystem, MountPlace, Mounted, Question, Said, Symlink},
        mounts,
        tree::block::Kind,
    };

    /// The longest path that the kernel takes at once, its last zero included.
    const PATH_MAX: usize = 4096;

    pub(super) fn ask(question: &Question, tell: &mut dyn FnMut(Said)) -> Option<Facts> {
        let asked = open(&question.path, question.symlink).and_then(|handle| {
            let flags = AtFlags::EMPTY_PATH | AtFlags::NO_AUTOMOUNT;
            let wanted = StatxFlags::BASIC_STATS | StatxFlags::MNT_ID;
            Ok((statx(&handle, "", flags, wanted)?, handle))
        });
        match asked {
            Ok((answer, handle)) => {
                let facts = facts(&answer);
                tell(Said::Facts(Ok(facts)));
                tell(Said::Mounted(mounted(&handle, &answer)));
                Some(facts)
            }
            Err(error) => {
                tell(Said::Facts(Err(error)));
                None
            }
        }
    }

    /// A handle that opens nothing and waits for no writer of a pipe.
    fn open(path: &Path, symlink: Symlink) -> io::Result<OwnedFd> {
        let follow = match symlink {
            Symlink::Itself => OFlags::NOFOLLOW,
            Symlink::Target => OFlags::empty(),
        };
        let mut rest = path.as_os_str().as_bytes();
        let mut above: Option<OwnedFd> = None;
        let step = |above: &Option<OwnedFd>, path: &[u8], flags: OFlags| {
            let flags = OFlags::PATH | OFlags::CLOEXEC | flags;
            let path = OsStr::from_bytes(path);
            match above {
                Some(above) => openat(above, path, flags, Mode::empty()),
                None => openat(CWD, path, flags, Mode::empty()),
            }
        };
        while rest.len() >= PATH_MAX {
            let end = rest[..PATH_MAX].iter().rposition(|byte| *byte == b'/');
            let end = end.filter(|end| *end > 0);
            let end = end.ok_or(rustix::io::Errno::NAMETOOLONG)?;
            let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW;
            above = Some(step(&above, &rest[..end], flags)?);
            rest = &rest[end + 1..];
        }
        Ok(step(&above, rest, follow)?)
    }

    fn facts(answer: &Statx) -> Facts {
        Facts {
            kind: match FileType::from_raw_mode(answer.stx_mode.into()) {
                FileType::RegularFile => Kind::File,
                FileType::Directory => Kind::Directory,
                FileType::Symlink => Kind::Symlink,
                FileType::Fifo => Kind::Pipe,
                FileType::Socket => Kind::Socket,
                FileType::BlockDevice | FileType::CharacterDevice => Kind::Device,
                FileType::Unknown => Kind::Other,
            },
            mode: u32::from(answer.stx_mode) & 0o7777,
            user: answer.stx_uid,
            group: answer.stx_gid,
            apparent: answer.stx_size,
            changed: answer.stx_ctime.tv_sec,
            accessed: answer.stx_atime.tv_sec,
            inode: answer.stx_ino,
            links: answer.stx_nlink.into(),
            device: (answer.stx_dev_major, answer.stx_dev_minor),
        }
    }

    fn mounted(handle: &OwnedFd, answer: &Statx) -> io::Result<Mounted> {
        let size = FileSystem::told(&fstatvfs(handle)?);
        // Kernels before 5.8 do not tell the number of the mount.
        let device = format!("{}:{}", answer.stx_dev_major, answer.stx_dev_minor);
        let knows = answer.stx_mask & StatxFlags::MNT_ID.bits() != 0;
        let table = mounts::read().unwrap_or_default();
        let mount = table.into_iter().rfind(|mount| {
            if knows {
                mount.id == answer.stx_mnt_id
            } else {
                mount.device == device.as_bytes()
            }
        });
        let place = mount.map(|mount| MountPlace {
            kind: mount.kind,
            point: mount.point,
        });
        Ok(Mounted { place, size })
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::{
        fs::{self, FileType, Metadata},
        os::unix::fs::{FileTypeExt, MetadataExt},
    };

    use crate::{
        inquiry::{Facts, FileSystem, Mounted, Question, Said, Symlink},
        tree::block::Kind,
    };

    pub(super) fn ask(question: &Question, tell: &mut dyn FnMut(Said)) -> Option<Facts> {
        let path = &question.path;
        let asked = match question.symlink {
            Symlink::Itself => fs::symlink_metadata(path),
            Symlink::Target => fs::metadata(path),
        };
        match asked {
            Ok(answer) => {
                let facts = facts(&answer);
                tell(Said::Facts(Ok(facts)));
                // That of a symlink is the one that its directory is on.
                let above = path.parent().filter(|_| facts.kind == Kind::Symlink);
                let size = FileSystem::of(above.unwrap_or(path));
                tell(Said::Mounted(
                    size.map(|size| Mounted { place: None, size }),
                ));
                Some(facts)
            }
            Err(error) => {
                tell(Said::Facts(Err(error)));
                None
            }
        }
    }

    fn facts(answer: &Metadata) -> Facts {
        let device = answer.dev();
        Facts {
            kind: kind(answer.file_type()),
            mode: answer.mode() & 0o7777,
            user: answer.uid(),
            group: answer.gid(),
            apparent: answer.size(),
            changed: answer.ctime(),
            accessed: answer.atime(),
            inode: answer.ino(),
            links: answer.nlink(),
            device: (
                rustix::fs::major(device as rustix::fs::Dev),
                rustix::fs::minor(device as rustix::fs::Dev),
            ),
        }
    }

    fn kind(kind: FileType) -> Kind {
        match kind {
            kind if kind.is_file() => Kind::File,
            kind if kind.is_dir() => Kind::Directory,
            kind if kind.is_symlink() => Kind::Symlink,
            kind if kind.is_fifo() => Kind::Pipe,
            kind if kind.is_socket() => Kind::Socket,
            kind if kind.is_block_device() || kind.is_char_device() => Kind::Device,
            _ => Kind::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;
    use crate::{inquiry::Symlink, tree::block::Kind};

    fn asked(path: &Path, symlink: Symlink) -> (Option<Facts>, usize) {
        let question = Question {
            number: 0,
            path: path.to_owned(),
            symlink,
        };
        let mut told = 0;
        let facts = Kernel.ask(&question, &mut |said| {
            assert!(!matches!(said, Said::Mounted(Err(_))));
            told += 1;
        });
        (facts, told)
    }

    #[test]
    fn an_entry_is_asked_about_and_not_what_it_points_to() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("file");
        fs::write(&file, "four").expect("a file");
        let link = dir.path().join("link");
        symlink(&file, &link).expect("a symlink");
        let (facts, told) = asked(&file, Symlink::Itself);
        let facts = facts.expect("it is there");
        assert_eq!(
            (facts.kind, facts.apparent, facts.links),
            (Kind::File, 4, 1)
        );
        assert_eq!(told, 2);
        let kind = |symlink| asked(&link, symlink).0.map(|facts| facts.kind);
        assert_eq!(kind(Symlink::Itself), Some(Kind::Symlink));
        assert_eq!(kind(Symlink::Target), Some(Kind::File));
        assert_eq!(asked(&dir.path().join("none"), Symlink::Itself), (None, 1));
        let who = nix::unistd::User::from_uid(nix::unistd::getuid());
        let who = who.ok().flatten().map(|user| user.name);
        assert_eq!(Kernel.names(&facts).user, who);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_path_of_any_length_is_asked_about() {
        use rustix::fs::{CWD, Mode, OFlags, mkdirat, openat};

        let dir = tempfile::tempdir().expect("a directory");
        let name = "n".repeat(200);
        let mut path = dir.path().to_owned();
        let open = OFlags::PATH | OFlags::DIRECTORY;
        let mut here = openat(CWD, dir.path(), open, Mode::empty()).expect("it is there");
        for _ in 0..30 {
            path.push(&name);
            mkdirat(&here, &name, Mode::RWXU).expect("a directory");
            here = openat(&here, &name, open, Mode::empty()).expect("it is there");
        }
        let (facts, _) = asked(&path, Symlink::Itself);
        assert_eq!(facts.map(|facts| facts.kind), Some(Kind::Directory));
    }
}
