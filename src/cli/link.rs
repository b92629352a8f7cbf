//! `tepat link`: two files, or one against itself, to links with weights.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::fault::Fault;
use super::say;
use crate::fresh::{self, Access};
use crate::labels::{decimal, integer};
use crate::linkage::{
    Best, Clusters, Comparer, LinkOptions, Linked, Model, Records, Scorer, check_output, cluster,
    explain, link, read_records, write_clusters, write_links,
};

#[derive(Debug, Args)]
pub(super) struct Link {
    /// First file (CSV or Parquet)
    #[arg(value_name = "A")]
    a: PathBuf,
    /// Second file; without it, A is linked with itself
    #[arg(value_name = "B")]
    b: Option<PathBuf>,
    /// Model file (TOML): columns, blocks, comparisons; parameters that it leaves open are
    /// estimated without labels
    #[arg(long, value_name = "MODEL")]
    model: PathBuf,
    /// File to write the links to (.csv or .parquet); must not exist
    #[arg(long, value_name = "LINKS")]
    out: Option<PathBuf>,
    /// Match probability from which a pair is written [default: link_at of the model]
    #[arg(long, value_name = "P")]
    threshold: Option<f64>,
    /// Keep only the best link of each record of this side; `both` keeps each record once
    #[arg(long, value_name = "SIDE")]
    best_per: Option<Side>,
    /// Estimate again what the model gives
    #[arg(long)]
    train: bool,
    /// Write the model with its parameters here
    #[arg(long, value_name = "FILE")]
    save_model: Option<PathBuf>,
    /// Write every record with its cluster here (.csv or .parquet)
    #[arg(long, value_name = "FILE")]
    clusters: Option<PathBuf>,
    /// Explain the weight of one pair, by its ids
    #[arg(long, num_args = 2, value_names = ["ID_A", "ID_B"])]
    explain: Option<Vec<String>>,
    /// Form of the explanation
    #[arg(long, default_value = "text")]
    explain_as: Form,
    /// Threads [default: one a processor]
    #[arg(long)]
    threads: Option<usize>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Side {
    A,
    B,
    Both,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Form {
    Text,
    Json,
    Svg,
}

impl Link {
    pub(super) fn run(self) -> Result<(), Fault> {
        if self.out.is_none()
            && self.explain.is_none()
            && self.save_model.is_none()
            && self.clusters.is_none()
        {
            return Err(Fault::Usage(
                "say what to write: --out, --clusters, --save-model or --explain".to_owned(),
            ));
        }
        if let Some(p) = self.threshold.filter(|p| !(0.0..=1.0).contains(p)) {
            return Err(Fault::Usage(format!("--threshold is a probability, 0 to 1, not {p}")));
        }
        self.check_outputs()?;
        let model = self.read_model()?;
        let records = read_records(&model, &self.a, self.b.as_deref(), self.options().threads)?;
        if records.n_a() == 0 || records.n_b() == 0 {
            return Err(Fault::Input(
                "one of the files has a header and no row: nothing to link".to_owned(),
            ));
        }
        let linked = link(&model, &records, self.options())?;
        self.write(&linked, &records)
    }

    /// Everything that would fail after the work is looked at before it.
    fn check_outputs(&self) -> Result<(), Fault> {
        for path in [&self.out, &self.clusters].into_iter().flatten() {
            check_output(path)?;
        }
        if let Some(path) = &self.save_model {
            fresh::check(path)?;
        }
        let paths: Vec<&PathBuf> =
            [&self.out, &self.clusters, &self.save_model].into_iter().flatten().collect();
        let twice = (1..paths.len()).find(|i| paths[..*i].contains(&paths[*i]));
        if let Some(i) = twice {
            let path = paths[i].display();
            return Err(Fault::Usage(format!("{path} is named for two outputs: name two files")));
        }
        if self.b.is_none() && matches!(self.best_per, Some(Side::A | Side::B)) {
            return Err(Fault::Usage(
                "--best-per a and b need two files; of one file with itself --best-per both keeps each record once".to_owned(),
            ));
        }
        Ok(())
    }

    fn read_model(&self) -> Result<Model, Fault> {
        let shown = self.model.display().to_string();
        let text = std::fs::read_to_string(&self.model)
            .map_err(|e| Fault::Input(format!("model {shown}: {e}")))?;
        let model = Model::parse(&shown, &text)?;
        Ok(if self.train { model.untrained() } else { model })
    }

    fn options(&self) -> LinkOptions {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        LinkOptions {
            threads: self.threads.unwrap_or(threads).clamp(1, 256),
            threshold: self.threshold,
            best: match self.best_per {
                None => Best::All,
                Some(Side::A) => Best::PerA,
                Some(Side::B) => Best::PerB,
                Some(Side::Both) => Best::OneToOne,
            },
        }
    }

    fn write(&self, linked: &Linked, records: &Records) -> Result<(), Fault> {
        if let Some(out) = &self.out {
            write_links(out, linked, records)?;
        }
        let clusters = match &self.clusters {
            None => None,
            Some(path) => {
                let comparer = Comparer::new(&linked.model, records);
                let clusters = cluster(records, &comparer, &linked.links);
                write_clusters(path, &clusters, records)?;
                Some(clusters)
            }
        };
        if let Some(path) = &self.save_model {
            fresh::write(path, linked.model.to_toml()?.as_bytes(), Access::Usual)?;
        }
        if let Some(ids) = &self.explain {
            return self.explain(linked, records, ids);
        }
        if self.json {
            say(&serde_json::to_string_pretty(&json(linked, records, clusters.as_ref())?)
                .map_err(|e| Fault::Internal(e.to_string()))?);
        } else {
            say(&in_words(linked, records, clusters.as_ref(), self.out.as_deref()));
        }
        Ok(())
    }

    fn explain(&self, linked: &Linked, records: &Records, ids: &[String]) -> Result<(), Fault> {
        let find = |rows: std::ops::Range<u32>, id: Option<&String>, side: &str| {
            let id = id.map_or("", String::as_str);
            rows.clone().find(|row| records.id(*row) == id).ok_or_else(|| {
                Fault::Input(format!("--explain: file {side} has no record of that id"))
            })
        };
        let a = find(0..records.n_a(), ids.first(), "A")?;
        let b = find(records.side_b(), ids.get(1), if records.dedupe { "A" } else { "B" })?;
        let comparer = Comparer::new(&linked.model, records);
        // Of one file the lower id goes first, as in the links.
        let (a, b) =
            if records.dedupe && records.rank(a) > records.rank(b) { (b, a) } else { (a, b) };
        let Some(pattern) = comparer.pattern(a, b, &mut comparer.scratch()) else {
            let rule = comparer.refused_by(a, b, &mut comparer.scratch());
            let rule = rule.and_then(|at| linked.model.rules.get(at));
            return self.explain_refused(rule.map_or("", |rule| rule.name.as_str()));
        };
        let scorer = Scorer::new(&linked.model, &linked.parameters, records);
        let waterfall = explain(&linked.model, &scorer, a, b, pattern);
        match self.explain_as {
            Form::Text => say(&waterfall.text()),
            Form::Svg => say(waterfall.svg().trim_end()),
            Form::Json => say(&serde_json::to_string_pretty(&waterfall)
                .map_err(|e| Fault::Internal(e.to_string()))?),
        }
        Ok(())
    }
}

impl Link {
    fn explain_refused(&self, rule: &str) -> Result<(), Fault> {
        match self.explain_as {
            Form::Text => {
                say(&format!("Pasangan ini ditolak oleh aturan \"{rule}\": tidak dinilai."))
            }
            Form::Json => say(&serde_json::json!({ "refused_by": rule }).to_string()),
            Form::Svg => {
                return Err(Fault::Input(format!(
                    "--explain-as svg: rule '{rule}' of the model refuses this pair, so that it has no weights to draw"
                )));
            }
        }
        Ok(())
    }
}

fn json(
    linked: &Linked,
    records: &Records,
    clusters: Option<&Clusters>,
) -> Result<serde_json::Value, Fault> {
    let blocks: Vec<_> = linked
        .blocks
        .iter()
        .map(|b| serde_json::json!({ "name": b.name, "pairs": b.pairs, "largest": b.largest }))
        .collect();
    Ok(serde_json::json!({
        "records_a": records.n_a(),
        "records_b": if records.dedupe { 0 } else { records.n_b() },
        "blocks": blocks,
        "candidates": linked.candidates,
        "refused": linked.refused,
        "links": linked.links.len(),
        "lambda": linked.parameters.lambda,
        "trained": linked.model.trained,
        "model_sha256": linked.model.version()?,
        "clusters_refused": clusters.map(|c| c.refused),
    }))
}

fn in_words(
    linked: &Linked,
    records: &Records,
    clusters: Option<&Clusters>,
    out: Option<&Path>,
) -> String {
    let mut lines = vec![if records.dedupe {
        format!("{} baris dipadankan dengan dirinya", integer(u64::from(records.n_a())))
    } else {
        let (a, b) = (integer(u64::from(records.n_a())), integer(u64::from(records.n_b())));
        format!("A {a} baris, B {b} baris")
    }];
    lines.extend(linked.blocks.iter().map(|b| {
        format!("  blok {}: {} pasang, terbesar {}", b.name, integer(b.pairs), integer(b.largest))
    }));
    lines.push(format!("Pasangan calon (tanpa ulangan): {}", integer(linked.candidates)));
    if linked.refused > 0 {
        lines.push(format!("  ditolak oleh aturan: {}", integer(linked.refused)));
    }
    lines.push(match &linked.model.trained {
        Some(trained) => {
            format!("Parameter: {trained}; lambda {}", scientific(linked.parameters.lambda))
        }
        None => format!("Parameter: dari model; lambda {}", scientific(linked.parameters.lambda)),
    });
    let file = out.map_or_else(String::new, |o| format!(" di {}", o.display()));
    lines.push(format!("Padanan: {}{file}", integer(linked.links.len() as u64)));
    if let Some(clusters) = clusters {
        lines.push(format!(
            "Padanan yang ditolak karena bertentangan di dalam kelompok: {}",
            integer(clusters.refused)
        ));
        if clusters.full > 0 {
            lines.push(format!(
                "Padanan yang tidak diikuti karena kelompok penuh: {}",
                integer(clusters.full)
            ));
        }
    }
    lines.join("\n")
}

/// `7,03 × 10^-7`
fn scientific(value: f64) -> String {
    let text = format!("{value:.2e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    format!("{} × 10^{exponent}", decimal(digits.parse().unwrap_or(value), 2))
}
