//! The headless front end: the same results and the same fold as the interface, as lines for people
//! and programs.
//!
//! Standard output has one line for each root as soon as it is done (at the end, if
//! something is missing), then the total; standard error
//! the rest.

use std::{
    collections::BTreeSet,
    io::{self, Write},
    mem,
    os::unix::ffi::OsStrExt,
    path::Path,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, after, never, select_biased, tick};

use crate::{
    escape,
    folding::Folding,
    format::{self, Scale, Signs, Units},
    progress::{Count, Estimator, Expected, outlook::Outlook},
    scan::{
        Abandoned, DRAIN, GRACE, Scan,
        dir::DirId,
        event::{Failure, Parcel, WorkerId},
        roots::{Dropped, Root},
        watch::INTERVAL,
    },
    signals::{Ending, Signal},
    state::State,
    tree::{DirState, Tree},
};

/// How often the line in place is written.
const PROGRESS: Duration = Duration::from_secs(1);

/// Where the report goes.
pub struct Output<'a> {
    /// For the results.
    pub out: &'a mut dyn Write,
    /// Whether that is a terminal, so that names must be made safe.
    pub out_is_terminal: bool,
    /// For all else.
    pub err: &'a mut dyn Write,
    /// Whether that is a terminal, so that names must be made safe.
    pub err_is_terminal: bool,
    /// Whether a line in place can be written there: it is a terminal, and no pager that reads the
    /// results draws on it.
    pub in_place: bool,
    /// In what sizes are counted while it goes on.
    pub units: Units,
    /// In what the sizes of results are counted.
    pub scale: Scale,
    /// Which signs a terminal can show.
    pub signs: Signs,
}

impl Output<'_> {
    /// Says what could not be read. That this cannot be said is no reason to keep the results back,
    /// here and below.
    pub fn failed(&mut self, path: &Path, failure: &Failure) {
        let path = if self.err_is_terminal {
            escape::path(path).into()
        } else {
            path.as_os_str().to_owned()
        };
        let (cause, call) = (failure.cause_in_words(), failure.call);
        let _ = self.err.write_all(b"spelunk: ");
        let _ = self.err.write_all(path.as_bytes());
        let _ = writeln!(self.err, ": {cause} ({call})");
    }

    /// Says that a worker broke.
    pub fn broke(&mut self, worker: WorkerId, message: &str) {
        let message = escape::text(message);
        let _ = writeln!(self.err, "spelunk: broke in worker {worker}: {message}");
    }
}

/// How the report ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The scan ended, or was stopped by an error; the exit code.
    Ended(u8),
    /// By a signal.
    Signal(Ending),
    /// Nobody reads standard output any more. No error.
    Unread,
}

/// Says what was named and is not scanned. `others`: whether anything is.
///
/// # Errors
/// Standard error cannot be written.
pub fn dropped(output: &mut Output<'_>, dropped: &[Dropped], others: bool) -> io::Result<()> {
    for dropped in dropped {
        match dropped {
            Dropped::Missing { given, cause } => {
                let cause = match cause.kind() {
                    io::ErrorKind::NotFound => "no such directory".to_owned(),
                    _ => crate::scan::event::in_words(cause),
                };
                let rest = if others {
                    "; the others are scanned"
                } else {
                    ""
                };
                writeln!(
                    output.err,
                    "spelunk: {}: {cause}{rest}",
                    escape::path(given)
                )?;
            }
            Dropped::Again { given, first } => {
                // A slash at the end makes no difference.
                let also = if given == first {
                    String::new()
                } else {
                    format!(", also as {}", escape::path(first))
                };
                writeln!(
                    output.err,
                    "spelunk: {} was named twice{also}; it is scanned once",
                    escape::path(given)
                )?;
            }
            Dropped::Inside { given, outer } => {
                let (given, outer) = (escape::path(given), escape::path(outer));
                writeln!(
                    output.err,
                    "spelunk: {given} lies in {outer}; it is scanned once"
                )?;
            }
        }
    }
    Ok(())
}

/// Reports a scan of `roots` to its end. What is known of files takes no more than `folding` allows:
/// the report has totals only, and these do not depend on it.
///
/// # Errors
/// Standard output cannot be written, for another reason than that nobody reads it.
pub fn run(
    mut scan: Scan,
    roots: &[Root],
    outlook: &Outlook,
    folding: Folding,
    signals: &Receiver<Signal>,
    output: &mut Output<'_>,
) -> io::Result<Outcome> {
    let mut report = Report {
        state: State::new(scan.workers()),
        folding,
        roots,
        output,
        done: vec![false; roots.len()],
        failures_told: 0,
        in_place: false,
        expected: never(),
        estimator: Estimator::default(),
        begun: Instant::now(),
    };
    if report.output.in_place {
        report.expected = outlook.ask();
    }
    let outcome = match report.follow(&mut scan, signals) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Outcome::Unread),
        outcome => outcome,
    };
    let is_whole = report.state.is_whole();
    let keeping = is_whole
        .then(|| outlook.keep(Count::all(report.state.tree()), report.begun.elapsed()))
        .flatten();
    // After a signal whoever is stuck has had its time.
    scan.join(if matches!(outcome, Ok(Outcome::Signal(_))) {
        Duration::ZERO
    } else {
        GRACE
    });
    drop(keeping);
    // The tree of a large scan takes a while to free, and the process ends here.
    mem::forget(report.state);
    outcome
}

