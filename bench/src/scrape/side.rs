//! The sides of the download benchmark and their measurements.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use super::plan::ScrapePlan;
use super::{images, tree};
use crate::environment::{PEERS, python};
use crate::machine;

/// The name of the peer's list of packages and the stem of its script.
const PEER: &str = "img2dataset";

/// The job of every side.
pub(crate) struct Job {
    /// The list of addresses, one per line.
    list: PathBuf,
    /// The folder for the downloads. Each measurement has a new folder in it.
    out: PathBuf,
    address: String,
    images: usize,
}

impl Job {
    /// Makes the job to download `count` images from `address`.
    pub(crate) fn new(scratch: &Path, address: &str, count: usize) -> Result<Self> {
        let list = scratch.join("urls.txt");
        let name = |number| images::path(Path::new(""), number);
        let lines: Vec<String> =
            (0..count).map(|number| format!("http://{address}/{}", name(number).display())).collect();
        fs_err::write(&list, lines.join("\n"))?;
        let job = Self { list, out: scratch.join("downloaded"), address: address.to_owned(), images: count };
        job.clear()?;
        Ok(job)
    }

    /// Returns the same job with a new folder.
    ///
    /// The old folders stay until the end of the benchmark. ext4 does not reuse deleted blocks for a minute and more, and its search
    /// for other free blocks slows down every new file.
    fn with_new_folder(&self) -> Result<Self> {
        fs_err::create_dir_all(&self.out)?;
        let out = self.out.join(fs_err::read_dir(&self.out)?.count().to_string());
        fs_err::create_dir(&out)?;
        Ok(Self { out, list: self.list.clone(), address: self.address.clone(), images: self.images })
    }

    /// Removes all downloads.
    pub(crate) fn clear(&self) -> Result<()> {
        if self.out.exists() {
            fs_err::remove_dir_all(&self.out)?;
        }
        Ok(())
    }
}

/// A side of the benchmark.
pub(crate) struct DownloadSide {
    /// The name in tables.
    pub(crate) name: &'static str,
    kind: DownloaderKind,
    program: PathBuf,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum DownloaderKind {
    Ours,
    /// img2dataset decodes each image to reject damaged files, and keeps the bytes.
    Checking,
    /// img2dataset keeps every response without a check, which is its fastest mode.
    Unchecked,
}

/// The concurrency of a side.
#[derive(Clone, Debug)]
pub(crate) enum Setting {
    /// The number of concurrent requests.
    Requests(usize),
    /// The number of processes and of threads per process.
    Workers(usize, usize),
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Requests(count) => write!(f, "{count} requests"),
            Self::Workers(processes, threads) => write!(f, "{processes} x {threads} threads"),
        }
    }
}

/// One measurement.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    /// The number of downloaded images, which is the number of images in the list.
    pub(crate) images: usize,
    /// The wall time from the start of the process to its end in seconds.
    pub(crate) seconds: f64,
    /// The processor time of the process and its descendants in seconds.
    pub(crate) cpu_seconds: f64,
    /// The peak memory of the process and its descendants together in MiB.
    pub(crate) peak_mib: f64,
    /// The wall time from the first request to the last image in seconds, if the side reports it.
    pub(crate) working_seconds: Option<f64>,
}

impl Measured {
    /// Returns the images per second from the start of the process to its end.
    pub(crate) fn rate(&self) -> f64 {
        self.images as f64 / self.seconds
    }
}

/// Returns all sides, ready to measure.
pub(crate) fn all(scratch: &Path) -> Result<Vec<DownloadSide>> {
    let ours = std::env::current_exe()?.with_file_name("scrape");
    ensure!(ours.exists(), "{} is missing; run `just build`", ours.display());
    let peer = python(scratch, PEER)?;
    Ok(vec![
        DownloadSide { name: "Tunescope", kind: DownloaderKind::Ours, program: ours },
        DownloadSide { name: "img2dataset, checking", kind: DownloaderKind::Checking, program: peer.clone() },
        DownloadSide { name: "img2dataset, unchecked", kind: DownloaderKind::Unchecked, program: peer },
    ])
}

