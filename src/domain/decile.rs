//! Welfare deciles.

use serde::{Deserialize, Serialize};

/// A national welfare decile, 1 (poorest) to 10.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Decile(u8);

impl Decile {
    /// `None` outside 1..=10.
    pub fn new(value: u8) -> Option<Self> {
        (1..=10).contains(&value).then_some(Self(value))
    }

    pub fn get(self) -> u8 {
        self.0
    }
}
