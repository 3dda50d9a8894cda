//! Networks that `setup` installed and that have changed since, and networks of the user.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use installed::{Part, Receipt, sha256_file};
use tempfile::TempDir;
use zoo::{Network, ZooError};

/// Returns a data folder with a copy of the installed network `squeezenet` and a receipt of it.
fn installed() -> TempDir {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/networks/squeezenet");
    assert!(source.is_dir(), "{} does not exist: run `just setup` first", source.display());
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().join("networks/squeezenet");
    fs_err::create_dir_all(&folder).unwrap();
    let mut files = BTreeMap::new();
    for name in [zoo::MODEL, zoo::DESCRIPTION] {
        fs_err::copy(source.join(name), folder.join(name)).unwrap();
        files.insert(format!("networks/squeezenet/{name}"), sha256_file(&folder.join(name)).unwrap());
    }
    let mut receipt = Receipt::default();
    receipt.record("network squeezenet", Part { source: "a test".to_owned(), files });
    fs_err::write(data.path().join(installed::RECEIPT), receipt.to_json()).unwrap();
    data
}

fn open(data: &TempDir) -> Result<(Network, PathBuf), ZooError> {
    Network::open(data.path(), "squeezenet")
}

/// Checks that the network is rejected with a message that contains `text`, and with the hint to run `setup`.
fn assert_rejected(data: &TempDir, text: &str) {
    let error = open(data).unwrap_err();
    assert!(error.to_string().contains(text), "{error}");
    assert!(error.advice().contains("`just setup`"), "{}", error.advice());
}

fn file(data: &TempDir, name: &str) -> PathBuf {
    data.path().join("networks/squeezenet").join(name)
}

#[test]
fn a_description_with_another_mean_is_rejected() {
    let data = installed();
    let (network, _) = open(&data).unwrap();
    let mut changed = network.clone();
    changed.input.mean[1] += 100.0;
    changed.write(&file(&data, zoo::DESCRIPTION)).unwrap();
    assert_rejected(&data, "network.json: changed or damaged since `setup` installed it");
    network.write(&file(&data, zoo::DESCRIPTION)).unwrap();
    assert_eq!(open(&data).unwrap().0, network);
}

#[test]
fn flipped_bits_and_truncated_files_are_rejected() {
    for (name, text) in [(zoo::MODEL, "altered or truncated"), (zoo::DESCRIPTION, "changed or damaged")] {
        let data = installed();
        let path = file(&data, name);
        let whole = fs_err::read(&path).unwrap();
        // The second call uses what the first one remembers.
        open(&data).unwrap();
        open(&data).unwrap();
        for at in [0, whole.len() / 2, whole.len() - 2] {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            fs_err::write(&path, bytes).unwrap();
            assert_rejected(&data, text);
        }
        for length in [0, whole.len() / 2, whole.len() - 1] {
            fs_err::write(&path, &whole[..length]).unwrap();
            assert_rejected(&data, text);
        }
        fs_err::remove_file(&path).unwrap();
        assert!(open(&data).unwrap_err().advice().contains("run `just setup"));
    }
}

#[test]
fn an_installed_network_without_a_receipt_is_rejected() {
    let data = installed();
    let receipt = data.path().join(installed::RECEIPT);
    for damage in [Some("{ half"), None] {
        match damage {
            Some(text) => fs_err::write(&receipt, text).unwrap(),
            None => fs_err::remove_file(&receipt).unwrap(),
        }
        assert_rejected(
            &data,
            "setup.json: missing or damaged, so nothing tells whether the network `squeezenet` is unchanged",
        );
    }
}

#[test]
fn a_network_of_the_user_is_not_compared_with_the_receipt() {
    let data = installed();
    let (mut network, model) = open(&data).unwrap();
    let mine = data.path().join("networks/mine");
    fs_err::create_dir_all(&mine).unwrap();
    fs_err::copy(model, mine.join(zoo::MODEL)).unwrap();
    network.input.mean = [1.0, 2.0, 3.0];
    "mine".clone_into(&mut network.name);
    network.write(&mine.join(zoo::DESCRIPTION)).unwrap();
    assert_eq!(Network::open(data.path(), "mine").unwrap().0, network);
    fs_err::remove_file(data.path().join(installed::RECEIPT)).unwrap();
    Network::open(data.path(), "mine").unwrap();
    // Its hints do not name `setup`, which cannot repair it.
    fs_err::write(mine.join(zoo::MODEL), "another model").unwrap();
    let advice = Network::open(data.path(), "mine").unwrap_err().advice();
    assert!(advice.starts_with("if you exported the model again, write "), "{advice}");
    fs_err::write(mine.join(zoo::DESCRIPTION), "{").unwrap();
    let advice = Network::open(data.path(), "mine").unwrap_err().advice();
    assert_eq!(advice, "correct the description: docs/networks.md has its keys");
    let advice = Network::open(data.path(), "yours").unwrap_err().advice();
    assert!(
        advice
            .starts_with("`just setup` installs alexnet, squeezenet, efficientnet-lite0; a network of your own needs "),
        "{advice}"
    );
}

#[test]
fn a_read_only_data_folder_is_enough() {
    let data = installed();
    let mut permissions = fs_err::metadata(data.path()).unwrap().permissions();
    permissions.set_readonly(true);
    fs_err::set_permissions(data.path(), permissions.clone()).unwrap();
    let opened = open(&data);
    #[allow(clippy::permissions_set_readonly_false, reason = "the folder is temporary")]
    permissions.set_readonly(false);
    fs_err::set_permissions(data.path(), permissions).unwrap();
    opened.unwrap();
}

#[test]
fn a_description_that_is_too_large_is_not_read() {
    let data = tempfile::tempdir().unwrap();
    let mine = data.path().join("networks/mine");
    fs_err::create_dir_all(&mine).unwrap();
    // The file is sparse, so it takes no space.
    let file = fs_err::File::create(mine.join(zoo::DESCRIPTION)).unwrap();
    file.set_len(1 << 40).unwrap();
    let error = Network::open(data.path(), "mine").unwrap_err();
    assert!(error.to_string().contains("it has more than 16777216 bytes"), "{error}");
}
