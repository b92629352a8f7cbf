//! The run report in words: what was read, used and set aside, how it was linked and placed.

use std::fmt::Write;

use crate::domain::Registry;
use crate::labels::{integer, issue, other_rule, percent, registry, trust};
use crate::snapshot::{IssueCount, Manifest, SourceReport};

/// The whole report, in Indonesian, as lines of text.
pub(super) fn in_words(manifest: &Manifest) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "Potret data {} · periode {}", manifest.id, manifest.period);
    if manifest.synthetic {
        out.push_str("DATA SINTETIS: bukan data penduduk.\n");
    }
    out.push_str("\nSumber\n");
    manifest.sources.iter().for_each(|source| source_lines(&mut out, source));
    out.push_str("\nPemadanan\n");
    linkage_lines(&mut out, manifest);
    model_lines(&mut out, manifest);
    location_lines(&mut out, manifest);
    out.truncate(out.trim_end().len());
    out
}

fn source_lines(out: &mut String, source: &SourceReport) {
    let _ = writeln!(
        out,
        "  {}: {} baris dibaca, {} dipakai, {} disisihkan",
        source.file,
        integer(source.rows_read),
        integer(source.rows_used),
        integer(source.rows_read - source.rows_used),
    );
    source.set_aside.iter().for_each(|count| issue_line(out, "disisihkan", count));
    source.issues.iter().for_each(|count| issue_line(out, "catatan", count));
}

fn issue_line(out: &mut String, kind: &str, count: &IssueCount) {
    let column =
        if count.column.is_empty() { String::new() } else { format!(" (kolom {})", count.column) };
    let rows: Vec<String> = count.examples.iter().map(|row| integer(*row)).collect();
    let _ = writeln!(
        out,
        "      {kind}: {}{column}: {} baris, mulai baris {}",
        issue(&count.code),
        integer(count.rows),
        rows.join("; "),
    );
}

fn linkage_lines(out: &mut String, manifest: &Manifest) {
    for (name, c) in manifest.linkage.registries.iter().filter(|(_, c)| c.rows > 0) {
        #[expect(clippy::cast_precision_loss, reason = "rows stay below 2^53")]
        let rate = percent(c.linked as f64 / c.rows.max(1) as f64, 1);
        if *name == Registry::Regsosek {
            let only_here = c.rows - c.linked - c.no_identity;
            let _ = writeln!(
                out,
                "  {} (register dasar): {} baris; terdapat di register lain {} ({rate}), tanpa NIK sah {}, hanya di register dasar {}; NIK dipegang lebih dari satu orang {}",
                registry(*name),
                integer(c.rows),
                integer(c.linked),
                integer(c.no_identity),
                integer(only_here),
                integer(c.ambiguous),
            );
            continue;
        }
        let _ = writeln!(
            out,
            "  {}: {} baris; padan {} ({rate}), tanpa NIK sah {}, NIK tidak ditemukan {}, bertentangan {}, ganda {}",
            registry(*name),
            integer(c.rows),
            integer(c.linked),
            integer(c.no_identity),
            integer(c.not_found),
            integer(c.contradicted),
            integer(c.ambiguous),
        );
    }
}

/// How rows were linked beyond their NIK, and who of the snapshot before was found again.
fn model_lines(out: &mut String, manifest: &Manifest) {
    match &manifest.linkage.model {
        Some(model) => {
            let _ = writeln!(
                out,
                "  NIK lebih dahulu, lalu skor: dipadankan mulai peluang {}, ditelaah mulai {}",
                percent(model.link_at, 2),
                percent(model.review_at, 2),
            );
        }
        None => out.push_str("  Hanya menurut NIK\n"),
    }
    let decided = manifest.linkage.decisions;
    if decided.accepted > 0 {
        let _ = writeln!(
            out,
            "  Putusan telaah “ya”: {}, dipakai {}; tidak terpakai {} (isi barisnya berubah, barisnya tidak dikirim lagi, atau NIK-nya sudah padan)",
            integer(decided.accepted),
            integer(decided.applied),
            integer(decided.accepted - decided.applied),
        );
    }
    let people = &manifest.linkage.identities;
    let _ = write!(out, "  Orang: {}", integer(people.persons));
    if let Some(previous) = &people.previous {
        let _ = write!(
            out,
            "; dibanding potret data {previous}: tetap {}, baru {}, hilang {}, pindah {}, NIK dibetulkan {}, terpisah {}, tergabung {}",
            integer(people.kept),
            integer(people.new),
            integer(people.gone),
            integer(people.moved),
            integer(people.renumbered),
            integer(people.split),
            integer(people.merged),
        );
    }
    out.push('\n');
}

fn location_lines(out: &mut String, manifest: &Manifest) {
    let l = &manifest.location;
    let _ = writeln!(
        out,
        "\nLokasi\n  {} keluarga: {} menurut koordinat, {} menurut kode, {} tanpa lokasi; koordinat dan kode sepakat pada {} dari {}",
        integer(l.families),
        integer(l.by_point),
        integer(l.by_code),
        integer(l.unplaced),
        integer(l.agree),
        integer(l.both),
    );
    if let Some(points) = &l.points {
        let _ = writeln!(
            out,
            "  {}; {} keluarga akan berpindah desa {}; {} titik diberi desa terdekat (sampai {} m)",
            trust(points.trust),
            integer(points.agreement.differ()),
            other_rule(points.trust),
            integer(points.nearest),
            integer(u64::from(points.tolerance_m)),
        );
    }
}
