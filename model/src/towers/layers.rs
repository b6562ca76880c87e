//! The layers that towers are made of: [`Linear`], [`LayerNorm`], and the embedding [`Table`].

use super::{
    activation::apply_activation,
    weights::{WeightData, WeightError, WeightSource, f16_iter, tensor},
};
#[cfg(feature = "cpu")]
use crate::cpu;
#[cfg(feature = "webgpu")]
use crate::gpu;
use crate::{
    dispatch::{BurnOps, Kernels},
    pack::Activation,
};
use burn::tensor::{Device, Tensor, TensorData};
use half::f16;
#[cfg(feature = "cpu")]
use std::sync::Arc;

/// `y = x Wᵀ + b`, with `W` stored as published: (out, in).
#[derive(Debug, Clone)]
pub struct Linear(Form);

#[derive(Debug, Clone)]
enum Form {
    /// Weights (in, out) and biases (out) on a device without kernels of ours.
    Tensors(BurnOps, Box<(Tensor<2>, Option<Tensor<1>>)>),
    /// Packed in host memory, for the CPU's kernels.
    #[cfg(feature = "cpu")]
    Packed(Arc<cpu::PackedLinear>),
    /// Packed on the graphics card, for its kernels.
    #[cfg(feature = "webgpu")]
    Graphics(Box<gpu::PackedLinear>),
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
        let (mut weight, mut bias) = (None::<WeightData>, Vec::new());
        for name in names {
            let rows = weights.take(&format!("{name}.weight"), &[outputs, inputs])?;
            weight = Some(match weight {
                Some(above) => above.concat_rows(rows),
                None => rows.into_owned(),
            });
            let values = weights.take(&format!("{name}.bias"), &[outputs])?;
            bias.append(&mut values.into_floats());
        }
        let weight = weight.unwrap_or(WeightData::Floats(Vec::new()));
        let shape = [inputs, names.len() * outputs];
        Ok(Self::of(weight, shape, Some(bias), device))
    }

    /// Packs weights (out, in) and biases (out) for the device.
    pub fn of(
        weight: WeightData<'_>,
        [inputs, outputs]: [usize; 2],
        bias: Option<Vec<f32>>,
        device: &Device,
    ) -> Self {
        match Kernels::of(device) {
            #[cfg(feature = "cpu")]
            Kernels::Cpu(_) => {
                let shape = [outputs, inputs];
                let linear = cpu::PackedLinear::new(weight, shape, bias.as_deref(), device);
                Self(Form::Packed(Arc::new(linear)))
            }
            #[cfg(feature = "webgpu")]
            Kernels::Gpu => {
                let shape = [inputs, outputs];
                let linear = gpu::PackedLinear::new(&weight, bias.as_deref(), shape, device);
                Self(Form::Graphics(Box::new(linear)))
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

    /// A layer of weights (in, out) on a device, without biases, multiplied by burn.
    pub fn by_burn(burn: BurnOps, weight: Tensor<2>) -> Self {
        Self(Form::Tensors(burn, Box::new((weight, None))))
    }

    /// A layer of weights (out, in) and biases (out) on a device, through which gradients flow.
    #[cfg(feature = "pretrain")]
    pub fn new(weight: Tensor<2>, bias: Tensor<1>) -> Self {
        let tensors = (weight.transpose(), Some(bias));
        Self(Form::Tensors(BurnOps, Box::new(tensors)))
    }

    /// `x Wᵀ + b`: (rows, in) to (rows, out).
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        match &self.0 {
            Form::Tensors(burn, tensors) => {
                let (weight, bias) = (**tensors).clone();
                burn.linear(x, weight, bias)
            }
            #[cfg(feature = "cpu")]
            Form::Packed(linear) => linear.forward(x, Activation::Linear, None),
            #[cfg(feature = "webgpu")]
            Form::Graphics(linear) => linear.forward(x, Activation::Linear, None),
        }
    }

    /// `activation(x Wᵀ + b)`: (rows, in) to (rows, out).
    pub fn forward_activated(&self, x: Tensor<2>, activation: Activation) -> Tensor<2> {
        match &self.0 {
            Form::Tensors(..) => apply_activation(activation, self.forward(x)),
            #[cfg(feature = "cpu")]
            Form::Packed(linear) => linear.forward(x, activation, None),
            #[cfg(feature = "webgpu")]
            Form::Graphics(linear) => linear.forward(x, activation, None),
        }
    }

    /// `x Wᵀ + b + residual`: (rows, in) and (rows, out) to (rows, out).
    pub fn forward_residual(&self, x: Tensor<2>, residual: Tensor<2>) -> Tensor<2> {
        match &self.0 {
            Form::Tensors(..) => residual + self.forward(x),
            #[cfg(feature = "cpu")]
            Form::Packed(linear) => linear.forward(x, Activation::Linear, Some(residual)),
            #[cfg(feature = "webgpu")]
            Form::Graphics(linear) => linear.forward(x, Activation::Linear, Some(residual)),
        }
    }
}

/// Layer norm over a token's width (Ba et al. 2016, arXiv 1607.06450).
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

    /// A norm of weights and biases (width) on a device, through which gradients flow.
    #[cfg(feature = "pretrain")]
    pub fn new(weight: Tensor<1>, bias: Tensor<1>, epsilon: f64) -> Self {
        Self {
            weight,
            bias,
            epsilon,
        }
    }

    /// Normalises each row: (rows, width) to the same.
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        match Kernels::of(&x.device()) {
            #[cfg(feature = "cpu")]
            Kernels::Cpu(burn) => self.forward_by_burn(burn, x),
            #[cfg(feature = "webgpu")]
            Kernels::Gpu => gpu::normalise(x, &self.weight, &self.bias, self.epsilon),
            Kernels::Burn(burn) => self.forward_by_burn(burn, x),
        }
    }

    /// [`LayerNorm::forward`] by burn's operation.
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
    /// Takes the tensor `name` (rows, width), in the precision that it is stored in.
    ///
    /// # Errors
    /// As [`WeightSource::take`].
    pub fn load(
        weights: &mut dyn WeightSource,
        name: &str,
        [rows, width]: [usize; 2],
    ) -> Result<Self, WeightError> {
        let rows = match weights.take(name, &[rows, width])? {
            WeightData::Int8 { values, scales } => TableRows::Int8 {
                values: values.into_owned(),
                scales,
            },
            WeightData::HalfBytes(bytes) => TableRows::Halves(f16_iter(&bytes).collect()),
            floats => TableRows::Floats(floats.into_floats()),
        };
        Ok(Self { width, rows })
    }

    /// Adds row `index` to `sum` (width). An index beyond the table adds nothing: token ids come
    /// from a tokenizer that the pack's hash vouches for.
    pub fn add_row(&self, index: usize, sum: &mut [f32]) {
        // An index beyond all memory is one beyond the table.
        let start = index.saturating_mul(self.width);
        let range = start..start.saturating_add(self.width);
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
