//! Linkage held against other software: string similarities of rapidfuzz, block counts of DuckDB,
//! match weights of Splink, and the truth of the FEBRL data.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::path::PathBuf;

use polars::prelude::{ParquetReader, SerReader};
use tepat::linkage::{Best, LinkOptions, Linked, Model, Records, link, read_records, similarity};

fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/record_linkage").join(name)
}

fn febrl(model: &Model) -> Records {
    let (a, b) = (golden("febrl4a_clean.csv"), golden("febrl4b_clean.csv"));
    read_records(model, &a, Some(&b), 2).unwrap()
}

fn reference() -> Model {
    let text = std::fs::read_to_string(golden("febrl4_model.toml")).unwrap();
    Model::parse("febrl4_model.toml", &text).unwrap()
}

fn everything(model: &Model, records: &Records, threshold: f64) -> Linked {
    let options = LinkOptions { threads: 2, threshold: Some(threshold), best: Best::All };
    link(model, records, options).unwrap()
}

/// `rec-1070-org` and `rec-1070-dup-0` are one person.
fn is_true(a: &str, b: &str) -> bool {
    a.split('-').nth(1) == b.split('-').nth(1)
}

#[test]
fn string_similarities_equal_those_of_rapidfuzz() {
    let mut reader = csv::Reader::from_path(golden("string_similarity.csv")).unwrap();
    let header = reader.headers().unwrap().clone();
    let at = |name: &str| header.iter().position(|h| h == name).unwrap();
    let (jaro, jw) = (at("jaro"), at("jaro_winkler"));
    let (lev, osa, dl) = (at("levenshtein"), at("osa"), at("damerau_unrestricted"));
    let mut n = 0;
    for row in reader.records() {
        let row = row.unwrap();
        let (a, b) = (&row[0], &row[1]);
        for (x, y) in [(a, b), (b, a)] {
            let near = |found: f64, due: usize| (found - row[due].parse::<f64>().unwrap()).abs();
            assert!(near(similarity::jaro(x, y), jaro) < 1e-9, "jaro {x:?} {y:?}");
            assert!(near(similarity::jaro_winkler(x, y), jw) < 1e-9, "jaro_winkler {x:?} {y:?}");
            let whole = |due: usize| row[due].parse::<usize>().unwrap();
            assert_eq!(similarity::levenshtein(x, y), whole(lev), "levenshtein {x:?} {y:?}");
            assert_eq!(similarity::osa(x, y), whole(osa), "osa {x:?} {y:?}");
            assert_eq!(similarity::damerau(x, y), whole(dl), "damerau {x:?} {y:?}");
        }
        n += 1;
    }
    assert_eq!(n, 1329);
}

#[test]
fn blocks_give_as_many_pairs_as_a_database_counts() {
    let model = reference();
    let records = febrl(&model);
    let linked = everything(&model, &records, 0.0);
    let mut reader = csv::Reader::from_path(golden("febrl4_blocking_counts.csv")).unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), linked.blocks.len());
    for (row, block) in rows.iter().zip(&linked.blocks) {
        assert_eq!(block.pairs.to_string(), row[1], "{}", block.name);
    }
    let last = rows.last().unwrap();
    assert_eq!(linked.candidates.to_string(), last[3]);
    let true_pairs =
        linked.links.iter().filter(|l| is_true(records.id(l.a), records.id(l.b))).count();
    assert_eq!(true_pairs.to_string(), last[4]);
}

#[test]
fn every_match_weight_equals_that_of_splink() {
    let model = reference();
    let records = febrl(&model);
    let linked = everything(&model, &records, 0.0);
    let file = File::open(golden("febrl4_splink5_all_scored_pairs.parquet")).unwrap();
    let frame = ParquetReader::new(file).finish().unwrap();
    let text = |name: &str| frame.column(name).unwrap().str().unwrap().clone();
    let (left, right) = (text("rec_id_l"), text("rec_id_r"));
    let weights = frame.column("match_weight").unwrap().f64().unwrap().clone();
    let mut due: BTreeMap<(String, String), f64> = BTreeMap::new();
    for ((l, r), w) in left.iter().zip(right.iter()).zip(weights.iter()) {
        let (l, r) = (l.unwrap().to_owned(), r.unwrap().to_owned());
        // Either side may stand on the left.
        let key = if l.ends_with("org") { (l, r) } else { (r, l) };
        due.insert(key, w.unwrap());
    }
    assert_eq!(due.len(), 31_956);
    assert_eq!(linked.links.len(), 31_956);
    for l in &linked.links {
        let key = (records.id(l.a).to_owned(), records.id(l.b).to_owned());
        assert!(
            (due[&key] - l.weight).abs() < 1e-9,
            "{key:?}: {} instead of {}",
            l.weight,
            due[&key]
        );
    }
}

