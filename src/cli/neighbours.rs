//! `tepat regions neighbours`: who neighbours a region in a boundary set.

use std::path::PathBuf;

use clap::Args;

use super::fault::Fault;
use super::say;
use crate::boundaries::{Adjacency, BoundarySet, SetRegion};
use crate::domain::{CodeError, RegionCode};
use crate::labels::{self, integer};

#[derive(Debug, Args)]
pub(super) struct Neighbours {
    /// Folder of the set
    #[arg(value_name = "SET")]
    set: PathBuf,
    /// Kemendagri code of a region of any level that the set knows, with dots
    #[arg(value_name = "CODE")]
    code: String,
    /// Leave out those that meet the region in single points alone
    #[arg(long)]
    rook: bool,
    /// Print JSON instead of words
    #[arg(long)]
    json: bool,
}

impl Neighbours {
    pub(super) fn run(self) -> Result<(), Fault> {
        let wrong = |e: CodeError| Fault::Usage(format!("{}: {e}", self.code));
        let code = RegionCode::from_slug(&self.code).map_err(wrong)?;
        let set = BoundarySet::open(&self.set)?;
        let regions = set.regions()?;
        let find = |code: RegionCode| {
            regions.binary_search_by_key(&code, |region| region.code).ok().map(|i| &regions[i])
        };
        let Some(region) = find(code) else {
            return Err(Fault::Input(format!(
                "{}: the set has no region {code}; see: tepat regions show {0}, tepat regions find",
                self.set.display()
            )));
        };
        let mut found: Vec<(RegionCode, Adjacency)> = set.neighbours(code)?.into_iter().collect();
        found.retain(|(_, how)| !(self.rook && *how == Adjacency::Corner));
        let name =
            |code: RegionCode| find(code).map_or_else(String::new, |region| region.name.clone());
        say(&if self.json { json(region, &found, name) } else { in_words(region, &found, name) });
        Ok(())
    }
}

fn json(
    region: &SetRegion,
    found: &[(RegionCode, Adjacency)],
    name: impl Fn(RegionCode) -> String,
) -> String {
    let rows: Vec<_> = found
        .iter()
        .map(|(code, how)| {
            serde_json::json!({ "kode": code.to_string(), "nama": name(*code), "hubungan": how.slug() })
        })
        .collect();
    serde_json::json!({
        "kode": region.code.to_string(),
        "nama": region.name,
        "berpoligon": region.with_polygon,
        "tetangga": rows,
    })
    .to_string()
}

fn in_words(
    region: &SetRegion,
    found: &[(RegionCode, Adjacency)],
    name: impl Fn(RegionCode) -> String,
) -> String {
    let mut lines = vec![format!(
        "{} {}: {} tetangga di tingkat {}",
        region.code,
        region.name,
        integer(found.len() as u64),
        labels::level(region.code.level())
    )];
    if !region.with_polygon {
        lines.push(
            "  Wilayah ini tidak berpoligon dalam set: tetangganya tidak dapat diketahui."
                .to_owned(),
        );
    } else if found.is_empty() {
        lines.push("  Tidak ada wilayah lain setingkat dalam set.".to_owned());
    }
    lines.extend(found.iter().map(|(code, how)| {
        format!("  {:<14} {:<8} {}", code.to_string(), how.slug(), name(*code))
    }));
    if !found.is_empty() {
        lines.push(
            "benteng: berbagi garis batas · ratu: bertemu di satu titik saja · laut: terdekat di seberang, karena salah satunya tidak bertetangga darat".to_owned(),
        );
    }
    lines.join("\n")
}
