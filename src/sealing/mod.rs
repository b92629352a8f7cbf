//! What nobody reads without the key: the master key in a file outside the data folder, one key for
//! each purpose made of it, and bytes and files sealed with them.
//!
//! Sealing is XChaCha20-Poly1305 under a nonce that is itself a keyed hash of what is sealed (the
//! way of SIV, Rogaway and Shrimpton 2006): the same content under the same key gives the same
//! bytes, so nothing here needs a source of randomness, and no nonce can be used twice by accident.

mod error;
mod key;
mod place;
mod seal;
mod stream;

pub use error::SealError;
pub use key::{MasterKey, Secret};
pub use place::{
    Exchange, KeyFrom, begin_exchange, end_exchange, exchange, key_of_store, remember,
};
pub use seal::Sealer;
pub use stream::{OpeningReader, SealingWriter};
