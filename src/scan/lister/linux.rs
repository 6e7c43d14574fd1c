//! The lister for Linux: directory handles all the way, `getdents64` into one large buffer, `statx`
//! for only what is kept. No path is built while walking, so `PATH_MAX` is no limit.
//!
//! # Finding the way back
//!
//! Where handles are scarce a directory waits without its parent being open. Each worker then keeps
//! the handle of the directory that it was in last, goes up from there by `..` to the nearest
//! common ancestor and down by name. Workers take what is near to what they did before, so this is
//! a step or two, whatever the depth. Where it arrives is checked against the device and inode
//! noted when the directory was read: one that was moved meanwhile is a failure, never another
//! directory's content.

use std::{
    ffi::CStr,
    io,
    mem::{self, MaybeUninit},
    os::fd::{AsFd, OwnedFd},
    sync::Arc,
};

use rustix::{
    fs::{
        AtFlags, CWD, FileType, Mode, OFlags, RawDir, Statx, StatxAttributes, StatxFlags, fstatfs,
        openat, statx,
    },
    io::{Errno, retry_on_intr},
};

use super::Lister;
use crate::{
    scan::{
        dir::{Dir, Identity},
        enter::{self, Mount},
        gauge::Call,
        handles::{Handle, Handles},
        job::{Rest, Slice},
        visit::{Leave, Visit},
        way::Way,
    },
    tree::block::{BLOCK, Kind, Metadata},
};

/// Bytes of names asked for at once.
const BUFFER: usize = 64 * 1024;

const OPEN: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NONBLOCK)
    .union(OFlags::CLOEXEC)
    .union(OFlags::NOFOLLOW);

const ASK: AtFlags = AtFlags::SYMLINK_NOFOLLOW
    .union(AtFlags::STATX_DONT_SYNC)
    .union(AtFlags::NO_AUTOMOUNT);

const WANTED: StatxFlags = StatxFlags::TYPE
    .union(StatxFlags::MODE)
    .union(StatxFlags::NLINK)
    .union(StatxFlags::MTIME)
    .union(StatxFlags::INO)
    .union(StatxFlags::SIZE)
    .union(StatxFlags::BLOCKS);

/// Lists by handle. See the module's head.
pub struct Linux {
    handles: Arc<Handles>,
    buffer: Box<[MaybeUninit<u8>]>,
    chunk: Chunk,
    /// Where this worker was last, kept while handles are scarce.
    last: Option<(Arc<Dir>, Arc<Handle>)>,
}

/// The names that one call has brought.
#[derive(Default)]
struct Chunk {
    /// Each with a zero byte at its end.
    names: Vec<u8>,
    entries: Vec<Entry>,
}

/// One of them.
struct Entry {
    /// Where its name begins,
    begin: u32,
    /// and ends, its zero byte included.
    end: u32,
    kind: FileType,
}

impl Entry {
    /// Its name with its zero byte. It becomes a [`CStr`] only where one is needed: each time that
    /// costs a search for the zero.
    fn name<'n>(&self, names: &'n [u8]) -> &'n [u8] {
        &names[self.begin as usize..self.end as usize]
    }
}

impl Chunk {
    fn clear(&mut self) {
        self.names.clear();
        self.entries.clear();
    }

    fn push(&mut self, name: &CStr, kind: FileType) {
        let begin = self.names.len() as u32;
        self.names.extend_from_slice(name.to_bytes_with_nul());
        let end = self.names.len() as u32;
        self.entries.push(Entry { begin, end, kind });
    }
}

/// A directory that was left: what is to be read of it stands behind the position of its handle.
struct Unread {
    handle: Arc<Handle>,
    /// Names that were read, and nothing told of them.
    chunk: Chunk,
}

/// A name without its zero byte.
fn bare(name: &[u8]) -> &[u8] {
    &name[..name.len() - 1]
}

impl Linux {
    /// A lister that counts its handles in `handles`.
    pub fn new(handles: Arc<Handles>) -> Self {
        Self {
            handles,
            buffer: vec![MaybeUninit::uninit(); BUFFER].into(),
            chunk: Chunk::default(),
            last: None,
        }
    }

