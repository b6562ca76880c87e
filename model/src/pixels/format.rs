//! File formats told from a file's first bytes ([`Format`], [`check`]), and why a file can't be opened
//! as a picture ([`OpenError`]).

use serde::{Deserialize, Serialize};
use std::fmt;

/// Pictures beyond this are refused before they are decoded: at 4 bytes a pixel the decoder would
/// need more than 480 MB at once.
pub const MAX_PIXELS: u64 = 120_000_000;

/// A file's kind, by its content and never by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A picture, which a decoder may know.
    Picture(PictureFormat),
    /// A file that is no picture.
    Other(OtherFormat),
}

/// A picture format that files are told by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PictureFormat {
    /// AVIF, also with several frames.
    Avif,
    /// Windows' bitmap, mostly without compression.
    Bmp,
    /// GIF, also with several frames.
    Gif,
    /// HEIC or HEIF, which most browsers can't decode.
    Heic,
    /// Windows' icon, of one or more sizes.
    Ico,
    /// JPEG in a JFIF, EXIF or bare stream.
    Jpeg,
    /// JPEG XL, in a container or as a bare codestream.
    JpegXl,
    /// PNG, also with several frames (APNG).
    Png,
    /// A vector drawing, which browsers rasterise.
    Svg,
    /// TIFF, and what is built on it, such as most raw files.
    Tiff,
    /// WebP, lossy or lossless.
    WebP,
}

/// The kind of a file that is no picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum OtherFormat {
    /// A gzip archive, of whatever kind.
    Gzip,
    /// A PDF document, perhaps with pictures.
    Pdf,
    /// A sound file with an ID3 tag.
    Sound,
    /// A container of sound, video or both.
    SoundOrVideo,
    /// UTF-8 without control characters.
    Text,
    /// Bytes without a known signature.
    Unknown,
    /// A video in MP4, Matroska or the like.
    Video,
    /// A ZIP archive, or an office document, which is one.
    Zip,
}

/// Why a file can't be opened as a picture. What a person reads of it is the page's or the
/// terminal's to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum OpenError {
    /// A file of 0 bytes.
    #[error("the file is empty")]
    Empty,
    /// A file that is no picture.
    #[error("no picture: {0}")]
    NotAPicture(OtherFormat),
    /// A format that the decoder at hand lacks, or bytes that end early or make no sense.
    #[error("{0} that is damaged, cut short or not supported")]
    Undecodable(PictureFormat),
    /// More pixels than a device can be expected to hold.
    #[error("{width} × {height} pixels, {MAX_PIXELS} allowed")]
    TooLarge {
        /// Width of the picture in pixels.
        width: u64,
        /// Height of the picture in pixels.
        height: u64,
    },
}

/// Looks at a file's first bytes (64 KB are plenty; `total` is the whole file's length) before
/// anything tries to decode it.
///
/// # Errors
/// [`OpenError`] if decoding need not be tried. HEIC is let through: some browsers decode it.
pub fn check(head: &[u8], total: u64) -> Result<Format, OpenError> {
    if total == 0 {
        return Err(OpenError::Empty);
    }
    let format = Format::of(head);
    match format {
        Format::Picture(PictureFormat::Svg) => Ok(format),
        Format::Picture(_) => {
            if let Ok(size) = imagesize::blob_size(head) {
                let (width, height) = (size.width as u64, size.height as u64);
                if width * height > MAX_PIXELS {
                    return Err(OpenError::TooLarge { width, height });
                }
            }
            Ok(format)
        }
        Format::Other(_) => Err(format.undecodable()),
    }
}

impl Format {
    /// Tells a file's kind from its first bytes.
    pub fn of(head: &[u8]) -> Self {
        use OtherFormat::{Gzip, Pdf, Sound, SoundOrVideo, Text, Unknown, Video, Zip};
        use PictureFormat::{Avif, Bmp, Gif, Heic, Ico, Jpeg, JpegXl, Png, Svg, Tiff, WebP};
        use imagesize::ImageType;
        let brand = head.get(4..12).unwrap_or_default();
        if brand.starts_with(b"ftyp") {
            return match &brand[4..] {
                b"avif" | b"avis" => Self::Picture(Avif),
                b"heic" | b"heix" | b"hevc" | b"heim" | b"heis" | b"mif1" | b"msf1" => {
                    Self::Picture(Heic)
                }
                _ => Self::Other(Video),
            };
        }
        match imagesize::image_type(head) {
            Ok(ImageType::Jpeg) => return Self::Picture(Jpeg),
            Ok(ImageType::Png) => return Self::Picture(Png),
            Ok(ImageType::Gif) => return Self::Picture(Gif),
            Ok(ImageType::Webp) => return Self::Picture(WebP),
            Ok(ImageType::Bmp) => return Self::Picture(Bmp),
            Ok(ImageType::Ico) => return Self::Picture(Ico),
            Ok(ImageType::Tiff) => return Self::Picture(Tiff),
            Ok(ImageType::Jxl) => return Self::Picture(JpegXl),
            _ => {}
        }
        const SIGNATURES: [(&[u8], OtherFormat); 7] = [
            (b"%PDF", Pdf),
            (b"PK\x03\x04", Zip),
            (b"\x1f\x8b", Gzip),
            (b"ID3", Sound),
            (b"OggS", SoundOrVideo),
            (b"\x1aE\xdf\xa3", Video),
            (b"RIFF", SoundOrVideo),
        ];
        if let Some((_, other)) = SIGNATURES.iter().find(|(s, _)| head.starts_with(s)) {
            return Self::Other(*other);
        }
        match readable(head) {
            Some(text) if is_svg(text) => Self::Picture(Svg),
            Some(_) => Self::Other(Text),
            None => Self::Other(Unknown),
        }
    }

