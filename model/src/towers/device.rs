//! The devices that towers run on: CPU and WebGPU.

pub use burn::tensor::Device;
#[cfg(feature = "webgpu")]
pub use burn::tensor::wgpu::WgpuInitError;

/// The CPU, by burn-flex with the kernels of `cpu`.
#[cfg(feature = "cpu")]
pub fn cpu() -> Device {
    Device::flex()
}

/// The graphics card, by burn-wgpu, and its name, which may be empty. Asked once in a process: a second device of the
/// same kind is refused.
///
/// # Errors
/// Where there is no adapter, or it refuses a device.
#[cfg(feature = "webgpu")]
pub async fn webgpu() -> Result<(Device, String), WgpuInitError> {
    let (device, setup) = Device::wgpu_options().init_with_setup_async().await?;
    crate::gpu::DeviceFeatures::detect(&setup, &device).await;
    let info = setup.adapter.get_info();
    // Browsers may keep the name to themselves.
    let name = [info.name, info.driver, info.driver_info]
        .into_iter()
        .find(|name| !name.is_empty());
    Ok((device, name.unwrap_or_default()))
}
