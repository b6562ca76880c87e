//! File formats told from a file's first bytes ([`Format`], [`check`]), and the sentence a person
//! gets when a file can't be opened ([`OpenError`]).

use std::fmt;

/// Pictures beyond this are refused before they are decoded: at 4 bytes a pixel the decoder would
/// need more than 480 MB at once.
pub const MAX_PIXELS: u64 = 120_000_000;

/// A file's kind, by its content and never by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A picture format by its usual name, such as "PNG".
    Picture(&'static str),
    /// HEIC or HEIF: a picture that most browsers can't decode.
    Heic,
    /// A vector drawing, which browsers rasterise.
    Svg,
    /// Something that has a name, but isn't a picture, such as "a PDF document".
    Other(&'static str),
    /// UTF-8 without control characters.
    Text,
    /// Bytes without a known signature.
    Unknown,
}

/// Why a file can't be shown to the model, in words for the person who brought it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// A file of 0 bytes.
    #[error("This file is empty (0 bytes). Try saving or downloading it again.")]
    Empty,
    /// A file that is no picture; what it is, with its article.
    #[error("This is {0}, not a picture. Try a JPEG, PNG, WebP or GIF.")]
    NotAPicture(&'static str),
    /// A HEIC photo, which the decoder at hand can't read.
    #[error(
        "This is a HEIC photo, which can't be opened here. Save it as JPEG first (on an iPhone: Settings › Camera › Formats › Most Compatible), or use Safari."
    )]
    Heic,
    /// A known format in a decoder without it, or bytes that end early or make no sense.
    #[error(
        "This {0} file can't be opened: it is damaged, cut short, or of a kind that isn't supported here. Try opening it in a photo app and saving it again."
    )]
    Damaged(&'static str),
    /// More pixels than a device can be expected to hold.
    #[error(
        "This picture is {width} × {height}: {} megapixels, and at most {} can be opened here. Try a smaller copy.",
        width * height / 1_000_000,
        MAX_PIXELS / 1_000_000
    )]
    TooLarge {
        /// Width in pixels.
        width: u64,
        /// Height in pixels.
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
        Format::Picture(_) | Format::Heic => {
            if let Ok(size) = imagesize::blob_size(head) {
                let (width, height) = (size.width as u64, size.height as u64);
                if width * height > MAX_PIXELS {
                    return Err(OpenError::TooLarge { width, height });
                }
            }
            Ok(format)
        }
        Format::Svg => Ok(format),
        Format::Other(_) | Format::Text | Format::Unknown => Err(format.undecodable()),
    }
}

impl Format {
    /// Tells a file's kind from its first bytes.
    pub fn of(head: &[u8]) -> Self {
        use imagesize::ImageType;
        let brand = head.get(4..12).unwrap_or_default();
        if brand.starts_with(b"ftyp") {
            return match &brand[4..] {
                b"avif" | b"avis" => Self::Picture("AVIF"),
                b"heic" | b"heix" | b"hevc" | b"heim" | b"heis" | b"mif1" | b"msf1" => Self::Heic,
                _ => Self::Other("a video"),
            };
        }
        match imagesize::image_type(head) {
            Ok(ImageType::Jpeg) => return Self::Picture("JPEG"),
            Ok(ImageType::Png) => return Self::Picture("PNG"),
            Ok(ImageType::Gif) => return Self::Picture("GIF"),
            Ok(ImageType::Webp) => return Self::Picture("WebP"),
            Ok(ImageType::Bmp) => return Self::Picture("BMP"),
            Ok(ImageType::Ico) => return Self::Picture("ICO"),
            Ok(ImageType::Tiff) => return Self::Picture("TIFF"),
            Ok(ImageType::Jxl) => return Self::Picture("JPEG XL"),
            _ => {}
        }
        const SIGNATURES: [(&[u8], &str); 7] = [
            (b"%PDF", "a PDF document"),
            (b"PK\x03\x04", "a ZIP archive or an office document"),
            (b"\x1f\x8b", "a compressed archive"),
            (b"ID3", "a sound file"),
            (b"OggS", "a sound or video file"),
            (b"\x1aE\xdf\xa3", "a video"),
            (b"RIFF", "a sound or video file"),
        ];
        if let Some((_, name)) = SIGNATURES.iter().find(|(s, _)| head.starts_with(s)) {
            return Self::Other(name);
        }
        match readable(head) {
            Some(text) if is_svg(text) => Self::Svg,
            Some(_) => Self::Text,
            None => Self::Unknown,
        }
    }

    /// The sentence for a file of this kind that the decoder refused.
    pub fn undecodable(self) -> OpenError {
        match self {
            Self::Picture(name) => OpenError::Damaged(name),
            Self::Heic => OpenError::Heic,
            Self::Svg => OpenError::Damaged("SVG"),
            Self::Other(name) => OpenError::NotAPicture(name),
            Self::Text => OpenError::NotAPicture("a text file"),
            Self::Unknown => OpenError::NotAPicture("a file of an unknown kind"),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Picture(name) | Self::Other(name) => name,
            Self::Heic => "HEIC",
            Self::Svg => "SVG",
            Self::Text => "text",
            Self::Unknown => "unknown",
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
            (png_head(3, 4).as_slice(), Format::Picture("PNG")),
            (
                b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01",
                Format::Picture("JPEG"),
            ),
            (b"GIF89a\x01\0\x01\0\0\0", Format::Picture("GIF")),
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", Format::Heic),
            (b"\0\0\0\x18ftypisom\0\0\0\0", Format::Other("a video")),
            (b"<?xml version='1.0'?>\n<svg xmlns='x'/>", Format::Svg),
            (b"hello \xf0\x9f\x90", Format::Text),
            (b"%PDF-1.7", Format::Other("a PDF document")),
            (b"\x01\x02\x03\x04", Format::Unknown),
        ] {
            assert_eq!(Format::of(head), format, "{head:?}");
        }
    }

    #[test]
    fn sentences_name_the_trouble() {
        assert_eq!(check(&[], 0), Err(OpenError::Empty));
        let text = check(b"just words", 10).unwrap_err().to_string();
        assert!(text.contains("a text file"), "{text}");
        let huge = check(&png_head(12_000, 12_000), 9).unwrap_err().to_string();
        assert!(huge.contains("12000 × 12000: 144 megapixels"), "{huge}");
        assert_eq!(
            check(&png_head(12_000, 9_000), 9),
            Ok(Format::Picture("PNG"))
        );
        let damaged = Format::Picture("JPEG").undecodable().to_string();
        assert!(damaged.contains("JPEG") && damaged.contains("damaged"));
    }
}
