//! Exchanging the master key of a store: everything that is sealed with it is sealed with another one,
//! and read through. Every file is at any instant as it was or as it will be, and which key opens it
//! can be told from it: killed half-way, the exchange is called again and goes on. Until it is done
//! the store says so, and nothing else opens what is sealed.

use std::path::Path;
use std::sync::Arc;

use crate::access::{AccessError, Accounts, Policy, Unheard};
use crate::audit::{AuditError, Entry, Log};
use crate::by_name::{self, ByNameError};
use crate::restricted::{self, RestrictedError};
use crate::sealing::{
    Exchange, MasterKey, SealError, Secret, begin_exchange, end_exchange, remember,
};
use crate::snapshot::{Store, StoreError};

/// Why keys could not be exchanged. Calling it again goes on.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    #[error("the new key is the old one; name a file for another with --to")]
    Same,
    #[error(transparent)]
    Seal(#[from] SealError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Restricted(#[from] RestrictedError),
    #[error(transparent)]
    ByName(#[from] ByNameError),
    #[error(transparent)]
    Access(#[from] AccessError),
    #[error(transparent)]
    Audit(#[from] AuditError),
    #[error(
        "the log does not hold, so the key is not exchanged: look with tepat verify --audit, and put the store back from a copy first ({0})"
    )]
    Damaged(String),
    #[error(
        "the log does not hold, so the exchange is not ended: look with tepat verify --audit when the store is put back from a copy ({0})"
    )]
    Log(String),
}

/// What was brought over, all of it opened with the new key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// Snapshots with households by name.
    pub snapshots: usize,
    /// Files of persons.
    pub files: usize,
    /// Second factors.
    pub factors: usize,
    /// Records of the log, which holds.
    pub records: u64,
}

/// The old key and the new one, with their files.
#[derive(Clone, Copy, Debug)]
pub struct Keys<'a> {
    pub from: &'a MasterKey,
    pub to: &'a MasterKey,
    pub files: &'a Exchange,
}

/// Exchanges the master key of a store. `log_key`: what the log is kept with, of a master key;
/// `begun` is written down with the old key and `done` with the new one. No build runs meanwhile; a
/// server that runs has to be started anew.
///
/// # Errors
/// Something opens with neither key, the disk does not take it, or a build is at work.
pub fn exchange(
    store: &Path,
    keys: Keys<'_>,
    log_key: &dyn Fn(&MasterKey) -> Secret,
    (begun, done): (&Entry, &Entry),
) -> Result<Rotated, RotationError> {
    let Keys { from, to, files: paths } = keys;
    if from.name() == to.name() {
        return Err(RotationError::Same);
    }
    let _work = Store::at(store).begin()?;
    let old = Log::of_store(store, Some(log_key(from)));
    // Where it was begun before, the log may go on with the new key already.
    if crate::sealing::exchange(store)?.is_none() {
        // At its end the exchange must find the log whole; better not begun than never ended.
        if let Some(trouble) = old.check(None)?.troubles.first() {
            return Err(RotationError::Damaged(trouble.to_string()));
        }
        old.append(begun)?;
        begin_exchange(store, paths)?;
    }
    let snapshots = by_name::exchange(store, from, to)?;
    let files = restricted::exchange(store, from, to)?;
    let factors = if store.join("access/accounts.sqlite").exists() {
        let accounts = Accounts::open(store, Policy::default(), Arc::new(Unheard))?;
        accounts.exchange(from, to)?
    } else {
        0
    };
    old.exchange(&log_key(to), done)?;
    let audit = Log::of_store(store, Some(log_key(to))).check(None)?;
    if let Some(trouble) = audit.troubles.first() {
        return Err(RotationError::Log(trouble.to_string()));
    }
    remember(store, &paths.to)?;
    end_exchange(store)?;
    Ok(Rotated { snapshots, files, factors, records: audit.records })
}
