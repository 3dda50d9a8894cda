//! A 64-bit perceptual hash, and groups of near-duplicates.

use std::fmt;

use image::RgbImage;
use image_hasher::{HashAlg, HasherConfig};

/// A perceptual hash. Its bits say which of the 64 lowest spatial frequencies are above their median.
///
/// Encoding an image again, resizing it or slightly changing its brightness changes few bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PerceptualHash(pub u64);

impl PerceptualHash {
    /// Returns the number of differing bits, 0 to 64. The distance of two different photos is usually about 32.
    pub fn distance(&self, other: &Self) -> u32 {
        (self.0 ^ other.0).count_ones()
    }
}

impl fmt::Display for PerceptualHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// Computes the perceptual hash of `img`.
pub fn perceptual_hash(img: &RgbImage) -> PerceptualHash {
    let hasher =
        HasherConfig::with_bytes_type::<[u8; 8]>().hash_size(8, 8).hash_alg(HashAlg::Median).preproc_dct().to_hasher();
    PerceptualHash(u64::from_be_bytes(hasher.hash_image(img).into_inner()))
}

/// Groups near-duplicates. Returns for each image the index of the first member of its group.
///
/// Two images share a group when their hashes differ in at most `max_distance` bits, or when a chain of such pairs connects them.
/// The groups do not depend on the order of the images.
pub fn near_duplicate_groups(hashes: &[PerceptualHash], max_distance: u32) -> Vec<usize> {
    let mut parent: Vec<usize> = (0..hashes.len()).collect();
    for (i, hash) in hashes.iter().enumerate() {
        for (j, other) in hashes.iter().enumerate().take(i) {
            if hash.distance(other) <= max_distance {
                let (a, b) = (root(&mut parent, i), root(&mut parent, j));
                // The smaller index stays the root, so the root is the first member of its group.
                parent[a.max(b)] = a.min(b);
            }
        }
    }
    (0..hashes.len()).map(|i| root(&mut parent, i)).collect()
}

fn root(parent: &mut [usize], mut index: usize) -> usize {
    while parent[index] != index {
        parent[index] = parent[parent[index]];
        index = parent[index];
    }
    index
}
