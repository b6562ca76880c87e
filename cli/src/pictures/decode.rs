//! An encoded picture to pixels.

use crate::sentences;
use anyhow::{Context, Result};
use glimpse_model::pixels::{Format, PictureFormat, Presentation, check};
use image::{ImageReader, ImageResult, RgbaImage};
use std::io::Cursor;

/// RGBA bytes, width and height, as the file's [`Presentation`] says.
pub fn decode(bytes: &[u8]) -> Result<(Vec<u8>, usize, usize)> {
    let format = check(bytes, bytes.len() as u64)?;
    if format == Format::Picture(PictureFormat::Jpeg) && is_cut_short(bytes) {
        return Err(format.undecodable().into());
    }
    let stored = decode_stored(bytes).context(sentences::not_opened(format.undecodable()))?;
    let (width, height) = (stored.width() as usize, stored.height() as usize);
    // The decoder applies none by itself, and of an APNG it gives the default image: the file needs
    // no edits.
    let orientation = Presentation::of(format, bytes).orientation;
    let rgba = orientation.turn(stored.into_raw(), width, height);
    let (width, height) = orientation.size((width, height));
    Ok((rgba, width, height))
}

/// Whether a JPEG's last scan has no end. The decoder would fill the rest with grey, and the answer
/// would be about that.
fn is_cut_short(jpeg: &[u8]) -> bool {
    const SCAN: &[u8] = &[0xff, 0xda];
    const END: &[u8] = &[0xff, 0xd9];
    let scan = jpeg.windows(2).rposition(|marker| marker == SCAN);
    scan.is_some_and(|scan| !jpeg[scan..].windows(2).any(|marker| marker == END))
}

fn decode_stored(bytes: &[u8]) -> ImageResult<RgbaImage> {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
    Ok(reader.decode()?.into_rgba8())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::one_line;
    use image::{ImageFormat, RgbImage};

    fn encoded(format: ImageFormat, side: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        let picture = RgbImage::from_fn(side, 2, |x, y| image::Rgb([x as u8, y as u8, 9]));
        picture
            .write_to(&mut Cursor::new(&mut bytes), format)
            .unwrap();
        bytes
    }

    #[test]
    fn pixels_come_as_rgba() {
        let (rgba, width, height) = decode(&encoded(ImageFormat::Png, 3)).unwrap();
        assert_eq!((width, height), (3, 2));
        assert_eq!(rgba[20..], [2, 1, 9, 255]);
    }

    #[test]
    fn a_jpeg_without_its_end_is_refused() {
        let whole = encoded(ImageFormat::Jpeg, 100);
        assert!(decode(&whole).is_ok());
        // Some cameras write more behind the end.
        assert!(decode(&[&whole[..], b"more"].concat()).is_ok());
        let error = decode(&whole[..whole.len() - 20]).unwrap_err();
        assert!(one_line(&error).contains("cut short"), "{error}");
    }

    #[test]
    fn what_is_no_picture_is_said() {
        for (bytes, word) in [
            (&b""[..], "empty"),
            (b"hello", "a text file"),
            (
                &encoded(ImageFormat::Png, 3)[..40],
                "PNG file can't be opened",
            ),
            (b"<svg xmlns='x'/>", "SVG"),
        ] {
            let error = one_line(&decode(bytes).unwrap_err());
            assert!(error.contains(word), "{error}");
        }
    }

    /// The mean colours of the middle's parts of 8 × 8 pixels, at most 64 × 64 in all.
    fn grid(rgba: &[u8], width: usize, height: usize) -> Vec<[u8; 3]> {
        let (across, down) = (width.min(64), height.min(64));
        let (left, top) = ((width - across) / 2, (height - down) / 2);
        let mut means = Vec::new();
        for y in (top..top + down).step_by(8) {
            for x in (left..left + across).step_by(8) {
                means.push([0, 1, 2].map(|channel| {
                    let pixels = (0..64).map(|i| (y + i / 8) * width + x + i % 8);
                    let sum: u32 = pixels.map(|i| u32::from(rgba[i * 4 + channel])).sum();
                    (f64::from(sum) / 64.0).round() as u8
                }));
            }
        }
        means
    }

    #[test]
    fn pictures_are_turned_and_chosen_as_pillow_does() {
        let folder = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../model/tests/fixtures/presentation"
        );
        let expected = std::fs::read(format!("{folder}/expected.json")).unwrap();
        let expected: serde_json::Value = serde_json::from_slice(&expected).unwrap();
        let mut opened = 0;
        for (name, expected) in expected.as_object().unwrap() {
            let bytes = std::fs::read(format!("{folder}/{name}")).unwrap();
            let ending = name.rsplit('.').next().unwrap();
            if ["avif", "jxl"].contains(&ending) {
                assert!(decode(&bytes).is_err(), "{name}: update what is tested");
                continue;
            }
            let (rgba, width, height) = decode(&bytes).unwrap();
            assert_eq!(
                expected["size"],
                serde_json::json!([width, height]),
                "{name}"
            );
            let expected = expected["grid"].as_str().unwrap().split(' ').map(|colour| {
                let colour = u32::from_str_radix(colour, 16).unwrap();
                [colour >> 16, colour >> 8, colour].map(|value| value as u8)
            });
            // Decoders of lossy formats round differently.
            let off = if ending == "jpg" || name.contains("lossy") {
                1
            } else {
                0
            };
            let found = grid(&rgba, width, height);
            assert_eq!(found.len(), expected.clone().count(), "{name}");
            for (found, expected) in found.into_iter().zip(expected) {
                let close = found
                    .iter()
                    .zip(expected)
                    .all(|(a, b)| a.abs_diff(b) <= off);
                assert!(close, "{name}: {found:?} {expected:?}");
            }
            opened += 1;
        }
        assert_eq!(opened, 39);
    }
}
