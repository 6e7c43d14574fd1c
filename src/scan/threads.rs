//! How many workers there are where nobody says how many, how they share the processors, and how
//! threads are started.
//!
//! With a cold cache a scan waits more than it computes, and what it waits for, a solid state disk or
//! a network, answers several questions at a time: many workers finish sooner. With a warm one as
//! many as processors are enough, and more take the processors from each other. So there are many,
//! and they take part when the processors have time left, see [`frontier`](super::frontier).
//! Measured: what the README says on workers.
//!
//! A disk that turns is the exception: each of its answers costs a movement of its arm, and workers
//! in different places pull it to and fro.

use std::{
    fs, io,
    num::NonZero,
    path::Path,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use nix::sys::resource::{UsageWho, getrusage};

use super::event::in_words;

/// At least as many, and [`PER_PROCESSOR`] a processor, and no more than [`MOST`].
const LEAST: usize = 16;
const PER_PROCESSOR: usize = 4;
const MOST: usize = 64;
/// On a disk that turns: while one waits, the other computes. No such disk was at hand to measure.
const ROTATIONAL: usize = 2;

/// Which workers' number is near the best for roots on these devices (`st_dev`).
pub fn by_default(devices: impl IntoIterator<Item = u64>) -> NonZero<u16> {
    let mut devices = devices.into_iter().peekable();
    let turns =
        devices.peek().is_some() && devices.all(|device| is_rotational(Path::new("/sys"), device));
    let threads = if turns {
        ROTATIONAL
    } else {
        many(processors())
    };
    NonZero::new(threads as u16).unwrap_or(NonZero::<u16>::MIN)
}

/// How many processors this process may use.
pub(super) fn processors() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// Where the processors stood at some moment, by which one sees later how busy this process kept
/// them.
#[derive(Debug)]
pub(super) struct Load {
    at: Instant,
    /// Processor time of all threads of this process.
    used: Duration,
}

impl Load {
    /// What all processors could do and do not at least, in hundredths, where they have time left.
    const IDLE: u32 = 20;

    pub(super) fn now() -> Self {
        let micros = |time: nix::sys::time::TimeVal| {
            Duration::new(time.tv_sec() as u64, time.tv_usec() as u32 * 1000)
        };
        Self {
            at: Instant::now(),
            // Where it cannot be told none was used, and everybody takes part.
            used: getrusage(UsageWho::RUSAGE_SELF).map_or(Duration::ZERO, |usage| {
                micros(usage.user_time()) + micros(usage.system_time())
            }),
        }
    }

    /// Whether the processors could have done more since then.
    pub(super) fn is_low(&self) -> bool {
        let now = Self::now();
        let could = (now.at - self.at) * processors() as u32;
        now.used.saturating_sub(self.used) < could / 100 * (100 - Self::IDLE)
    }
}

/// Starts a thread of the program beside the workers.
///
/// # Errors
/// It could not be started; which, and what to do.
pub fn start(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    let thread = thread::Builder::new().name(name.into()).spawn(work);
    thread.map_err(|error| not_started(name, &error))
}

/// What is said of a thread that could not be started.
pub(super) fn not_started(name: &str, error: &io::Error) -> io::Error {
    let cause = in_words(error);
    let text = format!("the thread \"{name}\" cannot be started: {cause}; see `ulimit -u`");
    io::Error::new(error.kind(), text)
}

/// Lets the calling thread make way for those that have not asked for this. Elsewhere than on Linux
/// only whole processes can do so, and nothing is done.
///
/// Sixteen workers on two processors, a million files in one directory, a key at a random moment:
/// until it was acted on took up to 33 ms, and up to 9 ms like this; from `q` to the prompt in 40
/// tries 17 ms (median) and 64 (the longest), like this 8 and 46. Where nothing else runs the scan
/// takes as long as before.
pub fn make_way() {
    #[cfg(target_os = "linux")]
    {
        const NICENESS: i32 = 5;
        // Without it the scan is the same.
        let _ = rustix::process::nice(NICENESS);
    }
}

fn many(processors: usize) -> usize {
    (PER_PROCESSOR * processors).clamp(LEAST, MOST)
}

/// Whether a device is a disk that turns, as far as `sysfs` knows. What a hypervisor presents says
/// that it turns whatever is behind it, and is not believed.
fn is_rotational(sysfs: &Path, device: u64) -> bool {
    const VIRTUAL: [&str; 4] = ["virtio", "vbd-", "vmbus", "VMBUS"];
    let (major, minor) = (rustix::fs::major(device), rustix::fs::minor(device));
    let Ok(path) = fs::canonicalize(sysfs.join(format!("dev/block/{major}:{minor}"))) else {
        return false;
    };
    let is_virtual = path.components().any(|part| {
        let part = part.as_os_str().to_string_lossy();
        VIRTUAL.iter().any(|word| part.starts_with(word))
    });
    // A partition has no queue of its own: its disk has, one level up.
    let says_so = |queue: &str| fs::read(path.join(queue)).is_ok_and(|says| says.starts_with(b"1"));
    !is_virtual && (says_so("queue/rotational") || says_so("../queue/rotational"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn a_thread_makes_way_alone() {
        use rustix::process::getpriority_process;

        let before = getpriority_process(None).expect("ask for a priority");
        let after = thread::spawn(|| {
            make_way();
            getpriority_process(None).expect("ask for a priority")
        });
        let after = after.join().expect("nothing panics");
        assert_eq!(after, (before + 5).min(19));
        assert_eq!(getpriority_process(None), Ok(before));
    }

    #[test]
    fn there_are_many_but_not_more_than_many() {
        let counts = [1, 2, 4, 8, 16, 128].map(many);
        assert_eq!(counts, [16, 16, 16, 32, 64, 64]);
        assert_eq!(usize::from(by_default([]).get()), many(processors()));
    }

    #[test]
    fn the_processors_have_time_left_while_this_process_waits() {
        let now = Load::now();
        let hour = Duration::from_secs(3600);
        let idle = Load {
            used: now.used + hour,
            ..Load::now()
        };
        let busy = Load {
            used: Duration::ZERO,
            at: now.at + hour,
        };
        assert!(idle.is_low());
        assert!(!busy.is_low());
    }

    /// A `sysfs` with one disk, `8:0`, and a partition on it, `8:1`.
    fn sysfs(controller: &str, rotational: &str) -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("a directory can be made");
        let disk = root
            .path()
            .join("devices")
            .join(controller)
            .join("block/sda");
        for directory in [
            disk.join("queue"),
            disk.join("sda1"),
            root.path().join("dev/block"),
        ] {
            fs::create_dir_all(directory).expect("a directory can be made");
        }
        fs::write(disk.join("queue/rotational"), rotational).expect("a file can be written");
        for (device, at) in [("8:0", disk.clone()), ("8:1", disk.join("sda1"))] {
            symlink(at, root.path().join("dev/block").join(device)).expect("a link can be made");
        }
        root
    }

    #[test]
    fn a_disk_turns_when_the_kernel_says_so_and_it_is_real() {
        let turns = |controller, rotational, minor| {
            is_rotational(
                sysfs(controller, rotational).path(),
                rustix::fs::makedev(8, minor),
            )
        };
        assert!(turns("pci0000:00/ata1", "1\n", 0));
        assert!(
            turns("pci0000:00/ata1", "1\n", 1),
            "a partition asks its disk"
        );
        assert!(!turns("pci0000:00/nvme0", "0\n", 1));
        assert!(
            !turns("pci0000:00/virtio1", "1\n", 0),
            "a hypervisor's word"
        );
        assert!(!turns("pci0000:00/ata1", "1\n", 7), "no such device");
    }
}
