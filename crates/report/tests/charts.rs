//! Snapshots of every chart, and tests of charts with hostile names.

use image::RgbImage;
use report::{
    Color, DataUri,
    chart::{
        BarChart, BarRow, Bin, Distribution, Dot, DotChart, DotRow, Facet, HistogramChart, Line, LineChart, Measure,
        Outcome, Point, ReliabilityChart, ScatterChart, Stroke, SweepChart,
    },
};

const HOSTILE: &str = "<script>alert(1)</script>\"'&\u{1}";

fn line_chart(name: &str) -> LineChart {
    let line = |name: &str, stroke, points: &[(f64, f64)]| Line {
        name: name.into(),
        points: points.to_vec(),
        color: Color::BLUE,
        stroke,
    };
    LineChart {
        label: "Loss by epoch".into(),
        x: "epoch".into(),
        y: "loss".into(),
        lines: vec![
            line("trial 2", Stroke::Context, &[(1.0, 1.2), (2.0, 0.8)]),
            line(name, Stroke::Solid, &[(1.0, 1.0), (2.0, 0.5), (3.0, f64::NAN), (4.0, 0.21)]),
        ],
        rule: Some((4.0, "best".into())),
        percent: false,
    }
}

fn dot_chart(name: &str) -> DotChart {
    DotChart {
        label: "Scores".into(),
        measures: vec![Measure { name: "recall".into(), color: Color::BLUE }],
        rows: vec![
            DotRow { name: name.into(), values: vec![Some(0.9)], interval: Some((0.8, 0.97)), chosen: true },
            DotRow { name: "dog".into(), values: vec![None], interval: None, chosen: false },
        ],
    }
}

fn bar_chart(name: &str) -> BarChart {
    let row = |name: &str, value| BarRow { name: name.into(), value, remark: name.into() };
    BarChart {
        label: "How far".into(),
        x: "distance".into(),
        rows: vec![row(name, Some(0.25)), row("fc7", Some(0.0)), row("fc8", None)],
        color: Color::BLUE,
    }
}

fn histogram_chart(name: &str) -> HistogramChart {
    let one = |name: &str, filled, shift: f64| Distribution {
        name: name.into(),
        bins: (0..4).map(|i| (f64::from(i) + shift, f64::from(i) + 1.0 + shift, f64::from(i % 3) * 2.0)).collect(),
        color: Color::BLUE,
        filled,
    };
    HistogramChart {
        label: "Weights".into(),
        x: "weight".into(),
        distributions: vec![one("before", true, 0.0), one(name, false, 0.5)],
    }
}

fn scatter_chart(name: &str) -> ScatterChart {
    let point =
        |x, wrong, thumbnail| Point { x, y: x / 2.0, class: 0, words: name.into(), number: Some(7), thumbnail, wrong };
    let image = DataUri::png(&RgbImage::new(2, 2)).unwrap();
    ScatterChart {
        label: "t-SNE".into(),
        classes: vec![name.into()],
        points: vec![point(-3.0, false, None), point(5.0, true, Some(image)), point(f64::NAN, false, None)],
        dots: vec![],
    }
}

fn sweep_chart(name: &str) -> SweepChart {
    let outcome = |name: &str, value, chosen| Outcome { name: name.into(), value, chosen };
    let values = |values: [&str; 2]| values.map(String::from).to_vec();
    SweepChart {
        label: "Validation loss by setting".into(),
        y: "validation loss".into(),
        outcomes: vec![
            outcome(name, Some(0.2), true),
            outcome("trial 2", Some(0.4), false),
            outcome("trial 3", None, false),
            outcome("trial 4", Some(2.5), false),
        ],
        facets: vec![
            Facet { name: name.into(), values: values(["head", "c5"]), places: vec![0, 0, 1, 1] },
            Facet { name: "copies".into(), values: vec!["0".into()], places: vec![0; 4] },
            Facet { name: "learning rate".into(), values: values(["0.001", name]), places: vec![0, 1, 0, 1] },
        ],
    }
}

#[test]
fn a_sweep_without_differences_shows_its_trials_and_a_sweep_without_losses_is_empty() {
    let mut chart = sweep_chart("a");
    chart.facets.retain(|facet| facet.values.len() == 1);
    let drawn = chart.scene().inline().unwrap();
    assert!(drawn.contains(">trial<") && drawn.contains("Not shown, without a loss that is a number: 1"), "{drawn}");
    for outcome in &mut chart.outcomes {
        outcome.value = None;
    }
    assert!(chart.scene().inline().unwrap().contains("Nothing to draw"));
}

