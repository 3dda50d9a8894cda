//! Suggestions for a name that does not exist.

/// Returns the edit distance of the names in lower case. A swap of neighbouring characters counts as one edit.
fn distance(a: &str, b: &str) -> usize {
    strsim::osa_distance(&a.to_lowercase(), &b.to_lowercase())
}

/// Returns up to three of the `known` names, the most similar to `wanted` first. A name is similar when at most half of its
/// characters differ, or when it contains `wanted`.
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