    /// Opens a directory and tells its own metadata; `None` where it is left out or cannot be
    /// opened, which was told.
    fn open(
        &mut self,
        dir: &Arc<Dir>,
        parent: Option<Arc<Handle>>,
        visit: &mut Visit<'_>,
    ) -> Result<Option<Arc<Handle>>, Leave> {
        let from = match (dir.parent(), parent) {
            (None, _) => None,
            (Some(_), Some(handle)) => Some(handle),
            (Some(above), None) => match self.reach(above, visit) {
                Ok(handle) => Some(handle),
                // It is read again, and something above it does not exist any more.
                Err(error) if above.identity().is_none() && is_gone(&error) => return Ok(None),
                // It was there, so it is no directory that has vanished since its name was read.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return visit.unreadable(Call::Openat, moved()).map(|()| None);
                }
                Err(error) => return visit.unreadable(Call::Openat, error).map(|()| None),
            },
        };
        let (at, name) = (
            from.as_ref().map_or(CWD, |handle| handle.as_fd()),
            dir.name(),
        );
        // A root that is a symlink is followed, nothing else is.
        let (open, ask) = match from {
            None => (
                OPEN.difference(OFlags::NOFOLLOW),
                ASK.difference(AtFlags::SYMLINK_NOFOLLOW),
            ),
            Some(_) => (OPEN, ASK),
        };
        visit.begin(Call::Openat);
        let error = match retry_on_intr(|| openat(at, name, open, Mode::empty())) {
            Ok(handle) => return self.enter(dir, handle, visit),
            Err(error) => error,
        };
        visit.begin(Call::Statx);
        if let Ok(answer) = retry_on_intr(|| statx(at, name, ask, WANTED)) {
            let metadata = metadata_of(&answer);
            visit.opened(metadata)?;
            if metadata.kind != Kind::Directory {
                // A root may be a file; anything else became one since its name was read.
                return Ok(None);
            }
        }
        visit.unreadable(Call::Openat, error.into()).map(|()| None)
    }

    /// Tells the metadata of a directory that was opened, unless a rule leaves it out.
    fn enter(
        &self,
        dir: &Arc<Dir>,
        handle: OwnedFd,
        visit: &mut Visit<'_>,
    ) -> Result<Option<Arc<Handle>>, Leave> {
        visit.begin(Call::Statx);
        let answer = match ask_of_itself(&handle) {
            Ok(answer) => answer,
            Err(error) => return visit.unreadable(Call::Statx, error.into()).map(|()| None),
        };
        let metadata = metadata_of(&answer);
        dir.identify(metadata.identity);
        let told = answer
            .stx_attributes_mask
            .contains(StatxAttributes::MOUNT_ROOT);
        let is_mount = answer.stx_attributes.contains(StatxAttributes::MOUNT_ROOT);
        let mount = if told && !is_mount {
            Mount::None
        } else {
            Mount::Perhaps
        };
        let is_kernel_made = || {
            Ok(enter::is_kernel_file_system(
                fstatfs(&handle)?.f_type as u64,
            ))
        };
        let is_tagged = || has_cache_tag(&handle);
        if visit.is_refused(metadata.identity, mount, is_kernel_made, is_tagged)? {
            return Ok(None);
        }
        visit.opened(metadata)?;
        Ok(Some(Arc::new(self.handles.count(handle))))
    }

    /// Opens a directory that is not open any more, from where this worker was last.
    fn reach(&mut self, target: &Arc<Dir>, visit: &Visit<'_>) -> io::Result<Arc<Handle>> {
        visit.begin(Call::Openat);
        // Of what is read again it is not known yet which files those above it are.
        let is_known = target.identity().is_some();
        let last = self.last.as_ref().filter(|_| is_known);
        let Way { up, turn, mut down } = Way::between(last.map(|(dir, _)| dir), target);
        let mut handle = if let (Some((_, last)), Some(_)) = (&self.last, turn) {
            let mut handle = retry_on_intr(|| rustix::io::fcntl_dupfd_cloexec(last, 0))?;
            for _ in up {
                handle = retry_on_intr(|| openat(&handle, c"..", OPEN, Mode::empty()))?;
            }
            handle
        } else {
            let (root, open) = (
                down.pop().unwrap_or(target),
                OPEN.difference(OFlags::NOFOLLOW),
            );
            let handle = retry_on_intr(|| openat(CWD, root.name(), open, Mode::empty()))?;
            identify(root, &handle)?;
            handle
        };
        for dir in down.iter().rev() {
            handle = retry_on_intr(|| openat(&handle, dir.name(), OPEN, Mode::empty()))?;
            identify(dir, &handle)?;
        }
        let answer = ask_of_itself(&handle)?;
        if target.identity() != Some(metadata_of(&answer).identity) {
            return Err(moved());
        }
        let handle = Arc::new(self.handles.count(handle));
        self.last = Some((Arc::clone(target), Arc::clone(&handle)));
        Ok(handle)
    }

    /// Tells what is in an open directory: the chunk that is there, if any, then the rest.
    fn read_on(
        &mut self,
        dir: &Arc<Dir>,
        handle: Arc<Handle>,
        visit: &mut Visit<'_>,
    ) -> Result<(), Leave> {
        let mut more = !self.chunk.entries.is_empty();
        loop {
            if visit.look().is_err() {
                return Err(self.leave(handle, visit));
            }
            if !more && visit.begin_names(Call::Getdents64)? {
                more = match self.read(&handle) {
                    Ok(more) => more,
                    Err(error) => {
                        visit.unreadable(Call::Getdents64, error.into())?;
                        false
                    }
                };
            }
            if self.chunk.entries.is_empty() && !more {
                break;
            }
            if self.find_out_kinds(&handle, visit).is_err() {
                return Err(self.leave(handle, visit));
            }
            let kept = if self.handles.are_scarce() {
                None
            } else {
                Some(&handle)
            };
            let Chunk { names, entries } = &mut self.chunk;
            entries.retain(|entry| {
                let is_directory = entry.kind == FileType::Directory;
                visit.name(bare(entry.name(names)), is_directory)
            });
            visit.end_names(kept)?;
            let mut asked = entries.iter().map(|entry| entry.name(names));
            if !visit.share(asked.clone().map(bare), Some(&handle)) {
                while let Some(name) = asked.next() {
                    if tell(&handle, name, visit).is_err() {
                        visit.leave_names(asked.by_ref().map(bare), Some(&handle));
                    }
                }
            }
            self.chunk.clear();
            if !more {
                break;
            }
            more = false;
        }
        self.last = self.handles.are_scarce().then(|| (Arc::clone(dir), handle));
        Ok(())
    }

    /// Leaves a directory, with the chunk of names that nothing was told of.
    fn leave(&mut self, handle: Arc<Handle>, visit: &mut Visit<'_>) -> Leave {
        let chunk = mem::take(&mut self.chunk);
        visit.leave(Box::new(Unread { handle, chunk }))
    }

    /// Reads names until the buffer is full; false at the end of the directory.
    fn read(&mut self, handle: &Handle) -> rustix::io::Result<bool> {
        self.chunk.clear();
        let mut names = RawDir::new(handle, &mut self.buffer);
        loop {
            match names.next() {
                None => return Ok(false),
                Some(Err(Errno::INTR)) => {}
                Some(Err(error)) => return Err(error),
                Some(Ok(entry)) => {
                    let name = entry.file_name();
                    if !matches!(name.to_bytes(), b"." | b"..") {
                        self.chunk.push(name, entry.file_type());
                    }
                }
            }
            if names.is_buffer_empty() {
                return Ok(true);
            }
        }
    }

    /// Asks for the kinds that the listing did not tell.
    fn find_out_kinds(&mut self, handle: &Handle, visit: &mut Visit<'_>) -> Result<(), Leave> {
        let Chunk { names, entries } = &mut self.chunk;
        for entry in entries {
            if entry.kind != FileType::Unknown {
                continue;
            }
            let name = entry.name(names);
            visit.look()?;
            visit.begin(Call::Statx);
            match ask(handle, name) {
                Ok(Metadata {
                    kind: Kind::Directory,
                    ..
                }) => entry.kind = FileType::Directory,
                Ok(_) => entry.kind = FileType::RegularFile,
                Err(error) => visit.kind_unknown(bare(name), Call::Statx, error.into())?,
            }
        }
        Ok(())
    }
}

