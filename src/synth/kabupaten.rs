//! The residents of one kabupaten, the partition that generation works through: made desa by desa,
//! calibrated and provided for together.

use rayon::prelude::*;

use super::SynthError;
use super::benefits::{ProgrammeReached, hand_out};
use super::identity::deal_serials;
use super::people::{Family, Person, settle};
use super::plan::{Kabupaten, World};
use super::welfare::{Reached, calibrate};

/// Everybody in a kabupaten; persons of a family stand together, families by desa.
pub(super) struct Residents {
    pub(super) families: Vec<Family>,
    pub(super) persons: Vec<Person>,
    pub(super) reached: Reached,
    pub(super) programmes: Vec<ProgrammeReached>,
}

impl Residents {
    pub(super) fn make(world: &World<'_>, kab: &Kabupaten) -> Result<Self, SynthError> {
        let mut families = Vec::with_capacity(kab.families as usize);
        let mut persons: Vec<Person> = Vec::with_capacity(kab.families as usize * 4);
        let made: Vec<(Vec<Family>, Vec<Person>)> =
            kab.desas.clone().into_par_iter().map(|desa| settle(world, desa)).collect();
        for (mut of_desa, people) in made {
            let before = persons.len() as u32;
            of_desa.iter_mut().for_each(|family| family.first += before);
            families.append(&mut of_desa);
            persons.extend(people);
        }
        deal_serials(world, kab, &mut families, &mut persons)?;
        let reached = calibrate(world, &kab.target, &mut families);
        let programmes = hand_out(world, kab, &mut families, &mut persons);
        Ok(Self { families, persons, reached, programmes })
    }
}
