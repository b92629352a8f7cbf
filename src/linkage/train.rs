//! Parameters without labels, by expectation–maximisation (Dempster, Laird and Rubin 1977; Winkler
//! 1988): u from a seeded sample of all pairs, m block by block, lambda from all candidates.
//!
//! Within the pairs of one block the comparisons on the block's own columns say nothing, so each
//! block trains the others, and the median over the blocks stands (as Splink does it). What is rare
//! among random pairs (equal NIK, equal birth date) is sampled on its own; there the comparisons
//! that `judged_by` names tell who is one person.

use std::collections::BTreeMap;

use super::compare::Pattern;
use super::model::Model;
use super::records::Records;

/// How often each comparison vector was seen.
pub type PatternCounts = BTreeMap<Pattern, u64>;

/// A part of all pairs, seen through a sample.
#[derive(Clone, Debug, Default)]
pub struct Stratum {
    /// Pairs that one sampled pair stands for.
    pub weight: f64,
    pub patterns: PatternCounts,
    /// Base columns on which its pairs agree; none for random pairs.
    pub on: Vec<usize>,
}

/// The pairs of one block.
#[derive(Clone, Debug, Default)]
pub struct Pass {
    pub patterns: PatternCounts,
    /// Base columns of the block: comparisons on them are not trained here.
    pub on: Vec<usize>,
}

/// What parameters are estimated from.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    pub passes: Vec<Pass>,
    /// Vectors of all candidate pairs.
    pub candidates: PatternCounts,
    pub sample: Vec<Stratum>,
    /// All pairs that there are.
    pub all_pairs: f64,
    /// Share of all pairs in a level that is plain equality of a column: exact, not sampled. By
    /// (comparison, level).
    pub exact: BTreeMap<(usize, usize), f64>,
}

/// m and u of every level, and lambda.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    pub lambda: f64,
    /// By comparison and level; 1 for neutral levels.
    pub m: Vec<Vec<f64>>,
    pub u: Vec<Vec<f64>>,
}

/// Why parameters cannot be estimated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrainError {
    #[error(
        "no candidate pair: no block finds records that agree; check the columns of the blocks"
    )]
    NoPairs,
    #[error(
        "the estimate ends with no match at all among the candidate pairs: the files may have nobody in common, or the comparisons do not tell matches apart; give m, u and lambda in the model"
    )]
    NoMatches,
}

/// Change of any parameter below which an estimate stands.
const TOLERANCE: f64 = 1e-7;

/// Smallest parameter: a level that was never seen is rare, not impossible.
const LEAST: f64 = 1e-12;

/// What each level is less likely than the one before it, at the start.
const START_RATIO: f64 = 0.35;

impl Parameters {
    /// The parameters of a trained model; `None` while one is open.
    pub fn of(model: &Model) -> Option<Self> {
        let of = |pick: fn(&super::model::Level) -> Option<f64>| {
            model
                .comparisons
                .iter()
                .map(|c| {
                    c.levels.iter().map(|l| if l.neutral { Some(1.0) } else { pick(l) }).collect()
                })
                .collect::<Option<Vec<Vec<f64>>>>()
        };
        Some(Self { lambda: model.lambda?, m: of(|l| l.m)?, u: of(|l| l.u)? })
    }

    /// Writes the parameters into a model.
    pub fn fill(&self, model: &mut Model) {
        model.lambda = Some(self.lambda);
        for (c, comparison) in model.comparisons.iter_mut().enumerate() {
            for (l, level) in comparison.levels.iter_mut().enumerate().filter(|(_, l)| !l.neutral) {
                (level.m, level.u) = (Some(self.m[c][l]), Some(self.u[c][l]));
            }
        }
    }

    /// Match weight of a vector without term frequencies:
    /// log2(λ/(1−λ)) + Σ log2(m/u) (Fellegi and Sunter 1969).
    pub fn weight(&self, pattern: Pattern) -> f64 {
        self.weight_of(pattern, self.lambda, 0..self.m.len())
    }

    fn weight_of(&self, pattern: Pattern, lambda: f64, of: impl Iterator<Item = usize>) -> f64 {
        let prior = (lambda / (1.0 - lambda)).log2();
        let levels = of.map(|c| {
            let level = pattern.level(c);
            (self.m[c][level] / self.u[c][level]).log2()
        });
        prior + levels.sum::<f64>()
    }
}

/// Probability of a match weight: 2^w / (1 + 2^w).
pub fn probability(weight: f64) -> f64 {
    1.0 / (1.0 + (-weight).exp2())
}

