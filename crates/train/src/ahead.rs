//! Items that a second thread prepares while the caller uses the items before them.

use std::sync::mpsc::sync_channel;
use std::thread;

use anyhow::Result;

/// Passes the results of `make` for `jobs`, in order, to `work`. A second thread calls `make`, up to `ahead` results in
/// advance.
///
/// The first error of `make` is the last item. The thread stops early when `work` returns early. A panic in `make`
/// continues in the caller.
pub(crate) fn ahead<J, T, R>(
    ahead: usize,
    jobs: impl Iterator<Item = J> + Send,
    make: impl Fn(J) -> Result<T> + Send,
    work: impl FnOnce(&mut dyn Iterator<Item = Result<T>>) -> R,
) -> R
where
    T: Send,
{
    thread::scope(|scope| {
        let (to, from) = sync_channel(ahead);
        let maker = scope.spawn(move || {
            for job in jobs {
                let item = make(job);
                let last = item.is_err();
                if to.send(item).is_err() || last {
                    return;
                }
            }
        });
        let mut from = from.into_iter();
        let result = work(&mut from);
        drop(from);
        if let Err(panic) = maker.join() {
            std::panic::resume_unwind(panic);
        }
        result
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use anyhow::bail;

    use super::*;

    #[test]
    fn every_item_arrives_once_and_in_order() {
        for queue in [0, 1, 7, 1000] {
            let made: Vec<usize> = ahead(queue, 0..100, |job| Ok(job * job), |made| made.map(Result::unwrap).collect());
            assert_eq!(made, (0..100).map(|job| job * job).collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_thread_waits_when_the_queue_is_full() {
        let made = AtomicUsize::new(0);
        let taken = ahead(
            2,
            0..1000,
            |job| {
                made.fetch_add(1, Ordering::SeqCst);
                Ok(job)
            },
            |made| made.take(3).count(),
        );
        assert_eq!(taken, 3);
        // Three items are taken, two are in the queue, and one waits to enter it.
        assert!(made.load(Ordering::SeqCst) <= 6, "{made:?}");
    }

    #[test]
    fn an_error_is_the_last_item() {
        let make = |job: usize| if job == 4 { bail!("job {job} is bad") } else { Ok(job) };
        let seen: Vec<Result<usize, String>> =
            ahead(3, 0..10, make, |made| made.map(|item| item.map_err(|error| error.to_string())).collect());
        assert_eq!(seen, [Ok(0), Ok(1), Ok(2), Ok(3), Err("job 4 is bad".to_owned())]);
    }

    #[test]
    #[should_panic(expected = "boom")]
    fn a_panic_reaches_the_caller() {
        ahead(1, 0..3, |_| -> Result<()> { panic!("boom") }, |made| made.count());
    }
}
