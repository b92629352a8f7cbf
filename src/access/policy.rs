//! How long a session lasts, how many attempts are allowed, which roles need a second factor.

use std::time::{SystemTime, UNIX_EPOCH};

use super::role::Role;

/// Seconds since 1970, UTC. The clock is an argument, so that a test can wait an hour at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub i64);

impl Moment {
    /// Of the machine's clock.
    pub fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        Self(since.map_or(0, |d| i64::try_from(d.as_secs()).unwrap_or(i64::MAX)))
    }

    pub fn plus(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// Seconds from `earlier` until now.
    pub fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// The rules of the door. Times in seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// A session ends after so long without a request.
    pub idle: i64,
    /// A session ends after so long, used or not.
    pub absolute: i64,
    /// Roles that see nothing without a second factor.
    pub second_factor: Vec<Role>,
    /// Failures in a row from which an account has to wait.
    pub account_failures: i64,
    /// Failures from which an address has to wait: an office shares one.
    pub address_failures: i64,
    /// The first wait; it doubles with each failure after it.
    pub wait: i64,
    /// The longest wait.
    pub longest_wait: i64,
    /// Failures are forgotten after so long without another.
    pub forget: i64,
    /// A password that another person chose must be changed within this time.
    pub temporary: i64,
    /// Another admin confirms what opens names to somebody (see [`Role::needs_four_eyes`]).
    pub four_eyes: bool,
}

impl Default for Policy {
    /// Half an hour idle and twelve hours in all are what OWASP ASVS 4.0.3 asks at level 2 (3.3.2);
    /// five attempts, and then at most fifteen an hour, lie far below its hundred (2.2.1).
    fn default() -> Self {
        Self {
            idle: 30 * 60,
            absolute: 12 * 3600,
            second_factor: vec![Role::Verifier, Role::DataOfficer, Role::Admin],
            account_failures: 5,
            address_failures: 30,
            wait: 30,
            longest_wait: 15 * 60,
            forget: 3600,
            temporary: 7 * 24 * 3600,
            four_eyes: true,
        }
    }
}
