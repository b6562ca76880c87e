//! The part of a picture that an encoder sees after resize and crop ([`Preprocessing::view`]), and
//! coordinates in it ([`View`]).

use super::preprocess::{CropSize, PixelError, Preprocessing, Rounding, Size};
use serde::{Deserialize, Serialize};

/// A part of a picture, in pixels from its top left corner; edges may lie between two pixels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rectangle {
    /// Left edge in pixels.
    pub x: f64,
    /// Upper edge in pixels.
    pub y: f64,
    /// Width of the picture in pixels.
    pub width: f64,
    /// Height of the picture in pixels.
    pub height: f64,
}

impl Rectangle {
    /// The whole of a picture of `width` × `height` pixels.
    pub fn of(width: usize, height: usize) -> Self {
        Self {
            x: 0.0,
            y: 0.0,
            width: width as f64,
            height: height as f64,
        }
    }
}

/// What of a picture an encoder sees: the part that is resized to its input.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// The part that is seen, in the picture's pixels.
    pub area: Rectangle,
    /// Width of the encoder's input in pixels.
    pub width: usize,
    /// Height of the encoder's input in pixels.
    pub height: usize,
}

impl View {
    /// Where a part of the input lies in the picture.
    pub fn in_picture(&self, part: &Rectangle) -> Rectangle {
        let across = self.area.width / self.width as f64;
        let down = self.area.height / self.height as f64;
        Rectangle {
            x: self.area.x + part.x * across,
            y: self.area.y + part.y * down,
            width: part.width * across,
            height: part.height * down,
        }
    }
}

impl Preprocessing {
    /// What of a picture of `width` × `height` pixels the encoder sees. A resampled pixel also
    /// takes a little of what lies just beyond the edges, where there is something.
    ///
    /// # Errors
    /// [`PixelError::Empty`] and [`PixelError::Crop`].
    pub fn view(&self, width: usize, height: usize) -> Result<View, PixelError> {
        let plan = Plan::new(self, width, height)?;
        let (across, down) = (
            width as f64 / plan.width as f64,
            height as f64 / plan.height as f64,
        );
        Ok(View {
            area: Rectangle {
                // Beyond the picture, where there is a border.
                x: (plan.left as f64 - plan.before.width as f64) * across,
                y: (plan.top as f64 - plan.before.height as f64) * down,
                width: plan.crop.width as f64 * across,
                height: plan.crop.height as f64 * down,
            },
            width: plan.crop.width,
            height: plan.crop.height,
        })
    }
}

/// How a picture is resized and cropped, in whole pixels.
pub(super) struct Plan {
    /// Width of the resized picture in pixels.
    pub width: usize,
    /// Height of the resized picture in pixels.
    pub height: usize,
    /// Columns of the resized picture left of the crop.
    pub left: usize,
    /// Rows of the resized picture above the crop.
    pub top: usize,
    /// The crop's size; without a crop, the resized picture's.
    pub crop: CropSize,
    /// What of the resized picture lies in the crop.
    pub kept: CropSize,
    /// Rows above and columns left of the picture, where it is smaller than the crop.
    pub before: CropSize,
    /// What rows and columns around it are filled with.
    fill: u8,
}

/// A border of one colour around a picture.
pub(super) struct Border {
    /// The size with it.
    size: CropSize,
    /// Rows above and columns left of the picture.
    before: CropSize,
    fill: u8,
}

impl Border {
    /// Puts it around RGB bytes of rows that are `width` pixels wide.
    pub fn around(&self, rgb: &[u8], width: usize) -> Vec<u8> {
        let mut all = vec![self.fill; self.size.width * self.size.height * 3];
        let below = all
            .chunks_exact_mut(self.size.width * 3)
            .skip(self.before.height);
        for (target, row) in below.zip(rgb.chunks_exact(width * 3)) {
            let start = self.before.width * 3;
            if let Some(target) = target.get_mut(start..start + row.len()) {
                target.copy_from_slice(row);
            }
        }
        all
    }
}

