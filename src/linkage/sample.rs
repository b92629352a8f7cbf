//! The pairs that u is estimated from: a seeded sample of all pairs, and samples of what is rare
//! among them. Chosen by hashes of ids and values, so that the order of delivery says nothing.

use super::compare::Comparer;
use super::dictionary::{FastMap, UNKNOWN, mix};
use super::model::Model;
use super::records::Records;
use super::train::{PatternCounts, Stratum};

/// Takes the samples that u is estimated from. The same records give the same sample in whatever
/// order they came: records are chosen by the hash of their ids.
pub fn sample(
    model: &Model,
    records: &Records,
    comparer: &Comparer<'_>,
    threads: usize,
) -> Vec<Stratum> {
    let place = |name: &String| model.columns.iter().position(|c| c.name == *name).unwrap_or(0);
    let strata: Vec<Vec<usize>> =
        model.training.strata.iter().map(|s| s.iter().map(place).collect()).collect();
    let sampler = Sampler { records, comparer, strata, seed: model.training.seed };
    let mut all = Vec::new();
    for (i, columns) in model.training.strata.iter().enumerate() {
        let stratum = sampler.stratum(i, model.training.stratum_pairs, threads);
        all.push(Stratum { on: model.base_columns(columns), ..stratum });
    }
    all.push(sampler.random(model.training.u_pairs, threads));
    all
}

/// Pairs looked up together.
const BATCH: usize = 256;

struct Sampler<'a> {
    records: &'a Records,
    comparer: &'a Comparer<'a>,
    strata: Vec<Vec<usize>>,
    seed: u64,
}

