//! A store in one file, made while it is served, and a store out of such a file. What is sealed stays
//! sealed, and the key is not part of it.
//!
//! The file is a tar archive (POSIX.1-1988 ustar; sizes beyond 8 GiB in base 256, as GNU tar writes
//! them), so that nobody needs this program to look into it. Its last member, `CADANGAN.json`, names
//! every other with its length and SHA-256, and carries a mark under the key where there is one.

mod archive;
mod error;
mod make;
mod restore;

pub use error::BackupError;
pub use make::{Made, back_up};
pub use restore::{Restored, restore};

use serde::{Deserialize, Serialize};

/// The member that makes a folder a store: it is put in its place last.
const CURRENT: &str = "CURRENT";

/// The member that lists the others.
const LIST: &str = "CADANGAN.json";
const VERSION: u32 = 1;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Member {
    path: String,
    bytes: u64,
    sha256: String,
}

/// What `CADANGAN.json` says.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    version: u32,
    made_at: String,
    /// The snapshot that was current.
    snapshot: String,
    members: Vec<Member>,
    /// SHA-256 over everything above.
    sha256: String,
    /// HMAC-SHA-256 over the same; empty where there was no key.
    mac: String,
}

impl List {
    /// What the mark is over.
    fn marked(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&(self.version, &self.made_at, &self.snapshot, &self.members))
    }
}
