//! Rows that their NIK does not link: compared with the base by match weight, then decided.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::ingest::{BASE, OPEN, REST, open_partition};
use super::people::OutsideRow;
use super::piles::pile;
use super::{PipelineError, repeats, workers};
use crate::clean::PersonRecord;
use crate::linkage::{
    Claim, How, OpenRow, Pattern, RegistryLinker, RegistryPass as Pass, RowRef, Unlinked,
    by_content, cannot_be_one, differences, probability, weight_of,
};
use crate::progress::Progress;
use crate::restricted::{Choice, Decisions, Outcome, Prints, ReviewPair, ReviewState, Side};
use crate::spill::{SpillWriter, partition_of, take_partition};

const SCORED: &str = "scored";
pub(super) const PENDING: &str = "pending";

/// Bits by which the best candidate must be better than the second: the second is then less than
/// an eighth as likely.
const CLEAR: f64 = 3.0;

/// Match weight down to which pairs are kept while there are decisions, or so much less than the
/// review threshold: a decision holds although the model or the thresholds have since moved.
const REACH_OF_DECISIONS: f64 = -10.0;

/// One candidate of an open row.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Scored {
    other: RowRef,
    base: PersonRecord,
    weight: f64,
    pattern: u64,
}

/// A pair of records of one partition, with weight and pattern.
pub(super) type Pair<'a> = (&'a PersonRecord, &'a PersonRecord, f64, Pattern);

/// Compares two sets of records pass by pass and partition by partition, and hands out the pairs
/// of at least this weight that no rule refuses.
pub(super) fn score_passes(
    folder: &Path,
    partitions: usize,
    [base, others]: [&str; 2],
    linker: &RegistryLinker,
    at_least: f64,
    each: impl Fn(Pair<'_>) -> Result<(), PipelineError> + Sync,
) -> Result<(), PipelineError> {
    let passes = Pass::ALL.len();
    let fits = |a: &PersonRecord, b: &PersonRecord| !cannot_be_one(a, b);
    workers::for_each(partitions * passes, |task| -> Result<(), PipelineError> {
        let (pass, partition) = (Pass::ALL[task % passes], task / passes);
        let others: Vec<PersonRecord> = take_partition(folder, &pile(others, pass), partition)?;
        let base = repeats::once(take_partition(folder, &pile(base, pass), partition)?);
        for pair in linker.candidates(&base, &others, pass, at_least, fits)? {
            let (a, b) = (&base[pair.base as usize], &others[pair.other as usize]);
            each((a, b, pair.weight, pair.pattern))?;
        }
        Ok(())
    })
}

/// Decides rows by score and by what people have decided.
pub(super) struct Resolver<'a> {
    pub folder: &'a Path,
    pub partitions: usize,
    /// `None` where only NIK links.
    pub linker: Option<&'a RegistryLinker>,
    pub link_at: f64,
    pub review_at: f64,
    pub decisions: &'a Decisions,
    /// Nothing else links by score.
    pub only_decided: bool,
    /// Keys of accepted pairs that linked a row.
    pub applied: Mutex<BTreeSet<String>>,
    pub prints: &'a Prints,
    /// Names of the delivered files.
    pub files: &'a [String],
}

/// Where decided rows go.
pub(super) struct Resolved<'a> {
    pub claims: &'a SpillWriter<Claim>,
    pub outside: &'a SpillWriter<OutsideRow>,
    pub pending: &'a SpillWriter<ReviewPair>,
}

