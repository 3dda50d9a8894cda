use super::*;
use crate::error::{exit_of, render};

const PATH: &str = "pipeline.toml";

fn load(text: &str, overrides: &[&str]) -> Result<Config> {
    let overrides: Vec<String> = overrides.iter().map(|text| (*text).to_owned()).collect();
    Config::parse(text, Path::new(PATH), &overrides)
}

fn refused(text: &str, overrides: &[&str]) -> String {
    let error = load(text, overrides).unwrap_err();
    assert_eq!(exit_of(&error).code(), 2);
    render(&error)
}

#[test]
fn the_file_at_the_root_states_every_default() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = std::fs::read_to_string(root.join(PATH)).unwrap();
    assert_eq!(Config::parse(&text, Path::new(PATH), &[]).unwrap(), Config::default());
    let stated: Table = toml::from_str(&text).unwrap();
    let all = Table::try_from(Config::default()).unwrap();
    let leaves = |table: Table| {
        let mut leaves = BTreeMap::new();
        flatten("", &Value::Table(table), &mut leaves);
        leaves.into_keys().collect::<Vec<_>>()
    };
    assert_eq!(leaves(stated), leaves(all), "pipeline.toml must state every key");
}

#[test]
fn every_example_is_valid() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        Config::load(&path, &[]).unwrap_or_else(|error| panic!("{}", render(&error)));
    }
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_the_nearest_one() {
    insta::assert_snapshot!(refused("seed = 1\n\n[train]\nbach_size = 3\n", &[]), @r"
    error: pipeline.toml:4: unknown key `bach_size`
    hint: did you mean `batch_size`?
    ");
}

#[test]
fn wrong_values_are_told_with_their_place() {
    insta::assert_snapshot!(refused("seed = \"one\"\n", &[]), @r#"
    error: pipeline.toml:1: invalid type: string "one", expected u64
    hint: pipeline.toml explains every key
    "#);
    insta::assert_snapshot!(refused("", &["train.sweep.learning_rate=[-1.0]"]), @r"
    error: `train.sweep.learning_rate` must be a list of numbers above 0, from 1e-45 to 3e38
    hint: pipeline.toml explains every key
    ");
    insta::assert_snapshot!(refused("", &["model.weights=rnadom"]), @r"
    error: --set model.weights=rnadom: unknown value `rnadom`
    hint: known here: pretrained, random
    ");
    insta::assert_snapshot!(refused("", &["seed"]), @r"
    error: --set seed: not KEY=VALUE
    hint: for example --set train.batch_size=16
    ");
    for bad in ["seed.x=1", "=1", "train..patience=1", "train.patience=0", "train.sweep.dropout=[1.0]"] {
        refused("", &[bad]);
    }
}

#[test]
fn what_cannot_train_is_refused_by_its_key() {
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
        assert!(said.contains(&format!("`{key}` must be")) && said.contains("hint: "), "{bad}: {said}");
    }
    for bad in ["train.schedule=cosin", "train.search=random", "train.class_weights=even", "train.sweep.copies=[-1]"] {
        assert!(refused("", &[bad]).contains(bad), "{bad}");
    }
}

#[test]
fn one_depth_or_several() {
    let tune = |text: &str| load("", &[text]).unwrap().train.tune;
    assert_eq!(tune("train.tune=head"), ["head"]);
    assert_eq!(tune("train.tune=\"c5\""), ["c5"]);
    assert_eq!(tune("train.tune=[\"head\", \"c5\"]"), ["head", "c5"]);
    let said = refused("", &["train.tune=5"]);
    assert!(said.contains("a tuning depth such as"), "{said}");
}

#[test]
fn overrides_take_toml_and_bare_words() {
    let text = "[[scrape.sources]]\nkind = \"folder\"\npath = \"a\"\n";
    let config = load(text, &["scrape.sources.0.path=\"../b c\"", "seed=7", "model.weights=random"]).unwrap();
    assert_eq!(config.scrape.sources, [Source::Folder { path: "../b c".into() }]);
    assert_eq!((config.seed, config.model.weights), (7, Weights::Random));
    let config = load("", &["scrape.sources=[{kind=\"folder\", path=\"x\"}]"]).unwrap();
    assert_eq!(config.scrape.sources, [Source::Folder { path: "x".into() }]);
    for bad in ["scrape.sources.1.path=x", "scrape.sources.x.path=x", "scrape.sources.0=1"] {
        refused(text, &[bad]);
    }
}

#[test]
fn a_web_source_needs_a_contact_and_search_words() {
    let text = "[[scrape.sources]]\nkind = \"commons\"\n[scrape.sources.classes]\ncat = [\"cat\"]\n";
    insta::assert_snapshot!(refused(text, &[]), @r"
    error: `scrape.web.contact` must be an e-mail address or the address of a page that tells who asks: hosts want to know whom to turn to
    hint: pipeline.toml explains every key
    ");
    assert!(load(text, &["scrape.web.contact=me@example.org"]).is_ok());
    assert!(load(text, &["scrape.web.contact=https://example.org/about"]).is_ok());
    let contact = "scrape.web.contact=me@example.org";
    insta::assert_snapshot!(refused(text, &[contact, "scrape.sources.0.classes={}"]), @r"
    error: `scrape.sources.0.classes` must be search words for each class, here or in [scrape.classes]
    hint: pipeline.toml explains every key
    ");
    assert!(load(text, &[contact, "scrape.sources.0.classes={}", "scrape.classes.dog=[\"dog\"]"]).is_ok());
    for bad in [
        "scrape.web.contact=\"me@example.org\\r\\nX: y\"",
        "scrape.sources.0.classes={\"../up\"=[\"x\"]}",
        "scrape.sources.0.classes={cat=[]}",
        "scrape.sources.0.classes={cat=[\" \"]}",
        "scrape.sources.0.api=ftp://example.org",
        "scrape.sources.0.per_class=0",
        "scrape.web.requests_per_second=-1",
        "scrape.sources=[]",
    ] {
        refused(text, &[contact, bad]);
    }
}

#[test]
fn a_slice_holds_defaults_and_nothing_else() {
    let config = load("# a comment\n", &["train.patience=3"]).unwrap();
    let flat = config.flat(&["seed", "train.patience", "preprocess.split"]).unwrap();
    let keys: Vec<_> = flat.iter().map(|(key, value)| format!("{key}={value}")).collect();
    assert_eq!(
        keys,
        [
            "preprocess.split.test=0.15",
            "preprocess.split.train=0.7",
            "preprocess.split.val=0.15",
            "seed=1",
            "train.patience=3"
        ]
    );
    assert_eq!(config.resolved(&["seed", "model.network"]).unwrap(), "seed = 1\n\n[model]\nnetwork = \"alexnet\"\n");
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC*", key in "[a-z.=\\[\\]\"]{0,20}") {
        let _ = load(&text, &[&key]);
    }
}
