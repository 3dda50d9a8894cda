//! A row of a small matrix times a column of registers.

#![allow(clippy::inline_always, reason = "a function is compiled for an instruction set only as part of its caller")]

use pulp::Simd;

/// Returns the sum of the first `K` `values`, each times its factor, in their order.
#[inline(always)]
pub(crate) fn dot<S: Simd, const K: usize, const F: usize, const V: usize>(
    simd: S,
    factors: &[f32; F],
    values: &[S::f32s; V],
) -> S::f32s {
    let mut sum = simd.mul_f32s(simd.splat_f32s(factors[0]), values[0]);
    for at in 1..K {
        sum = simd.mul_add_e_f32s(simd.splat_f32s(factors[at]), values[at], sum);
    }
    sum
}
