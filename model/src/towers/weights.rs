//! Weights by name ([`Weights`]), wherever they come from ([`WeightSource`]), in the precision that
//! they are stored in ([`WeightData`]).

use crate::pack::{TensorSpec, expand_int4};
use burn::tensor::{Device, Tensor, TensorData};
use half::f16;
use std::{borrow::Cow, collections::BTreeMap, error::Error};

/// Why a tower could not take its weights.
#[derive(Debug, thiserror::Error)]
pub enum WeightError {
    /// The source has no tensor of that name.
    #[error("{file} has no tensor \"{name}\" (expected shape {expected:?})")]
    Missing {
        /// The file that was searched.
        file: String,
        /// The tensor's name in the tower.
        name: String,
        /// Its shape in the architecture.
        expected: Vec<usize>,
    },
    /// The tensor has another shape than the architecture's.
    #[error("{file}: tensor \"{name}\" has shape {found:?}, expected {expected:?}")]
    Shape {
        /// The file that was read.
        file: String,
        /// The tensor's name in the tower.
        name: String,
        /// Its shape in the architecture.
        expected: Vec<usize>,
        /// Its shape in the file.
        found: Vec<usize>,
    },
    /// The tensor is there, and can't be read.
    #[error("{file}: tensor \"{name}\" can't be read: {source}")]
    Read {
        /// The file that was read.
        file: String,
        /// The tensor's name in the tower.
        name: String,
        /// Why it can't be read.
        source: Box<dyn Error + Send + Sync>,
    },
}

/// Where a tower takes its weights from, by name: a pack's file, or a checkpoint read piece by
/// piece. Each tensor is taken at most once.
pub trait WeightSource {
    /// Takes the tensor `name` out of the source.
    ///
    /// # Errors
    /// [`WeightError`] if it isn't there, has another shape or can't be read.
    fn take(&mut self, name: &str, shape: &[usize]) -> Result<WeightData<'_>, WeightError>;

    /// The length of a tensor's first dimension, where the source knows shapes of its own.
    fn rows(&self, _name: &str) -> Option<usize> {
        None
    }
}

/// Takes a tensor to a device as float32.
///
/// # Errors
/// As [`WeightSource::take`].
pub(super) fn tensor<const D: usize>(
    weights: &mut dyn WeightSource,
    name: &str,
    shape: [usize; D],
    device: &Device,
) -> Result<Tensor<D>, WeightError> {
    let floats = weights.take(name, &shape)?.into_floats();
    Ok(Tensor::from_data(TensorData::new(floats, shape), device))
}

/// A tower's weights by name, in memory.
#[derive(Debug, Clone, Default)]
pub struct Weights<'a> {
    /// The file they come from, for errors.
    pub file: String,
    /// The tensors by name, until they are taken.
    pub tensors: BTreeMap<String, StoredTensor<'a>>,
}

/// A tensor as it is stored: its shape and its data.
#[derive(Debug, Clone)]
pub struct StoredTensor<'a> {
    /// Its dimensions, the slowest first.
    pub shape: Vec<usize>,
    /// Its elements, row-major, as they are stored.
    pub values: WeightData<'a>,
}

