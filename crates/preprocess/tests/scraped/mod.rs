//! A workspace with the outputs of `scrape`. A stand-in writes them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Output};

use anyhow::Result;
use clap::Parser;
use contract::config::{SeedView, SourceKind};
use contract::{Artifact, Dataset, RejectRow, SourceRow, Status};
use pipeline::cli::{Common, run_stage};
use pipeline::{Finished, Run, Scope, Summary, short_hash};
use testkit::Workspace;
use zoo::{Channels, Features, InputTransform, Layer, Network, Pooling};

/// A workspace to run `preprocess` in.
pub struct Stage {
    workspace: Workspace,
}

impl Stage {
    /// Creates an empty workspace. Its configuration starts with `config` and has a network with input size 48.
    pub fn new(config: &str) -> Self {
        let text = format!("{config}[model]\nnetwork = \"tiny\"\n");
        let workspace = Workspace::new(&text);
        let model =
            workspace.write("data/networks/tiny/model.onnx", b"not a model, because preprocess does not read it");
        tiny(&std::fs::read(&model).unwrap()).write(&model.with_file_name("network.json")).unwrap();
        std::fs::create_dir(workspace.join("images")).unwrap();
        Self { workspace }
    }

    /// Returns the folder of images for [`Stage::scrape`].
    pub fn images(&self) -> PathBuf {
        self.workspace.join("images")
    }

    /// Returns the output folder of `preprocess`.
    pub fn artifacts(&self) -> PathBuf {
        self.workspace.join("artifacts/preprocess")
    }

    /// Reads the data set that `preprocess` wrote.
    pub fn dataset(&self) -> Dataset {
        Dataset::read(&self.workspace.join("artifacts")).unwrap()
    }

    /// Writes the outputs of `scrape` for the images.
    pub fn scrape(&self) {
        let config = self.workspace.join("pipeline.toml");
        let artifacts = format!("artifacts='{}'", self.workspace.join("artifacts").display());
        let args = ["scrape", "--quiet", "--config", config.to_str().unwrap(), "--set", &artifacts];
        let code = run_stage(&FakeScrape { images: self.images() }, &Cli::parse_from(args).common);
        assert_eq!(format!("{code:?}"), format!("{:?}", ExitCode::SUCCESS));
    }

    /// Runs the binary.
    pub fn run(&self, args: &[&str]) -> Output {
        self.workspace.run(env!("CARGO_BIN_EXE_preprocess"), args)
    }
}

/// Returns what a process wrote to stdout.
pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Returns what a process wrote to stderr.
pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    common: Common,
}

fn tiny(model: &[u8]) -> Network {
    Network {
        name: "tiny".to_owned(),
        input: InputTransform {
            tensor: "input".to_owned(),
            size: 48,
            channels: Channels::Rgb,
            scale: 1.0,
            mean: [0.0; 3],
            std: [1.0; 3],
        },
        layers: vec![Layer { name: "pool1".to_owned(), operator: "MaxPool".to_owned(), shape: vec![3, 6, 6] }],
        features: Features { layer: "pool1".to_owned(), pool: Pooling::None },
        logits: None,
        probabilities: None,
        classes: Vec::new(),
        origin: "a test".to_owned(),
        sha256: zoo::sha256(model),
        parent: None,
    }
}

struct FakeScrape {
    images: PathBuf,
}

impl pipeline::Stage for FakeScrape {
    type Root = contract::Config;
    type Config = SeedView;

    const NAME: &'static str = "scrape";
    const FORMAT: u32 = 1;
    const UPSTREAM: &'static [&'static str] = &[];

    fn inputs(&self, _: Scope<SeedView>) -> Result<BTreeMap<String, String>> {
        Ok(BTreeMap::new())
    }

    fn run(&self, run: &Run<SeedView>) -> Result<()> {
        let (mut sources, mut rejects) = (Vec::<SourceRow>::new(), Vec::<RejectRow>::new());
        for class in names(&self.images)? {
            for path in entries(&self.images.join(&class))? {
                let source = path.strip_prefix(&self.images)?.to_string_lossy().into_owned();
                let kind = std::fs::symlink_metadata(&path)?.file_type();
                if kind.is_file() {
                    let bytes = std::fs::read(&path)?;
                    let hash = short_hash(&bytes);
                    let stored = format!("images/{class}/{hash}.bin");
                    run.write(&stored, &bytes)?;
                    let empty = String::new;
                    sources.push(SourceRow {
                        hash,
                        class: class.clone(),
                        path: stored,
                        source,
                        page: empty(),
                        title: empty(),
                        author: empty(),
                        licence: empty(),
                        licence_url: empty(),
                        kind: SourceKind::Folder,
                        query: empty(),
                        bytes: Some(bytes.len() as u64),
                        like: empty(),
                        status: Status::Kept,
                    });
                } else {
                    let reason = if kind.is_dir() { "a folder" } else { "a symbolic link" };
                    rejects.push(RejectRow { class: class.clone(), source, reason: reason.to_owned() });
                }
            }
        }
        sources.write(run)?;
        rejects.write(run)
    }

    fn summary(&self, _: &Finished<SeedView>) -> Result<Summary> {
        Ok(Summary::default())
    }
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn names(folder: &Path) -> Result<Vec<String>> {
    let paths = entries(folder)?.into_iter();
    Ok(paths.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect())
}
