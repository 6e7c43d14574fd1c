//! How fast something is counted, from samples taken twice a second.

use std::{collections::VecDeque, time::Duration};

/// Seconds of history that are kept.
pub const SECONDS: usize = 16;
/// Samples over which the rate is taken: the last two seconds.
const WINDOW: usize = 4;

/// The last seconds of one count.
#[derive(Clone, Debug, Default)]
pub struct Pace {
    /// When, and the count then; two a second, the youngest last.
    samples: VecDeque<(Duration, u64)>,
}

impl Pace {
    /// Notes the count of now.
    pub fn sample(&mut self, now: Duration, count: u64) {
        if self.samples.is_empty() {
            self.samples.push_back((Duration::ZERO, 0));
        }
        self.samples.push_back((now, count));
        while self.samples.len() > 2 * SECONDS + 1 {
            self.samples.pop_front();
        }
    }

    /// Counts a second.
    pub fn rate(&self) -> u64 {
        let Some((now, count)) = self.samples.back() else {
            return 0;
        };
        let before = self.samples.len().saturating_sub(WINDOW + 1);
        let (then, counted) = self.samples[before];
        let seconds = now.saturating_sub(then).as_secs_f64();
        if seconds > 0.0 {
            ((count - counted) as f64 / seconds).round() as u64
        } else {
            0
        }
    }

    /// Counts in each of the last `seconds` seconds, the youngest last.
    pub fn history(&self, seconds: usize) -> Vec<u64> {
        let count = |back: usize| match self.samples.len().checked_sub(back + 1) {
            Some(place) => self.samples[place].1,
            None => self.samples.front().map_or(0, |sample| sample.1),
        };
        (0..seconds)
            .rev()
            .map(|second| count(2 * second) - count(2 * second + 2))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_and_history_follow_the_count() {
        let mut pace = Pace::default();
        assert_eq!((pace.rate(), pace.history(3)), (0, vec![0, 0, 0]));
        for half in 1..=8_u64 {
            pace.sample(Duration::from_millis(500 * half), 100 * half);
        }
        assert_eq!((pace.rate(), pace.history(3)), (200, vec![200, 200, 200]));
        for half in 9..=12_u64 {
            pace.sample(Duration::from_millis(500 * half), 800);
        }
        assert_eq!((pace.rate(), pace.history(3)), (0, vec![200, 0, 0]));
    }
}
