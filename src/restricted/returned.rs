//! A sheet that came back from a person: found out of what a spreadsheet program made of it, held
//! against the pairs that it was made from, and taken over row by row or not at all.

use std::collections::HashMap;
use std::path::Path;

use super::decisions::Choice;
use super::error::RestrictedError;
use super::grid::{Grid, read_grid};
use super::review::{ReviewPair, Side};

/// One decided row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// 1 = first under the header.
    pub row: u64,
    pub key: String,
    pub choice: Choice,
    pub note: String,
    /// What the row says of its pair besides the key.
    said: Said,
}

/// A column that says something of the pair: its name, and what the row says there. `None` where
/// the sheet has no such column.
type Cell = (&'static str, Option<String>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Said {
    /// Of the snapshot that the sheet was made from.
    snapshot: Option<String>,
    register: Cell,
    place: [Cell; 2],
    names: [Cell; 2],
    niks: [Cell; 2],
}

impl Decided {
    /// The snapshot that the row was exported from, where it says so.
    pub fn snapshot(&self) -> Option<&str> {
        self.said.snapshot.as_deref().filter(|id| !id.is_empty())
    }

    /// Holds the row against the pairs of its key. `current`: of the snapshot that the row was
    /// exported from; rows of another one may stand elsewhere in the delivery now.
    fn check(&self, pairs: &[(&ReviewPair, bool)]) -> Result<(), &'static str> {
        let mut first = None;
        for (pair, same_snapshot) in pairs {
            match self.said.differs_from(pair, *same_snapshot) {
                None => return Ok(()),
                Some(column) => first = first.or(Some(column)),
            }
        }
        first.map_or(Ok(()), Err)
    }
}

impl Said {
    /// The first column that says something else than the pair.
    fn differs_from(&self, pair: &ReviewPair, same_snapshot: bool) -> Option<&'static str> {
        let other = |(name, said): &Cell, is: &str| {
            said.as_ref().filter(|said| said.as_str() != is).map(|_| *name)
        };
        let sides: [&Side; 2] = [&pair.base, &pair.other];
        let name = |i: usize| other(&self.names[i], &sides[i].name);
        let nik = |i: usize| {
            let (name, said) = &self.niks[i];
            said.as_ref().filter(|said| !same_number(said, &sides[i].nik)).map(|_| *name)
        };
        let place = || {
            let [file, row] = &self.place;
            other(file, &pair.file).or_else(|| other(row, &pair.row.to_string()))
        };
        other(&self.register, pair.registry.slug())
            .or_else(|| name(0))
            .or_else(|| name(1))
            .or_else(|| nik(0))
            .or_else(|| nik(1))
            .or_else(|| if same_snapshot { place() } else { None })
    }
}

/// True for a number that a spreadsheet left whole, rounded to fewer digits, or put in scientific
/// notation, as far as that can still be told.
fn same_number(said: &str, is: &str) -> bool {
    let said = said.trim_start_matches('\'');
    if said == is || said.contains(['E', 'e']) {
        return true;
    }
    // Spreadsheets keep fifteen digits.
    let kept = said.strip_suffix('0').filter(|kept| kept.len() == 15);
    said.len() == is.len() && kept.is_some_and(|kept| is.starts_with(kept))
}

/// Reads the decided rows of a sheet (see [`read_grid`] for its forms); rows without a decision are
/// left out. Columns are found by name, in any order.
///
/// # Errors
/// A missing or doubled column, a decision that is none of the three, a key that is none, a pair
/// that is decided both ways: with row (1 = first under the header) and column.
pub fn import_file(path: &Path) -> Result<Vec<Decided>, RestrictedError> {
    let grid = read_grid(path, &["kunci", "keputusan"])?;
    let columns = Columns::of(path, &grid)?;
    let mut all: Vec<Decided> = Vec::new();
    let mut first: HashMap<String, usize> = HashMap::new();
    for (row, cells) in (1_u64..).zip(&grid.rows) {
        let Some(decided) = columns.decided(path, row, cells)? else { continue };
        match first.get(&decided.key).map(|at| &all[*at]) {
            None => {
                first.insert(decided.key.clone(), all.len());
                all.push(decided);
            }
            Some(earlier) if earlier.choice == decided.choice => {}
            Some(earlier) => {
                return Err(fault(
                    path,
                    row,
                    "keputusan",
                    &format!("the pair is decided twice, otherwise in row {}", earlier.row),
                ));
            }
        }
    }
    if all.is_empty() {
        return Err(RestrictedError::Undecided { path: path.to_owned() });
    }
    Ok(all)
}

