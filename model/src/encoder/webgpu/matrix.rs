//! Products with a layer's weights.

use super::kernel::{Kernel, LANES, launch, primitive};
use crate::encoder::{activation::Bend, weights::Values};
use burn::tensor::{Device, Int, Tensor, TensorData};

/// Outputs beside one another that an invocation computes.
const COLUMNS: usize = 4;
/// Most rows that an invocation computes.
const ROWS: usize = 8;
/// Invocations beside one another and above one another in a workgroup.
const WORKGROUP: [usize; 2] = [8, 8];

/// A layer's weights and biases on the graphics card, four inputs of an output side by side and
/// outputs beside one another: neighbouring invocations read neighbouring memory.
#[derive(Debug, Clone)]
pub struct Matrix {
    weights: Packed,
    /// (outputs).
    bias: Option<Tensor<1>>,
    inputs: usize,
    outputs: usize,
}

#[derive(Debug, Clone)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one of it a layer, in a box"
)]
enum Packed {
    /// (inputs / 4, outputs, 4).
    Floats(Tensor<1>),
    /// The same in a byte each, and a scale for each output.
    Int8(Tensor<1, Int>, Tensor<1>),
}

impl Matrix {
    /// Of weights (outputs, inputs) and biases; nothing where inputs don't fill whole vectors.
    pub fn new(
        rows: &Values<'_>,
        bias: Option<&[f32]>,
        [inputs, outputs]: [usize; 2],
        device: &Device,
    ) -> Option<Self> {
        if !inputs.is_multiple_of(LANES) {
            return None;
        }
        let weights = match rows {
            Values::Int8 { values, scales } => {
                let packed = columns_first(values.as_chunks::<LANES>().0, outputs);
                let packed: Vec<i32> = packed.into_iter().map(i32::from_le_bytes).collect();
                let shape = [packed.len()];
                Packed::Int8(
                    Tensor::from_data(TensorData::new(packed, shape), device),
                    on(scales.clone(), device),
                )
            }
            other => {
                let floats = other.to_floats();
                let packed = columns_first(floats.as_chunks::<LANES>().0, outputs);
                Packed::Floats(on(packed.into_flattened(), device))
            }
        };
        Some(Self {
            weights,
            bias: bias.map(|bias| on(bias.to_vec(), device)),
            inputs,
            outputs,
        })
    }

    /// `bend(x Wᵀ + b) + residual`: (rows, inputs) and (rows, outputs) to (rows, outputs).
    pub fn multiply(&self, x: Tensor<2>, bend: Bend, residual: Option<Tensor<2>>) -> Tensor<2> {
        let [rows, _] = x.dims();
        // Single pictures and labels have single rows behind their encoder.
        let block = rows.next_power_of_two().min(ROWS);
        let kernel = Multiply {
            int8: matches!(self.weights, Packed::Int8(..)),
            bias: self.bias.is_some(),
            residual: residual.is_some(),
            bend,
            rows: block,
        };
        let mut buffers = vec![primitive(x)];
        match &self.weights {
            Packed::Floats(weights) => buffers.push(primitive(weights.clone())),
            Packed::Int8(weights, scales) => {
                buffers.push(primitive(weights.clone()));
                buffers.push(primitive(scales.clone()));
            }
        }
        buffers.extend(self.bias.clone().map(primitive));
        buffers.extend(residual.map(primitive));
        let [across, down] = WORKGROUP;
        launch(
            kernel,
            buffers,
            [rows, self.outputs],
            &[rows, self.inputs / LANES, self.outputs],
            [
                self.outputs.div_ceil(across * COLUMNS),
                rows.div_ceil(down * block),
                1,
            ],
        )
    }
}

fn on(values: Vec<f32>, device: &Device) -> Tensor<1> {
    let shape = [values.len()];
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// (outputs, inputs / 4) to (inputs / 4, outputs).
fn columns_first<T: Copy>(rows: &[T], outputs: usize) -> Vec<T> {
    let length = rows.len() / outputs.max(1);
    let place = |place: usize| rows[place % outputs * length + place / outputs];
    (0..rows.len()).map(place).collect()
}

/// An invocation computes a block of `rows` by [`COLUMNS`] outputs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Multiply {
    int8: bool,
    bias: bool,
    residual: bool,
    bend: Bend,
    rows: usize,
}

impl Kernel for Multiply {
    const WORKGROUP: [u32; 2] = [WORKGROUP[0] as u32, WORKGROUP[1] as u32];

    fn inputs(&self) -> Vec<(&'static str, &'static str)> {
        let weights = if self.int8 { "u32" } else { "vec4<f32>" };
        let mut inputs = vec![("x", "vec4<f32>"), ("weights", weights)];
        if self.int8 {
            inputs.push(("scales", "f32"));
        }
        if self.bias {
            inputs.push(("bias", "f32"));
        }
        if self.residual {
            inputs.push(("residual", "f32"));
        }
        inputs
    }

