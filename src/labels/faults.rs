//! Words for the faults of delivered rows, whose codes stand in the manifest.

/// What a fault or set-aside code means; a code without words comes back readable.
pub fn issue(code: &str) -> String {
    if let Some(words) = identity(code).or_else(|| row(code).map(str::to_owned)) {
        return words;
    }
    let mut readable = code.replace('_', " ");
    if let Some(first) = readable.get(..1).map(str::to_uppercase) {
        readable.replace_range(..1, &first);
    }
    readable
}

/// NIK and family card numbers fail in the same eight ways.
fn identity(code: &str) -> Option<String> {
    let (number, fault) = match code.split_once('_')? {
        ("nik", fault) => ("NIK", fault),
        ("kk", fault) => ("Nomor KK", fault),
        _ => return None,
    };
    let words = match fault {
        "missing" => "kosong",
        "zero" => "berisi nol semua",
        "spreadsheet" => "rusak oleh lembar kerja (notasi ilmiah, digitnya hilang)",
        "rounded" => "dibulatkan lembar kerja (hanya 15 digit pertama yang tersisa)",
        "letter" => "memuat huruf di antara angka",
        "length" => "tidak terdiri atas 16 digit",
        "structure" => "memuat tanggal atau kode wilayah yang mustahil",
        "dummy" => "berupa angka isian (digit sama semua atau berurutan)",
        _ => return None,
    };
    Some(format!("{number} {words}"))
}

fn row(code: &str) -> Option<&'static str> {
    Some(match code {
        "birth_unreadable" => "Tanggal lahir tidak terbaca",
        "sex_unreadable" => "Jenis kelamin tidak terbaca",
        "name_missing" => "Nama kosong",
        "region_missing" => "Kode wilayah kosong",
        "region_unknown" => "Kode wilayah tidak dikenal",
        "region_other_system" => "Kode wilayah memakai sistem kode lain (BPS/Kemendagri tertukar)",
        "coordinate_missing" => "Koordinat kosong",
        "coordinate_unreadable" => "Koordinat tidak terbaca",
        "coordinate_swapped" => "Lintang dan bujur tertukar (dibetulkan)",
        "coordinate_outside" => {
            "Koordinat di luar poligon desa/kelurahan mana pun (laut, luar negeri)"
        }
        "family_duplicate" => "Keluarga tercatat lebih dari sekali",
        "family_key_missing" => "Kunci keluarga kosong",
        "family_without_members" => "Keluarga tanpa anggota",
        "family_unplaced" => "Keluarga tidak dapat ditempatkan di desa/kelurahan mana pun",
        "member_without_family" => "Anggota tanpa keluarga",
        "member_duplicate" => "Anggota tercatat lebih dari sekali",
        "members_mismatch" => "Jumlah anggota tidak sama dengan yang dinyatakan",
        "expenditure_unreadable" => "Pengeluaran tidak terbaca",
        "expenditure_missing" => "Pengeluaran kosong",
        "decile_unreadable" => "Desil tidak terbaca",
        "flag_unreadable" => "Isian ya/tidak tidak terbaca",
        "row_unreadable" => "Baris tidak terbaca",
        "row_unterminated" => "Baris terakhir tanpa ganti baris: berkas mungkin terpotong",
        "field_too_long" => "Isian terlalu panjang untuk nilai yang wajar",
        "members_unreadable" => "Jumlah anggota tidak terbaca",
        "member_no_unreadable" => "Nomor urut anggota tidak terbaca",
        _ => return None,
    })
}