/// Holds every row against the pairs that are known, each with the id of its snapshot: a sheet
/// that was sorted in part has keys beside the pairs of others.
///
/// # Errors
/// A row that says something else than the pair of its key, with row and column.
pub fn check_rows(
    path: &Path,
    decided: &[Decided],
    pairs: &[(String, ReviewPair)],
    current: &str,
) -> Result<(), RestrictedError> {
    let mut known: HashMap<&str, Vec<(&str, &ReviewPair)>> = HashMap::new();
    for (id, pair) in pairs {
        known.entry(&pair.key).or_default().push((id, pair));
    }
    for row in decided {
        let from = row.snapshot().unwrap_or(current);
        let mine = known.get(row.key.as_str()).map_or(&[][..], Vec::as_slice);
        let mine: Vec<_> = mine.iter().map(|(id, pair)| (*pair, *id == from)).collect();
        row.check(&mine).map_err(|column| {
            fault(path, row.row, column, "does not belong to the pair of this row's key: the sheet was sorted or changed in part; export it anew, and sort whole rows only")
        })?;
    }
    Ok(())
}

fn fault(path: &Path, row: u64, column: &'static str, problem: &str) -> RestrictedError {
    RestrictedError::Cell { path: path.to_owned(), row, column, problem: problem.to_owned() }
}

/// Where the columns stand.
struct Columns {
    key: usize,
    choice: usize,
    note: Option<usize>,
    snapshot: Option<usize>,
    register: Option<usize>,
    place: [Option<usize>; 2],
    names: [Option<usize>; 2],
    niks: [Option<usize>; 2],
}

const REGISTER: &str = "register";
const PLACE: [&str; 2] = ["berkas", "baris"];
const NAMES: [&str; 2] = ["nama_regsosek", "nama_register"];
const NIKS: [&str; 2] = ["nik_regsosek", "nik_register"];

impl Columns {
    fn of(path: &Path, grid: &Grid) -> Result<Self, RestrictedError> {
        let find = |name: &'static str| {
            let mut at = (0..grid.header.len()).filter(|at| grid.header[*at] == name);
            let first = at.next();
            match (first, at.next()) {
                (Some(first), Some(second)) => Err(RestrictedError::Sheet {
                    path: path.to_owned(),
                    problem: format!(
                        "two columns are headed '{name}', the {}th and the {}th; delete one of them",
                        first + 1,
                        second + 1
                    ),
                }),
                _ => Ok(first),
            }
        };
        let must = |name: &'static str| {
            find(name)?.ok_or_else(|| RestrictedError::Sheet {
                path: path.to_owned(),
                problem: format!("has no column '{name}'; export it anew with tepat review export"),
            })
        };
        let two = |[a, b]: [&'static str; 2]| Ok::<_, RestrictedError>([find(a)?, find(b)?]);
        Ok(Self {
            key: must("kunci")?,
            choice: must("keputusan")?,
            note: find("catatan")?,
            snapshot: find("potret")?,
            register: find(REGISTER)?,
            place: two(PLACE)?,
            names: two(NAMES)?,
            niks: two(NIKS)?,
        })
    }

    fn decided(
        &self,
        path: &Path,
        row: u64,
        cells: &[String],
    ) -> Result<Option<Decided>, RestrictedError> {
        let cell = |at: usize| cells.get(at).map_or("", |c| c.trim());
        let choice = match cell(self.choice).to_lowercase().as_str() {
            "" => return Ok(None),
            "ya" => Choice::Ya,
            "tidak" => Choice::Tidak,
            "ragu" => Choice::Ragu,
            _ => {
                let problem = "write ya, tidak or ragu, or leave it empty";
                return Err(fault(path, row, "keputusan", problem));
            }
        };
        let key = cell(self.key).to_ascii_lowercase();
        if key.len() != 32 || !key.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(fault(path, row, "kunci", "is not the key of a pair"));
        }
        let said = |at: Option<usize>| at.map(|at| cell(at).to_owned());
        let two = |names: [&'static str; 2], at: [Option<usize>; 2]| {
            [(names[0], said(at[0])), (names[1], said(at[1]))]
        };
        let said = Said {
            snapshot: said(self.snapshot),
            register: (REGISTER, said(self.register)),
            place: two(PLACE, self.place),
            names: two(NAMES, self.names),
            niks: two(NIKS, self.niks),
        };
        let note = self.note.map_or("", cell).to_owned();
        Ok(Some(Decided { row, key, choice, note, said }))
    }
}
