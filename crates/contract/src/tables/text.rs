//! How numbers are written in tables.
//!
//! The functions are for `#[serde(serialize_with = "…")]`. Without such a function, the `csv` crate writes floats with an exponent where
//! they are small and whole floats with `.0`.

use std::fmt::Display;

use serde::{Serialize, Serializer};

/// Writes the shortest decimal number that reads back as the same float, without an exponent.
pub fn plain<T: Display, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(value)
}

/// Writes a number as [`plain`] does, and an empty cell for `None`.
pub fn plain_or_empty<T: Display, S: Serializer>(value: &Option<T>, to: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => plain(value, to),
        None => to.serialize_str(""),
    }
}

/// Writes a value that was computed as `f32`: the shortest decimal number that reads back as the same `f32`.
pub fn single<S: Serializer>(value: &f64, to: S) -> Result<S::Ok, S::Error> {
    plain(&(*value as f32), to)
}

/// Writes each value as [`single`] does.
pub fn singles<S: Serializer>(values: &[f64], to: S) -> Result<S::Ok, S::Error> {
    struct Single(f64);

    impl Serialize for Single {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            single(&self.0, to)
        }
    }

    to.collect_seq(values.iter().map(|value| Single(*value)))
}

/// Writes `DIGITS` digits after the point.
pub fn fixed<const DIGITS: usize, S: Serializer>(value: &f64, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&format_args!("{value:.DIGITS$}"))
}

/// Writes a number as [`fixed`] does, and an empty cell for `None`.
pub fn fixed_or_empty<const DIGITS: usize, S: Serializer>(value: &Option<f64>, to: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => fixed::<DIGITS, S>(value, to),
        None => to.serialize_str(""),
    }
}
