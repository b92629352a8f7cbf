//! `tepat link` as a user runs it: files in, links out, explanations, refusals.

use std::path::{Path, PathBuf};

use crate::command::{fresh_folder, tepat};

const HEAD: &str = "rec_id,nik,name,sex,dob,village";

/// Two small registers with people in common; invented.
fn registers(folder: &Path) -> (PathBuf, PathBuf) {
    let names = ["SITI AMINAH", "BUDI SANTOSO", "WAYAN SUDIRA", "MUHAMMAD YUSUF", "DEWI LESTARI"];
    let (mut a, mut b) = (format!("{HEAD}\n"), format!("{HEAD}\n"));
    for i in 0..400_u32 {
        let (day, month, year) = (1 + i % 28, 1 + i / 28 % 12, 1950 + i % 60);
        let nik = format!("360201{day:02}{month:02}{:02}{:04}", year % 100, 1 + i % 9000);
        let name = format!("{} {}", names[i as usize % 5], letters(i));
        let sex = if i % 2 == 0 { "L" } else { "P" };
        let village = 3_602_012_001_u64 + u64::from(i % 40);
        a.push_str(&format!("A{i},{nik},{name},{sex},{year}-{month:02}-{day:02},{village}\n"));
        // Every third has no NIK in B, every fifth a misspelt name.
        let nik = if i % 3 == 0 { String::new() } else { nik };
        let name = if i % 5 == 0 { name.replacen('I', "IE", 1) } else { name };
        b.push_str(&format!("B{i},{nik},{name},{sex},{year}-{month:02}-{day:02},{village}\n"));
    }
    let (pa, pb) = (folder.join("a.csv"), folder.join("b.csv"));
    std::fs::write(&pa, a).unwrap();
    std::fs::write(&pb, b).unwrap();
    (pa, pb)
}

fn letters(mut i: u32) -> String {
    let mut out = String::new();
    for _ in 0..4 {
        out.push(char::from(b'A' + u8::try_from(i % 26).unwrap()));
        i /= 5;
    }
    out
}

fn model() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/linkage/linkgen.toml").display().to_string()
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

#[test]
fn two_registers_are_linked_and_every_link_is_right() {
    let folder = fresh_folder("link-two");
    let (a, b) = registers(&folder);
    let (csv, parquet) = (folder.join("links.csv"), folder.join("links.parquet"));
    let saved = folder.join("trained.toml");
    let answer = tepat([
        "link",
        &text(&a),
        &text(&b),
        "--model",
        &model(),
        "--out",
        &text(&csv),
        "--best-per",
        "b",
        "--save-model",
        &text(&saved),
    ]);
    assert_eq!(answer.is_decent().code, Some(0), "{answer:?}");
    assert!(answer.out.contains("A 400 baris, B 400 baris"), "{}", answer.out);
    let found = std::fs::read_to_string(&csv).unwrap();
    let mut lines = found.lines();
    assert_eq!(lines.next(), Some("id_a,id_b,match_weight,match_probability,how"));
    let links: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    assert!(links.iter().all(|l| l[0][1..] == l[1][1..] && l[4] == "score"), "{found}");
    assert!(links.len() > 390, "{}", links.len());
    // The trained model gives the same links without training, and Parquet holds what CSV holds.
    let answer = tepat([
        "link",
        &text(&a),
        &text(&b),
        "--model",
        &text(&saved),
        "--out",
        &text(&parquet),
        "--best-per",
        "b",
        "--json",
    ]);
    assert_eq!(answer.is_decent().code, Some(0), "{answer:?}");
    assert_eq!(answer.json()["links"], links.len());
    assert_eq!(answer.json()["records_a"], 400);
    assert!(std::fs::metadata(&parquet).unwrap().len() > 1000);
}

