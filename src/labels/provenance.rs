//! Where a figure is from, in words: shown under every page, map and export.

use super::number;
use crate::disclosure::Release;
use crate::domain::{Level, Registry};
use crate::regions::{BOUNDARY_ATTRIBUTION, bps_edition};
use crate::snapshot::Manifest;

/// The sentence that stands wherever a figure of false people stands.
pub const SYNTHETIC: &str = "Data sintetis untuk peragaan; tidak menggambarkan orang, keluarga, atau keadaan yang sebenarnya.";

/// Label and value of everything a figure rests on, in the order to show them.
pub fn provenance(release: &Release) -> Vec<(String, String)> {
    let manifest = release.manifest();
    let delivered: Vec<Registry> = Registry::ALL
        .into_iter()
        .filter(|registry| manifest.sources.iter().any(|s| s.registry == *registry))
        .collect();
    provenance_of(release, &delivered)
}

/// As [`provenance`], where only some registries stand behind a figure.
pub fn provenance_of(release: &Release, registries: &[Registry]) -> Vec<(String, String)> {
    let manifest = release.manifest();
    let mut pairs = vec![
        ("Sumber", listed(registries)),
        ("Periode", number::period(manifest.period)),
        ("Garis kemiskinan ekstrem", extreme_line(manifest)),
        (
            "Garis kemiskinan",
            format!(
                "garis kemiskinan BPS menurut kabupaten/kota, {}",
                number::period(manifest.poverty_line_period)
            ),
        ),
        ("Batas wilayah", boundaries(manifest)),
        ("Sistem kode", code_system(manifest)),
        ("Versi metode", format!("{} (Tepat {})", manifest.method_version, manifest.tepat_version)),
        (
            "Potret data",
            format!("{}, dibuat {}", manifest.id, number::timestamp(&manifest.built_at)),
        ),
    ];
    if let Some(base) = release.rounded_to() {
        pairs.push(("Pembulatan", rounded(base)));
    }
    if manifest.synthetic {
        pairs.push(("Perhatian", SYNTHETIC.to_owned()));
    }
    pairs.into_iter().map(|(label, value)| (label.to_owned(), value)).collect()
}

/// What is said wherever rounded counts, or rates of them, stand.
pub fn rounded(base: u64) -> String {
    format!(
        "jumlah dibulatkan acak ke kelipatan {} (0 berarti 0 sampai {}), persentase dihitung dari jumlah yang sudah dibulatkan; jumlah bagian-bagian dapat berbeda dari totalnya",
        number::integer(base),
        number::integer(base - 1)
    )
}

fn extreme_line(manifest: &Manifest) -> String {
    let mut words =
        format!("{} per kapita per bulan", number::rupiah(manifest.extreme_line_rp_month));
    for detail in [&manifest.extreme_line_standard, &manifest.extreme_line_source] {
        if !detail.is_empty() {
            words.push_str("; ");
            words.push_str(detail);
        }
    }
    words
}

/// Registries by name, as a sentence lists them.
pub fn listed(registries: &[Registry]) -> String {
    let names: Vec<&str> = registries.iter().map(|registry| super::registry(*registry)).collect();
    match names.as_slice() {
        [] => super::NO_DATA.to_owned(),
        [one] => (*one).to_owned(),
        [first, second] => format!("{first} dan {second}"),
        [many @ .., last] => format!("{}, dan {last}", many.join(", ")),
    }
}

/// The line under every map of a snapshot.
pub fn boundary_attribution(manifest: &Manifest) -> &str {
    manifest.boundary_set.as_ref().map_or(BOUNDARY_ATTRIBUTION, |set| &set.attribution)
}

/// What is said of regions that have a name and a place in the table and no polygon.
pub fn undrawn(regions: usize, level: &str) -> String {
    format!(
        "{} {level} belum mempunyai poligon: tidak digambar, tetapi ada dalam tabel",
        number::integer(regions as u64)
    )
}

/// What is said of a map that reaches the border of the state.
pub const ABROAD: &str = "Daratan negara tetangga tidak digambar";

fn code_system(manifest: &Manifest) -> String {
    format!(
        "Kode wilayah Kemendagri menurut {}; kode BPS di sampingnya: {}, desa {}",
        manifest.boundary_vintage,
        bps_edition(Level::Kecamatan),
        bps_edition(Level::Desa)
    )
}

fn boundaries(manifest: &Manifest) -> String {
    let from = boundary_attribution(manifest).trim_start_matches("Batas: ");
    format!("{}; {from}", manifest.boundary_vintage)
}
