//! Candidate pairs: records that agree on a blocking rule. Every rule's pairs are counted before
//! any is made; a pair that several rules give is made by the first of them alone.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::dictionary::{UNKNOWN, mix};
use super::model::Model;
use super::records::Records;

/// Partitions of a rule's records: each is sorted and joined on its own.
const PARTITIONS: usize = 512;

/// Pairs a rule may make, per record, where the model does not say.
const PAIRS_PER_RECORD: u64 = 100;
const FEWEST_MAX_PAIRS: u64 = 10_000_000;

/// Pairs of all rules together: they are kept in memory, 16 bytes each.
const MAX_PAIRS: u64 = 400_000_000;

/// Pairs handled together: their records are fetched from memory at once, not one behind the other.
const BATCH: usize = 256;

/// What a rule would make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockCount {
    pub name: String,
    pub pairs: u64,
    /// Pairs of its largest block.
    pub largest: u64,
    pub blocks: u64,
}

/// A rule that would make too many pairs; nothing was compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlockError {
    #[error(
        "block '{name}' would make {pairs} pairs, {most} are allowed; its largest block alone makes {largest} (one value that very many records share, such as a placeholder). Add a column to 'on', or raise max_pairs in the model"
    )]
    TooMany { name: String, pairs: u64, most: u64, largest: u64 },
    #[error(
        "the blocks together would make {pairs} pairs, more than {MAX_PAIRS}: narrow them, or link in parts, such as province by province"
    )]
    TooManyTogether { pairs: u64 },
}

/// A rule with its columns found: (column of A, column of B).
struct Rule {
    on: Vec<(usize, usize)>,
}

/// The blocking rules over a set of records.
pub(super) struct Blocking<'a> {
    records: &'a Records,
    rules: Vec<Rule>,
}

/// A record under its key.
type Entry = (u64, u32);

/// One rule's records by partition, each sorted by key.
struct Joined {
    a: Vec<Entry>,
    b: Vec<Entry>,
    starts_a: Vec<usize>,
    starts_b: Vec<usize>,
}

impl<'a> Blocking<'a> {
    pub(super) fn new(model: &Model, records: &'a Records) -> Self {
        let place = |name: &str| model.columns.iter().position(|c| c.name == name).unwrap_or(0);
        let rules = model
            .blocks
            .iter()
            .map(|block| Rule {
                on: block
                    .on
                    .iter()
                    .map(|on| match on.split_once('=') {
                        Some((a, b)) => (place(a), place(b)),
                        None => (place(on), place(on)),
                    })
                    .collect(),
            })
            .collect();
        Self { records, rules }
    }

    fn key(&self, rule: &Rule, side_b: bool, codes: &[u32]) -> u64 {
        let mut key = 0;
        for (a, b) in &rule.on {
            let column = if side_b { *b } else { *a };
            let code = codes[column];
            if code == UNKNOWN {
                return 0;
            }
            // Codes are of one column: a rule across two of them goes by the texts' hashes.
            let across = a != b;
            let hash = || self.records.columns[column].dictionary.hash(code);
            key = mix(key, if across { hash() } else { u64::from(code) });
        }
        key | 1
    }

    /// True where a rule gives this pair.
    fn agrees(&self, rule: &Rule, a: &[u32], b: &[u32]) -> bool {
        rule.on.iter().all(|(left, right)| {
            let (x, y) = (a[*left], b[*right]);
            let hash = |column: usize, code| self.records.columns[column].dictionary.hash(code);
            x != UNKNOWN
                && y != UNKNOWN
                && if left == right { x == y } else { hash(*left, x) == hash(*right, y) }
        })
    }

