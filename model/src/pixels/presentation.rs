//! What a picture file says about showing it ([`Presentation`]): how its pixels are turned, and
//! which of several pictures in it counts.
//!
//! One rule a format, for the page and the terminal alike; it is Pillow's (`Image.open`, then
//! `ImageOps.exif_transpose`), which the reference implementations read pictures with:
//!
//! | format | orientation | which picture |
//! | --- | --- | --- |
//! | JPEG | EXIF, else XMP | |
//! | PNG | EXIF in `eXIf`, wherever it stands, else XMP in `iTXt` that isn't compressed | the default image, also of an APNG that doesn't show it |
//! | WebP | EXIF, else XMP, where the header announces them | the first frame |
//! | GIF | none | the first frame |
//! | AVIF | `irot` and `imir`, by the decoder | the still picture, where there is one beside a sequence |
//! | HEIC | `irot` and `imir`, by the decoder | the primary item |
//! | JPEG XL | the codestream's, by the decoder | the first frame |
//! | TIFF | its own tag, by the decoder | the first page |
//! | RAW | the first directory's tag, else that of the preview's EXIF | the largest preview ([`super::raw_preview`]) |
//!
//! EXIF counts even if its value is none of 1 to 8, which turns nothing. In AVIF, HEIC and JPEG XL,
//! EXIF and XMP don't count, by their standards; Pillow makes an exception of XMP in an AVIF file
//! without EXIF and `irot`, which isn't followed here. Nor is EXIF that is written out in a PNG's
//! text ("Raw profile type exif"), or XMP that is compressed there.

use super::{
    format::{Format, PictureFormat},
    orientation::Orientation,
};
use std::ops::Range;

/// How a file's picture is to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presentation {
    /// What makes the pixels of the *edited* file upright.
    pub orientation: Orientation,
    /// Changes to the file, in its order, after which every decoder gives the picture that counts
    /// and leaves [`Presentation::orientation`] to the caller. Without them, decoders differ:
    /// Chromium 156 turns JPEG and PNG and not WebP, whatever `imageOrientation` asks for.
    pub edits: Vec<Edit>,
    /// Whether every browser can be trusted to show the unedited file upright: where nothing is to
    /// be turned, or EXIF in JPEG says so.
    pub is_shown_upright: bool,
}

impl Default for Presentation {
    fn default() -> Self {
        Self {
            orientation: Orientation::default(),
            edits: Vec::new(),
            is_shown_upright: true,
        }
    }
}

/// A change to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The bytes that go, by their position in the file.
    pub range: Range<u64>,
    /// What comes instead.
    pub with: Vec<u8>,
}

/// A file of which at least the beginning can be read.
pub struct FileBytes<'a> {
    /// Bytes in the file.
    pub total: u64,
    /// Bytes that can be read, from the file's beginning.
    pub available: u64,
    /// Reads a range that is available.
    pub read: &'a dyn Fn(Range<usize>) -> Vec<u8>,
}

/// What is to be read lies beyond the bytes at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the file's beginning doesn't say how it is shown")]
pub struct HeadTooShort;

impl FileBytes<'_> {
    /// Gives a file that is in memory, or as much of it as is, to a function.
    pub(super) fn with<T>(bytes: &[u8], call: impl FnOnce(&FileBytes<'_>) -> T) -> T {
        let length = bytes.len() as u64;
        call(&FileBytes {
            total: length,
            available: length,
            read: &|range| bytes.get(range).unwrap_or_default().to_vec(),
        })
    }

    /// Reads `count` bytes at `start`; `None` where the file ends before.
    pub(super) fn get(&self, start: u64, count: u64) -> Result<Option<Vec<u8>>, HeadTooShort> {
        let end = start.saturating_add(count);
        if end > self.total {
            return Ok(None);
        }
        if end > self.available {
            return Err(HeadTooShort);
        }
        Ok(Some((self.read)(start as usize..end as usize)))
    }
}

