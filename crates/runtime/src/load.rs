//! Finding and loading the ONNX Runtime library, once in a process.

use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use installed::Comparison;
use ort::environment::Environment;
use ort::logging::LogLevel;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};

use crate::error::message_of;
use crate::library_version;
use crate::repackage::OUTPUT_SHA256;
use crate::version::VERSION;
use crate::{RuntimeError, elf};

/// The environment variable that names an ONNX Runtime library to use instead of the installed one.
pub const LIBRARY_VARIABLE: &str = "ORT_DYLIB_PATH";
/// The environment variable that lets ONNX Runtime write its log to stderr: `error`, `warning`, `info` or `verbose`.
const LOG_VARIABLE: &str = "ORT_LOG";
/// The environment variable that lets ONNX Runtime write the time of each operator to files whose names begin with the
/// value. It slows ONNX Runtime down.
const PROFILE_VARIABLE: &str = "ORT_PROFILE";

/// The library in use.
static LOADED: Mutex<Option<PathBuf>> = Mutex::new(None);

/// Returns the path of the library for [`load`]: the one that the environment variable `ORT_DYLIB_PATH` names, else
/// `runtime/libonnxruntime.so` in the data folder.
pub fn locate(data: &Path) -> PathBuf {
    named().unwrap_or_else(|| data.join("runtime").join("libonnxruntime.so"))
}

/// Returns what identifies the ONNX Runtime of the data folder `data`: its version and the first 16 hexadecimal digits of the SHA-256
/// of its file.
///
/// # Errors
/// Returns an error when the library does not exist. Returns an error when the library in the data folder is not the one that `setup`
/// installs: the process dies when it uses a damaged one.
pub fn identity(data: &Path) -> Result<String, RuntimeError> {
    let sha256 = match named() {
        Some(path) => installed::sha256_file(&path).map_err(|error| unreadable(path, &error))?,
        None => installed_library(data).map(|_| OUTPUT_SHA256.to_owned())?,
    };
    Ok(format!("{} {}", VERSION, &sha256[..16]))
}

/// Loads the library of the data folder `data`, or the one that the environment variable `ORT_DYLIB_PATH` names.
///
/// # Errors
/// Returns the errors of [`identity`] and of [`load`].
pub fn load_from(data: &Path) -> Result<(), RuntimeError> {
    match named() {
        Some(path) => load(&path),
        None => load(&installed_library(data)?),
    }
}

/// Returns the path of the library in the data folder, which is the one that `setup` installs.
fn installed_library(data: &Path) -> Result<PathBuf, RuntimeError> {
    let path = data.join("runtime").join("libonnxruntime.so");
    match installed::compare(data, &path, OUTPUT_SHA256) {
        Ok(Comparison::Equal) => Ok(path),
        Ok(Comparison::Other(found)) => Err(RuntimeError::Changed { path, found }),
        Err(error) => Err(unreadable(path, &error)),
    }
}

fn unreadable(path: PathBuf, error: &std::io::Error) -> RuntimeError {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => RuntimeError::Missing { path },
        _ => RuntimeError::NotALibrary { path, reason: error.to_string() },
    }
}

/// Returns the path of the library that the environment variable `ORT_DYLIB_PATH` names, if it is set.
pub fn named() -> Option<PathBuf> {
    std::env::var_os(LIBRARY_VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// Loads the library, unless this process has done so. Sessions and trainers need this call first.
///
/// # Errors
/// Returns an error when the file is not ONNX Runtime of the right version with training, and when the process has loaded
/// another library.
pub fn load(library: &Path) -> Result<(), RuntimeError> {
    let path = fs_err::canonicalize(library).map_err(|_| RuntimeError::Missing { path: library.to_owned() })?;
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    match loaded.as_ref() {
        Some(loaded) if *loaded == path => return Ok(()),
        Some(loaded) => return Err(RuntimeError::AlreadyLoaded { path: library.to_owned(), loaded: loaded.clone() }),
        None => {}
    }
    check_complete(&path)?;
    let found = library_version::open(&path)?;
    if found != VERSION {
        return Err(RuntimeError::OtherVersion { path: library.to_owned(), found });
    }
    start(&path)?;
    *loaded = Some(path);
    Ok(())
}

/// Checks that the file is a complete library. The process dies when the system loads a truncated one.
fn check_complete(path: &Path) -> Result<(), RuntimeError> {
    // The program headers follow the ELF header. A page contains more of them than any library has.
    const START: u64 = 4096;
    let not_a_library = |reason: String| RuntimeError::NotALibrary { path: path.to_owned(), reason };
    // Opening a pipe would block the process.
    if !path.is_file() {
        return Err(not_a_library("it is not a regular file".to_owned()));
    }
    let file = fs_err::File::open(path).map_err(|error| not_a_library(error.to_string()))?;
    let length = file.metadata().map_err(|error| not_a_library(error.to_string()))?.len();
    let mut start = Vec::new();
    file.take(START).read_to_end(&mut start).map_err(|error| not_a_library(error.to_string()))?;
    if cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        elf::check_complete(&start, length).map_err(not_a_library)?;
    }
    Ok(())
}

/// Passes the library to `ort` and sets up its environment.
fn start(path: &Path) -> Result<(), RuntimeError> {
    let not_a_library = |reason: String| RuntimeError::NotALibrary { path: path.to_owned(), reason };
    // `commit` returns false when an earlier call came this far. The settings are the same.
    ort::init_from(path).map_err(|error| not_a_library(error.to_string()))?.with_telemetry(false).commit();
    ort::training::training_api().map_err(|_| RuntimeError::NoTraining { path: path.to_owned() })?;
    let environment = Environment::current().map_err(|error| not_a_library(message_of(&error)))?;
    if std::env::var_os(LOG_VARIABLE).is_none() {
        // Errors are returned. The log would report them a second time.
        environment.set_log_level(LogLevel::Fatal);
    }
    // `ort` releases its environment when the process ends, after the library has destroyed its static variables, and the
    // process dies. With one more reference the environment is never released.
    std::mem::forget(environment);
    Ok(())
}

/// Returns options for a session of `threads` threads (0: all cores) whose results do not depend on timing.
pub(crate) fn options(threads: usize) -> Result<SessionBuilder, OptionsError> {
    if LOADED.lock().unwrap_or_else(PoisonError::into_inner).is_none() {
        return Err(OptionsError::NotLoaded);
    }
    // ONNX Runtime's own 0 also pins threads to cores, which fails in containers.
    let threads = if threads == 0 { std::thread::available_parallelism().map_or(1, usize::from) } else { threads };
    let builder = SessionBuilder::new()?.with_intra_threads(threads)?.with_inter_threads(1)?;
    let builder = builder.with_optimization_level(GraphOptimizationLevel::All)?.with_deterministic_compute(true)?;
    // Without this, the threads wait for the next run in a loop, which takes a core from the thread that reads the images.
    let builder = builder.with_config_entry("session.force_spinning_stop", "1")?;
    Ok(match std::env::var_os(PROFILE_VARIABLE) {
        Some(prefix) => builder.with_profiling(Path::new(&prefix))?,
        None => builder,
    })
}

/// The reason why there are no session options. The caller knows the model.
pub(crate) enum OptionsError {
    NotLoaded,
    Refused(String),
}

impl<R> From<ort::Error<R>> for OptionsError {
    fn from(error: ort::Error<R>) -> Self {
        Self::Refused(message_of(&error))
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
