//! `tepat check`: one delivered file held up to its owner: what is filled, what is wrong and what
//! to do about it.

use std::fmt::Write;
use std::path::PathBuf;

use clap::Args;

use super::fault::Fault;
use super::progress::Terminal;
use super::say;
use crate::clean::check::{
    CheckSettings, FaultCount, QualityReport, RegionFigures, RegionQuality, Words, check,
};
use crate::domain::Registry;
use crate::labels::{self, integer, percent};
use crate::pipeline::builtin_programmes;
use crate::sources::layout::Layout;

#[derive(Debug, Args)]
pub(super) struct Check {
    /// The delivered file (.csv or .parquet)
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Registry whose layout the file has, or a layout of your own (PATH.toml)
    #[arg(long, value_name = "REGISTRY|PATH.toml")]
    layout: String,
    /// Folder to make for the reports and the restricted mend-list
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print the report as JSON instead of words
    #[arg(long)]
    json: bool,
    /// Lines of each list in the printed report
    #[arg(long, default_value_t = 10)]
    top: usize,
    /// End with exit code 4 where there is any fault
    #[arg(long)]
    strict: bool,
}

impl Check {
    pub(super) fn run(self) -> Result<(), Fault> {
        let layout = layout(&self.layout)?;
        let name = self.file.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        // A layout of one file fits whatever the file is called.
        let file = match layout.files.as_slice() {
            [only] => only,
            _ => layout.file_for(name)?,
        };
        let programmes = builtin_programmes()?;
        let settings = CheckSettings {
            path: &self.file,
            layout: &layout,
            file,
            programmes: &programmes,
            words: Words {
                issue: labels::issue,
                advice: labels::advice,
                why: labels::repair,
                suppressed: labels::SUPPRESSED,
                synthetic: labels::SYNTHETIC,
            },
            out: self.out.as_deref(),
        };
        let progress = Terminal::new();
        let report = check(&settings, &progress)?;
        progress.done();
        if self.json {
            let json = serde_json::to_string_pretty(&report)
                .map_err(|e| Fault::Internal(e.to_string()))?;
            say(&json);
        } else {
            say(&in_words(&report, self.top));
            if let Some(out) = &self.out {
                say(&format!(
                    "\nBerkas di {}\n  laporan.json, mutu_per_kolom.csv, mutu_per_wilayah.csv: tanpa data pribadi\n  TERBATAS_perbaikan.csv: berisi data pribadi, hanya untuk pemilik data",
                    out.display()
                ));
            }
        }
        match report.n_faults() {
            faults if self.strict && faults > 0 => Err(Fault::Faults(faults)),
            _ => Ok(()),
        }
    }
}

fn layout(named: &str) -> Result<Layout, Fault> {
    if let Some(registry) = Registry::from_slug(named) {
        return Ok(Layout::builtin(registry)?);
    }
    if !named.ends_with(".toml") {
        let known: Vec<&str> = Registry::ALL.iter().map(|r| r.slug()).collect();
        return Err(Fault::Usage(format!(
            "--layout '{named}': neither a registry ({}) nor a .toml file",
            known.join(", ")
        )));
    }
    let text = std::fs::read_to_string(named).map_err(|source| {
        Fault::Input(format!("{named}: {source}; name a layout file with --layout"))
    })?;
    Ok(Layout::parse(named, &text)?)
}

fn share(part: u64, whole: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "rows stay below 2^53")]
    let rate = part as f64 / whole.max(1) as f64;
    percent(rate, 1)
}

fn in_words(report: &QualityReport, top: usize) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "Mutu {} · {} · {}", report.file, report.title, report.owner);
    if report.synthetic {
        out.push_str("DATA SINTETIS: bukan data penduduk.\n");
    }
    let rows = report.rows;
    let _ = writeln!(
        out,
        "\nBaris: {} dibaca, {} dapat dipakai ({}), {} disisihkan",
        integer(rows),
        integer(report.rows_usable),
        share(report.rows_usable, rows),
        integer(rows - report.rows_usable.min(rows)),
    );
    persons(&mut out, report);
    columns(&mut out, report);
    faults(&mut out, "Baris yang disisihkan", &report.set_aside, top);
    faults(&mut out, "Cacat pada baris yang dapat dipakai", &report.faults, top);
    faults(&mut out, "Catatan (bukan cacat)", &report.notes, top);
    places(&mut out, report, top);
    out.truncate(out.trim_end().len());
    out
}

fn persons(out: &mut String, report: &QualityReport) {
    if let Some(nik) = report.nik {
        let _ = writeln!(
            out,
            "NIK: sah {} ({}), cocok dengan tanggal lahir dan jenis kelamin barisnya {} ({}), berulang {} nomor",
            integer(nik.sound),
            share(nik.sound, report.rows),
            integer(nik.verified),
            share(nik.verified, report.rows),
            integer(nik.repeated),
        );
    }
    if let Some(births) = report.births {
        let _ = writeln!(
            out,
            "Tanggal lahir: {} terbaca; pada tanggal isian bawaan {} (sewajarnya {})",
            integer(births.known),
            share(births.on_default_day, births.known),
            percent(births.expected_share, 1),
        );
    }
}

fn columns(out: &mut String, report: &QualityReport) {
    out.push_str("\nKolom yang dipakai\n");
    for column in &report.columns {
        let _ = writeln!(
            out,
            "  {}: terisi {}, cacat {}",
            column.column,
            percent(column.filled_share, 1),
            integer(column.faults),
        );
    }
}

fn faults(out: &mut String, title: &str, counts: &[FaultCount], top: usize) {
    if counts.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{title}");
    for fault in counts.iter().take(top) {
        let column = match fault.column.as_str() {
            "" => String::new(),
            column => format!(" (kolom {column})"),
        };
        let first: Vec<String> = fault.first_rows.iter().map(|row| integer(*row)).collect();
        let _ = writeln!(
            out,
            "  {}{column}: {} baris ({}), mulai baris {}",
            fault.words,
            integer(fault.rows),
            percent(fault.share, 2),
            first.join("; "),
        );
        if !fault.advice.is_empty() {
            let _ = writeln!(out, "      {}", fault.advice);
        }
    }
    rest(out, counts.len(), top);
}

fn rest(out: &mut String, n: usize, top: usize) {
    if n > top {
        let _ = writeln!(out, "  dan {} lainnya", integer((n - top) as u64));
    }
}

fn places(out: &mut String, report: &QualityReport, top: usize) {
    if report.kabupaten.is_empty() {
        return;
    }
    out.push_str("\nKabupaten/kota, yang terbanyak cacatnya dahulu\n");
    let mut places: Vec<&RegionQuality> = report.kabupaten.iter().collect();
    places.sort_by_key(|place| (std::cmp::Reverse(place.figures.map(|f| f.faults)), place.code));
    for place in places.iter().take(top) {
        let figures =
            place.figures.map_or_else(|| labels::SUPPRESSED.to_owned(), |f| figures(report, &f));
        let _ = writeln!(out, "  {} {}: {figures}", place.code, place.name);
    }
    rest(out, places.len(), top);
}

fn figures(report: &QualityReport, f: &RegionFigures) -> String {
    let nik = match report.nik {
        Some(_) => format!(
            ", NIK sah {}, cocok {}",
            share(f.nik_sound, f.rows),
            share(f.nik_verified, f.rows)
        ),
        None => String::new(),
    };
    format!("{} baris{nik}, cacat {}", integer(f.rows), integer(f.faults))
}
