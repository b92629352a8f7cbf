//! `tepat locate`: every point of a file gets the region that it lies in.

use std::fmt::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;

use super::fault::Fault;
use super::progress::Terminal;
use super::say;
use crate::boundaries::{Extent, PlainRegions, RegionOptions, read_regions};
use crate::labels::{decimal, integer, percent};
use crate::progress::Progress;
use crate::spatial::{
    CellFigures, Columns, LocateCounts, LocateSettings, Located, Metric, Places, Wanted,
    check_output, locate_file,
};

#[derive(Debug, Args)]
pub(super) struct Locate {
    /// Polygons: a boundary set, or `GeoParquet`, `GeoJSON`, `GeoPackage`, Shapefile, `FlatGeobuf`
    #[arg(long, value_name = "FILE|SET")]
    boundaries: PathBuf,
    /// Points (.csv or .parquet)
    #[arg(long, value_name = "FILE")]
    points: PathBuf,
    /// File to write (.csv or .parquet)
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Column of the longitude (found by its name unless given: lng, lon, longitude, bujur, x)
    #[arg(long, value_name = "COLUMN")]
    lng: Option<String>,
    /// Column of the latitude (lat, latitude, lintang, y)
    #[arg(long, value_name = "COLUMN")]
    lat: Option<String>,
    /// Column of the code that a row states: adds its distance and how far both agree
    #[arg(long, value_name = "COLUMN")]
    code: Option<String>,
    /// Columns to keep in the output; all unless given
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',')]
    keep: Option<Vec<String>>,
    /// A point in no region goes to the nearest within so many metres (0: to none)
    #[arg(long, value_name = "M", default_value_t = 500.0)]
    tolerance_m: f64,
    /// Write how far each point lies from its region
    #[arg(long)]
    distance: bool,
    /// Write what is odd about a point without region
    #[arg(long)]
    remark: bool,
    /// Write the name of the region too
    #[arg(long)]
    name: bool,
    /// Column of the polygons that holds the code (found by its name unless given)
    #[arg(long, value_name = "COLUMN")]
    region_code: Option<String>,
    /// Column of the polygons that holds the name
    #[arg(long, value_name = "COLUMN")]
    region_name: Option<String>,
    /// Layer of a `GeoPackage` that has several
    #[arg(long, value_name = "NAME")]
    layer: Option<String>,
    /// Points and polygons have plane coordinates of the same system: nothing is projected
    #[arg(long)]
    plane: bool,
    /// Threads; all processors unless given
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Print the summary as JSON instead of words
    #[arg(long)]
    json: bool,
}

/// How long the stages took.
#[derive(Clone, Copy)]
struct Times {
    polygons: Duration,
    index: Duration,
    points: Duration,
}

impl Locate {
    pub(super) fn run(self) -> Result<(), Fault> {
        check_output(&self.out)?;
        if !(self.tolerance_m.is_finite() && self.tolerance_m >= 0.0) {
            return Err(Fault::Usage("--tolerance-m: a distance in metres, 0 or more".to_owned()));
        }
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let threads = self.threads.unwrap_or(cores).clamp(1, 256);
        let progress = Terminal::new();
        progress.stage("Membaca batas wilayah", None);
        let started = Instant::now();
        let options = RegionOptions {
            code: self.region_code.clone(),
            name: self.region_name.clone(),
            layer: self.layer.clone(),
            nameless: !self.name,
            plane: self.plane,
        };
        let read = read_regions(&self.boundaries, &options)?;
        let ground = Ground::of(&read.regions);
        if !self.plane {
            ground
                .is_of_degrees()
                .map_err(|why| Fault::Input(format!("{}: {why}", self.boundaries.display())))?;
        }
        let polygons = started.elapsed();
        progress.stage("Menyusun indeks", None);
        let started = Instant::now();
        let metric = if self.plane { Metric::Plane } else { Metric::Ellipsoid };
        let places = Places::build(read.regions, metric, threads);
        let index = started.elapsed();
        progress.stage("Menempatkan titik", None);
        let started = Instant::now();
        let located = locate_file(&places, &self.settings(threads), &progress)?;
        progress.done();
        let times = Times { polygons, index, points: started.elapsed() };
        let left_out = read.left_out;
        let report = Report { places: &places, left_out, ground, located, times };
        say(&if self.json { report.json(threads) } else { report.words(&self) });
        // Taking the index apart piece by piece is of no use to a process that ends.
        std::mem::forget(places);
        Ok(())
    }

    fn settings(&self, threads: usize) -> LocateSettings<'_> {
        LocateSettings {
            points: &self.points,
            out: &self.out,
            columns: Columns {
                lng: self.lng.clone(),
                lat: self.lat.clone(),
                stated: self.code.clone(),
                keep: self.keep.clone(),
            },
            wanted: Wanted {
                tolerance_m: self.tolerance_m,
                distance: self.distance,
                remark: self.remark,
            },
            names: self.name,
            threads,
        }
    }
}

struct Report<'a> {
    places: &'a Places,
    left_out: u64,
    ground: Ground,
    located: Located,
    times: Times,
}

/// What the polygons cover, and how many codes stand on several of them.
struct Ground {
    extent: Extent,
    repeated: u64,
}

impl Ground {
    fn of(regions: &PlainRegions) -> Self {
        let mut extent = Extent::default();
        for (_, _, shape) in regions {
            for polygon in shape {
                polygon.exterior().0.iter().for_each(|at| extent.add(*at));
            }
        }
        let mut codes: Vec<&str> = regions.iter().map(|(code, _, _)| code.as_str()).collect();
        codes.sort_unstable();
        let repeated = codes.chunk_by(|a, b| a == b).filter(|same| same.len() > 1).count() as u64;
        Self { extent, repeated }
    }

