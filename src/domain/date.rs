//! A calendar date of birth, packed so that it sorts and compares as a number.

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
