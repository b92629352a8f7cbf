//! Who lives in a desa: families of the sizes and make-up of Banten and Jakarta, the facts that
//! eligibility asks for, and a latent welfare that the calibration later turns into rupiah.

use super::dice::{Dice, Stage};
use super::names::Name;
use super::plan::{Desa, World};
use crate::domain::PersonFacts;

/// Relation to the head; the value is the code of Regsosek item 409.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Relation {
    Head = 1,
    Spouse = 2,
    Child = 3,
    Grandchild = 5,
    Parent = 6,
}

/// Where a pupil is enrolled, as far as a school registry knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum School {
    None,
    Dapodik,
    Emis,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Person {
    /// Until serials are dealt out: the twelve leading digits and four zeros.
    pub(super) nik: u64,
    /// yyyymmdd
    pub(super) birth: u32,
    pub(super) name: Name,
    pub(super) relation: Relation,
    pub(super) female: bool,
    pub(super) facts: PersonFacts,
    pub(super) ppks: bool,
    pub(super) school: School,
    pub(super) applicant: bool,
    /// Person-unit programmes.
    pub(super) receipts: u32,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Family {
    /// Index into [`World::desas`].
    pub(super) desa: u32,
    /// Running number in the desa, from 1.
    pub(super) building: u32,
    /// First member among the persons of the kabupaten (of the desa, while a desa is made).
    pub(super) first: u32,
    pub(super) size: u8,
    /// True place of the house, degrees.
    pub(super) lng: f64,
    pub(super) lat: f64,
    /// Latent; only its order counts.
    pub(super) welfare: f32,
    pub(super) expenditure_rp: i64,
    pub(super) decile: u8,
    pub(super) poor: bool,
    pub(super) extreme: bool,
    pub(super) card: u64,
    /// Family-unit programmes.
    pub(super) receipts: u32,
    pub(super) in_p3ke: bool,
    pub(super) in_dtks: bool,
    pub(super) in_carik: bool,
}

pub(super) fn date_parts(packed: u32) -> (u16, u8, u8) {
    ((packed / 10_000) as u16, (packed / 100 % 100) as u8, (packed % 100) as u8)
}

const SIZES_KABUPATEN: [f64; 9] = [0.08, 0.15, 0.22, 0.26, 0.16, 0.08, 0.035, 0.010, 0.005];
const SIZES_KOTA: [f64; 9] = [0.10, 0.17, 0.24, 0.25, 0.14, 0.06, 0.03, 0.008, 0.002];

/// One registered elsewhere in this many is 1 / 0.08.
const REGISTERED_ELSEWHERE: f64 = 0.08;

/// Makes the families of one desa.
pub(super) fn settle(world: &World<'_>, index: usize) -> (Vec<Family>, Vec<Person>) {
    let desa = &world.desas[index];
    let kota = world.kabupaten[desa.kabupaten].is_kota;
    let mut dice = Dice::new(world.config.seed, desa.code.packed(), Stage::People);
    let settlements = desa.ground.settlements(desa.families, &mut dice);
    let desa_effect = 0.35 * dice.normal();
    let mut families = Vec::with_capacity(desa.families as usize);
    let mut persons = Vec::with_capacity(desa.families as usize * 4);
    for building in 1..=desa.families {
        let first = persons.len();
        let size = 1 + dice.weighted(if kota { &SIZES_KOTA } else { &SIZES_KABUPATEN });
        let own = dice.normal();
        let size_effect = -0.18 * (size as f64 - 3.6);
        let welfare = desa_effect + 0.6 * own + size_effect + 0.25 * dice.normal();
        Household { world, desa, dice: &mut dice, welfare, persons: &mut persons }.fill(size);
        let [lng, lat] = desa.ground.house(&settlements, &mut dice);
        families.push(Family {
            desa: index as u32,
            building: building as u32,
            first: first as u32,
            size: size as u8,
            lng,
            lat,
            welfare: welfare as f32,
            expenditure_rp: 0,
            decile: 10,
            poor: false,
            extreme: false,
            card: card_stem(desa, &mut dice),
            receipts: 0,
            in_p3ke: false,
            in_dtks: false,
            in_carik: false,
        });
    }
    (families, persons)
}

/// PPKKCC and the day of issue; serials are dealt out later.
fn card_stem(desa: &Desa, dice: &mut Dice) -> u64 {
    let (day, month, year) = (dice.between(1, 28), dice.between(1, 12), dice.between(6, 22));
    stem(desa.prefix, day, month, year)
}

fn stem(prefix: u64, day: u8, month: u8, year: u8) -> u64 {
    (((prefix * 100 + u64::from(day)) * 100 + u64::from(month)) * 100 + u64::from(year)) * 10_000
}

/// One family being made.
struct Household<'a, 'w> {
    world: &'a World<'w>,
    desa: &'a Desa,
    dice: &'a mut Dice,
    welfare: f64,
    persons: &'a mut Vec<Person>,
}

impl Household<'_, '_> {
    fn fill(&mut self, size: usize) {
        let female_head = self.dice.chance(if size == 1 { 0.55 } else { 0.13 });
        let mut head_age = (46.0 + 13.0 * self.dice.normal()).clamp(21.0, 88.0) as u8;
        if size == 1 {
            head_age = head_age.saturating_add(self.dice.between(0, 15)).min(90);
        }
        let head = self.add(Relation::Head, head_age, female_head, None);
        let mut left = size - 1;
        let mut mother_age = head_age;
        if left > 0 && !female_head && self.dice.chance(0.95) {
            mother_age = head_age.saturating_sub(self.dice.between(0, 8)).max(19);
            self.add(Relation::Spouse, mother_age, true, None);
            left -= 1;
        }
        if left > 1 && head_age < 60 && self.dice.chance(0.12) {
            let age = (head_age + self.dice.between(18, 32)).min(95);
            let female = self.dice.chance(0.7);
            self.add(Relation::Parent, age, female, None);
            left -= 1;
        }
        let father = (!female_head).then(|| self.persons[head].name);
        for _ in 0..left {
            let oldest = mother_age - 18;
            let at_birth = self.dice.between(0, 22);
            let female = self.dice.chance(0.49);
            let age = oldest.saturating_sub(at_birth);
            if age > 32 || (oldest > 38 && self.dice.chance(0.35)) {
                let age = self.dice.between(0, 15);
                self.add(Relation::Grandchild, age, female, None);
            } else {
                self.add(Relation::Child, age, female, father);
            }
        }
    }

    fn add(&mut self, relation: Relation, age: u8, female: bool, father: Option<Name>) -> usize {
        let facts = self.facts(relation, age, female);
        let birth = self.born(age);
        let (year, month, day) = date_parts(birth);
        let prefix = if self.dice.chance(REGISTERED_ELSEWHERE) {
            self.world.prefixes[self.dice.below(self.world.prefixes.len())]
        } else {
            self.desa.prefix
        };
        let day = if female { day + 40 } else { day };
        let needy = facts.disabled || !(18..60).contains(&age);
        let ppks = needy && self.welfare < -0.5 && self.dice.chance(0.02);
        let name = Name::draw(self.dice, female, age, father);
        self.persons.push(Person {
            nik: stem(prefix, day, month, (year % 100) as u8),
            birth,
            name,
            relation,
            female,
            facts,
            ppks,
            school: School::None,
            applicant: false,
            receipts: 0,
        });
        self.persons.len() - 1
    }

    fn facts(&mut self, relation: Relation, age: u8, female: bool) -> PersonFacts {
        let enrolled = match age {
            6..=12 => 0.985,
            13..=15 => 0.95,
            16..=18 => 0.74 + 0.08 * self.welfare.clamp(-2.0, 2.0),
            19..=21 => 0.22 + 0.06 * self.welfare.clamp(-2.0, 2.0),
            _ => 0.0,
        };
        let of_school_age = matches!(relation, Relation::Child | Relation::Grandchild);
        let pupil = of_school_age && self.dice.chance(enrolled);
        let works = match (age, female) {
            (0..=14, _) => 0.0,
            (15..=24, _) => 0.5,
            (25..=59, false) => 0.89,
            (25..=59, true) => 0.46,
            (_, false) => 0.48,
            (_, true) => 0.25,
        };
        let working = !pupil && self.dice.chance(works);
        let fertile = relation == Relation::Spouse && female && (18..=44).contains(&age);
        PersonFacts {
            age,
            pupil,
            pregnant: fertile && self.dice.chance(0.05),
            disabled: self.dice.chance(if age >= 60 { 0.07 } else { 0.009 }),
            working,
            business: working && self.dice.chance(0.22),
        }
    }

    /// A birthday that makes the person `age` on the first day of the period.
    fn born(&mut self, age: u8) -> u32 {
        const DAYS: [usize; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let period = self.world.config.period;
        let mut day = self.dice.below(365);
        let mut month = 0;
        while day >= DAYS[month] {
            day -= DAYS[month];
            month += 1;
        }
        let (month, day) = (month as u32 + 1, day as u32 + 1);
        let had_birthday = (month, day) <= (u32::from(period.month), 1);
        let year = u32::from(period.year) - u32::from(age) - u32::from(!had_birthday);
        year * 10_000 + month * 100 + day
    }
}
