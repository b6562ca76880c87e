//! Layer norm on the graphics card: [`normalise`].

use super::{
    device_features::DeviceFeatures,
    kernel::{Kernel, LANES, launch, primitive},
};
use burn::tensor::Tensor;

/// Invocations that share a row, where they aren't a subgroup.
const SHARE: u32 = 32;

/// Each row with mean 0 and variance 1, times `weight`, plus `bias`; nothing where rows aren't
/// whole vectors.
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
    let kernel = Normalise::new(epsilon, DeviceFeatures::enabled().subgroup);
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

/// The kernel whose workgroups each normalise a row.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Normalise {
    /// The bits of a float, which can't be compared as such.
    epsilon: u32,
    /// As many invocations as are one subgroup, which adds up without a barrier.
    subgroup: Option<u32>,
}

impl Normalise {
    /// The kernel with so many invocations of a subgroup a row, or without subgroups.
    pub fn new(epsilon: f64, subgroup: Option<u32>) -> Self {
        Self {
            epsilon: (epsilon as f32).to_bits(),
            subgroup,
        }
    }

    fn share(&self) -> u32 {
        self.subgroup.unwrap_or(SHARE)
    }

    /// `name`, the sum of `vector`'s lanes in all invocations.
    fn sum(&self, name: &str, vector: &str) -> String {
        let lanes = format!("{vector}.x + {vector}.y + {vector}.z + {vector}.w");
        match self.subgroup {
            Some(_) => format!("    let {name} = subgroupAdd({lanes});\n"),
            // Every invocation adds all shares up itself: one barrier instead of one for each
            // halving.
            None => format!(
                "    {name}_shares[local.x] = {lanes};
    workgroupBarrier();
    var {name} = 0.0;
    for (var i = 0u; i < {SHARE}u; i += 1u) {{ {name} += {name}_shares[i]; }}
"
            ),
        }
    }
}

impl Kernel for Normalise {
    fn workgroup(&self) -> [u32; 2] {
        [self.share(), 1]
    }

    fn needs(&self) -> DeviceFeatures {
        DeviceFeatures {
            half: false,
            subgroup: self.subgroup,
        }
    }

    fn inputs(&self) -> Vec<(&'static str, &'static str)> {
        ["x", "weight", "bias"]
            .map(|name| (name, "vec4<f32>"))
            .into()
    }

    fn functions(&self) -> String {
        match self.subgroup {
            Some(_) => String::new(),
            None => format!(
                "
var<workgroup> total_shares: array<f32, {SHARE}>;
var<workgroup> squares_shares: array<f32, {SHARE}>;
"
            ),
        }
    }

    fn body(&self) -> String {
        let (epsilon, share) = (f32::from_bits(self.epsilon), self.share());
        let total = self.sum("total", "sum");
        let squares = self.sum("squares", "square");
        format!(
            "    let width = sizes[0];
    let start = group.x * width;
    let count = f32(width * {LANES}u);
    var sum = vec4<f32>(0.0);
    for (var i = local.x; i < width; i += {share}u) {{ sum += x[start + i]; }}
{total}    let mean = total / count;
    var square = vec4<f32>(0.0);
    for (var i = local.x; i < width; i += {share}u) {{
        let distance = x[start + i] - mean;
        square += distance * distance;
    }}
{squares}    let scale = inverseSqrt(squares / count + {epsilon:e});
    for (var i = local.x; i < width; i += {share}u) {{
        let value = (x[start + i] - mean) * scale * weight[i] + bias[i];
        let index = (start + i) * {LANES}u;
        result[index] = value.x;
        result[index + 1u] = value.y;
        result[index + 2u] = value.z;
        result[index + 3u] = value.w;
    }}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{adapter, assert_near, each_feature_set, tensor};
    use burn::tensor::module;

    #[test]
    fn norms_are_those_of_burn() {
        let Some(device) = adapter() else { return };
        each_feature_set(|_| {
            for (rows, width) in [(1, 4), (3, 36), (50, 384), (7, 768)] {
                let x = || tensor::<2>([rows, width], 1, &device) * 3.0 + 0.5;
                let weight = tensor::<1>([width], 2, &device);
                let bias = tensor::<1>([width], 3, &device);
                let found = super::normalise(x(), &weight, &bias, 1e-5).unwrap();
                let expected = module::layer_norm(x(), weight, Some(bias), 1e-5);
                assert_near(found, expected, 1e-5);
            }
        });
    }

    #[test]
    fn rows_of_broken_vectors_are_left_to_burn() {
        let Some(device) = adapter() else { return };
        let row = || tensor::<1>([6], 1, &device);
        let x = tensor::<2>([2, 6], 2, &device);
        assert!(super::normalise(x, &row(), &row(), 1e-5).is_none());
    }
}
