//! The deliveries: which file a registry hands over, what stands in each of its columns, and the
//! rows of a group of families.

pub(super) mod cell;
mod others;
mod regsosek;
mod social;

use std::ops::Range;

use self::cell::{Cell, Row};
use super::SynthError;
use super::dice::{Dice, Stage, mix};
use super::faults::{StatedPerson, StatedPlace, earlier_home, stated_coordinate, stated_place};
use super::kabupaten::Residents;
use super::people::{Family, Person, School};
use super::plan::{Kabupaten, World};
use super::sheet::Sheet;
use super::truth::{FamilyTruth, PersonTruth, RowTruth, TruthBatch};
use crate::domain::{CodeSystem, Registry};
use crate::sources::layout::{FileLayout, Layout, LayoutError};

/// The delivered files; the value is the `file` of the truth's row table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum FileId {
    RegsosekFamily = 0,
    RegsosekMember = 1,
    P3keFamily = 2,
    P3kePerson = 3,
    Dtks = 4,
    PbiJkn = 5,
    Dapodik = 6,
    Emis = 7,
    Prakerja = 8,
    Carik = 9,
}

/// One file: its layout and how each column is filled. A column without a cell stays empty.
pub(super) struct Form {
    pub(super) layout: FileLayout,
    pub(super) cells: Vec<Option<Cell>>,
}

/// All files in the order of [`FileId`]; Carik only where it is asked for.
pub(super) fn forms(with_carik: bool) -> Result<Vec<Form>, SynthError> {
    let files: [(Registry, &str, fn(&str) -> Option<Cell>); 10] = [
        (Registry::Regsosek, "regsosek_keluarga", regsosek::family),
        (Registry::Regsosek, "regsosek_anggota", regsosek::member),
        (Registry::P3ke, "p3ke_keluarga", social::p3ke_family),
        (Registry::P3ke, "p3ke_individu", social::p3ke_person),
        (Registry::Dtks, "dtks", social::dtks),
        (Registry::PbiJkn, "pbi_jkn", social::pbi_jkn),
        (Registry::Dapodik, "dapodik", others::dapodik),
        (Registry::Emis, "emis", others::emis),
        (Registry::Prakerja, "prakerja", others::prakerja),
        (Registry::Carik, "carik", others::carik),
    ];
    let count = if with_carik { 10 } else { 9 };
    files
        .into_iter()
        .take(count)
        .map(|(registry, name, cell)| {
            let layout = Layout::builtin(registry)?.file_for(name)?.clone();
            let cells: Vec<Option<Cell>> = layout.columns.iter().map(|c| cell(c)).collect();
            let used =
                layout.fields.values().flat_map(super::super::sources::layout::Columns::names);
            let unfilled = used.into_iter().find(|name| cell(name).is_none());
            let wrong_system =
                (layout.code_system == CodeSystem::Bps) != (registry == Registry::Regsosek);
            let problem = match unfilled {
                Some(column) => Some(format!("synth does not know how to fill '{column}'")),
                None => wrong_system.then(|| "synth expects another code system".to_owned()),
            };
            if let Some(problem) = problem {
                let path = format!("data/layouts/{}.toml", registry.slug());
                return Err(LayoutError::Content { path, file: name.to_owned(), problem }.into());
            }
            Ok(Form { layout, cells })
        })
        .collect()
}

/// What a group of families becomes: a sheet for each file and the truth beside.
pub(super) struct Batch {
    pub(super) families: u64,
    pub(super) sheets: Vec<Sheet>,
    pub(super) truth: TruthBatch,
}

/// Writes the rows of one group of families.
pub(super) struct Clerk<'a> {
    world: &'a World<'a>,
    kab: &'a Kabupaten,
    residents: &'a Residents,
    forms: &'a [Form],
    dice: Dice,
    stated: StatedPerson,
    batch: Batch,
}

impl<'a> Clerk<'a> {
    /// The rows of the families of a kabupaten in `range`.
    pub(super) fn write(
        world: &'a World<'a>,
        kab: &'a Kabupaten,
        residents: &'a Residents,
        forms: &'a [Form],
        range: Range<usize>,
    ) -> Batch {
        let place = kab.code.packed() + range.start as u64;
        let batch = Batch {
            families: range.len() as u64,
            sheets: forms.iter().map(Sheet::new).collect(),
            truth: TruthBatch::default(),
        };
        let mut clerk = Self {
            world,
            kab,
            residents,
            forms,
            dice: Dice::new(world.config.seed, place, Stage::Delivery),
            stated: StatedPerson::new(),
            batch,
        };
        for index in range.clone() {
            clerk.survey(index);
        }
        // The other registries do not keep the census's order.
        let (n, step) = (range.len(), stride(range.len()));
        for k in 0..n {
            let index = range.start + (k * step + n / 3) % n;
            clerk.aid(index);
            clerk.schools_and_work(index);
        }
        clerk.batch
    }

    fn family(&self, index: usize) -> (&'a Family, &'a [Person]) {
        let family = &self.residents.families[index];
        let start = family.first as usize;
        (family, &self.residents.persons[start..start + usize::from(family.size)])
    }

    fn family_id(&self, index: usize) -> u64 {
        self.kab.code.packed() / 1_000_000 * 100_000_000 + index as u64 + 1
    }

    fn person_id(&self, family: &Family, member: usize) -> u64 {
        let ordinal = u64::from(family.first) + member as u64 + 1;
        self.kab.code.packed() / 1_000_000 * 1_000_000_000 + ordinal
    }

