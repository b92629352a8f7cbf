//! Ids that stay: the persons of this build matched one to one with those of the snapshot before,
//! by NIK, by household where the NIK was mended, by rows that say the same, then by score. Who is found again keeps the id.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::match_ids::{DONE, Done, Edge, Matching, Round, Strength, Waiting};
use super::people::FOUND;
use super::piles::Piles;
use super::score::{Pair, score_passes};
use super::{PipelineError, workers};
use crate::clean::PersonRecord;
use crate::domain::IdentityCounts;
use crate::linkage::{
    RegistryLinker, Verdict, by_content, cannot_be_one, compare_in_detail, weight_of,
};
use crate::restricted::{
    Event, EventKind, Ledger, LedgerPerson, LedgerWriter, Prints, write_events,
};
use crate::sealing::Sealer;
use crate::spill::{SpillWriter, partition_of, take_partition};

const KEYS: &str = "keys";
/// Persons that found nobody, to be scored.
const LATE_NOW: &str = "late-now";
const LATE_BEFORE: &str = "late-before";
const EVENTS: &str = "event";
const HOUSEHOLDS: &str = "households";

/// Persons of one key, on one side, beyond which they are paired in order and not compared.
const CROWD: usize = 64;

/// What ids are matched with and where they go.
pub(super) struct Identities<'a> {
    pub work: &'a Path,
    /// The restricted folder that is being made.
    pub draft: &'a Path,
    pub partitions: usize,
    /// `None` where only NIK links.
    pub linker: Option<&'a RegistryLinker>,
    pub link_at: f64,
    pub prints: &'a Prints,
    /// What the ledger is sealed with.
    pub sealer: Option<Sealer>,
    /// Id and ledger of the current snapshot.
    pub previous: Option<(String, Ledger)>,
}

/// By what persons find each other: one entry a person and key.
#[derive(Serialize, Deserialize)]
struct KeyEntry {
    /// A NIK, or the print of a row.
    key: u64,
    is_nik: bool,
    before: bool,
    id: u64,
    age: u32,
    /// For a NIK: what the two must not contradict each other in.
    record: Option<PersonRecord>,
    /// For a NIK: see [`Prints::of_household`].
    households: Vec<u64>,
}

/// A person as one of a household: one entry a person and household.
#[derive(Serialize, Deserialize)]
struct Housed {
    key: u64,
    before: bool,
    id: u64,
    age: u32,
    /// Has a NIK that is on this side alone.
    alone: bool,
}

