//! A convolution of what changed: by blocks or by rows, whichever costs less for the windows at hand.

use graph::local::Slide;
use ndarray::{ArrayD, Ix4};

use super::columns::Columns;
use super::regions::{Plane, Regions};
use super::room::Room;
use super::tiles::Tiles;
use crate::{Error, Rect};

/// A layer's products are this many at most: groups beyond that are too small to be products.
const MOST_GROUPS: usize = 16;

#[derive(Debug)]
enum Form {
    Tiles(Tiles),
    Columns(Columns),
}

/// One layer, for rectangles that are known.
#[derive(Debug)]
pub(super) struct Convolution {
    form: Form,
}

impl Convolution {
    /// Whether a convolution of this kind can be computed from differences.
    pub(super) fn can(group: usize) -> bool {
        (1..=MOST_GROUPS).contains(&group)
    }

    /// The layer of `filters` `[outputs, inputs / group, kh, kw]` over these changed rectangles of what it reads and of
    /// what it computes.
    pub(super) fn new(
        label: &str,
        filters: ArrayD<f32>,
        group: usize,
        slides: [Slide; 2],
        [read, computed]: [&[Rect]; 2],
    ) -> Result<Self, Error> {
        let shape = format!("{:?}", filters.shape());
        let filters = filters.into_dimensionality::<Ix4>().map_err(|_| Error::Unsuitable {
            model: label.to_owned(),
            reason: format!("its filters have the shape {shape}, not [outputs, inputs, height, width]"),
        })?;
        let (outputs, inputs, down, across) = filters.dim();
        let places: usize = computed.iter().map(|rect| rect.area()).sum();
        let by_rows = places * down * across * inputs * outputs;
        let by_blocks = Tiles::best(&slides, [inputs, outputs], read);
        let form = match by_blocks {
            Some((side, cost)) if group == 1 && cost < by_rows => {
                Form::Tiles(Tiles::new(side, &slides, &filters.view()))
            }
            _ => Form::Columns(Columns::new(slides, group, &filters.view())),
        };
        Ok(Self { form })
    }

    /// What the layer computes in `rects`, from what it reads; `planes` are what both were for the uncovered picture.
    pub(super) fn run(&self, room: &mut Room, input: &Regions, planes: [&Plane; 2], rects: &[Rect]) -> Regions {
        let mut output = Regions::of_plane(planes[1], rects, room);
        match &self.form {
            Form::Tiles(tiles) => tiles.run(room, input, planes[0], &mut output),
            Form::Columns(columns) => columns.run(room, input, planes[0], &mut output),
        }
        output
    }
}