    /// Degrees of longitude and latitude, or why they cannot be.
    fn is_of_degrees(&self) -> Result<(), String> {
        let Some([west, south, east, north]) = self.extent.sides() else { return Ok(()) };
        if west >= -180.0 && east <= 180.0 && south >= -90.0 && north <= 90.0 {
            return Ok(());
        }
        let swapped = south >= -180.0 && north <= 180.0 && west >= -90.0 && east <= 90.0;
        let cause = if swapped {
            "the axes are exchanged (latitude first): make a set of it with tepat regions import --swap-axes"
        } else {
            "they may be metres: make a set of it with tepat regions import --crs EPSG:n, or give --plane where the points are metres of the same system"
        };
        Err(format!(
            "its coordinates are no longitudes and latitudes ({west} to {east}, {south} to {north}); {cause}"
        ))
    }

    /// Where the polygons lie, in words.
    fn words(&self) -> Option<String> {
        let [west, south, east, north] = self.extent.sides()?.map(|side| decimal(side, 2));
        Some(format!("{west} sampai {east} dan {south} sampai {north}"))
    }
}

impl Report<'_> {
    fn json(&self, threads: usize) -> String {
        let cells: CellFigures = self.places.cells().figures();
        serde_json::json!({
            "regions": self.places.len(),
            "regions_left_out": self.left_out,
            "rows": self.located.counts,
            "threads": threads,
            "seconds": {
                "boundaries": self.times.polygons.as_secs_f64(),
                "index": self.times.index.as_secs_f64(),
                "points": self.times.points.as_secs_f64(),
                "answering_all_threads": self.located.answering.as_secs_f64(),
            },
            "cells": {
                "size": cells.cell_size,
                "empty": cells.empty,
                "full": cells.full,
                "bordered": cells.bordered,
                "divided": cells.divided,
                "bytes": cells.bytes,
            },
        })
        .to_string()
    }

    fn words(&self, asked: &Locate) -> String {
        let c = self.located.counts;
        let mut out = String::new();
        let _ = writeln!(
            out,
            "{} titik, {} wilayah ({})",
            integer(c.rows),
            integer(self.places.len() as u64),
            asked.boundaries.display()
        );
        if self.left_out > 0 {
            let _ = writeln!(
                out,
                "  {} baris batas tanpa kode atau tanpa poligon yang dapat dibaca: tidak dipakai",
                integer(self.left_out)
            );
        }
        if self.ground.repeated > 0 {
            let _ = writeln!(
                out,
                "  {} kode berdiri pada lebih dari satu poligon: titik di dalamnya mendapat kode yang sama",
                integer(self.ground.repeated)
            );
        }
        out.push_str("\nCara penempatan\n");
        for (words, n) in how(&c) {
            if n > 0 {
                let _ = writeln!(out, "  {words}: {} ({})", integer(n), share(n, c.rows));
            }
        }
        // A whole file in no region is rarely what was meant.
        if c.rows > c.invalid
            && c.point + c.nearest == 0
            && let Some(words) = self.ground.words()
        {
            let _ = writeln!(
                out,
                "  Tidak satu titik pun berada di dalam atau di dekat wilayah; batas meliputi {words} (x, lalu y)"
            );
        }
        odd(&mut out, &c);
        if asked.code.is_some() {
            agreement(&mut out, &c);
        }
        let seconds = |d: Duration| decimal(d.as_secs_f64(), 1);
        let _ = write!(
            out,
            "\nWaktu: batas {} s, indeks {} s, titik {} s\nHasil: {}",
            seconds(self.times.polygons),
            seconds(self.times.index),
            seconds(self.times.points),
            asked.out.display()
        );
        out
    }
}

fn share(part: u64, whole: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "rows stay below 2^53")]
    let rate = part as f64 / whole.max(1) as f64;
    percent(rate, 2)
}

fn how(c: &LocateCounts) -> [(&'static str, u64); 5] {
    [
        ("titik di dalam wilayah (point)", c.point),
        ("titik di luar semua wilayah, ke wilayah terdekat (nearest)", c.nearest),
        ("menurut kode yang tertulis (code)", c.code),
        ("tidak ditempatkan (none)", c.none),
        ("koordinat tidak dapat dipakai (invalid)", c.invalid),
    ]
}

fn odd(out: &mut String, c: &LocateCounts) {
    let kinds = [
        ("koordinat kosong atau bukan angka", c.no_coordinate),
        ("koordinat (0; 0)", c.null_island),
        ("bujur dan lintang tertukar", c.swapped_axes),
        ("di luar Indonesia", c.abroad),
    ];
    if kinds.iter().any(|(_, n)| *n > 0) {
        out.push_str("\nTitik yang tidak wajar\n");
    }
    for (words, n) in kinds {
        if n > 0 {
            let _ = writeln!(out, "  {words}: {} ({})", integer(n), share(n, c.rows));
        }
    }
}

fn agreement(out: &mut String, c: &LocateCounts) {
    let levels = [
        ("sampai desa/kelurahan", c.agree_desa),
        ("sampai kecamatan", c.agree_kecamatan),
        ("sampai kabupaten/kota", c.agree_kabupaten),
        ("sampai provinsi", c.agree_provinsi),
        ("tidak sama sekali", c.agree_none),
    ];
    let both: u64 = levels.iter().map(|(_, n)| n).sum();
    let _ = writeln!(
        out,
        "\nTitik dan kode yang tertulis sama ({} baris dengan keduanya)",
        integer(both)
    );
    for (words, n) in levels {
        let _ = writeln!(out, "  {words}: {} ({})", integer(n), share(n, both));
    }
    if c.stated_unknown > 0 {
        let _ =
            writeln!(out, "  kode tanpa poligon di berkas batas: {}", integer(c.stated_unknown));
    }
}
