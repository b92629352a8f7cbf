//! Input that is wrong, damaged or meant to break something: each ends in a message that names the
//! file, the row and the column where there is one, with the documented exit code, and no panic.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::command::{Answer, Server, demo, program, tepat};

const BAD_INPUT: Option<i32> = Some(3);
const STORAGE: Option<i32> = Some(5);

/// A small hand-over in a folder of its own: the demo's base registry and DTKS.
struct Delivery {
    folder: TempDir,
}

const CONFIG: &str = r#"store = "store"
period = "2023-03"
synthetic = true
provinces = ["31", "36"]

[[source]]
registry = "regsosek"
files = ["regsosek_keluarga.csv", "regsosek_anggota.parquet"]

[[source]]
registry = "dtks"
files = ["dtks.csv"]
"#;

impl Delivery {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for file in ["regsosek_keluarga.csv", "regsosek_anggota.parquet", "dtks.csv"] {
            symlink(demo().join("deliveries").join(file), folder.path().join(file)).unwrap();
        }
        fs::write(folder.path().join("tepat.toml"), CONFIG).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts other bytes in the place of a file.
    fn replace(self, name: &str, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Self {
        let path = self.path(name);
        let bytes = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        fs::write(&path, change(bytes)).unwrap();
        self
    }

    /// Changes the first 20 rows of a CSV file (row 0 is the header) and keeps only those.
    fn rows(self, name: &str, change: impl Fn(usize, &mut Vec<Vec<u8>>)) -> Self {
        self.replace(name, |bytes| {
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&bytes[..]);
            let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
            for (row, record) in reader.byte_records().take(21).enumerate() {
                let mut cells: Vec<Vec<u8>> = record.unwrap().iter().map(<[u8]>::to_vec).collect();
                change(row, &mut cells);
                writer.write_byte_record(&cells.into()).unwrap();
            }
            writer.into_inner().unwrap()
        })
    }

    /// Puts a text in one cell of `dtks.csv`.
    fn cell(self, row: usize, column: &str, text: &[u8]) -> Self {
        let at = dtks_column(column);
        self.rows("dtks.csv", |i, cells| {
            if i == row {
                cells[at] = text.to_vec();
            }
        })
    }

    fn config(self, from: &str, to: &str) -> Self {
        assert!(CONFIG.contains(from));
        fs::write(self.path("tepat.toml"), CONFIG.replace(from, to)).unwrap();
        self
    }

    fn build(&self) -> Answer {
        let config = self.path("tepat.toml");
        tepat(["build".as_ref(), "--json".as_ref(), "--config".as_ref(), config.as_os_str()])
    }

    /// The build must fail with these words, and leave no snapshot.
    fn fails(&self, code: Option<i32>, words: &[&str]) {
        let answer = self.build();
        assert_eq!(answer.is_decent().code, code, "{answer:?}");
        for word in words {
            assert!(answer.err.contains(word), "'{word}' is not in: {}", answer.err);
        }
        assert!(answer.err.len() < 2000, "a message of {} bytes", answer.err.len());
        assert!(!self.path("store/CURRENT").exists(), "a failed build left a snapshot");
    }
}

fn dtks_column(name: &str) -> usize {
    let text = fs::read_to_string(demo().join("deliveries/dtks.csv")).unwrap();
    let head = text.lines().next().unwrap();
    head.split(',').position(|column| column == name).unwrap()
}

/// The entry of one fault of `dtks.csv` in a build's report.
fn issue(report: &serde_json::Value, code: &str, column: &str) -> Option<serde_json::Value> {
    let source = report["sources"].as_array().unwrap().iter().find(|s| s["file"] == "dtks.csv")?;
    let all = ["issues", "set_aside"].into_iter().filter_map(|kind| source[kind].as_array());
    all.flatten().find(|i| i["code"] == code && i["column"] == column).cloned()
}

fn names_row(issue: &serde_json::Value, row: u64) -> bool {
    issue["examples"].as_array().unwrap().iter().any(|r| r.as_u64() == Some(row))
}

#[test]
fn a_sound_delivery_builds() {
    let answer = Delivery::new().rows("dtks.csv", |_, _| {}).build();
    assert_eq!(answer.is_decent().code, Some(0), "{answer:?}");
    let report = answer.json();
    for source in report["sources"].as_array().unwrap() {
        let aside: u64 = source["set_aside"]
            .as_array()
            .unwrap()
            .iter()
            .map(|i| i["rows"].as_u64().unwrap())
            .sum();
        let (read, used) =
            (source["rows_read"].as_u64().unwrap(), source["rows_used"].as_u64().unwrap());
        assert_eq!(read, used + aside, "{source}");
        assert!(read > 0, "{source}");
    }
}

