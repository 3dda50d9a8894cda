//! What the requests of a run share: the budget, the limits of concurrent requests, the permits for large bodies, and connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use web::{Failure, Reason, Recorder};

use crate::common::{Server, answer, at, client, client_of, head, image, public, quick, script};

const MS: Duration = Duration::from_millis(1);

#[tokio::test]
async fn a_used_up_budget_ends_all_requests() {
    let server = Server::start(|_, _| answer("200 OK", &[], &[7; 10_000])).await;
    let mut settings = quick();
    settings.respect_robots = false;
    settings.budget.requests = 3;
    let (web, _) = client(&server, &settings);
    let mut got = Vec::new();
    for _ in 0..5 {
        got.push(web.clone().get(&at("http://site.test/a.jpg")).await.map(|response| response.status));
    }
    let none = Err(Failure::Exhausted(Reason::BudgetRequests));
    assert_eq!(got, [Ok(200), Ok(200), Ok(200), none, none]);
    assert_eq!(web.spent().requests, 3);

    settings.budget.requests = 100;
    settings.budget.bytes = 25_000;
    let (web, _) = client(&server, &settings);
    let mut got = Vec::new();
    for _ in 0..4 {
        got.push(web.get(&at("http://site.test/a.jpg")).await.map(|response| response.status));
    }
    let none = Err(Failure::Exhausted(Reason::BudgetBytes));
    assert_eq!(got, [Ok(200), Ok(200), none, none]);
    assert!(web.spent().bytes < 25_000 + 64 * 1024);
}

#[tokio::test]
async fn concurrent_requests_stay_within_the_limits() {
    let (under_way, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counter, peak) = (Arc::clone(&under_way), Arc::clone(&most));
    let server = Server::start(move |_, _| {
        let (counter, peak) = (Arc::clone(&counter), Arc::clone(&peak));
        script(move |mut stream| async move {
            peak.fetch_max(counter.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(20 * MS).await;
            counter.fetch_sub(1, Ordering::SeqCst);
            stream.write_all(&head("200 OK", &[("content-length", "0"), ("connection", "close")])).await.unwrap();
        })
    })
    .await;
    for (per_host, total, expected) in [(3, 16, 6), (16, 5, 5)] {
        most.store(0, Ordering::SeqCst);
        let mut settings = quick();
        settings.respect_robots = false;
        settings.per_host.concurrency = per_host;
        settings.concurrency = total;
        let (web, _) = client(&server, &settings);
        let tasks: Vec<_> = (0..24)
            .map(|n| {
                let web = web.clone();
                let host = ["site.test", "other.test"][n % 2];
                tokio::spawn(async move { web.get(&at(&format!("http://{host}/{n}.jpg"))).await.unwrap().status })
            })
            .collect();
        for task in tasks {
            assert_eq!(task.await.unwrap(), 200);
        }
        assert_eq!(most.load(Ordering::SeqCst), expected, "{per_host} for each of two hosts, {total} in total");
    }
}

#[tokio::test]
async fn a_connection_serves_many_requests() {
    let server =
        Server::start(
            |request, _| if request.path == "/robots.txt" { answer("404 Not Found", &[], b"none") } else { image() },
        )
        .await;
    let (web, recorder) = client(&server, &quick());
    for n in 0..20 {
        web.get(&at(&format!("http://site.test/{n}.jpg"))).await.unwrap();
    }
    assert_eq!(recorder.dialled().len(), 1);
}

#[tokio::test]
async fn a_large_body_waits_for_a_permit_and_a_small_one_does_not() {
    let server = Server::start(|request, _| {
        let size = if request.path == "/large.jpg" { 3 << 19 } else { 1 << 20 };
        answer("200 OK", &[], &vec![7; size])
    })
    .await;
    let mut settings = quick();
    settings.respect_robots = false;
    let (web, _) = client(&server, &settings);
    let mut held = Vec::new();
    for _ in 0..4 {
        let large = web.get(&at("http://site.test/large.jpg")).await.unwrap();
        assert!(large.permit.is_some());
        held.push(large);
    }
    let waits = tokio::spawn({
        let web = web.clone();
        async move { web.get(&at("http://site.test/large.jpg")).await.map(|response| response.body.len()) }
    });
    for _ in 0..20 {
        assert!(web.get(&at("http://site.test/small.jpg")).await.unwrap().permit.is_none());
    }
    assert!(!waits.is_finished(), "all four permits are taken");
    held.pop();
    assert_eq!(waits.await.unwrap(), Ok(3 << 19));
}

/// Starts a server that keeps every connection open and counts the connections. Returns its address, and the number now and at most.
async fn counting_server() -> (std::net::SocketAddr, Arc<AtomicUsize>, Arc<AtomicUsize>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (open, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counter, peak) = (Arc::clone(&open), Arc::clone(&most));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (counter, peak) = (Arc::clone(&counter), Arc::clone(&peak));
            tokio::spawn(async move {
                peak.fetch_max(counter.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                let mut piece = [0; 4096];
                while let Ok(1..) = stream.read(&mut piece).await {
                    drop(stream.write_all(&head("200 OK", &[("content-length", "0")])).await);
                }
                counter.fetch_sub(1, Ordering::SeqCst);
            });
        }
    });
    (address, open, most)
}

#[tokio::test]
async fn idle_connections_to_many_hosts_are_closed() {
    let (address, open, most) = counting_server().await;
    let mut settings = quick();
    settings.respect_robots = false;
    settings.concurrency = 4;
    let name = |n: usize| format!("host-{n}.test");
    let recorder = (0..300).fold(Recorder::new(address), |recorder, n| recorder.name(&name(n), [public()]));
    let (web, recorder) = client_of(recorder, &settings);
    for n in 0..300 {
        web.get(&at(&format!("http://{}/", name(n)))).await.unwrap();
    }
    assert_eq!(recorder.dialled().len(), 300);
    assert!(most.load(Ordering::SeqCst) <= 80, "{most:?} connections were open at a time");
    drop(web);
    while open.load(Ordering::SeqCst) > 0 {
        tokio::time::sleep(MS).await;
    }
}
