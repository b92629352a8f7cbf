//! Who is the same person. Across registries: by equal NIK, checked against name, sex and birth
//! date, then by match weight; a missing or zero NIK is never an identity, and a NIK whose records
//! contradict each other links nobody. On any records: by blocking rules and comparisons weighed
//! after Fellegi and Sunter (1969), as a model file says.

mod agreement;
mod blocking;
mod bucket;
mod claim;
mod cluster;
mod compare;
mod content;
mod dictionary;
mod explain;
mod expression;
mod files;
mod link;
mod model;
mod records;
mod registry;
mod registry_blocks;
mod registry_training;
mod rules;
mod sample;
pub mod similarity;
mod train;
mod words;

pub use agreement::{
    Agreement, Differences, Verdict, compare, compare_in_detail, differences, names_agree,
};
pub use blocking::{BlockCount, BlockError};
pub use bucket::{BucketOutcome, OpenRow, Unlinked, link_bucket};
pub use claim::{Claim, How, MemberLink, RowRef, member_links};
pub use cluster::{Clusters, cluster};
pub use compare::{Comparer, Pattern};
pub use content::by_content;
pub use dictionary::{Dictionary, TooLarge};
pub use explain::{Step, Waterfall, explain};
pub use expression::{Expression, ExpressionError, Function, Limit, Measure};
pub use files::{FileError, check_output, read_records, write_clusters, write_links};
pub use link::{Best, Link, LinkError, LinkOptions, Linked, Scorer, how, link};
pub use model::{Block, Column, Comparison, Level, Model, ModelError, Rule, Then, Training};
pub use records::{Records, RecordsBuilder, RecordsError};
pub use registry::{Candidate, KEPT, LinkerError, Pass as RegistryPass, RegistryLinker, weight_of};
pub use rules::cannot_be_one;
pub use sample::sample;
pub use train::{
    Evidence, Parameters, Pass, PatternCounts, Stratum, TrainError, estimate, exact_shares,
    probability,
};
pub use words::{same_words, words_share};
