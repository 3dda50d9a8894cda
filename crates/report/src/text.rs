//! Widths of text, shortening, and removal of characters that XML forbids.

/// Estimates the width of `text` in pixels, in a sans-serif font of `size` pixels. SVG itself does not lay out text.
pub(crate) fn width(text: &str, size: f64) -> f64 {
    let ems: f64 = text
        .chars()
        .map(|c| match c {
            'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '|' | '\'' | ' ' | 'f' | 't' | 'r' => 0.34,
            'm' | 'w' | 'M' | 'W' | '@' | '%' => 0.88,
            c if c.is_ascii_uppercase() => 0.67,
            c if c.is_ascii() => 0.56,
            _ => 0.9,
        })
        .sum();
    ems * size
}

/// Shortens `text` to at most `available` pixels. A shortened text ends in an ellipsis.
pub(crate) fn fit(text: &str, size: f64, available: f64) -> String {
    if width(text, size) <= available {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars() {
        kept.push(c);
        if width(&kept, size) + size * 0.9 > available {
            kept.pop();
            break;
        }
    }
    kept.push('…');
    kept
}

/// Replaces the control characters that XML forbids even when they are escaped.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\t' | '\n' | '\r' => ' ',
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => '\u{fffd}',
            c => c,
        })
        .collect()
}
