//! Gradients of convolution and pooling.

use graph::builder::Node;

use super::check::{Case, each};
use super::draw::Draw;

/// Draws the attributes of a window and the sizes of an image that it fits into.
fn window(draw: &mut Draw, axes: usize, dilated: bool, sometimes_auto: bool) -> (Vec<(String, Vec<i64>)>, Vec<usize>) {
    let list = |draw: &mut Draw, from: i64, to: i64, count: usize| -> Vec<i64> {
        (0..count).map(|_| draw.int(from, to)).collect()
    };
    let kernel = list(draw, 1, 3, axes);
    let strides = list(draw, 1, 3, axes);
    let dilations = if dilated { list(draw, 1, 2, axes) } else { vec![1; axes] };
    let sizes = list(draw, 5, 8, axes).into_iter().map(|size| size as usize).collect();
    let mut attributes = vec![("kernel_shape".to_owned(), kernel.clone()), ("strides".to_owned(), strides)];
    if sometimes_auto && draw.int(0, 3) == 0 {
        attributes.push(("auto_pad".to_owned(), vec![draw.int(0, 2)]));
    } else {
        // ONNX Runtime rejects pads that are as wide as the window.
        let pads = [&kernel[..], &kernel[..]].concat().into_iter().map(|size| draw.int(0, size - 1)).collect();
        attributes.push(("pads".to_owned(), pads));
        if dilated {
            attributes.push(("dilations".to_owned(), dilations));
        }
    }
    (attributes, sizes)
}

fn with(node: Node, attributes: &[(String, Vec<i64>)]) -> Node {
    attributes.iter().fold(node, |node, (key, values)| match key.as_str() {
        "auto_pad" => node.text(key, ["SAME_UPPER", "SAME_LOWER", "VALID"][values[0] as usize]),
        _ => node.ints(key, values.clone()),
    })
}

fn of<'a>(attributes: &'a [(String, Vec<i64>)], key: &str) -> &'a [i64] {
    &attributes.iter().find(|(name, _)| name == key).unwrap().1
}

/// Draws a convolution over an image with `axes` axes.
fn conv(draw: &mut Draw, axes: usize) -> Case {
    let (attributes, sizes) = window(draw, axes, true, true);
    let (group, inner, outer) = (draw.size(1, 3), draw.size(1, 2), draw.size(1, 2));
    let kernel = of(&attributes, "kernel_shape").iter().map(|&size| size as usize);
    let filters: Vec<usize> = [group * outer, inner].into_iter().chain(kernel).collect();
    let image: Vec<usize> = [2, group * inner].into_iter().chain(sizes).collect();
    let (x, w, b) = (draw.values(&image), draw.values(&filters), draw.values(&[group * outer]));
    let case = Case::new().batch("x", x).fixed("w", w);
    let (case, inputs) = if draw.coin() { (case.fixed("b", b), vec!["x", "w", "b"]) } else { (case, vec!["x", "w"]) };
    case.node(with(Node::new("Conv", "y").inputs(inputs).int("group", group as i64), &attributes))
}

#[test]
fn convolution() {
    each(80, |draw| conv(draw, 2).check(draw));
}

#[test]
fn convolution_along_one_axis() {
    each(81, |draw| conv(draw, 1).check(draw));
}

#[test]
fn convolution_with_only_the_gradient_of_the_image() {
    each(82, |draw| conv(draw, 2).only(&["x"]).check(draw));
}

#[test]
fn convolution_with_only_the_gradient_of_the_filters_or_biases() {
    each(83, |draw| conv(draw, 2).only(&["w"]).check(draw));
    each(84, |draw| {
        let (x, w, b) = (draw.values(&[2, 2, 4, 4]), draw.values(&[3, 2, 3, 3]), draw.values(&[3]));
        let case = Case::new().batch("x", x).fixed("w", w).fixed("b", b).only(&["b"]);
        case.node(Node::new("Conv", "y").inputs(["x", "w", "b"])).check(draw);
    });
}

/// Returns whether the last window along some axis starts outside of the image. Implementations disagree on this case.
fn starts_outside(attributes: &[(String, Vec<i64>)], sizes: &[usize]) -> bool {
    let pads = attributes.iter().find(|(name, _)| name == "pads");
    let pads = pads.map_or_else(|| vec![0; 2 * sizes.len()], |(_, pads)| pads.clone());
    sizes.iter().enumerate().any(|(axis, &size)| {
        let (kernel, stride) = (of(attributes, "kernel_shape")[axis], of(attributes, "strides")[axis]);
        let dilation = attributes.iter().find(|(name, _)| name == "dilations").map_or(1, |(_, list)| list[axis]);
        let (before, after) = (pads[axis], pads[axis + sizes.len()]);
        let span = size as i64 + before + after - dilation * (kernel - 1) - 1;
        span % stride != 0 && (span / stride + 1) * stride >= size as i64 + before
    })
}

fn pool(seed: u64, axes: usize, operator: &str, dilated: bool) {
    each(seed, |draw| {
        let ceil = draw.int(0, 1);
        let (attributes, sizes) = loop {
            let drawn = window(draw, axes, dilated, true);
            if ceil == 0 || !starts_outside(&drawn.0, &drawn.1) {
                break drawn;
            }
        };
        let channels = draw.size(1, 3);
        let x = draw.apart(&[vec![2, channels], sizes].concat());
        let mut node = with(Node::new(operator, "y").inputs(["x"]), &attributes).int("ceil_mode", ceil);
        let mut case = Case::new();
        if operator == "AveragePool" {
            node = node.int("count_include_pad", draw.int(0, 1));
            case = case.opset(if dilated { 19 } else { 15 });
        }
        case.batch("x", x).node(node).check(draw);
    });
}

#[test]
fn max_pool() {
    pool(85, 2, "MaxPool", true);
    pool(86, 1, "MaxPool", true);
}

#[test]
fn average_pool() {
    pool(87, 2, "AveragePool", false);
    pool(88, 2, "AveragePool", true);
    pool(89, 1, "AveragePool", false);
}

#[test]
fn global_average_pool() {
    each(90, |draw| {
        let shape = [2, draw.size(1, 4), draw.size(1, 6), draw.size(1, 6)];
        let x = draw.values(&shape);
        Case::new().batch("x", x).node(Node::new("GlobalAveragePool", "y").inputs(["x"])).check(draw);
    });
}
