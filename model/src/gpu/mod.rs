//! GPU kernels of the towers' layers, for WebGPU, in WGSL: linear layers ([`PackedLinear`]),
//! convolutions ([`Convolution`]), attention ([`attend`]) and layer norms ([`normalise`]), each of
//! them one dispatch with all that follows it.
//!
//! burn's own kernels for WebGPU multiply matrices many times slower than the device could once
//! autotune and fusion are off (both generate subgroup operations, which browsers refuse), and each
//! of its operations is a dispatch of its own. These here are the layers' bulk. They work on burn's
//! tensors, so that what moves or adds up values stays burn's; its products and convolutions aren't
//! used, and aren't in the browser's module ([`crate::dispatch`]). So every shape is served: inputs
//! and heads that aren't whole vectors are zero-padded, and rows that aren't are normalised value
//! by value.
//!
//! Weights stay as a pack stores them, in 32, 16, 8 or 4 bits, and are unpacked in the kernel
//! ([`gemm`]). Sizes that differ from call to call (how many tokens) are arguments, so that no
//! text length compiles a kernel anew.
//!
//! Any device runs the plain kernels: these use neither subgroups nor half floats nor workgroup
//! memory in their inner loops; each invocation keeps a tile of the result in registers
//! ([`gemm::Blocks`]). Optional features of a device are detected once ([`DeviceFeatures`]), and
//! then used:
//!
//! | | what for | where not |
//! | --- | --- | --- |
//! | half floats | GEMMs of more than four rows ([`gemm::Tiles`]) | weights of 32 bits; sums, norms, attention and depthwise convolutions, whose values may be large or small; devices that compute in software, where they take longer |
//! | subgroups | GEMMs of up to four rows ([`gemm::SharedRows`]), sums of norms ([`normalise`]) | attention, whose invocations have a query each and nothing to add up |
//!
//! Dispatches of one call in the browser, as `cargo xtask bench --webgpu` counts them, beside what
//! burn's kernels alone took; and bytes that go to the device. Each call is read once.
//!
//! | | dispatches | burn alone | bytes |
//! | --- | --- | --- | --- |
//! | default, image | 62 | 129 | 602,112 |
//! | default, ten labels of 12 tokens | 53 | 314 | 184,800 |
//! | CLIP ViT-B/32, image | 93 | | 602,116 |
//! | CLIP ViT-B/32, ten labels of 12 tokens | 88 | | 246,376 |

mod activation;
mod attention;
mod conv;
mod device_features;
mod gemm;
mod kernel;
mod linear;
mod norm;
#[cfg(test)]
mod testing;

pub use attention::attend;
pub use conv::Convolution;
pub use device_features::DeviceFeatures;
pub use linear::PackedLinear;
pub use norm::normalise;

use burn::{backend::DispatchDevice, tensor::Device};

/// Whether these kernels run on `device`: one of burn-wgpu, without gradients.
pub fn runs_on(device: &Device) -> bool {
    matches!(device.as_dispatch(), DispatchDevice::Cube(_))
}
