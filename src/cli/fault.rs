//! Errors as a product: what went wrong, whose it is to mend, and the exit code that says so.

use std::process::ExitCode;

use crate::access::AccessError;
use crate::audit::AuditError;
use crate::backup::BackupError;
use crate::boundaries::{ImportError, RegionsError, SetError};
use crate::by_name::ByNameError;
use crate::clean::CleanerError;
use crate::clean::check::CheckError;
use crate::fresh::FreshError;
use crate::linkage::{FileError, LinkError, LinkerError, ModelError};
use crate::pipeline::{ConfigError, PipelineError};
use crate::restricted::RestrictedError;
use crate::rotation::RotationError;
use crate::sealing::SealError;
use crate::snapshot::StoreError;
use crate::sources::layout::LayoutError;
use crate::spatial::{AtlasError, LocateError};
use crate::synth::SynthError;
use crate::verify::TruthError;
use crate::web::{ServeError, SettingsError};

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
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Link(#[from] LinkError),
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error(transparent)]
    Set(#[from] SetError),
    #[error(transparent)]
    Check(#[from] CheckError),
    #[error(transparent)]
    Layout(#[from] LayoutError),
    #[error(transparent)]
    Regions(#[from] RegionsError),
    #[error(transparent)]
    Locate(#[from] LocateError),
    #[error(transparent)]
    Atlas(#[from] AtlasError),
    #[error(transparent)]
    Access(#[from] AccessError),
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Fresh(#[from] FreshError),
    #[error(transparent)]
    Audit(#[from] AuditError),
    #[error(transparent)]
    Backup(#[from] BackupError),
    #[error(transparent)]
    ByName(#[from] ByNameError),
    #[error(transparent)]
    Seal(#[from] SealError),
    #[error(transparent)]
    Rotation(#[from] RotationError),
    #[error("{0}")]
    Usage(String),
    #[error("{0}")]
    Input(String),
    #[error("{0} faults were found, and --strict allows none")]
    Faults(u64),
    #[error("{0}")]
    Storage(String),
    #[error(transparent)]
    Serve(ServeError),
    #[error("cannot listen on {0}; choose a free address such as 127.0.0.1:8081 with --listen")]
    Listen(ServeError),
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
            Self::Import(ImportError::Data(_)) => 1,
            Self::Import(_) => 3,
            Self::Set(error) => set_code(error),
            Self::Check(error) => check_code(error),
            Self::Layout(LayoutError::Data(_)) => 1,
            Self::Listen(_) | Self::Usage(_) | Self::File(FileError::Kind { .. }) => 2,
            Self::Atlas(_) | Self::Settings(_) => 3,
            Self::Serve(error) => serve_code(error),
            Self::Access(error) => access_code(error),
            Self::Config(_) | Self::Truth(_) | Self::Layout(_) | Self::Input(_) => 3,
            Self::File(FileError::Fresh(_) | FileError::Write { .. }) => 5,
            Self::Locate(LocateError::Kind { .. }) => 2,
            Self::Locate(LocateError::Fresh(_) | LocateError::Write { .. }) => 5,
            Self::Locate(_) | Self::Regions(_) => 3,
            Self::Model(_) | Self::Link(_) | Self::File(_) => 3,
            Self::Synth(error) => synth_code(error),
            Self::Restricted(error) => restricted_code(error),
            Self::Verification | Self::Faults(_) => 4,
            Self::Store(_) | Self::Storage(_) | Self::Fresh(_) => 5,
            Self::Backup(BackupError::Damaged { .. } | BackupError::Mark { .. }) => 3,
            Self::Backup(BackupError::Unsound { .. }) => 4,
            Self::Rotation(RotationError::Same) => 2,
            Self::Rotation(RotationError::Log(_)) => 4,
            Self::Rotation(_) => 5,
            Self::Audit(_) | Self::Backup(_) | Self::ByName(_) | Self::Seal(_) => 5,
        })
    }
}

impl From<ServeError> for Fault {
    fn from(error: ServeError) -> Self {
        match error {
            ServeError::Listen { .. } => Self::Listen(error),
            other => Self::Serve(other),
        }
    }
}

fn serve_code(error: &ServeError) -> u8 {
    match error {
        ServeError::Tls(_) | ServeError::OpenFiles { .. } => 3,
        ServeError::Listen { .. } | ServeError::Metrics { .. } => 2,
        ServeError::Site(_) | ServeError::Start(_) => 1,
    }
}

fn pipeline_code(error: &PipelineError) -> u8 {
    match error {
        PipelineError::Store(_) | PipelineError::Spill(_) | PipelineError::Unrecorded(_) => 5,
        PipelineError::ByName(_) | PipelineError::Seal(_) => 5,
        PipelineError::Restricted(error) => restricted_code(error),
        PipelineError::Linker(error) => linker_code(error),
        PipelineError::Data(_)
        | PipelineError::Aggregate(_)
        | PipelineError::Rows { .. }
        | PipelineError::Answers { .. }
        | PipelineError::Cleaner(CleanerError::Data(_)) => 1,
        PipelineError::Config(_)
        | PipelineError::Settings(_)
        | PipelineError::NoFamilies
        | PipelineError::Source(_)
        | PipelineError::Layout(_)
        | PipelineError::Cleaner(_)
        | PipelineError::Boundary(_) => 3,
    }
}

fn access_code(error: &AccessError) -> u8 {
    match error {
        AccessError::Name(_)
        | AccessError::Exists(_)
        | AccessError::NoAccount(_)
        | AccessError::NoSession
        | AccessError::Waits(_)
        | AccessError::NoProposal
        | AccessError::SameEyes
        | AccessError::PublicAccount
        | AccessError::Password(_) => 3,
        AccessError::NoRandomness | AccessError::SecondFactor(_) | AccessError::Federation(_) => 1,
        AccessError::Io { .. }
        | AccessError::Open { .. }
        | AccessError::Schema { .. }
        | AccessError::Database(_)
        | AccessError::DamagedHash
        | AccessError::Damaged(_)
        | AccessError::Sealed(_)
        | AccessError::Unrecorded(_) => 5,
    }
}

fn check_code(error: &CheckError) -> u8 {
    match error {
        CheckError::Data(_) | CheckError::Cleaner(CleanerError::Data(_)) => 1,
        CheckError::Source(_) | CheckError::Cleaner(_) => 3,
        CheckError::Spill(_) | CheckError::Write { .. } | CheckError::Occupied(_) => 5,
    }
}

fn set_code(error: &SetError) -> u8 {
    match error {
        SetError::Io { .. } | SetError::Exists(_) | SetError::Damaged { .. } => 5,
        _ => 3,
    }
}

fn linker_code(error: &LinkerError) -> u8 {
    match error {
        LinkerError::Data(_) => 1,
        _ => 3,
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
