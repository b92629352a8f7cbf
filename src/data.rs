//! The files of `data/` that travel inside the binary: where they are, nothing about what they
//! mean. Provenance of each: `data/README.md`.

use std::borrow::Cow;
use std::io::Read;

use rust_embed::Embed;

#[derive(Embed)]
#[folder = "data/"]
#[include = "*.toml"]
#[include = "*.csv"]
#[include = "*.gz"]
#[include = "*.bin"]
struct Embedded;

/// What can go wrong with a file that is part of the product.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    #[error("data/{0} is not part of this build")]
    Missing(String),
    #[error("data/{path}: {source}")]
    Read { path: String, source: std::io::Error },
    #[error("data/{path}, line {line}: {problem}")]
    Content { path: String, line: u64, problem: String },
}

/// The bytes of `data/{path}`, unpacked where the name ends in `.gz`.
///
/// # Errors
/// No such file, or a damaged archive.
pub fn bytes(path: &str) -> Result<Cow<'static, [u8]>, DataError> {
    let file = Embedded::get(path).ok_or_else(|| DataError::Missing(path.to_owned()))?;
    if !path.ends_with(".gz") {
        return Ok(file.data);
    }
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(file.data.as_ref())
        .read_to_end(&mut unpacked)
        .map_err(|source| DataError::Read { path: path.to_owned(), source })?;
    Ok(Cow::Owned(unpacked))
}

/// As [`bytes`], as text.
///
/// # Errors
/// As [`bytes`], or not UTF-8.
pub fn text(path: &str) -> Result<String, DataError> {
    String::from_utf8(bytes(path)?.into_owned()).map_err(|e| DataError::Read {
        path: path.to_owned(),
        source: std::io::Error::new(std::io::ErrorKind::InvalidData, e),
    })
}

/// The names of all files below `folder` (with a trailing slash), sorted.
pub fn list(folder: &str) -> Vec<String> {
    let mut names: Vec<String> =
        Embedded::iter().filter(|name| name.starts_with(folder)).map(Cow::into_owned).collect();
    names.sort();
    names
}

/// SHA-256 of `data/{path}` as it lies in the build (packed, where it is packed).
///
/// # Errors
/// No such file.
pub fn sha256(path: &str) -> Result<[u8; 32], DataError> {
    Embedded::get(path)
        .map(|file| file.metadata.sha256_hash())
        .ok_or_else(|| DataError::Missing(path.to_owned()))
}

/// Lower-case hex digits.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, b| {
        let _ = write!(out, "{b:02x}");
        out
    })
}

/// Reverse of [`hex`]; `None` for what is none.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    if text.len() % 2 != 0 || !text.is_ascii() {
        return None;
    }
    let pair = |at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    (0..text.len()).step_by(2).map(pair).collect()
}
