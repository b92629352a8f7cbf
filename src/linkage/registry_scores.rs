//! Comparison levels of registry records, their weights (Fellegi and Sunter 1969), and which
//! pairs of a block are compared.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use super::agreement::names_agree;
use super::registry::{Candidate, KEPT, Pass};
use crate::clean::PersonRecord;
use crate::domain::ModelReport;

/// Records of the base under one blocking key beyond which the key says nothing: comparing a row
/// with all of them would not end, and none could stand out.
const CROWD: usize = 2_000;

/// One comparison: its name, and of each level the share among pairs of one person (m) and of two
/// people (u). The last level is "one side is missing" and weighs nothing.
struct Comparison {
    name: &'static str,
    levels: &'static [(f64, f64)],
}

/// Priors of the shares; m moves towards what pairs of equal NIK show.
const COMPARISONS: [Comparison; 6] = [
    Comparison {
        name: "nama",
        levels: &[(0.90, 0.000_2), (0.07, 0.001_5), (0.02, 0.02), (0.01, 0.978_3)],
    },
    Comparison {
        name: "tanggal_lahir",
        levels: &[(0.95, 0.000_05), (0.015, 0.000_05), (0.02, 0.001), (0.005, 0.02), (0.01, 0.979)],
    },
    Comparison { name: "jenis_kelamin", levels: &[(0.995, 0.5), (0.005, 0.5)] },
    Comparison {
        name: "wilayah",
        levels: &[(0.94, 0.001), (0.03, 0.007), (0.02, 0.05), (0.01, 0.942)],
    },
    Comparison { name: "nik", levels: &[(0.90, 0.000_000_1), (0.05, 0.000_001), (0.05, 0.999_9)] },
    Comparison { name: "kk", levels: &[(0.90, 0.000_01), (0.10, 0.999_99)] },
];

/// Weight of every level of every comparison.
#[derive(Clone, Debug)]
pub(super) struct Scores {
    prior: f64,
    m: Vec<Vec<f64>>,
    pairs: u64,
}

impl Scores {
    pub(super) fn learn(base: &[PersonRecord], others: &[PersonRecord], population: u64) -> Self {
        let mut m: Vec<Vec<f64>> =
            COMPARISONS.iter().map(|c| c.levels.iter().map(|(m, _)| m * 50.0).collect()).collect();
        let mut by_nik: HashMap<_, Vec<&PersonRecord>> = HashMap::new();
        for record in base.iter().filter(|r| r.verified) {
            if let Some(nik) = record.nik {
                by_nik.entry(nik).or_default().push(record);
            }
        }
        let mut pairs = 0;
        for other in others.iter().filter(|r| r.verified) {
            let Some([one]) = other.nik.and_then(|nik| by_nik.get(&nik)).map(Vec::as_slice) else {
                continue;
            };
            pairs += 1;
            // The NIK itself (the fifth) is how these pairs were chosen: it teaches nothing here.
            for (c, level) in levels(one, other).into_iter().enumerate().filter(|(c, _)| *c != 4) {
                if let Some(count) = m[c].get_mut(level) {
                    *count += 1.0;
                }
            }
        }
        for counts in &mut m {
            let sum: f64 = counts.iter().sum();
            counts.iter_mut().for_each(|count| *count /= sum);
        }
        #[expect(clippy::cast_precision_loss, reason = "persons stay below 2^53")]
        let prior = -(population.max(2) as f64).log2();
        Self { prior, m, pairs }
    }

    fn weight(&self, comparison: usize, level: usize) -> f64 {
        let m = self.m[comparison].get(level);
        let u = COMPARISONS[comparison].levels.get(level);
        m.zip(u).map_or(0.0, |(m, (_, u))| (m / u).log2())
    }

    fn total(&self, levels: [usize; 6]) -> f64 {
        levels.into_iter().enumerate().map(|(c, l)| self.weight(c, l)).sum::<f64>() + self.prior
    }

    pub(super) fn explain(&self, pattern: u64) -> Vec<(&'static str, f64)> {
        let level = |c: usize| usize::try_from(pattern >> (4 * c) & 0xf).unwrap_or(0xf);
        COMPARISONS
            .iter()
            .enumerate()
            .map(|(c, one)| (one.name, self.weight(c, level(c))))
            .collect()
    }

    pub(super) fn report(&self, link_at: f64, review_at: f64) -> ModelReport {
        let text = format!("{:?} {:?}", self.prior, self.m);
        ModelReport {
            title: "Model bawaan".to_owned(),
            sha256: crate::data::hex(&Sha256::digest(text.as_bytes())),
            lambda: self.prior.exp2(),
            link_at,
            review_at,
            trained: format!("{} pairs of equal, verified NIK", self.pairs),
        }
    }

