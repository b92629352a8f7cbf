//! Progress on a terminal as a bar, elsewhere as one plain line a stage.

use std::io::{IsTerminal, Write};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};

use crate::progress::Progress;

const BAR: &str = "{msg:26} {wide_bar} {percent:>3} %  sisa {eta}";
const SPINNER: &str = "{msg:26} {spinner} {elapsed}";

/// Reports to standard error.
pub(super) struct Terminal {
    bar: Mutex<Option<ProgressBar>>,
    started: Instant,
    interactive: bool,
}

impl Terminal {
    pub(super) fn new() -> Self {
        Self {
            bar: Mutex::new(None),
            started: Instant::now(),
            interactive: std::io::stderr().is_terminal(),
        }
    }

    /// Ends the last stage.
    pub(super) fn done(&self) {
        if let Some(bar) = self.bar.lock().unwrap_or_else(PoisonError::into_inner).take() {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.done();
    }
}

impl Progress for Terminal {
    fn stage(&self, name: &str, total: Option<u64>) {
        self.done();
        if !self.interactive {
            let seconds = self.started.elapsed().as_secs_f64();
            let _ = writeln!(std::io::stderr(), "[{seconds:7.1} s] {name}");
            return;
        }
        let bar = total.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
        let template = if total.is_some() { BAR } else { SPINNER };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(name.to_owned());
        *self.bar.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar);
    }

    fn advance(&self, by: u64) {
        if !self.interactive {
            return;
        }
        if let Some(bar) = self.bar.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            bar.inc(by);
        }
    }
}