impl Plan {
    /// Plans the resize and crop of a `width` × `height` picture.
    pub fn new(
        preprocessing: &Preprocessing,
        width: usize,
        height: usize,
    ) -> Result<Self, PixelError> {
        if width == 0 || height == 0 {
            return Err(PixelError::Empty { width, height });
        }
        let (to_width, to_height) = match preprocessing.size {
            Size::Exact { height, width } => (width, height),
            Size::LongestEdge { longest_edge, .. } => {
                // As Python rounds a quotient of floats.
                let ratio = width.max(height) as f64 / longest_edge as f64;
                let side = |side: usize| (side as f64 / ratio).round_ties_even().max(1.0) as usize;
                (side(width), side(height))
            }
            Size::ShortestEdge { shortest_edge } => {
                let half = match preprocessing.longer_side {
                    Rounding::Truncate => 0,
                    Rounding::Nearest => width.min(height) / 2,
                };
                let longer = (shortest_edge * width.max(height) + half) / width.min(height);
                if width <= height {
                    (shortest_edge, longer)
                } else {
                    (longer, shortest_edge)
                }
            }
        };
        let crop = preprocessing.crop_size.unwrap_or(CropSize {
            height: to_height,
            width: to_width,
        });
        let (fill, is_filled) = match preprocessing.size {
            Size::LongestEdge { fill_color, .. } => (fill_color, true),
            _ => (0, false),
        };
        let is_too_large = crop.width > to_width || crop.height > to_height;
        if crop.width == 0 || crop.height == 0 || (is_too_large && !is_filled) {
            return Err(PixelError::Crop {
                crop_width: crop.width,
                crop_height: crop.height,
                width: to_width,
                height: to_height,
            });
        }
        Ok(Self {
            width: to_width,
            height: to_height,
            left: (preprocessing.crop_offset).of(to_width.saturating_sub(crop.width)),
            top: (preprocessing.crop_offset).of(to_height.saturating_sub(crop.height)),
            crop,
            kept: CropSize {
                height: crop.height.min(to_height),
                width: crop.width.min(to_width),
            },
            before: CropSize {
                height: crop.height.saturating_sub(to_height) / 2,
                width: crop.width.saturating_sub(to_width) / 2,
            },
            fill,
        })
    }

