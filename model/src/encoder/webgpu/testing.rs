//! What the kernels' tests share.

pub use crate::encoder::testing::values;

use crate::encoder::device;
use burn::tensor::{Device, Tensor, TensorData};
use std::sync::OnceLock;

/// The graphics card, or a line that says why a test is left out. A process asks for it once.
pub fn adapter() -> Option<Device> {
    static DEVICE: OnceLock<Option<Device>> = OnceLock::new();
    let device = DEVICE.get_or_init(|| match pollster::block_on(device::webgpu()) {
        Ok((device, _)) => Some(device),
        Err(error) => {
            eprintln!("left out, since there is no WebGPU adapter: {error:?}");
            None
        }
    });
    device.clone()
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
