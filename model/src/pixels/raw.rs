//! The preview inside a camera's raw file ([`raw_preview`]): the largest baseline or progressive JPEG
//! that its directories point at, and how the file says that it is turned. The sensor's own values
//! are never decoded.
//!
//! | files | where previews are |
//! | --- | --- |
//! | CR2, NEF, NRW, ARW, DNG, SRW, PEF | directories of a TIFF file, those that it names as sub-directories too |
//! | ORF | the same, and the maker's notes |
//! | RW2 | a tag of the first directory |
//! | RAF | named by the file's header |
//! | CR3 | the tracks of an ISO base media file, and a box of Canon's |
//!
//! The orientation is that of the raw file's first directory; where that has none (RAF), the JPEG's
//! own counts.

use super::{format::MAX_PIXELS, orientation::Orientation, presentation::FileBytes};
use std::collections::BTreeSet;
use std::ops::Range;

/// A raw file's preview.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawPreview {
    /// The JPEG's bytes, by their position in the file.
    pub jpeg: Range<u64>,
    /// What makes the JPEG's stored pixels upright; `None` leaves it to the JPEG's own metadata.
    pub orientation: Option<Orientation>,
}

/// Directories that are looked at in one file.
const MAX_DIRECTORIES: usize = 64;
/// Entries that are read of one directory.
const MAX_ENTRIES: u64 = 1024;
/// Values that are read of one entry, and boxes of one level.
const MAX_VALUES: u64 = 64;
/// Segments that are passed over in search of a JPEG's size.
const MAX_SEGMENTS: usize = 256;
/// Pixels of a preview at least: less is an icon.
const MIN_PIXELS: u64 = 64;

/// Whether a file is a raw one, by its signature or by the directories that can be read.
pub fn is_raw(file: &FileBytes<'_>) -> bool {
    let head = bytes(file, 0, 16).unwrap_or_default();
    if is_raf(&head) || is_cr3(&head) {
        return true;
    }
    let Some(tiff) = Tiff::open(file, 0, &head) else {
        return false;
    };
    tiff.is_of_a_maker || head.get(8..10) == Some(b"CR") || tiff.find().is_raw
}

/// The largest preview of a raw file, `None` where there is none. No length in the file is trusted.
pub fn raw_preview(file: &FileBytes<'_>) -> Option<RawPreview> {
    let head = bytes(file, 0, 16)?;
    let found = if is_raf(&head) {
        find_in_raf(file)
    } else if is_cr3(&head) {
        find_in_cr3(file)
    } else {
        Tiff::open(file, 0, &head)?.find()
    };
    let sized = found.jpegs.into_iter().filter_map(|jpeg| {
        let pixels = jpeg_pixels(file, &jpeg)?;
        (MIN_PIXELS..=MAX_PIXELS)
            .contains(&pixels)
            .then_some((pixels, jpeg))
    });
    let (_, jpeg) = sized.max_by_key(|(pixels, _)| *pixels)?;
    Some(RawPreview {
        jpeg,
        orientation: found.orientation,
    })
}

/// What a file's structure tells.
#[derive(Default)]
struct Found {
    /// Where a JPEG may be.
    jpegs: Vec<Range<u64>>,
    orientation: Option<Orientation>,
    /// Whether a directory is about a sensor's values.
    is_raw: bool,
}

fn is_raf(head: &[u8]) -> bool {
    head.starts_with(b"FUJIFILMCCD-RAW")
}

fn is_cr3(head: &[u8]) -> bool {
    head.get(4..12) == Some(b"ftypcrx ")
}

/// `count` bytes at `start`; `None` where the file, or what can be read of it, ends before.
fn bytes(file: &FileBytes<'_>, start: u64, count: u64) -> Option<Vec<u8>> {
    let bytes = file.get(start, count).ok()??;
    (bytes.len() as u64 == count).then_some(bytes)
}

/// A range that lies in the file and isn't empty.
fn range_in(file: &FileBytes<'_>, start: u64, length: u64) -> Option<Range<u64>> {
    let end = start.checked_add(length)?;
    (length > 0 && end <= file.total).then_some(start..end)
}

fn big_endian(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0, |sum, &byte| sum << 8 | u64::from(byte))
}

