//! Every figure of every region against an independent computation: plain loops, hash maps and a
//! test of every polygon, no partition, no frame, no index. First over the truth of deliveries
//! without recording errors, then over delivered rows with all of them.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use geo::{BoundingRect, Contains};
use polars::prelude::{DataFrame, DataType, ParquetReader, SerReader};
use tempfile::TempDir;
use tepat::aggregate::LocationRule;
use tepat::clean::{parse_date, standardise};
use tepat::domain::{
    Decile, FamilyFacts, Level, Nik, PersonFacts, ProgrammeUnit, RegionCode, RegionCounts,
    Registry, Sex,
};
use tepat::linkage::{Verdict, compare};
use tepat::pipeline::{
    BuildConfig, LinkageConfig, LinkageMode, SourceConfig, build, builtin_programmes,
};
use tepat::progress::Silent;
use tepat::regions::RegionCatalog;
use tepat::snapshot::{Snapshot, Store};
use tepat::sources::layout::{DateForm, Layout};
use tepat::spatial::{Boundary, Shapes};
use tepat::synth::{ErrorRates, SynthConfig, synthesise};

use super::delivered::DELIVERED;

const EXTREME_LINE: f64 = 351_957.4;

/// Deliveries and the snapshot built from them.
pub struct Built {
    pub folder: TempDir,
    pub snapshot: Snapshot,
}

/// The configuration of the demo over the deliveries in `folder`/deliveries.
pub fn config_for(folder: &Path) -> BuildConfig {
    let deliveries = folder.join("deliveries");
    let sources = Registry::ALL
        .into_iter()
        .map(|registry| {
            let layout = Layout::builtin(registry).unwrap();
            let files = layout
                .files
                .iter()
                .flat_map(|f| ["csv", "parquet"].map(|kind| format!("{}.{kind}", f.name)))
                .map(|name| deliveries.join(name))
                .filter(|path| path.exists())
                .collect();
            SourceConfig { registry, layout, files }
        })
        .collect();
    BuildConfig {
        store: folder.join("store"),
        period: "2023-03".parse().unwrap(),
        poverty_line_period: "2023-03".parse().unwrap(),
        extreme_line_rp_month: None,
        synthetic: true,
        min_families: 5,
        provinces: vec!["36".parse().unwrap(), "31".parse().unwrap()],
        programmes: builtin_programmes().unwrap(),
        sources,
        linkage: LinkageConfig::default(),
        // The loops below know of no nearest desa.
        location: LocationRule { tolerance_m: 0, ..LocationRule::default() },
        boundaries: None,
        region_changes: Vec::new(),
        by_name_key: None,
        without_history: false,
    }
}

/// Built with links by NIK alone: what plain loops can recompute.
pub fn built(families: u64, rates: ErrorRates) -> Built {
    let folder = tempfile::tempdir().unwrap();
    let config = SynthConfig {
        rates,
        seed: 7,
        ..SynthConfig::demo(families, folder.path().join("deliveries"))
    };
    synthesise(&config, &Silent).unwrap();
    let mut config = config_for(folder.path());
    config.linkage.mode = LinkageMode::Nik;
    build(&config, "2026-01-01T00:00:00Z", &Silent).unwrap();
    let snapshot = Store::at(&config.store).open_current().unwrap();
    Built { folder, snapshot }
}

fn frame(path: &Path) -> DataFrame {
    ParquetReader::new(std::fs::File::open(path).unwrap()).finish().unwrap()
}

fn numbers(frame: &DataFrame, column: &str) -> Vec<f64> {
    let column = frame.column(column).unwrap().cast(&DataType::Float64).unwrap();
    column.f64().unwrap().iter().map(|v| v.unwrap_or(0.0)).collect()
}

/// A delivered file as rows of column name → text, read without the product's reader.
fn rows(folder: &Path, file: &str, delimiter: u8) -> Vec<HashMap<String, String>> {
    let path = folder.join("deliveries").join(file);
    if file.ends_with(".parquet") {
        let frame = frame(&path);
        let names: Vec<String> = frame.get_column_names().iter().map(ToString::to_string).collect();
        let columns: Vec<Vec<String>> = names
            .iter()
            .map(|n| {
                let texts = frame.column(n).unwrap().str().unwrap().iter();
                texts.map(|t| t.unwrap_or("").to_owned()).collect()
            })
            .collect();
        return (0..frame.height())
            .map(|i| names.iter().cloned().zip(columns.iter().map(|c| c[i].clone())).collect())
            .collect();
    }
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_path(path).unwrap();
    reader.deserialize().map(|row| row.unwrap()).collect()
}

