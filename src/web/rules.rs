//! Who may see a route, and of which region. Every route has a rule; the table of routes cannot be
//! written without.

use super::settings::Settings;
use crate::access::{Role, Standing, Viewer};
use crate::domain::RegionCode;

/// Who may see a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// Everybody, whatever the settings say: the door and what it is made of.
    Everybody,
    /// Figures: everybody where the server is open to the public, and roles that work with them.
    Figures(Place),
    /// Whoever has signed in, even where a password or a second factor is still to be set.
    SignedIn,
    /// These roles.
    Only(&'static [Role], Place),
}

/// How the region of a request is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A code in the address, under this name.
    Path(&'static str),
    /// `wilayah=`; the viewer's own region where it is not given.
    Query,
    /// None is asked for: the page shows what lies in the viewer's own.
    Own,
}

/// Roles that work with figures. An auditor reads the log of what others did, and nothing else.
pub(super) const FIGURES: &[Role] =
    &[Role::Viewer, Role::Planner, Role::Verifier, Role::DataOfficer, Role::Admin];

/// Whether a request goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    Go,
    /// Nobody has signed in.
    SignIn,
    /// First this address: a password or a second factor is to be set.
    Finish(&'static str),
    /// For this viewer there is no such page.
    Hidden,
}

impl Rule {
    pub(super) fn admits(self, viewer: &Viewer, settings: &Settings) -> Admission {
        let roles = match self {
            Self::Everybody => return Admission::Go,
            Self::SignedIn if viewer.is_signed_in() => return Admission::Go,
            Self::SignedIn => return Admission::SignIn,
            Self::Figures(_) => FIGURES,
            Self::Only(roles, _) => roles,
        };
        if !viewer.is_signed_in() {
            let open = matches!(self, Self::Figures(_)) && settings.public;
            return if open { Admission::Go } else { Admission::SignIn };
        }
        match viewer.standing {
            Standing::MustChangePassword => Admission::Finish("/akun/sandi"),
            Standing::MustSetUpSecondFactor => Admission::Finish("/akun/kode"),
            Standing::Ready if roles.contains(&viewer.role) => Admission::Go,
            Standing::Ready => Admission::Hidden,
        }
    }

    fn place(self) -> Place {
        match self {
            Self::Figures(place) | Self::Only(_, place) => place,
            Self::Everybody | Self::SignedIn => Place::Own,
        }
    }

    /// The region that a request names, as far as it is one.
    pub(super) fn region(
        self,
        path: impl Fn(&'static str) -> Option<RegionCode>,
        query: impl Fn() -> Option<RegionCode>,
    ) -> Option<RegionCode> {
        match self.place() {
            Place::Path(name) => path(name),
            Place::Query => query(),
            Place::Own => None,
        }
    }
}

/// A route as the tests and the operator see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteRule {
    /// The pattern, such as `/wilayah/{kode}`.
    pub path: &'static str,
    /// The rule in one word: `everybody`, `figures`, `signed-in`, `only`.
    pub rule: &'static str,
    /// The roles that it is open to; empty for `everybody` and `signed-in`.
    pub roles: &'static [Role],
    /// Where its region is named: `path`, `query` or nowhere.
    pub region: Option<&'static str>,
    /// Whether it takes a form.
    pub takes_form: bool,
}

impl RouteRule {
    pub(super) fn of(path: &'static str, rule: Rule, takes_form: bool) -> Self {
        let (word, roles): (_, &'static [Role]) = match rule {
            Rule::Everybody => ("everybody", &[]),
            Rule::Figures(_) => ("figures", FIGURES),
            Rule::SignedIn => ("signed-in", &[]),
            Rule::Only(roles, _) => ("only", roles),
        };
        let region = match rule.place() {
            Place::Path(_) => Some("path"),
            Place::Query => Some("query"),
            Place::Own => None,
        };
        Self { path, rule: word, roles, region, takes_form }
    }
}
