//! Text that fits: lengths, shortening and characters that XML forbids.

/// Width of `text` in a sans-serif font of `size` pixels, estimated: SVG has no layout of its own.
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

/// `text` cut to at most `room` pixels, ending in an ellipsis where something is gone.
pub(crate) fn fit(text: &str, size: f64, room: f64) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars() {
        kept.push(c);
        if width(&kept, size) + size * 0.9 > room {
            kept.pop();
            break;
        }
    }
    kept.push('…');
    kept
}

/// `text` without the control characters that XML forbids even when escaped.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\t' | '\n' | '\r' => ' ',
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => '\u{fffd}',
            c => c,
        })
        .collect()
}
