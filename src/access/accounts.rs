//! The accounts on disk: opened once, asked by every request, changed by the command line and by
//! the pages. Several processes may hold them open at the same time.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::account::{Account, AccountName, COLUMNS, NewAccount, packed};
use super::error::AccessError;
use super::event::{Actor, Event, EventKind, Events};
use super::password::Password;
use super::policy::{Moment, Policy};
use super::role::{Role, Scope};
use super::schema::MIGRATIONS;
use super::secrets::Secrets;
use super::throttle;

const FOLDER: &str = "access";
const FILE: &str = "accounts.sqlite";

/// How long a change waits for another process that is changing something.
const PATIENCE: Duration = Duration::from_secs(5);

/// The accounts of one store.
#[derive(Debug)]
pub struct Accounts {
    db: Mutex<Connection>,
    pub(super) events: Arc<dyn Events>,
    pub(super) policy: Policy,
    pub(super) secrets: Secrets,
    /// What an unknown account's password is held against, so that the answer takes as long.
    pub(super) nobody: String,
}

impl Accounts {
    /// Opens the accounts of a store, empty ones where there are none yet.
    ///
    /// # Errors
    /// The folder cannot be written, or the file is damaged or of a later version.
    pub fn open(
        store: &Path,
        policy: Policy,
        events: Arc<dyn Events>,
    ) -> Result<Self, AccessError> {
        let path = prepare(store)?;
        let failed = |source| AccessError::Open { path: path.clone(), source };
        let mut db = Connection::open(&path).map_err(failed)?;
        db.busy_timeout(PATIENCE).map_err(failed)?;
        db.pragma_update(None, "journal_mode", "wal").map_err(failed)?;
        db.pragma_update(None, "synchronous", "full").map_err(failed)?;
        db.pragma_update(None, "foreign_keys", "on").map_err(failed)?;
        db.pragma_update(None, "secure_delete", "on").map_err(failed)?;
        db.pragma_update(None, "trusted_schema", "off").map_err(failed)?;
        MIGRATIONS
            .to_latest(&mut db)
            .map_err(|source| AccessError::Schema { path: path.clone(), source })?;
        let nobody = Password::generate()?.hash()?;
        Ok(Self { db: Mutex::new(db), events, policy, secrets: Secrets::default(), nobody })
    }

