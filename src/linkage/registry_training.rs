//! Parameters for registry records from the rows whose NIK is sound. Who they are is known, so m
//! and u are counted, not guessed: the NIK of the other side is damaged first as delivered NIKs
//! are, and the comparisons then say what they say of a row that its NIK does not link.

use std::collections::{BTreeMap, HashMap};

use super::agreement::{Verdict, compare};
use super::compare::{Comparer, Pattern};
use super::dictionary::{hash_text, mix};
use super::model::Model;
use super::records::{Records, RecordsError};
use super::registry::{code, text_of};
use super::train::Parameters;
use crate::clean::PersonRecord;
use crate::domain::{Nik, NikDigits};

/// Persons that both sides must show before their data speaks instead of the model's parameters.
const FEWEST: usize = 1_000;

/// Pairs of two people taken at random.
const RANDOM_PAIRS: u64 = 400_000;

/// Of pairs that share a birth date: most that one date gives.
const ONE_DATE: usize = 40;

/// Shares of the NIK of a row that its NIK does not link (of 100): as the fault rates of delivered
/// files have it, missing before all. The rest is somebody else's.
const MISSING: u64 = 80;
const LAST_DIGIT_LOST: u64 = 8;
const ONE_DIGIT_WRONG: u64 = 4;

/// Weight of a level before anything was counted.
const BEFORE: f64 = 0.5;

/// Names seen at least so often in the sample have a frequency of their own.
const SEEN: u64 = 3;

/// Times each level was seen, by comparison.
type Counts = Vec<Vec<f64>>;

/// What training sees.
struct Sample<'a> {
    base: Vec<&'a PersonRecord>,
    /// NIK damaged, and the true one.
    others: Vec<(PersonRecord, Nik)>,
    /// (base, other) of one person.
    same: Vec<(u32, u32)>,
}

/// The model with its parameters estimated, where the sample is large enough; with lambda for the
/// whole base in any case. Also how much rarer or commoner than the average names are, in bits.
pub(super) fn learn(
    model: Model,
    base: &[PersonRecord],
    others: &[PersonRecord],
    population: u64,
) -> Result<(Model, HashMap<String, f64>), RecordsError> {
    let sample = Sample::of(base, others);
    let mut model = model;
    let share =
        if sample.others.is_empty() { 0.9 } else { ratio(sample.same.len(), sample.others.len()) };
    model.lambda = Some(share.clamp(0.05, 0.99) / count(population.max(2)));
    if sample.same.len() < FEWEST {
        return Ok((model, HashMap::new()));
    }
    let records = code(&model, sample.base.iter().copied(), sample.others.iter().map(|(r, _)| r))?;
    let comparer = Comparer::new(&model, &records);
    let tallied = Tallied { sample: &sample, records: &records, comparer: &comparer };
    let m = shares(&model, tallied.matches(&model));
    let u = shares(&model, tallied.others(&model, population));
    let lambda = model.lambda.unwrap_or(1e-6);
    Parameters { lambda, m, u }.fill(&mut model);
    model.trained = Some(format!(
        "counted on {} persons whose NIK both sides hold, NIK damaged for the purpose; u on {RANDOM_PAIRS} random pairs and on pairs of one birth date",
        sample.same.len()
    ));
    let rarity = rarity(sample.base.iter().copied());
    Ok((model, rarity))
}

impl<'a> Sample<'a> {
    fn of(base: &'a [PersonRecord], others: &[PersonRecord]) -> Self {
        let mut base: Vec<&PersonRecord> = base.iter().filter(|r| r.nik.is_some()).collect();
        // Neighbours stand together: a NIK typed in by mistake is mostly one of the family's.
        base.sort_by(|a, b| {
            (a.region, a.family).cmp(&(b.region, b.family)).then_with(|| super::by_content(a, b))
        });
        let mut holders: HashMap<Nik, Vec<u32>> = HashMap::new();
        for (record, at) in base.iter().zip(0_u32..) {
            if let Some(nik) = record.nik {
                holders.entry(nik).or_default().push(at);
            }
        }
        let (mut damaged, mut same) = (Vec::new(), Vec::new());
        for other in others {
            let Some(nik) = other.nik else { continue };
            let one = match holders.get(&nik).map(Vec::as_slice) {
                Some([one]) => Some(*one),
                _ => None,
            };
            let row = u32::try_from(damaged.len()).unwrap_or(u32::MAX);
            if let Some(at) = one
                && compare(base[at as usize], other) != Verdict::Contradiction
            {
                same.push((at, row));
            }
            let neighbour = one.and_then(|at| base.get(at as usize + 1)).or(base.first());
            damaged.push((damage(other, neighbour.copied()), nik));
        }
        Self { base, others: damaged, same }
    }
}

