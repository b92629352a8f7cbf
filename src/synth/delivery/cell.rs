//! What a column can hold, and the cells that several registries share.

use crate::domain::ProgrammeSet;
use crate::sources::layout::DateForm;
use crate::synth::faults::{RegionFault, StatedPerson, StatedPlace};
use crate::synth::people::{Family, Person, Relation, date_parts};
use crate::synth::plan::World;

/// All that a delivered row is written from.
pub(in crate::synth) struct Row<'a> {
    pub(in crate::synth) world: &'a World<'a>,
    pub(in crate::synth) family: &'a Family,
    pub(in crate::synth) members: &'a [Person],
    /// Position in `members`.
    pub(in crate::synth) member: usize,
    pub(in crate::synth) stated: &'a StatedPerson,
    pub(in crate::synth) place: StatedPlace<'a>,
    /// Longitude, latitude.
    pub(in crate::synth) coordinate: Option<[f64; 2]>,
    pub(in crate::synth) date: DateForm,
    /// Running number of the family in the run.
    pub(in crate::synth) family_no: u64,
    /// Random bits of the family and of the person, the same in every row of them.
    pub(in crate::synth) family_bits: u64,
    pub(in crate::synth) person_bits: u64,
}

/// Writes one value; writing nothing leaves the field empty.
pub(in crate::synth) type Cell = fn(&Row<'_>, &mut Vec<u8>);

impl Row<'_> {
    pub(in crate::synth) fn person(&self) -> &Person {
        &self.members[self.member]
    }

    pub(in crate::synth) fn head(&self) -> &Person {
        &self.members[0]
    }

    /// The family's parent couple as far as it is in the family: (father, mother) of a child.
    pub(in crate::synth) fn parents(&self) -> (Option<&Person>, Option<&Person>) {
        let head = self.head();
        let spouse = self.members.iter().find(|m| m.relation == Relation::Spouse);
        if head.female { (None, Some(head)) } else { (Some(head), spouse) }
    }

    /// Receipt of a programme by the person, or by the family for a family programme.
    pub(in crate::synth) fn receives(&self, id: &str) -> bool {
        let programmes: &ProgrammeSet = &self.world.programmes;
        let bits = self.person().receipts | self.family.receipts;
        programmes.index_of(id).is_some_and(|i| bits >> i & 1 == 1)
    }

    /// 0..n, fixed for the family; `shift` tells one question from another.
    pub(in crate::synth) fn family_pick(&self, shift: u32, n: u64) -> u64 {
        self.family_bits.rotate_right(shift) % n
    }

    /// 0..n, fixed for the person.
    pub(in crate::synth) fn person_pick(&self, shift: u32, n: u64) -> u64 {
        self.person_bits.rotate_right(shift) % n
    }

    /// True the more often the richer the family is: nothing but furniture for the forms.
    pub(in crate::synth) fn well_off(&self, shift: u32, from_decile: u64) -> bool {
        u64::from(self.family.decile) + self.family_pick(shift, 4) >= from_decile + 2
    }
}

