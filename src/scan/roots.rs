//! What the command line names: which directories are scanned, and what is to be said of the others
//! before.

use std::{
    collections::HashMap,
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Component, Path, PathBuf},
    ptr, thread,
    time::Duration,
};

use crossbeam_channel::{after, select, unbounded};

use super::enter::Rules;

/// How long the first look at the roots may take. A root that has not answered by then may be on a
/// dead server; it is scanned like the others, and a worker finds out.
const PATIENCE: Duration = Duration::from_millis(250);

/// One directory, or file, to be scanned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// As it was named.
    pub given: PathBuf,
    /// The absolute path, without `.` and, where no symlink can be in the way, without `..`.
    pub path: PathBuf,
    /// On which device it is (`st_dev`); `None` where that could not be asked in time.
    pub device: Option<u64>,
}

/// Why a path that was named is not a root of the scan.
#[derive(Debug)]
pub enum Dropped {
    /// There is nothing, or it cannot even be looked at.
    Missing {
        /// As it was named.
        given: PathBuf,
        /// What the kernel said.
        cause: io::Error,
    },
    /// It is the same as one that was named before.
    Again {
        /// As it was named.
        given: PathBuf,
        /// The other, as it was named.
        first: PathBuf,
    },
    /// It lies in another root.
    Inside {
        /// As it was named.
        given: PathBuf,
        /// The other, as it was named.
        outer: PathBuf,
    },
}

/// The roots, in the order in which they were named, and what was dropped.
#[derive(Debug, Default)]
pub struct Roots {
    /// What is scanned.
    pub roots: Vec<Root>,
    /// What is not, and why.
    pub dropped: Vec<Dropped>,
}

impl Roots {
    /// Looks at what was named. Only what is there and where it really is is asked, with bounded
    /// patience; whether it can be opened is found out by a worker, since opening could hang.
    ///
    /// # Errors
    /// The current directory cannot be found out.
    pub fn find(given: &[PathBuf], rules: &Rules) -> io::Result<Self> {
        let here = if given.iter().all(|path| path.is_absolute()) {
            PathBuf::new()
        } else {
            std::env::current_dir()?
        };
        let named = given.iter().map(|given| Root {
            given: given.clone(),
            path: absolute(&here, given),
            device: None,
        });
        let (present, mut dropped) = probe(named.collect());
        let mut roots = Vec::new();
        // Looked up by path, since each held against each other would be quadratic.
        let mut outers: HashMap<(&Path, Option<u64>), &Present> = HashMap::new();
        for present in &present {
            let place = (present.real.as_path(), present.root.device);
            outers.entry(place).or_insert(present);
        }
        let mut firsts: HashMap<&Path, &Present> = HashMap::new();
        for inner in &present {
            let first = *firsts.entry(&inner.real).or_insert(inner);
            // The outermost counts.
            let outer = inner
                .real
                .ancestors()
                .skip(1)
                .filter_map(|path| outers.get(&(path, inner.root.device)))
                .filter(|outer| !rules.may_keep_apart(&outer.real, &inner.real))
                .last();
            let given = inner.root.given.clone();
            if let Some(outer) = outer {
                let outer = outer.root.given.clone();
                dropped.push(Dropped::Inside { given, outer });
            } else if ptr::eq(first, inner) {
                roots.push(inner.root.clone());
            } else {
                let first = first.root.given.clone();
                dropped.push(Dropped::Again { given, first });
            }
        }
        Ok(Self { roots, dropped })
    }
}

/// A root that is there, as far as that is known. A scan of it gets to what lies in it. But what is on
/// another device may be left out by a rule, so it is scanned by itself; then it may be scanned
/// twice.
struct Present {
    root: Root,
    /// Where it really is.
    real: PathBuf,
}

/// `path` seen from `here`. `..` is resolved only as long as it goes up from `here`, which is free
/// of symlinks.
fn absolute(here: &Path, path: &Path) -> PathBuf {
    let mut absolute = if path.is_absolute() {
        PathBuf::new()
    } else {
        here.to_path_buf()
    };
    let mut below_here = false;
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if !below_here && !path.is_absolute() => {
                absolute.pop();
            }
            other => {
                below_here = true;
                absolute.push(other);
            }
        }
    }
    absolute
}

