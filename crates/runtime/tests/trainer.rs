//! Tests of the trainer with a small head.

use graph::head::Head;
use ndarray::{Array2, ArrayD};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use runtime::training::{Options, TrainingArtifacts, artifacts};
use runtime::{RuntimeError, Trainer, TrainingFiles, TrainingState};

use crate::common;

const SAMPLES: usize = 24;

/// Returns a head with 4 features, 8 hidden values and 3 classes.
fn head() -> TrainingArtifacts {
    let head = Head { features: 4, hidden: vec![8], classes: 3 };
    let model = head.build(&mut ChaCha8Rng::seed_from_u64(1)).unwrap();
    artifacts(&model, &Options::default()).unwrap()
}

fn trainer(made: &TrainingArtifacts, threads: usize) -> Trainer {
    common::load();
    Trainer::new(&made.files(3), threads).unwrap()
}

/// Returns features and labels. The label is the index of the largest of the first three features.
fn samples() -> (ArrayD<f32>, Vec<i64>) {
    let labels: Vec<i64> = (0..SAMPLES).map(|sample| (sample % 3) as i64).collect();
    let features = Array2::from_shape_fn((SAMPLES, 4), |(sample, at)| {
        let noise = ((sample * 7 + at * 3) as f32).sin() * 0.2;
        noise + if at == sample % 3 { 1.0 } else { 0.0 }
    });
    (features.into_dyn(), labels)
}

/// Returns dropout masks that drop nothing.
fn masks(made: &TrainingArtifacts) -> Vec<ArrayD<f32>> {
    made.masks.iter().map(|mask| Array2::ones((SAMPLES, mask.shape[0])).into_dyn()).collect()
}

/// Trains `steps` steps with a learning rate. Returns the losses.
fn train(trainer: &mut Trainer, made: &TrainingArtifacts, steps: usize, learning_rate: f32) -> Vec<f32> {
    let (features, labels) = samples();
    let masks = masks(made);
    let inputs: Vec<_> = std::iter::once(features.view()).chain(masks.iter().map(|mask| mask.view())).collect();
    (0..steps).map(|_| trainer.step(&inputs, &labels, learning_rate).unwrap()).collect()
}

#[test]
fn a_head_learns_a_separable_problem() {
    let made = head();
    let mut trainer = trainer(&made, 1);
    let losses = train(&mut trainer, &made, 150, 0.02);
    assert!(losses[0] > 0.7, "{losses:?}");
    assert!(losses[149] < 0.05, "{losses:?}");
    let (features, labels) = samples();
    let after = trainer.evaluate(&[features.view()], &labels).unwrap();
    assert!(after.loss < 0.05);
    assert_eq!(after.probabilities.shape(), [SAMPLES, 3]);
    for (row, &label) in after.probabilities.outer_iter().zip(&labels) {
        assert!((row.sum() - 1.0).abs() < 1e-5);
        assert!(row[label as usize] > 0.8, "{row}");
    }
}

#[test]
fn gradients_are_not_accumulated_over_steps() {
    let made = head();
    let mut trainer = trainer(&made, 1);
    // Steps with the learning rate 0 change nothing. Accumulated gradients would change the steps after them.
    let still = train(&mut trainer, &made, 5, 0.0);
    assert!(still.iter().all(|loss| loss.to_bits() == still[0].to_bits()), "{still:?}");
}

#[test]
fn two_runs_give_the_same_bits() {
    let made = head();
    let run = || {
        let mut trainer = trainer(&made, 2);
        let losses = train(&mut trainer, &made, 20, 0.01);
        let bits: Vec<u32> = losses.iter().chain(&trainer.parameters().unwrap()).map(|value| value.to_bits()).collect();
        bits
    };
    assert_eq!(run(), run());
}

#[test]
fn parameters_that_are_set_are_returned_unchanged() {
    let made = head();
    let mut trainer = trainer(&made, 1);
    let start = trainer.parameters().unwrap();
    assert_eq!(start.len(), 4 * 8 + 8 + 8 * 3 + 3);
    let (features, labels) = samples();
    let before = trainer.evaluate(&[features.view()], &labels).unwrap();
    train(&mut trainer, &made, 5, 0.05);
    assert_ne!(trainer.parameters().unwrap(), start);
    assert_ne!(trainer.evaluate(&[features.view()], &labels).unwrap(), before);
    trainer.set_parameters(&start).unwrap();
    assert_eq!(trainer.parameters().unwrap(), start);
    assert_eq!(trainer.evaluate(&[features.view()], &labels).unwrap(), before);
    let message = trainer.set_parameters(&start[1..]).unwrap_err().to_string();
    assert_eq!(message, "the training model: it has 67 trained parameters, not 66");
}

#[test]
fn wrong_inputs_are_errors() {
    let made = head();
    let mut trainer = trainer(&made, 1);
    let (features, labels) = samples();
    let masks = masks(&made);
    for inputs in [vec![], vec![features.view()], vec![features.view(); 4], vec![masks[0].view(), features.view()]] {
        assert!(matches!(trainer.step(&inputs, &labels, 0.1), Err(RuntimeError::Failed { .. })));
    }
    let inputs = [features.view(), masks[0].view(), masks[1].view()];
    assert!(trainer.step(&inputs, &[0, 1], 0.1).is_err(), "there are fewer labels than samples");
    for label in [3, -1, i64::MAX] {
        let message = trainer.step(&inputs, &[label; SAMPLES], 0.1).unwrap_err().to_string();
        assert_eq!(message, format!("the training model: label {label} is not one of the 3 classes"));
    }
    assert!(trainer.evaluate(&[], &labels).is_err());
    assert!(trainer.step(&inputs, &labels, 0.1).is_ok(), "the trainer works after an error");
}

