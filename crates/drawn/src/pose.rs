//! What an animal may be doing, and what has to be known of it to draw that. Poses serve cats and dogs alike: build,
//! coat and head make the difference.

use crate::{
    canvas::Canvas,
    coat::Coat,
    dice::Dice,
    face::{Eyes, View},
};

/// What an animal is doing.
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

/// How the tail is worn.
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
    /// Next to none.
    Stub,
}

/// Proportions of a body.
#[derive(Clone, Copy, Debug)]
pub struct Build {
    /// Width of the trunk, 1 is usual.
    pub girth: f32,
    /// Length of the legs, 1 is usual.
    pub legs: f32,
    /// Size of the head, 1 is usual.
    pub head: f32,
    /// Length of tufts on the outline; 0 is smooth.
    pub fluff: f32,
    /// How the tail is worn.
    pub tail: Tail,
}

/// An animal that can be drawn in any pose.
pub trait Animal {
    /// Its fur.
    fn coat(&self) -> &Coat;
    /// Its proportions.
    fn build(&self) -> Build;
    /// Draws its head: the skull has radius 1 around the origin.
    fn head(&self, canvas: &mut Canvas, view: View, eyes: Option<Eyes>, dice: &mut Dice);
}

impl Pose {
    /// Half the width and the height that the pose takes up.
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
