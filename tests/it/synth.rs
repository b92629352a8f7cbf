//! Room `synth`: the deliveries, their stated errors, and the truth beside them.

#![allow(
    clippy::float_cmp,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "truth tables are read as f64: every value in them is a small whole number"
)]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use geo::Contains;
use polars::prelude::{DataFrame, ParquetReader, SerReader};
use tepat::domain::{BirthDate, Nik, ProgrammeSet, RegionCode, Registry, Sex};
use tepat::figures::{Measure, Survey};
use tepat::progress::{Progress, Silent};
use tepat::sources::layout::{FileKind, FileLayout, Layout};
use tepat::spatial::Shapes;
use tepat::synth::{ErrorRates, MARKER, SynthConfig, SynthReport, synthesise};

/// Delivered files in the order of the truth's `file`.
const FILES: [(Registry, &str); 10] = [
    (Registry::Regsosek, "regsosek_keluarga"),
    (Registry::Regsosek, "regsosek_anggota"),
    (Registry::P3ke, "p3ke_keluarga"),
    (Registry::P3ke, "p3ke_individu"),
    (Registry::Dtks, "dtks"),
    (Registry::PbiJkn, "pbi_jkn"),
    (Registry::Dapodik, "dapodik"),
    (Registry::Emis, "emis"),
    (Registry::Prakerja, "prakerja"),
    (Registry::Carik, "carik"),
];

struct Made {
    _keep: tempfile::TempDir,
    folder: PathBuf,
    report: SynthReport,
}

fn make(families: u64, change: impl FnOnce(&mut SynthConfig)) -> Made {
    let keep = tempfile::tempdir().unwrap();
    let folder = keep.path().join("serahan");
    let mut config = SynthConfig::demo(families, folder.clone());
    change(&mut config);
    let report = synthesise(&config, &Silent).unwrap();
    Made { _keep: keep, folder, report }
}

/// One delivery for all tests that only read.
fn shared() -> &'static Made {
    static MADE: OnceLock<Made> = OnceLock::new();
    MADE.get_or_init(|| make(3000, |_| {}))
}

fn layout(file: usize) -> FileLayout {
    let (registry, name) = FILES[file];
    Layout::builtin(registry).unwrap().file_for(name).unwrap().clone()
}

fn frame(path: &Path) -> DataFrame {
    ParquetReader::new(std::fs::File::open(path).unwrap()).finish().unwrap()
}

fn truth(made: &Made, name: &str) -> DataFrame {
    frame(&made.folder.join(format!("truth/{name}.parquet")))
}

/// A numeric or boolean truth column as f64; ids stay below 2^53.
fn numbers(frame: &DataFrame, column: &str) -> Vec<f64> {
    let column = frame.column(column).unwrap();
    let column = column.cast(&polars::prelude::DataType::Float64).unwrap();
    column.f64().unwrap().into_no_null_iter().collect()
}

/// The header and rows of a delivered file, empty where null.
fn delivered(made: &Made, file: usize) -> (Vec<String>, Vec<Vec<String>>) {
    let layout = layout(file);
    match layout.kind {
        FileKind::Csv => {
            let path = made.folder.join(format!("{}.csv", layout.name));
            let mut reader = csv::ReaderBuilder::new()
                .delimiter(u8::try_from(layout.delimiter).unwrap())
                .from_path(path)
                .unwrap();
            let header = reader.headers().unwrap().iter().map(str::to_owned).collect();
            let rows =
                reader.records().map(|r| r.unwrap().iter().map(str::to_owned).collect()).collect();
            (header, rows)
        }
        FileKind::Parquet => {
            let frame = frame(&made.folder.join(format!("{}.parquet", layout.name)));
            let header = frame.get_column_names().iter().map(|n| n.to_string()).collect();
            let mut rows = vec![Vec::new(); frame.height()];
            for column in frame.columns() {
                for (row, value) in rows.iter_mut().zip(column.str().unwrap().iter()) {
                    row.push(value.unwrap_or("").to_owned());
                }
            }
            (header, rows)
        }
    }
}

