//! Which registry records of a partition are compared: those that agree on the columns of one of
//! the model's blocks. The few open rows are indexed and the base goes past them.

use std::collections::HashMap;

use super::dictionary::{hash_text, mix};
use super::model::Model;
use super::records::take;
use super::registry::{Pass, text_of};
use crate::clean::PersonRecord;

/// Base records under one key beyond which the key says nothing: comparing a row with all of them
/// would not end, and none could stand out.
const CROWD: u64 = 2_000;

/// Pairs under one key beyond which the key says nothing.
const MOST_PAIRS: u64 = 4_000_000;

/// How one column of a block is had.
struct Part<'m> {
    /// Column of the records.
    base: &'m str,
    /// What is taken of it.
    column: Option<&'m super::model::Column>,
}

/// The blocks of a model that one pass can serve.
pub(super) struct Blocks<'m> {
    blocks: Vec<Vec<Part<'m>>>,
}

/// The first block that no pass can serve; equal NIKs have been judged before.
pub(super) fn unserved(model: &Model) -> Option<&str> {
    let served = |block: &&super::model::Block| {
        let on: Vec<_> = block.on.iter().filter_map(|name| Part::of(model, name)).collect();
        Pass::ALL.iter().any(|pass| pass.serves(&on)) || on.iter().any(|p| p.base == "nik")
    };
    model.blocks.iter().find(|b| !served(b)).map(|b| b.name.as_str())
}

impl<'m> Part<'m> {
    fn of(model: &'m Model, name: &str) -> Option<Self> {
        let column = model.columns.iter().find(|c| c.name == *name)?;
        let mut base = column;
        while let Some(of) = &base.of {
            base = model.columns.iter().find(|c| c.name == *of)?;
        }
        Some(Part { base: &base.name, column: column.of.is_some().then_some(column) })
    }
}

impl Pass {
    fn serves(self, block: &[Part<'_>]) -> bool {
        let birth = block.iter().any(|p| p.base == "birth" && p.column.is_none());
        let place = block.iter().any(|p| p.base == "village");
        match self {
            Self::Birth => birth,
            Self::Place => place && !birth,
        }
    }
}

impl<'m> Blocks<'m> {
    /// A block on the birth date belongs to the birth pass; one on the desa or the kecamatan alone
    /// to the place pass. Equal NIKs have been judged before and are not looked for again.
    pub(super) fn new(model: &'m Model, pass: Pass) -> Self {
        let parts = |block: &'m super::model::Block| {
            block.on.iter().map(|name| Part::of(model, name)).collect::<Option<Vec<_>>>()
        };
        let blocks =
            model.blocks.iter().filter_map(parts).filter(|block| pass.serves(block)).collect();
        Self { blocks }
    }

    /// The keys of a record, one a block; `None` where it has an unknown value there.
    fn keys(&self, record: &PersonRecord) -> impl Iterator<Item = u64> {
        let mut texts: Vec<(&str, String)> = Vec::with_capacity(4);
        let mut scratch = String::new();
        let mut keys = Vec::with_capacity(self.blocks.len());
        for (number, block) in (0_u64..).zip(&self.blocks) {
            let mut key = Some(number);
            for part in block {
                if !texts.iter().any(|(name, _)| *name == part.base) {
                    texts.push((part.base, text_of(record, part.base)));
                }
                let text = texts.iter().find(|(name, _)| *name == part.base);
                let text = text.map_or("", |(_, text)| text.as_str());
                scratch.clear();
                match part.column {
                    Some(column) => take(column, text, &mut scratch),
                    None => scratch.push_str(text),
                }
                let known = !scratch.is_empty();
                key = key.filter(|_| known).map(|key| mix(key, hash_text(scratch.as_bytes())));
            }
            keys.extend(key);
        }
        keys.into_iter()
    }

    /// Pairs (other, base) to compare, each once, in order.
    pub(super) fn pairs(&self, base: &[PersonRecord], others: &[PersonRecord]) -> Vec<(u32, u32)> {
        let mut index: HashMap<u64, (Vec<u32>, Vec<u32>, u64)> = HashMap::new();
        for (record, o) in others.iter().zip(0_u32..) {
            for key in self.keys(record) {
                index.entry(key).or_default().0.push(o);
            }
        }
        for (record, b) in base.iter().zip(0_u32..) {
            for key in self.keys(record) {
                if let Some((_, near, n)) = index.get_mut(&key) {
                    *n += 1;
                    if *n <= CROWD {
                        near.push(b);
                    }
                }
            }
        }
        let mut pairs = Vec::new();
        for (mine, near, n) in index.values() {
            if *n <= CROWD && *n * mine.len() as u64 <= MOST_PAIRS {
                pairs.extend(mine.iter().flat_map(|o| near.iter().map(|b| (*o, *b))));
            }
        }
        pairs.sort_unstable();
        pairs.dedup();
        pairs
    }
}
