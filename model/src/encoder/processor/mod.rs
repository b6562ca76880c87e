//! What encoders compute most, done over plain memory on the processor.
//!
//! burn-flex multiplies float matrices only, keeps pictures plane by plane and copies around every
//! product, which is far from what the hardware can do. Here weights stay 8-bit integers ([`Matrix`]),
//! feature maps have their channels last ([`Convolution`]), and attention reads queries, keys and
//! values where they lie ([`attend`]). [`vectors`] has what is WebAssembly's, and what x86 processors
//! have beyond that.
//! Each is tested against burn's own operations.

mod attention;
mod convolution;
mod cores;
mod kernels;
mod matrix;
mod vectors;

pub use attention::attend;
pub use convolution::Convolution;
pub use matrix::Matrix;

use burn::tensor::{Tensor, TensorData};

/// A tensor's values where they lie; a copy where others share them, or they lie scattered.
fn values<const D: usize>(x: Tensor<D>) -> TensorData {
    x.into_data().convert::<f32>()
}

/// What [`values`] gave, to read.
fn floats(data: &TensorData) -> &[f32] {
    data.as_slice().unwrap_or_default()
}

/// As [`values`], to be written to.
fn owned<const D: usize>(x: Tensor<D>) -> Vec<f32> {
    values(x).try_into_vec().unwrap_or_default()
}
