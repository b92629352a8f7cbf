//! One round of matching persons of two ledgers one to one: each chooses the best on the other
//! side, and those who choose each other are one person.

use std::cmp::Ordering;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering as AtomicOrdering};

use serde::{Deserialize, Serialize};

use super::piles::Piles;
use super::{PipelineError, workers};
use crate::clean::Desa;
use crate::domain::Nik;
use crate::restricted::{Event, EventKind, LedgerPerson};
use crate::spill::{SpillWriter, partition_of, take_partition};

/// How strongly two persons are one. Later fields decide between equals in earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Strength {
    /// 5: equal NIK, nothing differs; 4: equal NIK, a remark; 3: a NIK that was mended; 2: rows that
    /// say the same; 1: score.
    pub kind: u8,
    pub same_id: bool,
    /// How many facts are the very same.
    pub alike: u8,
    /// Bits.
    pub weight: f64,
}

impl Strength {
    fn compare(&self, other: &Self) -> Ordering {
        let first = |s: &Self| (s.kind, s.same_id, s.alike);
        first(self).cmp(&first(other)).then(self.weight.total_cmp(&other.weight))
    }
}

/// Two persons who could be one, by provisional id now and id before.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Edge {
    pub now: u64,
    pub before: u64,
    /// Of the id before: the older stays.
    pub age: u32,
    pub strength: Strength,
}

/// A person who is not matched yet.
#[derive(Serialize, Deserialize)]
pub(super) struct Waiting {
    pub person: LedgerPerson,
    /// Now: chose this one of before, who is somebody else. Before: this one of now is the best,
    /// who is somebody else.
    pub mark: Option<u64>,
}

/// What a person of now hears from those of before.
#[derive(Serialize, Deserialize)]
enum Heard {
    Kept { now: u64, before: Box<Known> },
    Lost { now: u64, to: u64 },
}

/// What goes over from the person of before.
#[derive(Clone, Serialize, Deserialize)]
struct Known {
    id: u64,
    age: u32,
    region: Option<Desa>,
    nik: Option<Nik>,
    former: Vec<Nik>,
}

impl Known {
    fn of(person: &LedgerPerson) -> Self {
        let LedgerPerson { id, age, region, nik, .. } = *person;
        Self { id, age, region, nik, former: person.former.clone() }
    }

    /// The person of now with what goes over.
    fn hand_over(self, now: LedgerPerson) -> Done {
        let renumbered = self.nik.is_some() && now.nik.is_some() && self.nik != now.nik;
        let mut former = self.former;
        former.extend(self.nik.filter(|_| renumbered));
        former.retain(|nik| Some(*nik) != now.nik);
        former.sort_unstable();
        former.dedup();
        let person = LedgerPerson { id: self.id, age: self.age, former, ..now };
        Done { person, kept: Some(self.region), renumbered, split_from: None }
    }
}

impl Heard {
    fn now(&self) -> u64 {
        match self {
            Self::Kept { now, .. } | Self::Lost { now, .. } => *now,
        }
    }
}

/// A person whose id is settled.
#[derive(Serialize, Deserialize)]
pub(super) struct Done {
    pub person: LedgerPerson,
    /// Known before, in this desa.
    pub kept: Option<Option<Desa>>,
    /// Known before by another NIK.
    pub renumbered: bool,
    /// New, because the person of this id is somebody else.
    pub split_from: Option<u64>,
}

/// An id that was given up for that of the person of this provisional id.
#[derive(Serialize, Deserialize)]
struct GivenUp {
    id: u64,
    region: Option<Desa>,
    to: u64,
}

/// The two sides and their edges.
pub(super) struct Round {
    number: u32,
    partitions: usize,
    now: SpillWriter<Waiting>,
    before: SpillWriter<Waiting>,
    edges_now: SpillWriter<Edge>,
    edges_before: SpillWriter<Edge>,
}

impl Round {
    fn create(work: &Path, number: u32, partitions: usize) -> Result<Self, PipelineError> {
        Ok(Self {
            number,
            partitions,
            now: SpillWriter::create(work, &format!("now{number}"), partitions)?,
            before: SpillWriter::create(work, &format!("before{number}"), partitions)?,
            edges_now: SpillWriter::create(work, &format!("edges-now{number}"), partitions)?,
            edges_before: SpillWriter::create(work, &format!("edges-before{number}"), partitions)?,
        })
    }

    pub(super) fn push_now(&self, waiting: &Waiting) -> Result<(), PipelineError> {
        Ok(self.now.push(partition_of(waiting.person.id, self.partitions), waiting)?)
    }

    pub(super) fn push_before(&self, waiting: &Waiting) -> Result<(), PipelineError> {
        Ok(self.before.push(partition_of(waiting.person.id, self.partitions), waiting)?)
    }

