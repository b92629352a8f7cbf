//! The quotient behind every rate.

/// `part / whole`, absent when there is no whole.
pub(super) fn share(part: u64, whole: u64) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "sums stay below 2^63; a rate needs 1e-12")]
    (whole > 0).then(|| part as f64 / whole as f64)
}
