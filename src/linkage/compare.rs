//! Comparing two records: the conditions of a model made ready, and the comparison vector of a pair
//! packed into one number.

use super::dictionary::UNKNOWN;
use super::expression::{Expression, Function, Limit, Measure};
use super::model::{Model, Then};
use super::records::Records;
use super::similarity;
use super::words::{same_words, word_count, words_share};

/// Bits of one comparison in a packed vector.
const LEVEL_BITS: usize = 4;
const LEVEL_MASK: u64 = 15;
/// The deterministic rule that decided stands above all comparisons.
const RULE_SHIFT: usize = 60;

/// The levels of a pair in every comparison, and the deterministic rule that holds, packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pattern(pub u64);

impl Pattern {
    /// Level of a comparison, 0 = first.
    pub fn level(self, comparison: usize) -> usize {
        (self.0 >> (comparison * LEVEL_BITS) & LEVEL_MASK) as usize
    }

    /// From levels, for tests and simulations.
    pub fn of(levels: &[usize]) -> Self {
        let pack = |(i, level): (usize, &usize)| (*level as u64 & LEVEL_MASK) << (i * LEVEL_BITS);
        Self(levels.iter().enumerate().map(pack).sum())
    }

    /// Index of the deterministic rule, where one holds.
    pub fn rule(self) -> Option<usize> {
        ((self.0 >> RULE_SHIFT) as usize).checked_sub(1)
    }

    /// The comparisons alone.
    #[must_use]
    pub fn vector(self) -> Self {
        Self(self.0 & ((1 << RULE_SHIFT) - 1))
    }
}

/// A measure with its columns found. The number is the place of its answer in the memory of a pair.
#[derive(Clone, Debug)]
enum Test {
    Exact(usize),
    ExactAcross(usize, usize),
    Missing(usize),
    Present(usize),
    Number { memo: usize, limit: Limit, at: f64 },
    Yes { memo: usize },
    And(Vec<Test>),
    Or(Vec<Test>),
    Not(Box<Test>),
}

/// What is measured once a pair at most.
#[derive(Clone, Debug, PartialEq)]
struct Measured {
    function: Function,
    columns: [usize; 2],
    length: usize,
    /// Largest distance that any condition asks for.
    most: f64,
}

impl Measured {
    fn reads_text(&self) -> bool {
        !matches!(
            self.function,
            Function::Km
                | Function::Days
                | Function::Years
                | Function::Swapped
                | Function::SameDay
                | Function::DefaultDate
        )
    }
}

struct ComparisonTests {
    levels: Vec<Option<Test>>,
}

/// The model's conditions over a set of records.
pub struct Comparer<'a> {
    records: &'a Records,
    measured: Vec<Measured>,
    /// Columns whose texts are measured.
    texts: Vec<usize>,
    comparisons: Vec<ComparisonTests>,
    rules: Vec<(Then, Test)>,
    refuse: Vec<Test>,
}

/// The answers for one pair; used again for the next.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    memo: Vec<f64>,
    places: Vec<u32>,
}

/// A pair of records by their codes, that of A first.
struct Pair<'r> {
    a: &'r [u32],
    b: &'r [u32],
}

impl Pair<'_> {
    fn codes(&self, column: usize) -> (u32, u32) {
        (self.a[column], self.b[column])
    }
}

impl<'a> Comparer<'a> {
    /// Makes a checked model ready.
    pub fn new(model: &Model, records: &'a Records) -> Self {
        let names: Vec<&str> = model.columns.iter().map(|c| c.name.as_str()).collect();
        let mut measured = Vec::new();
        let mut test = |when: &str| {
            let expression = Expression::parse(when).ok()?;
            Some(compile(&expression, &names, &mut measured))
        };
        let comparisons = model
            .comparisons
            .iter()
            .map(|c| ComparisonTests {
                levels: c.levels.iter().map(|l| l.when.as_deref().and_then(&mut test)).collect(),
            })
            .collect();
        let rules = model.rules.iter().filter_map(|r| test(&r.when).map(|t| (r.then, t))).collect();
        let refuse =
            model.clusters.iter().flat_map(|c| &c.refuse).filter_map(|w| test(w)).collect();
        let mut texts: Vec<usize> =
            measured.iter().filter(|m| m.reads_text()).map(|m| m.columns[0]).collect();
        texts.sort_unstable();
        texts.dedup();
        Self { records, measured, texts, comparisons, rules, refuse }
    }

    /// Memory for one thread's pairs.
    pub fn scratch(&self) -> Scratch {
        Scratch { memo: vec![f64::NAN; self.measured.len()], places: Vec::new() }
    }

    /// Fetches what comparing a batch of pairs will read.
    pub fn prepare(&self, pairs: &[(u32, u32)], scratch: &mut Scratch) {
        for column in &self.texts {
            self.records.touch_texts(*column, pairs, &mut scratch.places);
        }
    }