impl Presentation {
    /// Reads it from a file of this format. Metadata that make no sense count as none.
    ///
    /// # Errors
    /// [`HeadTooShort`] if more than the available bytes is needed: never for a whole file.
    pub fn read(format: Format, file: &FileBytes<'_>) -> Result<Self, HeadTooShort> {
        match format {
            Format::Picture(PictureFormat::Jpeg) => read_jpeg(file),
            Format::Picture(PictureFormat::Png) => read_png(file),
            Format::Picture(PictureFormat::WebP) => read_webp(file),
            // Some AVIF files only say that they are of HEIF's family.
            Format::Picture(PictureFormat::Avif | PictureFormat::Heic) => read_avif(file),
            _ => Ok(Self::default()),
        }
    }

    /// Reads it from a whole file in memory.
    pub fn of(format: Format, bytes: &[u8]) -> Self {
        FileBytes::with(bytes, |file| Self::read(format, file)).unwrap_or_default()
    }
}

/// An orientation that metadata name, and where.
#[derive(Debug, Clone)]
struct Tag {
    orientation: Orientation,
    /// The edit that takes it away.
    neutral: Edit,
}

impl Tag {
    fn new(value: u32, start: u64, neutral: Vec<u8>) -> Self {
        Self {
            // As for decoders, what is none of the eight values turns nothing.
            orientation: Orientation::from_exif(value).unwrap_or_default(),
            neutral: Edit {
                range: start..start + neutral.len() as u64,
                with: neutral,
            },
        }
    }
}

/// The edit that a tag needs: none if it turns nothing.
fn neutral(tag: &Tag) -> Option<Edit> {
    (!tag.orientation.is_upright()).then(|| tag.neutral.clone())
}

/// What metadata in a file say, in the order in which it counts.
#[derive(Default)]
struct Tags {
    exif: Option<Tag>,
    xmp: Option<Tag>,
    edits: Vec<Edit>,
}

impl Tags {
    /// Takes whichever counts. XMP is only neutralised where it does.
    fn into_presentation(mut self) -> Presentation {
        let tag = match (self.exif, self.xmp) {
            (None, Some(xmp)) => {
                self.edits.extend(neutral(&xmp));
                Some(xmp.orientation)
            }
            (exif, _) => exif.map(|tag| tag.orientation),
        };
        self.edits.sort_by_key(|edit| edit.range.start);
        let orientation = tag.unwrap_or_default();
        Presentation {
            orientation,
            edits: self.edits,
            is_shown_upright: orientation.is_upright(),
        }
    }
}

const EXIF_PREFIX: &[u8] = b"Exif\0\0";
const XMP_PREFIX: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
const XMP_KEYWORD: &[u8] = b"XML:com.adobe.xmp\0";

fn read_jpeg(file: &FileBytes<'_>) -> Result<Presentation, HeadTooShort> {
    let mut tags = Tags::default();
    let mut first = true;
    let mut at = 2;
    while let Some(marker) = file.get(at, 2)? {
        match marker[..] {
            // Bytes that fill up.
            [0xff, 0xff] => at += 1,
            // Markers without a length.
            [0xff, 0x01 | 0xd0..=0xd8] => at += 2,
            // The scan, or the end.
            [0xff, 0xd9 | 0xda] => break,
            [0xff, kind] => {
                let Some(length) = file.get(at + 2, 2)? else {
                    break;
                };
                let length = u64::from(u16::from_be_bytes([length[0], length[1]]));
                let start = at + 4;
                if kind == 0xe1 {
                    let body = file.get(start, length.saturating_sub(2))?;
                    let body = body.unwrap_or_default();
                    if body.starts_with(EXIF_PREFIX) {
                        let tag = exif(&body, start);
                        // Browsers may heed another than the first.
                        tags.edits.extend(tag.iter().filter_map(neutral));
                        if std::mem::take(&mut first) {
                            tags.exif = tag;
                        }
                    } else if body.starts_with(XMP_PREFIX) {
                        tags.xmp = xmp(&body, start);
                    }
                }
                at += 2 + length;
            }
            _ => break,
        }
    }
    let is_shown_upright = tags.exif.is_some();
    let mut presentation = tags.into_presentation();
    presentation.is_shown_upright |= is_shown_upright;
    Ok(presentation)
}

