//! What is entered and what is left out: the rules of the command line, asked before a directory is
//! listed.

use std::{
    ffi::{CStr, OsStr},
    fs::File,
    hash::{DefaultHasher, Hash, Hasher},
    io::Read,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::{
    dir::{Dir, Identity},
    event::Exclusion,
};

/// Which directories and files are left out.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// Stay on the file system of the root.
    pub one_file_system: bool,
    /// Leave out directories that carry a valid `CACHEDIR.TAG`.
    pub exclude_caches: bool,
    /// Enter file systems that the kernel makes up.
    pub include_kernel_file_systems: bool,
    names: GlobSet,
    paths: GlobSet,
    /// The patterns as they were given.
    patterns: Vec<String>,
    /// Where entering would mount something.
    automounts: Vec<PathBuf>,
}

impl Rules {
    /// Leaves out what matches one of `patterns`. A pattern without a slash is held against names,
    /// one with a slash against the last parts of paths, as `du --exclude` does; `*` matches
    /// slashes as well. Takes the place of earlier patterns.
    ///
    /// # Errors
    /// The first pattern that is no glob, with what is wrong in it.
    pub fn exclude<'a>(
        &mut self,
        patterns: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), globset::Error> {
        let (mut names, mut paths) = (GlobSetBuilder::new(), GlobSetBuilder::new());
        let patterns: Vec<String> = patterns.into_iter().map(str::to_owned).collect();
        for pattern in &patterns {
            let glob = |pattern: &str| GlobBuilder::new(pattern).backslash_escape(true).build();
            let pattern = pattern.trim_end_matches('/');
            if pattern.contains('/') {
                paths.add(glob(pattern)?);
                paths.add(glob(&format!("**/{pattern}"))?);
            } else {
                names.add(glob(pattern)?);
            }
        }
        (self.names, self.paths) = (names.build()?, paths.build()?);
        self.patterns = patterns;
        Ok(())
    }

    /// A number that is the same for the same rules, by which scans under other ones are told
    /// apart. Another build of the program may give another number.
    pub fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        let Self {
            one_file_system,
            exclude_caches,
            include_kernel_file_systems,
            patterns,
            ..
        } = self;
        (one_file_system, exclude_caches, include_kernel_file_systems).hash(&mut hasher);
        patterns.hash(&mut hasher);
        hasher.finish()
    }

    /// Whether everything on a file system that is entered is counted, and nothing that is on none.
    pub fn takes_whole_file_systems(&self) -> bool {
        self.patterns.is_empty() && !self.exclude_caches && !self.include_kernel_file_systems
    }

    /// Leaves alone what is at these places: to enter them would mount something there, or wait for
    /// somebody who does. A root is entered all the same.
    pub fn leave_alone(&mut self, automounts: Vec<PathBuf>) {
        self.automounts = automounts;
    }

    /// Whether `dir` is left alone and must not even be opened.
    pub fn leaves_alone(&self, dir: &Dir) -> bool {
        !self.automounts.is_empty()
            && !self.include_kernel_file_systems
            && !dir.is_root()
            && self.automounts.iter().any(|place| is_at(dir, place))
    }

    /// Whether there is any pattern.
    pub fn has_patterns(&self) -> bool {
        !self.patterns.is_empty()
    }

    /// Whether the entry `name` of `dir` matches a pattern.
    pub fn excludes(&self, dir: &Dir, name: &[u8]) -> bool {
        let name = OsStr::from_bytes(name);
        self.matches(name, || dir.path().join(name))
    }

    /// Whether a scan of `outer` may not get to `inner`, which lies below it, or is known not to:
    /// by a pattern, or because there may be a cache directory between them.
    pub fn may_keep_apart(&self, outer: &Path, inner: &Path) -> bool {
        let between = inner.ancestors().take_while(|path| *path != outer);
        let matched = |path: &Path| {
            path.file_name()
                .is_some_and(|name| self.matches(name, || path.to_path_buf()))
        };
        self.exclude_caches || between.into_iter().any(matched)
    }

    fn matches(&self, name: &OsStr, path: impl FnOnce() -> PathBuf) -> bool {
        (!self.names.is_empty() && self.names.is_match(name))
            || (!self.paths.is_empty() && self.paths.is_match(path()))
    }

    /// Why `dir`, which is about to be listed and has turned out to be `identity`, is not entered,
    /// if so. A root is always entered. `kernel` answers whether the directory is on a file system
    /// that the kernel makes up, `tagged` whether it carries a valid cache tag; each is asked only
    /// when it matters.
    ///
    /// # Errors
    /// What `kernel` or `tagged` could not find out.
    pub fn refuse<E>(
        &self,
        dir: &Dir,
        identity: Identity,
        mount: Mount,
        kernel: impl FnOnce() -> Result<bool, E>,
        tagged: impl FnOnce() -> Result<bool, E>,
    ) -> Result<Option<Exclusion>, E> {
        let Some(parent) = dir.parent().and_then(|parent| parent.identity()) else {
            return Ok(None);
        };
        if parent.device != identity.device {
            if self.one_file_system {
                return Ok(Some(Exclusion::OtherFileSystem));
            }
            if !self.include_kernel_file_systems && kernel()? {
                return Ok(Some(Exclusion::KernelFileSystem));
            }
        }
        if mount == Mount::Perhaps
            && dir
                .ancestors()
                .any(|above| above.identity() == Some(identity))
        {
            return Ok(Some(Exclusion::Loop));
        }
        if self.exclude_caches && tagged()? {
            return Ok(Some(Exclusion::Cache));
        }
        Ok(None)
    }
}

