//! Names of levels and registries.

use crate::domain::{Level, Registry, ShareBasis};
use crate::regions::BpsBasis;

/// Inside a sentence.
pub fn level(level: Level) -> &'static str {
    match level {
        Level::Nation => "nasional",
        Level::Provinsi => "provinsi",
        Level::Kabupaten => "kabupaten/kota",
        Level::Kecamatan => "kecamatan",
        Level::Desa => "desa/kelurahan",
    }
}

/// At the head of a table or a choice.
pub fn level_title(level: Level) -> &'static str {
    match level {
        Level::Nation => "Nasional",
        Level::Provinsi => "Provinsi",
        Level::Kabupaten => "Kabupaten/Kota",
        Level::Kecamatan => "Kecamatan",
        Level::Desa => "Desa/Kelurahan",
    }
}

/// The short name that everyone uses.
pub fn registry(registry: Registry) -> &'static str {
    match registry {
        Registry::Regsosek => "Regsosek",
        Registry::P3ke => "P3KE",
        Registry::Dtks => "DTKS",
        Registry::PbiJkn => "PBI JKN",
        Registry::Dapodik => "Dapodik",
        Registry::Emis => "EMIS",
        Registry::Prakerja => "Kartu Prakerja",
        Registry::Carik => "Carik Jakarta",
    }
}

/// The full name.
pub fn registry_title(registry: Registry) -> &'static str {
    match registry {
        Registry::Regsosek => "Registrasi Sosial Ekonomi",
        Registry::P3ke => "Pensasaran Percepatan Penghapusan Kemiskinan Ekstrem",
        Registry::Dtks => "Data Terpadu Kesejahteraan Sosial",
        Registry::PbiJkn => "Penerima Bantuan Iuran Jaminan Kesehatan Nasional",
        Registry::Dapodik => "Data Pokok Pendidikan",
        Registry::Emis => "Education Management Information System",
        Registry::Prakerja => "Program Kartu Prakerja",
        Registry::Carik => "Data keluarga Carik Jakarta",
    }
}

/// A region's name where room is short: on a map, in a crumb.
pub fn short_name(name: &str) -> String {
    const SHORTER: [(&str, &str); 6] = [
        ("Kota Administrasi ", ""),
        ("Kabupaten ", "Kab. "),
        ("Daerah Khusus Ibukota ", "DKI "),
        ("Daerah Khusus ", "DK "),
        ("Daerah Istimewa ", "DI "),
        ("Kepulauan ", "Kep. "),
    ];
    if let Some(rest) = name.strip_prefix("Kabupaten Administrasi ") {
        return short_name(rest);
    }
    for (long, short) in SHORTER {
        if let Some(rest) = name.strip_prefix(long) {
            return format!("{short}{rest}");
        }
    }
    name.to_owned()
}

/// What a share was measured by, after "menurut".
pub fn share_basis(basis: ShareBasis) -> &'static str {
    match basis {
        ShareBasis::Whole => "wilayah utuh",
        ShareBasis::Households => "banyaknya keluarga",
        ShareBasis::Population => "penduduk tercatat",
        ShareBasis::Area => "luas poligon",
    }
}

/// How a BPS code came to stand beside a region; nothing to say where it was published so.
pub fn bps_basis(basis: BpsBasis) -> Option<&'static str> {
    match basis {
        BpsBasis::Published => None,
        BpsBasis::Spelling => Some("nama dieja lain dalam tabel BPS"),
        BpsBasis::Name => Some("dicocokkan menurut nama di dalam kabupaten/kota"),
    }
}
