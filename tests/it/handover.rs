//! Small deliveries written by hand, person by person: for tests that must know who is who.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use tempfile::TempDir;
use tepat::aggregate::LocationRule;
use tepat::domain::{Registry, Sex};
use tepat::pipeline::{
    BuildConfig, LinkageConfig, SourceConfig, build_with_key, builtin_programmes,
};
use tepat::progress::Silent;
use tepat::regions::RegionCatalog;
use tepat::restricted::{Key, Ledger, LedgerPerson, Restricted, RestrictedError};
use tepat::snapshot::Manifest;
use tepat::sources::layout::Layout;

/// One person row of any registry.
#[derive(Clone, Debug)]
pub struct Row {
    pub nik: String,
    pub name: String,
    pub sex: Sex,
    /// `yyyy-mm-dd`
    pub birth: String,
    pub desa: String,
    /// Family card, where the registry has one.
    pub card: String,
}

pub fn row(nik: &str, name: &str, sex: Sex, birth: &str, desa: &str) -> Row {
    let own = str::to_owned;
    Row { nik: own(nik), name: own(name), sex, birth: own(birth), desa: own(desa), card: own("") }
}

/// A hand-over: families of the base with their members, and rows of other registries.
#[derive(Clone, Debug, Default)]
pub struct HandOver {
    pub families: Vec<Vec<Row>>,
    pub others: Vec<(Registry, Vec<Row>)>,
}

/// A store with deliveries that may change from build to build.
pub struct Place {
    pub folder: TempDir,
    pub linkage: LinkageConfig,
}

impl Place {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), linkage: LinkageConfig::default() }
    }

    pub fn store(&self) -> std::path::PathBuf {
        self.folder.path().join("store")
    }

    /// Writes the deliveries anew and builds.
    pub fn build(&self, what: &HandOver) -> Manifest {
        let config = self.write(what);
        build_with_key(&config, "2026-01-01T00:00:00Z", Some(key()), &Silent).unwrap()
    }

    /// The current ledger, by id.
    pub fn ledger(&self, manifest: &Manifest) -> Vec<LedgerPerson> {
        ledger(&self.store(), &manifest.id)
    }

    /// Lines of a file of the current restricted folder, without its header.
    pub fn lines(&self, manifest: &Manifest, file: &str) -> Vec<Vec<String>> {
        let folder = Restricted::of_store(&self.store()).folder_of(&manifest.id);
        let text = fs::read_to_string(folder.join(file)).unwrap();
        text.lines().skip(1).map(|l| l.split(',').map(str::to_owned).collect()).collect()
    }

    /// Writes the deliveries anew.
    pub fn write(&self, what: &HandOver) -> BuildConfig {
        let folder = self.folder.path().join("deliveries");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let mut sources = vec![base(&folder, &what.families)];
        sources.extend(what.others.iter().map(|(registry, rows)| other(&folder, *registry, rows)));
        BuildConfig {
            store: self.store(),
            period: "2023-03".parse().unwrap(),
            poverty_line_period: "2023-03".parse().unwrap(),
            extreme_line_rp_month: None,
            synthetic: true,
            min_families: 1,
            provinces: vec!["36".parse().unwrap()],
            programmes: builtin_programmes().unwrap(),
            sources,
            linkage: self.linkage.clone(),
            location: LocationRule::default(),
            boundaries: None,
            region_changes: Vec::new(),
            by_name_key: None,
            without_history: false,
        }
    }
}

/// The key of all stores of these tests: ids can be compared.
pub fn key() -> Key {
    Key::new([7; 32])
}

/// Everybody in a ledger, by id.
pub fn ledger(store: &Path, id: &str) -> Vec<LedgerPerson> {
    let folder = Restricted::of_store(store).folder_of(id);
    let ledger = Ledger::open(&folder, None).unwrap().unwrap();
    let mut persons = Vec::new();
    for partition in 0..ledger.partitions() {
        ledger
            .read(partition, |person| -> Result<(), RestrictedError> {
                persons.push(person);
                Ok(())
            })
            .unwrap();
    }
    persons.sort_by_key(|p| p.id);
    persons
}

