//! Permits for large bodies, which bound the memory of a run.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Permission to hold a body of more than 1 MiB in memory. A run has four, so the memory for large bodies stays bounded however many
/// requests are under way. A fifth large body waits until a permit is dropped.
#[derive(Debug, Clone)]
pub struct BodyPermit {
    _permit: Arc<OwnedSemaphorePermit>,
}

/// The permits of a run for large bodies.
#[derive(Debug)]
pub(crate) struct BodyPermits(Arc<Semaphore>);

impl BodyPermits {
    /// The size in bytes above which a body needs a permit.
    pub const FROM: usize = 1 << 20;

    pub fn new() -> Self {
        Self(Arc::new(Semaphore::new(4)))
    }

    /// Waits for a permit. The result is never `None`, because the semaphore is never closed.
    pub async fn enter(&self) -> Option<BodyPermit> {
        let permit = Arc::clone(&self.0).acquire_owned().await.ok()?;
        Some(BodyPermit { _permit: Arc::new(permit) })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::pin::pin;
    use std::task::{Context, Waker};

    use super::*;

    /// Returns a permit if one is free.
    fn at_once(permits: &BodyPermits) -> Option<BodyPermit> {
        match pin!(permits.enter()).poll(&mut Context::from_waker(Waker::noop())) {
            std::task::Poll::Ready(permit) => Some(permit.unwrap()),
            std::task::Poll::Pending => None,
        }
    }

    fn all(permits: &BodyPermits) -> Vec<BodyPermit> {
        std::iter::from_fn(|| at_once(permits)).collect()
    }

    #[tokio::test]
    async fn a_request_for_a_fifth_permit_waits_until_one_is_dropped() {
        let permits = Arc::new(BodyPermits::new());
        let mut held = all(&permits);
        assert_eq!(held.len(), 4);
        let waits = tokio::spawn({
            let permits = Arc::clone(&permits);
            async move { permits.enter().await }
        });
        tokio::task::yield_now().await;
        assert!(!waits.is_finished());
        // A clone of a response shares its permit. The permit is free once both are dropped.
        let again = held[0].clone();
        held.remove(0);
        tokio::task::yield_now().await;
        assert!(!waits.is_finished());
        drop(again);
        let permit = waits.await.unwrap();
        assert!(permit.is_some() && at_once(&permits).is_none());
        drop((permit, held));
        assert_eq!(all(&permits).len(), 4);
    }

    #[tokio::test]
    async fn an_aborted_task_returns_its_permit() {
        let permits = Arc::new(BodyPermits::new());
        let enter = || {
            let permits = Arc::clone(&permits);
            tokio::spawn(async move {
                let _permit = permits.enter().await;
                std::future::pending::<()>().await;
            })
        };
        // Four tasks hold permits and two wait.
        let tasks: Vec<_> = (0..6).map(|_| enter()).collect();
        tokio::task::yield_now().await;
        assert!(at_once(&permits).is_none());
        // The first waiting task is aborted before it receives a permit.
        for (task, free) in [(4, 0), (0, 0), (1, 1), (5, 2), (2, 3), (3, 4)] {
            tasks[task].abort();
            while !tasks[task].is_finished() {
                tokio::task::yield_now().await;
            }
            tokio::task::yield_now().await;
            assert_eq!(all(&permits).len(), free, "task {task}");
        }
    }
}
