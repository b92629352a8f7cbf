//! The door: name, password and, where there is one, the second factor, in one step. Whatever is
//! wrong, the answer is the same, and takes as long.

use std::net::IpAddr;

use zeroize::Zeroizing;

use super::account::{Account, AccountName};
use super::accounts::{Accounts, column, find};
use super::error::AccessError;
use super::event::EventKind;
use super::password::{self, Password};
use super::policy::Moment;
use super::role::Scope;
use super::second_factor::{self, Factor};
use super::session::{self, BY_PASSWORD};
use super::throttle::{self, Key, Turn};
use super::token::Token;
use super::viewer::Viewer;

/// What was typed at the door.
pub struct Credentials<'a> {
    pub name: &'a str,
    pub password: &'a str,
    /// Of the authenticator, or a recovery code; empty where none was typed.
    pub code: &'a str,
}

/// Where a request comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    pub address: Option<IpAddr>,
    /// What the browser says it is.
    pub agent: String,
    /// The token it brought along.
    pub token: Option<Token>,
}

/// Seconds after which a crowd has passed.
const CROWDED: i64 = 2;

/// Characters that are kept of what a browser says of itself.
const AGENT: usize = 160;

impl Caller {
    /// The address as it is recorded.
    pub fn from(&self) -> String {
        self.address.map_or_else(String::new, |address| address.to_canonical().to_string())
    }

    /// Short and of one line.
    pub(super) fn agent(&self) -> String {
        self.agent.chars().filter(|c| !c.is_control()).take(AGENT).collect()
    }
}

/// A session that has begun.
#[derive(Debug)]
pub struct NewSession {
    pub token: Token,
    pub viewer: Viewer,
}

/// What the door answers.
#[derive(Debug)]
pub enum Door {
    Open(Box<NewSession>),
    /// Something did not fit; what, is not told.
    Closed,
    /// Too many attempts: come back after so many seconds.
    Wait(i64),
}

impl Accounts {
    /// Lets somebody in, or not. The session that the browser brought along ends in any case where
    /// it is let in: nobody can plant one.
    ///
    /// # Errors
    /// The accounts cannot be read or written, or the event could not be recorded.
    pub fn sign_in(
        &self,
        typed: &Credentials<'_>,
        caller: &Caller,
        now: Moment,
    ) -> Result<Door, AccessError> {
        let name = AccountName::new(typed.name).ok();
        let keys = Keys {
            address: throttle::address_key(caller.address),
            account: throttle::account_key(&key_name(typed.name)),
        };
        let failures = match self.count(&keys, now)? {
            Turn::Go(failures) => failures,
            Turn::Wait(seconds) => return Ok(Door::Wait(seconds)),
        };
        let account = match &name {
            Some(name) => find(&self.lock(), name.as_str())?,
            None => None,
        };
        if self.fits(account.as_ref(), typed.password, now)?
            && let Some(account) = &account
            && let Some(session) = self.enter(account, typed.code, &keys, caller, now)?
        {
            return Ok(Door::Open(Box::new(session)));
        }
        self.refuse(account.as_ref(), failures, caller, now)?;
        Ok(Door::Closed)
    }

    fn count(&self, keys: &Keys, now: Moment) -> Result<Turn, AccessError> {
        if password::is_crowded() {
            return Ok(Turn::Wait(CROWDED));
        }
        let policy = &self.policy;
        self.change(|tx| {
            throttle::sweep(tx, policy, now)?;
            match throttle::begin(tx, &keys.address, policy.address_failures, policy, now)? {
                Turn::Wait(seconds) => Ok(Turn::Wait(seconds)),
                Turn::Go(_) => {
                    throttle::begin(tx, &keys.account, policy.account_failures, policy, now)
                }
            }
        })
    }

    /// Whether the password is the account's, and the account is open. The hash is computed in any
    /// case.
    fn fits(
        &self,
        account: Option<&Account>,
        password: &str,
        now: Moment,
    ) -> Result<bool, AccessError> {
        let hash: Option<String> = match account {
            Some(account) => column(&self.lock(), "password", account.id.0)?,
            None => None,
        };
        let right = password::verify(password, hash.as_deref().unwrap_or(&self.nobody))?;
        let open = account.is_some_and(|account| {
            !account.disabled && account.temporary_until.is_none_or(|until| until > now)
        });
        Ok(right && hash.is_some() && open)
    }

