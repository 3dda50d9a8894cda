//! Reads a section that the view does not declare.

use pipeline::Run;

contract::view! {
    /// A view with two keys.
    pub struct View { seed: u64, train: contract::config::Train }
}

fn work(run: &Run<View>) -> u32 {
    run.config.preprocess.min_side
}

fn main() {
    let _ = work;
}