/// A JPEG's width times its height; `None` for what is no JPEG, and for one without loss or with more
/// than 8 bits a value, in which cameras store what the sensor saw.
fn jpeg_pixels(file: &FileBytes<'_>, range: &Range<u64>) -> Option<u64> {
    if bytes(file, range.start, 2)? != [0xff, 0xd8] {
        return None;
    }
    let mut at = range.start + 2;
    for _ in 0..MAX_SEGMENTS {
        let segment = bytes(file, at, 10)?;
        if at + 10 > range.end {
            return None;
        }
        match segment[..2] {
            [0xff, 0xff] => at += 1,
            // Baseline, extended, progressive: precision, height, width.
            [0xff, 0xc0..=0xc2] if segment[4] == 8 => {
                return Some(big_endian(&segment[5..7]) * big_endian(&segment[7..9]));
            }
            [0xff, 0xc4 | 0xc8 | 0xcc] | [0xff, 0xdb..=0xfe] => {
                at += 2 + big_endian(&segment[2..4]);
            }
            _ => return None,
        }
    }
    None
}

/// A TIFF structure inside a file.
struct Tiff<'a> {
    file: &'a FileBytes<'a>,
    /// Where the offsets in it count from.
    start: u64,
    /// Where its first directory is, likewise from `start`.
    first: u64,
    is_little: bool,
    /// Whether the signature is one of Olympus's or Panasonic's.
    is_of_a_maker: bool,
}

/// An entry of a directory.
struct Entry {
    tag: u16,
    /// Bytes of a value of its type; 0 for types that aren't read.
    size: u64,
    count: u64,
    /// Where its values are in the file.
    at: u64,
}

impl<'a> Tiff<'a> {
    /// `head` are the structure's first bytes.
    fn open(file: &'a FileBytes<'a>, start: u64, head: &[u8]) -> Option<Self> {
        let (is_little, is_of_a_maker) = match head.get(..4)? {
            b"II*\0" => (true, false),
            b"MM\0*" => (false, false),
            // Olympus, Olympus, Panasonic.
            b"IIRO" | b"IIRS" | b"IIU\0" => (true, true),
            b"MMOR" => (false, true),
            _ => return None,
        };
        let mut tiff = Self {
            file,
            start,
            first: 0,
            is_little,
            is_of_a_maker,
        };
        tiff.first = tiff.number(head.get(4..8)?);
        Some(tiff)
    }

    fn number(&self, bytes: &[u8]) -> u64 {
        match self.is_little {
            true => bytes
                .iter()
                .rev()
                .fold(0, |sum, &byte| sum << 8 | u64::from(byte)),
            false => big_endian(bytes),
        }
    }

    /// A directory's entries, and the offset of the next directory, 0 for none.
    fn directory(&self, offset: u64) -> Option<(Vec<Entry>, u64)> {
        let at = self.start.checked_add(offset)?;
        let count = self.number(&bytes(self.file, at, 2)?);
        let body = bytes(self.file, at + 2, count.min(MAX_ENTRIES) * 12)?;
        let entries = body.chunks_exact(12).enumerate().map(|(index, entry)| {
            let size = match self.number(&entry[2..4]) {
                1 | 2 | 6 | 7 => 1,
                3 | 8 => 2,
                4 | 9 | 13 => 4,
                _ => 0,
            };
            let count = self.number(&entry[4..8]);
            let at = match size * count {
                // Values of up to four bytes are in the entry itself.
                0..=4 => at + 2 + index as u64 * 12 + 8,
                _ => self.start + self.number(&entry[8..]),
            };
            Entry {
                tag: self.number(&entry[..2]) as u16,
                size,
                count,
                at,
            }
        });
        let next = bytes(self.file, at + 2 + count * 12, 4).map(|next| self.number(&next));
        Some((entries.collect(), next.unwrap_or(0)))
    }

    fn values(&self, entry: &Entry) -> Vec<u64> {
        let count = entry.count.min(MAX_VALUES) * entry.size;
        let values = bytes(self.file, entry.at, count).unwrap_or_default();
        let size = (entry.size as usize).max(1);
        values
            .chunks_exact(size)
            .map(|value| self.number(value))
            .collect()
    }

    /// Goes through all directories.
    fn find(&self) -> Found {
        let mut found = Found {
            is_raw: self.is_of_a_maker,
            ..Found::default()
        };
        let mut waiting = vec![self.first];
        let mut seen = BTreeSet::new();
        while let Some(offset) = waiting.pop() {
            if offset == 0 || seen.len() == MAX_DIRECTORIES || !seen.insert(offset) {
                continue;
            }
            if let Some((entries, next)) = self.directory(offset) {
                waiting.push(next);
                let of_first = offset == self.first;
                waiting.extend(self.look_at(&entries, of_first, &mut found));
            }
        }
        found
    }

