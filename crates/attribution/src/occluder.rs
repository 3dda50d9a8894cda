//! Occlusion sensitivity (Zeiler & Fergus 2013, section 4.2): what a network says of a picture with a part covered.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use graph::Model;
use ndarray::{Array1, Array2, Array3, Array4, ArrayD, Axis, Ix4};
use runtime::Session;

use crate::reuse::{Plan, Plane, Regions, Worker};
use crate::{Error, Rect};

/// Windows that one thread works on at a time: with more, the filters are fetched seldomer, but what lies between two steps
/// no longer stays in a cache. Fixed: another number could change the last bits of what goes place by place through the
/// runtime.
const CHUNK: usize = 16;
/// Windows in one run of what lies above the cut; fewer where a window's values are many.
const ROUND: usize = 384;
/// Values at the cut that are held at a time.
const HELD: usize = 1 << 24;
/// Threads with sessions and memory of their own; with more, each session has several.
const WORKERS: usize = 4;

/// Whether what a window does not touch is taken from the uncovered picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reuse {
    /// As far as the network's layers allow it.
    On,
    /// Every window runs through the whole network, in batches.
    Off,
}

/// A network made ready for some windows, to look at any number of pictures.
#[derive(Debug)]
pub struct Occluder {
    plan: Plan,
    outputs: Vec<String>,
    /// The whole network, for the uncovered picture.
    whole: Session,
    /// From the cut and its dense layers on.
    above: Session,
    threads: usize,
    workers: Vec<Mutex<Worker>>,
}

/// What the network says of one picture.
#[derive(Debug, Clone)]
pub struct Probed {
    /// For each output asked for, its values for the uncovered picture.
    pub uncovered: Vec<Array1<f32>>,
    /// For each output asked for, a row of its values for each window.
    pub covered: Vec<Array2<f32>>,
}

impl Occluder {
    /// Makes `model` ready, of which the only input is a picture `[n, channels, height, width]`; `outputs` names what it
    /// is asked for, tensors `[n, values]`. `windows` are the places to cover, at least one.
    ///
    /// # Errors
    /// A network of another kind; a window that is empty or not inside the picture.
    pub fn new(model: &Model, outputs: &[&str], windows: &[Rect], reuse: Reuse, threads: usize) -> Result<Self, Error> {
        let model = model.cut_many(outputs)?.without_dropout()?;
        let plan = Plan::new(&model, outputs, windows, reuse == Reuse::On)?;
        let [_, height, width] = plan.tensors[0].sizes;
        let inside = |rect: &Rect| rect.area() > 0 && rect.bottom() <= height && rect.right() <= width;
        if windows.is_empty() || !windows.iter().all(inside) {
            let reason = format!("each window must cover something of a picture of {width} x {height}");
            return Err(Error::Unsuitable { model: model.label().to_owned(), reason });
        }
        let input = plan.tensors[0].name.as_str();
        let below = plan.needed().into_iter().map(|tensor| plan.tensors[tensor].name.as_str());
        let below: Vec<&str> = below.filter(|name| *name != input && !outputs.contains(name)).collect();
        let whole = model.expose(&below)?;
        let threads = if threads == 0 { std::thread::available_parallelism().map_or(1, usize::from) } else { threads };
        let count = if plan.cut == 0 { 1 } else { threads.min(WORKERS).min(windows.len().div_ceil(CHUNK)) };
        let workers: Result<Vec<_>, Error> =
            (0..count).map(|_| Ok(Mutex::new(Worker::new(&plan, (threads / count).max(1))?))).collect();
        Ok(Self {
            outputs: outputs.iter().map(|output| (*output).to_owned()).collect(),
            whole: Session::from_bytes(&whole.to_bytes(), threads)?,
            above: Session::from_bytes(&plan.above.to_bytes(), threads)?,
            threads,
            workers: workers?,
            plan,
        })
    }

    /// Name of the last tensor that is computed in rectangles; the network's input where nothing can be reused.
    pub fn reused_up_to(&self) -> &str {
        &self.plan.tensors[self.plan.cut].name
    }

    /// What the network says of `picture` `[channels, height, width]`, uncovered and with each window filled from the
    /// same places of `cover`. `done` hears of windows as they are done, from several threads.
    ///
    /// # Errors
    /// Arrays that are not of the network's size; the runtime's.
    pub fn probe(
        &mut self,
        picture: &Array3<f32>,
        cover: &Array3<f32>,
        done: &(dyn Fn(usize) + Sync),
    ) -> Result<Probed, Error> {
        let sizes = self.plan.tensors[0].sizes;
        if [picture.shape(), cover.shape()] != [&sizes; 2] {
            let reason = format!("it takes {sizes:?}, not {:?} with {:?} over it", picture.shape(), cover.shape());
            return Err(Error::Unsuitable { model: self.plan.tensors[0].name.clone(), reason });
        }
        let (uncovered, planes) = self.uncovered(picture)?;
        let cover = Plane::of(cover.view());
        let windows = self.plan.tensors[0].rects.len();
        let [channels, height, width] = self.plan.tensors[self.plan.cut].sizes;
        let round = (HELD / (channels * height * width).max(1)).clamp(1, ROUND).next_multiple_of(CHUNK);
        let mut rows: Vec<Vec<ArrayD<f32>>> = self.outputs.iter().map(|_| Vec::new()).collect();
        for start in (0..windows).step_by(round) {
            let end = windows.min(start + round);
            let batch = self.at_cut(&planes, &cover, start..end, done)?;
            let batch = self.plan.dense.run(batch, self.threads);
            let outputs = self.above.run(&[(self.plan.dense.output(), batch.view())])?;
            for (name, rows) in self.outputs.iter().zip(&mut rows) {
                rows.extend(outputs.iter().find(|(found, _)| found == name).map(|(_, values)| values.clone()));
            }
            if self.plan.cut == 0 {
                done(end - start);
            }
        }
        let covered = rows.iter().map(|parts| {
            let parts: Vec<_> = parts.iter().map(|part| part.view()).collect();
            let joined = ndarray::concatenate(Axis(0), &parts).map_err(Error::misshapen)?;
            let width = joined.len() / windows;
            joined.into_shape_with_order((windows, width)).map_err(Error::misshapen)
        });
        Ok(Probed { uncovered, covered: covered.collect::<Result<_, _>>()? })
    }

