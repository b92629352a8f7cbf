//! Households by name on disk: sealed, found again with the key alone, gone when their key is
//! destroyed; and the key itself.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use tempfile::TempDir;
use tepat::by_name::{
    ByName, ByNameError, Grants, Limits, ListKind, Purpose, Row, Unclear, Wish, erase,
};
use tepat::domain::{RegionCode, Sex};
use tepat::fresh::FreshError;
use tepat::pipeline::build_with_key;
use tepat::progress::Silent;
use tepat::sealing::{MasterKey, OpeningReader, SealError, Sealer, SealingWriter, Secret};

use crate::handover::{self, HandOver, Place};

/// Two families of one desa and one of another, with names that stand nowhere else.
pub fn families() -> Vec<Vec<handover::Row>> {
    let row = |nik: &str, name: &str, sex, birth: &str, desa: &str| {
        handover::row(nik, name, sex, birth, desa)
    };
    vec![
        vec![
            row(
                "3602010101800001",
                "ZUBAEDAH KARTOSUWIRYO",
                Sex::Male,
                "1980-01-01",
                "36.02.01.2003",
            ),
            row(
                "3602014201820002",
                "QOMARIYAH KARTOSUWIRYO",
                Sex::Female,
                "1982-01-02",
                "36.02.01.2003",
            ),
        ],
        vec![row("", "WIRYANTO TANPANOMOR", Sex::Male, "1975-05-05", "36.02.01.2003")],
        vec![row("3602010303700003", "XAVERIUS SEBELAH", Sex::Male, "1970-03-03", "36.02.01.2004")],
    ]
}

/// A store that was built with a key, which lies elsewhere.
pub struct Fixture {
    pub place: Place,
    pub keys: TempDir,
    pub id: String,
}

impl Fixture {
    pub fn new() -> Self {
        let (place, keys) = (Place::new(), tempfile::tempdir().unwrap());
        let path = keys.path().join("tepat.key");
        MasterKey::create(&path).unwrap();
        let mut config = place.write(&HandOver { families: families(), others: Vec::new() });
        config.by_name_key = Some(path);
        let built = build_with_key(&config, "2026-01-01T00:00:00Z", Some(handover::key()), &Silent);
        Self { place, keys, id: built.unwrap().id }
    }

    fn key(&self) -> PathBuf {
        self.keys.path().join("tepat.key")
    }

    pub fn master(&self) -> MasterKey {
        MasterKey::read(&self.key(), &self.place.store()).unwrap()
    }

    fn by_name(&self) -> ByName {
        ByName::of_store(&self.place.store(), self.master())
    }

    fn folder(&self) -> PathBuf {
        self.by_name().folder_of(&self.id)
    }
}

fn region(text: &str) -> RegionCode {
    text.parse().unwrap()
}

fn names(rows: &[Row]) -> Vec<String> {
    let mut all = Vec::new();
    for row in rows {
        if let Row::Household(household) = row {
            all.extend(household.members.iter().map(|m| m.name.clone()));
        }
    }
    all
}

#[test]
fn a_list_shows_the_households_of_its_region_and_no_others() {
    let fixture = Fixture::new();
    let opened = fixture.by_name().open(&fixture.id).unwrap();
    assert!(opened.synthetic());
    let list = |code: &str| opened.list(ListKind::Conflicts, region(code), None, 100).unwrap();
    let (rows, total) = list("36.02.01.2003");
    assert!(names(&rows).contains(&"WIRYANTO TANPANOMOR".to_owned()), "{total}");
    assert!(!names(&rows).contains(&"XAVERIUS SEBELAH".to_owned()));
    let (all, of_all) = list("36.02.01");
    assert!(of_all >= total && all.len() as u64 == of_all);
    assert_eq!(list("36.02.02").1, 0);
    let (none, still) = opened.list(ListKind::Conflicts, region("36.02.01"), None, 0).unwrap();
    assert!(none.is_empty() && still == of_all);
    for wide in ["36.02", "36"] {
        let wide = opened.list(ListKind::Conflicts, region(wide), None, 9);
        assert!(matches!(wide, Err(ByNameError::Level(_))));
    }
    let counts = opened.counts(region("36.02")).unwrap();
    assert_eq!(counts.iter().map(|c| c.households).sum::<u64>(), 3);
    assert_eq!(counts.iter().map(|c| c.conflicts).sum::<u64>(), of_all);
    assert!(opened.counts(region("31")).unwrap().is_empty());
    assert!(format!("{rows:?} {opened:?}").find("ZUBAEDAH").is_none());
}

