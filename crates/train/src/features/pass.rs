//! The pass that makes what is missing: pictures through the frozen trunk.

use crate::view::Run;
use anyhow::{Context, Result, bail};
use graph::Model;
use imaging::RgbImage;
use ndarray::{Array4, ArrayD, Axis};
use pipeline::stop;
use rayon::prelude::*;
use runtime::{Layout, Session};
use zoo::InputTransform;

use super::pictures::Pictures;
use super::row::Row;
use super::shard::Key;
use super::space;
use super::store::Store;
use crate::cut::Cut;

/// Pictures that are read at once where nothing runs on them.
const AT_ONCE: usize = 32;

/// Makes the records of `wanted` that `store` lacks.
pub(super) fn run(run: &Run, pictures: &Pictures, cut: &Cut, store: &mut Store, wanted: &[(Key, Row)]) -> Result<()> {
    let missing = store.missing(wanted);
    let place = if cut.trunk.is_some() { cut.tensor.as_str() } else { "the input" };
    if missing.is_empty() {
        run.say(&format!("values at {place} of {} pictures from the cache", wanted.len()));
        return Ok(());
    }
    let need = store.need(missing.len());
    let what = format!("the values at {place} of {} pictures", missing.len());
    space::check(store.folder(), need, &what)?;
    tracing::info!(
        cut = place,
        missing = missing.len(),
        cached = wanted.len() - missing.len(),
        bytes = need,
        "features"
    );
    let progress = run.progress(&format!("values at {place}"), missing.len());
    let mut trunk =
        cut.running_trunk()?.map(|trunk| Trunk::open(&trunk, pictures.input(), run.threads())).transpose()?;
    let at_once = trunk.as_ref().map_or(AT_ONCE, Trunk::at_once);
    store.fill(&missing, |rows| {
        let mut records = Vec::new();
        for rows in rows.chunks(at_once) {
            stop::check()?;
            match &mut trunk {
                Some(trunk) => values(trunk, pictures, rows, &mut records)?,
                None => pictures.read(rows)?.into_iter().for_each(|picture| records.extend(picture.into_raw())),
            }
            progress.inc(rows.len() as u64);
        }
        Ok(records)
    })
}

/// What runs once for each picture.
struct Trunk {
    session: Session,
    transform: InputTransform,
    /// The input of one run, `[n, 3, size, size]`: new memory costs a pass over its pages.
    input: Array4<f32>,
}

impl Trunk {
    fn open(trunk: &Model, transform: &InputTransform, threads: usize) -> Result<Self> {
        let layout = if trunk.has_operator("Conv") { Layout::Blocked } else { Layout::Plain };
        let session = Session::with_own_operators(&trunk.to_bytes(), threads, layout)?;
        let side = transform.size as usize;
        let input = Array4::zeros((runtime::images_per_run(trunk), 3, side, side));
        Ok(Self { session, transform: transform.clone(), input })
    }

    /// Pictures in one run.
    fn at_once(&self) -> usize {
        self.input.len_of(Axis(0))
    }

    /// What it makes of up to [`Trunk::at_once`] pictures of the network's size.
    ///
    /// It always runs on as many, filled up with zeros: which kernel a runtime takes may depend on the size of a batch,
    /// and a record must not depend on which others were made along with it.
    fn run(&mut self, pictures: &[RgbImage]) -> Result<ArrayD<f32>> {
        let mut places: Vec<_> = self.input.axis_iter_mut(Axis(0)).collect();
        places.par_iter_mut().enumerate().for_each(|(at, place)| match pictures.get(at) {
            Some(picture) => place.assign(&self.transform.tensor(picture)),
            None => place.fill(0.0),
        });
        let outputs = self.session.run(&[(&self.transform.tensor, self.input.view().into_dyn())])?;
        let (_, mut values) = outputs.into_iter().next().context("the trunk gave nothing out")?;
        values.slice_axis_inplace(Axis(0), (..pictures.len()).into());
        Ok(values)
    }
}

/// Runs the trunk on some pictures and adds their records.
fn values(trunk: &mut Trunk, pictures: &Pictures, rows: &[Row], records: &mut Vec<u8>) -> Result<()> {
    let values = trunk.run(&pictures.read(rows)?)?;
    for (row, values) in rows.iter().zip(values.axis_iter(Axis(0))) {
        if values.iter().any(|value| !value.is_finite()) {
            bail!("the trunk's features of {} are not finite numbers", pictures.name(*row));
        }
        records.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cut::{Base, Cut};
    use crate::depth::Depth;
    use crate::view::Setting;

    /// Place in the batch, number of pictures in it and its neighbours change no bit of a record.
    #[test]
    fn a_record_does_not_depend_on_the_others_made_with_it() {
        runtime::load(&testkit::runtime_library()).unwrap();
        for (network, depth, hidden) in [("alexnet", "fc8", vec![64]), ("squeezenet", "fire9", vec![])] {
            let setting = Setting::new(network, 2);
            let base = Base::open(setting.scope()).unwrap();
            let depth = Depth::parse(depth, &base.network, hidden.len()).unwrap();
            let cut = Cut::new(setting.scope(), &base, &depth, &hidden, 3).unwrap();
            let mut trunk = Trunk::open(&cut.running_trunk().unwrap().unwrap(), &base.network.input, 2).unwrap();
            let drawn: Vec<_> = (0..5).map(|at| testkit::images::draw("disc", at, base.network.input.size)).collect();
            let mut run = |places: &[usize]| -> Vec<Vec<u32>> {
                let pictures: Vec<_> = places.iter().map(|place| drawn[*place].clone()).collect();
                let values = trunk.run(&pictures).unwrap();
                assert_eq!(values.shape()[0], places.len());
                values.axis_iter(Axis(0)).map(|row| row.iter().map(|value| value.to_bits()).collect()).collect()
            };
            let together = run(&[0, 1, 2, 3, 4]);
            let backwards = run(&[4, 3, 2]);
            assert_eq!(run(&[1]), together[1..2], "{network}");
            assert_eq!(backwards, [together[4].clone(), together[3].clone(), together[2].clone()], "{network}");
            assert_ne!(together[0], together[1]);
        }
    }
}