fn at(header: &[String], column: &str) -> usize {
    header.iter().position(|name| name == column).unwrap()
}

/// What the truth says of each delivered row: (file, row, person, nik, name, birth, region, moved).
fn row_truth(made: &Made) -> Vec<[f64; 8]> {
    let frame = truth(made, "rows");
    let names = [
        "file",
        "row",
        "person_id",
        "nik_fault",
        "name_fault",
        "birth_fault",
        "region_fault",
        "moved",
    ];
    let columns = names.map(|name| numbers(&frame, name));
    (0..frame.height()).map(|i| std::array::from_fn(|c| columns[c][i])).collect()
}

#[test]
fn the_same_seed_gives_byte_identical_files_on_any_number_of_threads() {
    let first = make(1200, |_| {});
    let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let second = one_thread.install(|| make(1200, |_| {}));
    let other = make(1200, |config| config.seed = 1);
    let read = |made: &Made, name: &str| std::fs::read(made.folder.join(name)).unwrap();
    let mut names: Vec<String> = first.report.files.iter().map(|f| f.file.clone()).collect();
    assert_eq!(names.len(), 10);
    names.extend(["laporan_sintesis.json", MARKER].map(str::to_owned));
    names.extend(["families", "persons", "rows"].map(|n| format!("truth/{n}.parquet")));
    for name in &names {
        assert!(read(&first, name) == read(&second, name), "{name}");
    }
    assert!(read(&first, "dtks.csv") != read(&other, "dtks.csv"));
}

#[test]
fn p0_and_the_extreme_rate_are_within_one_family_of_the_published() {
    let made = shared();
    let survey = Survey::shared().unwrap();
    let families = truth(made, "families");
    let (desa, y, n) = (
        numbers(&families, "desa"),
        numbers(&families, "expenditure_rp"),
        numbers(&families, "n_members"),
    );
    let period = "2023-03".parse().unwrap();
    let extreme_line = survey.extreme_line(period).unwrap().rp_month;
    assert_eq!(made.report.calibration.len(), 14);
    for row in &made.report.calibration {
        let figure = |measure| survey.get(row.code, measure, period).unwrap().value;
        let line = figure(Measure::PovertyLine);
        let (mut all, mut poor, mut extreme, mut largest) = (0.0, 0.0, 0.0, 0.0_f64);
        for i in 0..y.len() {
            if row.code.contains(RegionCode::from_packed(desa[i] as u64).unwrap()) {
                all += n[i];
                largest = largest.max(n[i]);
                poor += if y[i] < line { n[i] } else { 0.0 };
                extreme += if y[i] < extreme_line { n[i] } else { 0.0 };
            }
        }
        assert!((poor - all * figure(Measure::Headcount)).abs() <= largest, "{:?}", row);
        assert!((extreme - all * row.extreme_target).abs() <= largest, "{:?}", row);
        assert!((poor / all - row.p0_reached).abs() < 1e-12);
        assert!((extreme / all - row.extreme_reached).abs() < 1e-12);
        if let Some(published) = survey.get(row.code, Measure::ExtremeRate, period) {
            assert!((row.extreme_target - published.value).abs() < 1e-12, "{:?}", row);
        }
    }
}

#[test]
fn every_house_lies_in_its_desa() {
    let families = truth(shared(), "families");
    let mut shapes = HashMap::new();
    for province in ["31", "36"] {
        for boundary in Shapes::product().unwrap().full(province.parse().unwrap()).unwrap() {
            shapes.insert(boundary.code.packed(), boundary.shape);
        }
    }
    let (desa, lng, lat) =
        (numbers(&families, "desa"), numbers(&families, "lng"), numbers(&families, "lat"));
    assert_eq!(desa.len(), 3000);
    for i in 0..desa.len() {
        let shape = &shapes[&(desa[i] as u64)];
        assert!(shape.contains(&geo::Point::new(lng[i], lat[i])), "family {i}, desa {}", desa[i]);
    }
}

