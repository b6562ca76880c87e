#![no_main]

use glimpse_model::pixels::{Format, MAX_PIXELS, PictureFormat};

// Any bytes to the decoder of the format that they seem to have, and of TIFF whatever they seem.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Format::Picture(format) = Format::of(bytes) else {
        return;
    };
    let format = match format {
        PictureFormat::Raw => PictureFormat::Tiff,
        other => other,
    };
    // Sizes that are allowed and that a fuzzer can't wait for.
    if glimpse_photos::size(format, bytes).is_some_and(|(width, height)| width * height > 1 << 20) {
        return;
    }
    if let Ok(decoded) = glimpse_photos::decode(format, bytes) {
        let pixels = decoded.width * decoded.height;
        assert_eq!(decoded.rgba.len(), pixels * 4);
        assert!(pixels as u64 <= MAX_PIXELS);
    }
});