#[test]
fn drawings_agree_with_their_snapshots() {
    insta::assert_snapshot!("line", line_chart("trial 1").scene().inline().unwrap());
    let mut rising = line_chart("smoothed");
    for line in &mut rising.lines {
        line.points.iter_mut().for_each(|(x, _)| *x = 10f64.powf(*x - 5.0));
    }
    rising.rule = Some((1e-3, "suggested".into()));
    insta::assert_snapshot!("line_logarithmic", rising.scene_logarithmic().inline().unwrap());
    insta::assert_snapshot!("sweep", sweep_chart("dropout").scene().inline().unwrap());
    insta::assert_snapshot!("dots", dot_chart("cat").scene().inline().unwrap());
    insta::assert_snapshot!("bars", bar_chart("fc6").scene().inline().unwrap());
    insta::assert_snapshot!("histogram", histogram_chart("after").scene().inline().unwrap());
    insta::assert_snapshot!("scatter", scatter_chart("cat").scene().inline().unwrap());
    let bins = vec![
        Bin { low: 0.0, high: 0.5, count: 0, confidence: f64::NAN, accuracy: f64::NAN },
        Bin { low: 0.5, high: 1.0, count: 8, confidence: 0.9, accuracy: 0.75 },
    ];
    let reliability = ReliabilityChart { label: "Calibration".into(), bins };
    insta::assert_snapshot!("reliability", reliability.scene().inline().unwrap());
}

#[test]
fn a_chart_of_many_images_is_small() {
    let mut chart = scatter_chart("cat");
    chart.classes.push("dog".into());
    let place = |i: usize| (0.001 * i as f64).sin() * (1.0 + 0.01 * i as f64);
    chart.dots = (0..50_000)
        .map(|i| Dot { x: place(i), y: place(i + 1600), class: i % 2, wrong: i % 40 == 0 })
        .chain([Dot { x: f64::NAN, y: 0.0, class: 0, wrong: false }])
        .collect();
    let svg = chart.scene().inline().unwrap();
    assert!(svg.len() < 700_000, "{}", svg.len());
    // Class 1 has no wrong predictions. The rims are below the dots, and the dots are below the images.
    let order: Vec<usize> = [
        "class=\"dots missed\"",
        "class=\"dots\" data-spot=\"0\"",
        "class=\"dots\" data-spot=\"1\"",
        "class=\"thumb\"",
    ]
    .map(|mark| svg.find(mark).unwrap())
    .to_vec();
    assert!(order.is_sorted() && svg.matches("class=\"dots missed\"").count() == 1);
    assert!(!svg.contains("NaN"));
}

#[test]
fn hostile_names_are_shown_as_text() {
    let scenes = [
        line_chart(HOSTILE).scene(),
        dot_chart(HOSTILE).scene(),
        bar_chart(HOSTILE).scene(),
        histogram_chart(HOSTILE).scene(),
        scatter_chart(HOSTILE).scene(),
        sweep_chart(HOSTILE).scene(),
    ];
    for scene in scenes {
        for svg in [scene.inline().unwrap(), scene.standalone().unwrap()] {
            assert!(!svg.contains("<script"), "{svg}");
            assert!(svg.contains("&#60;script&#62;"), "the name is shown as text: {svg}");
            assert!(!svg.contains('\u{1}'), "XML forbids control characters");
        }
    }
}

#[test]
fn a_standalone_drawing_contains_its_styles_and_an_inline_drawing_does_not() {
    let scene = dot_chart("cat").scene();
    let alone = scene.standalone().unwrap();
    assert!(alone.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" width="));
    assert!(alone.contains("prefers-color-scheme: dark"));
    let inline = scene.inline().unwrap();
    assert!(!inline.contains("<style>") && !inline.contains("http"));
}

#[test]
fn an_empty_chart_states_that_there_is_nothing_to_draw() {
    let mut chart = line_chart("a");
    chart.lines.clear();
    assert!(chart.scene().inline().unwrap().contains("Nothing to draw"));
    let empty = ScatterChart { label: String::new(), classes: vec![], points: vec![], dots: vec![] };
    assert!(empty.scene().inline().unwrap().contains("Nothing to draw"));
    let mut bars = bar_chart("a");
    bars.rows.retain(|row| row.value.is_none());
    assert!(bars.scene().inline().unwrap().contains("Nothing to draw"));
    let mut values = histogram_chart("a");
    values.distributions.iter_mut().for_each(|one| one.bins.clear());
    assert!(values.scene().inline().unwrap().contains("Nothing to draw"));
}

#[test]
fn a_histogram_leaves_out_a_few_extreme_values() {
    let bins = |tail: f64| vec![(-1.0, 0.0, 5000.0), (0.0, 1.0, 5000.0), (1.0, 100.0, tail)];
    let drawn = |tail| {
        let distributions =
            vec![Distribution { name: "all".into(), bins: bins(tail), color: Color::BLUE, filled: true }];
        HistogramChart { label: "a".into(), x: "weight".into(), distributions }.scene().inline().unwrap()
    };
    assert!(!drawn(2.0).contains(">50<") && drawn(2.0).contains(">0.5<"), "2 of 10,000 values are left out");
    assert!(drawn(2000.0).contains(">50<"), "2,000 values are shown");
}
