//! JPEG XL, by the decoder that Chromium and Firefox have: the first frame, turned as the codestream
//! says.

use crate::{DecodeError, Decoded, check_size};
use glimpse_model::pixels::MAX_PIXELS;
use jxl::api::{
    AlphaMode, Event, JxlDecoder, JxlDecoderOptions, JxlOutputBuffer, JxlPixelFormat, ProfileLevel,
};

/// Channels of a picture: colours, opacity, and what else may be stored beside them.
const MAX_CHANNELS: u64 = 8;

/// A decoder that has read a file's header, and the rest of the file.
fn open(bytes: &[u8]) -> Result<(JxlDecoder, &[u8]), DecodeError> {
    let mut options = JxlDecoderOptions::default();
    options.sample_limit = Some((MAX_PIXELS * MAX_CHANNELS) as usize);
    options.alpha_mode = AlphaMode::Unpremultiplied;
    options.max_profile_level = ProfileLevel::Main10;
    let mut decoder = JxlDecoder::new(options);
    let mut input = bytes;
    loop {
        match decoder.process(&mut input, None, None)? {
            Event::BasicInfo => return Ok((decoder, input)),
            Event::FrameHeader => {}
            Event::NeedMoreInput { .. } | Event::FrameComplete { .. } | Event::Complete => {
                return Err(cut_short());
            }
        }
    }
}

fn cut_short() -> DecodeError {
    DecodeError::Malformed("a JPEG XL file that ends early")
}

pub fn size(bytes: &[u8]) -> Option<(usize, usize)> {
    let (decoder, _) = open(bytes).ok()?;
    Some(decoder.basic_info()?.size)
}

pub fn decode(bytes: &[u8]) -> Result<Decoded, DecodeError> {
    let (mut decoder, mut input) = open(bytes)?;
    let info = decoder.basic_info().ok_or_else(cut_short)?;
    let (width, height) = info.size;
    check_size(width, height)?;
    let others = info.extra_channels.len();
    decoder.set_pixel_format(JxlPixelFormat::rgba8(others))?;
    let mut rgba = vec![0; width * height * 4];
    let mut buffers = [JxlOutputBuffer::new(&mut rgba, height, width * 4)];
    loop {
        match decoder.process(&mut input, Some(&mut buffers), None)? {
            Event::FrameComplete { .. } => break,
            Event::BasicInfo | Event::FrameHeader => {}
            Event::NeedMoreInput { .. } | Event::Complete => return Err(cut_short()),
        }
    }
    Ok(Decoded {
        rgba,
        width,
        height,
    })
}