    /// The border around what is kept, where the crop is larger.
    pub fn border(&self) -> Option<Border> {
        (self.kept != self.crop).then_some(Border {
            size: self.crop,
            before: self.before,
            fill: self.fill,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixels::{CropOffset, Filter, Resizer};

    fn preprocessing(size: Size, crop: Option<(usize, usize)>) -> Preprocessing {
        Preprocessing {
            size,
            crop_size: crop.map(|(height, width)| CropSize { height, width }),
            resample: Filter::Bilinear,
            resizer: Resizer::Torchvision,
            longer_side: Rounding::Truncate,
            crop_offset: CropOffset::Floor,
            image_mean: [0.5; 3],
            image_std: [0.5; 3],
        }
    }

    fn shortest_edge(shortest_edge: usize, crop: Option<(usize, usize)>) -> Preprocessing {
        preprocessing(Size::ShortestEdge { shortest_edge }, crop)
    }

    /// The area that is seen, as [x, y, width, height].
    fn area(preprocessing: &Preprocessing, width: usize, height: usize) -> [f64; 4] {
        let Rectangle {
            x,
            y,
            width,
            height,
        } = preprocessing.view(width, height).unwrap().area;
        [x, y, width, height]
    }

    fn assert_near(found: [f64; 4], expected: [f64; 4]) {
        let near = found
            .iter()
            .zip(expected)
            .all(|(a, b)| (a - b).abs() < 1e-9);
        assert!(near, "{found:?} is not {expected:?}");
    }

    #[test]
    fn the_middle_of_the_longer_side_is_seen() {
        let clip = shortest_edge(224, Some((224, 224)));
        // Twice as large: a square of the whole height.
        assert_near(area(&clip, 896, 448), [224.0, 0.0, 448.0, 448.0]);
        assert_near(area(&clip, 448, 896), [0.0, 224.0, 448.0, 448.0]);
        assert_near(area(&clip, 224, 224), [0.0, 0.0, 224.0, 224.0]);
        assert_near(area(&clip, 56, 56), [0.0, 0.0, 56.0, 56.0]);
        let view = clip.view(896, 448).unwrap();
        assert_eq!((view.width, view.height), (224, 224));
    }

    #[test]
    fn a_crop_smaller_than_the_resize_leaves_a_border() {
        let cropped = shortest_edge(256, Some((224, 192)));
        // 512 × 512 is halved: 16 rows and 32 columns are cut away on each side.
        assert_near(area(&cropped, 512, 512), [64.0, 32.0, 384.0, 448.0]);
        let view = cropped.view(512, 512).unwrap();
        assert_eq!((view.width, view.height), (192, 224));
    }

    #[test]
    fn a_border_lies_around_what_is_smaller() {
        let longest = preprocessing(
            Size::LongestEdge {
                longest_edge: 8,
                fill_color: 9,
            },
            Some((8, 8)),
        );
        // 16 × 10 is halved; of three rows that are left, one lies above.
        assert_near(area(&longest, 16, 10), [0.0, -2.0, 16.0, 16.0]);
        assert_near(area(&longest, 10, 16), [-2.0, 0.0, 16.0, 16.0]);
        let black = [0, 0, 0, 255].repeat(16 * 10);
        let pixels = longest.show(&longest.apply(&black, 16, 10).unwrap());
        let rows: Vec<u8> = pixels.iter().step_by(8 * 4).copied().collect();
        assert_eq!(rows, [9, 0, 0, 0, 0, 0, 9, 9]);
        // Not even one row would be left.
        assert_eq!(longest.apply(&black, 160, 1).unwrap().len(), 3 * 64);
    }

    #[test]
    fn a_squash_sees_everything() {
        let (height, width) = (384, 256);
        let siglip = preprocessing(Size::Exact { height, width }, None);
        for (width, height) in [(1, 1), (301, 37), (37, 4000)] {
            let whole = [0.0, 0.0, width as f64, height as f64];
            assert_near(area(&siglip, width, height), whole);
            let view = siglip.view(width, height).unwrap();
            assert_eq!((view.width, view.height), (256, 384));
        }
    }

    #[test]
    fn without_a_crop_the_input_keeps_the_proportion() {
        let view = shortest_edge(100, None).view(50, 75).unwrap();
        assert_eq!((view.width, view.height), (100, 150));
        let Rectangle { width, height, .. } = view.area;
        assert_eq!((width, height), (50.0, 75.0));
    }

    #[test]
    fn rounding_moves_the_crop() {
        // 10 × 17 to a shorter side of 7: 11.9, which becomes 11 or 12; 4 or 5 rows are cut away.
        let mut rounded = shortest_edge(7, Some((7, 7)));
        assert_near(
            area(&rounded, 10, 17),
            [0.0, 34.0 / 11.0, 10.0, 119.0 / 11.0],
        );
        rounded.longer_side = Rounding::Nearest;
        assert_near(
            area(&rounded, 10, 17),
            [0.0, 34.0 / 12.0, 10.0, 119.0 / 12.0],
        );
        // 10 × 15 to 10.5, so 10 or 11: 3 or 4 are cut away, and 1.5 goes down or to the even 2.
        rounded.longer_side = Rounding::Truncate;
        assert_near(area(&rounded, 10, 15), [0.0, 1.5, 10.0, 10.5]);
        rounded.crop_offset = CropOffset::HalfToEven;
        assert_near(area(&rounded, 10, 15), [0.0, 3.0, 10.0, 10.5]);
    }

    #[test]
    fn the_area_is_where_the_pixels_come_from() {
        // White outside of the area, black in it: nothing but black reaches the encoder, and
        // moved by a pixel of the input, some white does.
        let cropped = shortest_edge(8, Some((8, 8)));
        let (width, height) = (64, 32);
        let area = cropped.view(width, height).unwrap().area;
        let seen = |shift: f64| {
            let left = area.x + shift;
            let rgba: Vec<u8> = (0..width * height)
                .flat_map(|index| {
                    let x = (index % width) as f64 + 0.5;
                    let value = if x > left && x < left + area.width {
                        0
                    } else {
                        255
                    };
                    [value, value, value, 255]
                })
                .collect();
            let planes = cropped.apply(&rgba, width, height).unwrap();
            let edges = |column: usize| planes[column];
            (edges(0), edges(7))
        };
        // The triangle of the filter reaches half a pixel beyond, with an eighth of its weight.
        let (left, right) = seen(0.0);
        assert!(left < -0.7 && right < -0.7, "{left}, {right}");
        let (left, right) = seen(4.0);
        assert!(left > 0.7 && right < -0.9, "{left}, {right}");
        let (left, right) = seen(-4.0);
        assert!(left < -0.9 && right > 0.7, "{left}, {right}");
    }

    #[test]
    fn parts_of_the_input_lie_in_the_area() {
        let view = shortest_edge(224, Some((224, 224))).view(896, 448).unwrap();
        let part = |x, y, width, height| {
            view.in_picture(&Rectangle {
                x,
                y,
                width,
                height,
            })
        };
        assert_eq!(part(0.0, 0.0, 224.0, 224.0), view.area);
        let Rectangle {
            x,
            y,
            width,
            height,
        } = part(112.0, 56.0, 14.0, 28.0);
        assert_near([x, y, width, height], [448.0, 112.0, 28.0, 56.0]);
    }

    #[test]
    fn what_cannot_be_prepared_has_no_view() {
        let crop = shortest_edge(7, Some((8, 7)));
        assert!(matches!(crop.view(7, 7), Err(PixelError::Crop { .. })));
        assert!(matches!(crop.view(0, 7), Err(PixelError::Empty { .. })));
    }
}
