//! Named weights, wherever they come from.

use crate::pack::{TensorSpec, expand_int4};
use burn::tensor::{Device, Tensor, TensorData};
use half::f16;
use std::{borrow::Cow, collections::BTreeMap, error::Error};

/// Why a tower could not take its weights.
#[derive(Debug, thiserror::Error)]
pub enum WeightError {
    /// No tensor of that name.
    #[error("{file} has no tensor \"{name}\" (expected shape {expected:?})")]
    Missing {
        /// The file searched.
        file: String,
        /// The tensor's name.
        name: String,
        /// Its shape in the architecture.
        expected: Vec<usize>,
    },
    /// Another shape than the architecture's.
    #[error("{file}: tensor \"{name}\" has shape {found:?}, expected {expected:?}")]
    Shape {
        /// The file read.
        file: String,
        /// The tensor's name.
        name: String,
        /// Its shape in the architecture.
        expected: Vec<usize>,
        /// Its shape in the file.
        found: Vec<usize>,
    },
    /// It is there, and can't be read.
    #[error("{file}: tensor \"{name}\" can't be read: {source}")]
    Read {
        /// The file read.
        file: String,
        /// The tensor's name.
        name: String,
        /// Why.
        source: Box<dyn Error + Send + Sync>,
    },
}

/// Where a tower takes its weights from, by name: a pack's file, or a checkpoint read piece by
/// piece. Each tensor is taken at most once.
pub trait WeightSource {
    /// Takes a tensor out.
    ///
    /// # Errors
    /// [`WeightError`] if it isn't there, has another shape or can't be read.
    fn take(&mut self, name: &str, shape: &[usize]) -> Result<Values<'_>, WeightError>;

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
    /// The tensors.
    pub tensors: BTreeMap<String, Stored<'a>>,
}

/// A tensor as it is stored.
#[derive(Debug, Clone)]
pub struct Stored<'a> {
    /// Row-major.
    pub shape: Vec<usize>,
    /// Its elements.
    pub values: Values<'a>,
}

/// A tensor's elements.
#[derive(Debug, Clone)]
pub enum Values<'a> {
    /// Floats.
    Floats(Vec<f32>),
    /// Little-endian float32 bytes, not necessarily aligned.
    FloatBytes(&'a [u8]),
    /// Little-endian float16 bytes, not necessarily aligned.
    HalfBytes(Cow<'a, [u8]>),
    /// One byte an element, as a two's-complement integer, times one scale an output channel (the
    /// first dimension).
    Int8 {
        /// The integers.
        values: Cow<'a, [u8]>,
        /// The scales.
        scales: Vec<f32>,
    },
    /// Two elements a byte, in blocks of 32 with a scale each; rows are whole blocks.
    Int4 {
        /// The integers, plus 8.
        nibbles: Cow<'a, [u8]>,
        /// The scales.
        scales: Vec<f16>,
    },
}

impl Values<'_> {
    /// All elements as floats.
    pub fn to_floats(&self) -> Vec<f32> {
        match self {
            Self::Floats(floats) => floats.clone(),
            Self::FloatBytes(bytes) => bytes
                .as_chunks::<4>()
                .0
                .iter()
                .map(|bytes| f32::from_le_bytes(*bytes))
                .collect(),
            Self::HalfBytes(bytes) => halves(bytes).map(f16::to_f32).collect(),
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

    /// Without a borrow.
    pub fn into_owned(self) -> Values<'static> {
        match self {
            Self::Int8 { values, scales } => Values::Int8 {
                values: Cow::Owned(values.into_owned()),
                scales,
            },
            other => Values::Floats(other.into_floats()),
        }
    }

    /// These rows, and then others of the same length; floats, unless both are int8.
    pub fn followed_by(self, below: Values<'_>) -> Values<'static> {
        match (self, below) {
            (
                Self::Int8 { values, mut scales },
                Values::Int8 {
                    values: more,
                    scales: more_scales,
                },
            ) => {
                let mut values = values.into_owned();
                values.extend_from_slice(&more);
                scales.extend(more_scales);
                Values::Int8 {
                    values: Cow::Owned(values),
                    scales,
                }
            }
            (above, below) => {
                let mut floats = above.into_floats();
                floats.append(&mut below.into_floats());
                Values::Floats(floats)
            }
        }
    }

    /// The first `above` of `rows` rows, and the others.
    pub fn split(self, rows: usize, above: usize) -> (Values<'static>, Values<'static>) {
        match self.into_owned() {
            Values::Int8 { values, mut scales } => {
                let mut values = values.into_owned();
                let below = values.split_off(values.len() / rows.max(1) * above);
                let part = |values, scales| Values::Int8 {
                    values: Cow::Owned(values),
                    scales,
                };
                let below = part(below, scales.split_off(above));
                (part(values, scales), below)
            }
            other => {
                let mut floats = other.into_floats();
                let below = floats.split_off(floats.len() / rows.max(1) * above);
                (Values::Floats(floats), Values::Floats(below))
            }
        }
    }

    /// As [`Values::to_floats`], without a copy where they are floats already.
    pub fn into_floats(self) -> Vec<f32> {
        match self {
            Self::Floats(floats) => floats,
            other => other.to_floats(),
        }
    }
}

/// (rows · columns) to (columns · rows).
pub(super) fn transposed(values: &[f32], columns: usize) -> Vec<f32> {
    let rows = values.len() / columns.max(1);
    let places = (0..columns).flat_map(|column| (0..rows).map(move |row| row * columns + column));
    places.map(|place| values[place]).collect()
}

/// Little-endian float16 bytes as numbers.
pub(crate) fn halves(bytes: &[u8]) -> impl Iterator<Item = f16> {
    let pairs = bytes.as_chunks::<2>().0.iter();
    pairs.map(|bytes| f16::from_le_bytes(*bytes))
}

impl<'a> Weights<'a> {
    /// As [`WeightSource::take`], with the lifetime of what is stored.
    ///
    /// # Errors
    /// [`WeightError::Missing`] and [`WeightError::Shape`].
    pub fn take(&mut self, name: &str, shape: &[usize]) -> Result<Values<'a>, WeightError> {
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
            shape.iter().skip(1).product(),
        ];
        let wanted = match stored.values {
            Values::Int4 { .. } => &matrix[..],
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
        let spec = |(name, stored): (&String, &Stored)| TensorSpec::new(name, &stored.shape);
        self.tensors.iter().rev().map(spec).collect()
    }
}

impl WeightSource for Weights<'_> {
    fn take(&mut self, name: &str, shape: &[usize]) -> Result<Values<'_>, WeightError> {
        Weights::take(self, name, shape)
    }

    fn rows(&self, name: &str) -> Option<usize> {
        self.tensors.get(name)?.shape.first().copied()
    }
}