fn read_png(file: &FileBytes<'_>) -> Result<Presentation, HeadTooShort> {
    const SIGNATURE: u64 = 8;
    let mut tags = Tags::default();
    let mut at = SIGNATURE;
    while let Some(head) = file.get(at, 8)? {
        let length = u64::from(u32::from_be_bytes([head[0], head[1], head[2], head[3]]));
        let (start, end) = (at + 8, at + 12 + length);
        // Chunks have a checksum, so they go as a whole.
        let cut = Edit {
            range: at..end,
            with: Vec::new(),
        };
        match &head[4..] {
            b"eXIf" => {
                let body = file.get(start, length)?.unwrap_or_default();
                tags.exif = exif(&body, start).map(|tag| Tag {
                    neutral: cut,
                    ..tag
                });
                tags.edits.extend(tags.exif.iter().filter_map(neutral));
            }
            b"iTXt" => {
                let body = file.get(start, length)?.unwrap_or_default();
                // The keyword's next byte says whether the text is compressed.
                if body.starts_with(XMP_KEYWORD) && body.get(XMP_KEYWORD.len()) == Some(&0) {
                    tags.xmp = xmp(&body, start).map(|tag| Tag {
                        neutral: cut,
                        ..tag
                    });
                }
            }
            // Without it, an APNG is a PNG.
            b"acTL" => tags.edits.push(cut),
            b"IEND" => break,
            _ => {}
        }
        at = end;
    }
    Ok(tags.into_presentation())
}

fn read_webp(file: &FileBytes<'_>) -> Result<Presentation, HeadTooShort> {
    const EXIF_FLAG: u8 = 0x08;
    const XMP_FLAG: u8 = 0x04;
    let mut tags = Tags::default();
    // "RIFF", its size, "WEBP"; then the extended header's chunk, whose body begins with flags.
    let Some(head) = file.get(0, 21)? else {
        return Ok(Presentation::default());
    };
    let (has_exif, has_xmp) = match &head[12..16] {
        b"VP8X" => (head[20] & EXIF_FLAG != 0, head[20] & XMP_FLAG != 0),
        _ => (false, false),
    };
    let mut at = 12;
    while (has_exif && tags.exif.is_none()) || (has_xmp && tags.xmp.is_none()) {
        let Some(head) = file.get(at, 8)? else { break };
        let length = u64::from(u32::from_le_bytes([head[4], head[5], head[6], head[7]]));
        let start = at + 8;
        match &head[..4] {
            b"EXIF" if has_exif && tags.exif.is_none() => {
                let body = file.get(start, length)?.unwrap_or_default();
                tags.exif = exif(&body, start);
                tags.edits.extend(tags.exif.iter().filter_map(neutral));
            }
            b"XMP " if has_xmp && tags.xmp.is_none() => {
                let body = file.get(start, length)?.unwrap_or_default();
                tags.xmp = xmp(&body, start);
            }
            _ => {}
        }
        at = start + length.next_multiple_of(2);
    }
    Ok(tags.into_presentation())
}

/// A sequence that has a still picture as well is made out to be only that. Its frames come with
/// transformations and a range of values of their own, which not every decoder heeds: Chromium 156
/// shows full range as if it were limited.
fn read_avif(file: &FileBytes<'_>) -> Result<Presentation, HeadTooShort> {
    const SEQUENCE: &[u8] = b"avis";
    const STILL: &[u8] = b"avif";
    let mut presentation = Presentation::default();
    let length = match file.get(0, 4)? {
        Some(length) => u32::from_be_bytes([length[0], length[1], length[2], length[3]]),
        None => 0,
    };
    let Some(head) = file.get(0, u64::from(length))? else {
        return Ok(presentation);
    };
    // The major brand, its version, and the brands that the file is compatible with.
    let brands = || head.chunks_exact(4).enumerate().skip(2);
    if brands().any(|(_, brand)| brand == STILL) {
        let sequences = brands().filter(|(_, brand)| *brand == SEQUENCE);
        presentation.edits = sequences
            .map(|(index, _)| Edit {
                range: index as u64 * 4..index as u64 * 4 + 4,
                with: STILL.to_vec(),
            })
            .collect();
    }
    Ok(presentation)
}

