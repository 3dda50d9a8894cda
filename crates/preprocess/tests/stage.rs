//! The binary on prepared outputs of `scrape`: its files, messages and errors.

use std::collections::BTreeMap;

use contract::Split;
use testkit::files;
use testkit::hostile::{self, Outcome};
use testkit::images::{draw, is_upright, write_classes};

use crate::scraped::{Stage, stderr, stdout};

#[test]
fn valid_images_are_split_and_resized() {
    let stage = Stage::new("");
    write_classes(&stage.images(), &["disc", "square", "stripes"], 20, 80);
    stage.scrape();
    let output = stage.run(&[]);
    assert!(output.status.success(), "{}", stderr(&output));
    insta::assert_snapshot!("tables", stdout(&output));

    let dataset = stage.dataset();
    assert_eq!(dataset.classes, ["disc", "square", "stripes"]);
    assert_eq!(dataset.images.len(), 60);
    for split in [(Split::Train, 42), (Split::Val, 9), (Split::Test, 9)] {
        assert_eq!(dataset.split(split.0).len(), split.1);
    }
    for image in &dataset.images {
        let pixels = image::open(dataset.file(image)).unwrap();
        assert_eq!((pixels.width(), pixels.height()), (48, 48));
        assert_eq!((image.width, image.height), (80, 80));
    }
    let again = stage.run(&[]);
    assert!(stderr(&again).contains("up to date"), "{}", stderr(&again));
}

#[test]
fn the_same_input_gives_the_same_bytes_with_any_number_of_threads() {
    let outputs = [1, 3].map(|threads| {
        let stage = Stage::new(&format!("threads = {threads}\n"));
        write_classes(&stage.images(), &["disc", "square"], 10, 60);
        stage.scrape();
        assert!(stage.run(&[]).status.success());
        std::fs::read_to_string(stage.artifacts().join("manifest.csv")).unwrap()
    });
    assert_eq!(outputs[0], outputs[1]);
}

