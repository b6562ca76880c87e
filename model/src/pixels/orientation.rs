//! How a picture's stored pixels are turned for showing ([`Orientation`]): the eight values of
//! EXIF's tag 0x0112, applied to RGBA bytes.

use std::ops::Range;

/// Turning and mirroring that makes stored pixels upright. The default leaves them as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Orientation {
    /// Whether rows and columns change places, before what follows.
    transposed: bool,
    /// Whether the columns of the upright picture run from right to left.
    right_to_left: bool,
    /// Whether its rows run from bottom to top.
    bottom_to_top: bool,
}

/// A part of a picture in whole pixels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The columns.
    pub x: Range<usize>,
    /// The rows.
    pub y: Range<usize>,
}

impl Orientation {
    /// The orientation that EXIF writes as this number; `None` unless it is 1 to 8.
    pub fn from_exif(value: u32) -> Option<Self> {
        let (transposed, right_to_left, bottom_to_top) = match value {
            1 => (false, false, false),
            2 => (false, true, false),
            3 => (false, true, true),
            4 => (false, false, true),
            5 => (true, false, false),
            6 => (true, true, false),
            7 => (true, true, true),
            8 => (true, false, true),
            _ => return None,
        };
        Some(Self {
            transposed,
            right_to_left,
            bottom_to_top,
        })
    }

    /// Whether stored pixels are upright already.
    pub fn is_upright(self) -> bool {
        self == Self::default()
    }

    /// The other of two sizes (width, height): the upright picture's for the stored one's, and the
    /// other way round.
    pub fn size<T>(self, (width, height): (T, T)) -> (T, T) {
        if self.transposed {
            (height, width)
        } else {
            (width, height)
        }
    }

    /// Where the pixels of a part of the upright picture, whose whole is `size` (width, height),
    /// are stored.
    pub fn stored(self, upright: &Block, (width, height): (usize, usize)) -> Block {
        let mirrored = |range: &Range<usize>, length: usize, is_mirrored: bool| match is_mirrored {
            true => length - range.end..length - range.start,
            false => range.clone(),
        };
        let x = mirrored(&upright.x, width, self.right_to_left);
        let y = mirrored(&upright.y, height, self.bottom_to_top);
        let (x, y) = self.size((x, y));
        Block { x, y }
    }

    /// The affine map from stored pixels' coordinates to those of the upright picture, whose whole
    /// is `size` (width, height): a to f as a canvas's `setTransform` takes them.
    pub fn matrix(self, (width, height): (f64, f64)) -> [f64; 6] {
        let axis = |length: f64, is_mirrored: bool| match is_mirrored {
            true => (-1.0, length),
            false => (1.0, 0.0),
        };
        let (across, left) = axis(width, self.right_to_left);
        let (down, top) = axis(height, self.bottom_to_top);
        match self.transposed {
            true => [0.0, down, across, 0.0, left, top],
            false => [across, 0.0, 0.0, down, left, top],
        }
    }

    /// Makes pixels upright: `rgba` is a stored picture, or a part of one, `width` × `height`
    /// pixels, row-major, 4 bytes a pixel. The answer's width and height are those of
    /// [`Orientation::size`]; fewer bytes than that come back as they are.
    pub fn turn(self, rgba: Vec<u8>, width: usize, height: usize) -> Vec<u8> {
        let (pixels, _) = rgba.as_chunks::<4>();
        if self.is_upright() || pixels.len() < width * height {
            return rgba;
        }
        let (across, down) = self.size((width, height));
        let mut upright = Vec::with_capacity(width * height * 4);
        for row in 0..down {
            let row = if self.bottom_to_top {
                down - 1 - row
            } else {
                row
            };
            for column in 0..across {
                let column = match self.right_to_left {
                    true => across - 1 - column,
                    false => column,
                };
                let (x, y) = self.size((column, row));
                upright.extend(pixels[y * width + x]);
            }
        }
        upright
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pixel whose bytes say which it is.
    fn rgba(letters: &str) -> Vec<u8> {
        letters.bytes().flat_map(|letter| [letter; 4]).collect()
    }

    #[test]
    fn all_eight_turn_as_pillow_turns_them() {
        // `ImageOps.exif_transpose` of a picture of 3 × 2 pixels whose rows are "abc" and "def".
        for (value, upright) in [
            (1, "abcdef"),
            (2, "cbafed"),
            (3, "fedcba"),
            (4, "defabc"),
            (5, "adbecf"),
            (6, "daebfc"),
            (7, "fcebda"),
            (8, "cfbead"),
        ] {
            let orientation = Orientation::from_exif(value).unwrap();
            let turned = orientation.turn(rgba("abcdef"), 3, 2);
            assert_eq!(turned, rgba(upright), "{value}");
            let size = if value < 5 { (3, 2) } else { (2, 3) };
            assert_eq!(orientation.size((3, 2)), size);
            assert_eq!(orientation.is_upright(), value == 1);
        }
        assert_eq!(Orientation::from_exif(0), None);
        assert_eq!(Orientation::from_exif(9), None);
    }

    #[test]
    fn parts_are_turned_as_they_lie_in_the_whole() {
        let (width, height) = (5, 4);
        let whole: Vec<u8> = (0..20).flat_map(|pixel| [pixel; 4]).collect();
        let part = |rgba: &[u8], width: usize, block: &Block| -> Vec<u8> {
            let rows = block.y.clone();
            rows.flat_map(|y| &rgba[(y * width + block.x.start) * 4..(y * width + block.x.end) * 4])
                .copied()
                .collect()
        };
        for value in 1..=8 {
            let orientation = Orientation::from_exif(value).unwrap();
            let upright = orientation.turn(whole.clone(), width, height);
            let size = orientation.size((width, height));
            let wanted = Block { x: 1..3, y: 0..3 };
            let stored = orientation.stored(&wanted, size);
            let found =
                orientation.turn(part(&whole, width, &stored), stored.x.len(), stored.y.len());
            assert_eq!(found, part(&upright, size.0, &wanted), "{value}");
            // The part's corners, as the matrix maps them.
            let [a, b, c, d, e, f] = orientation.matrix((size.0 as f64, size.1 as f64));
            let mut corners = [
                (stored.x.start, stored.y.start),
                (stored.x.end, stored.y.end),
            ]
            .map(|(x, y)| (x as f64, y as f64))
            .map(|(x, y)| (a * x + c * y + e, b * x + d * y + f));
            if orientation.right_to_left {
                (corners[0].0, corners[1].0) = (corners[1].0, corners[0].0);
            }
            if orientation.bottom_to_top {
                (corners[0].1, corners[1].1) = (corners[1].1, corners[0].1);
            }
            assert_eq!(corners, [(1.0, 0.0), (3.0, 3.0)], "{value}");
        }
    }
}
