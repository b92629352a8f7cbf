//! What a delivered row states instead of the truth. The enums' values are those of the truth
//! tables.

use super::dice::Dice;
use super::names::{self, NameFault};
use super::people::{Family, Person, date_parts};
use super::plan::{Desa, World};
use super::rates::ErrorRates;
use crate::domain::BirthDate;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum NikFault {
    None = 0,
    Missing = 1,
    Zero = 2,
    Repeated = 3,
    Spreadsheet = 4,
    Rounded = 5,
    Apostrophe = 6,
    Letter = 7,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum BirthFault {
    None = 0,
    Swapped = 1,
    January = 2,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum RegionFault {
    None = 0,
    Wrong = 1,
    OtherSystem = 2,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum CoordinateFault {
    None = 0,
    Missing = 1,
    Swapped = 2,
    Zero = 3,
    Sea = 4,
    Coarse = 5,
}

/// The place that a row states.
#[derive(Clone, Copy)]
pub(super) struct StatedPlace<'a> {
    pub(super) desa: &'a Desa,
    pub(super) fault: RegionFault,
    pub(super) moved: bool,
}

/// The identity that a row states; its buffers are used again for every row.
pub(super) struct StatedPerson {
    /// As delivered.
    pub(super) nik: Vec<u8>,
    /// In capitals.
    pub(super) name: Vec<u8>,
    pub(super) birth: u32,
    pub(super) nik_fault: NikFault,
    pub(super) name_fault: NameFault,
    pub(super) birth_fault: BirthFault,
}

impl StatedPerson {
    pub(super) fn new() -> Self {
        Self {
            nik: Vec::new(),
            name: Vec::new(),
            birth: 0,
            nik_fault: NikFault::None,
            name_fault: NameFault::None,
            birth_fault: BirthFault::None,
        }
    }

    /// States `person`; `other` is somebody whose NIK may stand here by mistake.
    pub(super) fn state(
        &mut self,
        rates: &ErrorRates,
        person: &Person,
        other: u64,
        dice: &mut Dice,
    ) {
        self.state_name(rates, person, dice);
        self.state_nik(rates, person, other, dice);
        self.state_birth(rates, person, dice);
    }

    /// States the name alone: family rows carry nothing else.
    pub(super) fn state_name(&mut self, rates: &ErrorRates, person: &Person, dice: &mut Dice) {
        self.name.clear();
        person.name.write(&mut self.name);
        let drawn = drawn(
            dice,
            &[
                (rates.name_spelling, NameFault::Spelling),
                (rates.name_title, NameFault::Title),
                (rates.name_abbreviated, NameFault::Abbreviated),
                (rates.name_order, NameFault::Order),
            ],
        );
        let fault = drawn.unwrap_or(NameFault::None);
        self.name_fault = names::damage(&mut self.name, fault, person.female, dice);
        (self.nik_fault, self.birth_fault) = (NikFault::None, BirthFault::None);
    }

    fn state_nik(&mut self, rates: &ErrorRates, person: &Person, other: u64, dice: &mut Dice) {
        let drawn = drawn(
            dice,
            &[
                (rates.nik_missing, NikFault::Missing),
                (rates.nik_zero, NikFault::Zero),
                (rates.nik_repeated, NikFault::Repeated),
                (rates.nik_spreadsheet, NikFault::Spreadsheet),
                (rates.nik_rounded, NikFault::Rounded),
                (rates.nik_apostrophe, NikFault::Apostrophe),
                (rates.nik_letter, NikFault::Letter),
            ],
        );
        self.nik_fault = drawn.unwrap_or(NikFault::None);
        self.nik.clear();
        write_nik(&mut self.nik, self.nik_fault, person.nik, other);
    }

    fn state_birth(&mut self, rates: &ErrorRates, person: &Person, dice: &mut Dice) {
        let (year, month, day) = date_parts(person.birth);
        self.birth = person.birth;
        self.birth_fault = BirthFault::None;
        let swapped = if day == month { None } else { BirthDate::new(year, day, month) };
        if swapped.is_some() && dice.chance(rates.birth_swapped) {
            self.birth = u32::from(year) * 10_000 + u32::from(day) * 100 + u32::from(month);
            self.birth_fault = BirthFault::Swapped;
        } else if (month, day) != (1, 1) && dice.chance(rates.birth_january) {
            self.birth = u32::from(year) * 10_000 + 101;
            self.birth_fault = BirthFault::January;
        }
    }
}

/// At most one of the faults, each with its rate.
fn drawn<T: Copy>(dice: &mut Dice, faults: &[(f64, T)]) -> Option<T> {
    let mut u = dice.unit();
    for (rate, fault) in faults {
        if u < *rate {
            return Some(*fault);
        }
        u -= rate;
    }
    None
}

fn write_nik(out: &mut Vec<u8>, fault: NikFault, nik: u64, other: u64) {
    let mut digits = |n: u64, width| super::delivery::cell::padded(out, n, width);
    match fault {
        NikFault::None => digits(nik, 16),
        NikFault::Missing => {}
        NikFault::Zero => digits(0, 16),
        NikFault::Repeated => digits(other, 16),
        NikFault::Rounded => digits(nik / 10 * 10, 16),
        NikFault::Apostrophe => {
            out.push(b'\'');
            super::delivery::cell::padded(out, nik, 16);
        }
        NikFault::Letter => {
            digits(nik, 16);
            // Nearly every NIK has a zero; the few others get an I at the end.
            let place = out.iter().rposition(|b| *b == b'0');
            if let Some(place) = place {
                out[place] = b'O';
            } else if let Some(last) = out.last_mut() {
                *last = b'I';
            }
        }
        NikFault::Spreadsheet => {
            // Six significant digits, as a narrow column shows them: 3,60104E+15.
            let six = nik / 10_000_000_000;
            digits(six / 100_000, 1);
            out.push(b',');
            super::delivery::cell::padded(out, six % 100_000, 5);
            out.extend_from_slice(b"E+15");
        }
    }
}

/// Another desa of the same kecamatan; `None` where there is none.
fn neighbour<'w>(world: &'w World<'_>, desa: &Desa, dice: &mut Dice) -> Option<&'w Desa> {
    let desas = &world.desas[world.kabupaten[desa.kabupaten].desas.clone()];
    let start = desas.partition_point(|d| d.prefix < desa.prefix);
    let end = desas.partition_point(|d| d.prefix <= desa.prefix);
    let other = desas.get(start + dice.below(end - start))?;
    let other =
        if other.code == desa.code { desas.get(start).filter(|_| end - start > 1)? } else { other };
    if other.code == desa.code { desas.get(start + 1) } else { Some(other) }
}

/// Where a registry says that a family lives when it never heard of the move.
pub(super) fn earlier_home(world: &World<'_>, family: &Family, dice: &mut Dice) -> Option<usize> {
    if !dice.chance(world.config.rates.moved) {
        return None;
    }
    let here = family.desa as usize;
    let kab = &world.kabupaten[world.desas[here].kabupaten].desas;
    let near = dice.chance(0.8);
    let there =
        if near { kab.start + dice.below(kab.len()) } else { dice.below(world.desas.len()) };
    if there == here {
        Some(if here > 0 { here - 1 } else { world.desas.len() - 1 })
    } else {
        Some(there)
    }
}

/// The place that a row states, given where its registry thinks the family lives.
pub(super) fn stated_place<'w>(
    world: &'w World<'_>,
    home: usize,
    moved: bool,
    dice: &mut Dice,
) -> StatedPlace<'w> {
    let rates = &world.config.rates;
    let desa = &world.desas[home];
    let fault = drawn(
        dice,
        &[
            (rates.region_wrong, RegionFault::Wrong),
            (rates.region_other_system, RegionFault::OtherSystem),
        ],
    );
    match fault {
        Some(RegionFault::Wrong) => match neighbour(world, desa, dice) {
            Some(desa) => StatedPlace { desa, fault: RegionFault::Wrong, moved },
            None => StatedPlace { desa, fault: RegionFault::None, moved },
        },
        Some(RegionFault::OtherSystem) if desa.bps.is_some() => {
            StatedPlace { desa, fault: RegionFault::OtherSystem, moved }
        }
        _ => StatedPlace { desa, fault: RegionFault::None, moved },
    }
}