impl Lister for Linux {
    fn list(
        &mut self,
        dir: &Arc<Dir>,
        parent: Option<Arc<Handle>>,
        visit: &mut Visit<'_>,
    ) -> Result<(), Leave> {
        if visit.is_left_alone()? {
            return Ok(());
        }
        match self.open(dir, parent, visit)? {
            Some(handle) => {
                self.chunk.clear();
                self.read_on(dir, handle, visit)
            }
            None => Ok(()),
        }
    }

    fn go_on(&mut self, dir: &Arc<Dir>, rest: Rest, visit: &mut Visit<'_>) -> Result<(), Leave> {
        match rest.downcast::<Unread>() {
            Ok(unread) => {
                self.chunk = unread.chunk;
                self.read_on(dir, unread.handle, visit)
            }
            Err(_) => {
                visit.unreadable(Call::Getdents64, io::Error::other("left by another lister"))
            }
        }
    }

    fn look(&mut self, slice: &Slice, visit: &mut Visit<'_>) -> Result<(), Leave> {
        let Some(handle) = &slice.handle else {
            return Ok(());
        };
        for name in slice.names.iter() {
            self.chunk.names.clear();
            self.chunk.names.extend_from_slice(name);
            self.chunk.names.push(0);
            tell(handle, &self.chunk.names, visit)?;
        }
        Ok(())
    }
}

