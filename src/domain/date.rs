//! Days of the calendar: a date of birth, packed so that it sorts and compares as a number, and the
//! day on which a law takes effect.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A valid Gregorian date, packed as `yyyymmdd`. It is personal data: `Debug` redacts it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BirthDate(u32);

impl BirthDate {
    /// `None` unless the day exists in that month and the year lies in 1900..=2100.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let y = i16::try_from(year).ok().filter(|y| (1900..=2100).contains(y))?;
        jiff::civil::Date::new(y, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
        Some(Self(u32::from(year) * 10_000 + u32::from(month) * 100 + u32::from(day)))
    }

    /// The same date with day and month exchanged, where that is a date too.
    pub fn swapped(self) -> Option<Self> {
        Self::new(self.year(), self.day(), self.month())
    }

    pub fn year(self) -> u16 {
        u16::try_from(self.0 / 10_000).unwrap_or(0)
    }

    pub fn month(self) -> u8 {
        u8::try_from(self.0 / 100 % 100).unwrap_or(0)
    }

    pub fn day(self) -> u8 {
        u8::try_from(self.0 % 100).unwrap_or(0)
    }

    /// Whole years completed on `year-month-day`; 0 for a date of birth after it.
    pub fn age_on(self, year: u16, month: u8, day: u8) -> u8 {
        let had_birthday = (month, day) >= (self.month(), self.day());
        let age = i32::from(year) - i32::from(self.year()) - i32::from(!had_birthday);
        u8::try_from(age.clamp(0, 150)).unwrap_or(0)
    }
}

impl fmt::Debug for BirthDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BirthDate(•)")
    }
}

/// A day of the calendar on which a law or an edition of the codes takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(jiff::civil::Date);

/// The text is no day of the form `2022-07-25`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a day (expected year-month-day, such as 2022-07-25)")]
pub struct ParseDayError(String);

impl Day {
    pub fn year(self) -> u16 {
        u16::try_from(self.0.year()).unwrap_or(0)
    }

    pub fn month(self) -> u8 {
        u8::try_from(self.0.month()).unwrap_or(0)
    }

    pub fn day(self) -> u8 {
        u8::try_from(self.0.day()).unwrap_or(0)
    }

    /// The first day of the month of a figure.
    pub fn first_of(period: super::Period) -> Self {
        let year = i16::try_from(period.year).unwrap_or(i16::MAX);
        let month = i8::try_from(period.month).unwrap_or(1);
        Self(jiff::civil::Date::new(year, month, 1).unwrap_or(jiff::civil::Date::MAX))
    }
}

impl std::str::FromStr for Day {
    type Err = ParseDayError;

    fn from_str(text: &str) -> Result<Self, ParseDayError> {
        let bad = || ParseDayError(text.chars().take(16).collect());
        // Written out: the parser of the library takes many forms, a file should hold one.
        let shape = text.len() == 10
            && text.bytes().enumerate().all(|(i, b)| match i {
                4 | 7 => b == b'-',
                _ => b.is_ascii_digit(),
            });
        let date: jiff::civil::Date = text.parse().ok().filter(|_| shape).ok_or_else(bad)?;
        (1900..=2100).contains(&date.year()).then_some(Self(date)).ok_or_else(bad)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0.year(), self.0.month(), self.0.day())
    }
}

impl Serialize for Day {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
