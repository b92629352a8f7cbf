//! What every reader knows of the counts of one region without being told: which lie in which, and
//! which add up to which.

use super::figure::{BOTH, DIFFER, Figure};
use crate::disclosure::theme::wholes;
use crate::disclosure::{Counted, MatchColumn};
use crate::domain::{ProgrammeSet, ProgrammeUnit, Registry};

/// `Σ factor · count ≥ 0`, or `= 0`.
#[derive(Clone, Debug)]
pub(super) struct Relation {
    pub(super) terms: Vec<(Figure, i64)>,
    pub(super) equal: bool,
    /// What is left over is itself a number of families or persons that must not be found out.
    pub(super) rest: bool,
}

/// No family has more members.
const LARGEST: i64 = 20;

/// All relations between the counts of a region.
pub(super) fn relations(programmes: &ProgrammeSet) -> Vec<Relation> {
    let mut all = Relations(Vec::new());
    all.welfare();
    all.programmes(programmes);
    all.linkage();
    all.0
}

struct Relations(Vec<Relation>);

impl Relations {
    fn inside(&mut self, part: Figure, whole: Figure) {
        self.at_least(vec![(whole, 1), (part, -1)]);
    }

    /// A part whose rest is a secret too.
    fn part(&mut self, part: Figure, whole: Figure) {
        let terms = vec![(whole, 1), (part, -1)];
        self.0.push(Relation { terms, equal: false, rest: true });
    }

    fn at_least(&mut self, terms: Vec<(Figure, i64)>) {
        self.0.push(Relation { terms, equal: false, rest: false });
    }

    fn sum(&mut self, parts: &[Figure], whole: Figure) {
        let terms = parts.iter().map(|part| (*part, 1)).chain([(whole, -1)]).collect();
        self.0.push(Relation { terms, equal: true, rest: false });
    }

    fn welfare(&mut self) {
        use Counted::{
            Agree, Both, ByCode, ByPoint, ExtremeFamilies, ExtremePersons, Families, Persons,
            PoorPersons, Ppks, RankedPersons, WithProgrammes,
        };
        let of = Figure::Region;
        let [families, persons, ranked] = [Families, Persons, RankedPersons].map(of);
        let [poor, extreme, homes] = [PoorPersons, ExtremePersons, ExtremeFamilies].map(of);
        // How many are not ranked is no secret; nor is how large families are.
        self.inside(families, persons);
        self.inside(ranked, persons);
        self.inside(homes, extreme);
        self.at_least(vec![(families, LARGEST), (persons, -1)]);
        self.at_least(vec![(homes, LARGEST), (extreme, -1)]);
        self.part(poor, ranked);
        self.part(extreme, ranked);
        self.part(extreme, poor);
        self.part(homes, families);
        self.part(of(Ppks), persons);
        let by_number = [0, 1, 2, 3].map(|n| of(WithProgrammes(n)));
        self.sum(&by_number, families);
        by_number.into_iter().for_each(|part| self.part(part, families));
        self.sum(&[ByPoint, ByCode].map(of), families);
        self.inside(of(Both), of(ByPoint));
        self.part(of(Both), families);
        self.inside(of(Agree), of(Both));
        self.sum(&[of(Agree)], Figure::Stated(0));
        self.sum(&[Figure::Stated(0), Figure::Stated(DIFFER)], Figure::Stated(BOTH));
        self.sum(&[1, 2, 3, 4].map(Figure::Stated), Figure::Stated(DIFFER));
    }

    fn programmes(&mut self, set: &ProgrammeSet) {
        let of = Figure::Region;
        let number = |n: usize| of(Counted::WithProgrammes(n));
        let mut some = vec![(number(1), -1), (number(2), -2), (number(3), -3)];
        let most = i64::try_from(set.enabled().count()).unwrap_or(i64::MAX / LARGEST);
        let mut all =
            vec![(number(1), LARGEST), (number(2), 2 * LARGEST), (number(3), most * LARGEST)];
        for (index, programme) in set.enabled() {
            let person = programme.unit == ProgrammeUnit::Person;
            let whole = of(if person { Counted::Persons } else { Counted::Families });
            let [eligible, covered] = [Counted::Eligible(index), Counted::Covered(index)].map(of);
            let [leaked, recipients] = [Counted::Leaked(index), Counted::Recipients(index)].map(of);
            self.part(eligible, whole);
            self.part(covered, eligible);
            self.sum(&[covered, leaked], recipients);
            self.at_least(vec![(whole, 1), (eligible, -1), (leaked, -1)]);
            for larger in wholes(set, index) {
                self.part(eligible, of(Counted::Eligible(larger)));
            }
            some.push((recipients, 1));
            all.push((recipients, if person { -1 } else { -LARGEST }));
        }
        // A family with two programmes is among the recipients of two.
        self.at_least(some);
        self.at_least(all);
    }

    fn linkage(&mut self) {
        use MatchColumn as Column;
        let base = Figure::Row(Registry::Regsosek, Column::Rows);
        self.sum(&[base], Figure::Region(Counted::Persons));
        for a in Registry::ALL {
            let of = |column| Figure::Row(a, column);
            self.sum(&Column::LINKS.map(of), of(Column::Linked));
            let lost = Column::OUTCOMES.into_iter().filter(|c| !Column::LINKS.contains(c));
            let parts: Vec<Figure> = lost.chain([Column::Linked]).map(of).collect();
            self.sum(&parts, of(Column::Rows));
            self.part(of(Column::Linked), of(Column::Rows));
            for remark in Column::REMARKS {
                let whole =
                    if remark == Column::Duplicates { Column::Rows } else { Column::Linked };
                self.inside(of(remark), of(whole));
            }
            for b in Registry::ALL.into_iter().filter(|b| *b != a) {
                self.part(pair(a, b), pair(a, a));
                // The triangle inequalities of the correlation polytope, as in `triple`.
                for c in Registry::ALL.into_iter().filter(|c| *c > b && *c != a) {
                    let [own, both] = [pair(a, a), pair(b, c)];
                    self.at_least(vec![(own, 1), (pair(a, b), -1), (pair(a, c), -1), (both, 1)]);
                }
            }
        }
    }
}

fn pair(a: Registry, b: Registry) -> Figure {
    Figure::Common(a.min(b), a.max(b))
}
