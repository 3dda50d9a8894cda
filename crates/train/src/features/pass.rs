//! The pass that makes what is missing: pictures through the frozen trunk.

use anyhow::{Context, Result, bail};
use graph::Model;
use ndarray::{Array4, ArrayD, Axis};
use pipeline::{Run, stop};
use runtime::{Layout, Session};

use super::shard::Key;
use super::store::Store;
use super::{Pictures, Row, space};
use crate::cut::Cut;

/// Pictures in one run of the session.
pub(crate) const BATCH: usize = 32;

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
    space::check(&super::folder(run.config), need, &what)?;
    tracing::info!(
        cut = place,
        missing = missing.len(),
        cached = wanted.len() - missing.len(),
        bytes = need,
        "features"
    );
    let progress = run.progress(&format!("values at {place}"), missing.len());
    let mut trunk = cut.running_trunk()?.map(|trunk| open(&trunk, run.threads())).transpose()?;
    store.fill(&missing, |rows| {
        let mut records = Vec::new();
        for rows in rows.chunks(BATCH) {
            stop::check()?;
            match &mut trunk {
                Some(session) => values(session, pictures, rows, &mut records)?,
                None => pictures.read(rows)?.into_iter().for_each(|picture| records.extend(picture.into_raw())),
            }
            progress.inc(rows.len() as u64);
        }
        Ok(records)
    })
}

fn open(trunk: &Model, threads: usize) -> Result<Session> {
    let layout = if trunk.has_operator("Conv") { Layout::Blocked } else { Layout::Plain };
    Ok(Session::with_own_operators(&trunk.to_bytes(), threads, layout)?)
}

/// Runs the trunk on some pictures and adds their records.
fn values(session: &mut Session, pictures: &Pictures, rows: &[Row], records: &mut Vec<u8>) -> Result<()> {
    let input = pictures.input();
    let values = through(session, &input.tensor, input.batch(&pictures.read(rows)?))?;
    for (row, values) in rows.iter().zip(values.axis_iter(Axis(0))) {
        if values.iter().any(|value| !value.is_finite()) {
            bail!("the trunk's features of {} are not finite numbers", pictures.name(*row));
        }
        records.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    }
    Ok(())
}

/// What the trunk makes of up to [`BATCH`] pictures, `[n, 3, size, size]`.
///
/// It always runs on a whole batch, filled up with zeros: which kernel a runtime takes may depend on the size of a batch,
/// and a record must not depend on which others were made along with it.
fn through(session: &mut Session, tensor: &str, mut input: Array4<f32>) -> Result<ArrayD<f32>> {
    let (count, channels, height, width) = input.dim();
    if count < BATCH {
        input.append(Axis(0), Array4::zeros((BATCH - count, channels, height, width)).view())?;
    }
    let outputs = session.run(&[(tensor, input.view().into_dyn())])?;
    let (_, mut values) = outputs.into_iter().next().context("the trunk gave nothing out")?;
    values.slice_axis_inplace(Axis(0), (..count).into());
    Ok(values)
}

#[cfg(test)]
mod tests {
    use pipeline::Config;

    use super::*;
    use crate::cut::{Base, Cut};
    use crate::depth::Depth;

    /// Place in the batch, number of pictures in it and its neighbours change no bit of a record.
    #[test]
    fn a_record_does_not_depend_on_the_others_made_with_it() {
        runtime::load(&testkit::runtime_library()).unwrap();
        for (network, depth, hidden) in [("alexnet", "fc8", vec![64]), ("squeezenet", "fire9", vec![])] {
            let mut config = Config { data: testkit::workspace_root().join("data"), threads: 2, ..Config::default() };
            network.clone_into(&mut config.model.network);
            let base = Base::open(&config).unwrap();
            let depth = Depth::parse(depth, &base.network, hidden.len()).unwrap();
            let cut = Cut::new(&config, &base, &depth, &hidden, 3).unwrap();
            let mut session = open(&cut.running_trunk().unwrap().unwrap(), 2).unwrap();
            let drawn: Vec<_> = (0..5).map(|at| testkit::pictures::draw("disc", at, base.network.input.size)).collect();
            let mut run = |places: &[usize]| -> Vec<Vec<u32>> {
                let input = base.network.input.batch(places.iter().map(|place| &drawn[*place]));
                let values = through(&mut session, &base.network.input.tensor, input).unwrap();
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