pub(in crate::synth) fn text(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

pub(in crate::synth) fn number(out: &mut Vec<u8>, n: u64) {
    padded(out, n, 1);
}

/// `n` in decimal, with zeros in front up to `width` digits.
pub(in crate::synth) fn padded(out: &mut Vec<u8>, n: u64, width: usize) {
    let mut digits = [b'0'; 20];
    let (mut at, mut left) = (20, n);
    while left > 0 {
        at -= 1;
        digits[at] = b'0' + (left % 10) as u8;
        left /= 10;
    }
    out.extend_from_slice(&digits[at.min(20 - width.min(20))..]);
}

/// Degrees with six decimals.
pub(in crate::synth) fn degrees(out: &mut Vec<u8>, x: f64) {
    let micro = (x * 1e6).round();
    if micro < 0.0 {
        out.push(b'-');
    }
    let micro = micro.abs() as u64;
    number(out, micro / 1_000_000);
    out.push(b'.');
    padded(out, micro % 1_000_000, 6);
}

pub(in crate::synth) fn choice(out: &mut Vec<u8>, yes: bool, words: [&str; 2]) {
    text(out, words[usize::from(!yes)]);
}

fn date(row: &Row<'_>, packed: u32, out: &mut Vec<u8>) {
    let (year, month, day) = date_parts(packed);
    let (y, m, d) = (u64::from(year), u64::from(month), u64::from(day));
    let (parts, mark) = match row.date {
        DateForm::Iso => ([(y, 4), (m, 2), (d, 2)], b'-'),
        DateForm::Dmy => ([(d, 2), (m, 2), (y, 4)], b'/'),
    };
    for (i, (part, width)) in parts.into_iter().enumerate() {
        if i > 0 {
            out.push(mark);
        }
        padded(out, part, width);
    }
}

pub(in crate::synth) fn nik(row: &Row<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(&row.stated.nik);
}

pub(in crate::synth) fn card(row: &Row<'_>, out: &mut Vec<u8>) {
    padded(out, row.family.card, 16);
}

pub(in crate::synth) fn name(row: &Row<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(&row.stated.name);
}

pub(in crate::synth) fn birth(row: &Row<'_>, out: &mut Vec<u8>) {
    date(row, row.stated.birth, out);
}

/// L or P.
pub(in crate::synth) fn sex_letter(row: &Row<'_>, out: &mut Vec<u8>) {
    choice(out, row.person().female, ["P", "L"]);
}

pub(in crate::synth) fn sex_word(row: &Row<'_>, out: &mut Vec<u8>) {
    choice(out, row.person().female, ["Perempuan", "Laki-laki"]);
}

/// The dotted Kemendagri code, or by mistake the ten BPS digits.
pub(in crate::synth) fn region(row: &Row<'_>, out: &mut Vec<u8>) {
    match (&row.place.desa.bps, row.place.fault) {
        (Some(bps), RegionFault::OtherSystem) => text(out, bps),
        _ => text(out, &row.place.desa.dotted),
    }
}

pub(in crate::synth) fn provinsi(row: &Row<'_>, out: &mut Vec<u8>) {
    text(out, &row.place.desa.names[0]);
}

pub(in crate::synth) fn kabupaten(row: &Row<'_>, out: &mut Vec<u8>) {
    text(out, &row.place.desa.names[1]);
}

pub(in crate::synth) fn kecamatan(row: &Row<'_>, out: &mut Vec<u8>) {
    text(out, &row.place.desa.names[2]);
}

pub(in crate::synth) fn kelurahan(row: &Row<'_>, out: &mut Vec<u8>) {
    text(out, &row.place.desa.names[3]);
}

pub(in crate::synth) fn rt(row: &Row<'_>, out: &mut Vec<u8>) {
    padded(out, 1 + row.family_pick(3, 12), 3);
}

pub(in crate::synth) fn rw(row: &Row<'_>, out: &mut Vec<u8>) {
    padded(out, 1 + row.family_pick(9, 9), 3);
}

const PLACES: [&str; 24] = [
    "CIBADAK",
    "PASIR JAYA",
    "KADU JANGKUNG",
    "CIKUPA",
    "BABAKAN",
    "LEBAK SARI",
    "SUKAMAJU",
    "KARANG ANYAR",
    "PULO GEBANG",
    "CIPARE",
    "RAWA BUNTU",
    "TANJUNG SARI",
    "MELATI",
    "MAWAR",
    "KENANGA",
    "MERDEKA",
    "PAHLAWAN",
    "RAYA SERANG",
    "MESJID AGUNG",
    "PESANTREN",
    "KEBON JERUK",
    "SAWAH LUHUR",
    "CURUG",
    "WARUNG GUNUNG",
];

/// Kampung with RT/RW, or a street with a number.
pub(in crate::synth) fn address(row: &Row<'_>, out: &mut Vec<u8>) {
    let place = PLACES[row.family_pick(17, PLACES.len() as u64) as usize];
    if row.family_pick(23, 3) == 0 {
        text(out, "JL. ");
        text(out, place);
        text(out, " NO. ");
        number(out, 1 + row.family_pick(31, 180));
        text(out, ", ");
    } else {
        text(out, "KP. ");
        text(out, place);
        out.push(b' ');
    }
    text(out, "RT ");
    rt(row, out);
    text(out, "/RW ");
    rw(row, out);
}

/// "Ya" or "Tidak".
pub(in crate::synth) fn ya(out: &mut Vec<u8>, yes: bool) {
    choice(out, yes, ["Ya", "Tidak"]);
}

pub(in crate::synth) fn schooling(row: &Row<'_>, out: &mut Vec<u8>) {
    let words =
        ["Tamat SD/Sederajat", "Tamat SLTP/Sederajat", "Tamat SLTA/Sederajat", "Tamat PT/Akademi"];
    let p = row.person();
    if p.facts.age >= 15 {
        let rank = (u64::from(row.family.decile) / 3 + row.person_pick(5, 3)).min(4);
        text(out, words[rank.saturating_sub(1) as usize]);
    }
}

pub(in crate::synth) fn occupation(row: &Row<'_>, out: &mut Vec<u8>) {
    const WORK: [&str; 8] = [
        "Buruh harian lepas",
        "Petani/pekebun",
        "Wiraswasta",
        "Karyawan swasta",
        "Pedagang",
        "Nelayan",
        "Sopir",
        "Pekerja lainnya",
    ];
    let p = row.person();
    text(
        out,
        match (p.facts.working, p.facts.pupil) {
            (true, _) if p.facts.business => "Wiraswasta",
            (true, _) => WORK[row.person_pick(7, WORK.len() as u64) as usize],
            (false, true) => "Pelajar/mahasiswa",
            (false, false) => "Tidak/belum bekerja",
        },
    );
}
