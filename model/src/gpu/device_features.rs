//! Optional features of a WebGPU device: half floats (`shader-f16`) and subgroups.
//! [`DeviceFeatures::detect`] tries them once, [`DeviceFeatures::enabled`] says which ones kernels
//! use.

use super::{
    gemm::{Format, Gemm, SharedRows, Tiles},
    kernel::{Kernel, launch, primitive, wgsl},
    norm::Normalise,
};
use crate::{pack::Activation, towers::read};
use burn::tensor::{
    Device, Tensor,
    wgpu::{WgpuSetup, wgpu},
};
use std::sync::OnceLock;

/// Optional features of WebGPU that a kernel needs, or a device has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct DeviceFeatures {
    /// Arithmetic with half floats (`enable f16`).
    pub half: bool,
    /// Subgroup operations: how many invocations surely are one subgroup, if they are a workgroup.
    pub subgroup: Option<u32>,
}

/// The features of the one device that a process has; none before [`DeviceFeatures::detect`].
static DETECTED: OnceLock<Detected> = OnceLock::new();

#[derive(Debug, Clone, Copy, Default)]
struct Detected {
    available: DeviceFeatures,
    /// Whether the adapter is software on a CPU, which has half floats at the cost of converting
    /// them.
    software: bool,
}

impl DeviceFeatures {
    /// The largest subgroup that is used: more invocations don't help the kernels here.
    const MAX_SUBGROUP: u32 = 32;

    /// The features that kernels use: the available ones, but for half floats in software.
    pub fn enabled() -> Self {
        #[cfg(test)]
        if let Some(chosen) = super::testing::chosen() {
            return chosen;
        }
        let Detected {
            available,
            software,
        } = DETECTED.get().copied().unwrap_or_default();
        Self {
            half: available.half && !software,
            ..available
        }
    }

    /// The features that the device has, whether they help or not.
    #[cfg(test)]
    pub fn available() -> Self {
        DETECTED.get().copied().unwrap_or_default().available
    }

    /// Detects a device's features, once: what it reports, and what it then accepts. A refused
    /// kernel would end the device, so each feature is tried on a kernel of its own first.
    pub async fn detect(setup: &WgpuSetup, device: &Device) {
        let mut available = Self::default();
        let info = setup.adapter.get_info();
        let reported = setup.device.features();
        let gemm = Gemm {
            format: Format::Int8,
            bias: true,
            residual: true,
            activation: Activation::Gelu,
        };
        if reported.contains(wgpu::Features::SHADER_F16)
            && let Some(tiles) = Tiles::new(gemm.clone(), usize::MAX)
        {
            available.half = accepts(&setup.device, &tiles).await;
        }
        // wgpu doesn't know of subgroups in browsers, but a device may have them.
        let likely = cfg!(target_family = "wasm") || reported.contains(wgpu::Features::SUBGROUP);
        let width = info.subgroup_min_size.min(Self::MAX_SUBGROUP);
        if likely && width.is_power_of_two() && width > 1 {
            let shared = SharedRows::new(gemm, SharedRows::MAX_ROWS, width);
            let norm = Normalise::new(1e-5, Some(width));
            if accepts(&setup.device, &shared).await
                && accepts(&setup.device, &norm).await
                && counts(width, device).await
            {
                available.subgroup = Some(width);
            }
        }
        // A second device of a process is refused before.
        let _ = DETECTED.set(Detected {
            available,
            software: info.device_type == wgpu::DeviceType::Cpu,
        });
    }

    /// The names that `GLIMPSE_TEST_ABILITIES` knows them by.
    #[cfg(test)]
    pub fn names(self) -> Vec<&'static str> {
        let half = self.half.then_some("half floats");
        let subgroups = self.subgroup.map(|_| "subgroups");
        half.into_iter().chain(subgroups).collect()
    }
}

/// Whether a device compiles a kernel, without an error that would end it.
async fn accepts(device: &wgpu::Device, kernel: &impl Kernel) -> bool {
    let invalid = device.push_error_scope(wgpu::ErrorFilter::Validation);
    let internal = device.push_error_scope(wgpu::ErrorFilter::Internal);
    let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: None,
        source: wgpu::ShaderSource::Wgsl(wgsl(kernel).into()),
    });
    // Dropped: burn compiles its own.
    let _ = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: None,
        layout: None,
        module: &module,
        entry_point: None,
        compilation_options: wgpu::PipelineCompilationOptions::default(),
        cache: None,
    });
    let (internal, invalid) = (internal.pop(), invalid.pop());
    internal.await.is_none() && invalid.await.is_none()
}

/// Whether workgroups of so many invocations are one subgroup each, which WebGPU doesn't promise:
/// each invocation counts its subgroup.
async fn counts(width: u32, device: &Device) -> bool {
    const GROUPS: usize = 4;
    let all = GROUPS * width as usize;
    let zero = primitive(Tensor::<1>::zeros([1], device));
    let counts = launch(Count { width }, vec![zero], [all], &[0], [GROUPS, 1, 1]);
    read(counts).await.is_ok_and(|counts| {
        counts.len() == all && counts.iter().all(|&count| count == width as f32)
    })
}

/// The kernel whose invocations each count their subgroup.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Count {
    width: u32,
}

impl Kernel for Count {
    fn workgroup(&self) -> [u32; 2] {
        [self.width, 1]
    }

    fn needs(&self) -> DeviceFeatures {
        DeviceFeatures {
            half: false,
            subgroup: Some(self.width),
        }
    }

    fn inputs(&self) -> Vec<(&'static str, &'static str)> {
        vec![("zero", "f32")]
    }

    fn body(&self) -> String {
        let width = self.width;
        format!("    result[group.x * {width}u + local.x] = subgroupAdd(1.0) + zero[sizes[0]];")
    }
}
