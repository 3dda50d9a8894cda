//! Finds the links of an HTML page of a package index.

/// Returns the values of `href` of all elements `element`, with character references resolved. It accepts any text.
pub(crate) fn hrefs(page: &str, element: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = page;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
            continue;
        }
        let name = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let wanted = rest[..name].eq_ignore_ascii_case(element);
        rest = &rest[name..];
        if !wanted {
            continue;
        }
        while let Some((name, value)) = attribute(&mut rest) {
            if name.eq_ignore_ascii_case("href") {
                found.push(resolved(value));
                break;
            }
        }
    }
    found
}

/// Reads the next attribute of an element and moves `rest` behind it. Returns `None` at the end of the element.
fn attribute<'a>(rest: &mut &'a str) -> Option<(&'a str, &'a str)> {
    let text = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
    let end = text.find(|c: char| c.is_ascii_whitespace() || matches!(c, '=' | '>' | '/')).unwrap_or(text.len());
    let (name, after) = text.split_at(end);
    if name.is_empty() && !after.starts_with('=') {
        *rest = after;
        return None;
    }
    let Some(value) = after.trim_start().strip_prefix('=') else {
        *rest = after;
        return Some((name, ""));
    };
    let value = value.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
    let (value, after) = match quote {
        Some(quote) => value[1..].split_once(quote).unwrap_or((&value[1..], "")),
        None => value.split_at(value.find(|c: char| c.is_ascii_whitespace() || c == '>').unwrap_or(value.len())),
    };
    *rest = after;
    Some((name, value))
}

/// The most bytes of a character reference.
const LONGEST_REFERENCE: usize = 32;

/// Replaces the character references that occur in addresses.
fn resolved(text: &str) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        result.push_str(&rest[..start]);
        rest = &rest[start..];
        // A longer reference is none. The limit keeps the time proportional to the text.
        let end = rest.bytes().take(LONGEST_REFERENCE).position(|byte| byte == b';');
        let reference = end.map(|end| (&rest[1..end], &rest[end + 1..]));
        let known = reference.and_then(|(name, after)| Some((character(name)?, after)));
        let (c, after) = known.unwrap_or(('&', &rest[1..]));
        result.push(c);
        rest = after;
    }
    result + rest
}

fn character(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The expected values are those of Python's `html.parser`.
    #[test]
    fn links_are_found_in_every_spelling() {
        let page = "<!DOCTYPE html><HTML><head><base href='/b/'><abbr href=no></head>\n<a href=\"a.whl#sha256=1\" data-x='2>1'>a</a>\
            <A data-yanked HREF = 'b&amp;c&#43;&#x2B;&no;.whl' >b</A><!-- <a href=no> --><a\nhref=c.whl>c</a><a name=x>d</a>";
        assert_eq!(hrefs(page, "a"), ["a.whl#sha256=1", "b&c++&no;.whl", "c.whl"]);
        assert_eq!(hrefs(page, "base"), ["/b/"]);
    }

    proptest! {
        #[test]
        fn any_text_gives_links_and_no_panic(text in "(<|a|<a|href|=|\"|'|>| |&|;|#|é|<!--|-->|/)*") {
            hrefs(&text, "a");
        }
    }
}