#[test]
fn a_nik_without_a_fault_is_unique_and_agrees_with_birth_and_sex() {
    let made = shared();
    let (header, rows) = delivered(made, 1);
    let (nik, sex, birth) = (at(&header, "r403"), at(&header, "r405"), at(&header, "r406"));
    let mut seen = BTreeSet::new();
    for row in row_truth(made).iter().filter(|r| r[0] == 1.0 && r[3] == 0.0) {
        let cells = &rows[row[1] as usize - 1];
        let parsed = Nik::parse(&cells[nik]).unwrap();
        assert!(seen.insert(parsed), "two persons of one NIK");
        assert_eq!(parsed.sex() == Sex::Female, cells[sex] == "2");
        if row[5] == 0.0 {
            let part = |range: std::ops::Range<usize>| cells[birth][range].parse::<u16>().unwrap();
            let date = BirthDate::new(part(0..4), part(5..7) as u8, part(8..10) as u8).unwrap();
            assert!(parsed.agrees_with_birth(date));
        }
    }
    assert!(seen.len() > 9000);
}

#[test]
fn a_faulty_nik_is_faulty_in_the_way_that_the_truth_says() {
    let made = shared();
    let (header, rows) = delivered(made, 4);
    let nik = at(&header, "NIK");
    let mut met = BTreeSet::new();
    for row in row_truth(made).iter().filter(|r| r[0] == 4.0) {
        let text = rows[row[1] as usize - 1][nik].as_str();
        met.insert(row[3] as u8);
        let ok = match row[3] as u8 {
            1 => text.is_empty(),
            2 => text == "0000000000000000",
            4 => text.ends_with("E+15") && text.contains(','),
            5 => text.len() == 16 && text.ends_with('0'),
            6 => text.len() == 17 && text.starts_with('\'') && Nik::parse(text).is_ok(),
            7 => text.len() == 16 && Nik::parse(text).is_err(),
            _ => Nik::parse(text).is_ok(),
        };
        assert!(ok, "fault {}", row[3]);
    }
    assert_eq!(met.into_iter().collect::<Vec<_>>(), (0..8).collect::<Vec<_>>());
}

/// Fails where `k` of `n` is more than five standard deviations from `rate`; `together` tells how
/// many rows share one draw.
fn assert_rate(what: &str, k: f64, n: f64, rate: f64, together: f64) {
    assert!(n > 0.0, "{what}: nothing to count");
    let sd = (n * rate * (1.0 - rate) * together).sqrt();
    assert!((k - n * rate).abs() <= 5.0 * sd + 1.0, "{what}: {k} of {n}, stated {rate}");
}

#[test]
fn the_stated_error_rates_are_met() {
    let made = shared();
    let rates = &made.report.rates;
    assert_eq!(*rates, ErrorRates::default());
    let rows = row_truth(made);
    let share =
        |name: &str, field: usize, value: f64, rate: f64, of: &dyn Fn(&[f64; 8]) -> bool| {
            let n = rows.iter().filter(|r| of(r)).count() as f64;
            let k = rows.iter().filter(|r| of(r) && r[field] == value).count() as f64;
            assert_rate(name, k, n, rate, if field >= 6 { 5.0 } else { 1.0 });
        };
    let person = |r: &[f64; 8]| r[0] > 0.0;
    let niks = [
        rates.nik_missing,
        rates.nik_zero,
        rates.nik_repeated,
        rates.nik_spreadsheet,
        rates.nik_rounded,
        rates.nik_apostrophe,
        rates.nik_letter,
    ];
    for (i, rate) in niks.into_iter().enumerate() {
        share("nik", 3, (i + 1) as f64, rate, &person);
    }
    share("title", 4, 2.0, rates.name_title, &|_| true);
    let named = rows.iter().filter(|r| r[4] > 0.0).count() as f64;
    let all_names =
        rates.name_spelling + rates.name_title + rates.name_abbreviated + rates.name_order;
    assert_rate("name", named, rows.len() as f64, all_names, 1.0);
    share("january", 5, 2.0, rates.birth_january, &person);
    share("region", 6, 2.0, rates.region_other_system, &|_| true);
    share("moved", 7, 1.0, rates.moved, &|r| r[0] > 1.0);
    let families = truth(made, "families");
    let faults = numbers(&families, "coordinate_fault");
    let coordinates = [
        rates.coordinate_missing,
        rates.coordinate_swapped,
        rates.coordinate_zero,
        rates.coordinate_sea,
        rates.coordinate_coarse,
    ];
    for (i, rate) in coordinates.into_iter().enumerate() {
        let k = faults.iter().filter(|f| **f == (i + 1) as f64).count() as f64;
        assert_rate("coordinate", k, faults.len() as f64, rate, 1.0);
    }
}