/// The orientation in an EXIF block, which lies at `start` in the file.
fn exif(block: &[u8], start: u64) -> Option<Tag> {
    const ORIENTATION: u32 = 0x0112;
    let mut at = 0;
    while block[at..].starts_with(EXIF_PREFIX) {
        at += EXIF_PREFIX.len();
    }
    let (tiff, start) = (&block[at..], start + at as u64);
    let is_little = match tiff.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let number = |at: usize, bytes: usize| -> Option<u32> {
        let bytes = tiff.get(at..at.checked_add(bytes)?)?;
        let add = |sum, &byte| sum << 8 | u32::from(byte);
        Some(match is_little {
            true => bytes.iter().rev().fold(0, add),
            false => bytes.iter().fold(0, add),
        })
    };
    let directory = number(4, 4)? as usize;
    let entries = number(directory, 2)? as usize;
    // Each entry: tag, type, count and value; values of up to four bytes stand in it.
    let mut entries = (0..entries).map_while(|entry| {
        let at = directory.checked_add(2 + entry * 12)?;
        Some((at, number(at, 2)?))
    });
    let (at, _) = entries.find(|(_, tag)| *tag == ORIENTATION)?;
    let bytes = match number(at + 2, 2)? {
        // Whole numbers of two and of four bytes.
        3 | 8 => 2,
        4 | 9 => 4,
        _ => 0,
    };
    let value = match number(at + 4, 4)? {
        1 => number(at + 8, bytes)?,
        _ => 0,
    };
    let mut neutral = vec![0; bytes];
    if let Some(lowest) = neutral.get_mut(if is_little {
        0
    } else {
        bytes.saturating_sub(1)
    }) {
        *lowest = 1;
    }
    Some(Tag::new(value, start + at as u64 + 8, neutral))
}

