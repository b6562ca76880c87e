//! What the kernels' tests share.
//!
//! They need a graphics card, so Rust ignores them (`#[ignore = "needs a GPU"]`) and
//! `cargo xtask test` runs them where there is one. To run them by hand, also on a software adapter:
//!
//! ```sh
//! cargo test --release --package glimpse-model --lib --features cpu,webgpu,import -- \
//!     --include-ignored encoder::webgpu
//! ```

pub use crate::encoder::testing::values;

use super::abilities::Abilities;
use crate::encoder::device;
use burn::tensor::{Device, Tensor, TensorData};
use std::{cell::Cell, sync::OnceLock};

thread_local! {
    static CHOSEN: Cell<Option<Abilities>> = const { Cell::new(None) };
}

/// What kernels of this thread use, if a test says it.
pub fn chosen() -> Option<Abilities> {
    CHOSEN.get()
}

/// Tests without any ability, and with each that the adapter offers. Where
/// `GLIMPSE_TEST_ABILITIES` names one that is missing, the test fails.
pub fn each_ability(test: impl Fn(Abilities)) {
    let offered = Abilities::offered();
    let wanted = std::env::var("GLIMPSE_TEST_ABILITIES").unwrap_or_default();
    for name in wanted.split(',').filter(|name| !name.is_empty()) {
        assert!(offered.names().contains(&name), "no {name}");
    }
    let half = Abilities {
        half: offered.half,
        subgroup: None,
    };
    let subgroup = Abilities {
        half: false,
        subgroup: offered.subgroup,
    };
    let plain = Abilities::default();
    let more = [half, subgroup].into_iter().filter(|more| *more != plain);
    for abilities in [plain].into_iter().chain(more) {
        CHOSEN.set(Some(abilities));
        test(abilities);
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

/// Of the greatest value, what a product of a layer may be off: half floats round both factors to 11
/// bits, and sums of 16 products.
pub fn tolerance(abilities: Abilities) -> f32 {
    if abilities.half { 2e-3 } else { 1e-5 }
}

pub fn tensor<const D: usize>(shape: [usize; D], seed: u32, device: &Device) -> Tensor<D> {
    let values = values(shape.iter().product(), seed);
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// Equal within `tolerance` of the greatest value.
#[track_caller]
pub fn assert_near<const D: usize>(found: Tensor<D>, expected: Tensor<D>, tolerance: f32) {
    assert_eq!(found.dims(), expected.dims());
    let numbers = |tensor: Tensor<D>| tensor.into_data().try_into_vec::<f32>().unwrap();
    let (found, expected) = (numbers(found), numbers(expected));
    let most = expected
        .iter()
        .fold(0.0_f32, |most, value| most.max(value.abs()));
    assert!(most > 0.0 && most.is_finite());
    for (place, (a, b)) in found.iter().zip(&expected).enumerate() {
        assert!((a - b).abs() <= tolerance * most, "{place}: {a}, not {b}");
    }
}
