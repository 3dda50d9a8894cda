//! The settings that the user has made for pip: environment variables and configuration files.
//!
//! The files and their order are those of `pip config debug`. A later source overrides an earlier one: `[global]` of all files,
//! `[install]`, `[download]`, environment variables `PIP_…`. Within a section, the order is: the files for all users, of the user, of the
//! Python environment, and the file that `PIP_CONFIG_FILE` names.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use url::Url;

use crate::default_index::of_pip;
use crate::error::IndexSettingsError;
use crate::ini;
use crate::netrc::Netrc;

/// The sections whose settings apply. A later section overrides an earlier one.
const SECTIONS: [&str; 3] = ["global", "install", "download"];

/// A function that returns the value of an environment variable.
pub type Environment<'a> = dyn Fn(&str) -> Option<OsString> + 'a;

/// The indexes and folders to search for a file, and the settings of their requests.
#[derive(Clone)]
pub struct IndexSettings {
    /// Addresses of package indexes, without a `/` at the end. They can hold credentials.
    pub(crate) indexes: Vec<Url>,
    /// Folders, pages and files with packages (`find-links`).
    pub(crate) links: Vec<String>,
    /// Hosts whose certificates are not checked, with a port if the setting names one.
    pub(crate) trusted: Vec<(String, Option<u16>)>,
    /// The certificate authorities to trust instead of those of Mozilla and of the operating system: a file or a folder.
    pub(crate) authorities: Option<PathBuf>,
    /// The file with the certificate and the key of this client.
    pub(crate) client_certificate: Option<PathBuf>,
    /// The proxy to use instead of that of the environment.
    pub(crate) proxy: Option<Url>,
    /// The time to wait for a connection, and for the next bytes of an answer.
    pub(crate) timeout: Duration,
    /// The number of times that a temporary failure is tried again.
    pub(crate) retries: u32,
    /// The wait before the first retry.
    pub(crate) first_wait: Duration,
    /// The credentials in `.netrc`.
    pub(crate) netrc: Netrc,
}

impl fmt::Debug for IndexSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Addresses can hold passwords.
        let indexes: Vec<String> = self.indexes.iter().map(crate::names::shown).collect();
        f.debug_struct("IndexSettings")
            .field("indexes", &indexes)
            .field("links", &self.links.len())
            .finish_non_exhaustive()
    }
}

impl IndexSettings {
    /// Reads the settings of the user who runs the process.
    ///
    /// # Errors
    /// Returns an error when a configuration file cannot be read or a value cannot be used.
    pub fn of_user() -> Result<Self, IndexSettingsError> {
        Self::read(&|name| std::env::var_os(name))
    }

    /// Reads the settings of a user with these environment variables.
    ///
    /// # Errors
    /// Returns an error when a configuration file cannot be read or a value cannot be used.
    pub fn read(environment: &Environment) -> Result<Self, IndexSettingsError> {
        Self::read_on_system(environment, Path::new("/etc"), &of_pip)
    }

