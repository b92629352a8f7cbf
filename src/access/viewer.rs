//! Who asks: the answer of a session, or of none.

use super::role::{Role, Scope};
use super::session::SessionId;
use super::token::FormToken;

/// The row of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(pub(super) i64);

impl AccountId {
    /// The number as the log names it.
    pub fn number(self) -> i64 {
        self.0
    }
}

/// What somebody who has signed in must still do before anything else is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Ready,
    /// The password was chosen by another person.
    MustChangePassword,
    /// The role is not open without a second factor.
    MustSetUpSecondFactor,
}

/// Who asks, what they may do, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// `None`: nobody has signed in.
    pub account: Option<AccountId>,
    /// Name of the account; empty where there is none.
    pub name: String,
    pub role: Role,
    pub scope: Scope,
    pub standing: Standing,
    pub session: Option<SessionId>,
    /// What a form of this session must carry.
    pub form: Option<FormToken>,
}

impl Viewer {
    /// Nobody.
    pub fn public() -> Self {
        Self {
            account: None,
            name: String::new(),
            role: Role::Public,
            scope: Scope::NATION,
            standing: Standing::Ready,
            session: None,
            form: None,
        }
    }

    pub fn is_signed_in(&self) -> bool {
        self.account.is_some()
    }
}
