//! **spelunk** scans directories with a pool of worker threads and tells, while it does, what every
//! worker is at, how many files were found and where the space goes. This library is the whole
//! program but `main`; its engine, [`scan`], is the classic lesson on worker threads, and can be
//! used without the rest:
//!
//! ```
//! use std::time::Duration;
//!
//! use spelunk::{
//!     scan::{Options, Scan, event::Event},
//!     state::State,
//! };
//!
//! # fn main() -> std::io::Result<()> {
//! // Start a pool of four workers and give them directories.
//! let mut options = Options::new(["src", "assets"]);
//! options.threads = 4.try_into().expect("four is not zero");
//! let scan = Scan::start(&options)?;
//!
//! // Take results from the channel as they come: who found it, where, and what, or what went wrong there.
//! let mut state = State::new(scan.workers());
//! for parcel in scan.results() {
//!     let worker = parcel.worker();
//!     let events = parcel.open();
//!     for event in &events {
//!         match event {
//!             Event::Block(block) => println!("worker {worker}: {} files in directory {}", block.files.count, block.dir),
//!             Event::Failed(failure) => println!("worker {worker}: {}: {}", failure.call, failure.cause),
//!             _ => {}
//!         }
//!     }
//!     state.apply(worker, events, Duration::ZERO);
//!     # let stop_early = false;
//!     if stop_early {
//!         scan.stop(); // sets the stop event; what was found until then still comes
//!     }
//! }
//!
//! // Stop, and wait for the workers; who is stuck in a system call for longer than that is named.
//! let left_behind = scan.join(Duration::from_secs(1));
//! assert!(left_behind.is_empty());
//!
//! // The fold knows what every directory amounts to.
//! state.settle();
//! let root = state.roots()[0].dir;
//! println!("{} files, {} bytes", state.tree().totals(root).files, state.tree().totals(root).disk);
//! # assert!(state.tree().totals(root).files > 20);
//! # Ok(())
//! # }
//! ```
//!
//! **How is a thread stopped?** It is asked. [`scan::Scan::stop`] sets an event that each worker
//! looks at before every directory and, inside one, with every buffer of names and every 16
//! files that it asks about; workers that sleep are
//! woken by it. Nothing is killed, so nothing is lost or left half done, and joining means: set the
//! event, and wait. Only a worker that is inside a system call cannot look; waiting for it is
//! bounded, and it is reported by number instead of joined.
//!
//! **How does data get to a thread, and back?** To it: by a queue that it takes from
//! ([`scan::frontier`]), which sleeps without burning CPU while there is nothing to take, and ends
//! when nothing can come any more. Back: by one bounded channel ([`scan::outbox`]), to whose single
//! consumer each result is handed over for good. Nothing else is shared, so nothing else has to be
//! locked, and a slow consumer slows the walk instead of filling memory.
//!
//! **Why do results carry errors instead of throwing them?** A directory that cannot be read
//! concerns nobody but that directory. An error that ends a function would end the worker, and with
//! it what waits on its stack; one that is a value, with operation, place and cause
//! ([`scan::event::Failure`]), is shown beside the results, makes the totals above it lower bounds,
//! and the scan goes on. Only what the program itself did wrong is a panic. It is caught where the
//! thread began, travels through the same channel ([`scan::event::Event::Panicked`]), and ends the
//! scan as failed.
//!
//! # The way of an event from a worker to the screen
//!
//! ```text
//!               keys, signals
//!                     │
//!                     ▼
//!  ┌──────────────────────────────┐  Message  ┌────────┐  &Model  ┌──────┐
//!  │ ui::inbox: waits on keys,    │──────────▶│ update │─────────▶│ view │──▶ terminal
//!  │ signals, time, results       │           └───┬────┘          └──────┘
//!  └──────────────────────────────┘               │ Effect
//!                     ▲                           ▼
//!                     │ parcels of Event        stop, pause, skip, focus, take up
//!  ═══════════════════╪═════ the one way out ═════╪═══ the one way in ═════
//!                     │ bounded channel           │
//!           ┌─────────┴──┬────────────┐           │
//!       ┌───┴────┐   ┌───┴────┐   ┌───┴────┐      │
//!       │worker 1│   │worker 2│...│worker n│      │
//!       └─┬────▲─┘   └─┬────▲─┘   └─┬────▲─┘      │
//!     push▼    │take   ▼    │       ▼    │        ▼
//!  ┌──────────────────────────────────────────────────┐   ┌────────────────────────┐
//!  │ frontier: directories waiting, a stack for each  │   │ lister: how a directory│
//!  │ worker, stealable; count of unfinished; signals  │   │ is read                │
//!  └──────────────────────────────────────────────────┘   └────────────────────────┘
//! ```
//!
//! [`report`] is the other consumer of the same results, through the same fold ([`state`]), without
//! an interface. [`list`] asks for names only and prints them, so it keeps no tree, and a fold of
//! its own ([`state::paths`]) makes paths of what it hears.
//!
//! What only the system knows of the entry that somebody looks at, its owner, its mode, the space
//! around it, is asked for in the background by [`inquiry`], since each such question can hang.
//!
//! Where all that takes more memory than it may, small files that nobody looks at are summed up
//! ([`folding`]).
//!
//! What the views show beyond the tree is derived from it a slice at a time ([`mod@derive`]), so that a
//! million files cost no frame.
//!
//! # Two processes
//!
//! All this happens in one process, the explorer, that another one has started and waits for, the
//! [`supervisor`]: it passes signals on, and whatever becomes of the explorer, a worker that not even
//! SIGKILL can end included, it gives the terminal back and ends with the right exit code.
//!
//! # Invariants
//!
//! 1. Workers and consumers share only the frontier, the result channel with the batches open in
//!    it, the counter of directory numbers, and one gauge per worker, which is for display.
//! 2. Parent first: the consumer hears of a directory before it hears anything from inside it.
//! 3. A directory that never answers hides nothing but itself.
//! 4. Everything is bounded but what must grow with the file system: tree, frontier, failures; and
//!    the numbers of directories that were read again, since none is given twice.
//! 5. On line 1 of the screen, complete means that the scan ended by itself. A worker's panic ends
//!    it as failed.
//! 6. Stop, pause and skip are looked at before every directory, every buffer of names and every 16
//!    files that are asked about. A stop is never unset: to go on is a new scan over what waits.
//!    Nothing that was read is read again for that. What is asked to be read again is another
//!    directory until it is complete, and then takes the place of the one that is known.
//! 7. Every thread of the pool is joined, or reported as left behind after a grace. The consumer
//!    drains until disconnection before anything is joined.
//! 8. Only [`state`] interprets an event. Only [`ui::update`] changes the model. [`ui::view`] takes
//!    `&Model`, and does no input or output.
//! 9. Nothing below the interface mentions it, nor the libraries that it is made with.
//! 10. No byte of a file name reaches a terminal unescaped. [`escape`] owns that.
//! 11. The program only reads; with [`read_only`] the kernel sees to it.
//! 12. Same tree, same totals, on every directory, for any number of workers and any order.

// The models use what the test suite has, which names this crate.
#[cfg(all(test, shuttle))]
extern crate self as spelunk;

#[cfg(not(shuttle))]
pub mod cli;
pub mod config;
pub mod derive;
pub mod escape;
pub mod faults;
pub mod folding;
pub mod format;
pub mod inquiry;
#[cfg(not(shuttle))]
pub mod list;

#[cfg(target_os = "linux")]
mod mounts;
pub mod progress;
pub mod read_only;
#[cfg(not(shuttle))]
pub mod report;
pub mod scan;
pub mod signals;
pub mod state;
#[cfg(not(shuttle))]
pub mod supervisor;
pub mod tree;
#[cfg(not(shuttle))]
pub mod ui;
