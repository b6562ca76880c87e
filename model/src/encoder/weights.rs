//! Named weights, wherever they come from, and the layers that take them.

use burn::tensor::{Device, Tensor, TensorData, module};
use std::{borrow::Cow, collections::BTreeMap};

/// Why a tower could not take its weights.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
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
}

/// A tower's weights by name.
#[derive(Debug, Default)]
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
    /// One byte an element, as a two's-complement integer, times one scale an output channel (the
    /// first dimension).
    Int8 {
        /// The integers.
        values: Cow<'a, [u8]>,
        /// The scales.
        scales: Vec<f32>,
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
            Self::Int8 { values, scales } => {
                let row = values.len() / scales.len().max(1);
                let mut floats = Vec::with_capacity(values.len());
                for (values, scale) in values.chunks_exact(row.max(1)).zip(scales) {
                    floats.extend(values.iter().map(|&value| f32::from(value as i8) * scale));
                }
                floats
            }
        }
    }
}

impl<'a> Weights<'a> {
    /// Takes a tensor out.
    ///
    /// # Errors
    /// [`WeightError`] if it isn't there or has another shape.
    pub fn take(&mut self, name: &str, shape: &[usize]) -> Result<Values<'a>, WeightError> {
        let stored = self
            .tensors
            .remove(name)
            .ok_or_else(|| WeightError::Missing {
                file: self.file.clone(),
                name: name.to_owned(),
                expected: shape.to_vec(),
            })?;
        if stored.shape != shape {
            return Err(WeightError::Shape {
                file: self.file.clone(),
                name: name.to_owned(),
                expected: shape.to_vec(),
                found: stored.shape,
            });
        }
        Ok(stored.values)
    }

    /// Takes a tensor to a device as float32.
    ///
    /// # Errors
    /// As [`Weights::take`].
    pub fn tensor<const D: usize>(
        &mut self,
        name: &str,
        shape: [usize; D],
        device: &Device,
    ) -> Result<Tensor<D>, WeightError> {
        let floats = match self.take(name, &shape)? {
            Values::Floats(floats) => floats,
            other => other.to_floats(),
        };
        Ok(Tensor::from_data(TensorData::new(floats, shape), device))
    }
}

/// `y = x Wᵀ + b`, with `W` stored as published: (out, in).
#[derive(Debug, Clone)]
pub struct Linear {
    /// (in, out).
    weight: Tensor<2>,
    bias: Option<Tensor<1>>,
}

impl Linear {
    /// Takes `{name}.weight` (out, in) and `{name}.bias` (out).
    ///
    /// # Errors
    /// As [`Weights::take`].
    pub fn load(
        weights: &mut Weights,
        name: &str,
        [inputs, outputs]: [usize; 2],
        device: &Device,
    ) -> Result<Self, WeightError> {
        let weight = weights.tensor(&format!("{name}.weight"), [outputs, inputs], device)?;
        let bias = weights.tensor(&format!("{name}.bias"), [outputs], device)?;
        Ok(Self {
            weight: weight.transpose(),
            bias: Some(bias),
        })
    }

    /// (…, in) to (…, out).
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        module::linear(x, self.weight.clone(), self.bias.clone())
    }
}

/// A lookup table that stays as it is stored, in ordinary memory: rows are expanded when looked up.
#[derive(Debug, Clone)]
pub struct Table {
    width: usize,
    rows: TableRows,
}

#[derive(Debug, Clone)]
enum TableRows {
    Floats(Vec<f32>),
    Int8 { values: Vec<u8>, scales: Vec<f32> },
}

impl Table {
    /// Takes `name` (rows, width).
    ///
    /// # Errors
    /// As [`Weights::take`].
    pub fn load(
        weights: &mut Weights,
        name: &str,
        [rows, width]: [usize; 2],
    ) -> Result<Self, WeightError> {
        let rows = match weights.take(name, &[rows, width])? {
            Values::Int8 { values, scales } => TableRows::Int8 {
                values: values.into_owned(),
                scales,
            },
            floats => TableRows::Floats(floats.to_floats()),
        };
        Ok(Self { width, rows })
    }

    /// Adds row `index` to `sum` (width). An index beyond the table adds nothing: token ids come
    /// from a tokenizer that the pack's hash vouches for.
    pub fn add_row(&self, index: usize, sum: &mut [f32]) {
        let range = index * self.width..(index + 1) * self.width;
        match &self.rows {
            TableRows::Floats(values) => {
                if let Some(row) = values.get(range) {
                    for (sum, value) in sum.iter_mut().zip(row) {
                        *sum += value;
                    }
                }
            }
            TableRows::Int8 { values, scales } => {
                if let (Some(row), Some(scale)) = (values.get(range), scales.get(index)) {
                    for (sum, &value) in sum.iter_mut().zip(row) {
                        *sum += f32::from(value as i8) * scale;
                    }
                }
            }
        }
    }
}
