//! The rows of a list: its addresses by class, and the rows that cannot be used.

use std::collections::BTreeMap;

use contract::config::is_class_name;

use crate::candidate::{Candidate, Reject};
use crate::licence::Licence;
use crate::text::{is_invisible, line};
use crate::user_table::{UserTable, first_line, is_name};

/// The names of the columns that the source reads. The first name is the usual one.
const URL: [&str; 5] = ["url", "image_url", "link", "address", "uri"];
const CLASS: [&str; 3] = ["class", "label", "category"];
const LICENCE: [&str; 2] = ["licence", "license"];
const LICENCE_URL: [&str; 2] = ["licence_url", "license_url"];
/// The names of columns that contain files on this machine.
const FILE: [&str; 6] = ["file", "filename", "path", "filepath", "image", "image_id"];

/// The reason of a reject whose row has no class.
pub const NO_CLASS: &str = "the row has no class";

/// The contents of a list.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct List {
    /// The candidates of each class, in the order of the rows.
    pub classes: BTreeMap<String, Vec<Candidate>>,
    /// The rows without a usable address or class.
    pub rejects: Vec<Reject>,
    /// The number of rejects that name a file on this machine.
    pub local: usize,
    /// What the user should know about the columns.
    pub notes: Vec<String>,
}

impl List {
    /// Parses a list. Rows without a class belong to `class`.
    ///
    /// # Errors
    /// Returns the reason why the list cannot be read, with the number of the line where there is one.
    pub fn read(text: &str, class: &str) -> Result<Self, String> {
        let is_known = |cell: &str| URL.iter().chain(&FILE).any(|name| is_name(cell, name));
        match UserTable::read(text, is_known)? {
            Some(table) => Self::of_table(&table, class),
            None => Self::of_lines(text, class),
        }
    }

    /// Reads a table.
    fn of_table(table: &UserTable, class: &str) -> Result<Self, String> {
        let mut notes = Vec::new();
        for (what, names) in [("address", &URL[..]), ("class", &CLASS)] {
            let columns = table.columns(names);
            let Some((used, others)) = columns.split_first() else { continue };
            if let Some(twin) = others.iter().find(|other| is_name(other, used)) {
                return Err(format!("two columns are named `{}`: rename or remove one of them", line(twin)));
            }
            notes.extend(others.iter().map(|other| {
                format!("the column `{}` gives the {what}, and the column `{}` is not used", line(used), line(other))
            }));
        }
        let address = table.column(&URL).or_else(|| table.column(&FILE));
        let [classes, page, title, author] =
            [&CLASS[..], &["page"][..], &["title"][..], &["author"][..]].map(|names| table.column(names));
        let (licences, licence_urls) = (table.column(&LICENCE), table.column(&LICENCE_URL));
        let mut list = Self { notes, ..Self::default() };
        for row in &table.rows {
            let cell = |column: Option<usize>| UserTable::cell(row, column);
            let licence = Licence::read(&line(cell(licences)), cell(licence_urls));
            let stated = line(cell(licence_urls));
            let candidate = Candidate {
                location: cell(address).to_owned(),
                page: line(cell(page)),
                title: line(cell(title)),
                author: line(cell(author)),
                licence_url: if stated.is_empty() {
                    licence.as_ref().map(Licence::address).unwrap_or_default()
                } else {
                    stated
                },
                licence,
                ..Candidate::default()
            };
            list.add(if cell(classes).is_empty() { class } else { cell(classes) }, candidate);
        }
        Ok(list)
    }

    /// Parses a text file with one address per line.
    fn of_lines(text: &str, class: &str) -> Result<Self, String> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let numbered = text.lines().enumerate().map(|(number, row)| (number + 1, row.trim()));
        let rows: Vec<(usize, &str)> = numbered.filter(|(_, row)| !row.is_empty() && !row.starts_with('#')).collect();
        let first = first_line(text);
        if first.len() > 1 && first.iter().all(|cell| web::parse_url(cell).is_err()) {
            let names: Vec<String> = first.iter().map(|name| format!("`{}`", line(name))).collect();
            return Err(format!("the first line has the columns {}, and none of them is `url`", names.join(", ")));
        }
        if let Some((number, separator)) = columns_without_header(&rows) {
            return Err(format!(
                "line {number} has several columns, and the list has no header: begin it with a line such as `url{separator}class`"
            ));
        }
        let mut list = Self::default();
        for (_, row) in rows {
            list.add(class, Candidate { location: row.to_owned(), ..Candidate::default() });
        }
        Ok(list)
    }

    /// Adds a candidate, or a reject if its address or class is not usable.
    fn add(&mut self, class: &str, candidate: Candidate) {
        let class: String = class.chars().filter(|c| !is_invisible(*c)).collect();
        let is_folder_name = is_class_name(&class);
        let reason = if candidate.location.is_empty() {
            "the row has no address".to_owned()
        } else if is_local(&candidate.location) {
            self.local += 1;
            "this is a file on this machine, and a source of kind `urls` reads addresses of the web".to_owned()
        } else if let Err(failure) = web::parse_url(&candidate.location) {
            failure.to_string()
        } else if class.is_empty() {
            NO_CLASS.to_owned()
        } else if !is_folder_name {
            format!("the class `{}` cannot be the name of a folder", line(&class))
        } else {
            self.classes.entry(class).or_default().push(candidate);
            return;
        };
        let class = if is_folder_name { class } else { String::new() };
        self.rejects.push(Reject { class, location: line(&candidate.location), reason });
    }
}

/// Returns whether an address is the path of a file: it has no scheme, and the ending or the beginning of a path.
fn is_local(address: &str) -> bool {
    let lower = address.to_ascii_lowercase();
    if lower.starts_with("file:") {
        return true;
    }
    let drive = lower.as_bytes().get(1) == Some(&b':') && lower.starts_with(|c: char| c.is_ascii_alphabetic());
    if drive || lower.starts_with(['/', '.', '~', '\\']) {
        return !lower.starts_with("//");
    }
    let endings = [".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp", ".tif", ".tiff"];
    !lower.contains("://") && !lower.starts_with("www.") && endings.iter().any(|ending| lower.ends_with(ending))
}

/// Returns the number of the first line with several columns, and their separator.
///
/// No address contains a tab. Commas and semicolons are part of some addresses, so they count only when each line is an address,
/// the same separator and a word.
fn columns_without_header(rows: &[(usize, &str)]) -> Option<(usize, &'static str)> {
    if let Some((number, _)) = rows.iter().find(|(_, row)| row.contains('\t')) {
        return Some((*number, "<tab>"));
    }
    let is_row = |row: &str, separator: &str| {
        row.rsplit_once(separator).is_some_and(|(address, word)| {
            let mut letters = word.trim().trim_matches('"').chars();
            letters.next().is_some_and(char::is_alphabetic)
                && letters.all(|c| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-'))
                && web::parse_url(address.trim_matches('"')).is_ok()
        })
    };
    let separator = [",", ";"].into_iter().find(|separator| rows.iter().all(|(_, row)| is_row(row, separator)))?;
    rows.first().map(|(number, _)| (*number, separator))
}
