//! Measures the memory of a process and its descendants with `/proc`.

use std::collections::BTreeMap;
use std::process::Child;
use std::time::Duration;

use anyhow::Result;

/// The time between two measurements.
const PAUSE: Duration = Duration::from_millis(40);

/// Waits for `child`. Returns whether it succeeded, and the peak memory in KiB of the process and its descendants together.
///
/// The memory is the proportional set size, which counts shared pages once.
pub(crate) fn watch(child: &mut Child) -> Result<(bool, u64)> {
    let mut peak = 0;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok((status.success(), peak));
        }
        peak = peak.max(pss_kib(child.id()));
        std::thread::sleep(PAUSE);
    }
}

/// Returns the proportional set size of `root` and its descendants in KiB.
fn pss_kib(root: u32) -> u64 {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    for process in processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok()) {
        if let Some(parent) = parent(process) {
            children.entry(parent).or_default().push(process);
        }
    }
    let (mut sum, mut open) = (0, vec![root]);
    while let Some(process) = open.pop() {
        sum += own_kib(process);
        open.extend(children.get(&process).into_iter().flatten());
    }
    sum
}

fn parent(process: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The second field is the program's name in brackets. It may contain spaces and brackets.
    stat.rsplit(')').next()?.split_whitespace().nth(1)?.parse().ok()
}

/// Returns the proportional set size of one process in KiB, or 0 for a process that has ended.
fn own_kib(process: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
