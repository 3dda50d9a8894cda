//! The source `drawn`: the images of the crate `drawn`, numbered from 1 in each class.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};

use anyhow::Result;
use contract::config::SourceKind;
use drawn::Subject;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::api_client::ApiClient;
use crate::candidate::{Candidate, Page, Quota};
use crate::licence::Licence;
use crate::source::{PageFuture, Source};

/// The source `drawn`.
#[derive(Debug, Clone, Copy)]
pub struct Drawn {
    /// The number of images per class.
    pub per_class: usize,
    /// The seed of all random choices.
    pub seed: u64,
}

impl Source for Drawn {
    fn kind(&self) -> SourceKind {
        SourceKind::Drawn
    }

    fn inputs(&self) -> Result<BTreeMap<String, String>> {
        Ok(BTreeMap::from([("seed".to_owned(), self.seed.to_string())]))
    }

    fn quotas(&self) -> Result<Vec<Quota>> {
        let quota = |subject: Subject| Quota {
            class: subject.class().to_owned(),
            queries: vec![String::new()],
            count: self.per_class,
        };
        Ok(Subject::ALL.into_iter().map(quota).collect())
    }

    fn page<'a>(&'a self, _: &'a ApiClient, class: &'a str, _: &'a str, _: Option<&'a str>) -> PageFuture<'a> {
        let licence = Licence::read("CC0", "");
        let candidate = |number: usize| Candidate {
            location: format!("drawn:{class}:{number}"),
            title: format!("{class} {number}"),
            author: "Tunescope".to_owned(),
            licence_url: licence.as_ref().map(Licence::address).unwrap_or_default(),
            licence: licence.clone(),
            ..Candidate::default()
        };
        let candidates = (1..=self.per_class).map(candidate).collect();
        Box::pin(async { Ok(Page { candidates, ..Page::default() }) })
    }

    fn open(&self, class: &str, candidate: &Candidate) -> Option<io::Result<Box<dyn Read>>> {
        let number = candidate.location.rsplit(':').next()?;
        let subject = Subject::of_class(class)?;
        // Each image has its own random numbers, so that a larger `per_class` keeps the first images.
        let mut rng = pipeline::rng(self.seed, "scrape", &format!("drawn/{class}/{number}"));
        Some(Ok(Box::new(Cursor::new(file(subject, &mut rng)))))
    }
}

/// Draws an image and encodes it: one image in five as PNG, and the others as JPEG of quality 80 to 95.
fn file(subject: Subject, rng: &mut ChaCha8Rng) -> Vec<u8> {
    let image = drawn::image(subject, rng);
    if rng.random::<f32>() < 0.2 {
        imaging::png(&image)
    } else {
        imaging::jpeg(&image, rng.random_range(80..=95_usize) as u8)
    }
}
