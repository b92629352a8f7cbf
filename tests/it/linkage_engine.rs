//! The engine of linkage: conditions, parameters drawn and found again, clusters, and what hostile
//! input gets.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use tepat::linkage::{
    Best, Comparer, Evidence, Expression, LinkError, LinkOptions, Model, Pass, Pattern,
    PatternCounts, Stratum, TrainError, cluster, estimate, link, read_records, similarity,
};

/// Three comparisons of 3, 3 and 2 levels, each on a column of its own, with a block on a fourth.
const SIMULATED: &str = r#"
title = "simulated"
id = "row"
[[column]]
name = "a"
[[column]]
name = "b"
[[column]]
name = "c"
[[column]]
name = "block"
[[block]]
name = "block"
on = ["block"]
[[comparison]]
name = "a"
[[comparison.level]]
label = "equal"
when = "exact(a)"
[[comparison.level]]
label = "near"
when = "levenshtein(a) <= 1"
[[comparison.level]]
label = "different"
[[comparison]]
name = "b"
[[comparison.level]]
label = "equal"
when = "exact(b)"
[[comparison.level]]
label = "near"
when = "levenshtein(b) <= 1"
[[comparison.level]]
label = "different"
[[comparison]]
name = "c"
[[comparison.level]]
label = "equal"
when = "exact(c)"
[[comparison.level]]
label = "different"
"#;

#[test]
fn parameters_that_data_were_drawn_from_are_found_again() {
    let model = Model::parse("simulated", SIMULATED).unwrap();
    let m = [vec![0.80, 0.15, 0.05], vec![0.70, 0.20, 0.10], vec![0.95, 0.05]];
    let u = [vec![0.01, 0.04, 0.95], vec![0.02, 0.08, 0.90], vec![0.30, 0.70]];
    let (n, share) = (400_000_u32, 0.3);
    let mut dice = rand_chacha::ChaCha8Rng::seed_from_u64(5);
    let mut draw = |of: &[Vec<f64>]| {
        let levels: Vec<usize> = of
            .iter()
            .map(|p| {
                let mut x: f64 = dice.random();
                p.iter()
                    .position(|p| {
                        x -= p;
                        x < 0.0
                    })
                    .unwrap_or(p.len() - 1)
            })
            .collect();
        Pattern::of(&levels)
    };
    let mut pairs = PatternCounts::new();
    let mut sample = PatternCounts::new();
    let matches = (f64::from(n) * share).round();
    for i in 0..n {
        let of = if f64::from(i) < matches { &m } else { &u };
        *pairs.entry(draw(of)).or_default() += 1;
        *sample.entry(draw(&u)).or_default() += 1;
    }
    let evidence = Evidence {
        passes: vec![Pass { patterns: pairs.clone(), on: vec![3] }],
        candidates: pairs,
        sample: vec![Stratum { weight: 1.0, patterns: sample, on: Vec::new() }],
        all_pairs: f64::from(n),
        exact: std::collections::BTreeMap::new(),
    };
    let found = estimate(&model, &evidence).unwrap();
    // Six standard errors: binomial ones for u; those of m are wider, because who is a match is
    // not known for sure (a factor of two covers it at this separation).
    let error = |p: f64, n: f64| 6.0 * (p * (1.0 - p) / n).sqrt();
    for c in 0..3 {
        for l in 0..m[c].len() {
            let (dm, du) = ((found.m[c][l] - m[c][l]).abs(), (found.u[c][l] - u[c][l]).abs());
            assert!(
                dm < 2.0 * error(m[c][l], matches),
                "m[{c}][{l}] {} of {}",
                found.m[c][l],
                m[c][l]
            );
            assert!(
                du < error(u[c][l], f64::from(n)),
                "u[{c}][{l}] {} of {}",
                found.u[c][l],
                u[c][l]
            );
        }
    }
    assert!((found.lambda - share).abs() < 2.0 * error(share, f64::from(n)), "{}", found.lambda);
}

