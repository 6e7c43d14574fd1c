//! What has come out of a terminal, kept by the thread that reads it and waited for by the test.

use std::io::Read;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::launch::Size;
use super::modes::Scanner;

/// How long anything may take before a test fails. Far more than it takes on a slow machine.
const DEADLINE: Duration = Duration::from_secs(60);

/// Begins a mark; `=`, a number and BEL follow.
const STARTED: &str = "\x1b]spelunk-test-started";
const ENDED: &str = "\x1b]spelunk-test-ended";

/// What has come out of the terminal so far.
pub(super) struct Seen {
    /// What is not yet known to be output or a mark.
    held: Vec<u8>,
    pub(super) output: Vec<u8>,
    pub(super) parser: vt100::Parser,
    pub(super) scanner: Scanner,
    pub(super) process: Option<i32>,
    pub(super) status: Option<i32>,
    /// Nobody reads for now.
    unread: bool,
    /// Nothing comes any more.
    closed: bool,
}

impl Seen {
    fn new(size: Size) -> Self {
        Self {
            held: Vec::new(),
            output: Vec::new(),
            parser: vt100::Parser::new(cells(size.lines), cells(size.columns), 0),
            scanner: Scanner::default(),
            process: None,
            status: None,
            unread: false,
            closed: false,
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.held.extend_from_slice(bytes);
        if self.process.is_none() {
            self.process = self.take_mark(STARTED);
        }
        if self.process.is_some() && self.status.is_none() {
            self.status = self.take_mark(ENDED);
        }
    }

    /// Passes on as output what comes before the mark, and gives the mark's number when all of it
    /// has come.
    fn take_mark(&mut self, mark: &str) -> Option<i32> {
        let mark = mark.as_bytes();
        // At the end there may be the beginning of a mark.
        let begin = (0..self.held.len()).find(|&at| {
            let rest = &self.held[at..];
            rest.starts_with(mark) || mark.starts_with(rest)
        });
        let after = self.held.split_off(begin.unwrap_or(self.held.len()));
        let output = std::mem::replace(&mut self.held, after);
        self.show(&output);
        let end = self
            .held
            .iter()
            .position(|&byte| byte == 0x07)
            .filter(|_| self.held.starts_with(mark))?;
        let number = String::from_utf8_lossy(&self.held[mark.len() + 1..end])
            .parse()
            .ok();
        self.held.drain(..=end);
        number
    }

    fn show(&mut self, output: &[u8]) {
        self.output.extend_from_slice(output);
        self.parser.process(output);
        self.scanner.advance(output);
    }

    fn is_over(&self) -> bool {
        self.closed || self.status.is_some()
    }

    pub(super) fn lines(&self) -> Vec<String> {
        let screen = self.parser.screen();
        screen
            .rows(0, screen.size().1.get())
            .map(|line| line.trim_end().to_owned())
            .collect()
    }

    pub(super) fn text(&self) -> String {
        self.lines().join("\n").trim_end().to_owned()
    }

    /// Everything that helps to see why a test failed.
    fn report(&self) -> String {
        let state = match (self.status, self.closed) {
            (Some(status), _) => format!("the program ended with status {status}"),
            (None, true) => "the terminal closed".into(),
            (None, false) => "the program runs".into(),
        };
        let (line, column) = self.parser.screen().cursor_position();
        let border = "-".repeat(usize::from(self.parser.screen().size().1.get()));
        format!(
            "{state}; cursor at column {column}, line {line}; title {:?}; {:?}\n{border}\n{}\n{border}",
            self.scanner.title(),
            self.scanner.modes(),
            self.text(),
        )
    }
}

pub(super) fn cells(count: u16) -> std::num::NonZeroU16 {
    std::num::NonZeroU16::new(count).expect("a terminal has lines and columns")
}

/// What the reading thread tells the test.
pub(super) struct Record {
    seen: Mutex<Seen>,
    changed: Condvar,
}

impl Record {
    pub(super) fn new(size: Size) -> Self {
        Self {
            seen: Mutex::new(Seen::new(size)),
            changed: Condvar::new(),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Seen> {
        // A test's condition may panic; what it only looked at is whole.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn read(&self, mut reader: Box<dyn Read + Send>) {
        let mut buffer = [0; 16 * 1024];
        loop {
            let read = match reader.read(&mut buffer) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                // A terminal whose programs have gone ends with an error on some systems.
                Err(_) | Ok(0) => break,
                Ok(read) => read,
            };
            let mut seen = self.lock();
            seen.take(&buffer[..read]);
            self.changed.notify_all();
            drop(
                self.changed
                    .wait_while(seen, |seen| seen.unread)
                    .unwrap_or_else(PoisonError::into_inner),
            );
        }
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// From the next piece of output on, nobody reads any more; or they do again.
    pub(super) fn set_unread(&self, unread: bool) {
        self.lock().unread = unread;
        self.changed.notify_all();
    }

    /// Waits until nothing comes any more; says whether that came to pass.
    pub(super) fn wait_closed(&self) -> bool {
        let open = |seen: &mut Seen| !seen.closed;
        let waited = self.changed.wait_timeout_while(self.lock(), DEADLINE, open);
        waited.unwrap_or_else(PoisonError::into_inner).0.closed
    }

    /// Waits until `done` gives something, and gives it back; or the report of what there is at the
    /// deadline, or when nothing can change any more.
    pub(super) fn wait<T>(&self, mut done: impl FnMut(&Seen) -> Option<T>) -> Result<T, String> {
        let deadline = Instant::now() + DEADLINE;
        let mut seen = self.lock();
        loop {
            if let Some(value) = done(&seen) {
                return Ok(value);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if seen.is_over() || left.is_zero() {
                return Err(seen.report());
            }
            seen = self
                .changed
                .wait_timeout(seen, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }
}
