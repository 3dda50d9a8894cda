//! Which existing names look most like one that does not exist.

/// Edit distance that also counts a swap of neighbours as one, after lower-casing.
fn distance(a: &str, b: &str) -> usize {
    strsim::osa_distance(&a.to_lowercase(), &b.to_lowercase())
}

/// Up to three of `known`, those most like `wanted` first. Names that are entirely unlike it are left out, unless they
/// contain it.
pub(crate) fn nearest<'a>(wanted: &str, known: impl Iterator<Item = &'a str>) -> Vec<String> {
    let lower = wanted.to_lowercase();
    let mut scored: Vec<(usize, &str)> = known
        .filter(|name| !name.is_empty())
        .map(|name| (distance(wanted, name), name))
        .filter(|(distance, name)| {
            let inside = name.to_lowercase().contains(&lower) && !lower.is_empty();
            inside || *distance <= wanted.chars().count().max(name.chars().count()) / 2
        })
        .collect();
    scored.sort_unstable();
    scored.dedup();
    scored.into_iter().take(3).map(|(_, name)| name.to_owned()).collect()
}
