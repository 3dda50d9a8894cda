#![allow(clippy::unwrap_used)]

use tempfile::TempDir;

use super::*;

/// The index without any setting.
const DEFAULT: &str = "https://default/simple";

/// A home folder and environment variables.
struct User {
    folder: TempDir,
    variables: BTreeMap<String, OsString>,
}

impl User {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let variables = BTreeMap::from([("HOME".to_owned(), folder.path().join("home").into())]);
        Self { folder, variables }
    }

    fn with(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.variables.insert(name.to_owned(), value.into());
        self
    }

    fn write(self, path: &str, text: &str) -> Self {
        let path = self.folder.path().join(path);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, text).unwrap();
        self
    }

    fn read(&self) -> Result<IndexSettings, IndexSettingsError> {
        IndexSettings::read_on_system(
            &|name| self.variables.get(name).cloned(),
            &self.folder.path().join("etc"),
            &|| Some(DEFAULT.into()),
        )
    }

    fn indexes(&self) -> Vec<String> {
        self.read().unwrap().indexes.into_iter().map(String::from).collect()
    }
}

fn index_file(host: &str) -> String {
    format!("[global]\nindex-url = https://{host}/simple/\n")
}

#[test]
fn later_sources_override_earlier_ones() {
    let mut user = User::new();
    let path = user.folder.path().to_owned();
    assert!(user.indexes().len() == 1);
    for (step, (file, host)) in [
        ("etc/xdg/pip/pip.conf", "desktop"),
        ("etc/pip.conf", "system"),
        ("home/.pip/pip.conf", "legacy"),
        ("home/.config/pip/pip.conf", "user"),
        ("venv/pip.conf", "site"),
    ]
    .into_iter()
    .enumerate()
    {
        user = user.write(file, &index_file(host));
        if step == 4 {
            user = user.with("VIRTUAL_ENV", path.join("venv"));
        }
        assert_eq!(user.indexes(), [format!("https://{host}/simple")]);
    }
    let user = user.write("named.conf", &index_file("named")).with("PIP_CONFIG_FILE", path.join("named.conf"));
    assert_eq!(user.indexes(), ["https://named/simple"]);
    let user = user.write("etc/pip.conf", "[download]\nindex-url = https://section/simple\n");
    assert_eq!(user.indexes(), ["https://section/simple"], "the section of the command is stronger than the file");
    let user =
        user.with("PIP_INDEX_URL", "https://variable/simple").with("PIP_EXTRA_INDEX_URL", "https://x https://y/z/");
    assert_eq!(user.indexes(), ["https://variable/simple", "https://x/", "https://y/z"]);
    let user = user.with("PIP_CONFIG_FILE", "/dev/null").with("PIP_INDEX_URL", "").with("PIP_EXTRA_INDEX_URL", "");
    assert_eq!(user.indexes(), [DEFAULT]);
}

#[test]
fn without_an_index_and_without_pip_the_settings_are_an_error() {
    let read = |user: &User| {
        IndexSettings::read_on_system(
            &|name| user.variables.get(name).cloned(),
            &user.folder.path().join("etc"),
            &|| None,
        )
    };
    let user = User::new();
    assert_eq!(read(&user).unwrap_err(), IndexSettingsError::NoIndex);
    let user = user.with("PIP_FIND_LINKS", "folder");
    assert!(read(&user).unwrap().indexes.is_empty());
}

#[test]
fn the_environment_of_the_first_python_is_found_without_running_it() {
    let user = User::new().write("venv/bin/real-python", "").write("venv/pip.conf", &index_file("site"));
    let venv = user.folder.path().join("venv");
    fs_err::os::unix::fs::symlink(venv.join("bin/real-python"), venv.join("bin/python3")).unwrap();
    fs_err::create_dir(user.folder.path().join("empty")).unwrap();
    let path = std::env::join_paths([user.folder.path().join("empty"), venv.join("bin")]).unwrap();
    assert_eq!(user.with("PATH", path).indexes(), ["https://site/simple"]);
}

#[test]
fn every_setting_is_read() {
    let user = User::new().write("home/.netrc", "machine a login ann password secret").write(
        "etc/pip.conf",
        "[global]\nno-index = true\nfind-links =\n    ~/wheels\n    https://links/page\ntrusted-host = a b:8443\n\
         cert = ~/ca.pem\nclient_cert = /c.pem\nproxy = ann:pw@proxy:3128\ntimeout = 60\nretries = 2\n",
    );
    let settings = user.read().unwrap();
    let home = user.folder.path().join("home");
    assert!(settings.indexes.is_empty());
    assert_eq!(settings.links, [home.join("wheels").display().to_string(), "https://links/page".to_owned()]);
    let trusts = |url: &str| settings.trusts(&Url::parse(url).unwrap());
    assert!(trusts("https://a/x") && trusts("https://A:1/x") && trusts("https://b:8443/x"));
    assert!(!trusts("https://b/x") && !trusts("https://c/x"));
    assert_eq!(settings.authorities, Some(home.join("ca.pem")));
    assert_eq!(settings.client_certificate, Some(PathBuf::from("/c.pem")));
    assert_eq!(settings.proxy.clone().unwrap().as_str(), "http://ann:pw@proxy:3128/");
    assert_eq!((settings.timeout, settings.retries), (Duration::from_secs(60), 2));
    assert_eq!(settings.netrc.of("a").unwrap().user, "ann");
    assert!(!format!("{settings:?}").contains("pw"));
}

#[test]
fn a_trusted_host_with_a_wrong_port_is_an_error() {
    let user = User::new().with("PIP_TRUSTED_HOST", "files:84x");
    assert!(user.read().unwrap_err().to_string().contains("84x"));
}

#[test]
fn certificates_can_come_from_the_variables_of_requests() {
    let user = User::new().with("CURL_CA_BUNDLE", "/curl.pem");
    assert_eq!(user.read().unwrap().authorities, Some(PathBuf::from("/curl.pem")));
    let user = user.with("REQUESTS_CA_BUNDLE", "/requests.pem");
    assert_eq!(user.read().unwrap().authorities, Some(PathBuf::from("/requests.pem")));
    let user = user.with("PIP_CERT", "/pip.pem");
    assert_eq!(user.read().unwrap().authorities, Some(PathBuf::from("/pip.pem")));
}

#[test]
fn a_value_that_cannot_be_used_is_named_and_no_password_is_shown() {
    let message = |user: User| user.read().unwrap_err().to_string();
    assert_eq!(
        message(User::new().with("PIP_INDEX_URL", "ftp://ann:secret@host/simple")),
        "pip's setting `index-url` is not an address that starts with `http://` or `https://`"
    );
    assert_eq!(
        message(User::new().with("PIP_TIMEOUT", "soon")),
        "pip's setting `timeout` is \"soon\", not a number of 0 or more"
    );
    let user = User::new().write("home/.pip/pip.conf", "[global]\nindex-url\n");
    let path = user.folder.path().join("home/.pip/pip.conf");
    let line = "line 2 is not a setting of the form `key = value`";
    assert_eq!(message(user), format!("{}: {line}", path.display()));
}
