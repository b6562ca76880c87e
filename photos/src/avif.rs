//! AVIF, by dav1d in Rust: the primary item, be it one picture or a grid of tiles, with its opacity,
//! turned and mirrored as its properties say.

use crate::{
    DecodeError, Decoded, check_size,
    heic::{BT_601, to_rgba},
    heif::{Container, Property},
};
use glimpse_model::pixels::{MAX_PIXELS, Orientation};
use heic_decoder::{
    AlphaPlane, ChromaSampling, ChromaUpsampling, ColorInfo, DecodedImage, Metadata,
};
use re_rav1d::dav1d::{
    Decoder, Error, Picture, PixelLayout, PlanarImageComponent, Settings,
    pixel::{MatrixCoefficients, YUVRange},
};

pub fn decode(bytes: &[u8]) -> Result<Decoded, DecodeError> {
    let container = Container::parse(bytes)?;
    let primary = container.primary();
    let mut image = decode_item(&container, primary)?;
    let named = container
        .properties(primary)
        .find_map(|property| match property {
            Property::Colour(colour) => Some(*colour),
            _ => None,
        });
    if let Some(named) = named {
        image.color_info = Some(named);
    }
    if let Some(opacity) = container.opacity_of(primary) {
        let opacity_image = decode_item(&container, opacity)?;
        if (opacity_image.width, opacity_image.height) != (image.width, image.height) {
            return Err(DecodeError::Unsupported("opacity of another size"));
        }
        image.alpha = Some(AlphaPlane {
            bit_depth: opacity_image.bit_depth_luma,
            samples: full_range(opacity_image),
            premultiplied: container.referred(primary, b"prem").contains(&opacity),
        });
    }
    let mut decoded = to_rgba(image, ChromaUpsampling::Bilinear)?;
    for property in container.properties(primary) {
        let exif = match *property {
            Property::Turn(1) => 8,
            Property::Turn(2) => 3,
            Property::Turn(3) => 6,
            Property::Mirror(0) => 4,
            Property::Mirror(_) => 2,
            _ => continue,
        };
        let orientation = Orientation::from_exif(exif).unwrap_or_default();
        let (width, height) = (decoded.width, decoded.height);
        decoded.rgba = orientation.turn(decoded.rgba, width, height);
        (decoded.width, decoded.height) = orientation.size((width, height));
    }
    Ok(decoded)
}

/// Opacity may be written in limited range, too.
fn full_range(image: DecodedImage) -> Vec<i32> {
    if image.color_info.is_none_or(|colour| colour.full_range) {
        return image.y;
    }
    let shift = image.bit_depth_luma.saturating_sub(8);
    let (black, range) = (16 << shift, 219 << shift);
    let most = (1 << image.bit_depth_luma) - 1;
    let stretched = |value: i32| ((value - black) * most + range / 2) / range;
    image
        .y
        .into_iter()
        .map(|value| stretched(value).clamp(0, most))
        .collect()
}

fn decode_item(container: &Container<'_>, id: u32) -> Result<DecodedImage, DecodeError> {
    match &container.kind(id)? {
        b"av01" => decode_picture(container.data(id)?),
        b"grid" => decode_grid(container, id),
        _ => Err(DecodeError::Unsupported(
            "a picture in AVIF that isn't of AV1",
        )),
    }
}

fn decode_grid(container: &Container<'_>, id: u32) -> Result<DecodedImage, DecodeError> {
    let grid = container.grid(id)?;
    check_size(grid.width, grid.height)?;
    let tiles = container.referred(id, b"dimg");
    if tiles.len() != grid.rows * grid.columns {
        return Err(DecodeError::Malformed("a grid without all its tiles"));
    }
    let mut whole: Option<DecodedImage> = None;
    for (index, &tile) in tiles.iter().enumerate() {
        if container.kind(tile)? != *b"av01" {
            return Err(DecodeError::Unsupported("a grid of something else"));
        }
        let tile = decode_picture(container.data(tile)?)?;
        let whole = whole.get_or_insert_with(|| empty_like(&tile, grid.width, grid.height));
        let is_alike = tile.chroma_format_idc == whole.chroma_format_idc
            && tile.bit_depth_luma == whole.bit_depth_luma;
        if !is_alike {
            return Err(DecodeError::Unsupported("a grid of tiles that differ"));
        }
        let (column, row) = (index % grid.columns, index / grid.columns);
        let planes = [
            (&tile.y, tile.width, tile.height, &mut whole.y, whole.width),
            (
                &tile.cb,
                tile.cb_width,
                tile.cb_height,
                &mut whole.cb,
                whole.cb_width,
            ),
            (
                &tile.cr,
                tile.cb_width,
                tile.cb_height,
                &mut whole.cr,
                whole.cb_width,
            ),
        ];
        for (from, width, height, to, to_width) in planes {
            let left = column * width;
            let copied = width.min(to_width.saturating_sub(left));
            if copied == 0 {
                continue;
            }
            let rows = to.chunks_exact_mut(to_width).skip(row * height);
            for (from, to) in from.chunks_exact(width).zip(rows) {
                to[left..left + copied].copy_from_slice(&from[..copied]);
            }
        }
    }
    whole.ok_or(DecodeError::Malformed("a grid without tiles"))
}

