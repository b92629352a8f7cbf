//! `tepat regions`: boundaries, codes and names.

use clap::{Args, Subcommand};

use super::convert::{Convert, Find};
use super::fault::Fault;

#[derive(Debug, Args)]
pub(super) struct Regions {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Translate a CSV column of region codes from one system or vintage to another
    Convert(Convert),
    /// Find regions by name or code in both systems
    Find(Find),
}

impl Regions {
    pub(super) fn run(self) -> Result<(), Fault> {
        match self.command {
            Command::Convert(convert) => convert.run(),
            Command::Find(find) => find.run(),
        }
    }
}