/// A row as it would be had its NIK been damaged on the way; which way follows from what it says.
fn damage(record: &PersonRecord, neighbour: Option<&PersonRecord>) -> PersonRecord {
    let digits = record.nik.map(|n| format!("{:016}", n.expose())).unwrap_or_default();
    let draw = mix(hash_text(record.name.as_bytes()), hash_text(digits.as_bytes()));
    let place = usize::try_from(draw >> 32).unwrap_or(0) % 16;
    let text = match draw % 100 {
        n if n < MISSING => String::new(),
        n if n < MISSING + LAST_DIGIT_LOST => {
            digits.get(..15).map(|d| format!("{d}0")).unwrap_or_default()
        }
        n if n < MISSING + LAST_DIGIT_LOST + ONE_DIGIT_WRONG => digits
            .bytes()
            .enumerate()
            .map(|(i, d)| if i == place { (d - b'0' + 1) % 10 } else { d - b'0' })
            .map(|d| char::from(b'0' + d))
            .collect(),
        _ => neighbour.map(|n| text_of(n, "nik")).unwrap_or_default(),
    };
    PersonRecord { nik: Nik::parse(&text).ok(), digits: NikDigits::read(&text), ..record.clone() }
}

/// Comparison levels counted over the sample.
struct Tallied<'s> {
    sample: &'s Sample<'s>,
    records: &'s Records,
    comparer: &'s Comparer<'s>,
}

impl Tallied<'_> {
    fn pattern(&self, base: u32, other: u32) -> Option<Pattern> {
        self.comparer.pattern(base, self.records.n_a() + other, &mut self.comparer.scratch())
    }

    fn is_same(&self, base: u32, other: u32) -> bool {
        self.sample.base[base as usize].nik == Some(self.sample.others[other as usize].1)
    }

    /// Pairs that are one person.
    fn matches(&self, model: &Model) -> Counts {
        let mut counts = empty(model, BEFORE);
        for (base, other) in &self.sample.same {
            self.add(&mut counts, *base, *other, 1.0);
        }
        counts
    }

    fn add(&self, counts: &mut Counts, base: u32, other: u32, weight: f64) {
        let Some(pattern) = self.pattern(base, other) else { return };
        for (c, levels) in counts.iter_mut().enumerate() {
            levels[pattern.level(c)] += weight;
        }
    }

    /// Pairs that are two people: at random; all of one birth date, which are too rare among those;
    /// and those that a mistyped NIK makes.
    fn others(&self, model: &Model, population: u64) -> Counts {
        let (n, k) = (self.sample.base.len(), self.sample.others.len());
        let all = count(n as u64) * count(k as u64);
        let random = all / count(RANDOM_PAIRS);
        let mut counts = empty(model, BEFORE * random);
        self.of_one_birth_date(&mut counts);
        self.of_one_nik(&mut counts, count(n as u64) / count(population.max(1)));
        for draw in 0..RANDOM_PAIRS {
            let (x, y) = (mix(draw, 1), mix(draw, 2));
            let (base, other) = (below(x, n), below(y, k));
            let births = (self.birth(base), self.sample.others[other as usize].0.birth);
            let counted_before = births.0.is_some() && births.0 == births.1;
            if !counted_before && !self.is_same(base, other) {
                self.add(&mut counts, base, other, random);
            }
        }
        counts
    }

    fn birth(&self, base: u32) -> Option<crate::domain::BirthDate> {
        self.sample.base[base as usize].birth
    }

    fn of_one_birth_date(&self, counts: &mut Counts) {
        let mut dates: BTreeMap<_, (Vec<u32>, Vec<u32>)> = BTreeMap::new();
        for at in 0..u32::try_from(self.sample.base.len()).unwrap_or(0) {
            if let Some(birth) = self.birth(at) {
                dates.entry(birth).or_default().0.push(at);
            }
        }
        for ((other, _), at) in self.sample.others.iter().zip(0_u32..) {
            if let Some(birth) = other.birth {
                dates.entry(birth).or_default().1.push(at);
            }
        }
        for (base, others) in dates.values() {
            let (some, few) = (base.len().min(ONE_DATE), others.len().min(ONE_DATE));
            let weight = ratio(base.len() * others.len(), (some * few).max(1));
            for b in &base[..some] {
                for o in others[..few].iter().filter(|o| !self.is_same(*b, **o)) {
                    self.add(counts, *b, *o, weight);
                }
            }
        }
    }

    /// `weight`: the sample is smaller than the base, and a NIK has one holder in either.
    fn of_one_nik(&self, counts: &mut Counts, weight: f64) {
        let mut holders: HashMap<Nik, u32> = HashMap::new();
        for (record, at) in self.sample.base.iter().zip(0_u32..) {
            if let Some(nik) = record.nik {
                holders.entry(nik).or_insert(at);
            }
        }
        for ((other, _), at) in self.sample.others.iter().zip(0_u32..) {
            let holder = other.nik.and_then(|nik| holders.get(&nik));
            if let Some(base) = holder.filter(|base| !self.is_same(**base, at)) {
                self.add(counts, *base, at, weight);
            }
        }
    }
}