/// The digits of the BPS code of a desa, in the four parts of the form.
fn bps(desa: &str) -> [String; 4] {
    let catalog = RegionCatalog::shared().unwrap();
    let code = catalog.get(desa.parse().unwrap()).unwrap().bps.unwrap().to_string();
    [&code[..2], &code[2..4], &code[4..7], &code[7..]].map(str::to_owned)
}

fn base(folder: &Path, families: &[Vec<Row>]) -> SourceConfig {
    let layout = Layout::builtin(Registry::Regsosek).unwrap();
    let (mut heads, mut members) = (Vec::new(), Vec::new());
    for (number, family) in families.iter().enumerate() {
        let first = &family[0];
        let [r101, r102, r103, r104] = bps(&first.desa);
        let key = |cells: &mut HashMap<&'static str, String>| {
            for (name, text) in [("r101", &r101), ("r102", &r102), ("r103", &r103), ("r104", &r104)]
            {
                cells.insert(name, text.clone());
            }
            cells.insert("r105", "0001".to_owned());
            cells.insert("r109", (number + 1).to_string());
            cells.insert("r110", "1".to_owned());
        };
        let mut cells = HashMap::new();
        key(&mut cells);
        cells.insert("r108", first.name.clone());
        cells.insert("r112", family.len().to_string());
        cells.insert("desil_nasional", "1".to_owned());
        cells.insert("pengeluaran_kapita", "300000".to_owned());
        heads.push(cells);
        for (at, member) in family.iter().enumerate() {
            let mut cells = HashMap::new();
            key(&mut cells);
            cells.insert("r401", (at + 1).to_string());
            cells.insert("r402", member.name.clone());
            cells.insert("r403", member.nik.clone());
            cells.insert("r405", if member.sex == Sex::Male { "1" } else { "2" }.to_owned());
            cells.insert("r406", member.birth.clone());
            members.push(cells);
        }
    }
    let mut files = Vec::new();
    for (file, rows) in layout.files.iter().zip([heads, members]) {
        let path = folder.join(format!("{}.csv", file.name));
        write_csv(&path, &file.columns, ',', &rows);
        files.push(path);
    }
    SourceConfig { registry: Registry::Regsosek, layout, files }
}

fn other(folder: &Path, registry: Registry, rows: &[Row]) -> SourceConfig {
    let layout = Layout::builtin(registry).unwrap();
    let file = layout.files.last().unwrap();
    let delivered = super::delivered::DELIVERED
        .iter()
        .find(|d| d.file.split('.').next() == Some(file.name.as_str()))
        .unwrap();
    let [nik, name, sex, birth, desa] = delivered.columns;
    let female = if delivered.male == "L" { "P" } else { "Perempuan" };
    let cells: Vec<HashMap<&'static str, String>> = rows
        .iter()
        .map(|row| {
            let dmy = || row.birth.split('-').rev().collect::<Vec<_>>().join("/");
            let date = match delivered.date {
                tepat::sources::layout::DateForm::Dmy => dmy(),
                tepat::sources::layout::DateForm::Iso => row.birth.clone(),
            };
            let word = if row.sex == Sex::Male { delivered.male } else { female };
            let mut cells = HashMap::from([
                (nik, row.nik.clone()),
                (name, row.name.clone()),
                (sex, word.to_owned()),
                (birth, date),
                (desa, row.desa.clone()),
            ]);
            if registry == Registry::Dtks {
                cells.insert("NOKK", row.card.clone());
                cells.insert("PKH", "YA".to_owned());
            }
            cells
        })
        .collect();
    let path = folder.join(format!("{}.csv", file.name));
    write_csv(&path, &file.columns, file.delimiter, &cells);
    SourceConfig { registry, files: vec![path], layout }
}

fn write_csv(
    path: &Path,
    columns: &[String],
    delimiter: char,
    rows: &[HashMap<&'static str, String>],
) {
    let mut writer = csv::WriterBuilder::new()
        .delimiter(u8::try_from(delimiter).unwrap())
        .from_path(path)
        .unwrap();
    writer.write_record(columns).unwrap();
    for row in rows {
        let empty = String::new();
        let cells = columns.iter().map(|c| row.get(c.as_str()).unwrap_or(&empty));
        writer.write_record(cells).unwrap();
    }
    writer.flush().unwrap();
}
