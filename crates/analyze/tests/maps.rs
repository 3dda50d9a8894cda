//! Tests of saliency maps and their curves.

use std::collections::BTreeSet;
use std::process::Output;

use ndarray::Array2;
use ndarray_npy::ReadNpyExt;
use testkit::Workspace;

use crate::support;
use crate::support::SIDE;

const METHODS: [&str; 5] = ["occlusion", "gradcam", "saliency", "guided", "deconvnet"];
/// The id of an image.
const IMAGE: &str = "1400000000000000";

fn analyze(workspace: &Workspace, sets: &[&str]) -> Output {
    let mut command = support::command(workspace);
    command.args(["--set", "analyze.tsne.iterations=10"]);
    support::output(command.args(sets.iter().flat_map(|set| ["--set", set])))
}

fn text(workspace: &Workspace, file: &str) -> String {
    workspace.text(format!("artifacts/analyze/maps/{file}"))
}

fn rows(workspace: &Workspace, file: &str) -> Vec<Vec<String>> {
    support::rows(workspace, &format!("artifacts/analyze/maps/{file}"))
}

fn array(workspace: &Workspace, file: &str) -> Array2<f32> {
    let path = workspace.join("artifacts/analyze/maps").join(file);
    Array2::read_npy(std::fs::File::open(path).unwrap()).unwrap()
}

#[test]
fn every_method_writes_its_maps_and_its_faithfulness() {
    let workspace = support::workspace();
    let output = analyze(&workspace, &["analyze.maps.steps=8"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let targets = rows(&workspace, "targets.csv");
    let named: Vec<&Vec<String>> = targets.iter().filter(|row| row[4] == "named by the network").collect();
    let labels: Vec<&Vec<String>> = targets.iter().filter(|row| row[4] == "the label").collect();
    assert_eq!(named.len(), 6, "three images of two classes");
    assert!(!labels.is_empty(), "the untrained network predicts a wrong class for some image");
    for label in labels {
        let other = named.iter().find(|row| row[0] == label[0]).unwrap();
        assert!(other[2] != label[2] && label[1] == format!("maps/{}/label", label[0]));
        let probabilities = [other, &label].map(|row| row[3].parse::<f32>().unwrap());
        assert!(probabilities[0] > probabilities[1], "{probabilities:?}");
    }
    let side = SIDE as usize;
    for row in &targets {
        let folder = row[1].strip_prefix("maps/").unwrap();
        for method in METHODS {
            let map = array(&workspace, &format!("{folder}/{method}.npy"));
            assert_eq!(map.dim(), (side, side));
            assert!(map.iter().all(|value| value.is_finite()) && map.iter().any(|value| *value != 0.0), "{method}");
            let overlay = workspace.join(format!("artifacts/analyze/maps/{folder}/{method}.png"));
            let overlay = imaging::read(&overlay, &imaging::Limits::default()).unwrap();
            assert!(overlay.width() > 2 * SIDE && overlay.height() > 2 * SIDE, "{:?}", overlay.dimensions());
        }
        assert_eq!(array(&workspace, &format!("{folder}/gradcam.layer.npy")).dim(), (22, 22), "the size of relu1");
    }
    let areas = rows(&workspace, "faithfulness.csv");
    assert_eq!(areas.len(), 6 * METHODS.len());
    for row in &areas {
        let curves = rows(&workspace, &format!("{}/curves.csv", row[0]));
        for (kind, area) in [("deletion", &row[2]), ("insertion", &row[3])] {
            let points: Vec<(f64, f64)> = curves
                .iter()
                .filter(|point| point[0] == row[1] && point[1] == kind)
                .map(|point| (point[2].parse().unwrap(), point[3].parse().unwrap()))
                .collect();
            assert_eq!(points.len(), 9, "8 steps and the start");
            assert_eq!((points[0].0, points[8].0), (0.0, 1.0));
            let own: f64 = points.windows(2).map(|p| (p[1].0 - p[0].0) * (p[0].1 + p[1].1) / 2.0).sum();
            assert!((own - area.parse::<f64>().unwrap()).abs() < 1e-6, "{row:?}");
            // For every map, deletion starts and insertion ends with the original image.
            let named = named.iter().find(|target| target[0] == row[0]).unwrap()[3].parse::<f64>().unwrap();
            let whole = if kind == "deletion" { points[0].1 } else { points[8].1 };
            assert!((whole - named).abs() < 1e-5, "{whole} and {named}");
        }
    }
}

#[test]
fn occlusion_follows_its_configuration() {
    let workspace = support::workspace();
    let choice = format!("analyze.pictures=[\"{IMAGE}\"]");
    let file = format!("{IMAGE}/occlusion.csv");
    let mut seen = BTreeSet::new();
    let numbers = |text: &str| -> Vec<f32> {
        text.lines()
            .skip(1)
            .flat_map(|line| line.split(',').map(|cell| cell.parse().unwrap()).collect::<Vec<_>>())
            .collect()
    };
    for baseline in ["mean", "gray", "blur", "noise"] {
        let baseline = format!("analyze.occlusion.baseline={baseline}");
        let sets = [choice.as_str(), &baseline, "analyze.maps.methods=[\"occlusion\"]", "analyze.maps.steps=0"];
        let output = analyze(&workspace, &sets);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let with_reuse = text(&workspace, &file);
        assert!(
            !workspace.join("artifacts/analyze/maps/faithfulness.csv").exists(),
            "the configuration turns the curves off"
        );
        assert!(analyze(&workspace, &[&sets[..], &["analyze.occlusion.reuse=false"]].concat()).status.success());
        let (a, b) = (numbers(&with_reuse), numbers(&text(&workspace, &file)));
        assert_eq!(a.len(), 49 * 8);
        assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-4), "reuse does not change the outputs");
        assert!(seen.insert(with_reuse), "{baseline} differs from the other baselines");
    }
    let sets = [choice.as_str(), "analyze.occlusion.baseline=noise", "seed=2"];
    assert!(analyze(&workspace, &sets).status.success());
    assert!(seen.insert(text(&workspace, &file)), "another seed draws another noise");
    assert!(analyze(&workspace, &[&choice, "analyze.maps.methods=[]"]).status.success());
    assert!(!workspace.join("artifacts/analyze/maps").exists(), "the configuration turns the maps off");
}
