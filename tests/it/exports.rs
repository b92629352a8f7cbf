//! Tests of room `exports`.

use std::collections::BTreeSet;
use std::io::Read;

use tepat::domain::{IndicatorId, Level};
use tepat::exports::{Field, Table, csv, csv_excel_id, geojson, xlsx};
use tepat::regions::RegionCatalog;
use tepat::spatial::{Shapes, read_geojson};

use crate::fixture::{SMALL, code, release};

const IDS: [IndicatorId; 4] =
    [IndicatorId::Population, IndicatorId::ExtremeRate, IndicatorId::Gap, IndicatorId::Coverage(0)];

fn table(region: &str, level: Level) -> Table {
    let catalog = RegionCatalog::shared().unwrap();
    Table::regions(&release(), catalog, code(region), level, &IDS)
}

#[test]
fn a_table_lists_every_region_once_with_its_status() {
    let table = table("36", Level::Desa);
    assert_eq!(table.rows.len(), 1552);
    assert!(table.rows.windows(2).all(|w| w[0].code < w[1].code));
    assert!(table.rows.iter().all(|row| row.fields.len() == table.columns.len()));
    let small = table.rows.iter().find(|r| r.code == code(SMALL[0])).unwrap();
    assert!(small.fields[4..].iter().all(|f| *f == Field::Suppressed), "{small:?}");
    assert_eq!(small.fields[0], Field::Text(SMALL[0].to_owned()));
    let kabupaten = self::table("ID", Level::Kabupaten);
    assert_eq!(kabupaten.rows.len(), 514);
    let nothing = kabupaten.rows.iter().filter(|r| r.fields[4] == Field::NoData).count();
    assert_eq!(nothing, 500);
}

#[test]
fn csv_reads_back_with_its_origin_in_every_row() {
    let table = table("36", Level::Kecamatan);
    let bytes = csv(&table).unwrap();
    let mut reader = csv_reader(b',', &bytes);
    let head = reader.headers().unwrap().clone();
    let at = |name: &str| head.iter().position(|h| h == name).unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 155);
    let mut numbers = 0;
    for (row, record) in table.rows.iter().zip(&rows) {
        assert_eq!(&record[at("kode")], row.code.to_string());
        assert_eq!(&record[at("potret")], "0123456789abcdef");
        assert_eq!(&record[at("periode")], "2023-03");
        assert_eq!(&record[at("garis_ekstrem_rp_bulan")], "351957");
        assert_eq!(&record[at("data")], "sintetis");
        match row.fields[5] {
            Field::Number(n) => {
                numbers += 1;
                assert_eq!(record[at("miskin-ekstrem")].parse::<f64>().unwrap(), n);
            }
            _ => assert_eq!(&record[at("miskin-ekstrem")], "dirahasiakan"),
        }
    }
    assert!(numbers > 130, "{numbers} figures of 155 kecamatan");
    assert!(bytes.windows(2).any(|w| w == b"\r\n"));
}

fn csv_reader(delimiter: u8, bytes: &[u8]) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new().delimiter(delimiter).from_reader(bytes)
}

#[test]
fn the_excel_variant_has_mark_semicolons_and_decimal_commas() {
    let table = table("31", Level::Kabupaten);
    let bytes = csv_excel_id(&table).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let body = text.strip_prefix('\u{feff}').unwrap();
    assert!(body.starts_with("Kode (Kemendagri);Kode BPS;Nama;"), "{}", &body[..60]);
    let mut reader = csv_reader(b';', body.as_bytes());
    let rates = reader.records().map(|record| record.unwrap()[5].to_owned());
    let rate = rates.into_iter().find(|rate| rate != "dirahasiakan").unwrap();
    assert!(rate.contains(',') && !rate.contains('.'), "{rate}");
}

#[test]
fn a_text_that_a_spreadsheet_would_run_is_defused() {
    let mut table = table("31", Level::Kabupaten);
    let evil = ["=1+1", "+SUM(A1)", "-2+3", "@cmd", "\t=1", "\r=1", " =1", "=\"a\",b"];
    for (row, text) in table.rows.iter_mut().zip(evil) {
        row.fields[2] = Field::Text(text.to_owned());
    }
    for bytes in [csv(&table).unwrap(), csv_excel_id(&table).unwrap()] {
        let text = String::from_utf8(bytes).unwrap();
        let body = text.trim_start_matches('\u{feff}');
        let delimiter = if body.starts_with("kode,") { b',' } else { b';' };
        for record in csv_reader(delimiter, body.as_bytes()).records() {
            for field in &record.unwrap() {
                let first = field.trim_start_matches(' ').chars().next();
                let runs = matches!(first, Some('=' | '+' | '-' | '@' | '\t' | '\r'));
                assert!(!runs, "{field:?} would run");
            }
        }
    }
}

