//! Heat maps over the patches of a picture, and how much they say ([`HeatMap`]).
//!
//! Any words have a patch that they fit best, so a map that is stretched to its own range looks as
//! sure for what isn't there as for what is. What tells them apart best, of what was measured
//! (docs/closer-look.md), is the range of the heat beside the range that other words have on the
//! same picture.

use super::cosine;
use crate::order::sorted;

/// How well words fit each patch of a picture, and how much of that is more than chance.
#[derive(Debug, Clone, PartialEq)]
pub struct HeatMap {
    /// The heat of each patch, row after row: its cosine to the words, compared with other words
    /// less its mean cosine to those. What a patch has in common with any words then cancels out
    /// (CLIP Surgery, Li et al. 2023, arXiv 2304.05653, takes redundant features away likewise).
    pub values: Vec<f32>,
    /// The median range of the other words' heat on the same picture, in cosines; `None` with fewer
    /// than [`HeatMap::MIN_OTHERS`] of them, or without patches.
    pub usual_range: Option<f32>,
}

impl HeatMap {
    /// Other words that a usual range needs: a median of fewer says little.
    pub const MIN_OTHERS: usize = 3;

    /// How many times the usual range fills the scale of colours.
    pub const FULL_SCALE: f32 = 2.0;

    /// The heat of the words `text` on `patches` (patches · length of an embedding), which
    /// `others` are compared with; `is_contrast` tells whether their mean is taken away.
    pub fn new<T: AsRef<[f32]>>(
        patches: &[f32],
        text: &[f32],
        others: &[T],
        is_contrast: bool,
    ) -> Self {
        let patches: Vec<&[f32]> = patches.chunks_exact(text.len().max(1)).collect();
        let of = |text: &[f32]| -> Vec<f32> {
            patches.iter().map(|patch| cosine(patch, text)).collect()
        };
        let others: Vec<Vec<f32>> = others.iter().map(|other| of(other.as_ref())).collect();
        let sum = |patch: usize| -> f32 { others.iter().map(|other| other[patch]).sum() };
        let sums: Vec<f32> = (0..patches.len()).map(sum).collect();
        let contrast = |cosines: &[f32], all: f32, is_among: bool| -> Vec<f32> {
            let heat = |(&cosine, sum): (&f32, &f32)| match (is_contrast && all > 0.0, is_among) {
                (false, _) => cosine,
                (true, false) => cosine - sum / all,
                (true, true) => cosine - (sum - cosine) / all,
            };
            cosines.iter().zip(&sums).map(heat).collect()
        };
        let count = others.len() as f32;
        let ranges = others
            .iter()
            .map(|other| range(&contrast(other, count - 1.0, true)))
            .collect();
        let ranges = sorted(ranges, f32::total_cmp);
        let has_usual = ranges.len() >= Self::MIN_OTHERS && !patches.is_empty();
        Self {
            values: contrast(&of(text), count, false),
            usual_range: has_usual.then(|| ranges[ranges.len() / 2]),
        }
    }

    /// The least and the greatest heat; both 0 without patches.
    pub fn bounds(&self) -> (f32, f32) {
        bounds(&self.values)
    }

    /// The range of the heat in units of the usual one: 1 is what words have that aren't there at
    /// all. `None` where there is no usual one.
    pub fn prominence(&self) -> Option<f32> {
        let usual = self.usual_range?;
        Some(range(&self.values) / usual.max(f32::MIN_POSITIVE))
    }

    /// Whether the words stand out no more than half of the other words do.
    pub fn is_faint(&self) -> bool {
        self.prominence()
            .is_some_and(|prominence| prominence <= 1.0)
    }

    /// Which share of the scale of colours the map takes, 0 to 1: all of it from
    /// [`HeatMap::FULL_SCALE`] times the usual range on, or where there is no usual one.
    pub fn reach(&self) -> f32 {
        let prominence = self.prominence().unwrap_or(Self::FULL_SCALE);
        (prominence / Self::FULL_SCALE).min(1.0)
    }

    /// A heat's place on the scale of colours, from 0 at the least to [`HeatMap::reach`] at the
    /// greatest.
    pub fn shade(&self, heat: f32) -> f32 {
        let (least, most) = self.bounds();
        self.reach() * (heat - least) / (most - least).max(f32::MIN_POSITIVE)
    }
}

fn range(values: &[f32]) -> f32 {
    let (least, most) = bounds(values);
    most - least
}

fn bounds(values: &[f32]) -> (f32, f32) {
    if values.is_empty() {
        return (0.0, 0.0);
    }
    let least = values.iter().copied().fold(f32::INFINITY, f32::min);
    let most = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    (least, most)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two patches in a plane.
    const PATCHES: [f32; 4] = [1.0, 0.0, 0.6, 0.8];
    const TEXT: [f32; 2] = [1.0, 0.0];

    #[test]
    fn what_a_patch_has_in_common_with_any_words_cancels_out() {
        let none: [[f32; 2]; 0] = [];
        assert_eq!(
            HeatMap::new(&PATCHES, &TEXT, &none, true).values,
            [1.0, 0.6]
        );
        assert_eq!(
            HeatMap::new(&PATCHES, &TEXT, &[TEXT], true).values,
            [0.0, 0.0]
        );
        assert_eq!(
            HeatMap::new(&PATCHES, &TEXT, &[TEXT], false).values,
            [1.0, 0.6]
        );
    }

    #[test]
    fn a_map_is_faint_where_others_have_as_wide_a_range() {
        // Cosines 1 and 0.6, of the other words 0 and 0.8: ranges of 0.4 and 0.8.
        let up = [0.0, 1.0];
        let faint = HeatMap::new(&PATCHES, &TEXT, &[up; 3], false);
        assert!(faint.is_faint());
        let prominence = faint.prominence().unwrap_or_default();
        assert!((prominence - 0.5).abs() < 1e-5, "{prominence}");
        assert!((faint.shade(1.0) - 0.25).abs() < 1e-5 && faint.shade(0.6) == 0.0);

        let clear = HeatMap::new(&PATCHES, &up, &[TEXT; 3], false);
        assert!(!clear.is_faint() && (clear.reach() - 1.0).abs() < 1e-5);
        assert!((clear.shade(0.8) - 1.0).abs() < 1e-5);
    }

    #[test]
    fn each_of_the_others_is_compared_with_the_rest() {
        // Contrasted: of three alike, nothing is left, so anything stands out.
        let alike = HeatMap::new(&PATCHES, &[0.0, 1.0], &[TEXT; 3], true);
        assert_eq!(alike.usual_range, Some(0.0));
        assert!(!alike.is_faint() && alike.reach() == 1.0);
    }

    #[test]
    fn few_others_and_no_patches_are_harmless() {
        let few = HeatMap::new(&PATCHES, &TEXT, &[TEXT; 2], true);
        assert_eq!((few.prominence(), few.reach()), (None, 1.0));
        let empty = HeatMap::new(&[], &TEXT, &[TEXT; 3], true);
        assert_eq!((empty.bounds(), empty.usual_range), ((0.0, 0.0), None));
        let flat = HeatMap::new(&[1.0, 0.0, 1.0, 0.0], &TEXT, &[TEXT; 3], false);
        assert_eq!(flat.shade(1.0), 0.0);
    }
}
