//! The keys that marks are made with: the one of now, and those of before an exchange, each up to the
//! last record that it marked. They lie beside the log, sealed with the one of now.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::error::AuditError;
use super::folder::{Folder, io};
use crate::fresh::{self, Access};
use crate::sealing::{Sealer, Secret};

const FORMER: &str = "former.json";

/// A key of before, as it lies there.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Former {
    /// Number of the last record that it marked.
    until: u64,
    /// The key, sealed with the one of now; hexadecimal.
    key: String,
}

/// The keys of a log, oldest first; without any, marks of a key cannot be checked.
#[derive(Clone, Debug, Default)]
pub(super) struct Keys {
    own: Option<Secret>,
    former: Vec<(u64, Secret)>,
}

fn context(until: u64) -> Vec<u8> {
    format!("kunci catatan sampai {until}").into_bytes()
}

impl Keys {
    /// With those of before that `own` opens: of one that it does not open the marks will not fit,
    /// which shows.
    pub(super) fn read(folder: &Folder, own: Option<&Secret>) -> Result<Self, AuditError> {
        let former = match own {
            Some(own) => read_former(folder, &[own])?,
            None => Vec::new(),
        };
        Ok(Self { own: own.cloned(), former })
    }

    /// The key of a record.
    pub(super) fn of(&self, seq: u64) -> Option<&Secret> {
        let former = self.former.iter().find(|(until, _)| seq <= *until);
        former.map(|(_, key)| key).or(self.own.as_ref())
    }
}

/// The keys of before that one of `openers` opens, oldest first.
pub(super) fn read_former(
    folder: &Folder,
    openers: &[&Secret],
) -> Result<Vec<(u64, Secret)>, AuditError> {
    let path = path_of(folder);
    let bytes = match fs::read(&path) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        bytes => bytes.map_err(io(&path))?,
    };
    let listed: Vec<Former> = serde_json::from_slice(&bytes).unwrap_or_default();
    let open = |former: &Former| {
        let open =
            |opener: &&Secret| Sealer::new(opener).open_text(&context(former.until), &former.key);
        let key = Secret::from_slice(&openers.iter().find_map(open)?)?;
        Some((former.until, key))
    };
    let mut all: Vec<(u64, Secret)> = listed.iter().filter_map(open).collect();
    all.sort_by_key(|(until, _)| *until);
    Ok(all)
}

/// Puts the keys of before in their place, sealed with `own`.
pub(super) fn write_former(
    folder: &Folder,
    own: &Secret,
    former: &[(u64, Secret)],
) -> Result<(), AuditError> {
    let sealer = Sealer::new(own);
    let sealed = |(until, key): &(u64, Secret)| Former {
        until: *until,
        key: sealer.seal_text(&context(*until), key.expose_to_wrap().to_vec()),
    };
    let path = path_of(folder);
    let listed: Vec<Former> = former.iter().map(sealed).collect();
    let text = serde_json::to_vec(&listed).map_err(|e| io(&path)(e.into()))?;
    fresh::replace(&path, &text, Access::Private).map_err(io(&path))
}

/// `<store>/audit/former.json`
pub(super) fn path_of(folder: &Folder) -> PathBuf {
    folder.root.join(FORMER)
}
