//! A tensor inside a file of any format: where it lies, how its elements are stored, and how they
//! are read ([`TensorLocation::read`]).

use super::ReadSeek;
use half::{bf16, f16};
use std::io::{self, SeekFrom};

/// Elements that are read at once, so that no more than these are in memory undecoded.
const CHUNK_SIZE: usize = 1 << 18;

/// The type of a tensor's elements, as far as weights have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DType {
    F16,
    Bf16,
    F32,
    F64,
}

impl DType {
    /// Bytes of an element.
    pub fn bytes(self) -> usize {
        match self {
            Self::F16 | Self::Bf16 => 2,
            Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    /// Appends little-endian elements to `floats`.
    fn decode(self, bytes: &[u8], floats: &mut Vec<f32>) {
        match self {
            Self::F16 => floats.extend(
                (bytes.as_chunks().0.iter()).map(|&bytes| f16::from_le_bytes(bytes).to_f32()),
            ),
            Self::Bf16 => floats.extend(
                (bytes.as_chunks().0.iter()).map(|&bytes| bf16::from_le_bytes(bytes).to_f32()),
            ),
            Self::F32 => {
                floats.extend((bytes.as_chunks().0.iter()).map(|&bytes| f32::from_le_bytes(bytes)));
            }
            Self::F64 => floats.extend(
                (bytes.as_chunks().0.iter()).map(|&bytes| f64::from_le_bytes(bytes) as f32),
            ),
        }
    }
}

/// Where a tensor lies in its file, and how its elements are stored there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorLocation {
    pub dtype: DType,
    pub shape: Vec<usize>,
    /// The first byte of its storage, counted from the file's start.
    pub start: u64,
    /// Number of elements in its storage.
    pub storage: usize,
    /// For a view of a storage: the first element, and each dimension's stride, in elements.
    /// `None`: the storage, row-major.
    pub view: Option<(usize, Vec<usize>)>,
}

impl TensorLocation {
    /// Reads the tensor as floats, row-major.
    pub fn read(&self, reader: &mut dyn ReadSeek) -> io::Result<Vec<f32>> {
        reader.seek(SeekFrom::Start(self.start))?;
        let mut floats = Vec::with_capacity(self.storage);
        let mut bytes = vec![0; CHUNK_SIZE.min(self.storage) * self.dtype.bytes()];
        while floats.len() < self.storage {
            let count = CHUNK_SIZE.min(self.storage - floats.len()) * self.dtype.bytes();
            reader.read_exact(&mut bytes[..count])?;
            self.dtype.decode(&bytes[..count], &mut floats);
        }
        let Some((first, strides)) = &self.view else {
            return Ok(floats);
        };
        let mut viewed = Vec::with_capacity(self.shape.iter().product());
        let mut at = vec![0; self.shape.len()];
        for _ in 0..viewed.capacity() {
            let offset: usize = at.iter().zip(strides).map(|(at, stride)| at * stride).sum();
            let value = floats
                .get(first + offset)
                .ok_or(io::ErrorKind::UnexpectedEof)?;
            viewed.push(*value);
            // Counts up like an odometer.
            for (at, &side) in at.iter_mut().zip(&self.shape).rev() {
                *at += 1;
                if *at < side {
                    break;
                }
                *at = 0;
            }
        }
        Ok(viewed)
    }
}
