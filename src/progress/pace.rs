//! How fast a scan goes, of late: it is fast where the kernel has everything in memory and slow where
//! it has to ask the disk, and what it was like a while ago says little of the rest.

use std::time::Duration;

/// How fast what is past is forgotten: the last quarter of the time counts two thirds.
const FORGETTING: i32 = 3;

/// How fast a scan goes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pace {
    /// When that was, in seconds of scanning, and how much was done then.
    elapsed: f64,
    done: f64,
    /// Time that counts, and what was done in it.
    time: f64,
    work: f64,
}

impl Pace {
    /// So much is done after the `elapsed` time.
    pub(super) fn renew(&mut self, elapsed: Duration, done: f64) {
        let elapsed = elapsed.as_secs_f64();
        if elapsed <= self.elapsed {
            return;
        }
        let remembered = (self.elapsed / elapsed).powi(FORGETTING);
        self.time = self.time * remembered + elapsed - self.elapsed;
        self.work = self.work * remembered + (done - self.done).max(0.0);
        (self.elapsed, self.done) = (elapsed, done);
    }

    /// Which part of the whole time has gone by, where so much is left to do; 0 where that is not
    /// known yet.
    pub(super) fn part_gone(&self, left: f64) -> f64 {
        let gone = self.elapsed * self.work;
        if gone > 0.0 {
            gone / (gone + self.time * left)
        } else {
            0.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_scan_is_as_far_as_its_work() {
        let mut pace = Pace::default();
        assert!(pace.part_gone(100.0).abs() < 1e-9);
        for second in 1..=50_u32 {
            let done = f64::from(second) * 2.0;
            pace.renew(Duration::from_secs(second.into()), done);
            assert!((pace.part_gone(100.0 - done) - done / 100.0).abs() < 1e-9);
        }
    }

    #[test]
    fn a_scan_that_becomes_faster_is_soon_seen_as_it_is() {
        let mut pace = Pace::default();
        // A tenth of the work takes two thirds of the time.
        for second in 1..=20 {
            pace.renew(Duration::from_secs(second), second as f64 / 2.0);
        }
        assert!(pace.part_gone(90.0) < 0.11);
        for second in 21..=25 {
            pace.renew(
                Duration::from_secs(second),
                10.0 + (second - 20) as f64 * 9.0,
            );
        }
        let part = pace.part_gone(45.0);
        assert!((0.7..0.84).contains(&part), "{part} is about 25 of 30");
    }
}