#[test]
fn hostile_files_go_to_the_quarantine_and_the_others_are_oriented() {
    let stage = Stage::new("");
    let cases = hostile::write_folder(&stage.images());
    stage.scrape();
    let output = stage.run(&["--quiet", "--json"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stderr(&output), "");
    insta::assert_snapshot!("hostile", stdout(&output));

    let text = std::fs::read_to_string(stage.artifacts().join("quarantine.csv")).unwrap();
    let dataset = stage.dataset();
    let used: BTreeMap<&str, _> = dataset.images.iter().map(|image| (image.source.as_str(), image)).collect();
    for case in &cases {
        let source = case.path.to_string_lossy();
        match case.outcome {
            Outcome::Unusable(reason) => {
                let line = text.lines().find(|line| line.starts_with(&*source));
                assert!(line.is_some_and(|line| line.contains(reason)), "{source}: {line:?}");
            }
            Outcome::Usable => assert!(used.contains_key(&*source), "{source} is not used"),
            Outcome::Quadrants => {
                let pixels = image::open(dataset.file(used[&*source])).unwrap().into_rgb8();
                assert!(is_upright(&pixels, 16), "{source} is not upright");
            }
        }
    }
    let strict = stage.run(&["--strict", "--quiet"]);
    assert_eq!(strict.status.code(), Some(4));
}

#[test]
fn copies_and_near_duplicates() {
    let stage = Stage::new("");
    write_classes(&stage.images(), &["disc", "square"], 6, 80);
    let put = |name: &str, bytes: Vec<u8>| std::fs::write(stage.images().join(name), bytes).unwrap();
    // The same bytes in both classes: the label is ambiguous.
    put("disc/both.png", files::png(&draw("stripes", 50, 80)));
    put("square/both.png", files::png(&draw("stripes", 50, 80)));
    // Near-duplicates, one pair within a class and one pair across classes.
    put("disc/again.jpg", files::jpeg(&draw("disc", 0, 80)));
    put("square/alike.jpg", files::jpeg(&draw("disc", 1, 80)));
    stage.scrape();
    let output = stage.run(&[]);
    assert!(output.status.success(), "{}", stderr(&output));
    let warning = "disc/disc001.png (`disc`) and square/alike.jpg (`square`) are near-duplicates with different labels";
    assert!(stderr(&output).contains(warning), "{}", stderr(&output));
    assert!(stderr(&output).contains("4 images are near-duplicates in 2 groups"), "{}", stderr(&output));
    insta::assert_snapshot!("copies", stdout(&output));

    let dataset = stage.dataset();
    let of = |source: &str| dataset.images.iter().find(|image| image.source == source).unwrap();
    for (one, other) in [("disc/disc000.png", "disc/again.jpg"), ("disc/disc001.png", "square/alike.jpg")] {
        assert_eq!(of(one).group, of(other).group);
        assert_eq!(of(one).split, of(other).split);
    }
}

#[test]
fn too_few_classes_or_images_are_an_error_with_a_hint() {
    let refused = |prepare: &dyn Fn(&Stage)| {
        let stage = Stage::new("");
        prepare(&stage);
        stage.scrape();
        let output = stage.run(&[]);
        assert_eq!(output.status.code(), Some(1));
        let text = stderr(&output);
        text[text.find("error:").unwrap()..].to_owned()
    };
    let text = [
        refused(&|stage| write_classes(&stage.images(), &["disc"], 5, 60)),
        refused(&|stage| {
            write_classes(&stage.images(), &["disc"], 5, 60);
            write_classes(&stage.images(), &["square"], 2, 60);
        }),
        refused(&|stage| {
            write_classes(&stage.images(), &["disc"], 5, 60);
            write_classes(&stage.images(), &["square"], 3, 10);
        }),
        refused(&|stage| {
            write_classes(&stage.images(), &["disc"], 5, 60);
            std::fs::create_dir(stage.images().join("square")).unwrap();
            for quality in 0..4u8 {
                let mut copy = draw("square", 1, 60);
                copy.put_pixel(0, 0, image::Rgb([quality; 3]));
                std::fs::write(stage.images().join(format!("square/{quality}.png")), files::png(&copy)).unwrap();
            }
        }),
    ];
    insta::assert_snapshot!("refused", text.join("\n"));
}

#[test]
fn all_classes_with_too_few_images_are_reported_at_once() {
    let stage = Stage::new("[preprocess]\nnear_duplicate_distance = 6\n");
    write_classes(&stage.images(), &["disc"], 5, 60);
    write_classes(&stage.images(), &["square"], 2, 60);
    let put = |class: &str, index: usize, image: &image::RgbImage| {
        std::fs::create_dir_all(stage.images().join(class)).unwrap();
        std::fs::write(stage.images().join(format!("{class}/{index}.png")), files::png(image)).unwrap();
    };
    // Plain colours have one hash, and no distance separates them.
    for index in 0..4 {
        put("plain", index, &image::RgbImage::from_pixel(60, 60, image::Rgb([40 * index as u8, 90, 200])));
    }
    stage.scrape();
    let output = stage.run(&[]);
    assert_eq!(output.status.code(), Some(1));
    let text = stderr(&output);
    insta::assert_snapshot!("problems", text[text.find("error:").unwrap()..].to_owned());
}

#[test]
fn the_hint_names_a_distance_that_works() {
    // Hashes of different images differ in about 32 of 64 bits, so 48 bits join everything.
    let stage = Stage::new("[preprocess]\nnear_duplicate_distance = 48\n");
    write_classes(&stage.images(), &["disc", "square"], 6, 60);
    stage.scrape();
    let output = stage.run(&[]);
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    let (_, rest) = text.split_once("set preprocess.near_duplicate_distance to ").unwrap_or_else(|| panic!("{text}"));
    let distance: u32 = rest.split(' ').next().unwrap().parse().unwrap();
    assert!(distance < 48);
    let works = stage.run(&["--set", &format!("preprocess.near_duplicate_distance={distance}")]);
    let fails = stage.run(&["--set", &format!("preprocess.near_duplicate_distance={}", distance + 1)]);
    let said = format!("{distance}: {}{}", stderr(&works), stderr(&fails));
    // The hint is about one class. Another class may need a lower distance.
    assert!(!fails.status.success() && (works.status.success() || stderr(&works).contains("to ")), "{said}");
}

#[test]
fn help() {
    let stage = Stage::new("");
    insta::assert_snapshot!("help", stdout(&stage.run(&["--help"])));
}
