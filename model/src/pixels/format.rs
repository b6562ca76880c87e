//! File formats told from a file's first bytes ([`Format`], [`check`]), and why a file can't be opened
//! as a picture ([`OpenError`]).

use super::{presentation::FileBytes, raw::is_raw};
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
    /// JPEG 2000, as a file or a bare codestream; never decoded.
    Jpeg2000,
    /// JPEG XL, in a container or as a bare codestream.
    JpegXl,
    /// JPEG XR (HD Photo); never decoded.
    JpegXr,
    /// OpenEXR, of film and rendering; never decoded.
    OpenExr,
    /// Photoshop's document; never decoded.
    Photoshop,
    /// PNG, also with several frames (APNG).
    Png,
    /// A camera's raw file, of which the preview inside is opened ([`super::raw_preview`]).
    Raw,
    /// A vector drawing, which browsers rasterise.
    Svg,
    /// TIFF or BigTIFF, of one page or more.
    Tiff,
    /// WebP, lossy or lossless.
    WebP,
    /// GIMP's document; never decoded.
    Xcf,
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
    /// A format that nothing here decodes.
    #[error("{0}, which isn't decoded")]
    Unsupported(PictureFormat),
    /// A raw file without a preview that can be opened.
    #[error("a raw file without a preview in JPEG")]
    NoPreview,
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
/// [`OpenError`] if decoding need not be tried.
pub fn check(head: &[u8], total: u64) -> Result<Format, OpenError> {
    if total == 0 {
        return Err(OpenError::Empty);
    }
    let format = Format::of(head);
    match format {
        // A raw file's preview has a size of its own.
        Format::Picture(PictureFormat::Svg | PictureFormat::Raw) => Ok(format),
        Format::Picture(picture) if !picture.is_opened() => Err(OpenError::Unsupported(picture)),
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
        use PictureFormat::{
            Bmp, Gif, Ico, Jpeg, Jpeg2000, JpegXl, JpegXr, OpenExr, Photoshop, Png, Raw, Svg, Tiff,
            WebP, Xcf,
        };
        use imagesize::ImageType;
        if head.get(4..8) == Some(b"ftyp") {
            return of_family(head);
        }
        if FileBytes::with(head, is_raw) {
            return Self::Picture(Raw);
        }
        match imagesize::image_type(head) {
            Ok(ImageType::Jpeg) => return Self::Picture(Jpeg),
            Ok(ImageType::Png) => return Self::Picture(Png),
            Ok(ImageType::Gif) => return Self::Picture(Gif),
            Ok(ImageType::Webp) => return Self::Picture(WebP),
            Ok(ImageType::Bmp) => return Self::Picture(Bmp),
            Ok(ImageType::Ico) => return Self::Picture(Ico),
            Ok(ImageType::Jxl) => return Self::Picture(JpegXl),
            _ => {}
        }
        const PICTURES: [(&[u8], PictureFormat); 10] = [
            (b"II*\0", Tiff),
            (b"MM\0*", Tiff),
            (b"II+\0", Tiff),
            (b"MM\0+", Tiff),
            (b"8BPS", Photoshop),
            (b"\0\0\0\x0cjP  \r\n\x87\n", Jpeg2000),
            (b"\xff\x4f\xff\x51", Jpeg2000),
            (b"II\xbc\x01", JpegXr),
            (b"v/1\x01", OpenExr),
            (b"gimp xcf", Xcf),
        ];
        if let Some((_, picture)) = PICTURES.iter().find(|(s, _)| head.starts_with(s)) {
            return Self::Picture(*picture);
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
    /// What can be opened, in the order in which it is named. The page opens [`Self::PAGE_ONLY`],
    /// too, which need a browser.
    pub const OPENED: [Self; 10] = [
        Self::Jpeg,
        Self::Png,
        Self::WebP,
        Self::Gif,
        Self::Bmp,
        Self::Heic,
        Self::Avif,
        Self::JpegXl,
        Self::Tiff,
        Self::Raw,
    ];

    /// What only a browser draws.
    pub const PAGE_ONLY: [Self; 2] = [Self::Svg, Self::Ico];

    /// The format's usual name, e.g. "JPEG XL".
    pub fn name(self) -> &'static str {
        match self {
            Self::Avif => "AVIF",
            Self::Bmp => "BMP",
            Self::Gif => "GIF",
            Self::Heic => "HEIC",
            Self::Ico => "ICO",
            Self::Jpeg => "JPEG",
            Self::Jpeg2000 => "JPEG 2000",
            Self::JpegXl => "JPEG XL",
            Self::JpegXr => "JPEG XR",
            Self::OpenExr => "OpenEXR",
            Self::Photoshop => "Photoshop",
            Self::Png => "PNG",
            Self::Raw => "RAW",
            Self::Svg => "SVG",
            Self::Tiff => "TIFF",
            Self::WebP => "WebP",
            Self::Xcf => "GIMP",
        }
    }

    /// What names of such files end with, in lower case and without the dot; empty for what isn't
    /// opened.
    pub fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Avif => &["avif"],
            Self::Bmp => &["bmp"],
            Self::Gif => &["gif"],
            Self::Heic => &["heic", "heif", "hif"],
            Self::Ico => &["ico"],
            Self::Jpeg => &["jpg", "jpeg"],
            Self::JpegXl => &["jxl"],
            Self::Png => &["png"],
            // Canon, Nikon, Sony, Fujifilm, Olympus, Panasonic, Adobe and others, Pentax, Samsung.
            Self::Raw => &[
                "cr2", "cr3", "nef", "nrw", "arw", "raf", "orf", "rw2", "dng", "pef", "srw",
            ],
            Self::Svg => &["svg"],
            Self::Tiff => &["tif", "tiff"],
            Self::WebP => &["webp"],
            Self::Jpeg2000 | Self::JpegXr | Self::OpenExr | Self::Photoshop | Self::Xcf => &[],
        }
    }

    /// Whether anything here decodes it, be it the page alone.
    pub fn is_opened(self) -> bool {
        Self::OPENED.contains(&self) || Self::PAGE_ONLY.contains(&self)
    }

    /// The formats that can be opened, to stand in a sentence: "JPEG, PNG, …".
    pub fn names() -> String {
        Self::OPENED.map(Self::name).join(", ")
    }

    /// Whether a file's name ends as one of these formats' does.
    pub fn is_ending_of(formats: &[Self], name: &str) -> bool {
        name.rsplit_once('.').is_some_and(|(_, ending)| {
            let mut endings = formats.iter().flat_map(|format| format.endings());
            endings.any(|known| known.eq_ignore_ascii_case(ending))
        })
    }
}

