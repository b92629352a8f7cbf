//! A bounded store of finished things (rendered pages, map layers): first in, first out by weight,
//! and each thing made once even when many ask for it at the same moment.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many things may be made at the same time: rendering is CPU work, and the machines that
/// serve have few cores.
const MAKERS: usize = 4;

pub(super) struct Shelf<V> {
    held: Mutex<Held<V>>,
    makers: [Mutex<()>; MAKERS],
    capacity: usize,
}

struct Held<V> {
    things: HashMap<String, (Arc<V>, usize)>,
    order: VecDeque<String>,
    weight: usize,
}

impl<V> Shelf<V> {
    /// `capacity` in the unit of the weights given to [`Shelf::get_or_make`].
    pub(super) fn new(capacity: usize) -> Self {
        let held = Held { things: HashMap::new(), order: VecDeque::new(), weight: 0 };
        Self { held: Mutex::new(held), makers: Default::default(), capacity }
    }

    pub(super) fn get(&self, key: &str) -> Option<Arc<V>> {
        lock(&self.held).things.get(key).map(|(thing, _)| Arc::clone(thing))
    }

    /// The thing of that key; made, weighed and kept where it is not there yet. A failure is not
    /// kept.
    pub(super) fn get_or_make<E>(
        &self,
        key: &str,
        make: impl FnOnce() -> Result<V, E>,
        weigh: impl FnOnce(&V) -> usize,
    ) -> Result<Arc<V>, E> {
        if let Some(thing) = self.get(key) {
            return Ok(thing);
        }
        let _turn = lock(&self.makers[stripe(key)]);
        // Whoever had the turn before may have made it.
        if let Some(thing) = self.get(key) {
            return Ok(thing);
        }
        let thing = Arc::new(make()?);
        self.put(key, Arc::clone(&thing), weigh(&thing));
        Ok(thing)
    }

    fn put(&self, key: &str, thing: Arc<V>, weight: usize) {
        if weight > self.capacity {
            return;
        }
        let mut held = lock(&self.held);
        while held.weight + weight > self.capacity {
            let Some(oldest) = held.order.pop_front() else { break };
            if let Some((_, freed)) = held.things.remove(&oldest) {
                held.weight -= freed;
            }
        }
        if held.things.insert(key.to_owned(), (thing, weight)).is_none() {
            held.order.push_back(key.to_owned());
            held.weight += weight;
        }
    }
}

fn stripe(key: &str) -> usize {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    usize::try_from(hasher.finish() % MAKERS as u64).unwrap_or(0)
}

/// A thread that died while holding the lock leaves a valid store behind: every change above is
/// complete or absent.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn make(shelf: &Shelf<u32>, key: &str, value: u32) -> Arc<u32> {
        shelf.get_or_make(key, || Ok::<_, ()>(value), |_| 4).unwrap_or_default()
    }

    #[test]
    fn a_thing_is_made_once() {
        let shelf = Shelf::new(10);
        assert_eq!(*make(&shelf, "a", 1), 1);
        assert_eq!(*make(&shelf, "a", 2), 1);
    }

    #[test]
    fn the_oldest_leaves_when_the_shelf_is_full() {
        let shelf = Shelf::new(10);
        for (key, value) in [("a", 1), ("b", 2), ("c", 3)] {
            make(&shelf, key, value);
        }
        assert!(shelf.get("a").is_none());
        assert!(shelf.get("b").is_some() && shelf.get("c").is_some());
    }

    #[test]
    fn what_outweighs_the_shelf_is_served_but_not_kept() {
        let shelf = Shelf::new(3);
        assert_eq!(*make(&shelf, "a", 1), 1);
        assert!(shelf.get("a").is_none());
    }
}
