//! The pace of requests and the reuse of connections over real sockets. The tests in `src/web/pace.rs` control the clock.
//!
//! `cargo test --release -p web --test it pace -- --ignored --nocapture` runs the test of the rate in real time.

#[path = "common/burst.rs"]
mod burst;

use std::time::Duration;

use burst::burst;
use web::{PerHost, Web, WebSettings};

use crate::common::{Server, answer, at, client, image, quick};

fn at_rate(requests_per_second: f64) -> WebSettings {
    let mut settings = quick();
    settings.respect_robots = false;
    settings.per_host = PerHost { concurrency: 4, requests_per_second };
    settings
}

#[tokio::test]
#[ignore = "half a minute of real time"]
async fn sixty_requests_at_two_per_second_in_real_time() {
    let server = Server::start(|_, _| image()).await;
    let mut settings = at_rate(2.0);
    settings.named_hosts = vec![("other.test".into(), PerHost { concurrency: 4, requests_per_second: 0.0 })];
    let (web, _) = client(&server, &settings);
    let (slow, quick) = tokio::join!(burst(&web, "site.test", 60), burst(&web, "other.test", 60));
    println!("60 requests at 2 per second: {slow:.2?}; 60 to another host without a limit meanwhile: {quick:.2?}");
    assert!(slow >= Duration::from_secs(29));
    assert!(quick < slow / 10);
}

#[tokio::test]
async fn unwanted_short_bodies_do_not_cost_the_connection() {
    let server = Server::start(|_, _| answer("404 Not Found", &[], b"no such image")).await;
    let (web, recorder) = client(&server, &quick());
    for n in 0..5 {
        web.get(&at(&format!("http://site.test/{n}.jpg"))).await.unwrap_err();
    }
    assert_eq!(recorder.dialled().len(), 1);
}