    /// Whether something could be written now; nothing is.
    ///
    /// # Errors
    /// The file is locked, gone, or on a disk that takes nothing.
    pub fn can_write(&self) -> Result<(), AccessError> {
        let mut db = self.lock();
        let change = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        Ok(change.rollback()?)
    }

    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Makes an account. Without a password it opens only through another institution.
    ///
    /// # Errors
    /// The name is taken, or the role is nobody's.
    pub fn add<'a>(
        &self,
        new: &NewAccount,
        password: Option<&Password>,
        actor: impl Into<Actor<'a>>,
        now: Moment,
    ) -> Result<(), AccessError> {
        if new.role == Role::Public {
            return Err(AccessError::PublicAccount);
        }
        let actor = actor.into();
        let hash = password.map(Password::hash).transpose()?;
        let until = (new.temporary && hash.is_some()).then(|| now.plus(self.policy.temporary).0);
        let name = new.name.as_str();
        self.change(|tx| {
            let made = tx.execute(
                "INSERT INTO account (name, role, region, email, password, temporary_until, created)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
                params![name, new.role.slug(), packed(new.scope), new.email.as_deref().map(str::to_lowercase), hash, until, now.0],
            )?;
            if made == 0 {
                return Err(AccessError::Exists(name.to_owned()));
            }
            self.tell(EventKind::AccountAdded, (actor.name, name), new.scope, actor.from, now)
        })
    }

    /// All accounts, by name.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn list(&self) -> Result<Vec<Account>, AccessError> {
        let db = self.lock();
        let mut statement =
            db.prepare_cached(&format!("SELECT {COLUMNS} FROM account ORDER BY name"))?;
        let mut rows = statement.query([])?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            all.push(Account::read(row)?);
        }
        Ok(all)
    }

    /// One account by its name.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn get(&self, name: &AccountName) -> Result<Account, AccessError> {
        find(&self.lock(), name.as_str())?
            .ok_or_else(|| AccessError::NoAccount(name.as_str().to_owned()))
    }

    /// Closes an account and ends its sessions, or opens it again.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn set_disabled<'a>(
        &self,
        name: &AccountName,
        disabled: bool,
        actor: impl Into<Actor<'a>>,
        now: Moment,
    ) -> Result<(), AccessError> {
        let kind = if disabled { EventKind::AccountDisabled } else { EventKind::AccountEnabled };
        self.alter(name, kind, actor.into(), now, |tx, account| {
            tx.execute(
                "UPDATE account SET disabled = ?2 WHERE id = ?1",
                params![account.id.0, disabled],
            )?;
            Ok(account.scope)
        })
    }

    /// Gives an account another role or region, and ends its sessions: what was open to it before
    /// is asked for anew.
    ///
    /// # Errors
    /// There is none of that name, or the role is nobody's.
    pub fn set_role<'a>(
        &self,
        name: &AccountName,
        role: Role,
        scope: Scope,
        actor: impl Into<Actor<'a>>,
        now: Moment,
    ) -> Result<(), AccessError> {
        if role == Role::Public {
            return Err(AccessError::PublicAccount);
        }
        self.alter(name, EventKind::RoleChanged, actor.into(), now, |tx, account| {
            tx.execute(
                "UPDATE account SET role = ?2, region = ?3 WHERE id = ?1",
                params![account.id.0, role.slug(), packed(scope)],
            )?;
            Ok(scope)
        })
    }

    /// Gives an account a password that its owner must change, ends its sessions and its waiting;
    /// with `second_factor` removes the second factor too (a lost telephone).
    ///
    /// # Errors
    /// There is none of that name.
    pub fn reset<'a>(
        &self,
        name: &AccountName,
        password: &Password,
        second_factor: bool,
        actor: impl Into<Actor<'a>>,
        now: Moment,
    ) -> Result<(), AccessError> {
        let (hash, actor) = (password.hash()?, actor.into());
        self.alter(name, EventKind::AccountReset, actor, now, |tx, account| {
            tx.execute(
                "UPDATE account SET password = ?2, temporary_until = ?3 WHERE id = ?1",
                params![account.id.0, hash, now.plus(self.policy.temporary).0],
            )?;
            if second_factor {
                tx.execute(
                    "UPDATE account SET totp = NULL, totp_pending = NULL WHERE id = ?1",
                    [account.id.0],
                )?;
                tx.execute("DELETE FROM recovery WHERE account = ?1", [account.id.0])?;
                self.tell(
                    EventKind::SecondFactorOff,
                    (actor.name, &account.name),
                    account.scope,
                    actor.from,
                    now,
                )?;
            }
            throttle::forget(tx, &throttle::account_key(&account.name))?;
            Ok(account.scope)
        })
    }

    /// Changes what an account may do: one transaction, recorded, and no session outlives it.
    fn alter(
        &self,
        name: &AccountName,
        kind: EventKind,
        actor: Actor<'_>,
        now: Moment,
        work: impl FnOnce(&Transaction<'_>, &Account) -> Result<Scope, AccessError>,
    ) -> Result<(), AccessError> {
        self.change(|tx| {
            let account = find(tx, name.as_str())?
                .ok_or_else(|| AccessError::NoAccount(name.as_str().to_owned()))?;
            let scope = work(tx, &account)?;
            tx.execute("DELETE FROM session WHERE account = ?1", [account.id.0])?;
            self.tell(kind, (actor.name, &account.name), scope, actor.from, now)
        })
    }

    /// Everything in `work` or nothing of it. It begins as a writer, so that two processes wait
    /// for each other instead of failing halfway.
    pub(super) fn change<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, AccessError>,
    ) -> Result<T, AccessError> {
        let mut db = self.lock();
        let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&tx)?;
        tx.commit()?;
        Ok(done)
    }

    /// A thread that died while holding the lock left no half transaction: it was rolled back.
    pub(super) fn lock(&self) -> MutexGuard<'_, Connection> {
        self.db.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn tell(
        &self,
        kind: EventKind,
        (actor, subject): (&str, &str),
        scope: Scope,
        from: &str,
        now: Moment,
    ) -> Result<(), AccessError> {
        let event = Event {
            time: now,
            actor: actor.to_owned(),
            subject: subject.to_owned(),
            kind,
            scope,
            from: from.to_owned(),
        };
        self.events.record(&event).map_err(AccessError::Unrecorded)
    }
}

pub(super) fn find(db: &Connection, name: &str) -> Result<Option<Account>, AccessError> {
    let sql = format!("SELECT {COLUMNS} FROM account WHERE name = ?1");
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query([name])?;
    rows.next()?.map(Account::read).transpose()
}

/// One value of an account's row.
pub(super) fn column<T: rusqlite::types::FromSql>(
    db: &Connection,
    name: &str,
    id: i64,
) -> Result<Option<T>, AccessError> {
    let sql = format!("SELECT {name} FROM account WHERE id = ?1");
    let value: Option<Option<T>> = db.query_row(&sql, [id], |row| row.get(0)).optional()?;
    Ok(value.flatten())
}

/// Folder and file, readable by their owner alone before anything is written into them.
fn prepare(store: &Path) -> Result<PathBuf, AccessError> {
    let folder = store.join(FOLDER);
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| AccessError::Io { path, source }
    };
    fs::create_dir_all(&folder).map_err(io(&folder))?;
    own(&folder, 0o700).map_err(io(&folder))?;
    let path = folder.join(FILE);
    // SQLite gives the files beside it the same rights.
    fs::OpenOptions::new().append(true).create(true).open(&path).map_err(io(&path))?;
    own(&path, 0o600).map_err(io(&path))?;
    Ok(path)
}

#[cfg(unix)]
fn own(path: &Path, mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn own(_path: &Path, _mode: u32) -> std::io::Result<()> {
    Ok(())
}
