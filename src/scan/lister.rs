//! How a directory is listed: the one seam between the pool and the operating system.

pub mod portable;

use std::sync::Arc;

use super::{
    dir::Dir,
    visit::{Leave, Visit},
};

/// Lists directories, one after the other; each worker has one of its own.
pub trait Lister: Send {
    /// Lists `dir` and tells `visit` what there is, in this order: whether it may be entered,
    /// subdirectories as soon as their names are known, then metadata. What cannot be read it tells
    /// as a failure.
    ///
    /// # Errors
    /// [`Leave`] from `visit`, passed on: the directory is to be left as it is.
    fn list(&mut self, dir: &Arc<Dir>, visit: &mut Visit<'_>) -> Result<(), Leave>;
}