struct Report<'a, 'b> {
    state: State,
    folding: Folding,
    roots: &'a [Root],
    output: &'a mut Output<'b>,
    /// By root: whether its line was written.
    done: Vec<bool>,
    failures_told: usize,
    /// Whether a line in place stands on the terminal now.
    in_place: bool,
    /// What is known of how much there is, as it is found out.
    expected: Receiver<Expected>,
    estimator: Estimator,
    begun: Instant,
}

impl Report<'_, '_> {
    fn follow(&mut self, scan: &mut Scan, signals: &Receiver<Signal>) -> io::Result<Outcome> {
        let directories = format::plural(self.roots.len() as u64, "directory", "directories");
        let workers = format::plural(scan.workers() as u64, "worker", "workers");
        // That standard error cannot be written is no reason to keep the results back, here and
        // below.
        let _ = writeln!(self.output.err, "Assigned {directories} to {workers}");
        let (ticks, looks) = (tick(PROGRESS), tick(INTERVAL));
        let mut ending = None;
        let mut patience = never();
        let (no_results, mut drained) = (never(), None::<Instant>);
        loop {
            let rest = drained.map_or(Duration::ZERO, |at| DRAIN.saturating_sub(at.elapsed()));
            let results = if rest.is_zero() {
                scan.results()
            } else {
                &no_results
            };
            let time = if rest.is_zero() { never() } else { after(rest) };
            select_biased! {
                recv(signals) -> signal => match signal {
                    Ok(Signal::End(signal)) if ending.is_none() => {
                        ending = Some(signal);
                        scan.stop();
                        self.state.stop_asked();
                        patience = after(GRACE);
                    }
                    _ => {}
                },
                recv(patience) -> _ => break,
                recv(ticks) -> _ => self.progress(),
                recv(looks) -> _ => {
                    scan.tend(self.begun.elapsed());
                    if scan.is_over() && scan.results().is_empty() {
                        break;
                    }
                }
                recv(time) -> _ => {}
                recv(results) -> parcel => match parcel {
                    Ok(parcel) => {
                        self.take(parcel, results)?;
                        drained = Some(Instant::now());
                    }
                    Err(_) => break,
                },
            }
        }
        self.leave_behind(&scan.stuck());
        self.end()?;
        if let Some(signal) = ending {
            let (name, elapsed) = (signal.name(), format::elapsed(self.begun.elapsed()));
            let _ = writeln!(self.output.err, "spelunk: ended by {name} after {elapsed}");
        }
        Ok(ending.map_or(Outcome::Ended(self.state.exit_code()), Outcome::Signal))
    }

    /// Notes who is still inside a system call, if anybody is.
    fn leave_behind(&mut self, stuck: &[Abandoned]) {
        self.state.gone(stuck);
        for Abandoned { worker, call } in stuck {
            let call = call.map(|call| format!(" in {call}")).unwrap_or_default();
            let _ = writeln!(
                self.output.err,
                "spelunk: worker {worker} is left behind{call}"
            );
        }
    }

    /// Takes over all results that are there, then says what they have brought.
    fn take(&mut self, first: Parcel, results: &Receiver<Parcel>) -> io::Result<()> {
        let now = self.begun.elapsed();
        // No more than fit into the channel at once: the line in place and signals want their turn.
        let room = results.capacity().unwrap_or(1);
        for parcel in std::iter::once(first).chain(results.try_iter().take(room)) {
            self.state.apply(parcel.worker(), parcel.open(), now);
        }
        self.state.settle();
        // Nobody looks at anything here.
        self.folding.keep(&mut self.state, |_| false);
        self.failures();
        self.finished_roots(false)
    }

