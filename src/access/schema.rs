//! The tables, and how older ones become these. A step that was ever released is never changed.

use rusqlite_migration::{M, Migrations};

const FIRST: &str = "
CREATE TABLE account (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    region INTEGER NOT NULL,
    email TEXT UNIQUE,
    issuer TEXT,
    subject TEXT,
    password TEXT,
    temporary_until INTEGER,
    totp BLOB,
    totp_pending BLOB,
    totp_step INTEGER NOT NULL DEFAULT 0,
    disabled INTEGER NOT NULL DEFAULT 0,
    created INTEGER NOT NULL,
    UNIQUE (issuer, subject)
) STRICT;
CREATE TABLE session (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    token BLOB NOT NULL UNIQUE,
    account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    began INTEGER NOT NULL,
    seen INTEGER NOT NULL,
    address TEXT NOT NULL,
    agent TEXT NOT NULL,
    door TEXT NOT NULL
) STRICT;
CREATE INDEX session_of_account ON session (account);
CREATE TABLE recovery (
    account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    code BLOB NOT NULL,
    PRIMARY KEY (account, code)
) STRICT, WITHOUT ROWID;
CREATE TABLE attempt (
    key BLOB PRIMARY KEY,
    failures INTEGER NOT NULL,
    last INTEGER NOT NULL,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE handshake (
    state BLOB PRIMARY KEY,
    nonce TEXT NOT NULL,
    verifier TEXT NOT NULL,
    began INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
";

/// Changes that wait for another pair of eyes: one of an account at a time.
const FOUR_EYES: &str = "
CREATE TABLE proposal (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    what TEXT NOT NULL,
    name TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    region INTEGER NOT NULL,
    email TEXT,
    second_factor INTEGER NOT NULL,
    half BLOB,
    asked_by INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    asked INTEGER NOT NULL
) STRICT;
";

const STEPS: &[M<'static>] = &[M::up(FIRST), M::up(FOUR_EYES)];

pub(super) const MIGRATIONS: Migrations<'static> = Migrations::from_slice(STEPS);

#[cfg(test)]
mod tests {
    #[test]
    fn every_step_can_be_taken() {
        assert!(super::MIGRATIONS.validate().is_ok());
    }
}
