//! Sessions on the server's side: found by the hash of their token, ended by time, by their owner,
//! or by whoever keeps the accounts.

use rusqlite::{Connection, params};

use super::account::{Account, AccountName, COLUMNS, WIDTH};
use super::accounts::Accounts;
use super::error::AccessError;
use super::event::{Actor, EventKind};
use super::policy::{Moment, Policy};
use super::sign_in::Caller;
use super::token::Token;
use super::viewer::{AccountId, Viewer};

/// The row of a session: what a page names it by. It opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub(super) i64);

impl SessionId {
    pub fn number(self) -> i64 {
        self.0
    }

    /// As a form brings it back. Only a session of the same account is ever revoked by it.
    pub fn parse(text: &str) -> Option<Self> {
        text.parse().ok().filter(|n| *n > 0).map(Self)
    }
}

/// A session as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionInfo {
    pub id: SessionId,
    pub began: Moment,
    pub seen: Moment,
    /// Where it was begun.
    pub address: String,
    pub agent: String,
    /// Opened through another institution, not by a password.
    pub federated: bool,
}

/// How a session was opened, as the table says it.
pub(super) const BY_PASSWORD: &str = "password";
pub(super) const FEDERATED: &str = "oidc";

/// A session is marked as used at most so often: a page with its pictures is one use. Seconds.
const MARK_EVERY: i64 = 30;

/// Sessions of one account; the one unused for longest ends for another.
const MOST: i64 = 20;

impl Accounts {
    /// Who a token belongs to; `None` where its session is over or never was.
    ///
    /// # Errors
    /// The accounts cannot be read.
    pub fn viewer(&self, token: &Token, now: Moment) -> Result<Option<Viewer>, AccessError> {
        let db = self.lock();
        let Some(found) = by_token(&db, token)? else { return Ok(None) };
        if found.account.disabled || !self.policy.lives(found.began, found.seen, now) {
            db.execute("DELETE FROM session WHERE id = ?1", [found.id])?;
            return Ok(None);
        }
        if now.since(found.seen) >= MARK_EVERY {
            db.execute("UPDATE session SET seen = ?2 WHERE id = ?1", params![found.id, now.0])?;
        }
        Ok(Some(self.viewer_of(&found, token)))
    }

    fn viewer_of(&self, found: &Found, token: &Token) -> Viewer {
        let account = &found.account;
        Viewer {
            account: Some(account.id),
            name: account.name.clone(),
            role: account.role,
            scope: account.scope,
            standing: account.standing(&self.policy.second_factor, found.door == BY_PASSWORD),
            session: Some(SessionId(found.id)),
            form: Some(token.form()),
        }
    }

    /// The sessions of an account that are not over, the one used last first.
    ///
    /// # Errors
    /// The accounts cannot be read.
    pub fn sessions(
        &self,
        account: AccountId,
        now: Moment,
    ) -> Result<Vec<SessionInfo>, AccessError> {
        let db = self.lock();
        let mut statement = db.prepare_cached(
            "SELECT id, began, seen, address, agent, door FROM session
             WHERE account = ?1 AND began > ?2 AND seen > ?3 ORDER BY seen DESC, id DESC",
        )?;
        let rows = statement.query_map(
            params![account.0, now.plus(-self.policy.absolute).0, now.plus(-self.policy.idle).0],
            |row| {
                Ok(SessionInfo {
                    id: SessionId(row.get(0)?),
                    began: Moment(row.get(1)?),
                    seen: Moment(row.get(2)?),
                    address: row.get(3)?,
                    agent: row.get(4)?,
                    federated: row.get::<_, String>(5)? == FEDERATED,
                })
            },
        )?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Ends the session of a token: its owner leaves.
    ///
    /// # Errors
    /// It could not be recorded or written.
    pub fn sign_out(&self, token: &Token, caller: &Caller, now: Moment) -> Result<(), AccessError> {
        self.change(|tx| {
            let Some(found) = by_token(tx, token)? else { return Ok(()) };
            tx.execute("DELETE FROM session WHERE id = ?1", [found.id])?;
            let name = found.account.name.as_str();
            let from = caller.from();
            self.tell(EventKind::SignedOut, (name, name), found.account.scope, &from, now)
        })
    }

    /// Ends one session of the viewer's own account.
    ///
    /// # Errors
    /// The account has no such session.
    pub fn revoke_own(
        &self,
        viewer: &Viewer,
        session: SessionId,
        caller: &Caller,
        now: Moment,
    ) -> Result<(), AccessError> {
        let account = viewer.account.ok_or(AccessError::NoSession)?;
        self.change(|tx| {
            let ended = tx.execute(
                "DELETE FROM session WHERE id = ?1 AND account = ?2",
                [session.0, account.0],
            )?;
            if ended == 0 {
                return Err(AccessError::NoSession);
            }
            let name = viewer.name.as_str();
            self.tell(EventKind::SessionRevoked, (name, name), viewer.scope, &caller.from(), now)
        })
    }

    /// Ends all sessions of an account; how many there were.
    ///
    /// # Errors
    /// There is no account of that name.
    pub fn revoke_all<'a>(
        &self,
        name: &AccountName,
        actor: impl Into<Actor<'a>>,
        now: Moment,
    ) -> Result<usize, AccessError> {
        let (account, actor) = (self.get(name)?, actor.into());
        self.change(|tx| {
            let ended = tx.execute("DELETE FROM session WHERE account = ?1", [account.id.0])?;
            let both = (actor.name, name.as_str());
            self.tell(EventKind::SessionRevoked, both, account.scope, actor.from, now)?;
            Ok(ended)
        })
    }
}