    /// Writes the lines of roots that are done; at the end those of all that are left. Of a large
    /// directory that was given up more may come, which other workers look at: where something is
    /// missing it is the end that tells.
    fn finished_roots(&mut self, all: bool) -> io::Result<()> {
        for place in 0..self.state.roots().len() {
            let root = &self.state.roots()[place];
            let totals = self.state.tree().totals(root.dir);
            let is_done = totals.unfinished == 0 && totals.missing == 0;
            if self.done[place] || !(all || is_done) {
                continue;
            }
            self.done[place] = true;
            let line = line(&self.state, root.dir, &root.workers, &self.output.scale);
            self.wipe();
            self.output.out.write_all(line.as_bytes())?;
            let given = self.roots[place].given.as_os_str();
            if self.output.out_is_terminal {
                writeln!(self.output.out, "{}", escape::name(given.as_bytes()))?;
            } else {
                self.output.out.write_all(given.as_bytes())?;
                writeln!(self.output.out)?;
            }
            self.output.out.flush()?;
        }
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        self.failures();
        self.finished_roots(true)?;
        self.wipe();
        if self.roots.len() > 1 {
            let workers = self
                .state
                .roots()
                .iter()
                .flat_map(|root| root.workers.iter().copied())
                .collect();
            let line = line(&self.state, DirId::TOP, &workers, &self.output.scale);
            writeln!(self.output.out, "{line}total of {}", self.roots.len())?;
            self.output.out.flush()?;
        }
        if let Some(panic) = self.state.panic() {
            self.output.broke(panic.worker, &panic.message);
        }
        let problems = self.state.problems();
        if problems > 0 {
            let problems = format::plural(problems, "problem", "problems");
            let refused = self.state.failures().iter();
            let refused = refused
                .filter(|failure| failure.cause.kind() == io::ErrorKind::PermissionDenied)
                .count();
            let rights = match refused {
                0 => String::new(),
                1 => "; 1 place was refused, its owner or root can read it".to_owned(),
                _ => format!("; {refused} places were refused, their owner or root can read them"),
            };
            let _ = writeln!(
                self.output.err,
                "spelunk: {problems}; totals marked partial are lower bounds{rights}"
            );
        }
        Ok(())
    }

    /// Says what has failed since the last time.
    fn failures(&mut self) {
        if self.failures_told == self.state.failures().len() {
            return;
        }
        self.wipe();
        for failure in &self.state.failures()[self.failures_told..] {
            self.output
                .failed(&self.state.failed_path(failure), failure);
        }
        self.failures_told = self.state.failures().len();
    }

    /// Writes the line in place.
    fn progress(&mut self) {
        if !self.output.in_place {
            return;
        }
        let totals = self.state.tree().totals(DirId::TOP);
        let elapsed = self.begun.elapsed();
        let rate = totals.files as f64 / elapsed.as_secs_f64();
        let left = self.done.iter().filter(|done| !**done).count();
        for expected in self.expected.try_iter() {
            self.estimator.expect(expected);
        }
        let estimate = self
            .estimator
            .renew(self.state.tree(), elapsed)
            .map(|estimate| {
                let percent = format::percent(estimate.low, estimate.high, self.output.signs);
                format!("   {percent}")
            });
        let line = format!(
            "scanning {:>7} {:>12} files {} {}{}   {left} of {} left",
            format::elapsed(elapsed),
            format::count(totals.files.max(0) as u64),
            format::size(totals.disk, self.output.units),
            format::rate(rate as u64),
            estimate.unwrap_or_default(),
            self.roots.len(),
        );
        let _ = write!(self.output.err, "\r\x1b[K{line}");
        let _ = self.output.err.flush();
        self.in_place = true;
    }

    fn wipe(&mut self) {
        if mem::take(&mut self.in_place) {
            let _ = write!(self.output.err, "\r\x1b[K");
        }
    }
}

/// The numbers of one line, up to where the path begins.
fn line(state: &State, dir: DirId, workers: &BTreeSet<WorkerId>, scale: &Scale) -> String {
    let totals = state.tree().totals(dir);
    format!(
        "{:>11} files {:>9} dirs {:>15} B on disk {} {:>15} B apparent {}  {:<8}  workers {:<6} ",
        totals.files,
        totals.dirs,
        totals.disk,
        scale.size(totals.disk),
        totals.apparent,
        scale.size(totals.apparent),
        state_word(state.tree(), dir),
        ranges(workers),
    )
}

fn state_word(tree: &Tree, dir: DirId) -> &'static str {
    match tree.state(dir) {
        _ if tree.totals(dir).unfinished > 0 => "stopped",
        DirState::Failed => "failed",
        DirState::Complete => "complete",
        _ => "partial",
    }
}

/// Numbers of workers, those in a row joined: `1-4,7`.
fn ranges(workers: &BTreeSet<WorkerId>) -> String {
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for number in workers.iter().map(|worker| worker.index() + 1) {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => ranges.push((number, number)),
        }
    }
    let words = ranges.iter().map(|(first, last)| {
        if first == last {
            first.to_string()
        } else {
            format!("{first}-{last}")
        }
    });
    let words: Vec<String> = words.collect();
    if words.is_empty() {
        "-".to_owned()
    } else {
        words.join(",")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_in_a_row_are_joined() {
        let ranges = |numbers: &[usize]| {
            ranges(
                &numbers
                    .iter()
                    .map(|number| WorkerId::from_index(number - 1))
                    .collect(),
            )
        };
        assert_eq!(ranges(&[1, 2, 3, 7, 9, 10]), "1-3,7,9-10");
        assert_eq!(ranges(&[16]), "16");
        assert_eq!(ranges(&[]), "-");
    }
}