/// Estimates what the model leaves open; what it gives stands.
///
/// # Errors
/// There is nothing to estimate from.
pub fn estimate(model: &Model, evidence: &Evidence) -> Result<Parameters, TrainError> {
    if evidence.candidates.is_empty() {
        return Err(TrainError::NoPairs);
    }
    let mut trainer = Trainer::new(model);
    trainer.random_u(evidence);
    trainer.rare_u(evidence);
    trainer.m_by_block(evidence);
    trainer.lambda(evidence)?;
    Ok(trainer.now)
}

/// Parameters on the way.
struct Trainer<'a> {
    model: &'a Model,
    /// Base columns of each comparison.
    columns: Vec<Vec<usize>>,
    judges: Vec<usize>,
    now: Parameters,
}

impl<'a> Trainer<'a> {
    fn new(model: &'a Model) -> Self {
        let columns: Vec<Vec<usize>> =
            (0..model.comparisons.len()).map(|c| model.comparison_columns(c)).collect();
        let judges = (0..model.comparisons.len())
            .filter(|c| {
                let by = &model.training.judged_by;
                by.is_empty() || by.contains(&model.comparisons[*c].name)
            })
            .collect();
        let m = model.comparisons.iter().map(first_guess).collect();
        let u = model.comparisons.iter().map(|c| vec![1.0; c.levels.len()]).collect();
        let mut trainer = Self { model, columns, judges, now: Parameters { lambda: 0.5, m, u } };
        trainer.keep_given();
        trainer
    }

    fn neutral(&self, comparison: usize) -> Vec<bool> {
        self.model.comparisons[comparison].levels.iter().map(|l| l.neutral).collect()
    }

    /// Comparisons that do not look at any of these base columns.
    fn free_of(&self, on: &[usize], among: &[usize]) -> Vec<usize> {
        let free = |c: &usize| !self.columns[*c].iter().any(|column| on.contains(column));
        among.iter().copied().filter(free).collect()
    }

    fn everything(&self) -> Vec<usize> {
        (0..self.columns.len()).collect()
    }

    /// u of every comparison from the random pairs, matches among them being too rare to matter;
    /// plain equality is counted exactly.
    #[expect(clippy::cast_precision_loss, reason = "numbers of pairs stay below 2^53")]
    fn random_u(&mut self, evidence: &Evidence) {
        for c in self.everything() {
            let mut sums = vec![0.0; self.now.u[c].len()];
            for stratum in &evidence.sample {
                // A comparison on the columns of a stratum is judged there, in `rare_u`.
                if stratum.on.is_empty() || self.free_of(&stratum.on, &[c]).is_empty() {
                    for (pattern, n) in &stratum.patterns {
                        sums[pattern.level(c)] += stratum.weight * *n as f64;
                    }
                }
            }
            if sums.iter().sum::<f64>() > 0.0 {
                let least = evidence.sample.last().map_or(0.5, |s| s.weight / 2.0);
                self.now.u[c] = shares(&sums, &self.neutral(c), least);
            }
        }
        for ((c, l), share) in &evidence.exact {
            self.now.u[*c][*l] = share.max(LEAST);
        }
        self.keep_given();
    }

    /// u of the comparisons that look at the columns of a stratum: every pair of the sample counts
    /// with what it stands for, times the probability that it is no match.
    #[expect(clippy::cast_precision_loss, reason = "numbers of pairs stay below 2^53")]
    fn rare_u(&mut self, evidence: &Evidence) {
        let strata = || evidence.sample.iter().filter(|s| !s.on.is_empty());
        let touched: Vec<usize> = self
            .everything()
            .into_iter()
            .filter(|c| strata().any(|s| self.free_of(&s.on, &[*c]).is_empty()))
            .collect();
        if touched.is_empty() {
            return;
        }
        let mut sums: Vec<Vec<f64>> =
            self.now.u.iter().map(|levels| vec![0.0; levels.len()]).collect();
        for stratum in &evidence.sample {
            let judges = self.free_of(&stratum.on, &self.judges);
            let within = if stratum.on.is_empty() {
                None
            } else {
                Some(self.expectation(&stratum.patterns, &judges))
            };
            for (pattern, n) in &stratum.patterns {
                let p = within.as_ref().map_or(0.0, |(now, lambda)| {
                    probability(now.weight_of(*pattern, *lambda, judges.iter().copied()))
                });
                for c in &touched {
                    sums[*c][pattern.level(*c)] += stratum.weight * *n as f64 * (1.0 - p);
                }
            }
        }
        let least = evidence.sample.iter().map(|s| s.weight).fold(f64::INFINITY, f64::min) / 2.0;
        for c in touched {
            self.now.u[c] = shares(&sums[c], &self.neutral(c), least);
        }
        self.keep_given();
    }

