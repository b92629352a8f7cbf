//! Records to link, held as small numbers: every distinct value of a column once, every record a
//! row of codes. Equal values have equal codes on both sides.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::dictionary::{Dictionary, TooLarge, UNKNOWN, hash_text};
use super::model::{Clean, Column, Model, Take};
use crate::clean::{phonetic, standardise};
use crate::domain::{BirthDate, NikDigits};
use crate::sources::Texts;

/// The ids of all rows, those of A first.
#[derive(Debug, Default)]
struct Ids {
    text: String,
    ends: Vec<u32>,
}

impl Ids {
    fn push(&mut self, id: &str) -> Option<()> {
        self.text.push_str(id);
        self.ends.push(u32::try_from(self.text.len()).ok()?);
        Some(())
    }

    fn get(&self, row: u32) -> &str {
        let row = row as usize;
        let start = row.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        &self.text[start..self.ends[row] as usize]
    }

    /// Rows in the order of their ids. The first bytes decide nearly always, and they lie beside
    /// the row; the text is looked up where they are equal.
    fn order(&self, rows: std::ops::Range<u32>) -> Vec<u32> {
        let head = |row: u32| {
            let mut head = [0; 16];
            let id = self.get(row).as_bytes();
            let n = id.len().min(16);
            head[..n].copy_from_slice(&id[..n]);
            u128::from_be_bytes(head)
        };
        // Files are often in the order of their ids.
        if rows.clone().skip(1).all(|row| self.get(row - 1) <= self.get(row)) {
            return rows.collect();
        }
        let mut keyed: Vec<(u128, u32)> = rows.map(|row| (head(row), row)).collect();
        keyed.sort_unstable_by(|x, y| x.0.cmp(&y.0).then_with(|| self.get(x.1).cmp(self.get(y.1))));
        keyed.into_iter().map(|(_, row)| row).collect()
    }
}

/// A column of the model over all records.
#[derive(Debug)]
pub struct ColumnData {
    pub dictionary: Dictionary,
    /// By code: yyyymmdd, 0 where it is no date. Empty unless dates are asked for.
    pub dates: Vec<u32>,
    /// By code; empty unless the column is a number.
    pub numbers: Vec<f64>,
    /// By code: records of A and of B; counted when first asked for.
    counts: OnceLock<(Vec<u32>, Vec<u32>)>,
}

/// All records of both sides: those of A first.
#[derive(Debug)]
pub struct Records {
    pub columns: Vec<ColumnData>,
    codes: Vec<u32>,
    stride: usize,
    n_a: u32,
    n_b: u32,
    ids: Ids,
    /// By row: the place of its id among those of its side.
    ranks: Vec<u32>,
    /// True where one file is set against itself.
    pub dedupe: bool,
}

impl Records {
    pub fn n_a(&self) -> u32 {
        self.n_a
    }

    /// Records of B; in a dedupe those of A once more.
    pub fn n_b(&self) -> u32 {
        if self.dedupe { self.n_a } else { self.n_b }
    }

    /// All rows.
    pub fn rows(&self) -> u32 {
        self.n_a + self.n_b
    }

    /// Rows of side B.
    pub fn side_b(&self) -> std::ops::Range<u32> {
        if self.dedupe { 0..self.n_a } else { self.n_a..self.n_a + self.n_b }
    }

    /// Pairs that there are: A × B, or each two of A.
    pub fn all_pairs(&self) -> f64 {
        let (a, b) = (f64::from(self.n_a), f64::from(self.n_b));
        if self.dedupe { a * (a - 1.0) / 2.0 } else { a * b }
    }

    /// The id of a row.
    pub fn id(&self, row: u32) -> &str {
        self.ids.get(row)
    }

    /// The place of a row's id among the ids of its side: compares as the ids do.
    pub fn rank(&self, row: u32) -> u32 {
        self.ranks[row as usize]
    }

    /// A hash of the id: an order that does not hang on the order of delivery.
    pub(super) fn id_hash(&self, row: u32) -> u64 {
        hash_text(self.ids.get(row).as_bytes())
    }

    /// The codes of a row, one a column of the model.
    pub(super) fn codes(&self, row: u32) -> &[u32] {
        let start = row as usize * self.stride;
        &self.codes[start..start + self.stride]
    }