impl Identities<'_> {
    /// Numbers everybody, writes ledger and events, and counts.
    pub(super) fn run(self) -> Result<IdentityCounts, PipelineError> {
        let ledger = LedgerWriter::create(self.draft, self.partitions, self.sealer.clone())?;
        let Some((previous, before)) = &self.previous else {
            let persons =
                self.number_everybody(|partition, person| Ok(ledger.push(partition, person)?))?;
            ledger.finish()?;
            write_events(self.draft, std::iter::empty::<Result<_, PipelineError>>())?;
            return Ok(IdentityCounts { persons, new: persons, ..IdentityCounts::default() });
        };
        let events = SpillWriter::create(self.work, EVENTS, self.partitions)?;
        let matching = Matching::create(self.work, self.partitions)?;
        let round = self.first_round(&matching, before)?;
        let late = self.linker.map(|_| self.late_piles()).transpose()?;
        let mut left = matching.settle(round, late.as_ref())?;
        if let (Some(linker), Some(late)) = (self.linker, late) {
            self.score_late(linker, late, &left)?;
            left = matching.settle(left, None)?;
        }
        let [gone, merged] = matching.finish(left, &events)?;
        let counts = self.write_ledger(&ledger, &events)?;
        ledger.finish()?;
        events.finish()?;
        self.write_events()?;
        Ok(IdentityCounts { previous: Some(previous.clone()), gone, merged, ..counts })
    }

    /// Gives every person the id that their content makes, twins in content an ordinal; returns
    /// how many there are.
    fn number_everybody(
        &self,
        each: impl Fn(usize, &LedgerPerson) -> Result<(), PipelineError> + Sync,
    ) -> Result<u64, PipelineError> {
        let total = Mutex::new(0);
        workers::for_each(self.partitions, |partition| -> Result<(), PipelineError> {
            let mut persons: Vec<LedgerPerson> = take_partition(self.work, FOUND, partition)?;
            persons.sort_by_cached_key(|p| p.id);
            for twins in persons.chunk_by_mut(|p, q| p.id == q.id) {
                if twins.len() > 1 {
                    twins.sort_by(|p, q| {
                        let (a, b) = (p.record(), q.record());
                        by_content(&a, &b).then_with(|| p.prints.cmp(&q.prints))
                    });
                }
                for (nth, person) in (0..).zip(twins) {
                    if nth > 0 {
                        person.id = self.prints.person_id(&person.record(), nth);
                    }
                    each(partition, person)?;
                }
            }
            *total.lock().unwrap_or_else(PoisonError::into_inner) += persons.len() as u64;
            Ok(())
        })?;
        Ok(total.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    /// Both sides laid by and their edges by NIK and by print.
    fn first_round(
        &self,
        matching: &Matching<'_>,
        before: &Ledger,
    ) -> Result<Round, PipelineError> {
        let keys: SpillWriter<KeyEntry> = SpillWriter::create(self.work, KEYS, self.partitions)?;
        let households = SpillWriter::create(self.work, HOUSEHOLDS, self.partitions)?;
        let round = matching.first()?;
        self.number_everybody(|_, person| {
            self.push_keys(&keys, &households, person, false)?;
            round.push_now(&Waiting { person: person.clone(), mark: None })
        })?;
        workers::for_each(before.partitions(), |partition| -> Result<(), PipelineError> {
            before.read(partition, |mut person| {
                person.age = person.age.saturating_add(1);
                self.push_keys(&keys, &households, &person, true)?;
                round.push_before(&Waiting { person, mark: None })
            })
        })?;
        keys.finish()?;
        workers::for_each(self.partitions, |partition| -> Result<(), PipelineError> {
            let mut entries: Vec<KeyEntry> = take_partition(self.work, KEYS, partition)?;
            entries.sort_by_key(|e| (e.is_nik, e.key, e.before, e.id));
            let same = |a: &KeyEntry, b: &KeyEntry| (a.is_nik, a.key) == (b.is_nik, b.key);
            for group in entries.chunk_by(same) {
                let (now, before) = group.split_at(group.partition_point(|e| !e.before));
                edges(now, before, |edge| round.push_edge(edge))?;
                let alone = now.is_empty() || before.is_empty();
                group.iter().try_for_each(|entry| self.push_housed(&households, entry, alone))?;
            }
            Ok(())
        })?;
        households.finish()?;
        self.mended_niks(&round)?;
        Ok(round)
    }

    fn push_housed(
        &self,
        households: &SpillWriter<Housed>,
        entry: &KeyEntry,
        alone: bool,
    ) -> Result<(), PipelineError> {
        let KeyEntry { before, id, age, .. } = *entry;
        entry.households.iter().try_for_each(|key| {
            let housed = Housed { key: *key, before, id, age, alone };
            Ok(households.push(partition_of(*key, self.partitions), &housed)?)
        })
    }

    /// Edges between the one of a household now and the one before, of equal name, birth date and
    /// sex, who each have a NIK that the other side does not know: it was mended. Two valid NIKs
    /// are two people within a delivery; but who had the old one is nowhere any more.
    fn mended_niks(&self, round: &Round) -> Result<(), PipelineError> {
        workers::for_each(self.partitions, |partition| -> Result<(), PipelineError> {
            let mut all: Vec<Housed> = take_partition(self.work, HOUSEHOLDS, partition)?;
            all.sort_unstable_by_key(|housed| (housed.key, housed.before, housed.id));
            for group in all.chunk_by(|a, b| a.key == b.key) {
                if let [now, before] = group
                    && !now.before
                    && before.before
                    && now.alone
                    && before.alone
                {
                    let same_id = now.id == before.id;
                    let strength = Strength { kind: 3, same_id, alike: 0, weight: 0.0 };
                    let age = before.age;
                    round.push_edge(Edge { now: now.id, before: before.id, age, strength })?;
                }
            }
            Ok(())
        })
    }

    fn push_keys(
        &self,
        keys: &SpillWriter<KeyEntry>,
        households: &SpillWriter<Housed>,
        person: &LedgerPerson,
        before: bool,
    ) -> Result<(), PipelineError> {
        let nik = person.nik.map(|nik| (nik.expose(), Some(person.record())));
        let prints = person.prints.iter().map(|print| (*print, None));
        let of_household = self.prints.of_household(person);
        for (key, record) in nik.into_iter().chain(prints) {
            let (id, age, is_nik) = (person.id, person.age, record.is_some());
            let housed = if is_nik { of_household.clone() } else { Vec::new() };
            let entry = KeyEntry { key, is_nik, before, id, age, record, households: housed };
            keys.push(partition_of(key, self.partitions), &entry)?;
        }
        if person.nik.is_none() {
            for key in of_household {
                let housed = Housed { key, before, id: person.id, age: person.age, alone: false };
                households.push(partition_of(key, self.partitions), &housed)?;
            }
        }
        Ok(())
    }

    fn late_piles(&self) -> Result<[Piles; 2], PipelineError> {
        Ok([
            Piles::create(self.work, LATE_NOW, self.partitions)?,
            Piles::create(self.work, LATE_BEFORE, self.partitions)?,
        ])
    }

    /// Edges by score between those who are left on both sides.
    fn score_late(
        &self,
        linker: &RegistryLinker,
        late: [Piles; 2],
        left: &Round,
    ) -> Result<(), PipelineError> {
        late.into_iter().try_for_each(Piles::finish)?;
        let each = |(now, before, weight, _): Pair<'_>| {
            let strength = Strength { kind: 1, same_id: now.row == before.row, alike: 0, weight };
            left.push_edge(Edge { now: now.row, before: before.row, age: 0, strength })
        };
        let names = [LATE_NOW, LATE_BEFORE];
        score_passes(self.work, self.partitions, names, linker, weight_of(self.link_at), each)
    }

    /// Writes the ledger by final id; a new id that an older person holds is drawn again.
    fn write_ledger(
        &self,
        ledger: &LedgerWriter,
        events: &SpillWriter<Event>,
    ) -> Result<IdentityCounts, PipelineError> {
        let total = Mutex::new(IdentityCounts::default());
        workers::for_each(self.partitions, |partition| -> Result<(), PipelineError> {
            let mut persons: Vec<Done> = take_partition(self.work, DONE, partition)?;
            // Two of one id are one in two to the power of 64, and the older keeps it.
            persons.sort_by_cached_key(|d| (d.person.id, d.kept.is_none()));
            let mut sum = IdentityCounts::default();
            let mut last = None;
            for mut done in persons {
                if last == Some(done.person.id) {
                    done.person.id = self.prints.person_id(&done.person.record(), u64::MAX);
                }
                last = Some(done.person.id);
                count(&done, partition, events, &mut sum)?;
                ledger.push(partition, &done.person)?;
            }
            let mut total = total.lock().unwrap_or_else(PoisonError::into_inner);
            total.persons += sum.persons;
            total.kept += sum.kept;
            total.new += sum.new;
            total.moved += sum.moved;
            total.renumbered += sum.renumbered;
            total.split += sum.split;
            Ok(())
        })?;
        Ok(total.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    fn write_events(&self) -> Result<(), PipelineError> {
        let part = |partition| Ok(take_partition::<Event>(self.work, EVENTS, partition)?);
        write_events(self.draft, (0..self.partitions).map(part))
    }
}

fn count(
    done: &Done,
    partition: usize,
    events: &SpillWriter<Event>,
    sum: &mut IdentityCounts,
) -> Result<(), PipelineError> {
    let person = &done.person;
    let event = |kind, old| Event { kind, old, new: Some(person.id), region: person.region };
    sum.persons += 1;
    sum.kept += u64::from(done.kept.is_some());
    sum.new += u64::from(done.kept.is_none());
    let earlier = done.kept.flatten();
    if earlier.is_some() && person.region.is_some() && earlier != person.region {
        sum.moved += 1;
        events.push(partition, &event(EventKind::Moved, person.id))?;
    }
    if done.renumbered {
        sum.renumbered += 1;
        events.push(partition, &event(EventKind::Renumbered, person.id))?;
    }
    if let Some(old) = done.split_from {
        sum.split += 1;
        events.push(partition, &event(EventKind::Split, old))?;
    }
    Ok(())
}

/// The edges between the persons of one key.
fn edges(
    now: &[KeyEntry],
    before: &[KeyEntry],
    each: impl Fn(Edge) -> Result<(), PipelineError>,
) -> Result<(), PipelineError> {
    if now.len() > CROWD || before.len() > CROWD {
        // A placeholder, or hundreds of rows that say the same: any pairing is as good as another,
        // but for the ids that are the same.
        let mut free: Vec<&KeyEntry> = Vec::new();
        for b in before {
            match now.binary_search_by_key(&b.id, |n| n.id) {
                Ok(at) => edge(&now[at], b).map_or(Ok(()), &each)?,
                Err(_) => free.push(b),
            }
        }
        let fresh = now.iter().filter(|n| before.binary_search_by_key(&n.id, |b| b.id).is_err());
        return fresh.zip(free).filter_map(|(n, b)| edge(n, b)).try_for_each(each);
    }
    for b in before {
        now.iter().filter_map(|n| edge(n, b)).try_for_each(&each)?;
    }
    Ok(())
}

fn edge(now: &KeyEntry, before: &KeyEntry) -> Option<Edge> {
    let (kind, alike) = match (&now.record, &before.record) {
        (Some(a), Some(b)) => {
            let (verdict, differs) = compare_in_detail(a, b);
            if verdict == Verdict::Contradiction || cannot_be_one(a, b) {
                return None;
            }
            let same = [a.name == b.name, a.birth == b.birth, !differs.sex, a.region == b.region];
            let alike = same.into_iter().map(u8::from).sum();
            (if verdict == Verdict::Same { 5 } else { 4 }, alike)
        }
        _ => (2, 0),
    };
    let strength = Strength { kind, same_id: now.id == before.id, alike, weight: 0.0 };
    Some(Edge { now: now.id, before: before.id, age: before.age, strength })
}