/// The poverty line of each kabupaten, read from the published table as text.
fn poverty_lines() -> HashMap<RegionCode, f64> {
    let mut lines = HashMap::new();
    for row in include_str!("../../data/figures/survey.csv").lines() {
        let cells: Vec<&str> = row.split(',').collect();
        if cells[1] == "2023-03" && cells[2] == "line_rp_month" && cells[0].len() == 5 {
            lines.insert(cells[0].parse().unwrap(), cells[3].parse().unwrap());
        }
    }
    lines
}

/// Eligibility written out by hand from the published rules, programme by programme, in the order
/// of the programme file.
fn eligible(programme: usize, decile: u8, jakarta: bool, who: &[PersonFacts]) -> (bool, Vec<bool>) {
    let school = |p: &PersonFacts| p.pupil && p.age >= 6 && p.age <= 21;
    let each = |ok: &dyn Fn(&PersonFacts) -> bool| who.iter().map(ok).collect::<Vec<bool>>();
    match programme {
        0 => {
            let needs = |p: &PersonFacts| {
                p.pregnant || p.age <= 6 || school(p) || (60..=150).contains(&p.age) || p.disabled
            };
            (decile <= 4 && who.iter().any(needs), vec![])
        }
        1 => (decile <= 5, vec![]),
        2 => (false, each(&|_| decile <= 5)),
        3 => (false, each(&|p| decile <= 4 && school(p))),
        4 => (false, each(&|p| (18..=64).contains(&p.age) && !p.pupil && !p.working)),
        5 => (false, each(&|p| jakarta && decile <= 3 && school(p))),
        6 => (false, each(&|_| jakarta && decile <= 4)),
        7 => (false, each(&|p| jakarta && decile <= 4 && (p.pregnant || p.age <= 4))),
        8 => (decile <= 2, vec![]),
        9 => (false, each(&|p| decile <= 4 && (18..=64).contains(&p.age) && p.business)),
        _ => unreachable!("a programme without an oracle: add its rule here"),
    }
}

/// What the oracle knows of one family.
struct Family {
    desa: RegionCode,
    expenditure: Option<i64>,
    decile: u8,
    by_point: bool,
    both: bool,
    agree: bool,
    receipts: u32,
    members: Vec<Member>,
}

struct Member {
    facts: PersonFacts,
    receipts: u32,
    ppks: bool,
    linked: bool,
}

/// Adds one family to its desa and every region above, number by number.
fn add(
    sums: &mut BTreeMap<RegionCode, RegionCounts>,
    family: &Family,
    lines: &HashMap<RegionCode, f64>,
) {
    let set = builtin_programmes().unwrap();
    let z = lines[&family.desa.ancestor(Level::Kabupaten)];
    let n = family.members.len() as u64;
    let any = family.members.iter().fold(family.receipts, |bits, m| bits | m.receipts);
    let held = set.enabled().filter(|(i, _)| any & (1 << i) != 0).count().min(3);
    let facts: Vec<PersonFacts> = family.members.iter().map(|m| m.facts).collect();
    let jakarta = family.desa.to_string().starts_with("31");
    for level in Level::ALL {
        let code = family.desa.ancestor(level);
        let c = sums.entry(code).or_insert_with(|| RegionCounts::zero(set.len()));
        c.n_families += 1;
        c.n_persons += n;
        if let Some(rp) = family.expenditure {
            let y = rp as f64;
            c.n_families_ranked += 1;
            c.n_persons_ranked += n;
            if y < EXTREME_LINE {
                c.n_extreme_families += 1;
                c.n_extreme_persons += n;
            }
            if y < z {
                let gap = (z - y) / z;
                c.n_poor_families += 1;
                c.n_poor_persons += n;
                c.gap_fixed += n * (gap * 1e9).round() as u64;
                c.severity_fixed += n * (gap * gap * 1e9).round() as u64;
            }
        }
        c.families_by_programmes[held] += 1;
        c.n_ppks += family.members.iter().filter(|m| m.ppks).count() as u64;
        c.n_by_point += u64::from(family.by_point);
        c.n_by_code += u64::from(!family.by_point);
        c.n_both += u64::from(family.both);
        c.n_agree += u64::from(family.agree);
        c.registries[0].rows += n;
        c.registries[0].linked += family.members.iter().filter(|m| m.linked).count() as u64;
        for (i, programme) in set.iter() {
            let (whole, each) = eligible(i, family.decile, jakarta, &facts);
            let p = &mut c.programmes[i];
            if programme.unit == ProgrammeUnit::Family {
                let got = any & (1 << i) != 0;
                p.eligible += u64::from(whole);
                p.covered += u64::from(whole && got);
                p.recipients += u64::from(got);
            } else {
                for (member, ok) in family.members.iter().zip(each) {
                    let got = member.receipts & (1 << i) != 0;
                    p.eligible += u64::from(ok);
                    p.covered += u64::from(ok && got);
                    p.recipients += u64::from(got);
                }
            }
        }
    }
}

