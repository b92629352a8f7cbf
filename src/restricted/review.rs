//! Pairs that wait for a decision, with what both sides say: what a reviewer needs to see, and
//! nobody else may.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::RestrictedError;
use super::files::{create_new, exchange_file, io};
use crate::clean::PersonRecord;
use crate::domain::{Registry, Sex};
use crate::sealing::{OpeningReader, Sealer, SealingWriter};

const FILE: &str = "review.jsonl";
/// The same, sealed.
const SEALED: &str = "review.sealed";
const LABEL: &[u8] = b"pasangan";
const MODEL: &str = "model.toml";

/// Writes the model that the weights are of: its SHA-256 is what the manifest names.
///
/// # Errors
/// The disk does not take it.
pub fn write_model(folder: &Path, text: &str) -> Result<(), RestrictedError> {
    let path = folder.join(MODEL);
    create_new(&path)?.write_all(text.as_bytes()).map_err(io(&path))
}

/// Seals the pairs of a snapshot with another key, where they are sealed.
pub(super) fn exchange(folder: &Path, from: &Sealer, to: &Sealer) -> Result<(), RestrictedError> {
    let path = folder.join(SEALED);
    if path.exists() { exchange_file(&path, LABEL, from, to) } else { Ok(()) }
}

/// What one side of a pair says, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    pub nik: String,
    pub name: String,
    /// `yyyy-mm-dd`
    pub birth: String,
    /// `L` or `P`
    pub sex: String,
    /// Dotted code of the stated desa.
    pub region: String,
}

impl Side {
    pub fn of(record: &PersonRecord) -> Self {
        let nik = record.nik.map(|n| format!("{:016}", n.expose()));
        let digits = record.digits.map(|d| d.expose());
        let birth =
            record.birth.map(|b| format!("{:04}-{:02}-{:02}", b.year(), b.month(), b.day()));
        let sex = record.sex.map(|s| if s == Sex::Male { "L" } else { "P" });
        Self {
            nik: nik.or(digits).unwrap_or_default(),
            name: record.name.clone(),
            birth: birth.unwrap_or_default(),
            sex: sex.unwrap_or_default().to_owned(),
            region: record.region.map(|d| d.code().to_string()).unwrap_or_default(),
        }
    }
}

/// One pair that waits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReviewPair {
    /// See [`super::Prints::of_pair`].
    pub key: String,
    pub registry: Registry,
    /// File and row of the registry's side.
    pub file: String,
    pub row: u64,
    /// Bits, prior included.
    pub weight: f64,
    /// 0..1
    pub probability: f64,
    /// Comparison and its weight in bits.
    pub because: Vec<(String, f64)>,
    pub base: Side,
    pub other: Side,
}

/// Writes the pairs of one registry after the other, the likeliest first; sealed where there is a
/// key.
///
/// # Errors
/// The disk does not take it, or a registry's pairs cannot be had.
pub fn write_pairs<E: From<RestrictedError>>(
    folder: &Path,
    sealer: Option<Sealer>,
    registries: impl Iterator<Item = Result<Vec<ReviewPair>, E>>,
) -> Result<(), E> {
    let path = folder.join(if sealer.is_some() { SEALED } else { FILE });
    let file = BufWriter::new(create_new(&path)?);
    let mut out = match sealer {
        Some(sealer) => Out::Sealed(SealingWriter::new(file, sealer, LABEL)),
        None => Out::Clear(file),
    };
    let broken = |e| E::from(io(&path)(e));
    for pairs in registries {
        let mut pairs = pairs?;
        pairs.sort_by(|a, b| {
            (b.weight.total_cmp(&a.weight))
                .then_with(|| a.key.cmp(&b.key))
                .then_with(|| (&a.file, a.row).cmp(&(&b.file, b.row)))
        });
        for pair in &pairs {
            serde_json::to_writer(&mut out, pair).map_err(|e| broken(e.into()))?;
            out.write_all(b"\n").map_err(broken)?;
        }
    }
    out.finish().map_err(broken)
}

/// Where pairs go.
enum Out {
    Clear(BufWriter<File>),
    Sealed(SealingWriter<BufWriter<File>>),
}

impl Out {
    fn finish(self) -> std::io::Result<()> {
        match self {
            Self::Clear(mut out) => out.flush(),
            Self::Sealed(out) => out.finish().map(drop),
        }
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self {
            Self::Clear(out) => out.write(bytes),
            Self::Sealed(out) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match self {
            Self::Clear(out) => out.flush(),
            Self::Sealed(out) => out.flush(),
        }
    }
}

/// Reads the pairs of a sealed snapshot that `wanted` takes, in order.
///
/// # Errors
/// The file is missing or damaged, or sealed and the key is not at hand.
pub fn read_pairs(
    folder: &Path,
    sealer: Option<Sealer>,
    mut wanted: impl FnMut(&ReviewPair) -> bool,
) -> Result<Vec<ReviewPair>, RestrictedError> {
    let sealed = folder.join(SEALED).exists();
    let path = folder.join(if sealed { SEALED } else { FILE });
    let file = match File::open(&path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            return Err(RestrictedError::Absent { path });
        }
        opened => opened.map_err(io(&path))?,
    };
    let reader: Box<dyn Read> = match (sealed, sealer) {
        (false, _) => Box::new(file),
        (true, Some(sealer)) => Box::new(OpeningReader::new(BufReader::new(file), sealer, LABEL)),
        (true, None) => return Err(RestrictedError::Sealed { path }),
    };
    let mut pairs = Vec::new();
    for (line, text) in (1_u64..).zip(BufReader::new(reader).lines()) {
        let text = text.map_err(|e| match e.kind() {
            std::io::ErrorKind::InvalidData => RestrictedError::Sealed { path: path.clone() },
            _ => io(&path)(e),
        })?;
        let pair: ReviewPair = serde_json::from_str(&text)
            .map_err(|_| RestrictedError::Line { path: path.clone(), line })?;
        if wanted(&pair) {
            pairs.push(pair);
        }
    }
    Ok(pairs)
}
