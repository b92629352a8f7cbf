//! Who may be linked to whom by NIK, and who never.

use proptest::prelude::*;
use tepat::clean::{FamilyKey, PersonRecord, parse_date, standardise};
use tepat::domain::{FamilyCard, FamilyRole, Nik, PersonFacts, Registry, Sex};
use tepat::linkage::{
    BucketOutcome, How, MemberLink, Unlinked, Verdict, cannot_be_one, compare, link_bucket,
    member_links, names_agree,
};
use tepat::sources::layout::DateForm;

const NIK: &str = "3602015708900003";

fn record(registry: Registry, row: u64, nik: &str, name: &str, birth: &str) -> PersonRecord {
    let nik = Nik::parse(nik).ok();
    PersonRecord {
        registry,
        source: registry as u16,
        row,
        nik,
        digits: None,
        verified: false,
        card: None,
        role: None,
        name: standardise(name),
        sex: Some(Sex::Female),
        birth: parse_date(birth, DateForm::Iso),
        region: None,
        family: (registry == Registry::Regsosek)
            .then(|| FamilyKey::from_parts(["36", &row.to_string()].into_iter()).unwrap()),
        member_no: 1,
        facts: PersonFacts::default(),
        ppks: false,
        receipts: 1 << (registry as u32),
    }
}

/// Rows of a registry: linked, linked with a remark, and left open for each reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    linked: u64,
    linked_with_remark: u64,
    not_found: u64,
    contradicted: u64,
    ambiguous: u64,
}

fn counts(outcome: &BucketOutcome, registry: Registry) -> Counts {
    let mut counts = Counts::default();
    for claim in outcome.claims.iter().filter(|c| c.registry == registry) {
        counts.linked += 1;
        counts.linked_with_remark += u64::from(claim.how == How::Nik { remark: true });
    }
    for row in outcome.open.iter().filter(|r| r.record.registry == registry) {
        match row.why {
            Unlinked::NoNik => panic!("a bucket holds NIKs only"),
            Unlinked::NotFound => counts.not_found += 1,
            Unlinked::Contradicted => counts.contradicted += 1,
            Unlinked::Ambiguous => counts.ambiguous += 1,
        }
    }
    counts
}

fn links(outcome: &BucketOutcome) -> Vec<MemberLink> {
    member_links(&outcome.claims)
}

#[test]
fn equal_niks_with_agreeing_records_are_linked_and_their_receipts_joined() {
    let outcome = link_bucket(vec![
        record(Registry::Dtks, 9, NIK, "Siti Aminah", "1990-08-17"),
        record(Registry::Regsosek, 1, NIK, "SITI AMINAH", "1990-08-17"),
        record(Registry::PbiJkn, 4, NIK, "Hj. Siti Aminah, S.Pd", "1990-08-17"),
    ]);
    let links = links(&outcome);
    assert_eq!(links.len(), 1);
    assert_eq!(links[0].row, 1);
    assert_eq!(links[0].receipts, 1 << 2 | 1 << 3);
    assert_eq!(outcome.claims.len(), 2);
    assert_eq!(counts(&outcome, Registry::Dtks).linked_with_remark, 0);
}

#[test]
fn one_differing_attribute_is_a_remark_and_two_are_a_contradiction() {
    let base = record(Registry::Regsosek, 1, NIK, "Siti Aminah", "1990-08-17");
    let verdict = |name: &str, birth: &str, sex: Sex| {
        let mut other = record(Registry::Dtks, 1, NIK, name, birth);
        other.sex = Some(sex);
        compare(&base, &other)
    };
    assert_eq!(verdict("Aminah Siti", "1990-08-17", Sex::Female), Verdict::Same);
    assert_eq!(verdict("S. Aminah", "1990-08-17", Sex::Female), Verdict::Same);
    assert_eq!(verdict("Siti Aminah", "1990-01-01", Sex::Female), Verdict::Same, "default date");
    assert_eq!(verdict("Siti Aminah", "1971-02-03", Sex::Female), Verdict::SameWithRemark);
    assert_eq!(verdict("Siti Aminah", "1990-08-17", Sex::Male), Verdict::SameWithRemark);
    assert_eq!(verdict("Siti Aminah", "1971-02-03", Sex::Male), Verdict::Contradiction);
    assert_eq!(verdict("Budi Santoso", "1971-02-03", Sex::Female), Verdict::Contradiction);
}

#[test]
fn a_day_and_month_exchanged_are_the_same_birth_date() {
    let base = record(Registry::Regsosek, 1, NIK, "Siti", "1990-08-07");
    let other = record(Registry::Dtks, 1, NIK, "Siti", "1990-07-08");
    assert_eq!(compare(&base, &other), Verdict::Same);
}