/// The kind of an ISO base media file, by its brands. The major one decides, unless it only names
/// the family: then the first of the others that does.
fn of_family(head: &[u8]) -> Format {
    use PictureFormat::{Avif, Heic, Jpeg2000, Raw};
    let length = head.first_chunk().copied().map_or(0, u32::from_be_bytes) as usize;
    let brands = head.get(8..length.min(head.len())).unwrap_or_default();
    let of_brand = |brand: &[u8]| match brand {
        b"avif" | b"avis" => Some(Avif),
        b"heic" | b"heix" | b"hevc" | b"hevx" | b"heim" | b"heis" => Some(Heic),
        b"crx " => Some(Raw),
        b"jp2 " | b"jpx " => Some(Jpeg2000),
        _ => None,
    };
    let major = brands.get(..4).unwrap_or_default();
    let others = || brands.chunks_exact(4).skip(2);
    let picture = match major {
        b"mif1" | b"mif2" | b"msf1" | b"miaf" | b"1pic" => {
            others().find_map(of_brand).or(Some(Heic))
        }
        major => of_brand(major),
    };
    picture.map_or(Format::Other(OtherFormat::Video), Format::Picture)
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
                b"\0\0\0\x1cftypmif1\0\0\0\0mif1miafavif",
                Format::Picture(PictureFormat::Avif),
            ),
            (
                b"\0\0\0\x18ftypmsf1\0\0\0\0msf1hevc",
                Format::Picture(PictureFormat::Heic),
            ),
            (
                b"\0\0\0\x18ftypcrx \0\0\0\x01crx isom",
                Format::Picture(PictureFormat::Raw),
            ),
            (b"II+\0\x08\0\0\0", Format::Picture(PictureFormat::Tiff)),
            (b"FUJIFILMCCD-RAW 0201", Format::Picture(PictureFormat::Raw)),
            (b"8BPS\0\x01\0\0", Format::Picture(PictureFormat::Photoshop)),
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
        let jpeg_2000 = OpenError::Unsupported(PictureFormat::Jpeg2000);
        assert_eq!(check(b"\0\0\0\x0cjP  \r\n\x87\n", 12), Err(jpeg_2000));
    }

    #[test]
    fn what_is_opened_is_known_by_its_ending() {
        let known = |name| PictureFormat::is_ending_of(&PictureFormat::OPENED, name);
        for name in ["a.JPG", "IMG_1.HEIC", "x.y.cr3", "scan.TIFF"] {
            assert!(known(name), "{name}");
        }
        for name in ["a.psd", "jpg", "film.mp4", "drawing.svg"] {
            assert!(!known(name), "{name}");
        }
        for format in PictureFormat::OPENED {
            assert!(
                format.is_opened() && !format.endings().is_empty(),
                "{format}"
            );
        }
        assert!(PictureFormat::names().starts_with("JPEG, PNG, WebP"));
    }
}