fn add_row(
    sums: &mut BTreeMap<RegionCode, RegionCounts>,
    desa: RegionCode,
    registry: Registry,
    linked: bool,
) {
    let programmes = builtin_programmes().unwrap().len();
    for level in Level::ALL {
        let code = desa.ancestor(level);
        let c = sums.entry(code).or_insert_with(|| RegionCounts::zero(programmes));
        c.registries[registry.index()].rows += 1;
        c.registries[registry.index()].linked += u64::from(linked);
    }
}

fn assert_same(snapshot: &Snapshot, oracle: &BTreeMap<RegionCode, RegionCounts>) {
    let names = RegionCounts::columns(snapshot.manifest.programmes.len());
    let codes: Vec<RegionCode> = snapshot.regions.iter().map(|r| r.code).collect();
    assert_eq!(codes, oracle.keys().copied().collect::<Vec<_>>(), "the same regions");
    let mut compared = 0;
    for (row, expected) in snapshot.regions.iter().zip(oracle.values()) {
        for ((name, got), want) in names.iter().zip(row.counts.values()).zip(expected.values()) {
            assert_eq!(got, want, "{name} of {}", row.code);
            compared += 1;
        }
    }
    assert!(compared > 50_000, "only {compared} figures were compared");
}

/// Nothing recorded wrongly, but programmes and registries miss and leak as ever.
fn no_recording_errors() -> ErrorRates {
    let usual = ErrorRates::default();
    ErrorRates {
        programmes: usual.programmes,
        p3ke_missing: usual.p3ke_missing,
        dtks_missing: usual.dtks_missing,
        dtks_included: usual.dtks_included,
        pupil_missing: usual.pupil_missing,
        carik_missing: usual.carik_missing,
        prakerja_applicants: usual.prakerja_applicants,
        ..ErrorRates::none()
    }
}

const FILE_REGISTRY: [Registry; 10] = [
    Registry::Regsosek,
    Registry::Regsosek,
    Registry::P3ke,
    Registry::P3ke,
    Registry::Dtks,
    Registry::PbiJkn,
    Registry::Dapodik,
    Registry::Emis,
    Registry::Prakerja,
    Registry::Carik,
];

#[test]
fn every_figure_equals_the_truth_where_nothing_was_recorded_wrongly() {
    let made = built(6_000, no_recording_errors());
    let truth = made.folder.path().join("deliveries/truth");
    let families = frame(&truth.join("families.parquet"));
    let persons = frame(&truth.join("persons.parquet"));
    let rows = frame(&truth.join("rows.parquet"));
    let column = |f: &DataFrame, n: &str| numbers(f, n);
    let catalog = RegionCatalog::shared().unwrap();

    let (file, person) = (column(&rows, "file"), column(&rows, "person_id"));
    let mut in_other: HashMap<u64, bool> = HashMap::new();
    let mut in_dtks: HashMap<u64, bool> = HashMap::new();
    for (file, person) in file.iter().zip(&person) {
        in_other.entry(*person as u64).or_default();
        if *file >= 2.0 {
            in_other.insert(*person as u64, true);
        }
        if *file == 4.0 {
            in_dtks.insert(*person as u64, true);
        }
    }
    let get = |name: &str| column(&persons, name);
    let (id, family_id, age) = (get("person_id"), get("family_id"), get("age"));
    let (pupil, pregnant, disabled) = (get("pupil"), get("pregnant"), get("disabled"));
    let (working, business, ppks) = (get("working"), get("business"), get("ppks"));
    let receipts = get("receipts");
    let mut members: HashMap<u64, Vec<Member>> = HashMap::new();
    let mut family_of: HashMap<u64, u64> = HashMap::new();
    for i in 0..id.len() {
        family_of.insert(id[i] as u64, family_id[i] as u64);
        members.entry(family_id[i] as u64).or_default().push(Member {
            facts: PersonFacts {
                age: age[i] as u8,
                pupil: pupil[i] == 1.0,
                pregnant: pregnant[i] == 1.0,
                disabled: disabled[i] == 1.0,
                working: working[i] == 1.0,
                business: business[i] == 1.0,
            },
            receipts: receipts[i] as u32,
            ppks: ppks[i] == 1.0 && in_dtks.contains_key(&(id[i] as u64)),
            linked: in_other[&(id[i] as u64)],
        });
    }
    let get = |name: &str| column(&families, name);
    let (id, desa, rp, decile) =
        (get("family_id"), get("desa"), get("expenditure_rp"), get("decile"));
    let receipts = get("receipts");
    let lines = poverty_lines();
    let mut desa_of: HashMap<u64, RegionCode> = HashMap::new();
    let mut oracle = BTreeMap::new();
    for i in 0..id.len() {
        let code = RegionCode::from_packed(desa[i] as u64).unwrap();
        desa_of.insert(id[i] as u64, code);
        // Two desa of Banten have no BPS code: the Regsosek form cannot state them.
        let stated = catalog.get(code).unwrap().bps.is_some();
        let family = Family {
            desa: code,
            expenditure: Some(rp[i] as i64),
            decile: decile[i] as u8,
            by_point: true,
            both: stated,
            agree: stated,
            receipts: receipts[i] as u32,
            members: members.remove(&(id[i] as u64)).unwrap(),
        };
        add(&mut oracle, &family, &lines);
    }
    for (file, person) in file.iter().zip(&person).filter(|(file, _)| **file >= 2.0) {
        let desa = desa_of[&family_of[&(*person as u64)]];
        add_row(&mut oracle, desa, FILE_REGISTRY[*file as usize], true);
    }
    assert_same(&made.snapshot, &oracle);
}

