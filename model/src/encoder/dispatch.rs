//! Which kernels compute on a device: those written here, or burn's own operations.

use burn::tensor::Device;

pub use operations::BurnOps;

/// The kernels for a device's tensors.
#[derive(Debug, Clone, Copy)]
pub enum Kernels {
    /// Those of [`super::processor`]; what they lack is burn's.
    #[cfg(feature = "cpu")]
    Processor(BurnOps),
    /// Those of [`super::webgpu`], for every shape.
    #[cfg(feature = "webgpu")]
    WebGpu,
    /// burn's own, on any device and with gradients.
    Burn(BurnOps),
}

impl Kernels {
    /// Those for `device`.
    ///
    /// # Panics
    /// For a device that is not WebGPU's, in a build for that alone.
    pub fn of(device: &Device) -> Self {
        #[cfg(feature = "cpu")]
        if is_plain(device) {
            return Self::Processor(BurnOps);
        }
        #[cfg(feature = "webgpu")]
        if super::webgpu::runs_on(device) {
            return Self::WebGpu;
        }
        let Some(burn) = BurnOps::get() else {
            panic!("no kernels for {device:?}");
        };
        Self::Burn(burn)
    }

    /// burn's products, where they may be used: everywhere but on WebGPU.
    pub fn burn(self) -> Option<BurnOps> {
        match self {
            #[cfg(feature = "cpu")]
            Self::Processor(burn) => Some(burn),
            #[cfg(feature = "webgpu")]
            Self::WebGpu => None,
            Self::Burn(burn) => Some(burn),
        }
    }
}

/// Whether tensors of this device are plain numbers in this program's memory, and no gradient is
/// wanted.
#[cfg(feature = "cpu")]
pub fn is_plain(device: &Device) -> bool {
    *device == super::device::cpu() && !device.is_autodiff()
}

/// Whether tensors of this device are plain numbers in this program's memory: none are without the
/// processor's backend.
#[cfg(not(feature = "cpu"))]
pub fn is_plain(_: &Device) -> bool {
    false
}

#[cfg(any(test, feature = "cpu", feature = "pretrain", not(feature = "webgpu")))]
mod operations {
    use burn::tensor::{Tensor, module, ops::ConvOptions};

    /// burn's matrix products and convolutions, and its layer norm. Whoever calls them has to show
    /// one of these, and a build for WebGPU alone has none to show.
    #[derive(Debug, Clone, Copy)]
    pub struct BurnOps;

    impl BurnOps {
        /// One to show.
        pub fn get() -> Option<Self> {
            Some(Self)
        }

        /// `x W + b`, with `W` (in, out).
        pub fn linear(self, x: Tensor<2>, weight: Tensor<2>, bias: Option<Tensor<1>>) -> Tensor<2> {
            module::linear(x, weight, bias)
        }

        /// The matrix product of the last two axes.
        pub fn matmul<const D: usize>(self, left: Tensor<D>, right: Tensor<D>) -> Tensor<D> {
            left.matmul(right)
        }

        /// The layer norm over the last axis.
        pub fn layer_norm(
            self,
            x: Tensor<2>,
            weight: Tensor<1>,
            bias: Tensor<1>,
            epsilon: f64,
        ) -> Tensor<2> {
            module::layer_norm(x, weight, Some(bias), epsilon)
        }

        /// The convolution, with weights (out, in / groups, height, width).
        pub fn conv2d(
            self,
            x: Tensor<4>,
            weight: Tensor<4>,
            bias: Tensor<1>,
            options: ConvOptions<2>,
        ) -> Tensor<4> {
            module::conv2d(x, weight, Some(bias), options)
        }
    }
}

#[cfg(not(any(test, feature = "cpu", feature = "pretrain", not(feature = "webgpu"))))]
mod operations {
    use burn::tensor::{Tensor, ops::ConvOptions};

    /// No value: the kernels of [`super::super::webgpu`] serve every shape. burn instantiates its
    /// products and convolutions for many tile sizes and types of elements, two thirds of the
    /// browser's WebGPU module, which the linker drops only if nothing can call them.
    #[derive(Debug, Clone, Copy)]
    pub enum BurnOps {}

    impl BurnOps {
        pub fn get() -> Option<Self> {
            None
        }

        pub fn linear(self, _: Tensor<2>, _: Tensor<2>, _: Option<Tensor<1>>) -> Tensor<2> {
            match self {}
        }

        pub fn matmul<const D: usize>(self, _: Tensor<D>, _: Tensor<D>) -> Tensor<D> {
            match self {}
        }

        pub fn layer_norm(self, _: Tensor<2>, _: Tensor<1>, _: Tensor<1>, _: f64) -> Tensor<2> {
            match self {}
        }

        pub fn conv2d(
            self,
            _: Tensor<4>,
            _: Tensor<4>,
            _: Tensor<1>,
            _: ConvOptions<2>,
        ) -> Tensor<4> {
            match self {}
        }
    }
}
