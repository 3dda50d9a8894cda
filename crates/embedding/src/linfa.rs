//! The engine `linfa`: the exact t-SNE of crate `linfa-tsne`.
//!
//! `linfa-tsne` uses an older `ndarray` and an older `rand` than this workspace. Both stay inside this file.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use linfa::traits::Transformer;
use linfa_tsne::TSneParams;
use ndarray::Array2;
use rand_chacha_03::ChaCha8Rng;
use rand_chacha_03::rand_core::SeedableRng;

use crate::Error;
use crate::schedule::Schedule;

/// The most points that the engine accepts. Three matrices of `[n, n]` numbers take 2.4 GB at this size.
const MOST_POINTS: usize = 10_000;
/// The time between two calls of `go_on`.
const INTERVAL: Duration = Duration::from_millis(20);

/// Lays out `points` `[n, d]` and returns their positions `[n, 2]`, with mean 0.
///
/// Three times `perplexity` is at most n - 1. The layout starts at random positions, which `seed` decides. It runs on one
/// thread, so the result does not depend on the number of threads.
///
/// `linfa-tsne` cannot be interrupted. It therefore runs on a thread of its own. When `go_on(0)` returns false, this
/// function returns at once, and the thread works on without effect until it is done or the process ends.
///
/// # Errors
/// Returns an error for more than 10,000 points, when `go_on` returns false, when `linfa-tsne` fails, and when a position is
/// not finite.
pub(crate) fn layout(
    points: &Array2<f64>,
    perplexity: f64,
    schedule: Schedule,
    seed: u64,
    go_on: &mut dyn FnMut(usize) -> bool,
) -> Result<Array2<f64>, Error> {
    let n = points.nrows();
    if n > MOST_POINTS {
        return Err(Error::TooManyPoints { points: n, most: MOST_POINTS });
    }
    // `linfa-tsne` rejects points of one dimension. A second one of zeros changes no distance.
    let shape = (n, points.ncols().max(2));
    let points = ndarray_016::Array2::from_shape_fn(shape, |at| points.get(at).copied().unwrap_or(0.0));
    let parameters = TSneParams::embedding_size_with_rng(2, ChaCha8Rng::seed_from_u64(seed))
        .perplexity(perplexity)
        // 0 selects the exact gradient.
        .approx_threshold(0.0)
        .max_iter(schedule.iterations)
        .preliminary_iter(schedule.exaggerated);
    let (sender, receiver) = mpsc::channel();
    let work = move || sender.send(parameters.transform(points)).unwrap_or_default();
    thread::Builder::new().name("linfa-tsne".into()).spawn(work).map_err(|error| Error::Linfa(error.to_string()))?;
    let positions = loop {
        if !go_on(0) {
            return Err(Error::Stopped(0));
        }
        match receiver.recv_timeout(INTERVAL) {
            Ok(done) => break done.map_err(|error| Error::Linfa(error.to_string()))?,
            Err(RecvTimeoutError::Timeout) => (),
            Err(RecvTimeoutError::Disconnected) => return Err(Error::Linfa("its thread panicked".into())),
        }
    };
    if !positions.iter().all(|value| value.is_finite()) {
        return Err(Error::Diverged(schedule.iterations));
    }
    Ok(Array2::from_shape_fn((n, 2), |(i, axis)| positions[[i, axis]]))
}
