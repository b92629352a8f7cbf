//! The one integration binary: a module for each room or journey.

mod synth;
