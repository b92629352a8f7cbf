//! What is written down of one deed.

use serde::{Deserialize, Serialize};

use crate::domain::RegionCode;

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    SignedIn,
    SignInRefused,
    LockedOut,
    SignedOut,
    SessionRevoked,
    AccountAdded,
    AccountDisabled,
    AccountEnabled,
    AccountChanged,
    /// A temporary password was given out.
    AccountReset,
    PasswordChanged,
    SecondFactorChanged,
    RecoveryCodeUsed,
    /// An identity of another institution opens the account.
    IdentityBound,
    /// A change of an account was asked for that another admin has to confirm.
    ChangeAsked,
    ChangeConfirmed,
    ChangeRefused,
    /// A list of households was opened for a time.
    ListOpened,
    /// Opening it was asked for and refused.
    ListRefused,
    /// A page of it was looked at.
    ListLooked,
    ListExported,
    ListClosed,
    ReviewExported,
    DecisionsImported,
    AnswerExported,
    LogLooked,
    LogExported,
    /// What a crash left of a record that was never acknowledged was taken off.
    LogHealed,
    ServerStarted,
    Built,
    BackedUp,
    Restored,
    /// The key of a snapshot's households was destroyed.
    Erased,
    /// The master key was exchanged: written when that begins, and when all is done.
    KeyRotated,
    /// What was written down before it was done came to nothing: its word is part of the object.
    Failed,
}

impl Action {
    pub const ALL: [Self; 35] = [
        Self::SignedIn,
        Self::SignInRefused,
        Self::LockedOut,
        Self::SignedOut,
        Self::SessionRevoked,
        Self::AccountAdded,
        Self::AccountDisabled,
        Self::AccountEnabled,
        Self::AccountChanged,
        Self::AccountReset,
        Self::PasswordChanged,
        Self::SecondFactorChanged,
        Self::RecoveryCodeUsed,
        Self::IdentityBound,
        Self::ChangeAsked,
        Self::ChangeConfirmed,
        Self::ChangeRefused,
        Self::ListOpened,
        Self::ListRefused,
        Self::ListLooked,
        Self::ListExported,
        Self::ListClosed,
        Self::ReviewExported,
        Self::DecisionsImported,
        Self::AnswerExported,
        Self::LogLooked,
        Self::LogExported,
        Self::LogHealed,
        Self::ServerStarted,
        Self::Built,
        Self::BackedUp,
        Self::Restored,
        Self::Erased,
        Self::KeyRotated,
        Self::Failed,
    ];

    /// The word in the log.
    pub fn slug(self) -> &'static str {
        match self {
            Self::SignedIn => "signed_in",
            Self::SignInRefused => "sign_in_refused",
            Self::LockedOut => "locked_out",
            Self::SignedOut => "signed_out",
            Self::SessionRevoked => "session_revoked",
            Self::AccountAdded => "account_added",
            Self::AccountDisabled => "account_disabled",
            Self::AccountEnabled => "account_enabled",
            Self::AccountChanged => "account_changed",
            Self::AccountReset => "account_reset",
            Self::PasswordChanged => "password_changed",
            Self::SecondFactorChanged => "second_factor_changed",
            Self::RecoveryCodeUsed => "recovery_code_used",
            Self::IdentityBound => "identity_bound",
            Self::ChangeAsked => "change_asked",
            Self::ChangeConfirmed => "change_confirmed",
            Self::ChangeRefused => "change_refused",
            Self::ListOpened => "list_opened",
            Self::ListRefused => "list_refused",
            Self::ListLooked => "list_looked",
            Self::ListExported => "list_exported",
            Self::ListClosed => "list_closed",
            Self::ReviewExported => "review_exported",
            Self::DecisionsImported => "decisions_imported",
            Self::AnswerExported => "answer_exported",
            Self::LogLooked => "log_looked",
            Self::LogExported => "log_exported",
            Self::LogHealed => "log_healed",
            Self::ServerStarted => "server_started",
            Self::Built => "built",
            Self::BackedUp => "backed_up",
            Self::Restored => "restored",
            Self::Erased => "erased",
            Self::KeyRotated => "key_rotated",
            Self::Failed => "failed",
        }
    }

    /// Reverse of [`Action::slug`].
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.slug() == slug)
    }
}

/// One deed, as whoever does it reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// RFC 3339, UTC.
    pub time: String,
    /// Name of the account, or of the user at the terminal.
    pub actor: String,
    /// Role of the account; empty where there is none.
    pub role: String,
    pub action: Action,
    pub region: Option<RegionCode>,
    /// Rows that were shown or handed over.
    pub rows: Option<u64>,
    /// What for: the chosen purpose and the words of whoever asked.
    pub purpose: String,
    /// Address of the caller, or `terminal`.
    pub from: String,
    /// What it was done to: the id of a list, a snapshot or an account; never of a household.
    pub object: String,
}

impl Entry {
    /// With nothing but who and what.
    pub fn new(time: &str, actor: &str, action: Action) -> Self {
        Self {
            time: time.to_owned(),
            actor: actor.to_owned(),
            role: String::new(),
            action,
            region: None,
            rows: None,
            purpose: String::new(),
            from: String::new(),
            object: String::new(),
        }
    }

    /// Short enough, on one line, and without numbers long enough to be a person's: a log is kept
    /// for years, and people type what they should not.
    pub(super) fn tidied(&self) -> Self {
        Self {
            time: on_one_line(&self.time, 40),
            actor: without_personal_numbers(&on_one_line(&self.actor, 100)),
            role: on_one_line(&self.role, 40),
            purpose: without_personal_numbers(&on_one_line(&self.purpose, 600)),
            from: on_one_line(&self.from, 100),
            object: on_one_line(&self.object, 200),
            ..self.clone()
        }
    }
}

/// Digits in a row, spaces, dots and dashes between them aside, from which a number may be a
/// person's: a NIK has sixteen, and a spreadsheet may have cost it one.
const PERSONAL_DIGITS: usize = 15;

fn on_one_line(text: &str, characters: usize) -> String {
    let line = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    line.take(characters).collect::<String>().trim().to_owned()
}

/// True where a text holds a number that may be a NIK or of a family card.
pub fn holds_personal_number(text: &str) -> bool {
    without_personal_numbers(text) != text
}

fn without_personal_numbers(text: &str) -> String {
    let (mut out, mut run, mut digits) = (String::with_capacity(text.len()), String::new(), 0);
    for c in text.chars().chain(std::iter::once('\0')) {
        if c.is_numeric() || (digits > 0 && matches!(c, ' ' | '.' | '-')) {
            digits += usize::from(c.is_numeric());
            run.push(c);
            continue;
        }
        if digits >= PERSONAL_DIGITS {
            out.push('•');
            let tail = run.chars().rev().take_while(|c| !c.is_numeric()).count();
            out.extend(run.chars().rev().take(tail));
        } else {
            out.push_str(&run);
        }
        (run, digits) = (String::new(), 0);
        if c != '\0' {
            out.push(c);
        }
    }
    out
}
