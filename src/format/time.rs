//! Points in time, in the time zone of whoever looks. It must not know what happened then.

use jiff::{Timestamp, tz::TimeZone};

/// The time zone that points in time are shown in.
#[derive(Clone, Debug)]
pub struct Zone(TimeZone);

impl Zone {
    /// The one that the environment names (`TZ`, `/etc/localtime`); UTC where it names none. Reads
    /// files.
    pub fn local() -> Self {
        Self(TimeZone::try_system().unwrap_or(TimeZone::UTC))
    }

    /// Coordinated universal time.
    pub const fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// The day of a point in time given in seconds since 1970, in 10 columns: `2026-11-22`. File
    /// systems can say any number; what lies outside the years 0 to 9999 is only said to.
    pub fn day(&self, seconds: i64) -> String {
        self.written(seconds, "%Y-%m-%d")
    }

    /// The same with the time of day, in 19 columns: `2026-11-22 14:05:31`.
    pub fn second(&self, seconds: i64) -> String {
        self.written(seconds, "%Y-%m-%d %H:%M:%S")
    }

    fn written(&self, seconds: i64, form: &str) -> String {
        let local = Timestamp::from_second(seconds).map(|time| self.0.to_datetime(time));
        match local {
            Ok(time) if time.year() >= 0 => time.strftime(form).to_string(),
            _ if seconds < 0 => "before 0".to_owned(),
            _ => "after 9999".to_owned(),
        }
    }
}

/// Whole days between two points in time.
pub fn days_between(earlier: i64, later: i64) -> u64 {
    const DAY: u64 = 24 * 60 * 60;
    earlier.abs_diff(later) / DAY
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_seconds() {
        let utc = Zone::utc();
        assert_eq!(utc.day(0), "1970-01-01");
        assert_eq!(utc.second(1_785_679_531), "2026-08-02 14:05:31");
        assert_eq!(utc.day(-1), "1969-12-31");
        let vienna = Zone(TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").expect("this is a zone"));
        assert_eq!(vienna.second(1_785_679_531), "2026-08-02 16:05:31");
        assert_eq!(vienna.day(-1), "1970-01-01");
    }

    #[test]
    fn what_is_far_off_keeps_its_columns() {
        for seconds in [
            i64::MIN,
            i64::MAX,
            -62_167_219_201,
            -62_167_219_200,
            253_402_207_200,
        ] {
            let text = Zone::utc().day(seconds);
            assert!(text.len() <= 10, "{text:?}");
        }
        assert_eq!(Zone::utc().day(i64::MAX), "after 9999");
        assert_eq!(Zone::utc().day(i64::MIN), "before 0");
        assert_eq!(days_between(i64::MIN, i64::MAX), u64::MAX / 86_400);
        assert_eq!(days_between(0, 112 * 86_400 + 5), 112);
    }
}
