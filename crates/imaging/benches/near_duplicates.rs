//! Measures the search for copies among 50,000 known images: `cargo bench --bench near_duplicates`.

use std::hint::black_box;
use std::time::{Duration, Instant};

use imaging::{Fingerprint, FingerprintIndex, Rgb, RgbImage};
use testkit::images::{CLASSES, draw};

const KNOWN: usize = 50_000;
const SEARCHES: usize = 200;
/// The default of `scrape.near_duplicate_distance`.
const REACH: u32 = 40;

/// The number of drawn images. Each is added many times. Their hashes are as unevenly distributed as those of photos.
const DRAWN: usize = 2000;

fn main() {
    let mut state = 1_u64;
    let random: Vec<Fingerprint> = (0..KNOWN + SEARCHES).map(|_| random(&mut state)).collect();
    search("random bits", &random[..KNOWN], &random[KNOWN..]);
    let drawn = |index: usize| Fingerprint::of(&draw(CLASSES[index % 3], index as u32, 96));
    let drawn: Vec<Fingerprint> = (0..DRAWN + SEARCHES).map(drawn).collect();
    let known: Vec<Fingerprint> = drawn[..DRAWN].iter().cycle().take(KNOWN).cloned().collect();
    search("drawn images", &known, &drawn[DRAWN..]);

    let microseconds = |time: Duration| time.as_secs_f64() * 1e6;
    let image = RgbImage::from_fn(640, 480, |x, y| Rgb([x as u8, y as u8, (x * y) as u8]));
    let began = Instant::now();
    for _ in 0..50 {
        black_box(Fingerprint::of(black_box(&image)));
    }
    println!("hashes of an image of 640x480: {:.0} us", microseconds(began.elapsed() / 50));
}

/// Prints the time of a search among the `known` fingerprints.
fn search(what: &str, known: &[Fingerprint], queries: &[Fingerprint]) {
    let mut fingerprints = FingerprintIndex::default();
    for fingerprint in known {
        fingerprints.add(fingerprint.clone());
    }
    let time = |fingerprint: &Fingerprint| {
        let began = Instant::now();
        black_box(fingerprints.copies(black_box(fingerprint), REACH));
        began.elapsed().as_secs_f64() * 1e6
    };
    let mut times: Vec<f64> = queries.iter().map(time).collect();
    times.sort_by(f64::total_cmp);
    println!(
        "{what}: search among {}: median {:.0} us, slowest of {} {:.0} us",
        known.len(),
        times[times.len() / 2],
        times.len(),
        times[times.len() - 1]
    );
}

/// Returns a fingerprint with random bits (splitmix64).
fn random(state: &mut u64) -> Fingerprint {
    let mut text = String::new();
    for _ in 0..65 {
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = *state;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        text += &format!("{:016x}", word ^ (word >> 31));
    }
    Fingerprint::from_hex(&text).unwrap_or_else(|| unreachable!("65 words form a fingerprint"))
}
