//! Several jobs at once, each on its own thread.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::Result;

/// Returns the results of `work` for `jobs`, in their order. At most `workers` jobs run at once.
///
/// # Errors
/// After an error no further job starts. The error of the first failed job, in the order of `jobs`, is returned.
pub(crate) fn side_by_side<J: Copy + Sync, T: Send>(
    workers: usize,
    jobs: &[J],
    work: impl Fn(J) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    if workers <= 1 || jobs.len() <= 1 {
        return jobs.iter().map(|job| work(*job)).collect();
    }
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let done: Mutex<Vec<(usize, Result<T>)>> = Mutex::new(Vec::with_capacity(jobs.len()));
    thread::scope(|scope| {
        for _ in 0..workers.min(jobs.len()) {
            scope.spawn(|| {
                while !failed.load(Ordering::Relaxed) {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(job) = jobs.get(at) else { return };
                    let result = work(*job);
                    failed.fetch_or(result.is_err(), Ordering::Relaxed);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((at, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::bail;

    #[test]
    fn results_have_the_order_of_the_jobs() {
        let jobs: Vec<usize> = (0..50).collect();
        for workers in [0, 1, 3, 100] {
            let squares = side_by_side(workers, &jobs, |job| Ok(job * job)).unwrap();
            assert_eq!(squares, jobs.iter().map(|job| job * job).collect::<Vec<_>>());
        }
    }

    #[test]
    fn no_job_starts_after_an_error() {
        let begun = AtomicUsize::new(0);
        let jobs: Vec<usize> = (0..1000).collect();
        let result = side_by_side(4, &jobs, |job| {
            begun.fetch_add(1, Ordering::Relaxed);
            if job % 10 == 3 {
                bail!("job {job} failed");
            }
            Ok(())
        });
        assert!(result.unwrap_err().to_string().ends_with("failed"));
        assert!(begun.into_inner() < 100);
    }
}
