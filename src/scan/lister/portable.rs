//! The lister that works everywhere, by path, on walkdir.
//!
//! It stops at `PATH_MAX`, asks for metadata by path, and walkdir opens each subdirectory once more
//! than needed (it has no way to list a single level without), also one that is not entered, such
//! as an automount. A directory that somebody replaces by a symlink between two of its calls leads
//! it out of the root. It is the second opinion in the tests, not the fast one.

use std::{
    ffi::OsStr,
    fs, io,
    os::unix::{ffi::OsStrExt, fs::FileTypeExt, fs::MetadataExt},
    path::Path,
    sync::Arc,
};

use walkdir::{DirEntry, IntoIter, WalkDir};

use super::Lister;
use crate::{
    scan::{
        dir::{Dir, Identity},
        enter,
        gauge::Call,
        handles::Handle,
        job::{Rest, Slice},
        visit::{Leave, Visit},
    },
    tree::block::{BLOCK, Kind, Metadata},
};

/// Names that are read before the first of them is asked for its metadata.
const CHUNK: usize = 256;

/// Lists by path. See the module's head.
#[derive(Debug, Default)]
pub struct Portable;

impl Lister for Portable {
    fn list(
        &mut self,
        dir: &Arc<Dir>,
        _parent: Option<Arc<Handle>>,
        visit: &mut Visit<'_>,
    ) -> Result<(), Leave> {
        if visit.is_left_alone()? {
            return Ok(());
        }
        let path = dir.path();
        if let Err((call, error)) = identify_above(dir, &path, visit) {
            let is_gone = matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            );
            return if is_gone {
                Ok(())
            } else {
                visit.unreadable(call, error)
            };
        }
        let (call, answer) = if dir.is_root() {
            visit.begin(Call::Stat);
            (Call::Stat, fs::metadata(&path))
        } else {
            visit.begin(Call::Lstat);
            (Call::Lstat, fs::symlink_metadata(&path))
        };
        let metadata = match answer {
            Ok(metadata) => metadata_of(&metadata),
            Err(error) => return visit.unreadable(call, error),
        };
        if metadata.kind != Kind::Directory {
            // A root may be a file; anything else became one since its name was read.
            return visit.opened(metadata);
        }
        dir.identify(metadata.identity);
        if visit.is_refused(
            metadata.identity,
            enter::Mount::Perhaps,
            || is_kernel_made(&path),
            || has_cache_tag(&path),
        )? {
            return Ok(());
        }
        visit.opened(metadata)?;
        let walk = WalkDir::new(&path)
            .follow_root_links(dir.is_root())
            .min_depth(1)
            .max_depth(1)
            .into_iter();
        read_on(walk, visit)
    }

    fn go_on(&mut self, _: &Arc<Dir>, rest: Rest, visit: &mut Visit<'_>) -> Result<(), Leave> {
        match rest.downcast::<IntoIter>() {
            Ok(walk) => read_on(*walk, visit),
            Err(_) => visit.unreadable(Call::Readdir, io::Error::other("left by another lister")),
        }
    }

    fn look(&mut self, slice: &Slice, visit: &mut Visit<'_>) -> Result<(), Leave> {
        let path = slice.dir.path();
        for name in slice.names.iter() {
            tell(&path.join(OsStr::from_bytes(name)), visit)?;
        }
        Ok(())
    }
}

/// Finds out which files the directories above `dir`, which is at `path`, are where that is not
/// known, as of one that is read again.
fn identify_above(dir: &Dir, path: &Path, visit: &Visit<'_>) -> Result<(), (Call, io::Error)> {
    for (above, path) in dir.ancestors().zip(path.ancestors().skip(1)) {
        if above.identity().is_some() {
            break;
        }
        let (call, ask): (_, fn(&Path) -> _) = if above.is_root() {
            (Call::Stat, |path| fs::metadata(path))
        } else {
            (Call::Lstat, |path| fs::symlink_metadata(path))
        };
        visit.begin(call);
        let metadata = metadata_of(&ask(path).map_err(|error| (call, error))?);
        if metadata.kind != Kind::Directory {
            return Err((call, io::ErrorKind::NotADirectory.into()));
        }
        above.identify(metadata.identity);
    }
    Ok(())
}

