//! Finds and loads the ONNX Runtime library, once a process.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ort::environment::Environment;
use ort::logging::LogLevel;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};

use crate::error::said;
use crate::{RuntimeError, VERSION, base, elf};

/// Names an ONNX Runtime library to use in place of the installed one.
pub const LIBRARY_VARIABLE: &str = "ORT_DYLIB_PATH";
/// Lets ONNX Runtime write its own log to stderr: `error`, `warning`, `info` or `verbose`.
const LOG_VARIABLE: &str = "ORT_LOG";
/// Lets ONNX Runtime write how long each operator took, to files whose names begin with the value. Slows it down.
const PROFILE_VARIABLE: &str = "ORT_PROFILE";

/// The library in use.
static LOADED: Mutex<Option<PathBuf>> = Mutex::new(None);

/// The library that [`load`] should be given: the one that the environment variable
/// `ORT_DYLIB_PATH` names, else `runtime/libonnxruntime.so` in the data folder.
pub fn locate(data: &Path) -> PathBuf {
    named().unwrap_or_else(|| data.join("runtime").join("libonnxruntime.so"))
}

/// What tells one ONNX Runtime from another: its version and the first 16 hex digits of its file's SHA-256.
pub fn identity(data: &Path) -> Result<String, RuntimeError> {
    let path = locate(data);
    let bytes = fs_err::read(&path).map_err(|_| RuntimeError::Missing { path })?;
    Ok(format!("{} {}", crate::VERSION, &crate::repackage::sha256(&bytes)[..16]))
}

/// The library that the environment variable `ORT_DYLIB_PATH` names, if it is set.
pub fn named() -> Option<PathBuf> {
    std::env::var_os(LIBRARY_VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// Loads the library, if this process has not done so yet, and checks that it is ONNX Runtime of
/// the right version with training. Everything else in this crate wants this to be called first.
pub fn load(library: &Path) -> Result<(), RuntimeError> {
    let path = fs_err::canonicalize(library).map_err(|_| RuntimeError::Missing { path: library.to_owned() })?;
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    match loaded.as_ref() {
        Some(loaded) if *loaded == path => return Ok(()),
        Some(loaded) => return Err(RuntimeError::AlreadyLoaded { path: library.to_owned(), loaded: loaded.clone() }),
        None => {}
    }
    check_complete(&path)?;
    let found = base::open(&path)?;
    if found != VERSION {
        return Err(RuntimeError::OtherVersion { path: library.to_owned(), found });
    }
    start(&path)?;
    *loaded = Some(path);
    Ok(())
}

/// A library that was cut short kills the process when the system loads it: look first.
fn check_complete(path: &Path) -> Result<(), RuntimeError> {
    // The program headers follow the ELF header; a page holds more than any library has.
    const START: u64 = 4096;
    let not_a_library = |reason: String| RuntimeError::NotALibrary { path: path.to_owned(), reason };
    let file = fs_err::File::open(path).map_err(|error| not_a_library(error.to_string()))?;
    let length = file.metadata().map_err(|error| not_a_library(error.to_string()))?.len();
    let mut start = Vec::new();
    file.take(START).read_to_end(&mut start).map_err(|error| not_a_library(error.to_string()))?;
    if cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        elf::check_complete(&start, length).map_err(not_a_library)?;
    }
    Ok(())
}

/// Hands the library to `ort` and sets up its one environment.
fn start(path: &Path) -> Result<(), RuntimeError> {
    let not_a_library = |reason: String| RuntimeError::NotALibrary { path: path.to_owned(), reason };
    // False when an earlier call got as far as here; the settings are the same ones.
    ort::init_from(path).map_err(|error| not_a_library(error.to_string()))?.with_telemetry(false).commit();
    ort::training::training_api().map_err(|_| RuntimeError::NoTraining { path: path.to_owned() })?;
    let environment = Environment::current().map_err(|error| not_a_library(said(&error)))?;
    if std::env::var_os(LOG_VARIABLE).is_none() {
        // What goes wrong comes back as an error value; printed as well, it would be said twice.
        environment.set_log_level(LogLevel::Fatal);
    }
    // `ort` gives its environment back when the process ends, after the library's own statics are
    // gone, and the process dies on it. Held once more, it is never given back.
    std::mem::forget(environment);
    Ok(())
}

/// Options for a session of `threads` threads (0: all cores), of which results do not depend on timing.
pub(crate) fn options(threads: usize) -> Result<SessionBuilder, OptionsError> {
    if LOADED.lock().unwrap_or_else(PoisonError::into_inner).is_none() {
        return Err(OptionsError::NotLoaded);
    }
    // A number, never the 0 of ONNX Runtime: that one also pins threads to cores, and fails in containers.
    let threads = if threads == 0 { std::thread::available_parallelism().map_or(1, usize::from) } else { threads };
    let builder = SessionBuilder::new()?.with_intra_threads(threads)?.with_inter_threads(1)?;
    let builder = builder.with_optimization_level(GraphOptimizationLevel::All)?.with_deterministic_compute(true)?;
    // Else they wait for the next run by turning in a loop, and whoever reads its pictures has a core less.
    let builder = builder.with_config_entry("session.force_spinning_stop", "1")?;
    Ok(match std::env::var_os(PROFILE_VARIABLE) {
        Some(prefix) => builder.with_profiling(Path::new(&prefix))?,
        None => builder,
    })
}

/// Why there are no session options; the caller knows which model they were for.
pub(crate) enum OptionsError {
    NotLoaded,
    Refused(String),
}

impl<R> From<ort::Error<R>> for OptionsError {
    fn from(error: ort::Error<R>) -> Self {
        Self::Refused(said(&error))
    }
}

impl OptionsError {
    pub(crate) fn of(self, model: &str) -> RuntimeError {
        match self {
            Self::NotLoaded => RuntimeError::NotLoaded,
            Self::Refused(message) => RuntimeError::BadModel { model: model.to_owned(), message },
        }
    }
}
