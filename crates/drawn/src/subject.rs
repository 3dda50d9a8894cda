//! The subjects that can be drawn.

/// The subject of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A cat.
    Cat,
    /// A dog.
    Dog,
    /// One or more flowers.
    Flower,
}

impl Subject {
    /// Every subject, in the alphabetical order of the class names.
    pub const ALL: [Self; 3] = [Self::Cat, Self::Dog, Self::Flower];

    /// Returns the class name of the subject: `cat`, `dog` or `flower`.
    pub fn class(self) -> &'static str {
        match self {
            Self::Cat => "cat",
            Self::Dog => "dog",
            Self::Flower => "flower",
        }
    }

    /// Returns the subject with the class name `class`, if there is one.
    pub fn of_class(class: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|subject| subject.class() == class)
    }
}
