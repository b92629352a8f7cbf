//! `tepat regions`: boundary files into a boundary set, and what is in one.

use std::fmt::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::convert::{Convert, Find};
use super::fault::Fault;
use super::neighbours::Neighbours;
use super::progress::Terminal;
use super::say;
use crate::boundaries::{
    About, BoundarySet, ColumnOptions, DefectKind, FileReport, ImportOptions, ImportReport,
    Imported, IntakeOptions, ProjectionError, ReadOptions, Reason, SetManifest, import,
    reference_of_option, write_set,
};
use crate::domain::{CodeSystem, Level};
use crate::labels::{self, decimal, integer};

#[derive(Debug, Args)]
pub(super) struct Regions {
    #[command(subcommand)]
    command: RegionsCommand,
}

#[derive(Debug, Subcommand)]
enum RegionsCommand {
    /// Read boundary files, name and mend their defects, and keep them as a boundary set
    Import(Box<Import>),
    /// Say what is in a boundary set, after checking it
    Show(Show),
    /// Translate a CSV column of region codes from one system or vintage to another
    Convert(Convert),
    /// Find regions by name or code in both systems
    Find(Find),
    /// Who neighbours a region in a boundary set: along a border, in a point, across the sea
    Neighbours(Neighbours),
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum System {
    Kemendagri,
    Bps,
}

#[derive(Debug, Args)]
struct Import {
    /// GeoJSON, GeoJSONSeq (.gz, .zst), GeoPackage, Shapefile, FlatGeobuf, GeoParquet, SQL of
    /// wilayah_boundaries; CSV of regions without polygons
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Folder to make for the set
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Which state of the administrative division it shows, e.g. a decree
    #[arg(long, value_name = "TEXT", default_value = "tidak disebut")]
    vintage: String,
    /// First day (YYYY-MM-DD) that the state was in force
    #[arg(long, value_name = "DATE", value_parser = date)]
    valid_from: Option<String>,
    /// Last day
    #[arg(long, value_name = "DATE", value_parser = date)]
    valid_to: Option<String>,
    /// Who made the polygons
    #[arg(long, value_name = "TEXT")]
    source: Option<String>,
    /// Under which licence
    #[arg(long, value_name = "TEXT")]
    licence: Option<String>,
    /// Column of region codes; several joined by '+'. Guessed unless given
    #[arg(long, value_name = "COL")]
    code: Option<String>,
    /// Column of names. Guessed unless given
    #[arg(long, value_name = "COL")]
    name: Option<String>,
    /// Column of BPS codes, beside --code or instead of it
    #[arg(long, value_name = "COL")]
    bps: Option<String>,
    /// Which numbering the codes are of. Told by content unless given
    #[arg(long, value_name = "SYSTEM")]
    code_system: Option<System>,
    /// Take regions of this level only: provinsi, kabupaten, kecamatan, desa
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    level: Option<Level>,
    /// Reference system of the coordinates, instead of what the file declares
    #[arg(long, value_name = "EPSG:n|+proj=…")]
    crs: Option<String>,
    /// The files have latitude before longitude
    #[arg(long)]
    swap_axes: bool,
    /// Layer of a GeoPackage that has several
    #[arg(long, value_name = "NAME")]
    layer: Option<String>,
    /// Rows of one code are one region in several rows
    #[arg(long)]
    join_rows: bool,
    /// Parts and holes below this area are slivers and taken out
    #[arg(long, value_name = "M2", default_value_t = 0.01)]
    sliver_m2: f64,
    /// Overlaps from this area on are listed
    #[arg(long, value_name = "M2", default_value_t = 1.0)]
    overlap_m2: f64,
    /// Gaps from this area on are listed
    #[arg(long, value_name = "M2", default_value_t = 10_000.0)]
    gap_m2: f64,
    /// Most bytes that a file may have, unpacked
    #[arg(long, value_name = "N")]
    max_bytes: Option<u64>,
    /// Print the report as JSON instead of words
    #[arg(long)]
    json: bool,
    /// End with exit code 4 where any defect is left
    #[arg(long)]
    strict: bool,
}

#[derive(Debug, Args)]
struct Show {
    /// Folder of the set
    #[arg(value_name = "SET")]
    set: PathBuf,
    /// Print the manifest as JSON instead of words
    #[arg(long)]
    json: bool,
}

fn date(text: &str) -> Result<String, String> {
    let date: Result<jiff::civil::Date, _> = text.parse();
    date.map(|d| d.to_string()).map_err(|_| "not a date; write YYYY-MM-DD".to_owned())
}

fn level(text: &str) -> Result<Level, String> {
    Level::from_slug(text)
        .filter(|level| *level != Level::Nation)
        .ok_or_else(|| "not a level; there are provinsi, kabupaten, kecamatan, desa".to_owned())
}

impl Regions {
    pub(super) fn run(self) -> Result<(), Fault> {
        match self.command {
            RegionsCommand::Import(import) => import.run(),
            RegionsCommand::Show(show) => show.run(),
            RegionsCommand::Convert(convert) => convert.run(),
            RegionsCommand::Find(find) => find.run(),
            RegionsCommand::Neighbours(neighbours) => neighbours.run(),
        }
    }
}

impl Import {
    fn run(self) -> Result<(), Fault> {
        // Before the work, not after it.
        if std::fs::symlink_metadata(&self.out).is_ok() {
            return Err(crate::boundaries::SetError::Exists(self.out).into());
        }
        let options = self.options()?;
        let about = About {
            vintage: self.vintage.clone(),
            valid_from: self.valid_from.clone(),
            valid_to: self.valid_to.clone(),
            source: self.source.clone(),
            licence: self.licence.clone(),
        };
        if let (Some(from), Some(to)) = (&about.valid_from, &about.valid_to)
            && from > to
        {
            return Err(Fault::Usage("--valid-from is later than --valid-to".to_owned()));
        }
        let progress = Terminal::new();
        let imported = import(&self.files, &options, &progress)?;
        crate::progress::Progress::stage(&progress, "Menyederhanakan batas dan menulis set", None);
        let set = write_set(&self.out, &imported, &about, labels::defect_action)?;
        progress.done();
        let report = ImportReport::of(&imported, &about);
        if self.json {
            let json = serde_json::to_string_pretty(&report)
                .map_err(|e| Fault::Internal(e.to_string()))?;
            say(&json);
        } else {
            say(&in_words(&report, &imported));
            say(&format!("\nSet batas di {} (id {})", set.folder().display(), &set.id()[..12]));
        }
        match report.left {
            left if self.strict && left > 0 => Err(Fault::Faults(left)),
            _ => Ok(()),
        }
    }

