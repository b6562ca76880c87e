//! The boxes of a HEIF file ([`Container`]): its items, what they refer to, and their properties. No
//! length in the file is trusted.

use crate::DecodeError;
use heic_decoder::ColorInfo;

/// Items, properties, references or boxes of one kind at most.
const MAX_COUNT: usize = 1 << 14;

/// The still pictures of a file.
#[derive(Debug, Default)]
pub struct Container<'a> {
    file: &'a [u8],
    primary: u32,
    items: Vec<Item>,
    locations: Vec<Location>,
    references: Vec<Reference>,
    properties: Vec<Property>,
    /// Items and the indices of their properties, from 1.
    associations: Vec<(u32, usize)>,
    data: &'a [u8],
}

#[derive(Debug)]
struct Item {
    id: u32,
    kind: [u8; 4],
}

#[derive(Debug)]
struct Location {
    id: u32,
    /// Whether the extents lie in the container's own data box, not in the file.
    is_inside: bool,
    /// Offset and length, 0 for all that follows.
    extents: Vec<(u64, u64)>,
}

#[derive(Debug)]
struct Reference {
    kind: [u8; 4],
    from: u32,
    to: Vec<u32>,
}

/// What is said of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Property {
    /// Its colours.
    Colour(ColorInfo),
    /// Quarter turns against the clock.
    Turn(u8),
    /// 0 exchanges top and bottom, 1 left and right.
    Mirror(u8),
    /// What an auxiliary picture is for.
    Purpose(Vec<u8>),
    /// Anything else.
    Other,
}

/// A picture made of tiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    pub rows: usize,
    pub columns: usize,
    pub width: usize,
    pub height: usize,
}

const fn malformed(what: &'static str) -> DecodeError {
    DecodeError::Malformed(what)
}

/// Bytes that are read one after the other.
#[derive(Clone, Copy)]
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        let ends = || malformed("a box that ends early");
        let (taken, rest) = self.0.split_at_checked(count).ok_or_else(ends)?;
        self.0 = rest;
        Ok(taken)
    }

    /// A number of `count` bytes, at most 8.
    fn number(&mut self, count: usize) -> Result<u64, DecodeError> {
        let bytes = self.take(count)?;
        Ok(bytes
            .iter()
            .fold(0, |sum, &byte| sum << 8 | u64::from(byte)))
    }

    fn byte(&mut self) -> Result<u8, DecodeError> {
        Ok(self.number(1)? as u8)
    }

    fn u16(&mut self) -> Result<u16, DecodeError> {
        Ok(self.number(2)? as u16)
    }

    fn u32(&mut self) -> Result<u32, DecodeError> {
        Ok(self.number(4)? as u32)
    }

    /// An item's number, of 2 bytes or of 4.
    fn id(&mut self, is_long: bool) -> Result<u32, DecodeError> {
        if is_long {
            self.u32()
        } else {
            self.u16().map(u32::from)
        }
    }

    fn kind(&mut self) -> Result<[u8; 4], DecodeError> {
        Ok(self.u32()?.to_be_bytes())
    }

    /// A full box's version and flags.
    fn version(&mut self) -> Result<(u8, u32), DecodeError> {
        let word = self.u32()?;
        Ok(((word >> 24) as u8, word & 0x00ff_ffff))
    }

    /// The next box; `None` at the end.
    fn next_box(&mut self) -> Result<Option<([u8; 4], Reader<'a>)>, DecodeError> {
        if self.0.len() < 8 {
            return Ok(None);
        }
        let length = self.number(4)?;
        let kind = self.kind()?;
        let length = match length {
            0 => self.0.len() as u64,
            1 => self
                .number(8)?
                .checked_sub(16)
                .ok_or(malformed("a box that is shorter than its head"))?,
            length => length
                .checked_sub(8)
                .ok_or(malformed("a box that is shorter than its head"))?,
        };
        let length = usize::try_from(length).map_err(|_| malformed("a box that is too long"))?;
        Ok(Some((kind, Reader(self.take(length)?))))
    }

    fn boxes(mut self) -> Result<Vec<([u8; 4], Reader<'a>)>, DecodeError> {
        let mut boxes = Vec::new();
        while let Some(next) = self.next_box()? {
            boxes.push(next);
            if boxes.len() == MAX_COUNT {
                return Err(malformed("too many boxes"));
            }
        }
        Ok(boxes)
    }
}

