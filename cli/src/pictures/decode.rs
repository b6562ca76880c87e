//! An encoded picture to pixels.

use crate::sentences;
use anyhow::{Context, Result};
use glimpse_model::pixels::{Format, PictureFormat, check};
use image::{DynamicImage, ImageDecoder, ImageReader, ImageResult, metadata::Orientation};
use std::io::Cursor;

/// RGBA bytes, width and height, EXIF orientation applied.
pub fn decode(bytes: &[u8]) -> Result<(Vec<u8>, usize, usize)> {
    let format = check(bytes, bytes.len() as u64)?;
    if format == Format::Picture(PictureFormat::Jpeg) && is_cut_short(bytes) {
        return Err(format.undecodable().into());
    }
    let picture = decode_upright(bytes).context(sentences::not_opened(format.undecodable()))?;
    let rgba = picture.into_rgba8();
    let (width, height) = (rgba.width() as usize, rgba.height() as usize);
    Ok((rgba.into_raw(), width, height))
}

/// Whether a JPEG's last scan has no end. The decoder would fill the rest with grey, and the answer
/// would be about that.
fn is_cut_short(jpeg: &[u8]) -> bool {
    const SCAN: &[u8] = &[0xff, 0xda];
    const END: &[u8] = &[0xff, 0xd9];
    let scan = jpeg.windows(2).rposition(|marker| marker == SCAN);
    scan.is_some_and(|scan| !jpeg[scan..].windows(2).any(|marker| marker == END))
}

fn decode_upright(bytes: &[u8]) -> ImageResult<DynamicImage> {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
    let mut decoder = reader.into_decoder()?;
    // A picture whose EXIF data make no sense is still a picture.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    Ok(picture)
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
}
