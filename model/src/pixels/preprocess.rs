//! Preprocessing: a picture's way from RGBA rows to the normalised square that an image tower takes
//! ([`Preprocessing`], in pieces [`Preprocessor`]).

use super::{
    resample::{ColumnSums, Filter, Precision, Taps},
    view::{Border, Plan},
};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// A checkpoint's preprocessing, in the fields of Hugging Face's `preprocessor_config.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Preprocessing {
    /// The size that the whole picture is resized to, before the crop.
    pub size: Size,
    /// The centre crop, (height, width) in pixels; none: the resized picture is taken whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crop_size: Option<CropSize>,
    /// The interpolation filter, in Pillow's numbers.
    pub resample: Filter,
    /// The library whose resize is reproduced to the bit.
    #[serde(default)]
    pub resizer: Resizer,
    /// How the longer side is made whole when the shorter one is given.
    #[serde(default)]
    pub longer_side: Rounding,
    /// Where a crop begins that can't lie in the very middle.
    #[serde(default, skip_serializing_if = "CropOffset::is_floor")]
    pub crop_offset: CropOffset,
    /// Subtracted from each channel after scaling to 0–1.
    pub image_mean: [f32; 3],
    /// The standard deviation of each channel, by which it is divided after that.
    pub image_std: [f32; 3],
}

/// What a picture is resized to, as `preprocessor_config.json` writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Size {
    /// The shorter side becomes this long; the longer one keeps the proportion.
    ShortestEdge {
        /// Length in pixels of the shorter side.
        shortest_edge: usize,
    },
    /// The longer side becomes this long; the shorter one keeps the proportion, and what it leaves of
    /// the crop is filled (open_clip's "longest").
    LongestEdge {
        /// Length in pixels of the longer side.
        longest_edge: usize,
        /// The level of all three channels around the picture.
        fill_color: u8,
    },
    /// Both sides are given; proportions may change ("squash").
    Exact {
        /// Height of the picture in pixels.
        height: usize,
        /// Width of the picture in pixels.
        width: usize,
    },
}

/// The libraries whose results are followed. Both resample one axis after the other and round to
/// whole levels in between, so that the order can be seen at sharp edges; and torchvision's weights
/// are coarser, which is a level here and there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Resizer {
    /// Across first: torchvision, on which transformers stands since its version 5.
    #[default]
    Torchvision,
    /// Down first where more than twice as many rows as columns are taken away, as Pillow does
    /// since its version 13 (its pull request 9549).
    Pillow,
}

impl Resizer {
    fn precision(self) -> Precision {
        match self {
            Self::Torchvision => Precision::Within16,
            Self::Pillow => Precision::Bits22,
        }
    }

    fn is_down_first(self, from: (usize, usize), to: (usize, usize)) -> bool {
        let ((width, height), (to_width, to_height)) = (from, to);
        let fewer = |from: usize, to: usize| from as i128 - to as i128;
        self == Self::Pillow
            && height > to_height
            && fewer(height, to_height) > 2 * fewer(width, to_width)
    }
}

/// How a length in pixels is made whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rounding {
    /// Towards zero, as Hugging Face and torchvision do.
    #[default]
    Truncate,
    /// Rounds to the nearest, as the default model was trained.
    Nearest,
}

/// Where a crop begins when half a pixel is left over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CropOffset {
    /// Half a pixel before the middle, as Hugging Face does.
    #[default]
    Floor,
    /// At the even one of the two offsets, as torchvision (and so open_clip) does.
    HalfToEven,
}

impl CropOffset {
    fn is_floor(&self) -> bool {
        *self == Self::Floor
    }

    /// The offset when `rest` pixels are cut away.
    pub(super) fn of(self, rest: usize) -> usize {
        match self {
            // Half of an odd rest: the next lower offset is even where the lower half is.
            Self::HalfToEven if rest % 4 == 3 => rest / 2 + 1,
            _ => rest / 2,
        }
    }
}

/// The size of a centre crop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CropSize {
    /// Height of the picture in pixels.
    pub height: usize,
    /// Width of the picture in pixels.
    pub width: usize,
}

