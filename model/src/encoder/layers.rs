//! The layers that every encoder is made of.

#[cfg(any(feature = "cpu", feature = "webgpu"))]
use super::activation::Bend;
#[cfg(feature = "cpu")]
use super::processor::Matrix;
#[cfg(feature = "webgpu")]
use super::webgpu;
use super::{
    activation::activate,
    dispatch::{BurnOps, Kernels},
    weights::{Values, WeightError, WeightSource, halves, tensor},
};
use crate::pack::Activation;
use burn::tensor::{Device, Tensor, TensorData};
use half::f16;
#[cfg(feature = "cpu")]
use std::sync::Arc;

/// `y = x Wᵀ + b`, with `W` stored as published: (out, in).
#[derive(Debug, Clone)]
pub struct Linear(Form);

#[derive(Debug, Clone)]
enum Form {
    /// On a device: (in, out), and (out).
    Tensors(BurnOps, Box<(Tensor<2>, Option<Tensor<1>>)>),
    /// In memory.
    #[cfg(feature = "cpu")]
    Packed(Arc<Matrix>),
    /// On a graphics card.
    #[cfg(feature = "webgpu")]
    Graphics(Box<webgpu::Matrix>),
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
        let weight = weights.take(&format!("{name}.weight"), &[outputs, inputs])?;
        Ok(Self::of(weight, [inputs, outputs], None, device))
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
        let (mut weight, mut bias) = (None::<Values>, Vec::new());
        for name in names {
            let rows = weights.take(&format!("{name}.weight"), &[outputs, inputs])?;
            weight = Some(match weight {
                Some(above) => above.followed_by(rows),
                None => rows.into_owned(),
            });
            let values = weights.take(&format!("{name}.bias"), &[outputs])?;
            bias.append(&mut values.into_floats());
        }
        let weight = weight.unwrap_or(Values::Floats(Vec::new()));
        let shape = [inputs, names.len() * outputs];
        Ok(Self::of(weight, shape, Some(bias), device))
    }

    /// Of weights (out, in) and biases (out) in memory.
    pub fn of(
        weight: Values<'_>,
        [inputs, outputs]: [usize; 2],
        bias: Option<Vec<f32>>,
        device: &Device,
    ) -> Self {
        match Kernels::of(device) {
            #[cfg(feature = "cpu")]
            Kernels::Processor(_) => {
                let matrix = Matrix::new(weight, [outputs, inputs], bias.as_deref(), device);
                Self(Form::Packed(Arc::new(matrix)))
            }
            #[cfg(feature = "webgpu")]
            Kernels::WebGpu => {
                let shape = [inputs, outputs];
                let matrix = webgpu::Matrix::new(&weight, bias.as_deref(), shape, device);
                Self(Form::Graphics(Box::new(matrix)))
            }
            Kernels::Burn(burn) => {
                let weight = TensorData::new(weight.into_floats(), [outputs, inputs]);
                let weight = Tensor::<2>::from_data(weight, device).transpose();
                let bias =
                    bias.map(|bias| Tensor::from_data(TensorData::new(bias, [outputs]), device));
                Self(Form::Tensors(burn, Box::new((weight, bias))))
            }
        }
    }

    /// Of weights (in, out) on a device, multiplied by burn.
    pub fn by_burn(burn: BurnOps, weight: Tensor<2>) -> Self {
        Self(Form::Tensors(burn, Box::new((weight, None))))
    }

    /// Of weights (out, in) and biases (out) on a device.
    #[cfg(feature = "pretrain")]
    pub fn new(weight: Tensor<2>, bias: Tensor<1>) -> Self {
        let tensors = (weight.transpose(), Some(bias));
        Self(Form::Tensors(BurnOps, Box::new(tensors)))
    }

    /// (rows, in) to (rows, out).
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        match &self.0 {
            Form::Tensors(burn, tensors) => {
                let (weight, bias) = (**tensors).clone();
                burn.linear(x, weight, bias)
            }
            #[cfg(feature = "cpu")]
            Form::Packed(matrix) => matrix.forward(x, Bend::Linear, None),
            #[cfg(feature = "webgpu")]
            Form::Graphics(matrix) => matrix.multiply(x, Bend::Linear, None),
        }
    }

    /// As [`Linear::forward`], with an activation behind it.
    pub fn forward_bent(&self, x: Tensor<2>, activation: Activation) -> Tensor<2> {
        match &self.0 {
            Form::Tensors(..) => activate(activation, self.forward(x)),
            #[cfg(feature = "cpu")]
            Form::Packed(matrix) => matrix.forward(x, activation.into(), None),
            #[cfg(feature = "webgpu")]
            Form::Graphics(matrix) => matrix.multiply(x, activation.into(), None),
        }
    }

    /// As [`Linear::forward`], added to `onto` (rows, out).
    pub fn forward_onto(&self, x: Tensor<2>, onto: Tensor<2>) -> Tensor<2> {
        match &self.0 {
            Form::Tensors(..) => onto + self.forward(x),
            #[cfg(feature = "cpu")]
            Form::Packed(matrix) => matrix.forward(x, Bend::Linear, Some(onto)),
            #[cfg(feature = "webgpu")]
            Form::Graphics(matrix) => matrix.multiply(x, Bend::Linear, Some(onto)),
        }
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
        match Kernels::of(&x.device()) {
            #[cfg(feature = "cpu")]
            Kernels::Processor(burn) => self.forward_by_burn(burn, x),
            #[cfg(feature = "webgpu")]
            Kernels::WebGpu => webgpu::normalise(x, &self.weight, &self.bias, self.epsilon),
            Kernels::Burn(burn) => self.forward_by_burn(burn, x),
        }
    }

    fn forward_by_burn(&self, burn: BurnOps, x: Tensor<2>) -> Tensor<2> {
        burn.layer_norm(x, self.weight.clone(), self.bias.clone(), self.epsilon)
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