    /// The second factor and the session in one transaction: a code opens one door.
    fn enter(
        &self,
        account: &Account,
        code: &str,
        keys: &Keys,
        caller: &Caller,
        now: Moment,
    ) -> Result<Option<NewSession>, AccessError> {
        let from = caller.from();
        let names = (account.name.as_str(), account.name.as_str());
        let token = self.change(|tx| {
            match second_factor::accept(tx, &self.secrets, account, code, now)? {
                Factor::Refused => return Ok(None),
                Factor::Recovery => {
                    let kind = EventKind::RecoveryCodeUsed;
                    self.tell(kind, names, account.scope, &from, now)?;
                }
                Factor::None | Factor::Code => {}
            }
            throttle::forget(tx, &keys.account)?;
            throttle::forgive(tx, &keys.address)?;
            session::end(tx, caller.token.as_ref())?;
            let token = session::begin(tx, account.id, BY_PASSWORD, caller, &self.policy, now)?;
            self.tell(EventKind::SignedIn, names, account.scope, &from, now)?;
            Ok(Some(token))
        })?;
        let Some(token) = token else { return Ok(None) };
        let viewer = self.viewer(&token, now)?;
        Ok(viewer.map(|viewer| NewSession { token, viewer }))
    }

    fn refuse(
        &self,
        account: Option<&Account>,
        failures: i64,
        caller: &Caller,
        now: Moment,
    ) -> Result<(), AccessError> {
        let name = account.map_or("", |account| account.name.as_str());
        let scope = account.map_or(Scope::NATION, |account| account.scope);
        let from = caller.from();
        self.tell(EventKind::SignInFailed, ("", name), scope, &from, now)?;
        if failures >= self.policy.account_failures {
            self.tell(EventKind::LockedOut, ("", name), scope, &from, now)?;
        }
        Ok(())
    }

    /// Exchanges the viewer's own password, who has to type the one that holds. The session gets
    /// another token, all others of the account end.
    ///
    /// # Errors
    /// As [`Accounts::sign_in`]; [`AccessError::Password`] where the new one is none.
    pub fn change_password(
        &self,
        viewer: &Viewer,
        current: &str,
        new: &Password,
        caller: &Caller,
        now: Moment,
    ) -> Result<Door, AccessError> {
        let (Some(id), Some(session)) = (viewer.account, viewer.session) else {
            return Ok(Door::Closed);
        };
        match self.confirm(viewer, current, caller, now)? {
            Turn::Wait(seconds) => return Ok(Door::Wait(seconds)),
            Turn::Go(0) => {}
            Turn::Go(_) => return Ok(Door::Closed),
        }
        let hash = Zeroizing::new(new.hash()?);
        let token = self.change(|tx| {
            tx.execute(
                "UPDATE account SET password = ?2, temporary_until = NULL WHERE id = ?1",
                rusqlite::params![id.0, hash.as_str()],
            )?;
            let token = session::renew(tx, id, session)?;
            let names = (viewer.name.as_str(), viewer.name.as_str());
            self.tell(EventKind::PasswordChanged, names, viewer.scope, &caller.from(), now)?;
            Ok(token)
        })?;
        let viewer = self.viewer(&token, now)?.ok_or(AccessError::NoSession)?;
        Ok(Door::Open(Box::new(NewSession { token, viewer })))
    }

    /// Whether somebody who is signed in knows the password of the account: `Go(0)` where it is
    /// right. Counted like an attempt at the door: a session that was left open is no way to try.
    ///
    /// # Errors
    /// As [`Accounts::sign_in`].
    pub(super) fn confirm(
        &self,
        viewer: &Viewer,
        password: &str,
        caller: &Caller,
        now: Moment,
    ) -> Result<Turn, AccessError> {
        let keys = Keys {
            address: throttle::address_key(caller.address),
            account: throttle::account_key(&viewer.name),
        };
        let failures = match self.count(&keys, now)? {
            Turn::Go(failures) => failures,
            wait @ Turn::Wait(_) => return Ok(wait),
        };
        let account = find(&self.lock(), &viewer.name)?;
        if self.fits(account.as_ref(), password, now)? {
            self.change(|tx| {
                throttle::forget(tx, &keys.account)?;
                throttle::forgive(tx, &keys.address)
            })?;
            return Ok(Turn::Go(0));
        }
        self.refuse(account.as_ref(), failures, caller, now)?;
        Ok(Turn::Go(failures))
    }
}

struct Keys {
    address: Key,
    account: Key,
}

/// What is counted of a typed name; of one that no account can have, as much as tells it apart.
fn key_name(typed: &str) -> String {
    typed.trim().chars().take(80).collect::<String>().to_ascii_lowercase()
}
