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

/// NIK and family card numbers fail in the same ways, and each in some of its own.
fn identity(code: &str) -> Option<String> {
    let (number, fault) = match code.split_once('_')? {
        ("nik", fault) => ("NIK", fault),
        ("card", fault) => ("Nomor KK", fault),
        _ => return None,
    };
    let words = match fault {
        "missing" => "kosong",
        "zero" => "berisi nol semua",
        "spreadsheet" => "rusak oleh lembar kerja (notasi ilmiah, digitnya hilang)",
        "rounded" => "dibulatkan lembar kerja (hanya 15 digit pertama yang tersisa)",
        "letter" => "memuat huruf atau tanda di antara angka",
        "length" => "tidak terdiri atas 16 digit",
        "structure" => "memuat tanggal atau kode wilayah yang mustahil",
        "dummy" => "berupa angka isian (digit sama semua atau berurutan)",
        "prefix_unknown" => "berawalan kode kecamatan yang tidak pernah tercatat",
        "prefix_former" => "berawalan kode kecamatan lama (sah, kodenya kini lain)",
        "birth_differs" => "tidak cocok dengan tanggal lahir di baris yang sama",
        "sex_differs" => "tidak cocok dengan jenis kelamin di baris yang sama",
        "is_card" => "sama dengan nomor KK di baris yang sama",
        "repeated" => "yang sama dipakai oleh orang yang berbeda",
        "date_impossible" => "memuat tanggal penerbitan yang mustahil",
        _ => return None,
    };
    Some(format!("{number} {words}"))
}

/// What the owner of a delivery can do about a fault; empty where the fault says it.
pub fn advice(code: &str) -> &'static str {
    let code = code.strip_prefix("card_").map_or(code, |fault| match fault {
        "prefix_unknown" | "date_impossible" => "nik_structure",
        "missing" | "zero" | "dummy" => "nik_missing",
        "spreadsheet" | "rounded" => "nik_spreadsheet",
        "letter" | "length" => "nik_letter",
        other => other,
    });
    match code {
        "nik_missing" | "nik_zero" | "nik_dummy" => {
            "Lengkapi dari KTP-el atau kartu keluarga; jangan diisi angka pengganti, biarkan kosong bila belum ada."
        }
        "nik_spreadsheet" | "nik_rounded" => {
            "Ambil ulang dari sistem asal dan simpan kolomnya sebagai teks; digit yang hilang tidak dapat dipulihkan dari berkas ini."
        }
        "nik_letter" | "nik_length" => {
            "Cocokkan dengan dokumen; usulan digit ada di daftar perbaikan bila dapat ditentukan."
        }
        "nik_structure" | "nik_prefix_unknown" | "structure" => {
            "Periksa salah ketik pada enam digit pertama dan pada bagian tanggal."
        }
        "nik_birth_differs" | "nik_sex_differs" => {
            "Salah satu dari keduanya keliru: cocokkan NIK, tanggal lahir, dan jenis kelamin dengan dokumen."
        }
        "nik_is_card" => {
            "Nomor KK tersalin ke kolom NIK atau sebaliknya: isi kembali dari dokumen."
        }
        "nik_repeated" => {
            "Satu NIK hanya milik satu orang: periksa setiap barisnya, sisakan pada pemiliknya."
        }
        "row_repeated" => "Hapus baris ganda di sistem asal.",
        "nik_prefix_former" => {
            "Tidak perlu diubah: NIK tidak ikut berganti saat wilayah dimekarkan."
        }
        "birth_default" => {
            "Bila bagiannya jauh di atas yang sewajarnya, tanggal lahir diisi tanpa dokumen: lengkapi."
        }
        "region_missing" => "Isi kode desa/kelurahan; nama wilayah saja tidak cukup.",
        "region_unknown" => {
            "Cocokkan dengan daftar kode terbaru; desa hasil pemekaran memakai kode baru."
        }
        "region_other_system" => {
            "Pakai satu sistem kode di seluruh berkas, sesuai dengan tata letaknya (Kemendagri bertitik atau BPS)."
        }
        "birth_unreadable" => {
            "Tulis tanggal lengkap dengan tahun empat angka, sesuai dengan tata letaknya."
        }
        "sex_unreadable" => "Pakai nilai yang tercantum di tata letak.",
        "name_missing" => "Lengkapi nama sesuai dengan KTP-el.",
        "coordinate_unreadable" | "coordinate_swapped" => {
            "Tulis lintang dan bujur dalam derajat desimal di kolomnya masing-masing."
        }
        "row_unreadable" => {
            "Jumlah kolom baris ini lain dari kepala tabel: periksa pemisah dan tanda kutip."
        }
        "row_unterminated" => "Minta ulang berkasnya bila baris terakhir tidak utuh.",
        "field_too_long" => "Periksa tanda kutip dan pemisah di baris ini.",
        "family_key_missing" => "Tanpa kunci keluarga baris ini tidak dapat dipakai: lengkapi.",
        _ => "",
    }
}

/// What a proposal for a damaged NIK rests on.
pub fn repair(why: &str) -> &'static str {
    match why {
        "separators" => "tanda baca di antara digit dihilangkan",
        "letters" => "huruf yang mirip angka dibaca sebagai angka (O=0, I/l=1, S=5, B=8)",
        "day_month" => "hari dan bulan tertukar, di NIK atau di tanggal lahir baris ini",
        "neighbours" => {
            "dua digit bersebelahan tertukar, menurut tanggal lahir dan jenis kelamin di baris ini"
        }
        "digit" => "satu digit keliru, menurut tanggal lahir dan jenis kelamin di baris ini",
        "lost" => "satu digit hilang, menurut tanggal lahir dan jenis kelamin di baris ini",
        "added" => "satu digit berlebih, menurut tanggal lahir dan jenis kelamin di baris ini",
        "default_day" => "tanggal lahir di baris ini tanggal isian bawaan: mungkin NIK yang benar",
        "left" => "hanya digit pertama yang tersisa (yang terakhir mungkin dibulatkan)",
        _ => "",
    }
}

fn row(code: &str) -> Option<&'static str> {
    Some(match code {
        "birth_default" => {
            "Tanggal lahir jatuh pada tanggal isian bawaan (1 Januari, 31 Desember, 1 Juli)"
        }
        "row_repeated" => "Orang yang sama (NIK, nama, tanggal lahir) tercatat lebih dari sekali",
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
