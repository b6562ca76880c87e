//! The layers that every encoder is made of.

#[cfg(feature = "webgpu")]
use super::webgpu::{Bend, Matrix};
use super::{
    activation::activate,
    weights::{Rows, Values, WeightError, WeightSource, halves, tensor},
};
use crate::pack::Activation;
use burn::tensor::{Device, Tensor, TensorData, module};
use half::f16;

/// `y = x Wᵀ + b`, with `W` stored as published: (out, in).
#[derive(Debug, Clone)]
pub struct Linear {
    weight: Weight,
    bias: Option<Tensor<1>>,
}

#[derive(Debug, Clone)]
enum Weight {
    /// (in, out).
    Plain(Tensor<2>),
    /// With the bias.
    #[cfg(feature = "webgpu")]
    Packed(Matrix),
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
        let mut rows = Rows::default();
        rows.push(weights.take(&format!("{name}.weight"), &[outputs, inputs])?);
        Ok(Self::of(rows, None, [inputs, outputs], device))
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
        let (mut rows, mut bias) = (Rows::default(), Vec::with_capacity(all));
        for name in names {
            rows.push(weights.take(&format!("{name}.weight"), &[outputs, inputs])?);
            let values = weights.take(&format!("{name}.bias"), &[outputs])?;
            bias.append(&mut values.into_floats());
        }
        Ok(Self::of(rows, Some(bias), [inputs, all], device))
    }

    /// Of weights (out, in) and biases (out) in memory.
    pub(super) fn of(
        rows: Rows,
        bias: Option<Vec<f32>>,
        [inputs, outputs]: [usize; 2],
        device: &Device,
    ) -> Self {
        #[cfg(feature = "webgpu")]
        if super::webgpu::runs_on(device)
            && let Some(packed) = Matrix::new(&rows, bias.clone(), [inputs, outputs], device)
        {
            return Self {
                weight: Weight::Packed(packed),
                bias: None,
            };
        }
        let weight = TensorData::new(rows.into_floats(), [outputs, inputs]);
        Self {
            weight: Weight::Plain(Tensor::<2>::from_data(weight, device).transpose()),
            bias: bias.map(|bias| Tensor::from_data(TensorData::new(bias, [outputs]), device)),
        }
    }

    /// Of weights (out, in) and biases (out) on a device.
    #[cfg(feature = "pretrain")]
    pub fn new(weight: Tensor<2>, bias: Tensor<1>) -> Self {
        Self {
            weight: Weight::Plain(weight.transpose()),
            bias: Some(bias),
        }
    }

    /// (rows, in) to (rows, out).
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        match &self.weight {
            Weight::Plain(weight) => module::linear(x, weight.clone(), self.bias.clone()),
            #[cfg(feature = "webgpu")]
            Weight::Packed(packed) => packed.multiply(x, Bend::Linear, None),
        }
    }

    /// As [`Linear::forward`], with an activation behind it.
    pub fn forward_bent(&self, x: Tensor<2>, activation: Activation) -> Tensor<2> {
        #[cfg(feature = "webgpu")]
        if let Weight::Packed(packed) = &self.weight {
            return packed.multiply(x, activation.into(), None);
        }
        activate(activation, self.forward(x))
    }

    /// As [`Linear::forward`], added to `onto` (rows, out).
    pub fn forward_onto(&self, x: Tensor<2>, onto: Tensor<2>) -> Tensor<2> {
        #[cfg(feature = "webgpu")]
        if let Weight::Packed(packed) = &self.weight {
            return packed.multiply(x, Bend::Linear, Some(onto));
        }
        onto + self.forward(x)
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

    /// (rows, width) to the same.
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        #[cfg(feature = "webgpu")]
        if super::webgpu::runs_on(&x.device())
            && let Some(normed) =
                super::webgpu::normalise(x.clone(), &self.weight, &self.bias, self.epsilon)
        {
            return normed;
        }
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
