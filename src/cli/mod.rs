//! The command line: what was typed, and what becomes of it. One file a subcommand; the work
//! itself is in the rooms.

mod answer;
mod atlas;
mod audit;
mod backup;
mod build;
mod check;
mod convert;
mod demo;
mod fault;
mod gate;
mod key;
mod link;
mod locate;
mod log;
mod neighbours;
mod operator;
mod progress;
mod regions;
mod report;
mod review;
mod serve;
mod served;
mod stopping;
mod synth;
mod user;
mod verify;

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::domain::Registry;

/// Geospatial poverty-targeting analytics for Indonesia.
#[derive(Debug, Parser)]
#[command(name = "tepat", version, about, after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 done · 1 internal fault · 2 wrong usage · 3 bad input (delivery, layout, boundary, configuration) · 4 verification failed, or faults with check --strict · 5 storage (disk full, permission, lock, damaged store)";

#[derive(Debug, Subcommand)]
enum Command {
    /// Synthesise, build and serve Banten and DKI Jakarta in one go, reusing what exists
    Demo(demo::Demo),
    /// Turn deliveries into a sealed snapshot
    Build(build::Build),
    /// Look at one delivered file: what is filled, what is wrong, what to do about it
    Check(check::Check),
    /// Boundary files into a boundary set, what is in one; region codes and names: translate, find
    Regions(regions::Regions),
    /// Link two files, or one with itself, by a model: links with weights
    Link(link::Link),
    /// Give every point of a file the region that it lies in
    Locate(locate::Locate),
    /// Tell the owner of a registry what became of every row
    Answer(answer::Answer),
    /// Pairs that wait for a decision: out to a spreadsheet, and back
    Review(review::Review),
    /// Serve the current snapshot as a web site
    Serve(serve::Serve),
    /// Accounts: who may sign in, as what, and for which region
    User(user::User),
    /// Check a snapshot: hashes, sums, rows, and synthetic truth where there is one
    Verify(verify::Verify),
    /// Write a store to one file while it is served
    Backup(backup::Backup),
    /// Make a store of such a file
    Restore(backup::Restore),
    /// Make the key that names are sealed with, exchange it, or destroy that of one snapshot
    Key(key::Key),
    /// Make the display geometry and the table of neighbours of a boundary set
    Atlas(atlas::Atlas),
    /// Make synthetic deliveries of the eight registries, with the truth beside
    Synth(synth::Synth),
}

/// Runs the command that was typed.
pub fn run() -> ExitCode {
    // Wrong usage ends here with exit code 2 and a text of clap's.
    let arguments = Arguments::parse();
    // Who looks at the demo wants its passwords in sight, not a line for each page.
    let usual = if matches!(arguments.command, Command::Demo(_)) {
        "info,actix_server=warn,tepat::request=warn,tepat::audit=warn"
    } else {
        "info,actix_server=warn"
    };
    log::start(usual);
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !crate::parquet::is_reading() {
            usual(panic);
        }
    }));
    let outcome = match arguments.command {
        Command::Demo(demo) => demo.run(),
        Command::Build(build) => build.run(),
        Command::Check(check) => check.run(),
        Command::Regions(regions) => regions.run(),
        Command::Link(link) => link.run(),
        Command::Locate(locate) => locate.run(),
        Command::Answer(answer) => answer.run(),
        Command::Review(review) => review.run(),
        Command::Serve(serve) => serve.run(),
        Command::User(user) => user.run(),
        Command::Verify(verify) => verify.run(),
        Command::Backup(backup) => backup.run(),
        Command::Restore(restore) => restore.run(),
        Command::Key(key) => key.run(),
        Command::Atlas(atlas) => atlas.run(),
        Command::Synth(synth) => synth.run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            let _ = writeln!(std::io::stderr(), "tepat: {fault}");
            fault.exit_code()
        }
    }
}

/// Writes a line of the answer; a closed pipe is not a fault.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// A registry by its short name, as the command line takes it.
fn registry_slug(text: &str) -> Result<Registry, String> {
    Registry::from_slug(text).ok_or_else(|| {
        let all: Vec<&str> = Registry::ALL.into_iter().map(Registry::slug).collect();
        format!("not a registry; there are {}", all.join(", "))
    })
}