#[test]
fn who_was_not_extremely_poor_in_the_period_before_has_fallen() {
    let (place, keys) = (Place::new(), tempfile::tempdir().unwrap());
    let path = keys.path().join("tepat.key");
    MasterKey::create(&path).unwrap();
    let build = |period: &str, line: f64| {
        let mut config = place.write(&HandOver { families: families(), others: Vec::new() });
        config.by_name_key = Some(path.clone());
        config.period = period.parse().unwrap();
        config.extreme_line_rp_month = Some(line);
        build_with_key(&config, "2026-01-01T00:00:00Z", Some(handover::key()), &Silent).unwrap().id
    };
    // Everybody spends 300,000 a month.
    let before = build("2022-03", 200_000.0);
    let now = build("2023-03", 350_000.0);
    let by_name = ByName::of_store(&place.store(), MasterKey::read(&path, &place.store()).unwrap());
    let opened = by_name.open(&now).unwrap();
    let earlier = by_name.before(&opened).unwrap().unwrap();
    assert_eq!(earlier.snapshot(), before);
    assert!(by_name.before(&earlier).unwrap().is_none());
    let list = |kind, earlier| opened.list(kind, region("36.02.01"), earlier, 9).unwrap();
    let (fallen, total) = list(ListKind::Fallen, Some(&earlier));
    // Who has no NIK is not found again.
    assert_eq!((fallen.len(), total), (2, 2));
    assert!(!names(&fallen).contains(&"WIRYANTO TANPANOMOR".to_owned()));
    assert_eq!(list(ListKind::Fallen, None).1, 0);
    assert_eq!(list(ListKind::Fallen, Some(&opened)).1, 0);
    assert_eq!(list(ListKind::Unreached, None).1, 3);
}

#[test]
fn whoever_lacks_something_due_stands_in_a_list_of_its_own_in_the_demo() {
    let store = super::command::demo().join("store");
    let master = MasterKey::read(&super::command::demo().join("tepat.key"), &store).unwrap();
    let id = fs::read_to_string(store.join("CURRENT")).unwrap();
    let opened = ByName::of_store(&store, master).open(id.trim()).unwrap();
    let counts = opened.counts(region("36.02")).unwrap();
    let missed: u64 = counts.iter().map(|c| c.missed.unwrap()).sum();
    let households: u64 = counts.iter().map(|c| c.households).sum();
    assert!(0 < missed && missed < households, "{missed} of {households}");
    let unreached: u64 = counts.iter().map(|c| c.unreached).sum();
    let mut seen = [0, 0];
    for desa in &counts {
        let list = |kind| opened.list(kind, desa.desa, None, usize::MAX).unwrap();
        let (rows, total) = list(ListKind::Missed);
        assert_eq!(Some(total), desa.missed, "{}", desa.desa);
        for row in &rows {
            let Row::Household(household) = row else { panic!("a pair in a list of families") };
            assert!(!household.missed.is_empty());
        }
        let decile = |row: &Row| match row {
            Row::Household(household) => household.decile.unwrap_or(u8::MAX),
            Row::Pair { .. } => 0,
        };
        assert!(rows.is_sorted_by_key(decile), "the poorest first");
        let (first, still) = opened.list(ListKind::Missed, desa.desa, None, 1).unwrap();
        assert!(first == rows[..rows.len().min(1)] && still == total);
        seen[0] += rows.len() as u64;
        seen[1] += list(ListKind::Unreached).1;
    }
    assert_eq!(seen, [missed, unreached]);
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { all.extend(files_below(&path)) } else { all.push(path) }
    }
    all
}

