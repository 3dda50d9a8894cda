//! Declares the part of the configuration that a stage reads.

/// Declares a stage's view of the configuration: `view! { pub struct Name { seed: u64, train: Train } }`.
///
/// Each name is a field of [`Config`](crate::Config). The view implements `Serialize`, `Clone`, `Debug` and
/// `From<&Config>`, and [`Seeded`](pipeline::Seeded) when its first field is `seed`. Views with parts of a section are
/// written by hand.
#[macro_export]
macro_rules! view {
    ($(#[$meta:meta])* $visibility:vis struct $name:ident { seed: u64 $(, $field:ident: $type:ty)* $(,)? }) => {
        $crate::view! { @type $(#[$meta])* $visibility struct $name { seed: u64 $(, $field: $type)* } }

        impl ::pipeline::Seeded for $name {
            fn seed(&self) -> u64 {
                self.seed
            }
        }
    };
    ($(#[$meta:meta])* $visibility:vis struct $name:ident { $($field:ident: $type:ty),* $(,)? }) => {
        $crate::view! { @type $(#[$meta])* $visibility struct $name { $($field: $type),* } }
    };
    (@type $(#[$meta:meta])* $visibility:vis struct $name:ident { $($field:ident: $type:ty),* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, ::serde::Serialize)]
        $visibility struct $name {
            $(
                #[doc = concat!("The key or section `", stringify!($field), "`.")]
                pub $field: $type,
            )*
        }

        impl From<&$crate::Config> for $name {
            fn from(config: &$crate::Config) -> Self {
                Self { $($field: config.$field.clone()),* }
            }
        }
    };
}

view! {
    /// The view of a stage that reads only the seed, such as the stages of tests.
    pub struct SeedView { seed: u64 }
}