/// Asks for each root whether it is there and where it really is, all at once; each on a thread of
/// its own, since any of them may hang.
fn probe(roots: Vec<Root>) -> (Vec<Present>, Vec<Dropped>) {
    let (sender, answers) = unbounded();
    for (place, root) in roots.iter().enumerate() {
        let (sender, path) = (sender.clone(), root.path.clone());
        // Without a thread nobody asks, and a worker finds out.
        let _ = thread::Builder::new().name("probe".into()).spawn(move || {
            let answer = fs::canonicalize(path)
                .and_then(|real| fs::metadata(&real).map(|metadata| (real, metadata.dev())));
            let _ = sender.send((place, answer));
        });
    }
    drop(sender);
    let mut found: Vec<Option<io::Result<(PathBuf, u64)>>> = roots.iter().map(|_| None).collect();
    let patience = after(PATIENCE);
    loop {
        select! {
            recv(answers) -> answer => match answer {
                Ok((place, answer)) => found[place] = Some(answer),
                Err(_) => break,
            },
            recv(patience) -> _ => break,
        }
    }
    let (mut present, mut missing) = (Vec::new(), Vec::new());
    for (root, found) in roots.into_iter().zip(found) {
        match found {
            Some(Ok((real, device))) => {
                let device = Some(device);
                present.push(Present {
                    root: Root { device, ..root },
                    real,
                });
            }
            // A place that may not be looked at is there: it is scanned, and fails with its cause.
            Some(Err(cause)) if cause.kind() != io::ErrorKind::PermissionDenied => {
                missing.push(Dropped::Missing {
                    given: root.given,
                    cause,
                });
            }
            _ => {
                let real = root.path.clone();
                present.push(Present { root, real });
            }
        }
    }
    (present, missing)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn paths_become_absolute_without_touching_symlinks() {
        let seen = |path: &str| {
            absolute(Path::new("/home/ada"), Path::new(path))
                .display()
                .to_string()
        };
        assert_eq!(seen("."), "/home/ada");
        assert_eq!(seen("work/./x/"), "/home/ada/work/x");
        assert_eq!(seen("../bob"), "/home/bob");
        assert_eq!(seen("../../.."), "/");
        assert_eq!(
            seen("link/../x"),
            "/home/ada/link/../x",
            "where `link` leads is not known"
        );
        assert_eq!(seen("/srv/../x"), "/srv/../x");
    }

    #[test]
    fn what_is_named_twice_or_lies_in_another_is_dropped() {
        let place = tempfile::tempdir().expect("make a temporary directory");
        let at = |path: &str| place.path().join(path);
        fs::create_dir_all(at("a/b/c")).expect("make directories");
        fs::create_dir_all(at("ab")).expect("make a directory");
        symlink("a/b/c", at("link")).expect("make a symlink");
        let told = |names: &[&str], patterns: &[&str]| {
            let given: Vec<PathBuf> = names.iter().map(|name| at(name)).collect();
            let mut rules = Rules::default();
            rules.exclude(patterns.iter().copied()).expect("globs");
            let found = Roots::find(&given, &rules).expect("all are absolute");
            let name = |path: &Path| {
                let below = path.strip_prefix(place.path()).expect("it is there");
                below.display().to_string()
            };
            let roots = found.roots.iter().map(|root| name(&root.given));
            let dropped = found.dropped.iter().map(|dropped| match dropped {
                Dropped::Missing { given, .. } => format!("{} is missing", name(given)),
                Dropped::Again { given, first } => format!("{} is {}", name(given), name(first)),
                Dropped::Inside { given, outer } => format!("{} in {}", name(given), name(outer)),
            });
            roots.chain(dropped).collect::<Vec<_>>()
        };
        let named = ["a/b/c", "a/b", "ab", "no", "a", "link", "a/b", "ab", "ab"];
        assert_eq!(
            told(&named, &[]),
            [
                "ab",
                "a",
                "no is missing",
                "a/b/c in a",
                "a/b in a",
                "link in a",
                "a/b in a",
                "ab is ab",
                "ab is ab",
            ]
        );
        assert_eq!(
            told(&["link", "a/b/c", "a", "link", "a/b"], &["b"]),
            ["a", "a/b", "link in a/b", "a/b/c in a/b", "link in a/b"],
            "a scan of `a` does not get there"
        );
        assert_eq!(
            told(&["link", "a/b/c", "a", "link"], &["c"]),
            ["link", "a", "a/b/c is link", "link is link"]
        );
    }
}
