//! Computes the rectangles of some windows, step by step, on one thread.

use std::ops::Range;

use kernels::patch::{Baseline, Patches, Workspace};
use ndarray::{ArrayViewD, IxDyn};
use runtime::Session;

use super::plan::{OcclusionPlan, Step, Work};
use crate::Error;

/// The sessions and the memory that one thread needs for an [`OcclusionPlan`].
#[derive(Debug)]
pub(super) struct Worker {
    /// The session of each step that the runtime runs.
    sessions: Vec<Option<Session>>,
    workspace: Workspace,
}

/// The state of a run over some windows.
struct Run<'a> {
    plan: &'a OcclusionPlan,
    baselines: &'a [Baseline],
    windows: Range<usize>,
    /// The patches of each tensor, from the step that computes them to the last step that reads them.
    patches: Vec<Option<Patches>>,
}

impl Worker {
    /// Opens the sessions of a worker, with `threads` threads each.
    pub(super) fn new(plan: &OcclusionPlan, threads: usize) -> Result<Self, Error> {
        let open = |step: &Step| step.model.as_ref().map(|model| Session::new(model, threads)).transpose();
        let sessions = plan.steps.iter().map(open).collect::<Result<_, _>>()?;
        Ok(Self { sessions, workspace: Workspace::default() })
    }

    /// Takes back the memory of what [`Worker::run`] returned.
    pub(super) fn recycle(&mut self, patches: Patches) {
        patches.recycle(&mut self.workspace);
    }

    /// Returns the patches of the tensor at the cut for `windows`. `cover` is the image that shows in the windows. `baselines` are the
    /// tensors of the unchanged image, of which those that [`OcclusionPlan::needed`] names are filled.
    pub(super) fn run(
        &mut self,
        plan: &OcclusionPlan,
        baselines: &[Baseline],
        cover: &Baseline,
        windows: Range<usize>,
    ) -> Result<Patches, Error> {
        let image = Patches::of_baseline(cover, &plan.tensors[0].rects[windows.clone()], &mut self.workspace);
        let mut run = Run { plan, baselines, windows, patches: plan.tensors.iter().map(|_| None).collect() };
        run.patches[0] = Some(image);
        for (place, (step, session)) in plan.steps.iter().zip(&mut self.sessions).enumerate() {
            let output = run.step(place, step, session.as_mut(), &mut self.workspace)?;
            run.patches[step.output] = Some(output);
            for input in &step.inputs {
                if plan.is_last_reader(*input, place)
                    && let Some(patches) = run.patches[*input].take()
                {
                    patches.recycle(&mut self.workspace);
                }
            }
        }
        Ok(run.patches[plan.cut].take().unwrap_or_default())
    }
}

impl Run<'_> {
    fn step(
        &mut self,
        place: usize,
        step: &Step,
        session: Option<&mut Session>,
        workspace: &mut Workspace,
    ) -> Result<Patches, Error> {
        let first = step.inputs[0];
        let rects = &self.plan.tensors[step.output].rects[self.windows.clone()];
        match (&step.work, session) {
            (Work::Convolution(layer), _) => {
                let baselines = [&self.baselines[first], &self.baselines[step.output]];
                Ok(layer.run(self.computed(first), baselines, rects, workspace))
            }
            (Work::Pool(pooling, axes), _) => {
                Ok(pooling.run(axes, self.computed(first), &self.baselines[first], rects, workspace))
            }
            (Work::Pointwise(names), Some(session)) => self.pointwise(step, names, session, workspace),
            (work, _) => {
                let last = self.plan.is_last_reader(first, place);
                let mut values = if last { self.patches[first].take() } else { None }
                    .unwrap_or_else(|| self.computed(first).copy(workspace));
                if matches!(work, Work::Relu) {
                    values.values_mut().iter_mut().for_each(|value| *value = if *value > 0.0 { *value } else { 0.0 });
                }
                Ok(values)
            }
        }
    }

    /// Runs a pointwise node. Each position is an item of the batch that the runtime computes.
    fn pointwise(
        &self,
        step: &Step,
        names: &[String],
        session: &mut Session,
        workspace: &mut Workspace,
    ) -> Result<Patches, Error> {
        let tensor = &self.plan.tensors[step.output];
        let mut output = Patches::new(tensor.sizes[0], &tensor.rects[self.windows.clone()], workspace);
        let grown = step.inputs.iter();
        let grown: Vec<Patches> = grown
            .map(|input| self.computed(*input).grown(&self.baselines[*input], output.rects(), workspace))
            .collect();
        let mut inputs: Vec<(&str, ArrayViewD<f32>)> = Vec::new();
        for (name, patches) in names.iter().zip(&grown) {
            if inputs.iter().all(|(other, _)| other != name) {
                let count = patches.values().len() / patches.channels().max(1);
                if count == 0 {
                    return Ok(output);
                }
                let shape = IxDyn(&[count, patches.channels(), 1, 1]);
                inputs.push((name, ArrayViewD::from_shape(shape, patches.values()).map_err(Error::shape)?));
            }
        }
        session.run_with(&inputs, |computed| {
            let computed = computed.iter().flat_map(|(_, values)| values.iter());
            for (value, computed) in output.values_mut().iter_mut().zip(computed) {
                *value = *computed;
            }
        })?;
        for patches in grown {
            patches.recycle(workspace);
        }
        Ok(output)
    }

    /// Returns the patches that an earlier step computed.
    fn computed(&self, tensor: usize) -> &Patches {
        self.patches[tensor].as_ref().expect("the inputs of a step are kept until their last reader has run")
    }
}
