//! Rectangles of pixels.

/// A rectangle of pixels in an image or a tensor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rect {
    /// First row.
    pub top: usize,
    /// First column.
    pub left: usize,
    /// Number of rows.
    pub height: usize,
    /// Number of columns.
    pub width: usize,
}

impl Rect {
    /// Returns the number of pixels.
    #[inline]
    pub fn area(self) -> usize {
        self.height * self.width
    }

    /// Returns the row behind the last row.
    #[inline]
    pub fn bottom(self) -> usize {
        self.top + self.height
    }

    /// Returns the column behind the last column.
    #[inline]
    pub fn right(self) -> usize {
        self.left + self.width
    }

    /// Returns the smallest rectangle that contains both. An empty rectangle adds nothing.
    #[must_use]
    pub fn around(self, other: Self) -> Self {
        if self.area() == 0 || other.area() == 0 {
            return if self.area() == 0 { other } else { self };
        }
        let (top, left) = (self.top.min(other.top), self.left.min(other.left));
        let (bottom, right) = (self.bottom().max(other.bottom()), self.right().max(other.right()));
        Self { top, left, height: bottom - top, width: right - left }
    }
}
