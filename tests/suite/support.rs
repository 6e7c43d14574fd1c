//! What the tests stand on: a real terminal to drive a program in, trees to measure, and two other
//! counts to compare with. It knows nothing of what the program under test shows or computes.

pub(crate) mod du;
#[cfg(target_os = "linux")]
pub(crate) mod fuse;
pub(crate) mod harmless;
pub(crate) mod keys;
mod launch;
pub(crate) mod modes;
pub(crate) mod mounts;
mod record;
pub(crate) mod reference;
pub(crate) mod settings;
pub(crate) mod skip;
pub(crate) mod strace;
pub(crate) mod terminal;
pub(crate) mod tree;

mod tests;
mod tree_tests;