    pub(super) fn push_edge(&self, edge: Edge) -> Result<(), PipelineError> {
        self.edges_now.push(partition_of(edge.now, self.partitions), &edge)?;
        Ok(self.edges_before.push(partition_of(edge.before, self.partitions), &edge)?)
    }

    fn finish(self) -> Result<u32, PipelineError> {
        self.now.finish()?;
        self.before.finish()?;
        self.edges_now.finish()?;
        self.edges_before.finish()?;
        Ok(self.number)
    }
}

/// Where matched persons go.
pub(super) struct Matching<'a> {
    work: &'a Path,
    partitions: usize,
    /// By final id.
    done: SpillWriter<Done>,
    /// Provisional and final id of those who were known before, by provisional id.
    names: SpillWriter<(u64, u64)>,
}

pub(super) const DONE: &str = "done";
const NAMES: &str = "names";
const CHOICES: &str = "choices";
const HEARD: &str = "heard";
const GIVEN_UP: &str = "given-up";

impl<'a> Matching<'a> {
    pub(super) fn create(work: &'a Path, partitions: usize) -> Result<Self, PipelineError> {
        Ok(Self {
            work,
            partitions,
            done: SpillWriter::create(work, DONE, partitions)?,
            names: SpillWriter::create(work, NAMES, partitions)?,
        })
    }

    /// A round to fill with both sides.
    pub(super) fn first(&self) -> Result<Round, PipelineError> {
        Round::create(self.work, 1, self.partitions)
    }

    /// Settles who chose each other; the others are the next round, without edges, and are laid by
    /// in `late` to be scored.
    pub(super) fn settle(
        &self,
        round: Round,
        late: Option<&[Piles; 2]>,
    ) -> Result<Round, PipelineError> {
        let number = round.finish()?;
        let left = Round::create(self.work, number + 1, self.partitions)?;
        self.choose(number)?;
        self.answer(number, &left, late)?;
        self.hear(number, &left, late)?;
        Ok(left)
    }

    /// Everybody of now chooses the best of before.
    fn choose(&self, number: u32) -> Result<(), PipelineError> {
        let choices: SpillWriter<(u64, u64)> =
            SpillWriter::create(self.work, CHOICES, self.partitions)?;
        workers::for_each(self.partitions, |partition| -> Result<(), PipelineError> {
            let mut edges: Vec<Edge> =
                take_partition(self.work, &format!("edges-now{number}"), partition)?;
            edges.sort_by(|a, b| {
                (a.now.cmp(&b.now))
                    .then_with(|| b.strength.compare(&a.strength))
                    .then_with(|| b.age.cmp(&a.age))
                    .then_with(|| a.before.cmp(&b.before))
            });
            for mine in edges.chunk_by(|a, b| a.now == b.now) {
                let (now, before) = (mine[0].now, mine[0].before);
                choices.push(partition_of(before, self.partitions), &(before, now))?;
            }
            Ok(())
        })?;
        Ok(choices.finish()?)
    }

    /// Everybody of before answers those who chose them.
    fn answer(
        &self,
        number: u32,
        left: &Round,
        late: Option<&[Piles; 2]>,
    ) -> Result<(), PipelineError> {
        let heard: SpillWriter<Heard> = SpillWriter::create(self.work, HEARD, self.partitions)?;
        workers::for_each(self.partitions, |partition| -> Result<(), PipelineError> {
            let mut choices: Vec<(u64, u64)> = take_partition(self.work, CHOICES, partition)?;
            choices.sort_unstable();
            let best = self.best_of_now(number, partition)?;
            let before: Vec<Waiting> =
                take_partition(self.work, &format!("before{number}"), partition)?;
            for waiting in before {
                let id = waiting.person.id;
                let at = best.binary_search_by_key(&id, |(before, _)| *before);
                let best = at.ok().map(|at| best[at].1);
                let from = choices.partition_point(|(before, _)| *before < id);
                let suitors = choices[from..].iter().take_while(|(before, _)| *before == id);
                let suitors: Vec<u64> = suitors.map(|(_, now)| *now).collect();
                let chosen = best.filter(|best| suitors.contains(best));
                for now in suitors {
                    let person = &waiting.person;
                    let word = match chosen {
                        Some(chosen) if chosen == now => {
                            Heard::Kept { now, before: Box::new(Known::of(person)) }
                        }
                        Some(_) => Heard::Lost { now, to: id },
                        None => continue,
                    };
                    heard.push(partition_of(now, self.partitions), &word)?;
                }
                if chosen.is_none() {
                    if let Some([_, before]) = late {
                        before.push(&waiting.person.record())?;
                    }
                    left.push_before(&Waiting { mark: waiting.mark.or(best), ..waiting })?;
                }
            }
            Ok(())
        })?;
        Ok(heard.finish()?)
    }

