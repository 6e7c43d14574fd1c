//! The front end for names: prints the path of every file as soon as it is found, and nothing else.
//! It keeps nothing of what it has printed.
//!
//! Signals are not listened to, unlike in the other front ends. There is nothing to put in order
//! before the end, and a process that waits for the reader of its output, as behind a pager, could
//! do nothing about a signal but by a thread more; so the kernel ends it, as it ends `find`.

use std::{io, iter, thread, time::Instant};

use crossbeam_channel::RecvTimeoutError;

use crate::{
    escape,
    report::Output,
    scan::{DRAIN, GRACE, Scan, roots::Root, watch::INTERVAL},
    state::paths::{Paths, Told},
};

/// Paths are written when there are so many bytes of them, or nothing more is there now. As large
/// as a pipe; still in the processor's caches when the kernel copies them.
const PAGE: usize = 64 * 1024;

/// The results are left to gather for at most this part of the time since the beginning, so that a
/// short list is not kept waiting for longer than it takes.
const SHARE: u32 = 16;

/// What a path ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// A line feed.
    Line,
    /// A zero byte, the only one that no path can hold.
    Zero,
}

/// Lists what a scan of `roots` for names finds, to its end or until nobody reads it any more,
/// which is no error. Returns the exit code.
///
/// # Errors
/// Standard output cannot be written.
pub fn run(mut scan: Scan, roots: &[Root], end: End, output: &mut Output<'_>) -> io::Result<u8> {
    let bytes = Vec::with_capacity(2 * PAGE);
    let page = Page { output, end, bytes };
    let code = match follow(&mut scan, roots, page) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(0),
        code => code,
    };
    scan.join(GRACE);
    code
}

fn follow(scan: &mut Scan, roots: &[Root], mut page: Page<'_, '_>) -> io::Result<u8> {
    let begun = Instant::now();
    let given = roots.iter().map(|root| root.given.as_path());
    let mut paths = Paths::new(scan.workers(), given);
    loop {
        scan.tend(begun.elapsed());
        let first = match scan.results().recv_timeout(INTERVAL) {
            Ok(first) => first,
            Err(RecvTimeoutError::Timeout) if scan.is_over() && scan.results().is_empty() => break,
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => break,
        };
        for parcel in iter::once(first).chain(scan.results().try_iter()) {
            paths.apply(parcel.worker(), parcel.open(), |told| page.tell(told))?;
        }
        page.write()?;
        thread::sleep(DRAIN.min(begun.elapsed() / SHARE));
    }
    Ok(paths.exit_code())
}

/// Whole paths that are to be written.
struct Page<'a, 'b> {
    output: &'a mut Output<'b>,
    end: End,
    bytes: Vec<u8>,
}

impl Page<'_, '_> {
    fn tell(&mut self, told: Told<'_>) -> io::Result<()> {
        match told {
            Told::File { directory, name } => return self.add(directory, name),
            Told::Failed { path, failure } => self.output.failed(path, failure),
            Told::Broke { worker, message } => self.output.broke(worker, message),
        }
        Ok(())
    }

    fn add(&mut self, directory: &[u8], name: &[u8]) -> io::Result<()> {
        for part in [directory, name] {
            if self.output.out_is_terminal {
                self.bytes.extend_from_slice(escape::name(part).as_bytes());
            } else {
                self.bytes.extend_from_slice(part);
            }
        }
        self.bytes.push(match self.end {
            End::Line => b'\n',
            End::Zero => 0,
        });
        if self.bytes.len() < PAGE {
            return Ok(());
        }
        self.write()
    }

    fn write(&mut self) -> io::Result<()> {
        self.output.out.write_all(&self.bytes)?;
        self.bytes.clear();
        self.output.out.flush()
    }
}
