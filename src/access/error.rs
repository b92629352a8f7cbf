//! Why the accounts could not be read or changed.

use std::path::PathBuf;

use super::password::PasswordFault;

#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    #[error("{path}: {source}; the folder must be writable by the account that runs tepat")]
    Io { path: PathBuf, source: std::io::Error },
    #[error(
        "{path}: {source}; restore it from a backup (tepat restore), or move it away to begin without accounts"
    )]
    Open { path: PathBuf, source: rusqlite::Error },
    #[error("{path}: {source}; it may be of a later version of tepat")]
    Schema { path: PathBuf, source: rusqlite_migration::Error },
    #[error("the accounts could not be read or written: {0}")]
    Database(#[from] rusqlite::Error),
    #[error(
        "'{0}' is no account name: 3 to 64 of a-z, 0-9, '.', '_', '-', '@', '+', beginning with a letter or digit, and no number of more than 10 digits"
    )]
    Name(String),
    #[error(
        "there is an account '{0}' already; change it with tepat user role, or choose another name"
    )]
    Exists(String),
    #[error("there is no account '{0}'; tepat user list shows all")]
    NoAccount(String),
    #[error("a change of account '{0}' waits for another admin already")]
    Waits(String),
    #[error(
        "no such change waits, or who asked for it may not ask any more; tepat user pending shows all"
    )]
    NoProposal,
    #[error(
        "whoever asked, or is the one whom it is about, cannot confirm it: another admin has to"
    )]
    SameEyes,
    #[error("there is no such session of this account")]
    NoSession,
    #[error(
        "public is nobody: an account has one of the roles viewer, planner, verifier, data-officer, auditor, admin"
    )]
    PublicAccount,
    #[error(transparent)]
    Password(#[from] PasswordFault),
    #[error("the password hash of an account is damaged; give it a new one with tepat user reset")]
    DamagedHash,
    #[error("a row of the accounts is damaged: {0}")]
    Damaged(String),
    #[error("the second factor could not be set up: {0}")]
    SecondFactor(String),
    #[error(
        "the second factor of account '{0}' is sealed with another key than the one at hand; name that key with TEPAT_KEY_FILE, or give the account a new start with tepat user reset {0} --second-factor"
    )]
    Sealed(String),
    #[error("the other institution did not vouch: {0}")]
    Federation(String),
    #[error("nothing was done, because it could not be recorded: {0}")]
    Unrecorded(String),
    #[error("the machine gives no random numbers")]
    NoRandomness,
}
