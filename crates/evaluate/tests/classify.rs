//! The command `evaluate classify`. The tests need `just setup`.

use testkit::Workspace;

use crate::common::{bare, evaluate, image, model, network, prepared, result};

/// Installs the network `name` in the data folder of the workspace.
fn install(workspace: &Workspace, name: &str, classifier: bool) {
    let bytes = model().to_bytes();
    let mut network = network(&bytes);
    name.clone_into(&mut network.name);
    if !classifier {
        (network.logits, network.probabilities, network.classes) = (None, None, Vec::new());
    }
    workspace.write(format!("data/networks/{name}/model.onnx"), bytes);
    workspace.write(format!("data/networks/{name}/network.json"), network.to_json());
}

fn with_images(workspace: &Workspace) {
    workspace.write("blue.png", imaging::png(&image(0, 10)));
    workspace.write("red.jpg", imaging::jpeg(&image(2, 10), 90));
    workspace.write("text.png", "not an image");
}

#[test]
fn the_tuned_network_classifies_images() {
    let workspace = prepared();
    with_images(&workspace);
    let (code, stdout, stderr) = result(&evaluate(&workspace, &["classify", "blue.png", "red.jpg", "--top", "2"]));
    assert_eq!(code, 0, "{stderr}");
    let lines: Vec<&str> = stdout.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(lines.len(), 8, "{stdout}");
    assert!(lines[0].starts_with("blue.png  (") && lines[0].ends_with(" ms)"), "{stdout}");
    assert!(lines[2].ends_with("  blue") && lines[6].ends_with("  red"), "{stdout}");
}

#[test]
fn a_file_that_fails_does_not_stop_the_others() {
    let workspace = bare();
    install(&workspace, "colours", true);
    with_images(&workspace);
    let files = ["classify", "--network", "colours", "text.png", "missing.png", "blue.png"];
    let (code, stdout, stderr) = result(&evaluate(&workspace, &files));
    assert_eq!(code, 1);
    assert!(stdout.contains("blue.png  ("), "{stdout}");
    assert!(stderr.contains("text.png") && stderr.contains("missing.png"), "{stderr}");
    assert!(stderr.contains("2 of 3 images could not be classified"), "{stderr}");

    let (code, stdout, _) = result(&evaluate(&workspace, &[&files[..], &["--json"]].concat()));
    assert_eq!(code, 1);
    let json: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert!(json["pictures"][0]["error"].as_str().unwrap().contains("not a picture"), "{stdout}");
    let answer = &json["pictures"][2];
    assert_eq!((answer["top"][0]["class"].as_str(), answer["top"][0]["index"].as_u64()), (Some("blue"), Some(0)));
    let sum: f64 = answer["top"].as_array().unwrap().iter().map(|top| top["probability"].as_f64().unwrap()).sum();
    assert!((sum - 1.0).abs() < 1e-5 && answer["milliseconds"].as_f64().unwrap() > 0.0, "{stdout}");
}

#[test]
fn the_configuration_limits_the_size_of_images() {
    let workspace = bare();
    install(&workspace, "colours", true);
    with_images(&workspace);
    let args = ["classify", "--network", "colours", "blue.png", "--set", "preprocess.max_pixels=63"];
    let (code, _, stderr) = result(&evaluate(&workspace, &args));
    assert!(code == 1 && stderr.contains("8x8"), "{stderr}");
}

#[test]
fn a_trunk_without_classifier_is_an_error_with_a_hint() {
    let workspace = bare();
    install(&workspace, "trunk", false);
    with_images(&workspace);
    let (code, stdout, stderr) = result(&evaluate(&workspace, &["classify", "--network", "trunk", "blue.png"]));
    assert_eq!((code, stdout.as_str()), (1, ""));
    insta::assert_snapshot!(stderr);
}

#[test]
fn a_missing_network_is_an_error_with_a_hint() {
    let workspace = bare();
    with_images(&workspace);
    let (code, _, stderr) = result(&evaluate(&workspace, &["classify", "blue.png"]));
    assert!(code == 1 && stderr.contains("hint: run `just train` first"), "{stderr}");
    let (code, _, stderr) = result(&evaluate(&workspace, &["classify", "--network", "vgg", "blue.png"]));
    assert!(
        code == 1 && stderr.contains("network `vgg` is not installed") && stderr.contains("just setup"),
        "{stderr}"
    );
    assert_eq!(result(&evaluate(&workspace, &["classify"])).0, 2);
    assert_eq!(result(&evaluate(&workspace, &["classify", "--top", "0", "blue.png"])).0, 2);
}
