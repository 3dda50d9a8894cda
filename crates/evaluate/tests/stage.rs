//! The stage `evaluate`: its outputs, its gate, damaged inputs. The tests need `just setup`.

use serde_json::{Value, json};
use testkit::Workspace;

use crate::common::{bare, evaluate, prepared, result};

const OUTPUTS: [&str; 7] = [
    "metrics.json",
    "predictions.csv",
    "confusion_matrix.csv",
    "per_class.csv",
    "calibration.csv",
    "top_images.csv",
    "misclassified.csv",
];

fn outputs(workspace: &Workspace) -> Vec<String> {
    OUTPUTS.map(|name| workspace.text(format!("artifacts/evaluate/{name}"))).to_vec()
}

/// Rounds the fractions in a CSV table, because the last bits of a probability depend on the processor.
fn rounded(csv: &str) -> String {
    let cell = |cell: &str| match cell.parse::<f64>() {
        Ok(number) if cell.contains('.') => format!("{number:.4}"),
        _ => cell.to_owned(),
    };
    let line = |line: &str| line.split(',').map(cell).collect::<Vec<_>>().join(",") + "\n";
    csv.lines().map(line).collect()
}

fn rounded_json(value: &Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => json!((number.as_f64().unwrap() * 1e4).round() / 1e4),
        Value::Array(items) => items.iter().map(rounded_json).collect(),
        Value::Object(fields) => fields.iter().map(|(key, value)| (key.clone(), rounded_json(value))).collect(),
        other => other.clone(),
    }
}

#[test]
fn a_damaged_runtime_is_rejected_and_the_outputs_of_the_last_run_stay() {
    let workspace = prepared();
    assert_eq!(result(&evaluate(&workspace, &[])).0, 0);
    let before = outputs(&workspace);
    let installed = testkit::workspace_root().join("data/runtime/libonnxruntime.so");
    let mut library = std::fs::read(&installed).unwrap();
    let run = |library: &[u8]| {
        let path = workspace.write("data/runtime/libonnxruntime.so", library);
        let mut command = workspace.command(env!("CARGO_BIN_EXE_evaluate"));
        let run = command.arg("--force").env_remove("ORT_DYLIB_PATH").output().unwrap();
        assert!(run.status.code().is_some(), "the process ended by a signal: {:?}", run.status);
        let (code, _, stderr) = result(&run);
        (code, stderr.replace(&path.display().to_string(), "LIBRARY"))
    };
    let (code, stderr) = run(&library);
    assert_eq!(code, 0, "{stderr}");
    for at in [2, 5, 7].map(|eighths| library.len() / 8 * eighths) {
        library[at] ^= 1;
        let (code, stderr) = run(&library);
        library[at] ^= 1;
        assert_eq!(code, 1, "{stderr}");
        assert!(stderr.starts_with("error: LIBRARY is damaged or changed: its SHA-256 is "), "{stderr}");
        assert!(stderr.contains("\nhint: run `just setup`: it installs the library again"), "{stderr}");
        assert_eq!(outputs(&workspace), before);
    }
    let (code, stderr) = run(&library[..library.len() / 2]);
    assert!(code == 1 && stderr.contains("LIBRARY is damaged or changed"), "{stderr}");
    assert_eq!(outputs(&workspace), before);
}

#[test]
fn every_table_is_written_and_printed() {
    let workspace = prepared();
    let (code, stdout, stderr) = result(&evaluate(&workspace, &[]));
    assert_eq!(code, 0, "{stderr}");
    insta::assert_snapshot!("tables", stdout);
    assert!(stderr.contains("accuracy 0.917 (95 % interval 0.646 to 0.985)"), "{stderr}");

    let metrics: Value = serde_json::from_str(&workspace.text("artifacts/evaluate/metrics.json")).unwrap();
    insta::assert_json_snapshot!("metrics", rounded_json(&metrics));
    let interval: Vec<f64> = serde_json::from_value(metrics["accuracy_interval"].clone()).unwrap();
    // 11 of 12, as tests/reference/wilson.json has it.
    assert!((interval[0] - 0.646_120_088_858_883).abs() < 1e-9 && (interval[1] - 0.985_134_905_595_083).abs() < 1e-9);

    let predictions = workspace.text("artifacts/evaluate/predictions.csv");
    let lines: Vec<&str> = predictions.lines().collect();
    let header = "id,path,source,split,label,predicted,correct,confidence,p_blue,p_green,p_red";
    assert_eq!((lines[0], lines.len()), (header, 13));
    assert!(lines[2].contains("photos/green/13.png,test,green,blue,false,0."), "{}", lines[2]);
    for name in ["misclassified", "top_images", "confusion_matrix", "per_class", "calibration"] {
        insta::assert_snapshot!(name, rounded(&workspace.text(format!("artifacts/evaluate/{name}.csv"))));
    }
}

#[test]
fn a_forced_run_gives_the_same_bytes() {
    let workspace = prepared();
    assert_eq!(result(&evaluate(&workspace, &[])).0, 0);
    let first = outputs(&workspace);
    let (code, _, stderr) = result(&evaluate(&workspace, &[]));
    assert!(code == 0 && stderr.contains("up to date"), "{stderr}");
    assert_eq!(result(&evaluate(&workspace, &["--force"])).0, 0);
    assert_eq!(outputs(&workspace), first);
    let (_, stdout, _) = result(&evaluate(&workspace, &["--dry-run", "--set", "evaluate.calibration_bins=5"]));
    assert!(stdout.contains("evaluate.calibration_bins"), "{stdout}");
}

#[test]
fn a_gate_that_is_not_met_ends_with_3_without_another_run() {
    let workspace = prepared();
    assert_eq!(result(&evaluate(&workspace, &["--set", "evaluate.gate.accuracy=0.9"])).0, 0);
    let (code, _, stderr) = result(&evaluate(&workspace, &["--set", "evaluate.gate.accuracy=0.95"]));
    assert_eq!(code, 3);
    assert!(stderr.contains("gate not met: accuracy 0.9167 is below evaluate.gate.accuracy = 0.95"), "{stderr}");
    assert!(stderr.contains("up to date"), "{stderr}");
}

#[test]
fn a_missing_stage_is_an_error_with_a_hint() {
    let (code, _, stderr) = result(&evaluate(&bare(), &[]));
    assert!(code == 1 && stderr.contains("hint: ") && stderr.contains("just preprocess"), "{stderr}");
}

#[test]
fn an_altered_model_is_an_error() {
    let workspace = prepared();
    let model = workspace.join("artifacts/train/model.onnx");
    let mut bytes = fs_err::read(&model).unwrap();
    bytes.truncate(bytes.len() / 2);
    fs_err::write(&model, bytes).unwrap();
    let (code, _, stderr) = result(&evaluate(&workspace, &[]));
    assert!(
        code == 1 && stderr.contains("model.onnx") && !stderr.contains("no tuned network") && stderr.contains("hint: "),
        "{stderr}"
    );
}