    /// Takes what a directory says; the offsets of directories below it.
    fn look_at(&self, entries: &[Entry], of_first: bool, found: &mut Found) -> Vec<u64> {
        let entry = |tag| entries.iter().find(|entry| entry.tag == tag);
        let values = |tag| entry(tag).map_or(Vec::new(), |entry| self.values(entry));
        let one = |tag| match values(tag)[..] {
            [value] => Some(value),
            _ => None,
        };
        let mut take = |start: Option<u64>, length: Option<u64>| {
            let place = start.zip(length).and_then(|(start, length)| {
                range_in(self.file, self.start.checked_add(start)?, length)
            });
            found.jpegs.extend(place);
        };
        take(one(tag::JPEG), one(tag::JPEG_LENGTH));
        if matches!(one(tag::COMPRESSION), Some(OLD_JPEG | JPEG)) {
            take(one(tag::STRIPS), one(tag::STRIP_LENGTHS));
            take(one(tag::TILES), one(tag::TILE_LENGTHS));
        }
        if self.is_of_a_maker
            && let Some(jpeg) = entry(tag::PANASONIC_JPEG)
        {
            found.jpegs.extend(range_in(self.file, jpeg.at, jpeg.count));
        }
        if of_first {
            let value = one(tag::ORIENTATION).and_then(|value| u32::try_from(value).ok());
            found.orientation = value.and_then(Orientation::from_exif);
            found.is_raw |= entry(tag::DNG_VERSION).is_some();
        }
        found.is_raw |= matches!(one(tag::PHOTOMETRIC), Some(COLOUR_FILTERS | LINEAR_RAW));
        found.is_raw |= matches!(one(tag::COMPRESSION), Some(NIKON | SONY | PENTAX | SAMSUNG));
        if let Some(notes) = entry(tag::MAKER_NOTES) {
            found.jpegs.extend(self.find_in_notes(notes));
        }
        let below = [values(tag::SUB_DIRECTORIES), values(tag::EXIF)];
        below.concat()
    }

    /// The preview that Olympus's and Pentax's notes point at.
    fn find_in_notes(&self, notes: &Entry) -> Option<Range<u64>> {
        let head = bytes(self.file, notes.at, 16)?;
        let inner = |start: u64, first: u64, is_little: bool| Tiff {
            file: self.file,
            start,
            first,
            is_little,
            is_of_a_maker: false,
        };
        let is_little = |order: &[u8]| order == b"II";
        // Where offsets count from, and whether the preview is named a directory deeper.
        let (tiff, tags) = if head.starts_with(b"OLYMPUS\0") {
            (inner(notes.at, 12, is_little(&head[8..10])), OLYMPUS)
        } else if head.starts_with(b"OM SYSTEM\0") {
            (inner(notes.at, 16, is_little(&head[12..14])), OLYMPUS)
        } else if head.starts_with(b"AOC\0") {
            let first = (notes.at + 6).checked_sub(self.start)?;
            (inner(self.start, first, self.is_little), PENTAX_NOTES)
        } else if head.starts_with(b"PENTAX \0") {
            (inner(notes.at, 10, is_little(&head[8..10])), PENTAX_NOTES)
        } else {
            return None;
        };
        let (mut entries, _) = tiff.directory(tiff.first)?;
        if let Some(settings) = tags.directory {
            let settings = entries.iter().find(|entry| entry.tag == settings)?;
            let offset = match settings.size {
                // A directory's offset, or the directory itself.
                4 => *tiff.values(settings).first()?,
                _ => settings.at.checked_sub(tiff.start)?,
            };
            (entries, _) = tiff.directory(offset)?;
        }
        let one = |tag| {
            let entry = entries.iter().find(|entry| entry.tag == tag)?;
            tiff.values(entry).first().copied()
        };
        let start = tiff.start.checked_add(one(tags.start)?)?;
        range_in(self.file, start, one(tags.length)?)
    }
}

