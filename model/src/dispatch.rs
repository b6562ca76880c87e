//! Kernel selection by device ([`Kernels::of`]): those of `cpu`, those of `gpu`, or burn's own
//! operations ([`BurnOps`]), which a build for WebGPU alone can't call.

#[cfg(feature = "cpu")]
use crate::cpu;
#[cfg(feature = "webgpu")]
use crate::gpu;
use burn::tensor::Device;

pub use operations::BurnOps;

/// The kernels that run a tower's layers on a device.
#[derive(Debug, Clone, Copy)]
pub enum Kernels {
    /// Those of `cpu`; burn's operations for what they lack.
    #[cfg(feature = "cpu")]
    Cpu(BurnOps),
    /// Those of `gpu`, for every shape.
    #[cfg(feature = "webgpu")]
    Gpu,
    /// burn's own operations, on any device and with gradients.
    Burn(BurnOps),
}

impl Kernels {
    /// Selects the kernels for tensors of `device`.
    ///
    /// # Panics
    /// For a device that is not WebGPU's, in a build for that alone.
    pub fn of(device: &Device) -> Self {
        #[cfg(feature = "cpu")]
        if cpu::is_host_f32(device) {
            return Self::Cpu(BurnOps);
        }
        #[cfg(feature = "webgpu")]
        if gpu::runs_on(device) {
            return Self::Gpu;
        }
        let Some(burn) = BurnOps::get() else {
            panic!("no kernels for {device:?}");
        };
        Self::Burn(burn)
    }

    /// burn's operations, where they may be used: everywhere but on WebGPU.
    pub fn burn(self) -> Option<BurnOps> {
        match self {
            #[cfg(feature = "cpu")]
            Self::Cpu(burn) => Some(burn),
            #[cfg(feature = "webgpu")]
            Self::Gpu => None,
            Self::Burn(burn) => Some(burn),
        }
    }
}

#[cfg(any(test, feature = "cpu", feature = "pretrain", not(feature = "webgpu")))]
mod operations {
    use burn::tensor::{Tensor, module, ops::ConvOptions};

    /// Proof that burn's matrix products, convolutions and layer norm may be called, which are its
    /// methods: a build for WebGPU alone has no value of this type.
    #[derive(Debug, Clone, Copy)]
    pub struct BurnOps;

    impl BurnOps {
        /// The value, in every build but one for WebGPU alone.
        pub fn get() -> Option<Self> {
            Some(Self)
        }

        /// A linear layer, `x W + b` with `W` (in, out): (rows, in) to (rows, out).
        pub fn linear(self, x: Tensor<2>, weight: Tensor<2>, bias: Option<Tensor<1>>) -> Tensor<2> {
            module::linear(x, weight, bias)
        }

        /// The matrix product over the last two axes, batched over the others.
        pub fn matmul<const D: usize>(self, left: Tensor<D>, right: Tensor<D>) -> Tensor<D> {
            left.matmul(right)
        }

        /// Layer norm over the last axis: (rows, width) to the same.
        pub fn layer_norm(
            self,
            x: Tensor<2>,
            weight: Tensor<1>,
            bias: Tensor<1>,
            epsilon: f64,
        ) -> Tensor<2> {
            module::layer_norm(x, weight, Some(bias), epsilon)
        }

        /// A 2-D convolution, with weights (out, in / groups, height, width) and biases (out).
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

    /// A type without values, since the kernels of `gpu` serve every shape. burn instantiates its
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
