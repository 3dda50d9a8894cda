//! The part of the configuration that the stage reads.

contract::view! {
    /// The keys that `train` reads.
    pub struct TrainView { seed: u64, model: contract::config::Model, train: contract::config::Train }
}

/// A run of the stage.
pub type Run<'a> = pipeline::Run<'a, TrainView>;
/// The stage's configuration and environment.
pub type Scope<'a> = pipeline::Scope<'a, TrainView>;
/// The stage's finished folder.
pub type Finished<'a> = pipeline::Finished<'a, TrainView>;

/// The configuration of a test.
#[cfg(test)]
pub(crate) struct Setting {
    config: TrainView,
    environment: pipeline::Environment,
}

#[cfg(test)]
impl Setting {
    /// Makes the default configuration for an installed network.
    pub(crate) fn new(network: &str, threads: usize) -> Self {
        let mut config =
            contract::Config { data: testkit::workspace_root().join("data"), threads, ..Default::default() };
        network.clone_into(&mut config.model.network);
        let environment = pipeline::config::Root::environment(&config);
        Self { config: TrainView::from(&config), environment }
    }

    pub(crate) fn scope(&self) -> Scope<'_> {
        Scope { config: &self.config, environment: &self.environment }
    }
}