impl Sampler<'_> {
    fn rows(&self, side_b: bool) -> std::ops::Range<u32> {
        if side_b { self.records.side_b() } else { 0..self.records.n_a() }
    }

    /// About `wanted` rows of a side, chosen and ordered by the hash of id and seed.
    fn chosen(&self, side_b: bool, wanted: u64) -> Vec<u32> {
        let rows = self.rows(side_b);
        let limit = limit(wanted, rows.len() as u64);
        let mut chosen: Vec<(u64, u32, u32)> = rows
            .map(|row| (mix(self.seed, self.records.id_hash(row)), self.records.rank(row), row))
            .filter(|(hash, _, _)| *hash <= limit)
            .collect();
        chosen.sort_unstable();
        chosen.into_iter().map(|(_, _, row)| row).collect()
    }

    /// Two rows of one file, the lower id first, as blocks give them.
    fn by_id(&self, x: u32, y: u32) -> (u32, u32) {
        if self.records.rank(x) <= self.records.rank(y) { (x, y) } else { (y, x) }
    }

    fn agrees(&self, stratum: &[usize], a: u32, b: u32) -> bool {
        let (x, y) = (self.records.codes(a), self.records.codes(b));
        stratum.iter().all(|column| {
            let code = x[*column];
            code != UNKNOWN && code == y[*column]
        })
    }

    /// Pairs of all, less those of the strata: rows chosen on each side, paired at random.
    fn random(&self, wanted: u64, threads: usize) -> Stratum {
        let most = self.records.all_pairs();
        #[expect(clippy::cast_precision_loss, reason = "numbers of pairs stay below 2^53")]
        let everything = most <= wanted as f64;
        // Each row is in some twenty pairs: fewer rows are looked up, and a sample of that
        // many is as good as one of all.
        let rows = if everything { u64::MAX } else { (wanted / 20).max(1000) };
        let a = self.chosen(false, rows);
        let b = if self.records.dedupe { a.clone() } else { self.chosen(true, rows) };
        let (n, m) = (a.len() as u64, b.len() as u64);
        let pick = |t: u64| -> Option<(u32, u32)> {
            let (i, j) = if everything {
                (t / m.max(1), t % m.max(1))
            } else {
                (
                    mix(self.seed ^ 0xA5A5, 2 * t) % n.max(1),
                    mix(self.seed ^ 0x5A5A, 2 * t + 1) % m.max(1),
                )
            };
            let (x, y) = (*a.get(usize::try_from(i).ok()?)?, *b.get(usize::try_from(j).ok()?)?);
            if !self.records.dedupe {
                return Some((x, y));
            }
            let fine = if everything { x < y } else { x != y };
            fine.then(|| self.by_id(x, y))
        };
        let tries = if everything { n * m } else { wanted };
        let (patterns, taken) = self.take(tries, threads, &pick, self.strata.len());
        #[expect(clippy::cast_precision_loss, reason = "numbers of pairs stay below 2^53")]
        let weight = if everything { 1.0 } else { most / taken.max(1) as f64 };
        Stratum { weight, patterns, on: Vec::new() }
    }

    /// Pairs that agree on the columns of a stratum and on no earlier one's.
    fn stratum(&self, at: usize, wanted: u64, threads: usize) -> Stratum {
        let columns = &self.strata[at];
        // Of one column the pairs are counted beforehand: the values with the lowest hashes are
        // enough then, if they are some thousand: the pairs of one value are alike.
        let total_pairs =
            if let [column] = columns.as_slice() { self.equal_pairs(*column) } else { 0 };
        let limit = if total_pairs == 0 {
            u64::MAX
        } else {
            let values = self.records.columns[columns[0]].dictionary.len() as u64;
            limit(5 * wanted, total_pairs).max(limit(1000, values))
        };
        let key = |row: u32| -> u64 {
            let codes = self.records.codes(row);
            columns.iter().fold(0, |key, column| {
                let code = codes[*column];
                if code == UNKNOWN || key == u64::MAX {
                    u64::MAX
                } else {
                    mix(key, self.records.columns[*column].dictionary.hash(code))
                }
            })
        };
        let keyed = |side_b: bool| {
            let mut keyed: Vec<(u64, u32, u32)> = self
                .rows(side_b)
                .map(|row| (key(row), self.records.rank(row), row))
                .filter(|(key, _, _)| *key != u64::MAX && mix(self.seed, *key) <= limit)
                .collect();
            keyed.sort_unstable();
            keyed
        };
        let left = keyed(false);
        let right = if self.records.dedupe { left.clone() } else { keyed(true) };
        // Blocks with their first pair's number, so that the t-th pair is found by bisection.
        let mut blocks: Vec<(u64, usize, usize, usize, usize)> = Vec::new();
        let mut total = 0_u64;
        let mut j = 0;
        let mut i = 0;
        while i < left.len() {
            let end = i + left[i..].partition_point(|e| e.0 == left[i].0);
            j += right[j..].partition_point(|e| e.0 < left[i].0);
            let stop = j + right[j..].partition_point(|e| e.0 == left[i].0);
            if stop > j {
                blocks.push((total, i, end, j, stop));
                total += (end - i) as u64 * (stop - j) as u64;
            }
            i = end;
        }
        let everything = total <= wanted;
        // What the chosen blocks stand for.
        let stands_for = if total_pairs == 0 { total } else { total_pairs };
        let pick = |t: u64| -> Option<(u32, u32)> {
            let t = if everything { t } else { mix(self.seed ^ 0xC3C3, t) % total.max(1) };
            let block = blocks.get(blocks.partition_point(|b| b.0 <= t).checked_sub(1)?)?;
            let (start, i, _, j, stop) = *block;
            let (inside, width) = (usize::try_from(t - start).ok()?, stop - j);
            let (x, y) = (left[i + inside / width].2, right[j + inside % width].2);
            if !self.records.dedupe {
                return Some((x, y));
            }
            (x != y && (!everything || x < y)).then(|| self.by_id(x, y))
        };
        let tries = if everything { total } else { wanted };
        let (patterns, taken) = self.take(tries, threads, &pick, at);
        #[expect(clippy::cast_precision_loss, reason = "numbers of pairs stay below 2^53")]
        let weight = {
            let pairs = if self.records.dedupe { stands_for / 2 } else { stands_for };
            pairs as f64 / taken.max(1) as f64
        };
        Stratum { weight, patterns, on: Vec::new() }
    }

    /// Pairs with equal known values of a column; of one file each pair both ways round.
    fn equal_pairs(&self, column: usize) -> u64 {
        let (a, b) = self.records.frequencies(column);
        let (b, own) = if self.records.dedupe { (a, 1) } else { (b, 0) };
        let pairs = |(x, y): (&u32, &u32)| u64::from(*x) * u64::from(y.saturating_sub(own));
        a.iter().zip(b).skip(1).map(pairs).sum()
    }

    /// Vectors of the picked pairs that none of the first `strata` holds; and how many were picked.
    fn take(
        &self,
        tries: u64,
        threads: usize,
        pick: &(impl Fn(u64) -> Option<(u32, u32)> + Sync),
        strata: usize,
    ) -> (PatternCounts, u64) {
        let chunk = tries.div_ceil(threads.max(1) as u64).max(1);
        let parts: Vec<(PatternCounts, u64)> = std::thread::scope(|scope| {
            let handles: Vec<_> = (0..threads as u64)
                .map(|t| {
                    scope.spawn(move || {
                        let (mut counts, mut taken) = (FastMap::default(), 0);
                        let mut scratch = self.comparer.scratch();
                        let mut batch = Vec::with_capacity(BATCH);
                        let mut next = t * chunk..((t + 1) * chunk).min(tries);
                        loop {
                            batch.clear();
                            batch.extend(next.by_ref().take(BATCH).filter_map(pick));
                            if batch.is_empty() && next.is_empty() {
                                break;
                            }
                            taken += batch.len() as u64;
                            self.records.touch(&batch);
                            batch.retain(|(a, b)| {
                                !self.strata[..strata].iter().any(|s| self.agrees(s, *a, *b))
                            });
                            self.comparer.prepare(&batch, &mut scratch);
                            for (a, b) in &batch {
                                if let Some(pattern) = self.comparer.pattern(*a, *b, &mut scratch) {
                                    *counts.entry(pattern.vector()).or_insert(0_u64) += 1;
                                }
                            }
                        }
                        (counts.into_iter().collect(), taken)
                    })
                })
                .collect();
            handles.into_iter().filter_map(|h| h.join().ok()).collect()
        });
        let mut all = (PatternCounts::new(), 0);
        for (counts, taken) in parts {
            counts.into_iter().for_each(|(p, n)| *all.0.entry(p).or_default() += n);
            all.1 += taken;
        }
        all
    }
}

/// Hashes up to here are as many as `wanted` of `all`.
fn limit(wanted: u64, all: u64) -> u64 {
    let share = u128::from(wanted.min(all)) * u128::from(u64::MAX) / u128::from(all.max(1));
    u64::try_from(share).unwrap_or(u64::MAX)
}
