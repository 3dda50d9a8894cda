//! Pictures that lie on this machine: copied as they are, whatever they are.

use std::sync::Arc;

use crate::view::Run;
use anyhow::Result;
use imaging::Look;
use pipeline::stop;
use rayon::prelude::*;

use crate::content;
use crate::desk::Desk;
use crate::journal::Journal;
use crate::lane::{Known, Lane};
use crate::looks::Contents;
use crate::source::Source;
use crate::store::{Store, path_of};

/// Fills the lanes of the sources that need no network. With `looks`, their size and what they look like is
/// found out too, so that copies from the web are known and judged as any other.
pub fn gather(
    run: &Run,
    sources: &[Box<dyn Source + '_>],
    lanes: &mut [Lane],
    contents: &mut Contents,
    looks: bool,
) -> Result<()> {
    let desk = Desk::new(None, Arc::new(Journal::peek(run.folder())), Vec::new());
    list(sources, &desk, lanes)?;
    let store = Store::new(run)?;
    let limits = content::limits(&run.config.scrape);
    let mut places = Vec::new();
    for (at, lane) in lanes.iter().enumerate().filter(|(_, lane)| !lane.on_web) {
        places.extend((0..lane.slots.len()).map(|slot| (at, slot)));
    }
    if places.is_empty() {
        return Ok(());
    }
    let progress = run.progress("gathering pictures", places.len());
    let copy = |(at, slot): &(usize, usize)| {
        stop::check()?;
        let lane = &lanes[*at];
        let class = &lane.want.class;
        let opened = sources[lane.source].open(class, &lane.slots[*slot].candidate);
        let copied = match opened.unwrap_or_else(|| Err(std::io::Error::other("its source does not have it"))) {
            Ok(from) => store.put(class, from)?,
            Err(error) => Err(error),
        };
        let mut copied = copied.map_err(|error| format!("it cannot be read: {error}"));
        if let (Ok(content), true) = (&mut copied, looks)
            && let Ok(picture) = imaging::read(&run.folder().join(path_of(class, content)), &limits)
        {
            (content.width, content.height) = (picture.width(), picture.height());
            content.look = Look::of(&picture).to_hex();
        }
        progress.inc(1);
        Ok(copied)
    };
    let copied: Result<Vec<_>> = places.par_iter().map(copy).collect();
    progress.finish();
    for ((at, slot), copied) in places.iter().zip(copied?) {
        lanes[*at].slots[*slot].known = match copied {
            Ok(content) => Known::Picture(contents.add(Arc::new(content), true)),
            Err(reason) => Known::Refused(reason),
        };
    }
    Ok(())
}

/// Takes every page of the sources that need no network.
pub fn list(sources: &[Box<dyn Source + '_>], desk: &Desk, lanes: &mut [Lane]) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    for lane in lanes.iter_mut().filter(|lane| !lane.on_web) {
        while let Some((query, from)) = lane.next().map(|(query, from)| (query, from.map(str::to_owned))) {
            let class = lane.want.class.clone();
            let words = lane.want.queries[query].clone();
            let page = runtime.block_on(sources[lane.source].page(desk, &class, &words, from.as_deref()))?;
            lane.add(query, page);
        }
    }
    Ok(())
}
