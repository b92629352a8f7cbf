//! Errors as a product: what went wrong, whose it is to mend, and the exit code that says so.

use std::process::ExitCode;

use crate::pipeline::{ConfigError, PipelineError};
use crate::restricted::RestrictedError;
use crate::snapshot::StoreError;
use crate::synth::SynthError;
use crate::verify::TruthError;

/// Why a command did not do its work.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Pipeline(#[from] PipelineError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Restricted(#[from] RestrictedError),
    #[error(transparent)]
    Synth(#[from] SynthError),
    #[error(transparent)]
    Truth(#[from] TruthError),
    #[error("{0}")]
    Storage(String),
    #[error(
        "cannot listen on {listen}: {source}; choose a free address such as 127.0.0.1:8081 with --listen"
    )]
    Listen { listen: String, source: std::io::Error },
    #[error("the server stopped: {0}")]
    Server(std::io::Error),
    #[error("verification failed")]
    Verification,
    #[error("internal fault: {0}")]
    Internal(String),
}

impl Fault {
    /// See the table in `tepat --help`.
    pub(super) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Config(ConfigError::Data(_)) | Self::Internal(_) | Self::Server(_) => 1,
            Self::Pipeline(error) => pipeline_code(error),
            Self::Listen { .. } => 2,
            Self::Config(_) | Self::Truth(_) => 3,
            Self::Synth(error) => synth_code(error),
            Self::Restricted(error) => restricted_code(error),
            Self::Verification => 4,
            Self::Store(_) | Self::Storage(_) => 5,
        })
    }
}

fn pipeline_code(error: &PipelineError) -> u8 {
    match error {
        PipelineError::Store(_) | PipelineError::Spill(_) => 5,
        PipelineError::Restricted(error) => restricted_code(error),
        PipelineError::Data(_)
        | PipelineError::Aggregate(_)
        | PipelineError::Linkage(_)
        | PipelineError::Rows { .. }
        | PipelineError::Answers { .. } => 1,
        PipelineError::Config(_)
        | PipelineError::Settings(_)
        | PipelineError::NoFamilies
        | PipelineError::Source(_)
        | PipelineError::Layout(_)
        | PipelineError::Cleaner(_)
        | PipelineError::Boundary(_) => 3,
    }
}

fn restricted_code(error: &RestrictedError) -> u8 {
    match error {
        RestrictedError::Cell { .. }
        | RestrictedError::Sheet { .. }
        | RestrictedError::Undecided { .. } => 3,
        _ => 5,
    }
}

fn synth_code(error: &SynthError) -> u8 {
    match error {
        SynthError::Write { .. }
        | SynthError::Table { .. }
        | SynthError::Occupied(_)
        | SynthError::Busy(_) => 5,
        SynthError::Data(_) | SynthError::Interrupted => 1,
        _ => 2,
    }
}
