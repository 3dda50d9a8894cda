//! Tests that trainers can start at the same time. It has its own process, because only the first trainers of a process can
//! conflict.
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Barrier;
use std::thread;

use graph::head::Head;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use runtime::Trainer;
use runtime::training::{Options, artifacts};

#[test]
fn trainers_can_start_at_the_same_time() {
    const TRAINERS: usize = 8;
    common::load();
    let head = Head { features: 4, hidden: vec![8], classes: 3 };
    let made = artifacts(&head.build(&mut ChaCha8Rng::seed_from_u64(1)).unwrap(), &Options::default()).unwrap();
    let start = Barrier::new(TRAINERS);
    let begin = || {
        let files = made.files(3);
        start.wait();
        Trainer::new(&files, 1).map(|trainer| trainer.parameters().unwrap().len())
    };
    let counts: Vec<usize> = thread::scope(|scope| {
        let threads: Vec<_> = (0..TRAINERS).map(|_| scope.spawn(begin)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap().unwrap()).collect()
    });
    assert!(counts.iter().all(|count| *count == counts[0]), "{counts:?}");
}
