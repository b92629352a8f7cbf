//! Permission to look at one list: for a stated purpose, a number of rows and a short time, tied to
//! the session that asked. It lives in memory: a restart closes every list.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::list::ListKind;
use crate::audit::holds_personal_number;
use crate::data::hex;
use crate::domain::RegionCode;
use crate::sealing::{SealError, Secret};

/// What somebody may want a list for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Visit and check.
    Verification,
    /// Correct the register.
    Mending,
    /// Propose for a programme.
    Proposal,
    /// A complaint by somebody.
    Complaint,
    /// An audit.
    Inspection,
}

impl Purpose {
    pub const ALL: [Self; 5] =
        [Self::Verification, Self::Mending, Self::Proposal, Self::Complaint, Self::Inspection];

    pub fn slug(self) -> &'static str {
        match self {
            Self::Verification => "verifikasi",
            Self::Mending => "perbaikan",
            Self::Proposal => "usulan",
            Self::Complaint => "pengaduan",
            Self::Inspection => "pemeriksaan",
        }
    }

    /// Reverse of [`Purpose::slug`].
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.slug() == slug)
    }
}

/// How long and how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// A list is open for so long.
    pub seconds: i64,
    /// Rows of a list; what is beyond is not shown.
    pub rows: usize,
    /// Rows of all lists that one account opens within a day.
    pub rows_a_day: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { seconds: 15 * 60, rows: 200, rows_a_day: 2_000 }
    }
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    pub kind: ListKind,
    pub region: RegionCode,
    pub purpose: Purpose,
    /// In the asker's own words.
    pub words: String,
}

/// What is wrong with a wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unclear {
    /// Fewer words than say anything.
    TooShort,
    TooLong,
    /// They hold what may be a NIK or the number of a card: the log would keep it for years.
    HoldsNumber,
}

/// Characters of the words.
const WORDS: std::ops::RangeInclusive<usize> = 10..=300;

impl Wish {
    /// # Errors
    /// The words say too little, too much, or what they must not.
    pub fn check(&self) -> Result<(), Unclear> {
        let length = self.words.trim().chars().count();
        if length < *WORDS.start() {
            Err(Unclear::TooShort)
        } else if length > *WORDS.end() {
            Err(Unclear::TooLong)
        } else if holds_personal_number(&self.words) {
            Err(Unclear::HoldsNumber)
        } else {
            Ok(())
        }
    }
}

/// A list that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Stands in the log and on everything that leaves: `DN-` and twelve hexadecimal digits.
    pub id: String,
    pub account: String,
    pub wish: Wish,
    pub snapshot: String,
    /// Seconds since 1970.
    pub opened: i64,
    pub until: i64,
    /// Rows of the list that may be shown.
    pub rows: usize,
}

/// All lists that are open, by session.
#[derive(Debug, Default)]
pub struct Grants {
    by_session: Mutex<HashMap<String, Grant>>,
}

impl Grants {
    /// A grant that is not in force yet: it is when [`Grants::put`] has it, which is done when it
    /// stands in the log. `spent`: rows that the account has opened within the last day, as the log
    /// has them; `None` where it has used up those of a day.
    ///
    /// # Errors
    /// No randomness.
    pub fn draw(
        account: &str,
        wish: Wish,
        snapshot: &str,
        (now, spent): (i64, u64),
        limits: &Limits,
    ) -> Result<Option<Grant>, SealError> {
        let left = limits.rows_a_day.saturating_sub(spent);
        let rows = usize::try_from(left).unwrap_or(usize::MAX).min(limits.rows);
        if rows == 0 {
            return Ok(None);
        }
        let id = hex(&Secret::random()?.mac(b"daftar")[..6]);
        Ok(Some(Grant {
            id: format!("DN-{id}"),
            account: account.to_owned(),
            wish,
            snapshot: snapshot.to_owned(),
            opened: now,
            until: now + limits.seconds,
            rows,
        }))
    }

    fn held(&self) -> MutexGuard<'_, HashMap<String, Grant>> {
        self.by_session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a grant in force, in the place of one that the session had.
    pub fn put(&self, session: &str, grant: Grant) {
        let mut held = self.held();
        held.retain(|_, other| other.until > grant.opened);
        held.insert(session.to_owned(), grant);
    }

    /// The grant of a session, while it is in force.
    pub fn get(&self, session: &str, now: i64) -> Option<Grant> {
        self.held().get(session).filter(|grant| now < grant.until).cloned()
    }

    /// Closes the list of a session; it is returned where there was one.
    pub fn close(&self, session: &str) -> Option<Grant> {
        self.held().remove(session)
    }
}
