//! Draws random numbers without the key `seed`.

use pipeline::Run;

contract::view! {
    /// A view without the seed.
    pub struct View { train: contract::config::Train }
}

fn work(run: &Run<View>) {
    let _ = run.rng("purpose");
}

fn main() {
    let _ = work;
}
