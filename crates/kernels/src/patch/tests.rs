//! Patches with every instruction set, against whole layers.

use std::ops::Range;

use super::{Baseline, PatchConvolution, Patches, Pooling, Rect, WindowAxis, Workspace};
use crate::convolution::{Epilogue, Geometry, PackedConvolution};
use crate::simd::on_every_kind;
use crate::threads::OneThread;

fn drawn(count: usize, seed: usize) -> Vec<f32> {
    (0..count).map(|at| ((at * 7919 + seed * 104_729) % 1009) as f32 / 504.5 - 1.0).collect()
}

/// Turns `[channels, pixels]` into `[pixels, channels]`.
fn by_place(channels: usize, image: &[f32]) -> Vec<f32> {
    let places = image.len() / channels;
    (0..places).flat_map(|place| (0..channels).map(move |channel| image[channel * places + place])).collect()
}

/// Returns the windows that read one of the positions `changed`.
fn reached(axis: &WindowAxis, windows: usize, changed: Range<usize>) -> Range<usize> {
    let reads =
        |window: &usize| (0..axis.kernel).any(|k| axis.place(*window, k).is_some_and(|at| changed.contains(&at)));
    let first = (0..windows).find(reads).unwrap_or(0);
    let end = (0..windows).rev().find(reads).map_or(first, |last| last + 1);
    first..end
}

fn rect(rows: Range<usize>, columns: Range<usize>) -> Rect {
    Rect { top: rows.start, left: columns.start, height: rows.len(), width: columns.len() }
}

/// Returns the changed rectangles: large and small ones, one at each edge, and one that is empty.
fn rects([height, width]: [usize; 2]) -> Vec<Rect> {
    vec![
        rect(2..8, 3..7),
        rect(0..1, 0..1),
        rect(height - 3..height, 1..width - 1),
        Rect::default(),
        rect(0..height, 0..width),
        rect(4..9, width - 2..width),
    ]
}

fn assert_near(found: &[f32], exact: &[f32], what: &str) {
    assert_eq!(found.len(), exact.len(), "{what}");
    for (at, (found, exact)) in found.iter().zip(exact).enumerate() {
        assert!((found - exact).abs() < 2e-3, "{what} {at}: {found}, not {exact}");
    }
}

/// Compares the patches of a convolution with the whole convolution of each changed image.
fn check(geometry: &Geometry) {
    let [height, width] = geometry.size;
    let (channels, filters) = (geometry.channels, geometry.filters);
    let weight = drawn(filters * geometry.filter_len(), 3);
    let image = drawn(channels * height * width, 1);
    let packed = PackedConvolution::new(geometry, &weight, &OneThread).unwrap();
    let whole = |image: &[f32]| {
        let mut y = vec![0.0; geometry.output_len()];
        packed.forward(image, &Epilogue::default(), &mut y, &OneThread).unwrap();
        by_place(filters, &y)
    };
    let (read, axes, [rows, columns]) = (rects(geometry.size), WindowAxis::of(geometry), geometry.output_size());
    let computed: Vec<Rect> = read
        .iter()
        .map(|changed| {
            let down = reached(&axes[0], rows, changed.top..changed.bottom());
            let across = reached(&axes[1], columns, changed.left..changed.right());
            if down.is_empty() || across.is_empty() { Rect::default() } else { rect(down, across) }
        })
        .collect();
    let input = Baseline::new(width, channels, by_place(channels, &image));
    let output = Baseline::new(columns, filters, whole(&image));
    let layer = PatchConvolution::new(geometry, &weight, [&read, &computed]).unwrap();
    let mut workspace = Workspace::default();
    let mut patches = Patches::new(channels, &read, &mut workspace);
    let cover = drawn(patches.values().len(), 8);
    patches.values_mut().copy_from_slice(&cover);

    let found = layer.run(&patches, [&input, &output], &computed, &mut workspace);
    for (variant, (changed, rect)) in read.iter().zip(&computed).enumerate() {
        let mut image = image.clone();
        for (place, values) in patches.of(variant).chunks_exact(channels).enumerate() {
            let at = (changed.top + place / changed.width) * width + changed.left + place % changed.width;
            values.iter().enumerate().for_each(|(channel, value)| image[channel * height * width + at] = *value);
        }
        let whole = whole(&image);
        let exact: Vec<f32> = (rect.top..rect.bottom())
            .flat_map(|y| whole[(y * columns + rect.left) * filters..][..rect.width * filters].to_vec())
            .collect();
        assert_near(found.of(variant), &exact, &format!("{geometry:?} {changed:?}"));
    }
    found.recycle(&mut workspace);
}

#[test]
fn patches_of_a_convolution_are_parts_of_the_whole() {
    let plain = Geometry {
        channels: 18,
        filters: 35,
        kernel: [3, 3],
        strides: [1; 2],
        pads: [1; 4],
        dilations: [1; 2],
        groups: 1,
        size: [13, 12],
    };
    let cases = [
        plain.clone(),
        Geometry { pads: [0; 4], channels: 3, ..plain.clone() },
        Geometry { kernel: [5, 5], pads: [2; 4], ..plain.clone() },
        Geometry { kernel: [5, 5], strides: [2, 3], pads: [2; 4], ..plain.clone() },
        Geometry { kernel: [2, 3], pads: [1, 0, 0, 2], ..plain.clone() },
        Geometry { kernel: [1, 1], pads: [0; 4], ..plain.clone() },
        Geometry { dilations: [2, 3], pads: [2; 4], ..plain.clone() },
        Geometry { channels: 4, filters: 6, groups: 2, ..plain },
    ];
    on_every_kind(|| cases.iter().for_each(check));
}

#[test]
fn patches_of_a_pooling_read_the_baseline_around_them() {
    let axis = WindowAxis { size: 4, kernel: 2, stride: 2, dilation: 1, before: 1 };
    let baseline = Baseline::new(4, 1, (0..16).map(|at| at as f32).collect());
    on_every_kind(|| {
        let mut workspace = Workspace::default();
        let mut input = Patches::new(1, &[rect(1..2, 1..3)], &mut workspace);
        input.values_mut().copy_from_slice(&[40.0, -40.0]);
        let mut run = |pooling: Pooling| {
            let output = pooling.run(&[axis; 2], &input, &baseline, &[rect(0..2, 0..2)], &mut workspace);
            output.values().to_vec()
        };
        assert_eq!(run(Pooling::Max), [0.0, 2.0, 8.0, 40.0]);
        assert_eq!(run(Pooling::Mean { count_pads: false }), [0.0, 1.5, 6.0, (40.0 - 40.0 + 9.0 + 10.0) / 4.0]);
        assert_eq!(run(Pooling::Mean { count_pads: true }), [0.0, 0.75, 3.0, (40.0 - 40.0 + 9.0 + 10.0) / 4.0]);
    });
}