    /// The outputs for the uncovered picture, and the tensors that are needed of it, by place.
    fn uncovered(&mut self, picture: &Array3<f32>) -> Result<(Vec<Array1<f32>>, Vec<Plane>), Error> {
        let input = self.plan.tensors[0].name.as_str();
        let batch = picture.view().insert_axis(Axis(0)).into_dyn();
        let (plan, names) = (&self.plan, &self.outputs);
        self.whole.run_with(&[(input, batch.view())], |outputs| {
            let tensor = |name: &str| outputs.iter().find(|(found, _)| *found == name).map(|(_, values)| values.view());
            let asked = names.iter().filter_map(|name| tensor(name)).map(|values| values.iter().copied().collect());
            let mut planes: Vec<Plane> = plan.tensors.iter().map(|_| Plane::default()).collect();
            for place in plan.needed() {
                let values = if place == 0 { Some(batch.view()) } else { tensor(&plan.tensors[place].name) };
                if let Some(values) = values {
                    let values = values.into_dimensionality::<Ix4>().map_err(Error::misshapen)?;
                    planes[place] = Plane::of(values.index_axis(Axis(0), 0));
                }
            }
            Ok((asked.collect(), planes))
        })?
    }

    /// The tensor at the cut for some windows, `[n, channels, height, width]`.
    fn at_cut(
        &self,
        planes: &[Plane],
        cover: &Plane,
        windows: std::ops::Range<usize>,
        done: &(dyn Fn(usize) + Sync),
    ) -> Result<Array4<f32>, Error> {
        let [channels, height, width] = self.plan.tensors[self.plan.cut].sizes;
        let area = height * width;
        let mut around = vec![0.0; channels * area];
        for (place, values) in planes[self.plan.cut].values.chunks_exact(channels.max(1)).enumerate() {
            around[place..].iter_mut().step_by(area).zip(values).for_each(|(into, value)| *into = *value);
        }
        let mut batch = Array4::<f32>::zeros((windows.len(), channels, height, width));
        let parts: Vec<_> = batch.axis_chunks_iter_mut(Axis(0), CHUNK).map(Mutex::new).collect();
        let next = AtomicUsize::new(0);
        let work = |worker: &Mutex<Worker>| -> Result<(), Error> {
            let mut worker = worker.lock().unwrap_or_else(PoisonError::into_inner);
            loop {
                let part = next.fetch_add(1, Ordering::Relaxed);
                let Some(batch) = parts.get(part) else { return Ok(()) };
                let mut batch = batch.lock().unwrap_or_else(PoisonError::into_inner);
                let start = windows.start + part * CHUNK;
                let regions = worker.run(&self.plan, planes, cover, start..start + batch.len_of(Axis(0)))?;
                let items = batch.as_slice_mut().unwrap_or_default().chunks_exact_mut(around.len().max(1));
                for (window, item) in items.enumerate() {
                    item.copy_from_slice(&around);
                    lay(&regions, window, item, [area, width]);
                }
                worker.put(regions);
                if self.plan.cut > 0 {
                    done(batch.len_of(Axis(0)));
                }
            }
        };
        std::thread::scope(|scope| {
            let others: Vec<_> = self.workers[1..].iter().map(|worker| scope.spawn(|| work(worker))).collect();
            let own = work(&self.workers[0]);
            let panicked =
                |_| Error::Unsuitable { model: "occlusion".to_owned(), reason: "a thread panicked".to_owned() };
            others.into_iter().map(|other| other.join().map_err(panicked)?).fold(own, Result::and)
        })?;
        drop(parts);
        Ok(batch)
    }
}

/// Lays a window's rectangle into `item` `[channels, height, width]`, where a channel has `area` places.
fn lay(regions: &Regions, window: usize, item: &mut [f32], [area, width]: [usize; 2]) {
    let rect = regions.rects[window];
    for (place, values) in regions.of(window).chunks_exact(regions.channels.max(1)).enumerate() {
        let first = (rect.top + place / rect.width) * width + rect.left + place % rect.width;
        for (into, value) in item[first..].iter_mut().step_by(area).zip(values) {
            *into = *value;
        }
    }
}
