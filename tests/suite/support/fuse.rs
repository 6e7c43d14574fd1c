//! A file system that misbehaves, over `/dev/fuse` (kernel: `include/uapi/linux/fuse.h`): just as
//! much of the protocol as a listing needs. It knows nothing of the program under test.
//!
//! Each test mounts in a mount namespace of its own thread, so that no other test comes across what
//! never answers; programs that the thread starts are in it. The tests' own process must not touch
//! what may hang: only other processes do. Whatever happens, the connection is aborted after
//! [`LONGEST`], which ends every call that hangs in it.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};
use tempfile::TempDir;

use super::skip::{am_root, skip};

/// A mount that is older than this is aborted, for its test hangs.
const LONGEST: Duration = Duration::from_secs(150);
/// How long an answer takes that is slow.
pub(crate) const SLOW: Duration = Duration::from_millis(300);
/// Names in an ordinary directory, and in one that fails before it fails.
pub(crate) const FILES: u64 = 10;

/// What answers, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answers {
    /// Nothing, not even the first greeting: who waits can be killed.
    Never,
    /// At once, but for what is wrong with a directory by its name: one that begins with `hang` is
    /// never answered for after its request was taken, so that who waits cannot be killed; the
    /// listing of `eio` fails when [`FILES`] names of it were read; that of `inf` never ends.
    ByName,
    /// Like that, each after [`SLOW`].
    Slowly,
}

/// A mounted file system. When dropped, whatever hangs in it comes back with an error.
pub(crate) struct Fuse {
    place: TempDir,
    /// Gone when it is to end.
    guard: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Fuse {
    /// Mounts one whose root holds directories of these names, in a namespace of this thread; the
    /// others are where they are. `None` where that is not allowed, said for the test called `name`.
    pub(crate) fn mount(name: &str, answers: Answers, directories: &[&str]) -> Option<Self> {
        let device = match own_namespace() {
            Ok(()) => File::options().read(true).write(true).open("/dev/fuse"),
            Err(why) => Err(why),
        };
        let device = match device {
            Ok(device) => device,
            Err(why) => {
                skip(name, &format!("no FUSE file system can be mounted: {why}"));
                return None;
            }
        };
        let place = tempfile::tempdir().expect("make a temporary directory");
        let data = format!(
            "fd={},rootmode=40000,user_id=0,group_id=0,allow_other",
            device.as_raw_fd()
        );
        mount(
            Some("spelunk-test"),
            place.path(),
            Some("fuse"),
            MsFlags::MS_NOSUID | MsFlags::MS_NODEV,
            Some(data.as_str()),
        )
        .expect("mount a FUSE file system");
        let server = Server {
            device: Arc::new(device),
            directories: directories.iter().map(ToString::to_string).collect(),
            answers,
        };
        let (sender, end) = channel();
        let path = place.path().to_owned();
        let guard = thread::spawn(move || {
            thread::scope(|scope| {
                if answers != Answers::Never {
                    scope.spawn(|| server.serve());
                }
                let _ = end.recv_timeout(LONGEST);
                // FORCE aborts the connection, DETACH takes it away although somebody is inside.
                let flags = MntFlags::MNT_FORCE | MntFlags::MNT_DETACH;
                umount2(&path, flags).expect("abort the mount");
            });
        });
        Some(Self {
            place,
            guard: Some((sender, guard)),
        })
    }

    pub(crate) fn path(&self) -> &Path {
        self.place.path()
    }

    /// Whether it was not aborted yet.
    pub(crate) fn is_mounted(&self) -> bool {
        let mounts = std::fs::read_to_string("/proc/thread-self/mounts").expect("read the mounts");
        mounts.contains(&*self.path().to_string_lossy())
    }

    pub(crate) fn dir(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }
}

impl Drop for Fuse {
    fn drop(&mut self) {
        let (sender, guard) = self.guard.take().expect("it is dropped once");
        drop(sender);
        let _ = guard.join();
    }
}

/// Gives this thread mounts of its own, once.
fn own_namespace() -> std::io::Result<()> {
    if !am_root() {
        return Err(std::io::ErrorKind::PermissionDenied.into());
    }
    unshare(CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_FS)?;
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    mount(None::<&str>, "/", None::<&str>, private, None::<&str>)?;
    Ok(())
}

/// Numbers of requests.
mod request {
    pub(super) const LOOKUP: u32 = 1;
    pub(super) const FORGET: u32 = 2;
    pub(super) const GETATTR: u32 = 3;
    pub(super) const STATFS: u32 = 17;
    pub(super) const RELEASE: u32 = 18;
    pub(super) const INIT: u32 = 26;
    pub(super) const OPENDIR: u32 = 27;
    pub(super) const READDIR: u32 = 28;
    pub(super) const RELEASEDIR: u32 = 29;
    pub(super) const INTERRUPT: u32 = 36;
    pub(super) const BATCH_FORGET: u32 = 42;
}

/// The flag without which one look-up in a directory waits for another.
const PARALLEL_DIROPS: u32 = 1 << 18;

const EIO: i32 = 5;
const ENOENT: i32 = 2;
const ENOSYS: i32 = 38;

/// Node numbers: the root, the directories in it, and from here on files.
const ROOT: u64 = 1;
const FIRST: u64 = 2;
const FILE: u64 = 1 << 32;

struct Server {
    device: Arc<File>,
    directories: Vec<String>,
    answers: Answers,
}

/// A request without its head.
struct Request<'a> {
    operation: u32,
    node: u64,
    body: &'a [u8],
}

