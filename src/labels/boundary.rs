//! Defects of boundary files: what they are called, what became of them, what to do.

/// What a kind of defect is.
pub fn defect(kind: &str) -> &'static str {
    match kind {
        "arah_cincin" => "arah cincin terbalik",
        "titik_berulang" => "titik berulang",
        "cincin_terbuka" => "cincin tidak tertutup",
        "cincin_pendek" => "cincin kurang dari empat titik",
        "koordinat_bukan_angka" => "koordinat bukan angka, atau tidak mungkin besarnya",
        "duri" => "duri (garis yang pergi lalu kembali)",
        "sentuh_diri" => "batas menyentuh dirinya sendiri",
        "silang_diri" => "batas memotong dirinya sendiri",
        "lubang_di_luar" => "lubang di luar cangkangnya (bagian terpisah)",
        "lubang_bersarang" => "lubang di dalam lubang",
        "bagian_bersarang" => "bagian di dalam bagian lain",
        "bagian_bertumpuk" => "bagian yang bertumpuk",
        "serpih" => "serpih (bagian atau lubang yang terlalu kecil)",
        "terlalu_kusut" => "garis terlalu kusut untuk diperbaiki",
        "geometri_kosong" => "geometri kosong",
        "tanpa_geometri" => "baris tanpa geometri",
        "bukan_poligon" => "geometri bukan poligon",
        "geometri_rusak" => "geometri tidak terbaca",
        "kode_tidak_sah" => "kode wilayah tidak sah",
        "tanpa_kode" => "baris tanpa kode",
        "kode_ganda" => "satu kode pada beberapa baris",
        "kode_tidak_dikenal" => "kode tidak ada dalam tabel wilayah",
        "nama_berbeda" => "nama berbeda dari tabel wilayah",
        "di_luar_indonesia" => "poligon di luar Indonesia",
        "melintasi_180" => "poligon melintasi bujur 180°",
        "jauh_dari_induk" => "poligon jauh dari induknya",
        "sangat_kecil" => "wilayah sangat kecil (kurang dari 1 ha)",
        "tumpang_tindih" => "tumpang tindih antarwilayah",
        "celah" => "celah yang tidak tercakup wilayah mana pun",
        "tanpa_poligon" => "wilayah tanpa poligon",
        "tingkat_atas_tidak_dipakai" => "poligon tingkat atas (dibentuk dari tingkat terhalus)",
        _ => "cacat lain",
    }
}

/// What the import did about it.
pub fn defect_action(kind: &str) -> &'static str {
    match kind {
        "arah_cincin" => "dibalik",
        "titik_berulang" | "koordinat_bukan_angka" => "titik dibuang",
        "cincin_terbuka" => "ditutup",
        "cincin_pendek" | "serpih" => "dibuang",
        "duri" | "sentuh_diri" | "silang_diri" | "lubang_bersarang" => "dibentuk ulang",
        "lubang_di_luar" => "dijadikan bagian tersendiri",
        "bagian_bersarang" | "bagian_bertumpuk" => "digabung",
        "geometri_kosong" | "tanpa_geometri" | "bukan_poligon" | "geometri_rusak" => {
            "tanpa poligon"
        }
        "kode_tidak_sah" | "tanpa_kode" => "baris tidak dipakai",
        "kode_ganda" => "semua barisnya tidak dipakai",
        "tingkat_atas_tidak_dipakai" => "tidak dipakai",
        "tanpa_poligon" => "tetap ada dalam tabel",
        _ => "dibiarkan",
    }
}

/// What the user can do about it; empty where nothing need be done.
pub fn defect_advice(kind: &str) -> &'static str {
    match kind {
        "koordinat_bukan_angka" => {
            "periksa wilayahnya pada sumber: titik yang hilang mengubah batas"
        }
        "terlalu_kusut" => "minta poligon baru kepada pemilik data",
        "geometri_kosong" | "tanpa_geometri" | "bukan_poligon" | "geometri_rusak" => {
            "minta poligonnya kepada pemilik data"
        }
        "kode_tidak_sah" | "tanpa_kode" => "isi atau perbaiki kode pada sumber",
        "kode_ganda" => {
            "tentukan baris yang benar pada sumber, atau pakai --join-rows bila baris-baris itu bagian dari satu wilayah"
        }
        "kode_tidak_dikenal" => {
            "periksa kode dan --code-system; wilayah baru mungkin belum ada dalam tabel"
        }
        "nama_berbeda" => "periksa apakah kode dan nama berasal dari baris yang sama",
        "di_luar_indonesia" | "melintasi_180" => "periksa koordinat wilayahnya",
        "jauh_dari_induk" => "periksa apakah kodenya tertukar",
        "sangat_kecil" => "periksa apakah poligonnya lengkap",
        "tumpang_tindih" => {
            "titik di dalamnya masuk ke kode terkecil; rapikan batas pada sumber bila luasnya berarti"
        }
        "celah" => "titik di dalamnya tidak masuk wilayah mana pun; periksa dengan sumber lain",
        "tanpa_poligon" => "angka wilayah ini tampil dalam tabel, tidak pada peta",
        _ => "",
    }
}
