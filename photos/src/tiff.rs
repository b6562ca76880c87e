//! TIFF and BigTIFF, by the `tiff` crate: the first page, turned as its tag says. Of 16 bits the upper
//! 8 count, as for Pillow; opacity that is multiplied in is divided out.

use crate::{DecodeError, Decoded, check_size, divide_by_opacity};
use glimpse_model::pixels::{MAX_PIXELS, Orientation};
use std::{borrow::Cow, io::Cursor};
use tiff::{
    ColorType,
    decoder::{Decoder, DecodingResult, Limits},
    tags::Tag,
};

/// Bytes of a pixel at most: five values of 16 bits.
const MAX_PIXEL_BYTES: usize = 10;
/// Values of the tags for extra samples and photometric interpretation.
const ASSOCIATED: u16 = 1;
const UNASSOCIATED: u16 = 2;
const PALETTE: u16 = 3;

type Reader<'a> = Decoder<Cursor<Cow<'a, [u8]>>>;

pub fn decode(bytes: &[u8]) -> Result<Decoded, DecodeError> {
    let mut decoder = open(Cow::Borrowed(bytes))?;
    let (width, height) = decoder.dimensions()?;
    let (width, height) = (width as usize, height as usize);
    check_size(width, height)?;
    let orientation = decoder.find_tag_unsigned(Tag::Orientation)?;
    let orientation = orientation.and_then(Orientation::from_exif);
    let extra = decoder.find_tag_unsigned_vec::<u16>(Tag::ExtraSamples)?;
    let extra = extra.unwrap_or_default();
    let interpretation = decoder.find_tag_unsigned::<u16>(Tag::PhotometricInterpretation)?;
    let mut palette = None;
    if interpretation == Some(PALETTE) {
        palette = Some(decoder.get_tag_u16_vec(Tag::ColorMap)?);
        decoder = open(Cow::Owned(without_palette(bytes, &mut decoder)?))?;
    }
    let colours = decoder.colortype()?;
    let samples = Samples::read(&mut decoder, colours, width, height)?;
    let mut rgba = Vec::with_capacity(width * height * 4);
    let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let sample = |place: (usize, usize), index| samples.get(place.0, place.1, index);
    // Of one sample, with the opacity that may be beside it.
    let has_opacity = matches!(extra.first(), Some(&(ASSOCIATED | UNASSOCIATED)));
    match (colours, palette) {
        (ColorType::Gray(_), Some(palette)) => {
            let colours = palette.len() / 3;
            if colours == 0 {
                return Err(DecodeError::Malformed("a palette without colours"));
            }
            for place in pixels {
                let index = usize::from(samples.index(place.0, place.1)).min(colours - 1);
                let colour = |channel: usize| (palette[channel * colours + index] >> 8) as u8;
                rgba.extend([colour(0), colour(1), colour(2), 255]);
            }
        }
        (ColorType::Gray(_) | ColorType::Multiband { .. }, None) => {
            let count = colours.num_samples();
            for place in pixels {
                let grey = sample(place, 0);
                let opacity = match has_opacity && count > 1 {
                    true => sample(place, 1),
                    false => 255,
                };
                rgba.extend([grey, grey, grey, opacity]);
            }
        }
        (ColorType::RGB(_) | ColorType::RGBA(_), None) => {
            let is_opaque = colours.num_samples() < 4 || !has_opacity;
            for place in pixels {
                let opacity = if is_opaque { 255 } else { sample(place, 3) };
                rgba.extend([
                    sample(place, 0),
                    sample(place, 1),
                    sample(place, 2),
                    opacity,
                ]);
            }
        }
        (ColorType::CMYK(_) | ColorType::CMYKA(_), None) => {
            for place in pixels {
                let black = u16::from(255 - sample(place, 3));
                let colour =
                    |index| (u16::from(255 - sample(place, index)) * black).div_ceil(255) as u8;
                rgba.extend([colour(0), colour(1), colour(2), 255]);
            }
        }
        (ColorType::YCbCr(_), None) => {
            for place in pixels {
                let [y, cb, cr] = [0, 1, 2].map(|index| f32::from(sample(place, index)));
                let (cb, cr) = (cb - 128.0, cr - 128.0);
                let colours = [
                    y + 1.402 * cr,
                    y - 0.344_136 * cb - 0.714_136 * cr,
                    y + 1.772 * cb,
                ];
                rgba.extend(colours.map(|value| value.round().clamp(0.0, 255.0) as u8));
                rgba.push(255);
            }
        }
        _ => return Err(DecodeError::Unsupported("a TIFF file of unusual colours")),
    }
    if extra.first() == Some(&ASSOCIATED) {
        divide_by_opacity(&mut rgba);
    }
    let orientation = orientation.unwrap_or_default();
    let (upright_width, upright_height) = orientation.size((width, height));
    Ok(Decoded {
        rgba: orientation.turn(rgba, width, height),
        width: upright_width,
        height: upright_height,
    })
}

