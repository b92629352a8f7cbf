//! Work on numbered tasks by several threads, results taken in order: memory holds one task a
//! thread, and what is written does not depend on who was quicker.

use std::sync::{Condvar, Mutex, PoisonError};

struct State<S> {
    /// The number whose result is taken next.
    turn: u64,
    stopped: bool,
    sink: S,
}

/// Calls `next` until it gives nothing (one thread at a time), `work` on what it gives (side by
/// side), `take` on the results in the order in which `next` gave the tasks (one at a time).
/// The first error ends it.
pub(super) fn run<F, T, R, S, E>(
    threads: usize,
    feed: F,
    next: impl Fn(&mut F) -> Result<Option<T>, E> + Sync,
    work: impl Fn(T) -> Result<R, E> + Sync,
    sink: S,
    take: impl Fn(&mut S, R) -> Result<(), E> + Sync,
) -> Result<S, E>
where
    F: Send,
    S: Send,
    E: Send,
{
    let feed = Mutex::new((0_u64, feed));
    let state = Mutex::new(State { turn: 0, stopped: false, sink });
    let called = Condvar::new();
    let fault: Mutex<Option<E>> = Mutex::new(None);
    let stop = |error: E| {
        fault.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        state.lock().unwrap_or_else(PoisonError::into_inner).stopped = true;
        called.notify_all();
    };
    let one = || {
        loop {
            let (number, task) = {
                let mut feed = feed.lock().unwrap_or_else(PoisonError::into_inner);
                match next(&mut feed.1) {
                    Ok(Some(task)) => {
                        feed.0 += 1;
                        (feed.0 - 1, task)
                    }
                    Ok(None) => return,
                    Err(error) => return stop(error),
                }
            };
            let result = match work(task) {
                Ok(result) => result,
                Err(error) => return stop(error),
            };
            let state = state.lock().unwrap_or_else(PoisonError::into_inner);
            let mut state = called
                .wait_while(state, |state| state.turn != number && !state.stopped)
                .unwrap_or_else(PoisonError::into_inner);
            if state.stopped {
                return;
            }
            let taken = take(&mut state.sink, result);
            state.turn += 1;
            drop(state);
            called.notify_all();
            if let Err(error) = taken {
                return stop(error);
            }
        }
    };
    std::thread::scope(|scope| {
        (1..threads.max(1)).for_each(|_| drop(scope.spawn(one)));
        one();
    });
    match fault.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error),
        None => Ok(state.into_inner().unwrap_or_else(PoisonError::into_inner).sink),
    }
}
