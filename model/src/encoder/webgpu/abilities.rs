//! What a device offers beyond the core of WebGPU.

use super::{
    kernel::{Kernel, launch, primitive, wgsl},
    norm::Normalise,
    gemm::{Format, Gemm},
    shared_rows::SharedRows,
    tiles::Tiles,
};
use crate::{encoder::tower::read, pack::Activation};
use burn::tensor::{
    Device, Tensor,
    wgpu::{WgpuSetup, wgpu},
};
use std::sync::OnceLock;

/// What a kernel needs, or a device offers, beyond the core of WebGPU.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Abilities {
    /// Arithmetic with half floats.
    pub half: bool,
    /// As many invocations as surely are one subgroup, if they are a workgroup.
    pub subgroup: Option<u32>,
}

/// Of the one device that a process has; nothing before it is known.
static LEARNT: OnceLock<Learnt> = OnceLock::new();

#[derive(Debug, Clone, Copy, Default)]
struct Learnt {
    offered: Abilities,
    /// Whether it is a processor, which has half floats at the cost of converting them.
    software: bool,
}

impl Abilities {
    /// More invocations of a subgroup don't help the kernels here.
    const WIDEST: u32 = 32;

    /// What kernels use.
    pub fn used() -> Self {
        #[cfg(test)]
        if let Some(chosen) = super::testing::chosen() {
            return chosen;
        }
        let Learnt { offered, software } = LEARNT.get().copied().unwrap_or_default();
        Self {
            half: offered.half && !software,
            ..offered
        }
    }

    /// What kernels could use.
    #[cfg(test)]
    pub fn offered() -> Self {
        LEARNT.get().copied().unwrap_or_default().offered
    }

    /// Finds out what a device offers, once: what it says, and what it then accepts. A refused
    /// kernel would end the device, so each ability is tried on a kernel of its own first.
    pub async fn learn(setup: &WgpuSetup, device: &Device) {
        let mut abilities = Self::default();
        let info = setup.adapter.get_info();
        let features = setup.device.features();
        let gemm = Gemm {
            format: Format::Int8,
            bias: true,
            residual: true,
            activation: Activation::Gelu,
        };
        if features.contains(wgpu::Features::SHADER_F16)
            && let Some(tiles) = Tiles::new(gemm.clone(), usize::MAX)
        {
            abilities.half = accepts(&setup.device, &tiles).await;
        }
        // wgpu doesn't know of subgroups in browsers, but a device may have them.
        let says = cfg!(target_family = "wasm") || features.contains(wgpu::Features::SUBGROUP);
        let width = info.subgroup_min_size.min(Self::WIDEST);
        if says && width.is_power_of_two() && width > 1 {
            let shared = SharedRows::new(gemm, SharedRows::MAX_ROWS, width);
            let norm = Normalise::new(1e-5, Some(width));
            if accepts(&setup.device, &shared).await
                && accepts(&setup.device, &norm).await
                && counts(width, device).await
            {
                abilities.subgroup = Some(width);
            }
        }
        // A second device of a process is refused before.
        let _ = LEARNT.set(Learnt {
            offered: abilities,
            software: info.device_type == wgpu::DeviceType::Cpu,
        });
    }

    /// What they are, in words.
    #[cfg(test)]
    pub fn names(self) -> Vec<&'static str> {
        let half = self.half.then_some("half floats");
        let subgroups = self.subgroup.map(|_| "subgroups");
        half.into_iter().chain(subgroups).collect()
    }
}

/// Whether a device compiles a kernel.
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

/// Whether workgroups of so many invocations are one subgroup each, which WebGPU doesn't promise.
async fn counts(width: u32, device: &Device) -> bool {
    const GROUPS: usize = 4;
    let all = GROUPS * width as usize;
    let place = primitive(Tensor::<1>::zeros([1], device));
    let counts = launch(Count { width }, vec![place], [all], &[0], [GROUPS, 1, 1]);
    read(counts).await.is_ok_and(|counts| {
        counts.len() == all && counts.iter().all(|&count| count == width as f32)
    })
}

/// An invocation counts its subgroup.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Count {
    width: u32,
}

impl Kernel for Count {
    fn workgroup(&self) -> [u32; 2] {
        [self.width, 1]
    }

    fn needs(&self) -> Abilities {
        Abilities {
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
