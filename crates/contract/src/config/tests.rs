use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use pipeline::config::{load as load_file, parse};
use pipeline::error::{exit_of, render};

use super::*;

const PATH: &str = "pipeline.toml";

fn load(text: &str, overrides: &[&str]) -> anyhow::Result<Config> {
    let overrides: Vec<String> = overrides.iter().map(|text| (*text).to_owned()).collect();
    parse(text, Path::new(PATH), &overrides)
}

fn refused(text: &str, overrides: &[&str]) -> String {
    let error = load(text, overrides).unwrap_err();
    assert_eq!(exit_of(&error).code(), 2);
    render(&error)
}

#[test]
fn generated_files_are_fresh() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for (file, text) in GENERATED {
        let found = std::fs::read_to_string(root.join(file)).unwrap();
        assert!(found == text(), "{file} is stale: run `just generate`");
    }
}

#[test]
fn pipeline_toml_states_every_key_with_its_default() {
    let text = generate::pipeline_toml();
    assert_eq!(load(&text, &[]).unwrap(), Config::default());
    let stated = pipeline::config::flatten(&toml::from_str::<toml::Table>(&text).unwrap()).unwrap();
    let all = pipeline::config::flatten(&Config::default()).unwrap();
    assert_eq!(stated, all);
}

/// Adds the keys below `node`, a part of `schema`, to `keys`.
fn collect_keys(schema: &serde_json::Value, node: &serde_json::Value, prefix: &str, keys: &mut BTreeSet<String>) {
    let target = node["$ref"].as_str().and_then(|path| schema.pointer(path.trim_start_matches('#')));
    let node = target.unwrap_or(node);
    for (name, child) in node["properties"].as_object().into_iter().flatten() {
        let key = format!("{prefix}{name}");
        collect_keys(schema, child, &format!("{key}."), keys);
        keys.insert(key);
    }
    let choices = ["anyOf", "oneOf", "allOf"].iter().filter_map(|name| node[*name].as_array()).flatten();
    for child in choices.chain(node.get("items")) {
        collect_keys(schema, child, prefix, keys);
    }
}

/// Returns the files below `folder` that are product code.
fn product_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            product_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            files.push(path);
        }
    }
}

#[test]
fn every_key_in_the_text_of_a_message_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let schema = std::fs::read_to_string(root.join("docs/pipeline.schema.json")).unwrap();
    let schema = serde_json::from_str(&schema).unwrap();
    let mut keys = BTreeSet::new();
    collect_keys(&schema, &schema, "", &mut keys);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(root.join("crates")).unwrap() {
        product_files(&entry.unwrap().path().join("src"), &mut files);
    }
    let sections: BTreeSet<&str> = keys.iter().filter_map(|key| Some(key.split_once('.')?.0)).collect();
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_');
    let (mut found, mut unknown) = (0, Vec::new());
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        // Every second part between quotation marks is a string. An odd one in a comment would only hide a key.
        let strings = lines.flat_map(|line| line.split('"').skip(1).step_by(2));
        for word in strings.flat_map(|text| text.split(|c: char| !is_part(c))) {
            let word = word.trim_matches('.');
            let Some((section, rest)) = word.split_once('.') else { continue };
            // `model.onnx` and `model.json` are files.
            if !sections.contains(section) || matches!(rest, "onnx" | "json") {
                continue;
            }
            // A number is the index of a source.
            let key = word.split('.').filter(|part| part.parse::<usize>().is_err()).collect::<Vec<_>>().join(".");
            found += 1;
            if !keys.contains(&key) {
                unknown.push(format!("{}: `{word}`", file.display()));
            }
        }
    }
    assert!(unknown.is_empty(), "not in the configuration:\n{}", unknown.join("\n"));
    assert!(found > 50, "only {found} keys were found");
}

#[test]
fn every_example_is_valid() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        load_file::<Config>(&path, &[]).unwrap_or_else(|error| panic!("{}", render(&error)));
    }
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_the_nearest_one() {
    assert_eq!(
        refused("seed = 1\n\n[train]\nbach_size = 3\n", &[]),
        "error: pipeline.toml:4: `train.bach_size` is not a key\nhint: did you mean `batch_size`?\n"
    );
}