    fn functions(&self) -> String {
        let unpack = "
fn unpack(word: u32) -> vec4<f32> {
    let bytes = vec4<i32>(vec4<u32>(word) << vec4<u32>(24u, 16u, 8u, 0u));
    return vec4<f32>(bytes >> vec4<u32>(24u));
}
";
        let unpack = if self.int8 { unpack } else { "" };
        unpack.to_owned() + self.bend.wgsl()
    }

    fn body(&self) -> String {
        let [across, down] = WORKGROUP;
        let rows = self.rows;
        let mut text = format!(
            "    let rows = sizes[0];
    let inputs = sizes[1];
    let outputs = sizes[2];
    let row = (group.y * {down}u + local.y) * {rows}u;
    let column = group.x * {width}u + local.x;
    if row >= rows || column >= outputs {{ return; }}
",
            width = across * COLUMNS
        );
        // What lies beyond the edge is computed as the last row or column again, and not written.
        for r in 0..rows {
            text += &format!("    let row{r} = min(row + {r}u, rows - 1u);\n");
            text += &format!("    let from{r} = row{r} * inputs;\n");
        }
        for c in 0..COLUMNS {
            let beside = c * across;
            text += &format!("    let column{c} = min(column + {beside}u, outputs - 1u);\n");
        }
        for (r, c) in block(rows) {
            text += &format!("    var sum{r}_{c} = 0.0;\n");
        }
        text += "    for (var k = 0u; k < inputs; k += 1u) {\n";
        for r in 0..rows {
            text += &format!("        let x{r} = x[from{r} + k];\n");
        }
        for c in 0..COLUMNS {
            let weight = format!("weights[k * outputs + column{c}]");
            let weight = if self.int8 {
                format!("unpack({weight})")
            } else {
                weight
            };
            text += &format!("        let w{c} = {weight};\n");
        }
        for (r, c) in block(rows) {
            text += &format!("        sum{r}_{c} += dot(x{r}, w{c});\n");
        }
        text += "    }\n";
        for c in 0..COLUMNS {
            let scale = if self.int8 {
                format!(" * scales[column{c}]")
            } else {
                String::new()
            };
            let bias = if self.bias {
                format!(" + bias[column{c}]")
            } else {
                String::new()
            };
            for r in 0..rows {
                let value = format!("bend(sum{r}_{c}{scale}{bias})");
                let place = format!("row{r} * outputs + column{c}");
                let residual = if self.residual {
                    format!(" + residual[{place}]")
                } else {
                    String::new()
                };
                let beside = c * across;
                text += &format!(
                    "    if row + {r}u < rows && column + {beside}u < outputs {{ result[{place}] = {value}{residual}; }}\n"
                );
            }
        }
        text
    }
}

fn block(rows: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..rows).flat_map(|row| (0..COLUMNS).map(move |column| (row, column)))
}

impl Bend {
    /// The function `bend`.
    pub fn wgsl(self) -> &'static str {
        match self {
            Self::Linear => "fn bend(x: f32) -> f32 { return x; }",
            Self::Relu6 => "fn bend(x: f32) -> f32 { return clamp(x, 0.0, 6.0); }",
            Self::QuickGelu => {
                "fn bend(x: f32) -> f32 { return x / (1.0 + exp(clamp(-1.702 * x, -80.0, 80.0))); }"
            }
            // `(1 + tanh u) / 2` is `σ(2 u)`.
            Self::GeluTanh => {
                "fn bend(x: f32) -> f32 {
    let u = 0.7978845608 * (x + 0.044715 * x * x * x);
    return x / (1.0 + exp(clamp(-2.0 * u, -80.0, 80.0)));
}"
            }
            // The error function within 2e-7 (Abramowitz & Stegun 1964, 7.1.26).
            Self::Gelu => {
                "fn bend(x: f32) -> f32 {
    let size = abs(x) * 0.7071067812;
    let t = 1.0 / (1.0 + 0.3275911 * size);
    let series = t * (0.2548296 + t * (-0.28449672 + t * (1.4214138 + t * (-1.4531521 + t * 1.0614054))));
    let tail = series * exp(max(-size * size, -80.0));
    return 0.5 * x * (1.0 + sign(x) * (1.0 - tail));
}"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{adapter, assert_near, tensor, values};
    use super::Matrix;
    use crate::{
        encoder::{
            activation::{Bend, activate},
            weights::Values,
        },
        pack::Activation,
    };
    use burn::tensor::{Tensor, TensorData, activation::relu6};

