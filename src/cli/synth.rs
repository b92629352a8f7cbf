//! `tepat synth`: synthetic deliveries with the truth beside.

use std::path::{Path, PathBuf};

use clap::Args;

use super::fault::Fault;
use super::progress::Terminal;
use super::say;
use crate::boundaries::set_shapes;
use crate::domain::{Period, RegionCode};
use crate::labels::{integer, percent};
use crate::synth::{SynthConfig, SynthReport, synthesise};

#[derive(Debug, Args)]
pub(super) struct Synth {
    /// Folder to make
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Number of families
    #[arg(long, default_value_t = 300_000)]
    families: u64,
    /// Provinces, as two-digit Kemendagri codes
    #[arg(long, value_delimiter = ',', default_value = "31,36")]
    provinces: Vec<RegionCode>,
    /// The same seed makes the same bytes
    #[arg(long, default_value_t = 20_230_301)]
    seed: u64,
    /// Survey round whose published figures are reproduced
    #[arg(long, default_value = "2023-03")]
    period: Period,
    /// Boundary set whose desa the houses stand in (tepat regions import makes one)
    #[arg(long, value_name = "DIR")]
    boundaries: Option<PathBuf>,
    /// Planned programmes to hand out too, such as kartu_sejahtera,kartu_usaha
    #[arg(long, value_delimiter = ',')]
    with: Vec<String>,
}

impl Synth {
    pub(super) fn run(self) -> Result<(), Fault> {
        let config = SynthConfig {
            provinces: self.provinces,
            seed: self.seed,
            period: self.period,
            with: self.with,
            boundaries: self.boundaries.map(|set| set_shapes(&set)).transpose()?,
            ..SynthConfig::demo(self.families, self.out)
        };
        let report = synth(&config)?;
        say(&in_words(&report, &config.out));
        Ok(())
    }
}

/// Synthesises with a progress bar.
pub(super) fn synth(config: &SynthConfig) -> Result<SynthReport, Fault> {
    let progress = Terminal::new();
    Ok(synthesise(config, &progress)?)
}

fn in_words(report: &SynthReport, out: &Path) -> String {
    let mut lines = vec![format!(
        "DATA SINTETIS di {}: {} keluarga, {} jiwa",
        out.display(),
        integer(report.families),
        integer(report.persons)
    )];
    lines.extend(report.files.iter().map(|f| format!("  {}: {} baris", f.file, integer(f.rows))));
    lines.push("Kalibrasi (target BPS → tercapai)".to_owned());
    lines.extend(report.calibration.iter().map(|c| {
        format!(
            "  {}: P0 {} → {}; P1 {} → {}; miskin ekstrem {} → {}",
            c.code,
            percent(c.p0_target, 2),
            percent(c.p0_reached, 2),
            c.p1_target.map_or_else(|| "–".to_owned(), |p1| percent(p1, 2)),
            percent(c.p1_reached, 2),
            percent(c.extreme_target, 2),
            percent(c.extreme_reached, 2),
        )
    }));
    lines.join("\n")
}