#[test]
fn given_parameters_stand_and_open_ones_are_estimated() {
    let text = SIMULATED.replacen("when = \"exact(a)\"", "when = \"exact(a)\"\nm = 0.5", 1);
    let model = Model::parse("given", &text).unwrap();
    let evidence = Evidence {
        passes: vec![Pass {
            patterns: PatternCounts::from([
                (Pattern::of(&[0, 0, 0]), 90),
                (Pattern::of(&[2, 2, 1]), 10),
            ]),
            on: vec![3],
        }],
        candidates: PatternCounts::from([
            (Pattern::of(&[0, 0, 0]), 90),
            (Pattern::of(&[2, 2, 1]), 10),
        ]),
        sample: vec![Stratum {
            weight: 1.0,
            patterns: PatternCounts::from([(Pattern::of(&[2, 2, 1]), 1000)]),
            on: Vec::new(),
        }],
        all_pairs: 10_000.0,
        exact: std::collections::BTreeMap::new(),
    };
    let found = estimate(&model, &evidence).unwrap();
    assert!((found.m[0][0] - 0.5).abs() < 1e-12);
    assert!(found.m[1][0] > 0.9);
    let none = estimate(&model, &Evidence::default());
    assert_eq!(none, Err(TrainError::NoPairs));
}

#[test]
fn conditions_say_where_they_are_wrong() {
    for (text, at, word) in [
        ("exact(nik", 10, "')'"),
        ("exakt(nik)", 1, "exakt"),
        ("jaro_winkler(name)", 19, "limit"),
        ("exact(name) >= 1", 13, "no limit"),
        ("exact(a) exact(b)", 10, "'and' or 'or'"),
        ("prefix(nik)", 1, "length"),
        ("damerau(nik) <= x", 17, "number"),
        ("", 1, "function"),
        ("exact(nik) ; drop", 12, "';'"),
    ] {
        let error = Expression::parse(text).unwrap_err();
        assert!(error.problem.contains(word), "{text}: {error}");
        assert_eq!(error.at, at, "{text}: {error}");
    }
    let deep = format!("{}exact(a){}", "(".repeat(500), ")".repeat(500));
    assert!(Expression::parse(&deep).unwrap_err().problem.contains("deep"));
}

fn condition() -> impl Strategy<Value = String> {
    let measure = prop_oneof![
        "[a-z]{1,5}".prop_map(|c| format!("exact({c})")),
        "[a-z]{1,5}".prop_map(|c| format!("missing({c})")),
        ("[a-z]{1,5}", 1_usize..20).prop_map(|(c, n)| format!("prefix({c}, {n})")),
        ("[a-z]{1,5}", 0_u32..100)
            .prop_map(|(c, n)| format!("jaro_winkler({c}) >= {}", f64::from(n) / 100.0)),
        ("[a-z]{1,5}", 0_usize..9).prop_map(|(c, n)| format!("damerau({c}) <= {n}")),
        ("[a-z]{1,5}", "[a-z]{1,5}", 0_usize..9)
            .prop_map(|(a, b, n)| format!("km({a}, {b}) <= {n}")),
    ];
    measure.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 2..4)
                .prop_map(|p| format!("({})", p.join(" and "))),
            proptest::collection::vec(inner.clone(), 2..4)
                .prop_map(|p| format!("({})", p.join(" or "))),
            inner.prop_map(|p| format!("not {p}")),
        ]
    })
}

proptest! {
    #[test]
    fn a_condition_written_out_reads_back_as_itself(text in condition()) {
        // Depth beyond the limit is refused, which is an answer too.
        if let Ok(parsed) = Expression::parse(&text) {
            prop_assert_eq!(Expression::parse(&parsed.to_string()), Ok(parsed));
        }
    }

    #[test]
    fn no_condition_makes_the_parser_panic(text in "\\PC{0,60}") {
        let _ = Expression::parse(&text);
    }

    #[test]
    fn similarities_agree_with_the_library_on_any_text(
        (a, b) in prop_oneof![
            ("[A-D ]{0,20}", "[A-D ]{0,20}"),
            ("[0-3]{0,18}", "[0-3]{0,18}"),
            ("\\PC{0,80}", "\\PC{0,80}"),
        ],
    ) {
        prop_assert!((similarity::jaro(&a, &b) - strsim::jaro(&a, &b)).abs() < 1e-12);
        prop_assert_eq!(similarity::damerau(&a, &b), strsim::damerau_levenshtein(&a, &b));
        prop_assert_eq!(similarity::damerau(&a, &b), similarity::damerau(&b, &a));
        prop_assert!(similarity::damerau(&a, &b) <= similarity::osa(&a, &b));
        prop_assert!(similarity::osa(&a, &b) <= similarity::levenshtein(&a, &b));
    }
}