#[test]
fn links_per_threshold_are_those_of_splink() {
    let model = reference();
    let records = febrl(&model);
    let mut reader = csv::Reader::from_path(golden("febrl4_splink5_threshold_curve.csv")).unwrap();
    for row in reader.records() {
        let row = row.unwrap();
        let linked = everything(&model, &records, row[0].parse().unwrap());
        let right =
            linked.links.iter().filter(|l| is_true(records.id(l.a), records.id(l.b))).count();
        assert_eq!(right.to_string(), row[1], "true links at {}", &row[0]);
        assert_eq!((linked.links.len() - right).to_string(), row[2], "false links at {}", &row[0]);
    }
}

fn f1(linked: &Linked, records: &Records) -> (f64, f64, f64) {
    let right = linked.links.iter().filter(|l| is_true(records.id(l.a), records.id(l.b))).count();
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let share = |n: usize| right as f64 / n as f64;
    let (precision, recall) = (share(linked.links.len()), share(5000));
    (precision, recall, 2.0 * precision * recall / (precision + recall))
}

/// Splink's own figures: F1 0.9979 at p >= 0.9, 0.9995 at the best threshold.
#[test]
fn the_shipped_model_trained_without_labels_is_no_worse_than_splink_on_febrl() {
    let text = tepat::data::text("linkage/febrl.toml").unwrap();
    let model = Model::parse("febrl.toml", &text).unwrap();
    assert!(!model.is_trained());
    let records = febrl(&model);
    for seed in [1, 7, 1_000_003] {
        let mut model = model.clone();
        model.training.seed = seed;
        let linked = everything(&model, &records, model.link_at);
        let (precision, recall, f1) = f1(&linked, &records);
        assert!(precision >= 1.0, "precision {precision}");
        assert!(recall >= 0.9998, "recall {recall}: all that the blocks give");
        assert!(f1 >= 0.9995, "F1 {f1}");
    }
}

/// The same comparisons as the reference, every parameter our own.
#[test]
fn parameters_found_without_labels_lead_to_the_reference_s_links() {
    let model = reference().untrained();
    let records = febrl(&model);
    let (_, _, at_best) = f1(&everything(&model, &records, 0.2), &records);
    assert!(at_best >= 0.99949, "F1 {at_best} at 0.2");
    let linked = everything(&model, &records, 0.9);
    let (precision, recall, _) = f1(&linked, &records);
    assert!(precision >= 1.0 && recall >= 0.995, "{precision} {recall}");
    // 5,000 matches among 25 million pairs.
    assert!((linked.parameters.lambda / 2.0e-4 - 1.0).abs() < 0.01, "{}", linked.parameters.lambda);
}

#[test]
fn one_to_one_gives_each_record_once_and_shuffled_files_give_the_same_links() {
    let text = tepat::data::text("linkage/febrl.toml").unwrap();
    let model = Model::parse("febrl.toml", &text).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let shuffled = |name: &str| {
        let text = std::fs::read_to_string(golden(name)).unwrap();
        let (head, body) = text.split_once('\n').unwrap();
        let mut rows: Vec<&str> = body.lines().collect();
        // A fixed shuffle: by the row's characters from behind.
        rows.sort_by_key(|row| row.bytes().rev().map(|b| b.wrapping_mul(37)).collect::<Vec<u8>>());
        let path = folder.path().join(name);
        std::fs::write(&path, format!("{head}\n{}\n", rows.join("\n"))).unwrap();
        path
    };
    let (a, b) = (shuffled("febrl4a_clean.csv"), shuffled("febrl4b_clean.csv"));
    let results: Vec<Vec<(String, String, u64)>> =
        [febrl(&model), read_records(&model, &a, Some(&b), 1).unwrap()]
            .iter()
            .enumerate()
            .map(|(i, records)| {
                let options =
                    LinkOptions { threads: i + 1, threshold: Some(0.01), best: Best::OneToOne };
                let linked = link(&model, records, options).unwrap();
                let ids: HashSet<&str> = linked.links.iter().map(|l| records.id(l.b)).collect();
                assert_eq!(ids.len(), linked.links.len(), "a record of B stands twice");
                let bits = |w: f64| w.to_bits();
                linked
                    .links
                    .iter()
                    .map(|l| {
                        (records.id(l.a).to_owned(), records.id(l.b).to_owned(), bits(l.weight))
                    })
                    .collect()
            })
            .collect();
    assert!(results[0].len() > 4990);
    assert_eq!(results[0], results[1]);
}
