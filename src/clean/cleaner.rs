//! One delivered file's rows turned into records, as its layout says.

use super::date::parse_date;
use super::identity::{self, Identity};
use super::issue::IssueLog;
use super::name::standardise;
use super::record::{Desa, FamilyKey, FamilyRecord, PersonRecord};
use super::region::{RegionFault, resolve_region};
use super::rules::check_rules;
use crate::data::DataError;
use crate::domain::{
    BirthDate, Decile, FamilyCard, FamilyRole, Period, PersonFacts, ProgrammeSet, Registry, Sex,
};
use crate::regions::{NikPrefixes, RegionCatalog};
use crate::sources::layout::{Field, FileLayout, Flag, YesWhen};
use crate::sources::{Header, RawRow};

/// Longest text of a field that can be anything but damage, in bytes.
const MAX_FIELD: usize = 10_000;

/// Characters of an address that are kept.
const MAX_ADDRESS: usize = 200;

/// Latitudes and longitudes of Indonesia, with a margin; the ranges do not overlap, so a swapped
/// pair is recognised beyond doubt.
const LATITUDES: std::ops::RangeInclusive<f64> = -11.5..=6.5;
const LONGITUDES: std::ops::RangeInclusive<f64> = 94.5..=141.5;

/// An age no rule can ask for: the date of birth is unknown.
const AGE_UNKNOWN: u8 = u8::MAX;

/// A layout that does not serve its purpose.
#[derive(Debug, thiserror::Error)]
pub enum CleanerError {
    #[error("file '{file}': the layout names no column for '{field}', which is needed")]
    Field { file: String, field: &'static str },
    #[error(transparent)]
    Data(#[from] DataError),
}

/// Positions of the columns of one yes/no fact.
struct Yes<'a> {
    always: bool,
    columns: Vec<usize>,
    yes: &'a [String],
}

impl Yes<'_> {
    fn holds(&self, row: &RawRow<'_>) -> bool {
        self.always || self.columns.iter().any(|c| self.yes.iter().any(|yes| yes == row.get(*c)))
    }
}

/// Cleans the rows of one file.
pub struct Cleaner<'a> {
    layout: &'a FileLayout,
    registry: Registry,
    source: u16,
    period: Period,
    catalog: &'a RegionCatalog,
    prefixes: &'static NikPrefixes,
    /// Every fault of a row is its own, whatever other file of the hand-over states it too.
    alone: bool,
    columns: Columns,
    flags: Vec<(Flag, Yes<'a>)>,
    receipts: Vec<(u32, Yes<'a>)>,
    pub log: IssueLog,
}

/// Positions of the columns of each field; empty where the layout has none.
struct Columns {
    by_field: Vec<(Field, Vec<usize>, String)>,
}

impl Columns {
    fn of(&self, field: Field) -> &[usize] {
        self.find(field).map_or(&[], |(_, at, _)| at)
    }

    fn name(&self, field: Field) -> &str {
        self.find(field).map_or("", |(_, _, name)| name)
    }

    fn find(&self, field: Field) -> Option<&(Field, Vec<usize>, String)> {
        self.by_field.iter().find(|(f, _, _)| *f == field)
    }

    fn has(&self, field: Field) -> bool {
        self.find(field).is_some()
    }

    /// The text of a field; several columns are joined.
    fn text<'r>(&self, field: Field, row: &'r RawRow<'_>, joined: &'r mut String) -> &'r str {
        match self.of(field) {
            [] => "",
            [one] => row.get(*one),
            many => {
                joined.clear();
                many.iter().for_each(|c| joined.push_str(row.get(*c)));
                joined
            }
        }
    }
}

