//! Dates as registries write them, and the dates that stand for an unknown one.

use std::collections::HashMap;
use std::sync::OnceLock;

use serde::Deserialize;

use super::rules::{contradiction, read};
use crate::data::DataError;
use crate::domain::BirthDate;
use crate::sources::layout::DateForm;

const PATH: &str = "standardise/dates.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    default: Vec<String>,
    months: HashMap<String, u8>,
    #[serde(rename = "example")]
    _examples: Vec<toml::Table>,
}

struct DateRules {
    /// Month, day.
    default: Vec<(u8, u8)>,
    months: HashMap<String, u8>,
}

impl DateRules {
    fn shared() -> Result<&'static Self, DataError> {
        static SHARED: OnceLock<DateRules> = OnceLock::new();
        if let Some(rules) = SHARED.get() {
            return Ok(rules);
        }
        let file: File = read(PATH)?;
        let day = |text: &String| {
            let parsed = text.split_once('-').and_then(|(month, day)| {
                let date = BirthDate::new(2000, month.parse().ok()?, day.parse().ok()?)?;
                Some((date.month(), date.day()))
            });
            parsed.ok_or_else(|| contradiction(PATH, format!("default: '{text}' is no MM-DD")))
        };
        let default = file.default.iter().map(day).collect::<Result<_, _>>()?;
        let rules = Self { default, months: file.months };
        Ok(SHARED.get_or_init(|| rules))
    }
}

/// The rules are sound.
pub(super) fn check() -> Result<(), DataError> {
    DateRules::shared().map(|_| ())
}

/// Reads `2001-12-31`, `31/12/2001`, `31-12-2001` or `31.12.2001`, a time of day behind it ignored,
/// and `31 Desember 2001`. Which part is the year is seen from its four digits; `form` is what the
/// layout promises and decides nothing where the text is plain, but a two-digit year is refused.
pub fn parse_date(text: &str, form: DateForm) -> Option<BirthDate> {
    in_digits(text, form).or_else(|| in_words(text))
}

fn in_digits(text: &str, form: DateForm) -> Option<BirthDate> {
    let date = text.split([' ', 'T']).next()?;
    let mut parts = date.split(['-', '/', '.']);
    let (a, b, c) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let year_first = match (a.len(), c.len()) {
        (4, 4) => form == DateForm::Iso,
        (4, _) => true,
        (_, 4) => false,
        _ => return None,
    };
    let (year, day) = if year_first { (a, c) } else { (c, a) };
    BirthDate::new(year.parse().ok()?, b.parse().ok()?, day.parse().ok()?)
}

/// Day, name of the month, year of four digits.
fn in_words(text: &str) -> Option<BirthDate> {
    if text.len() > 40 || !text.bytes().any(|b| b.is_ascii_alphabetic()) {
        return None;
    }
    let mut parts = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|p| !p.is_empty());
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    let month = *DateRules::shared().ok()?.months.get(&month.to_ascii_uppercase())?;
    BirthDate::new(year.parse().ok()?, month, day.parse().ok()?)
}

/// True for the days that registries fill in when only the year is known, such as 1 January and
/// 31 December. Three persons in 365 are truly born on one of the three.
pub fn is_default_birth(birth: BirthDate) -> bool {
    DateRules::shared().is_ok_and(|rules| rules.default.contains(&(birth.month(), birth.day())))
}

/// Share of births that would fall on default days anyway.
pub(super) fn expected_default_share() -> f64 {
    DateRules::shared()
        .map_or(0.0, |rules| f64::from(u16::try_from(rules.default.len()).unwrap_or(0)) / 365.25)
}