#[test]
fn nothing_is_overwritten_and_wrong_usage_is_told_before_the_work() {
    let folder = fresh_folder("link-refuse");
    let (a, b) = registers(&folder);
    let out = folder.join("links.csv");
    std::fs::write(&out, "mine").unwrap();
    let run = |arguments: &[&str]| {
        let (a, b, model) = (text(&a), text(&b), model());
        let mut all = vec!["link", &a, &b, "--model", &model];
        all.extend(arguments);
        tepat(all)
    };
    let answer = run(&["--out", &text(&out)]);
    assert_eq!(answer.is_decent().code, Some(5), "{answer:?}");
    assert!(answer.err.contains("links.csv") && answer.err.contains("not overwritten"));
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "mine");
    for (arguments, code, word) in [
        (vec![], 2, "--out"),
        (vec!["--out", "links.xls"], 2, ".parquet"),
        (vec!["--out", "x.csv", "--threshold", "1.5"], 2, "probability"),
        (vec!["--explain", "A1", "B999"], 3, "file B has no record"),
    ] {
        let answer = run(&arguments);
        assert_eq!(answer.is_decent().code, Some(code), "{arguments:?} {answer:?}");
        assert!(answer.err.contains(word), "{arguments:?} {answer:?}");
    }
    let lost = text(&folder.join("nowhere.toml"));
    let answer = tepat(["link", &text(&a), "--model", &lost, "--out", "x.csv"]);
    assert_eq!(answer.is_decent().code, Some(3), "{answer:?}");
}

#[test]
fn a_link_is_explained_as_text_json_and_drawing_without_a_value() {
    let folder = fresh_folder("link-explain");
    let (a, b) = registers(&folder);
    let explain = |form: &str| {
        let answer = tepat([
            "link",
            &text(&a),
            &text(&b),
            "--model",
            &model(),
            "--explain",
            "A10",
            "B10",
            "--explain-as",
            form,
        ]);
        assert_eq!(answer.code, Some(0), "{answer:?}");
        assert!(!answer.out.contains("SITI") && !answer.out.contains("36020"), "{}", answer.out);
        answer
    };
    let words = explain("text").out;
    assert!(words.contains("prior") && words.contains("match weight"), "{words}");
    let json = explain("json").json();
    let steps = json["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 4);
    // The weight is the prior and every step's bits together, and it is where the last step ends.
    let bits: f64 = steps
        .iter()
        .map(|s| s["bits"].as_f64().unwrap() + s["frequency_bits"].as_f64().unwrap())
        .sum();
    let weight = json["match_weight"].as_f64().unwrap();
    assert!((json["prior_bits"].as_f64().unwrap() + bits - weight).abs() < 1e-9);
    assert!((steps[3]["weight"].as_f64().unwrap() - weight).abs() < 1e-9);
    let svg = explain("svg").out;
    assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
    assert_eq!(
        svg.matches("<rect").count(),
        2 + steps.iter().filter(|s| s["frequency_bits"] != 0.0).count() + 4
    );
}

#[test]
fn one_file_against_itself_gives_clusters_of_its_duplicates() {
    let folder = fresh_folder("link-self");
    let (a, b) = registers(&folder);
    let both = folder.join("both.csv");
    let b = std::fs::read_to_string(b).unwrap();
    let joined = std::fs::read_to_string(a).unwrap() + b.split_once('\n').unwrap().1;
    std::fs::write(&both, joined).unwrap();
    let clusters = folder.join("clusters.csv");
    let answer = tepat(["link", &text(&both), "--model", &model(), "--clusters", &text(&clusters)]);
    assert_eq!(answer.is_decent().code, Some(0), "{answer:?}");
    let rows = std::fs::read_to_string(&clusters).unwrap();
    let pairs = rows.lines().skip(1).filter(|line| {
        let fields: Vec<&str> = line.split(',').collect();
        fields[1].starts_with('B') && fields[2] == format!("a:A{}", &fields[1][1..])
    });
    assert!(pairs.count() > 390, "{rows}");
    assert_eq!(rows.lines().count(), 801);
}
