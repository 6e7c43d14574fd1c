//! Faults that only code can cause, for the tests. They are compiled in by the cargo feature
//! `faults`, which is off by default, and happen when the environment asks for them:
//!
//! ```text
//! SPELUNK_FAULT = FAULT@PLACE[:N][~FILE][,...]
//! ```
//!
//! | fault | what happens there |
//! |---|---|
//! | `panic` | a panic |
//! | `abort` | the process aborts |
//! | `overflow` | the thread's stack overflows |
//! | `hang` | the thread never goes on |
//!
//! The places are those of [`Place`]. With `:N` it happens when a thread comes there for the N-th
//! time since the start, threads counted together, else each time. So `hang@lister:3` is a
//! directory that never answers, the third that any worker lists. With `~FILE` the thread waits there
//! until the file exists.

/// Where a fault can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// `key`: the thread of the interface, with each press of F12.
    Key,
    /// `worker`: a worker that has taken a directory.
    Worker,
    /// `lister`: a worker in the call that opens a directory, as its gauge says.
    Lister,
}

/// Lets happen what was asked for at this place. Without the feature: nothing.
#[cfg(not(feature = "faults"))]
pub fn strike(_place: Place) {}

#[cfg(feature = "faults")]
pub use asked_for::strike;

#[cfg(feature = "faults")]
mod asked_for {
    use std::{
        env,
        hint::black_box,
        path::Path,
        process,
        sync::atomic::{AtomicU32, Ordering},
        thread,
        time::Duration,
    };

    use super::Place;

    /// How often it is looked whether a file exists.
    const LOOK: Duration = Duration::from_millis(1);

    /// How often threads came to each place. Relaxed: each number is drawn once, and nothing else
    /// is told by it.
    static TIMES: [AtomicU32; 3] = [const { AtomicU32::new(0) }; 3];

    /// Lets happen what was asked for at this place.
    ///
    /// # Panics
    /// If that is a panic, or what was asked for cannot be understood.
    pub fn strike(place: Place) {
        let time = 1 + TIMES[place as usize].fetch_add(1, Ordering::Relaxed);
        let Ok(asked) = env::var("SPELUNK_FAULT") else {
            return;
        };
        for wish in asked.split(',').filter(|wish| !wish.is_empty()) {
            let (wish, file) = wish.split_once('~').unwrap_or((wish, "/"));
            let (fault, at) = wish.split_once('@').expect("FAULT@PLACE");
            let (name, number) = at.split_once(':').unwrap_or((at, ""));
            let wanted = match name {
                "key" => Place::Key,
                "worker" => Place::Worker,
                "lister" => Place::Lister,
                _ => panic!("SPELUNK_FAULT: no place is called {name}"),
            };
            let is_now = number.is_empty() || number.parse() == Ok(time);
            if wanted == place && is_now {
                while !Path::new(file).exists() {
                    thread::sleep(LOOK);
                }
                happen(fault);
            }
        }
    }

    fn happen(fault: &str) {
        match fault {
            "panic" => panic!("as asked for by SPELUNK_FAULT"),
            "abort" => process::abort(),
            "overflow" => {
                dig(0);
            }
            "hang" => loop {
                thread::park();
            },
            _ => panic!("SPELUNK_FAULT: no fault is called {fault}"),
        }
    }

    /// Needs more stack than there is.
    fn dig(depth: u64) -> u64 {
        let room = black_box([depth; 512]);
        if black_box(depth) == u64::MAX {
            return 0;
        }
        dig(depth + 1) + black_box(room)[0]
    }
}