    /// Reads a little of every record of a batch. What is not in the cache is then fetched side by
    /// side: pairs are scattered over all records, and waiting for memory is most of the work.
    pub(super) fn touch(&self, pairs: &[(u32, u32)]) {
        let ends = |row: u32| {
            let codes = self.codes(row);
            codes.first().unwrap_or(&0) ^ codes.last().unwrap_or(&0)
        };
        let read = pairs.iter().fold(0, |sum, (a, b)| sum ^ ends(*a) ^ ends(*b));
        std::hint::black_box(read);
    }

    /// The same for the texts of a column, where the two differ.
    pub(super) fn touch_texts(&self, column: usize, pairs: &[(u32, u32)], places: &mut Vec<u32>) {
        let dictionary = &self.columns[column].dictionary;
        places.clear();
        for (a, b) in pairs {
            let (x, y) = (self.codes(*a)[column], self.codes(*b)[column]);
            if x != y && x != UNKNOWN && y != UNKNOWN {
                places.push(dictionary.ends[x as usize - 1]);
                places.push(dictionary.ends[y as usize - 1]);
            }
        }
        let bytes = dictionary.text.as_bytes();
        let read = places.iter().fold(0, |sum, at| sum ^ bytes[*at as usize]);
        std::hint::black_box(read);
    }

    /// By code of a column: the records of A and of B that have it.
    pub(super) fn frequencies(&self, column: usize) -> &(Vec<u32>, Vec<u32>) {
        self.columns[column].counts.get_or_init(|| {
            let n = self.columns[column].dictionary.len();
            let (mut a, mut b) = (vec![0; n], vec![0; n]);
            let split = self.n_a as usize * self.stride;
            for (side, counts) in [(&self.codes[..split], &mut a), (&self.codes[split..], &mut b)] {
                for codes in side.chunks_exact(self.stride) {
                    counts[codes[column] as usize] += 1;
                }
            }
            (a, b)
        })
    }
}

/// Takes records in and codes them.
pub struct RecordsBuilder<'a> {
    model: &'a Model,
    stored: Vec<(&'a Column, Dictionary)>,
    codes: Vec<u32>,
    ids: Ids,
    n: [u32; 2],
    scratch: String,
}

/// Why records cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordsError {
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// The number of a row of a side, 0 = first.
    #[error("the id of row {row} of side {side} is empty")]
    NoId { side: usize, row: u32 },
    #[error("the id of row {row} of side {side} stands on row {first} already")]
    IdTwice { side: usize, row: u32, first: u32 },
    #[error("column '{column}' of row {row} of side {side} has {length} bytes, {LONGEST} at most")]
    TooLong { side: usize, row: u32, column: String, length: usize },
}

/// Longest value that is compared, bytes: comparing two takes the product of their lengths, and a
/// name, an address or a number is far shorter. A longer one is a quotation mark that is not closed.
const LONGEST: usize = 4_096;

impl<'a> RecordsBuilder<'a> {
    pub fn new(model: &'a Model) -> Self {
        let stored: Vec<_> = model
            .columns
            .iter()
            .filter(|c| c.of.is_none())
            .map(|c| (c, Dictionary::default()))
            .collect();
        let (codes, ids) = (Vec::new(), Ids::default());
        Self { model, stored, codes, ids, n: [0, 0], scratch: String::new() }
    }

