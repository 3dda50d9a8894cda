//! The part of the configuration that a stage sees.

use crate::Environment;

/// A stage's view of the configuration, and where it works.
#[derive(Debug)]
pub struct Scope<'a, C> {
    /// The view of the configuration.
    pub config: &'a C,
    /// Folders and threads.
    pub environment: &'a Environment,
}

impl<C> Clone for Scope<'_, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C> Copy for Scope<'_, C> {}

/// A view that declares the key `seed`. Only such a view gives random streams.
pub trait Seeded {
    /// Returns the seed that every random choice derives from.
    fn seed(&self) -> u64;
}
