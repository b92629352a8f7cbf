//! What people have decided about pairs: an append-only file, in which the last line about a pair
//! holds. A build reads it and never writes it. Each import ends with a line that says how many
//! decisions it brought: without it, an import that was cut off by a crash is as if it never was.

use std::collections::HashMap;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::RestrictedError;
use super::files::{append_to, create_folder, io, sync};

/// The decision on a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Choice {
    /// One person.
    Ya,
    /// Two people.
    Tidak,
    /// Cannot be told: the pair goes on waiting.
    Ragu,
}

/// One line of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// RFC 3339, UTC.
    pub at: String,
    /// Who decided.
    pub by: String,
    /// Key of the pair, see [`super::Prints::of_pair`].
    pub key: String,
    pub decision: Choice,
    pub note: String,
}

/// The last line of an import.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Imported {
    imported: usize,
}

/// All decisions, the last about each pair.
#[derive(Clone, Debug, Default)]
pub struct Decisions {
    by_key: HashMap<String, Choice>,
    /// Lines of imports that were cut off by a crash: they are left out.
    pub torn: u64,
}

impl Decisions {
    /// Reads the file; no file is no decision.
    ///
    /// # Errors
    /// The file cannot be read, or a line before the last is damaged.
    pub fn read(path: &Path) -> Result<Self, RestrictedError> {
        let text = match std::fs::read(path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(e) => return Err(io(path)(e)),
        };
        let mut all = Self::default();
        let mut waiting: Vec<Option<Decision>> = Vec::new();
        for (line, text) in (1_u64..).zip(text.lines()) {
            let Ok(Imported { imported }) = serde_json::from_str(text) else {
                waiting.push(serde_json::from_str(text).ok());
                continue;
            };
            let damaged = || RestrictedError::Line { path: path.to_owned(), line };
            let first = waiting.len().checked_sub(imported).ok_or_else(damaged)?;
            for decision in waiting.split_off(first) {
                let decision = decision.ok_or_else(damaged)?;
                all.by_key.insert(decision.key, decision.decision);
            }
            all.torn += waiting.len() as u64;
            waiting.clear();
        }
        all.torn += waiting.len() as u64;
        Ok(all)
    }

    pub fn of(&self, key: &str) -> Option<Choice> {
        self.by_key.get(key).copied()
    }

    /// How many pairs were decided to be one person.
    pub fn accepted(&self) -> u64 {
        self.by_key.values().filter(|choice| **choice == Choice::Ya).count() as u64
    }

    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    pub fn len(&self) -> usize {
        self.by_key.len()
    }
}

/// Appends the decisions of one import in one write and makes them durable: after a crash all of
/// them count or none.
///
/// # Errors
/// The disk does not take it.
pub fn append_decisions(path: &Path, decisions: &[Decision]) -> Result<(), RestrictedError> {
    let mut lines = Vec::new();
    let broken = |e: serde_json::Error| io(path)(e.into());
    for decision in decisions {
        serde_json::to_writer(&mut lines, decision).map_err(broken)?;
        lines.push(b'\n');
    }
    serde_json::to_writer(&mut lines, &Imported { imported: decisions.len() }).map_err(broken)?;
    lines.push(b'\n');
    let folder = path.parent().unwrap_or(Path::new("."));
    create_folder(folder)?;
    let mut file = append_to(path)?;
    if ends_torn(&mut file).map_err(io(path))? {
        lines.insert(0, b'\n');
    }
    file.write_all(&lines).and_then(|()| file.sync_all()).map_err(io(path))?;
    sync(folder)
}

fn ends_torn(file: &mut std::fs::File) -> std::io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(false);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}
