//! `ATTRIBUTION.md`: the authors and licences of the images, ready to publish with the images.

use std::collections::BTreeMap;

use anyhow::Result;

use crate::candidate::Candidate;
use crate::candidate_queue::FileState;
use crate::gather::Gathered;
use crate::licence::Licence;
use crate::view::Run;

/// The name of the file.
pub const FILE: &str = "ATTRIBUTION.md";

/// Writes the file for the kept images.
pub fn write(gathered: &Gathered, run: &Run) -> Result<()> {
    let mut classes: BTreeMap<&str, Credits> = BTreeMap::new();
    for (at, slot) in gathered.selection.kept() {
        let queue = &gathered.queues[at];
        let credits = classes.entry(&queue.quota.class).or_default();
        let slot = &queue.slots[slot];
        let hash = match &slot.file {
            FileState::Image(index) => gathered.contents.get(*index).hash.as_str(),
            _ => "",
        };
        credits.add(&slot.candidate, hash, queue.on_web);
    }
    let mut text = "# Attribution\n\nWho made the images of this data set, and under which licence. The images were resized and cropped for\ntraining; these files are as they were found.\n".to_owned();
    for (class, credits) in classes {
        text += &format!("\n## {}\n\n{}", escape(class), credits.text());
    }
    run.write(FILE, text.as_bytes())
}

/// The credits of a class.
#[derive(Debug, Default)]
struct Credits {
    /// The lines of the images from the web.
    lines: Vec<String>,
    /// The number of images that are not on the web, by author and licence.
    groups: BTreeMap<String, usize>,
    /// The number of images from the web without a stated licence.
    unlicensed: usize,
    /// The number of images of the user without a stated licence.
    own: usize,
}

impl Credits {
    /// Adds an image. `hash` is the hash of its file.
    fn add(&mut self, candidate: &Candidate, hash: &str, on_web: bool) {
        let Candidate { location, page, title, author, licence, licence_url, .. } = candidate;
        if !on_web && licence.is_none() {
            self.own += 1;
            return;
        }
        if licence.is_none() {
            self.unlicensed += 1;
        }
        let author = if author.is_empty() { "an unnamed author".to_owned() } else { escape(author) };
        let licence = match licence {
            None => "licence not stated".to_owned(),
            Some(licence) => link(&Licence::title(licence), licence_url),
        };
        if on_web {
            let title = if title.is_empty() { "Untitled" } else { title };
            let page = if page.is_empty() { location } else { page };
            self.lines.push(format!("- {} by {author}, {licence} (`{hash}`)\n", link(title, page)));
        } else {
            *self.groups.entry(format!("by {author}, {licence}")).or_default() += 1;
        }
    }

    /// Returns the credits as Markdown.
    fn text(&self) -> String {
        let mut text = String::new();
        if self.unlicensed > 0 {
            text += &format!(
                "**{} of them state no licence: do not publish these before you have asked.**\n\n",
                self.unlicensed
            );
        }
        for (who, count) in &self.groups {
            text += &format!("- {count} {} {who}\n", if *count == 1 { "image" } else { "images" });
        }
        if self.own > 0 {
            text += &format!("- {} from a folder of your own, whose makers you know\n", self.own);
        }
        text + &self.lines.concat()
    }
}

/// Returns a Markdown link, or the text alone if `address` is not a web address.
fn link(text: &str, address: &str) -> String {
    match web::parse_url(address) {
        // A parsed address contains no other character that ends a link early.
        Ok(url) => format!("[{}](<{}>)", escape(text), url.as_str().replace('>', "%3E")),
        Err(_) => escape(text),
    }
}

/// Escapes text for Markdown.
fn escape(text: &str) -> String {
    let special = |c: char| matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '!' | '&' | '~');
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if special(c) {
            escaped.push('\\');
        }
        escaped.push(if c.is_control() { ' ' } else { c });
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credit_has_links_and_escaped_text() {
        let mut credits = Credits::default();
        let licence = Licence::read("CC BY-SA 4.0", "");
        let candidate = Candidate {
            location: "https://u.example/1.jpg".into(),
            page: "https://c.example/File:A>b.jpg".into(),
            title: "A [cat]*".into(),
            author: "<Ann>\n".into(),
            licence_url: "https://creativecommons.org/licenses/by-sa/4.0/".into(),
            licence,
            ..Candidate::default()
        };
        credits.add(&candidate, "0123", true);
        credits.add(&Candidate { location: "javascript:alert(1)".into(), ..Candidate::default() }, "4567", true);
        credits.add(&Candidate::default(), "89", false);
        credits.add(&Candidate { licence: Licence::read("CC0", ""), ..candidate }, "ab", false);
        let by_sa = "<https://creativecommons.org/licenses/by-sa/4.0/>";
        let expected = [
            "**1 of them state no licence: do not publish these before you have asked.**".to_owned(),
            String::new(),
            format!("- 1 image by \\<Ann\\> , [CC0 1.0]({by_sa})"),
            "- 1 from a folder of your own, whose makers you know".to_owned(),
            format!(
                "- [A \\[cat\\]\\*](<https://c.example/File:A%3Eb.jpg>) by \\<Ann\\> , [CC BY-SA 4.0]({by_sa}) (`0123`)"
            ),
            "- Untitled by an unnamed author, licence not stated (`4567`)".to_owned(),
        ];
        assert_eq!(credits.text().lines().collect::<Vec<_>>(), expected);
    }
}
