//! Who takes part, and one measurement of each.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use super::{Plan, pictures, tree};
use crate::environment::{PEERS, python};
use crate::machine;

/// The peer's list of packages and the stem of its script.
const PEER: &str = "img2dataset";

/// What all sides are to do.
pub(crate) struct Job {
    /// One address a line.
    list: PathBuf,
    /// Where each writes, in a new folder every time.
    out: PathBuf,
    address: String,
    pictures: usize,
}

impl Job {
    /// The download of `count` pictures from `address`.
    pub(crate) fn new(scratch: &Path, address: &str, count: usize) -> Result<Self> {
        let list = scratch.join("urls.txt");
        let name = |number| pictures::path(Path::new(""), number);
        let lines: Vec<String> =
            (0..count).map(|number| format!("http://{address}/{}", name(number).display())).collect();
        fs_err::write(&list, lines.join("\n"))?;
        let job = Self { list, out: scratch.join("downloaded"), address: address.to_owned(), pictures: count };
        job.clear()?;
        Ok(job)
    }

    /// The same job with a folder that nobody has used.
    ///
    /// What is there stays until all is measured: ext4 keeps what was deleted from being used again for a minute and more, and looks
    /// long for other room at each new file.
    fn anew(&self) -> Result<Self> {
        fs_err::create_dir_all(&self.out)?;
        let out = self.out.join(fs_err::read_dir(&self.out)?.count().to_string());
        fs_err::create_dir(&out)?;
        Ok(Self { out, list: self.list.clone(), address: self.address.clone(), pictures: self.pictures })
    }

    /// Removes all that was downloaded.
    pub(crate) fn clear(&self) -> Result<()> {
        if self.out.exists() {
            fs_err::remove_dir_all(&self.out)?;
        }
        Ok(())
    }
}

