//! The wall's other side: households by name, for those who have to find them. The only exception to
//! the rule that right of `aggregate` nobody exists: a room of its own, a store of its own, routes of
//! its own. Everything on disk is sealed; what opens it lies outside the data folder.
//!
//! ```text
//! <store>/by_name/<snapshot id>/head.json        what it is, and its own key, wrapped by the master key
//! <store>/by_name/pseudonyms                     what makes pseudonyms, once the key was exchanged
//! <store>/by_name/<snapshot id>/<kecamatan>      households of one kecamatan, sealed desa by desa
//! ```
//!
//! Each snapshot has a random key of its own. Destroying `head.json` destroys the key, and with it
//! everything that was sealed with it, in every copy of the folder that has no other head.

mod chunk;
mod draft;
mod error;
mod export;
mod grant;
mod household;
mod list;
mod store;

pub use draft::{Closed, Draft, Sealed};
pub use error::ByNameError;
pub use export::{Mark, to_csv, to_xlsx};
pub use grant::{Grant, Grants, Limits, Purpose, Unclear, Wish};
pub use household::{Conflict, Household, Member};
pub use list::{DesaCounts, ListKind, ListedHousehold, Person, Row, Side};
pub use store::{ByName, HEAD, Opened, erase, exchange};