/// Tells the rest of what is in a directory.
fn read_on(mut walk: IntoIter, visit: &mut Visit<'_>) -> Result<(), Leave> {
    let mut call = Call::Opendir;
    let mut chunk: Vec<DirEntry> = Vec::with_capacity(CHUNK);
    loop {
        if visit.look().is_err() {
            return Err(visit.leave(Box::new(walk)));
        }
        if !visit.begin_names(call)? {
            return Ok(());
        }
        let mut failure = None;
        for entry in walk.by_ref().take(CHUNK) {
            match entry {
                Ok(entry) => chunk.push(entry),
                Err(error) => failure = Some((call, error)),
            }
            call = Call::Readdir;
            if failure.is_some() {
                break;
            }
            visit.begin(call);
        }
        if chunk.is_empty() && failure.is_none() {
            return Ok(());
        }
        chunk.retain(|entry| visit.name(entry.file_name().as_bytes(), entry.file_type().is_dir()));
        visit.end_names(None)?;
        let mut asked = chunk.iter();
        if !visit.share(
            asked.clone().map(|entry| entry.file_name().as_bytes()),
            None,
        ) {
            while let Some(entry) = asked.next() {
                if tell(entry.path(), visit).is_err() {
                    let rest = asked.by_ref().map(|entry| entry.file_name().as_bytes());
                    visit.leave_names(rest, None);
                }
            }
        }
        chunk.clear();
        // After what was read before it.
        if let Some((call, error)) = failure {
            let cause = error
                .into_io_error()
                .unwrap_or_else(|| io::Error::other("a loop of symlinks"));
            visit.unreadable(call, cause)?;
        }
    }
}

/// Asks for an entry's metadata and tells it.
fn tell(path: &Path, visit: &mut Visit<'_>) -> Result<(), Leave> {
    visit.begin(Call::Lstat);
    let answer = fs::symlink_metadata(path).map(|metadata| metadata_of(&metadata));
    visit.file(
        path.file_name().unwrap_or_default().as_bytes(),
        Call::Lstat,
        answer,
    )
}

/// Whether the directory at `path` carries a valid cache tag. A pipe must not be opened: it would
/// wait for a writer.
fn has_cache_tag(path: &Path) -> bool {
    let tag = path.join(OsStr::from_bytes(enter::CACHE_TAG.to_bytes()));
    tag.symlink_metadata()
        .is_ok_and(|metadata| metadata.is_file())
        && fs::File::open(tag).is_ok_and(enter::is_cache_tag)
}

fn metadata_of(metadata: &fs::Metadata) -> Metadata {
    let file_type = metadata.file_type();
    let kind = if file_type.is_dir() {
        Kind::Directory
    } else if file_type.is_file() {
        Kind::File
    } else if file_type.is_symlink() {
        Kind::Symlink
    } else if file_type.is_fifo() {
        Kind::Pipe
    } else if file_type.is_socket() {
        Kind::Socket
    } else if file_type.is_block_device() || file_type.is_char_device() {
        Kind::Device
    } else {
        Kind::Other
    };
    Metadata {
        kind,
        disk: metadata.blocks().saturating_mul(BLOCK),
        apparent: metadata.size(),
        modified: metadata.mtime(),
        identity: Identity {
            device: metadata.dev(),
            inode: metadata.ino(),
        },
        links: metadata.nlink(),
    }
}

#[cfg(target_os = "linux")]
fn is_kernel_made(path: &Path) -> io::Result<bool> {
    Ok(enter::is_kernel_file_system(
        rustix::fs::statfs(path)?.f_type as u64,
    ))
}

#[cfg(not(target_os = "linux"))]
#[expect(
    clippy::unnecessary_wraps,
    reason = "of the same shape as the one that asks the kernel"
)]
fn is_kernel_made(_path: &Path) -> io::Result<bool> {
    Ok(false)
}
