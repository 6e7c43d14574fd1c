//! What earlier scans amounted to, remembered in one small file of the user's state directory. It
//! knows nothing of estimates. Whatever goes wrong with the file is no error: a scan whose past is
//! not known is a scan seen for the first time.
//!
//! ```text
//! spelunk totals 1
//! 1811230000 2208882 166520 9c6d0f2ab14e7753 /home/ada
//! ```
//!
//! One line for each scan, the youngest last: when, files, directories, which rules, and the real
//! paths of the roots, escaped, with a tabulator between them.

use std::{
    ffi::OsString,
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    process,
    time::{SystemTime, UNIX_EPOCH},
};

use super::Count;
use crate::escape;

const HEAD: &str = "spelunk totals 1";
const FILE: &str = "totals";
/// So many scans are remembered.
pub const SCANS: usize = 64;
/// What is larger was not written by this program.
const LARGEST: u64 = 1 << 20;
/// The roots of a scan are not remembered where their names are longer than that, in bytes.
const LONGEST: usize = 8192;

/// Which scan is to be remembered: its roots, and what changes the count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    /// `roots` are real paths; `rules` is the same number for the same rules. The order of the
    /// roots does not matter.
    pub fn new(roots: &[PathBuf], rules: u64) -> Self {
        let mut roots: Vec<String> = roots.iter().map(|root| escape::path(root)).collect();
        roots.sort();
        Self(format!("{rules:016x} {}", roots.join("\t")))
    }
}

/// The user's state directory, by the XDG specification: `XDG_STATE_HOME`, or `.local/state` in
/// the home.
pub fn state_home(environment: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let absolute = |name| {
        environment(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")))
}

/// What is remembered, in a directory of its own.
#[derive(Clone, Debug)]
pub struct Memory {
    directory: PathBuf,
}

impl Memory {
    /// In `spelunk` below `state_home`. Nothing is read or made yet.
    pub fn within(state_home: &Path) -> Self {
        Self {
            directory: state_home.join("spelunk"),
        }
    }

    /// Makes its directory, for whoever may not do so later. The directory, if it is there now.
    pub fn make(&self) -> Option<&Path> {
        self.make_directory().ok().map(|()| &*self.directory)
    }

    /// What the last scan of that kind amounted to.
    pub fn recall(&self, key: &Key) -> Option<Count> {
        let text = self.read()?;
        let mut lines = text.lines().filter_map(Line::parse);
        lines.rfind(|line| line.key == key.0)?.count()
    }

    /// Remembers what a scan amounted to. A file that is not ours to read or write is left alone.
    ///
    /// # Errors
    /// It could not be written; then what was there stays.
    pub fn keep(&self, key: &Key, count: Count) -> io::Result<()> {
        if key.0.len() > LONGEST {
            return Ok(());
        }
        self.make_directory()?;
        let known = self.read().unwrap_or_default();
        let others = known.lines().filter_map(Line::parse);
        let mut lines: Vec<&str> = others
            .filter(|line| line.key != key.0)
            .map(|line| line.whole)
            .collect();
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH);
        let seconds = seconds.map_or(0, |since| since.as_secs());
        let new = format!("{seconds} {} {} {}", count.files, count.dirs, key.0);
        lines.push(&new);
        let youngest = &lines[lines.len().saturating_sub(SCANS)..];
        self.write(&format!("{HEAD}\n{}\n", youngest.join("\n")))
    }

    fn file(&self) -> PathBuf {
        self.directory.join(FILE)
    }

    fn read(&self) -> Option<String> {
        let mut text = String::new();
        let file = File::open(self.file()).ok()?;
        // More than that is cut, and its last line with it.
        file.take(LARGEST).read_to_string(&mut text).ok()?;
        (text.lines().next() == Some(HEAD)).then_some(text)
    }

    /// The file is there in whole, old or new, at every moment, whoever else writes it.
    fn write(&self, text: &str) -> io::Result<()> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.map_or(0, |since| since.as_nanos());
        let new = self
            .directory
            .join(format!("{FILE}.{}.{now}", process::id()));
        let written = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&new)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .and_then(|()| fs::rename(&new, self.file()));
        if written.is_err() {
            let _ = fs::remove_file(&new);
        }
        written
    }

    /// Paths are nobody else's business, so nobody else can look into it. In the home of another
    /// user, as under `sudo`, nothing is made: it would be in that user's way.
    fn make_directory(&self) -> io::Result<()> {
        let mut there = self.directory.ancestors().map(fs::metadata);
        let there = there.find_map(Result::ok);
        let me = rustix::process::geteuid().as_raw();
        if there.is_none_or(|directory| directory.uid() != me) {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.directory)
    }
}

/// One line of the file.
struct Line<'a> {
    whole: &'a str,
    files: &'a str,
    dirs: &'a str,
    key: &'a str,
}

impl<'a> Line<'a> {
    fn parse(whole: &'a str) -> Option<Self> {
        let mut fields = whole.splitn(4, ' ');
        let mut next = || fields.next();
        next()?.parse::<u64>().ok()?;
        let line = Self {
            whole,
            files: next()?,
            dirs: next()?,
            key: next()?,
        };
        line.count().map(|_| line)
    }