/// Numbers of tags in TIFF's directories.
mod tag {
    pub const PANASONIC_JPEG: u16 = 0x002e;
    pub const COMPRESSION: u16 = 0x0103;
    pub const PHOTOMETRIC: u16 = 0x0106;
    pub const STRIPS: u16 = 0x0111;
    pub const ORIENTATION: u16 = 0x0112;
    pub const STRIP_LENGTHS: u16 = 0x0117;
    pub const TILES: u16 = 0x0144;
    pub const TILE_LENGTHS: u16 = 0x0145;
    pub const SUB_DIRECTORIES: u16 = 0x014a;
    pub const JPEG: u16 = 0x0201;
    pub const JPEG_LENGTH: u16 = 0x0202;
    pub const EXIF: u16 = 0x8769;
    pub const MAKER_NOTES: u16 = 0x927c;
    pub const DNG_VERSION: u16 = 0xc612;
}

/// Compressions, and interpretations of values.
const OLD_JPEG: u64 = 6;
const JPEG: u64 = 7;
const SONY: u64 = 32_767;
const SAMSUNG: u64 = 32_770;
const NIKON: u64 = 34_713;
const PENTAX: u64 = 65_535;
const COLOUR_FILTERS: u64 = 32_803;
const LINEAR_RAW: u64 = 34_892;

/// Where a maker's notes name the preview.
struct NoteTags {
    /// The directory below the notes' first one that does.
    directory: Option<u16>,
    start: u16,
    length: u16,
}

const OLYMPUS: NoteTags = NoteTags {
    directory: Some(0x2020),
    start: 0x0101,
    length: 0x0102,
};
const PENTAX_NOTES: NoteTags = NoteTags {
    directory: None,
    start: 0x0004,
    length: 0x0003,
};

/// Fujifilm's header names the preview's start and length.
fn find_in_raf(file: &FileBytes<'_>) -> Found {
    const AT: u64 = 84;
    let named = bytes(file, AT, 8);
    let range = named.and_then(|named| {
        let (start, length) = (big_endian(&named[..4]), big_endian(&named[4..]));
        range_in(file, start, length)
    });
    Found {
        jpegs: range.into_iter().collect(),
        ..Found::default()
    }
}

/// A box of an ISO base media file.
struct Box {
    kind: [u8; 4],
    body: Range<u64>,
}

/// The boxes in a range.
fn boxes(file: &FileBytes<'_>, range: Range<u64>) -> Vec<Box> {
    let mut boxes = Vec::new();
    let mut at = range.start;
    while boxes.len() < MAX_VALUES as usize
        && at + 8 <= range.end
        && let Some(head) = bytes(file, at, 8)
    {
        let (length, header) = match big_endian(&head[..4]) {
            0 => (range.end - at, 8),
            1 => match bytes(file, at + 8, 8) {
                Some(long) => (big_endian(&long), 16),
                None => break,
            },
            length => (length, 8),
        };
        let end = at.saturating_add(length);
        if length < header || end > range.end {
            break;
        }
        boxes.push(Box {
            kind: [head[4], head[5], head[6], head[7]],
            body: at + header..end,
        });
        at = end;
    }
    boxes
}

/// The first box on a path of kinds.
fn at_path(file: &FileBytes<'_>, mut range: Range<u64>, path: &[&[u8; 4]]) -> Option<Range<u64>> {
    for kind in path {
        let mut inside = boxes(file, range).into_iter();
        range = inside.find(|inner| inner.kind == **kind)?.body;
    }
    Some(range)
}

