//! Who is the same person: by equal NIK, checked against name, sex and birth date. A missing or
//! zero NIK is never an identity; a NIK whose records contradict each other links nobody.

mod agreement;
mod bucket;

pub use agreement::{Agreement, Verdict, compare, names_agree};
pub use bucket::{BucketOutcome, MemberLink, link_bucket};
