//! Reads the keys that the view declares.

use pipeline::Run;

contract::view! {
    /// A view with two keys.
    pub struct View { seed: u64, train: contract::config::Train }
}

fn work(run: &Run<View>) -> usize {
    let _ = run.rng("purpose");
    run.config.train.batch_size
}

fn main() {
    let _ = work;
}
