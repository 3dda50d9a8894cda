//! Parsers of outside text: they accept any bytes without a panic and read valid text correctly.

use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use web::robots::{READ_BYTES, Robots};
use web::{OptOut, opt_out::opt_out, parse_url, retry_after};

/// The reference is the output of protego, the parser of Scrapy. `robots_reference.py` wrote it.
#[test]
fn robots_txt_reads_as_in_an_independent_parser() {
    let reference: serde_json::Value = serde_json::from_str(include_str!("robots_reference.json")).unwrap();
    let mut compared = 0;
    for case in reference.as_array().unwrap() {
        let file = case["file"].as_str().unwrap();
        let robots = Robots::parse(file.as_bytes(), case["product"].as_str().unwrap());
        for (path, allowed) in case["paths"].as_object().unwrap() {
            assert_eq!(robots.allows(path), allowed.as_bool().unwrap(), "{path} in\n{file}");
            compared += 1;
        }
        assert_eq!(robots.crawl_delay().map(|delay| delay.as_secs_f64()), case["crawl_delay"].as_f64(), "{file}");
    }
    assert!(compared > 100, "{compared} paths were compared");
}

/// The examples of RFC 9309, sections 2.2.2, 2.2.3 and 5.1.
#[test]
fn the_examples_of_the_standard() {
    let file = "User-Agent: *\nDisallow: *.gif$\nDisallow: /example/\nAllow: /publications/\n\n\
        User-Agent: foobot\nDisallow:/\nAllow:/example/page.html\nAllow:/example/allowed.gif\n\n\
        User-Agent: barbot\nUser-Agent: bazbot\nDisallow: /example/page.html\n\nUser-Agent: quxbot\n\nEOF";
    let allows = |product: &str, path: &str| Robots::parse(file.as_bytes(), product).allows(path);
    assert!(
        !allows("any", "/a.gif")
            && allows("any", "/a.gif?x")
            && !allows("any", "/example/x")
            && allows("any", "/publications/x")
    );
    assert!(
        !allows("foobot", "/x") && allows("foobot", "/example/page.html") && allows("FooBot", "/example/allowed.gif")
    );
    assert!(
        !allows("barbot", "/example/page.html")
            && !allows("bazbot", "/example/page.html")
            && allows("bazbot", "/a.gif")
    );
    assert!(allows("quxbot", "/example/x"));
    for (rule, path) in [
        ("/foo/bar?baz=quz", "/foo/bar?baz=quz"),
        ("/foo/bar?baz=https://foo.bar", "/foo/bar?baz=https://foo.bar"),
        ("/foo/bar/\u{30C4}", "/foo/bar/%E3%83%84"),
        ("/foo/bar/%E3%83%84", "/foo/bar/%E3%83%84"),
        ("/foo/bar/%62%61%7A", "/foo/bar/baz"),
        ("/path/file-with-a-%2A.html", "/path/file-with-a-*.html"),
        ("/path/foo-%24", "/path/foo-$"),
        ("/this/*/exactly", "/this/path/exactly"),
        ("/this/path/exactly$", "/this/path/exactly"),
    ] {
        let file = format!("user-agent: *\ndisallow: {rule}\n");
        assert!(!Robots::parse(file.as_bytes(), "x").allows(path), "{rule} matches {path}");
    }
    let longest =
        Robots::parse(b"user-agent: foobot\nallow: /example/page/\ndisallow: /example/page/disallowed.gif\n", "foobot");
    assert!(longest.allows("/example/page/") && !longest.allows("/example/page/disallowed.gif"));
    let equal = Robots::parse(b"user-agent: *\ndisallow: /a\nallow: /a\n", "x");
    assert!(equal.allows("/a"));
}

#[test]
fn robots_txt_at_its_edges() {
    let allows = |file: &[u8], path: &str| Robots::parse(file, "tunescope").allows(path);
    assert!(!allows(b"\xef\xbb\xbfUser-agent: *\rDisallow: /\r", "/a"), "a byte order mark, and old line ends");
    assert!(!allows(b"user-agent:*#x\ndisallow:/ # all", "/a"));
    assert!(allows(b"disallow: /\nuser-agent: *\n", "/a"), "a rule before the first group does not count");
    assert!(allows(b"user-agent: *\ndisallow: /\n", "/robots.txt"));
    assert!(
        !allows(b"user-agent: *\nsitemap: x\nuser-agent: b\ndisallow: /\n", "/a"),
        "other lines do not end the names"
    );
    assert!(!allows(b"user-agent: tunescope\nuser-agent: *\ndisallow: /\n", "/a"));
    assert!(
        !allows(b"user-agent: tunescope\ndisallow: /a\n\nuser-agent: Tunescope\ndisallow: /b\n", "/a"),
        "groups are merged"
    );
    let cut =
        [b"user-agent: *\n".to_vec(), b"#\n".repeat((READ_BYTES - 20) / 2), b"disallow: /private".to_vec()].concat();
    assert!(allows(&cut, "/p"), "a line that is cut is left out");
    let robots = Robots::parse(b"user-agent: *\ncontent-signal: ai-train=no\ncontent-usage: /free/ train-ai=y\n", "x");
    assert_eq!((robots.opt_out_of("/a"), robots.opt_out_of("/free/a")), (Some(OptOut::AiTrain), None));
}

