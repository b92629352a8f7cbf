//! The truth beside the deliveries: what tests compare with, and nobody else reads.

use polars::prelude::{
    Column, DataFrame, DataType, Field, NamedFrom, PolarsResult, Schema, Series,
};

use super::people::{Family, Person};
use crate::domain::RegionCode;

/// One family as it is.
pub(super) struct FamilyTruth {
    family_id: u64,
    desa: u64,
    lng: f64,
    lat: f64,
    expenditure_rp: i64,
    decile: u8,
    n_members: u32,
    extreme: bool,
    poor: bool,
    receipts: u32,
    coordinate_fault: u8,
    region_fault: u8,
}

impl FamilyTruth {
    pub(super) fn new(
        family_id: u64,
        desa: RegionCode,
        family: &Family,
        coordinate_fault: u8,
        region_fault: u8,
    ) -> Self {
        Self {
            family_id,
            desa: desa.packed(),
            lng: family.lng,
            lat: family.lat,
            expenditure_rp: family.expenditure_rp,
            decile: family.decile,
            n_members: u32::from(family.size),
            extreme: family.extreme,
            poor: family.poor,
            receipts: family.receipts,
            coordinate_fault,
            region_fault,
        }
    }
}

/// One person as they are.
pub(super) struct PersonTruth {
    person_id: u64,
    family_id: u64,
    member_no: u32,
    person: Person,
}

impl PersonTruth {
    pub(super) fn new(person_id: u64, family_id: u64, member_no: u32, person: &Person) -> Self {
        Self { person_id, family_id, member_no, person: *person }
    }
}

/// What one delivered row is about and what is wrong with it.
pub(super) struct RowTruth {
    pub(super) file: u8,
    /// 1 is the first row under the header.
    pub(super) row: u64,
    pub(super) person_id: u64,
    pub(super) nik_fault: u8,
    pub(super) name_fault: u8,
    pub(super) birth_fault: u8,
    pub(super) region_fault: u8,
    pub(super) moved: bool,
}

/// The truth about a group of families.
#[derive(Default)]
pub(super) struct TruthBatch {
    pub(super) families: Vec<FamilyTruth>,
    pub(super) persons: Vec<PersonTruth>,
    pub(super) rows: Vec<RowTruth>,
}

fn column<S, T, P: ?Sized>(name: &str, rows: &[S], of: impl Fn(&S) -> T) -> Column
where
    Series: NamedFrom<Vec<T>, P>,
{
    Series::new(name.into(), rows.iter().map(of).collect::<Vec<T>>()).into()
}

pub(super) fn families_frame(rows: &[FamilyTruth]) -> PolarsResult<DataFrame> {
    DataFrame::new(
        rows.len(),
        vec![
            column("family_id", rows, |f| f.family_id),
            column("desa", rows, |f| f.desa),
            column("lng", rows, |f| f.lng),
            column("lat", rows, |f| f.lat),
            column("expenditure_rp", rows, |f| f.expenditure_rp),
            column("decile", rows, |f| f.decile),
            column("n_members", rows, |f| f.n_members),
            column("extreme", rows, |f| f.extreme),
            column("poor", rows, |f| f.poor),
            column("receipts", rows, |f| f.receipts),
            column("coordinate_fault", rows, |f| f.coordinate_fault),
            column("region_fault", rows, |f| f.region_fault),
        ],
    )
}

pub(super) fn persons_frame(rows: &[PersonTruth]) -> PolarsResult<DataFrame> {
    DataFrame::new(
        rows.len(),
        vec![
            column("person_id", rows, |p| p.person_id),
            column("family_id", rows, |p| p.family_id),
            column("member_no", rows, |p| p.member_no),
            column("age", rows, |p| p.person.facts.age),
            column("sex", rows, |p| u8::from(p.person.female)),
            column("pupil", rows, |p| p.person.facts.pupil),
            column("pregnant", rows, |p| p.person.facts.pregnant),
            column("disabled", rows, |p| p.person.facts.disabled),
            column("working", rows, |p| p.person.facts.working),
            column("business", rows, |p| p.person.facts.business),
            column("ppks", rows, |p| p.person.ppks),
            column("receipts", rows, |p| p.person.receipts),
        ],
    )
}

pub(super) fn rows_frame(rows: &[RowTruth]) -> PolarsResult<DataFrame> {
    DataFrame::new(
        rows.len(),
        vec![
            column("file", rows, |r| r.file),
            column("row", rows, |r| r.row),
            column("person_id", rows, |r| r.person_id),
            column("nik_fault", rows, |r| r.nik_fault),
            column("name_fault", rows, |r| r.name_fault),
            column("birth_fault", rows, |r| r.birth_fault),
            column("region_fault", rows, |r| r.region_fault),
            column("moved", rows, |r| r.moved),
        ],
    )
}

/// The schema of a frame, for the writer.
pub(super) fn schema(frame: &DataFrame) -> Schema {
    frame.schema().as_ref().clone()
}

/// A schema of texts.
pub(super) fn text_schema(columns: &[String]) -> Schema {
    columns.iter().map(|name| Field::new(name.as_str().into(), DataType::String)).collect()
}