    /// The comparison vector and rule of two rows; `None` where a rule refuses the pair.
    pub fn pattern(&self, a: u32, b: u32, scratch: &mut Scratch) -> Option<Pattern> {
        let pair = self.pair(a, b, scratch);
        let mut packed = 0;
        for (i, (then, test)) in self.rules.iter().enumerate() {
            if self.holds(test, &pair, scratch) {
                match then {
                    Then::Refuse => return None,
                    Then::Link => {
                        packed = (i as u64 + 1) << RULE_SHIFT;
                        break;
                    }
                }
            }
        }
        for (i, comparison) in self.comparisons.iter().enumerate() {
            let level = comparison
                .levels
                .iter()
                .position(|test| test.as_ref().is_none_or(|test| self.holds(test, &pair, scratch)));
            packed |= (level.unwrap_or(0) as u64) << (i * LEVEL_BITS);
        }
        Some(Pattern(packed))
    }

    /// The first rule that refuses two rows, by its place among the model's rules.
    pub fn refused_by(&self, a: u32, b: u32, scratch: &mut Scratch) -> Option<usize> {
        let pair = self.pair(a, b, scratch);
        let first = self.rules.iter().position(|(_, test)| self.holds(test, &pair, scratch))?;
        (self.rules[first].0 == Then::Refuse).then_some(first)
    }

    /// True where two rows must not be in one cluster.
    pub fn keeps_apart(&self, a: u32, b: u32, scratch: &mut Scratch) -> bool {
        let pair = self.pair(a, b, scratch);
        self.refuse.iter().any(|test| self.holds(test, &pair, scratch))
    }

    fn pair(&self, a: u32, b: u32, scratch: &mut Scratch) -> Pair<'a> {
        scratch.memo.fill(f64::NAN);
        Pair { a: self.records.codes(a), b: self.records.codes(b) }
    }

    fn holds(&self, test: &Test, pair: &Pair<'_>, scratch: &mut Scratch) -> bool {
        match test {
            Test::Exact(column) => {
                let (a, b) = pair.codes(*column);
                a == b && a != UNKNOWN
            }
            Test::ExactAcross(left, right) => {
                let (a, b) = (pair.a[*left], pair.b[*right]);
                let hash = |column: usize, code| self.records.columns[column].dictionary.hash(code);
                a != UNKNOWN && b != UNKNOWN && hash(*left, a) == hash(*right, b)
            }
            Test::Missing(column) => {
                let (a, b) = pair.codes(*column);
                a == UNKNOWN || b == UNKNOWN
            }
            Test::Present(column) => {
                let (a, b) = pair.codes(*column);
                a != UNKNOWN && b != UNKNOWN
            }
            Test::Number { memo, limit, at } => {
                let value = self.value(*memo, pair, scratch);
                // Unknown is never within a limit.
                match limit {
                    Limit::AtLeast => value >= *at,
                    Limit::AtMost => value <= *at,
                }
            }
            Test::Yes { memo } => self.value(*memo, pair, scratch) >= 1.0,
            Test::And(parts) => parts.iter().all(|part| self.holds(part, pair, scratch)),
            Test::Or(parts) => parts.iter().any(|part| self.holds(part, pair, scratch)),
            Test::Not(part) => !self.holds(part, pair, scratch),
        }
    }

    /// The measure, computed at its first use; negative infinity or infinity where a value is
    /// unknown, so that no limit holds.
    fn value(&self, memo: usize, pair: &Pair<'_>, scratch: &mut Scratch) -> f64 {
        let known = scratch.memo[memo];
        if !known.is_nan() {
            return known;
        }
        let value = self.measure(&self.measured[memo], pair);
        scratch.memo[memo] = value;
        value
    }

    fn measure(&self, what: &Measured, pair: &Pair<'_>) -> f64 {
        let column = what.columns[0];
        let (a, b) = pair.codes(column);
        let nothing = if alike(what.function) { f64::NEG_INFINITY } else { f64::INFINITY };
        if a == UNKNOWN || b == UNKNOWN {
            return nothing;
        }
        let data = &self.records.columns[column];
        let (x, y) = (data.dictionary.text(a), data.dictionary.text(b));
        let date = |code: u32| data.dates.get(code as usize).copied().filter(|d| *d > 0);
        match what.function {
            Function::Prefix => yes(same_prefix(x, y, what.length)),
            Function::Jaro => similarity::jaro(x, y),
            Function::JaroWinkler => similarity::jaro_winkler(x, y),
            Function::Levenshtein => distance(x, y, what.most, similarity::levenshtein),
            Function::Osa => distance(x, y, what.most, similarity::osa),
            Function::Damerau => distance(x, y, what.most, similarity::damerau),
            Function::Words => words_share(x, y),
            Function::WordCount => word_count(x, y),
            Function::SameWords => yes(same_words(x, y)),
            Function::Km => self.km(what, pair).unwrap_or(f64::INFINITY),
            Function::Days
            | Function::Years
            | Function::Swapped
            | Function::SameDay
            | Function::DefaultDate => match (date(a), date(b)) {
                (Some(a), Some(b)) => dates(what.function, a, b),
                _ => nothing,
            },
            Function::Exact | Function::Missing | Function::Present => nothing,
        }
    }

    /// Kilometres on a sphere of the earth's mean radius (haversine).
    fn km(&self, what: &Measured, pair: &Pair<'_>) -> Option<f64> {
        let degrees = |column: usize, codes: &[u32]| {
            let data = &self.records.columns[column];
            let value = *data.numbers.get(codes[column] as usize)?;
            value.is_finite().then_some(value.to_radians())
        };
        let [lat, lng] = what.columns;
        let (lat_a, lat_b) = (degrees(lat, pair.a)?, degrees(lat, pair.b)?);
        let (lng_a, lng_b) = (degrees(lng, pair.a)?, degrees(lng, pair.b)?);
        let half = |d: f64| (d / 2.0).sin().powi(2);
        let h = half(lat_b - lat_a) + lat_a.cos() * lat_b.cos() * half(lng_b - lng_a);
        Some(2.0 * 6371.0088 * h.sqrt().min(1.0).asin())
    }
}

