//! Reads the properties of the machine and the resource use of this process from `/proc`.

use anyhow::{Context, Result};

/// The clock ticks per second in which Linux reports processor time.
const TICKS: f64 = 100.0;

/// Returns the peak resident memory of this process in KiB.
pub(crate) fn peak_kib() -> Result<u64> {
    let status = fs_err::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let value = line.and_then(|line| line.split_whitespace().next()).context("/proc/self/status has no VmHWM")?;
    Ok(value.parse()?)
}

/// Returns the processor time of all threads of this process in seconds.
pub(crate) fn cpu_seconds() -> Result<f64> {
    stat_seconds(11)
}

/// Returns the processor time of all finished child processes and their children in seconds.
pub(crate) fn children_cpu_seconds() -> Result<f64> {
    stat_seconds(13)
}

/// Returns the sum of two consecutive fields of `/proc/self/stat` in seconds. `skipped` fields lie between them and the program's
/// name.
fn stat_seconds(skipped: usize) -> Result<f64> {
    let stat = fs_err::read_to_string("/proc/self/stat")?;
    // The second field is the program's name in brackets. It may contain spaces and brackets.
    let after = stat.rsplit(')').next().unwrap_or_default();
    let times = after.split_whitespace().skip(skipped).take(2).map(str::parse::<f64>);
    Ok(times.sum::<Result<f64, _>>()? / TICKS)
}

/// Describes the processor, the number of available cores and the memory.
pub(crate) fn described() -> String {
    let read = |path: &str| fs_err::read_to_string(path).unwrap_or_default();
    let field = |text: &str, key: &str| {
        let line = text.lines().find(|line| line.starts_with(key))?.to_owned();
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let (cpu, memory) = (read("/proc/cpuinfo"), read("/proc/meminfo"));
    let name = field(&cpu, "model name").unwrap_or_else(|| "unknown processor".to_owned());
    let flags = field(&cpu, "flags").unwrap_or_default();
    let flags: Vec<&str> = flags.split_whitespace().collect();
    let vectors = ["avx512f", "avx2", "avx"].into_iter().find(|flag| flags.contains(flag)).unwrap_or("no AVX");
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let kib: f64 = field(&memory, "MemTotal")
        .and_then(|value| value.split_whitespace().next().and_then(|number| number.parse().ok()))
        .unwrap_or(0.0);
    format!("{name}, {vectors}, {cores} cores, {:.0} GiB of memory, Linux", kib / 1024.0 / 1024.0)
}

/// Returns the load average of the last minute.
pub(crate) fn load() -> f64 {
    let text = fs_err::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().and_then(|value| value.parse().ok()).unwrap_or(f64::NAN)
}