/// A tensor's elements in the precision that they are stored in, row-major.
#[derive(Debug, Clone)]
pub enum WeightData<'a> {
    /// Float32 values of their own.
    Floats(Vec<f32>),
    /// Little-endian float32 bytes, not necessarily aligned.
    FloatBytes(&'a [u8]),
    /// Little-endian float16 bytes, not necessarily aligned.
    HalfBytes(Cow<'a, [u8]>),
    /// One byte an element, as a two's-complement integer, times one scale an output channel (the
    /// first dimension).
    Int8 {
        /// The integers, two's complement.
        values: Cow<'a, [u8]>,
        /// One scale an output channel: what one step is worth.
        scales: Vec<f32>,
    },
    /// Two elements a byte, in blocks of 32 with a scale each; rows are whole blocks.
    Int4 {
        /// The integers plus 8, the earlier of two in the lower half of a byte.
        nibbles: Cow<'a, [u8]>,
        /// One scale a block: what one step is worth.
        scales: Vec<f16>,
    },
}

impl WeightData<'_> {
    /// Dequantises all elements to float32.
    pub fn to_floats(&self) -> Vec<f32> {
        match self {
            Self::Floats(floats) => floats.clone(),
            Self::FloatBytes(bytes) => bytes
                .as_chunks::<4>()
                .0
                .iter()
                .map(|bytes| f32::from_le_bytes(*bytes))
                .collect(),
            Self::HalfBytes(bytes) => f16_iter(bytes).map(f16::to_f32).collect(),
            Self::Int8 { values, scales } => {
                let row = values.len() / scales.len().max(1);
                let mut floats = Vec::with_capacity(values.len());
                for (values, scale) in values.chunks_exact(row.max(1)).zip(scales) {
                    floats.extend(values.iter().map(|&value| f32::from(value as i8) * scale));
                }
                floats
            }
            Self::Int4 { nibbles, scales } => expand_int4(nibbles, scales),
        }
    }

    /// The same elements without a borrow; float bytes become floats.
    pub fn into_owned(self) -> WeightData<'static> {
        match self {
            Self::HalfBytes(bytes) => WeightData::HalfBytes(Cow::Owned(bytes.into_owned())),
            Self::Int8 { values, scales } => WeightData::Int8 {
                values: Cow::Owned(values.into_owned()),
                scales,
            },
            Self::Int4 { nibbles, scales } => WeightData::Int4 {
                nibbles: Cow::Owned(nibbles.into_owned()),
                scales,
            },
            other => WeightData::Floats(other.into_floats()),
        }
    }

    /// Concatenates rows of the same length, these above and the others below, as they are stored
    /// where both are stored alike, as floats otherwise.
    pub fn concat_rows(self, below: WeightData<'_>) -> WeightData<'static> {
        fn joined<T: Clone>(above: Cow<'_, [T]>, below: &[T]) -> Cow<'static, [T]> {
            let mut above = above.into_owned();
            above.extend_from_slice(below);
            Cow::Owned(above)
        }
        match (self, below) {
            (Self::HalfBytes(above), WeightData::HalfBytes(below)) => {
                WeightData::HalfBytes(joined(above, &below))
            }
            (
                Self::Int8 { values, mut scales },
                WeightData::Int8 {
                    values: more,
                    scales: more_scales,
                },
            ) => {
                scales.extend(more_scales);
                let values = joined(values, &more);
                WeightData::Int8 { values, scales }
            }
            (
                Self::Int4 {
                    nibbles,
                    mut scales,
                },
                WeightData::Int4 {
                    nibbles: more,
                    scales: more_scales,
                },
            ) => {
                scales.extend(more_scales);
                let nibbles = joined(nibbles, &more);
                WeightData::Int4 { nibbles, scales }
            }
            (above, below) => {
                let mut floats = above.into_floats();
                floats.append(&mut below.into_floats());
                WeightData::Floats(floats)
            }
        }
    }

    /// The first `above` of `rows` rows, and the others.
    pub fn split(self, rows: usize, above: usize) -> (WeightData<'static>, WeightData<'static>) {
        fn parted<T: Clone>(
            all: Cow<'_, [T]>,
            rows: usize,
            above: usize,
        ) -> [Cow<'static, [T]>; 2] {
            let mut all = all.into_owned();
            let below = all.split_off(all.len() / rows.max(1) * above);
            [Cow::Owned(all), Cow::Owned(below)]
        }
        match self {
            Self::HalfBytes(bytes) => {
                let [first, second] = parted(bytes, rows, above);
                (WeightData::HalfBytes(first), WeightData::HalfBytes(second))
            }
            Self::Int8 { values, mut scales } => {
                let [first, second] = parted(values, rows, above);
                let below = scales.split_off(above);
                let part = |values, scales| WeightData::Int8 { values, scales };
                (part(first, scales), part(second, below))
            }
            Self::Int4 {
                nibbles,
                mut scales,
            } => {
                let [first, second] = parted(nibbles, rows, above);
                // Each row has as many blocks.
                let below = scales.split_off(scales.len() / rows.max(1) * above);
                let part = |nibbles, scales| WeightData::Int4 { nibbles, scales };
                (part(first, scales), part(second, below))
            }
            other => {
                let mut floats = other.into_floats();
                let below = floats.split_off(floats.len() / rows.max(1) * above);
                (WeightData::Floats(floats), WeightData::Floats(below))
            }
        }
    }

    /// As [`WeightData::to_floats`], without a copy where they are floats already.
    pub fn into_floats(self) -> Vec<f32> {
        match self {
            Self::Floats(floats) => floats,
            other => other.to_floats(),
        }
    }
}

/// Transposes a row-major matrix: (rows · columns) to (columns · rows).
pub(crate) fn transpose(values: &[f32], columns: usize) -> Vec<f32> {
    let rows = values.len() / columns.max(1);
    let indices = (0..columns).flat_map(|column| (0..rows).map(move |row| row * columns + column));
    indices.map(|index| values[index]).collect()
}

/// Decodes little-endian float16 bytes.
pub(crate) fn f16_iter(bytes: &[u8]) -> impl Iterator<Item = f16> {
    let pairs = bytes.as_chunks::<2>().0.iter();
    pairs.map(|bytes| f16::from_le_bytes(*bytes))
}

impl<'a> Weights<'a> {
    /// As [`WeightSource::take`], with the lifetime of what is stored.
    ///
    /// # Errors
    /// [`WeightError::Missing`] and [`WeightError::Shape`].
    pub fn take(&mut self, name: &str, shape: &[usize]) -> Result<WeightData<'a>, WeightError> {
        let stored = self
            .tensors
            .remove(name)
            .ok_or_else(|| WeightError::Missing {
                file: self.file.clone(),
                name: name.to_owned(),
                expected: shape.to_vec(),
            })?;
        // Blocks of 32 run along whole rows, so such a tensor is stored as a matrix.
        let matrix = [
            shape.first().copied().unwrap_or(1),
            (shape.iter().skip(1)).fold(1, |row: usize, &side| row.saturating_mul(side)),
        ];
        let wanted = match stored.values {
            WeightData::Int4 { .. } => &matrix[..],
            _ => shape,
        };
        if stored.shape != wanted {
            return Err(WeightError::Shape {
                file: self.file.clone(),
                name: name.to_owned(),
                expected: wanted.to_vec(),
                found: stored.shape,
            });
        }
        Ok(stored.values)
    }

    /// Every tensor's name and shape, each weight before its bias.
    pub fn specs(&self) -> Vec<TensorSpec> {
        let spec = |(name, stored): (&String, &StoredTensor)| TensorSpec::new(name, &stored.shape);
        self.tensors.iter().rev().map(spec).collect()
    }
}

