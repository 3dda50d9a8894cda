//! A parser of `robots.txt` (RFC 9309) that accepts any bytes.
//!
//! It reads `Allow` and `Disallow`, `Crawl-delay`, which the RFC does not have but hosts rely on, and the reservations of
//! [`crate::OptOut`].

use std::borrow::Cow;
use std::time::Duration;

use crate::opt_out::{self, OptOut};

/// The number of bytes that are read of a file: the minimum that the RFC requires (2.5).
pub const READ_BYTES: usize = 500 << 10;

/// The rules of one `robots.txt` for one product.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Robots {
    rules: Vec<Rule>,
    opt_outs: Vec<(Pattern, Option<OptOut>)>,
    crawl_delay: Option<Duration>,
}

#[derive(Debug, Clone, PartialEq)]
struct Rule {
    pattern: Pattern,
    allow: bool,
}

/// A normalized path pattern: the parts between its wildcards, and whether it is anchored at the end of the path.
#[derive(Debug, Clone, PartialEq)]
struct Pattern {
    parts: Vec<Vec<u8>>,
    anchored: bool,
    /// The length in bytes with wildcards and anchor. The longest match decides.
    length: usize,
}

impl Robots {
    /// Reads the rules for the robot `product` from at most [`READ_BYTES`] of `file`. A line that is cut at the end is ignored.
    ///
    /// All groups that name the product count together. Without such a group, the groups for `*` count (2.2.1).
    pub fn parse(file: &[u8], product: &str) -> Self {
        let file = match file.get(..READ_BYTES) {
            Some(start) if file.len() > READ_BYTES => {
                let end = start.iter().rposition(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(0);
                &start[..end]
            }
            _ => file,
        };
        let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
        let (mut named, mut general) = (Self::default(), Self::default());
        let (mut is_named, mut for_named, mut for_all, mut in_names) = (false, false, false, false);
        for line in file.split(|byte| matches!(byte, b'\n' | b'\r')) {
            let line = line.split(|byte| *byte == b'#').next().unwrap_or_default();
            let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
            let (key, value) = (line[..colon].trim_ascii(), line[colon + 1..].trim_ascii());
            if key.eq_ignore_ascii_case(b"user-agent") {
                if !in_names {
                    (for_named, for_all) = (false, false);
                }
                in_names = true;
                for_all |= value == b"*";
                for_named |= token(value).eq_ignore_ascii_case(product.as_bytes());
                is_named |= for_named;
                continue;
            }
            // Only rules end a list of names: "other records must not interfere" (2.2.4).
            in_names &= !(key.eq_ignore_ascii_case(b"allow") || key.eq_ignore_ascii_case(b"disallow"));
            if for_named {
                named.line(key, value);
            }
            if for_all {
                general.line(key, value);
            }
        }
        if is_named { named } else { general }
    }

    /// Reads one line of a group that counts.
    fn line(&mut self, key: &[u8], value: &[u8]) {
        match key.to_ascii_lowercase().as_slice() {
            b"allow" => self.rule(value, true),
            b"disallow" => self.rule(value, false),
            b"crawl-delay" => self.crawl_delay = self.crawl_delay.max(seconds(value)),
            b"content-signal" => self.opt_out(value, opt_out::signal),
            b"content-usage" => self.opt_out(value, opt_out::usage),
            _ => {}
        }
    }

    fn rule(&mut self, value: &[u8], allow: bool) {
        if !value.is_empty() {
            self.rules.push(Rule { pattern: Pattern::new(value), allow });
        }
    }

    /// Reads `[path] key=value, …`. The longest matching path decides, as with rules.
    fn opt_out(&mut self, value: &[u8], read: fn(&str) -> Option<OptOut>) {
        let (path, said) = match value.iter().position(u8::is_ascii_whitespace) {
            Some(end) if value.starts_with(b"/") => value.split_at(end),
            _ => (&b"/"[..], value),
        };
        self.opt_outs.push((Pattern::new(path), read(&String::from_utf8_lossy(said))));
    }

    /// Returns whether `path` with its query may be fetched. The longest matching rule decides; among equals, `Allow` does (2.2.2).
    pub fn allows(&self, path: &str) -> bool {
        let path = normal(path.as_bytes(), true);
        if *path == b"/robots.txt"[..] {
            return true;
        }
        let matching = self.rules.iter().filter(|rule| rule.pattern.matches(&path));
        matching.max_by_key(|rule| (rule.pattern.length, rule.allow)).is_none_or(|rule| rule.allow)
    }

    /// Returns the reservation against training for the content at `path`.
    pub fn opt_out_of(&self, path: &str) -> Option<OptOut> {
        let path = normal(path.as_bytes(), true);
        let matching = self.opt_outs.iter().filter(|(pattern, _)| pattern.matches(&path));
        matching.max_by_key(|(pattern, said)| (pattern.length, said.is_some())).and_then(|(_, said)| *said)
    }

    /// Returns the longest wait between two requests that the host asks for.
    pub fn crawl_delay(&self) -> Option<Duration> {
        self.crawl_delay
    }

    /// Returns an estimate of the memory of the rules in bytes.
    pub(crate) fn weight(&self) -> usize {
        let patterns =
            self.rules.iter().map(|rule| &rule.pattern).chain(self.opt_outs.iter().map(|(pattern, _)| pattern));
        patterns.map(|pattern| 64 + pattern.parts.iter().map(|part| 24 + part.len()).sum::<usize>()).sum()
    }
}

impl Pattern {
    fn new(value: &[u8]) -> Self {
        let (body, anchored) = match value.strip_suffix(b"$") {
            Some(body) => (body, true),
            None => (value, false),
        };
        let parts = body.split(|byte| *byte == b'*').map(|part| normal(part, false).into_owned()).collect();
        Self { parts, anchored, length: normal(value, false).len() }
    }

