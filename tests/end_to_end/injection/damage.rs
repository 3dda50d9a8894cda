//! Damages one file of a finished run. No stage crashes, and the stages make the same outputs again.

use std::path::Path;

use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

use super::{Counts, Whole, copy, number, rng, run, workspace};
use crate::{STAGES, content};

#[derive(Clone, Copy, Debug)]
enum Damage {
    FlipBit,
    Truncate,
    Empty,
    Append,
    Zeros,
    Remove,
    Folder,
    Pipe,
}

const DAMAGES: [Damage; 8] = [
    Damage::FlipBit,
    Damage::Truncate,
    Damage::Empty,
    Damage::Append,
    Damage::Zeros,
    Damage::Remove,
    Damage::Folder,
    Damage::Pipe,
];

impl Damage {
    fn apply(self, path: &Path, rng: &mut ChaCha8Rng) {
        let mut bytes = fs_err::read(path).unwrap();
        let length = bytes.len();
        match self {
            Self::FlipBit if length > 0 => bytes[rng.random_range(0..length)] ^= 1 << rng.random_range(0..8),
            Self::Truncate if length > 0 => bytes.truncate(rng.random_range(0..length)),
            Self::Zeros => bytes[length / 2..].fill(0),
            Self::Append => bytes.extend_from_slice(b"\0\xff more"),
            Self::FlipBit | Self::Truncate | Self::Empty => bytes.clear(),
            Self::Remove | Self::Folder | Self::Pipe => {
                fs_err::remove_file(path).unwrap();
                return match self {
                    Self::Folder => fs_err::create_dir(path).unwrap(),
                    Self::Pipe => assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success()),
                    _ => {}
                };
            }
        }
        fs_err::write(path, bytes).unwrap();
    }
}

#[test]
#[ignore = "takes long; FAULTS is the number of faults"]
fn a_damaged_file_is_noticed() {
    let workspace = workspace();
    let whole = Whole::of(&workspace);
    let spare = workspace.join("spare");
    copy(&workspace.join("data"), &spare);
    let (mut rng, mut counts, mut silent) = (rng(), Counts::default(), 0);
    for fault in 0..number("FAULTS", 50) {
        // Every fourth fault is in the runtime, the network or their receipt.
        let place = if fault % 4 == 3 { "data" } else { "artifacts" };
        let candidates: Vec<_> =
            content(&workspace.join(place)).into_keys().filter(|path| !path.ends_with("mine.txt")).collect();
        let path = candidates.choose(&mut rng).unwrap().clone();
        let damage = *DAMAGES.choose(&mut rng).unwrap();
        let what = (fault, damage, path.strip_prefix(workspace.path()).unwrap().to_owned());
        damage.apply(&path, &mut rng);
        let codes = STAGES.map(|name| counts.add(&run(&workspace, name, &["--quiet"]), &(&what, name)));
        let failed = codes.iter().any(|code| *code != 0);
        silent += u32::from(!failed);
        if failed {
            // Follows the hints: installs again, moves the path away, and makes the outputs again.
            fs_err::remove_dir_all(workspace.join("data")).unwrap();
            copy(&spare, &workspace.join("data"));
            if path.is_dir() {
                fs_err::remove_dir(&path).unwrap();
            } else if place == "artifacts" && path.exists() {
                fs_err::remove_file(&path).unwrap();
            }
            for name in STAGES {
                let code = counts.add(&run(&workspace, name, &["--quiet", "--force"]), &(&what, name, "--force"));
                assert_eq!(code, 0, "{what:?}: {name} --force");
            }
        }
        whole.check(&workspace, &what);
    }
    println!("damage: {counts:?}; {silent} faults needed no help of the user");
}