pub fn size(bytes: &[u8]) -> Option<(usize, usize)> {
    let (width, height) = open(Cow::Borrowed(bytes)).ok()?.dimensions().ok()?;
    Some((width as usize, height as usize))
}

fn open(bytes: Cow<'_, [u8]>) -> Result<Reader<'_>, DecodeError> {
    let mut limits = Limits::default();
    limits.decoding_buffer_size = MAX_PIXELS as usize * MAX_PIXEL_BYTES;
    limits.intermediate_buffer_size = limits.decoding_buffer_size;
    Ok(Decoder::new(Cursor::new(bytes))?.with_limits(limits))
}

/// The same file with the indices of its colours as shades of grey, since the decoder knows no
/// palettes.
fn without_palette(bytes: &[u8], decoder: &mut Reader<'_>) -> Result<Vec<u8>, DecodeError> {
    const BLACK_IS_ZERO: u8 = 1;
    const PHOTOMETRIC: u16 = 0x0106;
    let refused = || DecodeError::Unsupported("a palette in BigTIFF");
    let is_little = bytes.starts_with(b"II*\0");
    if !is_little && !bytes.starts_with(b"MM\0*") {
        return Err(refused());
    }
    let directory = decoder.ifd_pointer().ok_or_else(refused)?.0 as usize;
    let number = |at: usize| -> Option<u16> {
        let bytes: [u8; 2] = bytes.get(at..at + 2)?.try_into().ok()?;
        Some(match is_little {
            true => u16::from_le_bytes(bytes),
            false => u16::from_be_bytes(bytes),
        })
    };
    let entries = number(directory).ok_or_else(refused)?;
    let mut entries = (0..usize::from(entries)).map(|index| directory + 2 + index * 12);
    let entry = entries.find(|&at| number(at) == Some(PHOTOMETRIC));
    // Behind tag, type and count; the lower of the value's two bytes.
    let at = entry.ok_or_else(refused)? + 8 + usize::from(!is_little);
    let mut bytes = bytes.to_vec();
    *bytes.get_mut(at).ok_or_else(refused)? = BLACK_IS_ZERO;
    Ok(bytes)
}

/// A page's values as they were stored.
struct Samples {
    values: DecodingResult,
    bits: u8,
    /// Values of a pixel that lie beside each other, and values from one row, and from one plane, to
    /// the next.
    across: usize,
    row: usize,
    plane: usize,
}

impl Samples {
    fn read(
        decoder: &mut Reader<'_>,
        colours: ColorType,
        width: usize,
        height: usize,
    ) -> Result<Self, DecodeError> {
        let layout = decoder.image_buffer_layout()?;
        let (bits, count) = (colours.bit_depth(), usize::from(colours.num_samples()));
        let is_planar = layout.planes > 1;
        let across = if is_planar { 1 } else { count };
        let bytes = usize::from(bits).div_ceil(8);
        let row = layout.row_stride.map_or(0, |stride| stride.get() / bytes);
        let plane = layout.plane_stride.map_or(0, |stride| stride.get() / bytes);
        let mut values = DecodingResult::U8(Vec::new());
        decoder.read_image_to_buffer(&mut values)?;
        let length = match &values {
            DecodingResult::U8(values) => values.len(),
            DecodingResult::U16(values) => values.len(),
            _ => return Err(DecodeError::Unsupported("a TIFF file of unusual values")),
        };
        let is_known = matches!(bits, 8 | 16) || matches!(bits, 1 | 2 | 4) && count == 1;
        let planes = if is_planar { count } else { 1 };
        let row_values = (width * across * usize::from(bits)).div_ceil(usize::from(bits).max(8));
        let needed = (planes - 1) * plane + height.saturating_sub(1) * row + row_values;
        if !is_known || row < row_values || needed > length || planes > layout.planes {
            return Err(DecodeError::Unsupported("a TIFF file of unusual layout"));
        }
        Ok(Self {
            values,
            bits,
            across,
            row,
            plane,
        })
    }

    /// A value of a pixel, 0 to 255.
    fn get(&self, x: usize, y: usize, index: usize) -> u8 {
        let at = match self.across {
            1 => index * self.plane + y * self.row + x,
            across => y * self.row + x * across + index,
        };
        match (&self.values, self.bits) {
            (DecodingResult::U8(values), 8) => values[at],
            (DecodingResult::U16(values), _) => (values[at] >> 8) as u8,
            // 1, 3 or 15 is white.
            _ => self.index(x, y) * (255 / ((1 << self.bits.min(7)) - 1)),
        }
    }

    /// The value of a pixel that has only one, as it is stored.
    fn index(&self, x: usize, y: usize) -> u8 {
        let DecodingResult::U8(values) = &self.values else {
            return 0;
        };
        let bits = usize::from(self.bits);
        if bits == 8 {
            return values[y * self.row + x];
        }
        let byte = values[y * self.row + x * bits / 8];
        let shift = 8 - bits - x * bits % 8;
        byte >> shift & ((1 << bits) - 1)
    }
}