    /// Scatters one side's records over the partitions and sorts each.
    fn scatter(&self, rule: &Rule, side_b: bool, threads: usize) -> (Vec<Entry>, Vec<usize>) {
        let rows = if side_b { self.records.side_b() } else { 0..self.records.n_a() };
        let keys: Vec<u64> =
            rows.clone().map(|row| self.key(rule, side_b, self.records.codes(row))).collect();
        let mut starts = vec![0; PARTITIONS + 1];
        for key in keys.iter().filter(|k| **k != 0) {
            starts[partition(*key) + 1] += 1;
        }
        for i in 0..PARTITIONS {
            starts[i + 1] += starts[i];
        }
        let mut next = starts.clone();
        let mut entries = vec![(0, 0); starts[PARTITIONS]];
        for (key, row) in keys.iter().zip(rows).filter(|(k, _)| **k != 0) {
            let at = &mut next[partition(*key)];
            entries[*at] = (*key, row);
            *at += 1;
        }
        let mut parts: Vec<&mut [Entry]> = Vec::with_capacity(PARTITIONS);
        let mut rest = entries.as_mut_slice();
        for i in 0..PARTITIONS {
            let (part, behind) = rest.split_at_mut(starts[i + 1] - starts[i]);
            parts.push(part);
            rest = behind;
        }
        let queue = Mutex::new(parts.into_iter());
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    while let Some(part) = next_of(&queue) {
                        part.sort_unstable();
                    }
                });
            }
        });
        (entries, starts)
    }

    fn join(&self, rule: &Rule, threads: usize) -> Joined {
        let (a, starts_a) = self.scatter(rule, false, threads);
        let crossed = rule.on.iter().any(|(a, b)| a != b);
        let (b, starts_b) = if self.records.dedupe && !crossed {
            (a.clone(), starts_a.clone())
        } else {
            self.scatter(rule, true, threads)
        };
        Joined { a, b, starts_a, starts_b }
    }

    /// Bit i: rule i, if it is among the wanted, gives this pair.
    pub(super) fn rules_of(&self, wanted: u64, a: u32, b: u32) -> u64 {
        let (x, y) = (self.records.codes(a), self.records.codes(b));
        let holds = |rule: &Rule| {
            self.agrees(rule, x, y) || (self.records.dedupe && self.agrees(rule, y, x))
        };
        (0_u64..)
            .zip(&self.rules)
            .filter(|(i, _)| wanted >> i & 1 == 1)
            .fold(0, |bits, (i, rule)| bits | u64::from(holds(rule)) << i)
    }

    /// Counts each rule's pairs and refuses what would explode; then calls `each` with every pair
    /// once, in batches; each thread of each rule has a state of its own, made by `make`.
    ///
    /// # Errors
    /// The rule that would make too many pairs.
    pub(super) fn pairs<S: Send>(
        &self,
        model: &Model,
        threads: usize,
        make: impl Fn() -> S + Sync,
        each: impl Fn(&mut S, &[(u32, u32)]) + Sync,
    ) -> Result<(Vec<BlockCount>, Vec<S>), BlockError> {
        let (mut counts, mut states, mut together) = (Vec::new(), Vec::new(), 0_u64);
        let rows = u64::from(self.records.n_a()) + u64::from(self.records.n_b());
        for (at, (rule, block)) in self.rules.iter().zip(&model.blocks).enumerate() {
            let joined = self.join(rule, threads);
            let count = self.count(rule, &joined, &block.name);
            let most = block.max_pairs.unwrap_or((rows * PAIRS_PER_RECORD).max(FEWEST_MAX_PAIRS));
            if count.pairs > most {
                let BlockCount { name, pairs, largest, .. } = count;
                return Err(BlockError::TooMany { name, pairs, most, largest });
            }
            together += count.pairs;
            if together > MAX_PAIRS {
                return Err(BlockError::TooManyTogether { pairs: together });
            }
            counts.push(count);
            states.extend(self.emit(at, &joined, threads, &make, &each));
        }
        Ok((counts, states))
    }

    fn count(&self, rule: &Rule, joined: &Joined, name: &str) -> BlockCount {
        // Within one file a rule on the same columns gives each pair twice and each record with
        // itself; one across columns may give every combination.
        let halved = self.records.dedupe && rule.on.iter().all(|(a, b)| a == b);
        let (mut pairs, mut largest, mut blocks) = (0_u64, 0, 0);
        for part in 0..PARTITIONS {
            for (a, b) in runs(joined.a_of(part), joined.b_of(part)) {
                let (n, m) = (a.len() as u64, b.len() as u64);
                let size = if halved { n * (n - 1) / 2 } else { n.saturating_mul(m) };
                pairs = pairs.saturating_add(size);
                largest = largest.max(size);
                blocks += 1;
            }
        }
        BlockCount { name: name.to_owned(), pairs, largest, blocks }
    }

    fn emit<S: Send>(
        &self,
        at: usize,
        joined: &Joined,
        threads: usize,
        make: &(impl Fn() -> S + Sync),
        each: &(impl Fn(&mut S, &[(u32, u32)]) + Sync),
    ) -> Vec<S> {
        let next = AtomicUsize::new(0);
        let done: Mutex<Vec<S>> = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    let mut state = make();
                    let mut batch = Vec::with_capacity(BATCH);
                    loop {
                        let part = next.fetch_add(1, Ordering::Relaxed);
                        if part >= PARTITIONS {
                            break;
                        }
                        for (a, b) in runs(joined.a_of(part), joined.b_of(part)) {
                            for (_, x) in a {
                                for (_, y) in b {
                                    batch.push((*x, *y));
                                    if batch.len() == BATCH {
                                        self.sift(at, &mut batch);
                                        each(&mut state, &batch);
                                        batch.clear();
                                    }
                                }
                            }
                        }
                    }
                    self.sift(at, &mut batch);
                    each(&mut state, &batch);
                    done.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(state);
                });
            }
        });
        done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Of two rows of one file: true for a row with itself, and where the pair comes up the other
    /// way round as well and that one counts; the lower id goes first.
    fn made_elsewhere(
        &self,
        at: usize,
        (x, left): (u32, &[u32]),
        (y, right): (u32, &[u32]),
    ) -> bool {
        x == y || (x > y && self.agrees(&self.rules[at], right, left))
    }

    /// Leaves of a batch the pairs that no earlier rule makes, of one file the lower id first.
    fn sift(&self, at: usize, batch: &mut Vec<(u32, u32)>) {
        self.records.touch(batch);
        let dedupe = self.records.dedupe;
        batch.retain_mut(|(x, y)| {
            let (left, right) = (self.records.codes(*x), self.records.codes(*y));
            if dedupe && self.made_elsewhere(at, (*x, left), (*y, right)) {
                return false;
            }
            let made = self.rules[..at].iter().any(|rule| {
                self.agrees(rule, left, right) || (dedupe && self.agrees(rule, right, left))
            });
            // By id, not by row: which is A decides what conditions across columns say.
            if dedupe && self.records.rank(*x) > self.records.rank(*y) {
                std::mem::swap(x, y);
            }
            !made
        });
    }
}

