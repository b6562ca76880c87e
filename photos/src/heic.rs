//! HEIC and HEIF with HEVC inside, by `heic-decoder`, which turns, mirrors and crops as the file's
//! boxes say.

use crate::{DecodeError, Decoded, check_size, divide_by_opacity};
use heic_decoder::{ChromaUpsampling, ColorInfo, DecodedImage, RgbOptions};

/// Matrices of colours by their numbers in the standard (ITU-T H.273).
const UNSPECIFIED: u16 = 2;
pub const BT_601: u16 = 6;

/// What libheif takes for a file that doesn't name its colours: BT.601 in full range. The decoder
/// would take BT.709 in limited range.
const UNLABELLED: ColorInfo = ColorInfo {
    color_primaries: UNSPECIFIED,
    transfer_characteristics: UNSPECIFIED,
    matrix_coefficients: BT_601,
    full_range: true,
};

pub fn decode(bytes: &[u8]) -> Result<Decoded, DecodeError> {
    let info = heic_decoder::probe(bytes)?;
    check_size(info.coded_width, info.coded_height)?;
    check_size(info.width, info.height)?;
    // As libheif does; smoother colours differ from its by 1.5 levels of 255 on drawings.
    to_rgba(heic_decoder::decode(bytes)?, ChromaUpsampling::Nearest)
}

/// Converts planes of brightness and colour to RGBA. Colours of half the resolution are taken to lie
/// in the middle between pixels, wherever the file has them: so do libheif and libavif, which the
/// reference implementations read pictures with.
pub fn to_rgba(
    mut image: DecodedImage,
    upsampling: ChromaUpsampling,
) -> Result<Decoded, DecodeError> {
    let sampling = &mut image.chroma_sampling;
    sampling.origin_x = (sampling.sub_x - 1) as f32 / 2.0;
    sampling.origin_y = (sampling.sub_y - 1) as f32 / 2.0;
    let mut color = image.color_info.unwrap_or(UNLABELLED);
    if color.matrix_coefficients == UNSPECIFIED {
        color.matrix_coefficients = BT_601;
    }
    let options = RgbOptions {
        color: Some(color),
        upsampling,
    };
    let mut rgba = image.to_rgba8_with_options(&options)?;
    if rgba.premultiplied {
        divide_by_opacity(&mut rgba.data);
    }
    Ok(Decoded {
        rgba: rgba.data,
        width: rgba.width,
        height: rgba.height,
    })
}
