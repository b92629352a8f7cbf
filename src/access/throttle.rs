//! The throttle before the door. An attempt is counted before the password is looked at and
//! forgiven when it was right, so that a thousand attempts at the same moment are not a thousand
//! guesses. Names that no account has are counted like any other: a wait tells nothing.

use std::net::IpAddr;

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::error::AccessError;
use super::policy::{Moment, Policy};
use super::token::hash;

/// What is counted: an account's name or an address, as a hash, because a name that was typed may
/// have been a password.
pub(super) type Key = [u8; 32];

pub(super) fn account_key(name: &str) -> Key {
    hash(format!("account {name}").as_bytes())
}

/// Departures to another institution, which cost it and us a little each.
pub(super) fn departure_key(address: Option<IpAddr>) -> Key {
    hash(&[b"departure ".as_slice(), &address_key(address)].concat())
}

/// One machine, or of IPv6 the network of one customer: its owner has all of its addresses.
pub(super) fn address_key(address: Option<IpAddr>) -> Key {
    let text = match address {
        Some(IpAddr::V6(v6)) if v6.to_ipv4_mapped().is_none() => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        Some(other) => other.to_canonical().to_string(),
        None => "-".to_owned(),
    };
    hash(format!("address {text}").as_bytes())
}

/// Where an attempt stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// It may go on; so many failures with it.
    Go(i64),
    /// Come back after so many seconds.
    Wait(i64),
}

/// Counts an attempt, unless it has to wait.
pub(super) fn begin(
    tx: &Transaction<'_>,
    key: &Key,
    limit: i64,
    policy: &Policy,
    now: Moment,
) -> Result<Turn, AccessError> {
    let row: Option<(i64, i64, i64)> = tx
        .query_row("SELECT failures, last, until FROM attempt WHERE key = ?1", [key], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    let (failures, last, until) = row.unwrap_or((0, 0, 0));
    if until > now.0 {
        return Ok(Turn::Wait(until - now.0));
    }
    let recent = now.since(Moment(last)) < policy.forget;
    let failures = if recent { failures + 1 } else { 1 };
    let until = if failures >= limit { now.plus(wait(policy, failures - limit)).0 } else { 0 };
    tx.execute(
        "INSERT INTO attempt (key, failures, last, until) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (key) DO UPDATE SET failures = ?2, last = ?3, until = ?4",
        params![key, failures, now.0, until],
    )?;
    Ok(Turn::Go(failures))
}

/// Doubles with every failure beyond the limit.
fn wait(policy: &Policy, beyond: i64) -> i64 {
    let doublings = u32::try_from(beyond.clamp(0, 30)).unwrap_or(30);
    policy.wait.saturating_mul(1_i64 << doublings).min(policy.longest_wait)
}

/// Nothing is held against the key any more.
pub(super) fn forget(db: &Connection, key: &Key) -> Result<(), AccessError> {
    db.execute("DELETE FROM attempt WHERE key = ?1", [key])?;
    Ok(())
}

/// The attempt was right: it was no failure. What came before it from the same address stays, or an
/// attacker with one account could wash off his attempts at others.
pub(super) fn forgive(db: &Connection, key: &Key) -> Result<(), AccessError> {
    db.execute(
        "UPDATE attempt SET failures = failures - 1, until = 0 WHERE key = ?1 AND failures > 0",
        [key],
    )?;
    Ok(())
}

/// Lets go of what is too old to matter.
pub(super) fn sweep(db: &Connection, policy: &Policy, now: Moment) -> Result<(), AccessError> {
    db.execute(
        "DELETE FROM attempt WHERE last < ?1 AND until < ?2",
        params![now.plus(-policy.forget).0, now.0],
    )?;
    Ok(())
}
