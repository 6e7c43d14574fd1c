//! The engine of spelunk, and what its results become.

pub mod escape;
pub mod format;
pub mod scan;
pub mod state;
pub mod tree;
