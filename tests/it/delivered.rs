//! The delivered person files as the oracle reads them: written out by hand, so that a slip in a
//! layout file does not repeat itself here.

use tepat::domain::Registry;
use tepat::sources::layout::DateForm;

/// The layouts of the delivered person files, written out: name of the file, delimiter, date form,
/// columns of NIK, name, sex, birth date and desa, text that means male, and receipts.
pub struct Delivered {
    pub file: &'static str,
    pub registry: Registry,
    pub delimiter: u8,
    pub date: DateForm,
    pub columns: [&'static str; 5],
    pub male: &'static str,
    pub receipts: &'static [(usize, &'static str, &'static str)],
}

pub const DELIVERED: [Delivered; 8] = [
    Delivered {
        file: "p3ke_keluarga.csv",
        registry: Registry::P3ke,
        delimiter: b',',
        date: DateForm::Iso,
        columns: ["nik", "kepala_keluarga", "jenis_kelamin", "tanggal_lahir", "kode_kemdagri"],
        male: "Laki-laki",
        receipts: &[
            (0, "penerima_pkh", "Ya"),
            (1, "penerima_bpnt", "Ya"),
            (1, "penerima_sembako", "Ya"),
        ],
    },
    Delivered {
        file: "p3ke_individu.parquet",
        registry: Registry::P3ke,
        delimiter: b',',
        date: DateForm::Iso,
        columns: ["nik", "nama", "jenis_kelamin", "tanggal_lahir", "kode_kemdagri"],
        male: "Laki-laki",
        receipts: &[
            (0, "penerima_pkh", "Ya"),
            (1, "penerima_bpnt", "Ya"),
            (1, "penerima_sembako", "Ya"),
        ],
    },
    Delivered {
        file: "dtks.csv",
        registry: Registry::Dtks,
        delimiter: b',',
        date: DateForm::Dmy,
        columns: ["NIK", "Nama", "jenis_kelamin", "tanggal_lahir", "id_desa"],
        male: "L",
        receipts: &[
            (0, "PKH", "YA"),
            (1, "BPNT", "YA"),
            (8, "KARTU_SEJAHTERA", "YA"),
            (9, "KARTU_USAHA", "YA"),
        ],
    },
    Delivered {
        file: "pbi_jkn.csv",
        registry: Registry::PbiJkn,
        delimiter: b'|',
        date: DateForm::Dmy,
        columns: ["nik", "nama", "jenis_kelamin", "tanggal_lahir", "kode_desa"],
        male: "L",
        receipts: &[(2, "", "")],
    },
    Delivered {
        file: "dapodik.csv",
        registry: Registry::Dapodik,
        delimiter: b',',
        date: DateForm::Iso,
        columns: ["NIK", "Nama", "JK", "Tanggal Lahir", "Kode Wilayah"],
        male: "L",
        receipts: &[(3, "Penerima KIP", "Ya")],
    },
    Delivered {
        file: "emis.csv",
        registry: Registry::Emis,
        delimiter: b';',
        date: DateForm::Dmy,
        columns: ["nik", "nama_siswa", "jenis_kelamin", "tanggal_lahir", "kode_desa"],
        male: "L",
        receipts: &[(3, "penerima_pip", "Y")],
    },
    Delivered {
        file: "prakerja.csv",
        registry: Registry::Prakerja,
        delimiter: b',',
        date: DateForm::Iso,
        columns: ["nik", "nama_lengkap", "jenis_kelamin", "tanggal_lahir", "kode_kelurahan"],
        male: "Laki-laki",
        receipts: &[(4, "status_penerima", "Penerima")],
    },
    Delivered {
        file: "carik.parquet",
        registry: Registry::Carik,
        delimiter: b',',
        date: DateForm::Iso,
        columns: ["nik", "nama", "jenis_kelamin", "tanggal_lahir", "kode_kelurahan"],
        male: "L",
        receipts: &[
            (5, "penerima_kjp_plus", "1"),
            (6, "penerima_kjs", "1"),
            (7, "penerima_bantuan_gizi", "1"),
        ],
    },
];
