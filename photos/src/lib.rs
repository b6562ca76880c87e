//! Decoders for what browsers and the `image` crate don't read: bytes of a file in, upright RGBA out
//! ([`decode`]). HEIC, JPEG XL and TIFF; AVIF at the terminal alone, since every browser has it.
//!
//! Files are foreign and may be made to do harm: sizes are checked before memory is reserved for
//! them, and what a decoder refuses is an error. A decoder that breaks nevertheless is the caller's
//! to contain: the page runs this crate as a WebAssembly module of its own, the terminal in a
//! thread of its own.

#[cfg(feature = "avif")]
mod avif;
mod heic;
#[cfg(feature = "avif")]
mod heif;
mod jxl;
mod tiff;

use glimpse_model::pixels::{MAX_PIXELS, OpenError, PictureFormat};

/// A decoded picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// Upright pixels, row-major, 4 bytes each: red, green, blue, opacity (not multiplied in).
    pub rgba: Vec<u8>,
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
}

/// Why a picture isn't decoded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// More pixels than [`MAX_PIXELS`].
    #[error("{width} × {height} pixels, {MAX_PIXELS} allowed")]
    TooLarge {
        /// Width of the picture in pixels.
        width: u64,
        /// Height of the picture in pixels.
        height: u64,
    },
    /// A format that this crate has no decoder for.
    #[error("no decoder for {0}")]
    NoDecoder(PictureFormat),
    /// The HEIC decoder's refusal.
    #[error(transparent)]
    Heic(#[from] heic_decoder::HeifError),
    /// The JPEG XL decoder's refusal.
    #[error(transparent)]
    JpegXl(#[from] ::jxl::error::Error),
    /// The TIFF decoder's refusal.
    #[error(transparent)]
    Tiff(#[from] ::tiff::TiffError),
    /// The AV1 decoder's refusal.
    #[cfg(feature = "avif")]
    #[error("AV1: {0}")]
    Av1(#[from] re_rav1d::dav1d::Error),
    /// A part of the file is missing, or makes no sense.
    #[error("{0}")]
    Malformed(&'static str),
    /// A valid file of a kind that isn't decoded.
    #[error("{0}, which isn't decoded")]
    Unsupported(&'static str),
}

impl DecodeError {
    /// What a person is told of it, for a file of this format.
    pub fn open_error(&self, format: PictureFormat) -> OpenError {
        match *self {
            Self::TooLarge { width, height } => OpenError::TooLarge { width, height },
            _ => OpenError::Undecodable(format),
        }
    }
}

/// Whether [`decode`] knows the format.
pub fn decodes(format: PictureFormat) -> bool {
    let is_avif = cfg!(feature = "avif") && format == PictureFormat::Avif;
    is_avif
        || matches!(
            format,
            PictureFormat::Heic | PictureFormat::JpegXl | PictureFormat::Tiff
        )
}

/// Decodes a file of this format. Which of several pictures counts and how it is turned:
/// `glimpse_model::pixels::Presentation`.
///
/// # Errors
/// [`DecodeError`] for everything that can't be opened.
pub fn decode(format: PictureFormat, bytes: &[u8]) -> Result<Decoded, DecodeError> {
    match format {
        PictureFormat::Heic => heic::decode(bytes),
        PictureFormat::JpegXl => jxl::decode(bytes),
        PictureFormat::Tiff => tiff::decode(bytes),
        #[cfg(feature = "avif")]
        PictureFormat::Avif => avif::decode(bytes),
        other => Err(DecodeError::NoDecoder(other)),
    }
}

/// Width and height in pixels that a file names for itself, as far as that is known without decoding
/// it.
pub fn size(format: PictureFormat, bytes: &[u8]) -> Option<(usize, usize)> {
    match format {
        PictureFormat::Heic => {
            let info = heic_decoder::probe(bytes).ok()?;
            Some((info.coded_width, info.coded_height))
        }
        PictureFormat::JpegXl => jxl::size(bytes),
        PictureFormat::Tiff => tiff::size(bytes),
        _ => None,
    }
}

/// Refuses more pixels than [`MAX_PIXELS`], and none.
fn check_size(width: usize, height: usize) -> Result<(), DecodeError> {
    let (width, height) = (width as u64, height as u64);
    match width.saturating_mul(height) {
        0 => Err(DecodeError::Malformed("a picture without pixels")),
        pixels if pixels > MAX_PIXELS => Err(DecodeError::TooLarge { width, height }),
        _ => Ok(()),
    }
}

/// Undoes the multiplication of colours by their opacity.
fn divide_by_opacity(rgba: &mut [u8]) {
    let (pixels, _) = rgba.as_chunks_mut::<4>();
    for [red, green, blue, opacity] in pixels {
        for value in [red, green, blue] {
            let opacity = u16::from(*opacity).max(1);
            *value = ((u16::from(*value) * 255 + opacity / 2) / opacity).min(255) as u8;
        }
    }
}
