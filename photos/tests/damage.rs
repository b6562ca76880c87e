//! Files that are cut short or altered: decoders refuse them, or decode what is there, and neither
//! break nor take memory out of proportion.
#![allow(missing_docs, clippy::unwrap_used)]

use glimpse_model::pixels::{Format, MAX_PIXELS, PictureFormat};
use glimpse_photos::{DecodeError, decode, decodes, size};
use std::{fs, path::Path};

fn fixtures() -> Vec<(String, PictureFormat, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../model/tests/fixtures");
    let mut found = Vec::new();
    for folder in ["photos", "presentation"].map(|name| folder.join(name)) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let bytes = fs::read(&path).unwrap();
            if let Format::Picture(format) = Format::of(&bytes)
                && decodes(format)
            {
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                found.push((name, format, bytes));
            }
        }
    }
    found.sort_by(|(one, ..), (other, ..)| one.cmp(other));
    assert!(found.len() > 40, "{}", found.len());
    found
}

#[test]
fn whole_files_are_decoded() {
    for (name, format, bytes) in fixtures() {
        let decoded = decode(format, &bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        let pixels = decoded.width * decoded.height;
        assert_eq!(decoded.rgba.len(), pixels * 4, "{name}");
    }
}

#[test]
fn damaged_files_break_nothing() {
    for (name, format, bytes) in fixtures() {
        for part in 1..8 {
            let _ = decode(format, &bytes[..bytes.len() * part / 8]);
        }
        // Each of the first bytes, which hold sizes and offsets, and some of the others.
        let altered = (0..bytes.len()).filter(|at| *at < 40 || at % 97 == 5);
        for (count, at) in altered.enumerate() {
            let mut bytes = bytes.clone();
            bytes[at] = [0, 0x7f, 0xff][count % 3];
            if let Ok(decoded) = decode(format, &bytes) {
                let pixels = decoded.width * decoded.height;
                assert_eq!(decoded.rgba.len(), pixels * 4, "{name}");
                assert!(pixels as u64 <= MAX_PIXELS, "{name}");
            }
        }
    }
}

#[test]
fn huge_sizes_are_refused_before_memory_is_taken() {
    let fixtures = fixtures();
    let (_, format, bytes) = fixtures
        .iter()
        .find(|(name, ..)| name == "exif1.tif")
        .unwrap();
    let mut bytes = bytes.clone();
    assert!(bytes.starts_with(b"II"));
    let directory = u32::from_le_bytes(*bytes[4..].first_chunk().unwrap()) as usize;
    // Width and height: tags 0x0100 and 0x0101, the first ones; then type, count and value.
    for (index, tag) in [0, 1].into_iter().enumerate() {
        let entry = &mut bytes[directory + 2 + index * 12..][..12];
        assert_eq!(entry[..2], [tag, 1]);
        entry[2..].copy_from_slice(&[4, 0, 1, 0, 0, 0, 0, 0, 1, 0]);
    }
    assert_eq!(
        size(*format, &bytes).unwrap_or((65536, 65536)),
        (65536, 65536)
    );
    // The decoder may find before us that there are too few strips.
    let error = decode(*format, &bytes).unwrap_err();
    assert!(
        matches!(error, DecodeError::TooLarge { .. } | DecodeError::Tiff(_)),
        "{error}"
    );
}
