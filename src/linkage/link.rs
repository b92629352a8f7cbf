//! Linking two sets of records, or one with itself: candidate pairs, parameters, weights, and which
//! links stand.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::blocking::{BlockCount, BlockError, Blocking};
use super::compare::{Comparer, Pattern, Scratch};
use super::dictionary::FastMap;
use super::expression::Expression;
use super::model::{Model, Then};
use super::records::Records;
use super::sample::sample;
use super::train::{
    Evidence, Parameters, Pass, PatternCounts, TrainError, estimate, exact_shares, probability,
};

/// Which links stand where a record has several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Best {
    /// All of them: many to many.
    #[default]
    All,
    /// The best for each record of A.
    PerA,
    /// The best for each record of B: many B to one A.
    PerB,
    /// The best first, each record once: one to one.
    OneToOne,
}

/// What is asked for besides the model.
#[derive(Clone, Copy, Debug)]
pub struct LinkOptions {
    pub threads: usize,
    /// Match probability from which a pair is given out; the model's `link_at` where `None`.
    pub threshold: Option<f64>,
    pub best: Best,
}

/// One link.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Link {
    pub a: u32,
    pub b: u32,
    pub pattern: Pattern,
    /// log2 of the odds.
    pub weight: f64,
}

impl Link {
    pub fn probability(&self) -> f64 {
        probability(self.weight)
    }
}

/// The result of linking.
#[derive(Debug)]
pub struct Linked {
    /// The model with every parameter.
    pub model: Model,
    pub parameters: Parameters,
    pub blocks: Vec<BlockCount>,
    /// Distinct candidate pairs, those refused by a rule among them.
    pub candidates: u64,
    pub refused: u64,
    /// In order of the ids of A, then B.
    pub links: Vec<Link>,
}

/// Why records cannot be linked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    #[error(transparent)]
    Block(#[from] BlockError),
    #[error(transparent)]
    Train(#[from] TrainError),
}

/// Candidate pairs with their vectors.
#[derive(Default)]
struct Found {
    pairs: Vec<(u32, u32, Pattern)>,
    /// By the blocks that give the pair (bits) and its vector; only where there is to be training.
    counts: FastMap<(u64, Pattern), u64>,
    refused: u64,
    scratch: Scratch,
}

/// Links the records as the model says; parameters that it leaves open are estimated first.
///
/// # Errors
/// A block that would explode, or nothing to estimate from.
pub fn link(model: &Model, records: &Records, options: LinkOptions) -> Result<Linked, LinkError> {
    let comparer = Comparer::new(model, records);
    let (blocks, found) = candidates(model, records, &comparer, options.threads)?;
    let (model, parameters) = trained(model, records, &comparer, &found, options.threads)?;
    let scorer = Scorer::new(&model, &parameters, records);
    let threshold = options.threshold.unwrap_or(model.link_at);
    let links = weigh(&found, &scorer, threshold, options.threads);
    let refused = found.iter().map(|f| f.refused).sum();
    let candidates = found.iter().map(|f| f.pairs.len() as u64).sum::<u64>() + refused;
    drop(found);
    let links = choose(records, links, options.best);
    Ok(Linked { model, parameters, blocks, candidates, refused, links })
}

fn candidates(
    model: &Model,
    records: &Records,
    comparer: &Comparer<'_>,
    threads: usize,
) -> Result<(Vec<BlockCount>, Vec<Found>), BlockError> {
    let make = || Found { scratch: comparer.scratch(), ..Found::default() };
    let blocking = Blocking::new(model, records);
    let training = !model.is_trained();
    let of = &model.training.blocks;
    let wanted = (0_u64..)
        .zip(&model.blocks)
        .filter(|(_, block)| of.is_empty() || of.contains(&block.name))
        .fold(0, |bits, (i, _)| bits | 1 << i);
    blocking.pairs(model, threads, make, |found: &mut Found, pairs| {
        comparer.prepare(pairs, &mut found.scratch);
        for (a, b) in pairs.iter().copied() {
            let Some(pattern) = comparer.pattern(a, b, &mut found.scratch) else {
                found.refused += 1;
                continue;
            };
            found.pairs.push((a, b, pattern));
            if training {
                let key = (blocking.rules_of(wanted, a, b), pattern.vector());
                *found.counts.entry(key).or_default() += 1;
            }
        }
    })
}

/// The pairs that a rule or their probability makes links, in no order.
fn weigh(found: &[Found], scorer: &Scorer<'_>, threshold: f64, threads: usize) -> Vec<Link> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut links = Vec::new();
        while let Some(found) = found.get(next.fetch_add(1, Ordering::Relaxed)) {
            for &(a, b, pattern) in &found.pairs {
                let link = Link { a, b, pattern, weight: scorer.weight(a, b, pattern) };
                if pattern.rule().is_some() || link.probability() >= threshold {
                    links.push(link);
                }
            }
        }
        links
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut links = work();
        others.into_iter().filter_map(|h| h.join().ok()).for_each(|more| links.extend(more));
        links
    })
}

