//! Who is the same person: by equal NIK, checked against name, sex and birth date; then, for rows
//! that their NIK does not link, by match weight. A missing or zero NIK is never an identity; a NIK
//! whose records contradict each other links nobody.

mod agreement;
mod bucket;
mod claim;
mod content;
mod registry;
mod registry_scores;
mod rules;

pub use agreement::{
    Agreement, Differences, Verdict, compare, compare_in_detail, differences, names_agree,
};
pub use bucket::{BucketOutcome, OpenRow, Unlinked, link_bucket};
pub use claim::{Claim, How, MemberLink, RowRef, member_links};
pub use content::by_content;
pub use registry::{Candidate, KEPT, LinkError, Pass, RegistryLinker, probability, weight_of};
pub use rules::cannot_be_one;
