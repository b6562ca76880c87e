//! Block quantisation to 4 bits: blocks of 32 weights, each with a 16-bit scale, 4.5 bits a weight
//! ([`quantise`], [`expand`]).
//!
//! A block's integers are −8 to 7, stored plus 8, two a byte, the earlier one in the lower half.

use half::f16;

/// How many weights share a scale.
pub(crate) const BLOCK: usize = 32;

/// Scales tried, as parts of the one that just reaches the largest weight: cutting a lone large
/// weight short often costs less than a coarse grid costs all the others.
const TRIED: [f32; 8] = [1.0, 0.96, 0.92, 0.88, 0.84, 0.8, 0.75, 0.7];

/// Packs rows whose length is a multiple of [`BLOCK`]: nibbles, and scales. `None` for rows of
/// another length, whose last weights would be lost.
pub(super) fn quantise(floats: &[f32], row: usize) -> Option<(Vec<u8>, Vec<f16>)> {
    if !is_whole_blocks(row) || !floats.len().is_multiple_of(row.max(1)) {
        return None;
    }
    let mut nibbles = Vec::with_capacity(floats.len() / 2);
    let mut scales = Vec::with_capacity(floats.len() / BLOCK);
    for block in floats.chunks_exact(BLOCK) {
        let scale = best_scale(block);
        let inverse = inverse(scale);
        let nibble = |value: f32| (step(value * inverse) + 8.0) as u8;
        nibbles.extend(
            block
                .as_chunks::<2>()
                .0
                .iter()
                .map(|&[low, high]| nibble(low) | nibble(high) << 4),
        );
        scales.push(scale);
    }
    Some((nibbles, scales))
}

/// Whether rows of this many weights are whole blocks.
pub(super) fn is_whole_blocks(row: usize) -> bool {
    row > 0 && row.is_multiple_of(BLOCK)
}

/// The scale with the least squared error. Its sign puts −8, the step that has no counterpart, on
/// the side of the largest weight.
fn best_scale(block: &[f32]) -> f16 {
    let largest = block.iter().fold(0.0f32, |largest, &value| {
        if value.abs() > largest.abs() {
            value
        } else {
            largest
        }
    });
    let mut best = (f32::INFINITY, f16::ZERO);
    for part in TRIED {
        let scale = f16::from_f32(largest / -8.0 * part);
        let (inverse, exact) = (inverse(scale), scale.to_f32());
        let error: f32 = block
            .iter()
            .map(|value| (value - step(value * inverse) * exact).powi(2))
            .sum();
        if error < best.0 {
            best = (error, scale);
        }
    }
    best.1
}

fn inverse(scale: f16) -> f32 {
    if scale == f16::ZERO {
        0.0
    } else {
        scale.to_f32().recip()
    }
}

fn step(scaled: f32) -> f32 {
    scaled.round().clamp(-8.0, 7.0)
}

/// Dequantises what [`quantise`] packed: a scale for every 16 bytes.
pub(crate) fn expand(nibbles: &[u8], scales: &[f16]) -> Vec<f32> {
    let mut floats = Vec::with_capacity(nibbles.len() * 2);
    for (bytes, scale) in nibbles.chunks_exact(BLOCK / 2).zip(scales) {
        let scale = scale.to_f32();
        for byte in bytes {
            for nibble in [byte & 15, byte >> 4] {
                floats.push((f32::from(nibble) - 8.0) * scale);
            }
        }
    }
    floats
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_comes_back() {
        let mut floats: Vec<f32> = (-8..8).map(|step| step as f32 * 0.25).collect();
        floats.extend([0.0; 16]);
        floats.extend([0.0; BLOCK]);
        let (nibbles, scales) = quantise(&floats, BLOCK).unwrap();
        assert_eq!((nibbles.len(), scales.len()), (32, 2));
        assert_eq!(expand(&nibbles, &scales), floats);
    }

    #[test]
    fn errors_are_within_half_a_step() {
        let floats: Vec<f32> = (0..BLOCK)
            .map(|i| ((i * 37 % 64) as f32 - 31.0) / 31.0)
            .collect();
        let (nibbles, scales) = quantise(&floats, BLOCK).unwrap();
        // The first scale tried has steps of 1/8 of the largest; 7 steps reach 7/8 on one side.
        for (found, wanted) in expand(&nibbles, &scales).iter().zip(&floats) {
            assert!((found - wanted).abs() < 0.13, "{wanted} became {found}");
        }
    }

    #[test]
    fn rows_of_other_lengths_are_refused() {
        for (row, rows) in [(BLOCK - 1, 32), (33, 32), (16, 2), (1, 32), (0, 0)] {
            assert_eq!(
                quantise(&vec![0.5; row * rows], row),
                None,
                "{rows} × {row}"
            );
        }
        assert_eq!(quantise(&[0.5; BLOCK + 1], BLOCK), None);
    }
}
