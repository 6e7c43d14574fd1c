//! What is felt rather than counted: how soon `q` gives the prompt back in the middle of a scan, and
//! what a screen costs that nobody touches.

use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};

use crate::{
    cache::Cache,
    figures::Times,
    program::{self, is_complete},
    screen::{Screen, Size},
    shape::Random,
};

/// Scans that run longer than this ask whether `q` is meant.
const UNASKED: Duration = Duration::from_secs(9);
/// A program that has not ended so long after `q` hangs.
const HANGING: Duration = Duration::from_secs(60);
/// Rows of a large directory may still be sorted when the scan is complete.
const SETTLING: Duration = Duration::from_secs(2);

/// Presses `q` at some moment of a scan, so many times, and prints how long it takes until the
/// program has ended.
pub fn quitting(dir: &Path, tries: usize, cache: Cache, size: Size) -> anyhow::Result<()> {
    let interface = program::interface();
    let start = || -> anyhow::Result<Screen> {
        if cache == Cache::Cold {
            cache.prepare()?;
            interface.warm_up();
        }
        let mut screen = Screen::start(&interface.on(dir), size)?;
        screen.wait_for(|lines| !lines[0].is_empty())?;
        Ok(screen)
    };
    let mut whole = start()?;
    let length = whole.wait_for(is_complete)?.min(UNASKED);
    whole.leave()?;
    let (mut times, mut missed, mut random) = (Times::default(), 0, Random::new(11));
    while times.len() < tries {
        let mut screen = start()?;
        let moment = screen.begun + length.mul_f64(0.1 + 0.8 * random.fraction());
        if screen.watch(moment, is_complete) {
            missed += 1;
            ensure!(
                missed <= 10 * tries,
                "the scan is too short to press a key in it"
            );
            screen.leave()?;
            continue;
        }
        let pressed = Instant::now();
        screen.press_q()?;
        times.add(screen.wait_for_end(pressed + HANGING)? - pressed);
    }
    println!(
        "q in the middle of a scan to its end, {} cache, {tries} tries: {}",
        cache.word(),
        times.summary()
    );
    Ok(())
}

/// Leaves a complete scan alone for a while, and prints what it uses of a processor.
pub fn idle(dir: &Path, length: Duration, size: Size) -> anyhow::Result<()> {
    let mut screen = Screen::start(&program::interface().on(dir), size)?;
    screen.wait_for(is_complete)?;
    thread::sleep(SETTLING);
    let session = screen.process().context("the program has ended")?;
    let before = used(session)?;
    thread::sleep(length);
    let share = (used(session)?.saturating_sub(before)).as_secs_f64() / length.as_secs_f64();
    println!(
        "complete and untouched for {:.0} s: {:.3} % of a processor",
        length.as_secs_f64(),
        share * 100.0
    );
    screen.leave()
}

/// Processor time of all threads of all processes in a session, to the nanosecond, as `proc(5)` has
/// it in `schedstat`.
fn used(session: u32) -> anyhow::Result<Duration> {
    let mut nanoseconds = 0;
    for process in fs::read_dir("/proc")?.flatten() {
        // Numbers are processes. Those that end meanwhile do not matter.
        let stat = fs::read_to_string(process.path().join("stat")).unwrap_or_default();
        let after_name = stat.rsplit(')').next().unwrap_or_default();
        if after_name.split_whitespace().nth(3) != Some(&session.to_string()) {
            continue;
        }
        for thread in fs::read_dir(process.path().join("task"))?.flatten() {
            let text = fs::read_to_string(thread.path().join("schedstat"))
                .context("this kernel does not tell the time of a thread")?;
            let first = text.split(' ').next().unwrap_or_default();
            nanoseconds += first.parse::<u64>()?;
        }
    }
    Ok(Duration::from_nanos(nanoseconds))
}
