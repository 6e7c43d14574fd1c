//! How a directory is listed: the one seam between the pool and the operating system.

#[cfg(target_os = "linux")]
pub mod linux;
pub mod portable;

use std::sync::Arc;

use super::{
    dir::Dir,
    handles::Handle,
    job::{Rest, Slice},
    visit::{Leave, Visit},
};

/// Lists directories, one after the other; each worker has one of its own.
pub trait Lister: Send {
    /// Lists `dir` and tells `visit` what there is, in this order: whether it may be entered,
    /// subdirectories as soon as their names are known, then metadata. What cannot be read it tells
    /// as a failure. `parent` is the directory's parent, open, if this lister keeps handles and
    /// could keep that one.
    ///
    /// # Errors
    /// [`Leave`] from `visit`: the directory is to be left as it is. Where [`Visit::look`] says so
    /// between two buffers, [`Visit::leave`] takes what is needed to go on.
    fn list(
        &mut self,
        dir: &Arc<Dir>,
        parent: Option<Arc<Handle>>,
        visit: &mut Visit<'_>,
    ) -> Result<(), Leave>;

    /// Goes on with a directory that this or another lister left, and gave `rest` for it.
    ///
    /// # Errors
    /// As [`Lister::list`].
    fn go_on(&mut self, dir: &Arc<Dir>, rest: Rest, visit: &mut Visit<'_>) -> Result<(), Leave>;

    /// Asks for the metadata of some names of a directory, which this or another lister has listed,
    /// and tells `visit`.
    ///
    /// # Errors
    /// [`Leave`] from `visit`, passed on at once: it knows how many of the names were told.
    fn look(&mut self, slice: &Slice, visit: &mut Visit<'_>) -> Result<(), Leave>;
}
