//! The filter of candidates from the web, by licence, media type and size.

use contract::config::Scrape;

use crate::candidate::Candidate;
use crate::content::Content;

/// The media types of the supported formats.
pub const MEDIA_TYPES: [&str; 8] =
    ["image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp", "image/x-ms-bmp", "image/tiff", "image/x-bmp"];

/// The requirements of the configuration on an image from the web.
#[derive(Debug, Clone)]
pub struct Filter {
    licences: Vec<String>,
    min_side: u32,
}

impl Filter {
    /// Creates the filter of a configuration.
    pub fn new(scrape: &Scrape) -> Self {
        Self { licences: scrape.licences.clone(), min_side: scrape.min_side }
    }

    /// Returns the reason to refuse `candidate` without fetching it, if there is one.
    pub fn refuse(&self, candidate: &Candidate) -> Option<String> {
        let Candidate { licence, mime, width, height, .. } = candidate;
        if !self.licences.is_empty() {
            let allowed = || self.licences.join(", ");
            match licence {
                None => {
                    return Some(format!(
                        "the source states no licence, and scrape.licences allows only {}",
                        allowed()
                    ));
                }
                Some(licence) if !self.licences.iter().any(|allowed| licence.is(allowed)) => {
                    return Some(format!("its licence is {licence}, and scrape.licences allows only {}", allowed()));
                }
                Some(_) => {}
            }
        }
        let media_type = mime.to_ascii_lowercase();
        if media_type.contains('/')
            && !MEDIA_TYPES.contains(&media_type.as_str())
            && !matches!(media_type.as_str(), "image/" | "image/jpg")
        {
            return Some(format!("its media type {} is not supported", crate::text::line(&media_type)));
        }
        if *width > 0 && *height > 0 { self.check_size(*width, *height) } else { None }
    }

    /// Returns the reason to refuse a fetched image for its size, if there is one.
    pub fn too_small(&self, content: &Content) -> Option<String> {
        self.check_size(content.width, content.height)
    }

    fn check_size(&self, width: u32, height: u32) -> Option<String> {
        let least = self.min_side;
        (width.min(height) < least)
            .then(|| format!("too small: {width}x{height} pixels, and scrape.min_side is {least}"))
    }
}
