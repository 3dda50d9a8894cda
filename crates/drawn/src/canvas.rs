//! A drawing surface with coordinate frames, layers, clips and blur.

use tiny_skia::{
    BlendMode, FillRule, GradientStop, LineCap, LineJoin, LinearGradient, Mask, Paint, Pixmap, PixmapPaint, Point,
    PremultipliedColorU8, RadialGradient, Shader, SpreadMode, Stroke, Transform,
};

use crate::{blur, palette::Colour, shape::Shape};

/// The paint of an area.
#[derive(Clone, Copy, Debug)]
pub enum Fill {
    /// One colour.
    Flat(Colour),
    /// A gradient from the first colour at the top of the shape to the second colour at its bottom.
    Down(Colour, Colour),
    /// A radial gradient `(x, y), radius, inner, outer`: from the colour `inner` at a point to `outer` at the radius.
    Glow((f32, f32), f32, Colour, Colour),
}

impl From<Colour> for Fill {
    fn from(colour: Colour) -> Self {
        Self::Flat(colour)
    }
}

/// A pixel surface with a current frame (the coordinates of shapes) and a current clip.
#[derive(Clone, Debug)]
pub struct Canvas {
    pixels: Pixmap,
    frame: Transform,
    clip: Option<Mask>,
}

impl Canvas {
    /// Creates a transparent surface of `width` x `height` pixels whose frame is in pixels. A side of 0 counts as 1.
    pub fn new(width: u32, height: u32) -> Self {
        let pixels = Pixmap::new(width.max(1), height.max(1))
            .or_else(|| Pixmap::new(1, 1))
            .unwrap_or_else(|| unreachable!("one pixel is a valid size"));
        Self { pixels, frame: Transform::identity(), clip: None }
    }

    /// Creates a transparent surface of the same size and frame.
    pub fn layer(&self) -> Self {
        Self { frame: self.frame, ..Self::new(self.pixels.width(), self.pixels.height()) }
    }

    /// Returns the width in pixels.
    pub fn width(&self) -> f32 {
        self.pixels.width() as f32
    }

    /// Returns the height in pixels.
    pub fn height(&self) -> f32 {
        self.pixels.height() as f32
    }

    /// Returns the pixels with premultiplied alpha, row by row.
    pub fn pixels(&self) -> &[PremultipliedColorU8] {
        self.pixels.pixels()
    }

    /// Runs `draw` with a frame that applies `step` before the current frame.
    pub fn within(&mut self, step: Transform, draw: impl FnOnce(&mut Self)) {
        let before = self.frame;
        self.frame = before.pre_concat(step);
        draw(self);
        self.frame = before;
    }

    /// Runs `draw` with the clip reduced to `shape`.
    pub fn inside(&mut self, shape: &Shape, draw: impl FnOnce(&mut Self)) {
        let Some(path) = shape.path() else { return };
        let before = self.clip.clone();
        if let Some(mask) = &mut self.clip {
            mask.intersect_path(path, FillRule::Winding, true, self.frame);
        } else if let Some(mut mask) = Mask::new(self.pixels.width(), self.pixels.height()) {
            mask.fill_path(path, FillRule::Winding, true, self.frame);
            self.clip = Some(mask);
        }
        draw(self);
        self.clip = before;
    }

    /// Fills `shape`.
    pub fn fill(&mut self, shape: &Shape, fill: impl Into<Fill>) {
        let Some(path) = shape.path() else { return };
        let bounds = path.bounds();
        let shader = match fill.into() {
            Fill::Flat(colour) => Shader::SolidColor(colour.skia()),
            Fill::Down(top, bottom) => LinearGradient::new(
                Point::from_xy(0.0, bounds.top()),
                Point::from_xy(0.0, bounds.bottom()),
                stops(top, bottom),
                SpreadMode::Pad,
                Transform::identity(),
            )
            .unwrap_or(Shader::SolidColor(top.skia())),
            Fill::Glow((x, y), radius, inner, outer) => RadialGradient::new(
                Point::from_xy(x, y),
                0.0,
                Point::from_xy(x, y),
                radius,
                stops(inner, outer),
                SpreadMode::Pad,
                Transform::identity(),
            )
            .unwrap_or(Shader::SolidColor(inner.skia())),
        };
        let paint = Paint { shader, anti_alias: true, ..Paint::default() };
        self.pixels.fill_path(path, &paint, FillRule::Winding, self.frame, self.clip.as_ref());
    }

    /// Draws the outline of `shape` with a round pen of the width `width`.
    pub fn line(&mut self, shape: &Shape, width: f32, colour: Colour) {
        let Some(path) = shape.path() else { return };
        let paint = Paint { shader: Shader::SolidColor(colour.skia()), anti_alias: true, ..Paint::default() };
        let pen = Stroke { width, line_cap: LineCap::Round, line_join: LineJoin::Round, ..Stroke::default() };
        self.pixels.stroke_path(path, &paint, &pen, self.frame, self.clip.as_ref());
    }

    /// Fills the whole surface.
    pub fn wash(&mut self, fill: impl Into<Fill>) {
        let (frame, clip) = (self.frame, self.clip.take());
        self.frame = Transform::identity();
        let (width, height) = (self.width(), self.height());
        self.fill(&Shape::rectangle(0.0, 0.0, width, height), fill);
        (self.frame, self.clip) = (frame, clip);
    }

    /// Draws the surface `other`, which has the same size, over this surface, moved by `(x, y)` pixels.
    pub fn lay(&mut self, other: &Self, opacity: f32, (x, y): (i32, i32)) {
        let paint = PixmapPaint { opacity, blend_mode: BlendMode::SourceOver, ..PixmapPaint::default() };
        self.pixels.draw_pixmap(x, y, other.pixels.as_ref(), &paint, Transform::identity(), self.clip.as_ref());
    }

    /// Blurs the surface. `radius` is about two standard deviations, in pixels.
    pub fn soften(&mut self, radius: f32) {
        let (width, height) = (self.pixels.width() as usize, self.pixels.height() as usize);
        blur::blur::<4>(self.pixels.data_mut(), width, height, radius);
    }

    /// Returns a layer with the silhouette of this surface in `colour`, for shadows and outlines.
    ///
    /// The silhouette grows by about `grow` pixels and has an edge that is blurred over `soft` pixels.
    pub fn silhouette(&self, colour: Colour, grow: f32, soft: f32) -> Self {
        let (width, height) = (self.pixels.width() as usize, self.pixels.height() as usize);
        let mut cover: Vec<u8> = self.pixels.pixels().iter().map(|pixel| pixel.alpha()).collect();
        if grow > 0.0 {
            blur::blur::<1>(&mut cover, width, height, (grow * 2.4).max(2.0));
            for value in &mut cover {
                *value = ((f32::from(*value) - 30.0) * 6.0) as u8;
            }
        }
        blur::blur::<1>(&mut cover, width, height, soft);
        let tints: Vec<PremultipliedColorU8> = (0..=255_u8)
            .map(|cover| colour.faded(f32::from(cover) / 255.0).skia().premultiply().to_color_u8())
            .collect();
        let mut shape = self.layer();
        for (pixel, cover) in shape.pixels.pixels_mut().iter_mut().zip(cover) {
            *pixel = tints[usize::from(cover)];
        }
        shape
    }
}

/// Returns the stops of a gradient between two colours.
fn stops(from: Colour, to: Colour) -> Vec<GradientStop> {
    vec![GradientStop::new(0.0, from.skia()), GradientStop::new(1.0, to.skia())]
}