impl WeightSource for Weights<'_> {
    fn take(&mut self, name: &str, shape: &[usize]) -> Result<WeightData<'_>, WeightError> {
        Weights::take(self, name, shape)
    }

    fn rows(&self, name: &str) -> Option<usize> {
        self.tensors.get(name)?.shape.first().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::WeightData;
    use crate::pack::INT4_BLOCK as BLOCK;
    use half::f16;
    use std::borrow::Cow;

    /// Three rows of one block, in each way that weights are stored.
    fn stored() -> [WeightData<'static>; 4] {
        let count = 3 * BLOCK;
        let bytes: Vec<u8> = (0..count).map(|index| index as u8).collect();
        let halves = (0..count).flat_map(|index| f16::from_f32(index as f32).to_le_bytes());
        let halves: Vec<u8> = halves.collect();
        [
            WeightData::Floats(bytes.iter().map(|&byte| f32::from(byte)).collect()),
            WeightData::HalfBytes(Cow::Owned(halves)),
            WeightData::Int8 {
                values: Cow::Owned(bytes.clone()),
                scales: vec![0.5, 1.0, 2.0],
            },
            WeightData::Int4 {
                nibbles: Cow::Owned(bytes[..count / 2].to_vec()),
                scales: [0.5, 1.0, 2.0].map(f16::from_f32).to_vec(),
            },
        ]
    }

    #[test]
    fn rows_are_split_and_joined_as_they_are_stored() {
        for values in stored() {
            let floats = values.to_floats();
            let (above, below) = values.clone().split(3, 1);
            assert_eq!(above.to_floats(), floats[..BLOCK]);
            assert_eq!(below.to_floats(), floats[BLOCK..]);
            let joined = above.concat_rows(below);
            assert_eq!(
                std::mem::discriminant(&joined),
                std::mem::discriminant(&values)
            );
            assert_eq!(joined.to_floats(), floats);
        }
    }

    #[test]
    fn rows_stored_in_two_ways_are_joined_as_floats() {
        let [_, halves, int8, _] = stored();
        let mut expected = halves.to_floats();
        expected.extend(int8.to_floats());
        assert_eq!(halves.concat_rows(int8).to_floats(), expected);
    }
}