    /// Columns that values are due for, in that order.
    pub fn wanted(&self) -> Vec<&'a Column> {
        self.stored.iter().map(|(column, _)| *column).collect()
    }

    /// Adds one record; those of A (`side` 0) come before those of B (1). Values in the order of
    /// [`RecordsBuilder::wanted`].
    ///
    /// # Errors
    /// An empty id, or the column that has grown too large.
    pub fn push<'t>(
        &mut self,
        side: usize,
        id: &str,
        values: impl Iterator<Item = &'t str>,
    ) -> Result<(), RecordsError> {
        self.push_id(side, id)?;
        for ((column, dictionary), value) in self.stored.iter_mut().zip(values) {
            if value.len() > LONGEST {
                let (row, column) = (self.n[side] - 1, column.name.clone());
                return Err(RecordsError::TooLong { side, row, column, length: value.len() });
            }
            self.scratch.clear();
            clean(column.clean, value, &mut self.scratch);
            let code = dictionary.intern(&self.scratch);
            self.codes.push(code.ok_or_else(|| TooLarge(column.name.clone()))?);
        }
        Ok(())
    }

    fn push_id(&mut self, side: usize, id: &str) -> Result<(), RecordsError> {
        if id.is_empty() {
            return Err(RecordsError::NoId { side, row: self.n[side] });
        }
        self.ids.push(id).ok_or_else(|| TooLarge("id".to_owned()))?;
        self.n[side] += 1;
        Ok(())
    }

    /// Adds a batch of records, its columns on several threads.
    ///
    /// # Errors
    /// As [`RecordsBuilder::push`].
    pub fn push_all<'t>(
        &mut self,
        side: usize,
        ids: impl Iterator<Item = &'t str>,
        columns: &[Texts],
        threads: usize,
    ) -> Result<(), RecordsError> {
        let (start, first) = (self.ids.ends.len(), self.n[side]);
        for id in ids {
            self.push_id(side, id)?;
        }
        for (texts, (column, _)) in columns.iter().zip(&self.stored) {
            if let Some(row) = (0..texts.len()).find(|row| texts.get(*row).len() > LONGEST) {
                let (length, column) = (texts.get(row).len(), column.name.clone());
                let row = first + u32::try_from(row).unwrap_or(u32::MAX);
                return Err(RecordsError::TooLong { side, row, column, length });
            }
        }
        let (rows, stride) = (self.ids.ends.len() - start, self.stored.len());
        let mut made: Vec<(bool, Vec<u32>)> = vec![(true, Vec::with_capacity(rows)); stride];
        let work: Vec<_> = self.stored.iter_mut().zip(columns).zip(&mut made).collect();
        let queue = std::sync::Mutex::new(work.into_iter());
        std::thread::scope(|scope| {
            for _ in 0..threads.min(stride).max(1) {
                scope.spawn(|| {
                    loop {
                        let next =
                            queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next();
                        let Some((((column, dictionary), texts), (fine, codes))) = next else {
                            return;
                        };
                        let write =
                            |row: usize, out: &mut String| clean(column.clean, texts.get(row), out);
                        *fine = dictionary.intern_all(texts.len(), write, codes);
                    }
                });
            }
        });
        if let Some(at) = made.iter().position(|(fine, _)| !fine) {
            return Err(TooLarge(self.stored[at].0.name.clone()).into());
        }
        self.codes.reserve(rows * stride);
        for row in 0..rows {
            self.codes.extend(made.iter().map(|(_, codes)| codes[row]));
        }
        Ok(())
    }

    /// All records, with the columns that are derived.
    ///
    /// # Errors
    /// An id that stands twice on a side, or a derived column that has grown too large.
    pub fn finish(mut self, dedupe: bool) -> Result<Records, RecordsError> {
        let width = self.stored.len();
        let mut places: HashMap<&str, usize> = HashMap::new();
        let mut columns: Vec<ColumnData> = Vec::new();
        // Where the code of each column comes from: a stored one, or another column and a map.
        let mut origins: Vec<Result<usize, (usize, Vec<u32>)>> = Vec::new();
        let mut taken = std::mem::take(&mut self.stored).into_iter().enumerate();
        for (i, column) in self.model.columns.iter().enumerate() {
            match &column.of {
                None => {
                    let Some((at, (_, dictionary))) = taken.next() else { continue };
                    columns.push(ColumnData::new(dictionary, column.clean));
                    origins.push(Ok(at));
                }
                Some(of) => {
                    let at = places.get(of.as_str()).copied().unwrap_or(0);
                    let (data, map) = derive(&columns[at], column)?;
                    columns.push(data);
                    origins.push(Err((at, map)));
                }
            }
            places.insert(&column.name, i);
        }
        columns.iter_mut().for_each(|c| c.dictionary.close());
        let codes = widen(&self.codes, width, &origins);
        self.codes = Vec::new();
        let [n_a, n_b] = self.n;
        let ranks = self.ranks()?;
        let stride = columns.len();
        Ok(Records { columns, codes, stride, n_a, n_b, ids: self.ids, ranks, dedupe })
    }

    /// The place of each row's id among those of its side; equal ids stand side by side there.
    fn ranks(&self) -> Result<Vec<u32>, RecordsError> {
        let [n_a, n_b] = self.n;
        let mut ranks = vec![0; self.ids.ends.len()];
        for (side, rows) in [(0, 0..n_a), (1, n_a..n_a + n_b)] {
            let start = rows.start;
            let order = self.ids.order(rows);
            for two in order.windows(2) {
                if self.ids.get(two[0]) == self.ids.get(two[1]) {
                    let (first, row) = (two[0].min(two[1]) - start, two[0].max(two[1]) - start);
                    return Err(RecordsError::IdTwice { side, row, first });
                }
            }
            for (rank, row) in (0..).zip(order) {
                ranks[row as usize] = rank;
            }
        }
        Ok(ranks)
    }
}