/// Returns the name and version of the peer.
pub(crate) fn version(scratch: &Path) -> Result<String> {
    let code = "import importlib.metadata as m, platform; print('img2dataset', m.version('img2dataset') + ', Python', platform.python_version())";
    let output = Command::new(python(scratch, PEER)?).args(["-c", code]).output()?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

impl DownloadSide {
    /// Returns the settings to try for this side.
    pub(crate) fn settings(&self, plan: &ScrapePlan) -> Vec<Setting> {
        if self.kind == DownloaderKind::Ours {
            return plan.requests.iter().map(|count| Setting::Requests(*count)).collect();
        }
        let threads = |processes: &usize| {
            let processes = *processes;
            plan.threads.iter().map(move |threads| Setting::Workers(processes, *threads)).collect::<Vec<_>>()
        };
        plan.processes.iter().flat_map(threads).collect()
    }

    /// Downloads all images once.
    pub(crate) fn measure(&self, setting: &Setting, job: &Job) -> Result<Measured> {
        let job = &job.with_new_folder()?;
        let mut command = self.command(setting, job)?;
        let output = fs_err::File::create(job.out.join("output.txt"))?;
        command.stdin(Stdio::null()).stdout(output.file().try_clone()?).stderr(output.into_parts().0);
        let (cpu, began) = (machine::children_cpu_seconds()?, Instant::now());
        let mut child = command.spawn().with_context(|| format!("cannot start {}", self.program.display()))?;
        let (succeeded, peak) = tree::watch(&mut child)?;
        let seconds = began.elapsed().as_secs_f64();
        let cpu_seconds = machine::children_cpu_seconds()? - cpu;
        let output = fs_err::read_to_string(job.out.join("output.txt")).unwrap_or_default();
        ensure!(succeeded, "{} failed:\n{output}", self.name);
        let (images, working_seconds) = self.outcome(job)?;
        ensure!(images == job.images, "{} downloaded {images} of {} images:\n{output}", self.name, job.images);
        let peak_mib = peak as f64 / 1024.0;
        Ok(Measured { images, seconds, cpu_seconds, peak_mib, working_seconds })
    }

    fn command(&self, setting: &Setting, job: &Job) -> Result<Command> {
        let mut command = Command::new(&self.program);
        match (self.kind, setting) {
            (DownloaderKind::Ours, Setting::Requests(count)) => {
                let config = job.out.join("pipeline.toml");
                fs_err::write(&config, ours(job, *count))?;
                command.arg("--quiet").arg("--config").arg(config);
            }
            (kind, Setting::Workers(processes, threads)) => {
                command.arg(Path::new(PEERS).join(format!("{PEER}_side.py"))).arg(&job.list).arg(job.out.join("peer"));
                command.args(["--processes", &processes.to_string(), "--threads", &threads.to_string()]);
                command.args(["--shard", &job.images.div_ceil(*processes).to_string()]);
                if kind == DownloaderKind::Unchecked {
                    command.arg("--unchecked");
                }
            }
            (_, Setting::Requests(_)) => unreachable!("only Tunescope has a number of requests"),
        }
        Ok(command)
    }

    /// Returns the number of downloaded images, and the time of the work alone if the side reports it.
    fn outcome(&self, job: &Job) -> Result<(usize, Option<f64>)> {
        if self.kind == DownloaderKind::Ours {
            let table = fs_err::read_to_string(job.out.join("artifacts/scrape/sources.csv"))?;
            return Ok((table.lines().filter(|line| line.ends_with(",kept")).count(), None));
        }
        let (mut count, mut first, mut last) = (0, f64::INFINITY, f64::NEG_INFINITY);
        for entry in fs_err::read_dir(job.out.join("peer"))? {
            let path = entry?.path();
            if !path.to_string_lossy().ends_with("_stats.json") {
                continue;
            }
            let shard: serde_json::Value = serde_json::from_slice(&fs_err::read(&path)?)?;
            let number =
                |name: &str| shard[name].as_f64().with_context(|| format!("{} has no `{name}`", path.display()));
            count += number("successes")? as usize;
            (first, last) = (first.min(number("start_time")?), last.max(number("end_time")?));
        }
        Ok((count, Some(last - first)))
    }
}

/// Returns the configuration of Tunescope: no limit on requests per second, and defaults for everything else.
fn ours(job: &Job, requests: usize) -> String {
    let path = |path: &Path| format!("{:?}", path.display().to_string());
    format!(
        "artifacts = {}\n[scrape.web]\ncontact = \"bench@example.org\"\nrequests_per_second = 0.0\nper_host = {requests}\nparallel = {requests}\nallowed_hosts = [{:?}]\n[[scrape.sources]]\nkind = \"urls\"\npath = {}\nclass = \"image\"\n",
        path(&job.out.join("artifacts")),
        job.address,
        path(&job.list),
    )
}