/// Why a picture could not be prepared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PixelError {
    /// The picture has a side of no pixels.
    #[error("the picture has no pixels ({width} × {height})")]
    Empty {
        /// Width of the picture in pixels.
        width: usize,
        /// Height of the picture in pixels.
        height: usize,
    },
    /// The preprocessing asks for a crop larger than the resized picture, or for no pixels.
    #[error(
        "the preprocessing's crop of {crop_width} × {crop_height} does not fit its resize to {width} × {height}"
    )]
    Crop {
        /// Width of the crop in pixels.
        crop_width: usize,
        /// Height of the crop in pixels.
        crop_height: usize,
        /// Width of the resized picture in pixels.
        width: usize,
        /// Height of the resized picture in pixels.
        height: usize,
    },
    /// Rows did not follow each other, or were not whole.
    #[error("expected {expected} bytes of pixels, got {found}")]
    Rows {
        /// Bytes that were wanted: whole rows, 4 bytes a pixel.
        expected: usize,
        /// Bytes that came instead.
        found: usize,
    },
}

impl Preprocessing {
    /// (height, width) of a tower's input under this preprocessing; for a resize of one edge
    /// without a crop, that of a square picture.
    pub fn output_size(&self) -> (usize, usize) {
        match (self.crop_size, self.size) {
            (Some(crop), _) => (crop.height, crop.width),
            (None, Size::Exact { height, width }) => (height, width),
            (
                None,
                Size::ShortestEdge {
                    shortest_edge: side,
                },
            )
            | (
                None,
                Size::LongestEdge {
                    longest_edge: side, ..
                },
            ) => (side, side),
        }
    }

    /// The same part of a picture at `factor` times as many pixels across and down: for what reads a
    /// convolutional encoder's feature map more finely than it was trained. Where halves of a pixel
    /// are rounded, the part may shift by less than one pixel of the smaller input.
    #[must_use]
    pub fn enlarged(&self, factor: usize) -> Self {
        Self {
            size: match self.size {
                Size::ShortestEdge { shortest_edge } => Size::ShortestEdge {
                    shortest_edge: shortest_edge * factor,
                },
                Size::LongestEdge {
                    longest_edge,
                    fill_color,
                } => Size::LongestEdge {
                    longest_edge: longest_edge * factor,
                    fill_color,
                },
                Size::Exact { height, width } => Size::Exact {
                    height: height * factor,
                    width: width * factor,
                },
            },
            crop_size: self.crop_size.map(|crop| CropSize {
                height: crop.height * factor,
                width: crop.width * factor,
            }),
            ..self.clone()
        }
    }

    /// Prepares a whole picture. `rgba` is row-major, 4 bytes a pixel; the answer is
    /// (3, height, width).
    ///
    /// # Errors
    /// [`PixelError`] if the picture is empty or `rgba` isn't `width * height * 4` bytes.
    pub fn apply(&self, rgba: &[u8], width: usize, height: usize) -> Result<Vec<f32>, PixelError> {
        if rgba.len() != width * height * 4 {
            return Err(PixelError::Rows {
                expected: width * height * 4,
                found: rgba.len(),
            });
        }
        let mut preprocessor = Preprocessor::new(self, width, height)?;
        let rows = preprocessor.rows_wanted();
        preprocessor.push_rows(&rgba[rows.start * width * 4..rows.end * width * 4])?;
        Ok(self.normalise(&preprocessor.finish()?))
    }

    /// Scales RGB bytes to 0–1, subtracts the mean, divides by the deviation: interleaved bytes
    /// in, channel planes out.
    pub fn normalise(&self, rgb: &[u8]) -> Vec<f32> {
        let mut planes = Vec::with_capacity(rgb.len());
        for (channel, (mean, deviation)) in self.image_mean.iter().zip(self.image_std).enumerate() {
            planes.extend(
                rgb.iter()
                    .skip(channel)
                    .step_by(3)
                    .map(|&value| (f32::from(value) / 255.0 - mean) / deviation),
            );
        }
        planes
    }