    /// The best of now for each id before, sorted by that.
    fn best_of_now(&self, number: u32, partition: usize) -> Result<Vec<(u64, u64)>, PipelineError> {
        let mut edges: Vec<Edge> =
            take_partition(self.work, &format!("edges-before{number}"), partition)?;
        edges.sort_by(|a, b| {
            (a.before.cmp(&b.before))
                .then_with(|| b.strength.compare(&a.strength))
                .then_with(|| a.now.cmp(&b.now))
        });
        edges.dedup_by_key(|edge| edge.before);
        Ok(edges.into_iter().map(|edge| (edge.before, edge.now)).collect())
    }

    /// Everybody of now takes the id of the one who chose them too.
    fn hear(
        &self,
        number: u32,
        left: &Round,
        late: Option<&[Piles; 2]>,
    ) -> Result<(), PipelineError> {
        workers::for_each(self.partitions, |partition| -> Result<(), PipelineError> {
            let mut heard: Vec<Heard> = take_partition(self.work, HEARD, partition)?;
            heard.sort_by_key(Heard::now);
            let now: Vec<Waiting> = take_partition(self.work, &format!("now{number}"), partition)?;
            for waiting in now {
                let at = heard.binary_search_by_key(&waiting.person.id, Heard::now);
                match at.ok().map(|at| &heard[at]) {
                    Some(Heard::Kept { before, .. }) => {
                        self.names.push(partition, &(waiting.person.id, before.id))?;
                        self.push_done(&before.as_ref().clone().hand_over(waiting.person))?;
                    }
                    other => {
                        if let Some([now, _]) = late {
                            now.push(&waiting.person.record())?;
                        }
                        let mark = match other {
                            Some(Heard::Lost { to, .. }) => Some(*to),
                            _ => waiting.mark,
                        };
                        left.push_now(&Waiting { mark, ..waiting })?;
                    }
                }
            }
            Ok(())
        })
    }

    fn push_done(&self, done: &Done) -> Result<(), PipelineError> {
        Ok(self.done.push(partition_of(done.person.id, self.partitions), done)?)
    }

    /// Who found nobody: new, gone, or given up for another. Returns how many are gone and given
    /// up.
    pub(super) fn finish(
        self,
        left: Round,
        events: &SpillWriter<Event>,
    ) -> Result<[u64; 2], PipelineError> {
        let number = left.finish()?;
        let (gone, merged) = (AtomicU64::new(0), AtomicU64::new(0));
        let given_up: SpillWriter<GivenUp> =
            SpillWriter::create(self.work, GIVEN_UP, self.partitions)?;
        workers::for_each(self.partitions, |partition| -> Result<(), PipelineError> {
            let now: Vec<Waiting> = take_partition(self.work, &format!("now{number}"), partition)?;
            for Waiting { person, mark } in now {
                let new = Done { person, kept: None, renumbered: false, split_from: mark };
                self.push_done(&new)?;
            }
            let before: Vec<Waiting> =
                take_partition(self.work, &format!("before{number}"), partition)?;
            for Waiting { person, mark } in before {
                let (id, region) = (person.id, person.region);
                match mark {
                    Some(to) => {
                        let to_partition = partition_of(to, self.partitions);
                        given_up.push(to_partition, &GivenUp { id, region, to })?;
                    }
                    None => {
                        gone.fetch_add(1, AtomicOrdering::Relaxed);
                        let event = Event { kind: EventKind::Gone, old: id, new: None, region };
                        events.push(partition, &event)?;
                    }
                }
            }
            Ok(())
        })?;
        given_up.finish()?;
        self.names.finish()?;
        self.done.finish()?;
        workers::for_each(self.partitions, |partition| -> Result<(), PipelineError> {
            let mut names: Vec<(u64, u64)> = take_partition(self.work, NAMES, partition)?;
            names.sort_unstable();
            for GivenUp { id, region, to } in take_partition(self.work, GIVEN_UP, partition)? {
                let at = names.binary_search_by_key(&to, |(provisional, _)| *provisional);
                let new = at.ok().map(|at| names[at].1);
                let (kind, number) = match new {
                    Some(_) => (EventKind::Merged, &merged),
                    None => (EventKind::Gone, &gone),
                };
                number.fetch_add(1, AtomicOrdering::Relaxed);
                events.push(partition, &Event { kind, old: id, new, region })?;
            }
            Ok(())
        })?;
        Ok([gone.into_inner(), merged.into_inner()])
    }
}
