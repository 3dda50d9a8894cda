//! The part of the configuration that the stage reads.

contract::view! {
    /// The keys that `scrape` reads.
    pub struct ScrapeView { seed: u64, scrape: contract::config::Scrape }
}

/// A run of the stage.
pub type Run<'a> = pipeline::Run<'a, ScrapeView>;
/// The stage's configuration and environment.
pub type Scope<'a> = pipeline::Scope<'a, ScrapeView>;
/// The stage's finished folder.
pub type Finished<'a> = pipeline::Finished<'a, ScrapeView>;
