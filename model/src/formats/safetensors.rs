//! The header of a safetensors file: [`locations`].

use super::{DType, ReadSeek, TensorLocation};
use safetensors::{Dtype, tensor::Metadata};
use std::io::{self, SeekFrom};

/// The largest header that the format allows, in bytes.
const MAX_HEADER: u64 = 100_000_000;

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
    let metadata: Metadata = serde_json::from_slice(&json)?;
    let mut locations = Vec::new();
    for (name, info) in metadata.tensors() {
        let end = begin + info.data_offsets.1 as u64;
        if end > found {
            return Err(HeaderError::Short {
                expected: end,
                found,
            });
        }
        let dtype = match info.dtype {
            Dtype::F16 => DType::F16,
            Dtype::BF16 => DType::Bf16,
            Dtype::F32 => DType::F32,
            Dtype::F64 => DType::F64,
            _ => continue,
        };
        let storage: usize = info.shape.iter().product();
        if info.data_offsets.0 + storage * dtype.bytes() != info.data_offsets.1 {
            return Err(HeaderError::Size(name));
        }
        let location = TensorLocation {
            dtype,
            shape: info.shape.clone(),
            start: begin + info.data_offsets.0 as u64,
            storage,
            view: None,
        };
        locations.push((name, location));
    }
    Ok(locations)
}