#[test]
fn wrong_values_are_named_with_their_place() {
    let reference = "hint: docs/configuration.md explains every key\n";
    assert_eq!(
        refused("seed = \"one\"\n", &[]),
        format!("error: pipeline.toml:1: `seed` must be a whole number, and it is \"one\"\n{reference}")
    );
    assert_eq!(
        refused("", &["train.sweep.learning_rate=[-1.0]"]),
        format!(
            "error: --set train.sweep.learning_rate=[-1.0]: `train.sweep.learning_rate.0` must be from 1e-45 to 3e38\n{reference}"
        )
    );
    assert_eq!(
        refused("", &["model.weights=rnadom"]),
        "error: --set model.weights=rnadom: `model.weights` has the unknown value \"rnadom\"\n\
         hint: known values: pretrained, random\n"
    );
    assert_eq!(refused("", &["seed"]), "error: --set seed: not KEY=VALUE\nhint: for example --set threads=4\n");
    let said = refused("", &["scrape.sources.7.kind=drawn"]);
    assert!(said.contains("`sources` has no entry `7`: it has 1, counted from 0\nhint: set the whole value"), "{said}");
    // A rule between two keys: the message names the command line only when it caused the violation.
    let gap = ["analyze.occlusion.patch=10", "analyze.occlusion.stride=11"];
    assert!(refused("", &gap).starts_with("error: --set: `analyze.occlusion.stride` is 11"), "{}", refused("", &gap));
    let file = "[analyze.occlusion]\npatch = 10\nstride = 11\n";
    assert!(refused(file, &["seed=2"]).starts_with("error: pipeline.toml: "), "{}", refused(file, &["seed=2"]));
    let deep = format!("{}=1", vec!["a"; 20_000].join("."));
    for bad in [
        "seed.x=1",
        "=1",
        "train..patience=1",
        "train.patience=0",
        "train.sweep.dropout=[1.0]",
        "seed=1\nthreads=3",
        &deep,
    ] {
        refused("", &[bad]);
    }
}

#[test]
fn a_key_of_another_kind_of_source_says_which_form_works() {
    assert_eq!(
        refused("", &["scrape.sources.0.path=photos"]),
        "error: --set scrape.sources.0.path=photos: `scrape.sources.0.path` is not a key of a table whose `kind` is \"drawn\"\n\
         hint: `path` belongs to `kind` = \"folder\": set the whole list, for example \
         --set 'scrape.sources=[{kind=\"folder\", path=\"…\"}]'\n"
    );
    let said = refused("[[scrape.sources]]\nkind = \"folder\"\n", &[]);
    assert!(said.contains("pipeline.toml:1: `scrape.sources.0` has no `path`"), "{said}");
    // The printed form works when it is typed. The shell removes the single quotes.
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/squeezenet.toml");
    let error = load_file::<Config>(&example, &["scrape.sources.0.path=\"photos\"".to_owned()]).unwrap_err();
    let said = render(&error);
    let (_, typed) = said.split_once("--set '").unwrap();
    let typed = typed.trim_end().strip_suffix('\'').unwrap().replace('…', "photos");
    let config = load_file::<Config>(&example, &[typed]).unwrap();
    assert!(matches!(&config.scrape.sources[..], [SourceConfig::Folder { path, .. }] if *path == Path::new("photos")));
    let said = refused("[[scrape.sources]]\nkind = \"foldr\"\npath = \"x\"\n", &[]);
    assert!(said.contains("pipeline.toml:2: `scrape.sources.0.kind` has the unknown value"), "{said}");
}

#[test]
fn a_kind_of_source_has_one_name_everywhere() {
    let sources = [
        SourceConfig::Drawn { per_class: 1 },
        SourceConfig::Folder { path: "photos".into(), exclude: Vec::new() },
        SourceConfig::Urls(UrlList { path: "list.csv".into(), class: String::new(), per_class: 0 }),
        SourceConfig::Commons(SearchSource::default()),
        SourceConfig::Openverse(SearchSource::default()),
        SourceConfig::Google(SearchSource::default()),
    ];
    for source in sources {
        let kind = source.kind();
        assert_eq!(serde_json::to_value(&source).unwrap()["kind"], kind.name());
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
    }
}

#[test]
fn the_error_for_impossible_training_settings_names_the_key() {
    for bad in [
        "train.sweep.learning_rate=[0.0]",
        "train.sweep.learning_rate=[0.001, -1e-3]",
        "train.sweep.learning_rate=[nan]",
        "train.sweep.learning_rate=[inf]",
        "train.sweep.learning_rate=[1e39]",
        "train.sweep.learning_rate=[1e-50]",
        "train.sweep.learning_rate=[]",
        "train.sweep.dropout=[]",
        "train.sweep.dropout=[-0.1]",
        "train.sweep.dropout=[nan]",
        "train.sweep.weight_decay=[-0.01]",
        "train.sweep.weight_decay=[inf]",
        "train.sweep.weight_decay=[]",
        "train.sweep.copies=[]",
        "train.sweep.copies=[1001]",
        "train.sweep.hidden=[]",
        "train.sweep.hidden=[[0]]",
        "train.sweep.hidden=[[1, 1, 1, 1, 1, 1, 1, 1]]",
        "train.tune=[]",
        "train.tune=\"\"",
        "train.warmup=-0.1",
        "train.warmup=1.1",
        "train.warmup=nan",
        "train.trunk_rate=-0.1",
        "train.trunk_rate=1.1",
        "train.trunk_rate=nan",
        "train.label_smoothing=1.0",
        "train.label_smoothing=-0.1",
        "train.augment.crop=1.0",
        "train.augment.jitter=-1.0",
        "train.augment.lighting=nan",
        "train.batch_size=0",
        "train.max_epochs=0",
    ] {
        let key = bad.split('=').next().unwrap_or_default();
        let said = refused("", &[bad]);
        assert!(
            said.contains(&format!("`{key}")) && said.contains(" must be ") && said.contains("hint: "),
            "{bad}: {said}"
        );
    }
    for bad in ["train.schedule=cosin", "train.search=random", "train.class_weights=even", "train.sweep.copies=[-1]"] {
        assert!(refused("", &[bad]).contains(bad), "{bad}");
    }
}

