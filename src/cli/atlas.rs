//! `tepat atlas`: the display geometry of a boundary set, and who neighbours whom in it.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;

use super::fault::Fault;
use super::say;
use crate::boundaries::{BoundarySet, contiguity_csv, read_boundaries};
use crate::domain::Level;
use crate::fresh::{self, Access};
use crate::labels::{decimal, integer};
use crate::spatial::{Boundary, Detail, SimplifyReport};

#[derive(Debug, Args)]
pub(super) struct Atlas {
    /// Boundary set (folder), or a GeoParquet file of desa with the columns kode and nama
    #[arg(value_name = "SET")]
    input: PathBuf,
    /// File to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Tolerances in metres, coarse to fine, below that of the nation's map
    #[arg(long, value_delimiter = ',', default_value = "250,60,20")]
    tolerance: Vec<f64>,
    /// Also write who neighbours whom: kode,tetangga,hubungan (ratu, benteng, laut)
    #[arg(long, value_name = "FILE")]
    contiguity: Option<PathBuf>,
    /// With --contiguity: link regions without neighbours across the sea to that many others
    #[arg(long, value_name = "K", default_value_t = 1)]
    sea: usize,
}

impl Atlas {
    pub(super) fn run(self) -> Result<(), Fault> {
        let falling = self.tolerance.windows(2).all(|w| w[0] > w[1]);
        if !falling || self.tolerance.iter().any(|t| !t.is_finite() || *t <= 0.0) {
            let text = "--tolerance: positive metres are due, each smaller than the one before";
            return Err(Fault::Usage(text.to_owned()));
        }
        for file in std::iter::once(&self.out).chain(&self.contiguity) {
            fresh::check(file)?;
        }
        let boundaries = self.read()?;
        let start = Instant::now();
        let detail = Detail { zooms_m: self.tolerance.clone(), ..Detail::default() };
        let (atlas, reports) = crate::spatial::Atlas::build(&boundaries, &detail)?;
        let bytes = atlas.to_bytes()?;
        fresh::write(&self.out, &bytes, Access::Usual)?;
        let seconds = start.elapsed().as_secs_f64();
        say(&in_words(&self.out, boundaries.len(), bytes.len(), seconds, &reports));
        if let Some(file) = &self.contiguity {
            let neighbours = contiguity_csv(&boundaries, self.sea);
            fresh::write(file, neighbours.as_bytes(), Access::Usual)?;
            say(&format!(
                "{}: ketetanggaan {} wilayah",
                file.display(),
                integer(boundaries.len() as u64)
            ));
        }
        Ok(())
    }

    fn read(&self) -> Result<Vec<Boundary>, Fault> {
        if !self.input.is_dir() {
            return Ok(read_boundaries(&self.input)?);
        }
        let set = BoundarySet::open(&self.input)?;
        let finest = set.stored_levels().first().copied().unwrap_or(Level::Desa);
        Ok(set.boundaries(finest)?)
    }
}

fn in_words(
    out: &Path,
    regions: usize,
    bytes: usize,
    seconds: f64,
    reports: &[SimplifyReport],
) -> String {
    let mut lines = vec![format!(
        "{}: {} poligon, {} bita, {} detik",
        out.display(),
        integer(regions as u64),
        integer(bytes as u64),
        decimal(seconds, 1)
    )];
    lines.extend(reports.iter().map(|r| {
        format!(
            "  toleransi {} m: {} titik; {} garis dibuat lebih halus; {} perpotongan tersisa; {} wilayah tanpa luas",
            decimal(r.tolerance_m, 0),
            integer(r.kept as u64),
            integer(r.finer as u64),
            integer(r.crossings as u64),
            integer(r.flat_regions as u64),
        )
    }));
    lines.join("\n")
}
