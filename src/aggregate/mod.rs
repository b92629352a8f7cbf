//! The wall: persons and families go in, sums of regions come out. Nothing right of this room
//! knows a person.

mod facts;
mod family;
mod place;
mod rollup;

pub use facts::{AggregateError, Partial, sum_by_desa, sum_partials};
pub use family::{FamilyFact, MeasureContext, PartitionInput, PartitionOutcome, measure_partition};
pub use place::{Place, PlaceError, Placer};
pub use rollup::{add_registry_rows, roll_up};
