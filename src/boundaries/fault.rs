//! The defects of boundary files: their kinds, and one of them at its place.

use geo::Coord;

use crate::domain::RegionCode;

/// What can be wrong with a boundary file. The slug is what tables and programs see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DefectKind {
    // Mended on import.
    Winding,
    RepeatedPoint,
    UnclosedRing,
    ShortRing,
    NotFinite,
    Spike,
    SelfTouch,
    SelfCrossing,
    HoleOutside,
    NestedHole,
    NestedPart,
    PartsOverlap,
    Sliver,
    // Left to the user.
    Tangled,
    Empty,
    Missing,
    OtherGeometry,
    Unreadable,
    BadCode,
    NoCode,
    DuplicateCode,
    UnknownCode,
    NameDiffers,
    OutsideIndonesia,
    Antimeridian,
    FarFromParent,
    Tiny,
    Overlap,
    Gap,
    NoPolygon,
    CoarserLevel,
}

impl DefectKind {
    pub const ALL: [Self; 31] = [
        Self::Winding,
        Self::RepeatedPoint,
        Self::UnclosedRing,
        Self::ShortRing,
        Self::NotFinite,
        Self::Spike,
        Self::SelfTouch,
        Self::SelfCrossing,
        Self::HoleOutside,
        Self::NestedHole,
        Self::NestedPart,
        Self::PartsOverlap,
        Self::Sliver,
        Self::Tangled,
        Self::Empty,
        Self::Missing,
        Self::OtherGeometry,
        Self::Unreadable,
        Self::BadCode,
        Self::NoCode,
        Self::DuplicateCode,
        Self::UnknownCode,
        Self::NameDiffers,
        Self::OutsideIndonesia,
        Self::Antimeridian,
        Self::FarFromParent,
        Self::Tiny,
        Self::Overlap,
        Self::Gap,
        Self::NoPolygon,
        Self::CoarserLevel,
    ];

    /// The word in `defects.csv` and `report.json`.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Winding => "arah_cincin",
            Self::RepeatedPoint => "titik_berulang",
            Self::UnclosedRing => "cincin_terbuka",
            Self::ShortRing => "cincin_pendek",
            Self::NotFinite => "koordinat_bukan_angka",
            Self::Spike => "duri",
            Self::SelfTouch => "sentuh_diri",
            Self::SelfCrossing => "silang_diri",
            Self::HoleOutside => "lubang_di_luar",
            Self::NestedHole => "lubang_bersarang",
            Self::NestedPart => "bagian_bersarang",
            Self::PartsOverlap => "bagian_bertumpuk",
            Self::Sliver => "serpih",
            Self::Tangled => "terlalu_kusut",
            Self::Empty => "geometri_kosong",
            Self::Missing => "tanpa_geometri",
            Self::OtherGeometry => "bukan_poligon",
            Self::Unreadable => "geometri_rusak",
            Self::BadCode => "kode_tidak_sah",
            Self::NoCode => "tanpa_kode",
            Self::DuplicateCode => "kode_ganda",
            Self::UnknownCode => "kode_tidak_dikenal",
            Self::NameDiffers => "nama_berbeda",
            Self::OutsideIndonesia => "di_luar_indonesia",
            Self::Antimeridian => "melintasi_180",
            Self::FarFromParent => "jauh_dari_induk",
            Self::Tiny => "sangat_kecil",
            Self::Overlap => "tumpang_tindih",
            Self::Gap => "celah",
            Self::NoPolygon => "tanpa_poligon",
            Self::CoarserLevel => "tingkat_atas_tidak_dipakai",
        }
    }

    /// Mended without asking, because nothing that anyone may have meant is lost.
    pub fn is_mended(self) -> bool {
        self <= Self::Sliver
    }

    /// A remark rather than a fault: nothing need be done.
    pub fn is_remark(self) -> bool {
        matches!(self, Self::Winding | Self::CoarserLevel)
    }
}

/// A defect within one geometry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fault {
    pub kind: DefectKind,
    pub at: Coord<f64>,
    /// Square metres, where the defect has an area.
    pub area_m2: f64,
}

/// A defect of a file, at its region and place.
#[derive(Clone, Debug, PartialEq)]
pub struct Defect {
    pub kind: DefectKind,
    pub code: Option<RegionCode>,
    pub name: String,
    /// Longitude and latitude; absent where the defect has no place.
    pub at: Option<Coord<f64>>,
    pub area_m2: Option<f64>,
    /// The other region of an overlap, the nearest of a gap.
    pub other: Option<RegionCode>,
    /// What was found, where the kind alone does not say it: the row of the file, a name.
    pub note: String,
}

impl Defect {
    pub(super) fn new(kind: DefectKind, code: Option<RegionCode>, name: &str) -> Self {
        Self {
            kind,
            code,
            name: name.to_owned(),
            at: None,
            area_m2: None,
            other: None,
            note: String::new(),
        }
    }

    pub(super) fn at(mut self, at: Coord<f64>) -> Self {
        self.at = (at.x.is_finite() && at.y.is_finite()).then_some(at);
        self
    }

    pub(super) fn area(mut self, area_m2: f64) -> Self {
        self.area_m2 = Some(area_m2);
        self
    }

    pub(super) fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    pub(super) fn other(mut self, other: Option<RegionCode>) -> Self {
        self.other = other;
        self
    }
}

/// Square metres of an area in square degrees at a latitude: WGS 84, exact enough for a threshold
/// (1e-3 of the value for a region of a degree).
pub fn square_metres(square_degrees: f64, latitude: f64) -> f64 {
    // Lengths of a degree on the ellipsoid (Snyder 1987, equations 4-18 and 4-19).
    const A: f64 = 6_378_137.0;
    const E2: f64 = 0.006_694_379_990_14;
    let phi = latitude.to_radians();
    let w = (1.0 - E2 * phi.sin().powi(2)).sqrt();
    let north = (A * (1.0 - E2) / w.powi(3)).to_radians();
    let east = (A * phi.cos() / w).to_radians();
    square_degrees * north * east
}