#[test]
fn a_file_that_is_cut_off_is_refused() {
    Delivery::new()
        .replace("dtks.csv", |mut bytes| {
            let line = bytes.iter().skip(100_000).position(|b| *b == b'\n').unwrap();
            bytes.truncate(100_000 + line + 40);
            bytes
        })
        .fails(BAD_INPUT, &["dtks.csv", "row ", "cut off"]);
    Delivery::new()
        .replace("regsosek_anggota.parquet", |mut bytes| {
            bytes.truncate(bytes.len() / 2);
            bytes
        })
        .fails(BAD_INPUT, &["regsosek_anggota.parquet", "cut off"]);
}

#[test]
fn another_delimiter_is_named_with_the_way_out() {
    Delivery::new()
        .replace("dtks.csv", |bytes| {
            bytes.into_iter().map(|b| if b == b',' { b';' } else { b }).collect()
        })
        .fails(BAD_INPUT, &["dtks.csv", "header", "';'", "delimiter"]);
}

#[test]
fn bytes_that_are_not_utf_8_are_named_by_row_and_column() {
    Delivery::new()
        .cell(7, "Nama", b"JOS\xC9 RAM\xD3N")
        .fails(BAD_INPUT, &["dtks.csv", "row 7", "'Nama'", "UTF-8"]);
}

#[test]
fn a_missing_column_is_named() {
    let at = dtks_column("tanggal_lahir");
    Delivery::new()
        .rows("dtks.csv", |_, cells| {
            cells.remove(at);
        })
        .fails(BAD_INPUT, &["dtks.csv", "header", "'tanggal_lahir'", "missing"]);
}

#[test]
fn a_column_that_stands_twice_is_named() {
    let (name, card) = (dtks_column("Nama"), dtks_column("NOKK"));
    Delivery::new()
        .rows("dtks.csv", |row, cells| {
            if row == 0 {
                cells[card] = cells[name].clone();
            }
        })
        .fails(BAD_INPUT, &["dtks.csv", "header", "'Nama'", "twice"]);
}

#[test]
fn a_field_of_a_million_characters_sets_its_row_aside_and_is_not_repeated() {
    let answer = Delivery::new().cell(5, "Nama", &vec![b'A'; 1_000_000]).build();
    assert_eq!(answer.is_decent().code, Some(0), "{}", answer.err);
    assert!(answer.err.len() + answer.out.len() < 100_000, "the field is repeated");
    let issue = issue(&answer.json(), "field_too_long", "Nama").expect("not remarked on");
    assert!(names_row(&issue, 5) && issue["rows"] == 1, "{issue}");
}

#[test]
fn a_nik_in_scientific_notation_is_no_identity_and_its_row_is_named() {
    let answer = Delivery::new().cell(3, "NIK", b"3,17104E+15").build();
    assert_eq!(answer.is_decent().code, Some(0), "{answer:?}");
    let issue = issue(&answer.json(), "nik_spreadsheet", "NIK").expect("not remarked on");
    assert!(names_row(&issue, 3), "{issue}");
}

#[test]
fn a_bps_code_where_a_kemendagri_code_is_due_is_not_taken_for_one() {
    // 3171 is Jakarta Selatan to BPS and would be Jakarta Pusat to Kemendagri.
    let answer = Delivery::new().cell(4, "id_desa", b"3171010001").build();
    assert_eq!(answer.is_decent().code, Some(0), "{answer:?}");
    let issue = issue(&answer.json(), "region_other_system", "id_desa").expect("not remarked on");
    assert!(names_row(&issue, 4), "{issue}");
}

#[test]
fn what_is_no_delivery_is_refused_by_name() {
    let empty = Delivery::new().replace("dtks.csv", |_| Vec::new());
    empty.fails(BAD_INPUT, &["dtks.csv", "empty"]);
    let noise = Delivery::new().replace("dtks.csv", |_| (0..=255_u8).cycle().take(9000).collect());
    noise.fails(BAD_INPUT, &["dtks.csv", "header"]);
    let folder = Delivery::new();
    fs::remove_file(folder.path("dtks.csv")).unwrap();
    fs::create_dir(folder.path("dtks.csv")).unwrap();
    folder.fails(BAD_INPUT, &["dtks.csv", "folder"]);
    let gone = Delivery::new();
    fs::remove_file(gone.path("dtks.csv")).unwrap();
    gone.fails(BAD_INPUT, &["dtks.csv", "No such file"]);
    let text =
        Delivery::new().replace("regsosek_anggota.parquet", |_| b"r101,r102\n31,71\n".to_vec());
    text.fails(BAD_INPUT, &["regsosek_anggota.parquet", "Parquet"]);
}