/// The coordinate that the form carries, as [longitude, latitude].
pub(super) fn stated_coordinate(
    rates: &ErrorRates,
    family: &Family,
    dice: &mut Dice,
) -> (Option<[f64; 2]>, CoordinateFault) {
    let drawn = drawn(
        dice,
        &[
            (rates.coordinate_missing, CoordinateFault::Missing),
            (rates.coordinate_swapped, CoordinateFault::Swapped),
            (rates.coordinate_zero, CoordinateFault::Zero),
            (rates.coordinate_sea, CoordinateFault::Sea),
            (rates.coordinate_coarse, CoordinateFault::Coarse),
        ],
    );
    let fault = drawn.unwrap_or(CoordinateFault::None);
    let metres = match fault {
        CoordinateFault::Coarse => rates.coordinate_coarse_m,
        _ => rates.coordinate_noise_m,
    };
    let degree = metres / 111_320.0;
    let lng = family.lng + degree * dice.normal() / family.lat.to_radians().cos();
    let lat = family.lat + degree * dice.normal();
    let stated = match fault {
        CoordinateFault::Missing => None,
        CoordinateFault::Swapped => Some([lat, lng]),
        CoordinateFault::Zero => Some([0.0, 0.0]),
        // The Indian Ocean south of Java, far from any land.
        CoordinateFault::Sea => Some([104.5 + 1.8 * dice.unit(), -8.6 + dice.unit()]),
        CoordinateFault::None | CoordinateFault::Coarse => Some([lng, lat]),
    };
    (stated, fault)
}
