//! What is told of a candidate is looked at before it is fetched.

use contract::config::Scrape;

use crate::candidate::Candidate;
use crate::content::Content;

/// The media types of the formats that can be read.
pub const TYPES: [&str; 8] =
    ["image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp", "image/x-ms-bmp", "image/tiff", "image/x-bmp"];

/// What the configuration asks of a picture from the web.
#[derive(Debug, Clone)]
pub struct Sieve {
    licences: Vec<String>,
    min_side: u32,
}

impl Sieve {
    /// The sieve of a configuration.
    pub fn new(scrape: &Scrape) -> Self {
        Self { licences: scrape.licences.clone(), min_side: scrape.min_side }
    }

    /// Why `candidate` need not be fetched; `None` when it has to be, to know more.
    pub fn refuse(&self, candidate: &Candidate) -> Option<String> {
        let Candidate { licence, mime, width, height, .. } = candidate;
        if !self.licences.is_empty() {
            let wanted = || self.licences.join(", ");
            match licence {
                None => return Some(format!("no licence is stated, and only {} are wanted", wanted())),
                Some(licence) if !self.licences.iter().any(|wanted| licence.is(wanted)) => {
                    return Some(format!("its licence is {licence}, and only {} are wanted", wanted()));
                }
                Some(_) => {}
            }
        }
        let type_ = mime.to_ascii_lowercase();
        if type_.contains('/') && !TYPES.contains(&type_.as_str()) && !matches!(type_.as_str(), "image/" | "image/jpg")
        {
            return Some(format!("it is of type {}, which is not read here", crate::text::line(&type_)));
        }
        if *width > 0 && *height > 0 { self.small(*width, *height) } else { None }
    }

    /// Why a fetched picture is of no use.
    pub fn too_small(&self, content: &Content) -> Option<String> {
        self.small(content.width, content.height)
    }

    fn small(&self, width: u32, height: u32) -> Option<String> {
        let least = self.min_side;
        (width.min(height) < least)
            .then(|| format!("too small: {width}x{height} pixels, and each side has to be {least} or more"))
    }
}
