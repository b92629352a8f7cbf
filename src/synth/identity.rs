//! Serials of NIK and KK numbers: no two persons of a run share a number, no two families a card.

use rayon::prelude::*;

use super::SynthError;
use super::people::{Family, Person};
use super::plan::{Kabupaten, World};

/// Serials 1..=6999 belong to those registered in the kabupaten itself; above that each kabupaten
/// of the nation has a block of five for its residents who were registered elsewhere, so that
/// kabupaten can deal out serials without knowing of each other.
const OWN: u64 = 6_999;
const BLOCK: u64 = 5;

/// Completes the numbers of a kabupaten's residents.
pub(super) fn deal_serials(
    world: &World<'_>,
    kab: &Kabupaten,
    families: &mut [Family],
    persons: &mut [Person],
) -> Result<(), SynthError> {
    let own = kab.code.packed() / 1_000_000;
    let homes: Vec<u64> = families
        .iter()
        .flat_map(|f| std::iter::repeat_n(world.desas[f.desa as usize].prefix, f.size.into()))
        .collect();
    // A block can run out (five of one birthday in one far kecamatan): those are registered at home.
    let mut stems: Vec<(u64, u32)> = Vec::with_capacity(persons.len());
    for round in 0..2 {
        stems.clear();
        stems.extend((0_u32..).zip(persons.iter()).map(|(i, p)| (p.nik, i)));
        stems.par_sort_unstable();
        let full = overflowing(&stems, own);
        for i in &full {
            let person = &mut persons[*i as usize];
            person.nik = homes[*i as usize] * 10_000_000_000 + person.nik % 10_000_000_000;
        }
        if full.is_empty() {
            break;
        }
        if round == 1 {
            return Err(SynthError::Exhausted(kab.code));
        }
    }
    for run in stems.chunk_by(|a, b| a.0 == b.0) {
        for (serial, (stem, i)) in (1..).zip(run) {
            let base = if stem / 1_000_000_000_000 == own { 0 } else { OWN + kab.number * BLOCK };
            persons[*i as usize].nik = stem + base + serial;
        }
    }
    let mut cards: Vec<(u64, u32)> =
        (0_u32..).zip(families.iter()).map(|(i, f)| (f.card, i)).collect();
    cards.par_sort_unstable();
    for run in cards.chunk_by(|a, b| a.0 == b.0) {
        for (serial, (stem, i)) in (1..10_000_u64).zip(run) {
            families[*i as usize].card = stem + serial;
        }
        if run.len() >= 10_000 {
            return Err(SynthError::Exhausted(kab.code));
        }
    }
    Ok(())
}

/// Those for whom the serials of their stem do not suffice.
fn overflowing(stems: &[(u64, u32)], own: u64) -> Vec<u32> {
    let room = |stem: u64| if stem / 1_000_000_000_000 == own { OWN } else { BLOCK } as usize;
    stems
        .chunk_by(|a, b| a.0 == b.0)
        .flat_map(|run| run.iter().skip(room(run[0].0)).map(|(_, i)| *i))
        .collect()
}
