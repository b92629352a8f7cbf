//! Names as people of Banten and Jakarta bear them: Sundanese, Javanese, Betawi, Arabic-derived;
//! one word and many, bin and binti, titles; and the ways in which clerks write them differently.

use super::dice::Dice;

const MEN: [&str; 96] = [
    "Muhammad",
    "Ahmad",
    "Asep",
    "Dedi",
    "Ujang",
    "Agus",
    "Budi",
    "Slamet",
    "Suparman",
    "Supardi",
    "Sukardi",
    "Sutrisno",
    "Suyanto",
    "Sugeng",
    "Bambang",
    "Joko",
    "Eko",
    "Dwi",
    "Tri",
    "Wahyu",
    "Hendra",
    "Hendri",
    "Iwan",
    "Irwan",
    "Yusuf",
    "Yudi",
    "Yayan",
    "Yanto",
    "Udin",
    "Saepudin",
    "Saepuloh",
    "Syarif",
    "Syamsul",
    "Samsudin",
    "Jamaludin",
    "Jaenudin",
    "Jaelani",
    "Abdul",
    "Abdullah",
    "Abdurrahman",
    "Hasan",
    "Husen",
    "Ibrahim",
    "Ismail",
    "Ilham",
    "Imam",
    "Fajar",
    "Fauzi",
    "Firmansyah",
    "Hidayat",
    "Rahmat",
    "Rohmat",
    "Ridwan",
    "Rizki",
    "Rudi",
    "Rusdi",
    "Sanusi",
    "Sarip",
    "Sarman",
    "Sarta",
    "Madsari",
    "Mad",
    "Marsin",
    "Nana",
    "Nanang",
    "Dadang",
    "Dede",
    "Deni",
    "Didin",
    "Engkos",
    "Entis",
    "Enjang",
    "Cecep",
    "Encep",
    "Aep",
    "Ade",
    "Adi",
    "Aji",
    "Ali",
    "Amir",
    "Andi",
    "Anwar",
    "Arif",
    "Arya",
    "Dimas",
    "Galih",
    "Gilang",
    "Kosasih",
    "Karta",
    "Mulyadi",
    "Maulana",
    "Naufal",
    "Raihan",
    "Rafi",
    "Satria",
    "Zaenal",
];

const WOMEN: [&str; 80] = [
    "Siti",
    "Sri",
    "Nur",
    "Nurhayati",
    "Nuraeni",
    "Nurjanah",
    "Eneng",
    "Neneng",
    "Euis",
    "Iis",
    "Ai",
    "Aisyah",
    "Ani",
    "Anita",
    "Ayu",
    "Cucu",
    "Dewi",
    "Dian",
    "Eka",
    "Elis",
    "Eni",
    "Enok",
    "Fatimah",
    "Fitri",
    "Halimah",
    "Hasanah",
    "Ida",
    "Ika",
    "Imas",
    "Indah",
    "Intan",
    "Juju",
    "Julaeha",
    "Kartini",
    "Kokom",
    "Komariah",
    "Lilis",
    "Lina",
    "Mariam",
    "Marsinah",
    "Maryati",
    "Maya",
    "Mimin",
    "Mulyati",
    "Nani",
    "Nengsih",
    "Nia",
    "Nina",
    "Nining",
    "Novi",
    "Oom",
    "Putri",
    "Rahma",
    "Ratna",
    "Rina",
    "Rini",
    "Rohayati",
    "Rohimah",
    "Rosita",
    "Rukmini",
    "Rumsiah",
    "Saadah",
    "Salamah",
    "Santi",
    "Sarinah",
    "Sarmi",
    "Suharti",
    "Sukaesih",
    "Sumiati",
    "Sunarti",
    "Susi",
    "Titin",
    "Tuti",
    "Umi",
    "Wati",
    "Yanti",
    "Yati",
    "Yuliana",
    "Zahra",
    "Zulaikha",
];

const MORE_MEN: [&str; 40] = [
    "Ariyanto",
    "Gunawan",
    "Hakim",
    "Haryanto",
    "Hasanudin",
    "Hermawan",
    "Irawan",
    "Iskandar",
    "Jaya",
    "Kurnia",
    "Kurniawan",
    "Kusuma",
    "Lukman",
    "Mahmud",
    "Mubarok",
    "Mustofa",
    "Nugraha",
    "Nugroho",
    "Pamungkas",
    "Permana",
    "Prasetyo",
    "Pratama",
    "Purnama",
    "Purwanto",
    "Rachman",
    "Ramadhan",
    "Romadhon",
    "Saputra",
    "Setiawan",
    "Sobari",
    "Solihin",
    "Subagja",
    "Sudrajat",
    "Suherman",
    "Suhendar",
    "Sulaeman",
    "Supriatna",
    "Suryana",
    "Wibowo",
    "Wijaya",
];

