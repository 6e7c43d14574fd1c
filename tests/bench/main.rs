//! Compares programs on the same tree, in turn, in the same minute: `cargo bench --bench compare`.
//!
//! ```text
//! tree      builds what is measured, once
//! floor     what the system calls cost by themselves: what all others are held against
//! program   the programs and how one sees that they are done
//! screen    a program in a pseudo-terminal
//! measure   the cost of one run
//! compare   the rounds and the table
//! ```
//!
//! The same executable is also what it starts: `floor`, `measure` and `build` as its first word.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it is a program of its own, and its output is figures"
)]

mod compare;
mod floor;
mod measure;
mod program;
mod screen;
mod tree;

use std::env;

use clap::Parser as _;

fn main() -> anyhow::Result<()> {
    let words = || env::args().skip(2).collect::<Vec<_>>();
    match env::args().nth(1).as_deref() {
        Some("floor") => floor::run(&words()),
        Some("measure") => measure::run(env::args_os().skip(2)),
        Some("build") => tree::build(&words()),
        _ => compare::run(&compare::Arguments::parse()),
    }
}
