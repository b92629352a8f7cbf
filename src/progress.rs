//! How long work tells where it stands, without knowing whether a terminal, a log or a test listens.

/// A listener. Stages follow each other; counts are of whatever the stage counts (rows, bytes).
pub trait Progress: Sync {
    /// A stage begins; `total` where it is known.
    fn stage(&self, name: &str, total: Option<u64>);
    /// `by` more of the stage is done. Called from any thread.
    fn advance(&self, by: u64);
}

/// Nobody listens.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn stage(&self, _name: &str, _total: Option<u64>) {}
    fn advance(&self, _by: u64) {}
}