const MORE_WOMEN: [&str; 35] = [
    "Aminah",
    "Aprilia",
    "Azizah",
    "Azzahra",
    "Fadilah",
    "Fauziah",
    "Febrianti",
    "Handayani",
    "Hidayah",
    "Hidayati",
    "Kurnia",
    "Kurniasih",
    "Kusuma",
    "Kusumawati",
    "Laelasari",
    "Lestari",
    "Mardiana",
    "Marlina",
    "Munawaroh",
    "Oktaviani",
    "Permatasari",
    "Pratiwi",
    "Purnama",
    "Rahayu",
    "Rahmawati",
    "Ramadhani",
    "Ratnasari",
    "Rohmah",
    "Safitri",
    "Saputri",
    "Sari",
    "Setiawati",
    "Sulastri",
    "Susanti",
    "Wahyuni",
];

const BEFORE: [&str; 3] = ["", "H. ", "Hj. "];
const AFTER: [&str; 4] = ["", ", S.Pd", ", S.E.", ", A.Md"];

/// Spelling pairs of the field, as (written, also written). The first that fits is used.
const SPELLINGS: [(&str, &[&str]); 14] = [
    ("MUHAMMAD", &["MOHAMAD", "MUHAMAD", "MOCHAMAD", "MUH.", "MOH.", "M."]),
    ("AHMAD", &["ACHMAD", "AKHMAD"]),
    ("ABDUL", &["ABD.", "ABDOEL"]),
    ("SITI", &["SITTI", "ST."]),
    ("NUR", &["NOER", "NOOR"]),
    ("SYA", &["SA", "SJA"]),
    ("SU", &["SOE"]),
    ("DJ", &["J"]),
    ("J", &["DJ"]),
    ("YU", &["JU"]),
    ("AE", &["AI"]),
    ("UDIN", &["UDDIN"]),
    ("RAHMA", &["RACHMA", "ROHMA"]),
    ("I", &["Y", "IE"]),
];

/// A name as indices into the word lists, so that a population of names fits in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Name {
    first: u8,
    /// 0: none, else index + 1.
    second: u8,
    third: u8,
    female: bool,
    before: u8,
    after: u8,
    /// The third word is a father's first name, after bin or binti.
    filial: bool,
}

/// Second and third words.
fn more(female: bool) -> &'static [&'static str] {
    if female { &MORE_WOMEN } else { &MORE_MEN }
}

/// Common names are common: small indices are drawn more often.
fn skewed(dice: &mut Dice, n: usize) -> u8 {
    let u = dice.unit();
    (u * u.sqrt() * n as f64) as u8
}

impl Name {
    /// Draws a name; `father` gives his first name to some children.
    pub(super) fn draw(dice: &mut Dice, female: bool, age: u8, father: Option<Self>) -> Self {
        let first = skewed(dice, if female { WOMEN.len() } else { MEN.len() });
        // Older people bear one word more often.
        let alone = if age > 50 { 0.45 } else { 0.12 };
        let words = more(female).len();
        let mut word = |p: f64| if dice.chance(p) { 1 + skewed(dice, words) } else { 0 };
        let second = word(1.0 - alone);
        let mut third = if second > 0 { word(0.25) } else { 0 };
        let mut filial = false;
        if let Some(father) = father
            && dice.chance(0.05)
        {
            (third, filial) = (father.first, true);
        }
        let hajj = age > 40 && dice.chance(0.03);
        let before = match (hajj, female) {
            (true, true) => 2,
            (true, false) => 1,
            _ => 0,
        };
        let after =
            if (22..60).contains(&age) && dice.chance(0.01) { dice.between(1, 3) } else { 0 };
        Self { first, second, third, female, before, after, filial }
    }

