//! What a window does not touch is not computed again.
//!
//! A window changes a rectangle of the picture, and with it a rectangle of what each layer computes: larger by the
//! layer's windows, smaller by its strides. [`plan`] walks the graph and works those out for every tensor and window, as
//! far up as all nodes work place by place (`graph::local`). From there on, the rest of the network runs as a whole: dense
//! layers by products that leave out what a rectifier has made 0 ([`dense`]), what is above them by the runtime.
//!
//! Below, only rectangles are computed ([`worker`]). They hold plain values; what lies around them is the uncovered
//! picture's. A convolution is linear, so it is given only the *differences* from the uncovered picture, which are 0
//! outside of the rectangle it reads, and its result is added to what it gave for the uncovered picture
//! ([`tiles`], [`columns`]). All products of rows and matrices of a layer, over many windows at once, go through
//! [`kernels::Matrices`], which all threads share.
//!
//! Values lie as `[places, channels]`, so that rows of a product need no turning and every inner loop runs over
//! channels.

mod columns;
mod convolution;
mod dense;
mod plan;
mod pool;
mod regions;
mod room;
mod tiles;
mod toom;
mod transforms;
mod worker;

pub(crate) use plan::Plan;
pub(crate) use regions::{Plane, Regions};
pub(crate) use worker::Worker;
