//! Reading the rule files of `data/standardise/`: what they have in common.

use serde::de::DeserializeOwned;

use super::{address, date, name};
use crate::data::{self, DataError};

/// Reads one rule file.
pub(super) fn read<T: DeserializeOwned>(path: &str) -> Result<T, DataError> {
    let text = data::text(path)?;
    toml::from_str(&text).map_err(|e| {
        let start = e.span().map_or(0, |span| span.start);
        let line = 1 + text.bytes().take(start).filter(|b| *b == b'\n').count() as u64;
        DataError::Content { path: path.to_owned(), line, problem: e.message().to_owned() }
    })
}

/// A rule that contradicts another one.
pub(super) fn contradiction(path: &str, problem: String) -> DataError {
    DataError::Content { path: path.to_owned(), line: 0, problem }
}

/// Reads all rule files, so that a damaged one ends the work before a row is cleaned by half of
/// the rules.
///
/// # Errors
/// A damaged file: they are part of the build, so this is a fault of the build.
pub fn check_rules() -> Result<(), DataError> {
    name::check()?;
    address::check()?;
    date::check()
}
