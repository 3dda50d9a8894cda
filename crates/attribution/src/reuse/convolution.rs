//! A convolution of what changed: by blocks or by rows, whichever costs less for the windows at hand.

use graph::Model;
use graph::local::{Slide, products};
use ndarray::{ArrayD, ArrayViewD, Ix4};
use runtime::Session;

use super::columns::Columns;
use super::regions::{Plane, Regions};
use super::tiles::{Tiles, named_rows};
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
    /// what it computes, and the model of its products.
    pub(super) fn new(
        label: &str,
        filters: ArrayD<f32>,
        group: usize,
        slides: [Slide; 2],
        [read, computed]: [&[Rect]; 2],
    ) -> Result<(Self, Model), Error> {
        let shape = format!("{:?}", filters.shape());
        let filters = filters.into_dimensionality::<Ix4>().map_err(|_| Error::Unsuitable {
            model: label.to_owned(),
            reason: format!("its filters have the shape {shape}, not [outputs, inputs, height, width]"),
        })?;
        let (outputs, inputs, down, across) = filters.dim();
        let places: usize = computed.iter().map(|rect| rect.area()).sum();
        let by_rows = places * down * across * inputs * outputs;
        let by_blocks = Tiles::best(&slides, [inputs, outputs], read);
        let (form, matrices) = match by_blocks {
            Some((side, cost)) if group == 1 && cost < by_rows => {
                let (tiles, matrices) = Tiles::new(side, &slides, &filters.view());
                (Form::Tiles(tiles), matrices)
            }
            _ => {
                let (columns, matrices) = Columns::new(slides, group, &filters.view());
                (Form::Columns(columns), matrices)
            }
        };
        Ok((Self { form }, products(&matrices)?.labelled(&format!("the products of {label}"))))
    }

    /// What the layer computes in `rects`, from what it reads; `planes` are what both were for the uncovered picture.
    /// `rows` is room to work in: made anew each time, it would cost as much as a transform.
    pub(super) fn run(
        &self,
        session: &mut Session,
        rows: &mut Vec<f32>,
        input: &Regions,
        planes: [&Plane; 2],
        rects: &[Rect],
    ) -> Result<Regions, Error> {
        let mut output = Regions::of_plane(planes[1], rects);
        let (count, width) = match &self.form {
            Form::Tiles(tiles) => (tiles.gather(input, planes[0], rows), input.channels),
            Form::Columns(columns) => columns.gather(input, planes[0], rects, rows),
        };
        if count == 0 {
            return Ok(output);
        }
        let rows = named_rows(rows, count, width).map_err(Error::misshapen)?;
        let rows: Vec<(&str, ArrayViewD<f32>)> = rows.iter().map(|(name, rows)| (name.as_str(), rows.view())).collect();
        let added = session.run_with(&rows, |products| match &self.form {
            Form::Tiles(tiles) => tiles.scatter(products, &input.rects, &mut output),
            Form::Columns(columns) => columns.scatter(products, &mut output),
        })?;
        added.map_err(Error::misshapen)?;
        Ok(output)
    }
}
