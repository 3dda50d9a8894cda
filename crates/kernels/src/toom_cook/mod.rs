//! The Toom-Cook algorithm: short convolutions and correlations by products at a few points.
//!
//! Two short polynomials are evaluated at `n` points, multiplied point by point, and their product is interpolated. This takes `n`
//! multiplications. The transposed matrices give `m` outputs of a correlation with `r` taps from `n = m + r - 1` products.
//! This form is known as Winograd's minimal filtering (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2016;
//! Barabasz et al., "Error Analysis and Improving the Accuracy of Winograd Convolution for Deep Neural Networks", 2020).
//!
//! - [`tile`] has the correlation for whole tiles, as sums with common factors taken out.
//! - [`edge`] has the correlation for tiles of which fewer outputs are needed, as products with small matrices.
//! - [`product`] has the product of polynomials, for the patches of a convolution.
//!
//! All three take their points from [`points`] and their coefficients from [`matrices`].

mod dot;
pub(crate) mod edge;
mod matrices;
mod points;
pub(crate) mod product;
pub(crate) mod tile;

pub(crate) use dot::dot;
pub(crate) use points::{LONGEST, SHORTEST, points_for};