    /// Why a file of this kind can't be opened, once the decoder at hand refused it.
    pub fn undecodable(self) -> OpenError {
        match self {
            Self::Picture(format) => OpenError::Undecodable(format),
            Self::Other(format) => OpenError::NotAPicture(format),
        }
    }
}

impl PictureFormat {
    /// The format's usual name, e.g. "JPEG XL".
    pub fn name(self) -> &'static str {
        match self {
            Self::Avif => "AVIF",
            Self::Bmp => "BMP",
            Self::Gif => "GIF",
            Self::Heic => "HEIC",
            Self::Ico => "ICO",
            Self::Jpeg => "JPEG",
            Self::JpegXl => "JPEG XL",
            Self::Png => "PNG",
            Self::Svg => "SVG",
            Self::Tiff => "TIFF",
            Self::WebP => "WebP",
        }
    }
}

impl fmt::Display for PictureFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for OtherFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gzip => "gzip",
            Self::Pdf => "PDF",
            Self::Sound => "sound",
            Self::SoundOrVideo => "sound or video",
            Self::Text => "text",
            Self::Unknown => "unknown bytes",
            Self::Video => "video",
            Self::Zip => "ZIP",
        })
    }
}

/// `head` as text, if it is text; a character cut off at its end does not count.
fn readable(head: &[u8]) -> Option<&str> {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    let control = |c: char| c.is_control() && !c.is_whitespace();
    (!text.is_empty() && !text.contains(control)).then_some(text)
}

fn is_svg(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    text.starts_with('<') && text.contains("<svg")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png_head(width: u32, height: u32) -> Vec<u8> {
        let mut head = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
        head.extend(width.to_be_bytes());
        head.extend(height.to_be_bytes());
        head.extend([8, 6, 0, 0, 0]);
        head
    }

    #[test]
    fn each_kind_is_told() {
        for (head, format) in [
            (
                png_head(3, 4).as_slice(),
                Format::Picture(PictureFormat::Png),
            ),
            (
                b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01",
                Format::Picture(PictureFormat::Jpeg),
            ),
            (
                b"GIF89a\x01\0\x01\0\0\0",
                Format::Picture(PictureFormat::Gif),
            ),
            (
                b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
                Format::Picture(PictureFormat::Heic),
            ),
            (
                b"\0\0\0\x18ftypisom\0\0\0\0",
                Format::Other(OtherFormat::Video),
            ),
            (
                b"<?xml version='1.0'?>\n<svg xmlns='x'/>",
                Format::Picture(PictureFormat::Svg),
            ),
            (b"hello \xf0\x9f\x90", Format::Other(OtherFormat::Text)),
            (b"%PDF-1.7", Format::Other(OtherFormat::Pdf)),
            (b"\x01\x02\x03\x04", Format::Other(OtherFormat::Unknown)),
        ] {
            assert_eq!(Format::of(head), format, "{head:?}");
        }
    }

    #[test]
    fn what_need_not_be_decoded_is_refused() {
        assert_eq!(check(&[], 0), Err(OpenError::Empty));
        let text = OpenError::NotAPicture(OtherFormat::Text);
        assert_eq!(check(b"just words", 10), Err(text));
        let (width, height) = (12_000, 12_000);
        let huge = check(&png_head(12_000, 12_000), 9);
        assert_eq!(huge, Err(OpenError::TooLarge { width, height }));
        let png = Format::Picture(PictureFormat::Png);
        assert_eq!(check(&png_head(12_000, 9_000), 9), Ok(png));
        let cut = OpenError::Undecodable(PictureFormat::Png);
        assert_eq!(png.undecodable(), cut);
    }
}