impl Joined {
    fn a_of(&self, part: usize) -> &[Entry] {
        &self.a[self.starts_a[part]..self.starts_a[part + 1]]
    }

    fn b_of(&self, part: usize) -> &[Entry] {
        &self.b[self.starts_b[part]..self.starts_b[part + 1]]
    }
}

fn partition(key: u64) -> usize {
    (key >> 55) as usize % PARTITIONS
}

fn next_of<T>(queue: &Mutex<impl Iterator<Item = T>>) -> Option<T> {
    queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next()
}

/// The runs of equal keys that both sides have.
fn runs<'e>(
    mut a: &'e [Entry],
    mut b: &'e [Entry],
) -> impl Iterator<Item = (&'e [Entry], &'e [Entry])> {
    std::iter::from_fn(move || {
        loop {
            let (x, y) = (a.first()?.0, b.first()?.0);
            if x < y {
                a = &a[1..];
            } else if y < x {
                b = &b[1..];
            } else {
                let end = |side: &[Entry]| {
                    side.iter().position(|(key, _)| *key != x).unwrap_or(side.len())
                };
                let (run_a, rest_a) = a.split_at(end(a));
                let (run_b, rest_b) = b.split_at(end(b));
                (a, b) = (rest_a, rest_b);
                return Some((run_a, run_b));
            }
        }
    })
}