    /// Reads the settings. `etc` is the folder of the files for all users. `default` returns the index that applies without a setting.
    fn read_on_system(
        environment: &Environment,
        etc: &Path,
        default: &dyn Fn() -> Option<String>,
    ) -> Result<Self, IndexSettingsError> {
        let values = Values::read(environment, etc)?;
        let mut indexes = Vec::new();
        if !values.flag("no-index")? {
            let set = values.text("index-url").or(values.text("pypi-url")).map(str::to_owned);
            let first = set.or_else(default);
            for text in first.as_deref().into_iter().chain(values.list("extra-index-url")) {
                indexes.push(index(text)?);
            }
            if indexes.is_empty() && values.list("find-links").next().is_none() {
                return Err(IndexSettingsError::NoIndex);
            }
        }
        let path = |key: &str| values.text(key).map(|text| expand(text, environment));
        let variable = |name: &str| environment(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let authorities =
            path("cert").or_else(|| variable("REQUESTS_CA_BUNDLE")).or_else(|| variable("CURL_CA_BUNDLE"));
        Ok(Self {
            indexes,
            links: values.list("find-links").map(|link| link_of(link, environment)).collect(),
            trusted: values.list("trusted-host").map(host_and_port).collect::<Result<_, _>>()?,
            authorities,
            client_certificate: path("client-cert"),
            proxy: values.text("proxy").map(proxy).transpose()?,
            timeout: Duration::from_secs_f64(values.number("timeout")?.unwrap_or(15.0).clamp(1.0, 3600.0)),
            retries: values.number("retries")?.unwrap_or(5.0).clamp(0.0, 100.0) as u32,
            first_wait: Duration::from_millis(500),
            netrc: netrc(environment),
        })
    }

    /// Returns the settings with another wait before the first retry. Tests use it.
    #[must_use]
    pub fn with_first_wait(mut self, wait: Duration) -> Self {
        self.first_wait = wait;
        self
    }

    /// Returns whether the certificate of the host of `url` is not checked.
    pub(crate) fn trusts(&self, url: &Url) -> bool {
        let (host, port) = (url.host_str().unwrap_or_default(), url.port_or_known_default());
        self.trusted.iter().any(|(name, only)| {
            name.trim_matches(['[', ']']).eq_ignore_ascii_case(host.trim_matches(['[', ']']))
                && only.is_none_or(|only| Some(only) == port)
        })
    }
}

/// The values by key.
struct Values(BTreeMap<String, String>);

impl Values {
    fn read(environment: &Environment, etc: &Path) -> Result<Self, IndexSettingsError> {
        let mut sections: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        for path in files(environment, etc) {
            let Ok(bytes) = read_regular(&path) else { continue };
            let file_error = |reason: String| IndexSettingsError::File { path: path.clone(), reason };
            let settings = ini::parse(&String::from_utf8_lossy(&bytes))
                .map_err(|line| file_error(format!("line {line} is not a setting of the form `key = value`")))?;
            for setting in settings.into_iter().filter(|setting| !setting.value.is_empty()) {
                sections.entry(setting.section).or_default().insert(setting.key, setting.value);
            }
        }
        let mut values: BTreeMap<String, String> =
            SECTIONS.into_iter().filter_map(|section| sections.remove(section)).flatten().collect();
        for key in KEYS {
            let name = format!("PIP_{}", key.to_ascii_uppercase().replace('-', "_"));
            let value = environment(&name).map(|value| value.to_string_lossy().into_owned());
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                values.insert(key.to_owned(), value);
            }
        }
        Ok(Self(values))
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    fn list(&self, key: &str) -> impl Iterator<Item = &str> {
        self.text(key).unwrap_or_default().split_whitespace()
    }

    fn number(&self, key: &str) -> Result<Option<f64>, IndexSettingsError> {
        let parse = |text: &str| {
            let number = text.parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0);
            number.ok_or_else(|| wrong(key, format!("is {text:?}, not a number of 0 or more")))
        };
        self.text(key).map(parse).transpose()
    }

    fn flag(&self, key: &str) -> Result<bool, IndexSettingsError> {
        match self.text(key).map(str::to_ascii_lowercase).as_deref() {
            None | Some("n" | "no" | "f" | "false" | "off" | "0") => Ok(false),
            Some("y" | "yes" | "t" | "true" | "on" | "1") => Ok(true),
            Some(other) => Err(wrong(key, format!("is {other:?}, neither true nor false"))),
        }
    }
}

/// The keys that are read.
const KEYS: [&str; 11] = [
    "index-url",
    "pypi-url",
    "extra-index-url",
    "no-index",
    "find-links",
    "trusted-host",
    "cert",
    "client-cert",
    "proxy",
    "timeout",
    "retries",
];

