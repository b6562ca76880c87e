//! Probes: the pictures and sentences that a new pack's towers are checked with, by their float
//! weights and by the stored ones.

use crate::pack::Golden;

/// How many pictures are tried: the golden one and five made from it.
const PICTURES: usize = 6;

/// The golden sentence, and others of several kinds and lengths.
pub(super) const SENTENCES: [&str; 8] = [
    Golden::SENTENCE,
    "a photo of a cat",
    "two children run along a beach while a dog chases the waves",
    "a red car parked in front of an old brick building",
    "a bowl of soup with bread",
    "rocket",
    "an aerial view of a city at night, with long lines of light",
    "a person wearing a blue jacket rides a bicycle down a snowy hill",
];

/// The golden picture, and others made from it: RGB bytes each.
pub(super) fn pictures(height: usize, width: usize) -> Vec<Vec<u8>> {
    let golden = Golden::picture(height, width);
    (0..PICTURES).map(|index| variant(&golden, index)).collect()
}

/// Other colours, upside down, as a negative, with grain.
fn variant(golden: &[u8], index: usize) -> Vec<u8> {
    let mut picture: Vec<u8> = golden.to_vec();
    if index & 1 == 1 {
        picture.reverse();
    }
    if index & 2 == 2 {
        picture.iter_mut().for_each(|value| *value = 255 - *value);
    }
    if index & 4 == 4 {
        // Numerical Recipes' generator: the same grain everywhere.
        let mut seed = 1u32;
        for value in &mut picture {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *value = value.saturating_add((seed >> 26) as u8);
        }
    }
    picture
}
