//! Listers of the tests: they do something of their own at a directory, and all else as the portable
//! one does.

use std::sync::Arc;

use spelunk::scan::{
    dir::Dir,
    handles::Handle,
    job::{Rest, Slice},
    lister::{Lister, portable::Portable},
    visit::{Leave, Visit},
};

/// What is done at a directory.
pub trait Lists: Send {
    fn list(&mut self, dir: &Arc<Dir>, visit: &mut Visit<'_>) -> Result<(), Leave>;
}

impl Lists for Portable {
    fn list(&mut self, dir: &Arc<Dir>, visit: &mut Visit<'_>) -> Result<(), Leave> {
        Lister::list(self, dir, None, visit)
    }
}

/// A lister that does so.
pub fn by(lists: impl Lists + 'static) -> Box<dyn Lister> {
    Box::new(By(lists))
}

struct By<L>(L);

impl<L: Lists> Lister for By<L> {
    fn list(
        &mut self,
        dir: &Arc<Dir>,
        _: Option<Arc<Handle>>,
        visit: &mut Visit<'_>,
    ) -> Result<(), Leave> {
        self.0.list(dir, visit)
    }

    fn go_on(&mut self, dir: &Arc<Dir>, rest: Rest, visit: &mut Visit<'_>) -> Result<(), Leave> {
        Portable.go_on(dir, rest, visit)
    }

    fn look(&mut self, slice: &Slice, visit: &mut Visit<'_>) -> Result<(), Leave> {
        Portable.look(slice, visit)
    }
}