/// Asks for the metadata of the entry `name`, a zero byte at its end, and tells it.
fn tell(handle: &Handle, name: &[u8], visit: &mut Visit<'_>) -> Result<(), Leave> {
    visit.begin(Call::Statx);
    let answer = ask(handle, name).map_err(io::Error::from);
    visit.file(bare(name), Call::Statx, answer)
}

/// Notes which file a directory is, if that is not known.
fn identify(dir: &Dir, handle: &OwnedFd) -> io::Result<()> {
    if dir.identity().is_none() {
        dir.identify(metadata_of(&ask_of_itself(handle)?).identity);
    }
    Ok(())
}

/// Whether nothing is there, or a file where there was a directory.
fn is_gone(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn moved() -> io::Error {
    io::Error::other("moved during the scan")
}

/// The metadata of the directory behind a handle.
fn ask_of_itself(handle: &OwnedFd) -> rustix::io::Result<Statx> {
    let flags = AtFlags::EMPTY_PATH | AtFlags::STATX_DONT_SYNC;
    retry_on_intr(|| statx(handle, c"", flags, WANTED))
}

/// The metadata of the entry `name`, a zero byte at its end.
fn ask(handle: impl AsFd, name: &[u8]) -> rustix::io::Result<Metadata> {
    let name = CStr::from_bytes_with_nul(name).map_err(|_| Errno::INVAL)?;
    // What the kernel answers is large, so it is not handed on.
    retry_on_intr(|| statx(&handle, name, ASK, WANTED).map(|answer| metadata_of(&answer)))
}

/// Whether the directory carries a valid cache tag. A tag that cannot be read is none; what is no
/// regular file is not opened, since opening a device may do something.
fn has_cache_tag(handle: &OwnedFd) -> bool {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let open = || openat(handle, enter::CACHE_TAG, flags, Mode::empty());
    let tag = enter::CACHE_TAG.to_bytes_with_nul();
    ask(handle, tag).is_ok_and(|tag| tag.kind == Kind::File)
        && retry_on_intr(open).is_ok_and(|tag| enter::is_cache_tag(tag.into()))
}

fn metadata_of(answer: &Statx) -> Metadata {
    let kind = match FileType::from_raw_mode(answer.stx_mode.into()) {
        FileType::RegularFile => Kind::File,
        FileType::Directory => Kind::Directory,
        FileType::Symlink => Kind::Symlink,
        FileType::Fifo => Kind::Pipe,
        FileType::Socket => Kind::Socket,
        FileType::CharacterDevice | FileType::BlockDevice => Kind::Device,
        FileType::Unknown => Kind::Other,
    };
    Metadata {
        kind,
        disk: answer.stx_blocks.saturating_mul(BLOCK),
        apparent: answer.stx_size,
        modified: answer.stx_mtime.tv_sec,
        identity: Identity {
            device: rustix::fs::makedev(answer.stx_dev_major, answer.stx_dev_minor),
            inode: answer.stx_ino,
        },
        links: answer.stx_nlink.into(),
    }
}