fn trained(
    model: &Model,
    records: &Records,
    comparer: &Comparer<'_>,
    found: &[Found],
    threads: usize,
) -> Result<(Model, Parameters), TrainError> {
    if let Some(parameters) = Parameters::of(model) {
        return Ok((model.clone(), parameters));
    }
    let blocks = model.blocks.iter();
    let mut evidence = Evidence {
        passes: blocks
            .map(|b| Pass { on: model.base_columns(&b.on), patterns: PatternCounts::new() })
            .collect(),
        candidates: PatternCounts::new(),
        sample: sample(model, records, comparer, threads),
        all_pairs: records.all_pairs(),
        exact: exact_shares(model, records),
    };
    for ((blocks, pattern), n) in found.iter().flat_map(|f| &f.counts) {
        *evidence.candidates.entry(*pattern).or_default() += n;
        for (i, pass) in evidence.passes.iter_mut().enumerate() {
            if blocks >> i & 1 == 1 {
                *pass.patterns.entry(*pattern).or_default() += n;
            }
        }
    }
    let parameters = estimate(model, &evidence)?;
    let mut model = model.clone();
    parameters.fill(&mut model);
    model.trained = Some(format!(
        "expectation-maximisation without labels on {} x {} records, seed {}",
        records.n_a(),
        records.n_b(),
        model.training.seed
    ));
    Ok((model, parameters))
}

/// A level whose rarer values weigh more.
struct Frequency {
    comparison: usize,
    level: usize,
    column: usize,
    /// Probability that two records that are not one person agree on the column.
    u: f64,
}

/// Match weights of pairs.
pub struct Scorer<'a> {
    records: &'a Records,
    parameters: &'a Parameters,
    bits: Vec<Vec<f64>>,
    prior: f64,
    frequencies: Vec<Frequency>,
    /// By frequency: share of the known values that a code is.
    shares: Vec<Vec<f64>>,
}

impl<'a> Scorer<'a> {
    pub fn new(model: &Model, parameters: &'a Parameters, records: &'a Records) -> Self {
        let place = |name: &str| model.columns.iter().position(|c| c.name == name);
        let mut frequencies = Vec::new();
        for (c, comparison) in model.comparisons.iter().enumerate() {
            for (l, level) in comparison.levels.iter().enumerate() {
                let Some(column) = level.tf.as_deref().and_then(place) else { continue };
                let exact = comparison.levels.iter().position(|other| {
                    let when = other.when.as_deref().and_then(|w| Expression::parse(w).ok());
                    when.as_ref().and_then(Expression::exact_column).and_then(place) == Some(column)
                });
                let u = parameters.u[c][exact.unwrap_or(l)];
                frequencies.push(Frequency { comparison: c, level: l, column, u });
            }
        }
        let shares = frequencies.iter().map(|f| term_shares(records, f.column)).collect();
        let bits = parameters
            .m
            .iter()
            .zip(&parameters.u)
            .map(|(m, u)| m.iter().zip(u).map(|(m, u)| (m / u).log2()).collect())
            .collect();
        let prior = (parameters.lambda / (1.0 - parameters.lambda)).log2();
        Self { records, parameters, bits, prior, frequencies, shares }
    }

