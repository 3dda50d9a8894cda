//! Which candidates are taken: decided from what is known of them, in their order, whoever answered first.
//!
//! Each lane (a source and a class) takes its candidates in order until it has as many pictures as it wants. A picture counts
//! once: a copy of one that is kept in the same class is passed over. A picture that is offered for two classes is kept in
//! neither, for one of the labels is wrong, and nobody here knows which; the lanes that lose one go on to the next
//! candidate. Nothing here depends on when something arrived, so a run that was killed and taken up again ends like any other.

use std::collections::{BTreeMap, BTreeSet};

use crate::lane::{Known, Lane};
use crate::looks::Contents;
use crate::sieve::Sieve;

/// What becomes of a candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// In the data set.
    Kept,
    /// The same file as a kept picture: the lane and slot of that one.
    Duplicate(Place),
    /// Looks the same as a kept picture.
    NearDuplicate(Place),
    /// Not taken, for good.
    Refused(String),
    /// Not taken for now.
    Later(String),
    /// Nothing is known of it yet.
    Open,
}

/// A slot of a lane.
pub type Place = (usize, usize);

/// What was decided.
#[derive(Debug, Default)]
pub struct Pick {
    /// For each lane the fates of the candidates that it got to, in their order.
    pub fates: Vec<Vec<Fate>>,
    /// What has to be fetched before more can be decided, in order.
    pub wanted: Vec<Place>,
    /// Lanes that need more candidates.
    pub hungry: Vec<usize>,
}

impl Pick {
    /// The places of the kept pictures, lane by lane.
    pub fn kept(&self) -> impl Iterator<Item = Place> {
        let of = |(lane, fates): (usize, &Vec<Fate>)| {
            let kept = fates.iter().enumerate().filter(|(_, fate)| **fate == Fate::Kept);
            kept.map(|(slot, _)| (lane, slot)).collect::<Vec<_>>()
        };
        self.fates.iter().enumerate().flat_map(of)
    }
}

/// Contents that are offered for two classes: for each, the classes, and whether they offer the very same file.
type Doubtful = BTreeMap<usize, BTreeMap<String, Side>>;

/// Where a doubtful picture, or what looks like it, is offered.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Side {
    same: bool,
    source: String,
}

/// Decides, as far as what is known goes.
pub fn pick(lanes: &[Lane], contents: &Contents, sieve: &Sieve) -> Pick {
    let mut doubtful = Doubtful::new();
    loop {
        let mut walk = Walk { lanes, contents, sieve, doubtful: &doubtful, kept: BTreeMap::new(), clashes: Vec::new() };
        let pick = walk.all();
        // While something is open, clashes may be of pictures that are not kept in the end.
        if !pick.wanted.is_empty() || !pick.hungry.is_empty() || walk.clashes.is_empty() {
            return pick;
        }
        let clashes = std::mem::take(&mut walk.clashes);
        for (content, class, side) in clashes {
            doubtful.entry(content).or_default().entry(class).or_insert(side);
        }
    }
}

struct Walk<'a> {
    lanes: &'a [Lane],
    contents: &'a Contents,
    sieve: &'a Sieve,
    doubtful: &'a Doubtful,
    /// Where each kept content is.
    kept: BTreeMap<usize, Place>,
    clashes: Vec<(usize, String, Side)>,
}

impl Walk<'_> {
    fn all(&mut self) -> Pick {
        let mut pick = Pick::default();
        let mut asked = BTreeSet::new();
        for (at, lane) in self.lanes.iter().enumerate() {
            let (mut fates, mut full) = (Vec::new(), 0);
            for (slot, known) in lane.slots.iter().enumerate() {
                if full >= lane.want.count {
                    break;
                }
                let fate = self.fate((at, slot), &known.known);
                full += usize::from(matches!(fate, Fate::Kept | Fate::Open));
                if fate == Fate::Open && asked.insert(known.candidate.source.as_str()) {
                    pick.wanted.push((at, slot));
                }
                fates.push(fate);
            }
            if full < lane.want.count && !lane.is_done() {
                pick.hungry.push(at);
            }
            pick.fates.push(fates);
        }
        pick
    }

    fn fate(&mut self, place: Place, known: &Known) -> Fate {
        let candidate = &self.lanes[place.0].slots[place.1].candidate;
        if let Some(reason) = self.lanes[place.0].on_web.then(|| self.sieve.refuse(candidate)).flatten() {
            return Fate::Refused(reason);
        }
        match known {
            Known::Nothing => Fate::Open,
            Known::Refused(reason) => Fate::Refused(reason.clone()),
            Known::Later(reason) => Fate::Later(reason.clone()),
            Known::Picture(content) => {
                let small =
                    self.lanes[place.0].on_web.then(|| self.sieve.too_small(self.contents.get(*content))).flatten();
                small.map_or_else(|| self.judge(place, *content), Fate::Refused)
            }
        }
    }

    /// The fate of a picture by those that are kept already.
    fn judge(&mut self, place: Place, content: usize) -> Fate {
        let class = &self.lanes[place.0].want.class;
        if let Some(sides) = self.doubtful.get(&content) {
            return Fate::Refused(told(sides, class, false));
        }
        if let Some(first) = self.kept.get(&content).copied() {
            return if self.class(first) == class {
                Fate::Duplicate(first)
            } else {
                self.clash(place, content, first, content)
            };
        }
        let twins = self.contents.twins(content);
        if let Some(sides) = twins.iter().find_map(|twin| self.doubtful.get(twin)) {
            return Fate::Refused(told(sides, class, true));
        }
        let near = twins.iter().filter_map(|twin| Some((self.kept.get(twin).copied()?, *twin))).min();
        match near {
            None => {
                self.kept.insert(content, place);
                Fate::Kept
            }
            Some((first, _)) if self.class(first) == class => Fate::NearDuplicate(first),
            Some((first, twin)) => self.clash(place, content, first, twin),
        }
    }

    fn class(&self, place: Place) -> &str {
        &self.lanes[place.0].want.class
    }

    /// `content` at `place` and `twin`, kept at `first`, are for different classes: neither can stay.
    fn clash(&mut self, place: Place, content: usize, first: Place, twin: usize) -> Fate {
        let same = content == twin;
        let side = |at: Place| (self.class(at).to_owned(), self.lanes[at.0].slots[at.1].candidate.source.clone());
        let (here, there) = (side(place), side(first));
        let fate = Fate::Refused(reason(same, &there.0, &there.1));
        for content in [content, twin] {
            for (class, source) in [here.clone(), there.clone()] {
                self.clashes.push((content, class, Side { same, source }));
            }
        }
        fate
    }
}

/// What is said in `class` of a doubtful picture, or of one that looks `like` it.
fn told(sides: &BTreeMap<String, Side>, class: &str, like: bool) -> String {
    let other = sides.iter().find(|(other, _)| *other != class).or_else(|| sides.iter().next());
    other.map_or_else(String::new, |(class, side)| reason(side.same && !like, class, &side.source))
}

fn reason(same: bool, class: &str, source: &str) -> String {
    if same {
        format!("the same picture is in class `{class}` too ({source}): which label is right?")
    } else {
        format!("it looks like one of class `{class}` ({source}): which label is right?")
    }
}

#[cfg(test)]
mod tests;