    /// Expectation–maximisation over the pairs of one block or stratum, of the share of matches
    /// and of m of the `active` comparisons; u stands.
    #[expect(clippy::cast_precision_loss, reason = "numbers of pairs stay below 2^53")]
    fn expectation(&self, patterns: &PatternCounts, active: &[usize]) -> (Parameters, f64) {
        let mut now = self.now.clone();
        let mut lambda = 0.5;
        let total: f64 = patterns.values().map(|n| *n as f64).sum();
        for _ in 0..self.model.training.most_iterations {
            let mut matched = 0.0;
            let mut sums: Vec<Vec<f64>> = now.m.iter().map(|l| vec![0.0; l.len()]).collect();
            for (pattern, n) in patterns {
                let weight = now.weight_of(*pattern, lambda, active.iter().copied());
                let share = *n as f64 * probability(weight);
                matched += share;
                active.iter().for_each(|c| sums[*c][pattern.level(*c)] += share);
            }
            let before = (now.m.clone(), lambda);
            lambda = (matched / total.max(1.0)).clamp(1e-9, 1.0 - 1e-9);
            for c in active {
                now.m[*c] = shares(&sums[*c], &self.neutral(*c), 0.5);
            }
            keep(self.model, &mut now);
            let moved = now
                .m
                .iter()
                .flatten()
                .zip(before.0.iter().flatten())
                .map(|(x, y)| (x - y).abs())
                .fold((lambda - before.1).abs(), f64::max);
            if moved < TOLERANCE {
                break;
            }
        }
        (now, lambda)
    }

    /// m of each comparison: the median over the blocks that do not hold its columns; over all
    /// blocks where each of them does.
    fn m_by_block(&mut self, evidence: &Evidence) {
        let mut found: Vec<Vec<Vec<f64>>> = vec![Vec::new(); self.columns.len()];
        for pass in evidence.passes.iter().filter(|p| !p.patterns.is_empty()) {
            let active = self.free_of(&pass.on, &self.everything());
            let (now, lambda) = self.expectation(&pass.patterns, &active);
            // A block without matches has nothing to say about them.
            if lambda > 1e-6 {
                active.iter().for_each(|c| found[*c].push(now.m[*c].clone()));
            }
        }
        for (c, m) in found.iter().enumerate().filter(|(_, m)| !m.is_empty()) {
            self.now.m[c] = medians(m, &self.neutral(c));
        }
        self.keep_given();
        let left: Vec<usize> = (0..found.len()).filter(|c| found[*c].is_empty()).collect();
        if !left.is_empty() {
            self.m_of_the_rest(evidence, &left);
        }
    }

    /// m of comparisons that every block looks at, from all candidates and what is known by now.
    #[expect(clippy::cast_precision_loss, reason = "numbers of pairs stay below 2^53")]
    fn m_of_the_rest(&mut self, evidence: &Evidence, left: &[usize]) {
        let pairs: f64 = evidence.candidates.values().map(|n| *n as f64).sum();
        self.now.lambda = (pairs / 2.0 / evidence.all_pairs).clamp(LEAST, 0.5);
        for _ in 0..self.model.training.most_iterations {
            let mut sums: Vec<Vec<f64>> = self.now.m.iter().map(|l| vec![0.0; l.len()]).collect();
            let mut matched = 0.0;
            for (pattern, n) in &evidence.candidates {
                let share = *n as f64 * probability(self.now.weight(*pattern));
                matched += share;
                left.iter().for_each(|c| sums[*c][pattern.level(*c)] += share);
            }
            self.now.lambda = (matched / evidence.all_pairs).clamp(LEAST, 1.0 - LEAST);
            for c in left {
                self.now.m[*c] = shares(&sums[*c], &self.neutral(*c), 0.5);
            }
            self.keep_given();
        }
    }

    /// Lambda such that it equals the expected share of matches among all pairs; a pair outside
    /// every block is taken for no match.
    #[expect(clippy::cast_precision_loss, reason = "numbers of pairs stay below 2^53")]
    fn lambda(&mut self, evidence: &Evidence) -> Result<(), TrainError> {
        if self.model.lambda.is_some() {
            return Ok(());
        }
        let pairs: f64 = evidence.candidates.values().map(|n| *n as f64).sum();
        let mut lambda = (pairs / 2.0 / evidence.all_pairs).clamp(LEAST, 0.5);
        for _ in 0..self.model.training.most_iterations {
            let matched: f64 = evidence
                .candidates
                .iter()
                .map(|(pattern, n)| {
                    let all = 0..self.columns.len();
                    *n as f64 * probability(self.now.weight_of(*pattern, lambda, all))
                })
                .sum();
            let next = (matched / evidence.all_pairs).clamp(LEAST, 1.0 - 1e-9);
            let moved = (next / lambda - 1.0).abs();
            lambda = next;
            if moved < TOLERANCE {
                break;
            }
        }
        if lambda * evidence.all_pairs < 1e-3 {
            return Err(TrainError::NoMatches);
        }
        self.now.lambda = lambda;
        Ok(())
    }