/// Returns the configuration files of pip, from the lowest to the highest priority. They need not exist.
fn files(environment: &Environment, etc: &Path) -> Vec<PathBuf> {
    const NAME: &str = "pip.conf";
    let named = environment("PIP_CONFIG_FILE").filter(|file| !file.is_empty()).map(PathBuf::from);
    if named.as_deref() == Some(Path::new("/dev/null")) {
        return Vec::new();
    }
    let system = environment("XDG_CONFIG_DIRS").filter(|folders| !folders.is_empty());
    let system = system.unwrap_or_else(|| etc.join("xdg").into());
    let mut files: Vec<PathBuf> = std::env::split_paths(&system).map(|folder| folder.join("pip").join(NAME)).collect();
    files.push(etc.join(NAME));
    if !named.as_ref().is_some_and(|file| file.exists())
        && let Some(home) = home(environment)
    {
        files.push(home.join(".pip").join(NAME));
        let config = environment("XDG_CONFIG_HOME").filter(|folder| !folder.is_empty());
        let config = config.map_or_else(|| home.join(".config"), PathBuf::from);
        files.push(config.join("pip").join(NAME));
    }
    files.extend(python(environment).map(|prefix| prefix.join(NAME)));
    files.extend(named);
    files
}

/// Returns the folder of the Python environment whose pip the user would call, without starting Python: the active virtual
/// environment, or the one of the first `python3` in `PATH`.
fn python(environment: &Environment) -> Option<PathBuf> {
    for name in ["VIRTUAL_ENV", "CONDA_PREFIX"] {
        if let Some(folder) = environment(name).filter(|folder| !folder.is_empty()) {
            return Some(folder.into());
        }
    }
    let path = environment("PATH")?;
    let found = std::env::split_paths(&path)
        .flat_map(|folder| ["python3", "python"].map(|name| folder.join(name)))
        .find(|file| file.is_file())?;
    let prefix = |file: &Path| file.parent().and_then(Path::parent).map(Path::to_owned);
    // The `python3` of a virtual environment is a link to another one.
    let near = prefix(&found)?;
    if near.join("pyvenv.cfg").is_file() {
        return Some(near);
    }
    prefix(&fs_err::canonicalize(&found).unwrap_or(found))
}

fn home(environment: &Environment) -> Option<PathBuf> {
    environment("HOME").filter(|home| !home.is_empty()).map(PathBuf::from)
}

fn netrc(environment: &Environment) -> Netrc {
    let named = environment("NETRC").map(PathBuf::from);
    let home = home(environment);
    let standard = [".netrc", "_netrc"].into_iter().filter_map(|name| Some(home.as_ref()?.join(name)));
    let text = named.into_iter().chain(standard).find_map(|file| read_regular(&file).ok());
    text.map(|bytes| Netrc::parse(&String::from_utf8_lossy(&bytes))).unwrap_or_default()
}

/// Reads a regular file. A pipe would block the process.
fn read_regular(path: &Path) -> std::io::Result<Vec<u8>> {
    if !fs_err::metadata(path)?.is_file() {
        return Err(std::io::Error::other("not a regular file"));
    }
    fs_err::read(path)
}

fn wrong(key: &str, reason: String) -> IndexSettingsError {
    IndexSettingsError::Value { key: key.to_owned(), reason }
}

/// Reads the address of an index. The message about a wrong one does not quote it, because it can hold a password.
fn index(text: &str) -> Result<Url, IndexSettingsError> {
    let url = Url::parse(text.trim_end_matches('/')).ok();
    let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.ok_or_else(|| wrong("index-url", "is not an address that starts with `http://` or `https://`".to_owned()))
}

fn proxy(text: &str) -> Result<Url, IndexSettingsError> {
    let text = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let known = |url: &Url| matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h") && url.has_host();
    let url = Url::parse(&text).ok().filter(known);
    url.ok_or_else(|| wrong("proxy", "is not an address such as `http://host:3128`".to_owned()))
}

fn expand(text: &str, environment: &Environment) -> PathBuf {
    match (text.strip_prefix("~/"), home(environment)) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(text),
    }
}

fn link_of(text: &str, environment: &Environment) -> String {
    expand(text, environment).to_string_lossy().into_owned()
}

fn host_and_port(text: &str) -> Result<(String, Option<u16>), IndexSettingsError> {
    match text.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && (!host.contains(':') || host.ends_with(']')) => {
            let number = port.parse().map_err(|_| wrong("trusted-host", format!("has the port {port:?}")))?;
            Ok((host.to_owned(), Some(number)))
        }
        _ => Ok((text.to_owned(), None)),
    }
}

#[cfg(all(test, unix))]
#[path = "settings_tests.rs"]
mod tests;
