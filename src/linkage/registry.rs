//! The engine bound to the registries: which persons of the base a row that its NIK does not link
//! could be, by match weight.

use super::registry_scores::Scores;
use crate::clean::PersonRecord;
use crate::domain::{BirthDate, ModelReport};

/// Candidates of one row that are kept: enough to see whether the best stands alone.
pub const KEPT: usize = 3;

/// Which records are compared: a partition holds whole blocks of one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// Same birth date, day and month in either order.
    Birth,
    /// Same kecamatan, similar name.
    Place,
}

impl Pass {
    pub const ALL: [Self; 2] = [Self::Birth, Self::Place];

    /// What the records of one block share, as a number to choose a partition by; `None` where a
    /// record has nothing to be found by in this pass.
    pub fn key(self, record: &PersonRecord) -> Option<u64> {
        match self {
            Self::Birth => record.birth.map(either_order),
            Self::Place => record.region.map(|desa| desa.code().packed() / 10_000),
        }
    }
}

/// The same number for a date and for the date with day and month exchanged.
fn either_order(birth: BirthDate) -> u64 {
    let (a, b) = (u64::from(birth.month()), u64::from(birth.day()));
    (u64::from(birth.year()) * 100 + a.min(b)) * 100 + a.max(b)
}

/// A pair above the weight of no interest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// Index into the base records.
    pub base: u32,
    /// Index into the other records.
    pub other: u32,
    /// Match weight in bits, prior included: the probability is `1 / (1 + 2^-weight)`.
    pub weight: f64,
    /// The comparison levels, one hexadecimal digit each.
    pub pattern: u64,
}

/// Why records cannot be scored.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    #[error("linkage model: {0}")]
    Model(String),
    #[error("a partition of {0} records is more than one pass can number")]
    TooMany(usize),
}

/// Scores pairs of registry records.
#[derive(Clone, Debug)]
pub struct RegistryLinker {
    scores: Scores,
}

/// Probability that a pair of this weight (bits, prior included) is one person.
pub fn probability(weight: f64) -> f64 {
    1.0 / (1.0 + (-weight).exp2())
}

/// The weight from which the probability is at least `p`, 0 < p < 1.
pub fn weight_of(p: f64) -> f64 {
    (p / (1.0 - p)).log2()
}

impl RegistryLinker {
    /// Learns from a sample: records of `base` and `others` of the same birth dates, drawn by
    /// content, out of a base of `population` persons.
    ///
    /// # Errors
    /// The model cannot be estimated.
    pub fn train(
        base: &[PersonRecord],
        others: &[PersonRecord],
        population: u64,
        _seed: u64,
    ) -> Result<Self, LinkError> {
        Ok(Self { scores: Scores::learn(base, others, population) })
    }

    /// Pairs of one partition worth keeping: for each of `others` the [`KEPT`] best of `base`, in
    /// order of `others`, best first. The order of the records does not matter but to number them.
    ///
    /// # Errors
    /// More records than can be numbered.
    pub fn candidates(
        &self,
        base: &[PersonRecord],
        others: &[PersonRecord],
        pass: Pass,
        at_least: f64,
    ) -> Result<Vec<Candidate>, LinkError> {
        let most = base.len().max(others.len());
        u32::try_from(most).map_err(|_| LinkError::TooMany(most))?;
        Ok(self.scores.candidates(base, others, pass, at_least))
    }

    /// The weight of each comparison behind a pattern, in bits, by name.
    pub fn explain(&self, pattern: u64) -> Vec<(&'static str, f64)> {
        self.scores.explain(pattern)
    }

    /// What the manifest says of the model.
    pub fn report(&self, link_at: f64, review_at: f64) -> ModelReport {
        self.scores.report(link_at, review_at)
    }
}