    fn options(&self) -> Result<ImportOptions, Fault> {
        let reference = self.crs.as_deref().map(reference_of_option).transpose();
        let reference = reference.map_err(|e: ProjectionError| Fault::Usage(e.to_string()))?;
        let system = self.code_system.map(|system| match system {
            System::Kemendagri => CodeSystem::Kemendagri,
            System::Bps => CodeSystem::Bps,
        });
        Ok(ImportOptions {
            intake: IntakeOptions {
                read: ReadOptions { layer: self.layer.clone(), max_bytes: self.max_bytes },
                reference,
                swap_axes: self.swap_axes,
                columns: ColumnOptions {
                    code: self.code.clone(),
                    name: self.name.clone(),
                    bps: self.bps.clone(),
                    system,
                },
                level: self.level,
            },
            join_rows: self.join_rows,
            sliver_m2: self.sliver_m2,
            overlap_m2: self.overlap_m2,
            gap_m2: self.gap_m2,
        })
    }
}

impl Show {
    fn run(self) -> Result<(), Fault> {
        let set = BoundarySet::open(&self.set)?;
        if self.json {
            let json = serde_json::to_string_pretty(set.manifest())
                .map_err(|e| Fault::Internal(e.to_string()))?;
            say(&json);
        } else {
            say(&shown(&set));
        }
        Ok(())
    }
}

fn in_words(report: &ImportReport, imported: &Imported) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "Impor batas wilayah · {}", report.vintage);
    for file in &imported.files {
        read(&mut out, file);
    }
    if report.other_levels > 0 {
        let rows = integer(report.other_levels);
        let _ = writeln!(out, "\n{rows} baris tingkat lain dilewati (--level)");
    }
    let _ = writeln!(out, "\nTingkat");
    levels(&mut out, report.levels.iter().map(|(l, n)| (l.as_str(), n.regions, n.with_polygon)));
    let _ = writeln!(
        out,
        "  poligon disimpan pada tingkat {}, {} titik; tingkat di atasnya dibentuk darinya",
        labels::level(imported.finest),
        integer(report.vertices)
    );
    kinds(&mut out, report, "Diperbaiki", |kind| kind.is_mended());
    kinds(&mut out, report, "Dibiarkan: perlu dilihat", |kind| {
        !kind.is_mended() && !kind.is_remark()
    });
    kinds(&mut out, report, "Catatan", |kind| kind.is_remark() && !kind.is_mended());
    coverage(&mut out, report, imported);
    without(&mut out, report);
    out.push_str(if report.defects.is_empty() {
        "\nTidak ada cacat yang ditemukan; ringkasannya di report.json"
    } else {
        "\nSemua cacat dengan tempatnya ada di defects.csv, ringkasannya di report.json"
    });
    out
}

