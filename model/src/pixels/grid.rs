//! The places of an encoder's last feature map, and where in its input they lie.

use super::Rectangle;
use serde::{Deserialize, Serialize};

/// Places in rows and columns.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Grid {
    /// Rows of places.
    pub rows: usize,
    /// Places in a row.
    pub columns: usize,
    /// What the places tile evenly, in pixels of the encoder's input: of a ViT, as many of them as
    /// whole patches cover.
    pub area: Rectangle,
}

impl Grid {
    /// How many places there are.
    pub fn places(&self) -> usize {
        self.rows * self.columns
    }

    /// A value for each pixel of a `width` × `height` input from one for each place (in rows, from
    /// the top): linear between the middles of places, constant beyond the outermost.
    pub fn spread(&self, values: &[f32], width: usize, height: usize) -> Vec<f32> {
        if self.places() == 0 || values.len() != self.places() {
            return Vec::new();
        }
        let axis = |length, start, extent, places| -> Vec<Between> {
            (0..length)
                .map(|pixel| Between::new(pixel, start, extent, places))
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

/// Where a pixel lies between the middles of two places.
struct Between {
    before: usize,
    after: usize,
    /// Of the way from one to the other.
    share: f32,
}

impl Between {
    fn new(pixel: usize, start: f64, extent: f64, places: usize) -> Self {
        let last = places - 1;
        let place = (pixel as f64 + 0.5 - start) / extent * places as f64 - 0.5;
        let place = place.clamp(0.0, last as f64);
        let before = place as usize;
        Self {
            before,
            after: (before + 1).min(last),
            share: (place - before as f64) as f32,
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
    fn values_run_from_middle_to_middle() {
        // Places of 2 × 2 pixels.
        let spread = grid(2, 2, [0.0, 0.0, 4.0, 4.0]).spread(&[0.0, 4.0, 8.0, 12.0], 4, 4);
        assert_eq!(spread[..4], [0.0, 1.0, 3.0, 4.0]);
        assert_eq!(spread[4..8], [2.0, 3.0, 5.0, 6.0]);
        assert_eq!(spread[12..], [8.0, 9.0, 11.0, 12.0]);
    }

    #[test]
    fn a_shifted_grid_shifts_the_map() {
        // One row, whose places' middles lie at 2 and 4 of 6 pixels.
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
