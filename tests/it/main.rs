//! The one integration binary: each module tests one room or one promise.

mod exports;
mod fixture;
mod labels;
mod maps;
mod web;