fn read(out: &mut String, file: &FileReport) {
    let name = file.path.file_name().unwrap_or_default().to_string_lossy();
    let _ = writeln!(
        out,
        "\n{name}: {}, {} baris, {} titik, {}",
        file.kind.name(),
        integer(file.rows),
        integer(file.vertices),
        file.reference,
    );
    for reason in &file.reasons {
        let _ = writeln!(out, "  {}", because(reason));
    }
}

fn because(reason: &Reason) -> String {
    let n = |n: &usize| integer(*n as u64);
    match reason {
        Reason::CodeStated { column } => format!("kode: kolom {column} (dinyatakan)"),
        Reason::CodeGuessed { column, known, filled } => format!(
            "kode: kolom {column} (tebakan: {} dari {} nilai contoh ada dalam tabel wilayah)",
            n(known),
            n(filled)
        ),
        Reason::SystemStated(system) => {
            format!("sistem kode: {} (dinyatakan)", system_name(*system))
        }
        Reason::SystemByDots => "sistem kode: Kemendagri (kodenya bertitik)".to_owned(),
        Reason::SystemCompared { system, rows, known, agreeing } => format!(
            "sistem kode: {}; {} kode contoh tanpa titik dikenal {} sebagai Kemendagri ({} senama dengan tabel) dan {} sebagai BPS ({} senama)",
            system_name(*system),
            n(rows),
            n(&known[0]),
            n(&agreeing[0]),
            n(&known[1]),
            n(&agreeing[1])
        ),
        Reason::NameStated { column } => format!("nama: kolom {column} (dinyatakan)"),
        Reason::NameGuessed { column, agreeing, rows } => format!(
            "nama: kolom {column} (tebakan: {} dari {} baris contoh senama dengan tabel wilayah)",
            n(agreeing),
            n(rows)
        ),
        Reason::NameByTitle { column } => {
            format!("nama: kolom {column} (tebakan dari judul kolom)")
        }
        Reason::NameAbsent => "nama: tidak ada kolomnya; diambil dari tabel wilayah".to_owned(),
    }
}

fn system_name(system: CodeSystem) -> &'static str {
    match system {
        CodeSystem::Kemendagri => "Kemendagri",
        CodeSystem::Bps => "BPS (diterjemahkan ke Kemendagri)",
    }
}

fn levels<'a>(out: &mut String, counts: impl Iterator<Item = (&'a str, u64, u64)>) {
    let mut counts: Vec<_> = counts.collect();
    counts.sort_by_key(|(slug, _, _)| Level::from_slug(slug));
    for (slug, regions, drawn) in counts {
        let level =
            Level::from_slug(slug).map_or_else(|| slug.to_owned(), |l| labels::level(l).to_owned());
        let _ = writeln!(
            out,
            "  {level}: {} wilayah, {} berpoligon, {} tanpa poligon",
            integer(regions),
            integer(drawn),
            integer(regions.saturating_sub(drawn))
        );
    }
}