impl Policy {
    fn lives(&self, began: Moment, seen: Moment, now: Moment) -> bool {
        now.since(began) < self.absolute && now.since(seen) < self.idle
    }
}

/// A session with its account.
pub(super) struct Found {
    pub(super) id: i64,
    began: Moment,
    seen: Moment,
    door: String,
    pub(super) account: Account,
}

fn by_token(db: &Connection, token: &Token) -> Result<Option<Found>, AccessError> {
    let sql = format!(
        "SELECT {COLUMNS}, session.id, session.began, session.seen, session.door
         FROM session JOIN account ON account.id = session.account WHERE session.token = ?1"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query([token.hash()])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some(Found {
        account: Account::read(row)?,
        id: row.get(WIDTH)?,
        began: Moment(row.get(WIDTH + 1)?),
        seen: Moment(row.get(WIDTH + 2)?),
        door: row.get(WIDTH + 3)?,
    }))
}

/// Begins a session under a fresh token; what is over leaves the table.
pub(super) fn begin(
    db: &Connection,
    account: AccountId,
    door: &str,
    caller: &Caller,
    policy: &Policy,
    now: Moment,
) -> Result<Token, AccessError> {
    let token = Token::new()?;
    db.execute(
        "DELETE FROM session WHERE began <= ?1 OR seen <= ?2",
        [now.plus(-policy.absolute).0, now.plus(-policy.idle).0],
    )?;
    db.execute(
        "DELETE FROM session WHERE account = ?1 AND id NOT IN
         (SELECT id FROM session WHERE account = ?1 ORDER BY seen DESC, id DESC LIMIT ?2)",
        [account.0, MOST - 1],
    )?;
    db.execute(
        "INSERT INTO session (token, account, began, seen, address, agent, door)
         VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6)",
        params![token.hash(), account.0, now.0, caller.from(), caller.agent(), door],
    )?;
    Ok(token)
}

/// Gives a session another token and ends the account's other sessions: what it may do has grown,
/// or its password is another.
pub(super) fn renew(
    db: &Connection,
    account: AccountId,
    session: SessionId,
) -> Result<Token, AccessError> {
    let token = Token::new()?;
    db.execute("DELETE FROM session WHERE account = ?1 AND id <> ?2", [account.0, session.0])?;
    let renewed = db.execute(
        "UPDATE session SET token = ?3 WHERE id = ?2 AND account = ?1",
        params![account.0, session.0, token.hash()],
    )?;
    if renewed == 0 { Err(AccessError::NoSession) } else { Ok(token) }
}

/// Ends the session that a browser brought along to the door, whoever's it was.
pub(super) fn end(db: &Connection, token: Option<&Token>) -> Result<(), AccessError> {
    if let Some(token) = token {
        db.prepare_cached("DELETE FROM session WHERE token = ?1")?.execute([token.hash()])?;
    }
    Ok(())
}

/// The account of an id, as it stands now.
pub(super) fn account(db: &Connection, id: AccountId) -> Result<Account, AccessError> {
    let sql = format!("SELECT {COLUMNS} FROM account WHERE id = ?1");
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query([id.0])?;
    let found = rows.next()?.map(Account::read).transpose()?;
    drop(rows);
    found.ok_or(AccessError::NoSession)
}
