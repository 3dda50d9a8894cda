//! The source `urls`: a list of web addresses.
//!
//! The list is a CSV file with a column `url`, or a text file with one address per line. The CSV file may also have the
//! columns `class`, `page`, `title`, `author`, `licence` and `licence_url`. In a text file, empty lines and lines that begin
//! with `#` are ignored.

use std::collections::BTreeMap;

use anyhow::{Result, anyhow};
use contract::config::Urls as Settings;
use pipeline::HintExt;

use crate::api_client::{ApiClient, Fault, Stop};
use crate::candidate::{Candidate, Page, Quota, Reject};
use crate::licence::Licence;
use crate::source::{PageFuture, Source};
use crate::text::line;

/// The source `urls`.
#[derive(Debug, Clone)]
pub struct Urls<'a> {
    /// The settings of the source.
    pub settings: &'a Settings,
}

/// The contents of a list.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct List {
    /// The candidates of each class, in the order of the rows.
    pub classes: BTreeMap<String, Vec<Candidate>>,
    /// The rows without a usable address or class.
    pub rejects: Vec<Reject>,
}

impl Urls<'_> {
    /// Reads the list.
    fn list(&self) -> Result<List> {
        let path = &self.settings.path;
        let text = fs_err::read_to_string(path).hint("set the `path` of a source of kind \"urls\" to its list")?;
        let list = List::read(&text, &self.settings.class).map_err(|reason| anyhow!("{}: {reason}", path.display()));
        let list = list.hint("a list is a CSV file with a column `url`, or a text file with one address per line")?;
        if list.classes.is_empty() {
            let error = anyhow!("{} contains no address with a class", path.display());
            return Err(error).hint("add a column `class` to the list, or set the `class` of the source");
        }
        Ok(list)
    }
}

impl Source for Urls<'_> {
    fn kind(&self) -> &'static str {
        "urls"
    }

    fn inputs(&self) -> Result<BTreeMap<String, String>> {
        let bytes =
            fs_err::read(&self.settings.path).hint("set the `path` of a source of kind \"urls\" to its list")?;
        Ok(BTreeMap::from([(format!("content of {}", self.settings.path.display()), pipeline::short_hash(&bytes))]))
    }

    fn quotas(&self) -> Result<Vec<Quota>> {
        let count = if self.settings.per_class == 0 { usize::MAX } else { self.settings.per_class };
        let quota = |class: String| Quota { class, queries: vec![String::new()], count };
        Ok(self.list()?.classes.into_keys().map(quota).collect())
    }

    fn page<'a>(&'a self, _: &'a ApiClient, class: &'a str, _: &'a str, _: Option<&'a str>) -> PageFuture<'a> {
        Box::pin(async move {
            let mut list = self.list().map_err(|error| Stop::Fault(Fault::Broken(format!("{error:#}"))))?;
            // The first class reports the rejects without a class.
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
    /// Parses a list. Rows without a class belong to `class`.
    ///
    /// # Errors
    /// Returns the reason why the CSV cannot be read.
    pub fn read(text: &str, class: &str) -> Result<Self, String> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let named = |cell: &str| cell.trim().trim_matches('"').eq_ignore_ascii_case("url");
        if first.split(',').any(named) { Self::of_csv(text, class) } else { Ok(Self::of_lines(text, class)) }
    }

    /// Parses a text file with one address per line.
    fn of_lines(text: &str, class: &str) -> Self {
        let mut list = Self::default();
        for row in text.lines().map(str::trim).filter(|row| !row.is_empty() && !row.starts_with('#')) {
            list.add(class, Candidate { location: row.to_owned(), ..Candidate::default() });
        }
        list
    }

    /// Parses a CSV file.
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
            let stated = line(either(7, 8));
            let candidate = Candidate {
                location: cell(0).to_owned(),
                page: line(cell(2)),
                title: line(cell(3)),
                author: line(cell(4)),
                licence_url: if stated.is_empty() {
                    licence.as_ref().map(Licence::address).unwrap_or_default()
                } else {
                    stated
                },
                licence,
                ..Candidate::default()
            };
            list.add(if cell(1).is_empty() { class } else { cell(1) }, candidate);
        }
        Ok(list)
    }

    /// Adds a candidate, or a reject if its address or class is not usable.
    fn add(&mut self, class: &str, candidate: Candidate) {
        let is_folder_name =
            !class.is_empty() && class.len() <= 200 && !class.starts_with('.') && !class.contains(['/', '\\', '\0']);
        let reason = if class.is_empty() {
            "the row has no class".to_owned()
        } else if !is_folder_name {
            format!("the class `{}` cannot be the name of a folder", line(class))
        } else if let Err(failure) = web::parse_url(&candidate.location) {
            failure.to_string()
        } else {
            self.classes.entry(class.to_owned()).or_default().push(candidate);
            return;
        };
        let class = if is_folder_name { class.to_owned() } else { String::new() };
        self.rejects.push(Reject { class, location: line(&candidate.location), reason });
    }
}
