//! The layers that every encoder is made of.

use super::weights::{Values, WeightError, WeightSource, halves, tensor};
use burn::tensor::{Device, Tensor, TensorData, module};
use half::f16;

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
    /// As [`WeightSource::take`].
    pub fn load(
        weights: &mut dyn WeightSource,
        name: &str,
        shape: [usize; 2],
        device: &Device,
    ) -> Result<Self, WeightError> {
        Self::stacked(weights, &[name.to_owned()], shape, device)
    }

    /// Takes `{name}.weight` (out, in), which has no bias.
    ///
    /// # Errors
    /// As [`WeightSource::take`].
    pub fn without_bias(
        weights: &mut dyn WeightSource,
        name: &str,
        [inputs, outputs]: [usize; 2],
        device: &Device,
    ) -> Result<Self, WeightError> {
        let weight = tensor(
            weights,
            &format!("{name}.weight"),
            [outputs, inputs],
            device,
        )?;
        Ok(Self {
            weight: weight.transpose(),
            bias: None,
        })
    }

    /// Several layers of one input as one, whose outputs lie side by side: one large product is
    /// faster than three small ones.
    ///
    /// # Errors
    /// As [`WeightSource::take`].
    pub fn stacked(
        weights: &mut dyn WeightSource,
        names: &[String],
        [inputs, outputs]: [usize; 2],
        device: &Device,
    ) -> Result<Self, WeightError> {
        let all = names.len() * outputs;
        let (mut weight, mut bias) = (Vec::with_capacity(all * inputs), Vec::with_capacity(all));
        for name in names {
            let rows = weights.take(&format!("{name}.weight"), &[outputs, inputs])?;
            weight.append(&mut rows.into_floats());
            let values = weights.take(&format!("{name}.bias"), &[outputs])?;
            bias.append(&mut values.into_floats());
        }
        let weight = Tensor::<2>::from_data(TensorData::new(weight, [all, inputs]), device);
        Ok(Self {
            weight: weight.transpose(),
            bias: Some(Tensor::from_data(TensorData::new(bias, [all]), device)),
        })
    }

    /// Of weights (out, in) and biases (out) on a device.
    pub fn new(weight: Tensor<2>, bias: Tensor<1>) -> Self {
        Self {
            weight: weight.transpose(),
            bias: Some(bias),
        }
    }

    /// The first `outputs` outputs, and the others.
    pub fn split(self, outputs: usize) -> (Self, Self) {
        let [inputs, all] = self.weight.dims();
        let part = |range: std::ops::Range<usize>| Self {
            weight: self.weight.clone().slice([0..inputs, range.clone()]),
            bias: self.bias.clone().map(|bias| bias.slice([range])),
        };
        (part(0..outputs), part(outputs..all))
    }

    /// (…, in) to (…, out).
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        module::linear(x, self.weight.clone(), self.bias.clone())
    }
}

/// Layer norm over a token's width.
#[derive(Debug, Clone)]
pub struct LayerNorm {
    weight: Tensor<1>,
    bias: Tensor<1>,
    epsilon: f64,
}

impl LayerNorm {
    /// Takes `{name}.weight` and `{name}.bias` (width).
    ///
    /// # Errors
    /// As [`WeightSource::take`].
    pub fn load(
        weights: &mut dyn WeightSource,
        name: &str,
        width: usize,
        epsilon: f64,
        device: &Device,
    ) -> Result<Self, WeightError> {
        Ok(Self {
            weight: tensor(weights, &format!("{name}.weight"), [width], device)?,
            bias: tensor(weights, &format!("{name}.bias"), [width], device)?,
            epsilon,
        })
    }

    /// Of weights and biases (width) on a device.
    #[cfg(feature = "pretrain")]
    pub fn new(weight: Tensor<1>, bias: Tensor<1>, epsilon: f64) -> Self {
        Self {
            weight,
            bias,
            epsilon,
        }
    }

    /// (…, width) to the same.
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        module::layer_norm(
            x,
            self.weight.clone(),
            Some(self.bias.clone()),
            self.epsilon,
        )
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
    Halves(Vec<f16>),
    Int8 { values: Vec<u8>, scales: Vec<f32> },
}

impl Table {
    /// Takes `name` (rows, width).
    ///
    /// # Errors
    /// As [`WeightSource::take`].
    pub fn load(
        weights: &mut dyn WeightSource,
        name: &str,
        [rows, width]: [usize; 2],
    ) -> Result<Self, WeightError> {
        let rows = match weights.take(name, &[rows, width])? {
            Values::Int8 { values, scales } => TableRows::Int8 {
                values: values.into_owned(),
                scales,
            },
            Values::HalfBytes(bytes) => TableRows::Halves(halves(&bytes).collect()),
            floats => TableRows::Floats(floats.into_floats()),
        };
        Ok(Self { width, rows })
    }

    /// Adds row `index` to `sum` (width). An index beyond the table adds nothing: token ids come
    /// from a tokenizer that the pack's hash vouches for.
    pub fn add_row(&self, index: usize, sum: &mut [f32]) {
        let range = index * self.width..(index + 1) * self.width;
        match &self.rows {
            TableRows::Floats(values) => {
                let row = values.get(range).unwrap_or_default();
                for (sum, value) in sum.iter_mut().zip(row) {
                    *sum += value;
                }
            }
            TableRows::Halves(values) => {
                let row = values.get(range).unwrap_or_default();
                for (sum, value) in sum.iter_mut().zip(row) {
                    *sum += value.to_f32();
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