#[test]
fn a_nik_that_the_base_holds_twice_links_only_where_one_holder_fits() {
    let two = || {
        vec![
            record(Registry::Regsosek, 1, NIK, "Siti Aminah", "1990-08-17"),
            record(Registry::Regsosek, 2, NIK, "Joko Widodo", "1961-06-21"),
        ]
    };
    let mut records = two();
    records.push(record(Registry::Dtks, 1, NIK, "Siti Aminah", "1990-08-17"));
    let outcome = link_bucket(records);
    assert_eq!(links(&outcome).iter().map(|l| l.row).collect::<Vec<_>>(), [1]);
    assert_eq!(outcome.repeated, 2);

    let mut records = two();
    records[1].name = records[0].name.clone();
    records[1].birth = records[0].birth;
    records.push(record(Registry::Dtks, 1, NIK, "Siti Aminah", "1990-08-17"));
    let outcome = link_bucket(records);
    assert!(outcome.claims.is_empty(), "either could be meant");
    assert_eq!(counts(&outcome, Registry::Dtks).ambiguous, 1);
}

#[test]
fn a_nik_that_the_base_does_not_hold_is_counted_as_not_found() {
    let outcome = link_bucket(vec![record(Registry::Dtks, 1, NIK, "Siti", "1990-08-17")]);
    assert!(outcome.claims.is_empty());
    assert_eq!(counts(&outcome, Registry::Dtks).not_found, 1);
}

#[test]
fn two_verified_niks_that_differ_are_two_people_whatever_else_agrees() {
    let a = record(Registry::Regsosek, 1, NIK, "Siti Aminah", "1990-08-17");
    let b = record(Registry::Dtks, 1, "3602015708900004", "Siti Aminah", "1990-08-17");
    let verified = |record: &PersonRecord, so| PersonRecord { verified: so, ..record.clone() };
    assert!(cannot_be_one(&verified(&a, true), &verified(&b, true)));
    assert!(!cannot_be_one(&verified(&a, true), &verified(&b, false)));
    assert!(!cannot_be_one(&verified(&a, true), &verified(&a, true)));
}

#[test]
fn one_family_card_has_one_head_and_one_spouse() {
    let head = |birth: &str, role| PersonRecord {
        card: FamilyCard::parse("3602012303040005").ok(),
        role: Some(role),
        ..record(Registry::Regsosek, 1, "", "Siti Aminah", birth)
    };
    let a = head("1990-08-17", FamilyRole::Head);
    assert!(a.card.is_some());
    assert!(cannot_be_one(&a, &head("1965-08-17", FamilyRole::Head)));
    assert!(!cannot_be_one(&a, &head("1990-01-01", FamilyRole::Head)), "the same year");
    assert!(!cannot_be_one(&a, &head("1965-08-17", FamilyRole::Spouse)));
    let child = |birth: &str| head(birth, FamilyRole::Child);
    assert!(!cannot_be_one(&child("1990-08-17"), &child("1992-08-17")), "there are many children");
    let mut elsewhere = head("1965-08-17", FamilyRole::Head);
    elsewhere.card = FamilyCard::parse("3602012303040006").ok();
    assert!(!cannot_be_one(&a, &elsewhere));
}

#[test]
fn names_of_different_people_do_not_agree() {
    for (a, b) in [
        ("SITI AMINAH", "BUDI SANTOSO"),
        ("AHMAD", "MUHAMMAD YUSUF"),
        ("DEDE SURYANA", "DEDI MULYADI"),
        ("NENENG", "NANANG KOSASIH"),
    ] {
        assert!(!names_agree(a, b), "{a} / {b}");
        assert!(!names_agree(b, a), "{b} / {a}");
    }
}

proptest! {
    #[test]
    fn links_do_not_depend_on_the_order_of_the_records(
        picks in proptest::collection::vec((0_usize..8, 0_usize..3, 0_usize..4, 0_usize..3), 1..40),
        seed in any::<u64>(),
    ) {
        let niks = ["3602015708900003", "3602015708900004", "3171010101800001"];
        let names = ["Siti Aminah", "S Aminah", "Budi Santoso", "Muhammad Ali"];
        let births = ["1990-08-17", "1980-01-01", "1990-01-01"];
        let records: Vec<PersonRecord> = picks
            .iter()
            .zip(1_u64..)
            .map(|((r, nik, name, birth), row)| {
                record(Registry::ALL[*r], row, niks[*nik], names[*name], births[*birth])
            })
            .collect();
        let mut shuffled = records.clone();
        let n = shuffled.len();
        for i in 0..n {
            shuffled.swap(i, (seed.rotate_left(i as u32 % 64) as usize) % n);
        }
        let (a, b) = (link_bucket(records.clone()), link_bucket(shuffled));
        prop_assert_eq!(links(&a), links(&b));
        prop_assert_eq!(a.repeated, b.repeated);
        for registry in &Registry::ALL[1..] {
            let c = counts(&a, *registry);
            prop_assert_eq!(c, counts(&b, *registry));
            let rows = records.iter().filter(|r| r.registry == *registry).count() as u64;
            prop_assert_eq!(c.linked + c.not_found + c.contradicted + c.ambiguous, rows);
        }
    }

    #[test]
    fn agreement_of_names_is_mutual(a in "[A-Z]{1,8}( [A-Z]{1,8}){0,2}", b in "[A-Z]{1,8}( [A-Z]{1,8}){0,2}") {
        prop_assert_eq!(names_agree(&a, &b), names_agree(&b, &a));
        prop_assert!(names_agree(&a, &a));
    }
}
