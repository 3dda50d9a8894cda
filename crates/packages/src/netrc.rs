//! Reads the credentials in `.netrc`.

use std::collections::BTreeMap;
use std::fmt;

/// A user name and a password.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Credentials {
    pub user: String,
    pub password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(hidden)")
    }
}

/// The credentials by host.
#[derive(Debug, Clone, Default)]
pub(crate) struct Netrc {
    hosts: BTreeMap<String, Credentials>,
    default: Option<Credentials>,
}

impl Netrc {
    /// Reads the text of the file. Skips words that it does not know.
    pub fn parse(text: &str) -> Self {
        let mut netrc = Self::default();
        let mut words = words(text).into_iter().peekable();
        while let Some(word) = words.next() {
            let host = match word.as_str() {
                "machine" => words.next(),
                "default" => None,
                _ => continue,
            };
            let (mut user, mut password) = (String::new(), String::new());
            while let Some(key) = words.next_if(|word| !matches!(word.as_str(), "machine" | "default")) {
                match key.as_str() {
                    "login" | "user" => user = words.next().unwrap_or_default(),
                    "password" => password = words.next().unwrap_or_default(),
                    "account" => drop(words.next()),
                    _ => {}
                }
            }
            let credentials = Credentials { user, password };
            match host {
                Some(host) => {
                    netrc.hosts.entry(host).or_insert(credentials);
                }
                None => netrc.default = Some(credentials),
            }
        }
        netrc
    }

    /// Returns the credentials for `host`.
    pub fn of(&self, host: &str) -> Option<&Credentials> {
        self.hosts.get(host).or(self.default.as_ref())
    }
}

/// Splits the text into words. Leaves out comments and macros. A word can be in double quotes, where a backslash takes the next
/// character literally.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut in_macro = false;
    for line in text.lines() {
        if in_macro {
            in_macro = !line.trim().is_empty();
            continue;
        }
        let mut rest = line.chars();
        while let Some(first) = rest.next() {
            if first.is_whitespace() {
                continue;
            }
            if first == '#' && words.last().is_none_or(|last| last != "password") {
                break;
            }
            let quoted = first == '"';
            let mut word = String::new();
            if !quoted {
                word.push(first);
            }
            while let Some(c) = rest.next() {
                match c {
                    '\\' if quoted => word.extend(rest.next()),
                    '"' if quoted => break,
                    c if !quoted && c.is_whitespace() => break,
                    c => word.push(c),
                }
            }
            if word == "macdef" && !quoted {
                in_macro = true;
                break;
            }
            words.push(word);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    /// The expected values are those of Python's `netrc.netrc`.
    #[test]
    fn hosts_have_their_credentials() {
        let netrc = Netrc::parse(
            "# mine\nmachine a.example login ann password p#1\nmachine b.example\n  login \"bob b\"\n  account x\n  password \"q\\\"2\"\n\
             macdef init\nmachine c.example login eve password evil\n\ndefault login anonymous password x\n",
        );
        let of = |host| netrc.of(host).map(|found| (found.user.as_str(), found.password.as_str()));
        assert_eq!(of("a.example"), Some(("ann", "p#1")));
        assert_eq!(of("b.example"), Some(("bob b", "q\"2")));
        assert_eq!(of("c.example"), Some(("anonymous", "x")));
        assert!(Netrc::parse("machine a login b").of("c").is_none());
        assert!(!format!("{netrc:?}").contains("p#1"), "{netrc:?}");
    }

    proptest! {
        #[test]
        fn any_text_gives_credentials_and_no_panic(text in "(machine|login|password|default|macdef|[a \\n\"#\\\\])*") {
            Netrc::parse(&text);
        }
    }
}
