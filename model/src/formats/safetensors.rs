//! The header of a safetensors file: [`locations`].
//!
//! The `safetensors` crate counts bytes in `usize`, which ends at 4 GiB in a browser; here they are
//! counted in 64 bits, whatever the device, since only single tensors have to fit in memory.

use super::{DType, ReadSeek, TensorLocation, tensor::elements};
use crate::limits::{LimitError, at_most};
use serde::{
    Deserialize,
    de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor},
};
use std::{
    collections::BTreeMap,
    fmt,
    io::{self, SeekFrom},
};

/// The largest header that the format allows, in bytes.
const MAX_HEADER: u64 = 100_000_000;

/// Tensors of one file; large models have tens of thousands.
const MAX_TENSORS: u64 = 1 << 20;

/// Dimensions of a tensor.
const MAX_DIMENSIONS: u64 = 8;

/// In the header: what isn't a tensor.
const METADATA: &str = "__metadata__";

/// Why a file is no safetensors file, or a damaged one.
#[derive(Debug, thiserror::Error)]
pub enum HeaderError {
    #[error("{0}")]
    Read(#[from] io::Error),
    #[error("it has no safetensors header")]
    NoHeader,
    #[error("its header is damaged: {0}")]
    Json(#[from] serde_json::Error),
    #[error("it is cut short: {expected} bytes by its header, {found} found")]
    Short { expected: u64, found: u64 },
    #[error("tensor \"{0}\" has another size than its shape")]
    Size(String),
    #[error("tensors \"{0}\" and \"{1}\" lie in the same place")]
    Overlap(String, String),
    #[error("{0}")]
    Limit(#[from] LimitError),
}

/// The header: every tensor by its name.
struct Header(BTreeMap<String, Info>);

/// A tensor's entry in the header.
#[derive(Deserialize)]
struct Info {
    dtype: String,
    shape: Vec<u64>,
    /// Its first byte behind the header, and the one behind its last.
    data_offsets: (u64, u64),
}

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Tensors;

        impl<'de> Visitor<'de> for Tensors {
            type Value = BTreeMap<String, Info>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("tensors by their names")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut tensors = BTreeMap::new();
                while let Some(name) = map.next_key::<String>()? {
                    if name == METADATA {
                        map.next_value::<IgnoredAny>()?;
                        continue;
                    }
                    let info = map.next_value()?;
                    if tensors.contains_key(&name) {
                        let twice = format!("tensor \"{name}\" is there twice");
                        return Err(A::Error::custom(twice));
                    }
                    tensors.insert(name, info);
                    at_most("the number of tensors", tensors.len() as u64, MAX_TENSORS)
                        .map_err(A::Error::custom)?;
                }
                Ok(tensors)
            }
        }

        deserializer.deserialize_map(Tensors).map(Self)
    }
}

/// Locates every float tensor, by name; others (position ids) are of no use here.
pub fn locations(reader: &mut dyn ReadSeek) -> Result<Vec<(String, TensorLocation)>, HeaderError> {
    let found = reader.seek(SeekFrom::End(0))?;
    reader.seek(SeekFrom::Start(0))?;
    let mut length = [0; 8];
    if found < 8 {
        return Err(HeaderError::NoHeader);
    }
    reader.read_exact(&mut length)?;
    let length = u64::from_le_bytes(length);
    if length > MAX_HEADER {
        return Err(HeaderError::NoHeader);
    }
    let begin = 8 + length;
    if begin > found {
        return Err(HeaderError::Short {
            expected: begin,
            found,
        });
    }
    let mut json = vec![0; length as usize];
    reader.read_exact(&mut json)?;
    let Header(tensors) = serde_json::from_slice(&json)?;
    drop(json);
    refuse_overlaps(&tensors)?;
    let mut locations = Vec::new();
    for (name, info) in tensors {
        let (first, last) = info.data_offsets;
        let end = begin.saturating_add(last);
        if end > found {
            return Err(HeaderError::Short {
                expected: end,
                found,
            });
        }
        let dtype = match info.dtype.as_str() {
            "F16" => DType::F16,
            "BF16" => DType::Bf16,
            "F32" => DType::F32,
            "F64" => DType::F64,
            _ => continue,
        };
        let dimensions = format!("the number of dimensions of \"{name}\"");
        at_most(&dimensions, info.shape.len() as u64, MAX_DIMENSIONS)?;
        let storage = elements(&info.shape);
        let bytes = storage.and_then(|storage| storage.checked_mul(dtype.bytes() as u64));
        let (Some(storage), true) = (storage, bytes.is_some() && bytes == last.checked_sub(first))
        else {
            return Err(HeaderError::Size(name));
        };
        let location = TensorLocation {
            dtype,
            shape: info.shape,
            start: begin + first,
            storage,
            view: None,
        };
        locations.push((name, location));
    }
    Ok(locations)
}

