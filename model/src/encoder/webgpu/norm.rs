//! Layer norm.

use super::kernel::{Kernel, LANES, launch, primitive};
use burn::tensor::Tensor;

/// Invocations that share a row.
const SHARE: u32 = 32;

/// Each row with mean 0 and variance 1, times `weight`, plus `bias`; nothing where rows aren't whole
/// vectors.
pub fn normalise(
    x: Tensor<2>,
    weight: &Tensor<1>,
    bias: &Tensor<1>,
    epsilon: f64,
) -> Option<Tensor<2>> {
    let [rows, width] = x.dims();
    if !width.is_multiple_of(LANES) {
        return None;
    }
    let kernel = Normalise {
        epsilon: (epsilon as f32).to_bits(),
    };
    let inputs = [
        primitive(x),
        primitive(weight.clone()),
        primitive(bias.clone()),
    ];
    let sizes = [width / LANES];
    Some(launch(
        kernel,
        inputs.into(),
        [rows, width],
        &sizes,
        [rows, 1, 1],
    ))
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Normalise {
    /// The bits of a float, which can't be compared as such.
    epsilon: u32,
}

impl Kernel for Normalise {
    const WORKGROUP: [u32; 2] = [SHARE, 1];

    fn inputs(&self) -> Vec<(&'static str, &'static str)> {
        ["x", "weight", "bias"]
            .map(|name| (name, "vec4<f32>"))
            .into()
    }

    fn functions(&self) -> String {
        // Every invocation adds all shares up itself: one barrier instead of one for each halving.
        format!(
            "
var<workgroup> sums: array<f32, {SHARE}>;
var<workgroup> squares: array<f32, {SHARE}>;
"
        )
    }

    fn body(&self) -> String {
        let epsilon = f32::from_bits(self.epsilon);
        format!(
            "    let width = sizes[0];
    let start = group.x * width;
    let count = f32(width * {LANES}u);
    var sum = vec4<f32>(0.0);
    for (var i = local.x; i < width; i += {SHARE}u) {{ sum += x[start + i]; }}
    sums[local.x] = sum.x + sum.y + sum.z + sum.w;
    workgroupBarrier();
    var mean = 0.0;
    for (var i = 0u; i < {SHARE}u; i += 1u) {{ mean += sums[i]; }}
    mean /= count;
    var square = vec4<f32>(0.0);
    for (var i = local.x; i < width; i += {SHARE}u) {{
        let distance = x[start + i] - mean;
        square += distance * distance;
    }}
    squares[local.x] = square.x + square.y + square.z + square.w;
    workgroupBarrier();
    var variance = 0.0;
    for (var i = 0u; i < {SHARE}u; i += 1u) {{ variance += squares[i]; }}
    let scale = inverseSqrt(variance / count + {epsilon:e});
    for (var i = local.x; i < width; i += {SHARE}u) {{
        let value = (x[start + i] - mean) * scale * weight[i] + bias[i];
        let place = (start + i) * {LANES}u;
        result[place] = value.x;
        result[place + 1u] = value.y;
        result[place + 2u] = value.z;
        result[place + 3u] = value.w;
    }}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{adapter, assert_near, tensor};
    use burn::tensor::module;

    #[test]
    fn norms_are_those_of_burn() {
        let Some(device) = adapter() else { return };
        for (rows, width) in [(1, 4), (3, 36), (50, 384), (7, 768)] {
            let x = || tensor::<2>([rows, width], 1, &device) * 3.0 + 0.5;
            let weight = tensor::<1>([width], 2, &device);
            let bias = tensor::<1>([width], 3, &device);
            let found = super::normalise(x(), &weight, &bias, 1e-5).unwrap();
            let expected = module::layer_norm(x(), weight, Some(bias), 1e-5);
            assert_near(found, expected, 1e-5);
        }
    }

    #[test]
    fn rows_of_broken_vectors_are_left_to_burn() {
        let Some(device) = adapter() else { return };
        let row = || tensor::<1>([6], 1, &device);
        let x = tensor::<2>([2, 6], 2, &device);
        assert!(super::normalise(x, &row(), &row(), 1e-5).is_none());
    }
}