    /// Match weight of a pair in bits: prior, levels, term frequencies.
    pub fn weight(&self, a: u32, b: u32, pattern: Pattern) -> f64 {
        let levels = self.bits.iter().enumerate().map(|(c, bits)| bits[pattern.level(c)]);
        let rare = (0..self.frequencies.len()).map(|at| self.rarity(at, a, b, pattern));
        self.prior + levels.sum::<f64>() + rare.sum::<f64>()
    }

    /// log2(u / tf) where the level holds, tf being the commoner of the two values' shares.
    fn rarity(&self, at: usize, a: u32, b: u32, pattern: Pattern) -> f64 {
        let Frequency { comparison, level, column, u } = self.frequencies[at];
        if pattern.level(comparison) != level {
            return 0.0;
        }
        let share = |row: u32| self.shares[at][self.records.codes(row)[column] as usize];
        let share = share(a).max(share(b));
        if share > 0.0 { (u / share).log2() } else { 0.0 }
    }

    /// The weight comparison by comparison: (level, bits of the level, bits of the frequency).
    pub fn parts(&self, a: u32, b: u32, pattern: Pattern) -> Vec<(usize, f64, f64)> {
        (0..self.bits.len())
            .map(|c| {
                let level = pattern.level(c);
                let rare = self
                    .frequencies
                    .iter()
                    .enumerate()
                    .filter(|(_, f)| f.comparison == c)
                    .map(|(at, _)| self.rarity(at, a, b, pattern));
                (level, self.bits[c][level], rare.sum())
            })
            .collect()
    }

    pub fn prior(&self) -> f64 {
        self.prior
    }

    pub fn parameters(&self) -> &Parameters {
        self.parameters
    }
}

#[expect(clippy::cast_precision_loss, reason = "numbers of records stay below 2^53")]
fn term_shares(records: &Records, column: usize) -> Vec<f64> {
    let (a, b) = records.frequencies(column);
    let known: u64 = a.iter().zip(b).skip(1).map(|(x, y)| u64::from(*x) + u64::from(*y)).sum();
    a.iter()
        .zip(b)
        .map(|(x, y)| (u64::from(*x) + u64::from(*y)) as f64 / known.max(1) as f64)
        .collect()
}

/// Better first: a deterministic link, then the weight, then the ids: never the order of delivery.
pub(super) fn better(records: &Records, x: &Link, y: &Link) -> std::cmp::Ordering {
    let rule = |l: &Link| l.pattern.rule().unwrap_or(usize::MAX);
    rule(x)
        .cmp(&rule(y))
        .then_with(|| y.weight.total_cmp(&x.weight))
        .then_with(|| records.rank(x.a).cmp(&records.rank(y.a)))
        .then_with(|| records.rank(x.b).cmp(&records.rank(y.b)))
}

fn choose(records: &Records, mut links: Vec<Link>, best: Best) -> Vec<Link> {
    match best {
        Best::All => {}
        Best::PerA => {
            links.sort_unstable_by(|x, y| x.a.cmp(&y.a).then_with(|| better(records, x, y)));
            links.dedup_by_key(|l| l.a);
        }
        Best::PerB => {
            links.sort_unstable_by(|x, y| x.b.cmp(&y.b).then_with(|| better(records, x, y)));
            links.dedup_by_key(|l| l.b);
        }
        Best::OneToOne => {
            links.sort_unstable_by(|x, y| better(records, x, y));
            let mut taken = vec![[false; 2]; records.rows() as usize];
            // In a dedupe a record is one record on either side.
            let side = usize::from(!records.dedupe);
            links.retain(|l| {
                let free = !taken[l.a as usize][0] && !taken[l.b as usize][side];
                if free {
                    (taken[l.a as usize][0], taken[l.b as usize][side]) = (true, true);
                }
                free
            });
        }
    }
    links.sort_unstable_by_key(|l| (records.rank(l.a), records.rank(l.b)));
    links
}

/// What decided a link: the name of a deterministic rule, or `score`.
pub fn how<'m>(model: &'m Model, link: &Link) -> &'m str {
    let rule = link.pattern.rule().and_then(|at| model.rules.get(at));
    rule.filter(|r| r.then == Then::Link).map_or("score", |r| r.name.as_str())
}
