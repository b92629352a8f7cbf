//! What is counted while the rows of a file pass by.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::CheckError;
use super::mend::{Mend, MendList};
use super::repeats::{Holder, Repeats};
use super::report::RegionFigures;
use crate::clean::candidate::{digits_left, nik_candidates};
use crate::clean::date::is_default_birth;
use crate::clean::{Cleaner, Desa, IssueLog, PersonRecord, RowFault};
use crate::domain::{BirthDate, Nik, Sex};
use crate::regions::{NikPrefixes, Prefix};
use crate::sources::layout::{Field, FileLayout, RecordKind};
use crate::sources::{Header, RawRow, ReadSummary};

/// How often a column holds something.
#[derive(Clone, Debug)]
pub(super) struct ColumnTally {
    pub(super) name: String,
    pub(super) filled: u64,
    at: usize,
}

/// Counts of the whole file.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Totals {
    pub(super) usable: u64,
    pub(super) nik_sound: u64,
    pub(super) nik_verified: u64,
    pub(super) births: u64,
    pub(super) default_births: u64,
    /// NIK that stand on several rows.
    pub(super) repeated_niks: u64,
}

/// All that was found.
pub(super) struct Found {
    pub(super) log: IssueLog,
    pub(super) notes: IssueLog,
    pub(super) columns: Vec<ColumnTally>,
    pub(super) totals: Totals,
    /// By packed code of the stated desa, 0 where none is known.
    pub(super) desas: BTreeMap<u64, RegionFigures>,
}

/// One file being checked.
pub(super) struct Inspection<'a> {
    cleaner: Cleaner<'a>,
    kind: RecordKind,
    /// What a fault's column stands for: the positions of one column or several joined.
    cells: Vec<(String, Vec<usize>)>,
    nik_column: String,
    birth_column: String,
    prefixes: &'static NikPrefixes,
    mends: Option<MendList>,
    repeats: Repeats,
    found: Found,
}

/// What a row says of itself that its NIK is held against.
#[derive(Clone, Copy, Default)]
struct Said {
    desa: u64,
    birth: Option<BirthDate>,
    sex: Option<Sex>,
}

impl<'a> Inspection<'a> {
    pub(super) fn new(
        header: &Header,
        file: &'a FileLayout,
        cleaner: Cleaner<'a>,
        prefixes: &'static NikPrefixes,
        mends: Option<MendList>,
        scratch: PathBuf,
    ) -> Self {
        let positions =
            |names: &[String]| names.iter().filter_map(|n| header.index(n)).collect::<Vec<_>>();
        let columns = file
            .meaningful_columns()
            .into_iter()
            .filter_map(|name| header.index(&name).map(|at| ColumnTally { name, filled: 0, at }))
            .collect();
        let column = |field| file.fields.get(&field).map_or(String::new(), |c| c.names().join("+"));
        Self {
            cleaner,
            kind: file.record,
            cells: file
                .fields
                .values()
                .map(|c| (c.names().join("+"), positions(c.names())))
                .collect(),
            nik_column: column(Field::Nik),
            birth_column: column(Field::BirthDate),
            prefixes,
            mends,
            repeats: Repeats::new(scratch),
            found: Found {
                log: IssueLog::default(),
                notes: IssueLog::default(),
                columns,
                totals: Totals::default(),
                desas: BTreeMap::new(),
            },
        }
    }

    /// Looks at one row.
    pub(super) fn row(&mut self, row: &RawRow<'_>) -> Result<(), CheckError> {
        for column in &mut self.found.columns {
            column.filled += u64::from(!row.get(column.at).is_empty());
        }
        let (usable, said) = match self.kind {
            RecordKind::Family => match self.cleaner.family(row) {
                Some(family) => (true, Said { desa: packed(family.region), ..Said::default() }),
                None => (false, Said::default()),
            },
            RecordKind::Person => match self.cleaner.person(row) {
                Some(person) => (true, self.person(&person)?),
                None => (false, Said::default()),
            },
        };
        let faults = self.cleaner.log.take_row();
        let region = self.found.desas.entry(said.desa).or_default();
        region.rows += 1;
        region.usable += u64::from(usable);
        region.faults += faults.len() as u64;
        self.found.totals.usable += u64::from(usable);
        faults.iter().try_for_each(|fault| self.list(row, fault, said))
    }