const PERSONS: &str = r#"
title = "persons"
id = "id"
lambda = 0.001
[[column]]
name = "nik"
clean = "nik"
[[column]]
name = "name"
clean = "name"
[[block]]
name = "NIK"
on = ["nik"]
[[block]]
name = "name"
on = ["name"]
[[comparison]]
name = "NIK"
[[comparison.level]]
label = "unknown"
when = "missing(nik)"
neutral = true
[[comparison.level]]
label = "equal"
when = "exact(nik)"
m = 0.95
u = 0.000001
[[comparison.level]]
label = "different"
m = 0.05
u = 0.999999
[[comparison]]
name = "name"
[[comparison.level]]
label = "unknown"
when = "missing(name)"
neutral = true
[[comparison.level]]
label = "equal"
when = "exact(name)"
m = 0.9
u = 0.0000001
[[comparison.level]]
label = "different"
m = 0.1
u = 0.9999999
[clusters]
refuse = ["present(nik) and not exact(nik)"]
"#;

fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

const ALL: LinkOptions = LinkOptions { threads: 2, threshold: None, best: Best::All };

#[test]
fn two_people_whom_a_third_record_would_join_stay_two() {
    let folder = tempfile::tempdir().unwrap();
    // The row without NIK has the name of both: it joins the first by id, and the two NIK stay apart.
    let rows = "id,nik,name\na,3602014101900001,SITI AMINAH\nb,3602014101900002,SITI AMINAH\nc,,SITI AMINAH\n";
    let path = write(folder.path(), "a.csv", rows);
    let model = Model::parse("persons", PERSONS).unwrap();
    let records = read_records(&model, &path, None, 1).unwrap();
    let linked = link(&model, &records, ALL).unwrap();
    let comparer = Comparer::new(&linked.model, &records);
    let clusters = cluster(&records, &comparer, &linked.links);
    let names: Vec<&str> = clusters.of.iter().map(|row| records.id(*row)).collect();
    assert_eq!(names, ["a", "b", "a"]);
    // The link of a with b, and that of b with c once a and c are one.
    assert_eq!(clusters.refused, 2);
}

#[test]
fn a_block_that_would_explode_is_refused_with_its_count_and_names_no_value() {
    let folder = tempfile::tempdir().unwrap();
    let rows: String = (0..20_000).map(|i| format!("{i},,BUDI SANTOSO\n")).collect();
    let path = write(folder.path(), "a.csv", &format!("id,nik,name\n{rows}"));
    let model = Model::parse("persons", PERSONS).unwrap();
    let records = read_records(&model, &path, Some(&path), 2).unwrap();
    let error = link(&model, &records, ALL).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, LinkError::Block(_)), "{text}");
    assert!(text.contains("400000000") && text.contains("'name'"), "{text}");
    assert!(!text.contains("BUDI"), "{text}");
}

#[test]
fn a_placeholder_nik_joins_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let rows = |side: char| -> String {
        (0..30_000)
            .map(|i| format!("{side}{i},0000000000000000,NAMA {side}{}\n", letters(i)))
            .collect()
    };
    let head = "id,nik,name\n";
    let a = write(folder.path(), "a.csv", &format!("{head}{}", rows('A')));
    let b = write(folder.path(), "b.csv", &format!("{head}{}", rows('B')));
    let model = Model::parse("persons", PERSONS).unwrap();
    let linked = link(&model, &read_records(&model, &a, Some(&b), 2).unwrap(), ALL).unwrap();
    assert_eq!((linked.candidates, linked.links.len()), (0, 0));
    let untrained = model.untrained();
    let records = read_records(&untrained, &a, Some(&b), 2).unwrap();
    let error = link(&untrained, &records, ALL).unwrap_err();
    assert_eq!(error, LinkError::Train(TrainError::NoPairs));
}

fn letters(mut i: u32) -> String {
    let mut out = String::new();
    for _ in 0..4 {
        out.push(char::from(b'A' + u8::try_from(i % 26).unwrap()));
        i /= 26;
    }
    out
}

#[test]
fn a_column_that_is_empty_throughout_says_nothing_and_breaks_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let rows: String = (0..500).map(|i| format!("{i},,WARGA {}\n", letters(i))).collect();
    let path = write(folder.path(), "a.csv", &format!("id,nik,name\n{rows}"));
    let model = Model::parse("persons", PERSONS).unwrap();
    let linked = link(&model, &read_records(&model, &path, Some(&path), 2).unwrap(), ALL).unwrap();
    assert_eq!(linked.links.len(), 500);
    assert_eq!(linked.blocks[0].pairs, 0);
    // With every parameter open an equal name, which is all there is, proves nothing.
    let open = model.untrained();
    let linked = link(&open, &read_records(&open, &path, Some(&path), 2).unwrap(), ALL).unwrap();
    assert_eq!(linked.links, []);
}

