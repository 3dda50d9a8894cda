//! The state of a training as bytes: a header, then weights, first and second moments, all little-endian.
//!
//! A hash covers all that follows it, and another one tells that the state is of the same models, so that a damaged or
//! foreign state is refused before a value of it is used.

use crate::RuntimeError;
use crate::training::TrainingFiles;

/// The format and its version.
const MAGIC: &[u8; 16] = b"tunescope state2";
/// Bytes of a BLAKE3 hash.
const HASH: usize = 32;
/// Bytes of a number of the state.
const VALUE: usize = size_of::<f32>();

/// A hash of the models that a state belongs to.
pub(crate) fn kind(files: &TrainingFiles) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    for model in [files.training_model, files.eval_model] {
        hasher.update(&(model.len() as u64).to_le_bytes());
        hasher.update(model);
    }
    hasher.finalize()
}

/// The state after `steps` steps, of three lists of one length: weights, first and second moments.
pub(crate) fn seal(kind: &blake3::Hash, steps: i64, lists: [&[f32]; 3]) -> Vec<u8> {
    let values: usize = lists.iter().map(|list| list.len()).sum();
    let sealed = MAGIC.len() + HASH;
    let mut state = Vec::with_capacity(sealed + HASH + size_of::<i64>() + values * VALUE);
    state.extend_from_slice(MAGIC);
    state.extend_from_slice(&[0; HASH]);
    state.extend_from_slice(kind.as_bytes());
    state.extend_from_slice(&steps.to_le_bytes());
    for list in lists {
        state.extend(list.iter().flat_map(|value| value.to_le_bytes()));
    }
    let hash = hash(&state[sealed..]);
    state[MAGIC.len()..sealed].copy_from_slice(hash.as_bytes());
    state
}

/// How many steps there were, and the bytes of the three lists of `values` values each, if the state is whole and belongs
/// to these models.
pub(crate) fn open<'s>(
    state: &'s [u8],
    kind: &blake3::Hash,
    values: usize,
) -> Result<(i64, [&'s [u8]; 3]), RuntimeError> {
    let refused = |reason: &str| RuntimeError::BadState { reason: reason.to_owned() };
    let parts = || {
        let (sealed, rest) = state.strip_prefix(MAGIC)?.split_first_chunk::<HASH>()?;
        if hash(rest) != *sealed {
            return None;
        }
        let (of, rest) = rest.split_first_chunk::<HASH>()?;
        let (steps, rest) = rest.split_first_chunk()?;
        Some((of, i64::from_le_bytes(*steps), rest))
    };
    let (of, steps, rest) = parts().ok_or_else(|| refused("it is damaged or not whole"))?;
    if kind != of || rest.len() != 3 * values * VALUE {
        return Err(refused("it is of another model or other settings"));
    }
    let (weights, moments) = rest.split_at(values * VALUE);
    let (first, second) = moments.split_at(values * VALUE);
    Ok((steps, [weights, first, second]))
}

/// The values of a list's bytes.
pub(crate) fn read(bytes: &[u8], values: &mut [f32]) {
    for (value, bytes) in values.iter_mut().zip(bytes.as_chunks::<VALUE>().0) {
        *value = f32::from_le_bytes(*bytes);
    }
}

/// With all cores: a state can be hundreds of megabytes.
fn hash(bytes: &[u8]) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update_rayon(bytes);
    hasher.finalize()
}