    pub(super) fn candidates(
        &self,
        base: &[PersonRecord],
        others: &[PersonRecord],
        pass: Pass,
        at_least: f64,
    ) -> Vec<Candidate> {
        let mut blocks: HashMap<(u64, String), Vec<u32>> = HashMap::new();
        for (record, i) in base.iter().zip(0_u32..) {
            for key in keys(record, pass) {
                blocks.entry(key).or_default().push(i);
            }
        }
        let mut all = Vec::new();
        for (record, o) in others.iter().zip(0_u32..) {
            let mut near: Vec<u32> = keys(record, pass)
                .iter()
                .filter_map(|key| blocks.get(key))
                .filter(|block| block.len() <= CROWD)
                .flatten()
                .copied()
                .collect();
            near.sort_unstable();
            near.dedup();
            let mut found: Vec<Candidate> = near
                .into_iter()
                .filter_map(|b| self.score(&base[b as usize], record, b, o, at_least))
                .collect();
            found.sort_by(|x, y| y.weight.total_cmp(&x.weight).then(x.base.cmp(&y.base)));
            found.truncate(KEPT);
            all.extend(found);
        }
        all
    }

    fn score(
        &self,
        a: &PersonRecord,
        b: &PersonRecord,
        base: u32,
        other: u32,
        at_least: f64,
    ) -> Option<Candidate> {
        let levels = levels(a, b);
        let weight = self.total(levels);
        let pattern = levels.iter().rev().fold(0, |bits, l| bits << 4 | (*l as u64).min(0xf));
        (weight >= at_least).then_some(Candidate { base, other, weight, pattern })
    }
}

/// Blocking keys: a record is compared with those that share one.
fn keys(record: &PersonRecord, pass: Pass) -> Vec<(u64, String)> {
    let Some(block) = pass.key(record) else { return Vec::new() };
    let starts = |n: usize| {
        record.name.split(' ').filter(|t| !t.is_empty()).map(move |t| t.chars().take(n).collect())
    };
    let starts: Vec<String> = match pass {
        Pass::Birth => starts(1).collect(),
        Pass::Place => {
            let year = record.birth.map_or(0, |b| b.year());
            starts(4).map(|start: String| format!("{start}{year}")).collect()
        }
    };
    starts.into_iter().map(|start| (block, start)).collect()
}

const MISSING: usize = 0xf;

fn levels(a: &PersonRecord, b: &PersonRecord) -> [usize; 6] {
    [name_level(a, b), birth_level(a, b), sex_level(a, b), place_level(a, b), nik_level(a, b), {
        match (a.card, b.card) {
            (Some(x), Some(y)) => usize::from(x != y),
            _ => MISSING,
        }
    }]
}

fn name_level(a: &PersonRecord, b: &PersonRecord) -> usize {
    if a.name.is_empty() || b.name.is_empty() {
        return MISSING;
    }
    if a.name == b.name {
        return 0;
    }
    if names_agree(&a.name, &b.name) {
        return 1;
    }
    if strsim::jaro_winkler(&a.name, &b.name) >= 0.8 { 2 } else { 3 }
}

fn birth_level(a: &PersonRecord, b: &PersonRecord) -> usize {
    let Some((x, y)) = a.birth.zip(b.birth) else { return MISSING };
    if x == y {
        0
    } else if x.swapped() == Some(y) {
        1
    } else if x.year() == y.year() {
        if [x, y].iter().any(|d| (d.month(), d.day()) == (1, 1)) { 2 } else { 3 }
    } else {
        4
    }
}

fn sex_level(a: &PersonRecord, b: &PersonRecord) -> usize {
    a.sex.zip(b.sex).map_or(MISSING, |(x, y)| usize::from(x != y))
}

fn place_level(a: &PersonRecord, b: &PersonRecord) -> usize {
    let Some((x, y)) = a.region.zip(b.region) else { return MISSING };
    let (x, y) = (x.code().packed(), y.code().packed());
    [1, 10_000, 1_000_000].iter().position(|unit| x / unit == y / unit).unwrap_or(3)
}

fn nik_level(a: &PersonRecord, b: &PersonRecord) -> usize {
    if a.nik.is_some() && a.nik == b.nik {
        return 0;
    }
    let digits = |r: &PersonRecord| {
        r.digits.map(|d| d.expose()).or_else(|| r.nik.map(|n| format!("{:016}", n.expose())))
    };
    let Some((x, y)) = digits(a).zip(digits(b)) else { return MISSING };
    let near = x == y || strsim::damerau_levenshtein(&x, &y) <= 2;
    if near { 1 } else { 2 }
}
