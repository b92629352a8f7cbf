//! The wall: persons and families go in, sums of regions come out. Nothing right of this room
//! knows a person.

mod facts;
mod family;
mod place;
mod rollup;

pub use facts::{AggregateError, sum_by_desa};
pub use family::{
    FamilyFact, Home, MeasureContext, PartitionInput, PartitionOutcome, measure_partition,
};
pub use place::{Conflicts, LocationRule, Place, Placer};
pub use rollup::{add_partition, add_registry_rows, roll_up};