    /// Single rows, rows that fill blocks and that don't, widths beside any tile's.
    const SHAPES: [[usize; 3]; 6] = [
        [1, 4, 1],
        [1, 1280, 33],
        [3, 36, 70],
        [50, 768, 96],
        [65, 128, 24],
        [13, 12, 257],
    ];

    /// `x Wᵀ`, exactly.
    fn product(x: &[f32], rows: &Values<'static>, [inputs, outputs]: [usize; 2]) -> Vec<f32> {
        let floats = rows.clone().into_floats();
        let dot = |x: &[f32], row: &[f32]| -> f32 {
            let products = x
                .iter()
                .zip(row)
                .map(|(&a, &b)| f64::from(a) * f64::from(b));
            products.sum::<f64>() as f32
        };
        let rows = x.chunks_exact(inputs);
        let products = rows.flat_map(|x| floats.chunks_exact(inputs).map(move |row| dot(x, row)));
        let products: Vec<f32> = products.collect();
        assert_eq!(products.len(), x.len() / inputs * outputs);
        products
    }

    fn int8([inputs, outputs]: [usize; 2]) -> Values<'static> {
        let bytes = values(inputs * outputs, 5);
        Values::Int8 {
            // The least and the greatest byte are among them.
            values: bytes
                .iter()
                .map(|value| (value * 128.0).floor() as i8 as u8)
                .collect(),
            scales: values(outputs, 6)
                .iter()
                .map(|scale| scale / 128.0)
                .collect(),
        }
    }

    #[test]
    fn products_are_exact() {
        let Some(device) = adapter() else { return };
        for [rows, inputs, outputs] in SHAPES {
            let shape = [inputs, outputs];
            let numbers = values(rows * inputs, 1);
            let x =
                Tensor::<2>::from_data(TensorData::new(numbers.clone(), [rows, inputs]), &device);
            let residual = tensor::<2>([rows, outputs], 2, &device);
            let bias = values(outputs, 3);
            let as_row =
                Tensor::<2>::from_data(TensorData::new(bias.clone(), [1, outputs]), &device);
            for weights in [Values::Floats(values(inputs * outputs, 4)), int8(shape)] {
                let product = product(&numbers, &weights, shape);
                let product = TensorData::new(product, [rows, outputs]);
                let product = Tensor::<2>::from_data(product, &device);
                let plain = Matrix::new(&weights, None, shape, &device).unwrap();
                let found = plain.multiply(x.clone(), Bend::Linear, None);
                assert_near(found, product.clone(), 1e-5);
                let biased = Matrix::new(&weights, Some(&bias), shape, &device).unwrap();
                let found = biased.multiply(x.clone(), Bend::Relu6, Some(residual.clone()));
                let expected = relu6(product + as_row.clone()) + residual.clone();
                assert_near(found, expected, 1e-5);
            }
        }
    }

    /// Against the processor: burn's own makes not-a-numbers of greater values on some devices.
    #[cfg(feature = "cpu")]
    #[test]
    fn outputs_are_bent_as_on_the_processor() {
        let Some(device) = adapter() else { return };
        let weights = Values::Floats(values(32 * 40, 1));
        let x = tensor::<2>([9, 32], 2, &device) * 3.0;
        let matrix = Matrix::new(&weights, None, [32, 40], &device).unwrap();
        let product = matrix.multiply(x.clone(), Bend::Linear, None).into_data();
        let cpu = crate::encoder::device::cpu();
        for activation in [
            Activation::QuickGelu,
            Activation::Gelu,
            Activation::GeluTanh,
        ] {
            let found = matrix.multiply(x.clone(), activation.into(), None);
            let expected = activate(activation, Tensor::<2>::from_data(product.clone(), &cpu));
            let expected = Tensor::from_data(expected.into_data(), &device);
            assert_near(found, expected, 1e-6);
        }
    }

    #[test]
    fn far_values_stay_numbers() {
        let Some(device) = adapter() else { return };
        let weights = Values::Floats(vec![1e4, 0.0, 0.0, 0.0, -1e4, 0.0, 0.0, 0.0]);
        let matrix = Matrix::new(&weights, None, [4, 2], &device).unwrap();
        for bend in [Bend::QuickGelu, Bend::Gelu, Bend::GeluTanh] {
            let x = Tensor::<2>::ones([1, 4], &device);
            let found = matrix.multiply(x, bend, None).into_data();
            let found = found.as_slice::<f32>().unwrap();
            assert!(
                (found[0] - 1e4).abs() < 1.0 && found[1].abs() < 1e-3,
                "{found:?}"
            );
        }
    }

    #[test]
    fn rows_of_broken_vectors_are_left_to_burn() {
        let Some(device) = adapter() else { return };
        let weights = Values::Floats(values(6, 1));
        assert!(Matrix::new(&weights, None, [6, 1], &device).is_none());
    }
}