/// The files of a ZIP archive, by its central directory.
pub fn unzip(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let u16_at = |i: usize| usize::from(u16::from_le_bytes([bytes[i], bytes[i + 1]]));
    let u32_at = |i: usize| u16_at(i) + (u16_at(i + 2) << 16);
    let end = (0..=bytes.len() - 22).rev().find(|i| bytes[*i..].starts_with(b"PK\x05\x06"));
    let end = end.expect("no central directory");
    let mut at = u32_at(end + 16);
    (0..u16_at(end + 10))
        .map(|_| {
            assert!(bytes[at..].starts_with(b"PK\x01\x02"));
            let (method, packed) = (u16_at(at + 10), u32_at(at + 20));
            let name_len = u16_at(at + 28);
            let name = String::from_utf8(bytes[at + 46..at + 46 + name_len].to_vec()).unwrap();
            let local = u32_at(at + 42);
            let start = local + 30 + u16_at(local + 26) + u16_at(local + 28);
            let data = &bytes[start..start + packed];
            let mut content = Vec::new();
            if method == 8 {
                flate2::read::DeflateDecoder::new(data).read_to_end(&mut content).unwrap();
            } else {
                content.extend_from_slice(data);
            }
            at += 46 + name_len + u16_at(at + 30) + u16_at(at + 32);
            (name, content)
        })
        .collect()
}

#[test]
fn a_workbook_holds_figures_and_explanation_and_is_the_same_every_time() {
    let table = table("36", Level::Desa);
    let bytes = xlsx(&table).unwrap();
    assert_eq!(bytes, xlsx(&table).unwrap());
    let files = unzip(&bytes);
    let part = |name: &str| {
        let (_, content) = files.iter().find(|(n, _)| n == name).expect(name);
        String::from_utf8(content.clone()).unwrap()
    };
    let book = part("xl/workbook.xml");
    assert!(book.contains("name=\"Data\"") && book.contains("name=\"Keterangan\""), "{book}");
    let data = part("xl/worksheets/sheet1.xml");
    assert!(data.contains("state=\"frozen\""));
    assert_eq!(data.matches("<row ").count(), 1553);
    assert!(!data.contains("<f>"), "a formula");
    let strings = part("xl/sharedStrings.xml");
    // Codes as text, figures as numbers.
    assert!(strings.contains(">36.01.01.2001<"));
    assert!(strings.contains("dirahasiakan") && strings.contains("Data sintetis"));
    assert!(strings.contains("Persentase penduduk yang pengeluarannya"));
    assert!(part("docProps/core.xml").contains("2026-11-21T02:15:00Z"));
}

#[test]
fn geojson_parses_back_with_every_code_and_the_very_same_coordinates() {
    for (region, level, n) in [("36", Level::Desa, 1552), ("31", Level::Kecamatan, 44)] {
        let table = table(region, level);
        let text = String::from_utf8(
            geojson(&table, &Shapes::product().unwrap(), code(region), level).unwrap(),
        )
        .unwrap();
        let back = read_geojson("export", &text).unwrap();
        let original = Shapes::product().unwrap().finest(code(region), level).unwrap();
        assert_eq!(back.len(), n);
        let codes: BTreeSet<_> = table.rows.iter().map(|r| r.code).collect();
        for (a, b) in back.iter().zip(&original) {
            assert!(codes.contains(&a.code));
            assert_eq!((a.code, &a.name), (b.code, &b.name));
            assert_eq!(a.shape, b.shape, "{}", a.code);
        }
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["provenance"]["Periode"], "Maret 2023");
    }
}

#[test]
fn geojson_says_why_a_figure_is_missing() {
    let table = table("36.02.01", Level::Desa);
    let bytes =
        geojson(&table, &Shapes::product().unwrap(), code("36.02.01"), Level::Desa).unwrap();
    let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    let features = value["features"].as_array().unwrap();
    let find = |c: &str| features.iter().find(|f| f["id"] == c).unwrap();
    let small = &find(SMALL[0])["properties"];
    assert!(small["miskin-ekstrem"].is_null());
    assert_eq!(small["miskin-ekstrem_status"], "dirahasiakan");
    let shown = features.iter().filter(|f| f["properties"]["miskin-ekstrem"].is_number()).count();
    // The small one takes its smallest sibling along; others have few extreme poor.
    let told = |f: &&tepat::exports::Row| matches!(f.fields[5], Field::Number(_));
    assert_eq!(shown, table.rows.iter().filter(told).count());
    assert!(shown > features.len() / 2 && shown <= features.len() - 2, "{shown}");
    assert!(features.iter().all(|f| f["properties"]["kode"].is_string()));
}