    fn count(&self) -> Option<Count> {
        Some(Count {
            files: self.files.parse().ok()?,
            dirs: self.dirs.parse().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(files: u64) -> Count {
        Count { files, dirs: 7 }
    }

    fn key(root: &str) -> Key {
        Key::new(&[root.into()], 1)
    }

    fn lines(memory: &Memory) -> usize {
        fs::read_to_string(memory.file()).map_or(0, |text| text.lines().count())
    }

    #[test]
    fn what_was_kept_is_recalled_and_nothing_else_is() {
        let home = tempfile::tempdir().expect("make a directory");
        let memory = Memory::within(home.path());
        let hostile = key("/a b\tc\nd\x1b[2J \u{202e}");
        assert_eq!(memory.recall(&hostile), None, "nothing was kept yet");
        memory.keep(&hostile, count(1)).expect("keep");
        memory.keep(&key("/other"), count(2)).expect("keep");
        memory.keep(&hostile, count(3)).expect("keep");
        assert_eq!(memory.recall(&hostile), Some(count(3)));
        assert_eq!(memory.recall(&key("/other")), Some(count(2)));
        assert_eq!(memory.recall(&key("/")), None);
        assert_eq!(memory.recall(&Key::new(&["/other".into()], 2)), None);
        assert_eq!(lines(&memory), 3, "one line a scan, and the head");
        let both = |one: &str, two: &str| Key::new(&[one.into(), two.into()], 1);
        assert_eq!(both("/a", "/b"), both("/b", "/a"));
        assert_ne!(both("/a", "/b"), key("/a\t/b"));
        let mode = fs::metadata(memory.file()).expect("it is there").mode();
        assert_eq!(mode & 0o077, 0, "nobody else reads it");
    }

    #[test]
    fn the_oldest_scans_are_forgotten() {
        let home = tempfile::tempdir().expect("make a directory");
        let memory = Memory::within(home.path());
        for number in 0..SCANS as u64 + 3 {
            let key = key(&format!("/{number}"));
            memory.keep(&key, count(number)).expect("keep");
        }
        assert_eq!(lines(&memory), SCANS + 1);
        assert_eq!(memory.recall(&key("/2")), None);
        assert_eq!(memory.recall(&key("/3")), Some(count(3)));
        let endless = key(&"/long".repeat(LONGEST));
        memory.keep(&endless, count(1)).expect("nothing to be done");
        assert_eq!(memory.recall(&endless), None);
    }

    #[test]
    fn a_broken_file_is_as_good_as_none_and_is_written_anew() {
        let home = tempfile::tempdir().expect("make a directory");
        let memory = Memory::within(home.path());
        let broken: [&[u8]; 4] = [
            b"",
            b"\xff\xfe",
            b"spelunk totals 2\n1 2 3 0000000000000001 /a\n",
            b"spelunk totals 1\n1 2 3 0000000000000001 /b\n1 2 x 0000000000000001 /a\n1 2\n\n1 -2 3 0000000000000001 /a",
        ];
        let endless = vec![b'\n'; 2 << 20];
        for bytes in broken.into_iter().chain([endless.as_slice()]) {
            fs::create_dir_all(&memory.directory).expect("make a directory");
            fs::write(memory.file(), bytes).expect("break the file");
            assert_eq!(memory.recall(&key("/a")), None);
            memory.keep(&key("/a"), count(5)).expect("keep");
            assert_eq!(memory.recall(&key("/a")), Some(count(5)));
            assert!(lines(&memory) <= 3);
        }
        fs::remove_file(memory.file()).expect("remove the file");
        fs::create_dir(memory.file()).expect("a directory in its place");
        assert_eq!(memory.recall(&key("/a")), None);
        assert!(memory.keep(&key("/a"), count(5)).is_err());
        let left = fs::read_dir(&memory.directory).expect("read it").count();
        assert_eq!(left, 1, "nothing half written stays");
    }

    #[test]
    fn many_writers_leave_a_whole_file() {
        let home = tempfile::tempdir().expect("make a directory");
        let memory = Memory::within(home.path());
        memory.keep(&key("/0"), count(0)).expect("keep");
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let memory = &memory;
                scope.spawn(move || {
                    for number in 0..50 {
                        // Two at the same moment may hit upon one name for the new file.
                        let _ = memory.keep(&key(&format!("/{writer}")), count(number));
                        let text = memory.read().expect("a whole file at every moment");
                        assert!(text.ends_with('\n'));
                    }
                });
            }
        });
        let text = memory.read().expect("a whole file");
        let good = text.lines().filter_map(Line::parse).count();
        assert_eq!(good + 1, text.lines().count());
    }

    #[test]
    fn the_state_directory_is_where_xdg_says() {
        let home = |pairs: &'static [(&str, &str)]| {
            state_home(|name| {
                let pair = pairs.iter().find(|(known, _)| *known == name);
                pair.map(|(_, value)| value.into())
            })
        };
        let place = |path: &str| Some(PathBuf::from(path));
        assert_eq!(
            home(&[("XDG_STATE_HOME", "/s"), ("HOME", "/h")]),
            place("/s")
        );
        assert_eq!(
            home(&[("XDG_STATE_HOME", "s"), ("HOME", "/h")]),
            place("/h/.local/state")
        );
        assert_eq!(home(&[("HOME", "h")]), None);
        assert_eq!(home(&[]), None);
    }
}
