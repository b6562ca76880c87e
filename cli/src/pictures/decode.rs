//! An encoded picture to pixels.

use crate::sentences;
use anyhow::{Context, Result, anyhow};
use glimpse_model::pixels::{
    FileBytes, Format, OpenError, Orientation, PictureFormat, Presentation, check, raw_preview,
};
use glimpse_photos::Decoded;
use image::{ImageReader, ImageResult, RgbaImage};
use rayon::ThreadPoolBuilder;
use std::{io::Cursor, thread};

/// Bytes of the stack of each thread on which foreign decoders run.
const STACK: usize = 16 << 20;

/// Threads for one picture: as many pictures as there are cores are decoded at once.
const DECODER_THREADS: usize = 2;

/// RGBA bytes, width and height, as the file's [`Presentation`] says.
pub fn decode(bytes: &[u8]) -> Result<(Vec<u8>, usize, usize)> {
    let format = check(bytes, bytes.len() as u64)?;
    match format {
        Format::Picture(PictureFormat::Raw) => decode_raw(bytes),
        Format::Picture(picture) if glimpse_photos::decodes(picture) => {
            decode_foreign(picture, bytes)
        }
        format => decode_common(format, bytes, None),
    }
}

/// By the `image` crate; turned as told, or as the file says.
fn decode_common(
    format: Format,
    bytes: &[u8],
    orientation: Option<Orientation>,
) -> Result<(Vec<u8>, usize, usize)> {
    if format == Format::Picture(PictureFormat::Jpeg) && is_cut_short(bytes) {
        return Err(format.undecodable().into());
    }
    let stored = decode_stored(bytes).context(sentences::not_opened(format.undecodable()))?;
    let (width, height) = (stored.width() as usize, stored.height() as usize);
    // The decoder applies none by itself, and of an APNG it gives the default image: the file needs
    // no edits.
    let orientation = orientation.unwrap_or_else(|| Presentation::of(format, bytes).orientation);
    let rgba = orientation.turn(stored.into_raw(), width, height);
    let (width, height) = orientation.size((width, height));
    Ok((rgba, width, height))
}

/// The preview that a raw file holds.
fn decode_raw(bytes: &[u8]) -> Result<(Vec<u8>, usize, usize)> {
    let length = bytes.len() as u64;
    let file = FileBytes {
        total: length,
        available: length,
        read: &|range| bytes.get(range).unwrap_or_default().to_vec(),
    };
    let preview = raw_preview(&file).ok_or(OpenError::NoPreview)?;
    let jpeg = bytes.get(preview.jpeg.start as usize..preview.jpeg.end as usize);
    let jpeg = jpeg.ok_or(OpenError::NoPreview)?;
    let format = Format::Picture(PictureFormat::Jpeg);
    decode_common(format, jpeg, preview.orientation)
}

/// By a decoder that isn't as tried as the `image` crate's: behind a thread of its own, so that a file over
/// which it breaks spoils no other.
fn decode_foreign(format: PictureFormat, bytes: &[u8]) -> Result<(Vec<u8>, usize, usize)> {
    let decoded = thread::scope(|scope| {
        let work = thread::Builder::new()
            .name(format!("decoder of {format}"))
            .spawn_scoped(scope, || -> Result<_> {
                // Decoders share their work between the threads of the pool that they are in. Those of the
                // common pool may all be waiting for decoders. And whoever waits in a pool for another one
                // takes up other work meanwhile, which a thread of its own doesn't.
                let pool = ThreadPoolBuilder::new()
                    .num_threads(DECODER_THREADS)
                    .stack_size(STACK)
                    .build()?;
                Ok(pool.install(|| glimpse_photos::decode(format, bytes)))
            })?;
        match work.join() {
            Ok(decoded) => decoded?.map_err(|error| {
                let sentence = sentences::not_opened(error.open_error(format));
                anyhow::Error::new(error).context(sentence)
            }),
            Err(_) => Err(anyhow!("the decoder broke")
                .context(sentences::not_opened(Format::Picture(format).undecodable()))),
        }
    })?;
    let Decoded {
        rgba,
        width,
        height,
    } = decoded;
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

    /// Each picture of a folder of fixtures, compared with what the reference made of it; how many.
    fn compare(folder: &str) -> usize {
        let folder = format!(
            "{}/../model/tests/fixtures/{folder}",
            env!("CARGO_MANIFEST_DIR")
        );
        let expected = std::fs::read(format!("{folder}/expected.json")).unwrap();
        let expected: serde_json::Value = serde_json::from_slice(&expected).unwrap();
        let expected = expected.as_object().unwrap();
        for (name, expected) in expected {
            let bytes = std::fs::read(format!("{folder}/{name}")).unwrap();
            let (mut rgba, width, height) =
                decode(&bytes).unwrap_or_else(|error| panic!("{name}: {}", one_line(&error)));
            for pixel in rgba.chunks_exact_mut(4) {
                let opacity = u32::from(pixel[3]);
                for value in &mut pixel[..3] {
                    *value = ((u32::from(*value) * opacity + 255 * (255 - opacity)) / 255) as u8;
                }
            }
            assert_eq!(
                expected["size"],
                serde_json::json!([width, height]),
                "{name}"
            );
            let expected = expected["grid"].as_str().unwrap().split(' ').map(|colour| {
                let colour = u32::from_str_radix(colour, 16).unwrap();
                [colour >> 16, colour >> 8, colour].map(|value| value as u8)
            });
            // Decoders of lossy formats round differently, and libheif drops bits beyond 8 at once.
            let ending = name.rsplit('.').next().unwrap();
            let is_lossy = ["lossy", "jpeg", "ycbcr"]
                .iter()
                .any(|part| name.contains(part));
            let off = match ending {
                "png" | "gif" | "tif" | "webp" if !is_lossy => 0,
                _ if name.contains("10bits") => 2,
                _ => 1,
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
        }
        expected.len()
    }

    #[test]
    fn pictures_are_turned_and_chosen_as_pillow_does() {
        assert_eq!(compare("presentation"), 57);
    }

    #[test]
    fn photos_of_phones_scanners_and_cameras_are_opened_as_the_references_do() {
        assert_eq!(compare("photos"), 47);
    }

    #[test]
    fn raw_files_without_a_preview_say_so() {
        let dng = b"II*\0\x08\0\0\0\x01\0\x12\xc6\x01\0\x04\0\0\0\x01\x04\0\0\0\0\0\0";
        let error = one_line(&decode(dng).unwrap_err());
        assert!(error.contains("preview"), "{error}");
    }
}
