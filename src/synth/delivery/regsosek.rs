//! Regsosek, form K: the family file and the member file. Answer codes are those of the form.

use super::cell::{
    Cell, Row, address, birth, card, choice, degrees, name, nik, number, padded, rt, rw, text,
};
use crate::synth::faults::RegionFault;
use crate::synth::people::Relation;

/// Parts of the region code as the form splits it: 2, 2, 3, 3 digits; by mistake the Kemendagri
/// parts 2, 2, 2, 4.
fn region_part(row: &Row<'_>, part: usize, out: &mut Vec<u8>) {
    let (code, cuts) = match row.place.fault {
        RegionFault::OtherSystem => (&row.place.desa.dotted, [0..2, 3..5, 6..8, 9..13]),
        _ => (&row.place.desa.form_code, [0..2, 2..4, 4..7, 7..10]),
    };
    if let Some(digits) = code.get(cuts[part].clone()) {
        text(out, digits);
    }
}

/// The columns that both files share: place, building and family number.
fn key(column: &str) -> Option<Cell> {
    let cell: Cell = match column {
        "r101" => |r, o| region_part(r, 0, o),
        "r102" => |r, o| region_part(r, 1, o),
        "r103" => |r, o| region_part(r, 2, o),
        "r104" => |r, o| region_part(r, 3, o),
        "r105" => |r, o| {
            padded(o, 1 + r.family_pick(3, 12), 4);
            text(o, "00");
        },
        "r109" => |r, o| padded(o, u64::from(r.family.building), 4),
        // Wide enough to be unique in the whole run: the key stays unique where a region code is
        // wrong.
        "r110" => |r, o| padded(o, r.family_no, 8),
        _ => return None,
    };
    Some(cell)
}

/// 1 yes, 2 no.
fn one_two(out: &mut Vec<u8>, yes: bool) {
    choice(out, yes, ["1", "2"]);
}

pub(super) fn family(column: &str) -> Option<Cell> {
    let cell: Cell = match column {
        "r106" => |r, o| {
            text(o, "RT ");
            rt(r, o);
            text(o, " RW ");
            rw(r, o);
        },
        "r107" => address,
        "r108" => name,
        "r111" | "r115" => |_, o| text(o, "1"),
        "r112" => |r, o| number(o, u64::from(r.family.size)),
        "r114" => card,
        "r301a" => |r, o| number(o, [1, 1, 1, 2, 3][r.family_pick(11, 5) as usize]),
        "r302" => |r, o| number(o, 18 + 6 * u64::from(r.family.decile) + r.family_pick(13, 30)),
        "r303" => |r, o| choice(o, r.well_off(15, 3), ["2", "6"]),
        "r304" => |r, o| choice(o, r.well_off(19, 2), ["1", "4"]),
        "r305" => |r, o| choice(o, r.well_off(21, 1), ["2", "3"]),
        "r306a" => |r, o| number(o, [2, 3, 4, 5, 6][r.family_pick(25, 5) as usize]),
        "r306b" => |r, o| number(o, 1 + r.family_pick(27, 2)),
        "r307a" => |_, o| text(o, "1"),
        "r307b" => |r, o| number(o, (u64::from(r.family.decile) / 2).clamp(1, 5)),
        "r308" => |r, o| choice(o, r.well_off(29, 1), ["4", "9"]),
        "r309a" => |r, o| number(o, if r.well_off(33, 2) { 1 } else { 2 + r.family_pick(35, 2) }),
        "r309b" => |_, o| text(o, "1"),
        "r310" => |r, o| choice(o, r.well_off(37, 2), ["1", "4"]),
        // What families say they receive is not what the programmes' own lists say: left blank.
        "r502a" => |r, o| one_two(o, r.well_off(39, 7)),
        "r502b" => |r, o| one_two(o, r.well_off(41, 4)),
        "r502c" | "r502d" | "r502h" => |r, o| one_two(o, r.well_off(43, 9)),
        "r502e" | "r502l" | "r502m" => |_, o| text(o, "2"),
        "r502f" | "r502g" => |r, o| one_two(o, r.well_off(45, 8)),
        "r502i" | "r502n" => |r, o| one_two(o, r.well_off(47, 2)),
        "r502j" => |r, o| one_two(o, r.family_pick(49, 3) == 0),
        "r502k" => |r, o| one_two(o, r.well_off(51, 10)),
        "r503a" | "r503b" => |r, o| one_two(o, r.well_off(53, 9)),
        "r504a" | "r504b" | "r504c" | "r504d" => |_, o| text(o, "0"),
        "r504e" => |r, o| number(o, r.family_pick(55, 9).saturating_sub(6)),
        "r505" => |r, o| choice(o, r.well_off(57, 3), ["2", "0"]),
        "r506" => |r, o| choice(o, r.well_off(59, 5), ["2", "4"]),
        "lintang" => |r, o| {
            if let Some([_, lat]) = r.coordinate {
                degrees(o, lat);
            }
        },
        "bujur" => |r, o| {
            if let Some([lng, _]) = r.coordinate {
                degrees(o, lng);
            }
        },
        "desil_nasional" => |r, o| number(o, u64::from(r.family.decile)),
        "pengeluaran_kapita" => |r, o| number(o, r.family.expenditure_rp.unsigned_abs()),
        other => return key(other),
    };
    Some(cell)
}

