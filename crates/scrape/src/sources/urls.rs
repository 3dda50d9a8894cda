//! Source `urls`: a list of addresses, as CSV with a column `url` or as text with one address a line.
//!
//! The CSV may have the columns `class`, `page`, `title`, `author`, `licence` and `licence_url` as well. In the text, empty lines
//! and lines that begin with `#` are passed over.

use std::collections::BTreeMap;

use anyhow::{Result, anyhow};
use contract::config::Urls as Settings;
use pipeline::HintExt;

use crate::candidate::{Candidate, Page, Reject, Want};
use crate::desk::{Desk, Fault, Stop};
use crate::licence::Licence;
use crate::source::{Asked, Source};
use crate::text::line;

/// The source.
#[derive(Debug, Clone)]
pub struct Urls<'a> {
    /// Its part of the configuration.
    pub settings: &'a Settings,
}

/// What a list holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct List {
    /// The rows of each class, in their order.
    pub classes: BTreeMap<String, Vec<Candidate>>,
    /// Rows that are of no use.
    pub rejects: Vec<Reject>,
}

impl Urls<'_> {
    fn list(&self) -> Result<List> {
        let path = &self.settings.path;
        let text = fs_err::read_to_string(path).hint("a source of kind \"urls\" names its list by `path`")?;
        let list = List::read(&text, &self.settings.class).map_err(|why| anyhow!("{}: {why}", path.display()));
        let list = list.hint("a list is CSV with a column `url`, or text with one address a line")?;
        if list.classes.is_empty() {
            let error = anyhow!("{} names no address with a class", path.display());
            return Err(error).hint("give the rows a column `class`, or the source a `class`");
        }
        Ok(list)
    }
}

impl Source for Urls<'_> {
    fn kind(&self) -> &'static str {
        "urls"
    }

    fn inputs(&self) -> Result<BTreeMap<String, String>> {
        let bytes = fs_err::read(&self.settings.path).hint("a source of kind \"urls\" names its list by `path`")?;
        Ok(BTreeMap::from([(format!("content of {}", self.settings.path.display()), pipeline::short_hash(&bytes))]))
    }

    fn wants(&self) -> Result<Vec<Want>> {
        let count = if self.settings.per_class == 0 { usize::MAX } else { self.settings.per_class };
        let want = |class: String| Want { class, queries: vec![String::new()], count };
        Ok(self.list()?.classes.into_keys().map(want).collect())
    }

    fn page<'a>(&'a self, _: &'a Desk, class: &'a str, _: &'a str, _: Option<&'a str>) -> Asked<'a> {
        Box::pin(async move {
            let mut list = self.list().map_err(|error| Stop::Fault(Fault::Broken(format!("{error:#}"))))?;
            // What has no class is told with the first.
            let first = list.classes.keys().next().is_some_and(|first| first == class);
            let candidates = list.classes.remove(class).unwrap_or_default();
            let rejects = list
                .rejects
                .into_iter()
                .filter(|reject| reject.class == class || (first && reject.class.is_empty()))
                .collect();
            Ok(Page { candidates, rejects, next: None })
        })
    }
}

impl List {
    /// Reads a list; rows without a class of their own are of `class`. The error says why it is no list.
    pub fn read(text: &str, class: &str) -> Result<Self, String> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let named = |cell: &str| cell.trim().trim_matches('"').eq_ignore_ascii_case("url");
        if first.split(',').any(named) { Self::of_csv(text, class) } else { Ok(Self::of_lines(text, class)) }
    }

    fn of_lines(text: &str, class: &str) -> Self {
        let mut list = Self::default();
        for row in text.lines().map(str::trim).filter(|row| !row.is_empty() && !row.starts_with('#')) {
            list.add(class, Candidate { source: row.to_owned(), ..Candidate::default() });
        }
        list
    }

    fn of_csv(text: &str, class: &str) -> Result<Self, String> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
        let header = reader.headers().map_err(|error| error.to_string())?.clone();
        let at = |name: &str| header.iter().position(|cell| cell.eq_ignore_ascii_case(name));
        let columns =
            ["url", "class", "page", "title", "author", "licence", "license", "licence_url", "license_url"].map(at);
        let mut list = Self::default();
        for row in reader.records() {
            let row = row.map_err(|error| error.to_string())?;
            let cell = |column: usize| columns[column].and_then(|at| row.get(at)).unwrap_or_default();
            let either = |one: usize, other: usize| if cell(one).is_empty() { cell(other) } else { cell(one) };
            let licence = Licence::read(&line(either(5, 6)), either(7, 8));
            let told = line(either(7, 8));
            let candidate = Candidate {
                source: cell(0).to_owned(),
                page: line(cell(2)),
                title: line(cell(3)),
                author: line(cell(4)),
                licence_url: if told.is_empty() {
                    licence.as_ref().map(Licence::address).unwrap_or_default()
                } else {
                    told
                },
                licence,
                ..Candidate::default()
            };
            list.add(if cell(1).is_empty() { class } else { cell(1) }, candidate);
        }
        Ok(list)
    }

    fn add(&mut self, class: &str, candidate: Candidate) {
        let foldable =
            !class.is_empty() && class.len() <= 200 && !class.starts_with('.') && !class.contains(['/', '\\', '\0']);
        let reason = if class.is_empty() {
            "it has no class".to_owned()
        } else if !foldable {
            format!("its class `{}` cannot name a folder", line(class))
        } else if let Err(failure) = web::parse_url(&candidate.source) {
            failure.to_string()
        } else {
            self.classes.entry(class.to_owned()).or_default().push(candidate);
            return;
        };
        let class = if foldable { class.to_owned() } else { String::new() };
        self.rejects.push(Reject { class, source: line(&candidate.source), reason });
    }
}
