//! A record as a line: what it says, what stands before it, and its mark.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::entry::{Action, Entry};
use super::keys::Keys;
use crate::data::hex;
use crate::domain::RegionCode;
use crate::sealing::Secret;

/// What the first line names as the mark before it.
pub(super) const BEGINNING: &str =
    "0000000000000000000000000000000000000000000000000000000000000000";

/// One record of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// From 1, without a gap.
    pub seq: u64,
    /// RFC 3339, UTC.
    pub time: String,
    pub actor: String,
    pub role: String,
    pub action: Action,
    /// Dotted code, `ID` for the nation; empty where the deed concerns no region.
    pub region: String,
    pub rows: Option<u64>,
    pub purpose: String,
    pub from: String,
    pub object: String,
    /// Mark of the line before.
    pub prev: String,
    /// Mark of this line; not part of what it marks.
    #[serde(skip)]
    pub mark: String,
    /// The mark is made with the key.
    #[serde(skip)]
    pub keyed: bool,
}

impl Record {
    pub(super) fn new(seq: u64, prev: &str, entry: &Entry) -> Self {
        let entry = entry.tidied();
        let region = |code: RegionCode| {
            if code == RegionCode::NATION { "ID".to_owned() } else { code.to_string() }
        };
        Self {
            seq,
            time: entry.time,
            actor: entry.actor,
            role: entry.role,
            action: entry.action,
            region: entry.region.map(region).unwrap_or_default(),
            rows: entry.rows,
            purpose: entry.purpose,
            from: entry.from,
            object: entry.object,
            prev: prev.to_owned(),
            mark: String::new(),
            keyed: false,
        }
    }

    /// The line with its mark, which is returned too, and a line end.
    pub(super) fn to_line(
        &self,
        key: Option<&Secret>,
    ) -> Result<(String, String), serde_json::Error> {
        let json = serde_json::to_string(self)?;
        let body = json.strip_suffix('}').unwrap_or(&json);
        let mark = mark_of(body, key);
        let name = if key.is_some() { KEYED } else { PLAIN };
        Ok((format!("{body}{name}{mark}{END}\n"), mark))
    }

    /// Reads a line without its line end, and holds its mark against what it says where that can
    /// be done: a plain mark always, one of a key with the key.
    pub(super) fn of_line(line: &str, keys: &Keys) -> Result<Self, Bad> {
        let (body, mark, keyed) = split(line).ok_or(Bad::Form)?;
        let key = keys.of(seq_of(body));
        let known = !keyed || key.is_some();
        if known && mark_of(body, key.filter(|_| keyed)) != mark {
            return Err(Bad::Mark);
        }
        let record: Self = serde_json::from_str(&format!("{body}}}")).map_err(|_| Bad::Form)?;
        Ok(Self { mark: mark.to_owned(), keyed, ..record })
    }
}

/// The number that a line says it has: whichever it is, the mark has to fit it.
fn seq_of(body: &str) -> u64 {
    let digits = body.strip_prefix("{\"seq\":").and_then(|rest| rest.split(',').next());
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(u64::MAX)
}

/// What is wrong with one line by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bad {
    Form,
    Mark,
}

const KEYED: &str = ",\"mac\":\"";
const PLAIN: &str = ",\"sha256\":\"";
const END: &str = "\"}";
const DIGITS: usize = 64;

fn split(line: &str) -> Option<(&str, &str, bool)> {
    let rest = line.strip_suffix(END)?;
    let at = rest.len().checked_sub(DIGITS).filter(|at| rest.is_char_boundary(*at))?;
    let (rest, mark) = rest.split_at(at);
    match (rest.strip_suffix(KEYED), rest.strip_suffix(PLAIN)) {
        (Some(body), _) => Some((body, mark, true)),
        (_, Some(body)) => Some((body, mark, false)),
        _ => None,
    }
}

fn mark_of(body: &str, key: Option<&Secret>) -> String {
    match key {
        Some(key) => hex(&key.mac_of(&[b"tepat/baris", body.as_bytes()])),
        None => hex(&Sha256::digest(body.as_bytes())),
    }
}
