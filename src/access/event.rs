//! What happens at the door, told to whoever keeps the log. What cannot be recorded is not done.

use std::fmt;

use super::policy::Moment;
use super::role::Scope;

/// Who changes an account, and from where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor<'a> {
    pub name: &'a str,
    /// Address that it came from; empty for the command line.
    pub from: &'a str,
}

impl<'a> From<&'a str> for Actor<'a> {
    fn from(name: &'a str) -> Self {
        Self { name, from: "" }
    }
}

impl<'a> From<&'a String> for Actor<'a> {
    fn from(name: &'a String) -> Self {
        Self::from(name.as_str())
    }
}

/// One thing that happened to an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub time: Moment,
    /// Who did it: an account, or the operator of the machine. Empty where nobody is known.
    pub actor: String,
    /// The account that it is about; empty where the name that was typed is none: it may have been
    /// a password.
    pub subject: String,
    pub kind: EventKind,
    /// The region of the account that it is about.
    pub scope: Scope,
    /// Address that it came from; empty for the command line.
    pub from: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    SignedIn,
    SignInFailed,
    LockedOut,
    SignedOut,
    SessionRevoked,
    PasswordChanged,
    SecondFactorOn,
    SecondFactorOff,
    RecoveryCodeUsed,
    AccountAdded,
    AccountDisabled,
    AccountEnabled,
    RoleChanged,
    AccountReset,
    /// An identity of another institution now opens the account.
    IdentityBound,
    /// A change was asked for and waits for another admin.
    ChangeAsked,
    ChangeConfirmed,
    ChangeRefused,
}

impl EventKind {
    /// The word in the log.
    pub fn slug(self) -> &'static str {
        match self {
            Self::SignedIn => "signed-in",
            Self::SignInFailed => "sign-in-failed",
            Self::LockedOut => "locked-out",
            Self::SignedOut => "signed-out",
            Self::SessionRevoked => "session-revoked",
            Self::PasswordChanged => "password-changed",
            Self::SecondFactorOn => "second-factor-on",
            Self::SecondFactorOff => "second-factor-off",
            Self::RecoveryCodeUsed => "recovery-code-used",
            Self::AccountAdded => "account-added",
            Self::AccountDisabled => "account-disabled",
            Self::AccountEnabled => "account-enabled",
            Self::RoleChanged => "role-changed",
            Self::AccountReset => "account-reset",
            Self::IdentityBound => "identity-bound",
            Self::ChangeAsked => "change-asked",
            Self::ChangeConfirmed => "change-confirmed",
            Self::ChangeRefused => "change-refused",
        }
    }
}

/// Where events go.
pub trait Events: Send + Sync {
    /// Returns only when the event is kept for good.
    ///
    /// # Errors
    /// It could not be kept; the text says why. What was about to happen does not happen then.
    fn record(&self, event: &Event) -> Result<(), String>;
}

/// Nobody listens: for tests and for tools that read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unheard;

impl Events for Unheard {
    fn record(&self, _event: &Event) -> Result<(), String> {
        Ok(())
    }
}

impl fmt::Debug for dyn Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Events")
    }
}
