//! Occlusion sensitivity (Zeiler & Fergus 2013, section 4.2): the outputs of a network while a window of the image is covered.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use graph::Model;
use kernels::patch::{Baseline, Patches, Rect};
use ndarray::{Array1, Array2, Array3, Array4, ArrayD, ArrayView3, Axis, Ix4};
use runtime::Session;

use super::plan::OcclusionPlan;
use super::worker::Worker;
use crate::Error;

/// Windows that one thread computes at a time. With more windows the filters are read less often from memory, but the values between two
/// steps no longer stay in a cache. The number is fixed, because another number could change the last bits of the pointwise nodes, which
/// the runtime computes.
const CHUNK: usize = 16;
/// The greatest number of windows in one run of the network above the cut.
const ROUND: usize = 384;
/// The greatest number of values at the cut that are in memory at a time. Large tensors reduce the number of windows of a run.
const HELD: usize = 1 << 24;
/// The greatest number of threads with sessions and memory of their own. With more threads, each session has several.
const WORKERS: usize = 4;

/// Whether the results for the unchanged image are reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reuse {
    /// They are reused as far as the layers of the network allow it.
    On,
    /// Every window runs through the whole network, in batches.
    Off,
}

/// A network and a set of windows, for any number of images.
#[derive(Debug)]
pub struct Occluder {
    plan: OcclusionPlan,
    outputs: Vec<String>,
    /// The whole network, for the unchanged image.
    whole: Session,
    /// The network above the cut and its dense layers.
    above: Session,
    threads: usize,
    workers: Vec<Mutex<Worker>>,
}

/// The outputs of the network for one image.
#[derive(Debug, Clone)]
pub struct Occluded {
    /// The values of each output for the unchanged image, `[values]`.
    pub uncovered: Vec<Array1<f32>>,
    /// The values of each output for each window, `[windows, values]`.
    pub covered: Vec<Array2<f32>>,
}