    fn person(&mut self, person: &PersonRecord) -> Result<Said, CheckError> {
        let said = Said { desa: packed(person.region), birth: person.birth, sex: person.sex };
        let Found { notes, totals, desas, .. } = &mut self.found;
        if let Some(birth) = person.birth {
            totals.births += 1;
            if is_default_birth(birth) {
                totals.default_births += 1;
                notes.issue("birth_default", &self.birth_column, person.row);
            }
        }
        if let Some(nik) = person.nik {
            let region = desas.entry(said.desa).or_default();
            region.nik_sound += 1;
            region.nik_verified += u64::from(person.verified);
            totals.nik_sound += 1;
            totals.nik_verified += u64::from(person.verified);
            if matches!(self.prefixes.find(nik.prefix()), Prefix::Former | Prefix::Gap) {
                notes.issue("nik_prefix_former", &self.nik_column, person.row);
            }
            self.repeats.push(Holder::new(nik, person, said.desa))?;
        }
        Ok(said)
    }

    /// Puts a fault on the mend-list, with what a NIK may have been.
    fn list(&mut self, row: &RawRow<'_>, fault: &RowFault, said: Said) -> Result<(), CheckError> {
        let Some(mends) = &mut self.mends else { return Ok(()) };
        let at = self.cells.iter().find(|(name, _)| *name == fault.column);
        let texts: Vec<&str> =
            at.map(|(_, at)| at.iter().map(|c| row.get(*c)).collect()).unwrap_or_default();
        let value = texts.concat();
        let of_nik = fault.column == self.nik_column && fault.code.starts_with("nik_");
        let (candidates, left) = if of_nik {
            let proposals = nik_candidates(&value, said.birth, said.sex, self.prefixes);
            (proposals, digits_left(&value))
        } else {
            (Vec::new(), None)
        };
        mends.write(&Mend {
            row: row.number,
            column: &fault.column,
            code: fault.code,
            value: &value,
            candidates: &candidates,
            left,
            remark: (fault.code == "nik_birth_differs" && said.birth.is_some_and(is_default_birth))
                .then_some("default_day"),
        })
    }

    /// Faults that only show when the file has been read to its end.
    pub(super) fn whole_file(&mut self, summary: &ReadSummary) {
        for row in &summary.ragged {
            self.cleaner.log.set_aside("row_unreadable", "", *row);
        }
        let unplaced = summary.ragged.len() as u64;
        if unplaced > 0 {
            let region = self.found.desas.entry(0).or_default();
            region.rows += unplaced;
            region.faults += unplaced;
        }
        if summary.unterminated {
            self.cleaner.log.issue("row_unterminated", "", summary.rows);
        }
    }

    /// Finds the repeated NIK and closes the mend-list.
    pub(super) fn finish(self) -> Result<Found, CheckError> {
        let Self { mut cleaner, nik_column, mut mends, repeats, mut found, .. } = self;
        repeats.finish(|holders| {
            let one = holders[0].who != 0 && holders.iter().all(|h| h.who == holders[0].who);
            let code = if one { "row_repeated" } else { "nik_repeated" };
            found.totals.repeated_niks += 1;
            for holder in holders {
                cleaner.log.issue(code, &nik_column, holder.row);
                found.desas.entry(holder.desa).or_default().faults += 1;
                if let Some(mends) = &mut mends {
                    mends.write(&repeated(holder, code, &nik_column, &digits(holder.nik)))?;
                }
            }
            Ok(())
        })?;
        mends.map_or(Ok(()), MendList::finish)?;
        found.log = cleaner.log;
        Ok(found)
    }
}

fn repeated<'m>(holder: &Holder, code: &'m str, column: &'m str, value: &'m str) -> Mend<'m> {
    Mend { row: holder.row, column, code, value, candidates: &[], left: None, remark: None }
}

fn digits(nik: Nik) -> String {
    format!("{:016}", nik.expose())
}

fn packed(desa: Option<Desa>) -> u64 {
    desa.map_or(0, |desa| desa.code().packed())
}
