//! The columns of the output, batch by batch: those kept, then those that locating adds.

use polars::prelude::{Column, DataType, Field};

use super::answer::{Agreement, Answers, How, Remark};

/// Codes and, where they are wanted, names of the regions by slot.
pub(super) struct Labels<'a> {
    pub(super) codes: &'a [String],
    pub(super) names: Option<&'a [String]>,
}

/// A column of a batch.
pub(super) struct Made<'a> {
    pub(super) name: &'a str,
    pub(super) cells: Cells<'a>,
}

pub(super) enum Cells<'a> {
    Kept(&'a Column),
    /// Rows as positions in a list of different words; [`EMPTY`] for none.
    Words {
        words: Vec<&'a str>,
        at: Vec<u32>,
    },
    Numbers(&'a [Option<f64>]),
}

/// The row has no word.
pub(super) const EMPTY: u32 = u32::MAX;

impl Made<'_> {
    /// Name and type as a file has them: text, whatever stands for it here.
    pub(super) fn field(&self) -> Field {
        let kind = match &self.cells {
            Cells::Kept(column) if matches!(column.dtype(), DataType::Enum(..)) => DataType::String,
            Cells::Kept(column) => column.dtype().clone(),
            Cells::Words { .. } => DataType::String,
            Cells::Numbers(_) => DataType::Float64,
        };
        Field::new(self.name.into(), kind)
    }
}

/// All columns of a batch, in the order of the output.
pub(super) fn columns<'a>(
    labels: &Labels<'a>,
    kept: &'a [Column],
    answers: &'a Answers,
) -> Vec<Made<'a>> {
    let mut all: Vec<Made<'a>> =
        kept.iter().map(|c| Made { name: c.name().as_str(), cells: Cells::Kept(c) }).collect();
    let mut add = |name, cells| all.push(Made { name, cells });
    let used = Used::of(&answers.slots, labels.codes.len());
    add("region_code", used.words(labels.codes));
    if let Some(names) = labels.names {
        add("region_name", used.words(names));
    }
    add("how", few(How::WORDS, answers.how.iter().map(|how| how.at())));
    if let Some(remarks) = &answers.remarks {
        let at = remarks.iter().map(|remark| remark.map_or(EMPTY, Remark::at));
        add("remark", few(Remark::WORDS, at));
    }
    for (name, values) in
        [("distance_m", &answers.distance), ("stated_distance_m", &answers.stated_distance)]
    {
        values.iter().for_each(|values| add(name, Cells::Numbers(values)));
    }
    if let Some(levels) = &answers.agreement {
        let at = levels.iter().map(|level| level.map_or(EMPTY, Agreement::at));
        add("agreement", few(Agreement::WORDS, at));
    }
    all
}

/// Few words for many rows.
fn few<'a>(words: &[&'a str], at: impl Iterator<Item = u32>) -> Cells<'a> {
    Cells::Words { words: words.to_vec(), at: at.collect() }
}

/// The regions that a batch names, so that its list of words holds no others.
struct Used {
    slots: Vec<u32>,
    /// Row by row the position in `slots`.
    rows: Vec<u32>,
}

impl Used {
    fn of(slots: &[u32], regions: usize) -> Self {
        let mut place = vec![EMPTY; regions];
        for slot in slots {
            if let Some(place) = place.get_mut(*slot as usize) {
                *place = 0;
            }
        }
        let mut used = Vec::new();
        for (slot, place) in (0_u32..).zip(&mut place).filter(|(_, place)| **place == 0) {
            *place = u32::try_from(used.len()).unwrap_or(EMPTY);
            used.push(slot);
        }
        let rows = slots.iter().map(|slot| place.get(*slot as usize).copied().unwrap_or(EMPTY));
        Self { rows: rows.collect(), slots: used }
    }

    fn words<'a>(&self, labels: &'a [String]) -> Cells<'a> {
        let of = |slot: &u32| labels.get(*slot as usize).map_or("", String::as_str);
        let mut words: Vec<&str> = self.slots.iter().map(of).collect();
        // Codes are in order and different; names are not, and a word stands in the list once.
        if words.windows(2).all(|pair| pair[0] < pair[1]) {
            return Cells::Words { words, at: self.rows.clone() };
        }
        let all = words.clone();
        words.sort_unstable();
        words.dedup();
        let place = |word: &&str| words.binary_search(word).map_or(EMPTY, position);
        let place: Vec<u32> = all.iter().map(place).collect();
        let at = self.rows.iter().map(|at| place.get(*at as usize).copied().unwrap_or(EMPTY));
        let at = at.collect();
        Cells::Words { words, at }
    }
}

fn position(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(EMPTY)
}