/// One side of the benchmark.
pub(crate) struct Side {
    /// Its name in tables.
    pub(crate) name: &'static str,
    who: Who,
    program: PathBuf,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Who {
    Ours,
    /// img2dataset decodes each picture, so that damaged ones are left out, and keeps its bytes.
    Checking,
    /// img2dataset keeps whatever comes: its fastest way.
    Unchecked,
}

/// How much at a time.
#[derive(Clone, Debug)]
pub(crate) enum Setting {
    /// Requests at a time.
    Requests(usize),
    /// Processes, and threads of each.
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

/// One turn.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    /// Pictures that arrived: all of them.
    pub(crate) pictures: usize,
    /// Wall time from the start of the process to its end, in seconds.
    pub(crate) seconds: f64,
    /// Processor time of the process and all that it started, in seconds.
    pub(crate) cpu_seconds: f64,
    /// The most memory of the process and all that it started at once, in MiB.
    pub(crate) peak_mib: f64,
    /// Wall time without what comes before the first request and after the last picture, in seconds, where the side tells it.
    pub(crate) working_seconds: Option<f64>,
}

impl Measured {
    /// Pictures a second, from the start of the process to its end.
    pub(crate) fn rate(&self) -> f64 {
        self.pictures as f64 / self.seconds
    }
}

/// All sides, ready to measure.
pub(crate) fn all(scratch: &Path) -> Result<Vec<Side>> {
    let ours = std::env::current_exe()?.with_file_name("scrape");
    ensure!(ours.exists(), "{} is missing: build the workspace first", ours.display());
    let peer = python(scratch, PEER)?;
    Ok(vec![
        Side { name: "Tunescope", who: Who::Ours, program: ours },
        Side { name: "img2dataset, checking", who: Who::Checking, program: peer.clone() },
        Side { name: "img2dataset, unchecked", who: Who::Unchecked, program: peer },
    ])
}

/// The peer and its version, in words.
pub(crate) fn version(scratch: &Path) -> Result<String> {
    let code = "import importlib.metadata as m, platform; print('img2dataset', m.version('img2dataset') + ', Python', platform.python_version())";
    let output = Command::new(python(scratch, PEER)?).args(["-c", code]).output()?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

impl Side {
    /// What is tried for this side.
    pub(crate) fn settings(&self, plan: &Plan) -> Vec<Setting> {
        if self.who == Who::Ours {
            return plan.requests.iter().map(|count| Setting::Requests(*count)).collect();
        }
        let threads = |processes: &usize| {
            let processes = *processes;
            plan.threads.iter().map(move |threads| Setting::Workers(processes, *threads)).collect::<Vec<_>>()
        };
        plan.processes.iter().flat_map(threads).collect()
    }

    /// Downloads everything once.
    pub(crate) fn measure(&self, setting: &Setting, job: &Job) -> Result<Measured> {
        let job = &job.anew()?;
        let mut command = self.command(setting, job)?;
        let said = fs_err::File::create(job.out.join("said.txt"))?;
        command.stdin(Stdio::null()).stdout(said.file().try_clone()?).stderr(said.into_parts().0);
        let (cpu, began) = (machine::children_cpu_seconds()?, Instant::now());
        let mut child = command.spawn().with_context(|| format!("cannot start {}", self.program.display()))?;
        let (succeeded, peak) = tree::watch(&mut child)?;
        let seconds = began.elapsed().as_secs_f64();
        let cpu_seconds = machine::children_cpu_seconds()? - cpu;
        let said = fs_err::read_to_string(job.out.join("said.txt")).unwrap_or_default();
        ensure!(succeeded, "{} failed:\n{said}", self.name);
        let (pictures, working_seconds) = self.outcome(job)?;
        ensure!(pictures == job.pictures, "{} got {pictures} of {} pictures:\n{said}", self.name, job.pictures);
        let peak_mib = peak as f64 / 1024.0;
        Ok(Measured { pictures, seconds, cpu_seconds, peak_mib, working_seconds })
    }

    fn command(&self, setting: &Setting, job: &Job) -> Result<Command> {
        let mut command = Command::new(&self.program);
        match (self.who, setting) {
            (Who::Ours, Setting::Requests(count)) => {
                let config = job.out.join("pipeline.toml");
                fs_err::write(&config, ours(job, *count))?;
                command.arg("--quiet").arg("--config").arg(config);
            }
            (who, Setting::Workers(processes, threads)) => {
                command.arg(Path::new(PEERS).join(format!("{PEER}_side.py"))).arg(&job.list).arg(job.out.join("peer"));
                command.args(["--processes", &processes.to_string(), "--threads", &threads.to_string()]);
                command.args(["--shard", &job.pictures.div_ceil(*processes).to_string()]);
                if who == Who::Unchecked {
                    command.arg("--unchecked");
                }
            }
            (_, Setting::Requests(_)) => unreachable!("the peer has workers"),
        }
        Ok(command)
    }

    /// The pictures that arrived, and the time of the work alone where it is told.
    fn outcome(&self, job: &Job) -> Result<(usize, Option<f64>)> {
        if self.who == Who::Ours {
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
            let number = |name: &str| shard[name].as_f64().with_context(|| format!("{}: no {name}", path.display()));
            count += number("successes")? as usize;
            (first, last) = (first.min(number("start_time")?), last.max(number("end_time")?));
        }
        Ok((count, Some(last - first)))
    }
}

/// The configuration of ours: no limit of requests a second, everything else as by default.
fn ours(job: &Job, requests: usize) -> String {
    let path = |path: &Path| format!("{:?}", path.display().to_string());
    format!(
        "artifacts = {}\n[scrape.web]\ncontact = \"bench@example.org\"\nrequests_per_second = 0.0\nper_host = {requests}\nparallel = {requests}\nallowed_hosts = [{:?}]\n[[scrape.sources]]\nkind = \"urls\"\npath = {}\nclass = \"picture\"\n",
        path(&job.out.join("artifacts")),
        job.address,
        path(&job.list),
    )
}
