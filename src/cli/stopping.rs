//! The end of a server: told to stop, it takes nothing new, finishes what it has begun within its
//! time, and says so. SIGHUP is no end: it has the certificate read again.

use std::io;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::web::Serving;

/// The signals that a server listens for.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
    reload: Signal,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            reload: signal(SignalKind::hangup())?,
        })
    }

    /// Waits to be told to stop.
    async fn stop(&mut self, reload: &impl Fn()) -> &'static str {
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => return "SIGINT",
                _ = self.terminate.recv() => return "SIGTERM",
                _ = self.reload.recv() => reload(),
            }
        }
    }
}

/// Runs a server to its end. `within` is what requests in flight get, for the log; a second signal
/// ends at once.
pub(super) async fn run(serving: Serving, within: Duration) -> io::Result<()> {
    let handle = serving.handle();
    let reload = serving.look_again();
    let mut signals = Signals::listen()?;
    let stopping = async {
        let signal = signals.stop(&reload).await;
        tracing::info!(
            signal,
            seconds = within.as_secs(),
            "stopping: requests in flight end first"
        );
        tokio::select! {
            () = handle.stop(true) => {}
            _ = signals.stop(&reload) => {
                tracing::warn!("stopping at once");
                handle.stop(false).await;
            }
        }
    };
    tokio::pin!(serving, stopping);
    let ended = tokio::select! {
        // It ended by itself, or had nothing more to finish.
        ended = &mut serving => ended,
        () = &mut stopping => serving.await,
    };
    tracing::info!("stopped");
    ended
}
