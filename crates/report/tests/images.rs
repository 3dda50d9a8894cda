//! Tests of colours, colour maps, overlays, grids and axes against expected values.

use image::{Rgb, RgbImage};
use report::{
    Color,
    colormap::{Colormap, Range},
    grid::{self, Layout},
    overlay,
    scale::{self, Scale},
};

#[test]
fn colour_maps_agree_with_the_published_colours() {
    assert_eq!(Colormap::Viridis.at(0.0), Color([0x44, 0x01, 0x54]));
    assert_eq!(Colormap::Viridis.at(1.0), Color([0xfd, 0xe7, 0x25]));
    assert_eq!(
        Colormap::Inferno.at(2.0),
        Color([0xfc, 0xff, 0xa4]),
        "a position beyond the end has the colour of the end"
    );
    assert_eq!(Colormap::Inferno.at(f64::NAN), Color([0, 0, 4]));
    assert_eq!(Colormap::Diverging.at(0.5), Color([0xf7, 0xf7, 0xf7]), "0 has a neutral colour");
}

#[test]
fn the_luminance_of_viridis_increases() {
    let light: Vec<f64> = (0..=100).map(|i| Colormap::Viridis.at(f64::from(i) / 100.0).luminance()).collect();
    assert!(light.windows(2).all(|w| w[1] > w[0]));
}

#[test]
fn classes_have_different_colours() {
    for count in [3, 8, 20, 40] {
        let colors: Vec<Color> = (0..count).map(|i| Color::of_class(i, count)).collect();
        for (i, a) in colors.iter().enumerate() {
            assert!(colors[i + 1..].iter().all(|b| a != b), "{count} classes: {colors:?}");
        }
    }
}

#[test]
fn values_with_both_signs_have_the_diverging_map() {
    let range = Range::of([0.0, 1.0, 2.0, f32::NAN], 1.0);
    assert_eq!((range.low, range.high, range.map), (0.0, 2.0, Colormap::Viridis));
    let range = Range::of([-4.0, 1.0], 1.0);
    assert_eq!((range.low, range.high, range.map), (-4.0, 4.0, Colormap::Diverging));
    assert!(Range::of([], 0.99).high > 0.0, "a range without values is not empty");
}

#[test]
fn a_weight_of_0_is_gray() {
    let image = grid::filter_image([&[-1.0, 0.0], &[3.0, 0.0], &[0.5, 0.0]], 2, 1.0);
    assert_eq!(image.get_pixel(0, 0).0, [0, 255, 191], "a weight beyond the scale has the colour of the end");
    assert_eq!(image.get_pixel(1, 0).0, [128; 3]);
    let flat = grid::filter_image([&[2.0], &[2.0], &[2.0]], 1, 0.0);
    assert_eq!(flat.get_pixel(0, 0).0, [128; 3], "a scale of 0 does not divide by 0");
}

#[test]
fn enlarged_tiles_are_not_smoothed() {
    let red = RgbImage::from_pixel(2, 1, Rgb([255, 0, 0]));
    let blue = RgbImage::from_pixel(2, 1, Rgb([0, 0, 255]));
    let sheet = grid::tile(&[red.clone(), blue, red], Layout { zoom: 3, gap: 1, columns: 2 });
    assert_eq!(sheet.dimensions(), (15, 9));
    assert_eq!(sheet.get_pixel(1, 1).0, [255, 0, 0]);
    assert_eq!(sheet.get_pixel(8, 3).0, [0, 0, 255]);
    assert_eq!(sheet.get_pixel(7, 1).0, [128; 3], "the gap");
    assert_eq!(sheet.get_pixel(1, 5).0, [255, 0, 0], "the third tile starts the second row");
}

#[test]
fn a_layout_fills_its_last_row_if_possible() {
    for (count, columns) in [(64, 8), (192, 16), (384, 24), (256, 16), (7, 3), (1, 1), (0, 1)] {
        assert_eq!(Layout::near_square(count, 10, 640).columns, columns, "{count} tiles");
    }
}

