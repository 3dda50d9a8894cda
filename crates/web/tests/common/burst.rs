//! A burst of requests to one host, for the tests of the pace. The parent module provides `Web` and `at`.

use std::time::Duration;

use tokio::time::Instant;

use super::{Web, at};

/// Requests `count` images from `host` at the same time. Returns the time until the last answer.
pub async fn burst(web: &Web, host: &'static str, count: usize) -> Duration {
    let start = Instant::now();
    let tasks: Vec<_> = (0..count)
        .map(|n| {
            let web = web.clone();
            tokio::spawn(async move { web.get(&at(&format!("http://{host}/{n}.jpg"))).await.unwrap().status })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), 200);
    }
    start.elapsed()
}