impl<'a> Container<'a> {
    /// Reads the boxes of a whole file.
    pub fn parse(file: &'a [u8]) -> Result<Self, DecodeError> {
        let mut container = Self {
            file,
            ..Self::default()
        };
        let mut reader = Reader(file);
        while let Some((kind, mut body)) = reader.next_box()? {
            if &kind == b"meta" {
                body.version()?;
                container.read_meta(body)?;
                return Ok(container);
            }
        }
        Err(malformed("a file without a still picture"))
    }

    fn read_meta(&mut self, body: Reader<'a>) -> Result<(), DecodeError> {
        for (kind, body) in body.boxes()? {
            match &kind {
                b"pitm" => self.primary = read_primary(body)?,
                b"iinf" => self.items = read_items(body)?,
                b"iloc" => self.locations = read_locations(body)?,
                b"iref" => self.references = read_references(body)?,
                b"iprp" => self.read_properties(body)?,
                b"idat" => self.data = body.0,
                _ => {}
            }
        }
        Ok(())
    }

    fn read_properties(&mut self, body: Reader<'a>) -> Result<(), DecodeError> {
        for (kind, mut body) in body.boxes()? {
            match &kind {
                b"ipco" => {
                    let boxes = body.boxes()?;
                    let read = |(kind, body)| read_property(kind, body);
                    self.properties = boxes.into_iter().map(read).collect::<Result<_, _>>()?;
                }
                b"ipma" => {
                    let (version, flags) = body.version()?;
                    let entries = body.u32()?;
                    for _ in 0..entries {
                        let id = body.id(version > 0)?;
                        for _ in 0..body.byte()? {
                            let index = match flags & 1 {
                                0 => usize::from(body.byte()? & 0x7f),
                                _ => usize::from(body.u16()? & 0x7fff),
                            };
                            self.associations.push((id, index));
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The item that counts.
    pub fn primary(&self) -> u32 {
        self.primary
    }

    /// An item's kind, such as `av01`.
    pub fn kind(&self, id: u32) -> Result<[u8; 4], DecodeError> {
        let item = self.items.iter().find(|item| item.id == id);
        item.map(|item| item.kind)
            .ok_or(malformed("an item that isn't there"))
    }

    /// What is said of an item, in the order in which it applies.
    pub fn properties(&self, id: u32) -> impl Iterator<Item = &Property> {
        let of_item = self.associations.iter().filter(move |(of, _)| *of == id);
        of_item.filter_map(|(_, index)| self.properties.get(index.checked_sub(1)?))
    }

    /// The items that an item refers to.
    pub fn referred(&self, from: u32, kind: &[u8; 4]) -> &[u32] {
        let mut references = self.references.iter();
        references
            .find(|reference| reference.from == from && reference.kind == *kind)
            .map_or(&[], |reference| &reference.to)
    }

    /// The auxiliary picture of an item's opacity.
    pub fn opacity_of(&self, id: u32) -> Option<u32> {
        const PURPOSES: [&[u8]; 2] = [
            b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha",
            b"urn:mpeg:hevc:2015:auxid:1",
        ];
        let is_opacity = |property: &Property| match property {
            Property::Purpose(purpose) => PURPOSES.contains(&&purpose[..]),
            _ => false,
        };
        let auxiliary = self
            .references
            .iter()
            .filter(|reference| &reference.kind == b"auxl" && reference.to.contains(&id));
        auxiliary
            .map(|reference| reference.from)
            .find(|&from| self.properties(from).any(is_opacity))
    }

    /// An item's bytes.
    pub fn data(&self, id: u32) -> Result<Vec<u8>, DecodeError> {
        let location = self.locations.iter().find(|location| location.id == id);
        let location = location.ok_or(malformed("an item without a place"))?;
        let whole = match location.is_inside {
            true => self.data,
            false => self.file,
        };
        let mut data = Vec::new();
        for &(offset, length) in &location.extents {
            let outside = || malformed("an item outside of the file");
            let start = usize::try_from(offset).map_err(|_| outside())?;
            let length = usize::try_from(length).map_err(|_| outside())?;
            let rest = whole.get(start..).ok_or_else(outside)?;
            let part = match length {
                0 => rest,
                length => rest.get(..length).ok_or_else(outside)?,
            };
            // Extents that overlap would grow beyond all bounds.
            if data.len() + part.len() > whole.len() {
                return Err(malformed("an item that is longer than its file"));
            }
            data.extend_from_slice(part);
        }
        Ok(data)
    }

    /// A grid's description.
    pub fn grid(&self, id: u32) -> Result<Grid, DecodeError> {
        let data = self.data(id)?;
        let mut reader = Reader(&data);
        let _version = reader.byte()?;
        let bytes = match reader.byte()? & 1 {
            0 => 2,
            _ => 4,
        };
        Ok(Grid {
            rows: usize::from(reader.byte()?) + 1,
            columns: usize::from(reader.byte()?) + 1,
            width: reader.number(bytes)? as usize,
            height: reader.number(bytes)? as usize,
        })
    }
}

fn read_primary(mut body: Reader<'_>) -> Result<u32, DecodeError> {
    let (version, _) = body.version()?;
    body.id(version > 0)
}

fn read_items(mut body: Reader<'_>) -> Result<Vec<Item>, DecodeError> {
    let (version, _) = body.version()?;
    body.id(version > 0)?;
    let mut items = Vec::new();
    for (kind, mut body) in body.boxes()? {
        if &kind != b"infe" {
            continue;
        }
        let (version, _) = body.version()?;
        if version < 2 {
            return Err(DecodeError::Unsupported("an item of an old version"));
        }
        let id = body.id(version > 2)?;
        let _protection = body.u16()?;
        items.push(Item {
            id,
            kind: body.kind()?,
        });
    }
    Ok(items)
}

fn read_locations(mut body: Reader<'_>) -> Result<Vec<Location>, DecodeError> {
    let (version, _) = body.version()?;
    let sizes = body.u16()?;
    // Bytes of numbers: offsets, lengths, what is added to offsets, indices.
    let size = |shift: u16| usize::from(sizes >> shift & 0xf).min(8);
    let (offset, length, base) = (size(12), size(8), size(4));
    let index = if version > 0 { size(0) } else { 0 };
    let count = body.id(version > 1)?;
    let mut locations = Vec::new();
    for _ in 0..count {
        let id = body.id(version > 1)?;
        let method = match version {
            0 => 0,
            _ => body.u16()? & 0xf,
        };
        if method > 1 {
            return Err(DecodeError::Unsupported("an item made of another one"));
        }
        let _file = body.u16()?;
        let start = body.number(base)?;
        let mut extents = Vec::new();
        for _ in 0..body.u16()? {
            body.number(index)?;
            let offset = start.saturating_add(body.number(offset)?);
            extents.push((offset, body.number(length)?));
            if offset == u64::MAX || extents.len() > MAX_COUNT {
                return Err(malformed("an item outside of the file"));
            }
        }
        locations.push(Location {
            id,
            is_inside: method == 1,
            extents,
        });
        if locations.len() > MAX_COUNT {
            return Err(malformed("too many items"));
        }
    }
    Ok(locations)
}

fn read_references(mut body: Reader<'_>) -> Result<Vec<Reference>, DecodeError> {
    let (version, _) = body.version()?;
    let mut references = Vec::new();
    for (kind, mut body) in body.boxes()? {
        let from = body.id(version > 0)?;
        let count = body.u16()?;
        let to = (0..count).map(|_| body.id(version > 0));
        references.push(Reference {
            kind,
            from,
            to: to.collect::<Result<_, _>>()?,
        });
    }
    Ok(references)
}

fn read_property(kind: [u8; 4], mut body: Reader<'_>) -> Result<Property, DecodeError> {
    Ok(match &kind {
        b"colr" if body.0.starts_with(b"nclx") => {
            body.kind()?;
            Property::Colour(ColorInfo {
                color_primaries: body.u16()?,
                transfer_characteristics: body.u16()?,
                matrix_coefficients: body.u16()?,
                full_range: body.byte()? & 0x80 != 0,
            })
        }
        b"irot" => Property::Turn(body.byte()? & 3),
        b"imir" => Property::Mirror(body.byte()? & 1),
        b"auxC" => {
            body.version()?;
            let purpose = body.0.split(|byte| *byte == 0).next();
            Property::Purpose(purpose.unwrap_or_default().to_vec())
        }
        _ => Property::Other,
    })
}