/// A file that is slow on purpose: every rule almost matches every path.
#[test]
fn no_rule_file_takes_long() {
    let mut file = b"user-agent: *\n".to_vec();
    while file.len() < READ_BYTES {
        file.extend_from_slice(b"disallow: ");
        file.extend_from_slice(&b"*a".repeat(1000));
        file.extend_from_slice(b"b$\n");
    }
    let robots = Robots::parse(&file, "x");
    assert!(robots.allows(&format!("/{}", "a".repeat(8000))));
}

#[test]
fn retry_after_as_the_standard_writes_it() {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777 - 90);
    for (value, seconds) in [
        ("120", Some(120)),
        (" 0 ", Some(0)),
        ("99999999999999999999999", Some(u64::MAX)),
        // The three forms of RFC 9110, 5.6.7: 06 Nov 1994 08:49:37 is 784,111,777.
        ("Sun, 06 Nov 1994 08:49:37 GMT", Some(90)),
        ("Sunday, 06-Nov-94 08:49:37 GMT", Some(90)),
        ("Sun Nov  6 08:49:37 1994", Some(90)),
        ("Wed, 06 Nov 1974 08:49:37 GMT", Some(0)),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("soon", None),
        ("Sun, 32 Nov 1994 08:49:37 GMT", None),
    ] {
        let expected = seconds.map(Duration::from_secs);
        assert_eq!(retry_after(value, now), expected, "{value:?}");
    }
}

proptest! {
    #[test]
    fn robots_txt_from_any_bytes(file in proptest::collection::vec(any::<u8>(), 0..400), path in "\\PC{0,40}") {
        let robots = Robots::parse(&file, "tunescope");
        let _ = (robots.allows(&path), robots.crawl_delay(), robots.opt_out_of(&path));
        prop_assert!(robots.allows("/robots.txt"));
    }

    /// The reference is a matcher of a few lines that tries every way to match.
    #[test]
    fn patterns_match_as_in_a_brute_force_matcher(pattern in "/[ab*$]{0,7}", path in "/[ab]{0,7}") {
        fn tries(pattern: &[u8], path: &[u8]) -> bool {
            match (pattern, path) {
                ([], _) | ([b'$'], []) => true,
                ([b'*', rest @ ..], _) => (0..=path.len()).any(|at| tries(rest, &path[at..])),
                // A `$` is an anchor only at the end of the pattern.
                ([b'$'], _) => false,
                ([p, rest @ ..], [c, path @ ..]) => p == c && tries(rest, path),
                _ => false,
            }
        }
        let file = format!("user-agent: *\ndisallow: {pattern}\n");
        let forbidden = !Robots::parse(file.as_bytes(), "x").allows(&path);
        prop_assert_eq!(forbidden, tries(pattern.as_bytes(), path.as_bytes()), "{} {}", pattern, path);
    }

    /// The order of the rules does not matter.
    #[test]
    fn rules_commute(rules in proptest::collection::vec(("(allow|disallow)", "/[ab*]{0,4}"), 1..6), path in "/[ab]{0,5}") {
        let file = |rules: &[(String, String)]| {
            let lines: Vec<String> = rules.iter().map(|(key, pattern)| format!("{key}: {pattern}\n")).collect();
            let lines = lines.concat();
            Robots::parse(format!("user-agent: *\n{lines}").as_bytes(), "x").allows(&path)
        };
        let reversed: Vec<_> = rules.iter().rev().cloned().collect();
        prop_assert_eq!(file(&rules), file(&reversed));
    }

    #[test]
    fn retry_after_from_any_text(value in "\\PC{0,80}") {
        let _ = retry_after(&value, SystemTime::now());
    }

    #[test]
    fn retry_after_in_seconds(seconds: u64) {
        prop_assert_eq!(retry_after(&seconds.to_string(), SystemTime::now()), Some(Duration::from_secs(seconds)));
    }

    #[test]
    fn opt_outs_from_any_text(value in "\\PC{0,80}") {
        let _ = opt_out(&value, "tunescope");
    }

    /// A directive counts at every position, for all robots and for our name, and never for another name.
    #[test]
    fn a_directive_counts_at_every_position(
        before in proptest::collection::vec("(nofollow|all|max-snippet: -1|max-image-preview: none)", 0..4),
        scope in "(|tunescope: |TuneScope: |\\*: )",
    ) {
        let value = |scope: &str| before.iter().cloned().chain([format!("{scope}noimageai")]).collect::<Vec<_>>().join(", ");
        prop_assert_eq!(opt_out(&value(&scope), "tunescope"), Some(OptOut::NoImageAi));
        prop_assert_eq!(opt_out(&value("otherbot: "), "tunescope"), None);
    }

    /// A parsed URL is valid, and writing and parsing it again does not change it.
    #[test]
    fn urls_from_any_text(text in "(https?://|//|)\\PC{0,60}") {
        if let Ok(url) = parse_url(&text) {
            prop_assert!(matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.host().is_some());
            prop_assert_eq!(parse_url(url.as_str()), Ok(url));
        }
    }
}