#[test]
fn no_name_and_no_nik_lies_in_the_clear() {
    let fixture = Fixture::new();
    let needles: Vec<String> = families()
        .concat()
        .iter()
        .flat_map(|row| [row.name.clone(), row.nik.clone()])
        .filter(|text| !text.is_empty())
        .collect();
    assert_eq!(needles.len(), 7);
    // The ledger and the pairs too.
    for path in files_below(&fixture.place.store()) {
        let bytes = fs::read(&path).unwrap();
        if path.starts_with(fixture.folder()) {
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        for needle in &needles {
            let found = bytes.windows(needle.len()).any(|w| w == needle.as_bytes());
            let number = needle.parse::<u64>().ok().map(u64::to_le_bytes);
            let packed = number.is_some_and(|n| bytes.windows(8).any(|w| w == n));
            assert!(!found && !packed, "{}", path.display());
        }
    }
}

#[test]
fn another_key_a_changed_byte_and_an_exchanged_file_open_nothing() {
    let fixture = Fixture::new();
    let other = fixture.keys.path().join("other.key");
    let other = MasterKey::create(&other).unwrap();
    let shut = ByName::of_store(&fixture.place.store(), other).open(&fixture.id);
    assert!(matches!(shut, Err(ByNameError::OtherKey { .. })));

    let file = fixture.folder().join("36.02.01");
    let whole = fs::read(&file).unwrap();
    let open = || {
        let opened = fixture.by_name().open(&fixture.id)?;
        ListKind::ALL
            .into_iter()
            .try_for_each(|kind| opened.list(kind, region("36.02.01"), None, 100).map(drop))
    };
    open().unwrap();
    for at in (0..whole.len()).step_by(7) {
        let mut bytes = whole.clone();
        bytes[at] ^= 4;
        fs::write(&file, &bytes).unwrap();
        // States are read for those who fell alone.
        let opened = fixture.by_name().open(&fixture.id).unwrap();
        let fallen = opened.list(ListKind::Fallen, region("36.02.01"), Some(&opened), 9);
        assert!(open().is_err() || fallen.is_err(), "byte {at}");
    }
    fs::write(&file, &whole).unwrap();
    // The file of one kecamatan under the name of another.
    fs::copy(&file, fixture.folder().join("36.02.02")).unwrap();
    let opened = fixture.by_name().open(&fixture.id).unwrap();
    assert!(opened.list(ListKind::Conflicts, region("36.02.02"), None, 9).is_err());
}

#[test]
fn an_erased_snapshot_cannot_be_read_from_what_is_left_of_it() {
    let fixture = Fixture::new();
    let copy = fixture.keys.path().join("copy");
    fs::create_dir(&copy).unwrap();
    for path in files_below(&fixture.folder()) {
        let name = path.file_name().unwrap();
        if name != "head.json" {
            fs::copy(&path, copy.join(name)).unwrap();
        }
    }
    erase(&fixture.place.store(), &fixture.id).unwrap();
    assert!(matches!(fixture.by_name().open(&fixture.id), Err(ByNameError::Absent { .. })));
    // Built again there is another key: the head of the new one does not open the old files.
    let again = Fixture::new();
    let file = again.folder().join("36.02.01");
    fs::copy(copy.join("36.02.01"), &file).unwrap();
    let opened = again.by_name().open(&again.id).unwrap();
    assert!(opened.list(ListKind::Conflicts, region("36.02.01"), None, 9).is_err());
}

#[test]
fn the_key_is_refused_where_others_can_have_it() {
    let fixture = Fixture::new();
    let store = fixture.place.store();
    let inside = store.join("tepat.key");
    fs::copy(fixture.key(), &inside).unwrap();
    assert!(matches!(MasterKey::read(&inside, &store), Err(SealError::Inside { .. })));
    let link = fixture.keys.path().join("link.key");
    std::os::unix::fs::symlink(&inside, &link).unwrap();
    assert!(matches!(MasterKey::read(&link, &store), Err(SealError::Inside { .. })));
    fs::set_permissions(fixture.key(), fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(MasterKey::read(&fixture.key(), &store), Err(SealError::Open { .. })));
    assert!(matches!(
        MasterKey::create(&fixture.key()),
        Err(SealError::Fresh(FreshError::Exists { .. }))
    ));
    let cut = fixture.keys.path().join("cut.key");
    fs::write(&cut, "tepat-kunci-1 00ff\n").unwrap();
    fs::set_permissions(&cut, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(matches!(MasterKey::read(&cut, &store), Err(SealError::NotAKey { .. })));
    let gone = fixture.keys.path().join("gone.key");
    assert!(matches!(MasterKey::read(&gone, &store), Err(SealError::NoKey { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn what_is_sealed_opens_to_itself_and_a_cut_or_changed_stream_does_not(
        length in prop_oneof![0_usize..2000, 262_100_usize..262_200, 524_280_usize..524_300],
        seed: u8,
        at: prop::sample::Index,
    ) {
        use std::io::{Read, Write};
        let content: Vec<u8> = (0..length).map(|i| (i as u8).wrapping_mul(31) ^ seed).collect();
        let sealer = Sealer::new(&Secret::new([seed; 32]));
        let mut writer = SealingWriter::new(Vec::new(), sealer.clone(), b"uji");
        for part in content.chunks(1777) {
            writer.write_all(part).unwrap();
        }
        let sealed = writer.finish().unwrap();
        let open = |bytes: &[u8], label: &[u8]| {
            let mut out = Vec::new();
            OpeningReader::new(bytes, sealer.clone(), label).read_to_end(&mut out).map(|_| out)
        };
        prop_assert_eq!(open(&sealed, b"uji").unwrap(), content.clone());
        prop_assert!(open(&sealed, b"lain").is_err());
        let at = at.index(sealed.len());
        prop_assert!(open(&sealed[..at], b"uji").is_err());
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        prop_assert!(open(&changed, b"uji").is_err());
        let again = sealer.seal(b"x", content.clone());
        prop_assert_eq!(&again, &sealer.seal(b"x", content.clone()), "equal content, equal bytes");
        prop_assert_eq!(sealer.open(b"x", &again).map(|open| open.to_vec()), Some(content));
        prop_assert_eq!(sealer.open(b"y", &again), None);
    }
}

fn wish(words: &str) -> Wish {
    Wish {
        kind: ListKind::Unreached,
        region: region("36.02.01"),
        purpose: Purpose::Verification,
        words: words.to_owned(),
    }
}

#[test]
fn a_purpose_must_say_something_and_nobodys_number() {
    assert_eq!(wish("Kunjungan lapangan pekan ini").check(), Ok(()));
    assert_eq!(wish("cek").check(), Err(Unclear::TooShort));
    assert_eq!(wish(&"a".repeat(301)).check(), Err(Unclear::TooLong));
    for words in ["Pengaduan NIK 3602010101800001", "warga 3602 0101 0180 0001 mengadu"] {
        assert_eq!(wish(words).check(), Err(Unclear::HoldsNumber));
    }
}

#[test]
fn a_grant_ends_by_itself_and_a_day_has_so_many_rows() {
    let (grants, limits) = (Grants::default(), Limits { seconds: 900, rows: 200, rows_a_day: 300 });
    let draw = |now, spent| {
        Grants::draw("ani", wish("Kunjungan lapangan"), "abc", (now, spent), &limits).unwrap()
    };
    let first = draw(1000, 0).unwrap();
    assert_eq!((first.rows, first.until), (200, 1900));
    assert!(grants.get("s1", 1000).is_none(), "not before it is put in force");
    grants.put("s1", first.clone());
    assert_eq!(grants.get("s1", 1899), Some(first.clone()));
    assert_eq!(grants.get("s1", 1900), None);
    assert_eq!(grants.get("s2", 1000), None, "of one session alone");
    let second = draw(2000, 180).unwrap();
    assert_eq!(second.rows, 120);
    assert_ne!(second.id, first.id);
    assert_eq!(draw(3000, 300), None);
    grants.put("s1", second);
    assert!(grants.close("s1").is_some() && grants.close("s1").is_none());
}