impl Resolver<'_> {
    /// Scores and decides every open row.
    pub(super) fn run(
        &self,
        to: &Resolved<'_>,
        progress: &dyn Progress,
    ) -> Result<(), PipelineError> {
        if let Some(linker) = self.linker {
            self.score(linker)?;
        }
        workers::for_each(self.partitions, |partition| -> Result<(), PipelineError> {
            let mut rows: Vec<OpenRow> = take_partition(self.folder, OPEN, partition)?;
            let mut scored: Vec<Scored> = match self.linker {
                Some(_) => take_partition(self.folder, SCORED, partition)?,
                None => Vec::new(),
            };
            rows.sort_by_key(|r| RowRef::of(&r.record));
            scored.sort_by(|a, b| {
                (a.other.cmp(&b.other))
                    .then(b.weight.total_cmp(&a.weight))
                    .then_with(|| by_content(&a.base, &b.base))
            });
            let mut rest = scored.as_slice();
            for row in rows {
                let me = RowRef::of(&row.record);
                let mine = rest.partition_point(|s| s.other <= me);
                let (candidates, behind) = rest.split_at(mine);
                rest = behind;
                self.decide(row, candidates, to)?;
            }
            progress.advance(1);
            Ok(())
        })
    }

    /// How many accepted pairs linked a row.
    pub(super) fn applied(&self) -> u64 {
        self.applied.lock().unwrap_or_else(PoisonError::into_inner).len() as u64
    }

    fn score(&self, linker: &RegistryLinker) -> Result<(), PipelineError> {
        let writer: SpillWriter<Scored> =
            SpillWriter::create(self.folder, SCORED, self.partitions)?;
        let review_at = weight_of(self.review_at);
        let reach = review_at.min(0.0) + REACH_OF_DECISIONS;
        let at_least = if self.decisions.is_empty() { review_at } else { reach };
        let each = |(base, other, weight, pattern): Pair<'_>| -> Result<(), PipelineError> {
            let other = RowRef::of(other);
            let partition = open_partition(other.source, other.row, self.partitions);
            Ok(writer.push(
                partition,
                &Scored { other, base: base.clone(), weight, pattern: pattern.0 },
            )?)
        };
        score_passes(self.folder, self.partitions, [BASE, REST], linker, at_least, each)?;
        Ok(writer.finish()?)
    }

    /// Links a row, lets it wait, or leaves it.
    fn decide(
        &self,
        row: OpenRow,
        candidates: &[Scored],
        to: &Resolved<'_>,
    ) -> Result<(), PipelineError> {
        let (mut standing, mut refused): (Vec<(&Scored, Option<Choice>)>, bool) =
            (Vec::new(), false);
        for scored in candidates {
            // Both passes may find the same pair.
            if standing.iter().any(|(s, _)| RowRef::of(&s.base) == RowRef::of(&scored.base)) {
                continue;
            }
            match self.decided(scored, &row.record) {
                Some(Choice::Tidak) => refused = true,
                choice => standing.push((scored, choice)),
            }
        }
        let accepted = standing.iter().find(|(_, choice)| *choice == Some(Choice::Ya));
        if let Some((scored, _)) = accepted {
            self.applied
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(self.prints.of_pair(&scored.base, &row.record));
            return self.link(&row, scored, How::Review { weight: scored.weight }, to);
        }
        let best = standing
            .first()
            .filter(|(s, _)| s.weight >= weight_of(self.review_at) && !self.only_decided);
        let Some((best, choice)) = best else {
            let review = if refused { ReviewState::Refused } else { ReviewState::None };
            return self.leave(row, None, None, review, to);
        };
        if best.weight < weight_of(self.link_at) || *choice == Some(Choice::Ragu) {
            self.wait(&row, best, to)?;
            return self.leave(
                row,
                Some(Outcome::Pending),
                Some(best.weight),
                ReviewState::Waiting,
                to,
            );
        }
        if standing.get(1).is_some_and(|(second, _)| best.weight - second.weight < CLEAR) {
            let weight = Some(best.weight);
            return self.leave(row, Some(Outcome::Ambiguous), weight, ReviewState::None, to);
        }
        self.link(&row, best, How::Score { weight: best.weight }, to)
    }

    fn decided(&self, scored: &Scored, other: &PersonRecord) -> Option<Choice> {
        if self.decisions.is_empty() {
            return None;
        }
        self.decisions.of(&self.prints.of_pair(&scored.base, other))
    }

    fn link(
        &self,
        row: &OpenRow,
        scored: &Scored,
        how: How,
        to: &Resolved<'_>,
    ) -> Result<(), PipelineError> {
        let differs = differences(&scored.base, &row.record);
        if let Some(claim) = Claim::new(&scored.base, &row.record, how, differs) {
            let partition = partition_of(claim.family.spread(), self.partitions);
            to.claims.push(partition, &claim)?;
        }
        Ok(())
    }

    fn wait(&self, row: &OpenRow, best: &Scored, to: &Resolved<'_>) -> Result<(), PipelineError> {
        let explain = |linker: &RegistryLinker| linker.explain(best.weight, Pattern(best.pattern));
        let because = self.linker.map(explain).unwrap_or_default();
        let pair = ReviewPair {
            key: self.prints.of_pair(&best.base, &row.record),
            registry: row.record.registry,
            file: self.files.get(usize::from(row.record.source)).cloned().unwrap_or_default(),
            row: row.record.row,
            weight: best.weight,
            probability: probability(best.weight),
            because,
            base: Side::of(&best.base),
            other: Side::of(&row.record),
        };
        Ok(to.pending.push(row.record.registry.index(), &pair)?)
    }

    fn leave(
        &self,
        row: OpenRow,
        outcome: Option<Outcome>,
        weight: Option<f64>,
        review: ReviewState,
        to: &Resolved<'_>,
    ) -> Result<(), PipelineError> {
        let outcome = outcome.unwrap_or(match row.why {
            Unlinked::NoNik => Outcome::NoNik,
            Unlinked::NotFound => Outcome::NotFound,
            Unlinked::Contradicted => Outcome::Contradicted,
            Unlinked::Ambiguous => Outcome::Ambiguous,
        });
        let left = OutsideRow { record: row.record, why: row.why, outcome, weight, review };
        Ok(to.outside.push(left.partition(self.partitions), &left)?)
    }
}