    /// The other way: one picture's pixel values to the RGBA bytes that they came from, opaque, for
    /// showing what an encoder gets.
    pub fn show(&self, pixel_values: &[f32]) -> Vec<u8> {
        let pixels = pixel_values.len() / 3;
        let level = |pixel: usize, channel: usize| {
            let value = pixel_values[channel * pixels + pixel];
            let share = value * self.image_std[channel] + self.image_mean[channel];
            // Out of range it saturates.
            (share * 255.0).round() as u8
        };
        (0..pixels)
            .flat_map(|pixel| [level(pixel, 0), level(pixel, 1), level(pixel, 2), 255])
            .collect()
    }
}

/// Takes a picture's rows from the top in pieces of any size, so that a large picture never lies
/// in memory twice, and only computes what the crop keeps.
pub struct Preprocessor {
    width: usize,
    across: Taps,
    down: Taps,
    out_width: usize,
    /// What lies around the picture, where it is smaller than the encoder's input.
    border: Option<Border>,
    wanted: Range<usize>,
    pushed: usize,
    rgb: Vec<u8>,
    passes: Passes,
}

/// The order in which both axes are resampled, and the results so far.
enum Passes {
    /// Wanted rows, resampled across: `out_width * 3` bytes each.
    AcrossFirst(Vec<u8>),
    /// Rows in the making, and those that are done.
    DownFirst(ColumnSums, Vec<u8>),
}

impl Preprocessor {
    /// Plans the way of a `width` × `height` picture.
    ///
    /// # Errors
    /// [`PixelError::Empty`] and [`PixelError::Crop`].
    pub fn new(
        preprocessing: &Preprocessing,
        width: usize,
        height: usize,
    ) -> Result<Self, PixelError> {
        let plan = Plan::new(preprocessing, width, height)?;
        let taps = |from, to, start, length| {
            let precision = preprocessing.resizer.precision();
            Taps::new(
                preprocessing.resample,
                precision,
                [from, to],
                start..start + length,
            )
        };
        let across = taps(width, plan.width, plan.left, plan.kept.width);
        let down = taps(height, plan.height, plan.top, plan.kept.height);
        let wanted = down.source_range();
        let (from, to) = ((width, height), (plan.width, plan.height));
        let passes = if preprocessing.resizer.is_down_first(from, to) {
            Passes::DownFirst(ColumnSums::default(), Vec::new())
        } else {
            Passes::AcrossFirst(Vec::with_capacity(wanted.len() * plan.kept.width * 3))
        };
        Ok(Self {
            width,
            across,
            out_width: plan.kept.width,
            border: plan.border(),
            rgb: Vec::with_capacity(width * 3),
            wanted,
            pushed: 0,
            down,
            passes,
        })
    }

    /// The picture's rows that matter; only these are to be pushed, in order.
    pub fn rows_wanted(&self) -> Range<usize> {
        self.wanted.clone()
    }

    /// Takes the next rows, RGBA, whole ones. Transparency is laid over white (see
    /// [`pixels`](crate::pixels)).
    ///
    /// # Errors
    /// [`PixelError::Rows`] if they aren't whole or are more than wanted.
    pub fn push_rows(&mut self, rgba: &[u8]) -> Result<(), PixelError> {
        let row_bytes = self.width * 4;
        let missing = (self.wanted.len() - self.pushed) * row_bytes;
        if !rgba.len().is_multiple_of(row_bytes) || rgba.len() > missing {
            return Err(PixelError::Rows {
                expected: missing,
                found: rgba.len(),
            });
        }
        for row in rgba.chunks_exact(row_bytes) {
            self.rgb.resize(row.len() / 4 * 3, 0);
            let (pixels, _) = row.as_chunks::<4>();
            let (rgb, _) = self.rgb.as_chunks_mut::<3>();
            for (rgb, pixel) in rgb.iter_mut().zip(pixels) {
                *rgb = over_white(*pixel);
            }
            let index = self.wanted.start + self.pushed;
            self.pushed += 1;
            match &mut self.passes {
                Passes::AcrossFirst(rows) => append_across(&self.across, &self.rgb, rows),
                Passes::DownFirst(sums, rows) => sums.push(&self.down, index, &self.rgb, |row| {
                    append_across(&self.across, row, rows);
                }),
            }
        }
        Ok(())
    }

