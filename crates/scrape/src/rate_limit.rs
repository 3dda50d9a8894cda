//! Openverse's rate limit headers.

use std::time::Duration;

use web::HeaderMap;

/// Returns how long to wait before the next request, if the headers say that no requests are left.
///
/// The wait is the whole window of the exhausted limit, such as a minute for `20/min`. Returns `None` when requests are
/// left, or when the headers state no limit.
pub fn pause(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let exhausted = headers.iter().filter_map(|(name, value)| {
        let scope = name.as_str().strip_prefix("x-ratelimit-available-")?;
        (value.to_str().ok()?.trim() == "0").then_some(scope)
    });
    exhausted.filter_map(|scope| window(text(&format!("x-ratelimit-limit-{scope}"))?)).max()
}

/// Returns the window of a limit such as `20/min`.
fn window(limit: &str) -> Option<Duration> {
    let seconds = match limit.split_once('/')?.1.trim().chars().next()? {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return None,
    };
    Some(Duration::from_secs(seconds))
}
