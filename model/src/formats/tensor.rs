//! A tensor inside a file of any format: where it lies, how its elements are stored, and how they
//! are read ([`TensorLocation::read`]).

use super::ReadSeek;
use crate::limits::reserve;
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
    pub shape: Vec<u64>,
    /// The first byte of its storage, counted from the file's start.
    pub start: u64,
    /// Number of elements in its storage. All of them lie in the file.
    pub storage: u64,
    /// For a view of a storage: the first element, and each dimension's stride, in elements.
    /// `None`: the storage, row-major.
    pub view: Option<(u64, Vec<u64>)>,
}

/// The number of elements of a tensor of this shape; `None` beyond 64 bits.
pub fn elements(shape: &[u64]) -> Option<u64> {
    // Before the others: a shape of no elements may have sides of any length.
    if shape.contains(&0) {
        return Some(0);
    }
    shape
        .iter()
        .try_fold(1u64, |product, &side| product.checked_mul(side))
}

impl TensorLocation {
    /// Reads the tensor as floats, row-major.
    pub fn read(&self, reader: &mut dyn ReadSeek) -> io::Result<Vec<f32>> {
        reader.seek(SeekFrom::Start(self.start))?;
        let mut floats = Vec::new();
        reserve(&mut floats, self.storage)?;
        let chunk = (CHUNK_SIZE as u64).min(self.storage) as usize;
        let mut bytes = vec![0; chunk * self.dtype.bytes()];
        let mut left = self.storage;
        while left > 0 {
            let count = (CHUNK_SIZE as u64).min(left);
            let bytes = &mut bytes[..count as usize * self.dtype.bytes()];
            reader.read_exact(bytes)?;
            self.dtype.decode(bytes, &mut floats);
            left -= count;
        }
        match &self.view {
            None => Ok(floats),
            Some((first, strides)) => self.viewed(&floats, *first, strides),
        }
    }

    /// The elements of a view of `stored`, row-major.
    fn viewed(&self, stored: &[f32], first: u64, strides: &[u64]) -> io::Result<Vec<f32>> {
        let beyond = || io::Error::from(io::ErrorKind::UnexpectedEof);
        let count = elements(&self.shape).ok_or_else(beyond)?;
        let mut viewed = Vec::new();
        reserve(&mut viewed, count)?;
        let mut at = vec![0u64; self.shape.len()];
        for _ in 0..count {
            let index = at
                .iter()
                .zip(strides)
                .try_fold(first, |index, (at, stride)| {
                    index.checked_add(at.checked_mul(*stride)?)
                });
            let index = index.and_then(|index| usize::try_from(index).ok());
            let value = index.and_then(|index| stored.get(index));
            viewed.push(*value.ok_or_else(beyond)?);
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn location(shape: &[u64], storage: u64, view: Option<(u64, Vec<u64>)>) -> TensorLocation {
        TensorLocation {
            dtype: DType::F32,
            shape: shape.to_vec(),
            start: 0,
            storage,
            view,
        }
    }

    #[test]
    fn strides_are_followed() {
        let stored: Vec<u8> = (0..6u8).flat_map(|i| f32::from(i).to_le_bytes()).collect();
        let transposed = location(&[2, 2], 6, Some((1, vec![1, 2])));
        let floats = transposed.read(&mut Cursor::new(stored)).unwrap();
        assert_eq!(floats, [1.0, 3.0, 2.0, 4.0]);
    }

    #[test]
    fn what_does_not_fit_is_refused_and_not_reserved() {
        let mut file = Cursor::new(vec![0; 64]);
        let large = location(&[1 << 61], 1 << 61, None);
        let error = large.read(&mut file).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::OutOfMemory);
        assert!(error.to_string().contains("too large for this device"));
        // Views that reach beyond, by more than a number holds.
        for (shape, strides) in [
            (vec![2, 2], vec![u64::MAX, 1]),
            (vec![2], vec![16]),
            (vec![u64::MAX, u64::MAX], vec![0, 0]),
        ] {
            let view = location(&shape, 16, Some((0, strides)));
            assert!(view.read(&mut file).is_err(), "{shape:?}");
        }
        assert_eq!(elements(&[1 << 32, 1 << 32]), None);
        assert_eq!(elements(&[1 << 32, 1 << 32, 0]), Some(0));
    }
}