#[test]
fn a_configuration_that_makes_no_sense_is_refused_by_name() {
    for (from, to, words) in [
        ("registry = \"dtks\"", "registry = \"dtsen\"", &["dtsen", "regsosek"][..]),
        ("period = \"2023-03\"", "period = 2023", &["period"]),
        ("period = \"2023-03\"", "period = \"2023-13\"", &["2023-13"]),
        ("period = \"2023-03\"", "period = \"2023-03", &["line 2"]),
        ("period = \"2023-03\"", "period = \"1999-03\"", &["1999"]),
        ("synthetic = true", "sintetis = true", &["sintetis"]),
        ("\"31\", \"36\"", "\"3171\"", &["3171"]),
        ("\"31\", \"36\"", "\"11\"", &["11", "31, 36"]),
        ("\"31\", \"36\"", "", &["provinces"]),
        ("\"dtks.csv\"", "\"dtks_2023.csv\"", &["dtks_2023.csv"]),
        ("synthetic = true", "enable = [\"kartu_ajaib\"]", &["kartu_ajaib"]),
        ("synthetic = true", "programmes = \"tiada.toml\"", &["tiada.toml"]),
        ("registry = \"regsosek\"", "registry = \"p3ke\"", &["regsosek"]),
    ] {
        Delivery::new().config(from, to).fails(BAD_INPUT, words);
    }
    let gone = tepat(["build", "--config", "tiada/tepat.toml"]);
    assert_eq!(gone.is_decent().code, BAD_INPUT, "{gone:?}");
    assert!(gone.err.contains("tiada/tepat.toml"), "{gone:?}");
}

#[test]
fn a_store_that_cannot_be_used_is_a_fault_of_storage() {
    let blocked = Delivery::new().config("store = \"store\"", "store = \"dtks.csv/store\"");
    blocked.fails(STORAGE, &["dtks.csv/store"]);
    let empty = tempfile::tempdir().unwrap();
    let served = tepat(["serve".as_ref(), "--store".as_ref(), empty.path().as_os_str()]);
    assert_eq!(served.is_decent().code, STORAGE, "{served:?}");
    assert!(served.err.contains("tepat build"), "it does not say what to do: {served:?}");
}

#[test]
fn a_table_changed_by_hand_is_noticed_before_it_is_served() {
    let delivery = Delivery::new();
    assert_eq!(delivery.build().code, Some(0));
    let store = delivery.path("store");
    let id = fs::read_to_string(store.join("CURRENT")).unwrap();
    let table = store.join("snapshots").join(id.trim()).join("regions.parquet");
    let mut bytes = fs::read(&table).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&table, bytes).unwrap();
    for command in ["serve", "verify"] {
        let answer = tepat([command.as_ref(), "--store".as_ref(), store.as_os_str()]);
        assert_eq!(answer.is_decent().code, STORAGE, "{command}: {answer:?}");
        assert!(answer.err.contains("regions.parquet"), "{command}: {answer:?}");
    }
}

/// The snapshot id that a running server answers with.
fn served_id(origin: &str) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let text = runtime.block_on(async {
        reqwest::get(format!("{origin}/sehat")).await.unwrap().text().await.unwrap()
    });
    let line = text.lines().find_map(|line| line.strip_prefix("snapshot "));
    line.unwrap_or_else(|| panic!("{text}")).to_owned()
}

fn current(store: &Path) -> String {
    fs::read_to_string(store.join("CURRENT")).unwrap().trim().to_owned()
}

#[test]
fn a_build_killed_at_any_instant_leaves_the_earlier_snapshot_served() {
    let delivery = Delivery::new();
    assert_eq!(delivery.build().code, Some(0));
    let store = delivery.path("store");
    let earlier = current(&store);
    let server = Server::start(&store);
    assert_eq!(served_id(&server.origin), earlier);

    // Other settings, so another snapshot; its time tells where the instants lie.
    let build = |min_families: u64| {
        let config = delivery.path(&format!("{min_families}.toml"));
        fs::write(&config, format!("min_families = {min_families}\n{CONFIG}")).unwrap();
        let mut command = program();
        command.args(["build", "--config"]).arg(config);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    let begin = Instant::now();
    assert!(build(6).wait().unwrap().success());
    let whole = begin.elapsed();
    let earlier_again = current(&store);
    assert_ne!(earlier_again, earlier);
    let mut killed = 0;
    for (n, share) in [0.05, 0.25, 0.45, 0.65, 0.85].into_iter().enumerate() {
        let before = current(&store);
        let mut child = build(7 + n as u64);
        std::thread::sleep(whole.mul_f64(share));
        child.kill().unwrap();
        if !child.wait().unwrap().success() {
            killed += 1;
            assert_eq!(current(&store), before, "a killed build is current");
        }
        let verified = tepat(["verify".as_ref(), "--store".as_ref(), store.as_os_str()]);
        assert_eq!(verified.is_decent().code, Some(0), "{verified:?}");
    }
    assert!(killed >= 3, "only {killed} of 5 builds were caught before their end");
    assert!(build(20).wait().unwrap().success(), "the next build does not succeed");
    let left: Vec<_> = fs::read_dir(&store)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("work-"))
        .collect();
    assert!(left.is_empty(), "left behind: {left:?}");
    // The server takes up the newest by itself.
    let begin = Instant::now();
    while served_id(&server.origin) != current(&store) {
        assert!(begin.elapsed() < Duration::from_secs(30), "the new snapshot is not taken up");
        std::thread::sleep(Duration::from_millis(200));
    }
}