fn empty_like(tile: &DecodedImage, width: usize, height: usize) -> DecodedImage {
    let ChromaSampling { sub_x, sub_y, .. } = tile.chroma_sampling;
    let (cb_width, cb_height) = match tile.chroma_format_idc {
        0 => (0, 0),
        _ => (
            width.div_ceil(sub_x as usize),
            height.div_ceil(sub_y as usize),
        ),
    };
    DecodedImage {
        alpha: None,
        width,
        height,
        y: vec![0; width * height],
        cb: vec![0; cb_width * cb_height],
        cr: vec![0; cb_width * cb_height],
        cb_width,
        cb_height,
        metadata: Metadata::default(),
        ..*tile
    }
}

/// Decodes the pictures in a stream of AV1; the last one counts, which of layers is the finest.
fn decode_picture(data: Vec<u8>) -> Result<DecodedImage, DecodeError> {
    if data.is_empty() {
        return Err(DecodeError::Malformed("an empty stream of AV1"));
    }
    let mut settings = Settings::new();
    // In this thread: a breakdown in another one would be waited for in vain.
    settings.set_n_threads(1);
    settings.set_max_frame_delay(1);
    settings.set_frame_size_limit(MAX_PIXELS as u32);
    let mut decoder = Decoder::with_settings(&settings)?;
    let mut last = None;
    let mut sent = decoder.send_data(data, None, None, None);
    loop {
        match decoder.get_picture() {
            Ok(picture) => last = Some(picture),
            Err(Error::Again) => match sent {
                Err(Error::Again) => sent = decoder.send_pending_data(),
                _ => break,
            },
            Err(error) => return Err(error.into()),
        }
    }
    sent?;
    let picture = last.ok_or(DecodeError::Malformed("no picture in a stream of AV1"))?;
    planes(&picture)
}

fn planes(picture: &Picture) -> Result<DecodedImage, DecodeError> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    check_size(width, height)?;
    let (chroma_format_idc, sub_x, sub_y) = match picture.pixel_layout() {
        PixelLayout::I400 => (0, 1, 1),
        PixelLayout::I420 => (1, 2, 2),
        PixelLayout::I422 => (2, 2, 1),
        PixelLayout::I444 => (3, 1, 1),
    };
    let (cb_width, cb_height) = match chroma_format_idc {
        0 => (0, 0),
        _ => (width.div_ceil(sub_x), height.div_ceil(sub_y)),
    };
    let plane = |component, width, height| samples(picture, component, width, height);
    let depth = picture.bit_depth() as u32;
    Ok(DecodedImage {
        alpha: None,
        width,
        height,
        bit_depth_luma: depth,
        bit_depth_chroma: depth,
        chroma_format_idc,
        color_info: Some(ColorInfo {
            color_primaries: 2,
            transfer_characteristics: 2,
            matrix_coefficients: matrix(picture.matrix_coefficients()),
            full_range: picture.color_range() == YUVRange::Full,
        }),
        chroma_sampling: ChromaSampling {
            sub_x: sub_x as u32,
            sub_y: sub_y as u32,
            origin_x: 0.0,
            origin_y: 0.0,
        },
        y: plane(PlanarImageComponent::Y, width, height)?,
        cb: plane(PlanarImageComponent::U, cb_width, cb_height)?,
        cr: plane(PlanarImageComponent::V, cb_width, cb_height)?,
        cb_width,
        cb_height,
        metadata: Metadata::default(),
    })
}

fn samples(
    picture: &Picture,
    component: PlanarImageComponent,
    width: usize,
    height: usize,
) -> Result<Vec<i32>, DecodeError> {
    if width == 0 {
        return Ok(Vec::new());
    }
    let ends = || DecodeError::Malformed("a plane that ends early");
    let stride = picture.stride(component) as usize;
    let plane = picture.plane(component);
    let bytes = if picture.bit_depth() > 8 { 2 } else { 1 };
    let mut samples = Vec::with_capacity(width * height);
    for row in 0..height {
        let row = plane.get(row * stride..row * stride + width * bytes);
        let row = row.ok_or_else(ends)?;
        if bytes == 1 {
            samples.extend(row.iter().map(|&sample| i32::from(sample)));
        } else {
            let (pairs, _) = row.as_chunks::<2>();
            samples.extend(
                pairs
                    .iter()
                    .map(|pair| i32::from(u16::from_ne_bytes(*pair))),
            );
        }
    }
    Ok(samples)
}

/// The matrix's number in the standard.
fn matrix(matrix: MatrixCoefficients) -> u16 {
    match matrix {
        MatrixCoefficients::Identity => 0,
        MatrixCoefficients::BT709 => 1,
        MatrixCoefficients::BT470M => 4,
        MatrixCoefficients::BT470BG => 5,
        MatrixCoefficients::ST240M => 7,
        MatrixCoefficients::YCgCo => 8,
        MatrixCoefficients::BT2020NonConstantLuminance => 9,
        MatrixCoefficients::BT2020ConstantLuminance => 10,
        _ => BT_601,
    }
}