    /// The exact crop that the encoder gets: RGB bytes, row-major.
    ///
    /// # Errors
    /// [`PixelError::Rows`] if rows are missing.
    pub fn finish(self) -> Result<Vec<u8>, PixelError> {
        if self.pushed != self.wanted.len() {
            return Err(PixelError::Rows {
                expected: self.wanted.len() * self.width * 4,
                found: self.pushed * self.width * 4,
            });
        }
        let rgb = match self.passes {
            Passes::AcrossFirst(rows) => {
                self.down
                    .apply_to_columns(&rows, self.wanted.start, self.out_width * 3)
            }
            Passes::DownFirst(_, rows) => rows,
        };
        Ok(match self.border {
            Some(border) => border.around(&rgb, self.out_width),
            None => rgb,
        })
    }
}

/// Resamples a row of RGB pixels across and appends it.
fn append_across(across: &Taps, rgb: &[u8], rows: &mut Vec<u8>) {
    let start = rows.len();
    rows.resize(start + across.len() * 3, 0);
    across.apply_to_row(rgb, &mut rows[start..]);
}

fn over_white(pixel: [u8; 4]) -> [u8; 3] {
    let alpha = u32::from(pixel[3]);
    [0, 1, 2].map(|channel| {
        ((u32::from(pixel[channel]) * alpha + 255 * (255 - alpha) + 127) / 255) as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(size: Size, crop: Option<usize>) -> Preprocessing {
        Preprocessing {
            size,
            crop_size: crop.map(|side| CropSize {
                height: side,
                width: side,
            }),
            resample: Filter::Bicubic,
            resizer: Resizer::Torchvision,
            longer_side: Rounding::Truncate,
            crop_offset: CropOffset::Floor,
            image_mean: [0.5; 3],
            image_std: [0.5; 3],
        }
    }

    fn picture(width: usize, height: usize) -> Vec<u8> {
        (0..width * height)
            .flat_map(|i| [(i * 7 % 256) as u8, (i / width) as u8, 90, 255])
            .collect()
    }

    #[test]
    fn rows_in_pieces_equal_the_whole() {
        let preprocessing = to(Size::ShortestEdge { shortest_edge: 16 }, Some(12));
        let rgba = picture(50, 31);
        let whole = preprocessing.apply(&rgba, 50, 31).unwrap();
        let mut pieces = Preprocessor::new(&preprocessing, 50, 31).unwrap();
        for row in pieces.rows_wanted() {
            pieces.push_rows(&rgba[row * 200..(row + 1) * 200]).unwrap();
        }
        assert_eq!(preprocessing.normalise(&pieces.finish().unwrap()), whole);
    }

    #[test]
    fn tall_pictures_go_down_first_for_pillow() {
        let pillow = Resizer::Pillow;
        // Found by trying Pillow 13 with pictures of noise: the last height across, the first down.
        for (width, to_width, to_height, first) in [
            (97, 64, 139, 206),
            (100, 64, 64, 137),
            (100, 90, 64, 85),
            (200, 100, 50, 251),
            (100, 150, 64, 65),
        ] {
            let to = (to_width, to_height);
            assert!(
                !pillow.is_down_first((width, first - 1), to),
                "{width} × {first}"
            );
            assert!(
                pillow.is_down_first((width, first), to),
                "{width} × {first}"
            );
            assert!(!Resizer::Torchvision.is_down_first((width, first), to));
        }
        // Whole and in pieces, both orders; on smooth colours they differ by rounding alone.
        let smooth: Vec<u8> = (0..30 * 90)
            .flat_map(|i| [(i / 30 * 2) as u8, (i % 30 * 8) as u8, 90, 255])
            .collect();
        let mut preprocessing = to(Size::ShortestEdge { shortest_edge: 12 }, Some(12));
        let across = preprocessing.apply(&smooth, 30, 90).unwrap();
        preprocessing.resizer = Resizer::Pillow;
        let down = preprocessing.apply(&smooth, 30, 90).unwrap();
        assert!(
            across
                .iter()
                .zip(&down)
                .all(|(a, b)| (a - b).abs() <= 1.01 * 2.0 / 255.0)
        );
        let mut pieces = Preprocessor::new(&preprocessing, 30, 90).unwrap();
        for row in pieces.rows_wanted() {
            pieces
                .push_rows(&smooth[row * 120..(row + 1) * 120])
                .unwrap();
        }
        assert_eq!(preprocessing.normalise(&pieces.finish().unwrap()), down);
    }

    #[test]
    fn cropping_early_equals_cropping_late() {
        let rgba = picture(64, 32);
        let shortest_edge = 16;
        let cropped = to(Size::ShortestEdge { shortest_edge }, Some(16));
        let whole = to(Size::ShortestEdge { shortest_edge }, None);
        let cropped = cropped.apply(&rgba, 64, 32).unwrap();
        let whole = whole.apply(&rgba, 64, 32).unwrap();
        for y in 0..16 {
            assert_eq!(cropped[y * 16..][..16], whole[y * 32 + 8..][..16]);
        }
    }

    #[test]
    fn odd_shapes_are_fine_and_empty_ones_refused() {
        let preprocessing = to(Size::ShortestEdge { shortest_edge: 24 }, Some(20));
        for (width, height) in [(1, 1), (20_000, 1), (1, 3_000), (20, 24)] {
            let rgba = picture(width, height);
            let pixels = preprocessing.apply(&rgba, width, height).unwrap();
            assert_eq!(pixels.len(), 3 * 20 * 20);
        }
        assert!(matches!(
            preprocessing.apply(&[], 0, 3),
            Err(PixelError::Empty { .. })
        ));
        assert!(matches!(
            preprocessing.apply(&[0; 7], 1, 2),
            Err(PixelError::Rows { .. })
        ));
    }

    #[test]
    fn missing_and_surplus_rows_are_refused() {
        let preprocessing = to(
            Size::Exact {
                height: 4,
                width: 4,
            },
            None,
        );
        let mut some = Preprocessor::new(&preprocessing, 8, 8).unwrap();
        assert!(some.push_rows(&[0; 8 * 4 * 9]).is_err());
        some.push_rows(&[0; 8 * 4 * 3]).unwrap();
        assert!(some.finish().is_err());
    }

    #[test]
    fn crops_begin_where_the_reference_begins_them() {
        // Python: [int(round(rest / 2)) for rest in range(8)]
        let torchvision = [0, 0, 1, 2, 2, 2, 3, 4];
        for (rest, offset) in torchvision.into_iter().enumerate() {
            assert_eq!(CropOffset::HalfToEven.of(rest), offset, "{rest}");
            assert_eq!(CropOffset::Floor.of(rest), rest / 2);
        }
    }

    #[test]
    fn what_is_shown_is_what_was_prepared() {
        let mut preprocessing = to(Size::ShortestEdge { shortest_edge: 16 }, None);
        preprocessing.image_mean = [0.481_454_66, 0.457_827_5, 0.408_210_73];
        preprocessing.image_std = [0.268_629_54, 0.261_302_6, 0.275_777_1];
        let rgb: Vec<u8> = (0..=255).flat_map(|i| [i, 255 - i, i ^ 85]).collect();
        let shown = preprocessing.show(&preprocessing.normalise(&rgb));
        for (shown, rgb) in shown.chunks_exact(4).zip(rgb.chunks_exact(3)) {
            assert_eq!((&shown[..3], shown[3]), (rgb, 255));
        }
        // What no picture gives is shown as the nearest that one does.
        assert_eq!(preprocessing.show(&[-9.0, 9.0, f32::NAN]), [0, 255, 0, 255]);
    }

    #[test]
    fn transparency_is_white() {
        let preprocessing = to(
            Size::Exact {
                height: 1,
                width: 1,
            },
            None,
        );
        assert_eq!(preprocessing.apply(&[9, 9, 9, 0], 1, 1).unwrap(), [1.0; 3]);
        assert_eq!(
            preprocessing.apply(&[255, 0, 0, 255], 1, 1).unwrap(),
            [1.0, -1.0, -1.0]
        );
    }
}
