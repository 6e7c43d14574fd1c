//! Small trees on disk, built in a few words and taken away at the end.

use std::cell::RefCell;
use std::ffi::OsStr;
use std::fs::{File, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A temporary directory and what is built in it. Every name is relative to it, and a name's
/// parents are made as needed.
#[derive(Debug)]
pub(crate) struct Tree {
    directory: TempDir,
    /// The directories to open again so that they can be removed, in the order of their shutting.
    shut: RefCell<Vec<PathBuf>>,
}

impl Tree {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().expect("make a temporary directory");
        // Readable for all, so that a program without root's powers may measure it.
        open(directory.path());
        Self {
            directory,
            shut: RefCell::default(),
        }
    }

    /// The root, without symbolic links in it.
    pub(crate) fn path(&self) -> PathBuf {
        self.directory
            .path()
            .canonicalize()
            .expect("resolve the temporary directory")
    }

    pub(crate) fn dir(&self, name: impl AsRef<Path>) -> &Self {
        std::fs::create_dir_all(self.inside(name.as_ref())).expect("make a directory");
        self
    }

    /// A file of this many bytes, all written.
    pub(crate) fn file(&self, name: impl AsRef<Path>, bytes: usize) -> &Self {
        std::fs::write(self.place(name.as_ref()), vec![b'x'; bytes]).expect("write a file");
        self
    }

    /// A file with this text.
    pub(crate) fn text(&self, name: impl AsRef<Path>, text: &str) -> &Self {
        std::fs::write(self.path().join(name), text).expect("write a file");
        self
    }

    /// A file whose name need not be text. Not every filesystem takes such a name (APFS does not).
    pub(crate) fn file_bytes(&self, name: &[u8], bytes: usize) -> &Self {
        self.file(OsStr::from_bytes(name), bytes)
    }

    /// A file of this length with nothing written.
    pub(crate) fn sparse(&self, name: impl AsRef<Path>, length: u64) -> &Self {
        let file = File::create(self.place(name.as_ref())).expect("make a file");
        file.set_len(length).expect("lengthen a file");
        self
    }

    /// A second name for the file `old`.
    pub(crate) fn link(&self, old: impl AsRef<Path>, new: impl AsRef<Path>) -> &Self {
        std::fs::hard_link(self.inside(old.as_ref()), self.place(new.as_ref()))
            .expect("make a hard link");
        self
    }

    /// A symbolic link. `target` is written as it is, whatever it points to.
    pub(crate) fn symlink(&self, target: impl AsRef<Path>, name: impl AsRef<Path>) -> &Self {
        std::os::unix::fs::symlink(target, self.place(name.as_ref()))
            .expect("make a symbolic link");
        self
    }

    /// Takes every permission from a directory, until the tree is dropped. Root reads it all the
    /// same.
    pub(crate) fn unreadable(&self, name: impl AsRef<Path>) -> &Self {
        let path = self.inside(name.as_ref());
        std::fs::set_permissions(&path, Permissions::from_mode(0o000)).expect("shut a directory");
        self.shut.borrow_mut().push(path);
        self
    }

    /// The path of a name whose parents exist from now on.
    fn place(&self, name: &Path) -> PathBuf {
        let path = self.inside(name);
        std::fs::create_dir_all(path.parent().expect("a name has a parent"))
            .expect("make the parents");
        path
    }

    fn inside(&self, name: &Path) -> PathBuf {
        assert!(
            name.is_relative(),
            "{} would lie outside of the tree",
            name.display()
        );
        self.directory.path().join(name)
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        // The last one shut may hide the ones before it.
        for path in self.shut.borrow().iter().rev() {
            open(path);
        }
    }
}

fn open(path: &Path) {
    // Removed by the test meanwhile, perhaps: the temporary directory says whether it could be
    // cleared.
    let _ = std::fs::set_permissions(path, Permissions::from_mode(0o755));
}
