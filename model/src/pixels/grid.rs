//! The grid of patches of an encoder's last feature map, and where in its input they lie
//! ([`Grid`]).

use super::Rectangle;
use serde::{Deserialize, Serialize};

/// A grid of equal patches over a part of the encoder's input.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Grid {
    /// Number of patches down.
    pub rows: usize,
    /// Number of patches across.
    pub columns: usize,
    /// What the patches tile evenly, in pixels of the encoder's input: of a ViT, as many of them as
    /// whole patches cover.
    pub area: Rectangle,
}

impl Grid {
    /// How many patches there are.
    pub fn patches(&self) -> usize {
        self.rows * self.columns
    }

    /// Upsamples one value a patch (row-major, from the top) to one for each pixel of a `width` ×
    /// `height` input: bilinear between the patches' centres, constant beyond the outermost.
    pub fn spread(&self, values: &[f32], width: usize, height: usize) -> Vec<f32> {
        if self.patches() == 0 || values.len() != self.patches() {
            return Vec::new();
        }
        let axis = |length, start, extent, patches| -> Vec<Between> {
            (0..length)
                .map(|pixel| Between::new(pixel, start, extent, patches))
                .collect()
        };
        let across = axis(width, self.area.x, self.area.width, self.columns);
        let down = axis(height, self.area.y, self.area.height, self.rows);
        let value = |row: usize, column: &Between| {
            let row = &values[row * self.columns..];
            column.mix(row[column.before], row[column.after])
        };
        down.iter()
            .flat_map(|row| {
                across
                    .iter()
                    .map(|column| row.mix(value(row.before, column), value(row.after, column)))
            })
            .collect()
    }
}

/// Where a pixel lies between the centres of two patches, along one axis.
struct Between {
    before: usize,
    after: usize,
    /// How far from one to the other, 0 to 1.
    share: f32,
}

impl Between {
    fn new(pixel: usize, start: f64, extent: f64, patches: usize) -> Self {
        let last = patches - 1;
        // In patches, from the centre of the first.
        let position = (pixel as f64 + 0.5 - start) / extent * patches as f64 - 0.5;
        let position = position.clamp(0.0, last as f64);
        let before = position as usize;
        Self {
            before,
            after: (before + 1).min(last),
            share: (position - before as f64) as f32,
        }
    }

    fn mix(&self, before: f32, after: f32) -> f32 {
        before + (after - before) * self.share
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(rows: usize, columns: usize, [x, y, width, height]: [f64; 4]) -> Grid {
        Grid {
            rows,
            columns,
            area: Rectangle {
                x,
                y,
                width,
                height,
            },
        }
    }

    #[test]
    fn values_run_from_centre_to_centre() {
        // Patches of 2 × 2 pixels.
        let spread = grid(2, 2, [0.0, 0.0, 4.0, 4.0]).spread(&[0.0, 4.0, 8.0, 12.0], 4, 4);
        assert_eq!(spread[..4], [0.0, 1.0, 3.0, 4.0]);
        assert_eq!(spread[4..8], [2.0, 3.0, 5.0, 6.0]);
        assert_eq!(spread[12..], [8.0, 9.0, 11.0, 12.0]);
    }

    #[test]
    fn a_shifted_grid_shifts_the_map() {
        // One row, whose patches' centres lie at 2 and 4 of 6 pixels.
        let spread = grid(1, 2, [1.0, 0.0, 4.0, 1.0]).spread(&[0.0, 4.0], 6, 2);
        assert_eq!(spread, [[0.0, 0.0, 1.0, 3.0, 4.0, 4.0]; 2].concat());
        let only = grid(1, 1, [0.0, 0.0, 4.0, 1.0]).spread(&[7.0], 3, 1);
        assert_eq!(only, [7.0; 3]);
    }

    #[test]
    fn values_of_another_grid_give_no_map() {
        let grid = grid(2, 2, [0.0, 0.0, 4.0, 4.0]);
        assert!(grid.spread(&[0.0; 3], 4, 4).is_empty());
    }
}
