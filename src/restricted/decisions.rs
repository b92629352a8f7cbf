//! What people have decided about pairs: an append-only file, in which the last line about a pair
//! holds. A build reads it and never writes it. Each import ends with a line that says how many
//! decisions it brought: without it, an import that was cut off by a crash is as if it never was.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::RestrictedError;
use super::files::{append_to, create_folder, io, sync};
use crate::fresh::{self, Access};
use crate::sealing::Sealer;

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
/// them count or none. What a reviewer remarked may name people: notes are sealed where there is a
/// key, those of earlier imports too.
///
/// # Errors
/// The disk does not take it.
pub fn append_decisions(
    path: &Path,
    decisions: &[Decision],
    sealer: Option<&Sealer>,
) -> Result<(), RestrictedError> {
    let _lock = lock(path)?;
    if let Some(sealer) = sealer {
        rewrite_notes(path, sealer, None)?;
    }
    let mut lines = Vec::new();
    let broken = |e: serde_json::Error| io(path)(e.into());
    for decision in decisions {
        let decision = sealer.map_or_else(|| decision.clone(), |sealer| decision.sealed(sealer));
        serde_json::to_writer(&mut lines, &decision).map_err(broken)?;
        lines.push(b'\n');
    }
    serde_json::to_writer(&mut lines, &Imported { imported: decisions.len() }).map_err(broken)?;
    lines.push(b'\n');
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = append_to(path)?;
    if ends_torn(&mut file).map_err(io(path))? {
        lines.insert(0, b'\n');
    }
    file.write_all(&lines).and_then(|()| file.sync_all()).map_err(io(path))?;
    sync(folder)
}

/// One import at a time: the file may be written anew.
fn lock(path: &Path) -> Result<File, RestrictedError> {
    create_folder(path.parent().unwrap_or(Path::new(".")))?;
    let beside = path.with_extension("lock");
    let file = append_to(&beside)?;
    file.lock().map_err(io(&beside))?;
    Ok(file)
}

/// How a sealed note begins.
const SEALED: &str = "tersegel:";

impl Decision {
    fn context(&self) -> Vec<u8> {
        format!("catatan keputusan/{}/{}", self.key, self.at).into_bytes()
    }

    fn sealed(&self, sealer: &Sealer) -> Self {
        let note = match self.note.as_str() {
            "" => String::new(),
            note => {
                let text = sealer.seal_text(&self.context(), note.as_bytes().to_vec());
                format!("{SEALED}{text}")
            }
        };
        Self { note, ..self.clone() }
    }

    /// The note in the clear; `None` where it is sealed with another key.
    pub fn open_note(&self, sealer: Option<&Sealer>) -> Option<String> {
        let Some(text) = self.note.strip_prefix(SEALED) else { return Some(self.note.clone()) };
        let open = sealer?.open_text(&self.context(), text)?;
        String::from_utf8(open.to_vec()).ok()
    }
}

/// Seals every note anew: those in the clear, and those that `former` opens. Lines that are no
/// decisions stay as they are.
fn rewrite_notes(
    path: &Path,
    sealer: &Sealer,
    former: Option<&Sealer>,
) -> Result<(), RestrictedError> {
    let bytes = match std::fs::read(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        bytes => bytes.map_err(io(path))?,
    };
    let mut out = Vec::with_capacity(bytes.len());
    for (number, line) in (1_u64..).zip(bytes.split_inclusive(|b| *b == b'\n')) {
        let Ok(decision) = serde_json::from_slice::<Decision>(line) else {
            out.extend_from_slice(line);
            continue;
        };
        if decision.note.is_empty()
            || decision.note.starts_with(SEALED) && decision.open_note(Some(sealer)).is_some()
        {
            out.extend_from_slice(line);
            continue;
        }
        let note = match (decision.open_note(former), former) {
            (Some(note), _) => note,
            (None, Some(_)) => {
                return Err(RestrictedError::Line { path: path.to_owned(), line: number });
            }
            // Of a key that is gone: what nobody can open stays shut.
            (None, None) => {
                out.extend_from_slice(line);
                continue;
            }
        };
        let sealed = Decision { note, ..decision }.sealed(sealer);
        serde_json::to_writer(&mut out, &sealed).map_err(|e| io(path)(e.into()))?;
        if line.ends_with(b"\n") {
            out.push(b'\n');
        }
    }
    if out == bytes {
        return Ok(());
    }
    fresh::replace(path, &out, Access::Private).map_err(io(path))
}

/// Seals the notes with another key.
///
/// # Errors
/// One of them opens with neither key, or the disk does not take it.
pub(super) fn reseal_notes(path: &Path, from: &Sealer, to: &Sealer) -> Result<(), RestrictedError> {
    if !path.exists() {
        return Ok(());
    }
    let _lock = lock(path)?;
    rewrite_notes(path, to, Some(from))
}

fn ends_torn(file: &mut File) -> std::io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(false);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}
