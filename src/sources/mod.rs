//! Reading deliveries as delivered; layouts are data.

pub mod layout;