/// Whether the path of `dir` is `place`. The names are held against each other from the end on: to
/// build each path would be quadratic on a deep chain.
fn is_at(mut dir: &Dir, mut place: &Path) -> bool {
    while let Some(parent) = dir.parent() {
        match (place.file_name(), place.parent()) {
            (Some(name), Some(above)) if name.as_bytes() == dir.name() => {
                (dir, place) = (parent, above);
            }
            _ => return false,
        }
    }
    place == Path::new(OsStr::from_bytes(dir.name()))
}

/// Whether something is mounted on a directory. Only where it is can a loop begin, and to look for
/// one everywhere would be quadratic on a deep chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mount {
    /// Something is, or that is not known.
    Perhaps,
    /// Nothing is.
    None,
}

/// Whether a file system of this type (`f_type` of `statfs`) holds nothing on any disk: the kernel
/// makes it up. The numbers are those of Linux's `include/uapi/linux/magic.h`.
pub fn is_kernel_file_system(magic: u64) -> bool {
    const MAGIC: [u64; 18] = [
        0x9fa0,      // proc
        0x6265_6572, // sysfs
        0x27_e0eb,   // cgroup
        0x6367_7270, // cgroup2
        0x6462_6720, // debugfs
        0x7472_6163, // tracefs
        0x7363_6673, // securityfs
        0xcafe_4a11, // bpf
        0x6165_676c, // pstore
        0x6265_6570, // configfs
        0x1cd1,      // devpts
        0x1980_0202, // mqueue
        0x4249_4e4d, // binfmt_misc
        0xde5e_81e4, // efivarfs
        0xf97c_ff8c, // selinuxfs
        0x4341_5d53, // smackfs
        0x6e73_6673, // nsfs
        0x6573_5543, // fusectl
    ];
    MAGIC.contains(&magic)
}

/// What a `CACHEDIR.TAG` must begin with, by the specification at <https://bford.info/cachedir/>.
const SIGNATURE: &[u8; 43] = b"Signature: 8a477f597d28d172789f06886806bc55";

/// The name of the tag of a cache directory.
pub const CACHE_TAG: &CStr = c"CACHEDIR.TAG";

/// Whether this regular file, which is called [`CACHE_TAG`], is a valid tag. One that cannot be read
/// is none.
pub fn is_cache_tag(tag: File) -> bool {
    let mut start = Vec::new();
    let mut tag = tag.take(SIGNATURE.len() as u64);
    tag.read_to_end(&mut start).is_ok() && start == SIGNATURE
}

#[cfg(test)]
mod tests {
    use super::{
        super::dir::{DirId, Extent, Step},
        *,
    };

    #[test]
    fn what_is_at_the_place_of_an_automount_is_left_alone() {
        let mut rules = Rules::default();
        rules.leave_alone(["/net", "/srv/media/auto"].map(PathBuf::from).to_vec());
        let is_left = |root: &str, names: &[&str]| {
            let names = std::iter::once(&root).chain(names).zip(1..);
            let step = |(name, number): (&&str, u32)| Step {
                dir: DirId(number),
                name: name.as_bytes().into(),
            };
            let way: Vec<Step> = names.map(step).collect();
            rules.leaves_alone(&Dir::at_end_of(&way, Extent::Whole).expect("it has a root"))
        };
        for (root, names) in [
            ("/", &["net"][..]),
            ("/", &["srv", "media", "auto"]),
            ("/srv", &["media", "auto"]),
            ("/srv/media/", &["auto"]),
            ("/srv/./media", &["auto"]),
        ] {
            assert!(is_left(root, names), "{root} {names:?}");
        }
        for (root, names) in [
            ("/net", &[][..]),
            ("/", &["srv"]),
            ("/", &["srv", "net"]),
            ("/", &["srv", "media", "auto", "auto"]),
            ("/srv", &["net"]),
            ("/srv/media/auto", &["net"]),
            ("/media", &["auto"]),
            ("/home", &["srv", "media", "auto"]),
            (".", &["net"]),
            ("srv", &["media", "auto"]),
            ("/srv/../srv/media", &["auto"]),
        ] {
            assert!(!is_left(root, names), "{root} {names:?}");
        }
    }
}