    /// The true name in capitals, the way most registries keep it.
    pub(super) fn write(self, out: &mut Vec<u8>) {
        let start = out.len();
        let mut put = |text: &str| out.extend_from_slice(text.as_bytes());
        put(BEFORE[usize::from(self.before)]);
        put(if self.female {
            WOMEN[usize::from(self.first)]
        } else {
            MEN[usize::from(self.first)]
        });
        if self.second > 0 {
            put(" ");
            put(more(self.female)[usize::from(self.second - 1)]);
        }
        if self.filial {
            put(if self.female { " binti " } else { " bin " });
            put(MEN[usize::from(self.third)]);
        } else if self.third > 0 && self.third != self.second {
            put(" ");
            put(more(self.female)[usize::from(self.third - 1)]);
        }
        put(AFTER[usize::from(self.after)]);
        out[start..].make_ascii_uppercase();
    }
}

/// Turns capitals into Title Case in place, the way schools write.
pub(super) fn title_case(name: &mut [u8]) {
    let mut inside = false;
    for byte in name {
        if inside {
            byte.make_ascii_lowercase();
        }
        inside = byte.is_ascii_alphabetic();
    }
}

/// How a name differs from the true one; the values of `name_fault` in the truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum NameFault {
    None = 0,
    Spelling = 1,
    Title = 2,
    Abbreviated = 3,
    Order = 4,
}

/// Writes the name (in capitals) differently; answers what was really done.
pub(super) fn damage(
    name: &mut Vec<u8>,
    fault: NameFault,
    female: bool,
    dice: &mut Dice,
) -> NameFault {
    let words = name.split(|b| *b == b' ').count();
    match fault {
        NameFault::None => NameFault::None,
        NameFault::Title => {
            if name.starts_with(b"H. ") || name.starts_with(b"HJ. ") {
                let cut = if female { 4 } else { 3 };
                name.drain(..cut);
            } else if dice.chance(0.7) {
                let title: &[u8] = if female { b"HJ. " } else { b"H. " };
                name.splice(..0, title.iter().copied());
            } else {
                name.extend_from_slice(b", S.PD");
            }
            NameFault::Title
        }
        NameFault::Abbreviated if words > 1 => {
            let last = name.iter().rposition(|b| *b == b' ').unwrap_or(0);
            name.truncate(last + 2);
            name.push(b'.');
            NameFault::Abbreviated
        }
        NameFault::Order if words > 1 => {
            let gap = name.iter().position(|b| *b == b' ').unwrap_or(0);
            name.push(b' ');
            name.rotate_left(gap + 1);
            if name.last() == Some(&b' ') {
                name.pop();
            }
            NameFault::Order
        }
        _ => {
            misspell(name, dice);
            NameFault::Spelling
        }
    }
}

fn misspell(name: &mut Vec<u8>, dice: &mut Dice) {
    for (from, to) in SPELLINGS {
        let from = from.as_bytes();
        let starts = |i: &usize| *i == 0 || name[i - 1] == b' ' || from.len() == 1 || from == b"AE";
        let found = name.windows(from.len()).enumerate().filter(|(_, w)| *w == from);
        let place = found.map(|(i, _)| i).find(|i| starts(i) || from == b"UDIN");
        if let Some(place) = place {
            let with = to[dice.below(to.len())].as_bytes();
            name.splice(place..place + from.len(), with.iter().copied());
            return;
        }
    }
    // Nothing of the kind: a doubled letter.
    let place = 1 + dice.below(name.len().saturating_sub(1));
    if let Some(letter) = name.get(place - 1).copied() {
        name.insert(place, letter);
    }
}

#[cfg(test)]
mod tests {
    use super::super::dice::{Dice, Stage};
    use super::{Name, NameFault, damage, title_case};

    #[test]
    fn every_stated_damage_changes_the_name() {
        let mut dice = Dice::new(1, 1, Stage::Delivery);
        let faults =
            [NameFault::Spelling, NameFault::Title, NameFault::Abbreviated, NameFault::Order];
        for i in 0..4000_usize {
            let female = i % 2 == 0;
            let mut name = Vec::new();
            Name::draw(&mut dice, female, (i % 90) as u8, None).write(&mut name);
            let before = name.clone();
            let done = damage(&mut name, faults[i % 4], female, &mut dice);
            assert_ne!(done, NameFault::None);
            assert_ne!(before, name, "{}", String::from_utf8_lossy(&before));
        }
    }

    #[test]
    fn schools_write_title_case() {
        let mut name = b"SITI NUR, S.PD".to_vec();
        title_case(&mut name);
        assert_eq!(name, b"Siti Nur, S.Pd");
    }
}