fn yes(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}

/// True where more means more alike, so that unknown is below every limit.
fn alike(function: Function) -> bool {
    !matches!(
        function,
        Function::Levenshtein
            | Function::Osa
            | Function::Damerau
            | Function::Days
            | Function::Years
            | Function::Km
    )
}

fn same_prefix(x: &str, y: &str, length: usize) -> bool {
    match (x.as_bytes().get(..length), y.as_bytes().get(..length)) {
        (Some(a), Some(b)) if a.is_ascii() && b.is_ascii() => a == b,
        _ => {
            let first = |text: &str| text.chars().take(length).collect::<Vec<_>>();
            let (x, y) = (first(x), first(y));
            x.len() == length && x == y
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "distances and limits are small whole numbers"
)]
fn distance(x: &str, y: &str, most: f64, of: fn(&str, &str) -> usize) -> f64 {
    if x == y {
        return 0.0;
    }
    if similarity::surely_further(x, y, most as usize) {
        return f64::INFINITY;
    }
    of(x, y) as f64
}

fn dates(function: Function, a: u32, b: u32) -> f64 {
    let parts = |d: u32| (d / 10_000, d / 100 % 100, d % 100);
    let ((year_a, month_a, day_a), (year_b, month_b, day_b)) = (parts(a), parts(b));
    let filled_in = |month, day| matches!((month, day), (1 | 7, 1) | (12, 31));
    match function {
        Function::Years => f64::from(year_a.abs_diff(year_b)),
        Function::Swapped => {
            yes(a != b && year_a == year_b && month_a == day_b && day_a == month_b)
        }
        Function::SameDay => yes((month_a, day_a) == (month_b, day_b)),
        Function::DefaultDate => {
            yes(year_a == year_b && (filled_in(month_a, day_a) || filled_in(month_b, day_b)))
        }
        _ => match (day_number(a), day_number(b)) {
            (Some(a), Some(b)) => f64::from(a.abs_diff(b)),
            _ => f64::INFINITY,
        },
    }
}

/// Days since 1 March of the year 0 (Hinnant 2013, civil calendar).
fn day_number(date: u32) -> Option<i32> {
    let (y, m, d) = (date / 10_000, date / 100 % 100, date % 100);
    let (y, m, d) = (i32::try_from(y).ok()?, i32::try_from(m).ok()?, i32::try_from(d).ok()?);
    let (y, m) = if m <= 2 { (y - 1, m + 9) } else { (y, m - 3) };
    Some(365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + d)
}

fn compile(expression: &Expression, names: &[&str], measured: &mut Vec<Measured>) -> Test {
    let mut many = |parts: &[Expression]| -> Vec<Test> {
        parts.iter().map(|part| compile(part, names, measured)).collect()
    };
    match expression {
        Expression::And(parts) => Test::And(many(parts)),
        Expression::Or(parts) => Test::Or(many(parts)),
        Expression::Not(part) => Test::Not(Box::new(compile(part, names, measured))),
        Expression::Measure(measure) => compile_measure(measure, names, measured),
    }
}

fn compile_measure(measure: &Measure, names: &[&str], measured: &mut Vec<Measured>) -> Test {
    let place = |at: usize| {
        let name = measure.columns.get(at).or(measure.columns.first());
        names.iter().position(|n| Some(*n) == name.map(String::as_str)).unwrap_or(0)
    };
    let columns = [place(0), place(1)];
    match (measure.function, measure.limit) {
        (Function::Exact, _) if columns[0] == columns[1] => Test::Exact(columns[0]),
        (Function::Exact, _) => Test::ExactAcross(columns[0], columns[1]),
        (Function::Missing, _) => Test::Missing(columns[0]),
        (Function::Present, _) => Test::Present(columns[0]),
        (function, limit) => {
            let most = limit.map_or(0.0, |(_, at)| at);
            let same = |m: &Measured| {
                m.function == function && m.columns == columns && m.length == measure.length
            };
            let memo = measured.iter().position(same).unwrap_or_else(|| {
                measured.push(Measured { function, columns, length: measure.length, most });
                measured.len() - 1
            });
            measured[memo].most = measured[memo].most.max(most);
            match limit {
                Some((limit, at)) => Test::Number { memo, limit, at },
                None => Test::Yes { memo },
            }
        }
    }
}
