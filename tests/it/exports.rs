//! Tests of room `exports`.