/// The orientation in XMP, a text which lies at `start` in the file: an attribute or an element.
fn xmp(text: &[u8], start: u64) -> Option<Tag> {
    const NAME: &[u8] = b"tiff:Orientation";
    let names = text.windows(NAME.len()).enumerate();
    names.filter(|(_, name)| *name == NAME).find_map(|(at, _)| {
        let value = &text[at + NAME.len()..];
        let before = [&b"=\""[..], b">"]
            .into_iter()
            .find(|before| value.starts_with(before))?;
        let digit = value
            .get(before.len())
            .filter(|byte| byte.is_ascii_digit())?;
        let at = at + NAME.len() + before.len();
        let value = u32::from(digit - b'0');
        Some(Tag::new(value, start + at as u64, b"1".to_vec()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixels::check;

    fn fixture(name: &str) -> Vec<u8> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/presentation");
        std::fs::read(format!("{folder}/{name}")).unwrap()
    }

    fn read(file: &[u8]) -> Presentation {
        Presentation::of(Format::of(file), file)
    }

    fn edited(mut file: Vec<u8>, edits: &[Edit]) -> Vec<u8> {
        for Edit { range, with } in edits.iter().rev() {
            let range = range.start as usize..range.end as usize;
            file.splice(range, with.iter().copied());
        }
        file
    }

    fn exif(value: u32) -> Orientation {
        Orientation::from_exif(value).unwrap()
    }

    #[test]
    fn every_orientation_is_read_and_taken_out_of_the_file() {
        let each = (1..=8).flat_map(|value| {
            ["jpg", "png", "webp"].map(|ending| (format!("exif{value}.{ending}"), value, value > 1))
        });
        // With whether there is anything to take out.
        let others = [
            ("exif6-lossy.webp", 6, true),
            ("exif6-last.png", 6, true),
            ("exif9-xmp6.jpg", 1, false),
            ("exif3-xmp6.webp", 3, true),
            ("exif6-unannounced.webp", 1, false),
            ("exif6.avif", 1, false),
            ("irot6.avif", 1, false),
            ("codestream6.jxl", 1, false),
            ("xmp6.jpg", 6, true),
            ("xmp6.png", 6, true),
            ("xmp6.webp", 6, true),
            ("frames.gif", 1, false),
            ("frames.webp", 1, false),
            ("frames.png", 1, true),
            ("frames.avif", 1, true),
        ];
        let others = others.map(|(name, value, is_edited)| (name.to_owned(), value, is_edited));
        for (name, value, is_edited) in each.chain(others) {
            let file = fixture(&name);
            let presentation = read(&file);
            assert_eq!(presentation.orientation, exif(value), "{name}");
            assert_eq!(!presentation.edits.is_empty(), is_edited, "{name}");
            let is_shown_upright = value == 1 || name.starts_with("exif") && name.ends_with("jpg");
            assert_eq!(presentation.is_shown_upright, is_shown_upright, "{name}");
            let plain = edited(file, &presentation.edits);
            assert!(check(&plain, plain.len() as u64).is_ok());
            assert_eq!(read(&plain), Presentation::default(), "{name}");
        }
    }

    #[test]
    fn what_the_head_does_not_say_is_looked_for_in_the_whole_file() {
        for (name, is_enough) in [
            ("exif6.jpg", true),
            ("exif6-unannounced.webp", true),
            ("exif6.webp", false),
            ("exif6-last.png", false),
            ("frames.avif", true),
        ] {
            let file = fixture(name);
            let available = file.len() as u64 * 3 / 4;
            let head = FileBytes {
                total: file.len() as u64,
                available,
                read: &|range| {
                    assert!(range.end as u64 <= available);
                    file[range].to_vec()
                },
            };
            let found = Presentation::read(Format::of(&file), &head);
            let expected = is_enough.then(|| read(&file)).ok_or(HeadTooShort);
            assert_eq!(found, expected, "{name}");
        }
    }

    #[test]
    fn damaged_metadata_turn_nothing_and_break_nothing() {
        for name in [
            "exif6.jpg",
            "exif6.png",
            "exif6.webp",
            "xmp6.jpg",
            "frames.avif",
        ] {
            let file = fixture(name);
            for length in 12..file.len().min(600) {
                read(&file[..length]);
            }
            for at in 12..file.len().min(300) {
                for value in [0, 0x7f, 0xff] {
                    let mut file = file.clone();
                    file[at] = value;
                    read(&file);
                }
            }
        }
    }

    #[test]
    fn numbers_are_read_in_either_order_and_of_either_length() {
        let little = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0";
        let big = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x04\0\0\0\x01\0\0\0\x06";
        for (tiff, neutral) in [(little, &[1, 0][..]), (big, &[0, 0, 0, 1])] {
            // WebP's may begin as JPEG's, even twice.
            let block = [EXIF_PREFIX, EXIF_PREFIX, tiff].concat();
            let tag = super::exif(&block, 100).unwrap();
            assert_eq!(tag.orientation, exif(6));
            let start = 100 + 12 + 18;
            assert_eq!(tag.neutral.range, start..start + neutral.len() as u64);
            assert_eq!(tag.neutral.with, neutral);
        }
    }

    #[test]
    fn xmp_is_read_as_attribute_and_as_element() {
        for (text, orientation) in [
            (" tiff:Orientation=\"8\" ", Some(8)),
            ("<tiff:Orientation>3</tiff:Orientation>", Some(3)),
            ("tiff:Orientation tiff:Orientation=\"5\"", Some(5)),
            ("tiff:Orientation=\"x\"", None),
            ("tiff:Orientation=\"", None),
        ] {
            let tag = xmp(text.as_bytes(), 0);
            assert_eq!(
                tag.map(|tag| tag.orientation),
                orientation.map(exif),
                "{text}"
            );
        }
    }
}