fn kinds(
    out: &mut String,
    report: &ImportReport,
    title: &str,
    wanted: impl Fn(DefectKind) -> bool,
) {
    let found = DefectKind::ALL.into_iter().filter(|kind| wanted(*kind));
    let found: Vec<(DefectKind, u64)> =
        found.filter_map(|kind| Some((kind, *report.defects.get(kind.slug())?))).collect();
    if found.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{title}");
    for (kind, n) in found {
        let slug = kind.slug();
        let _ = write!(out, "  {}: {}", labels::defect(slug), integer(n));
        let _ = writeln!(out, " ({})", labels::defect_action(slug));
        let advice = labels::defect_advice(slug);
        if !advice.is_empty() {
            let _ = writeln!(out, "      {advice}");
        }
    }
}

fn coverage(out: &mut String, report: &ImportReport, imported: &Imported) {
    if !imported.overlaps.is_empty() {
        let _ =
            writeln!(out, "\nTumpang tindih: {} km² seluruhnya", decimal(report.overlap_km2, 3));
        for class in &report.overlaps {
            let pairs = integer(class.pairs);
            let _ = writeln!(out, "  lebih dari {} m²: {pairs} pasang", decimal(class.above_m2, 0));
        }
        let mut largest: Vec<_> = imported.overlaps.iter().collect();
        largest.sort_by(|p, q| q.area_m2.total_cmp(&p.area_m2));
        for overlap in largest.into_iter().take(5) {
            let km2 = decimal(overlap.area_m2 / 1e6, 3);
            let _ = writeln!(out, "  terluas: {} dan {}: {km2} km²", overlap.first, overlap.second);
        }
    }
    if !imported.gaps.is_empty() {
        let _ = writeln!(
            out,
            "\nCelah: {}, {} km² seluruhnya",
            integer(imported.gaps.len() as u64),
            decimal(report.gap_km2, 3)
        );
        for gap in imported.gaps.iter().take(5) {
            let near = gap.nearest.map(|code| format!(", dekat {code}")).unwrap_or_default();
            let _ = writeln!(
                out,
                "  {} km² pada bujur {}, lintang {}{near}",
                decimal(gap.area_m2 / 1e6, 3),
                decimal(gap.at.x, 4),
                decimal(gap.at.y, 4)
            );
        }
    }
}

fn without(out: &mut String, report: &ImportReport) {
    if report.without_polygon.is_empty() {
        return;
    }
    let provinces: Vec<String> =
        report.without_polygon.iter().map(|(code, n)| format!("{code}: {}", integer(*n))).collect();
    let _ = writeln!(out, "\nTanpa poligon menurut provinsi: {}", provinces.join(" · "));
}

fn shown(set: &BoundarySet) -> String {
    let manifest: &SetManifest = set.manifest();
    let mut out = String::new();
    let _ = writeln!(out, "Set batas {} · {}", set.folder().display(), manifest.vintage);
    let or = |text: &Option<String>| text.clone().unwrap_or_else(|| "tidak disebut".to_owned());
    let _ = writeln!(out, "  id {}", set.id());
    let _ = writeln!(
        out,
        "  berlaku {} sampai {}",
        or(&manifest.valid_from),
        manifest.valid_to.clone().unwrap_or_else(|| "sekarang atau tidak disebut".to_owned())
    );
    let _ = writeln!(out, "  sumber: {}; lisensi: {}", or(&manifest.source), or(&manifest.licence));
    for input in &manifest.inputs {
        let _ = writeln!(out, "  dari {} ({} bita)", input.name, integer(input.bytes));
    }
    out.push_str("Tingkat\n");
    levels(&mut out, manifest.levels.iter().map(|(l, n)| (l.as_str(), n.regions, n.with_polygon)));
    let stored: Vec<&str> = set.stored_levels().into_iter().map(Level::slug).collect();
    let _ = writeln!(out, "  poligon disimpan: {}", stored.join(", "));
    if !manifest.defects.is_empty() {
        out.push_str("Cacat pada sumber\n");
        for (kind, n) in &manifest.defects {
            let _ = writeln!(out, "  {}: {}", labels::defect(kind), integer(*n));
        }
    }
    out.truncate(out.trim_end().len());
    out
}
