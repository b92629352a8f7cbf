//! Tests of room `labels`.