    /// Adds one row to `file`, stating what `self.stated` holds.
    fn row(
        &mut self,
        file: FileId,
        index: usize,
        member: usize,
        place: StatedPlace<'a>,
        coordinate: Option<[f64; 2]>,
    ) {
        let (family, members) = self.family(index);
        let seed = self.world.config.seed;
        let person_id = self.person_id(family, member);
        let form = &self.forms[file as usize];
        let row = Row {
            world: self.world,
            family,
            members,
            member,
            stated: &self.stated,
            place,
            coordinate,
            date: form.layout.date,
            family_no: self.kab.families_before + index as u64 + 1,
            family_bits: mix(seed, self.family_id(index)),
            person_bits: mix(seed, person_id),
        };
        let sheet = &mut self.batch.sheets[file as usize];
        sheet.push(&row, &form.cells);
        self.batch.truth.rows.push(RowTruth {
            file: file as u8,
            row: sheet.rows(),
            person_id,
            nik_fault: self.stated.nik_fault as u8,
            name_fault: self.stated.name_fault as u8,
            birth_fault: self.stated.birth_fault as u8,
            region_fault: place.fault as u8,
            moved: place.moved,
        });
    }

    /// States a member with the faults of one row.
    fn state(&mut self, index: usize, member: usize) {
        let (_, members) = self.family(index);
        let persons = &self.residents.persons;
        let other = if members.len() > 1 {
            members[(member + 1 + self.dice.below(members.len() - 1)) % members.len()].nik
        } else {
            persons[self.dice.below(persons.len())].nik
        };
        self.stated.state(&self.world.config.rates, &members[member], other, &mut self.dice);
    }

    /// Regsosek: everybody once; the place of the family row is that of its member rows.
    fn survey(&mut self, index: usize) {
        let (family, members) = self.family(index);
        let rates = &self.world.config.rates;
        let place = stated_place(self.world, family.desa as usize, false, &mut self.dice);
        let (coordinate, fault) = stated_coordinate(rates, family, &mut self.dice);
        self.stated.state_name(rates, &members[0], &mut self.dice);
        self.row(FileId::RegsosekFamily, index, 0, place, coordinate);
        if self.dice.chance(rates.regsosek_duplicate) {
            self.row(FileId::RegsosekFamily, index, 0, place, coordinate);
        }
        let family_id = self.family_id(index);
        self.batch.truth.families.push(FamilyTruth::new(
            family_id,
            self.world.desas[family.desa as usize].code,
            family,
            fault as u8,
            place.fault as u8,
        ));
        for (member, person) in members.iter().enumerate() {
            let person_id = self.person_id(family, member);
            let truth = PersonTruth::new(person_id, family_id, member as u32 + 1, person);
            self.batch.truth.persons.push(truth);
            self.state(index, member);
            self.row(FileId::RegsosekMember, index, member, place, None);
        }
    }

    /// Where one registry believes the family to live.
    fn home(&mut self, index: usize) -> (usize, bool) {
        let (family, _) = self.family(index);
        match earlier_home(self.world, family, &mut self.dice) {
            Some(home) => (home, true),
            None => (family.desa as usize, false),
        }
    }

    /// One member's row in a registry other than Regsosek.
    fn list(&mut self, file: FileId, index: usize, member: usize, (home, moved): (usize, bool)) {
        self.state(index, member);
        let place = stated_place(self.world, home, moved, &mut self.dice);
        self.row(file, index, member, place, None);
    }

    fn aid(&mut self, index: usize) {
        let (family, members) = self.family(index);
        if family.in_p3ke {
            let home = self.home(index);
            self.list(FileId::P3keFamily, index, 0, home);
            for member in 0..members.len() {
                self.list(FileId::P3kePerson, index, member, home);
            }
        }
        if family.in_dtks {
            let home = self.home(index);
            for member in 0..members.len() {
                self.list(FileId::Dtks, index, member, home);
                if self.dice.chance(self.world.config.rates.dtks_duplicate) {
                    self.list(FileId::Dtks, index, member, home);
                }
            }
        }
        let pbi = self.world.index_of("pbi_jkn");
        let insured = |p: &Person| pbi.is_some_and(|i| p.receipts >> i & 1 == 1);
        if members.iter().any(insured) {
            let home = self.home(index);
            for member in (0..members.len()).filter(|m| insured(&members[*m])) {
                self.list(FileId::PbiJkn, index, member, home);
            }
        }
    }

    fn schools_and_work(&mut self, index: usize) {
        let (family, members) = self.family(index);
        let prakerja = self.world.index_of("prakerja");
        let home = self.home(index);
        for (member, person) in members.iter().enumerate() {
            match person.school {
                School::Dapodik => self.list(FileId::Dapodik, index, member, home),
                School::Emis => self.list(FileId::Emis, index, member, home),
                School::None => {}
            }
            let trained = prakerja.is_some_and(|i| person.receipts >> i & 1 == 1);
            if trained || person.applicant {
                self.list(FileId::Prakerja, index, member, home);
            }
        }
        if family.in_carik && self.forms.len() > FileId::Carik as usize {
            let home = self.home(index);
            for member in 0..members.len() {
                self.list(FileId::Carik, index, member, home);
            }
        }
    }
}

/// A step that visits 0..n once each: near the golden section and prime to n.
fn stride(n: usize) -> usize {
    let gcd = |mut a: usize, mut b: usize| {
        while b > 0 {
            (a, b) = (b, a % b);
        }
        a
    };
    let start = (n * 618 / 1000).max(1);
    (start..).find(|step| gcd(*step, n) == 1).unwrap_or(1)
}
