//! The fold of a scan that asks for [names](crate::scan::Detail::Names) only: it turns events into
//! the paths of files, and forgets them at once. It must not know what is done with the paths.

use std::{ffi::OsStr, os::unix::ffi::OsStrExt, path::Path};

use crate::{
    scan::event::{Event, Failure, WorkerId},
    tree::block::Kind,
};

/// What is to be told.
#[derive(Clone, Copy, Debug)]
pub enum Told<'a> {
    /// There is a file, which is all that is no directory. Its path is `directory` and `name` as
    /// they stand, one after the other.
    File {
        /// The path of its directory with a slash at the end. Empty where `name` is the whole path:
        /// where a root is a file, or a directory has become one.
        directory: &'a [u8],
        /// Its name.
        name: &'a [u8],
    },
    /// Something could not be read.
    Failed {
        /// Where.
        path: &'a Path,
        /// What, and why.
        failure: &'a Failure,
    },
    /// A worker broke; the scan is stopped.
    Broke {
        /// Which.
        worker: WorkerId,
        /// What the panic said; not yet made safe to show.
        message: &'a str,
    },
}

/// What is known of a scan that asks for names only.
#[derive(Debug)]
pub struct Paths {
    /// By root: what the paths below it begin with, a slash at the end.
    roots: Vec<Box<[u8]>>,
    /// By worker: the path of the directory that it speaks of, with a slash at the end.
    places: Vec<Vec<u8>>,
    files: u64,
    problems: u64,
    /// Problems that a root could not be read.
    failed_roots: usize,
}

impl Paths {
    /// Nothing known yet of a scan with `workers` workers. Paths begin with `roots`, which are
    /// other words for the roots of the scan, in their order.
    pub fn new<'a>(workers: usize, roots: impl IntoIterator<Item = &'a Path>) -> Self {
        let with_slash = |root: &Path| {
            let mut path = root.as_os_str().as_bytes().to_vec();
            if path.last() != Some(&b'/') {
                path.push(b'/');
            }
            path.into()
        };
        Self {
            roots: roots.into_iter().map(with_slash).collect(),
            places: vec![Vec::new(); workers],
            files: 0,
            problems: 0,
            failed_roots: 0,
        }
    }

    /// Takes over what `worker` said, in its order, and tells what follows from it.
    ///
    /// # Errors
    /// The first of `tell`; the events behind it are lost.
    pub fn apply<E>(
        &mut self,
        worker: WorkerId,
        events: Vec<Event>,
        mut tell: impl FnMut(Told<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        // It may be a spare one.
        let workers = self.places.len().max(worker.index() + 1);
        self.places.resize(workers, Vec::new());
        let place = &mut self.places[worker.index()];
        for event in events {
            match event {
                Event::Place {
                    root, kept, more, ..
                } => {
                    // The roots have the first numbers, from 1 on.
                    let root = &self.roots[root.index() - 1];
                    if kept == 0 {
                        place.clear();
                        place.extend_from_slice(root);
                    }
                    place.truncate(root.len() + kept);
                    place.extend_from_slice(&more);
                }
                Event::Names { names, .. } => {
                    self.files += names.len() as u64;
                    for name in names.iter() {
                        let directory = place.as_slice();
                        tell(Told::File { directory, name })?;
                    }
                }
                Event::Opened { metadata, .. } if metadata.kind != Kind::Directory => {
                    self.files += 1;
                    let (directory, name) = (&b""[..], without_slash(place));
                    tell(Told::File { directory, name })?;
                }
                Event::Failed(failure) => {
                    self.problems += 1;
                    let of_a_root = failure.dir.index() <= self.roots.len();
                    if of_a_root && failure.entry.is_none() {
                        self.failed_roots += 1;
                    }
                    let path = match &failure.entry {
                        Some(entry) => [place, &**entry].concat(),
                        None => without_slash(place).to_vec(),
                    };
                    let path = Path::new(OsStr::from_bytes(&path));
                    let failure = &failure;
                    tell(Told::Failed { path, failure })?;
                }
                Event::Panicked { message, .. } => {
                    self.problems += 1;
                    let message = &message;
                    tell(Told::Broke { worker, message })?;
                }
                // Of the rest some are not said by such a scan, and none bears on a path.
                _ => {}
            }
        }
        Ok(())
    }

    /// What the exit code says of it, once it has ended: 0 everything was read, 1 not everything, 2
    /// nothing could be scanned.
    pub fn exit_code(&self) -> u8 {
        let only_failed_roots = self.problems == self.failed_roots as u64
            && self.failed_roots == self.roots.len()
            && self.files == 0;
        match self.problems {
            0 => 0,
            _ if only_failed_roots => 2,
            _ => 1,
        }
    }
}