#[test]
fn bad_files_are_refused_by_name_row_and_column_without_their_values() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::parse("persons", PERSONS).unwrap();
    for (name, text, words) in [
        (
            "twice.csv",
            "id,nik,name\n7,,A\n8,,B\n7,,C\n",
            vec!["twice.csv", "row 3", "row 1", "'id'"],
        ),
        ("noid.csv", "id,nik,name\n1,,A\n,,SITI\n", vec!["noid.csv", "row 2", "'id'"]),
        ("nocolumn.csv", "id,nik\n1,\n", vec!["nocolumn.csv", "'name'", "others"]),
        ("ragged.csv", "id,nik,name\n1,,SITI,X\n2,,B\n", vec!["ragged.csv", "row 1", "4 columns"]),
        ("cut.csv", "id,nik,name\n1,,A\n2,", vec!["cut.csv", "row 2", "cut off"]),
        ("two.csv", "id,nik,name,nik\n1,,A,\n", vec!["two.csv", "'nik'", "twice"]),
        ("latin.csv", "id,nik,name\n1,,Jos\u{e9}\n", vec![]),
        ("empty.csv", "", vec!["empty.csv", "empty"]),
    ] {
        let path = write(folder.path(), name, text);
        if name == "latin.csv" {
            std::fs::write(&path, b"id,nik,name\n1,,Jos\xe9\n").unwrap();
        }
        let error = read_records(&model, &path, None, 1).unwrap_err().to_string();
        for word in words {
            assert!(error.contains(word), "{name}: {error}");
        }
        assert!(!error.contains("SITI") && !error.contains("Jos"), "{name}: {error}");
    }
}

#[test]
fn a_wrong_model_says_where() {
    for (from, to, words) in [
        ("on = [\"name\"]", "on = [\"nama\"]", vec!["block 'name'", "'nama'"]),
        ("when = \"exact(name)\"", "when = \"exact(nama)\"", vec!["comparison 'name'", "'nama'"]),
        ("m = 0.9\n", "m = 1.9\n", vec!["level 'equal'", "probabilities"]),
        ("lambda = 0.001", "lambda = 1.5", vec!["lambda"]),
        ("clean = \"nik\"", "clean = \"nic\"", vec!["nic"]),
        ("title = \"persons\"", "titel = \"persons\"", vec!["titel"]),
        ("refuse = [\"present", "refuse = [\"presentt", vec!["clusters", "presentt"]),
    ] {
        assert!(PERSONS.contains(from), "{from}");
        let error = Model::parse("m.toml", &PERSONS.replacen(from, to, 1)).unwrap_err().to_string();
        for word in words.into_iter().chain(["m.toml"]) {
            assert!(error.contains(word), "{to}: {error}");
        }
    }
}

#[test]
fn a_model_written_out_is_the_same_model() {
    for name in ["febrl", "linkgen", "registries"] {
        let text = tepat::data::text(&format!("linkage/{name}.toml")).unwrap();
        let model = Model::parse(name, &text).unwrap();
        let again = Model::parse(name, &model.to_toml().unwrap()).unwrap();
        assert_eq!(model, again);
        assert_eq!(model.version().unwrap(), again.version().unwrap());
    }
}

#[test]
fn the_best_of_several_stands_and_ties_go_to_the_lower_id() {
    let folder = tempfile::tempdir().unwrap();
    let a = write(
        folder.path(),
        "a.csv",
        "id,nik,name\nz,,SITI AMINAH\ny,,SITI AMINAH\nx,3602014101900001,SITI AMINAH\n",
    );
    let b = write(
        folder.path(),
        "b.csv",
        "id,nik,name\n1,3602014101900001,SITI AMINAH\n2,,SITI AMINAH\n",
    );
    let model = Model::parse("persons", PERSONS).unwrap();
    let records = read_records(&model, &a, Some(&b), 1).unwrap();
    for (best, due) in [
        (Best::All, vec!["x1", "x2", "y1", "y2", "z1", "z2"]),
        (Best::PerB, vec!["x1", "x2"]),
        (Best::PerA, vec!["x1", "y1", "z1"]),
        (Best::OneToOne, vec!["x1", "y2"]),
    ] {
        let linked = link(&model, &records, LinkOptions { best, ..ALL }).unwrap();
        let found: Vec<String> = linked
            .links
            .iter()
            .map(|l| format!("{}{}", records.id(l.a), records.id(l.b)))
            .collect();
        assert_eq!(found, due, "{best:?}");
    }
}
