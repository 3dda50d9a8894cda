//! A folder of good, broken and unusual image files.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use fs_err as fs;
use image::{Rgb, RgbImage};

use crate::files;
use crate::images::{self, quadrants};

/// The expected outcome of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The file is an ordinary image.
    Usable,
    /// The file is an image that looks like [`quadrants`] after correct decoding.
    Quadrants,
    /// The file is not usable. The reported reason contains this text.
    Unusable(&'static str),
}

/// A file of the folder.
#[derive(Clone, Debug)]
pub struct Case {
    /// The path of the file, relative to the folder: `<class>/<name>`.
    pub path: PathBuf,
    /// The expected outcome.
    pub outcome: Outcome,
}

/// The class that contains the broken files. The other class, `disc`, contains only good files.
pub const CLASS: &str = "square";

/// Writes the folder and returns the expected outcome of each file.
///
/// Two classes contain 20 good images each. The class [`CLASS`] also contains a truncated JPEG, a text file named
/// `.png`, an empty file, a PNG header that claims 60000x60000 pixels, CMYK and YCCK JPEGs, a 16-bit PNG, JPEGs with an
/// EXIF orientation, an animated GIF and PNG, a folder named `x.jpg`, two symlink loops, a file name that is not UTF-8,
/// a 1x1 image and a 20000x10 strip.
pub fn write_folder(folder: &Path) -> Vec<Case> {
    images::write_classes(folder, &["disc", CLASS], 20, 96);
    let mut cases: Vec<Case> = Vec::new();
    for class in ["disc", CLASS] {
        cases.extend((0..20).map(|index| Case {
            path: Path::new(class).join(format!("{class}{index:03}.png")),
            outcome: Outcome::Usable,
        }));
    }
    let mut put = |name: OsString, bytes: Vec<u8>, outcome| {
        let path = Path::new(CLASS).join(name);
        fs::write(folder.join(&path), bytes).unwrap();
        cases.push(Case { path, outcome });
    };
    for (name, bytes, outcome) in broken().into_iter().chain(unusual()) {
        put(name.into(), bytes, outcome);
    }
    let name = OsString::from_vec(b"caf\xe9.png".to_vec());
    put(name, files::png(&images::draw(CLASS, 100, 96)), Outcome::Usable);

    let class = folder.join(CLASS);
    fs::create_dir(class.join("x.jpg")).unwrap();
    symlink("loop.png", class.join("loop.png")).unwrap();
    symlink("..", class.join("above")).unwrap();
    cases.push(Case { path: Path::new(CLASS).join("x.jpg"), outcome: Outcome::Unusable("folder") });
    cases.push(Case { path: Path::new(CLASS).join("loop.png"), outcome: Outcome::Unusable("link") });
    cases
}

type File = (&'static str, Vec<u8>, Outcome);

/// Returns files that contain no image, or no image of a useful size.
fn broken() -> Vec<File> {
    let photo = files::jpeg(&images::draw(CLASS, 101, 200));
    let dot = RgbImage::from_pixel(1, 1, Rgb([200, 0, 0]));
    let strip = RgbImage::from_fn(20_000, 10, |x, y| Rgb([x as u8, y as u8, 90]));
    vec![
        ("truncated.jpg", photo[..photo.len() / 2].to_vec(), Outcome::Unusable("truncated")),
        ("text.png", b"This is not an image.\n".to_vec(), Outcome::Unusable("text")),
        ("empty.jpg", Vec::new(), Outcome::Unusable("empty")),
        ("huge.png", files::png_claiming(60_000, 60_000), Outcome::Unusable("60000x60000")),
        ("dot.png", files::png(&dot), Outcome::Unusable("1x1")),
        ("strip.png", files::png(&strip), Outcome::Unusable("20000x10")),
    ]
}

/// Returns usable images that look like [`quadrants`] and are encoded in unusual ways.
fn unusual() -> Vec<File> {
    // The sizes differ, because `scrape` takes images with the same pixels for copies.
    let upright = |at: u32| quadrants(96 + 8 * at, 80);
    let black = RgbImage::new(96, 80);
    vec![
        ("cmyk.jpg", files::cmyk_jpeg(&upright(1), false), Outcome::Quadrants),
        ("ycck.jpg", files::cmyk_jpeg(&upright(2), true), Outcome::Quadrants),
        ("deep.png", files::png16(&upright(3)), Outcome::Quadrants),
        ("rotated6.jpg", files::rotated_jpeg(&upright(4), 6), Outcome::Quadrants),
        ("rotated3.jpg", files::rotated_jpeg(&upright(5), 3), Outcome::Quadrants),
        ("mirrored.jpg", files::rotated_jpeg(&upright(6), 5), Outcome::Quadrants),
        ("progressive.jpg", files::progressive_jpeg(&upright(7)), Outcome::Quadrants),
        ("moving.gif", files::animated_gif(&[upright(0), black]), Outcome::Quadrants),
        ("moving.png", files::animated_png(&upright(8), [0, 0, 0]), Outcome::Quadrants),
        ("wrongly-named.gif", files::png(&upright(9)), Outcome::Quadrants),
    ]
}
