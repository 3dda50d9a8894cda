//! The poses of animals, and the properties of an animal that a pose needs.
//!
//! Cats and dogs share the poses. They differ in build, coat and head.

use crate::{
    canvas::Canvas,
    coat::Coat,
    dice::Dice,
    face::{Eyes, View},
};

/// The pose of an animal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pose {
    /// Head and shoulders.
    Portrait,
    /// Sitting, seen from the front.
    Sitting,
    /// Standing or walking, seen from the side.
    Standing,
    /// Lying with the head up, seen from the side.
    Lying,
    /// Lying, seen from the front.
    Resting,
    /// Curled up asleep.
    Curled,
}

/// The form of a tail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tail {
    /// Long and even.
    Slim,
    /// Long and thick.
    Bushy,
    /// Tapering to a point.
    Whip,
    /// Rolled over the back.
    Rolled,
    /// Very short.
    Stub,
}

/// The proportions of a body.
#[derive(Clone, Copy, Debug)]
pub struct Build {
    /// The width of the trunk, relative to the usual width.
    pub girth: f32,
    /// The length of the legs, relative to the usual length.
    pub legs: f32,
    /// The size of the head, relative to the usual size.
    pub head: f32,
    /// The length of the tufts on the outline. 0 is smooth.
    pub fluff: f32,
    /// The form of the tail.
    pub tail: Tail,
}

/// An animal that can be drawn in any pose.
pub trait Animal {
    /// Returns the fur.
    fn coat(&self) -> &Coat;
    /// Returns the proportions.
    fn build(&self) -> Build;
    /// Draws the head. The skull has radius 1 around the origin. `eyes` overrides the usual look of the eyes.
    fn head(&self, canvas: &mut Canvas, view: View, eyes: Option<Eyes>, dice: &mut Dice);
}

impl Pose {
    /// Returns half of the width, and the whole height, of the pose, in the units of [`crate::body`].
    pub fn extent(self) -> (f32, f32) {
        match self {
            Self::Portrait => (1.25, 2.4),
            Self::Sitting => (0.95, 2.3),
            Self::Standing => (1.4, 1.95),
            Self::Lying => (1.3, 1.55),
            Self::Resting => (1.0, 1.45),
            Self::Curled => (1.05, 1.15),
        }
    }
}