impl Server {
    /// Answers until the connection is aborted.
    fn serve(&self) {
        // The kernel refuses to fill a small one.
        let mut buffer = vec![0; 1 << 20];
        while let Ok(length) = (&*self.device).read(&mut buffer) {
            let bytes = &buffer[..length];
            let (operation, unique, node) = (u32_at(bytes, 4), u64_at(bytes, 8), u64_at(bytes, 16));
            let body = &bytes[40..];
            let Some(answer) = self.answer(&Request {
                operation,
                node,
                body,
            }) else {
                continue;
            };
            let device = Arc::clone(&self.device);
            let send = move || send(&device, unique, answer);
            if self.answers == Answers::Slowly && operation != request::INIT {
                thread::spawn(move || {
                    thread::sleep(SLOW);
                    send();
                });
            } else {
                send();
            }
        }
    }

    /// What is answered, or the number of an error; `None`: nothing, ever.
    fn answer(&self, request: &Request<'_>) -> Option<Result<Vec<u8>, i32>> {
        Some(match request.operation {
            request::FORGET | request::BATCH_FORGET | request::INTERRUPT => return None,
            // Version 7.31. What it says of buffers is not used.
            request::INIT => {
                let head = words(&[7, 31, 0, PARALLEL_DIROPS, 0, 4096, 1]);
                Ok([head, vec![0; 36]].concat())
            }
            request::LOOKUP => {
                let name = request.body.strip_suffix(b"\0").unwrap_or(request.body);
                let name = String::from_utf8_lossy(name).into_owned();
                let place = self.directories.iter().position(|other| *other == name);
                match place {
                    Some(_) if name.starts_with("hang") => return None,
                    Some(place) => Ok(entry(FIRST + place as u64)),
                    None if name.starts_with("file") => Ok(entry(FILE)),
                    None => Err(ENOENT),
                }
            }
            request::GETATTR => Ok([vec![0; 16], attributes(request.node)].concat()),
            request::STATFS => Ok(vec![0; 80]),
            request::OPENDIR => Ok(vec![0; 16]),
            request::RELEASE | request::RELEASEDIR => Ok(Vec::new()),
            request::READDIR => {
                let (offset, size) = (u64_at(request.body, 8), u32_at(request.body, 16));
                self.list(request.node, offset, size as usize)
            }
            _ => Err(ENOSYS),
        })
    }

    /// The names of a directory from `offset` on, as many as fit.
    fn list(&self, node: u64, offset: u64, size: usize) -> Result<Vec<u8>, i32> {
        let name = (node != ROOT).then(|| self.directories[(node - FIRST) as usize].as_str());
        let (end, fails) = match name {
            None => (self.directories.len() as u64, false),
            Some("inf") => (u64::MAX, false),
            Some(name) => (FILES, name.starts_with("eio")),
        };
        let mut listed = Vec::new();
        for number in offset..end {
            let (name, kind) = match name {
                None => (self.directories[number as usize].clone(), DIRECTORY),
                Some(_) => (format!("file {number}"), REGULAR),
            };
            let mut entry = [(FILE + number).to_le_bytes(), (number + 1).to_le_bytes()].concat();
            entry.extend(words(&[name.len() as u32, kind >> 12]));
            entry.extend(name.as_bytes());
            entry.resize(entry.len().next_multiple_of(8), 0);
            if listed.len() + entry.len() > size {
                break;
            }
            listed.extend(entry);
        }
        if listed.is_empty() && fails {
            Err(EIO)
        } else {
            Ok(listed)
        }
    }
}

fn send(mut device: &File, unique: u64, answer: Result<Vec<u8>, i32>) {
    let (error, body) = match answer {
        Ok(body) => (0, body),
        Err(error) => (-error, Vec::new()),
    };
    let mut message = words(&[16 + body.len() as u32, error as u32]);
    message.extend(unique.to_le_bytes());
    message.extend(body);
    // Who asked may have gone meanwhile.
    let _ = device.write(&message);
}

const DIRECTORY: u32 = 0o040_000;
const REGULAR: u32 = 0o100_000;

/// An answer to a look-up, that must be asked for again each time.
fn entry(node: u64) -> Vec<u8> {
    [node.to_le_bytes().to_vec(), vec![0; 32], attributes(node)].concat()
}

fn attributes(node: u64) -> Vec<u8> {
    let mode = if node < FILE {
        DIRECTORY | 0o755
    } else {
        REGULAR | 0o644
    };
    let mut attributes = [node, 1000, 8, 0, 0, 0].map(u64::to_le_bytes).concat();
    attributes.extend(words(&[0, 0, 0, mode, 1, 0, 0, 0, 4096, 0]));
    attributes
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}