#[test]
fn broken_files_are_errors() {
    common::load();
    let made = head();
    let garbage = [7_u8; 300];
    let broken = [
        TrainingFiles { training_model: &garbage, ..made.files(3) },
        TrainingFiles { eval_model: &garbage, ..made.files(3) },
        TrainingFiles { checkpoint: &garbage, ..made.files(3) },
        TrainingFiles { checkpoint: &made.checkpoint[..40], ..made.files(3) },
        TrainingFiles { checkpoint: &[], ..made.files(3) },
    ];
    for files in broken {
        let message = Trainer::new(&files, 1).unwrap_err().to_string();
        assert!(message.starts_with("the training model is not a model that ONNX Runtime can run: "), "{message}");
        assert!(!message.contains("[ONNXRuntimeError]") && !message.ends_with('\n'), "{message}");
    }
}

/// Returns the bits of each loss and weight.
fn bits(losses: &[f32], trainer: &Trainer) -> Vec<u32> {
    losses.iter().chain(&trainer.parameters().unwrap()).map(|value| value.to_bits()).collect()
}

#[test]
fn a_resumed_training_gives_the_bits_of_an_uninterrupted_training() {
    let made = head();
    for threads in [1, 2] {
        let mut straight = trainer(&made, threads);
        train(&mut straight, &made, 7, 0.02);
        let losses = train(&mut straight, &made, 13, 0.01);
        let expected = bits(&losses, &straight);
        let mut first = trainer(&made, threads);
        train(&mut first, &made, 7, 0.02);
        let state = first.state().unwrap().into_owned();
        assert_eq!(first.state().unwrap(), state, "saving the state does not change it");
        drop(first);
        let mut second = Trainer::resume(&made.files(3), &state, threads).unwrap();
        assert_eq!(second.state().unwrap(), state);
        // The state of a resumed trainer can be saved and resumed too.
        let mut losses = train(&mut second, &made, 5, 0.01);
        let mut third = Trainer::resume(&made.files(3), &second.state().unwrap(), threads).unwrap();
        losses.extend(train(&mut third, &made, 8, 0.01));
        assert!(expected == bits(&losses, &third));
        // The weights alone are not enough to resume.
        let mut fresh = trainer(&made, threads);
        fresh.set_parameters(&Trainer::resume(&made.files(3), &state, threads).unwrap().parameters().unwrap()).unwrap();
        let losses = train(&mut fresh, &made, 13, 0.01);
        assert!(expected != bits(&losses, &fresh));
    }
}

#[test]
fn the_state_before_the_first_step_resumes_at_the_start() {
    let made = head();
    let mut straight = trainer(&made, 1);
    let state = straight.state().unwrap().into_owned();
    let losses = train(&mut straight, &made, 4, 0.02);
    let mut resumed = Trainer::resume(&made.files(3), &state, 1).unwrap();
    assert_eq!(bits(&losses, &straight), bits(&train(&mut resumed, &made, 4, 0.02), &resumed));
}

#[test]
fn the_state_of_another_model_is_rejected() {
    let made = head();
    let mut trainer = trainer(&made, 1);
    train(&mut trainer, &made, 3, 0.02);
    let state = trainer.state().unwrap();
    let wider = Head { features: 4, hidden: vec![9], classes: 3 };
    let wider = wider.build(&mut ChaCha8Rng::seed_from_u64(1)).unwrap();
    let wider = artifacts(&wider, &Options::default()).unwrap();
    let error = Trainer::resume(&wider.files(3), &state, 1).unwrap_err();
    assert!(matches!(error, RuntimeError::BadState { .. }));
    assert_eq!(
        error.to_string(),
        "the saved state of the training cannot be used: it belongs to another model or to other settings"
    );
}

#[test]
fn a_state_can_be_stored_and_read() {
    let made = head();
    let mut trainer = trainer(&made, 1);
    train(&mut trainer, &made, 3, 0.02);
    let state = trainer.state().unwrap();
    let stored = postcard::to_allocvec(&state).unwrap();
    let values = trainer.parameters().unwrap().len();
    assert!(stored.len() < 12 * values + 64, "{} bytes for {values} weights", stored.len());
    let read: TrainingState = postcard::from_bytes(&stored).unwrap();
    assert_eq!(read, state);
    for length in [0, 1, 20, 40, stored.len() / 2, stored.len() - 1] {
        assert!(postcard::from_bytes::<TrainingState>(&stored[..length]).is_err(), "cut at {length}");
    }
}

#[test]
fn the_loss_of_a_diverging_training_is_not_finite() {
    let made = head();
    let mut trainer = trainer(&made, 1);
    let losses = train(&mut trainer, &made, 3, f32::NAN);
    assert!(losses[0].is_finite());
    assert!(losses[1..].iter().all(|loss| loss.is_nan()), "{losses:?}");
    let (features, labels) = samples();
    assert!(trainer.evaluate(&[features.view()], &labels).unwrap().loss.is_nan());
    let mut endless = features.clone();
    endless[[0, 0]] = f32::INFINITY;
    let masks = masks(&made);
    let mut trainer = self::trainer(&made, 1);
    let loss = trainer.step(&[endless.view(), masks[0].view(), masks[1].view()], &labels, 0.1).unwrap();
    assert!(!loss.is_finite(), "{loss}");
}