type Row = HashMap<String, String>;

fn person(
    row: &Row,
    registry: Registry,
    [nik, name, sex, birth]: [&str; 4],
    male: &str,
    date: DateForm,
) -> tepat::clean::PersonRecord {
    tepat::clean::PersonRecord {
        registry,
        source: 0,
        row: 0,
        nik: Nik::parse(&row[nik]).ok(),
        digits: None,
        verified: false,
        card: None,
        role: None,
        name: standardise(&row[name]),
        sex: Some(if row[sex] == male { Sex::Male } else { Sex::Female }),
        birth: parse_date(&row[birth], date),
        region: None,
        family: None,
        member_no: 0,
        facts: PersonFacts::default(),
        ppks: false,
        receipts: 0,
    }
}

const KEY: [&str; 7] = ["r101", "r102", "r103", "r104", "r105", "r109", "r110"];

fn key(row: &Row) -> String {
    KEY.map(|c| row[c].as_str()).join("/")
}

/// The desa polygon that holds a point, by asking every one.
fn holding(polygons: &[(Boundary, geo::Rect<f64>)], lng: f64, lat: f64) -> Option<RegionCode> {
    let point = geo::Point::new(lng, lat);
    polygons
        .iter()
        .find(|(b, r)| r.contains(&point) && b.shape.contains(&point))
        .map(|(b, _)| b.code)
}