/// Canon's: a small preview in a box of its own, and a full one as the first sample of a track.
fn find_in_cr3(file: &FileBytes<'_>) -> Found {
    const METADATA: &[u8] = b"\x85\xc0\xb6\x87\x82\x0f\x11\xe0\x81\x11\xf4\xce\x46\x2b\x6a\x48";
    const PREVIEW: &[u8] = b"\xea\xf4\x2b\x5e\x1c\x98\x4b\x88\xb9\xfb\xb7\xdc\x40\x6e\x4d\x16";
    let mut found = Found {
        is_raw: true,
        ..Found::default()
    };
    for outer in boxes(file, 0..file.total) {
        match &outer.kind {
            b"uuid" if bytes(file, outer.body.start, 16).as_deref() == Some(PREVIEW) => {
                // Behind the name, 8 bytes; in the box, 16 bytes that end with the JPEG's length.
                let inside = outer.body.start + 24..outer.body.end;
                if let Some(preview) = at_path(file, inside, &[b"PRVW"]) {
                    let start = preview.start + 16;
                    found
                        .jpegs
                        .extend((start < preview.end).then_some(start..preview.end));
                }
            }
            b"moov" => {
                for inner in boxes(file, outer.body) {
                    match &inner.kind {
                        b"uuid"
                            if bytes(file, inner.body.start, 16).as_deref() == Some(METADATA) =>
                        {
                            let inside = inner.body.start + 16..inner.body.end;
                            found.orientation = canon_orientation(file, inside);
                        }
                        b"trak" => found.jpegs.extend(first_sample(file, inner.body)),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    found
}

fn canon_orientation(file: &FileBytes<'_>, range: Range<u64>) -> Option<Orientation> {
    let tiff = at_path(file, range, &[b"CMT1"])?;
    let head = bytes(file, tiff.start, 16)?;
    Tiff::open(file, tiff.start, &head)?.find().orientation
}

/// Where a track's first sample is.
fn first_sample(file: &FileBytes<'_>, track: Range<u64>) -> Option<Range<u64>> {
    let table = at_path(file, track, &[b"mdia", b"minf", b"stbl"])?;
    // Version and flags, the size of all samples or 0, their count, each one's size.
    let sizes = at_path(file, table.clone(), &[b"stsz"])?;
    let sizes = bytes(file, sizes.start, 12).zip(bytes(file, sizes.start + 12, 4));
    let length = match sizes {
        Some((head, first)) if big_endian(&head[4..8]) == 0 => big_endian(&first),
        Some((head, _)) => big_endian(&head[4..8]),
        None => return None,
    };
    // Version and flags, their count, each chunk's offset.
    let start = match at_path(file, table.clone(), &[b"co64"]) {
        Some(offsets) => big_endian(&bytes(file, offsets.start + 8, 8)?),
        None => {
            let offsets = at_path(file, table, &[b"stco"])?;
            big_endian(&bytes(file, offsets.start + 8, 4)?)
        }
    };
    range_in(file, start, length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixels::{Format, PictureFormat};

    const FILES: [(&str, Option<u32>); 9] = [
        ("adobe.dng", Some(5)),
        ("canon.cr2", Some(6)),
        ("canon.cr3", Some(8)),
        ("fujifilm.raf", None),
        ("nikon.nef", Some(8)),
        ("olympus.orf", Some(8)),
        ("panasonic.rw2", Some(6)),
        ("pentax.pef", Some(6)),
        ("sony.arw", Some(3)),
    ];

    fn fixture(name: &str) -> Vec<u8> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/photos");
        std::fs::read(format!("{folder}/{name}")).unwrap()
    }

    fn preview(file: &[u8]) -> Option<RawPreview> {
        FileBytes::with(file, raw_preview)
    }

    #[test]
    fn the_largest_preview_of_each_maker_is_found() {
        for (name, orientation) in FILES {
            let file = fixture(name);
            let raw = Format::Picture(PictureFormat::Raw);
            assert_eq!(Format::of(&file), raw, "{name}");
            let found = preview(&file).unwrap();
            let expected = orientation.and_then(Orientation::from_exif);
            assert_eq!(found.orientation, expected, "{name}");
            let jpeg = &file[found.jpeg.start as usize..found.jpeg.end as usize];
            let size = imagesize::blob_size(jpeg).unwrap();
            // Not the small one beside it, of 64 × 48 pixels, nor what is stored without loss.
            assert_eq!((size.width, size.height), (128, 96), "{name}");
        }
    }

    #[test]
    fn pictures_in_tiff_are_no_raw_files() {
        for name in ["exif6.tif", "jpeg.tif", "pages.tif", "tiles.tif", "big.tif"] {
            let tiff = Format::Picture(PictureFormat::Tiff);
            assert_eq!(Format::of(&fixture(name)), tiff, "{name}");
        }
    }

    #[test]
    fn damaged_raw_files_break_nothing() {
        for (name, _) in FILES {
            let file = fixture(name);
            let check = |file: &[u8]| {
                if let Some(RawPreview { jpeg, .. }) = preview(file) {
                    assert!(
                        jpeg.start < jpeg.end && jpeg.end <= file.len() as u64,
                        "{name}"
                    );
                }
            };
            for length in (0..file.len()).step_by(7) {
                check(&file[..length]);
            }
            for at in 0..file.len() {
                for value in [0, 0x7f, 0xff] {
                    let mut file = file.clone();
                    file[at] = value;
                    check(&file);
                }
            }
        }
    }

    #[test]
    fn directories_that_name_themselves_are_read_once() {
        // One directory without entries, whose next one is itself.
        let tiff = b"II*\0\x08\0\0\0\0\0\x08\0\0\0";
        assert_eq!(preview(tiff), None);
    }
}