#[test]
fn axes_end_at_round_values() {
    let axis = Scale::around(0.013, 0.97, 5);
    assert_eq!((axis.low, axis.high), (0.0, 1.0));
    let labels: Vec<String> = axis.ticks.iter().map(|t| axis.label(*t)).collect();
    assert_eq!(labels, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
    let axis = Scale::whole(1.0, 7.0, 6);
    assert_eq!(axis.ticks, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
    assert_eq!(Scale::around(f64::NAN, 1.0, 5), Scale::around(0.0, 1.0, 5));
    let axis = Scale::logarithmic(1e-4, 0.2, 3);
    assert_eq!(axis.ticks.iter().map(|tick| axis.label(*tick)).collect::<Vec<_>>(), ["1e-4", "0.001", "0.01", "0.1"]);
    assert!((axis.share(1e-4)).abs() < 1e-12 && (axis.share(0.2) - 1.0).abs() < 1e-12);
    assert!((Scale::logarithmic(0.1, 10.0, 3).share(1.0) - 0.5).abs() < 1e-12);
    let axis = Scale::logarithmic(0.15, 1.1, 3);
    assert_eq!(axis.ticks.iter().map(|tick| axis.label(*tick)).collect::<Vec<_>>(), ["0.2", "0.5", "1"]);
    assert!(Scale::logarithmic(0.0, f64::NAN, 3).high > 0.0);
    assert!(Scale::around(3.0, 3.0, 5).ticks.len() > 1, "an axis for a single value has ticks");
}

#[test]
fn numbers_have_short_texts() {
    for (value, text) in [(0.0, "0"), (0.5, "0.5"), (1234.5, "1234"), (0.000_1, "1e-4"), (-0.012_341, "-0.01234")] {
        assert_eq!(scale::short(value), text);
    }
    assert_eq!(scale::percent(0.944), "94.4 %");
    assert_eq!(scale::percent(1.0), "100 %");
    assert_eq!(scale::percent(0.999_99), "> 99.9 %");
    assert_eq!(scale::percent(0.000_01), "< 0.1 %");
    assert_eq!(scale::percent(0.0), "0 %");
    assert_eq!(scale::percent(f64::NAN), "–");
    let grouped = [0, 999, 1000, 61_100_840].map(|value| scale::grouped_with(value, ','));
    assert_eq!(grouped, ["0", "999", "1,000", "61,100,840"]);
    assert_eq!(scale::grouped(1000), "1\u{202f}000");
}

#[test]
fn a_map_has_a_colour_bar_and_a_caption() {
    let gray = RgbImage::from_pixel(60, 40, Rgb([128; 3]));
    let mut values = vec![0.0f32; 60 * 40];
    values[0] = 2.0;
    values[60 * 40 - 1] = -2.0;
    let scale = overlay::Scale { extent: 2.0, signed: true, quantity: "decrease of the log-odds".into() };
    let sheet = overlay::draw(&gray, &values, &scale);
    let red = |x: u32, y: u32| i32::from(sheet.get_pixel(x, y).0[0]) - i32::from(sheet.get_pixel(x, y).0[2]);
    let top = sheet.height() - 8 - 80;
    assert!(red(8, top) > 60 && red(9, top + 1) > 60, "the first pixel is enlarged");
    assert!(red(8 + 119, top + 79) < -60, "the last pixel");
    assert!(red(8 + 40, top + 40).abs() < 10, "the pixels between have no colour");
    let bar = 8 + 120 + 8;
    assert!(red(bar, top) > 60 && red(bar, top + 79) < -60, "the bar goes from red to blue");
    let dark = |x: std::ops::Range<u32>, y: std::ops::Range<u32>| {
        y.flat_map(|y| x.clone().map(move |x| (x, y))).filter(|(x, y)| sheet.get_pixel(*x, *y).0 == [0x20; 3]).count()
    };
    assert!(dark(8..sheet.width(), 0..top) > 60, "the caption is above the image");
    for line in [top, top + 34, top + 67] {
        assert!(dark(bar + 20..sheet.width(), line..line + 13) > 4, "a number beside the bar");
    }
    assert_eq!(dark(sheet.width() - 1..sheet.width(), 0..sheet.height()), 0, "no text is cut");
}