#[test]
fn programmes_miss_and_leak_as_stated() {
    let made = shared();
    assert_eq!(made.report.programmes.len(), 8);
    for reached in &made.report.programmes {
        let stated = made.report.rates.targeting(&reached.id);
        let (eligible, right, covered) =
            (reached.eligible as f64, reached.eligible_covered as f64, reached.covered as f64);
        assert_rate(&reached.id, right, eligible, 1.0 - stated.exclusion, 1.0);
        let wrong = (covered - right) / covered;
        // Both the right and the wrong recipients are drawn: twice the variance of a share.
        assert_rate(&reached.id, wrong * covered, covered, stated.inclusion, 2.0);
    }
}

#[test]
fn every_receipt_is_visible_in_a_registry() {
    let made = make(1200, |config| {
        config.with = vec!["kartu_sejahtera".to_owned(), "kartu_usaha".to_owned()];
    });
    let programmes =
        ProgrammeSet::from_toml(&tepat::data::text("programmes.toml").unwrap()).unwrap();
    let persons = truth(&made, "persons");
    let (ids, family_ids) = (numbers(&persons, "person_id"), numbers(&persons, "family_id"));
    let family_of: BTreeMap<u64, u64> =
        ids.iter().zip(&family_ids).map(|(p, f)| (*p as u64, *f as u64)).collect();
    let mut shown: BTreeSet<(usize, u64)> = BTreeSet::new();
    let rows = row_truth(&made);
    for file in 0..10 {
        let layout = layout(file);
        let (header, cells) = delivered(&made, file);
        for row in rows.iter().filter(|r| r[0] == file as f64) {
            let cells = &cells[row[1] as usize - 1];
            for (id, when) in &layout.receives {
                let says = |column: &String| when.yes.contains(&cells[at(&header, column)]);
                if when.always || when.columns.iter().any(says) {
                    let index = programmes.index_of(id).unwrap();
                    shown.insert((index, row[2] as u64));
                    shown.insert((index, family_of[&(row[2] as u64)]));
                }
            }
        }
    }
    let families = truth(&made, "families");
    let mut received = BTreeSet::new();
    for (frame, id) in [(&families, "family_id"), (&persons, "person_id")] {
        for (id, bits) in numbers(frame, id).iter().zip(numbers(frame, "receipts")) {
            for index in (0..programmes.len()).filter(|i| bits as u32 >> i & 1 == 1) {
                received.insert(index);
                assert!(shown.contains(&(index, *id as u64)), "programme {index}");
            }
        }
    }
    assert_eq!(received.len(), 10, "every programme has recipients");
}

#[test]
fn every_file_has_exactly_its_layouts_header_and_the_reported_rows() {
    let made = shared();
    let truth = row_truth(made);
    for file in 0..10 {
        let (header, rows) = delivered(made, file);
        assert_eq!(header, layout(file).columns, "{}", FILES[file].1);
        assert_eq!(rows.len() as u64, made.report.files[file].rows);
        let numbers: Vec<f64> =
            truth.iter().filter(|r| r[0] == file as f64).map(|r| r[1]).collect();
        let expected: Vec<f64> = (1..=rows.len()).map(|n| n as f64).collect();
        assert_eq!(numbers, expected, "each row has its truth");
    }
    let banten = make(1200, |config| config.provinces = vec!["36".parse().unwrap()]);
    assert!(!banten.folder.join("carik.parquet").exists());
}

