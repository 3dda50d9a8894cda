//! Computes the rectangles of some windows, step by step, with one thread's own sessions.

use std::ops::Range;

use ndarray::{ArrayViewD, IxDyn};
use runtime::Session;

use super::plan::{Plan, Step, Work};
use super::regions::{Plane, Regions};
use super::room::Room;
use crate::Error;

/// What one thread needs to go through a [`Plan`].
#[derive(Debug)]
pub(crate) struct Worker {
    /// One a step, where it has a model.
    sessions: Vec<Option<Session>>,
    room: Room,
}

/// What there is while some windows are worked on.
struct Under<'a> {
    plan: &'a Plan,
    planes: &'a [Plane],
    windows: Range<usize>,
    /// By tensor, the rectangles, from when they are computed to when they are last read.
    regions: Vec<Option<Regions>>,
}

impl Worker {
    /// Sessions of `threads` threads each.
    pub(crate) fn new(plan: &Plan, threads: usize) -> Result<Self, Error> {
        let open = |step: &Step| step.model.as_ref().map(|model| Session::from_bytes(model, threads)).transpose();
        Ok(Self { sessions: plan.steps.iter().map(open).collect::<Result<_, _>>()?, room: Room::default() })
    }

    /// Takes back what [`Worker::run`] gave, for the memory.
    pub(crate) fn put(&mut self, regions: Regions) {
        self.room.put(regions.values);
    }

    /// What `windows` make of the tensor at the cut, where `cover` is what they lay over the picture and `planes` holds
    /// the uncovered picture's tensors, those that [`Plan::needed`] names.
    pub(crate) fn run(
        &mut self,
        plan: &Plan,
        planes: &[Plane],
        cover: &Plane,
        windows: Range<usize>,
    ) -> Result<Regions, Error> {
        let picture = Regions::of_plane(cover, &plan.tensors[0].rects[windows.clone()], &mut self.room);
        let mut under = Under { plan, planes, windows, regions: plan.tensors.iter().map(|_| None).collect() };
        under.regions[0] = Some(picture);
        for (place, (step, session)) in plan.steps.iter().zip(&mut self.sessions).enumerate() {
            let output = under.step(place, step, session.as_mut(), &mut self.room)?;
            under.regions[step.output] = Some(output);
            for input in &step.inputs {
                if plan.ends(*input, place)
                    && let Some(regions) = under.regions[*input].take()
                {
                    self.room.put(regions.values);
                }
            }
        }
        Ok(under.regions[plan.cut].take().unwrap_or_default())
    }
}

impl Under<'_> {
    fn step(
        &mut self,
        place: usize,
        step: &Step,
        session: Option<&mut Session>,
        room: &mut Room,
    ) -> Result<Regions, Error> {
        let first = step.inputs[0];
        let rects = &self.plan.tensors[step.output].rects[self.windows.clone()];
        match (&step.work, session) {
            (Work::Convolution(layer), _) => {
                let planes = [&self.planes[first], &self.planes[step.output]];
                Ok(layer.run(room, self.read(first), planes, rects))
            }
            (Work::Pool(pool, slides), _) => Ok(pool.run(room, slides, self.read(first), &self.planes[first], rects)),
            (Work::Places(names), Some(session)) => self.places(step, names, session, room),
            (work, _) => {
                let mut values = if self.plan.ends(first, place) { self.regions[first].take() } else { None }
                    .unwrap_or_else(|| self.read(first).copy(room));
                if matches!(work, Work::Relu) {
                    values.values_mut().iter_mut().for_each(|value| *value = if *value > 0.0 { *value } else { 0.0 });
                }
                Ok(values)
            }
        }
    }

    /// Any node that works place by place: each place is an item of its own for the runtime.
    fn places(&self, step: &Step, names: &[String], session: &mut Session, room: &mut Room) -> Result<Regions, Error> {
        let tensor = &self.plan.tensors[step.output];
        let mut output = Regions::new(tensor.sizes[0], &tensor.rects[self.windows.clone()], room);
        let grown = step.inputs.iter();
        let grown: Vec<Regions> =
            grown.map(|input| self.read(*input).grown(&self.planes[*input], &output.rects, room)).collect();
        let mut inputs: Vec<(&str, ArrayViewD<f32>)> = Vec::new();
        for (name, regions) in names.iter().zip(&grown) {
            if inputs.iter().all(|(other, _)| other != name) {
                let count = regions.values().len() / regions.channels.max(1);
                if count == 0 {
                    return Ok(output);
                }
                let shape = IxDyn(&[count, regions.channels, 1, 1]);
                inputs.push((name, ArrayViewD::from_shape(shape, regions.values()).map_err(Error::misshapen)?));
            }
        }
        session.run_with(&inputs, |computed| {
            let computed = computed.iter().flat_map(|(_, values)| values.iter());
            for (value, computed) in output.values_mut().iter_mut().zip(computed) {
                *value = *computed;
            }
        })?;
        for regions in grown {
            room.put(regions.values);
        }
        Ok(output)
    }

    /// What an earlier step computed.
    fn read(&self, tensor: usize) -> &Regions {
        self.regions[tensor].as_ref().expect("a step's inputs are computed before it and kept until their last reader")
    }
}