fn empty(model: &Model, each: f64) -> Counts {
    model.comparisons.iter().map(|c| vec![each; c.levels.len()]).collect()
}

/// Counts as shares of what is known; a neutral level is 1.
fn shares(model: &Model, mut counts: Counts) -> Counts {
    for (levels, comparison) in counts.iter_mut().zip(&model.comparisons) {
        let neutral = |l: usize| comparison.levels[l].neutral;
        let sum: f64 =
            levels.iter().enumerate().filter(|(l, _)| !neutral(*l)).map(|(_, n)| n).sum();
        for (l, n) in levels.iter_mut().enumerate() {
            *n = if neutral(l) { 1.0 } else { *n / sum };
        }
    }
    counts
}

/// log2 of how much rarer than the average a name is; under the empty name that of names hardly
/// ever seen.
/// How much rarer (or, below zero, commoner) than the average a name is, in bits; under the empty
/// name what holds for names that were hardly seen.
pub(super) fn rarity<'r>(base: impl Iterator<Item = &'r PersonRecord>) -> HashMap<String, f64> {
    let mut seen: HashMap<&str, u64> = HashMap::new();
    for record in base.filter(|r| !r.name.is_empty()) {
        *seen.entry(&record.name).or_default() += 1;
    }
    let all = count(seen.values().sum::<u64>().max(1));
    let squares: u64 = seen.values().map(|n| n * n).sum();
    let average = count(squares) / all / all;
    let bits = |n: u64| (average * all / count(n)).log2();
    let mut rarity: HashMap<String, f64> = seen
        .into_iter()
        .filter(|(_, n)| *n >= SEEN)
        .map(|(name, n)| (name.to_owned(), bits(n)))
        .collect();
    rarity.insert(String::new(), bits(SEEN - 1).max(0.0));
    rarity
}

fn below(draw: u64, n: usize) -> u32 {
    let n = n.max(1) as u64;
    u32::try_from(u128::from(draw) * u128::from(n) >> 64).unwrap_or(0)
}

#[expect(clippy::cast_precision_loss, reason = "persons and pairs stay below 2^53")]
fn count(n: u64) -> f64 {
    n as f64
}

fn ratio(a: usize, b: usize) -> f64 {
    count(a as u64) / count((b as u64).max(1))
}
