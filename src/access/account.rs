//! An account as it stands in the table.

use std::fmt;

use rusqlite::Row;

use super::error::AccessError;
use super::policy::Moment;
use super::role::{Role, Scope};
use super::viewer::{AccountId, Standing};
use crate::domain::RegionCode;

/// Digits in a row: a longer number may be a person's, and the name stands in the log for years.
const MOST_DIGITS: usize = 10;

/// The name that is typed at the door: lower case, no spaces, safe in a log and in an address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AccountName(String);

impl AccountName {
    /// # Errors
    /// Another shape; the text repeats at most 64 characters of it.
    pub fn new(typed: &str) -> Result<Self, AccessError> {
        let name = typed.trim().to_ascii_lowercase();
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let fine = (3..=64).contains(&name.len())
            && name.bytes().next().is_some_and(plain)
            && name.bytes().all(|b| plain(b) || b"._-@+".contains(&b))
            && name.split(|c: char| !c.is_ascii_digit()).all(|run| run.len() <= MOST_DIGITS);
        if fine {
            Ok(Self(name))
        } else {
            Err(AccessError::Name(typed.chars().filter(|c| !c.is_control()).take(64).collect()))
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What an account begins with.
#[derive(Clone, Debug)]
pub struct NewAccount {
    pub name: AccountName,
    pub role: Role,
    pub scope: Scope,
    /// By which another institution's verified address is recognised.
    pub email: Option<String>,
    /// The password must be changed at the first sign-in, because somebody else has seen it.
    pub temporary: bool,
}

/// An account without its secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub id: AccountId,
    pub name: String,
    pub role: Role,
    pub scope: Scope,
    pub email: Option<String>,
    pub disabled: bool,
    pub has_password: bool,
    pub has_second_factor: bool,
    /// The password was given by somebody else and ends then.
    pub temporary_until: Option<Moment>,
    pub created: Moment,
}

/// The columns that [`Account::read`] takes, of the table `account`.
pub(super) const COLUMNS: &str = "account.id, account.name, account.role, account.region, account.email, account.disabled, account.password IS NOT NULL, account.totp IS NOT NULL, account.temporary_until, account.created";

/// How many there are.
pub(super) const WIDTH: usize = 10;

impl Account {
    pub(super) fn read(row: &Row<'_>) -> Result<Self, AccessError> {
        let name: String = row.get(1)?;
        let damaged = |what: &str| AccessError::Damaged(format!("{what} of account '{name}'"));
        let role: String = row.get(2)?;
        let role = Role::from_slug(&role).ok_or_else(|| damaged("role"))?;
        let region: i64 = row.get(3)?;
        let region = u64::try_from(region).ok().and_then(RegionCode::from_packed);
        Ok(Self {
            id: AccountId(row.get(0)?),
            role,
            scope: Scope::of(region.ok_or_else(|| damaged("region"))?),
            email: row.get(4)?,
            disabled: row.get(5)?,
            has_password: row.get(6)?,
            has_second_factor: row.get(7)?,
            temporary_until: row.get::<_, Option<i64>>(8)?.map(Moment),
            created: Moment(row.get(9)?),
            name,
        })
    }

    /// What is left to do before anything is open; `second_factor`: the roles that need one.
    /// `by_password`: somebody who came through another institution has no password to change, and
    /// that institution's second factor counts.
    pub(super) fn standing(&self, second_factor: &[Role], by_password: bool) -> Standing {
        if by_password && self.temporary_until.is_some() {
            Standing::MustChangePassword
        } else if by_password && second_factor.contains(&self.role) && !self.has_second_factor {
            Standing::MustSetUpSecondFactor
        } else {
            Standing::Ready
        }
    }
}

/// A region as the table keeps it.
pub(super) fn packed(scope: Scope) -> i64 {
    i64::try_from(scope.region().packed()).unwrap_or(0)
}
