//! Random streams that depend only on the seed and on their purpose.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Returns the random stream of `seed` for one `purpose` of one `stage`.
///
/// Streams of different purposes are independent. Drawing more numbers from one does not shift another.
pub fn rng(seed: u64, stage: &str, purpose: &str) -> ChaCha8Rng {
    let mut hasher = blake3::Hasher::new_derive_key("tunescope random stream");
    hasher.update(&seed.to_le_bytes());
    hasher.update(&(stage.len() as u64).to_le_bytes());
    hasher.update(stage.as_bytes());
    hasher.update(purpose.as_bytes());
    ChaCha8Rng::from_seed(*hasher.finalize().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::rng;
    use rand::Rng;

    #[test]
    fn streams_differ_by_seed_stage_and_purpose() {
        let first = |seed, stage, purpose| rng(seed, stage, purpose).next_u64();
        let base = first(1, "stage", "shuffle");
        assert_eq!(base, first(1, "stage", "shuffle"));
        assert_ne!(base, first(2, "stage", "shuffle"));
        assert_ne!(base, first(1, "stag", "eshuffle"));
        assert_ne!(base, first(1, "stage", "draw"));
    }
}