#[test]
fn every_figure_equals_plain_loops_over_the_delivered_rows_with_all_their_errors() {
    let made = built(3_000, ErrorRates::default());
    let catalog = RegionCatalog::shared().unwrap();
    let folder = made.folder.path();
    let in_scope = |code: RegionCode| {
        ["36", "31"].contains(&code.ancestor(Level::Provinsi).to_string().as_str())
    };

    // The base: members by family, and who holds which NIK.
    let members: Vec<Row> = rows(folder, "regsosek_anggota.parquet", b',');
    let base: Vec<tepat::clean::PersonRecord> = members
        .iter()
        .map(|r| {
            person(r, Registry::Regsosek, ["r403", "r402", "r405", "r406"], "1", DateForm::Iso)
        })
        .collect();
    let mut holders: HashMap<Nik, Vec<usize>> = HashMap::new();
    for (i, record) in base.iter().enumerate() {
        if let Some(nik) = record.nik {
            holders.entry(nik).or_default().push(i);
        }
    }

    // The others, row by row.
    let ppks_kinds = [
        "Lanjut usia telantar",
        "Anak telantar",
        "Penyandang disabilitas telantar",
        "Gelandangan dan pengemis",
    ];
    let (mut receipts, mut ppks, mut linked) =
        (vec![0_u32; base.len()], vec![false; base.len()], vec![false; base.len()]);
    let mut oracle = BTreeMap::new();
    for delivery in &DELIVERED {
        for row in rows(folder, delivery.file, delivery.delimiter) {
            let [nik, name, sex, birth, desa] = delivery.columns;
            let other = person(
                &row,
                delivery.registry,
                [nik, name, sex, birth],
                delivery.male,
                delivery.date,
            );
            let fits: Vec<usize> = other
                .nik
                .and_then(|nik| holders.get(&nik))
                .into_iter()
                .flatten()
                .copied()
                .filter(|i| compare(&base[*i], &other) != Verdict::Contradiction)
                .collect();
            if let [one] = fits[..] {
                linked[one] = true;
                for (programme, column, yes) in delivery.receipts {
                    if column.is_empty() || row[*column] == *yes {
                        receipts[one] |= 1 << programme;
                    }
                }
                if delivery.registry == Registry::Dtks {
                    ppks[one] |= ppks_kinds.contains(&row["jenis_ppks"].as_str());
                }
            }
            if let Some(code) = row[desa]
                .parse()
                .ok()
                .filter(|c: &RegionCode| in_scope(*c) && catalog.get(*c).is_some())
            {
                add_row(&mut oracle, code, delivery.registry, fits.len() == 1);
            }
        }
    }

    // Families: the first row of a key, its members, its place.
    let mut by_family: HashMap<String, Vec<usize>> = HashMap::new();
    for (i, row) in members.iter().enumerate() {
        by_family.entry(key(row)).or_default().push(i);
    }
    let polygons: Vec<(Boundary, geo::Rect<f64>)> = ["31", "36"]
        .iter()
        .flat_map(|p| Shapes::product().unwrap().full(p.parse().unwrap()).unwrap())
        .map(|b| {
            let rect = b.shape.bounding_rect().unwrap();
            (b, rect)
        })
        .collect();
    let lines = poverty_lines();
    for row in rows(folder, "regsosek_keluarga.csv", b',') {
        let Some(mine) = by_family.remove(&key(&row)) else { continue };
        let digits = ["r101", "r102", "r103", "r104"].map(|c| row[c].as_str()).concat();
        let stated = digits
            .parse()
            .ok()
            .and_then(|bps| catalog.from_bps(bps))
            .filter(|c| in_scope(*c) && c.level() == Level::Desa);
        let (lat, lng) = (row["lintang"].parse::<f64>().ok(), row["bujur"].parse::<f64>().ok());
        let point = match (lat, lng) {
            (Some(lat), Some(lng)) if lat > 90.0 => Some((lat, lng)),
            (Some(lat), Some(lng)) => Some((lng, lat)),
            _ => None,
        };
        let located = point.and_then(|(lng, lat)| holding(&polygons, lng, lat));
        let Some(desa) = located.or(stated) else { continue };
        let family = Family {
            desa,
            expenditure: row["pengeluaran_kapita"].parse().ok(),
            decile: row["desil_nasional"].parse::<u8>().ok().and_then(Decile::new).unwrap().get(),
            by_point: located.is_some(),
            both: located.is_some() && stated.is_some(),
            agree: located.is_some() && located == stated,
            receipts: 0,
            members: mine
                .iter()
                .map(|i| {
                    let row = &members[*i];
                    let yes = |column: &str, code: &str| row[column] == code;
                    let age = base[*i].birth.map_or(u8::MAX, |b| b.age_on(2023, 3, 1));
                    let limits = "abcdefghi".chars().map(|c| row[&format!("r428{c}")].clone());
                    Member {
                        facts: PersonFacts {
                            age,
                            pupil: yes("r412", "2"),
                            pregnant: yes("r410", "1"),
                            disabled: limits.into_iter().any(|v| v == "1" || v == "2"),
                            working: yes("r416a", "1"),
                            business: yes("r420", "1"),
                        },
                        receipts: receipts[*i],
                        ppks: ppks[*i],
                        linked: linked[*i],
                    }
                })
                .collect(),
        };
        let facts = FamilyFacts { decile: Decile::new(family.decile), region: desa };
        assert_eq!(facts.region.level(), Level::Desa);
        add(&mut oracle, &family, &lines);
    }
    assert_same(&made.snapshot, &oracle);
}

#[test]
fn the_same_deliveries_give_the_same_snapshot_id_and_bytes() {
    let made = built(1_500, ErrorRates::default());
    let id = made.snapshot.manifest.id.clone();
    let folder = Store::at(&made.folder.path().join("store")).folder_of(&id);
    let tables = |at: &Path| {
        ["regions.parquet", "priority.parquet"].map(|t| std::fs::read(at.join(t)).unwrap())
    };
    let first = tables(&folder);
    let mut config = config_for(made.folder.path());
    config.linkage.mode = LinkageMode::Nik;
    config.store = made.folder.path().join("second");
    let again = build(&config, "2027-07-07T07:07:07Z", &Silent).unwrap();
    assert_eq!(again.id, id, "the clock is not part of the id");
    assert_eq!(tables(&Store::at(&config.store).folder_of(&id)), first);
}