    /// Returns whether the pattern matches from the beginning of `path`. The time is linear: each part is searched behind the part before.
    fn matches(&self, path: &[u8]) -> bool {
        let Some((first, rest)) = self.parts.split_first() else { return true };
        let Some(mut path) = path.strip_prefix(first.as_slice()) else { return false };
        let Some((last, between)) = rest.split_last() else { return !self.anchored || path.is_empty() };
        for part in between {
            let Some(at) = memchr::memmem::find(path, part) else { return false };
            path = &path[at + part.len()..];
        }
        if self.anchored { path.ends_with(last) } else { memchr::memmem::find(path, last).is_some() }
    }
}

/// Returns the product in a `User-agent` line: letters, `-` and `_` (2.2.1), and digits, which many names have. The rest is a version or
/// a mistake.
fn token(value: &[u8]) -> &[u8] {
    let end = value.iter().position(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')));
    &value[..end.unwrap_or(value.len())]
}

/// Reads a number of seconds with or without a fraction.
fn seconds(value: &[u8]) -> Option<Duration> {
    let seconds: f64 = std::str::from_utf8(value).ok()?.parse().ok()?;
    (seconds >= 0.0).then(|| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
}

/// Returns `text` in a form in which equal paths compare equal (2.2.2). Escapes of unreserved characters are decoded, all other escapes
/// have upper-case digits, and bytes outside ASCII are escaped. In a path, `*` and `$` are ordinary characters, which a pattern writes as
/// escapes.
fn normal(text: &[u8], path: bool) -> Cow<'_, [u8]> {
    if text.iter().all(|byte| byte.is_ascii() && !matches!(byte, b'%' | b'*' | b'$')) {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        let escaped = tail.first_chunk::<2>().filter(|_| byte == b'%').and_then(|&[high, low]| {
            let digit = |byte: u8| char::from(byte).to_digit(16);
            u8::try_from(digit(high)? * 16 + digit(low)?).ok()
        });
        match escaped {
            Some(plain) => {
                rest = &tail[2..];
                if plain.is_ascii_alphanumeric() || b"-._~".contains(&plain) {
                    out.push(plain);
                } else {
                    escape(plain, &mut out);
                }
            }
            None if !byte.is_ascii() || (path && matches!(byte, b'*' | b'$')) => escape(byte, &mut out),
            None => out.push(byte),
        }
    }
    Cow::Owned(out)
}

fn escape(byte: u8, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    out.extend([b'%', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
}
