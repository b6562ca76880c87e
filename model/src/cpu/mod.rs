//! CPU kernels of the towers' layers, on host tensors: linear layers ([`PackedLinear`]),
//! convolutions ([`Convolution`]), attention ([`attend`]) and activations ([`activation`]).
//!
//! burn-flex multiplies float matrices only, keeps pictures plane by plane and copies around every
//! product, which is far from what the hardware can do. Here weights stay 8-bit integers, feature
//! maps have their channels last, and attention reads queries, keys and values where they lie. All
//! of it stands on the packed products of [`gemm`], which are written against the instruction sets
//! of [`simd`] and run on all cores by [`parallel`].
//!
//! Each kernel is tested against burn's own operation. Other devices, and tensors that gradients
//! are wanted of, are left to burn ([`is_host_f32`]).

pub mod activation;
mod attention;
mod conv;
mod gemm;
mod linear;
mod parallel;
mod simd;

pub use attention::attend;
pub use conv::Convolution;
pub use linear::PackedLinear;

use burn::tensor::{Device, Tensor, TensorData};

/// Whether tensors of this device are float32 in host memory, which kernels here can read, and no
/// gradient is wanted.
pub fn is_host_f32(device: &Device) -> bool {
    *device == crate::towers::device::cpu() && !device.is_autodiff()
}

/// Takes a host tensor's data as contiguous float32: where it lies, or a copy where other tensors
/// share it or it is strided.
fn values<const D: usize>(x: Tensor<D>) -> TensorData {
    x.into_data().convert::<f32>()
}

/// Borrows the `f32` slice of host tensor data. Panics if `data` was not produced by [`values`].
#[expect(
    clippy::expect_used,
    reason = "zeros instead would be wrong embeddings, without a word"
)]
fn floats(data: &TensorData) -> &[f32] {
    data.as_slice()
        .expect("`values` converts to float32, which is read as such")
}

/// Takes the elements of a host tensor, to be written to.
#[expect(
    clippy::expect_used,
    reason = "zeros instead would be wrong embeddings, without a word"
)]
fn owned<const D: usize>(x: Tensor<D>) -> Vec<f32> {
    values(x)
        .try_into_vec()
        .expect("`values` converts to float32, which is taken as such")
}