/// The codes of all columns, row by row, from those that were stored.
fn widen(stored: &[u32], width: usize, origins: &[Result<usize, (usize, Vec<u32>)>]) -> Vec<u32> {
    let mut codes = Vec::with_capacity(stored.len() / width.max(1) * origins.len());
    for row in stored.chunks_exact(width) {
        let start = codes.len();
        for origin in origins {
            codes.push(match origin {
                Ok(at) => row[*at],
                // Its column stands further left in the same row.
                Err((at, map)) => map[codes[start + at] as usize],
            });
        }
    }
    codes
}

impl ColumnData {
    fn new(dictionary: Dictionary, clean: Clean) -> Self {
        let codes = 0..u32::try_from(dictionary.len()).unwrap_or(u32::MAX);
        let dates = match clean {
            Clean::Date => codes.clone().map(|c| dictionary.text(c).parse().unwrap_or(0)).collect(),
            _ => Vec::new(),
        };
        let numbers = match clean {
            Clean::Number => {
                codes.map(|c| dictionary.text(c).parse().unwrap_or(f64::NAN)).collect()
            }
            _ => Vec::new(),
        };
        Self { dictionary, dates, numbers, counts: OnceLock::new() }
    }
}

/// A column taken from another, with the map of codes: one look at each distinct value.
fn derive(from: &ColumnData, column: &Column) -> Result<(ColumnData, Vec<u32>), TooLarge> {
    let mut dictionary = Dictionary::default();
    let mut map = Vec::with_capacity(from.dictionary.len());
    let mut scratch = String::new();
    for code in 0..u32::try_from(from.dictionary.len()).unwrap_or(u32::MAX) {
        scratch.clear();
        take(column, from.dictionary.text(code), &mut scratch);
        map.push(dictionary.intern(&scratch).ok_or_else(|| TooLarge(column.name.clone()))?);
    }
    Ok((ColumnData::new(dictionary, Clean::Text), map))
}

pub(super) fn take(column: &Column, text: &str, out: &mut String) {
    match column.take {
        Some(Take::First) => out.extend(text.chars().take(column.length.unwrap_or(0))),
        Some(Take::FirstWord) => out.push_str(text.split(' ').next().unwrap_or("")),
        Some(Take::LastWord) => out.push_str(text.rsplit(' ').next().unwrap_or("")),
        Some(Take::SortedWords) => {
            let mut words: Vec<&str> = text.split(' ').filter(|w| !w.is_empty()).collect();
            words.sort_unstable();
            out.push_str(&words.join(" "));
        }
        Some(Take::Phonetic) => out.push_str(&phonetic(text)),
        Some(Take::Year) => out.push_str(text.get(..4).unwrap_or("")),
        None => {}
    }
}

/// Adds the value to compare; nothing where it is unknown.
fn clean(kind: Clean, value: &str, out: &mut String) {
    let value = value.trim();
    match kind {
        Clean::Text => out.push_str(value),
        Clean::Upper => {
            for (i, word) in value.split_whitespace().enumerate() {
                if i > 0 {
                    out.push(' ');
                }
                out.extend(word.chars().flat_map(char::to_uppercase));
            }
        }
        Clean::Name => out.push_str(&standardise(value)),
        Clean::Nik => {
            if NikDigits::read(value).is_some() {
                out.push_str(value.trim_start_matches('\'').trim());
            }
        }
        Clean::Date => {
            if let Some(date) = any_date(value) {
                match value.as_bytes() {
                    // The usual form has the digits already.
                    [_, _, _, _, b'-', _, _, b'-', _, _] => {
                        out.extend([&value[..4], &value[5..7], &value[8..]]);
                    }
                    _ => {
                        let (y, m, d) = (date.year(), date.month(), date.day());
                        out.push_str(&format!("{y:04}{m:02}{d:02}"));
                    }
                }
            }
        }
        Clean::Number => {
            if value.parse::<f64>().is_ok_and(f64::is_finite) {
                out.push_str(value);
            }
        }
    }
}

/// A date as any of the forms that name their year with four digits.
fn any_date(value: &str) -> Option<BirthDate> {
    if value.len() == 8 && value.bytes().all(|b| b.is_ascii_digit()) {
        return BirthDate::new(
            value[..4].parse().ok()?,
            value[4..6].parse().ok()?,
            value[6..].parse().ok()?,
        );
    }
    crate::clean::parse_date(value, crate::sources::layout::DateForm::Iso)
}
