//! Cleaning of text from web APIs, such as HTML in JSON and titles with line breaks.

/// Returns the text of an HTML fragment in one line, without tags and with the usual entities replaced.
pub fn plain(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    // Without a `>`, no tag follows. Looking for it only once keeps the time proportional to the text.
    let mut has_end = true;
    while let Some(at) = rest.find(['<', '&']) {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(tag) = rest.strip_prefix('<') {
            // `1 < 2` contains no tag.
            let is_tag = tag.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!');
            let end = if is_tag && has_end { tag.find('>') } else { None };
            has_end &= end.is_some() || !is_tag;
            if let Some(end) = end {
                text.push(' ');
                rest = &tag[end + 1..];
            } else {
                text.push('<');
                rest = tag;
            }
        } else {
            let (value, after) = entity(rest);
            text.push_str(&value);
            rest = after;
        }
    }
    text.push_str(rest);
    line(&text)
}

/// Returns `text` in one line, with single spaces and without control characters.
pub fn line(text: &str) -> String {
    let printable: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    printable.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns whether a character takes no space and changes no other character: byte order marks, zero-width spaces, soft hyphens.
pub fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}')
}

/// Returns the value of the entity at the beginning of `text`, and the text behind it. Text that starts with `&` and is
/// not an entity has the value `&`.
fn entity(text: &str) -> (String, &str) {
    let named = [
        ("&amp;", "&"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&apos;", "'"),
        ("&nbsp;", " "),
    ];
    for (name, value) in named {
        if let Some(after) = text.strip_prefix(name) {
            return (value.to_owned(), after);
        }
    }
    let number = text.strip_prefix("&#").and_then(|rest| {
        // Longer numbers are no characters.
        let end = rest.bytes().take(16).position(|byte| byte == b';')?;
        let (digits, after) = (&rest[..end], &rest[end + 1..]);
        let code = match digits.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => digits.parse().ok()?,
        };
        Some((char::from_u32(code)?.to_string(), after))
    });
    number.unwrap_or_else(|| ("&".to_owned(), &text[1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_removed_and_words_stay() {
        let html =
            "<a href=\"//x\" title=\"User:A\">Ann&#160;B&eacute;</a>,\n <b>1 &lt; 2</b> & 3 < 4 &#x41;&#xffffffff;";
        assert_eq!(plain("<a<b & <i>c <d"), "c <d");
        assert_eq!(plain("1 < 2 <a"), "1 < 2 <a");
        assert_eq!(plain(html), "Ann B&eacute; , 1 < 2 & 3 < 4 A&#xffffffff;");
        assert_eq!(plain("<script>"), "");
        assert_eq!(plain("a <b"), "a <b");
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_text_becomes_one_line(html in "\\PC*|(<|>|&|#|x|;|a|\u{7f}|\n){0,40}") {
            let text = plain(&html);
            proptest::prop_assert!(!text.contains(char::is_control));
            proptest::prop_assert_eq!(line(&text), text);
        }
    }
}
