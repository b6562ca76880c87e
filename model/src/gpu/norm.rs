//! Layer norm on the graphics card: [`normalise`].

use super::{
    device_features::DeviceFeatures,
    kernel::{Kernel, LANES, launch, primitive},
};
use burn::tensor::Tensor;

/// Invocations that share a row, where they aren't a subgroup.
const SHARE: u32 = 32;

/// Layer norm of each row: mean 0 and variance 1, times `weight`, plus `bias`.
pub fn normalise(x: Tensor<2>, weight: &Tensor<1>, bias: &Tensor<1>, epsilon: f64) -> Tensor<2> {
    let [rows, width] = x.dims();
    let kernel = Normalise {
        vectors: width.is_multiple_of(LANES),
        ..Normalise::new(epsilon, DeviceFeatures::enabled().subgroup)
    };
    let inputs = [
        primitive(x),
        primitive(weight.clone()),
        primitive(bias.clone()),
    ];
    let sizes = [width / kernel.lanes()];
    launch(kernel, inputs.into(), [rows, width], &sizes, [rows, 1, 1])
}

/// The kernel whose workgroups each normalise a row.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Normalise {
    /// The bits of a float, which can't be compared as such.
    epsilon: u32,
    /// As many invocations as are one subgroup, which adds up without a barrier.
    subgroup: Option<u32>,
    /// Whether rows are whole vectors; others are read value by value.
    vectors: bool,
}

impl Normalise {
    /// The kernel for rows of whole vectors, with so many invocations of a subgroup a row, or
    /// without subgroups.
    pub fn new(epsilon: f64, subgroup: Option<u32>) -> Self {
        Self {
            epsilon: (epsilon as f32).to_bits(),
            subgroup,
            vectors: true,
        }
    }

    /// Values of a row that are read together.
    fn lanes(&self) -> usize {
        if self.vectors { LANES } else { 1 }
    }

    /// The WGSL type of an element of the buffers.
    fn element(&self) -> &'static str {
        if self.vectors { "vec4<f32>" } else { "f32" }
    }

    fn share(&self) -> u32 {
        self.subgroup.unwrap_or(SHARE)
    }

    /// `name`, the sum of the lanes of `vector` in all invocations.
    fn sum(&self, name: &str, vector: &str) -> String {
        let lanes = match self.vectors {
            true => format!("{vector}.x + {vector}.y + {vector}.z + {vector}.w"),
            false => vector.to_owned(),
        };
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
            .map(|name| (name, self.element()))
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
        let (lanes, element) = (self.lanes(), self.element());
        let write = match self.vectors {
            true => {
                "        let index = (start + i) * 4u;
        result[index] = value.x;
        result[index + 1u] = value.y;
        result[index + 2u] = value.z;
        result[index + 3u] = value.w;"
            }
            false => "        result[start + i] = value;",
        };
        format!(
            "    let width = sizes[0];
    let start = group.x * width;
    let count = f32(width * {lanes}u);
    var sum = {element}(0.0);
    for (var i = local.x; i < width; i += {share}u) {{ sum += x[start + i]; }}
{total}    let mean = total / count;
    var square = {element}(0.0);
    for (var i = local.x; i < width; i += {share}u) {{
        let distance = x[start + i] - mean;
        square += distance * distance;
    }}
{squares}    let scale = inverseSqrt(squares / count + {epsilon:e});
    for (var i = local.x; i < width; i += {share}u) {{
        let value = (x[start + i] - mean) * scale * weight[i] + bias[i];
{write}
    }}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{adapter, assert_near, each_feature_set, tensor};
    use burn::tensor::module;

    #[test]
    #[ignore = "needs a GPU"]
    fn norms_are_those_of_burn() {
        let device = adapter();
        each_feature_set(|_| {
            for (rows, width) in [(1, 4), (3, 36), (50, 384), (7, 768), (2, 6), (5, 111)] {
                let x = || tensor::<2>([rows, width], 1, &device) * 3.0 + 0.5;
                let weight = tensor::<1>([width], 2, &device);
                let bias = tensor::<1>([width], 3, &device);
                let found = super::normalise(x(), &weight, &bias, 1e-5);
                let expected = module::layer_norm(x(), weight, Some(bias), 1e-5);
                assert_near(found, expected, 1e-5);
            }
        });
    }
}