/// A path without the slash at its end, which belongs to it only where it is all.
fn without_slash(path: &[u8]) -> &[u8] {
    match path {
        [rest @ .., b'/'] if !rest.is_empty() => rest,
        path => path,
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::scan::{
        dir::{DirId, Identity},
        gauge::Call,
    };
    use crate::tree::block::Metadata;

    fn place(root: u32, kept: &str, more: &str) -> Event {
        Event::Place {
            dir: DirId(root),
            root: DirId(root),
            kept: kept.len(),
            more: more.as_bytes().into(),
        }
    }

    fn names(names: &[&str]) -> Event {
        Event::Names {
            dir: DirId(1),
            names: names.iter().map(|name| name.as_bytes()).collect(),
        }
    }

    fn failed(dir: u32, entry: Option<&str>) -> Event {
        Event::Failed(Failure {
            dir: DirId(dir),
            entry: entry.map(|entry| entry.as_bytes().into()),
            call: Call::Openat,
            cause: io::Error::from(io::ErrorKind::PermissionDenied),
        })
    }

    fn turned_out_to_be(kind: Kind) -> Event {
        Event::Opened {
            dir: DirId(1),
            metadata: Metadata {
                kind,
                disk: 0,
                apparent: 0,
                modified: 0,
                identity: Identity {
                    device: 1,
                    inode: 1,
                },
                links: 1,
            },
        }
    }

    /// What two workers tell of a scan of `roots`, and the exit code.
    fn told(roots: &[&str], said: Vec<(usize, Vec<Event>)>) -> (Vec<String>, u8) {
        let mut told = Vec::new();
        let mut paths = Paths::new(2, roots.iter().map(Path::new));
        for (worker, events) in said {
            let tell = |what: Told<'_>| {
                told.push(match what {
                    Told::File { directory, name } => {
                        String::from_utf8_lossy(&[directory, name].concat()).into_owned()
                    }
                    Told::Failed { path, failure } => {
                        format!("{}: {}", path.display(), failure.cause_in_words())
                    }
                    Told::Broke { worker, message } => format!("{worker} broke: {message}"),
                });
                Ok::<(), ()>(())
            };
            paths
                .apply(WorkerId::from_index(worker), events, tell)
                .expect("nothing fails here");
        }
        (told, paths.exit_code())
    }

    #[test]
    fn each_worker_speaks_of_its_own_place() {
        let said = vec![
            (0, vec![place(1, "", "a/b/"), names(&["x", "y"])]),
            (1, vec![place(2, "", ""), names(&["z"])]),
            (
                0,
                vec![names(&["more"]), place(1, "a/", "cc/d/"), names(&["x"])],
            ),
            (1, vec![names(&["last"]), place(1, "", "e/"), names(&["x"])]),
            (
                0,
                vec![
                    place(1, "", ""),
                    names(&["top"]),
                    place(2, "", ""),
                    names(&["x"]),
                ],
            ),
        ];
        let (told, code) = told(&["r", "s/"], said);
        let expected = [
            "r/a/b/x",
            "r/a/b/y",
            "s/z",
            "r/a/b/more",
            "r/a/cc/d/x",
            "s/last",
            "r/e/x",
            "r/top",
            "s/x",
        ];
        assert_eq!((told, code), (expected.map(str::to_owned).to_vec(), 0));
    }

    #[test]
    fn the_slash_at_the_end_of_a_root_is_not_doubled() {
        let said = || {
            vec![(
                0,
                vec![
                    place(1, "", ""),
                    names(&["x"]),
                    place(1, "", "d/"),
                    names(&["y"]),
                ],
            )]
        };
        assert_eq!(told(&["/"], said()).0, ["/x", "/d/y"]);
        assert_eq!(told(&["./"], said()).0, ["./x", "./d/y"]);
    }

    #[test]
    fn a_root_that_is_a_file_is_told_as_it_was_named() {
        let said = |kind| vec![(0, vec![place(1, "", ""), turned_out_to_be(kind)])];
        assert_eq!(told(&["a/file"], said(Kind::File)).0, ["a/file"]);
        assert_eq!(told(&["a/dir"], said(Kind::Directory)).0, [""; 0]);
    }

    #[test]
    fn failures_have_paths_and_decide_on_the_exit_code() {
        let secret = vec![(0, vec![place(1, "", "secret/"), failed(101, None)])];
        assert_eq!(
            told(&["r"], secret),
            (vec!["r/secret: permission denied".to_owned()], 1)
        );
        let entry = vec![(0, vec![place(1, "", "d/"), failed(101, Some("x"))])];
        assert_eq!(
            told(&["r"], entry),
            (vec!["r/d/x: permission denied".to_owned()], 1)
        );
        let root = || vec![(0, vec![place(1, "", ""), failed(1, None)])];
        assert_eq!(
            told(&["/"], root()),
            (vec!["/: permission denied".to_owned()], 2)
        );
        assert_eq!(told(&["r", "s"], root()).1, 1, "one of two roots");
        let some = vec![(0, vec![place(1, "", ""), names(&["x"]), failed(1, None)])];
        assert_eq!(told(&["r"], some).1, 1, "something was read");
    }

    #[test]
    fn a_worker_that_broke_is_told() {
        let message = "oh".to_owned();
        let broke = Event::Panicked { dir: None, message };
        assert_eq!(
            told(&["r"], vec![(1, vec![broke])]),
            (vec!["2 broke: oh".to_owned()], 1)
        );
    }

    #[test]
    fn the_first_error_ends_it() {
        let mut paths = Paths::new(1, [Path::new("r")]);
        let mut times = 0;
        let events = vec![place(1, "", ""), names(&["x", "y"]), names(&["z"])];
        let answer = paths.apply(WorkerId::from_index(0), events, |_| {
            times += 1;
            Err("full")
        });
        assert_eq!((answer, times), (Err("full"), 1));
    }
}