/// Item 410 is asked of married women of 10 to 54.
fn asked_if_pregnant(row: &Row<'_>) -> bool {
    let p = row.person();
    p.female && (10..=54).contains(&p.facts.age) && marriage(row) > 1
}

fn marriage(row: &Row<'_>) -> u64 {
    let p = row.person();
    let spouse = row.members.iter().any(|m| m.relation == Relation::Spouse);
    match p.relation {
        Relation::Spouse => 2,
        Relation::Head if spouse => 2,
        Relation::Head if p.facts.age > 30 => 3 + row.person_pick(3, 2),
        Relation::Parent => 4,
        _ => 1,
    }
}

fn asked_from_five(row: &Row<'_>) -> bool {
    row.person().facts.age >= 5
}

fn difficulty(row: &Row<'_>, question: u64, out: &mut Vec<u8>) {
    let hard = row.person().facts.disabled && row.person_pick(11, 9) == question;
    choice(out, hard, ["2", "4"]);
}

pub(super) fn member(column: &str) -> Option<Cell> {
    let cell: Cell = match column {
        "r401" => |r, o| number(o, r.member as u64 + 1),
        "r402" => name,
        "r403" => nik,
        "r404" => |_, o| text(o, "1"),
        "r405" => |r, o| choice(o, r.person().female, ["2", "1"]),
        "r406" => birth,
        "r407" => |r, o| number(o, u64::from(r.person().facts.age)),
        "r408" => |r, o| number(o, marriage(r)),
        "r409" => |r, o| number(o, r.person().relation as u64),
        "r410" => |r, o| {
            if asked_if_pregnant(r) {
                one_two(o, r.person().facts.pregnant);
            }
        },
        "r411" => |r, o| number(o, if r.person().facts.age >= 17 { 3 } else { 1 }),
        "r412" => |r, o| {
            if asked_from_five(r) {
                let code = if r.person().facts.pupil { 2 } else { 3 };
                number(o, if r.person().facts.age < 6 { 1 } else { code });
            }
        },
        "r413" => |r, o| {
            if r.person().facts.age >= 7 {
                padded(o, [3, 8, 14, 19][(r.person().facts.age.min(22) as usize - 7) / 5], 2);
            }
        },
        "r414" => |r, o| {
            if r.person().facts.age >= 7 {
                number(o, 1 + r.person_pick(13, 6));
            }
        },
        "r416a" => |r, o| {
            if asked_from_five(r) {
                one_two(o, r.person().facts.working);
            }
        },
        "r416b" => |r, o| {
            if r.person().facts.working {
                number(o, 8 + r.person_pick(17, 48));
            }
        },
        "r417" => |r, o| {
            if r.person().facts.working {
                padded(o, 1 + r.person_pick(19, 26), 2);
            }
        },
        "r418" => |r, o| {
            if r.person().facts.working {
                number(o, if r.person().facts.business { 1 } else { 4 + r.person_pick(21, 3) });
            }
        },
        "r420" => |r, o| {
            if asked_from_five(r) {
                one_two(o, r.person().facts.business);
            }
        },
        "r425" => |r, o| {
            if r.person().facts.business {
                number(o, 1 + u64::from(r.family.decile) / 5);
            }
        },
        "r428a" => |r, o| difficulty(r, 0, o),
        "r428b" => |r, o| difficulty(r, 1, o),
        "r428c" => |r, o| difficulty(r, 2, o),
        "r428d" => |r, o| difficulty(r, 3, o),
        "r428e" => |r, o| difficulty(r, 4, o),
        "r428f" => |r, o| difficulty(r, 5, o),
        "r428g" => |r, o| difficulty(r, 6, o),
        "r428h" => |r, o| difficulty(r, 7, o),
        "r428i" => |r, o| difficulty(r, 8, o),
        "r428j" => |r, o| number(o, 3 + r.person_pick(23, 2)),
        "r430" => |_, o| text(o, "01"),
        other => return key(other),
    };
    Some(cell)
}