impl Occluder {
    /// Prepares `model`, whose only input is an image `[n, channels, height, width]`, for the rectangles `windows`, in pixels.
    /// `outputs` are the names of tensors `[n, values]`. `threads` is 0 for all processors.
    ///
    /// # Errors
    /// Returns an error if the network has another kind of input, if there is no window, or if a window is empty or not inside the
    /// image.
    pub fn new(model: &Model, outputs: &[&str], windows: &[Rect], reuse: Reuse, threads: usize) -> Result<Self, Error> {
        let model = model.cut_many(outputs)?.without_dropout()?;
        let plan = OcclusionPlan::new(&model, outputs, windows, reuse == Reuse::On)?;
        let [_, height, width] = plan.tensors[0].sizes;
        let inside = |rect: &Rect| rect.area() > 0 && rect.bottom() <= height && rect.right() <= width;
        if windows.is_empty() || !windows.iter().all(inside) {
            let reason =
                format!("every window must lie inside of the image of {width} x {height} and must not be empty");
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
            whole: Session::new(&whole, threads)?,
            above: Session::new(&plan.above, threads)?,
            threads,
            workers: workers?,
            plan,
        })
    }

    /// Returns the name of the last tensor that is computed in rectangles, or of the input of the network if nothing can be reused.
    pub fn reused_up_to(&self) -> &str {
        &self.plan.tensors[self.plan.cut].name
    }

    /// Returns the outputs for `image`, `[channels, height, width]`: for the unchanged image, and for each window. A window replaces the
    /// pixels that it covers by the pixels of `cover` at the same positions. Several threads call `done` with the number of windows that
    /// they have just finished.
    ///
    /// # Errors
    /// Returns an error if an array does not have the size of the input, or if the runtime fails.
    pub fn probe(
        &mut self,
        image: &Array3<f32>,
        cover: &Array3<f32>,
        done: &(dyn Fn(usize) + Sync),
    ) -> Result<Occluded, Error> {
        let sizes = self.plan.tensors[0].sizes;
        if [image.shape(), cover.shape()] != [&sizes; 2] {
            let reason = format!("the image must be {sizes:?}, not {:?} covered by {:?}", image.shape(), cover.shape());
            return Err(Error::Unsuitable { model: self.plan.tensors[0].name.clone(), reason });
        }
        let (uncovered, baselines) = self.uncovered(image)?;
        let cover = baseline(cover.view());
        let windows = self.plan.tensors[0].rects.len();
        let [channels, height, width] = self.plan.tensors[self.plan.cut].sizes;
        let round = (HELD / (channels * height * width).max(1)).clamp(1, ROUND).next_multiple_of(CHUNK);
        let mut rows: Vec<Vec<ArrayD<f32>>> = self.outputs.iter().map(|_| Vec::new()).collect();
        for start in (0..windows).step_by(round) {
            let end = windows.min(start + round);
            let batch = self.at_cut(&baselines, &cover, start..end, done)?;
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
            let joined = ndarray::concatenate(Axis(0), &parts).map_err(Error::shape)?;
            let width = joined.len() / windows;
            joined.into_shape_with_order((windows, width)).map_err(Error::shape)
        });
        Ok(Occluded { uncovered, covered: covered.collect::<Result<_, _>>()? })
    }

    /// Returns the outputs for the unchanged image, and the tensors that the steps need of it. The other tensors are empty.
    fn uncovered(&mut self, image: &Array3<f32>) -> Result<(Vec<Array1<f32>>, Vec<Baseline>), Error> {
        let input = self.plan.tensors[0].name.as_str();
        let batch = image.view().insert_axis(Axis(0)).into_dyn();
        let (plan, names) = (&self.plan, &self.outputs);
        self.whole.run_with(&[(input, batch.view())], |outputs| {
            let tensor = |name: &str| outputs.iter().find(|(found, _)| *found == name).map(|(_, values)| values.view());
            let outputs = names.iter().filter_map(|name| tensor(name)).map(|values| values.iter().copied().collect());
            let mut baselines: Vec<Baseline> = plan.tensors.iter().map(|_| Baseline::default()).collect();
            for place in plan.needed() {
                let values = if place == 0 { Some(batch.view()) } else { tensor(&plan.tensors[place].name) };
                if let Some(values) = values {
                    let values = values.into_dimensionality::<Ix4>().map_err(Error::shape)?;
                    baselines[place] = baseline(values.index_axis(Axis(0), 0));
                }
            }
            Ok((outputs.collect(), baselines))
        })?
    }

    /// Returns the tensor at the cut for some windows, `[n, channels, height, width]`.
    fn at_cut(
        &self,
        baselines: &[Baseline],
        cover: &Baseline,
        windows: std::ops::Range<usize>,
        done: &(dyn Fn(usize) + Sync),
    ) -> Result<Array4<f32>, Error> {
        let [channels, height, width] = self.plan.tensors[self.plan.cut].sizes;
        let area = height * width;
        let mut around = vec![0.0; channels * area];
        for (place, values) in baselines[self.plan.cut].values().chunks_exact(channels.max(1)).enumerate() {
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
                let patches = worker.run(&self.plan, baselines, cover, start..start + batch.len_of(Axis(0)))?;
                let items = batch.as_slice_mut().unwrap_or_default().chunks_exact_mut(around.len().max(1));
                for (window, item) in items.enumerate() {
                    item.copy_from_slice(&around);
                    insert(&patches, window, item, [area, width]);
                }
                worker.recycle(patches);
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

/// Writes the rectangle of a window to `item`, `[channels, height, width]`, in which a channel has `area` pixels.
fn insert(patches: &Patches, window: usize, item: &mut [f32], [area, width]: [usize; 2]) {
    let rect = patches.rects()[window];
    for (place, values) in patches.of(window).chunks_exact(patches.channels().max(1)).enumerate() {
        let first = (rect.top + place / rect.width) * width + rect.left + place % rect.width;
        for (into, value) in item[first..].iter_mut().step_by(area).zip(values) {
            *into = *value;
        }
    }
}

/// Converts a tensor `[channels, height, width]` to the layout of the kernels, `[height * width, channels]`.
fn baseline(tensor: ArrayView3<f32>) -> Baseline {
    let (channels, _, width) = tensor.dim();
    let by_place = tensor.permuted_axes([1, 2, 0]);
    Baseline::new(width, channels, by_place.iter().copied().collect())
}