/// Checks that every tensor ends behind its beginning and before the next one's.
fn refuse_overlaps(tensors: &BTreeMap<String, Info>) -> Result<(), HeaderError> {
    let ranges = tensors.iter().filter(|(_, info)| {
        let (first, last) = info.data_offsets;
        first != last
    });
    let mut ranges: Vec<_> = ranges
        .map(|(name, info)| (info.data_offsets, name))
        .collect();
    ranges.sort_unstable();
    if let Some((_, name)) = ranges.iter().find(|((first, last), _)| first > last) {
        return Err(HeaderError::Size((*name).clone()));
    }
    for pair in ranges.windows(2) {
        if let &[((_, end), one), ((start, _), other)] = pair
            && start < end
        {
            return Err(HeaderError::Overlap(one.clone(), other.clone()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Cursor, Read, Seek};

    /// A file with this header and as many bytes behind it.
    fn file(header: &str, bytes: usize) -> Vec<u8> {
        let mut file = (header.len() as u64).to_le_bytes().to_vec();
        file.extend(header.bytes());
        file.resize(file.len() + bytes, 0);
        file
    }

    fn read(header: &str, bytes: usize) -> Result<Vec<(String, TensorLocation)>, HeaderError> {
        locations(&mut Cursor::new(file(header, bytes)))
    }

    #[test]
    fn floats_are_located() {
        let header = r#"{"__metadata__": {"format": "pt"},
            "b": {"dtype": "F16", "shape": [2, 2], "data_offsets": [0, 8]},
            "ids": {"dtype": "I64", "shape": [1], "data_offsets": [8, 16]},
            "a": {"dtype": "F32", "shape": [], "data_offsets": [16, 20]},
            "none": {"dtype": "F32", "shape": [0, 3], "data_offsets": [4, 4]}}"#;
        let found = read(header, 20).unwrap();
        let begin = 8 + header.len() as u64;
        let places: Vec<_> = found
            .iter()
            .map(|(name, location)| (&**name, location.start - begin, location.storage))
            .collect();
        assert_eq!(places, [("a", 16, 1), ("b", 0, 4), ("none", 4, 0)]);
    }

    #[test]
    fn hostile_headers_are_refused() {
        for (header, says) in [
            (
                r#"{"x": {"dtype": "F32", "shape": [4294967296, 4294967296], "data_offsets": [0, 0]}}"#,
                "\"x\" has another size",
            ),
            (
                r#"{"x": {"dtype": "F32", "shape": [4611686018427387904], "data_offsets": [0, 0]}}"#,
                "\"x\" has another size",
            ),
            (
                r#"{"x": {"dtype": "F32", "shape": [1], "data_offsets": [8, 4]}}"#,
                "\"x\" has another size",
            ),
            (
                r#"{"x": {"dtype": "I8", "shape": [1], "data_offsets": [8, 4]}}"#,
                "\"x\" has another size",
            ),
            (
                r#"{"x": {"dtype": "F32", "shape": [1], "data_offsets": [18446744073709551612, 18446744073709551615]}}"#,
                "cut short",
            ),
            (
                r#"{"x": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
                    "y": {"dtype": "F32", "shape": [2], "data_offsets": [4, 12]}}"#,
                "\"x\" and \"y\" lie in the same place",
            ),
            (
                r#"{"x": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]},
                    "x": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}}"#,
                "twice",
            ),
            (
                r#"{"x": {"dtype": "F32", "shape": [1,1,1,1,1,1,1,1,1], "data_offsets": [0, 4]}}"#,
                "dimensions of \"x\" is 9, allowed: at most 8",
            ),
            (
                r#"{"x": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}}"#,
                "header is damaged",
            ),
        ] {
            let error = read(header, 64).unwrap_err().to_string();
            assert!(error.contains(says), "{error} instead of {says}");
        }
        let deep = format!("{{\"x\": {}", "[".repeat(100_000));
        assert!(matches!(read(&deep, 0), Err(HeaderError::Json(_))));
        // A length that is none.
        let mut long = u64::MAX.to_le_bytes().to_vec();
        long.extend(b"{}");
        let error = locations(&mut Cursor::new(long)).unwrap_err();
        assert!(matches!(error, HeaderError::NoHeader));
    }

    /// A file of `length` bytes: a beginning, and zeros.
    struct Sparse {
        head: Vec<u8>,
        length: u64,
        position: u64,
    }

    impl Read for Sparse {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let left = self.length.saturating_sub(self.position);
            let count = left.min(buffer.len() as u64) as usize;
            for byte in &mut buffer[..count] {
                let head = usize::try_from(self.position).ok();
                let head = head.and_then(|position| self.head.get(position));
                *byte = head.copied().unwrap_or_default();
                self.position += 1;
            }
            Ok(count)
        }
    }

    impl Seek for Sparse {
        fn seek(&mut self, target: SeekFrom) -> io::Result<u64> {
            self.position = match target {
                SeekFrom::Start(position) => position,
                SeekFrom::End(offset) => self.length.saturating_add_signed(offset),
                SeekFrom::Current(offset) => self.position.saturating_add_signed(offset),
            };
            Ok(self.position)
        }
    }

    #[test]
    fn more_than_4_gib_are_no_damage() {
        // A table of 6 GB and, behind it, a tensor that is wanted.
        let header = r#"{"large": {"dtype": "F32", "shape": [3000000, 500], "data_offsets": [0, 6000000000]},
            "small": {"dtype": "F32", "shape": [2], "data_offsets": [6000000000, 6000000008]}}"#;
        let mut file = Sparse {
            head: file(header, 0),
            length: 8 + header.len() as u64 + 6_000_000_008,
            position: 0,
        };
        let found: BTreeMap<_, _> = locations(&mut file).unwrap().into_iter().collect();
        assert_eq!(found["small"].read(&mut file).unwrap(), [0.0, 0.0]);
        assert_eq!(found["large"].storage, 1_500_000_000);
        // Its 6 GB are more than a browser's memory can have.
        if usize::BITS == 32 {
            let error = found["large"].read(&mut file).unwrap_err().to_string();
            assert!(error.contains("too large for this device"), "{error}");
        }
    }
}
