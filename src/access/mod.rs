//! Who may come in, and what they may see: accounts with a role and a region, their sessions, the
//! second factor, the throttle before the door, and sign-in through another institution. No HTTP
//! and no Indonesian words: what a request carries and what a page says belong to `web`.
//!
//! ```text
//! <store>/access/accounts.sqlite     0600 in a folder of 0700; SQLite, write-ahead log beside it
//! ```
//!
//! Nothing in it opens a door by itself: passwords are kept as argon2id, the tokens of sessions and
//! the recovery codes as SHA-256 of at least 80 random bits. The secrets of the second factor have to
//! be computed with: they are sealed with the key outside the store where there is one, and lie there
//! as they are where there is none.

mod account;
mod accounts;
mod error;
mod event;
mod four_eyes;
mod oidc;
mod password;
mod policy;
mod role;
mod schema;
mod second_factor;
mod secrets;
mod session;
mod sign_in;
mod throttle;
mod token;
mod viewer;

pub use account::{Account, AccountName, NewAccount};
pub use accounts::Accounts;
pub use error::AccessError;
pub use event::{Actor, Event, EventKind, Events, Unheard};
pub use four_eyes::{Asked, Change, ChangeKind, Confirmer, Half, Proposal, ProposalId};
pub use oidc::{Arrival, Departure, OidcConfig};
pub use password::{Password, PasswordFault};
pub use policy::{Moment, Policy};
pub use role::{Role, Scope};
pub use second_factor::Enrolment;
pub use session::{SessionId, SessionInfo};
pub use sign_in::{Caller, Credentials, Door, NewSession};
pub use token::{FormToken, Token};
pub use viewer::{AccountId, Standing, Viewer};
