//! Helpers of the kernels' tests: the adapter, its sets of features ([`each_feature_set`]), tensors
//! and tolerances.
//!
//! The tests need a graphics card, so Rust ignores them (`#[ignore = "needs a GPU"]`) and
//! `cargo xtask test` runs them where there is one. To run them by hand, also on a software
//! adapter:
//!
//! ```sh
//! cargo test --release --package glimpse-model --lib --features cpu,webgpu,import -- \
//!     --include-ignored gpu::
//! ```

pub use crate::testing::values;

use super::device_features::DeviceFeatures;
use crate::towers::device;
use burn::tensor::{Device, Tensor, TensorData};
use std::{cell::Cell, sync::OnceLock};

thread_local! {
    static CHOSEN: Cell<Option<DeviceFeatures>> = const { Cell::new(None) };
}

/// What kernels of this thread use, if a test says it.
pub fn chosen() -> Option<DeviceFeatures> {
    CHOSEN.get()
}

/// Tests without any optional feature, and with each that the adapter has. Where
/// `GLIMPSE_TEST_ABILITIES` names one that is missing, the test fails.
pub fn each_feature_set(test: impl Fn(DeviceFeatures)) {
    let available = DeviceFeatures::available();
    let wanted = std::env::var("GLIMPSE_TEST_ABILITIES").unwrap_or_default();
    for name in wanted.split(',').filter(|name| !name.is_empty()) {
        assert!(available.names().contains(&name), "no {name}");
    }
    let half = DeviceFeatures {
        half: available.half,
        subgroup: None,
    };
    let subgroup = DeviceFeatures {
        half: false,
        subgroup: available.subgroup,
    };
    let plain = DeviceFeatures::default();
    let more = [half, subgroup].into_iter().filter(|more| *more != plain);
    for features in [plain].into_iter().chain(more) {
        CHOSEN.set(Some(features));
        test(features);
    }
    CHOSEN.set(None);
}

/// The graphics card, which a process asks for once.
///
/// # Panics
/// Without one.
#[track_caller]
pub fn adapter() -> Device {
    static DEVICE: OnceLock<Result<Device, String>> = OnceLock::new();
    let found = DEVICE.get_or_init(|| match pollster::block_on(device::webgpu()) {
        Ok((device, _)) => Ok(device),
        Err(error) => Err(format!("{error:?}")),
    });
    match found {
        Ok(device) => device.clone(),
        Err(error) => panic!(
            "this test needs a graphics card, and WebGPU found none: {error} \
             (GLIMPSE_TEST_GPU=0 keeps `cargo xtask test` from running it)"
        ),
    }
}

/// The error that a layer's outputs may have, relative to the greatest of them: half floats round
/// both factors to 11 bits, and sums of 16 products.
pub fn tolerance(features: DeviceFeatures) -> f32 {
    if features.half { 2e-3 } else { 1e-5 }
}

pub fn tensor<const D: usize>(shape: [usize; D], seed: u32, device: &Device) -> Tensor<D> {
    let values = values(shape.iter().product(), seed);
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// Asserts equality within `tolerance` of the greatest value.
#[track_caller]
pub fn assert_near<const D: usize>(found: Tensor<D>, expected: Tensor<D>, tolerance: f32) {
    assert_eq!(found.dims(), expected.dims());
    let numbers = |tensor: Tensor<D>| tensor.into_data().try_into_vec::<f32>().unwrap();
    let (found, expected) = (numbers(found), numbers(expected));
    let most = expected
        .iter()
        .fold(0.0_f32, |most, value| most.max(value.abs()));
    assert!(most > 0.0 && most.is_finite());
    for (index, (a, b)) in found.iter().zip(&expected).enumerate() {
        assert!((a - b).abs() <= tolerance * most, "{index}: {a}, not {b}");
    }
}