    fn keep_given(&mut self) {
        keep(self.model, &mut self.now);
    }
}

/// What the model gives stands.
fn keep(model: &Model, parameters: &mut Parameters) {
    if let Some(lambda) = model.lambda {
        parameters.lambda = lambda;
    }
    for (c, comparison) in model.comparisons.iter().enumerate() {
        for (l, level) in comparison.levels.iter().enumerate().filter(|(_, l)| !l.neutral) {
            parameters.m[c][l] = level.m.unwrap_or(parameters.m[c][l]);
            parameters.u[c][l] = level.u.unwrap_or(parameters.u[c][l]);
        }
    }
}

/// Each level less likely than the one before it, agreement first.
fn first_guess(comparison: &super::model::Comparison) -> Vec<f64> {
    let mut next = 1.0;
    let mut m: Vec<f64> = comparison
        .levels
        .iter()
        .map(|level| {
            if level.neutral {
                return 0.0;
            }
            let share = next;
            next *= START_RATIO;
            share
        })
        .collect();
    let total: f64 = m.iter().sum();
    for (share, level) in m.iter_mut().zip(&comparison.levels) {
        *share = if level.neutral { 1.0 } else { *share / total };
    }
    m
}

/// Shares of the levels that are not neutral; one never seen gets what `least` would be.
fn shares(sums: &[f64], neutral: &[bool], least: f64) -> Vec<f64> {
    let total: f64 = sums.iter().zip(neutral).filter(|(_, n)| !**n).map(|(s, _)| s).sum();
    sums.iter()
        .zip(neutral)
        .map(|(sum, neutral)| match (*neutral, total > 0.0) {
            (true, _) | (false, false) => 1.0,
            (false, true) => (sum.max(least) / total).clamp(LEAST, 1.0),
        })
        .collect()
}

/// The median of each level over several estimates, made to sum to 1.
fn medians(all: &[Vec<f64>], neutral: &[bool]) -> Vec<f64> {
    let median = |l: usize| {
        let mut values: Vec<f64> = all.iter().map(|m| m[l]).collect();
        values.sort_unstable_by(f64::total_cmp);
        f64::midpoint(values[(values.len() - 1) / 2], values[values.len() / 2])
    };
    let medians: Vec<f64> = (0..neutral.len()).map(median).collect();
    let total: f64 = medians.iter().zip(neutral).filter(|(_, n)| !**n).map(|(m, _)| m).sum();
    medians.iter().zip(neutral).map(|(m, n)| if *n { 1.0 } else { m / total }).collect()
}

/// Levels that are plain equality of one column right behind the neutral ones: their share of all
/// pairs where the column is known, counted from the frequencies.
#[expect(clippy::cast_precision_loss, reason = "numbers of pairs stay below 2^53")]
pub fn exact_shares(model: &Model, records: &Records) -> BTreeMap<(usize, usize), f64> {
    let mut shares = BTreeMap::new();
    for (c, comparison) in model.comparisons.iter().enumerate() {
        let Some(l) = comparison.levels.iter().position(|level| !level.neutral) else { continue };
        let expression = comparison.levels[l].when.as_deref();
        let expression = expression.and_then(|w| super::expression::Expression::parse(w).ok());
        let Some(name) = expression.as_ref().and_then(|e| e.exact_column()) else { continue };
        let Some(column) = model.columns.iter().position(|c| c.name == name) else { continue };
        let (a, b) = records.frequencies(column);
        let b = if records.dedupe { a } else { b };
        let own = u64::from(records.dedupe);
        let pairs = |x: u64, y: u64| x as f64 * y.saturating_sub(own) as f64;
        let equal: f64 =
            a.iter().zip(b).skip(1).map(|(x, y)| pairs(u64::from(*x), u64::from(*y))).sum();
        let known = |side: &[u32]| side.iter().skip(1).map(|n| u64::from(*n)).sum::<u64>();
        let all = pairs(known(a), known(b));
        if equal > 0.0 && all > 0.0 {
            shares.insert((c, l), equal / all);
        }
    }
    shares
}
