//! A fast blur: two box blurs, which approximate a Gaussian.

/// Blurs `pixels` in place: rows of `width` pixels of `N` bytes each.
///
/// `radius` is about two standard deviations, in pixels. A radius below 1 changes nothing.
pub fn blur<const N: usize>(pixels: &mut [u8], width: usize, height: usize, radius: f32) {
    let reach = (radius * 0.6).round() as usize;
    if reach == 0 {
        return;
    }
    let mut before = vec![0; pixels.len()];
    for _ in 0..2 {
        before.copy_from_slice(pixels);
        for (from, to) in before.chunks_exact(width * N).zip(pixels.chunks_exact_mut(width * N)) {
            row::<N>(from, to, width, reach);
        }
        before.copy_from_slice(pixels);
        columns(&before, pixels, width * N, height, reach);
    }
}

/// Computes the running means of a row of `count` pixels of `N` bytes. The first and last pixels are repeated.
fn row<const N: usize>(from: &[u8], to: &mut [u8], count: usize, reach: usize) {
    let mean = Mean::over(reach);
    let at = |place: usize| place.saturating_sub(reach).min(count - 1) * N;
    let mut sums = [0_u32; N];
    for place in 0..=2 * reach {
        for (channel, sum) in sums.iter_mut().enumerate() {
            *sum += u32::from(from[at(place) + channel]);
        }
    }
    for (place, pixel) in to.chunks_exact_mut(N).enumerate() {
        let (comes, goes) = (at(place + 2 * reach + 1), at(place));
        for (channel, (sum, value)) in sums.iter_mut().zip(pixel).enumerate() {
            *value = mean.of(*sum);
            *sum = *sum + u32::from(from[comes + channel]) - u32::from(from[goes + channel]);
        }
    }
}

/// Computes the running means of all columns. `stride` is the number of bytes of a row.
fn columns(from: &[u8], to: &mut [u8], stride: usize, height: usize, reach: usize) {
    let mean = Mean::over(reach);
    let line = |place: usize| &from[place.saturating_sub(reach).min(height - 1) * stride..][..stride];
    let mut sums = vec![0_u32; stride];
    for place in 0..=2 * reach {
        for (sum, value) in sums.iter_mut().zip(line(place)) {
            *sum += u32::from(*value);
        }
    }
    for (place, means) in to.chunks_exact_mut(stride).enumerate() {
        let moves = line(place + 2 * reach + 1).iter().zip(line(place));
        for ((sum, value), (comes, goes)) in sums.iter_mut().zip(means).zip(moves) {
            *value = mean.of(*sum);
            *sum = *sum + u32::from(*comes) - u32::from(*goes);
        }
    }
}

/// A division by the size of a window, as a multiplication.
#[derive(Clone, Copy)]
struct Mean(u32);

/// The number of fractional bits. With 8 more bits for the value, a product fits into 32 bits.
const SHIFT: u32 = 22;

impl Mean {
    fn over(reach: usize) -> Self {
        let window = 2 * reach as u32 + 1;
        Self(((1 << SHIFT) + window / 2) / window)
    }

    fn of(self, sum: u32) -> u8 {
        ((sum * self.0 + (1 << (SHIFT - 1))) >> SHIFT).min(255) as u8
    }
}

#[cfg(test)]
mod tests {
    use super::blur;

    #[test]
    fn a_dot_spreads_symmetrically_and_a_uniform_area_stays() {
        let mut dot = vec![0; 21 * 21];
        dot[10 * 21 + 10] = 255;
        blur::<1>(&mut dot, 21, 21, 4.0);
        assert!(dot[10 * 21 + 10] < 40 && dot[10 * 21 + 12] > 0);
        assert!((0..21 * 21).all(|at| dot[at] == dot[21 * 21 - 1 - at] && dot[at] == dot[at % 21 * 21 + at / 21]));
        for (width, height, radius) in [(1, 1, 9.0), (7, 3, 400.0), (5, 9, 0.5)] {
            let mut uniform = vec![200; width * height * 3];
            blur::<3>(&mut uniform, width, height, radius);
            assert!(uniform.iter().all(|value| *value == 200));
        }
    }
}
