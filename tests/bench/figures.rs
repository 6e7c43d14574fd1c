//! What many measurements of one thing amount to.

use std::time::Duration;

/// Measurements of one thing.
#[derive(Debug, Default)]
pub struct Times(Vec<Duration>);

impl Times {
    /// Adds one.
    pub fn add(&mut self, time: Duration) {
        self.0.push(time);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The least that so many of a hundred do not exceed.
    fn percentile(&self, percent: usize) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort();
        let place = (sorted.len() * percent).div_ceil(100).max(1) - 1;
        sorted.get(place).copied().unwrap_or_default()
    }

    /// In milliseconds: the median, the 99th percentile, the largest.
    pub fn summary(&self) -> String {
        let milliseconds = |percent| self.percentile(percent).as_secs_f64() * 1e3;
        format!(
            "p50 {:8.3} ms   p99 {:8.3} ms   max {:8.3} ms",
            milliseconds(50),
            milliseconds(99),
            milliseconds(100)
        )
    }
}