#[test]
fn the_family_key_of_regsosek_joins_members_to_one_family() {
    let made = shared();
    let key = |file: usize| {
        let (header, rows) = delivered(made, file);
        let columns = ["r101", "r102", "r103", "r104", "r105", "r109", "r110"];
        let places = columns.map(|c| at(&header, c));
        rows.into_iter().map(move |r| places.map(|p| r[p].clone()).concat()).collect::<Vec<_>>()
    };
    let families = key(0);
    let distinct: BTreeSet<&String> = families.iter().collect();
    assert_eq!(distinct.len(), 3000);
    assert!(families.len() > 3000 - 1 && families.len() < 3040);
    let members = key(1);
    assert_eq!(members.len() as u64, made.report.persons);
    let with_members: BTreeSet<&String> = members.iter().collect();
    assert_eq!(distinct, with_members);
}

#[test]
fn without_errors_every_row_is_true() {
    let made = make(1200, |config| config.rates = ErrorRates::none());
    for row in row_truth(&made) {
        assert_eq!(row[3..], [0.0; 5]);
    }
    let (header, rows) = delivered(&made, 0);
    let families = truth(&made, "families");
    let (lng, lat) = (numbers(&families, "lng"), numbers(&families, "lat"));
    assert_eq!(rows.len(), 1200);
    for (i, row) in rows.iter().enumerate() {
        let value = |column: &str| row[at(&header, column)].parse::<f64>().unwrap();
        assert!((value("bujur") - lng[i]).abs() < 1e-6 && (value("lintang") - lat[i]).abs() < 1e-6);
    }
}

/// Looks at the folder while the work is under way, then fails.
struct Falls<'a>(&'a Path);

impl Progress for Falls<'_> {
    fn stage(&self, _name: &str, _total: Option<u64>) {}
    fn advance(&self, _by: u64) {
        assert!(!self.0.exists(), "nothing finished-looking before the end");
        panic!("a fall half-way, meant by the test");
    }
}

#[test]
fn a_run_that_fails_half_way_leaves_nothing_that_looks_finished() {
    let keep = tempfile::tempdir().unwrap();
    let folder = keep.path().join("serahan");
    let config = SynthConfig::demo(1200, folder.clone());
    assert!(synthesise(&config, &Falls(&folder)).is_err());
    assert_eq!(std::fs::read_dir(keep.path()).unwrap().count(), 0);
}

#[test]
fn only_a_folder_that_synth_made_is_replaced() {
    let keep = tempfile::tempdir().unwrap();
    let folder = keep.path().join("serahan");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("penting.txt"), "asli").unwrap();
    let config = SynthConfig::demo(1000, folder.clone());
    let error = synthesise(&config, &Silent).unwrap_err().to_string();
    assert!(error.contains("did not make"), "{error}");
    assert_eq!(std::fs::read_to_string(folder.join("penting.txt")).unwrap(), "asli");
    std::fs::remove_file(folder.join("penting.txt")).unwrap();
    for _ in 0..2 {
        synthesise(&config, &Silent).unwrap();
        assert!(folder.join(MARKER).is_file());
    }
    assert_eq!(std::fs::read_dir(keep.path()).unwrap().count(), 1);
}

#[test]
fn a_province_without_desa_polygons_is_refused() {
    let keep = tempfile::tempdir().unwrap();
    let mut config = SynthConfig::demo(1000, keep.path().join("serahan"));
    config.provinces = vec!["32".parse().unwrap()];
    let error = synthesise(&config, &Silent).unwrap_err().to_string();
    assert!(error.contains("32") && error.contains("polygons"), "{error}");
}

#[test]
#[ignore = "a measurement: FAMILIES=300000 cargo test --release -- --ignored time_and_memory"]
fn time_and_memory() {
    let families = std::env::var("FAMILIES").ok().and_then(|n| n.parse().ok()).unwrap_or(300_000);
    let start = std::time::Instant::now();
    let made = make(families, |_| {});
    let seconds = start.elapsed().as_secs_f64();
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
    println!("{families} families: {seconds:.1} s, {peak}");
    println!("{}", serde_json::to_string_pretty(&made.report).unwrap());
}