impl<'a> Cleaner<'a> {
    /// Prepares for a file whose header has every column of the layout.
    ///
    /// # Errors
    /// The layout lacks a field that this kind of record cannot do without, or the rules of the
    /// build are damaged.
    pub fn new(
        header: &Header,
        layout: &'a FileLayout,
        registry: Registry,
        source: u16,
        period: Period,
        catalog: &'a RegionCatalog,
        programmes: &ProgrammeSet,
    ) -> Result<Self, CleanerError> {
        let positions =
            |names: &[String]| names.iter().filter_map(|n| header.index(n)).collect::<Vec<_>>();
        let yes = |when: &'a YesWhen| Yes {
            always: when.always,
            columns: positions(&when.columns),
            yes: &when.yes,
        };
        let by_field = layout
            .fields
            .iter()
            .map(|(field, c)| (*field, positions(c.names()), c.names().join("+")))
            .collect();
        let receipts = layout
            .receives
            .iter()
            .filter_map(|(id, when)| programmes.index_of(id).map(|i| (1 << i, yes(when))))
            .collect();
        let flags = layout.flags.iter().map(|(flag, when)| (*flag, yes(when))).collect();
        check_rules()?;
        let cleaner = Self {
            layout,
            registry,
            source,
            period,
            catalog,
            prefixes: NikPrefixes::shared()?,
            alone: false,
            columns: Columns { by_field },
            flags,
            receipts,
            log: IssueLog::default(),
        };
        cleaner.check_fields()?;
        Ok(cleaner)
    }

    /// For a file that is looked at alone: a member's region is checked too, which in a build is
    /// the family row's to answer for.
    #[must_use]
    pub fn alone(mut self) -> Self {
        self.alone = true;
        self
    }

    fn check_fields(&self) -> Result<(), CleanerError> {
        use crate::sources::layout::RecordKind;
        let needed: &[Field] = match (self.layout.record, self.registry) {
            (RecordKind::Family, _) => &[Field::FamilyKey, Field::Region],
            (RecordKind::Person, Registry::Regsosek) => {
                &[Field::FamilyKey, Field::Nik, Field::Name]
            }
            (RecordKind::Person, _) => &[Field::Nik, Field::Name, Field::Region],
        };
        match needed.iter().find(|field| !self.columns.has(**field)) {
            Some(field) => {
                Err(CleanerError::Field { file: self.layout.name.clone(), field: field.slug() })
            }
            None => Ok(()),
        }
    }

    /// True when a field of the row is longer than any real value: the row is set aside.
    fn overlong(&mut self, row: &RawRow<'_>) -> bool {
        for (_, at, name) in &self.columns.by_field {
            if at.iter().any(|c| row.get(*c).len() > MAX_FIELD) {
                self.log.set_aside("field_too_long", name, row.number);
                return true;
            }
        }
        false
    }

    fn family_key(&self, row: &RawRow<'_>) -> Option<FamilyKey> {
        FamilyKey::from_parts(self.columns.of(Field::FamilyKey).iter().map(|c| row.get(*c)))
    }

    fn stated_region(&self, row: &RawRow<'_>) -> Result<Desa, RegionFault> {
        let mut joined = String::new();
        let text = self.columns.text(Field::Region, row, &mut joined);
        resolve_region(text, self.layout.code_system, self.catalog).map(Desa::new)
    }

    fn region(&mut self, row: &RawRow<'_>) -> Option<Desa> {
        match self.stated_region(row) {
            Ok(desa) => Some(desa),
            Err(fault) => {
                self.log.issue(fault.slug(), self.columns.name(Field::Region), row.number);
                None
            }
        }
    }

    fn receipts(&self, row: &RawRow<'_>) -> u32 {
        self.receipts.iter().filter(|(_, yes)| yes.holds(row)).fold(0, |bits, (bit, _)| bits | bit)
    }

    fn flag(&self, flag: Flag, row: &RawRow<'_>) -> bool {
        self.flags.iter().any(|(f, yes)| *f == flag && yes.holds(row))
    }

    /// One family of the base registry; `None` when the row is set aside.
    pub fn family(&mut self, row: &RawRow<'_>) -> Option<FamilyRecord> {
        if self.overlong(row) {
            return None;
        }
        let Some(key) = self.family_key(row) else {
            let column = self.columns.name(Field::FamilyKey).to_owned();
            self.log.set_aside("family_key_missing", &column, row.number);
            return None;
        };
        let card = self.card(row);
        Some(FamilyRecord {
            source: self.source,
            row: row.number,
            key,
            region: self.region(row),
            point: self.point(row),
            decile: self.number(row, Field::Decile, "decile_unreadable", |text| {
                text.parse().ok().and_then(Decile::new).map(Decile::get)
            }),
            expenditure_rp_month: self.number(
                row,
                Field::ExpenditureRpMonth,
                "expenditure_unreadable",
                |text| text.parse().ok().filter(|rp| *rp >= 0),
            ),
            n_members_stated: self
                .number(row, Field::NMembers, "members_unreadable", |text| text.parse().ok()),
            receipts: self.receipts(row),
            card,
            address: self.address(row),
        })
    }

    /// For whoever has to find the house: as delivered, cut where no real one is so long.
    fn address(&self, row: &RawRow<'_>) -> String {
        let mut joined = String::new();
        let text = self.columns.text(Field::Address, row, &mut joined);
        let line = text.chars().map(|c| if c.is_control() { ' ' } else { c });
        line.take(MAX_ADDRESS).collect::<String>().trim().to_owned()
    }

    /// A value that may be absent; what is there but unreadable is an issue.
    fn number<T>(
        &mut self,
        row: &RawRow<'_>,
        field: Field,
        code: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let text = row.get(*self.columns.of(field).first()?);
        if text.is_empty() {
            return None;
        }
        let value = parse(text);
        if value.is_none() {
            self.log.issue(code, self.columns.name(field), row.number);
        }
        value
    }

    fn point(&mut self, row: &RawRow<'_>) -> Option<(f64, f64)> {
        let (lat_at, lng_at) = (
            *self.columns.of(Field::Latitude).first()?,
            *self.columns.of(Field::Longitude).first()?,
        );
        let (lat_text, lng_text) = (row.get(lat_at), row.get(lng_at));
        let column = self.columns.name(Field::Latitude);
        if lat_text.is_empty() && lng_text.is_empty() {
            self.log.issue("coordinate_missing", column, row.number);
            return None;
        }
        let (Some(lat), Some(lng)) = (degrees(lat_text), degrees(lng_text)) else {
            self.log.issue("coordinate_unreadable", column, row.number);
            return None;
        };
        if LATITUDES.contains(&lng) && LONGITUDES.contains(&lat) {
            self.log.issue("coordinate_swapped", column, row.number);
            return Some((lat, lng));
        }
        Some((lng, lat))
    }

    /// One person; `None` when the row is set aside.
    pub fn person(&mut self, row: &RawRow<'_>) -> Option<PersonRecord> {
        if self.overlong(row) {
            return None;
        }
        let family = self.family_key(row);
        if self.registry == Registry::Regsosek && family.is_none() {
            let column = self.columns.name(Field::FamilyKey).to_owned();
            self.log.set_aside("family_key_missing", &column, row.number);
            return None;
        }
        let (sex, birth) = (self.sex(row), self.birth(row));
        let card = self.card(row);
        let Identity { nik, digits, verified } = self.identity(row, birth, sex, card);
        let name = self.name(row);
        // A member of the base is placed by the family row, which has the issues of the code: here
        // the region is evidence for linkage only.
        let region = if self.registry == Registry::Regsosek && !self.alone {
            self.stated_region(row).ok()
        } else {
            self.region(row)
        };
        Some(PersonRecord {
            registry: self.registry,
            source: self.source,
            row: row.number,
            nik,
            digits,
            verified,
            card,
            role: self.role(row),
            name,
            sex,
            birth,
            region,
            family,
            member_no: self
                .number(row, Field::MemberNo, "member_no_unreadable", |text| text.parse().ok())
                .unwrap_or(0),
            facts: self.facts(row, birth),
            ppks: self.flag(Flag::Ppks, row),
            receipts: self.receipts(row),
        })
    }

    fn facts(&self, row: &RawRow<'_>, birth: Option<BirthDate>) -> PersonFacts {
        if self.registry != Registry::Regsosek {
            return PersonFacts::default();
        }
        PersonFacts {
            age: birth.map_or(AGE_UNKNOWN, |b| b.age_on(self.period.year, self.period.month, 1)),
            pupil: self.flag(Flag::Pupil, row),
            pregnant: self.flag(Flag::Pregnant, row),
            disabled: self.flag(Flag::Disabled, row),
            working: self.flag(Flag::Working, row),
            business: self.flag(Flag::Business, row),
        }
    }

    fn identity(
        &mut self,
        row: &RawRow<'_>,
        birth: Option<BirthDate>,
        sex: Option<Sex>,
        card: Option<FamilyCard>,
    ) -> Identity {
        let Some(at) = self.columns.of(Field::Nik).first() else { return Identity::default() };
        let column = self.columns.name(Field::Nik);
        let log = &mut self.log;
        identity::person(row.get(*at), birth, sex, card, self.prefixes, |code| {
            log.issue(code, column, row.number);
        })
    }

    fn card(&mut self, row: &RawRow<'_>) -> Option<FamilyCard> {
        let at = *self.columns.of(Field::FamilyCard).first()?;
        let column = self.columns.name(Field::FamilyCard);
        let log = &mut self.log;
        identity::card(row.get(at), self.prefixes, |code| log.issue(code, column, row.number))
    }

    fn role(&self, row: &RawRow<'_>) -> Option<FamilyRole> {
        let values = self.layout.role.as_ref()?;
        values.every.or_else(|| values.of(row.get(*self.columns.of(Field::Role).first()?)))
    }

    fn name(&mut self, row: &RawRow<'_>) -> String {
        let text = self.columns.of(Field::Name).first().map_or("", |at| row.get(*at));
        if text.is_empty() {
            self.log.issue("name_missing", self.columns.name(Field::Name), row.number);
        }
        standardise(text)
    }

    fn sex(&mut self, row: &RawRow<'_>) -> Option<Sex> {
        let values = self.layout.sex.as_ref()?;
        let text = row.get(*self.columns.of(Field::Sex).first()?);
        if values.male.iter().any(|v| v == text) {
            return Some(Sex::Male);
        }
        if values.female.iter().any(|v| v == text) {
            return Some(Sex::Female);
        }
        self.log.issue("sex_unreadable", self.columns.name(Field::Sex), row.number);
        None
    }

    fn birth(&mut self, row: &RawRow<'_>) -> Option<BirthDate> {
        let text = row.get(*self.columns.of(Field::BirthDate).first()?);
        let birth = parse_date(text, self.layout.date);
        if birth.is_none() {
            self.log.issue("birth_unreadable", self.columns.name(Field::BirthDate), row.number);
        }
        birth
    }
}

/// A finite number with a decimal point or an Indonesian decimal comma.
fn degrees(text: &str) -> Option<f64> {
    let value: f64 = if text.contains(',') {
        text.replace(',', ".").parse().ok()?
    } else {
        text.parse().ok()?
    };
    value.is_finite().then_some(value)
}
