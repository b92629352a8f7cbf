//! The distinct texts of a column, each with a small number; and the hashing that goes with it.

use std::collections::HashMap;

/// The code of an unknown value.
pub(super) const UNKNOWN: u32 = 0;

/// A column has more text than 32-bit places reach.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "column '{0}' holds more than 4 GiB of distinct text or more than 4 billion values: link in parts, such as province by province"
)]
pub struct TooLarge(pub String);

/// Mixes two words into one; both halves of the product count.
pub(super) fn mix(a: u64, b: u64) -> u64 {
    let product = u128::from(a ^ 0x9E37_79B9_7F4A_7C15) * u128::from(b ^ 0xE703_7ED1_A0B4_28DB);
    #[expect(clippy::cast_possible_truncation, reason = "the two halves are wanted")]
    let (low, high) = (product as u64, (product >> 64) as u64);
    low ^ high
}

/// A hash of a text that is the same on every machine: sampling and blocks hang on it.
pub(super) fn hash_text(bytes: &[u8]) -> u64 {
    hash_from(0x2545_F491_4F6C_DD1D, bytes)
}

fn hash_from(seed: u64, bytes: &[u8]) -> u64 {
    let mut hash = mix(bytes.len() as u64, seed);
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        let mut word = [0; 8];
        word.copy_from_slice(chunk);
        hash = mix(hash, u64::from_le_bytes(word));
    }
    let mut word = [0; 8];
    word[..chunks.remainder().len()].copy_from_slice(chunks.remainder());
    mix(hash, u64::from_le_bytes(word))
}

/// Hashes small keys of numbers; the same on every machine.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mixer(u64);

impl std::hash::Hasher for Mixer {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = mix(self.0, hash_text(bytes));
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = mix(self.0, word);
    }
}

/// A map over small keys of numbers.
pub(super) type FastMap<K, V> = HashMap<K, V, std::hash::BuildHasherDefault<Mixer>>;

/// Texts looked up together: their places in the table are fetched from memory side by side.
const BATCH: usize = 64;

/// A place of the table: a second hash of the text and its code, 0 where the place is free.
type Slot = (u64, u32);

/// The distinct texts of a column. Code 0 is the unknown.
///
/// An open table of our own, because most of the time of coding a column is waiting for memory:
/// here a batch of places is fetched at once, which the usual maps do not offer. Texts are held for
/// equal by their second hash at a place that their first one leads to; that two of a hundred
/// million differ has a probability below 1e-9.
#[derive(Debug)]
pub struct Dictionary {
    pub(super) text: String,
    pub(super) ends: Vec<u32>,
    hashes: Vec<u64>,
    table: Vec<Slot>,
}

impl Default for Dictionary {
    fn default() -> Self {
        Self { text: String::new(), ends: vec![0], hashes: vec![0], table: vec![(0, 0); 1 << 10] }
    }
}

impl Dictionary {
    /// Number of codes, the unknown among them.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.len() == 1
    }

    /// The text of a code; empty for the unknown.
    pub fn text(&self, code: u32) -> &str {
        let code = code as usize;
        if code == 0 {
            return "";
        }
        &self.text[self.ends[code - 1] as usize..self.ends[code] as usize]
    }

    /// Hash of the text of a code; 0 for the unknown.
    pub fn hash(&self, code: u32) -> u64 {
        self.hashes[code as usize]
    }

    fn place(&self, hash: u64) -> usize {
        #[expect(clippy::cast_possible_truncation, reason = "the low bits are wanted")]
        let low = (hash >> 1) as usize;
        low & (self.table.len() - 1)
    }

    /// The code of a text, a new one where it is new; the empty text is unknown. `None` when there
    /// is no room.
    pub(super) fn intern(&mut self, text: &str) -> Option<u32> {
        let hash = hash_text(text.as_bytes()) | 1;
        self.intern_hashed(text, hash)
    }

    fn intern_hashed(&mut self, text: &str, hash: u64) -> Option<u32> {
        if text.is_empty() {
            return Some(UNKNOWN);
        }
        let second = hash_from(hash, text.as_bytes());
        let mut at = self.place(hash);
        loop {
            match self.table[at] {
                (_, 0) => break,
                (other, code) if other == second => return Some(code),
                _ => at = (at + 1) & (self.table.len() - 1),
            }
        }
        let code = u32::try_from(self.ends.len()).ok()?;
        let end = u32::try_from(self.text.len() + text.len()).ok()?;
        self.text.push_str(text);
        self.ends.push(end);
        self.hashes.push(hash);
        self.table[at] = (second, code);
        if self.ends.len() * 2 > self.table.len() {
            self.grow();
        }
        Some(code)
    }

    fn grow(&mut self) {
        let old = std::mem::take(&mut self.table);
        self.table = vec![(0, 0); old.len() * 2];
        for slot in old.into_iter().filter(|slot| slot.1 != 0) {
            let mut at = self.place(self.hashes[slot.1 as usize]);
            while self.table[at].1 != 0 {
                at = (at + 1) & (self.table.len() - 1);
            }
            self.table[at] = slot;
        }
    }

    /// Takes texts in, written one after the other by `write`, and adds their codes; false when
    /// there is no room.
    pub(super) fn intern_all(
        &mut self,
        texts: usize,
        mut write: impl FnMut(usize, &mut String),
        codes: &mut Vec<u32>,
    ) -> bool {
        let mut batch = String::new();
        let mut made: Vec<(usize, u64)> = Vec::with_capacity(BATCH);
        for start in (0..texts).step_by(BATCH) {
            batch.clear();
            made.clear();
            for at in start..texts.min(start + BATCH) {
                let from = batch.len();
                write(at, &mut batch);
                made.push((batch.len(), hash_text(&batch.as_bytes()[from..]) | 1));
            }
            let touched =
                made.iter().fold(0, |sum, (_, hash)| sum ^ self.table[self.place(*hash)].1);
            std::hint::black_box(touched);
            let mut from = 0;
            for (end, hash) in &made {
                let Some(code) = self.intern_hashed(&batch[from..*end], *hash) else {
                    return false;
                };
                codes.push(code);
                from = *end;
            }
        }
        true
    }

    /// Gives back what only adding needs.
    pub(super) fn close(&mut self) {
        self.table = Vec::new();
        self.text.shrink_to_fit();
        self.ends.shrink_to_fit();
        self.hashes.shrink_to_fit();
    }
}
