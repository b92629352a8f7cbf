//! What an account may do, and for which part of the country.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::RegionCode;

/// What somebody may do. What each role reaches is said by the rule of each route, in one table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Nobody has signed in. Off unless the server is told to show its pages to everybody.
    Public,
    /// Sees the pages and files of figures.
    Viewer,
    /// As a viewer; freezes priority lists.
    Planner,
    /// Sees households by name in the own region, for a stated purpose.
    Verifier,
    /// Hands deliveries in, builds, decides on pairs.
    DataOfficer,
    /// Sees the log of what everybody did, and nothing else.
    Auditor,
    /// Keeps the accounts; never sees a household.
    Admin,
}

impl Role {
    pub const ALL: [Self; 7] = [
        Self::Public,
        Self::Viewer,
        Self::Planner,
        Self::Verifier,
        Self::DataOfficer,
        Self::Auditor,
        Self::Admin,
    ];

    /// The word on the command line, in the configuration and in the table of accounts.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Viewer => "viewer",
            Self::Planner => "planner",
            Self::Verifier => "verifier",
            Self::DataOfficer => "data-officer",
            Self::Auditor => "auditor",
            Self::Admin => "admin",
        }
    }

    /// Reverse of [`Role::slug`].
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.slug() == slug)
    }

    /// Works with people by name.
    pub fn sees_names(self) -> bool {
        matches!(self, Self::Verifier | Self::DataOfficer)
    }

    /// No admin alone makes, opens or resets an account of this role: one that sees people by name, or
    /// an admin, who could be the second pair of eyes then.
    pub fn needs_four_eyes(self) -> bool {
        self.sees_names() || self == Self::Admin
    }

    /// Roles that an account can have: `public` is nobody.
    pub fn of_accounts() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|role| *role != Self::Public)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.slug())
    }
}

/// The region that somebody is bound to. What does not lie in it does not exist for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope(RegionCode);

impl Scope {
    pub const NATION: Self = Self(RegionCode::NATION);

    pub fn of(region: RegionCode) -> Self {
        Self(region)
    }

    /// The uppermost region that exists for somebody with this scope.
    pub fn region(self) -> RegionCode {
        self.0
    }

    /// True for the region itself and everything below it.
    ///
    /// ```
    /// use tepat::access::Scope;
    /// let lebak = Scope::of("36.02".parse().unwrap());
    /// assert!(lebak.contains("36.02.01".parse().unwrap()));
    /// assert!(!lebak.contains("36".parse().unwrap()));
    /// assert!(!lebak.contains("36.01".parse().unwrap()));
    /// ```
    pub fn contains(self, region: RegionCode) -> bool {
        self.0.contains(region)
    }

    pub fn is_nation(self) -> bool {
        self.0 == RegionCode::NATION
    }
}