#[test]
fn occlusion_windows_leave_no_gaps() {
    let said = refused("", &["analyze.occlusion.patch=10", "analyze.occlusion.stride=50"]);
    assert_eq!(
        said,
        "error: --set: `analyze.occlusion.stride` is 50, and the window has a side of only 10 pixels\n\
         hint: no window would cover the pixels in between: set a stride of at most 10, or an analyze.occlusion.patch of at \
         least 50\n"
    );
    load("", &["analyze.occlusion.patch=10", "analyze.occlusion.stride=10"]).unwrap();
}

#[test]
fn depths_are_a_string_or_a_list() {
    let tune = |text: &str| load("", &[text]).unwrap().train.tune;
    assert_eq!(tune("train.tune=head"), ["head"]);
    assert_eq!(tune("train.tune=\"c5\""), ["c5"]);
    assert_eq!(tune("train.tune=[\"head\", \"c5\"]"), ["head", "c5"]);
    let said = refused("", &["train.tune=5"]);
    assert!(said.contains("`train.tune` must be a text in quotes or a list, and it is 5"), "{said}");
}

#[test]
fn overrides_take_toml_and_bare_words() {
    let text = "[[scrape.sources]]\nkind = \"folder\"\npath = \"a\"\n";
    let config = load(text, &["scrape.sources.0.path=\"../b c\"", "seed=7", "model.weights=random"]).unwrap();
    assert_eq!(config.scrape.sources, [SourceConfig::Folder { path: "../b c".into(), exclude: Vec::new() }]);
    assert_eq!((config.seed, config.model.weights), (7, Weights::Random));
    let config = load("", &["scrape.sources=[{kind=\"folder\", path=\"x\"}]"]).unwrap();
    assert_eq!(config.scrape.sources, [SourceConfig::Folder { path: "x".into(), exclude: Vec::new() }]);
    for bad in ["scrape.sources.1.path=x", "scrape.sources.x.path=x", "scrape.sources.0=1"] {
        refused(text, &[bad]);
    }
}

#[test]
fn patterns_of_exclude_are_checked() {
    let text = "[[scrape.sources]]\nkind = \"folder\"\npath = \"a\"\n";
    let config = load(text, &["scrape.sources.0.exclude=[\"*.gif\", \"cat/old/\"]"]).unwrap();
    assert_eq!(config.scrape.sources[0].exclude(), ["*.gif", "cat/old/"]);
    for bad in ["[\"{a\"]", "[\"[\"]", "[\"\"]", "[\"/\"]"] {
        let said = refused(text, &[&format!("scrape.sources.0.exclude={bad}")]);
        assert!(said.contains("`scrape.sources.0.exclude.0` must be a pattern such as `*.gif`"), "{said}");
    }
    // An unused key is no part of the cache key, so older outputs stay valid.
    let plain = load(text, &[]).unwrap();
    assert!(pipeline::config::flatten(&plain).unwrap().keys().all(|key| !key.contains("exclude")));
}

#[test]
fn a_web_source_needs_a_contact_and_search_words() {
    let text = "[[scrape.sources]]\nkind = \"commons\"\n[scrape.sources.classes]\ncat = [\"cat\"]\n";
    let said = refused(text, &[]);
    assert!(said.contains("`scrape.web.contact` must be an e-mail address or the address of a page"), "{said}");
    assert!(load(text, &["scrape.web.contact=me@example.org"]).is_ok());
    assert!(load(text, &["scrape.web.contact=https://example.org/about"]).is_ok());
    let contact = "scrape.web.contact=me@example.org";
    let said = refused(text, &[contact, "scrape.sources.0.classes={}"]);
    assert!(said.contains("`scrape.sources.0.classes` must be search words for each class"), "{said}");
    assert!(load(text, &[contact, "scrape.sources.0.classes={}", "scrape.classes.dog=[\"dog\"]"]).is_ok());
    for bad in [
        "scrape.web.contact=\"me@example.org\\r\\nX: y\"",
        "scrape.sources.0.classes={\"../up\"=[\"x\"]}",
        "scrape.sources.0.classes={cat=[]}",
        "scrape.sources.0.classes={cat=[\" \"]}",
        "scrape.sources.0.api=ftp://example.org",
        "scrape.sources.0.per_class=0",
        "scrape.web.requests_per_second=-1",
        "scrape.web.proxy=proxy",
        "scrape.web.proxy=ftp://example.org",
        "scrape.web.proxy=http://ann:secret@example.org",
        "scrape.sources=[]",
    ] {
        refused(text, &[contact, bad]);
    }
    for proxy in ["\"\"", "env", "http://localhost:3128", "socks5h://localhost:1080"] {
        assert!(load(text, &[contact, &format!("scrape.web.proxy={proxy}")]).is_ok(), "{proxy}");
    }
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC*", key in "[a-z.=\\[\\]\"]{0,20}") {
        let _ = load(&text, &[&key]);
    }
}
